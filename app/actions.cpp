// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions.h"

#include "widgets/theme/theme.h"

namespace ww {

QAction* Actions::make(const char* name, const QString& text, const QKeySequence& shortcut, const char* iconName,
                       const QString& tip, bool needsModel)
{
    auto* action = new QAction(text, this);
    action->setObjectName(QString::fromLatin1(name));
    action->setData(text);  // undo and redo change theirs
    if (!shortcut.isEmpty()) action->setShortcut(shortcut);
    if (iconName) action->setIcon(icon(iconName));
    const QString keys = shortcut.toString(QKeySequence::NativeText);
    action->setToolTip(keys.isEmpty() ? tip : tr("%1 (%2)", "tool tip, shortcut").arg(tip, keys));
    action->setStatusTip(tip);
    if (needsModel) m_needModel.push_back(action);
    m_all.push_back(action);
    return action;
}

Actions::Actions(QObject* parent) : QObject(parent)
{
    using K = QKeySequence;
    open = make("open", tr("&Open…"), K::Open, "open", tr("Open a model or a project"), false);
    openSample = make("openSample", tr("Open the &Sample Model"), {}, nullptr,
                      tr("Open the small model that comes with the program"), false);
    save = make("save", tr("&Save Project"), K::Save, "save", tr("Save recipes and measurements in a project file"), true);
    saveAs = make("saveAs", tr("Save Project &As…"), K(Qt::CTRL | Qt::SHIFT | Qt::Key_S), nullptr,
                  tr("Save recipes and measurements in another project file"), true);
    startOver = make("startOver", tr("Start &Over"), {}, nullptr,
                     tr("Put recipes and measurements away and begin with a fresh recipe"), true);
    importanceMatrix = make("importanceMatrix", tr("&Importance Matrix…"), {}, nullptr,
                            tr("Load how much each column of the weights matters (imatrix, GGUF or .dat): better quality below 5 bits"),
                            true);
    removeImportance = make("removeImportance", tr("Re&move Importance Matrix"), {}, nullptr,
                            tr("Quantize without the importance matrix again"), true);
    exportModel = make("export", tr("&Export…"), K(Qt::CTRL | Qt::Key_E), "export", tr("Write quantized GGUF files"), true);
    modelFacts = make("modelFacts", tr("A&bout the Model…"), {}, "info",
                      tr("Name, license, chat template and other facts that exported files carry"), true);
    report = make("report", tr("Save Re&port…"), {}, "chart", tr("Write a page with plots, tables and everything that was measured"), true);
    close = make("close", tr("&Close"), K(Qt::CTRL | Qt::Key_W), nullptr, tr("Close the model; recipes and measurements are kept"),
                 true);
    quit = make("quit", tr("&Quit"), K(Qt::CTRL | Qt::Key_Q), nullptr, tr("Save the work and leave"), false);
    quit->setMenuRole(QAction::QuitRole);

    undo = make("undo", tr("&Undo"), K::Undo, "undo", tr("Take the last change of a recipe back"), true);
    redo = make("redo", tr("&Redo"), K(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), "redo", tr("Do the change again"), true);
    selectAll = make("selectAll", tr("Select &All Tensors"), K(Qt::CTRL | Qt::SHIFT | Qt::Key_A), nullptr,
                     tr("Select every tensor of the model"), true);
    findTensor = make("find", tr("&Find Tensor"), K::Find, "search", tr("Filter the table of tensors by name"), true);
    settings =
        make("settings", tr("&Settings…"), K(Qt::CTRL | Qt::Key_Comma), "settings", tr("Appearance, language, threads"), false);
    settings->setMenuRole(QAction::PreferencesRole);

    newRecipe = make("newRecipe", tr("&New Recipe"), K(Qt::CTRL | Qt::Key_N), "add",
                     tr("Add a recipe that starts from the current preset"), true);
    duplicateRecipe = make("duplicateRecipe", tr("&Duplicate Recipe"), K(Qt::CTRL | Qt::Key_D), "duplicate",
                           tr("Add a copy of the current recipe"), true);
    renameRecipe = make("renameRecipe", tr("&Rename Recipe…"), K(Qt::CTRL | Qt::SHIFT | Qt::Key_R), nullptr,
                        tr("Give the current recipe another name"), true);
    deleteRecipe = make("deleteRecipe", tr("De&lete Recipe"), {}, "delete", tr("Remove the current recipe"), true);
    loadRecipe = make("loadRecipe", tr("&Load Recipe…"), {}, nullptr, tr("Add a recipe from a file"), true);
    saveRecipe = make("saveRecipe", tr("&Save Recipe…"), {}, nullptr,
                      tr("Write the current recipe to a file, to share or use on the command line"), true);
    importTensorTypes = make("importTensorTypes", tr("&Import Tensor Types…"), {}, nullptr,
                             tr("Take rules from a tensor type file of llama.cpp into the current recipe"), true);
    exportTensorTypes = make("exportTensorTypes", tr("E&xport Tensor Types…"), {}, nullptr,
                             tr("Write the rules of the current recipe as a tensor type file for llama.cpp"), true);
    recipeSteps = make("recipeSteps", tr("Steps &before Quantizing…"), {}, nullptr,
                       tr("Rotation, SmoothQuant or AWQ: change the weights so that the model computes the same and can be quantized better"), true);
    recipeRules = make("recipeRules", tr("Rules and &Options…"), K(Qt::CTRL | Qt::Key_R), "recipe",
                       tr("See and change the rules of the current recipe"), true);
    resetTensors = make("resetTensors", tr("Reset Selected &Tensors"), K(Qt::CTRL | Qt::Key_Backspace), nullptr,
                        tr("Let the preset decide about the selected tensors again"), true);

    calibrate = make("calibrate", tr("&Calibrate…"), K(Qt::CTRL | Qt::Key_K), "calibrate",
                     tr("Let the model read a text to learn which weights matter: better quality below 5 bits"), true);
    measure = make("measure", tr("&Measure…"), K(Qt::CTRL | Qt::Key_M), "measure",
                   tr("Measure the perplexity of the original and of the current recipe"), true);
    measurePresets = make("measurePresets", tr("Measure &Presets…"), K(Qt::CTRL | Qt::SHIFT | Qt::Key_M), "chart",
                          tr("Measure several presets in one go, to compare size and perplexity"), true);
    compareMethods = make("compareMethods", tr("C&ompare Methods…"), {}, "chart",
                          tr("Measure methods against formats on this model: errors, KL divergence, time"), true);
    weightErrors = make("weightErrors", tr("&Weight Errors of All Tensors"), {}, nullptr,
                        tr("Compare the weights of every tensor before and after quantizing"), true);
    jobs = make("jobs", tr("&Jobs"), K(Qt::CTRL | Qt::Key_J), nullptr, tr("Show running and finished jobs with their logs"), false);
    stopAll = make("stopAll", tr("&Stop All Jobs"), K(Qt::CTRL | Qt::Key_Period), "cancel",
                   tr("Cancel everything that runs or waits"), false);

    goToMap = make("goToMap", tr("Layer &Map"), K(Qt::ALT | Qt::Key_1), "map", tr("Move to the layer map"), true);
    goToTable = make("goToTable", tr("&Tensor Table"), K(Qt::ALT | Qt::Key_2), "table", tr("Move to the table of tensors"), true);
    goToInspector = make("goToInspector", tr("&Inspector"), K(Qt::ALT | Qt::Key_3), nullptr, tr("Move to the inspector"), true);
    goToResults = make("goToResults", tr("&Results"), K(Qt::ALT | Qt::Key_4), "chart", tr("Move to the results"), true);
    fullScreen = make("fullScreen", tr("&Full Screen"), K(Qt::Key_F11), nullptr, tr("Use the whole screen"), false);
    fullScreen->setCheckable(true);
    resetLayout = make("resetLayout", tr("Reset &Layout"), {}, nullptr, tr("Give every panel its usual place and size"), false);

    shortcuts =
        make("shortcuts", tr("&Keyboard Shortcuts"), K(Qt::Key_F1), "help", tr("What can be done with the keyboard"), false);
    about = make("about", tr("&About Weightwright"), {}, "info", tr("Version, licenses and libraries"), false);
    about->setMenuRole(QAction::AboutRole);
}

}  // namespace ww
