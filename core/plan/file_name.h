// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "io/metadata.h"

namespace ww {

/// Name for a file exported from the model at `modelPath` in the format (or by the recipe) `encoding`. A model that is a folder is
/// named by the convention of GGUF files, BaseName-SizeLabel-FineTune-Version-Encoding.gguf, from its general.* keys; the name of a
/// file stays, without the number of a part and the format at its end: "Model-7B-F16.gguf" becomes "Model-7B-Q4_K_M.gguf". Has no
/// characters that a file system or a shell would mind. Pure.
[[nodiscard]] std::string exportFileName(const std::filesystem::path& modelPath, const Metadata& metadata, std::string_view encoding);

}  // namespace ww
