// SPDX-License-Identifier: MIT
#pragma once

namespace ww::cli {

class CommandLine;
/// sensitivity and allocate.
void addSensitivityCommands(CommandLine& commands);

}  // namespace ww::cli
