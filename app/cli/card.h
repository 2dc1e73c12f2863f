// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/command_line.h"
#include "plan/model_card.h"

namespace ww::cli {

/// What a model card is made of.
struct CardOptions {
    std::vector<std::string> files;
    std::string output;  ///< the README.md
    std::string base;    ///< the original: divergence is measured against it
    std::string text;    ///< what to measure on; empty: only sizes
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;
};
/// Error Unwritable when a README.md is there that somebody else wrote.
Result<void> checkCardTarget(const std::filesystem::path& readme);
/// Measures and writes.
Result<ModelCard> writeCard(const CardOptions& options, Session& session);
/// README.md in the folder of `exported` with all files there that have its name, smallest first; nothing is measured.
Result<void> writeCardBeside(const std::filesystem::path& exported, Session& session);

}  // namespace ww::cli
