// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <optional>
#include <vector>

#include "plan/recipe.h"
#include "transform/transform_step.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace ww {

class TextChoice;
struct Workbench;

/// The words for a step: "Rotation, seed 1".
[[nodiscard]] QString transformStepTitle(const TransformStep& step);

/// Steps that change the opened model before it is quantized: chosen, ordered, and written as another model that computes the same. A
/// background job writes it; then the window opens it, with what remains of the recipe. GUI thread only.
class TransformDialog : public QDialog {
    Q_OBJECT
public:
    /// `recipe`: where the steps come from; without its steps it is added to the changed model.
    explicit TransformDialog(Workbench& workbench, std::optional<Recipe> recipe = {}, QWidget* parent = nullptr);

    [[nodiscard]] const std::vector<TransformStep>& steps() const { return m_steps; }

private:
    QWidget* buildSteps();
    QWidget* buildOptions();
    void add(TransformStep::Kind kind);
    void removeCurrent();
    void move(int by);
    void showStep();
    void takeOptions();
    void fillList(int current);
    void refresh();
    void browse();
    void start();

    Workbench& m_workbench;
    std::optional<Recipe> m_recipe;
    std::vector<TransformStep> m_steps;
    QListWidget* m_list = nullptr;
    QStackedWidget* m_options = nullptr;
    QSpinBox* m_seed = nullptr;
    QDoubleSpinBox* m_alpha = nullptr;
    QComboBox* m_format = nullptr;
    QLabel* m_about = nullptr;
    TextChoice* m_text = nullptr;
    QLineEdit* m_target = nullptr;
    QComboBox* m_type = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_remove = nullptr;
    QPushButton* m_up = nullptr;
    QPushButton* m_down = nullptr;
    QPushButton* m_start = nullptr;
};

}  // namespace ww
