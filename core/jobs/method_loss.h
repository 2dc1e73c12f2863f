// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "plan/plan.h"

namespace ww {

/// What a method that GGUF cannot hold loses, and what the file that stands for it does: Σ(w − ŵ)² / Σw² over the weights.
struct MethodLoss {
    double method = 0;
    double stored = 0;
    std::size_t tensors = 0;  ///< with such a method; 0: the others are 0
};

/// Over all rows of the plan's tensors with PlanEntry::analysis. Progress: source bytes. Errors as RowQuantizer.
Result<MethodLoss> methodLoss(const ModelFile& model, const Plan& plan, const JobContext& context);

}  // namespace ww
