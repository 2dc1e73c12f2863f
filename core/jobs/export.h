// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

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
    std::size_t resumedTensors = 0;  ///< taken from an export that was interrupted
    bool journalGivenUp = false;     ///< the disk had no room to keep finished tensors as well
    double seconds = 0;
};

/// Quantizes and writes a whole GGUF file. The file is byte-identical to llama.cpp's for the same source and preset.
/// The final name appears only when everything is on disk; failure and cancel leave nothing behind. Refuses a target that
/// is the source through any link. Progress: source bytes. Cancel takes effect within 100 ms.
Result<ExportSummary> exportGguf(const ModelFile& model, const Plan& plan, const std::filesystem::path& target,
                                 const JobContext& context);

/// One of several files to write. Borrows the plan.
struct ExportOrder {
    const Plan* plan = nullptr;
    std::filesystem::path target;
    /// Where finished tensors of methods that take long are kept until the file is complete (see ExportJournal); empty: nowhere.
    /// A killed export leaves it; `keepUnfinished`, and one that goes on with what it found there: so does one that is cancelled or fails.
    /// It is given up when the disk has no room for both.
    std::filesystem::path journal{};
    bool keepUnfinished = false;
};

/// As exportGguf() for each order, with the same bytes, but rows are read and converted to float once for all. The plans must be
/// of the same tensors in the same order (surveys of the model without the same blocks), else InvalidArgument. No file gets its
/// name before all are complete; failure and cancel before that leave nothing behind. The seconds in each summary are those of all
/// together. Memory as for one export. Progress: source bytes, once.
Result<std::vector<ExportSummary>> exportTogether(const ModelFile& model, std::span<const ExportOrder> orders,
                                                  const JobContext& context);

}  // namespace ww
