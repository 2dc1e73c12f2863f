// SPDX-License-Identifier: MIT
// Recipes in the words of other programs, and from files that were quantized already.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/model_file.h"
#include "plan/plan.h"
#include "plan/recipe.h"

namespace ww {

/// The list of ik_llama.cpp's --custom-q: REGEX=TYPE items separated by commas; the first that is found in a name decides. Commas
/// within a pattern are understood, and those between options of a method. Error InvalidArgument names the item.
Result<std::vector<RecipeRule>> rulesFromCustomQ(std::string_view text);
/// The same for writing, in one line. Rules by name and role become patterns; rules that keep the source type, and patterns with
/// a comma, have no words there and are left out.
std::string rulesToCustomQ(const std::vector<RecipeRule>& rules);

/// A rule for exactly each tensor of `typed` that may be quantized, with the type it has there: "copy the types from this file".
std::vector<RecipeRule> rulesFromModel(const ModelFile& typed);
/// A rule for exactly each tensor that the plan quantizes.
std::vector<RecipeRule> rulesFromPlan(const Plan& plan, const ModelFile& model);

}  // namespace ww
