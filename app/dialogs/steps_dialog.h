// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <vector>

#include "transform/transform_step.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QListWidget;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace ww {

class TextChoice;
struct Workbench;

/// The steps of the current recipe that change the model before it is quantized: chosen and ordered. They become one change of the
/// recipe; StepsController runs them. GUI thread only.
class StepsDialog : public QDialog {
    Q_OBJECT
public:
    explicit StepsDialog(Workbench& workbench, QWidget* parent = nullptr);

    [[nodiscard]] const std::vector<TransformStep>& steps() const { return m_steps; }

private:
    QWidget* buildSteps();
    QWidget* buildOptions();
    void add(TransformStep::Kind kind);
    void move(int by);
    void removeCurrent();
    void showStep();
    void takeOptions();
    void fillList(int current);
    void refresh();
    void use();

    Workbench& m_workbench;
    int m_recipe;  ///< id
    std::vector<TransformStep> m_steps;
    QListWidget* m_list = nullptr;
    QStackedWidget* m_options = nullptr;
    QSpinBox* m_seed = nullptr;
    QDoubleSpinBox* m_alpha = nullptr;
    QComboBox* m_format = nullptr;
    QLabel* m_about = nullptr;
    TextChoice* m_text = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_remove = nullptr;
    QPushButton* m_up = nullptr;
    QPushButton* m_down = nullptr;
    QPushButton* m_use = nullptr;
};

}  // namespace ww
