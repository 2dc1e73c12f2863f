// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/measure_controller.h"

#include <QCryptographicHash>
#include <QFileInfo>

#include <algorithm>

#include "app/divergences.h"
#include "app/likelihoods.h"
#include "app/paths.h"
#include "base/atomic_file.h"
#include "text/tokenizer.h"

namespace ww {
namespace {

constexpr int kRestMs = 800;
/// Parameters × tokens per second and thread, a cautious guess for a processor of the last ten years.
constexpr double kGuessedSpeed = 4e9;

QString hashOf(const std::string& text)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(QByteArrayView(text.data(), static_cast<qsizetype>(text.size())));
    return QString::fromLatin1(hash.result().toHex().left(16));
}

}  // namespace

struct MeasureController::Outcome {
    PerplexityResult result;
    std::optional<double> deltaError;
    std::optional<DivergenceFigures> divergence;
    double passes = 1;  ///< of the model over the text that the seconds were spent for
    QString textHash;
    std::uint64_t sizeBytes = 0;
    double bitsPerWeight = 0;
};

Result<TextFacts> readTextFacts(const ModelFile& model, const QString& path, std::uint32_t contextLength)
{
    WW_TRY(const std::string text, readTextFile(toPath(path)));
    WW_TRY(const std::shared_ptr<const Tokenizer> tokenizer, Tokenizer::create(model.metadata()));
    TextFacts facts;
    facts.path = path;
    facts.hash = hashOf(text);
    PerplexityOptions options;
    options.contextLength = contextLength;
    WW_TRY(const EvaluationWindows windows, makeWindows(*tokenizer, text, options));
    facts.windows = windows.windowCount;
    facts.tokens = windows.targets.size();
    return facts;
}

/// Perplexity and divergence in one go. Only what follows the first change since an earlier recipe is computed.
Result<void> MeasureController::measureDivergence(KeptEvaluation& kept, const std::shared_ptr<const ModelFile>& model, const std::shared_ptr<const Plan>& plan,
                                                  const Recipe& recipe, const QString& importance, const std::string& text,
                                                  const MeasureOptions& options, const JobContext& context, Outcome& outcome)
{
    DivergenceResult result;
    if (options.activations == Activations::Float) {
        WW_TRY(result, kept.divergence(model, plan, text, options.contextLength, options.maxWindows, context));
        outcome.passes = kept.passesRun();
    } else {
        // Rounded inputs depend on the types of all weights, so nothing of an earlier recipe can be kept.
        DivergenceOptions divergence;
        divergence.contextLength = options.contextLength;
        divergence.maxWindows = options.maxWindows;
        WW_TRY(result, evaluateDivergence(model, nullptr, plan, text, divergence, context, options.activations));
        outcome.passes = 0;  // another speed than the one that is remembered
    }
    outcome.divergence = divergenceFigures(result);
    outcome.deltaError = result.difference.error;
    outcome.result.perplexity = result.perplexity.value;
    outcome.result.standardError = result.perplexity.error;
    outcome.result.scoredTokens = result.scoredTokens;
    outcome.result.windows = result.windows;
    outcome.result.contextLength = result.contextLength;
    outcome.result.seconds = result.seconds;
    Variant key;
    key.recipe = recipe;
    key.importance = importance;
    key.textHash = outcome.textHash;
    key.contextLength = result.contextLength;
    key.windows = result.windows;
    key.activations = options.activations;
    saveDivergences(divergencesPath(*model, key), result.tokens);
    return {};
}

MeasureController::MeasureController(Document& document, JobRunner& jobs, Settings& settings, UserMessages& messages,
                                     QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_settings(settings), m_messages(messages)
{
    const auto forgetEvaluation = [this] {
        KeptEvaluationOptions options;
        options.memoryBudgetBytes = KeptEvaluation::usualMemoryBytes();
        if (const QString folder = cacheDir(); !folder.isEmpty()) options.folder = toPath(folder) / "activations";
        m_kept = std::make_shared<KeptEvaluation>(options);
        // Recipes with steps are compared among each other; taking turns with the others would throw away what both had.
        options.memoryBudgetBytes /= 2;
        m_keptChanged = std::make_shared<KeptEvaluation>(std::move(options));
    };
    forgetEvaluation();
    connect(&m_document, &Document::modelChanged, this, forgetEvaluation);
    connect(&m_document, &Document::stepsPendingChanged, this, [this] {
        if (!m_edited.empty()) m_rest.start();
    });
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &MeasureController::rescheduleEdited);
    connect(&m_document, &Document::recipeEdited, this, &MeasureController::onRecipeEdited);
    connect(&m_document, &Document::modelChanged, this, &MeasureController::cancelAll);
    connect(&m_jobs, &JobRunner::tick, this, &MeasureController::onTick);
}

