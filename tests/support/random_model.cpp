// SPDX-License-Identifier: MIT
#include "tests/support/random_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "tests/support/tiny_llama.h"

namespace ww::test {
namespace {

class Maker {
public:
    explicit Maker(const RandomModel& options) : m_options(options), m_seed(options.seed * 7919) {}

    GgufBuilder make()
    {
        metadata();
        const auto vocabulary = static_cast<std::uint32_t>(m_vocabulary.tokens.size());
        const std::uint64_t d = m_options.embedding;
        matrix("token_embd.weight", d, vocabulary, 1, 1.0F);
        if (is({"gpt2"})) matrix("position_embd.weight", d, m_options.contextLength, 1, 1.0F);
        factors("rope_freqs.weight", m_options.ropeFactors);
        factors("rope_factors_short.weight", m_options.ropeFactorsShort);
        factors("rope_factors_long.weight", m_options.ropeFactorsLong);
        for (std::uint32_t layer = 0; layer < m_options.layers; ++layer) block("blk." + std::to_string(layer) + ".");
        norm("output_norm", d);
        if (!m_options.tied) matrix("output.weight", d, vocabulary);
        return std::move(m_file);
    }

private:
    [[nodiscard]] bool is(std::initializer_list<std::string_view> names) const
    {
        return std::ranges::find(names, m_options.architecture) != names.end();
    }
    [[nodiscard]] bool layerNorm() const { return is({"gpt2", "starcoder2", "stablelm"}); }

    void key(const std::string& name, MetadataValue value) { m_file.pair(m_options.architecture + "." + name, std::move(value)); }

    void metadata()
    {
        const auto vocabulary = static_cast<std::uint32_t>(m_vocabulary.tokens.size());
        m_file.pair("general.architecture", m_options.architecture);
        key("block_count", m_options.layers);
        key("context_length", m_options.contextLength);
        key("embedding_length", m_options.embedding);
        key("feed_forward_length", m_options.feedForward);
        key("attention.head_count", m_options.heads);
        key("attention.head_count_kv", m_options.kvHeads);
        key("attention.key_length", m_options.headLength);
        key("attention.value_length", m_options.headLength);
        key(layerNorm() ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 1e-5F);
        key("rope.dimension_count", m_options.rotary != 0 ? m_options.rotary : m_options.headLength);
        key("vocab_size", vocabulary);
        if (m_options.experts != 0) {
            key("expert_count", m_options.experts);
            key("expert_used_count", m_options.usedExperts);
            if (is({"qwen3moe", "qwen2moe"})) key("expert_feed_forward_length", m_options.feedForward);
            if (m_options.sharedFeedForward != 0) key("expert_shared_feed_forward_length", m_options.sharedFeedForward);
        }
        for (const auto& [name, value] : m_options.keys) key(name, value);
        std::vector<float> scores(vocabulary);
        for (std::uint32_t i = 0; i < vocabulary; ++i) scores[i] = -static_cast<float>(i);
        m_file.pair("tokenizer.ggml.model", std::string("llama"));
        m_file.pair("tokenizer.ggml.tokens", MetadataArray(m_vocabulary.tokens));
        m_file.pair("tokenizer.ggml.scores", MetadataArray(scores));
        m_file.pair("tokenizer.ggml.token_type", MetadataArray(m_vocabulary.types));
        m_file.pair("tokenizer.ggml.bos_token_id", std::uint32_t{1});
        m_file.pair("tokenizer.ggml.eos_token_id", std::uint32_t{2});
        m_file.pair("tokenizer.ggml.unknown_token_id", std::uint32_t{0});
    }

    void values(const std::string& name, std::vector<std::uint64_t> shape, float mean, float deviation)
    {
        std::uint64_t count = 1;
        for (const std::uint64_t n : shape) count *= n;
        m_file.tensor(name, TensorType::F32, std::move(shape), randomWeights(count, TensorType::F32, mean, deviation, ++m_seed));
    }
    void matrix(const std::string& name, std::uint64_t columns, std::uint64_t rows, std::uint64_t experts = 1, float gain = 0)
    {
        const float deviation = gain != 0 ? gain : 1.5F / std::sqrt(static_cast<float>(columns));
        if (experts == 1)
            values(name, {columns, rows}, 0, deviation);
        else
            values(name, {columns, rows, experts}, 0, deviation);
    }
    void vector(const std::string& name, std::uint64_t size, float mean, float deviation) { values(name, {size}, mean, deviation); }
    void norm(const std::string& stem, std::uint64_t size)
    {
        vector(stem + ".weight", size, 1.0F, 0.2F);
        if (layerNorm()) vector(stem + ".bias", size, 0.0F, 0.2F);
    }
    void linear(const std::string& stem, std::uint64_t columns, std::uint64_t rows, bool bias)
    {
        matrix(stem + ".weight", columns, rows);
        if (bias) vector(stem + ".bias", rows, 0.0F, 0.3F);
    }
    void factors(const std::string& name, const std::vector<float>& divisors)
    {
        if (divisors.empty()) return;
        std::string bytes;
        for (const float f : divisors) bytes += littleEndian(f);
        m_file.tensor(name, TensorType::F32, {divisors.size()}, bytes);
    }

