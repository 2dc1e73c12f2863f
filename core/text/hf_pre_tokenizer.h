// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace ww {

/// The name of tokenizer.ggml.pre for the "pre_tokenizer" section of a tokenizer.json, found by its steps (regular
/// expressions, digits, punctuation, byte level) and by whether the model ignores merges. Unsupported, with the first
/// step that is unknown, when llama.cpp has no name for the combination: a guess would give wrong tokens.
Result<std::string_view> recognizePreTokenizer(const nlohmann::json& section, bool ignoresMerges);

/// True when one of the steps is "ByteLevel".
[[nodiscard]] bool usesByteLevel(const nlohmann::json& section);

}  // namespace ww