MeasureController::~MeasureController() = default;

MeasureOptions MeasureController::defaultOptions() const
{
    MeasureOptions options;
    options.textPath = m_settings.evaluationText();
    if (options.textPath.isEmpty() || !QFileInfo::exists(options.textPath)) options.textPath = sampleEvaluationTextPath();
    options.contextLength = static_cast<std::uint32_t>(m_settings.contextLength());
    options.maxWindows = static_cast<std::uint32_t>(m_settings.windowCount());
    options.divergence = m_settings.measureDivergence();
    options.activations = m_settings.measureRoundedInputs() ? Activations::LlamaCpp : Activations::Float;
    if (m_document.model()) {
        const auto architecture = std::string(m_document.model()->architecture());
        const auto trained = m_document.model()->metadata().unsignedInteger(architecture + ".context_length");
        if (trained && *trained >= 8)
            options.contextLength = static_cast<std::uint32_t>(std::min<std::uint64_t>(options.contextLength, *trained));
    }
    return options;
}

MeasureController::Estimate MeasureController::estimate(std::uint32_t contextLength, std::uint32_t windows, int passes) const
{
    if (!m_document.model()) return {};
    const double work = static_cast<double>(m_document.model()->parameterCount()) * contextLength * windows * passes;
    const double known = m_settings.evaluationSpeed();
    return {work / (known > 0 ? known : kGuessedSpeed * m_jobs.threadCount()), known > 0};
}

void MeasureController::measure(const MeasureOptions& options, const std::vector<int>& recipeIds, const QStringList& presets)
{
    if (!m_document.model()) return;
    m_settings.setEvaluation(options.textPath == sampleEvaluationTextPath() ? QString() : options.textPath,
                             static_cast<int>(options.contextLength), static_cast<int>(options.maxWindows));
    m_settings.setMeasureDivergence(options.divergence);
    m_settings.setMeasureRoundedInputs(options.activations == Activations::LlamaCpp);
    enqueue(0, tr("Original"), std::nullopt, options);
    for (int id : recipeIds)
        if (const DocumentRecipe* item = m_document.find(id))
            enqueue(id, QString::fromStdString(item->recipe.name), item->recipe, options);
    for (const QString& preset : presets) {
        Recipe recipe;
        recipe.name = recipe.preset = preset.toStdString();
        enqueue(0, preset, recipe, options);
    }
}

