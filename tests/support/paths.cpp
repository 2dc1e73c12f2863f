// SPDX-License-Identifier: MIT
#include "tests/support/paths.h"

#include <cstdlib>

namespace ww::test {
namespace {

std::filesystem::path folderFromEnvironment(const char* variable)
{
    const char* value = std::getenv(variable);
    if (!value || !*value) return {};
    std::error_code ec;
    return std::filesystem::is_directory(value, ec) ? std::filesystem::path(value) : std::filesystem::path();
}

}  // namespace

std::filesystem::path sourceDir()
{
    return WW_SOURCE_DIR;
}
std::filesystem::path sampleModel()
{
    return sourceDir() / "resources/sample/fixture-llama-8M-F16.gguf";
}
std::filesystem::path sampleEvaluationText()
{
    return sourceDir() / "resources/sample/evaluation.txt";
}
std::filesystem::path sampleCalibrationText()
{
    return sourceDir() / "resources/sample/calibration.txt";
}
std::filesystem::path fixturesDir()
{
    return folderFromEnvironment("WW_FIXTURES");
}
std::filesystem::path specDir()
{
    return folderFromEnvironment("WW_SPEC_DIR");
}
std::filesystem::path llamaLibsDir()
{
    return folderFromEnvironment("WW_LLAMA_LIBS");
}

}  // namespace ww::test
