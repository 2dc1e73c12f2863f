// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QMimeData>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/actions.h"
#include "app/choices.h"
#include "app/dialogs/about_dialog.h"
#include "app/dialogs/calibrate_dialog.h"
#include "app/dialogs/export_dialog.h"
#include "app/dialogs/job_list_dialog.h"
#include "app/dialogs/measure_dialog.h"
#include "app/dialogs/metadata_dialog.h"
#include "app/dialogs/method_bench_dialog.h"
#include "app/dialogs/recipe_dialog.h"
#include "app/dialogs/settings_dialog.h"
#include "app/dialogs/steps_dialog.h"
#include "app/pages/budget_bar.h"
#include "app/pages/inspector_panel.h"
#include "app/pages/results_panel.h"
#include "app/pages/start_page.h"
#include "app/pages/workbench_page.h"
#include "app/paths.h"
#include "app/workbench.h"
#include "base/atomic_file.h"
#include "plan/preset.h"
#include "widgets/theme/format_text.h"
#include "widgets/theme/theme.h"
#include "widgets/views/drop_area.h"
#include "widgets/views/job_indicator.h"
#include "widgets/views/layer_map.h"
#include "widgets/views/layer_map_canvas.h"
#include "widgets/views/tensor_table.h"

#include <QTreeView>

namespace ww {
MainWindow::MainWindow(Workbench& workbench, QWidget* parent) : QMainWindow(parent), m_workbench(workbench)
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    m_actions = new Actions(this);
    m_start = new StartPage(workbench);
    m_page = new WorkbenchPage(workbench, *m_actions);
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_start);
    m_stack->addWidget(m_page);
    auto* center = new QWidget;
    auto* layout = new QVBoxLayout(center);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(new MessageBar(workbench.messages));
    layout->addWidget(m_stack, 1);
    setCentralWidget(center);

    buildMenus();
    buildToolBar();
    buildStatusBar();
    connectFile();
    connectRecipe();
    connectRest();

    setMinimumSize(900, 560);
    if (!restoreGeometry(workbench.settings.windowGeometry())) resize(1280, 800);
    fillRecentMenu();
    fillRecipeCombo();
    m_stack->setCurrentWidget(workbench.document.isOpen() ? static_cast<QWidget*>(m_page) : m_start);
    refreshTitle();
    refreshActions();
    refreshStatus();
    refreshJob();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildMenus()
{
    Actions& a = *m_actions;
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(a.open);
    m_recentMenu = file->addMenu(tr("Open &Recent"));
    file->addAction(a.openSample);
    file->addSeparator();
    file->addAction(a.save);
    file->addAction(a.saveAs);
    file->addAction(a.startOver);
    file->addSeparator();
    file->addAction(a.importanceMatrix);
    file->addAction(a.removeImportance);
    file->addSeparator();
    file->addAction(a.modelFacts);
    file->addAction(a.exportModel);
    file->addAction(a.report);
    file->addSeparator();
    file->addAction(a.close);
    file->addAction(a.quit);

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addAction(a.undo);
    edit->addAction(a.redo);
    edit->addSeparator();
    edit->addAction(a.selectAll);
    edit->addAction(a.findTensor);
    edit->addSeparator();
    edit->addAction(a.settings);

    QMenu* recipe = menuBar()->addMenu(tr("&Recipe"));
    recipe->addAction(a.newRecipe);
    recipe->addAction(a.duplicateRecipe);
    recipe->addAction(a.renameRecipe);
    recipe->addAction(a.deleteRecipe);
    recipe->addSeparator();
    m_presetMenu = recipe->addMenu(icon("preset"), tr("&Preset"));
    recipe->addAction(a.recipeRules);
    recipe->addAction(a.resetTensors);
    recipe->addAction(a.recipeSteps);
    recipe->addSeparator();
    recipe->addAction(a.loadRecipe);
    recipe->addAction(a.saveRecipe);
    recipe->addAction(a.importTensorTypes);
    recipe->addAction(a.exportTensorTypes);
    connect(m_presetMenu, &QMenu::aboutToShow, this, [this] { fillPresetMenu(m_presetMenu); });

    QMenu* measure = menuBar()->addMenu(tr("&Measure"));
    measure->addAction(a.calibrate);
    measure->addSeparator();
    measure->addAction(a.measure);
    measure->addAction(a.measurePresets);
    measure->addAction(a.weightErrors);
    measure->addAction(a.compareMethods);
    measure->addSeparator();
    measure->addAction(a.jobs);
    measure->addAction(a.stopAll);

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addAction(a.goToMap);
    view->addAction(a.goToTable);
    view->addAction(a.goToInspector);
    view->addAction(a.goToResults);
    view->addSeparator();
    view->addAction(a.fullScreen);
    view->addAction(a.resetLayout);

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(a.shortcuts);
    help->addAction(a.about);
}

