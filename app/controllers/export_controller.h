// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

#include "app/document.h"
#include "app/job_runner.h"
#include "app/user_messages.h"
#include "jobs/export.h"

namespace ww {

/// One file to write.
struct ExportRequest {
    int recipeId = 0;
    QString recipeName;
    std::shared_ptr<const Plan> plan;
    QString target;
    std::shared_ptr<const ModelBase> base{};  ///< what the plan is of; null: the opened model
};

/// What else an export writes.
struct ExportExtras {
    bool recipe = false;      ///< NAME.recipe.json beside each file
    bool importance = false;  ///< NAME.imatrix.gguf beside each file, when there is a matrix
    bool card = false;        ///< README.md for all files, with what was measured; one that somebody wrote is never replaced
    std::uint64_t partBytes = 0;  ///< files in parts of at most this size; 0: whole
};

/// Writes recipes as GGUF files, one background job each, from the plans as they are when asked. GUI thread only.
class ExportController : public QObject {
    Q_OBJECT
public:
    ExportController(Document& document, JobRunner& jobs, UserMessages& messages, QObject* parent = nullptr);

    /// Job numbers of the files, in order.
    std::vector<std::uint64_t> start(const std::vector<ExportRequest>& requests, const ExportExtras& extras = {});

    /// "Name-Q4_K_M.gguf": the model's file name without its own format, and the recipe's name.
    [[nodiscard]] static QString proposedName(const QString& modelPath, const Metadata& metadata, const QString& recipeName);
    /// Opens the file's folder in the system's file manager.
    static void showInFolder(const QString& path);

Q_SIGNALS:
    void exported(std::uint64_t job, const QString& path);
    void failed(std::uint64_t job, const QString& sentence);

private:
    void writeCard(const std::vector<ExportRequest>& requests, std::uint64_t partBytes);

    Document& m_document;
    JobRunner& m_jobs;
    UserMessages& m_messages;
};

}  // namespace ww
