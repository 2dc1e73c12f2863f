// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "eval/sensitivity.h"
#include "io/model_file.h"

namespace ww {

/// Formats that are tried when none are named: those that llama.cpp makes well, from 2 to 8 bits.
[[nodiscard]] std::vector<TensorType> defaultSensitivityFormats();

struct SensitivityOptions {
    std::string textName;
    std::vector<TensorType> formats = defaultSensitivityFormats();
    std::string method;                                   ///< spec; empty: the default
    /// More specs: every format of every tensor gets the one with the least error. Where none can make a format, the default does.
    std::vector<std::string> moreMethods{};
    std::shared_ptr<const GramFactors> grams{};            ///< for methods that need a calibration; null: none
    std::shared_ptr<const ImportanceMatrix> importance{};  ///< for the quantizers; null: none
    std::uint32_t contextLength = 512;
    std::uint32_t calibrationWindows = 32;  ///< for the moments of the inputs
    std::uint32_t probeWindows = 10;        ///< for the probes; evenly spaced over the text behind those
    /// Values of each tensor that are quantized to find its errors, in evenly spaced rows; 0: all.
    std::uint64_t sampleElements = std::uint64_t{1} << 20;
    /// No probe is begun after this time. Empty: every tensor is probed in three formats.
    std::optional<double> budgetSeconds{};
    std::uint64_t activationBudgetBytes = std::uint64_t{512} << 20;
    std::uint64_t cacheBudgetBytes = std::uint64_t{1} << 30;         ///< hidden states of the original between the steps
    std::uint64_t logitBudgetBytes = std::uint64_t{512} << 20;
    std::uint64_t quantizedBudgetBytes = std::uint64_t{256} << 20;
    std::uint64_t gramBudgetBytes = std::uint64_t{2} << 30;  ///< of one block; beyond it the diagonal must do
    /// Finished units are appended here, and a later run with the same settings goes on after the last one. Empty: none.
    std::filesystem::path journal{};
};

/// Measures every format for every tensor that may be quantized, then probes: one tensor replaced, from the end of the model to
/// its beginning, so that each probe runs only what follows; format after format. `onUnit` (may be empty) sees the figures so
/// far, from the calling thread. Results do not depend on threads or interruptions. `earlier`: figures of a finished run; with
/// the same settings its probes are kept and new ones added.
Result<Sensitivity> measureSensitivity(std::shared_ptr<const ModelFile> model, std::string_view text,
                                       const SensitivityOptions& options, const JobContext& context,
                                       const Sensitivity* earlier = nullptr,
                                       const std::function<void(const Sensitivity&)>& onUnit = {});

/// What identifies a run: equal settings, equal figures. The calibration counts by its sums.
Result<Hash> sensitivitySettings(const ModelFile& model, std::string_view text, const SensitivityOptions& options);

}  // namespace ww
