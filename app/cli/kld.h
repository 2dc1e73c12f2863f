// SPDX-License-Identifier: MIT
#pragma once

namespace ww::cli {

class CommandLine;

/// Adds "kld" and "compare".
void addDivergenceCommands(CommandLine& commands);

}  // namespace ww::cli
