// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

#include "widgets/models/tensor_row.h"

class QComboBox;
class QLabel;
class QPushButton;

namespace ww {

class DamagePlot;
struct Workbench;

/// Which tensors hurt, and where the next mebibyte is spent best. Figures come from the size slider's table: from probes after
/// calibrating, else from weight errors, which are weighed when the page is first shown.
class SensitivityPage : public QWidget {
    Q_OBJECT
public:
    explicit SensitivityPage(Workbench& workbench, QWidget* parent = nullptr);
    void setRows(std::vector<TensorRow> rows);
    /// Draws anew, also while nobody looks; otherwise that waits until the page is shown.
    void refresh();
    [[nodiscard]] DamagePlot* plot() const { return m_plot; }

Q_SIGNALS:
    void tensorClicked(int row);
    void calibrateRequested();

protected:
    void showEvent(QShowEvent* event) override;

private:
    Workbench& m_workbench;
    QComboBox* m_what = nullptr;
    DamagePlot* m_plot = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_calibrate = nullptr;
    std::vector<TensorRow> m_rows;
};

}  // namespace ww
