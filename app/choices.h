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

/// Formats that can be written, from most to fewest bits; "as is" comes last. Those that need an importance matrix are disabled,
/// and say so, when there is none.
[[nodiscard]] std::vector<FormatChoice> formatChoices(bool haveImportance);
/// The few that most people need, for the strip below the layer map.
[[nodiscard]] std::vector<FormatChoice> commonFormatChoices(bool haveImportance);
/// All that are registered; those that need what is not there are disabled and say so.
[[nodiscard]] std::vector<MethodChoice> methodChoices(bool haveImportance, bool haveGrams);

/// One preset with what it would make of a model.
struct PresetChoice {
    QString name;
    QString description;  ///< translated
    bool common = false;  ///< belongs into the short list
    bool needsImportance = false;
    bool enabled = true;  ///< false: it needs an importance matrix and there is none
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
};
/// Presets that fit this model, from large to small. With `all`, also those that need an importance matrix that is not there.
[[nodiscard]] std::vector<PresetChoice> presetChoices(const ModelSurvey& survey, const PlanOptions& options = {}, bool all = false);
/// Types that a uniform recipe may have.
[[nodiscard]] std::vector<FormatChoice> uniformChoices(bool haveImportance);
/// The sentence that says how to get an importance matrix.
[[nodiscard]] QString needsImportanceText();

/// "IQ2_XS – what it is good for" and, in the column at the right, bits per weight and whether it needs importance.
[[nodiscard]] QString formatMenuText(const FormatChoice& choice);

/// The words for a step before quantizing: "Rotation, seed 1"; and for several in their order.
[[nodiscard]] QString scalingTargetTitle(const std::string& target);
[[nodiscard]] QString transformStepTitle(const TransformStep& step);
[[nodiscard]] QString transformStepsTitle(const std::vector<TransformStep>& steps);

/// What an importance matrix has for a model.
struct ImportanceCoverage {
    int usable = 0;              ///< tensors that can be quantized and have values
    std::vector<QString> lacking;  ///< tensors that can be quantized and have none
    std::vector<QString> wrongShape;
    std::vector<QString> unreached;  ///< some experts were reached by no token
    int foreign = 0;                 ///< entries without a tensor of that name
    /// The token embedding and the output matrix usually have no entry; alone they are no gap.
    [[nodiscard]] bool isComplete() const;
};
[[nodiscard]] ImportanceCoverage importanceCoverage(const ModelFile& model, const ModelSurvey& survey, const ImportanceMatrix& matrix);
/// Takes away the entries whose shape is not that of their tensor: with them no recipe could be resolved.
void dropMisfits(const ModelFile& model, ImportanceMatrix& matrix);
/// Sentences about the gaps and what is done about them.
[[nodiscard]] QString coverageText(const ImportanceCoverage& coverage);

/// What a recipe is made of: "Q4_K_M, 3 rules", "Q8_0 everywhere".
[[nodiscard]] QString recipeSummary(const Recipe& recipe);
/// The tensors that a rule is about: "all of attn_v", "names with “ffn_.*”", or one name.
[[nodiscard]] QString ruleTarget(const RecipeRule& rule);
/// Why a tensor has its format: one sentence.
[[nodiscard]] QString reasonText(const PlanEntry& entry, const Recipe& recipe);
/// "all of attn_v → Q6_K".
[[nodiscard]] QString ruleText(const RecipeRule& rule);

/// Rows for the tensor views; row number = tensor index. `relativeError` gives what was measured under this plan, or nothing;
/// `previous` are rows of the same model under another plan, or empty.
[[nodiscard]] std::vector<TensorRow> tensorRows(const ModelFile& model, const Plan& plan, const Recipe& recipe,
                                                const std::function<std::optional<double>(const PlanEntry&)>& relativeError,
                                                const std::vector<TensorRow>& previous = {});

}  // namespace ww
