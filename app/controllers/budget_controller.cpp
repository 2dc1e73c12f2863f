// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/budget_controller.h"

#include <QCryptographicHash>
#include <QFileInfo>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "app/paths.h"
#include "base/atomic_file.h"
#include "jobs/sensitivity_job.h"
#include "methods/quantizer.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

/// Between two recipes under the hand: the views follow, and the slider stays smooth.
constexpr int kFrameMs = 30;

/// Of measured recipes that may correct predictions.
constexpr double kLargestDivergence = 0.1;

/// The method that formats are judged with. What GPTQ and its kin do to a layer only shows in its output, and takes long; the
/// order of the formats is that of the plain search.
std::string judgingMethod(const Recipe& recipe)
{
    return needsCalibration(dataNeededBy(recipe.method)) ? std::string() : recipe.method;
}

QString stepsKey(const std::vector<TransformStep>& steps)
{
    QString key;
    for (const TransformStep& step : steps) key += QLatin1Char('|') + QString::fromStdString(transformStepText(step));
    return key;
}

}  // namespace

BudgetController::BudgetController(Document& document, JobRunner& jobs, UserMessages& messages, QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_messages(messages), m_prepare(jobs), m_exact(jobs), m_probe(jobs), m_correct(jobs)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kFrameMs);
    connect(&m_timer, &QTimer::timeout, this, &BudgetController::applyQuick);
    connect(&m_document, &Document::modelChanged, this, [this] {
        m_probe.cancel();
        forget();
    });
    connect(&m_document, &Document::importanceChanged, this, &BudgetController::forget);
    connect(&m_document, &Document::baseChanged, this, &BudgetController::forget);
    connect(&m_document, &Document::variantsChanged, this, &BudgetController::correct);
    connect(&m_document, &Document::currentRecipeChanged, this, [this] {
        if (m_document.current() && judgingMethod(m_document.current()->recipe) != m_method && (m_table || m_prepare.isActive())) forget();
    });
}

void BudgetController::forget()
{
    m_prepare.cancel();
    m_exact.cancel();
    m_correct.cancel();
    m_timer.stop();
    m_settle.reset();
    m_table.reset();
    m_uncorrected.reset();
    m_measured.clear();
    refreshReach();
    Q_EMIT tableChanged();
    // What was learnt by probes costs nothing to read.
    const QString known = sensitivityPath();
    if (!known.isEmpty() && QFileInfo::exists(known)) prepare();
}

QString BudgetController::sensitivityPath() const
{
    const QString dir = cacheDir();
    if (dir.isEmpty() || !m_document.current()) return {};
    const ModelFile& model = *m_document.model();
    const QString key = QStringLiteral("%1|%2|%3|%4%5")
                            .arg(fromPath(std::filesystem::absolute(model.path())))
                            .arg(model.fileSizeBytes())
                            .arg(QString::fromStdString(judgingMethod(m_document.current()->recipe)),
                                 fromPath(m_document.importance() ? m_document.importance()->path : ""),
                                 stepsKey(m_document.base().steps));
    const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
    return QStringLiteral("%1/%2.sensitivity.json").arg(dir, QString::fromLatin1(hash));
}

void BudgetController::probe(const MeasureOptions& options, int minutes)
{
    const QString path = sensitivityPath();
    if (path.isEmpty()) return;
    SensitivityOptions settings;
    settings.textName = options.textPath.toStdString();
    settings.method = judgingMethod(m_document.current()->recipe);
    settings.importance = m_document.importance();
    settings.contextLength = options.contextLength;
    settings.budgetSeconds = minutes * 60.0;
    settings.journal = toPath(path + QStringLiteral(".part"));
    m_probe.start<void>(
        {tr("Probing with %1").arg(QFileInfo(options.textPath).fileName()), JobQueue::Lane::Background, false},
        [model = m_document.model(), settings, path, text = options.textPath](const JobContext& context) -> Result<void> {
            WW_TRY(const std::string content, readTextFile(toPath(text)));
            std::optional<Sensitivity> earlier;
            if (auto known = loadSensitivity(toPath(path))) earlier = std::move(*known);
            WW_TRY(const Sensitivity result, measureSensitivity(model, content, settings, context, earlier ? &*earlier : nullptr));
            WW_TRY_VOID(saveSensitivity(result, toPath(path)));
            std::error_code ignored;
            std::filesystem::remove(settings.journal, ignored);
            return {};
        },
        this,
        [this, path](Result<void> done) {
            if (!done) {
                m_messages.error(tr("Probing did not finish."), done.error());
                return;
            }
            m_messages.post(Severity::Info, tr("Probed: the size slider now predicts how far a recipe is from the original."));
            if (sensitivityPath() == path) forget();
        });
}

void BudgetController::refreshReach()
{
    m_reach = m_document.isOpen() ? BudgetTable::reach(*m_document.survey(), m_document.importance().get())
                                  : std::pair<std::uint64_t, std::uint64_t>{};
    Q_EMIT reachChanged();
}

