// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>
#include <optional>

class QLabel;
class QProgressBar;
class QToolButton;

namespace ww {

/// What the status bar shows of the foremost job. Plain value.
struct JobDisplay {
    QString title;                   ///< "Measuring Q4_K_M"; translated
    QString detail;                  ///< the tensor's name or the phase; tooltip
    std::optional<double> fraction;  ///< 0 … 1; empty: unknown, the bar runs
    std::optional<double> secondsLeft;
    int waiting = 0;  ///< jobs behind this one
    bool cancelling = false;
};

/// Text, progress bar, percent, time left, cancel: for the status bar. Empty without a job.
class JobIndicator : public QWidget {
    Q_OBJECT
public:
    explicit JobIndicator(QWidget* parent = nullptr);
    void showJob(const JobDisplay& job);
    void clear();
    /// "Measuring Q4_K_M, 62 %, 0:41 left"; empty without a job.
    [[nodiscard]] QString text() const { return m_text; }

Q_SIGNALS:
    void cancelRequested();
    /// A click on the text or bar: open the list of jobs.
    void activated();

private:
    QToolButton* m_title = nullptr;
    QProgressBar* m_bar = nullptr;
    QLabel* m_time = nullptr;
    QToolButton* m_cancel = nullptr;
    QString m_text;
};

}  // namespace ww
