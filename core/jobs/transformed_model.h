// SPDX-License-Identifier: MIT
// Steps that change a model, with the calibrations that they need in between.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "io/model_file.h"
#include "transform/transform_step.h"

namespace ww {

/// The model after the steps, in their order; it computes the same. Steps that look at inputs see those that the steps before left,
/// on the first `maxWindows` (0: all) windows of `contextLength` tokens of `text`. Errors: TooShort, Unsupported, InvalidArgument as those of the steps and of
/// calibrate().
Result<std::shared_ptr<const ModelFile>> transformedModel(std::shared_ptr<const ModelFile> model, std::span<const TransformStep> steps,
                                                          std::string_view text, std::uint32_t contextLength,
                                                          std::uint64_t gramBudgetBytes, const JobContext& context,
                                                          std::uint32_t maxWindows = 0);

}  // namespace ww
