// SPDX-License-Identifier: MIT
// Evaluations that were killed go on where they were.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "jobs/evaluate.h"

namespace ww::cli {

/// $XDG_CACHE_HOME/weightwright/evaluations or ~/.cache/…; empty when there is no such place.
[[nodiscard]] std::filesystem::path evaluationFolder();

/// Lets `options` (of a perplexity or a divergence) keep finished windows and go on after those that are known. A name that cannot be
/// made is no error: the evaluation then begins anew.
template <class Options>
void resume(Options& options, std::string_view kind, const ModelFile& base, const ModelFile* variant, const Plan* plan,
            std::string_view text)
{
    const auto journal =
        evaluationJournal(evaluationFolder(), kind, base, variant, plan, text, options.contextLength, options.maxWindows);
    if (!journal) return;
    options.journal = journal->path;
    options.identity = journal->identity;
}
/// Removes what resume() kept, once there is a result.
void forget(const std::filesystem::path& journal);

}  // namespace ww::cli
