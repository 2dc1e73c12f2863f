// SPDX-License-Identifier: MIT
#include "text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ww {
namespace {

/// llama.cpp knows some tokens by their text, whatever type the file gives them: ends of generation and the markers of
/// "fill in the middle" become control tokens, the four channel markers of harmony chats become user-defined.
enum class KnownText : std::uint8_t {
    EndOfGeneration,
    MiddlePrefix,
    MiddleSuffix,
    MiddleMiddle,
    MiddlePad,
    MiddleRepository,
    MiddleFile,
    Harmony
};

struct KnownToken {
    std::string_view text;
    KnownText meaning;
};
constexpr KnownToken kKnownTokens[] = {
    {"<|eot_id|>", KnownText::EndOfGeneration},
    {"<|im_end|>", KnownText::EndOfGeneration},
    {"<|end|>", KnownText::EndOfGeneration},
    {"<end_of_turn>", KnownText::EndOfGeneration},
    {"<|endoftext|>", KnownText::EndOfGeneration},
    {"<|end_of_text|>", KnownText::EndOfGeneration},
    {"<end_of_utterance>", KnownText::EndOfGeneration},
    {"<｜end▁of▁sentence｜>", KnownText::EndOfGeneration},
    {"<|eom_id|>", KnownText::EndOfGeneration},
    {"<|return|>", KnownText::EndOfGeneration},
    {"<|call|>", KnownText::EndOfGeneration},
    {"<|flush|>", KnownText::EndOfGeneration},
    {"<|calls|>", KnownText::EndOfGeneration},
    {"<|tool_response>", KnownText::EndOfGeneration},
    {"<turn|>", KnownText::EndOfGeneration},
    {"<EOT>", KnownText::EndOfGeneration},
    {"_<EOT>", KnownText::EndOfGeneration},
    {"[EOT]", KnownText::EndOfGeneration},
    {"[EOS]", KnownText::EndOfGeneration},
    {"<eos>", KnownText::EndOfGeneration},
    {"</s>", KnownText::EndOfGeneration},
    {"[e~[", KnownText::EndOfGeneration},
    {"<|fim_prefix|>", KnownText::MiddlePrefix},
    {"<fim-prefix>", KnownText::MiddlePrefix},
    {"<fim_prefix>", KnownText::MiddlePrefix},
    {"<｜fim▁begin｜>", KnownText::MiddlePrefix},
    {"<PRE>", KnownText::MiddlePrefix},
    {"▁<PRE>", KnownText::MiddlePrefix},
    {"<|code_prefix|>", KnownText::MiddlePrefix},
    {"<|prefix|>", KnownText::MiddlePrefix},
    {"<|fim_suffix|>", KnownText::MiddleSuffix},
    {"<fim-suffix>", KnownText::MiddleSuffix},
    {"<fim_suffix>", KnownText::MiddleSuffix},
    {"<｜fim▁hole｜>", KnownText::MiddleSuffix},
    {"<SUF>", KnownText::MiddleSuffix},
    {"▁<SUF>", KnownText::MiddleSuffix},
    {"<|code_suffix|>", KnownText::MiddleSuffix},
    {"<|suffix|>", KnownText::MiddleSuffix},
    {"<|fim_middle|>", KnownText::MiddleMiddle},
    {"<fim-middle>", KnownText::MiddleMiddle},
    {"<fim_middle>", KnownText::MiddleMiddle},
    {"<｜fim▁end｜>", KnownText::MiddleMiddle},
    {"<MID>", KnownText::MiddleMiddle},
    {"▁<MID>", KnownText::MiddleMiddle},
    {"<|code_middle|>", KnownText::MiddleMiddle},
    {"<|middle|>", KnownText::MiddleMiddle},
    {"<|fim_pad|>", KnownText::MiddlePad},
    {"<fim-pad>", KnownText::MiddlePad},
    {"<fim_pad>", KnownText::MiddlePad},
    {"<PAD>", KnownText::MiddlePad},
    {"<|fim_repo|>", KnownText::MiddleRepository},
    {"<|repo_name|>", KnownText::MiddleRepository},
    {"<fim-repo>", KnownText::MiddleRepository},
    {"<REPO>", KnownText::MiddleRepository},
    {"<reponame>", KnownText::MiddleRepository},
    {"<|file_sep|>", KnownText::MiddleFile},
    {"<|start|>", KnownText::Harmony},
    {"<|message|>", KnownText::Harmony},
    {"<|channel|>", KnownText::Harmony},
    {"<|constrain|>", KnownText::Harmony},
};

/// Keys that name the token of a meaning; where a file has one, the text is not searched for.
struct KnownKeys {
    KnownText meaning;
    std::array<std::string_view, 2> keys;
    bool endsGeneration;
};
constexpr KnownKeys kMiddleKeys[] = {
    {KnownText::MiddlePrefix, {"tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"}, false},
    {KnownText::MiddleSuffix, {"tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"}, false},
    {KnownText::MiddleMiddle, {"tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"}, false},
    {KnownText::MiddlePad, {"tokenizer.ggml.fim_pad_token_id", ""}, true},
    {KnownText::MiddleRepository, {"tokenizer.ggml.fim_rep_token_id", ""}, true},
    {KnownText::MiddleFile, {"tokenizer.ggml.fim_sep_token_id", ""}, true},
};

std::string shown(std::string_view text)
{
    constexpr std::size_t kLimit = 40;
    return text.size() <= kLimit ? std::string(text) : std::string(text.substr(0, kLimit)) + "…";
}

}  // namespace

