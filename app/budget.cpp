// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/budget.h"

#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "formats/block_format.h"
#include "io/gguf_writer.h"
#include "io/model_identity.h"
#include "jobs/quantize.h"
#include "jobs/rate_distortion.h"
#include "methods/quantizer.h"
#include "plan/preset.h"

namespace ww {
namespace {

/// Values of each tensor that are quantized in every format.
constexpr std::uint64_t kSampleValues = 1 << 16;
/// Errors of the output matrix act on the predictions directly, without the averaging of later blocks.
constexpr double kOutputWeight = 4.0;

std::uint64_t padded(std::uint64_t bytes)
{
    return (bytes + GgufWriter::kAlignment - 1) / GgufWriter::kAlignment * GgufWriter::kAlignment;
}

/// What the optimiser chooses from: every format for general models that can be written, those for special hardware and for
/// models trained in few bits left out.
std::vector<TensorType> allowedFormats()
{
    using T = TensorType;
    std::vector<T> formats;
    for (const T type : {T::F16, T::BF16, T::Q8_0, T::Q6_K, T::Q5_K, T::Q5_1, T::Q5_0, T::Q4_K, T::Q4_1, T::Q4_0, T::IQ4_NL, T::IQ4_XS,
                         T::Q3_K, T::IQ3_S, T::IQ3_XXS, T::Q2_K, T::IQ2_S, T::IQ2_XS, T::IQ2_XXS, T::IQ1_M, T::IQ1_S})
        if (findBlockFormat(type)) formats.push_back(type);
    return formats;
}

}  // namespace

std::optional<std::uint64_t> parseBudget(const QString& text, std::uint64_t sourceBytes, std::uint64_t parameters, double bareUnit)
{
    static const QRegularExpression kForm(QStringLiteral("^\\s*([0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)\\s*([a-z%]*)\\s*$"),
                                          QRegularExpression::CaseInsensitiveOption);
    const auto match = kForm.match(text);
    if (!match.hasMatch()) return {};
    bool ok = false;
    const double number = QLocale::c().toDouble(match.captured(1).replace(QLatin1Char(','), QLatin1Char('.')), &ok);
    if (!ok || !(number > 0)) return {};
    const QString unit = match.captured(2).toLower();
    static const std::map<QString, double> kUnits = {
        {QStringLiteral("b"), 1.0},     {QStringLiteral("kb"), 1e3},           {QStringLiteral("mb"), 1e6},
        {QStringLiteral("gb"), 1e9},    {QStringLiteral("kib"), 1024.0},       {QStringLiteral("mib"), 1024.0 * 1024},
        {QStringLiteral("m"), 1048576}, {QStringLiteral("gib"), 1073741824.0}, {QStringLiteral("g"), 1073741824.0},
    };
    double bytes = 0;
    if (unit.isEmpty()) {
        bytes = number * bareUnit;
    } else if (unit == QLatin1String("%")) {
        bytes = number / 100 * static_cast<double>(sourceBytes);
    } else if (unit == QLatin1String("bpw") || unit == QLatin1String("bit") || unit == QLatin1String("bits")) {
        bytes = number * static_cast<double>(parameters) / 8;
    } else {
        const auto it = kUnits.find(unit);
        if (it == kUnits.end()) return {};
        bytes = number * it->second;
    }
    if (!(bytes >= 1) || bytes > 9e15) return {};
    return static_cast<std::uint64_t>(bytes);
}

std::optional<MemoryTarget> parseMemoryTarget(const QString& text)
{
    static const QRegularExpression kForm(
        QStringLiteral("^\\s*(?:fits?|passt)?\\s*(?:in|into)?\\s*([0-9]+(?:[.,][0-9]+)?\\s*[kmg]i?b?)(?:\\s+(?:with|mit|at|for|bei)\\s+|\\s*[@,+/]\\s*|\\s+)"
                       "([0-9]+(?:[.,][0-9]+)?)\\s*(k?)[\\s-]*(?:tokens?|ctx|context|kontext)?(?:[\\s,]+(f16|q8_0|q4_0))?\\s*$"),
        QRegularExpression::CaseInsensitiveOption);
    const auto match = kForm.match(text);
    if (!match.hasMatch()) return {};
    const auto bytes = parseBudget(match.captured(1), 1, 1, 1);
    bool ok = false;
    const double number = QLocale::c().toDouble(match.captured(2).replace(QLatin1Char(','), QLatin1Char('.')), &ok);
    const double tokens = number * (match.captured(3).isEmpty() ? 1 : 1024);
    if (!bytes || !ok || tokens < 1 || tokens > 1e9) return {};
    const QString cache = match.captured(4).toUpper();
    return MemoryTarget{*bytes, static_cast<std::uint32_t>(tokens),
                        cache == QLatin1String("Q8_0")   ? TensorType::Q8_0
                        : cache == QLatin1String("Q4_0") ? TensorType::Q4_0
                                                         : TensorType::F16};
}

BudgetTable::BudgetTable(std::vector<Tensor> tensors, Allocator allocator, std::uint64_t overhead,
                         std::shared_ptr<const ModelSurvey> survey, std::shared_ptr<const ModelFile> model,
                         std::shared_ptr<const ImportanceMatrix> importance, std::unique_ptr<const Sensitivity> sensitivity)
    : m_tensors(std::move(tensors)), m_allocator(std::move(allocator)), m_overhead(overhead), m_survey(std::move(survey)),
      m_model(std::move(model)), m_importance(std::move(importance)), m_sensitivity(std::move(sensitivity))
{
    if (m_sensitivity) m_damage = std::make_unique<const DamageModel>(*m_sensitivity);
}

Result<std::shared_ptr<const BudgetTable>> BudgetTable::make(std::vector<Tensor> tensors, std::shared_ptr<const ModelFile> model,
                                                             std::shared_ptr<const ModelSurvey> survey,
                                                             std::shared_ptr<const ImportanceMatrix> importance,
                                                             std::unique_ptr<const Sensitivity> sensitivity)
{
    if (tensors.empty()) return fail(ErrorCode::Unsupported, "This model has no tensor that can be quantized.");
    std::vector<AllocationTensor> toAllocate;
    for (const Tensor& tensor : tensors) {
        AllocationTensor allocate;
        allocate.name = tensor.name;
        allocate.candidates = tensor.candidates;
        toAllocate.push_back(std::move(allocate));
    }
    WW_TRY(Allocator allocator, Allocator::create(std::move(toAllocate)));
    // What the file holds beside the tensors, from a plan that keeps them all.
    Recipe keep;
    keep.preset = std::string(kCopyPreset);
    WW_TRY(const Plan plan, resolve(keep, *survey, PlanOptions{}));
    std::uint64_t chosen = 0;
    for (const Tensor& tensor : tensors) chosen += tensor.candidates.front().bytes;
    const std::uint64_t overhead = plan.sizeBytes - std::min(plan.sizeBytes, chosen);
    return std::shared_ptr<const BudgetTable>(new BudgetTable(std::move(tensors), std::move(allocator), overhead, std::move(survey),
                                                              std::move(model), std::move(importance), std::move(sensitivity)));
}

Result<std::shared_ptr<const BudgetTable>> BudgetTable::fromSensitivity(std::shared_ptr<const ModelFile> model,
                                                                        std::shared_ptr<const ModelSurvey> survey,
                                                                        std::shared_ptr<const ImportanceMatrix> importance,
                                                                        Sensitivity sensitivity)
{
    auto kept = std::make_unique<const Sensitivity>(std::move(sensitivity));
    WW_TRY(const Hash identity, modelIdentity(*model));
    if (identity != kept->model)
        return fail(ErrorCode::InvalidArgument, "The sensitivities were measured on another model; measure this one.");
    const DamageModel damage(*kept);
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < kept->tensors.size(); ++i) {
        const TensorSensitivity& figures = kept->tensors[i];
        const TensorInfo* info = model->find(figures.tensor);
        if (!info) return fail(ErrorCode::InvalidArgument, "The sensitivities were measured on another model; measure this one.");
        Tensor tensor{static_cast<std::size_t>(info - model->tensors().data()), info->name, identify(info->name).role, info->type, {}};
        tensor.candidates.push_back({info->type, padded(info->sizeBytes), 0, 0});
        for (const FormatError& error : figures.formats) {
            const auto cost = damage.cost(i, error.format);
            const auto row = rowBytes(error.format, info->shape.columns());
            if (!cost || !row || error.format == info->type || !std::isfinite(*cost) || *cost < 0) continue;
            const bool lacking = traits(error.format).importance == ImportanceUse::Required && !(importance && importance->find(info->name));
            if (!lacking) tensor.candidates.push_back({error.format, padded(*row * info->shape.rows()), *cost, 0});
        }
        tensors.push_back(std::move(tensor));
    }
    return make(std::move(tensors), std::move(model), std::move(survey), std::move(importance), std::move(kept));
}

