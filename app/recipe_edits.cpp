// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recipe_edits.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace ww {
namespace {

RecipeRule exactRule(const std::string& tensorName, std::optional<TensorType> format, const std::string& method)
{
    RecipeRule rule;
    rule.match = RecipeRule::Match::Exact;
    rule.pattern = tensorName;
    rule.format = format;
    rule.method = method;
    return rule;
}

RecipeRule roleRule(TensorRole role, std::optional<TensorType> format, const std::string& method)
{
    RecipeRule rule;
    rule.match = RecipeRule::Match::Role;
    rule.role = role;
    rule.format = format;
    rule.method = method;
    return rule;
}

}  // namespace

TensorSet editableTensors(const Plan& plan, const TensorSet& tensors)
{
    TensorSet result;
    for (const PlanEntry& entry : plan.entries)
        if (entry.editable && std::binary_search(tensors.begin(), tensors.end(), entry.tensorIndex))
            result.push_back(entry.tensorIndex);
    std::sort(result.begin(), result.end());
    return result;
}

Recipe withChoice(const Recipe& recipe, const ModelFile& model, const Plan& plan, const TensorSet& tensors,
                  const TensorChoice& choice)
{
    // What each tensor shall become, and how many editable tensors each role has at all.
    struct Wish {
        std::size_t tensor;
        TensorRole role;
        std::optional<TensorType> format;
        std::string method;
    };
    std::vector<Wish> wishes;
    std::map<TensorRole, std::size_t> roleSize;
    std::map<TensorRole, std::vector<std::size_t>> wishesOfRole;
    for (const PlanEntry& entry : plan.entries) {
        if (!entry.editable) continue;
        ++roleSize[entry.identity.role];
        if (!std::binary_search(tensors.begin(), tensors.end(), entry.tensorIndex)) continue;
        Wish wish{entry.tensorIndex, entry.identity.role, entry.target, entry.quantized ? entry.method : std::string()};
        if (choice.keepSource)
            wish.format.reset();
        else if (choice.format)
            wish.format = choice.format;
        else if (entry.target == entry.source)
            wish.format.reset();
        if (choice.method) wish.method = *choice.method;
        wishesOfRole[wish.role].push_back(wishes.size());
        wishes.push_back(std::move(wish));
    }
    if (wishes.empty()) return recipe;

    Recipe result = recipe;
    std::vector<RecipeRule> front;
    std::unordered_set<std::string> replacedNames;
    for (const auto& [role, indices] : wishesOfRole) {
        const Wish& first = wishes[indices.front()];
        const bool uniform = std::all_of(indices.begin(), indices.end(), [&](std::size_t i) {
            return wishes[i].format == first.format && wishes[i].method == first.method;
        });
        const bool wholeRole = role != TensorRole::Other && indices.size() > 1 && indices.size() == roleSize[role];
        if (wholeRole) {
            // Older rules for the same role can decide nothing any more.
            std::erase_if(result.rules,
                          [role = role](const RecipeRule& r) { return r.match == RecipeRule::Match::Role && r.role == role; });
        }
        if (wholeRole && uniform)
            front.push_back(roleRule(role, first.format, first.method));
        else
            for (std::size_t i : indices)
                front.push_back(exactRule(model.tensors()[wishes[i].tensor].name, wishes[i].format, wishes[i].method));
        for (std::size_t i : indices) replacedNames.insert(model.tensors()[wishes[i].tensor].name);
    }
    std::erase_if(result.rules,
                  [&](const RecipeRule& r) { return r.match == RecipeRule::Match::Exact && replacedNames.contains(r.pattern); });
    result.rules.insert(result.rules.begin(), front.begin(), front.end());
    return result;
}

Recipe withoutOverrides(const Recipe& recipe, const ModelSurvey& survey, const TensorSet& tensors, const PlanOptions& options)
{
    const ModelFile& model = survey.model();
    Recipe result = recipe;
    // Taking one rule away may uncover another; each round takes away at least one, so this ends.
    for (std::size_t round = 0; round <= recipe.rules.size(); ++round) {
        const auto plan = resolve(result, survey, options);
        if (!plan) return result;
        std::map<int, TensorSet> others;  // rule to take away → tensors outside the set that it decides for
        for (const PlanEntry& entry : plan->entries)
            if (entry.rule >= 0 && std::binary_search(tensors.begin(), tensors.end(), entry.tensorIndex)) others[entry.rule];
        if (others.empty()) return result;
        for (const PlanEntry& entry : plan->entries)
            if (const auto it = others.find(entry.rule);
                it != others.end() && !std::binary_search(tensors.begin(), tensors.end(), entry.tensorIndex))
                it->second.push_back(entry.tensorIndex);
        std::vector<RecipeRule> rules;
        for (std::size_t i = 0; i < result.rules.size(); ++i) {
            const auto it = others.find(static_cast<int>(i));
            if (it == others.end()) {
                rules.push_back(result.rules[i]);
                continue;
            }
            for (std::size_t tensor : it->second)
                rules.push_back(exactRule(model.tensors()[tensor].name, result.rules[i].format, result.rules[i].method));
        }
        result.rules = std::move(rules);
    }
    return result;
}

std::string uniqueName(const std::string& wanted, const std::vector<std::string>& taken)
{
    const auto isTaken = [&](const std::string& name) { return std::find(taken.begin(), taken.end(), name) != taken.end(); };
    if (!isTaken(wanted)) return wanted;
    // A copy of "mine 2" is "mine 3", not "mine 2 2".
    std::string stem = wanted;
    const std::size_t digits = stem.find_last_not_of("0123456789");
    if (digits != std::string::npos && digits + 1 < stem.size() && stem[digits] == ' ' && digits > 0) stem.resize(digits);
    std::string name = wanted;
    for (int n = 2; isTaken(name); ++n) name = stem + " " + std::to_string(n);
    return name;
}

}  // namespace ww
