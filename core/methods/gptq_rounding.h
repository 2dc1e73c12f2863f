// SPDX-License-Identifier: MIT
// The step that every GPTQ takes, whatever its grid: columns one after another, each with a target that the errors before it moved.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/blas.h"
#include "methods/gptq.h"

namespace ww {

/// Rounds positions first … of the rounding order, kGptqRows rows side by side. delta: columns × kGptqRows in rounding order, W − Ŵ; that
/// of the positions before must be there. work: count × kGptqRows. round(position, target, delta): `target` holds what the errors add to
/// the column; the function fills in its delta and may use `target` up.
template <class Round>
void roundPositions(const GptqFactor& factor, std::size_t first, std::size_t count, float* delta, float* work, const Round& round)
{
    const std::size_t n = factor.columns;
    const float* feedback = factor.feedback.data();
    if (first > 0)
        blas::gemmNN(count, kGptqRows, first, 1, feedback + first * n, n, delta, kGptqRows, 0, work, kGptqRows);
    else
        std::fill_n(work, count * kGptqRows, 0.0F);
    for (std::size_t i = 0; i < count; ++i) {
        float* own = delta + (first + i) * kGptqRows;
        round(first + i, work + i * kGptqRows, own);
        for (std::size_t later = i + 1; later < count; ++later) {
            const float share = feedback[(first + later) * n + first + i];
            float* other = work + later * kGptqRows;
            for (std::size_t r = 0; r < kGptqRows; ++r) other[r] += share * own[r];
        }
    }
}

}  // namespace ww