void MeasureController::enqueue(int recipeId, const QString& name, std::optional<Recipe> recipe, const MeasureOptions& options)
{
    const DocumentRecipe* item = m_document.find(recipeId);
    if (item && item->stepsPending) {
        m_edited.emplace_back(recipeId, options);
        m_messages.post(Severity::Info, tr("%1 will be measured as soon as its steps have been run.").arg(name));
        return;
    }
    // A recipe that another one replaced meanwhile is none of the document's.
    const ModelBase base = item && item->base && recipe && item->recipe.transform == recipe->transform ? *item->base : m_document.opened();
    const QString importance = recipe ? m_document.importancePath() : QString();
    const auto isSame = [&](const std::optional<Recipe>& other, const QString& otherImportance) {
        return other.has_value() == recipe.has_value() &&
               (!recipe || (otherImportance == importance && sameContent(*other, *recipe)));
    };
    for (const Pending& p : m_pending)
        if (isSame(p.recipe, p.importance) && p.options == options) return;
    // What was measured in the same way stays as it is. The text is compared by the job, which reads it.
    std::vector<std::pair<QString, std::uint32_t>> known;
    for (const Variant& v : m_document.variants())
        if (isSame(v.recipe, v.importance) && v.contextLength == options.contextLength && v.activations == options.activations &&
            v.stepsText == base.textPath &&
            (!recipe || !options.divergence || v.divergence))
            known.emplace_back(v.textHash, v.windows);

    auto live = std::make_shared<Live>();
    Pending pending;
    pending.recipeId = recipeId;
    pending.name = name;
    pending.recipe = recipe;
    pending.importance = importance;
    pending.stepsText = base.textPath;
    pending.options = options;
    auto number = std::make_shared<std::uint64_t>(0);
    pending.job = m_jobs.start<Outcome>(
        {tr("Measuring %1").arg(name), JobQueue::Lane::Background, false},
        [kept = base.steps.empty() ? m_kept : m_keptChanged, model = base.model, recipe, importance, options, known, live,
         planOptions = Document::planOptions(base)](const JobContext& context) -> Result<Outcome> {
            context.begin("Reading the text", 0, ProgressUnit::Steps);
            WW_TRY(const std::string text, readTextFile(toPath(options.textPath)));
            Outcome outcome;
            outcome.textHash = hashOf(text);
            outcome.sizeBytes = model->fileSizeBytes();
            outcome.bitsPerWeight = model->bitsPerWeight();
            if (!known.empty()) {
                WW_TRY(const TextFacts facts, readTextFacts(*model, options.textPath, options.contextLength));
                const std::uint32_t windows = options.maxWindows == 0 ? facts.windows : std::min(facts.windows, options.maxWindows);
                const bool likelihoods =
                    recipe || !loadLikelihoods(likelihoodsPath(*model, facts.hash, options.contextLength, windows, options.activations)).empty();
                if (likelihoods && std::ranges::find(known, std::pair(facts.hash, windows)) != known.end()) return outcome;
            }
            std::shared_ptr<const Plan> plan;
            if (recipe) {
                Recipe rest = *recipe;
                rest.transform.clear();  // they made the model
                WW_TRY(Plan resolved, resolve(rest, *model, planOptions));
                outcome.sizeBytes = resolved.sizeBytes;
                outcome.bitsPerWeight = resolved.bitsPerWeight();
                plan = std::make_shared<const Plan>(std::move(resolved));
            }
            if (recipe && options.divergence) {
                WW_TRY_VOID(measureDivergence(*kept, model, plan, *recipe, importance, text, options, context, outcome));
                return outcome;
            }
            PerplexityOptions perplexityOptions;
            perplexityOptions.contextLength = options.contextLength;
            perplexityOptions.maxWindows = options.maxWindows;
            WW_TRY(outcome.result, evaluatePerplexity(model, plan, text, perplexityOptions, context,
                                                      [live](std::uint32_t windows, double perplexity) {
                                                          const std::scoped_lock lock(live->mutex);
                                                          live->windows = windows;
                                                          live->perplexity = perplexity;
                                                      },
                                                      options.activations));
            if (options.activations != Activations::Float) outcome.passes = 0;
            const QString path =
                likelihoodsPath(*model, outcome.textHash, outcome.result.contextLength, outcome.result.windows, options.activations);
            if (recipe)
                outcome.deltaError = pairedError(loadLikelihoods(path), outcome.result.nll);
            else
                saveLikelihoods(path, outcome.result.nll);
            outcome.result.nll.clear();
            return outcome;
        },
        this, [this, number](Result<Outcome> result) { finished(*number, std::move(result)); });
    *number = pending.job;
    m_live.emplace_back(pending.job, std::move(live));
    m_pending.push_back(std::move(pending));
    Q_EMIT pendingChanged();
}

