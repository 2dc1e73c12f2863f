// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/choices.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <map>

#include "formats/block_format.h"
#include "methods/quantizer.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

struct Choices {
    Q_DECLARE_TR_FUNCTIONS(Choices)
};

QString qstr(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

bool canWrite(TensorType type)
{
    const TensorTypeTraits& t = traits(type);
    if (!t.target || t.importance == ImportanceUse::Required || !findBlockFormat(type)) return false;
    return std::ranges::any_of(quantizers(), [&](const Quantizer* q) { return q->supports(type); });
}

/// The presets most people want; everything else is one menu further.
constexpr std::array<std::string_view, 10> kCommonPresets = {"Q8_0",   "Q6_K",   "Q5_K_M", "Q5_K_S", "Q4_K_M",
                                                             "Q4_K_S", "IQ4_XS", "Q4_0",   "Q3_K_M", "Q2_K"};

QString reasonText(const PlanEntry& entry, const Recipe& recipe)
{
    switch (entry.decision) {
    case Decision::NotQuantizable: return Choices::tr("Stays as it is: only weight matrices are quantized.");
    case Decision::Preset:
        return recipe.base ? Choices::tr("The format of the whole recipe.")
                           : Choices::tr("The basic format of the preset %1.").arg(QString::fromStdString(recipe.preset));
    case Decision::PresetRule:
        return Choices::tr("The preset %1 treats this tensor separately.").arg(QString::fromStdString(recipe.preset));
    case Decision::Rule:
        if (entry.rule >= 0 && static_cast<std::size_t>(entry.rule) < recipe.rules.size())
            return Choices::tr("Your choice: %1.").arg(ruleText(recipe.rules[static_cast<std::size_t>(entry.rule)]));
        return Choices::tr("Your choice.");
    case Decision::OutputOption: return Choices::tr("Set by the recipe’s option for the output matrix.");
    case Decision::EmbeddingOption: return Choices::tr("Set by the recipe’s option for the token embedding.");
    case Decision::ShapeFallback: return Choices::tr("The wanted format does not fit the row length, so a fitting one is taken.");
    case Decision::KeptSource: return Choices::tr("Kept as in the file.");
    }
    return {};
}

}  // namespace

std::vector<FormatChoice> formatChoices()
{
    std::vector<FormatChoice> choices;
    for (const TensorTypeTraits& t : allTensorTypes())
        if (canWrite(t.type)) choices.push_back({t.type, translatedCoreText(describe(t.type)), true, {}});
    std::stable_sort(choices.begin(), choices.end(), [](const FormatChoice& a, const FormatChoice& b) {
        return traits(*a.type).bitsPerWeight() > traits(*b.type).bitsPerWeight();
    });
    choices.push_back({std::nullopt, Choices::tr("Keep the tensor as it is in the file."), true, {}});
    return choices;
}

std::vector<FormatChoice> commonFormatChoices()
{
    using enum TensorType;
    static constexpr std::array kCommon = {Q8_0, Q6_K, Q5_K, Q4_K, IQ4_XS, Q3_K, IQ3_S, Q2_K};
    std::vector<FormatChoice> choices = formatChoices();
    std::erase_if(choices, [](const FormatChoice& c) { return c.type && std::ranges::find(kCommon, *c.type) == kCommon.end(); });
    return choices;
}

std::vector<MethodChoice> methodChoices()
{
    std::vector<MethodChoice> choices;
    for (const Quantizer* q : quantizers())
        choices.push_back({qstr(q->name()), translatedCoreText(std::string(q->title()).c_str()),
                           translatedCoreText(std::string(q->description()).c_str())});
    return choices;
}

