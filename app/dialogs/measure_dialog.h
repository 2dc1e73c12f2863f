// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include "app/controllers/measure_controller.h"

class QCheckBox;
class QComboBox;
class QListWidget;
class QPushButton;

namespace ww {

class TextChoice;
struct Workbench;

/// What to measure, on which text, with how many windows, and how long it may take.
class MeasureDialog : public QDialog {
    Q_OBJECT
public:
    /// `presets`: the common presets are checked, too.
    MeasureDialog(Workbench& workbench, bool presets, QWidget* parent = nullptr);

    [[nodiscard]] MeasureOptions options() const;
    [[nodiscard]] std::vector<int> chosenRecipes() const;
    [[nodiscard]] QStringList chosenPresets() const;

private:
    void build();
    void fillList(bool presets);
    void refresh();
    [[nodiscard]] QString note(std::uint32_t windows) const;
    [[nodiscard]] int modelCount() const;
    [[nodiscard]] QString stepsNote(const QString& textPath) const;

    Workbench& m_workbench;
    QListWidget* m_list = nullptr;
    TextChoice* m_text = nullptr;
    QCheckBox* m_divergence = nullptr;
    QComboBox* m_inputs = nullptr;
    QPushButton* m_start = nullptr;
};

}  // namespace ww
