// SPDX-License-Identifier: MIT
#include "app/cli/resume.h"

#include <cstdlib>
#include <system_error>

namespace ww::cli {

std::filesystem::path evaluationFolder()
{
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    std::filesystem::path folder;
    if (cache && *cache == '/')
        folder = cache;
    else if (home && *home == '/')
        folder = std::filesystem::path(home) / ".cache";
    return folder.empty() ? folder : folder / "weightwright" / "evaluations";
}

void forget(const std::filesystem::path& journal)
{
    std::error_code error;
    if (!journal.empty()) std::filesystem::remove(journal, error);
}

}  // namespace ww::cli
