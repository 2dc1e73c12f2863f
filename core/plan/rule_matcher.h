// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/tensor_role.h"
#include "plan/name_pattern.h"
#include "plan/recipe.h"

namespace ww {

/// The rules of a recipe made ready for many tensors: names and roles are looked up, only patterns are searched. Used by
/// one thread at a time; `rules` must outlive it.
class RuleMatcher {
public:
    /// Checks every rule. InvalidArgument names the rule (counted from 1): bad pattern, a format that nothing can be
    /// quantized to, an unknown method or one that cannot make the format.
    static Result<RuleMatcher> compile(std::span<const RecipeRule> rules);

    /// Index of the first rule that matches; empty if none does.
    [[nodiscard]] Result<std::optional<std::size_t>> firstMatch(std::string_view tensorName, TensorRole role) const;

private:
    struct Pattern {
        std::size_t rule;
        NamePattern pattern;
    };
    std::vector<Pattern> m_patterns;
    std::unordered_map<std::string_view, std::size_t> m_exact;
    std::unordered_map<TensorRole, std::size_t> m_roles;
};

/// Its beginning when it is long, for messages.
[[nodiscard]] std::string shortPattern(const RecipeRule& rule);
/// "Rule 2 ("ffn_down")", for messages.
[[nodiscard]] std::string ruleLabel(const RecipeRule& rule, std::size_t index);

}  // namespace ww
