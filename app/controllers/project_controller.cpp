// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/project_controller.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>

#include "app/choices.h"
#include "app/controllers/calibrate_controller.h"
#include "app/paths.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

constexpr int kAutosaveMs = 1500;

/// A tensor worth looking at first, so that the inspector has something to show: the first ffn_down, else the first that can be
/// quantized.
TensorSet telling(const Document& document)
{
    if (!document.plan()) return {};
    const PlanEntry* best = nullptr;
    for (const PlanEntry& entry : document.plan()->entries) {
        if (!entry.editable || (best && best->identity.role == TensorRole::FfnDown)) continue;
        if (!best || entry.identity.role == TensorRole::FfnDown) best = &entry;
    }
    return best ? TensorSet{best->tensorIndex} : TensorSet{};
}

/// What a folder from Hugging Face was recognised as.
struct Recognized {
    QString architecture;
    QString tokenizer;
    std::size_t tokens = 0;
    std::uint64_t weights = 0;
};

Recognized recognized(const ModelFile& model)
{
    const auto text = [](std::optional<std::string_view> value) {
        return value ? QString::fromUtf8(value->data(), static_cast<qsizetype>(value->size())) : QString();
    };
    Recognized result{text(model.metadata().string("general.architecture")), text(model.metadata().string("tokenizer.ggml.model"))};
    if (const auto* tokens = model.metadata().stringArray("tokenizer.ggml.tokens")) result.tokens = tokens->size();
    for (const TensorInfo& tensor : model.tensors()) result.weights += tensor.shape.elements();
    return result;
}

}  // namespace

/// What the opening job brings back.
struct ProjectController::Opened {
    std::shared_ptr<const ModelFile> model;
    std::shared_ptr<const ModelSurvey> survey;
    Project project;       ///< content and view; empty for a model that is opened for the first time
    QString projectPath;   ///< empty: no project of its own name
    QString path;          ///< what was asked for
    QString missingModel;  ///< set when the project was read but its model was not
    std::optional<Error> modelError;
    std::optional<Error> importanceError;  ///< the matrix of the project could not be read
    QString brokenSession;  ///< where an unreadable session was put aside
    bool hasSession = false;
    std::vector<ImportNote> notes;
};

ProjectController::ProjectController(Document& document, Selection& selection, JobRunner& jobs, Settings& settings,
                                     UserMessages& messages, QObject* parent)
    : QObject(parent), m_document(document), m_selection(selection), m_jobs(jobs), m_settings(settings), m_messages(messages),
      m_openSlot(jobs)
{
    m_writer.setMaxThreadCount(1);
    m_timer.setSingleShot(true);
    m_timer.setInterval(kAutosaveMs);
    connect(&m_timer, &QTimer::timeout, this, &ProjectController::autosave);
    connect(&m_document, &Document::recipesChanged, this, &ProjectController::schedule);
    connect(&m_document, &Document::currentRecipeChanged, this, &ProjectController::schedule);
    connect(&m_document, &Document::importanceChanged, this, &ProjectController::schedule);
    connect(&m_document, &Document::metadataChanged, this, &ProjectController::schedule);
    connect(&m_document, &Document::stepsTextChanged, this, &ProjectController::schedule);
    connect(&m_document, &Document::variantsChanged, this, &ProjectController::schedule);
}

ProjectController::~ProjectController()
{
    flush();
}

void ProjectController::open(const QString& path)
{
    startOpening(path, {}, false);
}

void ProjectController::findModel(const QString& modelPath)
{
    if (!m_missingProject.isEmpty()) startOpening(m_missingProject, modelPath, false);
}

void ProjectController::cancelOpening()
{
    if (!m_openSlot.isActive()) return;
    m_openSlot.cancel();
    m_openingName.clear();
    Q_EMIT openingChanged();
}

