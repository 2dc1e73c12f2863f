// SPDX-License-Identifier: MIT
#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/fragment_encoder.h"
#include "text/special_tokens.h"
#include "text/vocabulary.h"

namespace ww {
namespace {

using Strips = std::unordered_map<TokenId, SpecialTokens::Strip>;

/// Everything that the families have in common; the encoder is the part that differs.
class ModelTokenizer final : public Tokenizer {
public:
    ModelTokenizer(std::unique_ptr<const Vocabulary> vocabulary, std::unique_ptr<const FragmentEncoder> encoder,
                   const Strips& strips)
        : m_vocabulary(std::move(vocabulary)), m_encoder(std::move(encoder)), m_specials(*m_vocabulary, strips)
    {
    }

    std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options) const override
    {
        constexpr std::size_t kLargestFragment = std::size_t{1} << 30;  // positions inside a fragment are 32-bit
        std::vector<TokenId> tokens;
        tokens.reserve(text.size() / 3 + 2);
        if (options.addSpecial && addsBos()) tokens.push_back(*m_vocabulary->bos);
        bool afterSpecial = true;
        for (const Fragment& fragment : m_specials.partition(text, options.parseSpecial)) {
            if (fragment.token >= 0) tokens.push_back(fragment.token);
            for (std::size_t i = 0; i < fragment.raw.size(); i += kLargestFragment)
                m_encoder->encode(fragment.raw.substr(i, kLargestFragment), afterSpecial && i == 0, tokens);
            afterSpecial = fragment.token >= 0;
        }
        if (options.addSpecial && addsEos()) tokens.push_back(*m_vocabulary->eos);
        return tokens;
    }

    std::string decode(TokenId token) const override
    {
        if (!m_vocabulary->contains(token)) return {};
        switch (m_vocabulary->type(token)) {
        case TokenType::Normal:
        case TokenType::Byte: return m_encoder->decode(token);
        case TokenType::UserDefined: return m_vocabulary->text(token);
        case TokenType::Undefined:
        case TokenType::Unknown:
        case TokenType::Control:
        case TokenType::Unused: break;
        }
        return {};
    }

    std::size_t vocabularySize() const override { return m_vocabulary->size(); }
    std::string_view tokenText(TokenId token) const override
    {
        return m_vocabulary->contains(token) ? std::string_view(m_vocabulary->text(token)) : std::string_view();
    }
    std::optional<TokenId> bos() const override { return m_vocabulary->bos; }
    std::optional<TokenId> eos() const override { return m_vocabulary->eos; }
    bool addsBos() const override { return m_vocabulary->addsBos; }
    bool addsEos() const override { return m_vocabulary->addsEos; }
    bool isEndOfGeneration(TokenId token) const override { return m_vocabulary->endOfGeneration.contains(token); }

private:
    std::unique_ptr<const Vocabulary> m_vocabulary;
    std::unique_ptr<const FragmentEncoder> m_encoder;
    SpecialTokens m_specials;
};

/// Phi-3's special tokens take the white space to their right with them, all but four of them.
void addPhi3Strips(const Metadata& metadata, const Vocabulary& vocabulary, Strips& strips)
{
    std::string name(metadata.string("general.name").value_or(""));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (name.find("phi-3") == std::string::npos && name.find("phi3") == std::string::npos) return;
    for (TokenId token = 0; vocabulary.contains(token); ++token) {
        const std::string& text = vocabulary.text(token);
        if (text != "<unk>" && text != "<s>" && text != "<|endoftext|>") strips[token] = SpecialTokens::Strip::Right;
    }
}

Result<std::shared_ptr<const Tokenizer>> createSpm(const Metadata& metadata)
{
    WW_TRY(auto read, Vocabulary::read(metadata, {.bos = 1, .eos = 2, .unknown = 0, .addsBos = true, .addsEos = false}));
    auto vocabulary = std::make_unique<const Vocabulary>(std::move(read));
    WW_TRY(auto encoder, makeSpmEncoder(metadata, *vocabulary));
    Strips strips;
    addPhi3Strips(metadata, *vocabulary, strips);
    return std::make_shared<ModelTokenizer>(std::move(vocabulary), std::move(encoder), strips);
}

Result<std::shared_ptr<const Tokenizer>> createBpe(const Metadata& metadata)
{
    WW_TRY(auto preTokenizer, PreTokenizer::create(metadata.string("tokenizer.ggml.pre").value_or("default")));
    VocabularyDefaults defaults{.bos = 11, .eos = 11, .unknown = {}, .addsBos = preTokenizer->addsBos(), .addsEos = false};
    if (!preTokenizer->hasDefaultBos()) defaults.bos.reset();
    WW_TRY(auto read, Vocabulary::read(metadata, defaults));
    auto vocabulary = std::make_unique<const Vocabulary>(std::move(read));
    WW_TRY(auto encoder, makeBpeEncoder(metadata, *vocabulary, preTokenizer));
    Strips strips;
    addPhi3Strips(metadata, *vocabulary, strips);
    if (const auto mask = vocabulary->find("<mask>"); mask && preTokenizer->maskStripsLeft())
        strips[*mask] = SpecialTokens::Strip::Left;
    return std::make_shared<ModelTokenizer>(std::move(vocabulary), std::move(encoder), strips);
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::create(const Metadata& metadata)
{
    const std::string_view model = metadata.string("tokenizer.ggml.model").value_or("");
    if (model == "llama") return createSpm(metadata);
    if (model == "gpt2") return createBpe(metadata);
    if (model.empty() || model == "no_vocab" || model == "none")
        return fail(ErrorCode::Unsupported,
                    "This file has no tokenizer, so text cannot be turned into tokens. Quantizing works; perplexity and "
                    "generation need a file with its vocabulary.");
    return fail(
        ErrorCode::Unsupported,
        fmt::format("Tokenizers of the kind “{}” are not supported, only “llama” and “gpt2”. Quantizing works; perplexity and "
                    "generation are not available for this model.",
                    model));
}

std::string Tokenizer::decode(std::span<const TokenId> tokens) const
{
    std::string text;
    for (const TokenId token : tokens) text += decode(token);
    return text;
}

}  // namespace ww
