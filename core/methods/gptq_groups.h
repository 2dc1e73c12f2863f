// SPDX-License-Identifier: MIT
// GPTQ (Frantar et al. 2022) on equal steps with a scale per row and group of columns, as its authors and Atom (Zhao et al. 2023) use
// it: values instead of the blocks of a format.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "methods/gptq.h"

namespace ww {

/// Values scale · (q − zero) with whole q from low to high.
struct UniformLevels {
    float scale = 0;  ///< 0: there is only the value 0
    float zero = 0;
    float low = 0;
    float high = 0;
    [[nodiscard]] float nearest(float x) const
    {
        if (scale == 0) return 0;
        return scale * (std::clamp(std::nearbyint(x / scale) + zero, low, high) - zero);
    }
};

/// Groups of `groupColumns` columns in stored order, whose levels were chosen before; rows: rowCount × factor.columns, row-major,
/// replaced by what they are rounded to. levels: for each row those of its groups. The result of a row depends neither on the other
/// rows nor on threads.
void gptqRoundToLevels(std::span<float> rows, const GptqFactor& factor, std::size_t groupColumns, std::span<const UniformLevels> levels);

/// Columns that follow each other in GptqFactor::order. Values become s·q, |q| ≤ 2^(bits−1) − 1, s = clip · max|w| / (2^(bits−1) − 1).
struct RoundingGroup {
    std::size_t columns = 0;
    int bits = 4;
    float clip = 1;
};

/// The same with groups along the order of rounding. The scale of a group is chosen when its turn comes, from what the errors so far
/// made of its columns. The groups hold all columns.
void gptqRoundGroups(std::span<float> rows, const GptqFactor& factor, std::span<const RoundingGroup> groups);

}  // namespace ww
