// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <memory>

#include "io/model_file.h"
#include "plan/plan.h"
#include "plan/recipe.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace ww {

/// The rules and options of one recipe. Works on a copy; the caller takes recipe() when it is accepted.
class RecipeDialog : public QDialog {
    Q_OBJECT
public:
    RecipeDialog(std::shared_ptr<const ModelFile> model, std::shared_ptr<const ModelSurvey> survey, Recipe recipe,
                 PlanOptions options, QWidget* parent = nullptr);
    [[nodiscard]] const Recipe& recipe() const { return m_recipe; }

private:
    void build();
    QWidget* buildAdder();
    QWidget* buildOptions();
    void fillRules(int current);
    void addRule();
    void removeRules();
    void moveRule(int by);
    void refresh();
    void refreshAdder();

    std::shared_ptr<const ModelFile> m_model;  ///< kept alive for the survey
    std::shared_ptr<const ModelSurvey> m_survey;
    Recipe m_recipe;
    PlanOptions m_options;
    QTreeWidget* m_rules = nullptr;
    QPushButton* m_remove = nullptr;
    QPushButton* m_up = nullptr;
    QPushButton* m_down = nullptr;
    QLineEdit* m_pattern = nullptr;
    QComboBox* m_format = nullptr;
    QPushButton* m_add = nullptr;
    QLabel* m_matches = nullptr;
    QComboBox* m_method = nullptr;
    QPushButton* m_methodOptions = nullptr;
    QComboBox* m_ruleMethod = nullptr;
    QComboBox* m_output = nullptr;
    QComboBox* m_embedding = nullptr;
    QCheckBox* m_pure = nullptr;
    QCheckBox* m_leaveOutput = nullptr;
    QLabel* m_result = nullptr;
    QPushButton* m_ok = nullptr;
};

}  // namespace ww
