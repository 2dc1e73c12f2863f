// SPDX-License-Identifier: MIT
#include "plan/recipe_dialects.h"

#include <algorithm>

#include <fmt/format.h>

#include "methods/method_spec.h"
#include "plan/preset_rules.h"

namespace ww {
namespace {

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

RecipeRule exactRule(std::string_view tensor, TensorType format)
{
    RecipeRule rule;
    rule.match = RecipeRule::Match::Exact;
    rule.pattern = tensor;
    rule.format = format;
    return rule;
}

/// Commas separate the options of a method as well: what is no rule may be one more of them.
bool addOption(std::string& method, std::string_view item)
{
    if (method.find(':') == std::string::npos) return false;
    const std::string longer = fmt::format("{},{}", method, item);
    if (!parseMethod(longer)) return false;
    method = longer;
    return true;
}

}  // namespace

Result<std::vector<RecipeRule>> rulesFromCustomQ(std::string_view text)
{
    std::vector<RecipeRule> rules;
    std::string_view rest = trimmed(text);
    while (!rest.empty()) {
        std::size_t end = rest.find(',');
        // A piece without a type is the beginning of a pattern with a comma.
        while (end != std::string_view::npos && !trimmed(rest.substr(0, end)).empty() &&
               rest.substr(0, end).find('=') == std::string_view::npos)
            end = rest.find(',', end + 1);
        const std::string_view item = trimmed(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : trimmed(rest.substr(end + 1));
        if (item.empty()) continue;
        auto rule = parseRule(item);
        if (!rule && !rules.empty() && addOption(rules.back().method, item)) continue;
        if (!rule)
            return fail(ErrorCode::InvalidArgument, fmt::format("Item {} of the list: {}", rules.size() + 1, rule.error().message));
        rules.push_back(std::move(*rule));
    }
    return rules;
}

std::string rulesToCustomQ(const std::vector<RecipeRule>& rules)
{
    // The items of the other text form, whose patterns have no white space, one per line.
    std::string lines = rulesToTensorTypeFile(rules);
    std::string text;
    for (std::size_t begin = 0, end = 0; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const std::string_view line = std::string_view(lines).substr(begin, end - begin);
        if (line.find(',') != std::string_view::npos) continue;
        if (!text.empty()) text += ',';
        text += line;
    }
    return text;
}

std::vector<RecipeRule> rulesFromModel(const ModelFile& typed)
{
    std::vector<RecipeRule> rules;
    for (const TensorInfo& tensor : typed.tensors())
        if (whyKept(tensor).empty() && traits(tensor.type).target) rules.push_back(exactRule(tensor.name, tensor.type));
    return rules;
}

std::vector<RecipeRule> rulesFromPlan(const Plan& plan, const ModelFile& model)
{
    std::vector<RecipeRule> rules;
    for (const PlanEntry& entry : plan.entries)
        if (entry.quantized) rules.push_back(exactRule(model.tensors()[entry.tensorIndex].name, entry.target));
    return rules;
}

}  // namespace ww
