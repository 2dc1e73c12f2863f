// SPDX-License-Identifier: MIT
// 8-bit floats E4M3 (the variant without infinities, largest value 448) and E5M2 (57344), with a scale.
#pragma once

#include "methods/quantizer.h"

namespace ww {

/// Nearest value of the format (see toE4M3()); NaN stays NaN.
[[nodiscard]] float roundToE4M3(float value);
[[nodiscard]] float roundToE5M2(float value);

[[nodiscard]] const Quantizer& fp8E4M3Quantizer();
[[nodiscard]] const Quantizer& fp8E5M2Quantizer();

}  // namespace ww
