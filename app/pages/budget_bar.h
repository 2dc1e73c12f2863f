// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstdint>
#include <optional>

#include "app/job_runner.h"

class QLineEdit;

namespace ww {

class BudgetSlider;
struct MemoryTarget;
struct Workbench;

/// The size of the file as a slider with presets as ticks, and as a field that takes "6 GiB", "4.5 bpw", "70 %" or "6 GiB with 8k".
class BudgetBar : public QWidget {
    Q_OBJECT
public:
    explicit BudgetBar(Workbench& workbench, QWidget* parent = nullptr);

private:
    void refresh();
    void refreshReach();
    void refreshTicks();
    void take();
    /// The largest file that runs in the memory; empty, with a message, when there is none.
    [[nodiscard]] std::optional<std::uint64_t> fileFor(const MemoryTarget& target);

    Workbench& m_workbench;
    BudgetSlider* m_slider = nullptr;
    QLineEdit* m_field = nullptr;
    JobSlot m_ticksSlot;
};

}  // namespace ww
