// SPDX-License-Identifier: MIT
// The little of Unicode that tokenizers need: general categories (version 15.1, the version of llama.cpp) and UTF-8.
// The table is our own, so that the ids of a text do not depend on the machine's libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ww::unicode {

/// Group of general categories; white space (property White_Space) is taken out of whatever category it has.
enum class Kind : std::uint8_t { Other, Letter, Number, Punctuation, Symbol, Mark, WhiteSpace };

/// Other for unassigned code points and for numbers beyond U+10FFFF.
[[nodiscard]] Kind kindOf(char32_t codePoint);

struct DecodedCharacter {
    char32_t codePoint;
    std::size_t sizeBytes;
};
/// The character at `offset` (which must be inside the text), or nothing if the bytes there are no UTF-8 character.
/// As lenient as llama.cpp: overlong forms and surrogates are accepted.
[[nodiscard]] std::optional<DecodedCharacter> decodeUtf8(std::string_view text, std::size_t offset);
void appendUtf8(std::string& text, char32_t codePoint);

/// The same text with every byte that belongs to no character replaced by U+FFFD and overlong forms shortened.
[[nodiscard]] std::string repairUtf8(std::string_view text);

}  // namespace ww::unicode
