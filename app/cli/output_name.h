// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "io/model_file.h"

namespace ww::cli {

/// What -o means: a file; or, when it is an existing folder or ends in a slash, a file in it, named as exportFileName() says.
[[nodiscard]] std::filesystem::path outputFile(const std::string& output, const ModelFile& model, std::string_view encoding);

}  // namespace ww::cli
