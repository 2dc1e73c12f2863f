// SPDX-License-Identifier: MIT
// Finding the tokens that are recognized in the raw text, before the tokenizer proper sees what lies between them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/vocabulary.h"

namespace ww {

/// A stretch of raw text, or (token ≥ 0) one special token.
struct Fragment {
    std::string_view raw;  ///< borrows the text; not empty unless this is a token
    TokenId token = -1;
};

/// Immutable and thread-safe. Borrows the vocabulary.
class SpecialTokens {
public:
    enum class Strip : std::uint8_t { None, Left, Right };  ///< white space that a token takes with it

    /// `strips` holds the tokens that strip; the others do not.
    SpecialTokens(const Vocabulary& vocabulary, const std::unordered_map<TokenId, Strip>& strips);

    /// Longer tokens go first, then smaller ids, each from left to right. Without `parseSpecial` only user-defined
    /// tokens are recognized.
    [[nodiscard]] std::vector<Fragment> partition(std::string_view text, bool parseSpecial) const;

private:
    struct Special {
        TokenId token;
        std::string_view text;
        Strip strip;
        bool always;             ///< user-defined: recognized without parseSpecial too
        std::uint32_t node = 0;  ///< where the automaton has read its text
    };
    void buildAutomaton();
    [[nodiscard]] std::uint32_t child(std::uint32_t node, unsigned char byte) const;
    [[nodiscard]] std::vector<bool> visitedNodes(std::string_view text) const;

    std::vector<Special> m_specials;  // in the order in which they are looked for
    // Aho–Corasick automaton over the texts: one pass tells which tokens occur at all, usually none of thousands.
    std::array<std::uint32_t, 256> m_rootChildren{};
    std::unordered_map<std::uint64_t, std::uint32_t> m_children;  // node << 8 | byte → node; 0 is the root
    std::vector<std::uint32_t> m_fallback;                        // node → node of its longest proper suffix
    std::vector<std::uint32_t> m_breadthFirst;
};

}  // namespace ww
