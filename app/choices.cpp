// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/choices.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "app/method_title.h"
#include "app/plan_warnings.h"
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
    if (!t.target || !findBlockFormat(type)) return false;
    return std::ranges::any_of(quantizers(), [&](const Quantizer* q) { return q->supports(type); });
}

/// The presets most people want; everything else is one menu further.
constexpr std::array<std::string_view, 10> kCommonPresets = {"Q8_0",   "Q6_K",   "Q5_K_M", "Q5_K_S", "Q4_K_M",
                                                             "Q4_K_S", "IQ4_XS", "Q4_0",   "Q3_K_M", "Q2_K"};

QString reasonOf(const PlanEntry& entry, const Recipe& recipe)
{
    switch (entry.decision) {
    case Decision::NotQuantizable: return Choices::tr("Stays as it is: only weight matrices are quantized.");
    case Decision::Preset:
        return recipe.base ? Choices::tr("The format of the whole recipe.")
                           : Choices::tr("The basic format of the preset %1.").arg(QString::fromStdString(recipe.preset));
    case Decision::PresetRule:
        return Choices::tr("The preset %1 treats this tensor separately.").arg(QString::fromStdString(recipe.preset));
    case Decision::Rule:
        if (entry.rule >= 0 && static_cast<std::size_t>(entry.rule) < recipe.rules.size() && !recipe.base && recipe.preset == kCopyPreset)
            return Choices::tr("Chosen when the file was fitted to a size, or by a rule: %1.")
                .arg(ruleText(recipe.rules[static_cast<std::size_t>(entry.rule)]));
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

QString reasonText(const PlanEntry& entry, const Recipe& recipe)
{
    QString text = reasonOf(entry, recipe);
    const bool byRule = entry.rule >= 0 && static_cast<std::size_t>(entry.rule) < recipe.rules.size();
    if (const std::string note = byRule ? recipe.rules[static_cast<std::size_t>(entry.rule)].note : std::string(); !note.empty())
        text += QLatin1Char(' ') + QString::fromStdString(note);
    return text;
}

QString needsImportanceText()
{
    return Choices::tr("Needs importance: use Calibrate, or load a matrix with File ▸ Importance Matrix.");
}

std::vector<FormatChoice> formatChoices(bool haveImportance)
{
    std::vector<FormatChoice> choices;
    for (const TensorTypeTraits& t : allTensorTypes()) {
        if (!canWrite(t.type)) continue;
        FormatChoice choice{t.type, translatedCoreText(describe(t.type)), true, {}, t.importance == ImportanceUse::Required};
        choice.enabled = haveImportance || !choice.needsImportance;
        if (!choice.enabled) choice.disabledReason = choice.description + QLatin1Char('\n') + needsImportanceText();
        choices.push_back(std::move(choice));
    }
    std::stable_sort(choices.begin(), choices.end(), [](const FormatChoice& a, const FormatChoice& b) {
        return traits(*a.type).bitsPerWeight() > traits(*b.type).bitsPerWeight();
    });
    choices.push_back({std::nullopt, Choices::tr("Keep the tensor as it is in the file."), true, {}, false});
    return choices;
}

std::vector<FormatChoice> commonFormatChoices(bool haveImportance)
{
    using enum TensorType;
    static constexpr std::array kCommon = {Q8_0, Q6_K, Q5_K, Q4_K, IQ4_XS, Q3_K, IQ3_S, Q2_K, IQ2_XS};
    std::vector<FormatChoice> choices = formatChoices(haveImportance);
    std::erase_if(choices, [](const FormatChoice& c) { return c.type && std::ranges::find(kCommon, *c.type) == kCommon.end(); });
    return choices;
}

std::vector<MethodChoice> methodChoices(bool haveImportance, bool haveGrams)
{
    std::vector<MethodChoice> choices;
    for (const Quantizer* q : quantizers()) {
        MethodChoice choice;
        choice.id = qstr(q->name());
        choice.title = translatedCoreText(std::string(q->title()).c_str());
        choice.description = translatedCoreText(std::string(q->description()).c_str());
        choice.analysis = !q->exportable();
        if (choice.analysis)
            choice.description += QLatin1Char('\n') + Choices::tr("For analysis: GGUF cannot hold this format, so its values are stored in the chosen one.");
        if (q->dataNeeded() == MethodData::Importance && !haveImportance) {
            choice.enabled = false;
            choice.disabledReason = Choices::tr("Needs to know which columns matter: use Calibrate first.");
        } else if (q->dataNeeded() == MethodData::Gram && !haveGrams) {
            choice.enabled = false;
            choice.disabledReason = Choices::tr("Needs calibration with Gram matrices: use Calibrate and choose “also for GPTQ”.");
        }
        if (q->dataNeeded() == MethodData::Inputs && !haveGrams) {
            choice.enabled = false;
            choice.disabledReason = Choices::tr("Needs statistics of the inputs: use Calibrate and choose “also for GPTQ”.");
        }
        choices.push_back(std::move(choice));
    }
    return choices;
}

std::vector<PresetChoice> presetChoices(const ModelSurvey& survey, const PlanOptions& options, bool all)
{
    std::vector<PresetChoice> choices;
    for (const Preset& preset : presets()) {
        if (!canWrite(preset.base)) continue;
        Recipe recipe;
        recipe.preset = std::string(preset.name);
        auto plan = resolve(recipe, survey, options);
        const bool enabled = plan.has_value();
        if (!enabled && all) {
            PlanOptions assumed = options;
            assumed.assumeImportance = true;
            assumed.requireImportance = false;
            plan = resolve(recipe, survey, assumed);
        }
        if (!plan) continue;
        const bool writable =
            std::ranges::all_of(plan->entries, [](const PlanEntry& e) { return !e.quantized || canWrite(e.target); });
        if (!writable) continue;
        choices.push_back({qstr(preset.name), translatedCoreText(preset.description),
                           std::ranges::find(kCommonPresets, preset.name) != kCommonPresets.end(),
                           preset.needsImportance || !enabled, enabled, plan->sizeBytes, plan->bitsPerWeight()});
    }
    std::stable_sort(choices.begin(), choices.end(),
                     [](const PresetChoice& a, const PresetChoice& b) { return a.sizeBytes > b.sizeBytes; });
    return choices;
}

std::vector<FormatChoice> uniformChoices(bool haveImportance)
{
    std::vector<FormatChoice> choices = formatChoices(haveImportance);
    std::erase_if(choices, [](const FormatChoice& c) { return !c.type; });
    return choices;
}

QString formatMenuText(const FormatChoice& choice)
{
    if (!choice.type) return Choices::tr("as is – %1").arg(choice.description);
    const QString bits = bitsPerWeightText(traits(*choice.type).bitsPerWeight());
    return Choices::tr("%1 – %2\t%3", "format, what it is good for, bits per weight")
        .arg(formatName(*choice.type), choice.description,
             choice.needsImportance ? Choices::tr("%1, needs importance", "bits per weight").arg(bits) : bits);
}

bool ImportanceCoverage::isComplete() const
{
    return wrongShape.empty() && unreached.empty() && std::ranges::all_of(lacking, [](const QString& name) {
               return name == QLatin1String("token_embd.weight") || name == QLatin1String("output.weight");
           });
}

ImportanceCoverage importanceCoverage(const ModelFile& model, const ModelSurvey& survey, const ImportanceMatrix& matrix)
{
    ImportanceCoverage coverage;
    for (const ModelSurvey::Tensor& tensor : survey.tensors()) {
        if (!tensor.whyKept.empty()) continue;
        const TensorInfo& info = model.tensors()[tensor.index];
        const QString name = QString::fromStdString(info.name);
        const ImportanceEntry* entry = matrix.find(info.name);
        if (!entry) {
            coverage.lacking.push_back(name);
        } else if (!fits(*entry, info.shape)) {
            coverage.wrongShape.push_back(name);
        } else {
            ++coverage.usable;
            if (std::ranges::find(entry->counts, 0U) != entry->counts.end()) coverage.unreached.push_back(name);
        }
    }
    for (const ImportanceEntry& entry : matrix.entries) coverage.foreign += model.find(entry.tensor) == nullptr;
    return coverage;
}

void dropMisfits(const ModelFile& model, ImportanceMatrix& matrix)
{
    std::erase_if(matrix.entries, [&](const ImportanceEntry& entry) {
        const TensorInfo* tensor = model.find(entry.tensor);
        return tensor && !fits(entry, tensor->shape);
    });
}

QString coverageText(const ImportanceCoverage& coverage)
{
    QStringList sentences;
    const auto names = [](const std::vector<QString>& list) {
        QStringList shown(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(list.size(), 3)));
        if (list.size() > 3) shown.append(QStringLiteral("…"));
        return shown.join(QStringLiteral(", "));
    };
    const auto count = [](const std::vector<QString>& list) { return static_cast<int>(list.size()); };
    if (!coverage.lacking.empty())
        sentences.append(Choices::tr("%n tensor(s) without values are quantized without importance: %1.", nullptr, count(coverage.lacking))
                             .arg(names(coverage.lacking)));
    if (!coverage.wrongShape.empty())
        sentences.append(Choices::tr("%n tensor(s) have another shape than the matrix says and are quantized without importance: %1.", nullptr, count(coverage.wrongShape))
                             .arg(names(coverage.wrongShape)));
    if (!coverage.unreached.empty())
        sentences.append(Choices::tr("%n tensor(s) have experts that no token reached; their columns count alike: %1.", nullptr,
                                     count(coverage.unreached))
                             .arg(names(coverage.unreached)));
    if (coverage.foreign > 0)
        sentences.append(Choices::tr("%n entry(s) belong to no tensor of this model and are left out.", nullptr, coverage.foreign));
    return sentences.join(QLatin1Char(' '));
}

QString recipeSummary(const Recipe& recipe)
{
    QString text = QString::fromStdString(recipe.preset);
    if (recipe.base) text = Choices::tr("%1 everywhere").arg(formatName(*recipe.base));
    else if (recipe.preset == kCopyPreset) text = Choices::tr("no preset");
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
    const QString format = formatChoiceName(rule.format);
    return QStringLiteral("%1 → %2").arg(ruleTarget(rule), rule.method.empty() ? format
                                                                               : Choices::tr("%1, %2", "format, method").arg(format, methodTitle(rule.method)));
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
    std::map<std::string, std::pair<QString, QString>, std::less<>> methods;
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
        if (method.second && !entry.method.empty()) method.first->second = {QString::fromStdString(entry.method), methodTitle(entry.method)};
        std::tie(row.method, row.methodText) = method.first->second;
        row.sizeBytes = entry.sizeBytes;
        row.bitsPerWeight =
            row.parameters == 0 ? 0.0 : 8.0 * static_cast<double>(row.sizeBytes) / static_cast<double>(row.parameters);
        row.relativeError = entry.quantized ? relativeError(entry) : std::optional<double>(0.0);
        row.editable = entry.editable;
        const auto reason = reasons.try_emplace({entry.decision, entry.rule});
        if (reason.second) reason.first->second = reasonText(entry, recipe);
        row.reason = reason.first->second;
        row.warning = planWarningsText(entry.warnings);
    }
    return rows;
}

