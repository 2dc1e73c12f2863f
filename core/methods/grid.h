// SPDX-License-Identifier: MIT
// A format seen as a grid: for each column of an encoded row the values that its codes can take while the scales stay as
// they are stored. Methods that choose codes (GPTQ, descent) see formats only through this.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/tensor_type.h"

namespace ww {

inline constexpr std::size_t kMostBlock = 256;  ///< columns of the longest block
inline constexpr std::size_t kMostGroups = 16;  ///< of a block
inline constexpr int kLevels = 16;              ///< of formats with uneven levels

/// Whole numbers with which a group multiplies the numbers of its block.
struct FactorRange {
    int scaleLow;
    int scaleHigh;
    int offsetHigh;  ///< offsets are 0 to this
};
/// Of formats whose groups have no numbers of their own.
inline constexpr FactorRange kFixedFactors = {1, 1, 1};

/// What the codes of a format mean: value(code) = scale · number + offset, where number is code − zero or levels[code].
struct GridTraits {
    TensorType type;
    std::size_t block;          ///< columns that share the 16-bit numbers
    std::size_t group;          ///< columns that share scale and offset
    int codeCount;              ///< codes are 0 … codeCount − 1
    int zero;                   ///< code of the number 0
    const std::int8_t* levels;  ///< sixteen uneven levels, ascending; null: evenly spaced
    bool hasOffset;             ///< else offsets are 0
    FactorRange factors;

    /// Groups have whole numbers of their own.
    [[nodiscard]] bool graded() const { return factors.scaleLow != factors.scaleHigh; }
    [[nodiscard]] std::size_t groups() const { return block / group; }
    /// The numbers of the first and the last code.
    [[nodiscard]] int lowest() const { return levels ? levels[0] : -zero; }
    [[nodiscard]] int highest() const { return levels ? levels[kLevels - 1] : codeCount - 1 - zero; }
};

/// The 16-bit numbers of a block, or what they give for a group.
struct GroupScale {
    float scale = 0;
    float offset = 0;
};

struct GroupFactors {
    std::int16_t scale = 1;
    std::int16_t offset = 1;
};

/// What the decoder computes for a group. Offsets of blocks are subtracted.
[[nodiscard]] inline GroupScale groupScale(GroupScale block, GroupFactors factors)
{
    return {block.scale * static_cast<float>(factors.scale), -(block.offset * static_cast<float>(factors.offset))};
}

/// Null for formats whose codes are not chosen column by column (lattices, ternary, floats).
[[nodiscard]] const GridTraits* gridTraits(TensorType type);

/// Scales as the decoder computes them from the bytes of one row: columns / group entries.
void readGroupScales(TensorType type, const std::byte* row, std::size_t columns, std::span<GroupScale> out);
/// Codes of one row, one byte per column, into its bytes; scales and offsets stay. Decoding gives gridValue exactly.
void writeCodes(TensorType type, const std::uint8_t* codes, std::size_t columns, std::byte* row);
/// The numbers behind those scales: columns / block and columns / group entries.
void readScales(TensorType type, const std::byte* row, std::size_t columns, std::span<GroupScale> blocks, std::span<GroupFactors> factors);
/// The reverse. Numbers of blocks must be representable in 16 bits, factors lie within the format's range.
void writeScales(TensorType type, std::span<const GroupScale> blocks, std::span<const GroupFactors> factors, std::size_t columns,
                 std::byte* row);

/// The float that the decoder makes of a code.
[[nodiscard]] inline float gridValue(const GridTraits& grid, GroupScale group, std::uint8_t code)
{
    if (grid.levels) return group.scale * static_cast<float>(grid.levels[code]);
    return static_cast<float>(static_cast<int>(code) - grid.zero) * group.scale + group.offset;
}

/// Where numbers begin to be nearer to level i + 1 than to level i.
[[nodiscard]] inline float levelEdge(const GridTraits& grid, int i)
{
    return 0.5F * static_cast<float>(grid.levels[i] + grid.levels[i + 1]);
}

/// The index of the level nearest to `x`.
[[nodiscard]] inline int nearestLevel(const GridTraits& grid, float x)
{
    int level = 0;
    for (int i = 0; i < kLevels - 1; ++i) level += x > levelEdge(grid, i) ? 1 : 0;
    return level;
}

/// The number nearest to `x` that a code has.
[[nodiscard]] inline float nearestNumber(const GridTraits& grid, float x)
{
    if (grid.levels) return static_cast<float>(grid.levels[nearestLevel(grid, x)]);
    return std::nearbyint(std::clamp(x, static_cast<float>(grid.lowest()), static_cast<float>(grid.highest())));
}

/// 1 / scale, or 0 for a scale that holds nothing, with which every target gets the code of 0.
[[nodiscard]] inline float gridInverse(float scale)
{
    const float inverse = 1.0F / scale;
    return std::isfinite(inverse) ? inverse : 0.0F;
}

/// The code whose value is nearest to `target`; values beyond the ends get the code at the end.
[[nodiscard]] std::uint8_t roundToGrid(const GridTraits& grid, GroupScale group, float target);

}  // namespace ww
