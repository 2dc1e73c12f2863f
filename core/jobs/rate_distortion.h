// SPDX-License-Identifier: MIT
// Error of one tensor over bits per weight: the rate–distortion curve of one method or of several.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "io/model_file.h"

namespace ww {

struct RateDistortionPoint {
    TensorType format;
    double bitsPerWeight = 0;
    double relativeError = 0;             ///< ‖w − q‖ / ‖w‖
    std::optional<double> outputError{};  ///< sqrt(trace(ΔHΔᵀ) / trace(WHWᵀ)) with the Gram matrix H of the inputs; empty: there is none
    std::string method{};                 ///< spec
    bool analysis = false;                ///< what the method chose itself, in bits of the format that it simulates; format is F32
};
using PointSink = std::function<void(const RateDistortionPoint&)>;

/// Error of one tensor in every format that fits its rows. `sampleRows` > 0 limits the work to evenly spaced rows. onPoint is
/// called as points come, from the calling thread, in the order of bits per weight. Without importance, formats that need it are
/// tried with every column weighing the same; a real matrix may do better or worse. Errors as quantizeTensor.
Result<std::vector<RateDistortionPoint>> rateDistortion(const ModelFile& model, const TensorInfo& tensor, std::string_view method,
                                                        std::size_t sampleRows, const JobContext& context, const PointSink& onPoint = {},
                                                        const ImportanceEntry* importance = nullptr,
                                                        std::shared_ptr<const GramFactors> grams = nullptr);

/// The same for several methods, one after the other: analysis methods as one point each, the others in every format. A format that
/// a method refuses for this tensor, or a method whose data is not there, is left out. Errors: those of the first method when nothing
/// could be tried; Cancelled; errors of reading.
Result<std::vector<RateDistortionPoint>> methodCurves(const ModelFile& model, const TensorInfo& tensor, std::span<const std::string> methods,
                                                      std::size_t sampleRows, const JobContext& context, const PointSink& onPoint = {},
                                                      const ImportanceEntry* importance = nullptr,
                                                      std::shared_ptr<const GramFactors> grams = nullptr);

}  // namespace ww
