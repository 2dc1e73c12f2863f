// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/export_controller.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QUrl>

#include <span>

#include "app/paths.h"
#include "base/atomic_file.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "jobs/method_loss.h"
#include "jobs/rewrite.h"
#include "plan/file_name.h"
#include "plan/model_card.h"
#include "widgets/theme/format_text.h"

namespace ww {

namespace {

struct Written {
    std::uint64_t sizeBytes = 0;
    double seconds = 0;
    MethodLoss loss{};  ///< of analysis methods
};

QString lossText(const MethodLoss& loss)
{
    if (loss.tensors == 0) return {};
    return QLatin1Char(' ') + ExportController::tr("Relative squared error of the weights of %n tensor(s): %1 by the method, %2 as stored.", nullptr,
                                                   static_cast<int>(loss.tensors))
                                  .arg(errorText(loss.method), errorText(loss.stored));
}

/// "folder/name.gguf" → "folder/name" + end.
QString besidePath(const QString& target, const QString& end)
{
    const QFileInfo info(target);
    return info.absoluteDir().filePath(info.completeBaseName() + end);
}

/// The first of the parts that writeSplitGguf() made, however many there are.
QString firstPart(const QString& target)
{
    const QFileInfo info(target);
    const QStringList parts =
        info.absoluteDir().entryList({info.completeBaseName() + QStringLiteral("-00001-of-*.gguf")}, QDir::Files, QDir::Time);
    return parts.isEmpty() ? target : info.absoluteDir().filePath(parts.front());
}

Result<Written> writeModel(const ModelFile& model, const ExportRequest& request, std::uint64_t partBytes, const MetadataEdits& edits,
                           const JobContext& context)
{
    if (partBytes == 0 && edits.empty()) {
        // Like the command line: what gptq had finished before a crash or a power cut is taken over the next time.
        const ExportOrder order{request.plan.get(), toPath(request.target), toPath(request.target + QStringLiteral(".part")), false};
        WW_TRY(const auto done, exportTogether(model, std::span(&order, 1), context));
        return Written{done.front().sizeBytes, done.front().seconds};
    }
    FileContent content = contentOf(model, *request.plan);
    WW_TRY_VOID(applyEdits(content.metadata, edits));
    if (partBytes == 0) {
        WW_TRY(const ExportSummary done, writeGguf(model, content, toPath(request.target), context));
        return Written{done.sizeBytes, done.seconds};
    }
    WW_TRY(const SplitSummary done, writeSplitGguf(model, content, {partBytes, 0}, toPath(request.target), context));
    return Written{done.sizeBytes, done.seconds};
}

}  // namespace

ExportController::ExportController(Document& document, JobRunner& jobs, UserMessages& messages, QObject* parent)
    : QObject(parent), m_document(document), m_jobs(jobs), m_messages(messages)
{
}

std::vector<std::uint64_t> ExportController::start(const std::vector<ExportRequest>& requests, const ExportExtras& extras)
{
    std::vector<std::uint64_t> jobs;
    for (const ExportRequest& request : requests) {
        auto number = std::make_shared<std::uint64_t>(0);
        const QString fileName = QFileInfo(request.target).fileName();
        const DocumentRecipe* recipe = m_document.find(request.recipeId);
        *number = m_jobs.start<Written>(
            {tr("Exporting %1").arg(fileName), JobQueue::Lane::Background, false},
            [base = request.base ? request.base : m_document.openedBase(), request, extras, edits = m_document.metadataEdits(),
             content = recipe ? std::optional(recipe->recipe) : std::nullopt](const JobContext& context) -> Result<Written> {
                WW_TRY(Written written, writeModel(*base->model, request, extras.partBytes, edits, context));
                WW_TRY(written.loss, methodLoss(*base->model, *request.plan, context));
                if (extras.recipe && content) {
                    WW_TRY_VOID(saveRecipe(*content, toPath(besidePath(request.target, QStringLiteral(".recipe.json")))));
                }
                if (extras.importance && base->importance) {
                    WW_TRY_VOID(saveImportanceGguf(*base->importance, toPath(besidePath(request.target, QStringLiteral(".imatrix.gguf")))));
                }
                return written;
            },
            this,
            [this, number, target = request.target, fileName](Result<Written> result) {
                if (!result) {
                    m_messages.error(tr("%1 was not written.").arg(fileName), result.error());
                    Q_EMIT failed(*number, QString::fromStdString(result.error().message));
                    return;
                }
                m_messages.post(Severity::Success, tr("%1 is ready.").arg(fileName),
                                tr("%1 in %2.", "size, time").arg(sizeText(result->sizeBytes), durationText(result->seconds)) + lossText(result->loss),
                                {{tr("Show in Folder"), [target] { showInFolder(target); }}});
                Q_EMIT exported(*number, target);
            });
        jobs.push_back(*number);
    }
    if (extras.card && !requests.empty()) writeCard(requests, extras.partBytes);
    return jobs;
}

void ExportController::writeCard(const std::vector<ExportRequest>& requests, std::uint64_t partBytes)
{
    // The figures are taken now; the files are there when the jobs before this one have ended.
    struct File {
        QString target;
        std::optional<Variant> measured;
    };
    std::vector<File> files;
    const Variant* yardstick = nullptr;
    for (const ExportRequest& request : requests) {
        const DocumentRecipe* recipe = m_document.find(request.recipeId);
        const Variant* variant = recipe ? m_document.variantFor(recipe->recipe, yardstick) : nullptr;
        if (variant && yardstick && !sameYardstick(*variant, *yardstick)) variant = nullptr;
        if (variant) yardstick = variant;
        files.push_back({request.target, variant ? std::optional(*variant) : std::nullopt});
    }
    QString measuredOn = yardstick ? tr("%1, %n window(s) of %2 tokens", "text", static_cast<int>(yardstick->windows))
                                               .arg(QFileInfo(yardstick->textPath).fileName(), countText(yardstick->contextLength))
                                         : QString();
    if (yardstick && yardstick->activations == Activations::LlamaCpp) measuredOn += tr(", inputs rounded as llama.cpp does");
    const QString target = QFileInfo(requests.front().target).absoluteDir().filePath(QStringLiteral("README.md"));
    m_jobs.start<void>(
        {tr("Writing the model card"), JobQueue::Lane::Background, false},
        [files, target, measuredOn, partBytes](const JobContext&) -> Result<void> {
            if (QFileInfo::exists(target)) {
                const auto old = readTextFile(toPath(target), std::uint64_t{16} << 20);
                if (!old || !isGeneratedCard(*old))
                    return fail(ErrorCode::Unwritable, "There is a README.md that this program did not write; it was left as it is.",
                                toPath(target));
            }
            ModelCard card;
            for (const File& file : files) {
                const auto model = openAnyModel(toPath(partBytes == 0 ? file.target : firstPart(file.target)));
                if (!model) continue;  // cancelled or failed, which was told
                if (card.files.empty()) card = modelCardOf(**model);
                ModelCardFile line;
                line.fileName = (*model)->path().filename().string();
                line.format = storedFormatName(**model);
                line.sizeBytes = (*model)->fileSizeBytes();
                line.bitsPerWeight = (*model)->bitsPerWeight();
                if (const auto& v = file.measured) {
                    line.perplexity = v->perplexity;
                    line.perplexityError = v->standardError;
                    if (v->divergence) {
                        line.divergence = v->divergence->mean;
                        line.divergenceError = v->divergence->meanError;
                        line.agreement = v->divergence->sameTop;
                    }
                }
                card.files.push_back(std::move(line));
            }
            if (card.files.empty()) return {};
            card.measuredOn = measuredOn.toStdString();
            return writeTextFile(toPath(target), modelCardText(card));
        },
        this,
        [this](Result<void> written) {
            if (!written) m_messages.error(tr("The model card was not written."), written.error());
        });
}

QString ExportController::proposedName(const QString& modelPath, const Metadata& metadata, const QString& recipeName)
{
    return QString::fromStdString(exportFileName(toPath(modelPath), metadata, recipeName.simplified().toStdString()));
}

void ExportController::showInFolder(const QString& path)
{
    QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(path).absolutePath()));
}

}  // namespace ww
