// SPDX-License-Identifier: MIT
// The method "search": better codes and scales than llama.cpp's in the same format.
#pragma once

#include <span>

#include "methods/quantizer.h"

namespace ww {

/// Never worse on any block than the reference in Σ c·(w − ŵ)², c the importance, or 1 without: it starts from the reference's block
/// and from a fit of its own (BlockSearch), improves each by turns and keeps the best; what a row's blocks have left below the error of
/// the reference goes into the strength of the row, Σ c·w·ŵ = Σ c·w².
/// What it makes small in a block is Σ out·(w − ŵ)²: out is the importance, in most formats and a share of the block's (mean √c)², so that
/// columns which the calibration text hardly used are not given up. Without importance large weights stand for it:
/// sqrt(s·mean(x²) + x²) with a share s for each format; for Q6_K and Q8_0 also beside the importance. Blocks are kept only when their
/// error by c is not larger either. `out` holds as many values as `x`.
void searchWeights(TensorType format, std::span<const float> x, const float* importance, float* out);
[[nodiscard]] const Quantizer& searchQuantizer();

}  // namespace ww
