// SPDX-License-Identifier: GPL-3.0-or-later
// Small files that the window reads and writes: projects, recipes, tensor types, reports.
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

#include "app/main_window.h"
#include "app/pages/results_panel.h"
#include "app/pages/workbench_page.h"
#include "app/paths.h"
#include "app/report.h"
#include "app/workbench.h"
#include "base/atomic_file.h"
#include "widgets/models/tensor_tree_model.h"

namespace ww {
namespace {

constexpr std::uint64_t kMaxRulesBytes = std::uint64_t{16} << 20;

/// Reading or writing a small file: in the background, because a disk may be asleep or far away, but nothing to list.
JobSpec fileJob(const QString& path)
{
    return {QFileInfo(path).fileName(), JobQueue::Lane::Foreground, true};
}

}  // namespace

void MainWindow::saveProjectAs()
{
    saveFile(tr("Save Project"), m_workbench.projects.displayName() + QStringLiteral(".wwproj"), tr("Projects (*.wwproj)"),
             QStringLiteral("wwproj"), [this](const QString& path) { m_workbench.projects.saveAs(path); });
}

void MainWindow::saveFile(const QString& title, const QString& name, const QString& filter, const QString& suffix,
                          const std::function<void(const QString&)>& write)
{
    auto* dialog = new QFileDialog(this, title, QDir::homePath(), filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->selectFile(QString(name).replace(QLatin1Char('/'), QLatin1Char('_')));
    connect(dialog, &QFileDialog::fileSelected, this, write);
    dialog->open();
}

void MainWindow::loadFile(const QString& title, const QString& filter, const std::function<void(const QString&)>& read)
{
    auto* dialog = new QFileDialog(this, title, QDir::homePath(), filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, read);
    dialog->open();
}

void MainWindow::loadImportanceMatrix()
{
    loadFile(tr("Importance Matrix"), tr("Importance matrices (*.gguf *.dat *.imatrix);;All files (*)"),
             [this](const QString& path) { loadImportanceFrom(path); });
}

void MainWindow::loadImportanceFrom(const QString& path)
{
    m_workbench.calibrate.load(path);
}

void MainWindow::loadRecipeFile()
{
    loadFile(tr("Load Recipe"), tr("Recipes (*.json);;All files (*)"), [this](const QString& path) {
        m_workbench.jobs.start<Recipe>(
            fileJob(path), [path](const JobContext&) { return loadRecipe(toPath(path)); }, this,
            [this, path](Result<Recipe> recipe) {
                if (recipe)
                    m_workbench.document.addRecipe(std::move(*recipe), tr("Load recipe %1").arg(QFileInfo(path).fileName()));
                else
                    m_workbench.messages.error(tr("The recipe could not be loaded."), recipe.error());
            });
    });
}

void MainWindow::saveRecipeFile()
{
    const DocumentRecipe* current = m_workbench.document.current();
    if (!current) return;
    saveFile(tr("Save Recipe"), QString::fromStdString(current->recipe.name) + QStringLiteral(".json"), tr("Recipes (*.json)"),
             QStringLiteral("json"), [this, recipe = current->recipe](const QString& path) {
                 m_workbench.jobs.start<void>(
                     fileJob(path), [path, recipe](const JobContext&) { return saveRecipe(recipe, toPath(path)); }, this,
                     [this](Result<void> saved) {
                         if (!saved) m_workbench.messages.error(tr("The recipe was not saved."), saved.error());
                     });
             });
}

void MainWindow::importTensorTypes()
{
    using Rules = std::vector<RecipeRule>;
    loadFile(tr("Import Tensor Types"), tr("Texts (*.txt);;All files (*)"), [this](const QString& path) {
        m_workbench.jobs.start<Rules>(
            fileJob(path),
            [path](const JobContext&) -> Result<Rules> {
                WW_TRY(const std::string text, readTextFile(toPath(path), kMaxRulesBytes));
                return rulesFromTensorTypeFile(text);
            },
            this,
            [this, path](Result<Rules> rules) {
                if (!rules) {
                    m_workbench.messages.error(tr("%1 could not be imported.").arg(QFileInfo(path).fileName()), rules.error());
                    return;
                }
                if (!m_workbench.document.current()) return;
                Recipe recipe = m_workbench.document.current()->recipe;
                recipe.rules.insert(recipe.rules.begin(), rules->begin(), rules->end());
                m_workbench.document.changeContent(recipe, tr("Import %n rule(s)", nullptr, static_cast<int>(rules->size())));
            });
    });
}

void MainWindow::exportTensorTypes()
{
    const DocumentRecipe* current = m_workbench.document.current();
    if (!current) return;
    saveFile(tr("Export Tensor Types"), QStringLiteral("tensor-types.txt"), tr("Texts (*.txt)"), QStringLiteral("txt"),
             [this, text = rulesToTensorTypeFile(current->recipe.rules)](const QString& path) {
                 m_workbench.jobs.start<void>(
                     fileJob(path), [path, text](const JobContext&) { return writeTextFile(toPath(path), text); }, this,
                     [this](Result<void> saved) {
                         if (!saved) m_workbench.messages.error(tr("The tensor types were not saved."), saved.error());
                     });
             });
}

void MainWindow::saveReport()
{
    if (!m_workbench.document.plan()) return;
    saveFile(tr("Save Report"), m_workbench.projects.displayName() + QStringLiteral("-report.html"), tr("Web pages (*.html)"),
             QStringLiteral("html"), [this](const QString& path) { writeReport(path); });
}

void MainWindow::writeReport(const QString& path)
{
    if (!m_workbench.document.plan()) return;
    ResultsPanel* results = m_page->results();
    const QString html = reportHtml(m_workbench, m_page->rows(), *results->variants(), results->pictures({900, 480}));
    m_workbench.jobs.start<void>(
        fileJob(path), [path, text = html.toStdString()](const JobContext&) { return writeTextFile(toPath(path), text); }, this,
        [this, path](Result<void> saved) {
            if (saved)
                m_workbench.messages.post(Severity::Success, tr("%1 is ready.").arg(QFileInfo(path).fileName()), {},
                                          {{tr("Show in Folder"), [path] { ExportController::showInFolder(path); }}});
            else
                m_workbench.messages.error(tr("The report was not written."), saved.error());
        });
}

}  // namespace ww
