// SPDX-License-Identifier: MIT
// The last few per cent of an allocated recipe: neighbours of the choice are measured, and what is really better is kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "eval/sensitivity.h"
#include "jobs/plan_evaluation.h"
#include "plan/allocated_recipe.h"

namespace ww {

struct PolishOptions {
    std::uint32_t trials = 20;  ///< recipes that are measured at most
    PlanEvaluationOptions evaluation{};
};
struct PolishedRecipe {
    AllocatedRecipe allocated;  ///< never larger than the target of the request, or than the start when there is none
    DivergenceResult before, after;
    std::uint32_t measured = 0;
    std::uint32_t accepted = 0;
};

/// Tries swaps (one tensor a step up, another a step down) in the order of their predicted gain, and keeps one when the paired
/// difference on the text is better by more than its standard error. Pins, minimums, allowed formats and ties of the request hold;
/// tied tensors stay. Runs only what each swap changes. `onAccepted` (may be empty) sees every improvement.
Result<PolishedRecipe> polishRecipe(const std::shared_ptr<const ModelFile>& model, const Sensitivity& sensitivity,
                                    const AllocationRequest& request, AllocatedRecipe start, std::string_view text,
                                    const PolishOptions& options, const JobContext& context,
                                    const std::function<void(const PolishedRecipe&)>& onAccepted = {});

}  // namespace ww
