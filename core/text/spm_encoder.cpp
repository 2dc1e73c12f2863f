// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "text/fragment_encoder.h"
#include "text/merge_symbols.h"
#include "text/piece_cache.h"

namespace ww {
namespace {

constexpr std::string_view kEscapedSpace = "\xE2\x96\x81";  // U+2581

class SpmEncoder final : public FragmentEncoder {
public:
    SpmEncoder(const Vocabulary& vocabulary, bool addsSpacePrefix, const std::vector<float>* scores)
        : m_vocabulary(vocabulary), m_addsSpacePrefix(addsSpacePrefix), m_ranks(vocabulary.size())
    {
        if (scores) rankByScore(*scores);
        findJoins();
        for (unsigned byte = 0; byte < 256; ++byte) {
            auto token = vocabulary.find(fmt::format("<0x{:02X}>", byte));
            if (!token) token = vocabulary.find(std::string(1, static_cast<char>(byte)));
            m_byteTokens[byte] = token ? token : vocabulary.unknown;
        }
    }

    void encode(std::string_view fragment, bool afterSpecial, std::vector<TokenId>& tokens) const override
    {
        const std::string escapedText = escaped(fragment, m_addsSpacePrefix && afterSpecial);
        const std::string_view text = escapedText;
        Scratch scratch;
        PieceCache cache;
        const auto appendWord = [&](std::size_t begin, std::size_t end) {
            cache.append(text.substr(begin, end - begin), tokens,
                         [&](std::string_view word, std::vector<TokenId>& out) { mergeWord(word, scratch, out); });
        };
        std::size_t wordBegin = 0;
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t size = characterSize(text, i);
            if (i > wordBegin && text.substr(i, size) == kEscapedSpace && !m_joinsSpace[static_cast<unsigned char>(text[i - 1])]) {
                appendWord(wordBegin, i);
                wordBegin = i;
            }
            i += size;
        }
        if (wordBegin < text.size()) appendWord(wordBegin, text.size());
    }