    void block(const std::string& prefix)
    {
        const std::uint64_t d = m_options.embedding;
        const bool postOnly = is({"olmo2"});
        const bool post = postOnly || is({"gemma2", "gemma3"});
        if (!postOnly) norm(prefix + "attn_norm", d);
        attention(prefix);
        if (post) norm(prefix + "post_attention_norm", d);
        if (!postOnly && (m_options.ffnNorm || !is({"stablelm"}))) norm(prefix + "ffn_norm", d);
        if (m_options.experts != 0)
            experts(prefix);
        else
            feedForward(prefix);
        if (post) norm(prefix + "post_ffw_norm", d);
    }

    void attention(const std::string& prefix)
    {
        const std::uint64_t d = m_options.embedding;
        const std::uint64_t length = m_options.headLength;
        const std::uint64_t q = m_options.heads * length;
        const std::uint64_t k = m_options.kvHeads * length;
        if (m_options.fusedQkv || is({"phi3", "gpt2"})) {
            linear(prefix + "attn_qkv", d, q + 2 * k, m_options.qkvBias || is({"gpt2"}));
        } else {
            linear(prefix + "attn_q", d, q, m_options.qkvBias);
            linear(prefix + "attn_k", d, k, m_options.qkvBias);
            linear(prefix + "attn_v", d, k, m_options.qkvBias);
        }
        if (is({"qwen3", "qwen3moe", "gemma3"})) {
            vector(prefix + "attn_q_norm.weight", length, 1.0F, 0.2F);
            vector(prefix + "attn_k_norm.weight", length, 1.0F, 0.2F);
        } else if (is({"olmo2"})) {
            vector(prefix + "attn_q_norm.weight", q, 1.0F, 0.2F);
            vector(prefix + "attn_k_norm.weight", k, 1.0F, 0.2F);
        } else if (is({"stablelm"}) && m_options.headNorms) {
            values(prefix + "attn_q_norm.weight", {length, m_options.heads}, 1.0F, 0.2F);
            values(prefix + "attn_k_norm.weight", {length, m_options.kvHeads}, 1.0F, 0.2F);
        }
        linear(prefix + "attn_output", q, d, m_options.attnOutputBias || is({"gpt2", "starcoder2"}));
    }

    void feedForward(const std::string& prefix)
    {
        const std::uint64_t d = m_options.embedding;
        const std::uint64_t f = m_options.feedForward;
        const bool plain = is({"gpt2", "starcoder2"});
        const bool bias = m_options.ffnBias || plain;
        const bool fused = is({"phi3"});
        if (!plain && !fused) linear(prefix + "ffn_gate", d, f, bias);
        linear(prefix + "ffn_up", d, fused ? 2 * f : f, bias);
        linear(prefix + "ffn_down", f, d, bias);
    }

    void experts(const std::string& prefix)
    {
        const std::uint64_t d = m_options.embedding;
        const std::uint64_t f = m_options.feedForward;
        matrix(prefix + "ffn_gate_inp.weight", d, m_options.experts);
        matrix(prefix + "ffn_gate_exps.weight", d, f, m_options.experts);
        matrix(prefix + "ffn_up_exps.weight", d, f, m_options.experts);
        matrix(prefix + "ffn_down_exps.weight", f, d, m_options.experts);
        if (const std::uint64_t shared = m_options.sharedFeedForward; shared != 0) {
            if (is({"qwen2moe"})) vector(prefix + "ffn_gate_inp_shexp.weight", d, 0.0F, 0.2F);
            matrix(prefix + "ffn_gate_shexp.weight", d, shared);
            matrix(prefix + "ffn_up_shexp.weight", d, shared);
            matrix(prefix + "ffn_down_shexp.weight", shared, d);
        }
    }

    const RandomModel& m_options;
    std::uint64_t m_seed;
    TinyVocabulary m_vocabulary = tinyVocabulary();
    GgufBuilder m_file;
};

}  // namespace

GgufBuilder randomModel(const RandomModel& options)
{
    return Maker(options).make();
}

}  // namespace ww::test
