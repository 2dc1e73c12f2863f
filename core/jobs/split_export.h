// SPDX-License-Identifier: MIT
// The export of a model that lies in several files as just as many files, like llama.cpp's --keep-split.
#pragma once

#include <cstdint>
#include <filesystem>

#include "jobs/export.h"

namespace ww {

/// The name of part `number` (from 0) of an export to "NAME.gguf": "NAME-00001-of-00003.gguf".
[[nodiscard]] std::filesystem::path pathOfPart(const std::filesystem::path& target, std::uint32_t number, std::uint32_t count);

/// Sum of the sizes of all parts, in bytes.
[[nodiscard]] std::uint64_t splitExportBytes(const ModelFile& model, const Plan& plan);

/// As exportGguf(), but every tensor stays in the part that it is in, in the order of the source: `plan` comes of a survey in that
/// order (ModelSurvey::orderAsInSource()). The parts get their names only when all are on disk. The path in the summary is the
/// first part's, its size that of all.
Result<ExportSummary> exportGgufParts(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                                      const JobContext& context);

}  // namespace ww
