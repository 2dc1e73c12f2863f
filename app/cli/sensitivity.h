// SPDX-License-Identifier: MIT
#pragma once

namespace ww::cli {

class CommandLine;
/// sensitivity, allocate and predict.
void addSensitivityCommands(CommandLine& commands);

}  // namespace ww::cli
