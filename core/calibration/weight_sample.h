// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "calibration/calibration.h"
#include "io/model_file.h"

namespace ww {

/// A few values of each tensor that the calibration names, as floats in its order: tells a model that was stored in another float
/// type (a BF16 folder and its F16 file) from another model. Tensors that the model lacks, or has in another width, give none.
/// Errors: those of reading.
Result<std::vector<float>> weightSample(const ModelFile& model, const Calibration& calibration);
/// Equal but for the rounding of one float type to another.
[[nodiscard]] bool isSameButForRounding(std::span<const float> a, std::span<const float> b);

}  // namespace ww
