// SPDX-License-Identifier: MIT
#include "text/unicode.h"

#include <vector>

namespace ww::unicode {
namespace {

constexpr char32_t kCodePointCount = 0x110000;
constexpr char32_t kReplacement = 0xFFFD;

constexpr std::uint32_t kRuns[] = {
#include "text/unicode_categories.inc"
};

/// One byte per code point, spread out once: a look-up is then one load, and a megabyte is cheap.
const std::vector<std::uint8_t>& kindTable()
{
    static const std::vector<std::uint8_t> table = [] {
        std::vector<std::uint8_t> kinds(kCodePointCount);
        const std::size_t runCount = std::size(kRuns);
        for (std::size_t i = 0; i < runCount; ++i) {
            const char32_t end = i + 1 < runCount ? kRuns[i + 1] >> 3 : kCodePointCount;
            for (char32_t c = kRuns[i] >> 3; c < end; ++c) kinds[c] = kRuns[i] & 7;
        }
        return kinds;
    }();
    return table;
}

}  // namespace

Kind kindOf(char32_t codePoint)
{
    static const std::uint8_t* const table = kindTable().data();
    return codePoint < kCodePointCount ? static_cast<Kind>(table[codePoint]) : Kind::Other;
}

std::optional<DecodedCharacter> decodeUtf8(std::string_view text, std::size_t offset)
{
    const auto byteAt = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byteAt(offset);
    if (lead < 0x80) return DecodedCharacter{lead, 1};
    const std::size_t size = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
    if (size == 0 || text.size() - offset < size) return std::nullopt;
    char32_t codePoint = lead & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const unsigned char next = byteAt(offset + i);
        if ((next & 0xC0) != 0x80) return std::nullopt;
        codePoint = codePoint << 6 | (next & 0x3F);
    }
    if (codePoint >= kCodePointCount) return std::nullopt;
    return DecodedCharacter{codePoint, size};
}

void appendUtf8(std::string& text, char32_t codePoint)
{
    const auto tail = [&](int shift) { text.push_back(static_cast<char>(0x80 | (codePoint >> shift & 0x3F))); };
    if (codePoint < 0x80) {
        text.push_back(static_cast<char>(codePoint));
    } else if (codePoint < 0x800) {
        text.push_back(static_cast<char>(0xC0 | codePoint >> 6));
        tail(0);
    } else if (codePoint < 0x10000) {
        text.push_back(static_cast<char>(0xE0 | codePoint >> 12));
        tail(6);
        tail(0);
    } else {
        text.push_back(static_cast<char>(0xF0 | (codePoint >> 18 & 7)));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::string repairUtf8(std::string_view text)
{
    std::string repaired;
    repaired.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto character = decodeUtf8(text, i);
        appendUtf8(repaired, character ? character->codePoint : kReplacement);
        i += character ? character->sizeBytes : 1;
    }
    return repaired;
}

}  // namespace ww::unicode
