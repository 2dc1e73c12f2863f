// SPDX-License-Identifier: MIT
#include "methods/block_code.h"

#include <algorithm>
#include <cmath>

#include "formats/searches.h"
#include "tensor/float_convert.h"

namespace ww {

float storedFactor(double value)
{
    const float half = fromHalf(toHalf(static_cast<float>(value)));
    return std::isfinite(half) ? half : 0.0F;
}

BlockCode blockOfSteps(const GridTraits& grid, const float* steps, const float* depths, const float* masses)
{
    BlockCode code;
    if (!grid.graded()) {
        code.block.scale = storedFactor(static_cast<double>(steps[0]));
        if (grid.hasOffset) code.block.offset = storedFactor(static_cast<double>(depths[0]));
        return code;
    }
    const auto groups = static_cast<int>(grid.groups());
    const FactorRange range = grid.factors;
    if (grid.hasOffset) {
        std::array<std::uint8_t, kMostGroups> numbers{};
        code.block.scale = storedFactor(static_cast<double>(search::positive(groups, range.scaleHigh, steps, masses, numbers.data())));
        code.block.offset = storedFactor(static_cast<double>(search::positive(groups, range.offsetHigh, depths, masses, numbers.data())));
    } else {
        code.block.scale = storedFactor(static_cast<double>(search::pivotOf(groups, steps) / static_cast<float>(range.scaleLow)));
    }
    const auto near = [](float value, float unit, int low, int high) {
        if (unit == 0) return std::int16_t{0};
        return static_cast<std::int16_t>(std::clamp(std::nearbyint(value / unit), static_cast<float>(low), static_cast<float>(high)));
    };
    for (std::size_t g = 0; g < grid.groups(); ++g)
        code.groups[g] = {near(steps[g], code.block.scale, range.scaleLow, range.scaleHigh),
                          grid.hasOffset ? near(depths[g], code.block.offset, 0, range.offsetHigh) : std::int16_t{0}};
    return code;
}

BlockCode readBlockScales(const GridTraits& grid, const std::byte* block)
{
    BlockCode code;
    readScales(grid.type, block, grid.block, {&code.block, 1}, {code.groups.data(), grid.groups()});
    return code;
}

void writeBlockScales(const GridTraits& grid, const BlockCode& code, std::byte* block)
{
    writeScales(grid.type, {&code.block, 1}, {code.groups.data(), grid.groups()}, grid.block, block);
}

void writeBlock(const GridTraits& grid, const BlockCode& code, std::byte* block)
{
    std::array<std::uint8_t, kMostBlock> codes;
    for (std::size_t i = 0; i < grid.block; ++i) {
        const int number = code.numbers[i];
        codes[i] = static_cast<std::uint8_t>(grid.levels ? nearestLevel(grid, static_cast<float>(number)) : number + grid.zero);
    }
    writeBlockScales(grid, code, block);
    writeCodes(grid.type, codes.data(), grid.block, block);
}

}  // namespace ww
