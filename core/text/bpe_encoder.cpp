// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <deque>
#include <unordered_map>

#include "text/byte_alphabet.h"
#include "text/fragment_encoder.h"
#include "text/merge_symbols.h"
#include "text/piece_cache.h"
#include "text/unicode.h"

namespace ww {
namespace {

/// Spreads the two symbol ids over the whole word; the identity hash of the standard library would make long chains.
struct PairHash {
    std::size_t operator()(std::uint64_t pair) const
    {
        pair ^= pair >> 32;
        pair *= 0x9E3779B97F4A7C15u;
        return static_cast<std::size_t>(pair ^ pair >> 29);
    }
};

class BpeEncoder final : public FragmentEncoder {
public:
    BpeEncoder(const Vocabulary& vocabulary, std::shared_ptr<const PreTokenizer> preTokenizer)
        : m_vocabulary(vocabulary), m_preTokenizer(std::move(preTokenizer))
    {
    }

    Result<void> readMerges(const Metadata& metadata)
    {
        const auto* merges = metadata.stringArray("tokenizer.ggml.merges");
        if (!merges)
            return fail(ErrorCode::Corrupt,
                        "The model's tokenizer has no merges (tokenizer.ggml.merges is missing), which byte-level BPE "
                        "needs. Convert the model again.");
        std::unordered_map<std::string, std::int32_t> extras;
        for (unsigned byte = 0; byte < 256; ++byte)
            m_byteSymbols[byte] = symbolOf(byteAlphabet().text(static_cast<std::uint8_t>(byte)), extras);
        m_merges.reserve(merges->size());
        for (std::size_t rank = 0; rank < merges->size(); ++rank) {
            const std::string& merge = (*merges)[rank];
            const std::size_t space = merge.empty() ? std::string::npos : merge.find(' ', 1);
            if (space == std::string::npos || space + 1 == merge.size())
                return fail(ErrorCode::Corrupt,
                            fmt::format("Merge {} of the model's tokenizer is “{}”, but a merge is two parts with a space "
                                        "between them. Convert the model again.",
                                        rank, merge.substr(0, 40)));
            const std::string left = merge.substr(0, space);
            const std::string right = merge.substr(space + 1);
            const std::uint64_t pair = pairOf(symbolOf(left, extras), symbolOf(right, extras));
            m_merges.try_emplace(pair, Merge{static_cast<std::uint32_t>(rank), symbolOf(left + right, extras)});
        }
        return {};
    }

    void encode(std::string_view fragment, bool /*afterSpecial*/, std::vector<TokenId>& tokens) const override
    {
        const std::string text = unicode::repairUtf8(fragment);
        Scratch scratch;
        PieceCache cache;
        std::uint32_t begin = 0;
        for (const std::uint32_t end : m_preTokenizer->split(text)) {
            cache.append(std::string_view(text).substr(begin, end - begin), tokens,
                         [&](std::string_view piece, std::vector<TokenId>& out) { mergePiece(piece, scratch, out); });
            begin = end;
        }
    }

    std::string decode(TokenId token) const override { return byteAlphabet().decode(m_vocabulary.text(token)); }

private:
    struct Scratch {
        std::vector<Symbol> symbols;
        std::vector<MergeCandidate> heap;
    };
    static std::uint64_t pairOf(std::int32_t left, std::int32_t right)
    {
        return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
    }
    /// A symbol is a token id, or, for texts that are only steps on the way to one, a number beyond the vocabulary.
    std::int32_t symbolOf(const std::string& text, std::unordered_map<std::string, std::int32_t>& extras)
    {
        if (const auto token = m_vocabulary.find(text)) return *token;
        const auto [place, isNew] = extras.emplace(text, static_cast<std::int32_t>(m_vocabulary.size() + m_extraTexts.size()));
        if (isNew) m_extraTexts.push_back(text);
        return place->second;
    }

    void mergePiece(std::string_view piece, Scratch& scratch, std::vector<TokenId>& tokens) const
    {
        if (m_preTokenizer->ignoresMerges() && piece.size() <= m_vocabulary.longestTextBytes()) {
            if (const auto token = m_vocabulary.find(byteAlphabet().encode(piece))) {
                tokens.push_back(*token);
                return;
            }
        }
        auto& symbols = scratch.symbols;
        symbols.clear();
        for (std::size_t i = 0; i < piece.size(); ++i) {
            const auto index = static_cast<std::int32_t>(i);
            symbols.push_back(
                {static_cast<std::uint32_t>(i), 1, index - 1, index + 1, m_byteSymbols[static_cast<unsigned char>(piece[i])]});
        }
        symbols.back().next = -1;
        mergeSymbols(symbols, scratch.heap, [&](const Symbol& left, const Symbol& right) -> std::optional<Merge> {
            const auto merge = m_merges.find(pairOf(left.id, right.id));
            return merge == m_merges.end() ? std::nullopt : std::optional(merge->second);
        });
        for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].next)
            appendSymbol(symbols[static_cast<std::size_t>(i)].id, tokens);
    }
    /// A symbol that is no token gives the tokens of its single bytes, where they exist.
    void appendSymbol(std::int32_t symbol, std::vector<TokenId>& tokens) const
    {
        if (m_vocabulary.contains(symbol)) return tokens.push_back(symbol);
        for (const char byte : m_extraTexts[static_cast<std::size_t>(symbol) - m_vocabulary.size()])
            if (const auto token = m_vocabulary.find(std::string_view(&byte, 1))) tokens.push_back(*token);
    }

    const Vocabulary& m_vocabulary;
    std::shared_ptr<const PreTokenizer> m_preTokenizer;
    std::deque<std::string> m_extraTexts;
    std::array<std::int32_t, 256> m_byteSymbols{};
    std::unordered_map<std::uint64_t, Merge, PairHash> m_merges;
};

}  // namespace

Result<std::unique_ptr<FragmentEncoder>> makeBpeEncoder(const Metadata& metadata, const Vocabulary& vocabulary,
                                                        std::shared_ptr<const PreTokenizer> preTokenizer)
{
    auto encoder = std::make_unique<BpeEncoder>(vocabulary, std::move(preTokenizer));
    WW_TRY_VOID(encoder->readMerges(metadata));
    return encoder;
}

}  // namespace ww
