// SPDX-License-Identifier: MIT
#include "plan/rule_matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "methods/quantizer.h"

namespace ww {
namespace {

/// Errors about format and method, which do not depend on the model.
Result<void> checkTarget(const RecipeRule& rule, std::size_t index)
{
    if (rule.format && !traits(*rule.format).target)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} asks for {}, which is not a format for weights.", ruleLabel(rule, index), name(*rule.format)));
    if (rule.method.empty()) return {};
    const auto method = parseMethod(rule.method);
    if (!method)
        return fail(ErrorCode::InvalidArgument, fmt::format("{}: {}", ruleLabel(rule, index), method.error().message));
    if (rule.format && !method->quantizer->supports(*rule.format))
        return fail(ErrorCode::InvalidArgument, fmt::format("{} asks for {} by the method \"{}\", which cannot make it.",
                                                            ruleLabel(rule, index), name(*rule.format), rule.method));
    return {};
}

}  // namespace

std::string shortPattern(const RecipeRule& rule)
{
    constexpr std::size_t kShown = 80;
    return rule.pattern.size() <= kShown ? rule.pattern : rule.pattern.substr(0, kShown) + "…";
}

std::string ruleLabel(const RecipeRule& rule, std::size_t index)
{
    return rule.match == RecipeRule::Match::Role ? fmt::format("Rule {} (role {})", index + 1, roleName(rule.role))
                                                 : fmt::format("Rule {} (\"{}\")", index + 1, shortPattern(rule));
}

Result<RuleMatcher> RuleMatcher::compile(std::span<const RecipeRule> rules)
{
    RuleMatcher matcher;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const RecipeRule& rule = rules[i];
        WW_TRY_VOID(checkTarget(rule, i));
        switch (rule.match) {
        case RecipeRule::Match::Exact: matcher.m_exact.try_emplace(rule.pattern, i); break;
        case RecipeRule::Match::Role: matcher.m_roles.try_emplace(rule.role, i); break;
        case RecipeRule::Match::Pattern: {
            auto pattern = NamePattern::compile(rule.pattern);
            if (!pattern) {
                pattern.error().message = fmt::format("Rule {}: {}", i + 1, pattern.error().message);
                return fail(std::move(pattern.error()));
            }
            matcher.m_patterns.push_back({i, std::move(*pattern)});
            break;
        }
        }
    }
    return matcher;
}

Result<std::optional<std::size_t>> RuleMatcher::firstMatch(std::string_view tensorName, TensorRole role) const
{
    std::optional<std::size_t> first;
    const auto take = [&first](std::size_t rule) { first = first ? std::min(*first, rule) : rule; };
    if (const auto exact = m_exact.find(tensorName); exact != m_exact.end()) take(exact->second);
    if (const auto byRole = m_roles.find(role); byRole != m_roles.end()) take(byRole->second);
    for (const auto& [rule, pattern] : m_patterns) {
        if (first && rule > *first) break;
        WW_TRY(const bool found, pattern.foundIn(tensorName));
        if (!found) continue;
        take(rule);
        break;
    }
    return first;
}

}  // namespace ww
