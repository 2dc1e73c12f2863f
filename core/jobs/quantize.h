// SPDX-License-Identifier: MIT
// The one quantize path: preview, evaluation and export all come through here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "eval/histogram.h"
#include "eval/tensor_error.h"
#include "io/model_file.h"
#include "model/weight_source.h"
#include "plan/plan.h"

namespace ww {

class QuantizedCache;

/// Quantizes one tensor of a plan in row chunks over the pool and hands the bytes to `sink` in order. Memory: a few
/// chunks (see tensor_stream.h). Errors name the tensor. Progress: source bytes.
using BlockSink = std::function<Result<void>(std::span<const std::byte>)>;
Result<void> quantizeTensor(const ModelFile& model, const PlanEntry& entry, const BlockSink& sink, const JobContext& context);

/// Weights as the plan would store them: rows are quantized and decoded on demand. Unchanged tensors come from the file.
/// Quantized blocks are kept up to `cacheBytes`, so that generating text does not quantize the same rows for each token; or, when
/// `shared` is given, there, within its budget and for other variants of the model too.
[[nodiscard]] std::shared_ptr<const WeightSource> plannedWeights(std::shared_ptr<const ModelFile> model,
                                                                 std::shared_ptr<const Plan> plan,
                                                                 std::uint64_t cacheBytes = std::uint64_t{256} << 20,
                                                                 std::shared_ptr<QuantizedCache> shared = nullptr);

/// What quantizing does to one tensor, for the inspector and `tensor-error`. The numbers do not depend on the number of
/// threads. `importance` null: plain; `grams` for methods that need them. Errors as quantizeTensor.
struct TensorReport {
    TensorError error;
    ValueStatistics original;
    ValueStatistics quantized;
    Histogram originalHistogram;  ///< same bins for both
    Histogram quantizedHistogram;
    Histogram errorHistogram;  ///< of q − w
};
Result<TensorReport> reportTensor(const ModelFile& model, const TensorInfo& tensor, TensorType format, std::string_view method,
                                  std::size_t bins, const JobContext& context, const ImportanceEntry* importance = nullptr,
                                  std::shared_ptr<const GramFactors> grams = nullptr);

}  // namespace ww
