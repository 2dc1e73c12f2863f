// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/progress.h"
#include "base/result.h"
#include "io/model_file.h"
#include "plan/plan.h"

namespace ww {

/// Takes the stored bytes of the tensors of a plan in order, in pieces of a few MiB at most.
using TensorSink = std::function<Result<void>(const PlanEntry& entry, std::span<const std::byte> bytes)>;

/// Makes the bytes of all `entries` (quantized, or copied from the file) and gives them to `sink` in order, one call at a
/// time. Reading, converting, encoding and the sink overlap over tensor boundaries. Beyond the mapped file at most about
/// 160 MiB are in use, whatever the model; pages of the source are given back after each tensor. The bytes do not depend on
/// the number of threads. Progress: advances by source bytes. Errors name the tensor.
Result<void> streamTensors(const ModelFile& model, std::span<const PlanEntry> entries, const TensorSink& sink,
                           const JobContext& context);

}  // namespace ww