void MainWindow::buildToolBar()
{
    Actions& a = *m_actions;
    QToolBar* bar = addToolBar(tr("Toolbar"));
    bar->setObjectName(QStringLiteral("toolBar"));
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize({18, 18});
    bar->addAction(a.open);
    bar->addSeparator();

    auto* label = new QLabel(tr("Rec&ipe:"));
    label->setContentsMargins(6, 0, 4, 0);
    bar->addWidget(label);
    m_recipeCombo = new QComboBox;
    m_recipeCombo->setObjectName(QStringLiteral("recipeCombo"));
    m_recipeCombo->setAccessibleName(tr("Current recipe"));
    m_recipeCombo->setToolTip(tr("The recipe that is shown and changed"));
    m_recipeCombo->setMinimumWidth(150);
    m_recipeCombo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    label->setBuddy(m_recipeCombo);
    bar->addWidget(m_recipeCombo);
    bar->addAction(a.newRecipe);
    bar->addAction(a.duplicateRecipe);
    for (QAction* action : {a.newRecipe, a.duplicateRecipe})
        if (auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(action)))
            button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    connect(m_recipeCombo, &QComboBox::activated, this,
            [this](int index) { m_workbench.document.setCurrent(m_recipeCombo->itemData(index).toInt()); });

    m_presetButton = new QToolButton;
    m_presetButton->setObjectName(QStringLiteral("presetButton"));
    m_presetButton->setText(tr("Preset"));
    m_presetButton->setIcon(icon("preset"));
    m_presetButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_presetButton->setPopupMode(QToolButton::InstantPopup);
    m_presetButton->setToolTip(tr("Start the recipe from another preset; your own choices for single tensors stay"));
    m_presetButton->setFocusPolicy(Qt::TabFocus);
    auto* presets = new QMenu(m_presetButton);
    connect(presets, &QMenu::aboutToShow, this, [this, presets] { fillPresetMenu(presets); });
    m_presetButton->setMenu(presets);
    bar->addWidget(m_presetButton);
    bar->addSeparator();
    bar->addAction(a.undo);
    bar->addAction(a.redo);
    for (QAction* action : {a.undo, a.redo})
        if (auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(action)))
            button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    auto* budget = new BudgetBar(m_workbench);
    budget->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(budget);
    bar->addAction(a.calibrate);
    bar->addAction(a.measure);
    bar->addAction(a.exportModel);
    for (QAction* action : bar->actions())
        if (QWidget* widget = bar->widgetForAction(action)) {
            if (qobject_cast<QToolButton*>(widget)) widget->setFocusPolicy(Qt::TabFocus);
        }
}

void MainWindow::buildStatusBar()
{
    m_sizeLabel = new QLabel;
    m_sizeLabel->setObjectName(QStringLiteral("statusSize"));
    m_bitsLabel = new QLabel;
    m_bitsLabel->setObjectName(QStringLiteral("statusBits"));
    m_perplexityLabel = new QLabel;
    m_perplexityLabel->setObjectName(QStringLiteral("statusPerplexity"));
    m_importanceLabel = new QLabel;
    m_importanceLabel->setObjectName(QStringLiteral("statusImportance"));
    m_predictionLabel = new QLabel;
    m_predictionLabel->setObjectName(QStringLiteral("statusPrediction"));
    for (QLabel* label : {m_sizeLabel, m_bitsLabel, m_perplexityLabel, m_predictionLabel, m_importanceLabel}) {
        label->setContentsMargins(8, 0, 8, 0);
        statusBar()->addWidget(label);
    }
    m_indicator = new JobIndicator;
    m_indicator->setObjectName(QStringLiteral("jobIndicator"));
    statusBar()->addPermanentWidget(m_indicator);
    statusBar()->setSizeGripEnabled(false);
    connect(m_indicator, &JobIndicator::activated, this, &MainWindow::showJobs);
    connect(m_indicator, &JobIndicator::cancelRequested, this, [this] {
        if (const auto job = m_workbench.jobs.foremost()) m_workbench.jobs.cancel(job->id);
    });
    connect(&m_workbench.jobs, &JobRunner::tick, this, &MainWindow::refreshJob);
}

