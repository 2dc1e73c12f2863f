// SPDX-License-Identifier: MIT
// Inputs of a linear map as an engine with few-bit activations sees them: exact simulation in floats.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ww {

/// What calibration knows about the inputs of one matrix. Plain value.
struct LayerInputs {
    std::vector<float> meanSquares;         ///< of each column
    std::vector<float> absMax;              ///< of each column
    std::vector<std::uint64_t> magnitudes;  ///< of all values, by magnitudeBin(); empty when it was not collected
    [[nodiscard]] bool empty() const { return absMax.empty(); }
    /// The largest magnitude, or one that at least `percent` of the values do not exceed (to 3 %, rounded up); 100: the largest.
    [[nodiscard]] float limit(double percent) const;
};

/// Magnitudes from 2^-32 to 2^32 in 32 bins per power of two; what lies outside is in the first and the last.
inline constexpr std::size_t kMagnitudeBins = 2048;
[[nodiscard]] inline std::size_t magnitudeBin(float value)
{
    constexpr std::uint32_t kFirst = (127U - 32U) << 5U;
    const std::uint32_t bits = (std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU) >> 18U;
    return bits <= kFirst ? 0 : std::min<std::size_t>(bits - kFirst, kMagnitudeBins - 1);
}
/// Upper end of a bin.
[[nodiscard]] float magnitudeBinEnd(std::size_t bin);

/// What is decided once for rows that are quantized together (those of one window) before they are changed.
struct InputSegment {
    float absMax = 0;
    /// Columns, ascending, that apply() sets to 0 because they are multiplied as they are with the weights of the source.
    std::vector<std::uint32_t> exactColumns;
};

/// Changes the inputs of a linear map. Immutable and thread-safe; the result for a segment depends on its values only.
class InputTransform {
public:
    virtual ~InputTransform() = default;
    /// Row r begins at rows + r · stride.
    [[nodiscard]] virtual InputSegment inspect(const float* /*rows*/, std::size_t /*stride*/, std::size_t /*count*/,
                                               std::size_t /*columns*/) const
    {
        return {};
    }
    virtual void apply(std::span<float> row, const InputSegment& segment) const = 0;
    /// inspect() may name exact columns, so the weights of the source are needed.
    [[nodiscard]] virtual bool needsExactWeights() const { return false; }
};

}  // namespace ww
