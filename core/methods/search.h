// SPDX-License-Identifier: MIT
// The method "search": better codes and scales than llama.cpp's in the same format.
#pragma once

#include "methods/quantizer.h"

namespace ww {

/// Never worse on any block than the reference in Σ c·(w − ŵ)², c the importance or 1: it starts from the reference's block
/// and from fits of its own, improves each by turns (nearest codes, closed-form factors, neighbours of the group scales)
/// and keeps the best.
[[nodiscard]] const Quantizer& searchQuantizer();

}  // namespace ww
