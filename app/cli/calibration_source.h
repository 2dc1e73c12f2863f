// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/cli/command_line.h"
#include "base/result.h"
#include "calibration/calibration.h"
#include "io/model_file.h"
#include "transform/transform_step.h"

namespace ww::cli {

/// Where statistics of the inputs come from: a text that the model reads now, or what `calibrate` kept. One of them, or none.
struct CalibrationSource {
    std::string text;
    std::string file;

    [[nodiscard]] bool given() const { return !text.empty() || !file.empty(); }
};

/// Adds --calibration-text and --calibration, of which one may be given.
void addCalibration(CLI::App& command, CalibrationSource& source, const std::string& group);

/// What to collect of a text; a file holds what it holds.
struct CalibrationNeeds {
    std::uint32_t contextLength = 512;
    bool gram = true;
    bool gramNeeded = false;  ///< a file without is an error
    std::function<bool(std::string_view tensor)> wantsGram;  ///< empty: all tensors
};

/// The source must be given. Errors: those of reading and calibrating; InvalidArgument for a file of another model, or without
/// Gram matrices where they are needed.
Result<std::shared_ptr<const Calibration>> calibrationOf(const std::shared_ptr<const ModelFile>& model, const CalibrationSource& source,
                                                         const CalibrationNeeds& needs, const Session& session);

/// A step that changes the model, by its text; wrong ones are usage errors.
TransformStep stepOf(const std::string& option, const std::string& text);

}  // namespace ww::cli
