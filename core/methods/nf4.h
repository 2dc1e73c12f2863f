// SPDX-License-Identifier: MIT
// NF4 and FP4: 16 fixed levels times the largest magnitude of a block, with double quantization of those magnitudes
// (Dettmers et al., QLoRA, 2023).
#pragma once

#include <array>

#include "methods/quantizer.h"

namespace ww {

/// The 16 levels of NF4, ascending.
[[nodiscard]] const std::array<float, 16>& nf4Levels();
/// The 256 values of the signed dynamic map, ascending: seven decades with ever more steps, 0 and 1.
[[nodiscard]] const std::array<float, 256>& dynamicMap();

[[nodiscard]] const Quantizer& nf4Quantizer();
[[nodiscard]] const Quantizer& fp4Quantizer();

}  // namespace ww
