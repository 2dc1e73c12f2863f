// SPDX-License-Identifier: MIT
// Writes a model anew: with other metadata, as one file, or as several parts (NAME-00001-of-00003.gguf).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "io/metadata.h"
#include "io/model_file.h"
#include "jobs/export.h"
#include "plan/plan.h"

namespace ww {

/// What a file is to hold: its metadata, and for every tensor in order how it is made.
struct FileContent {
    Metadata metadata;
    std::vector<PlanEntry> entries;
};
/// The model as it is, tensors in file order, without the keys that number the parts of a split model.
[[nodiscard]] FileContent copyOf(const ModelFile& model);
/// The model as the plan has it, like exportGguf().
[[nodiscard]] FileContent contentOf(const ModelFile& model, const Plan& plan);

/// Writes one file; appears complete or not at all. Refuses a target that is one of the files of the model, through any link.
/// Progress: source bytes. Errors as exportGguf().
Result<ExportSummary> writeGguf(const ModelFile& model, const FileContent& content, const std::filesystem::path& target,
                                const JobContext& context);

/// When a part is full; 0: no limit. A tensor larger than `bytes` has a part of its own. As in llama.cpp's tool the bytes are
/// those of the tensors, and a part closes before it would exceed them.
struct SplitLimits {
    std::uint64_t bytes = 0;
    std::size_t tensors = 0;
};
/// How many tensors go into each part; at least one part.
[[nodiscard]] std::vector<std::size_t> splitCounts(const ModelFile& model, const FileContent& content, const SplitLimits& limits);

struct SplitSummary {
    std::vector<std::filesystem::path> paths;
    std::uint64_t sizeBytes = 0;
    double seconds = 0;
};
/// Writes the parts beside each other; `target` is their common name with or without ".gguf". The first has the metadata. Parts
/// that exist already are refused (Unwritable); failure and cancel remove what was written.
Result<SplitSummary> writeSplitGguf(const ModelFile& model, const FileContent& content, const SplitLimits& limits,
                                    const std::filesystem::path& target, const JobContext& context);

}  // namespace ww
