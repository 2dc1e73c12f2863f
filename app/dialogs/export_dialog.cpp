// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QSignalBlocker>
#include <QStorageInfo>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "app/dialogs/buttons.h"
#include "app/dialogs/metadata_dialog.h"
#include "app/paths.h"
#include "app/plan_warnings.h"
#include "app/workbench.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

enum Column { RecipeColumn, FileColumn, SizeColumn, StateColumn };
constexpr int kRecipeIdRole = Qt::UserRole;
/// More sentences than this are summed up; the table of tensors has them all.
constexpr int kMaxWarnings = 4;

}  // namespace

ExportDialog::ExportDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export"));
    resize(860, 480);
    build();
    fillList();
    refresh();
    connect(&m_workbench.jobs, &JobRunner::tick, this, &ExportDialog::updateJobs);
    connect(&m_workbench.exports, &ExportController::exported, this, [this](std::uint64_t job, const QString& path) {
        if (!m_jobs.contains(job)) return;
        m_lastExported = path;
        m_show->setEnabled(true);
    });
    connect(&m_workbench.exports, &ExportController::failed, this, [this](std::uint64_t job, const QString& sentence) {
        if (const auto it = m_jobs.find(job); it != m_jobs.end()) it->second->setToolTip(StateColumn, sentence);
    });
    connect(&m_workbench.document, &Document::modelChanged, this, &QDialog::close);
}

void ExportDialog::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    auto* intro =
        new QLabel(tr("Each checked recipe becomes one GGUF file that llama.cpp and programs built on it run unchanged."));
    intro->setWordWrap(true);
    layout->addWidget(intro);

    m_list = new QTreeWidget;
    m_list->setObjectName(QStringLiteral("exportList"));
    m_list->setAccessibleName(tr("Recipes to export"));
    m_list->setHeaderLabels({tr("Recipe"), tr("File name"), tr("Size"), tr("State")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                            QAbstractItemView::SelectedClicked);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(FileColumn, QHeaderView::Stretch);
    m_list->header()->resizeSection(RecipeColumn, 160);
    m_list->header()->resizeSection(StateColumn, 110);
    layout->addWidget(m_list, 1);
    connect(m_list, &QTreeWidget::itemChanged, this, &ExportDialog::refresh);

    auto* row = new QHBoxLayout;
    auto* label = new QLabel(tr("&Folder:"));
    m_folder = new QLineEdit;
    m_folder->setObjectName(QStringLiteral("exportFolder"));
    label->setBuddy(m_folder);
    auto* browseButton = new QPushButton(icon("folder"), tr("&Browse…"));
    browseButton->setAutoDefault(false);
    connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
    row->addWidget(label);
    row->addWidget(m_folder, 1);
    row->addWidget(browseButton);
    layout->addLayout(row);
    connect(m_folder, &QLineEdit::textChanged, this, &ExportDialog::refresh);

    layout->addWidget(buildAnalysis());
    layout->addWidget(buildExtras());

    m_space = new QLabel;
    m_space->setObjectName(QStringLiteral("exportSpace"));
    m_space->setWordWrap(true);
    layout->addWidget(m_space);
    m_warnings = new QLabel;
    m_warnings->setObjectName(QStringLiteral("exportWarnings"));
    m_warnings->setWordWrap(true);
    m_warnings->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    layout->addWidget(m_warnings);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    localizeButtons(buttons);
    m_start = buttons->addButton(tr("&Export"), QDialogButtonBox::ActionRole);
    m_start->setObjectName(QStringLiteral("exportStart"));
    m_start->setDefault(true);
    m_cancel = buttons->addButton(tr("Cancel &Work"), QDialogButtonBox::ActionRole);
    m_cancel->setObjectName(QStringLiteral("exportCancel"));
    m_show = buttons->addButton(tr("&Show in Folder"), QDialogButtonBox::ActionRole);
    m_show->setEnabled(false);
    for (QPushButton* button : {m_cancel, m_show, buttons->button(QDialogButtonBox::Close)}) button->setAutoDefault(false);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(m_start, &QPushButton::clicked, this, &ExportDialog::start);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        for (const auto& [job, item] : m_jobs) m_workbench.jobs.cancel(job);
    });
    connect(m_show, &QPushButton::clicked, this, [this] { ExportController::showInFolder(m_lastExported); });
}

