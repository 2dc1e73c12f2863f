// SPDX-License-Identifier: MIT
// Where tests find their data. Files outside the repository are optional: a test that needs one prints why it skips.
#pragma once

#include <filesystem>

namespace ww::test {

/// The project's source folder.
std::filesystem::path sourceDir();
/// resources/sample/…
std::filesystem::path sampleModel();
std::filesystem::path sampleEvaluationText();
std::filesystem::path sampleCalibrationText();
/// Folder of optional fixtures: $WW_FIXTURES. Empty when it is unset or does not exist.
std::filesystem::path fixturesDir();
/// Folder of specifications with golden vectors and tables: $WW_SPEC_DIR. Empty when unset or missing.
std::filesystem::path specDir();
/// Folder of llama.cpp's shared libraries: $WW_LLAMA_LIBS. Empty when unset or missing.
std::filesystem::path llamaLibsDir();

}  // namespace ww::test
