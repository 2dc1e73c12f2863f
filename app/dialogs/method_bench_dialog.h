// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <memory>
#include <mutex>
#include <vector>

#include "app/job_runner.h"
#include "jobs/method_bench.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QTreeWidget;

namespace ww {

class RateDistortionPlot;
class TextChoice;
struct Workbench;

/// Methods against formats on the opened model: a table and a plot that fill while a background job works. Closing the dialog
/// stops it. GUI thread only.
class MethodBenchDialog : public QDialog {
    Q_OBJECT
public:
    explicit MethodBenchDialog(Workbench& workbench, QWidget* parent = nullptr);
    ~MethodBenchDialog() override;

    /// Only this tensor, without the whole model: the curves of all methods over all usual formats.
    void setTensor(const QString& name);

    [[nodiscard]] const std::vector<MethodBenchRow>& rows() const { return m_rows; }
    /// The table as CSV, plain numbers.
    [[nodiscard]] QString csv() const;

private:
    struct Queue {
        std::mutex mutex;
        std::vector<MethodBenchRow> rows;
    };
    QWidget* buildChoices();
    QWidget* buildResults();
    void fillLists();
    [[nodiscard]] MethodBenchOptions options() const;
    void start();
    void drain();
    void refresh();
    void refreshPlot();
    void addRow(const MethodBenchRow& row);
    void save();

    Workbench& m_workbench;
    JobSlot m_slot;
    std::shared_ptr<Queue> m_queue;
    std::vector<MethodBenchRow> m_rows;
    QListWidget* m_methods = nullptr;
    QListWidget* m_formats = nullptr;
    QLineEdit* m_tensors = nullptr;
    TextChoice* m_text = nullptr;
    QCheckBox* m_stages = nullptr;
    QCheckBox* m_model = nullptr;
    QComboBox* m_inputs = nullptr;
    Activations m_activations = Activations::Float;  ///< of m_rows
    QTreeWidget* m_table = nullptr;
    QComboBox* m_quality = nullptr;
    RateDistortionPlot* m_plot = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_start = nullptr;
    QPushButton* m_stop = nullptr;
    QPushButton* m_save = nullptr;
};

}  // namespace ww
