// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/calibrate_controller.h"

#include <QCryptographicHash>
#include <QFileInfo>

#include <algorithm>
#include <string>
#include <utility>

#include "app/choices.h"
#include "app/paths.h"
#include "base/atomic_file.h"
#include "calibration/calibration.h"
#include "calibration/calibration_file.h"
#include "calibration/imatrix_file.h"
#include "io/model_identity.h"
#include "model/weight_source.h"
#include "text/tokenizer.h"

namespace ww {

Result<Calibrated> calibrateOn(const std::shared_ptr<const ModelFile>& model, const std::vector<TransformStep>& steps,
                               const MeasureOptions& options, bool grams, const JobContext& context)
{
    context.begin("Reading the text", 0, ProgressUnit::Steps);
    WW_TRY(const std::string text, readTextFile(toPath(options.textPath)));
    WW_TRY(const TextFacts facts, readTextFacts(*model, options.textPath, options.contextLength));
    const std::uint32_t windows = options.maxWindows == 0 ? facts.windows : std::min(facts.windows, options.maxWindows);
    const QString path = calibrationPath(*model, steps, facts.hash, options.contextLength, windows);
    if (path.isEmpty())
        return fail(ErrorCode::Unwritable, "There is no folder for the result. Check the permissions of the home folder.");
    if (QFileInfo::exists(path)) {
        if (auto known = loadImportance(toPath(path))) {
            known->path = toPath(path);
            auto kept = loadGrams(path);
            if (kept || !grams) return Calibrated{std::move(*known), std::move(kept)};
        }
    }
    WW_TRY(const auto tokenizer, Tokenizer::create(model->metadata()));
    WW_TRY(const auto runnable, LanguageModel::create(fileWeights(model)));
    CalibrationOptions settings;
    settings.textName = options.textPath.toStdString();
    settings.contextLength = options.contextLength;
    settings.maxWindows = options.maxWindows;
    settings.collectGram = grams;
    settings.gramBudgetBytes = gramBudgetBytes();
    StoredCalibration stored;
    WW_TRY(stored.model, modelIdentity(*model));
    WW_TRY(stored.calibration, calibrate(*runnable, *tokenizer, text, settings, context));
    Calibrated result{importanceOf(stored.calibration), nullptr};
    WW_TRY_VOID(saveImportanceGguf(result.importance, toPath(path)));
    result.importance.path = toPath(path);
    if (grams) {
        // A disk without room for them costs time at the next start, not the result.
        (void)saveCalibration(stored, toPath(gramsPath(path)));
        result.grams = std::make_shared<const GramFactors>(std::make_shared<const Calibration>(std::move(stored.calibration)));
    }
    return result;
}

QString calibrationPath(const ModelFile& model, const std::vector<TransformStep>& steps, const QString& textHash,
                        std::uint32_t contextLength, std::uint32_t windows)
{
    const QString dir = cacheDir();
    if (dir.isEmpty()) return {};
    QString key = QStringLiteral("%1|%2|%3|%4|%5")
                            .arg(fromPath(std::filesystem::absolute(model.path())))
                            .arg(model.fileSizeBytes())
                            .arg(textHash)
                            .arg(contextLength)
                            .arg(windows);
    for (const TransformStep& step : steps) key += QLatin1Char('|') + QString::fromStdString(transformStepText(step));
    const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
    return QStringLiteral("%1/%2.imatrix.gguf").arg(dir, QString::fromLatin1(hash));
}

QString gramsPath(const QString& calibrationPath)
{
    static const QString kSuffix = QStringLiteral(".imatrix.gguf");
    if (!calibrationPath.endsWith(kSuffix) || QFileInfo(calibrationPath).absolutePath() != QFileInfo(cacheDir()).absoluteFilePath())
        return {};
    return calibrationPath.chopped(kSuffix.size()) + QStringLiteral(".calibration");
}

std::shared_ptr<const GramFactors> loadGrams(const QString& calibrationPath)
{
    const QString path = gramsPath(calibrationPath);
    if (path.isEmpty() || !QFileInfo::exists(path)) return nullptr;
    auto stored = loadCalibration(toPath(path));
    if (!stored) return nullptr;
    return std::make_shared<const GramFactors>(std::make_shared<const Calibration>(std::move(stored->calibration)));
}

CalibrateController::CalibrateController(Document& document, JobRunner& jobs, Settings& settings, UserMessages& messages,
                                         QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_settings(settings), m_messages(messages)
{
    connect(&m_document, &Document::modelChanged, this, [this] {
        if (m_job != 0) m_jobs.cancel(std::exchange(m_job, 0));
        Q_EMIT runningChanged();
    });
}

MeasureOptions CalibrateController::defaultOptions() const
{
    MeasureOptions options;
    options.textPath = m_settings.calibrationText();
    if (options.textPath.isEmpty() || !QFileInfo::exists(options.textPath)) options.textPath = sampleCalibrationTextPath();
    options.maxWindows = static_cast<std::uint32_t>(m_settings.calibrationWindows());
    if (const auto& model = m_document.model()) {
        const auto trained = model->metadata().unsignedInteger(std::string(model->architecture()) + ".context_length");
        if (trained && *trained >= 8)
            options.contextLength = static_cast<std::uint32_t>(std::min<std::uint64_t>(options.contextLength, *trained));
    }
    return options;
}

std::uint64_t CalibrateController::start(const MeasureOptions& options, int probeMinutes, bool grams)
{
    if (!m_document.model()) return 0;
    if (m_job != 0) m_jobs.cancel(m_job);
    m_settings.setCalibration(options.textPath == sampleCalibrationTextPath() ? QString() : options.textPath,
                              static_cast<int>(options.maxWindows));
    auto number = std::make_shared<std::uint64_t>(0);
    m_job = m_jobs.start<Calibrated>(
        {tr("Calibrating with %1").arg(QFileInfo(options.textPath).fileName()), JobQueue::Lane::Background, false},
        [model = m_document.opened().model, options, grams](const JobContext& context) { return calibrateOn(model, {}, options, grams, context); },
        this,
        [this, number, options, probeMinutes](Result<Calibrated> result) {
            if (*number != m_job) return;
            m_job = 0;
            if (result)
                take(std::move(result->importance), std::move(result->grams), true);
            else
                m_messages.error(tr("Calibration did not finish."), result.error());
            Q_EMIT runningChanged();
            if (result) Q_EMIT calibrated(options, probeMinutes);
        });
    *number = m_job;
    Q_EMIT runningChanged();
    return m_job;
}

void CalibrateController::load(const QString& path)
{
    m_jobs.start<ImportanceMatrix>(
        {QFileInfo(path).fileName(), JobQueue::Lane::Foreground, true},
        [path](const JobContext&) { return loadImportance(toPath(path)); }, this,
        [this, path, model = m_document.opened().model](Result<ImportanceMatrix> matrix) {
            if (model != m_document.opened().model) return;
            if (!matrix) {
                m_messages.error(tr("%1 could not be loaded.").arg(QFileInfo(path).fileName()), matrix.error());
                return;
            }
            matrix->path = toPath(QFileInfo(path).absoluteFilePath());
            take(std::move(*matrix), nullptr, false);
        });
}

void CalibrateController::take(ImportanceMatrix matrix, std::shared_ptr<const GramFactors> grams, bool computed)
{
    const ModelBase& opened = m_document.opened();
    if (!opened.model) return;
    const QString file = QFileInfo(fromPath(matrix.path)).fileName();
    const ImportanceCoverage coverage = importanceCoverage(*opened.model, *opened.survey, matrix);
    if (coverage.usable == 0) {
        m_messages.post(Severity::Error, tr("%1 does not belong to this model.").arg(file),
                        tr("None of its %n entry(s) fits a tensor of the model. Choose the matrix that was made from this model.",
                           nullptr, static_cast<int>(matrix.entries.size())));
        return;
    }
    dropMisfits(*opened.model, matrix);
    const bool withGrams = grams != nullptr;
    m_document.setImportance(std::make_shared<const ImportanceMatrix>(std::move(matrix)), std::move(grams));
    m_messages.post(coverage.isComplete() ? Severity::Info : Severity::Warning,
                    computed ? tr("Calibrated: %n tensor(s) are quantized by importance from now on.", nullptr, coverage.usable)
                             : tr("Importance matrix loaded: %n tensor(s) covered.", nullptr, coverage.usable),
                    withGrams ? tr("GPTQ and AWQ clipping can be chosen as methods. %1", "coverage of the importance").arg(coverageText(coverage)).trimmed()
                              : coverageText(coverage));
}

bool CalibrateController::wasCalibratedOn(const QString& textPath) const
{
    const auto& matrix = m_document.opened().importance;
    const QString name = QFileInfo(textPath).fileName();
    return matrix && !name.isEmpty() && std::ranges::any_of(matrix->datasets, [&](const std::string& dataset) {
        return QFileInfo(QString::fromStdString(dataset)).fileName() == name;
    });
}

}  // namespace ww
