// SPDX-License-Identifier: MIT
#pragma once

namespace ww::cli {

class CommandLine;
/// Adds "calibrate".
void addCalibrateCommand(CommandLine& commands);

}  // namespace ww::cli