QString scalingTargetTitle(const std::string& target)
{
    if (const auto format = tensorTypeFromName(target)) return formatName(*format);
    if (target == "affine:bits=3,group=128") return Choices::tr("3 bits with zero-point, groups of 128");
    if (target == "affine:group=128") return Choices::tr("4 bits with zero-point, groups of 128");
    return methodTitle(target);
}

QString transformStepTitle(const TransformStep& step)
{
    switch (step.kind) {
    case TransformStep::Kind::Rotation: return Choices::tr("Rotation, seed %1").arg(step.seed);
    case TransformStep::Kind::SmoothQuant:
        if (step.searchAlpha) return Choices::tr("SmoothQuant, best strength for each input");
        return Choices::tr("SmoothQuant, strength %1").arg(QLocale().toString(step.alpha, 'g', 3));
    case TransformStep::Kind::Awq:
        return step.awqAlpha ? Choices::tr("AWQ for %1, strength %2").arg(scalingTargetTitle(step.target), QLocale().toString(*step.awqAlpha, 'g', 3))
                             : Choices::tr("AWQ for %1").arg(scalingTargetTitle(step.target));
    }
    return {};
}

QString transformStepsTitle(const std::vector<TransformStep>& steps)
{
    QStringList titles;
    for (const TransformStep& step : steps) titles << transformStepTitle(step);
    return titles.join(QStringLiteral(" → "));
}

}  // namespace ww
