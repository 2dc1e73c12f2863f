// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/tokenizer.h"

namespace ww {

/// Remembers the tokens of short pieces, because words repeat. Lives during one call; the pieces must outlive it.
class PieceCache {
public:
    /// Appends what `encode(piece, tokens)` would append.
    template <class Encode>
    void append(std::string_view piece, std::vector<TokenId>& tokens, Encode&& encode)
    {
        if (piece.size() > kLongestPiece) return encode(piece, tokens);
        if (const auto known = m_places.find(piece); known != m_places.end()) {
            for (std::size_t i = 0; i < known->second.second; ++i) tokens.push_back(m_tokens[known->second.first + i]);
            return;
        }
        const std::size_t before = tokens.size();
        encode(piece, tokens);
        if (m_places.size() >= kMostPieces) return;
        m_places.emplace(piece, std::pair(m_tokens.size(), tokens.size() - before));
        for (std::size_t i = before; i < tokens.size(); ++i) m_tokens.push_back(tokens[i]);
    }

private:
    static constexpr std::size_t kLongestPiece = 64;
    static constexpr std::size_t kMostPieces = 1 << 16;
    std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> m_places;  // piece → begin and count in m_tokens
    std::vector<TokenId> m_tokens;
};

}  // namespace ww
