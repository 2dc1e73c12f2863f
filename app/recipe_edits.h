// SPDX-License-Identifier: GPL-3.0-or-later
// What the gestures of the window do to a recipe, as pure functions: they return the changed recipe. Painted tensors become
// rules in front of the others, so that the last gesture wins; whole roles become one rule by role, so that a recipe
// stays short, readable, and useful for other models.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/model_file.h"
#include "plan/plan.h"
#include "plan/recipe.h"

namespace ww {

/// Indices into ModelFile::tensors(), ascending, without duplicates.
using TensorSet = std::vector<std::size_t>;

/// What a gesture changes; an empty member stays as the plan has it for each tensor.
struct TensorChoice {
    std::optional<TensorType> format;
    bool keepSource = false;  ///< "as in the file"; `format` is then empty
    std::optional<std::string> method;
};

/// Tensors of the set that a rule may change.
[[nodiscard]] TensorSet editableTensors(const Plan& plan, const TensorSet& tensors);

/// The recipe with `choice` for every editable tensor of the set.
[[nodiscard]] Recipe withChoice(const Recipe& recipe, const ModelFile& model, const Plan& plan, const TensorSet& tensors,
                                const TensorChoice& choice);

/// The recipe with the rules that decide for the tensors of the set taken away; rules that also decide for others keep doing so.
[[nodiscard]] Recipe withoutOverrides(const Recipe& recipe, const ModelSurvey& survey, const TensorSet& tensors,
                                      const PlanOptions& options = {});

/// A name that none of `taken` has: "Q4_K_M", "Q4_K_M 2", …
[[nodiscard]] std::string uniqueName(const std::string& wanted, const std::vector<std::string>& taken);

}  // namespace ww