void ProjectController::startOpening(const QString& path, const QString& modelOverride, bool restoring)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    m_openingName = QFileInfo(absolute).fileName();
    m_openSlot.start<Opened>(
        {tr("Opening %1").arg(m_openingName), JobQueue::Lane::Foreground, false},
        [absolute, modelOverride](const JobContext&) -> Result<Opened> {
            Opened result;
            result.path = absolute;
            QString modelPath = absolute;
            if (isProjectFile(absolute)) {
                WW_TRY(result.project, loadProject(absolute));
                const bool isSession = QFileInfo(absolute).absolutePath() == QFileInfo(sessionsDir()).absoluteFilePath();
                if (!isSession) result.projectPath = absolute;
                result.hasSession = isSession;
                modelPath = modelOverride.isEmpty() ? result.project.modelPath : modelOverride;
                auto model = openAnyModel(toPath(modelPath));
                if (!model) {
                    result.missingModel = modelPath;
                    result.modelError = model.error();
                    return result;
                }
                result.model = std::move(*model);
            } else {
                WW_TRY(result.model, openAnyModel(toPath(absolute)));
                const QString session = sessionPathFor(absolute);
                if (!session.isEmpty() && QFileInfo::exists(session)) {
                    if (auto project = loadProject(session)) {
                        result.project = std::move(*project);
                        result.hasSession = true;
                    } else {
                        result.brokenSession = session + QStringLiteral(".broken");
                        QFile::remove(result.brokenSession);
                        QFile::rename(session, result.brokenSession);
                    }
                }
            }
            result.notes = importNotes(*result.model);
            result.survey = std::make_shared<const ModelSurvey>(*result.model);
            if (!result.project.importancePath.isEmpty()) {
                if (auto matrix = loadImportance(toPath(result.project.importancePath))) {
                    dropMisfits(*result.model, *matrix);
                    matrix->path = toPath(result.project.importancePath);
                    result.project.content.importance = std::make_shared<const ImportanceMatrix>(std::move(*matrix));
                    result.project.content.grams = loadGrams(result.project.importancePath);
                } else {
                    result.importanceError = std::move(matrix.error());
                }
            }
            const bool sameFile =
                result.project.modelSizeBytes == 0 || result.project.modelSizeBytes == result.model->fileSizeBytes();
            if (!sameFile) result.project.content.variants.clear();
            return result;
        },
        this,
        [this, absolute, restoring](Result<Opened> result) {
            m_openingName.clear();
            if (result) {
                opened(std::move(*result), restoring);
            } else {
                if (result.error().code == ErrorCode::NotFound) m_settings.removeRecentFile(absolute);
                m_messages.error(tr("%1 could not be opened.").arg(QFileInfo(absolute).fileName()), result.error());
            }
            Q_EMIT openingChanged();
        });
    Q_EMIT openingChanged();
}

void ProjectController::opened(Opened opened, bool restoring)
{
    if (opened.modelError) {
        m_missingProject = opened.path;
        const QString missing = opened.missingModel;
        m_messages.error(tr("The model of this project could not be opened. The project is untouched."), *opened.modelError,
                         {{tr("Find the Model…"), [this, missing] { Q_EMIT modelMissing(missing); }}});
        return;
    }
    flush();
    m_missingProject.clear();
    const QString modelPath = fromPath(opened.model->path());
    const bool hadWork = opened.project.content.recipes.size() > 1 || !opened.project.content.variants.empty() ||
                         (!opened.project.content.recipes.empty() && !opened.project.content.recipes.front().rules.empty());

    m_loading = true;
    m_selection.clear();
    setProjectPath(opened.projectPath);
    m_document.open(opened.model, std::move(opened.project.content), opened.survey);
    m_view = opened.project.view;
    TensorSet selected;
    for (const QJsonValue& value : m_view.value(QStringLiteral("selection")).toArray())
        if (const TensorInfo* tensor = opened.model->find(value.toString().toStdString()))
            selected.push_back(static_cast<std::size_t>(tensor - opened.model->tensors().data()));
    if (selected.empty()) selected = telling(m_document);
    m_selection.set(std::move(selected));
    Q_EMIT viewStateRestored(m_view);
    m_loading = false;

    m_settings.addRecentFile(m_projectPath.isEmpty() ? modelPath : m_projectPath);
    m_settings.setLastProject(targetPath());
    if (m_projectPath.isEmpty()) schedule();
    const bool isKnown = std::ranges::find(opened.notes, ImportNote::Kind::UnknownArchitecture, &ImportNote::kind) == opened.notes.end();
    if (QFileInfo(modelPath).isDir() && isKnown && !hadWork) {
        const Recognized found = recognized(*opened.model);
        const QString what = tr("Recognized a %1 model: %2 weights in %n tensor(s).", "architecture, count",
                                static_cast<int>(opened.model->tensors().size()))
                                 .arg(found.architecture, countText(found.weights));
        m_messages.post(Severity::Success, what,
                        found.tokens == 0 ? tr("There is no tokenizer in the folder, so perplexity and text are off.")
                                          : tr("Tokenizer %1 with %2 tokens. Export writes GGUF straight from this folder.")
                                                .arg(found.tokenizer, countText(found.tokens)));
    }
    for (const ImportNote& note : opened.notes) {
        const QString detail = QString::fromStdString(note.detail);
        if (note.kind == ImportNote::Kind::Quantized)
            m_messages.post(Severity::Warning, tr("The weights of this model were quantized before (%1).").arg(detail),
                            tr("They are decoded while they are read. Quantizing them again adds a second loss, and all errors are measured "
                               "against the decoded weights."));
        else if (note.kind == ImportNote::Kind::SurplusFiles)
            m_messages.post(Severity::Info, tr("Some files of the folder are no part of this model."), tr("They were left out: %1.").arg(detail));
        else if (note.kind == ImportNote::Kind::NotFollowed)
            m_messages.post(Severity::Warning, tr("llama.cpp does not follow the configuration of this model (%1).").arg(detail),
                            tr("The exported file and all figures here compute as llama.cpp does, which can differ from the original model."));
        else
            m_messages.post(Severity::Info, tr("Models of the kind %1 are not known here.").arg(detail),
                            tr("Its tensors can be quantized and exported; perplexity and text are off, and llama.cpp may not load the file."));
    }
    if (opened.importanceError)
        m_messages.error(tr("The importance matrix of this project could not be read; it goes on without one."),
                         *opened.importanceError);
    if (!opened.brokenSession.isEmpty())
        m_messages.post(Severity::Warning, tr("The work saved for this model could not be read."),
                        tr("It was put aside as %1.").arg(QDir::toNativeSeparators(opened.brokenSession)));
    else if (opened.hasSession && hadWork && !restoring)
        m_messages.post(Severity::Info, tr("Recipes and measurements of last time are back."), {},
                        {{tr("Start Over"), [this] { startOver(); }}});
}

