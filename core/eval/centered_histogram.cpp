// SPDX-License-Identifier: MIT
#include "eval/centered_histogram.h"

#include <algorithm>
#include <cmath>

namespace ww {

Histogram centeredHistogram(double lower, double upper, std::size_t bins)
{
    if (!(upper > lower)) {
        const double half = std::max(std::abs(lower) * 1e-3, 1e-6);
        return {lower - half, upper + half, bins};
    }
    if (lower < 0 && upper > 0 && bins > 1) {
        const double width = (upper - lower) / static_cast<double>(bins - 1) * (1 + 1e-9);  // for the rounding of the bounds
        const double first = (std::floor(lower / width + 0.5) - 0.5) * width;
        if (const double last = first + width * static_cast<double>(bins); first <= lower && last >= upper) return {first, last, bins};
    }
    return {lower, upper, bins};
}

}  // namespace ww
