// SPDX-License-Identifier: MIT
// Scales per input channel that move between a matrix and what makes its input, so that the model computes the same and quantizes
// better. channel_scales.h chooses them.
#pragma once

#include <memory>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/calibration.h"
#include "io/model_file.h"
#include "transform/channel_scales.h"

namespace ww {

/// Scales go from the norms into q, k, v and gate, up (with experts: into those of all experts, of the shared one, and into the
/// routers); from the rows of v into the columns of the attention output (one scale for all query heads that share a value head);
/// from the rows of up into the columns of down, of each expert by itself. Maps may be fused (q, k, v; gate and up). Inputs without
/// statistics keep theirs. AWQ needs Gram matrices, the search of SmoothQuant samples of the inputs. Errors: Unsupported for architectures whose branches are not made of these,
/// InvalidArgument for a calibration of another model or a target that parseScalingTarget() does not read.
Result<std::shared_ptr<const ModelFile>> scaleChannels(std::shared_ptr<const ModelFile> model, const Calibration& calibration,
                                                       const ScalingOptions& options, const JobContext& context);

/// False for tensors whose Gram matrix and sample scaleChannels() never looks at: each expert sees a part of what its router sees, and
/// what all of them see together would take much memory.
[[nodiscard]] bool scalingReadsInputs(std::string_view tensor);

}  // namespace ww
