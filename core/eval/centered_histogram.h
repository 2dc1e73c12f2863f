// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "eval/histogram.h"

namespace ww {

/// Empty bins over [lower, upper], with a width also when both are equal. Where there are values of both signs, 0 is the center of a
/// bin and the bounds are a little wider: at an edge, values that were rounded to 0 would pile up on one side of it.
[[nodiscard]] Histogram centeredHistogram(double lower, double upper, std::size_t bins);

}  // namespace ww
