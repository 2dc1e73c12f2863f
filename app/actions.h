// SPDX-License-Identifier: GPL-3.0-or-later
// Every action of the window in one place: text, shortcut, icon, tip. Who carries them out connects to them.
#pragma once

#include <QAction>
#include <QObject>

#include <vector>

namespace ww {

class Actions : public QObject {
    Q_OBJECT
public:
    explicit Actions(QObject* parent);

    // File
    QAction* open;
    QAction* openSample;
    QAction* save;
    QAction* saveAs;
    QAction* startOver;
    QAction* importanceMatrix;
    QAction* removeImportance;
    QAction* exportModel;
    QAction* compareMethods;
    QAction* modelFacts;
    QAction* report;
    QAction* close;
    QAction* quit;
    // Edit
    QAction* undo;
    QAction* redo;
    QAction* selectAll;
    QAction* findTensor;
    QAction* settings;
    // Recipe
    QAction* newRecipe;
    QAction* duplicateRecipe;
    QAction* renameRecipe;
    QAction* deleteRecipe;
    QAction* loadRecipe;
    QAction* saveRecipe;
    QAction* importTensorTypes;
    QAction* exportTensorTypes;
    QAction* recipeSteps;
    QAction* recipeRules;
    QAction* resetTensors;
    // Measure
    QAction* calibrate;
    QAction* measure;
    QAction* measurePresets;
    QAction* weightErrors;
    QAction* jobs;
    QAction* stopAll;
    // View
    QAction* goToMap;
    QAction* goToTable;
    QAction* goToInspector;
    QAction* goToResults;
    QAction* fullScreen;
    QAction* resetLayout;
    // Help
    QAction* shortcuts;
    QAction* about;

    /// Those that make sense only with a model.
    [[nodiscard]] const std::vector<QAction*>& needModel() const { return m_needModel; }
    /// All with a shortcut, for the overview.
    [[nodiscard]] const std::vector<QAction*>& all() const { return m_all; }

private:
    QAction* make(const char* name, const QString& text, const QKeySequence& shortcut, const char* icon, const QString& tip,
                  bool needsModel);
    std::vector<QAction*> m_needModel;
    std::vector<QAction*> m_all;
};

}  // namespace ww
