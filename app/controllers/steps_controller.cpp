// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/controllers/steps_controller.h"

#include <algorithm>
#include <utility>

#include "app/choices.h"
#include "app/paths.h"
#include "base/atomic_file.h"
#include "calibration/calibration.h"
#include "jobs/transformed_model.h"

namespace ww {
namespace {

using Base = std::shared_ptr<const ModelBase>;

/// Steps that look at what the weights see do, and so does the calibration of what they made.
bool readText(const ModelBase& opened, const std::vector<TransformStep>& steps)
{
    return !steps.empty() && (opened.importance || opened.grams || std::ranges::any_of(steps, &TransformStep::readsText));
}

Result<Base> changedBase(const Base& opened, const std::vector<TransformStep>& steps, const MeasureOptions& text, const JobContext& context)
{
    std::string content;
    if (std::ranges::any_of(steps, &TransformStep::readsText)) {
        WW_TRY(content, readTextFile(toPath(text.textPath)));
    }
    ModelBase base;
    base.steps = steps;
    WW_TRY(base.model, transformedModel(opened->model, steps, content, text.contextLength, gramBudgetBytes(), context, text.maxWindows));
    base.survey = std::make_shared<const ModelSurvey>(*base.model);
    if (readText(*opened, steps)) base.textPath = text.textPath;
    if (opened->importance || opened->grams) {
        WW_TRY(Calibrated calibrated, calibrateOn(base.model, steps, text, opened->grams != nullptr, context));
        base.importance = std::make_shared<const ImportanceMatrix>(std::move(calibrated.importance));
        if (opened->grams) base.grams = std::move(calibrated.grams);
    }
    return std::make_shared<const ModelBase>(std::move(base));
}

}  // namespace

StepsController::StepsController(Document& document, JobRunner& jobs, const CalibrateController& calibrate, QObject* parent)
    : QObject(parent), m_document(document), m_calibrate(calibrate), m_slot(jobs)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(0);
    connect(&m_timer, &QTimer::timeout, this, &StepsController::follow);
    connect(&m_document, &Document::stepsPendingChanged, this, [this] { m_timer.start(); });
    connect(&m_document, &Document::modelChanged, this, [this] { m_timer.start(); });
    // Where nobody chose another text, that of the newest calibration is the one.
    connect(&m_calibrate, &CalibrateController::calibrated, this, [this] {
        if (m_document.stepsText() && !m_document.stepsText()->chosen) m_document.setStepsText(std::nullopt);
    });
}

MeasureOptions StepsController::text() const
{
    MeasureOptions options = m_calibrate.defaultOptions();
    if (const auto& kept = m_document.stepsText()) {
        options.textPath = kept->path.isEmpty() ? sampleCalibrationTextPath() : kept->path;
        options.contextLength = kept->contextLength;
        options.maxWindows = kept->maxWindows;
    }
    return options;
}

void StepsController::setText(const MeasureOptions& text)
{
    keep(text, true);
}

void StepsController::keep(const MeasureOptions& text, bool chosen)
{
    m_document.setStepsText(StepsText{text.textPath == sampleCalibrationTextPath() ? QString() : text.textPath, text.contextLength,
                                      text.maxWindows, chosen});
}

QString StepsController::textPathOf(const DocumentRecipe& item) const
{
    if (item.base && !item.base->steps.empty()) return item.base->textPath;
    return readText(m_document.opened(), item.recipe.transform) ? text().textPath : QString();
}

void StepsController::follow()
{
    const std::vector<TransformStep> wanted = m_document.pendingSteps();
    if (m_slot.isActive() && m_of == m_document.openedBase() && m_running == wanted) return;
    m_slot.cancel();
    if (!wanted.empty()) run(wanted);
}

void StepsController::run(const std::vector<TransformStep>& steps)
{
    m_running = steps;
    m_of = m_document.openedBase();
    if (readText(*m_of, steps) && !m_document.stepsText()) keep(text(), false);
    m_slot.start<Base>(
        {tr("Running the steps of the recipe: %1").arg(transformStepsTitle(steps)), JobQueue::Lane::Background, false},
        [opened = m_of, steps, text = text()](const JobContext& context) { return changedBase(opened, steps, text, context); },
        this,
        [this, steps, of = m_of](Result<Base> base) {
            if (base) {
                m_document.setChangedBase(std::move(*base), of);
            } else {
                m_document.setStepsFailed(steps, base.error(), of);
            }
            m_of.reset();
        });
}

}  // namespace ww
