// SPDX-License-Identifier: MIT
// What goes into a weight matrix while the model reads a text, before and after a method that rounds inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "eval/histogram.h"
#include "io/model_file.h"

namespace ww {

/// Same bins for both histograms. `changed` is false when the method leaves inputs alone; the second histogram is empty then.
struct InputReport {
    std::uint64_t rows = 0;  ///< positions of the text that reached the matrix
    ValueStatistics original;
    Histogram originalHistogram;
    bool changed = false;
    Histogram changedHistogram;
    double relativeError = 0;  ///< ‖x − x'‖ / ‖x‖ of all values together
};

/// Runs the model as it is stored over the first window of `text` up to the block of the tensor, and applies the method to the inputs
/// of its matrix (of the first expert that is reached), as a pass with quantized weights would: values that a method multiplies
/// exactly count as unchanged. Errors: Unsupported for tensors without inputs (embeddings, norms) and for models that cannot run;
/// TooShort for texts of less than two tokens.
Result<InputReport> reportInputs(std::shared_ptr<const ModelFile> model, const TensorInfo& tensor, std::string_view method,
                                 std::shared_ptr<const GramFactors> grams, std::string_view text, std::uint32_t contextLength,
                                 std::size_t bins, const JobContext& context);

}  // namespace ww
