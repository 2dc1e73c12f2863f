// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <mutex>
#include <string>

#include "app/job_runner.h"

class QDoubleSpinBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace ww {

struct Workbench;

/// A prompt, continued by the original and by the current recipe side by side; text appears as it is made, Stop acts at once.
class TryItPage : public QWidget {
    Q_OBJECT
public:
    explicit TryItPage(Workbench& workbench, QWidget* parent = nullptr);
    ~TryItPage() override;

    [[nodiscard]] bool isRunning() const;

private:
    /// Filled by the job, emptied ten times a second by the window.
    struct Stream {
        std::mutex mutex;
        std::string text;
        int tokens = 0;
    };
    struct Side {
        QLabel* heading = nullptr;
        QPlainTextEdit* view = nullptr;
        QLabel* status = nullptr;
        std::unique_ptr<JobSlot> slot;
        std::shared_ptr<Stream> stream;
        int tokens = 0;
        bool waiting = false;
    };

    void build();
    QWidget* buildSide(Side& side, const QString& name);
    void start();
    void stop();
    void run(Side& side, bool original);
    void drain(Side& side);
    void finish(Side& side, const QString& status);
    void refresh();

    Workbench& m_workbench;
    QPlainTextEdit* m_prompt = nullptr;
    QSpinBox* m_tokenCount = nullptr;
    QDoubleSpinBox* m_temperature = nullptr;
    QSpinBox* m_seed = nullptr;
    QPushButton* m_start = nullptr;
    QPushButton* m_stop = nullptr;
    Side m_original;
    Side m_recipe;
};

}  // namespace ww
