// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/recipe_edits.h"
#include "widgets/models/tensor_row.h"

class QJsonObject;
class QLabel;
class QMenu;
class QSplitter;
class QToolButton;

namespace ww {

class Actions;
class FormatPalette;
class InspectorPanel;
class LayerMap;
class ResultsPanel;
class TensorTable;
class TensorTreeModel;
struct Workbench;

/// The window's content while a model is open: layer map and tensor table at the left, inspector and results at the right. Keeps
/// the views, the shared selection and the plan in step.
class WorkbenchPage : public QWidget {
    Q_OBJECT
public:
    WorkbenchPage(Workbench& workbench, Actions& actions, QWidget* parent = nullptr);

    [[nodiscard]] InspectorPanel* inspector() const { return m_inspector; }
    [[nodiscard]] ResultsPanel* results() const { return m_results; }
    [[nodiscard]] const std::vector<TensorRow>& rows() const;
    [[nodiscard]] LayerMap* map() const { return m_map; }
    [[nodiscard]] TensorTable* table() const { return m_table; }

    void selectAll();
    void restoreLayout();
    void saveLayout() const;
    void resetLayout();
    [[nodiscard]] QJsonObject viewState() const;
    void setViewState(const QJsonObject& state);

Q_SIGNALS:
    void viewStateChanged();

private:
    void build();
    [[nodiscard]] QWidget* buildSteps();
    void refreshSteps();
    /// Another model under the same recipe list: it may have a tensor more or less.
    void takeBase();
    void connectViews();
    void resetColumns();
    [[nodiscard]] bool hasRoomForGain() const;
    [[nodiscard]] int gainWidth() const;
    void buildColumnMenu();
    void refreshFormats();
    void fillFormatMenu();
    void refreshRows();
    void onErrors(const QList<int>& tensors);
    void showSelection();
    void selectRows(const QList<int>& rows, int current);
    void extendMenu(QMenu* menu);
    void chooseFormat(const TensorSet& tensors, std::optional<TensorType> format);

    Workbench& m_workbench;
    Actions& m_actions;
    TensorTreeModel* m_model = nullptr;
    QWidget* m_stepsRow = nullptr;  ///< hidden for recipes without steps
    QLabel* m_steps = nullptr;
    QToolButton* m_changeSteps = nullptr;
    LayerMap* m_map = nullptr;
    FormatPalette* m_palette = nullptr;
    QToolButton* m_allFormats = nullptr;
    TensorTable* m_table = nullptr;
    InspectorPanel* m_inspector = nullptr;
    ResultsPanel* m_results = nullptr;
    QSplitter* m_columns = nullptr;
    QSplitter* m_left = nullptr;
    QSplitter* m_right = nullptr;
    bool m_newModel = true;
    bool m_gainShown = false;
};

}  // namespace ww