std::vector<PresetChoice> presetChoices(const ModelSurvey& survey)
{
    std::vector<PresetChoice> choices;
    for (const Preset& preset : presets()) {
        if (preset.needsImportance || !canWrite(preset.base)) continue;
        Recipe recipe;
        recipe.preset = std::string(preset.name);
        const auto plan = resolve(recipe, survey);
        if (!plan) continue;
        const bool writable =
            std::ranges::all_of(plan->entries, [](const PlanEntry& e) { return !e.quantized || canWrite(e.target); });
        if (!writable) continue;
        choices.push_back({qstr(preset.name), translatedCoreText(preset.description),
                           std::ranges::find(kCommonPresets, preset.name) != kCommonPresets.end(), plan->sizeBytes,
                           plan->bitsPerWeight()});
    }
    std::stable_sort(choices.begin(), choices.end(),
                     [](const PresetChoice& a, const PresetChoice& b) { return a.sizeBytes > b.sizeBytes; });
    return choices;
}

std::vector<TensorType> uniformTypes()
{
    std::vector<TensorType> types;
    for (const FormatChoice& choice : formatChoices())
        if (choice.type) types.push_back(*choice.type);
    return types;
}

QString recipeSummary(const Recipe& recipe)
{
    QString text = recipe.base ? Choices::tr("%1 everywhere").arg(formatName(*recipe.base)) : QString::fromStdString(recipe.preset);
    if (!recipe.rules.empty())
        text = Choices::tr("%1, %2", "recipe summary: preset, rules")
                   .arg(text, Choices::tr("%n rule(s)", nullptr, static_cast<int>(recipe.rules.size())));
    return text;
}

QString ruleTarget(const RecipeRule& rule)
{
    switch (rule.match) {
    case RecipeRule::Match::Pattern: return Choices::tr("names with “%1”").arg(QString::fromStdString(rule.pattern));
    case RecipeRule::Match::Exact: return QString::fromStdString(rule.pattern);
    case RecipeRule::Match::Role: return Choices::tr("all of %1").arg(roleText(rule.role));
    }
    return {};
}

QString ruleText(const RecipeRule& rule)
{
    return QStringLiteral("%1 → %2").arg(ruleTarget(rule), formatChoiceName(rule.format));
}

std::vector<TensorRow> tensorRows(const ModelFile& model, const Plan& plan, const Recipe& recipe,
                                  const std::function<std::optional<double>(const PlanEntry&)>& relativeError,
                                  const std::vector<TensorRow>& previous)
{
    const auto tensors = model.tensors();
    // Names and shapes do not depend on the plan, and few reasons serve many tensors: an edit of a model with thousands of
    // tensors then makes hardly any new text.
    std::vector<TensorRow> rows = previous.size() == tensors.size() ? previous : std::vector<TensorRow>(tensors.size());
    std::map<std::pair<Decision, int>, QString> reasons;
    std::map<std::string, QString, std::less<>> methods;
    for (const PlanEntry& entry : plan.entries) {
        if (entry.tensorIndex >= rows.size()) continue;
        TensorRow& row = rows[entry.tensorIndex];
        if (row.name.isEmpty()) {
            const TensorInfo& tensor = tensors[entry.tensorIndex];
            row.name = QString::fromStdString(tensor.name);
            row.identity = entry.identity;
            row.shapeText = shapeText(tensor.shape);
            row.source = entry.source;
            row.parameters = tensor.shape.elements();
        }
        row.target = entry.target;
        const auto method = methods.try_emplace(entry.method);
        if (method.second) method.first->second = QString::fromStdString(entry.method);
        row.method = method.first->second;
        row.sizeBytes = entry.sizeBytes;
        row.bitsPerWeight =
            row.parameters == 0 ? 0.0 : 8.0 * static_cast<double>(row.sizeBytes) / static_cast<double>(row.parameters);
        row.relativeError = entry.quantized ? relativeError(entry) : std::optional<double>(0.0);
        row.editable = entry.editable;
        const auto reason = reasons.try_emplace({entry.decision, entry.rule});
        if (reason.second) reason.first->second = reasonText(entry, recipe);
        row.reason = reason.first->second;
        row.warning = entry.warning.empty() ? QString() : QString::fromStdString(entry.warning);
    }
    return rows;
}

}  // namespace ww