QWidget* ExportDialog::buildAnalysis()
{
    m_analysisRow = new QWidget;
    auto* row = new QHBoxLayout(m_analysisRow);
    row->setContentsMargins(0, 0, 0, 0);
    auto* label = new QLabel(tr("What &analysis methods choose is stored:"));
    m_analysis = new QComboBox;
    m_analysis->setObjectName(QStringLiteral("exportAnalysis"));
    m_analysis->addItem(tr("rounded again to the formats of the recipe"), static_cast<int>(AnalysisAs::Chosen));
    m_analysis->addItem(tr("as F16, with nothing lost on top"), static_cast<int>(AnalysisAs::F16));
    m_analysis->addItem(tr("as the nearest format, by llama.cpp’s search"), static_cast<int>(AnalysisAs::Nearest));
    m_analysis->setToolTip(tr("No GGUF file holds the numbers of these methods themselves. Both losses are shown when the file is written."));
    label->setBuddy(m_analysis);
    row->addWidget(label);
    row->addWidget(m_analysis);
    row->addStretch(1);
    m_analysisRow->hide();
    connect(m_analysis, &QComboBox::currentIndexChanged, this, &ExportDialog::planAgain);
    return m_analysisRow;
}

void ExportDialog::planAgain()
{
    {
        const QSignalBlocker block(m_list);
        for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
            QTreeWidgetItem* item = m_list->topLevelItem(i);
            const int id = item->data(RecipeColumn, kRecipeIdRole).toInt();
            const DocumentRecipe* recipe = m_workbench.document.find(id);
            const auto base = m_bases.find(id);
            if (!recipe || base == m_bases.end() || !base->second) continue;
            Recipe rest = recipe->recipe;
            rest.transform.clear();  // they made the model
            PlanOptions options = Document::planOptions(*base->second);
            options.analysisAs = static_cast<AnalysisAs>(m_analysis->currentData().toInt());
            auto plan = resolve(rest, *base->second->survey, options);
            if (!plan) continue;
            m_plans[id] = std::make_shared<const Plan>(std::move(*plan));
            item->setText(SizeColumn, sizeText(m_plans[id]->sizeBytes));
        }
    }
    refresh();
}

