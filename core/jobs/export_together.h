// SPDX-License-Identifier: MIT
// Several exports of one model at once: its rows are read and converted to float once for all of them.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "io/model_file.h"
#include "jobs/export.h"
#include "plan/plan.h"

namespace ww {

/// One of the files to write. Borrows the plan.
struct ExportOrder {
    const Plan* plan = nullptr;
    std::filesystem::path target;
};

/// As exportGguf() for each order, with the same bytes. The plans must be of the same tensors in the same order (surveys of
/// the model without the same blocks), else InvalidArgument. No file gets its name before all are complete; failure and cancel
/// before that leave nothing behind. The seconds in each summary are those of all together. Memory as for one export. Progress:
/// source bytes, once.
Result<std::vector<ExportSummary>> exportTogether(const ModelFile& model, std::span<const ExportOrder> orders,
                                                  const JobContext& context);

}  // namespace ww
