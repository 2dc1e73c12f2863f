// SPDX-License-Identifier: MIT
// The inner loop of block_search.cpp by vector instructions, chosen for the processor at run time: every lane is a trial of its own
// that adds up in the order of the values, and products are not fused with sums, so that every processor gives the same.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "methods/grid.h"

namespace ww {

/// Steps and lowest values to try for a group.
struct StepTrials {
    static constexpr std::size_t kMost = 256;

    std::size_t count = 0;
    std::array<float, kMost> steps{};
    std::array<float, kMost> lows{};

    /// One more, for which there must be room.
    void add(float step, float low)
    {
        steps[count] = step;
        lows[count] = low;
        ++count;
    }
};

/// errors[t] = Σ c·(x − (steps[t]·q + lows[t]))², q the number of the grid that is nearest to (x − lows[t]) / steps[t] (to 0, for a step of
/// which 32 bits do not hold the inverse). `c` holds as many values as `x`, `errors` kMost; those from count on mean nothing.
void groupErrors(const GridTraits& grid, std::span<const float> x, const float* c, const StepTrials& trials, float* errors);

}  // namespace ww