QString ProjectController::restorablePath() const
{
    const QString path = m_settings.lastProject();
    return !path.isEmpty() && QFileInfo::exists(path) ? path : QString();
}

void ProjectController::restoreLast()
{
    const QString path = restorablePath();
    if (!path.isEmpty()) startOpening(path, {}, true);
}

QString ProjectController::displayName() const
{
    if (!m_projectPath.isEmpty()) return QFileInfo(m_projectPath).completeBaseName();
    return m_document.opened().model ? QString::fromStdString(m_document.opened().model->displayName()) : QString();
}

QString ProjectController::targetPath() const
{
    if (!m_projectPath.isEmpty()) return m_projectPath;
    return m_document.opened().model ? sessionPathFor(fromPath(m_document.opened().model->path())) : QString();
}

Project ProjectController::project() const
{
    Project project;
    project.modelPath = QFileInfo(fromPath(m_document.opened().model->path())).absoluteFilePath();
    project.modelSizeBytes = m_document.opened().model->fileSizeBytes();
    project.content = m_document.content();
    project.importancePath = m_document.importancePath();
    project.view = m_view;
    QJsonArray selected;
    // A selection of thousands is not worth keeping.
    if (m_selection.tensors().size() <= 64)
        for (std::size_t tensor : m_selection.tensors())
            selected.append(QString::fromStdString(m_document.model()->tensors()[tensor].name));
    project.view[QStringLiteral("selection")] = selected;
    return project;
}

void ProjectController::setViewState(const QJsonObject& view)
{
    if (m_loading || view == m_view) return;
    m_view = view;
    schedule();
}

void ProjectController::schedule()
{
    if (!m_loading && m_document.isOpen()) m_timer.start();
}

void ProjectController::autosave()
{
    if (m_document.isOpen()) write(targetPath(), !m_projectPath.isEmpty());
}

void ProjectController::save()
{
    if (m_document.isOpen() && !m_projectPath.isEmpty()) {
        m_timer.stop();
        write(m_projectPath, true);
    }
}

void ProjectController::saveAs(const QString& path)
{
    if (!m_document.isOpen() || path.isEmpty()) return;
    const QString session = m_projectPath.isEmpty() ? targetPath() : QString();
    QString target = QFileInfo(path).absoluteFilePath();
    if (!isProjectFile(target)) target += QStringLiteral(".wwproj");
    setProjectPath(target);
    m_settings.addRecentFile(target);
    m_settings.setLastProject(target);
    save();
    // From now on the project has its own file; the model alone begins afresh.
    if (!session.isEmpty())
        m_writer.start([session, target] {
            if (QFileInfo::exists(target)) QFile::remove(session);
        });
}

void ProjectController::write(const QString& path, bool named)
{
    if (path.isEmpty()) return;
    if (named) m_document.markSaved();
    m_writer.start([this, path, json = projectToJson(project(), path)] {
        auto result = saveProject(json, path);
        QMetaObject::invokeMethod(
            this,
            [this, result = std::move(result)] {
                // One message for a full disk, not one every second.
                if (!result && !m_writeFailed) m_messages.error(tr("The project could not be saved."), result.error());
                m_writeFailed = !result;
            },
            Qt::QueuedConnection);
    });
}

void ProjectController::flush()
{
    if (m_timer.isActive()) {
        m_timer.stop();
        autosave();
    }
    m_writer.waitForDone();
}

void ProjectController::close()
{
    flush();
    setProjectPath({});
    m_view = {};
    m_selection.clear();
    m_document.close();
}

void ProjectController::startOver()
{
    if (!m_document.isOpen()) return;
    const auto model = m_document.opened().model;
    const DocumentContent before = m_document.content();
    const QString projectBefore = m_projectPath;
    flush();
    setProjectPath({});
    m_selection.clear();
    m_document.open(model);
    m_settings.setLastProject(targetPath());
    m_messages.post(Severity::Info, tr("Started over with one fresh recipe."), {},
                    {{tr("Bring Back"), [this, model, before, projectBefore] {
                          if (m_document.opened().model != model) return;
                          setProjectPath(projectBefore);
                          m_selection.clear();
                          m_document.open(model, before);
                          m_settings.setLastProject(targetPath());
                      }}});
}

void ProjectController::setProjectPath(const QString& path)
{
    if (path == m_projectPath) return;
    m_projectPath = path;
    Q_EMIT projectPathChanged();
}

}  // namespace ww
