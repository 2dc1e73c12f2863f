// SPDX-License-Identifier: MIT
// The vocabulary while it is gathered from several files of a Hugging Face folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "text/vocabulary.h"

namespace ww {

/// Tokens by id. Ids may come in any order and leave gaps.
class HfTokenTable {
public:
    struct Token {
        std::string text;
        float score = 0;
        TokenType type = TokenType::Normal;
        bool present = false;
    };
    HfTokenTable() = default;
    HfTokenTable(HfTokenTable&&) = default;
    HfTokenTable& operator=(HfTokenTable&&) = default;
    HfTokenTable(const HfTokenTable&) = delete;  // the look-up borrows the texts
    HfTokenTable& operator=(const HfTokenTable&) = delete;

    /// Corrupt for ids beyond what any vocabulary has: the table would be mostly gaps.
    Result<void> set(std::uint64_t id, std::string text, float score, TokenType type);
    [[nodiscard]] const Token* find(std::uint64_t id) const;
    [[nodiscard]] std::size_t size() const { return m_tokens.size(); }

    /// A token that a person added: it replaces the text at its id. Special ones become control tokens, others
    /// user-defined; a token that is already there as such keeps its score and type.
    Result<void> add(std::uint64_t id, std::string_view text, bool special);
    /// Fills gaps, and ids up to `rows`, with unused tokens “[PADi]”. Added tokens beyond the rows are dropped (no weights
    /// belong to them); Corrupt if others are beyond, or if two tokens have the same text. rows = 0: only gaps.
    Result<void> finish(std::size_t rows);
    /// Id of a text; only after finish().
    [[nodiscard]] std::optional<std::uint32_t> idOf(std::string_view text) const;

    [[nodiscard]] std::vector<std::string> texts() const;
    [[nodiscard]] std::vector<float> scores() const;
    [[nodiscard]] std::vector<std::int32_t> types() const;

private:
    std::vector<Token> m_tokens;
    std::unordered_map<std::uint64_t, bool> m_added;
    std::unordered_map<std::string_view, std::uint32_t> m_ids;
};

}  // namespace ww