void MeasureController::finished(std::uint64_t number, Result<Outcome> result)
{
    std::erase_if(m_live, [&](const auto& item) { return item.first == number; });
    const auto it = std::find_if(m_pending.begin(), m_pending.end(), [&](const Pending& p) { return p.job == number; });
    if (it == m_pending.end()) return;
    const Pending pending = std::move(*it);
    m_pending.erase(it);
    if (result && result->result.windows > 0) {
        const PerplexityResult& r = result->result;
        Variant variant;
        variant.name = pending.name;
        variant.recipe = pending.recipe;
        variant.importance = pending.importance;
        variant.activations = pending.options.activations;
        variant.stepsText = pending.stepsText;
        variant.sizeBytes = result->sizeBytes;
        variant.bitsPerWeight = result->bitsPerWeight;
        variant.perplexity = r.perplexity;
        variant.standardError = r.standardError;
        variant.deltaError = result->deltaError;
        variant.divergence = result->divergence;
        variant.scoredTokens = r.scoredTokens;
        variant.windows = r.windows;
        variant.contextLength = r.contextLength;
        variant.seconds = r.seconds;
        variant.textPath = pending.options.textPath;
        variant.textHash = result->textHash;
        variant.measuredAt = QDateTime::currentDateTime();
        if (r.seconds > 0.2 && result->passes >= 1 && m_document.model())
            m_settings.setEvaluationSpeed(static_cast<double>(m_document.model()->parameterCount()) * r.contextLength * r.windows *
                                          result->passes / r.seconds);
        if (judgedOnText(variant.textPath, variant.stepsText))
            m_messages.post(Severity::Warning, tr("%1 was measured on the text that its steps read.").arg(variant.name),
                            tr("It looks better than it is. Measure on another text than %1.").arg(QFileInfo(variant.textPath).fileName()));
        m_document.addVariant(variant);
        Q_EMIT measured(variant);
    } else if (!result) {
        const bool first = result.error().code != ErrorCode::Cancelled;
        m_messages.error(tr("%1 could not be measured.").arg(pending.name), result.error());
        // A text that is missing or too short fails for every variant alike: one message is enough.
        if (first && (result.error().code == ErrorCode::TooShort || result.error().code == ErrorCode::NotFound ||
                      result.error().code == ErrorCode::Unsupported || result.error().code == ErrorCode::Unreadable))
            for (const Pending& p : std::vector<Pending>(m_pending))
                if (p.options.textPath == pending.options.textPath) {
                    m_jobs.cancel(p.job);
                    std::erase_if(m_pending, [&](const Pending& q) { return q.job == p.job; });
                }
    }
    Q_EMIT pendingChanged();
}

const MeasureController::Pending* MeasureController::pendingFor(const std::optional<Recipe>& recipe) const
{
    for (const Pending& p : m_pending)
        if (p.recipe.has_value() == recipe.has_value() && (!recipe || sameContent(*p.recipe, *recipe))) return &p;
    return nullptr;
}

void MeasureController::cancelAll()
{
    m_edited.clear();
    m_rest.stop();
    const auto all = std::move(m_pending);
    m_pending.clear();
    m_live.clear();
    for (const Pending& p : all) m_jobs.cancel(p.job);
    if (!all.empty()) Q_EMIT pendingChanged();
}

void MeasureController::onRecipeEdited(int id)
{
    const DocumentRecipe* item = m_document.find(id);
    for (const Pending& p : std::vector<Pending>(m_pending)) {
        if (p.recipeId != id || !item || sameContent(*p.recipe, item->recipe)) continue;
        m_jobs.log(p.job, tr("The recipe was changed: measuring again with the new one."));
        m_jobs.cancel(p.job);
        std::erase_if(m_pending, [&](const Pending& q) { return q.job == p.job; });
        m_edited.emplace_back(id, p.options);
        m_rest.start();
    }
    if (!m_edited.empty()) {
        m_rest.start();
        Q_EMIT pendingChanged();
    }
}

void MeasureController::rescheduleEdited()
{
    for (const auto& [id, options] : std::exchange(m_edited, {}))
        if (const DocumentRecipe* item = m_document.find(id)) {
            if (item->stepsPending)
                m_edited.emplace_back(id, options);
            else if (!item->planError)
                enqueue(id, QString::fromStdString(item->recipe.name), item->recipe, options);
        }
}

void MeasureController::onTick()
{
    bool changed = false;
    for (const auto& [job, live] : m_live) {
        const auto it = std::find_if(m_pending.begin(), m_pending.end(), [job = job](const Pending& p) { return p.job == job; });
        if (it == m_pending.end()) continue;
        const std::scoped_lock lock(live->mutex);
        if (live->windows == it->windowsDone) continue;
        it->windowsDone = live->windows;
        it->running = live->perplexity;
        changed = true;
    }
    if (changed) Q_EMIT pendingChanged();
}

}  // namespace ww
