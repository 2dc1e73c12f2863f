// SPDX-License-Identifier: MIT
#pragma once

#include "app/cli/output.h"
#include "io/model_file.h"
#include "plan/plan.h"

namespace ww::cli {

/// One line per tensor: source and target format, method, size, why.
void printPlanTable(Output& out, const ModelFile& model, const Plan& plan);
/// "5.09 MiB, 5.09 bits per weight (31.6 % of 16.11 MiB)"
[[nodiscard]] std::string planSizeText(const Plan& plan);
/// sizeBytes, bitsPerWeight, sourceSizeBytes, parameters, fileType, warnings, formats, tensors.
void addPlan(Json& json, const ModelFile& model, const Plan& plan);
/// The sentences about the whole plan.
[[nodiscard]] Json warningsJson(const Plan& plan);
/// "gptq: 48 tensors; reference: token_embd.weight"; empty when all of them get llama.cpp's search.
[[nodiscard]] std::string methodsText(const Plan& plan, const ModelFile& model);
/// "notes": what a person should know of a model opened from a folder (importNotes()); an empty list for other models.
void addNotes(Json& json, const ModelFile& model);
/// Every warning once, on standard error.
void warnAboutPlan(const ModelFile& model, const Plan& plan);

}  // namespace ww::cli
