// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/job_runner.h"

class QLineEdit;

namespace ww {

class BudgetSlider;
struct Workbench;

/// The size of the file as a slider with presets as ticks, and as a field that takes "6 GiB", "4.5 bpw" or "70 %".
class BudgetBar : public QWidget {
    Q_OBJECT
public:
    explicit BudgetBar(Workbench& workbench, QWidget* parent = nullptr);

private:
    void refresh();
    void refreshReach();
    void refreshTicks();
    void take();

    Workbench& m_workbench;
    BudgetSlider* m_slider = nullptr;
    QLineEdit* m_field = nullptr;
    JobSlot m_ticksSlot;
};

}  // namespace ww
