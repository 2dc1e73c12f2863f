// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/document.h"

#include <algorithm>
#include <utility>

#include "app/commands/recipe_commands.h"
#include "app/paths.h"

namespace ww {

Document::Document(QObject* parent) : QObject(parent)
{
    m_undo.setUndoLimit(1000);
}

void Document::open(std::shared_ptr<const ModelFile> model, DocumentContent content, std::shared_ptr<const ModelSurvey> survey)
{
    m_undo.clear();
    m_previewed.reset();
    m_recipes.clear();
    if (!survey) survey = std::make_shared<const ModelSurvey>(*model);
    m_opened = std::make_shared<const ModelBase>(
        ModelBase{{}, std::move(model), std::move(survey), std::move(content.importance), std::move(content.grams)});
    m_changed.clear();
    m_failedSteps.clear();
    m_metadata = std::move(content.metadata);
    m_stepsText = std::move(content.stepsText);
    if (content.recipes.empty()) {
        Recipe recipe;
        recipe.name = recipe.preset;
        content.recipes.push_back(std::move(recipe));
        content.current = 0;
    }
    for (Recipe& recipe : content.recipes) {
        recipe.name = uniqueName(recipe.name.empty() ? "Recipe" : recipe.name, names());
        m_recipes.push_back({m_nextId++, std::move(recipe)});
        resolvePlan(m_recipes.back());
    }
    m_currentId = m_recipes[std::min(content.current, m_recipes.size() - 1)].id;
    m_variants = std::move(content.variants);
    setModified(false);
    m_announced = sharedBase();
    Q_EMIT modelChanged();
    Q_EMIT importanceChanged();
    Q_EMIT recipesChanged();
    Q_EMIT currentRecipeChanged();
    announcePlan();
    Q_EMIT variantsChanged();
}

void Document::close()
{
    if (!isOpen()) return;
    m_undo.clear();
    m_previewed.reset();
    m_recipes.clear();
    m_opened = std::make_shared<const ModelBase>();
    m_changed.clear();
    m_failedSteps.clear();
    m_metadata.clear();
    m_stepsText.reset();
    m_currentId = 0;
    m_variants.clear();
    setModified(false);
    m_announced = sharedBase();
    Q_EMIT modelChanged();
    Q_EMIT importanceChanged();
    Q_EMIT recipesChanged();
    Q_EMIT currentRecipeChanged();
    announcePlan();
    Q_EMIT variantsChanged();
}

const DocumentRecipe* Document::find(int id) const
{
    const auto it = std::find_if(m_recipes.begin(), m_recipes.end(), [&](const DocumentRecipe& item) { return item.id == id; });
    return it == m_recipes.end() ? nullptr : &*it;
}

const std::shared_ptr<const Plan>& Document::plan() const
{
    static const std::shared_ptr<const Plan> kNone;
    const DocumentRecipe* item = current();
    return item ? item->plan : kNone;
}

const std::shared_ptr<const Plan>& Document::shownPlan() const
{
    const DocumentRecipe* item = current();
    return item && !item->plan ? item->draft : plan();
}

const std::optional<Error>& Document::planError() const
{
    static const std::optional<Error> kNone;
    const DocumentRecipe* item = current();
    return item ? item->planError : kNone;
}

std::size_t Document::indexOf(int id) const
{
    const DocumentRecipe* item = find(id);
    return item ? static_cast<std::size_t>(item - m_recipes.data()) : m_recipes.size();
}

const Variant* Document::variantFor(const std::optional<Recipe>& recipe, const Variant* yardstick) const
{
    const Variant* best = nullptr;
    for (const Variant& v : m_variants) {
        if (v.recipe.has_value() != recipe.has_value() || (recipe && (v.importance != importancePath() || !sameContent(*v.recipe, *recipe))))
            continue;
        if (yardstick) {
            if (sameYardstick(v, *yardstick)) return &v;
            continue;
        }
        if (!best || v.measuredAt >= best->measuredAt) best = &v;
    }
    return best;
}

DocumentContent Document::content() const
{
    DocumentContent content;
    for (const DocumentRecipe& item : m_recipes) content.recipes.push_back(item.recipe);
    content.current = indexOf(m_currentId);
    content.variants = m_variants;
    content.importance = m_opened->importance;
    content.grams = m_opened->grams;
    content.metadata = m_metadata;
    content.stepsText = m_stepsText;
    return content;
}

QString Document::importancePath() const
{
    return m_opened->importance ? fromPath(m_opened->importance->path) : QString();
}

const std::shared_ptr<const ModelBase>& Document::sharedBase() const
{
    const DocumentRecipe* item = current();
    return item && item->base ? item->base : m_opened;
}

PlanOptions Document::planOptions(const ModelBase& base)
{
    PlanOptions options;
    options.importance = base.importance;
    options.grams = base.grams;
    return options;
}

std::vector<TransformStep> Document::pendingSteps() const
{
    if (const DocumentRecipe* item = current(); item && item->stepsPending) return item->recipe.transform;
    const auto it = std::ranges::find_if(m_recipes, &DocumentRecipe::stepsPending);
    return it == m_recipes.end() ? std::vector<TransformStep>() : it->recipe.transform;
}

void Document::setChangedBase(std::shared_ptr<const ModelBase> base, const std::shared_ptr<const ModelBase>& made)
{
    if (made != m_opened || !isOpen()) return;
    // Those of recipes that are undone or redone soon stay; each holds statistics of its own.
    std::erase_if(m_changed, [&](const auto& known) { return known->steps == base->steps; });
    const auto unused = [&](const auto& known) {
        return std::ranges::none_of(m_recipes, [&](const DocumentRecipe& item) { return item.base == known; });
    };
    while (std::ranges::count_if(m_changed, unused) > 2) m_changed.erase(std::ranges::find_if(m_changed, unused));
    m_changed.push_back(base);
    replan(base->steps);
}

void Document::setStepsFailed(const std::vector<TransformStep>& steps, Error error, const std::shared_ptr<const ModelBase>& made)
{
    if (made != m_opened || !isOpen()) return;
    m_failedSteps.emplace_back(steps, std::move(error));
    replan(steps);
}

void Document::rerunSteps(const std::vector<TransformStep>& steps, bool known)
{
    const auto failed = std::erase_if(m_failedSteps, [&](const auto& entry) { return entry.first == steps; });
    const auto done = known ? std::erase_if(m_changed, [&](const auto& base) { return base->steps == steps; }) : 0;
    if (failed + done > 0) replan(steps);
}

void Document::replan(const std::vector<TransformStep>& steps)
{
    bool shown = false;
    for (DocumentRecipe& item : m_recipes) {
        if (item.recipe.transform != steps) continue;
        resolvePlan(item);
        shown |= item.id == m_currentId;
    }
    if (shown) {
        Q_EMIT currentRecipeChanged();
        announcePlan();
    }
    Q_EMIT variantsChanged();
    Q_EMIT stepsPendingChanged();
}

void Document::announcePlan()
{
    if (m_announced != sharedBase()) {
        m_announced = sharedBase();
        Q_EMIT baseChanged();
    }
    Q_EMIT planChanged();
}

void Document::setImportance(std::shared_ptr<const ImportanceMatrix> matrix, std::shared_ptr<const GramFactors> grams)
{
    if (!isOpen() || (matrix == m_opened->importance && grams == m_opened->grams)) return;
    m_opened = std::make_shared<const ModelBase>(
        ModelBase{{}, m_opened->model, m_opened->survey, std::move(matrix), std::move(grams)});
    m_changed.clear();
    m_failedSteps.clear();
    for (DocumentRecipe& item : m_recipes) resolvePlan(item);
    setModified(true);
    Q_EMIT importanceChanged();
    Q_EMIT currentRecipeChanged();
    announcePlan();
    Q_EMIT variantsChanged();
    Q_EMIT stepsPendingChanged();
}

void Document::setMetadataEdits(MetadataEdits edits)
{
    if (!isOpen() || edits == m_metadata) return;
    m_metadata = std::move(edits);
    setModified(true);
    Q_EMIT metadataChanged();
}

void Document::setStepsText(std::optional<StepsText> text)
{
    if (!isOpen() || text == m_stepsText) return;
    m_stepsText = std::move(text);
    // What was noted while steps ran is no change of a person's.
    if (m_stepsText && m_stepsText->chosen) setModified(true);
    Q_EMIT stepsTextChanged();
}

void Document::markSaved()
{
    setModified(false);
}

void Document::setModified(bool modified)
{
    if (m_modified == modified) return;
    m_modified = modified;
    Q_EMIT modifiedChanged(modified);
}

void Document::setCurrent(int id)
{
    if (id == m_currentId || !find(id)) return;
    m_currentId = id;
    Q_EMIT currentRecipeChanged();
    announcePlan();
    Q_EMIT stepsPendingChanged();
}

void Document::addVariant(Variant variant)
{
    if (!isOpen()) return;
    std::erase_if(m_variants, [&](const Variant& v) { return sameMeasurement(v, variant); });
    m_variants.push_back(std::move(variant));
    setModified(true);
    Q_EMIT variantsChanged();
}

void Document::removeVariants(const std::vector<std::size_t>& indices)
{
    std::vector<Variant> kept;
    for (std::size_t i = 0; i < m_variants.size(); ++i)
        if (std::find(indices.begin(), indices.end(), i) == indices.end()) kept.push_back(std::move(m_variants[i]));
    if (kept.size() == m_variants.size()) {
        m_variants = std::move(kept);
        return;
    }
    m_variants = std::move(kept);
    setModified(true);
    Q_EMIT variantsChanged();
}

void Document::choose(const TensorSet& tensors, const TensorChoice& choice)
{
    if (!shownPlan()) return;
    const int count = static_cast<int>(editableTensors(*shownPlan(), tensors).size());
    if (count == 0) return;
    QString text;
    if (choice.keepSource)
        text = tr("Keep %n tensor(s) as in the file", nullptr, count);
    else if (choice.format) {
        const auto formatName = name(*choice.format);
        text = tr("Set %n tensor(s) to %1", nullptr, count)
                   .arg(QString::fromUtf8(formatName.data(), static_cast<int>(formatName.size())));
    } else
        text = tr("Change the method of %n tensor(s)", nullptr, count);
    edit(m_currentId, withChoice(current()->recipe, *model(), *shownPlan(), tensors, choice), text);
}

void Document::resetOverrides(const TensorSet& tensors)
{
    if (!shownPlan()) return;
    const int count = static_cast<int>(editableTensors(*shownPlan(), tensors).size());
    Recipe recipe = current()->recipe;
    const auto steps = std::exchange(recipe.transform, {});
    PlanOptions options = planOptions();
    options.requireImportance = false;  // a draft can be edited, too
    recipe = withoutOverrides(recipe, *survey(), tensors, options);
    recipe.transform = steps;
    edit(m_currentId, std::move(recipe), tr("Reset %n tensor(s) to the preset", nullptr, count));
}

void Document::setPreset(const QString& preset)
{
    if (!current()) return;
    Recipe recipe = current()->recipe;
    // A recipe that is still called after its preset follows it.
    if (recipe.name == recipe.preset && !recipe.base) recipe.name = uniqueName(preset.toStdString(), names(m_currentId));
    recipe.preset = preset.toStdString();
    recipe.base.reset();
    recipe.pure = false;
    edit(m_currentId, recipe, tr("Set preset %1").arg(preset));
}

void Document::setUniform(TensorType base)
{
    if (!current()) return;
    Recipe recipe = current()->recipe;
    const QString format = QString::fromStdString(std::string(name(base)));
    if (recipe.name == recipe.preset && !recipe.base) recipe.name = uniqueName(std::string(name(base)), names(m_currentId));
    recipe.preset.clear();
    recipe.base = base;
    recipe.pure = true;
    edit(m_currentId, recipe, tr("Set all tensors to %1").arg(format));
}

void Document::changeContent(const Recipe& recipe, const QString& text)
{
    if (!current()) return;
    Recipe changed = recipe;
    changed.name = current()->recipe.name;
    edit(m_currentId, std::move(changed), text);
}

void Document::setSteps(std::vector<TransformStep> steps)
{
    if (!current()) return;
    Recipe recipe = current()->recipe;
    recipe.transform = std::move(steps);
    const int count = static_cast<int>(recipe.transform.size());
    edit(m_currentId, std::move(recipe), count == 0 ? tr("Quantize without steps before") : tr("Set %n step(s) before quantizing", nullptr, count));
}

int Document::addRecipe(Recipe recipe, const QString& text)
{
    if (!isOpen()) return 0;
    recipe.name = uniqueName(recipe.name.empty() ? "Recipe" : recipe.name, names());
    const DocumentRecipe item{m_nextId++, std::move(recipe)};
    m_undo.push(new AddRecipeCommand(*this, m_recipes.size(), item, text));
    return item.id;
}

int Document::duplicateRecipe(int id)
{
    const DocumentRecipe* item = find(id);
    if (!item) return 0;
    Recipe copy = item->recipe;
    const QString text = tr("Duplicate recipe “%1”").arg(QString::fromStdString(copy.name));
    return addRecipe(std::move(copy), text);
}

void Document::renameRecipe(int id, const QString& name)
{
    const DocumentRecipe* item = find(id);
    const QString trimmed = name.simplified();
    if (!item || trimmed.isEmpty()) return;
    Recipe recipe = item->recipe;
    recipe.name = uniqueName(trimmed.toStdString(), names(id));
    edit(id, recipe, tr("Rename recipe to “%1”").arg(QString::fromStdString(recipe.name)));
}

void Document::removeRecipe(int id)
{
    const DocumentRecipe* item = find(id);
    if (!item || m_recipes.size() < 2) return;
    m_undo.push(new RemoveRecipeCommand(*this, indexOf(id), *item,
                                        tr("Delete recipe “%1”").arg(QString::fromStdString(item->recipe.name))));
}

void Document::preview(Recipe recipe)
{
    if (!current()) return;
    if (m_previewed && m_previewed->first != m_currentId) endPreview();
    if (!m_previewed) m_previewed.emplace(m_currentId, current()->recipe);
    recipe.name = current()->recipe.name;
    applyRecipe(m_currentId, recipe);
}

void Document::commitPreview(Recipe recipe, const QString& text)
{
    if (!current()) return;
    const Recipe before = m_previewed ? m_previewed->second : current()->recipe;
    recipe.name = before.name;
    // Called after a preset that it no longer has, the name would mislead.
    if (before.name == before.preset) recipe.name = uniqueName(tr("Fitted").toStdString(), names(m_currentId));
    edit(m_currentId, std::move(recipe), text);
}

void Document::endPreview()
{
    if (!m_previewed) return;
    const auto [id, recipe] = *std::exchange(m_previewed, {});
    applyRecipe(id, recipe);
}

void Document::edit(int id, Recipe recipe, const QString& text)
{
    endPreview();
    const DocumentRecipe* item = find(id);
    if (!item || item->recipe == recipe) return;
    m_undo.push(new EditRecipeCommand(*this, id, std::move(recipe), text));
}

void Document::applyRecipe(int id, const Recipe& recipe)
{
    const std::size_t index = indexOf(id);
    if (index == m_recipes.size()) return;
    const bool renamed = m_recipes[index].recipe.name != recipe.name;
    const bool changed = !sameContent(m_recipes[index].recipe, recipe);
    const bool switched = m_currentId != id;
    m_recipes[index].recipe = recipe;
    if (changed) resolvePlan(m_recipes[index]);
    m_currentId = id;
    setModified(true);
    if (renamed) Q_EMIT recipesChanged();
    if (switched || changed || renamed) Q_EMIT currentRecipeChanged();
    if (switched || changed) announcePlan();
    if (changed) Q_EMIT recipeEdited(id);
    if (switched || changed) Q_EMIT stepsPendingChanged();
}

void Document::insertRecipe(std::size_t index, const DocumentRecipe& item)
{
    index = std::min(index, m_recipes.size());
    const auto inserted = m_recipes.insert(m_recipes.begin() + static_cast<std::ptrdiff_t>(index), item);
    resolvePlan(*inserted);
    m_currentId = item.id;
    setModified(true);
    Q_EMIT recipesChanged();
    Q_EMIT currentRecipeChanged();
    announcePlan();
    Q_EMIT stepsPendingChanged();
}

void Document::takeRecipe(int id)
{
    const std::size_t index = indexOf(id);
    if (index == m_recipes.size() || m_recipes.size() < 2) return;
    m_recipes.erase(m_recipes.begin() + static_cast<std::ptrdiff_t>(index));
    const bool wasCurrent = m_currentId == id;
    if (wasCurrent) m_currentId = m_recipes[std::min(index, m_recipes.size() - 1)].id;
    setModified(true);
    Q_EMIT recipesChanged();
    if (wasCurrent) {
        Q_EMIT currentRecipeChanged();
        announcePlan();
    }
    Q_EMIT stepsPendingChanged();
}

void Document::resolvePlan(DocumentRecipe& item)
{
    item.plan.reset();
    item.planError.reset();
    item.draft.reset();
    item.base = m_opened;
    item.stepsPending = false;
    item.stepsFailed = false;
    Recipe rest = item.recipe;
    const std::vector<TransformStep> steps = std::exchange(rest.transform, {});
    if (!steps.empty()) {
        const auto known = std::ranges::find(m_changed, steps, [](const auto& base) { return base->steps; });
        const auto failed = std::ranges::find(m_failedSteps, steps, [](const auto& entry) { return entry.first; });
        if (known != m_changed.end()) {
            item.base = *known;
        } else if (failed != m_failedSteps.end()) {
            item.planError = failed->second;
            item.stepsFailed = true;
        } else {
            item.stepsPending = true;
        }
    }
    PlanOptions options = planOptions(*item.base);
    if (!item.stepsFailed) {
        if (auto plan = resolve(rest, *item.base->survey, options)) {
            item.plan = std::make_shared<const Plan>(std::move(*plan));
            return;
        } else {
            item.planError = std::move(plan.error());
        }
    }
    const ErrorCode code = item.planError->code;
    if (!item.stepsFailed && code != ErrorCode::MissingCalibration && code != ErrorCode::MissingImportance) return;
    options.requireImportance = false;
    if (auto plan = resolve(rest, *item.base->survey, options)) item.draft = std::make_shared<const Plan>(std::move(*plan));
}

std::vector<std::string> Document::names(int exceptId) const
{
    std::vector<std::string> result;
    for (const DocumentRecipe& item : m_recipes)
        if (item.id != exceptId) result.push_back(item.recipe.name);
    return result;
}

}  // namespace ww
