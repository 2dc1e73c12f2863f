// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QTimer>

#include "app/controllers/measure_controller.h"

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QSpinBox;

namespace ww {

struct Workbench;

/// What to measure, on which text, with how many windows, and how long it may take.
class MeasureDialog : public QDialog {
    Q_OBJECT
public:
    /// `presets`: the common presets are checked, too.
    MeasureDialog(Workbench& workbench, bool presets, QWidget* parent = nullptr);
    ~MeasureDialog() override;

    [[nodiscard]] MeasureOptions options() const;
    [[nodiscard]] std::vector<int> chosenRecipes() const;
    [[nodiscard]] QStringList chosenPresets() const;

private:
    void build();
    void fillList(bool presets);
    void readText();
    void refresh();
    void browse();
    [[nodiscard]] int modelCount() const;

    Workbench& m_workbench;
    QListWidget* m_list = nullptr;
    QLineEdit* m_text = nullptr;
    QSpinBox* m_context = nullptr;
    QSpinBox* m_windows = nullptr;
    QLabel* m_facts = nullptr;
    QPushButton* m_start = nullptr;
    QTimer m_rest;
    JobSlot m_slot;
    std::optional<TextFacts> m_textFacts;
    std::optional<Error> m_textError;
};

}  // namespace ww
