// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

#include "plan/plan.h"
#include "widgets/models/tensor_row.h"

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QSpinBox;
class QTabWidget;
class QToolButton;

namespace ww {

class BlockMap;
class HistogramPlot;
class InputsPage;
class LabelledValue;
class RateDistortionPlot;
struct Workbench;

/// The selected tensor: plots of its weights, numbers, and the choice of format and method. With several selected the choice is for
/// all of them ("mixed" where they differ), the plots are of the current one.
class InspectorPanel : public QWidget {
    Q_OBJECT
public:
    explicit InspectorPanel(Workbench& workbench, QWidget* parent = nullptr);

    void setFormats(const std::vector<FormatChoice>& formats);
    void setMethods(const std::vector<MethodChoice>& methods);

    [[nodiscard]] int currentTab() const;
    void setCurrentTab(int tab);
    void focusFirst();

Q_SIGNALS:
    void formatRequested(std::optional<ww::TensorType> format);
    void methodRequested(const QString& method);
    void resetRequested();
    /// A point of the curves: its format and method at once, or of an analysis method the method alone.
    void pointRequested(std::optional<ww::TensorType> format, const QString& method);
    void tabChanged(int tab);
    /// The current tensor in every method.
    void compareRequested();

private:
    void buildHead();
    void buildTabs();
    void buildFacts();
    void buildBlocks();
    void refresh();
    void refreshChoice();
    void refreshMethods(const std::vector<const PlanEntry*>& editable);
    void editMethodOptions();
    void refreshPlots();
    void refreshFacts();
    /// Why the tensor has its format, and what more room for it would buy.
    [[nodiscard]] QString whyText() const;
    void buildCurve();
    void refreshCurve();
    void refreshBlocks();
    /// What a plot without data says: `text`, or why there will be none until something else is done.
    [[nodiscard]] QString busyText(const QString& text) const;
    [[nodiscard]] std::vector<const PlanEntry*> selectedEntries() const;
    [[nodiscard]] const PlanEntry* currentEntry() const;

    Workbench& m_workbench;
    QLabel* m_title = nullptr;
    QLabel* m_subtitle = nullptr;
    QComboBox* m_format = nullptr;
    QComboBox* m_method = nullptr;
    QToolButton* m_methodOptions = nullptr;
    QToolButton* m_reset = nullptr;
    QTabWidget* m_tabs = nullptr;
    HistogramPlot* m_histogram = nullptr;
    HistogramPlot* m_errorPlot = nullptr;
    RateDistortionPlot* m_curve = nullptr;
    QWidget* m_curvePage = nullptr;
    QComboBox* m_curveError = nullptr;    ///< of the weights or of the outputs
    QCheckBox* m_curveAnalysis = nullptr;
    std::vector<std::string> m_curveMethods;  ///< specs of the plot's points
    QLabel* m_blocksHint = nullptr;
    QToolButton* m_compare = nullptr;
    InputsPage* m_inputs = nullptr;
    QWidget* m_numbers = nullptr;
    QWidget* m_blocksPage = nullptr;
    BlockMap* m_blocks = nullptr;
    QSpinBox* m_blocksRow = nullptr;
    QLabel* m_note = nullptr;
    LabelledValue* m_shape = nullptr;
    LabelledValue* m_size = nullptr;
    LabelledValue* m_bits = nullptr;
    LabelledValue* m_error = nullptr;
    LabelledValue* m_rmse = nullptr;
    LabelledValue* m_maxError = nullptr;
    LabelledValue* m_cosine = nullptr;
    LabelledValue* m_sqnr = nullptr;
    LabelledValue* m_mean = nullptr;
    LabelledValue* m_deviation = nullptr;
    LabelledValue* m_range = nullptr;
    LabelledValue* m_kurtosis = nullptr;
    std::vector<FormatChoice> m_formats;
    std::vector<MethodChoice> m_methods;
};

}  // namespace ww
