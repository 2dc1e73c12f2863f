// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/export_controller.h"

#include <QDesktopServices>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

#include "app/paths.h"
#include "plan/preset.h"
#include "widgets/theme/format_text.h"

namespace ww {

ExportController::ExportController(Document& document, JobRunner& jobs, UserMessages& messages, QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_messages(messages)
{
}

std::vector<std::uint64_t> ExportController::start(const std::vector<ExportRequest>& requests)
{
    std::vector<std::uint64_t> jobs;
    for (const ExportRequest& request : requests) {
        auto number = std::make_shared<std::uint64_t>(0);
        const QString fileName = QFileInfo(request.target).fileName();
        *number = m_jobs.start<ExportSummary>(
            {tr("Exporting %1").arg(fileName), JobQueue::Lane::Background, false},
            [model = m_document.model(), plan = request.plan, target = toPath(request.target)](const JobContext& context) {
                return exportGguf(*model, *plan, target, context);
            },
            this,
            [this, number, target = request.target, fileName](Result<ExportSummary> result) {
                if (!result) {
                    m_messages.error(tr("%1 was not written.").arg(fileName), result.error());
                    Q_EMIT failed(*number, QString::fromStdString(result.error().message));
                    return;
                }
                m_messages.post(Severity::Success, tr("%1 is ready.").arg(fileName),
                                tr("%1 in %2.", "size, time").arg(sizeText(result->sizeBytes), durationText(result->seconds)),
                                {{tr("Show in Folder"), [target] { showInFolder(target); }}});
                Q_EMIT exported(*number, target);
            });
        jobs.push_back(*number);
    }
    return jobs;
}

QString ExportController::proposedName(const QString& modelPath, const QString& recipeName)
{
    QString base = QFileInfo(modelPath).completeBaseName();
    // "Model-7B-F16" and "model.Q8_0" carry the format at the end: the new one takes its place.
    static const QRegularExpression kFormat(QStringLiteral("[-._]([A-Za-z0-9]+(?:_[A-Za-z0-9]+)*)$"));
    const auto match = kFormat.match(base);
    if (match.hasMatch()) {
        const std::string last = match.captured(1).toStdString();
        if (findPreset(last) || tensorTypeFromName(last) ||
            QString::fromStdString(last).compare(QLatin1String("fp16"), Qt::CaseInsensitive) == 0)
            base.truncate(match.capturedStart());
    }
    QString suffix = recipeName.simplified();
    static const QRegularExpression kUnsafe(QStringLiteral("[/\\\\:*?\"<>|\\x00-\\x1f ]+"));
    suffix.replace(kUnsafe, QStringLiteral("_"));
    return suffix.isEmpty() ? base + QStringLiteral(".gguf") : QStringLiteral("%1-%2.gguf").arg(base, suffix);
}

void ExportController::showInFolder(const QString& path)
{
    QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(path).absolutePath()));
}

}  // namespace ww