std::vector<TensorType> BudgetTable::formatsOf(const Plan& plan) const
{
    std::vector<const PlanEntry*> entryOf(m_model->tensors().size(), nullptr);
    for (const PlanEntry& entry : plan.entries) entryOf[entry.tensorIndex] = &entry;
    std::vector<TensorType> formats;
    for (const Tensor& tensor : m_tensors) formats.push_back(entryOf[tensor.index] ? entryOf[tensor.index]->target : tensor.source);
    return formats;
}

std::optional<KldPrediction> BudgetTable::predict(const Plan& plan) const
{
    return m_damage ? m_damage->predict(formatsOf(plan), plan.bitsPerWeight()) : std::nullopt;
}

std::optional<double> BudgetTable::rawSum(const Plan& plan) const
{
    return m_damage ? m_damage->rawSum(formatsOf(plan)) : std::nullopt;
}

Result<std::shared_ptr<const BudgetTable>> BudgetTable::corrected(const std::vector<MeasuredRecipe>& measured) const
{
    if (!m_sensitivity) return fail(ErrorCode::InvalidArgument, "Figures without probes have no scale to correct.");
    Sensitivity sensitivity = *m_sensitivity;
    sensitivity.measured.insert(sensitivity.measured.end(), measured.begin(), measured.end());
    return fromSensitivity(m_model, m_survey, m_importance, std::move(sensitivity));
}

