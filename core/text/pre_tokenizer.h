// SPDX-License-Identifier: MIT
// Cutting text into pieces before byte-level BPE, by the expressions that tokenizer.ggml.pre names.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

struct pcre2_real_code_8;  // PCRE2's compiled expression

namespace ww {

/// One named splitter with the other habits that llama.cpp ties to the name. Immutable and thread-safe.
///
/// The expressions run on a text of one byte per code point: ASCII stands for itself, every other code point for its
/// kind (letter, number, …, and membership in the few literal ranges that expressions name). So matching is fast,
/// independent of the tables of the PCRE2 that happens to be installed, and can treat white space beyond ASCII as
/// llama.cpp does: like a vertical tab.
class PreTokenizer {
public:
    /// Unsupported, with the name in the message, for a name outside the table.
    static Result<std::shared_ptr<const PreTokenizer>> create(std::string_view name);
    /// Every supported name, in the order of the table.
    static std::vector<std::string_view> names();

    /// End of each piece as a byte offset, ascending, the last one the size of the text. Pieces are not empty.
    /// `text` must be valid UTF-8 (see unicode::repairUtf8) and smaller than 4 GiB.
    [[nodiscard]] std::vector<std::uint32_t> split(std::string_view text) const;

    [[nodiscard]] bool ignoresMerges() const { return m_ignoresMerges; }    ///< a piece that is a token is not cut further
    [[nodiscard]] bool addsBos() const { return m_addsBos; }                ///< unless the file says otherwise
    [[nodiscard]] bool hasDefaultBos() const { return m_hasDefaultBos; }    ///< token 11, unless the file says otherwise
    [[nodiscard]] bool maskStripsLeft() const { return m_maskStripsLeft; }  ///< white space before <mask> belongs to it

private:
    PreTokenizer() = default;
    std::vector<std::shared_ptr<const pcre2_real_code_8>> m_codes;
    bool m_ignoresMerges = false;
    bool m_addsBos = false;
    bool m_hasDefaultBos = true;
    bool m_maskStripsLeft = false;
};

}  // namespace ww