void MainWindow::connectFile()
{
    Actions& a = *m_actions;
    ProjectController& projects = m_workbench.projects;
    connect(a.open, &QAction::triggered, this, &MainWindow::openDialog);
    connect(a.openSample, &QAction::triggered, this, &MainWindow::openSample);
    connect(a.save, &QAction::triggered, this, [this, &projects] {
        if (projects.projectPath().isEmpty())
            saveProjectAs();
        else
            projects.save();
    });
    connect(a.saveAs, &QAction::triggered, this, &MainWindow::saveProjectAs);
    connect(a.startOver, &QAction::triggered, &projects, &ProjectController::startOver);
    connect(a.importanceMatrix, &QAction::triggered, this, &MainWindow::loadImportanceMatrix);
    connect(a.removeImportance, &QAction::triggered, this, [this] { m_workbench.document.setImportance(nullptr); });
    connect(&m_workbench.document, &Document::importanceChanged, this, &MainWindow::refreshStatus);
    connect(a.exportModel, &QAction::triggered, this, &MainWindow::showExport);
    connect(a.report, &QAction::triggered, this, &MainWindow::saveReport);
    connect(a.modelFacts, &QAction::triggered, this, [this] {
        if (!m_workbench.document.isOpen()) return;
        auto* dialog = new MetadataDialog(m_workbench, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    connect(a.close, &QAction::triggered, &projects, &ProjectController::close);
    connect(a.quit, &QAction::triggered, this, &QWidget::close);
    connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);

    connect(m_start, &StartPage::openRequested, this, &MainWindow::openDialog);
    connect(m_start, &StartPage::sampleRequested, this, &MainWindow::openSample);
    connect(m_start, &StartPage::restoreRequested, &projects, &ProjectController::restoreLast);
    connect(m_start, &StartPage::pathRequested, this, &MainWindow::openPath);
    connect(&projects, &ProjectController::modelMissing, this, &MainWindow::findModel);
    connect(&projects, &ProjectController::viewStateRestored, m_page, &WorkbenchPage::setViewState);
    connect(&projects, &ProjectController::projectPathChanged, this, &MainWindow::refreshTitle);
    connect(&projects, &ProjectController::openingChanged, this, &MainWindow::refreshActions);
    connect(m_page, &WorkbenchPage::viewStateChanged, this, [this] { m_workbench.projects.setViewState(m_page->viewState()); });
    connect(&m_workbench.document, &Document::modelChanged, this, [this] {
        m_stack->setCurrentWidget(m_workbench.document.isOpen() ? static_cast<QWidget*>(m_page) : m_start);
        if (m_workbench.document.isOpen()) m_page->map()->canvas()->setFocus();
        refreshTitle();
        refreshActions();
    });
    connect(&m_workbench.document, &Document::modifiedChanged, this, &MainWindow::setWindowModified);
}

void MainWindow::connectRecipe()
{
    Actions& a = *m_actions;
    Document& document = m_workbench.document;
    QUndoStack& stack = document.undoStack();
    connect(a.undo, &QAction::triggered, &stack, &QUndoStack::undo);
    connect(a.redo, &QAction::triggered, &stack, &QUndoStack::redo);
    connect(&stack, &QUndoStack::indexChanged, this, &MainWindow::refreshActions);
    connect(a.newRecipe, &QAction::triggered, this, [this, &document] {
        if (!document.current()) return;
        Recipe recipe;
        recipe.preset = document.current()->recipe.preset.empty() ? "Q4_K_M" : document.current()->recipe.preset;
        recipe.name = recipe.preset;
        document.addRecipe(std::move(recipe), tr("Add a recipe"));
    });
    connect(a.duplicateRecipe, &QAction::triggered, this, [&document] { document.duplicateRecipe(document.currentId()); });
    connect(a.renameRecipe, &QAction::triggered, this, &MainWindow::renameRecipe);
    connect(a.deleteRecipe, &QAction::triggered, this, [&document] { document.removeRecipe(document.currentId()); });
    connect(a.recipeRules, &QAction::triggered, this, &MainWindow::editRules);
    connect(a.resetTensors, &QAction::triggered, this,
            [this, &document] { document.resetOverrides(m_workbench.selection.tensors()); });
    connect(a.loadRecipe, &QAction::triggered, this, &MainWindow::loadRecipeFile);
    connect(a.saveRecipe, &QAction::triggered, this, &MainWindow::saveRecipeFile);
    connect(a.importTensorTypes, &QAction::triggered, this, &MainWindow::importTensorTypes);
    connect(a.exportTensorTypes, &QAction::triggered, this, &MainWindow::exportTensorTypes);
    connect(&document, &Document::recipesChanged, this, &MainWindow::fillRecipeCombo);
    connect(&document, &Document::currentRecipeChanged, this, &MainWindow::fillRecipeCombo);
    connect(&document, &Document::planChanged, this, &MainWindow::refreshStatus);
    connect(&document, &Document::variantsChanged, this, &MainWindow::refreshStatus);
}

void MainWindow::connectRest()
{
    Actions& a = *m_actions;
    connect(a.selectAll, &QAction::triggered, m_page, &WorkbenchPage::selectAll);
    connect(a.findTensor, &QAction::triggered, this, [this] { m_page->table()->focusFilter(); });
    connect(a.settings, &QAction::triggered, this, [this] {
        auto* dialog = new SettingsDialog(m_workbench.settings, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    connect(&m_workbench.budget, &BudgetController::tableChanged, this, &MainWindow::refreshStatus);
    connect(&m_workbench.calibrate, &CalibrateController::runningChanged, this, &MainWindow::refreshPlanMessage);
    connect(&m_workbench.calibrate, &CalibrateController::calibrated, this, [this](const MeasureOptions& options, int probeMinutes) {
        if (probeMinutes > 0) m_workbench.budget.probe(options, probeMinutes);
    });
    connect(a.calibrate, &QAction::triggered, this, &MainWindow::showCalibrate);
    connect(a.measure, &QAction::triggered, this, [this] { showMeasure(false); });
    connect(a.measurePresets, &QAction::triggered, this, [this] { showMeasure(true); });
    const auto compare = [this](bool oneTensor) {
        const auto& tensor = m_workbench.selection.current();
        if (!m_workbench.document.isOpen() || (oneTensor && !tensor)) return;
        auto* dialog = new MethodBenchDialog(m_workbench, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        if (oneTensor) dialog->setTensor(QString::fromStdString(m_workbench.document.model()->tensors()[*tensor].name));
        dialog->show();
    };
    connect(a.recipeSteps, &QAction::triggered, this, &MainWindow::showSteps);
    connect(a.compareMethods, &QAction::triggered, this, [compare] { compare(false); });
    connect(m_page->inspector(), &InspectorPanel::compareRequested, this, [compare] { compare(true); });
    connect(a.weightErrors, &QAction::triggered, this, [this] {
        if (m_workbench.reports.measureAllErrors() == 0)
            m_workbench.messages.post(Severity::Info, tr("The weight errors of this recipe are all measured."));
    });
    connect(&m_workbench.reports, &TensorReports::failed, this, [this](const QString&, const Error& error) {
        m_workbench.messages.error(tr("The weight errors could not be measured."), error);
    });
    connect(a.jobs, &QAction::triggered, this, &MainWindow::showJobs);
    connect(a.stopAll, &QAction::triggered, this, [this] { m_workbench.jobs.cancelAll(); });
    connect(a.goToMap, &QAction::triggered, this, [this] { m_page->map()->canvas()->setFocus(Qt::ShortcutFocusReason); });
    connect(a.goToTable, &QAction::triggered, this, [this] { m_page->table()->view()->setFocus(Qt::ShortcutFocusReason); });
    connect(a.goToInspector, &QAction::triggered, this, [this] { m_page->inspector()->focusFirst(); });
    connect(a.goToResults, &QAction::triggered, this, [this] { m_page->results()->focusFirst(); });
    connect(a.fullScreen, &QAction::toggled, this,
            [this](bool on) { setWindowState(windowState().setFlag(Qt::WindowFullScreen, on)); });
    connect(a.resetLayout, &QAction::triggered, this, [this] {
        m_workbench.settings.clearLayout();
        m_page->resetLayout();
    });
    connect(a.shortcuts, &QAction::triggered, this, [this] { makeShortcutsDialog(*m_actions, this)->open(); });
    connect(a.about, &QAction::triggered, this, [this] { makeAboutDialog(this)->open(); });
    connect(&m_workbench.selection, &Selection::changed, this, &MainWindow::refreshActions);
    connect(&m_workbench.settings, &Settings::threadsChanged, this,
            [this] { m_workbench.jobs.setThreads(m_workbench.settings.threads()); });
}

void MainWindow::fillRecentMenu()
{
    m_recentMenu->clear();
    const QStringList files = m_workbench.settings.recentFiles();
    for (const QString& path : files)
        m_recentMenu->addAction(QDir::toNativeSeparators(path).replace(QLatin1Char('&'), QLatin1String("&&")), this,
                                [this, path] { openPath(path); });
    m_recentMenu->setEnabled(!files.isEmpty());
    if (files.isEmpty()) return;
    m_recentMenu->addSeparator();
    m_recentMenu->addAction(tr("&Clear List"), &m_workbench.settings, &Settings::clearRecentFiles);
}

void MainWindow::fillPresetMenu(QMenu* menu)
{
    for (QAction* action : menu->actions())
        if (action->menu()) action->menu()->deleteLater();
    menu->clear();
    menu->setToolTipsVisible(true);
    const auto& survey = m_workbench.document.survey();
    if (!survey) return;
    const Recipe& recipe = m_workbench.document.current()->recipe;
    const auto add = [this, &recipe](QMenu* to, const PresetChoice& preset) {
        // The size stands in the shortcut column: right-aligned, and read aloud with the name.
        auto* action =
            to->addAction(tr("%1 – %2\t%3, %4", "preset, what it is good for, size, bits per weight")
                              .arg(preset.name, preset.description, sizeText(preset.sizeBytes), bitsPerWeightText(preset.bitsPerWeight)),
                          this, [this, name = preset.name] { m_workbench.document.setPreset(name); });
        action->setData(preset.name);
        action->setEnabled(preset.enabled);
        action->setToolTip(preset.enabled ? preset.description : needsImportanceText());
        action->setCheckable(true);
        action->setChecked(!recipe.base && QString::fromStdString(recipe.preset) == preset.name);
    };
    const Document& document = m_workbench.document;
    const auto choices = presetChoices(*survey, document.planOptions(), true);
    for (const PresetChoice& preset : choices)
        if (preset.common) add(menu, preset);
    menu->addSeparator();
    QMenu* more = menu->addMenu(tr("&More Presets"));
    more->setToolTipsVisible(true);
    for (const PresetChoice& preset : choices)
        if (!preset.common) add(more, preset);
    QMenu* uniform = menu->addMenu(tr("&One Format Everywhere"));
    uniform->setToolTipsVisible(true);
    for (const FormatChoice& choice : uniformChoices(document.importance() != nullptr)) {
        const TensorType type = *choice.type;
        auto* action = uniform->addAction(formatMenuText(choice), this, [this, type] { m_workbench.document.setUniform(type); });
        action->setData(formatName(type));
        action->setEnabled(choice.enabled);
        if (!choice.enabled) action->setToolTip(choice.disabledReason);
        action->setCheckable(true);
        action->setChecked(recipe.base == type);
    }
}

void MainWindow::fillRecipeCombo()
{
    const QSignalBlocker block(m_recipeCombo);
    m_recipeCombo->clear();
    const Document& document = m_workbench.document;
    for (const DocumentRecipe& item : document.recipes()) {
        m_recipeCombo->addItem(QString::fromStdString(item.recipe.name), item.id);
        m_recipeCombo->setItemData(m_recipeCombo->count() - 1, recipeSummary(item.recipe), Qt::ToolTipRole);
    }
    m_recipeCombo->setCurrentIndex(m_recipeCombo->findData(document.currentId()));
    m_recipeCombo->setEnabled(document.isOpen());
    if (const DocumentRecipe* current = document.current()) {
        const Recipe& recipe = current->recipe;
        const bool none = !recipe.base && recipe.preset == kCopyPreset;
        m_presetButton->setText(none ? tr("No preset") :
            tr("Preset: %1").arg(recipe.base ? formatName(*recipe.base) : QString::fromStdString(recipe.preset)));
    } else {
        m_presetButton->setText(tr("Preset"));
    }
    refreshActions();
}

void MainWindow::refreshTitle()
{
    const QString name = m_workbench.projects.displayName();
    setWindowTitle(name.isEmpty() ? QStringLiteral("Weightwright") : tr("%1[*] – Weightwright").arg(name));
    setWindowModified(m_workbench.document.isModified());
}

void MainWindow::refreshActions()
{
    const Document& document = m_workbench.document;
    const bool open = document.isOpen();
    for (QAction* action : m_actions->needModel()) action->setEnabled(open);
    m_presetButton->setEnabled(open);
    QUndoStack& stack = m_workbench.document.undoStack();
    m_actions->undo->setEnabled(stack.canUndo());
    m_actions->redo->setEnabled(stack.canRedo());
    m_actions->undo->setText(stack.canUndo() ? tr("&Undo: %1").arg(stack.undoText()) : tr("&Undo"));
    m_actions->redo->setText(stack.canRedo() ? tr("&Redo: %1").arg(stack.redoText()) : tr("&Redo"));
    m_actions->deleteRecipe->setEnabled(document.recipes().size() > 1);
    m_actions->exportModel->setEnabled(document.plan() != nullptr);
    m_actions->report->setEnabled(document.plan() != nullptr);
    m_actions->measure->setEnabled(document.plan() != nullptr);
    bool anyRule = false;
    if (document.plan())
        for (const PlanEntry& entry : document.plan()->entries)
            anyRule = anyRule || (entry.decision == Decision::Rule && m_workbench.selection.contains(entry.tensorIndex));
    m_actions->resetTensors->setEnabled(anyRule);
    m_actions->removeImportance->setEnabled(document.importance() != nullptr);
    m_actions->openSample->setEnabled(!sampleModelPath().isEmpty());
}

void MainWindow::refreshStatus()
{
    const Document& document = m_workbench.document;
    refreshPlanMessage();
    refreshActions();
    for (QLabel* label : {m_sizeLabel, m_bitsLabel}) label->setVisible(document.shownPlan() != nullptr);
    for (QLabel* label : {m_perplexityLabel, m_predictionLabel}) label->setVisible(document.plan() != nullptr);
    m_importanceLabel->setVisible(document.importance() != nullptr);
    if (const auto& matrix = document.importance()) {
        // The text it was made from says more than a file in the cache.
        const QString source = matrix->datasets.empty() ? document.importancePath() : QString::fromStdString(matrix->datasets.front());
        m_importanceLabel->setText(tr("Importance: %1", "text or file").arg(QFileInfo(source).fileName()));
        m_importanceLabel->setToolTip(tr("%n tensor(s) are quantized by the importance of their columns, from %1", nullptr,
                                         static_cast<int>(matrix->entries.size()))
                                          .arg(QDir::toNativeSeparators(source)));
    }
    if (!document.shownPlan()) return;
    const Plan& plan = *document.shownPlan();
    const double change =
        plan.sourceSizeBytes == 0 ? 0.0 : static_cast<double>(plan.sizeBytes) / static_cast<double>(plan.sourceSizeBytes) - 1.0;
    m_sizeLabel->setText(tr("%1 (%2)", "size, change in percent").arg(sizeText(plan.sizeBytes), signedPercentText(change)));
    m_sizeLabel->setToolTip(tr("Exact size of the exported file; the model has %1").arg(sizeText(plan.sourceSizeBytes)));
    m_bitsLabel->setText(bitsPerWeightText(plan.bitsPerWeight()));
    m_bitsLabel->setToolTip(tr("Bits per weight: size of the exported file over %1 weights").arg(countText(plan.parameters)));
    if (!document.plan()) return;
    refreshPrediction();
    const Variant* variant = document.variantFor(document.current()->recipe);
    if (variant && variant->divergence) {
        // What was measured says more than what was predicted; the tip keeps both together.
        const DivergenceFigures& measured = *variant->divergence;
        const QString predicted = m_predictionLabel->text();
        m_predictionLabel->setText(tr("KLD %1 ± %2 measured", "value, standard error")
                                       .arg(errorText(measured.mean), measured.mean > 0 ? percentText(measured.meanError / measured.mean) : errorText(0)));
        m_predictionLabel->setToolTip(tr("KL divergence from the original on %1, in nats per token").arg(QFileInfo(variant->textPath).fileName()) +
                                      (predicted.isEmpty() ? QString() : QLatin1Char('\n') + predicted));
        m_predictionLabel->show();
    }
    if (!variant) {
        m_perplexityLabel->setText(tr("PPL not measured yet"));
        m_perplexityLabel->setToolTip(tr("Perplexity: use Measure"));
        return;
    }
    const QString measured = perplexityText(variant->perplexity, variant->standardError);
    QString text = tr("PPL %1 measured").arg(measured);
    if (const Variant* original = document.variantFor(std::nullopt, variant))
        text = tr("PPL %1 measured, %2 to the original")
                   .arg(measured, deltaErrorText(variant->perplexity - original->perplexity, variant->deltaError));
    m_perplexityLabel->setText(text);
    m_perplexityLabel->setToolTip(tr("Perplexity on %1: %n window(s) of %2 tokens", nullptr, static_cast<int>(variant->windows))
                                      .arg(QFileInfo(variant->textPath).fileName(), countText(variant->contextLength)) +
                                  (variant->activations == Activations::LlamaCpp ? tr(", inputs rounded as llama.cpp does") : QString()));
}

void MainWindow::refreshPlanMessage()
{
    const Document& document = m_workbench.document;
    UserMessages& messages = m_workbench.messages;
    if (m_planMessage != 0) messages.dismiss(std::exchange(m_planMessage, 0));
    const auto& error = document.planError();
    if (!error) return;
    const std::vector<TransformStep> steps = document.current()->recipe.transform;
    const MessageAction again{tr("Run Again"), [this, steps] { m_workbench.document.rerunSteps(steps, false); }};
    const bool needsText = error->code == ErrorCode::MissingCalibration || (error->code == ErrorCode::MissingImportance && !document.importance());
    if (error->code == ErrorCode::Cancelled) {
        m_planMessage = messages.post(Severity::Warning, tr("The steps of this recipe were stopped."),
                                      tr("Until they are run the window shows the formats that are planned; nothing can be measured or exported."), {again});
    } else if (document.current()->stepsFailed) {
        m_planMessage = messages.error(tr("The steps of this recipe could not be run."), *error,
                                       {again, {tr("Change Steps…"), [this] { showSteps(); }}});
    } else if (!needsText) {
        m_planMessage = messages.error(tr("This recipe does not work for this model."), *error);
    } else {
        const MeasureOptions text = m_workbench.calibrate.defaultOptions();
        const QString name = QFileInfo(text.textPath).fileName();
        const bool grams = error->code == ErrorCode::MissingCalibration;
        const QString meanwhile = tr("Until then the window shows the formats that are planned; nothing can be measured or exported.");
        m_planMessage =
            m_workbench.calibrate.isRunning()
                ? messages.post(Severity::Info, tr("This recipe waits for the calibration."), meanwhile)
                : messages.post(Severity::Warning, tr("This recipe needs a calibration: the model reads a text and notes what its layers see."), meanwhile,
                                {{tr("Calibrate with %1", "name of a text").arg(name), [this, text, grams] { m_workbench.calibrate.start(text, 0, grams); }},
                                 {tr("Other Text…"), [this] { showCalibrate(); }}});
    }
}

void MainWindow::refreshPrediction()
{
    const Document& document = m_workbench.document;
    const auto& table = m_workbench.budget.table();
    const bool byProbes = table && table->basis() == BudgetTable::Basis::Probes;
    QString text;
    QString tip;
    if (const auto kld = byProbes ? table->predict(*document.plan()) : std::nullopt) {
        text = tr("KLD %1 (%2 to %3) predicted", "value, lower and upper end").arg(errorText(kld->kld), errorText(kld->low), errorText(kld->high));
        tip = kld->rankingOnly ? tr("So far from the original the figure only tells which of two recipes is better.")
                               : tr("KL divergence from the original, predicted from probes of single tensors; the measured value lies "
                                    "between the two ends in about nine of ten cases.");
    } else if (!byProbes && document.current()->recipe.preset == kCopyPreset && table) {
        text = tr("formats by weight error (estimated)");
        tip = tr("Not calibrated: formats are judged by the errors they make in the weights. Calibrate with probes for a prediction.");
    }
    m_predictionLabel->setText(text);
    m_predictionLabel->setToolTip(tip);
    m_predictionLabel->setVisible(!text.isEmpty());
}

void MainWindow::refreshJob()
{
    const auto job = m_workbench.jobs.foremost();
    if (!job) {
        m_indicator->clear();
        return;
    }
    JobDisplay display;
    display.title = job->title;
    display.detail = job->phase;
    if (!job->detail.isEmpty()) display.detail = tr("%1: %2", "phase of a job, detail").arg(job->phase, job->detail);
    display.fraction = job->fraction;
    display.secondsLeft = job->secondsLeft;
    display.waiting = m_workbench.jobs.waitingCount();
    display.cancelling = job->cancelling;
    m_indicator->showJob(display);
}

void MainWindow::openDialog()
{
    const QStringList recent = m_workbench.settings.recentFiles();
    auto* dialog = new QFileDialog(this, tr("Open"), recent.isEmpty() ? QDir::homePath() : QFileInfo(recent.front()).absolutePath(),
                                   tr("Models and projects (*.gguf *.wwproj *.safetensors config.json);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openPath);
    dialog->open();
}

void MainWindow::openSample()
{
    openPath(sampleModelPath());
}

void MainWindow::openPath(const QString& path)
{
    if (path.isEmpty()) return;
    m_workbench.messages.dismissAll();
    m_workbench.projects.open(path);
}

void MainWindow::showCalibrate()
{
    if (!m_workbench.document.isOpen()) return;
    auto* dialog = new CalibrateDialog(m_workbench, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::showSteps()
{
    if (!m_workbench.document.isOpen()) return;
    auto* dialog = new StepsDialog(m_workbench, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::findModel(const QString& missing)
{
    loadFile(tr("Find %1").arg(QFileInfo(missing).fileName()), tr("Models (*.gguf);;All files (*)"),
             [this](const QString& path) { m_workbench.projects.findModel(path); });
}

void MainWindow::renameRecipe()
{
    const DocumentRecipe* current = m_workbench.document.current();
    if (!current) return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(QStringLiteral("renameDialog"));
    dialog->setWindowTitle(tr("Rename Recipe"));
    dialog->setLabelText(tr("Name:"));
    dialog->setOkButtonText(tr("Rename"));
    dialog->setCancelButtonText(tr("Cancel"));
    dialog->setTextValue(QString::fromStdString(current->recipe.name));
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, id = current->id](const QString& name) { m_workbench.document.renameRecipe(id, name); });
    dialog->open();
}

void MainWindow::editRules()
{
    const DocumentRecipe* current = m_workbench.document.current();
    if (!current) return;
    Recipe rest = current->recipe;
    rest.transform.clear();  // they made the model that the dialog plans for
    auto* dialog = new RecipeDialog(m_workbench.document.model(), m_workbench.document.survey(), rest, m_workbench.document.planOptions(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, id = current->id] {
        if (m_workbench.document.currentId() != id) return;
        Recipe changed = dialog->recipe();
        changed.transform = m_workbench.document.current()->recipe.transform;
        m_workbench.document.changeContent(changed, tr("Change rules and options"));
    });
    dialog->open();
}

void MainWindow::showMeasure(bool presets)
{
    if (!m_workbench.document.isOpen()) return;
    auto* dialog = new MeasureDialog(m_workbench, presets, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::showExport()
{
    if (!m_workbench.document.isOpen()) return;
    auto* dialog = new ExportDialog(m_workbench, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::showJobs()
{
    if (!m_jobList) m_jobList = new JobListDialog(m_workbench.jobs, this);
    m_jobList->show();
    m_jobList->raise();
    m_jobList->activateWindow();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_workbench.settings.setWindowGeometry(saveGeometry());
    m_page->saveLayout();
    m_workbench.jobs.cancelAll();
    m_workbench.projects.flush();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!droppedPaths(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    const QStringList paths = droppedPaths(event->mimeData());
    if (paths.isEmpty()) return;
    event->acceptProposedAction();
    openPath(paths.front());
}

}  // namespace ww
