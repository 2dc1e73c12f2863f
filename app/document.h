// SPDX-License-Identifier: GPL-3.0-or-later
// What is being worked on: one model, several recipes, the plan of the current one, and what was measured.
#pragma once

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/metadata_edits.h"
#include "app/recipe_edits.h"
#include "app/variant.h"
#include "base/result.h"
#include "io/model_file.h"
#include "plan/plan.h"
#include "plan/recipe.h"

namespace ww {

/// What plans are made of: the opened model, or what the steps of a recipe make of it. Never changed once it is shared.
struct ModelBase {
    std::vector<TransformStep> steps;  ///< empty: the opened model
    std::shared_ptr<const ModelFile> model;
    std::shared_ptr<const ModelSurvey> survey;
    std::shared_ptr<const ImportanceMatrix> importance;  ///< null: none
    std::shared_ptr<const GramFactors> grams;            ///< of the same calibration; null: none
    QString textPath{};                                  ///< what the steps, or the calibration after them, read; empty: no text
};

/// A recipe of the document. The id stays the same through edits, renames and undo.
struct DocumentRecipe {
    int id = 0;
    Recipe recipe;
    std::shared_ptr<const Plan> plan{};  ///< null when planError says why
    std::optional<Error> planError{};
    /// Beside a planError that a calibration or another run of the steps cures: formats and sizes as they will be, to be looked at
    /// and edited, not to be quantized by. Null: there is none.
    std::shared_ptr<const Plan> draft{};
    std::shared_ptr<const ModelBase> base{};  ///< what the plan is of
    /// The steps of the recipe were not run yet: the plan is that of the opened model, good for sizes and for nothing else.
    bool stepsPending = false;
    bool stepsFailed = false;  ///< planError says why
};

/// What a project file keeps besides the model itself.
/// What the steps of recipes that look at what the weights see read.
struct StepsText {
    QString path;  ///< empty: the calibration text that comes with the program
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;  ///< 0: all
    bool chosen = false;           ///< by a person, for the steps; else that of the calibration when they were run
    bool operator==(const StepsText&) const = default;
};

struct DocumentContent {
    std::vector<Recipe> recipes;
    std::size_t current = 0;
    std::vector<Variant> variants;
    std::shared_ptr<const ImportanceMatrix> importance{};  ///< null: none
    std::shared_ptr<const GramFactors> grams{};            ///< of the same calibration; null: none
    MetadataEdits metadata{};                              ///< for exports
    std::optional<StepsText> stepsText{};                  ///< empty: steps were never run
};

/// GUI thread only. The plan is recomputed at each change, at once. Every function of the section "gestures" is one step of
/// the undo stack, or none when it would change nothing. Without a model there are no recipes and no plan.
class Document : public QObject {
    Q_OBJECT
public:
    explicit Document(QObject* parent = nullptr);

    /// Takes a model with the content of its project, or with one recipe (Q4_K_M) when `content` has none.
    /// `survey` of the model may be made by a job beforehand.
    void open(std::shared_ptr<const ModelFile> model, DocumentContent content = {}, std::shared_ptr<const ModelSurvey> survey = {});
    void close();

    /// What plan() is of: the opened model, or what the steps of the current recipe make of it. Null without a model.
    [[nodiscard]] const std::shared_ptr<const ModelFile>& model() const { return base().model; }
    /// For further resolving of recipes without steps; null without a model.
    [[nodiscard]] const std::shared_ptr<const ModelSurvey>& survey() const { return base().survey; }
    [[nodiscard]] bool isOpen() const { return m_opened->model != nullptr; }
    /// The model as it was opened, with what was loaded or calibrated for it. Its members are null without a model.
    [[nodiscard]] const ModelBase& opened() const { return *m_opened; }
    /// Of the current recipe; opened() without steps, or as long as they were not run.
    [[nodiscard]] const ModelBase& base() const { return *sharedBase(); }
    [[nodiscard]] const std::shared_ptr<const ModelBase>& sharedBase() const;
    [[nodiscard]] const std::vector<DocumentRecipe>& recipes() const { return m_recipes; }
    [[nodiscard]] int currentId() const { return m_currentId; }
    /// Null without a model.
    [[nodiscard]] const DocumentRecipe* current() const { return find(m_currentId); }
    [[nodiscard]] const DocumentRecipe* find(int id) const;
    [[nodiscard]] std::size_t indexOf(int id) const;
    /// Of the current recipe. Null without a model, or when planError() says why.
    [[nodiscard]] const std::shared_ptr<const Plan>& plan() const;
    [[nodiscard]] const std::optional<Error>& planError() const;
    /// plan(), or the draft that stands for it. For tables, sizes and edits only; null when there is neither.
    [[nodiscard]] const std::shared_ptr<const Plan>& shownPlan() const;
    [[nodiscard]] const std::vector<Variant>& variants() const { return m_variants; }
    /// The newest measurement of the recipe (or of the original), preferably on the given yardstick.
    [[nodiscard]] const Variant* variantFor(const std::optional<Recipe>& recipe, const Variant* yardstick = nullptr) const;
    /// The matrix that the current recipe is quantized with; null: none.
    [[nodiscard]] const std::shared_ptr<const ImportanceMatrix>& importance() const { return base().importance; }
    /// Gram matrices of the same calibration, for methods such as GPTQ; null: none.
    [[nodiscard]] const std::shared_ptr<const GramFactors>& grams() const { return base().grams; }
    /// File of the opened model's matrix; empty: no matrix.
    [[nodiscard]] QString importancePath() const;
    /// For resolving a recipe with the steps of the current one as the document does.
    [[nodiscard]] PlanOptions planOptions() const { return planOptions(base()); }
    [[nodiscard]] static PlanOptions planOptions(const ModelBase& base);
    /// Steps that some recipe needs and that were not run, nor failed; those of the current recipe first. Empty: none.
    [[nodiscard]] std::vector<TransformStep> pendingSteps() const;
    /// The model after its steps: recipes that have them are planned anew. Ignored when it was made of another opened model or
    /// another calibration than those of now (`made` is opened() as the work began).
    void setChangedBase(std::shared_ptr<const ModelBase> base, const std::shared_ptr<const ModelBase>& made);
    /// The steps could not be run: recipes that have them have no plan until rerunSteps() or another calibration.
    void setStepsFailed(const std::vector<TransformStep>& steps, Error error, const std::shared_ptr<const ModelBase>& made);
    /// Tries steps again that failed; with `known`, also those that were run (on another text, for example).
    void rerunSteps(const std::vector<TransformStep>& steps, bool known);
    [[nodiscard]] const std::shared_ptr<const ModelBase>& openedBase() const { return m_opened; }
    /// Takes another matrix (null: none) with the Gram matrices that belong to it (null: none) and plans every recipe anew. Not
    /// undoable, like opening a model.
    void setImportance(std::shared_ptr<const ImportanceMatrix> matrix, std::shared_ptr<const GramFactors> grams = nullptr);
    /// What exported files say differently from the model. Not undoable.
    [[nodiscard]] const MetadataEdits& metadataEdits() const { return m_metadata; }
    void setMetadataEdits(MetadataEdits edits);
    /// What steps read; empty: the text of the last calibration. Not undoable.
    [[nodiscard]] const std::optional<StepsText>& stepsText() const { return m_stepsText; }
    void setStepsText(std::optional<StepsText> text);
    [[nodiscard]] DocumentContent content() const;
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }

