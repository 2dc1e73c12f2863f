// SPDX-License-Identifier: MIT
// The parts of a SentencePiece model (tokenizer.model) that a GGUF file keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ww {

struct SentencePieceModel {
    struct Piece {
        std::string text;
        float score = 0;
        std::int32_t type = 1;  ///< the numbers of tokenizer.ggml.token_type
    };
    enum class Kind : std::int32_t { Unigram = 1, Bpe = 2, Word = 3, Character = 4 };

    std::vector<Piece> pieces;
    Kind kind = Kind::Unigram;
    std::int32_t unknownId = 0, bosId = 1, eosId = 2, padId = -1;  ///< -1: none
    bool addsDummyPrefix = true;
};

/// Reads the Protocol Buffers bytes of sentencepiece_model.proto (fields listed in the .cpp). Corrupt if they are not
/// such a message or hold no pieces. Pure; nothing is allocated that the bytes do not pay for.
Result<SentencePieceModel> readSentencePieceModel(std::span<const std::byte> bytes);

}  // namespace ww
