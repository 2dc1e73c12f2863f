// SPDX-License-Identifier: MIT
#include "text/byte_alphabet.h"

#include "text/unicode.h"

namespace ww {

ByteAlphabet::ByteAlphabet()
{
    m_byteOf.fill(-1);
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        const char32_t codePoint = itself ? byte : next++;
        unicode::appendUtf8(m_texts[byte], codePoint);
        m_byteOf[codePoint] = static_cast<std::int16_t>(byte);
    }
}

std::string ByteAlphabet::encode(std::string_view bytes) const
{
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) text += m_texts[static_cast<unsigned char>(byte)];
    return text;
}

std::string ByteAlphabet::decode(std::string_view text) const
{
    std::string bytes;
    for (std::size_t i = 0; i < text.size();) {
        const auto character = unicode::decodeUtf8(text, i);
        const std::size_t size = character ? character->sizeBytes : 1;
        const int byte = character && character->codePoint < kEnd ? m_byteOf[character->codePoint] : -1;
        if (byte >= 0)
            bytes.push_back(static_cast<char>(byte));
        else
            bytes += text.substr(i, size);
        i += size;
    }
    return bytes;
}

const ByteAlphabet& byteAlphabet()
{
    static const ByteAlphabet alphabet;
    return alphabet;
}

}  // namespace ww
