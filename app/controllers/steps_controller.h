// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of recipes that change the model before it is quantized, run in the background as soon as a recipe has them.
#pragma once

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

#include "app/controllers/calibrate_controller.h"
#include "app/document.h"
#include "app/job_runner.h"

namespace ww {

/// Follows the document's recipes. Whenever one has steps that were not run on the model as it is opened, a job runs them: on the
/// calibration text where a step looks at what the weights see, and with importance and Gram matrices collected anew where the
/// document has them, because those of the model before do not fit. The result goes to Document::setChangedBase(). GUI thread only.
class StepsController : public QObject {
    Q_OBJECT
public:
    StepsController(Document& document, JobRunner& jobs, const CalibrateController& calibrate, QObject* parent = nullptr);

    /// What the steps read, kept with the project; the text of the last calibration unless setText() gave another. Takes effect
    /// with the next run.
    [[nodiscard]] MeasureOptions text() const;
    void setText(const MeasureOptions& text);
    /// The text that the steps of a recipe have read or are going to read; empty: none.
    [[nodiscard]] QString textPathOf(const DocumentRecipe& item) const;
    [[nodiscard]] bool isRunning() const { return m_slot.isActive(); }
    /// Job that runs the steps; 0: none.
    [[nodiscard]] std::uint64_t job() const { return m_slot.job(); }

private:
    void keep(const MeasureOptions& text, bool chosen);
    void follow();
    void run(const std::vector<TransformStep>& steps);

    Document& m_document;
    const CalibrateController& m_calibrate;
    JobSlot m_slot;
    QTimer m_timer;
    std::vector<TransformStep> m_running;
    std::shared_ptr<const ModelBase> m_of;  ///< what m_running are run on
};

}  // namespace ww
