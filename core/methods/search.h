// SPDX-License-Identifier: MIT
// The method "search": better codes and scales than llama.cpp's in the same format.
#pragma once

#include <span>

#include "methods/quantizer.h"

namespace ww {

/// Never worse on any block than the reference in Σ c·(w − ŵ)², c as searchWeights(): it starts from the reference's block
/// and from fits of its own, improves each by turns (nearest codes, closed-form factors, neighbours of the group scales)
/// and keeps the best.
/// What the squared errors of the values of one block are multiplied with: importance (1 without) · sqrt(s·mean(x²) + x²), so that
/// large weights count more, as in llama.cpp's own search but with a share s for each format; x² for Q3_K without importance.
/// `out` holds as many values as `x`.
void searchWeights(TensorType format, std::span<const float> x, const float* importance, float* out);
[[nodiscard]] const Quantizer& searchQuantizer();

}  // namespace ww
