// SPDX-License-Identifier: MIT
// What a person should know before figures of a text are believed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/cli/calibration_source.h"
#include "io/model_file.h"
#include "plan/plan.h"

namespace ww::cli {

/// Names of the texts that weights were chosen by: those of the plan (null: none), of the calibration, and of the file measured.
[[nodiscard]] std::vector<std::string> calibrationTexts(const Plan* plan, const CalibrationSource& source, const ModelFile* file);
/// Says so when the text for judging was also calibrated on.
void warnAboutOverlap(const std::string& text, const std::string& textName, const std::vector<std::string>& datasets);
/// Says so when windows are longer than what the model was made for.
void warnAboutContext(const ModelFile& model, std::uint32_t contextLength);

}  // namespace ww::cli
