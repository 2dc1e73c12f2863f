// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include <optional>
#include <string>
#include <tuple>

#include "app/job_runner.h"
#include "jobs/input_report.h"

class QLabel;

namespace ww {

class HistogramPlot;
struct Workbench;

/// What goes into the selected matrix while the model reads the calibration text: a histogram, and with a method that rounds inputs
/// one of what the matrix gets instead. Computed in the background while the page is visible. GUI thread only.
class InputsPage : public QWidget {
    Q_OBJECT
public:
    explicit InputsPage(Workbench& workbench, QWidget* parent = nullptr);
    ~InputsPage() override;

    [[nodiscard]] const std::optional<InputReport>& report() const { return m_report; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    /// Tensor, method.
    using Key = std::tuple<std::size_t, std::string>;
    [[nodiscard]] std::optional<Key> wanted() const;
    void restart();
    void forget();
    void begin();
    void refresh();

    Workbench& m_workbench;
    JobSlot m_slot;
    QTimer m_rest;
    HistogramPlot* m_plot = nullptr;
    QLabel* m_note = nullptr;
    std::optional<Key> m_shown;
    std::optional<InputReport> m_report;
    std::optional<Error> m_error;
    QString m_textName;
};

}  // namespace ww
