// SPDX-License-Identifier: MIT
// Uniform quantization: equal steps between the levels of a group.
#pragma once

#include "methods/quantizer.h"

namespace ww {

/// "absmax": symmetric, w ≈ s·q with q from −(2^(b−1) − 1) to 2^(b−1) − 1.
[[nodiscard]] const Quantizer& absmaxQuantizer();
/// "affine": w ≈ s·(q − z) with q from 0 to 2^b − 1 and a whole zero-point z.
[[nodiscard]] const Quantizer& affineQuantizer();
/// "int8": absmax with 8 bits and one scale per row, the weights of W8A8 engines.
[[nodiscard]] const Quantizer& int8Quantizer();
/// The format in files whose steps are nearest to those of so many bits.
[[nodiscard]] TensorType nearestUniform(int bits, bool affine);

}  // namespace ww
