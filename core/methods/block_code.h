// SPDX-License-Identifier: MIT
// One block of a format with a grid as plain numbers, whatever its bytes look like: what methods that choose codes and
// scales together work on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "methods/grid.h"

namespace ww {

/// value i = numbers[i] · groupScale(block, groups[g]).scale + its offset, g the group of i.
struct BlockCode {
    GroupScale block;  ///< values that 16 bits hold exactly
    std::array<GroupFactors, kMostGroups> groups{};
    std::array<std::int8_t, kMostBlock> numbers{};  ///< each one that a code of the format has

    [[nodiscard]] GroupScale scaleOf(std::size_t group) const { return groupScale(block, groups[group]); }
};

/// A factor as 16 bits hold it; 0 if they cannot.
[[nodiscard]] float storedFactor(double value);
/// Factors, scales and offsets next to value = steps[g]·number − depths[g] of every group g; numbers are left 0. `masses`, with one number for
/// each group as the others, says how much a group counts. Depths mean nothing in formats without offsets.
[[nodiscard]] BlockCode blockOfSteps(const GridTraits& grid, const float* steps, const float* depths, const float* masses);
/// What scales the bytes of one block; numbers are left 0.
[[nodiscard]] BlockCode readBlockScales(const GridTraits& grid, const std::byte* block);
/// The reverse: scales alone, codes stay; or all of a block.
void writeBlockScales(const GridTraits& grid, const BlockCode& code, std::byte* block);
void writeBlock(const GridTraits& grid, const BlockCode& code, std::byte* block);

}  // namespace ww
