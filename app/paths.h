// SPDX-License-Identifier: GPL-3.0-or-later
// Where the program finds its sample and keeps what it saves by itself.
#pragma once

#include <QString>

#include <filesystem>

namespace ww {

/// Qt's and the standard library's spelling of a path, loss-free for any file name the system allows.
[[nodiscard]] std::filesystem::path toPath(const QString& path);
[[nodiscard]] QString fromPath(const std::filesystem::path& path);

/// The sample model and its evaluation text: beside the installed program (share/weightwright/sample), else in the
/// source folder. Empty when neither is there.
[[nodiscard]] QString sampleModelPath();
[[nodiscard]] QString sampleEvaluationTextPath();
/// The neutral text for calibration, apart from the evaluation text; empty when it is not there.
[[nodiscard]] QString sampleCalibrationTextPath();

/// Folder of the sessions that are saved as one works. Created on demand; empty if that fails.
[[nodiscard]] QString sessionsDir();
/// Folder of what can be computed again: one file per text and model. Created on demand; empty if that fails.
[[nodiscard]] QString cacheDir();
/// The session file that belongs to a model, until it is saved as a project under a name.
[[nodiscard]] QString sessionPathFor(const QString& modelPath);

}  // namespace ww
