// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QCheckBox;
class QPushButton;
class QSpinBox;

namespace ww {

class TextChoice;
struct Workbench;

/// Which text the model reads to learn what matters, and how long that takes.
class CalibrateDialog : public QDialog {
    Q_OBJECT
public:
    explicit CalibrateDialog(Workbench& workbench, QWidget* parent = nullptr);

private:
    [[nodiscard]] QString note(std::uint32_t windows) const;

    Workbench& m_workbench;
    TextChoice* m_text = nullptr;
    QCheckBox* m_grams = nullptr;
    QCheckBox* m_probe = nullptr;
    QSpinBox* m_minutes = nullptr;
    QPushButton* m_start = nullptr;
};

}  // namespace ww
