// SPDX-License-Identifier: MIT
// Names for contents: 128 bits, the same on every machine. Against accidents, not against people who want two contents to
// have one name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ww {

struct Hash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    /// 32 hexadecimal digits.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<Hash> fromText(std::string_view text);
    auto operator<=>(const Hash&) const = default;
};

/// Two multiplying lanes over words of 8 bytes, several bytes per cycle. What is added one after the other is one content, but
/// text() and number() say where a part ends. Plain value.
class Hasher {
public:
    Hasher& bytes(std::span<const std::byte> data);
    Hasher& text(std::string_view value);
    Hasher& number(std::uint64_t value);
    Hasher& hash(const Hash& value);
    template <class T>
    Hasher& values(std::span<const T> data)
    {
        return bytes(std::as_bytes(data));
    }
    [[nodiscard]] Hash finish() const;

private:
    void word(std::uint64_t value);
    std::uint64_t m_a = 0x6a09e667f3bcc909;
    std::uint64_t m_b = 0xbb67ae8584caa73b;
};

}  // namespace ww
