// SPDX-License-Identifier: MIT
// The printable characters by which byte-level BPE writes bytes: 0x21–0x7E, 0xA1–0xAC and 0xAE–0xFF stand for themselves
// as code points, the other 68 bytes for U+0100, U+0101, … in ascending order (space is Ġ, newline is Ċ).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ww {

/// Immutable and thread-safe.
class ByteAlphabet {
public:
    ByteAlphabet();
    [[nodiscard]] const std::string& text(std::uint8_t byte) const { return m_texts[byte]; }
    [[nodiscard]] std::string encode(std::string_view bytes) const;
    /// Characters outside the alphabet stay as they are.
    [[nodiscard]] std::string decode(std::string_view text) const;

private:
    static constexpr char32_t kEnd = 0x100 + 68;
    std::array<std::string, 256> m_texts;
    std::array<std::int16_t, kEnd> m_byteOf;  // code point → byte, -1 outside the alphabet
};

const ByteAlphabet& byteAlphabet();

}  // namespace ww