Result<std::shared_ptr<const BudgetTable>> BudgetTable::fromWeightErrors(std::shared_ptr<const ModelFile> model,
                                                                         std::shared_ptr<const ModelSurvey> survey,
                                                                         std::shared_ptr<const ImportanceMatrix> importance,
                                                                         const std::string& method, const JobContext& context)
{
    const std::vector<TensorType> allowed = allowedFormats();
    std::vector<Tensor> tensors;
    std::vector<const ModelSurvey::Tensor*> wanted;
    for (const ModelSurvey::Tensor& tensor : survey->tensors())
        if (tensor.whyKept.empty()) wanted.push_back(&tensor);
    const bool tied = std::ranges::none_of(wanted, [](const auto* t) { return t->identity.role == TensorRole::Output; });
    context.begin("Weighing formats", wanted.size(), ProgressUnit::Steps);
    const JobContext quiet{context.pool, context.stop, nullptr};
    for (const ModelSurvey::Tensor* item : wanted) {
        if (context.stopRequested()) return cancelled();
        const TensorInfo& info = model->tensors()[item->index];
        Tensor tensor{item->index, info.name, item->identity.role, info.type, {}};
        const ImportanceEntry* entry = importance ? importance->find(info.name) : nullptr;
        const std::uint64_t columns = std::max<std::uint64_t>(1, info.shape.columns());
        WW_TRY(const auto points, rateDistortion(*model, info, method, std::max<std::uint64_t>(8, kSampleValues / columns), quiet, {}, entry));
        const bool acts = item->identity.role == TensorRole::Output || (tied && item->identity.role == TensorRole::TokenEmbedding);
        const double weight = acts ? kOutputWeight : 1.0;
        tensor.candidates.push_back({info.type, padded(info.sizeBytes), 0, 0});
        for (const TensorType format : candidateFormats(info, allowed, entry != nullptr)) {
            const auto point = std::ranges::find(points, format, &RateDistortionPoint::format);
            const auto row = rowBytes(format, info.shape.columns());
            if (point == points.end() || !row || format == info.type || !std::isfinite(point->relativeError)) continue;
            tensor.candidates.push_back(
                {format, padded(*row * info.shape.rows()), weight * point->relativeError * point->relativeError, 0});
        }
        tensors.push_back(std::move(tensor));
        context.advance(1);
    }
    return make(std::move(tensors), std::move(model), std::move(survey), std::move(importance));
}

std::pair<std::uint64_t, std::uint64_t> BudgetTable::reach(const ModelSurvey& survey, const ImportanceMatrix* importance)
{
    const std::vector<TensorType> allowed = allowedFormats();
    std::uint64_t smallest = survey.headerBytes();
    std::uint64_t largest = survey.headerBytes();
    for (const ModelSurvey::Tensor& item : survey.tensors()) {
        const TensorInfo& info = survey.model().tensors()[item.index];
        const std::uint64_t source = padded(info.sizeBytes);
        std::uint64_t least = source;
        if (item.whyKept.empty())
            for (const TensorType format : candidateFormats(info, allowed, importance && importance->find(info.name)))
                if (const auto row = rowBytes(format, info.shape.columns())) least = std::min(least, padded(*row * info.shape.rows()));
        smallest += least;
        largest += source;
    }
    return {smallest, largest};
}