void BudgetController::prepare()
{
    if (m_table || m_prepare.isActive() || !m_document.current()) return;
    m_method = judgingMethod(m_document.current()->recipe);
    using Table = std::shared_ptr<const BudgetTable>;
    m_prepare.start<Table>(
        {tr("Weighing formats"), JobQueue::Lane::Foreground, false},
        [model = m_document.model(), survey = m_document.survey(), importance = m_document.importance(), method = m_method,
         path = sensitivityPath()](const JobContext& context) -> Result<Table> {
            if (!path.isEmpty()) {
                if (auto known = loadSensitivity(toPath(path)))
                    if (auto table = BudgetTable::fromSensitivity(model, survey, importance, std::move(*known))) return table;
            }
            return BudgetTable::fromWeightErrors(model, survey, importance, method, context);
        },
        this,
        [this](Result<Table> table) {
            if (!table) {
                m_settle.reset();
                m_document.endPreview();
                m_messages.error(tr("The formats could not be compared."), table.error());
                Q_EMIT tableChanged();
                return;
            }
            m_table = m_uncorrected = std::move(*table);
            Q_EMIT tableChanged();
            correct();
            if (m_settle)
                settle(*std::exchange(m_settle, {}));
            else if (m_wanted != 0)
                applyQuick();
        });
    Q_EMIT tableChanged();
}

void BudgetController::correct()
{
    if (!m_uncorrected || m_uncorrected->basis() != BudgetTable::Basis::Probes || !m_document.current()) return;
    std::vector<std::pair<Recipe, double>> measured;
    for (const Variant& variant : m_document.variants()) {
        // Far from the original the sums of the probes do not hold, and other importance or another method has other errors.
        // The probes know nothing of rounded inputs.
        if (!variant.recipe || !variant.divergence || variant.activations != Activations::Float || variant.importance != m_document.importancePath()) continue;
        if (!(variant.divergence->mean > 0) || variant.divergence->mean > kLargestDivergence) continue;
        if (variant.recipe->method != m_method || variant.recipe->transform != m_document.base().steps) continue;
        measured.emplace_back(*variant.recipe, variant.divergence->mean);
        measured.back().first.transform.clear();
    }
    if (measured == m_measured) return;
    m_measured = measured;
    if (measured.empty()) {
        m_table = m_uncorrected;
        Q_EMIT tableChanged();
        return;
    }
    using Table = std::shared_ptr<const BudgetTable>;
    m_correct.start<Table>(
        {tr("Correcting predictions"), JobQueue::Lane::Foreground, true},
        [table = m_uncorrected, measured, survey = m_document.survey(), options = m_document.planOptions()](const JobContext&) -> Result<Table> {
            PlanOptions relaxed = options;
            relaxed.requireImportance = false;
            std::vector<MeasuredRecipe> points;
            for (const auto& [recipe, divergence] : measured) {
                const auto plan = resolve(recipe, *survey, relaxed);
                const auto raw = plan ? table->rawSum(*plan) : std::nullopt;
                if (raw && *raw > 0) points.push_back({*raw, divergence});
            }
            return points.empty() ? Result<Table>(table) : table->corrected(points);
        },
        this,
        [this](Result<Table> table) {
            // Without the correction the predictions are those of before.
            if (!table) return;
            m_table = std::move(*table);
            Q_EMIT tableChanged();
        });
}

void BudgetController::move(std::uint64_t bytes)
{
    m_exact.cancel();
    m_wanted = bytes;
    prepare();
    if (m_table && !m_timer.isActive()) m_timer.start();
}

void BudgetController::applyQuick()
{
    if (!m_table || !m_document.current() || m_wanted == 0) return;
    if (const auto recipe = m_table->recipe(m_document.current()->recipe, m_wanted, false)) m_document.preview(*recipe);
}

void BudgetController::settle(std::uint64_t bytes)
{
    m_timer.stop();
    m_wanted = 0;
    if (!m_document.current()) return;
    if (!m_table) {
        m_settle = bytes;
        prepare();
        return;
    }
    const auto quick = m_table->recipe(m_document.current()->recipe, bytes, false);
    if (!quick) {
        m_document.endPreview();
        m_messages.error(tr("There is no recipe of this size."), quick.error());
        return;
    }
    m_document.commitPreview(*quick, tr("Fit to %1").arg(sizeText(bytes)));
    applyExact(bytes);
}

void BudgetController::applyExact(std::uint64_t bytes)
{
    const Recipe base = m_document.current()->recipe;
    m_exact.start<Recipe>(
        {tr("Fitting to %1").arg(sizeText(bytes)), JobQueue::Lane::Foreground, true},
        [table = m_table, base, bytes](const JobContext&) { return table->recipe(base, bytes, true); }, this,
        [this, base, id = m_document.currentId(), step = m_document.undoStack().index()](Result<Recipe> exact) {
            // Only while nothing else happened: the same undo step then leads to the optimum.
            const bool untouched = m_document.currentId() == id && m_document.undoStack().index() == step &&
                                   m_document.current() && m_document.current()->recipe == base;
            if (exact && untouched) m_document.applyRecipe(id, *exact);
        });
}

}  // namespace ww