QWidget* ExportDialog::buildExtras()
{
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(14);
    m_card = new QCheckBox(tr("&Model card"));
    m_card->setObjectName(QStringLiteral("exportCard"));
    m_card->setToolTip(tr("README.md in the folder: what the model is, a table of the files, and what was measured"));
    m_recipe = new QCheckBox(tr("&Recipe"));
    m_recipe->setObjectName(QStringLiteral("exportRecipe"));
    m_recipe->setToolTip(tr("NAME.recipe.json beside each file, to make it again"));
    m_importance = new QCheckBox(tr("&Importance matrix"));
    m_importance->setObjectName(QStringLiteral("exportImportance"));
    m_importance->setToolTip(tr("NAME.imatrix.gguf beside each file, for llama.cpp and others"));
    m_importance->setEnabled(m_workbench.document.importance() != nullptr);
    auto* also = new QLabel(tr("Also write:"));
    row->addWidget(also);
    for (QCheckBox* check : {m_card, m_recipe, m_importance}) row->addWidget(check);
    row->addStretch(1);
    auto* partsLabel = new QLabel(tr("&Parts of at most:"));
    m_parts = new QDoubleSpinBox;
    m_parts->setObjectName(QStringLiteral("exportParts"));
    m_parts->setRange(0, 1000);
    m_parts->setDecimals(2);
    m_parts->setSuffix(QStringLiteral(" GiB"));
    m_parts->setSpecialValueText(tr("one file"));
    m_parts->setToolTip(tr("Large models are often shared in parts; programs open them by the first one"));
    partsLabel->setBuddy(m_parts);
    row->addWidget(partsLabel);
    row->addWidget(m_parts);
    auto* facts = new QPushButton(tr("&About the Model…"));
    facts->setAutoDefault(false);
    facts->setToolTip(tr("Name, license, chat template and other facts that exported files carry"));
    connect(facts, &QPushButton::clicked, this, [this] {
        auto* dialog = new MetadataDialog(m_workbench, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    row->addWidget(facts);
    return box;
}

void ExportDialog::fillList()
{
    const Document& document = m_workbench.document;
    if (!document.model()) return;
    const QString modelPath = fromPath(document.model()->path());
    QString folder = m_workbench.settings.exportFolder();
    if (folder.isEmpty() || !QFileInfo(folder).isDir()) {
        folder = QFileInfo(modelPath).absolutePath();
        // The sample lies in the program's own folder: no place for results.
        if (modelPath == sampleModelPath() || !QFileInfo(folder).isWritable()) folder = QDir::homePath();
    }
    m_folder->setText(QDir::toNativeSeparators(folder));
    QSet<QString> names;
    for (const DocumentRecipe& recipe : document.recipes()) {
        auto* item = new QTreeWidgetItem(m_list);
        item->setData(RecipeColumn, kRecipeIdRole, recipe.id);
        item->setText(RecipeColumn, QString::fromStdString(recipe.recipe.name));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsEditable);
        item->setCheckState(RecipeColumn, recipe.id == document.currentId() ? Qt::Checked : Qt::Unchecked);
        item->setTextAlignment(SizeColumn, Qt::AlignRight | Qt::AlignVCenter);
        if (recipe.plan) {
            item->setText(SizeColumn, sizeText(recipe.plan->sizeBytes));
            m_plans[recipe.id] = recipe.plan;
            m_bases[recipe.id] = recipe.base;
        }
        if (!recipe.plan || recipe.stepsPending) {
            item->setCheckState(RecipeColumn, Qt::Unchecked);
            item->setFlags(Qt::ItemIsSelectable);
            if (recipe.planError) item->setToolTip(RecipeColumn, QString::fromStdString(recipe.planError->message));
            if (recipe.stepsPending) {
                item->setText(FileColumn, tr("The steps of this recipe are being run; open this window again then."));
                item->setToolTip(FileColumn, item->text(FileColumn));
                continue;
            }
        }
        QString name = ExportController::proposedName(modelPath, document.model()->metadata(), QString::fromStdString(recipe.recipe.name));
        for (int n = 2; names.contains(name.toLower()); ++n)
            name = ExportController::proposedName(modelPath, document.model()->metadata(),
                                                  QStringLiteral("%1-%2").arg(QString::fromStdString(recipe.recipe.name)).arg(n));
        names.insert(name.toLower());
        item->setText(FileColumn, name);
    }
    m_list->resizeColumnToContents(SizeColumn);
    if (m_list->topLevelItemCount() > 0) m_list->setCurrentItem(m_list->topLevelItem(0));
}

QString ExportDialog::targetOf(const QTreeWidgetItem* item) const
{
    QString name = item->text(FileColumn).trimmed();
    if (!name.endsWith(QLatin1String(".gguf"), Qt::CaseInsensitive)) name += QStringLiteral(".gguf");
    return QDir(QDir::fromNativeSeparators(m_folder->text().trimmed())).filePath(name);
}

bool ExportDialog::isBusy() const
{
    for (const auto& [job, item] : m_jobs)
        if (const JobInfo* info = m_workbench.jobs.find(job); info && info->state <= JobState::Running) return true;
    return false;
}

void ExportDialog::refresh()
{
    const QString folder = QDir::fromNativeSeparators(m_folder->text().trimmed());
    std::uint64_t needed = 0;
    int chosen = 0;
    QStringList problems;
    QStringList warnings;
    QSet<QString> targets;
    bool analysis = false;
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        const QTreeWidgetItem* item = m_list->topLevelItem(i);
        if (item->checkState(RecipeColumn) != Qt::Checked) continue;
        ++chosen;
        const QString target = targetOf(item);
        const int id = item->data(RecipeColumn, kRecipeIdRole).toInt();
        const auto plan = m_plans.find(id);
        if (plan != m_plans.end()) {
            needed += plan->second->sizeBytes;
            for (const PlanWarning& warning : plan->second->warnings) warnings << planWarningText(warning);
            analysis = analysis || std::ranges::any_of(plan->second->entries, [](const PlanEntry& entry) { return !entry.analysis.empty(); });
            for (const PlanEntry& entry : plan->second->entries)
                if (!entry.warnings.empty()) warnings << planWarningsText(entry.warnings);
        }
        if (item->text(FileColumn).trimmed().isEmpty()) problems << tr("A file needs a name.");
        if (targets.contains(target)) problems << tr("Two recipes have the same file name %1.").arg(QFileInfo(target).fileName());
        targets.insert(target);
        if (m_workbench.document.model() && m_workbench.document.model()->isSameFile(toPath(target)))
            problems << tr("%1 is the model that is open. Choose another name or folder.").arg(QFileInfo(target).fileName());
        else if (QFileInfo::exists(target))
            warnings.prepend(tr("%1 exists and will be replaced.").arg(QFileInfo(target).fileName()));
    }
    m_analysisRow->setVisible(analysis);
    const QFileInfo folderInfo(folder);
    QString space;
    if (folder.isEmpty() || !folderInfo.isDir()) {
        problems << tr("The folder %1 does not exist.").arg(m_folder->text());
    } else if (!folderInfo.isWritable()) {
        problems << tr("You may not write into %1. Choose another folder.").arg(m_folder->text());
    } else {
        const QStorageInfo storage(folder);
        const auto free = static_cast<std::uint64_t>(std::max<qint64>(0, storage.bytesAvailable()));
        space = tr("Needed: %1. Free there: %2.").arg(sizeText(needed), sizeText(free));
        if (free < needed) problems << tr("There is too little space: %1 are missing.").arg(sizeText(needed - free));
    }
    warnings.removeDuplicates();
    if (warnings.size() > kMaxWarnings) {
        const int more = static_cast<int>(warnings.size()) - kMaxWarnings;
        warnings.resize(kMaxWarnings);
        warnings << tr("And %n more; the table of tensors marks them.", nullptr, more);
    }
    m_space->setText(problems.isEmpty() ? space : problems.join(QLatin1Char(' ')));
    QPalette colors = palette();
    if (!problems.isEmpty()) colors.setColor(QPalette::WindowText, themeColors(colors).error);
    m_space->setPalette(colors);
    m_warnings->setText(warnings.join(QLatin1Char('\n')));
    m_warnings->setVisible(!warnings.isEmpty());
    const bool busy = isBusy();
    m_start->setEnabled(chosen > 0 && problems.isEmpty() && !busy);
    m_cancel->setEnabled(busy);
}

void ExportDialog::start()
{
    std::vector<ExportRequest> requests;
    std::vector<QTreeWidgetItem*> items;
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_list->topLevelItem(i);
        const int id = item->data(RecipeColumn, kRecipeIdRole).toInt();
        const auto plan = m_plans.find(id);
        if (item->checkState(RecipeColumn) != Qt::Checked || plan == m_plans.end()) continue;
        requests.push_back({id, item->text(RecipeColumn), plan->second, targetOf(item), m_bases[id]});
        items.push_back(item);
    }
    if (requests.empty()) return;
    m_workbench.settings.setExportFolder(QDir::fromNativeSeparators(m_folder->text().trimmed()));
    m_jobs.clear();
    const std::vector<std::uint64_t> jobs = m_workbench.exports.start(
        requests, {.recipe = m_recipe->isChecked(),
                   .importance = m_importance->isChecked() && m_importance->isEnabled(),
                   .card = m_card->isChecked(),
                   .partBytes = static_cast<std::uint64_t>(m_parts->value() * 1073741824.0)});
    for (std::size_t i = 0; i < jobs.size(); ++i) m_jobs[jobs[i]] = items[i];
    updateJobs();
    refresh();
}

void ExportDialog::updateJobs()
{
    if (m_jobs.empty()) return;
    const QSignalBlocker block(m_list);
    for (const auto& [job, item] : m_jobs) {
        const JobInfo* info = m_workbench.jobs.find(job);
        if (!info) continue;
        QString text = jobStateText(info->state);
        if (info->state == JobState::Running && info->fraction) text = percentText(*info->fraction);
        item->setText(StateColumn, text);
    }
    const bool busy = isBusy();
    if (busy != m_cancel->isEnabled()) refresh();
}

void ExportDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Choose a Folder"), QDir::fromNativeSeparators(m_folder->text()));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& path) { m_folder->setText(QDir::toNativeSeparators(path)); });
    dialog->open();
}

}  // namespace ww