Recipe BudgetTable::recipeOf(const Recipe& base, const Allocation& allocation) const
{
    Recipe recipe;
    recipe.name = base.name;
    recipe.method = base.method;
    recipe.preset = std::string(kCopyPreset);
    const auto formatOf = [&](std::size_t i) -> std::optional<TensorType> {
        const TensorType format = m_tensors[i].candidates[allocation.choice[i]].format;
        return format == m_tensors[i].source ? std::nullopt : std::optional(format);
    };
    // The most frequent format of a role becomes one rule; the others stand in front of it, tensor by tensor.
    std::map<TensorRole, std::map<std::optional<TensorType>, int>> counts;
    for (std::size_t i = 0; i < m_tensors.size(); ++i) ++counts[m_tensors[i].role][formatOf(i)];
    std::map<TensorRole, std::optional<TensorType>> usual;
    for (const auto& [role, formats] : counts)
        usual[role] = std::ranges::max_element(formats, {}, [](const auto& f) { return f.second; })->first;
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        const bool byRole = m_tensors[i].role != TensorRole::Other;
        if (byRole && formatOf(i) == usual[m_tensors[i].role]) continue;
        RecipeRule rule;
        rule.match = RecipeRule::Match::Exact;
        rule.pattern = m_tensors[i].name;
        rule.format = formatOf(i);
        recipe.rules.push_back(std::move(rule));
    }
    for (const auto& [role, format] : usual) {
        if (role == TensorRole::Other) continue;
        RecipeRule rule;
        rule.match = RecipeRule::Match::Role;
        rule.role = role;
        rule.format = format;
        recipe.rules.push_back(std::move(rule));
    }
    return recipe;
}

Result<Recipe> BudgetTable::recipe(const Recipe& base, std::uint64_t fileBytes, bool exact) const
{
    const std::uint64_t wanted = std::clamp(fileBytes, smallestBytes(), largestBytes());
    std::uint64_t room = wanted - m_overhead;
    const std::uint64_t least = m_allocator.curve().front().bytes;
    PlanOptions options;
    options.importance = m_importance;
    options.requireImportance = false;  // what a method needs beside is not a question of size
    Recipe recipe;
    // The few pairs of metadata that depend on the recipe may add some bytes.
    for (int attempt = 0; attempt < 3; ++attempt) {
        WW_TRY(const Allocation allocation, exact ? m_allocator.best(room) : m_allocator.quick(room));
        recipe = recipeOf(base, allocation);
        if (!exact) break;
        WW_TRY(const Plan plan, resolve(recipe, *m_survey, options));
        if (plan.sizeBytes <= wanted || room == least) break;
        room -= std::min(room - least, plan.sizeBytes - wanted);
    }
    recipe.transform = base.transform;
    return recipe;
}

std::vector<std::optional<BudgetTable::Value>> BudgetTable::values(const Plan& plan) const
{
    std::vector<std::optional<Value>> result(m_model->tensors().size());
    Allocation allocation;
    allocation.choice.resize(m_tensors.size(), 0);
    std::map<std::size_t, std::size_t> place;
    for (std::size_t i = 0; i < m_tensors.size(); ++i) place[m_tensors[i].index] = i;
    for (const PlanEntry& entry : plan.entries) {
        const auto it = place.find(entry.tensorIndex);
        if (it == place.end()) continue;
        const Tensor& tensor = m_tensors[it->second];
        const auto candidate = std::ranges::find(tensor.candidates, entry.target, &AllocationCandidate::format);
        if (candidate == tensor.candidates.end()) continue;
        allocation.choice[it->second] = static_cast<std::uint32_t>(candidate - tensor.candidates.begin());
        result[entry.tensorIndex] = Value{candidate->cost, std::nullopt};
    }
    const std::vector<AllocationPrices> prices = m_allocator.prices(allocation);
    for (std::size_t i = 0; i < m_tensors.size() && i < prices.size(); ++i) {
        auto& value = result[m_tensors[i].index];
        if (!value || !prices[i].up || prices[i].up->bytes <= 0) continue;
        // A step of less than a mebibyte buys what it buys; no number of steps buys back more than the damage.
        value->gainPerMiB = std::min(value->damage, -prices[i].up->cost * 1048576.0 / static_cast<double>(prices[i].up->bytes));
    }
    return result;
}

}  // namespace ww