    /// True when something changed since the last markSaved().
    [[nodiscard]] bool isModified() const { return m_modified; }
    void markSaved();

    /// Chooses the recipe that is shown; not undoable, like scrolling.
    void setCurrent(int id);
    void addVariant(Variant variant);
    void removeVariants(const std::vector<std::size_t>& indices);

    // Gestures.
    void choose(const TensorSet& tensors, const TensorChoice& choice);
    void resetOverrides(const TensorSet& tensors);
    void setPreset(const QString& preset);
    void setUniform(TensorType base);
    /// Options and rules at once; the name stays. `text` names the change for the undo menu.
    void changeContent(const Recipe& recipe, const QString& text);
    /// The steps before quantizing, of the current recipe.
    void setSteps(std::vector<TransformStep> steps);
    int addRecipe(Recipe recipe, const QString& text);
    int duplicateRecipe(int id);
    void renameRecipe(int id, const QString& name);
    /// The last recipe of a document cannot be deleted; does nothing then.
    void removeRecipe(int id);

    /// Shows the current recipe with other content without recording it, as often as a slider moves. Ends with commitPreview(),
    /// which makes one step of it all, or with endPreview(), which takes it back; any other gesture takes it back, too.
    void preview(Recipe recipe);
    void commitPreview(Recipe recipe, const QString& text);
    void endPreview();

    // For the undo commands: change without recording.
    void applyRecipe(int id, const Recipe& recipe);
    void insertRecipe(std::size_t index, const DocumentRecipe& item);
    void takeRecipe(int id);

Q_SIGNALS:
    void modelChanged();          ///< another model, or none
    void baseChanged();           ///< model() is another one, because of the steps of recipes
    void stepsPendingChanged();   ///< steps are to be run, or none are any more
    void recipesChanged();        ///< the list or a name
    void currentRecipeChanged();  ///< another recipe, or its content
    void planChanged();
    void recipeEdited(int id);  ///< content of any recipe, by gesture or undo
    void importanceChanged();
    void metadataChanged();
    void stepsTextChanged();
    void variantsChanged();
    void modifiedChanged(bool modified);

private:
    void edit(int id, Recipe recipe, const QString& text);
    void resolvePlan(DocumentRecipe& item);
    void replan(const std::vector<TransformStep>& steps);
    void announcePlan();
    void setModified(bool modified);
    [[nodiscard]] std::vector<std::string> names(int exceptId = 0) const;

    std::shared_ptr<const ModelBase> m_opened = std::make_shared<const ModelBase>();
    std::vector<std::shared_ptr<const ModelBase>> m_changed;  ///< of opened(), the newest last
    std::vector<std::pair<std::vector<TransformStep>, Error>> m_failedSteps;
    std::shared_ptr<const ModelBase> m_announced;  ///< of which views know
    std::vector<DocumentRecipe> m_recipes;
    int m_currentId = 0;
    int m_nextId = 1;
    std::vector<Variant> m_variants;
    MetadataEdits m_metadata;
    std::optional<StepsText> m_stepsText;
    std::optional<std::pair<int, Recipe>> m_previewed;  ///< recipe as it was before preview()
    QUndoStack m_undo;
    bool m_modified = false;
};

}  // namespace ww
