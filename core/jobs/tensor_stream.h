// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/progress.h"
#include "base/result.h"
#include "io/model_file.h"
#include "jobs/export_journal.h"
#include "plan/plan.h"

namespace ww {

/// Takes the stored bytes of the tensors of a plan in order, in pieces of a few MiB at most.
using TensorSink = std::function<Result<void>(const PlanEntry& entry, std::span<const std::byte> bytes)>;

/// What to make of the tensors of a model, and who takes it.
struct TensorOrder {
    std::span<const PlanEntry> entries;
    TensorSink sink;
    ExportJournal* journal = nullptr;  ///< of the same entries: what it knows is not made again, the rest is added; null: none
};

/// Makes the bytes of all entries of all orders (quantized, or copied from the file) and gives them to the sinks in order, one
/// call at a time. The orders must list the same tensors in the same order; rows that several of them quantize are read and
/// converted once. Reading, converting, encoding and the sinks overlap over tensor boundaries. Beyond the mapped file at most
/// about 160 MiB are in use, whatever the model; pages of the source are given back after each tensor. The bytes do not depend on
/// the number of threads or of orders. Progress: advances by source bytes, once for all orders. Errors name the tensor.
Result<void> streamTensors(const ModelFile& model, std::span<const TensorOrder> orders, const JobContext& context);

/// The same for one order.
Result<void> streamTensors(const ModelFile& model, std::span<const PlanEntry> entries, const TensorSink& sink,
                           const JobContext& context);

}  // namespace ww
