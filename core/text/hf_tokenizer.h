// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "base/result.h"
#include "io/metadata.h"

namespace ww {

/// The tokenizer of a Hugging Face model folder as tokenizer.* metadata, in the customary order.
///
/// tokenizer.model (SentencePiece) gives model "llama"; otherwise tokenizer.json gives "gpt2" (byte-level BPE) or, for BPE
/// with byte fallback, "llama". tokenizer_config.json, special_tokens_map.json, added_tokens.json, generation_config.json
/// and config.json add what they know; every one of them may be missing.
///
/// `vocabularyRows`: rows of the embedding; missing ids up to it become unused tokens. 0: vocab_size of config.json.
/// Errors: NotFound without tokenizer files, Unsupported for tokenizers llama.cpp has no equal for (with what is
/// unknown), Corrupt for broken or contradictory files. Reads files; thread-safe.
Result<std::vector<Metadata::Entry>> readHfTokenizer(const std::filesystem::path& folder, std::size_t vocabularyRows = 0);

}  // namespace ww
