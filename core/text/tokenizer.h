// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/metadata.h"

namespace ww {

using TokenId = std::int32_t;

/// Text to token ids and back, exactly as llama.cpp does it for the same metadata. Immutable and thread-safe.
class Tokenizer {
public:
    /// Chooses the algorithm by tokenizer.ggml.model ("llama", "gpt2"). Unsupported for other models or unknown
    /// pre-tokenizers, with the name in the message; Corrupt for contradictory tables.
    static Result<std::shared_ptr<const Tokenizer>> create(const Metadata& metadata);
    virtual ~Tokenizer() = default;

    struct EncodeOptions {
        bool addSpecial = true;     ///< BOS/EOS as the model asks for
        bool parseSpecial = false;  ///< text of control tokens becomes the token
    };
    [[nodiscard]] virtual std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options) const = 0;
    [[nodiscard]] std::vector<TokenId> encode(std::string_view text) const { return encode(text, EncodeOptions{true, false}); }
    /// Bytes of one token (may be a part of a UTF-8 character); control tokens give nothing.
    [[nodiscard]] virtual std::string decode(TokenId token) const = 0;
    [[nodiscard]] std::string decode(std::span<const TokenId> tokens) const;

    [[nodiscard]] virtual std::size_t vocabularySize() const = 0;
    /// The token's text as stored in the file, for display.
    [[nodiscard]] virtual std::string_view tokenText(TokenId token) const = 0;
    [[nodiscard]] virtual std::optional<TokenId> bos() const = 0;
    [[nodiscard]] virtual std::optional<TokenId> eos() const = 0;
    [[nodiscard]] virtual bool addsBos() const = 0;  ///< the model's flag or its default
    [[nodiscard]] virtual bool addsEos() const = 0;
    /// Token ends a generation (EOS, EOT, EOM).
    [[nodiscard]] virtual bool isEndOfGeneration(TokenId token) const = 0;
};

}  // namespace ww
