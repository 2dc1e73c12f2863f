// SPDX-License-Identifier: MIT
// A tokenizer and a model whose answers a test writes down, for what is built on top of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/language_model.h"
#include "text/tokenizer.h"

namespace ww::test {

/// Every byte of a text is one token (its value); token 256 begins texts and 257 ends them. `pieces` replaces the bytes of
/// tokens.
class FakeTokenizer final : public Tokenizer {
public:
    using Tokenizer::decode;
    using Tokenizer::encode;

    bool withBos = true;
    bool withEos = false;
    std::vector<std::pair<TokenId, std::string>> pieces;

    [[nodiscard]] std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options) const override
    {
        std::vector<TokenId> tokens;
        if (options.addSpecial && withBos) tokens.push_back(256);
        for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
        return tokens;
    }
    [[nodiscard]] std::string decode(TokenId token) const override
    {
        for (const auto& [id, bytes] : pieces)
            if (id == token) return bytes;
        return token < 256 ? std::string(1, static_cast<char>(token)) : std::string();
    }
    [[nodiscard]] std::size_t vocabularySize() const override { return 258; }
    [[nodiscard]] std::string_view tokenText(TokenId) const override { return {}; }
    [[nodiscard]] std::optional<TokenId> bos() const override { return 256; }
    [[nodiscard]] std::optional<TokenId> eos() const override { return 257; }
    [[nodiscard]] bool addsBos() const override { return withBos; }
    [[nodiscard]] bool addsEos() const override { return withEos; }
    [[nodiscard]] bool isEndOfGeneration(TokenId token) const override { return token == 257; }
};

/// logit(tokens up to and including the position, entry of the vocabulary)
using FakeLogit = std::function<float(std::span<const TokenId> text, std::size_t entry)>;

/// A model over 258 tokens that says what it is told to. The hidden state of a position is its number in the call.
class FakeModel final : public LanguageModel {
public:
    explicit FakeModel(FakeLogit logit, std::size_t chunk = 100) : m_logit(std::move(logit)), m_chunk(chunk)
    {
        m_facts.vocabularySize = 258;
        m_facts.embeddingLength = 1;
        m_facts.blockCount = 1;
        m_facts.contextLength = 64;
    }
    [[nodiscard]] const Hyperparameters& hyperparameters() const override { return m_facts; }
    [[nodiscard]] std::uint64_t bytesPerToken(std::size_t) const override { return 100; }

    Result<void> forward(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                         const JobContext& context) const override
    {
        m_tokens.assign(tokens.begin(), tokens.end());
        m_window = windowLength;
        passes.push_back(tokens.size() / windowLength);
        for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] = static_cast<float>(i);
        context.advance(tokens.size());
        return {};
    }
    Result<void> logits(std::span<const float> hidden, std::size_t, const LogitSink& sink, const JobContext&) const override
    {
        for (std::size_t first = 0; first < m_facts.vocabularySize; first += m_chunk) {
            const std::size_t count = std::min<std::size_t>(m_chunk, m_facts.vocabularySize - first);
            for (std::size_t row = 0; row < hidden.size(); ++row) {
                const auto position = static_cast<std::size_t>(hidden[row]);
                const std::size_t begin = position / m_window * m_window;
                std::vector<float> values(count);
                for (std::size_t i = 0; i < count; ++i)
                    values[i] = m_logit(std::span(m_tokens).subspan(begin, position - begin + 1), first + i);
                sink(row, 1, first, count, values.data());
            }
        }
        return {};
    }
    Result<std::unique_ptr<TextSession>> startSession(std::size_t, std::uint64_t, const JobContext&) const override
    {
        return std::unique_ptr<TextSession>(std::make_unique<Session>(m_logit));
    }

    mutable std::vector<std::size_t> passes;  ///< windows of every forward()

private:
    class Session final : public TextSession {
    public:
        explicit Session(const FakeLogit& logit) : m_logit(logit), m_values(258) {}
        Result<std::span<const float>> append(std::span<const TokenId> tokens, const JobContext&) override
        {
            m_text.insert(m_text.end(), tokens.begin(), tokens.end());
            for (std::size_t i = 0; i < m_values.size(); ++i) m_values[i] = m_logit(m_text, i);
            return std::span<const float>(m_values);
        }
        [[nodiscard]] std::size_t length() const override { return m_text.size(); }

    private:
        const FakeLogit& m_logit;
        std::vector<TokenId> m_text;
        std::vector<float> m_values;
    };

    FakeLogit m_logit;
    std::size_t m_chunk;
    Hyperparameters m_facts;
    mutable std::vector<TokenId> m_tokens;
    mutable std::size_t m_window = 1;
};

}  // namespace ww::test