Result<Vocabulary> Vocabulary::read(const Metadata& metadata, const VocabularyDefaults& defaults)
{
    Vocabulary vocabulary;
    WW_TRY_VOID(vocabulary.readTokens(metadata));
    WW_TRY_VOID(vocabulary.readTypes(metadata));
    vocabulary.readSpecialIds(metadata, defaults);
    vocabulary.applyKnownTexts(metadata);
    return vocabulary;
}

Result<void> Vocabulary::readTokens(const Metadata& metadata)
{
    const auto* tokens = metadata.stringArray("tokenizer.ggml.tokens");
    if (!tokens || tokens->empty())
        return fail(ErrorCode::Corrupt,
                    "The model's tokenizer has no tokens (tokenizer.ggml.tokens is missing or empty). The file may have "
                    "been converted incompletely; convert it again.");
    m_texts = *tokens;
    m_ids.reserve(m_texts.size());
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        if (m_texts[i].empty()) m_texts[i] = fmt::format("[EMPTY_{}]", i);
        m_longestTextBytes = std::max(m_longestTextBytes, m_texts[i].size());
        const auto [place, isNew] = m_ids.emplace(m_texts[i], static_cast<TokenId>(i));
        if (!isNew)
            return fail(ErrorCode::Corrupt, fmt::format("Tokens {} and {} of the model's tokenizer have the same text “{}”, so its "
                                                        "vocabulary is contradictory. Convert the model again.",
                                                        place->second, i, shown(m_texts[i])));
    }
    return {};
}

Result<void> Vocabulary::readTypes(const Metadata& metadata)
{
    m_types.assign(m_texts.size(), TokenType::Normal);
    if (!metadata.contains("tokenizer.ggml.token_type")) return {};
    const auto types = metadata.integerArray("tokenizer.ggml.token_type");
    if (!types || types->size() != m_texts.size())
        return fail(ErrorCode::Corrupt,
                    fmt::format("The model's tokenizer has {} tokens but {} token types, so its tables do not fit together. "
                                "Convert the model again.",
                                m_texts.size(), types ? types->size() : 0));
    for (std::size_t i = 0; i < m_types.size(); ++i) {
        const std::int64_t type = (*types)[i];
        m_types[i] = type >= 0 && type <= static_cast<int>(TokenType::Byte) ? static_cast<TokenType>(type) : TokenType::Undefined;
    }
    return {};
}

void Vocabulary::readSpecialIds(const Metadata& metadata, const VocabularyDefaults& defaults)
{
    // An id outside the vocabulary counts as not given, as in llama.cpp.
    const auto inRange = [&](std::optional<TokenId> id) { return id && contains(*id) ? id : std::nullopt; };
    const auto idOf = [&](std::string_view key, std::optional<TokenId> fallback) {
        const auto id = metadata.unsignedInteger(key);
        return id && *id < m_texts.size() ? std::optional(static_cast<TokenId>(*id)) : inRange(fallback);
    };
    bos = idOf("tokenizer.ggml.bos_token_id", defaults.bos);
    eos = idOf("tokenizer.ggml.eos_token_id", defaults.eos);
    unknown = idOf("tokenizer.ggml.unknown_token_id", defaults.unknown);
    addsBos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(defaults.addsBos) && bos;
    addsEos = metadata.boolean("tokenizer.ggml.add_eos_token").value_or(defaults.addsEos) && eos;
    for (const auto id : {eos, idOf("tokenizer.ggml.eot_token_id", {}), idOf("tokenizer.ggml.eom_token_id", {})})
        if (id) endOfGeneration.insert(*id);
}

void Vocabulary::applyKnownTexts(const Metadata& metadata)
{
    for (const auto& known : kMiddleKeys) {
        std::optional<TokenId> token;
        for (const auto key : known.keys) {
            const auto id = metadata.unsignedInteger(key);
            if (id && *id < m_texts.size()) token = static_cast<TokenId>(*id);
        }
        if (!token) {
            for (const auto& k : kKnownTokens)
                if (const auto id = k.meaning == known.meaning ? find(k.text) : std::nullopt)
                    token = std::min(token.value_or(*id), *id);
            if (token) m_types[static_cast<std::size_t>(*token)] = TokenType::Control;
        }
        if (token && known.endsGeneration) endOfGeneration.insert(*token);
    }
    for (const auto& known : kKnownTokens) {
        const auto token = find(known.text);
        if (!token) continue;
        if (known.meaning == KnownText::EndOfGeneration) {
            m_types[static_cast<std::size_t>(*token)] = TokenType::Control;
            endOfGeneration.insert(*token);
        } else if (known.meaning == KnownText::Harmony) {
            m_types[static_cast<std::size_t>(*token)] = TokenType::UserDefined;
        }
    }
    const auto has = [&](std::string_view text) { return find(text).has_value(); };
    const auto retype = [&](std::string_view text, TokenType type) {
        const auto token = find(text);
        if (!token) return;
        endOfGeneration.erase(*token);
        m_types[static_cast<std::size_t>(*token)] = type;
    };
    // In harmony chats <|end|> closes a message, not the answer; models with <|tool_response> use </s> as plain text.
    if ((has("<|call|>") || has("<|calls|>")) && (has("<|return|>") || has("<|flush|>"))) retype("<|end|>", TokenType::UserDefined);
    if (has("<|tool_response>")) retype("</s>", TokenType::Normal);
}

}  // namespace ww
