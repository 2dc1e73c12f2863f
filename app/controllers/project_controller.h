// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, saving, restoring: everything that goes between the document and files.
#pragma once

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <memory>
#include <optional>

#include "app/document.h"
#include "app/job_runner.h"
#include "app/project_file.h"
#include "app/selection.h"
#include "app/settings.h"
#include "app/user_messages.h"

namespace ww {

/// Models and projects are opened by a job; what is being worked on is saved by itself a moment after each change: into the project
/// file once there is one, before that into a session file that belongs to the model. GUI thread only.
class ProjectController : public QObject {
    Q_OBJECT
public:
    ProjectController(Document& document, Selection& selection, JobRunner& jobs, Settings& settings, UserMessages& messages,
                      QObject* parent = nullptr);
    ~ProjectController() override;

    /// A model (file or folder) or a project file. What is open stays until the new one is there.
    void open(const QString& path);
    void cancelOpening();
    [[nodiscard]] bool isOpening() const { return m_openSlot.isActive(); }
    /// File name of what is being opened.
    [[nodiscard]] QString openingName() const { return m_openingName; }

    /// What would be restored at the start; empty: nothing.
    [[nodiscard]] QString restorablePath() const;
    void restoreLast();

    /// Empty while the project has no name of its own.
    [[nodiscard]] QString projectPath() const { return m_projectPath; }
    /// For the title: the project's or the model's name.
    [[nodiscard]] QString displayName() const;
    /// Writes to the project's file, which must have a name.
    void save();
    void saveAs(const QString& path);
    /// Saves and closes model and recipes.
    void close();
    /// Forgets the recipes and measurements and begins with the model as it was first opened.
    void startOver();
    /// Writes at once what is not yet written; waits for it. For the end of the program.
    void flush();

    /// How the window stands: stored with the project.
    void setViewState(const QJsonObject& view);

Q_SIGNALS:
    void openingChanged();
    /// A project's view state, after the document changed.
    void viewStateRestored(const QJsonObject& view);
    void projectPathChanged();
    /// A project names a model that is not there; `findModel` may be called with its new place.
    void modelMissing(const QString& modelPath);

public:
    /// Opens the project that modelMissing() was about with the model at another place.
    void findModel(const QString& modelPath);

private:
    struct Opened;
    void startOpening(const QString& path, const QString& modelOverride, bool restoring);
    void opened(Opened opened, bool restoring);
    [[nodiscard]] Project project() const;
    [[nodiscard]] QString targetPath() const;
    void schedule();
    void autosave();
    void write(const QString& path, bool named);
    void setProjectPath(const QString& path);

    Document& m_document;
    Selection& m_selection;
    JobRunner& m_jobs;
    Settings& m_settings;
    UserMessages& m_messages;
    JobSlot m_openSlot;
    QThreadPool m_writer;  ///< one thread: files are written in order
    QTimer m_timer;
    QString m_openingName;
    QString m_projectPath;
    QString m_missingProject;  ///< project that waits for findModel()
    QJsonObject m_view;
    bool m_loading = false;
    bool m_writeFailed = false;
};

}  // namespace ww