    std::string decode(TokenId token) const override
    {
        const std::string& text = m_vocabulary.text(token);
        if (m_vocabulary.type(token) == TokenType::Byte) return decodedByte(text);
        std::string plain;
        plain.reserve(text.size());
        for (std::size_t i = 0; i < text.size();) {
            const bool space = text.compare(i, kEscapedSpace.size(), kEscapedSpace) == 0;
            plain.push_back(space ? ' ' : text[i]);
            i += space ? kEscapedSpace.size() : 1;
        }
        return plain;
    }

private:
    /// Rank 0 for the highest score; equal scores share a rank, so that the position decides among them.
    void rankByScore(const std::vector<float>& scores)
    {
        std::vector<float> order = scores;
        std::sort(order.begin(), order.end(), std::greater<>());
        order.erase(std::unique(order.begin(), order.end()), order.end());
        for (std::size_t i = 0; i < scores.size(); ++i)
            m_ranks[i] = static_cast<std::uint32_t>(std::lower_bound(order.begin(), order.end(), scores[i], std::greater<>()) -
                                                    order.begin());
    }
    static std::string escaped(std::string_view fragment, bool spaceInFront)
    {
        std::string text;
        const auto spaces = static_cast<std::size_t>(std::count(fragment.begin(), fragment.end(), ' '));
        text.reserve(fragment.size() + (spaces + 1) * kEscapedSpace.size());
        if (spaceInFront) text += kEscapedSpace;
        for (const char c : fragment) {
            if (c == ' ')
                text += kEscapedSpace;
            else
                text += c;
        }
        return text;
    }
    struct Scratch {
        std::vector<Symbol> symbols;
        std::vector<MergeCandidate> heap;
    };
    /// A token with U+2581 behind byte b lets merges reach from b into a following word. Where no token does, words
    /// are independent and can be merged one by one, which is the same result much faster.
    void findJoins()
    {
        for (TokenId token = 0; m_vocabulary.contains(token); ++token) {
            const std::string& text = m_vocabulary.text(token);
            for (std::size_t i = text.find(kEscapedSpace, 1); i != std::string::npos; i = text.find(kEscapedSpace, i + 1))
                m_joinsSpace[static_cast<unsigned char>(text[i - 1])] = true;
        }
    }
    /// Length of a UTF-8 character by its lead byte alone, clipped at the end.
    static std::size_t characterSize(std::string_view text, std::size_t offset)
    {
        const auto lead = static_cast<unsigned char>(text[offset]);
        const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        return std::min(size, text.size() - offset);
    }
    void mergeWord(std::string_view word, Scratch& scratch, std::vector<TokenId>& tokens) const
    {
        auto& symbols = scratch.symbols;
        symbols.clear();
        for (std::size_t i = 0; i < word.size();) {
            const std::size_t size = characterSize(word, i);
            const auto index = static_cast<std::int32_t>(symbols.size());
            symbols.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(size), index - 1, index + 1,
                               m_vocabulary.find(word.substr(i, size)).value_or(-1)});
            i += size;
        }
        symbols.back().next = -1;
        mergeSymbols(symbols, scratch.heap, [&](const Symbol& left, const Symbol& right) -> std::optional<Merge> {
            const std::size_t size = std::size_t{left.sizeBytes} + right.sizeBytes;
            if (size > m_vocabulary.longestTextBytes()) return std::nullopt;
            const auto token = m_vocabulary.find(word.substr(left.begin, size));
            if (!token) return std::nullopt;
            return Merge{m_ranks[static_cast<std::size_t>(*token)], *token};
        });
        for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].next) {
            const Symbol& symbol = symbols[static_cast<std::size_t>(i)];
            if (symbol.id >= 0)
                tokens.push_back(symbol.id);
            else
                appendBytes(word.substr(symbol.begin, symbol.sizeBytes), tokens);
        }
    }
    void appendBytes(std::string_view bytes, std::vector<TokenId>& tokens) const
    {
        for (const char c : bytes)
            if (const auto token = m_byteTokens[static_cast<unsigned char>(c)]) tokens.push_back(*token);
    }
    /// "<0x41>" → "A"; other texts stand for themselves.
    static std::string decodedByte(const std::string& text)
    {
        const auto digit = [](char c) {
            return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        };
        if (text.size() != 6 || !text.starts_with("<0x") || digit(text[3]) < 0 || digit(text[4]) < 0) return text;
        return std::string(1, static_cast<char>(digit(text[3]) * 16 + digit(text[4])));
    }

    const Vocabulary& m_vocabulary;
    bool m_addsSpacePrefix;
    std::vector<std::uint32_t> m_ranks;
    std::array<std::optional<TokenId>, 256> m_byteTokens;
    std::array<bool, 256> m_joinsSpace{};
};

}  // namespace

Result<std::unique_ptr<FragmentEncoder>> makeSpmEncoder(const Metadata& metadata, const Vocabulary& vocabulary)
{
    const std::vector<float>* scores = metadata.floatArray("tokenizer.ggml.scores");
    if (metadata.contains("tokenizer.ggml.scores") && (!scores || scores->size() != vocabulary.size()))
        return fail(ErrorCode::Corrupt,
                    fmt::format("The model's tokenizer has {} tokens but {} scores, so its tables do not fit together. "
                                "Convert the model again.",
                                vocabulary.size(), scores ? scores->size() : 0));
    if (scores && std::any_of(scores->begin(), scores->end(), [](float score) { return std::isnan(score); }))
        return fail(ErrorCode::Corrupt, "A score of the model's tokenizer is not a number. Convert the model again.");
    const bool addsSpacePrefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
    return std::make_unique<SpmEncoder>(vocabulary, addsSpacePrefix, scores);
}

}  // namespace ww
