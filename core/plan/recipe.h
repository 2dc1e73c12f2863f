// SPDX-License-Identifier: MIT
// What a person writes, shares and undoes: a preset or base format, and ordered rules on top.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/tensor_role.h"
#include "tensor/tensor_type.h"
#include "transform/transform_step.h"

namespace ww {

/// Sets the format (and method) of the tensors it matches. In a recipe the first matching rule wins, as with
/// llama.cpp's --tensor-type; a rule beats the preset.
struct RecipeRule {
    enum class Match : std::uint8_t {
        Pattern,  ///< ECMAScript regular expression found anywhere in the tensor name
        Exact,    ///< the whole tensor name: what painting in the window makes
        Role,     ///< all tensors of a role
    };
    Match match = Match::Pattern;
    std::string pattern;                  ///< for Pattern and Exact
    TensorRole role = TensorRole::Other;  ///< for Role
    std::optional<TensorType> format;     ///< empty: keep the source type ("as is")
    std::string method;                   ///< spec "NAME[:option=value,…]"; empty: that of the recipe
    std::string note{};                   ///< why, for people; "allocate" writes what the choice and its neighbours cost
    bool operator==(const RecipeRule&) const = default;
};

/// Plain value. `preset` names an entry of presets(), or is "COPY" to keep all that no rule changes; or `base` is set for a
/// uniform type (the rules of presets are off then).
struct Recipe {
    std::string name;
    std::string preset = "Q4_K_M";  ///< "" when `base` is used
    std::optional<TensorType> base;
    bool pure = false;                             ///< skip the per-role rules of the preset
    bool leaveOutput = false;                      ///< output.weight keeps its source type
    std::optional<TensorType> outputType;          ///< --output-tensor-type
    std::optional<TensorType> tokenEmbeddingType;  ///< --token-embedding-type
    std::string method{};  ///< spec for all tensors that no rule gives one; empty: default method
    std::vector<RecipeRule> rules;
    /// Changes of the model before it is quantized, in this order. resolve() refuses them: who runs the recipe applies them to the
    /// model, recalibrates, and resolves the rest.
    std::vector<TransformStep> transform{};
    bool withImportance = false;  ///< its formats were chosen for quantizing with an importance matrix; without one it is worse
    bool operator==(const Recipe&) const = default;
};

/// Recipe files: JSON with "weightwright-recipe": 1. Unknown members are refused with their name. A rule holds "pattern",
/// "tensor" or "role", then "format" (a type name, or "keep" for the source type) and optionally "method" and "note".
/// "transform" lists steps as texts, such as "rotation:1".
std::string recipeToJson(const Recipe& recipe);
Result<Recipe> recipeFromJson(std::string_view json);
Result<Recipe> loadRecipe(const std::filesystem::path& path);
Result<void> saveRecipe(const Recipe& recipe, const std::filesystem::path& path);

/// llama.cpp's --tensor-type-file: PATTERN=TYPE items separated by white space. Export writes rules that text can hold;
/// rules by role become patterns. llama.cpp's tool lower-cases patterns, and so does the import (escapes like \S excepted).
/// Error InvalidArgument names the item.
Result<std::vector<RecipeRule>> rulesFromTensorTypeFile(std::string_view text);
std::string rulesToTensorTypeFile(const std::vector<RecipeRule>& rules);
/// One "REGEX=FORMAT" or "REGEX=FORMAT:METHOD[:option=value,…]" (command line --set). The last "=" that a format follows
/// separates; FORMAT "keep" keeps the source type.
Result<RecipeRule> parseRule(std::string_view text);

}  // namespace ww
