// SPDX-License-Identifier: MIT
// Scales per input channel that move between a matrix and what makes its input, so that the model computes the same and quantizes
// better: SmoothQuant (Xiao et al. 2023) and AWQ (Lin et al. 2024).
#pragma once

#include <memory>
#include <optional>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/calibration.h"
#include "io/model_file.h"
#include "tensor/tensor_type.h"

namespace ww {

struct ScalingOptions {
    enum class Rule : std::uint8_t {
        Smooth,  ///< largest input^alpha / largest weight^(1 − alpha): evens out the ranges for 8-bit products
        Awq      ///< mean |input|^alpha, alpha from 0, 0.05, … 0.95 by the least output error in `format`
    };
    Rule rule = Rule::Smooth;
    double alpha = 0.5;
    bool searchAlpha = false;  ///< of Smooth: for each input the best of 0.30, 0.35, … 0.95 and of leaving it alone, see expectedLoss()
    TensorType format = TensorType::Q4_0;
    std::optional<double> awqAlpha{};  ///< this one for all inputs instead; 0 leaves the model as it is
};

/// Scales go from the norms into q, k, v and gate, up; from the rows of v into the columns of the attention output (one scale for
/// all query heads that share a value head); from the rows of up into the columns of down. Inputs without statistics and mixtures
/// of experts keep theirs. AWQ needs Gram matrices. Errors: Unsupported for architectures whose branches are not made of these,
/// InvalidArgument for a calibration of another model.
Result<std::shared_ptr<const ModelFile>> scaleChannels(std::shared_ptr<const ModelFile> model, const Calibration& calibration,
                                                       const ScalingOptions& options, const JobContext& context);

}  // namespace ww
