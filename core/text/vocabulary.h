// SPDX-License-Identifier: MIT
// The tables that every tokenizer needs, read from tokenizer.ggml.* and checked once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "io/metadata.h"
#include "text/tokenizer.h"

namespace ww {

/// Values of tokenizer.ggml.token_type.
enum class TokenType : std::uint8_t { Undefined, Normal, Unknown, Control, UserDefined, Unused, Byte };

/// What a tokenizer model assumes when the file does not say.
struct VocabularyDefaults {
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::optional<TokenId> unknown;
    bool addsBos = false;
    bool addsEos = false;
};

/// Tokens with types and special ids. Immutable after reading, movable, not copyable (the look-up borrows the texts).
class Vocabulary {
public:
    /// Corrupt when there are no tokens, tokens repeat, or the type list has another length.
    static Result<Vocabulary> read(const Metadata& metadata, const VocabularyDefaults& defaults);
    Vocabulary(Vocabulary&&) = default;
    Vocabulary& operator=(Vocabulary&&) = default;
    Vocabulary(const Vocabulary&) = delete;
    Vocabulary& operator=(const Vocabulary&) = delete;

    [[nodiscard]] std::size_t size() const { return m_texts.size(); }
    [[nodiscard]] bool contains(TokenId token) const { return token >= 0 && static_cast<std::size_t>(token) < m_texts.size(); }
    /// `token` must be contained.
    [[nodiscard]] const std::string& text(TokenId token) const { return m_texts[static_cast<std::size_t>(token)]; }
    [[nodiscard]] TokenType type(TokenId token) const { return m_types[static_cast<std::size_t>(token)]; }
    [[nodiscard]] std::optional<TokenId> find(std::string_view text) const
    {
        const auto found = m_ids.find(text);
        return found == m_ids.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] std::size_t longestTextBytes() const { return m_longestTextBytes; }

    std::optional<TokenId> bos, eos, unknown;
    bool addsBos = false;
    bool addsEos = false;
    std::unordered_set<TokenId> endOfGeneration;

private:
    Vocabulary() = default;
    Result<void> readTokens(const Metadata& metadata);
    Result<void> readTypes(const Metadata& metadata);
    void readSpecialIds(const Metadata& metadata, const VocabularyDefaults& defaults);
    void applyKnownTexts(const Metadata& metadata);

    std::vector<std::string> m_texts;
    std::vector<TokenType> m_types;
    std::unordered_map<std::string_view, TokenId> m_ids;
    std::size_t m_longestTextBytes = 0;
};

}  // namespace ww
