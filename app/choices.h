// SPDX-License-Identifier: GPL-3.0-or-later
// What may be chosen: formats, methods, presets, with translated descriptions.
#pragma once

#include <QString>

#include <functional>
#include <vector>

#include "io/model_file.h"
#include "plan/plan.h"
#include "plan/preset.h"
#include "widgets/models/tensor_row.h"

namespace ww {

/// English texts of core (descriptions of formats, presets, methods) in the language of the window.
[[nodiscard]] QString translatedCoreText(const char* english);

/// Formats that can be written without an importance matrix, from most to fewest bits; "as is" comes last.
[[nodiscard]] std::vector<FormatChoice> formatChoices();
/// The few that most people need, for the strip below the layer map.
[[nodiscard]] std::vector<FormatChoice> commonFormatChoices();
[[nodiscard]] std::vector<MethodChoice> methodChoices();

/// One preset with what it would make of a model.
struct PresetChoice {
    QString name;
    QString description;  ///< translated
    bool common = false;  ///< belongs into the short list
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
};
/// Presets that work for this model as it is, from large to small.
[[nodiscard]] std::vector<PresetChoice> presetChoices(const ModelSurvey& survey);
/// Types that a uniform recipe may have.
[[nodiscard]] std::vector<TensorType> uniformTypes();

/// What a recipe is made of: "Q4_K_M, 3 rules", "Q8_0 everywhere".
[[nodiscard]] QString recipeSummary(const Recipe& recipe);
/// The tensors that a rule is about: "all of attn_v", "names with “ffn_.*”", or one name.
[[nodiscard]] QString ruleTarget(const RecipeRule& rule);
/// "all of attn_v → Q6_K".
[[nodiscard]] QString ruleText(const RecipeRule& rule);

/// Rows for the tensor views; row number = tensor index. `relativeError` gives what was measured under this plan, or nothing;
/// `previous` are rows of the same model under another plan, or empty.
[[nodiscard]] std::vector<TensorRow> tensorRows(const ModelFile& model, const Plan& plan, const Recipe& recipe,
                                                const std::function<std::optional<double>(const PlanEntry&)>& relativeError,
                                                const std::vector<TensorRow>& previous = {});

}  // namespace ww
