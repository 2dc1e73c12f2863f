// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// Opens what people have: everything openModel() opens, and a folder from Hugging Face (config.json, safetensors files,
/// tokenizer), also by one of these files or as the cache keeps it (models--ORGANISATION--NAME). The folder then looks like the
/// GGUF file that would be made of it, with matrices in the type they are stored in; rows are converted when they are read,
/// and nothing is written. Errors: as openModel(), and what is missing or contradictory in the folder.
Result<std::shared_ptr<const ModelFile>> openAnyModel(const std::filesystem::path& path);

/// What a person should know of a model opened from a folder.
struct ImportNote {
    enum class Kind { Quantized, UnknownArchitecture, NotFollowed, SurplusFiles };
    Kind kind = Kind::Quantized;
    std::string detail;    ///< how it was quantized; what the architecture is called; "member = value"; names of files
    std::string sentence;  ///< the whole of it, in English
};
/// Empty for other models. Reads the configuration again.
[[nodiscard]] std::vector<ImportNote> importNotes(const ModelFile& model);

}  // namespace ww
