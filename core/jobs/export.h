// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "base/progress.h"
#include "base/result.h"
#include "io/model_file.h"
#include "plan/plan.h"

namespace ww {

struct ExportSummary {
    std::filesystem::path path;
    std::uint64_t sizeBytes = 0;
    std::size_t quantizedTensors = 0;
    std::size_t copiedTensors = 0;
    double seconds = 0;
};

/// Quantizes and writes a whole GGUF file. The file is byte-identical to llama.cpp's for the same source and preset.
/// The final name appears only when everything is on disk; failure and cancel leave nothing behind. Refuses a target that
/// is the source through any link. Progress: source bytes. Cancel takes effect within 100 ms.
Result<ExportSummary> exportGguf(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                                 const JobContext& context);

}  // namespace ww
