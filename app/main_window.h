// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>

#include <functional>
#include <optional>

class QComboBox;
class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace ww {

class Actions;
struct Recipe;
class JobIndicator;
class JobListDialog;
class StartPage;
class WorkbenchPage;
struct Workbench;

/// The window: menus, toolbar, status bar, start page or workbench, messages. Holds no state of the work itself, so it can be built
/// anew at any time.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(Workbench& workbench, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] WorkbenchPage* page() const { return m_page; }
    [[nodiscard]] Actions& actions() const { return *m_actions; }

public Q_SLOTS:
    void openDialog();
    void openSample();
    void openPath(const QString& path);
    /// Reads an importance matrix in the background, takes it, and tells what it does not cover.
    void loadImportanceFrom(const QString& path);
    /// Writes what the window shows as a page with plots and tables, in the background; a message says when it is done.
    void writeReport(const QString& path);
    /// The steps of the current recipe that change the model before it is quantized.
    void showSteps();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildMenus();
    void buildToolBar();
    void buildStatusBar();
    void connectFile();
    void connectRecipe();
    void connectRest();
    void fillRecentMenu();
    void fillPresetMenu(QMenu* menu);
    void fillRecipeCombo();
    void refreshTitle();
    void refreshActions();
    void refreshStatus();
    void refreshPlanMessage();
    void refreshPrediction();
    void refreshJob();
    void saveProjectAs();
    void saveFile(const QString& title, const QString& name, const QString& filter, const QString& suffix,
                  const std::function<void(const QString&)>& write);
    void loadFile(const QString& title, const QString& filter, const std::function<void(const QString&)>& read);
    void loadImportanceMatrix();
    void loadRecipeFile();
    void saveRecipeFile();
    void importTensorTypes();
    void exportTensorTypes();
    void renameRecipe();
    void editRules();
    void showMeasure(bool presets);
    void showExport();
    void saveReport();
    void showCalibrate();
    void showJobs();
    void findModel(const QString& missing);

    Workbench& m_workbench;
    Actions* m_actions = nullptr;
    QStackedWidget* m_stack = nullptr;
    StartPage* m_start = nullptr;
    WorkbenchPage* m_page = nullptr;
    QMenu* m_recentMenu = nullptr;
    QMenu* m_presetMenu = nullptr;
    QComboBox* m_recipeCombo = nullptr;
    QToolButton* m_presetButton = nullptr;
    QLabel* m_sizeLabel = nullptr;
    QLabel* m_bitsLabel = nullptr;
    QLabel* m_perplexityLabel = nullptr;
    QLabel* m_predictionLabel = nullptr;
    QLabel* m_importanceLabel = nullptr;
    JobIndicator* m_indicator = nullptr;
    JobListDialog* m_jobList = nullptr;
    int m_planMessage = 0;
};

}  // namespace ww
