// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/controllers/budget_controller.h"
#include "app/controllers/calibrate_controller.h"
#include "app/controllers/export_controller.h"
#include "app/controllers/measure_controller.h"
#include "app/controllers/project_controller.h"
#include "app/controllers/steps_controller.h"
#include "app/document.h"
#include "app/job_runner.h"
#include "app/selection.h"
#include "app/settings.h"
#include "app/tensor_reports.h"
#include "app/user_messages.h"

namespace ww {

/// Everything of the program that is no widget. Outlives the window, which is built anew when the language changes.
/// Members are destroyed from the bottom up: controllers before the jobs and the document they use.
struct Workbench {
    explicit Workbench(const QString& settingsFile = {}) : settings(settingsFile), jobs(settings.threads()) {}

    Settings settings;
    UserMessages messages;
    Document document;
    Selection selection;
    JobRunner jobs;
    TensorReports reports{document, selection, jobs};
    ProjectController projects{document, selection, jobs, settings, messages};
    MeasureController measure{document, jobs, settings, messages};
    CalibrateController calibrate{document, jobs, settings, messages};
    StepsController steps{document, jobs, calibrate};
    BudgetController budget{document, jobs, messages};
    ExportController exports{document, jobs, messages};
};

}  // namespace ww
