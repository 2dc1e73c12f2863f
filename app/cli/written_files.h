// SPDX-License-Identifier: MIT
// What a command may write: nothing that it reads.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"
#include "io/model_file.h"

namespace ww::cli {

/// Unwritable when a file that an option of this command writes is one that another option reads, through any link.
/// Looks at the options alone; what a model consists of is checkOutput()'s.
Result<void> checkWrittenFiles(const CLI::App& command);
/// Whether `output` can be written, so that long work does not end with "no": not a file of the model, not a folder, its
/// folder is there and lets files be made. Leaves nothing behind.
Result<void> checkOutput(const std::string& output, const ModelFile& model);

}  // namespace ww::cli
