// SPDX-License-Identifier: MIT
#include "tests/support/tiny_llama.h"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "tensor/float_convert.h"

namespace ww::test {

TinyVocabulary tinyVocabulary(std::size_t size)
{
    TinyVocabulary vocabulary;
    const auto add = [&vocabulary](std::string token, std::int32_t type) {
        vocabulary.tokens.push_back(std::move(token));
        vocabulary.types.push_back(type);
    };
    add("<unk>", 2);
    add("<s>", 3);
    add("</s>", 3);
    for (int byte = 0; byte < 256; ++byte) add(fmt::format("<0x{:02X}>", byte), 6);
    for (const char* token : {"th", "he", "in", "an", "er", "the", "and", "ing", "▁t", "▁a", "▁the", "▁and", "▁an", "▁in", "▁"})
        add(token, 1);
    for (char letter = 'a'; letter <= 'z'; ++letter) add(std::string(1, letter), 1);
    for (std::size_t i = 0; vocabulary.tokens.size() < std::max<std::size_t>(size, 320); ++i) add(fmt::format("filler {}", i), 1);
    return vocabulary;
}

std::string randomWeights(std::uint64_t count, TensorType type, float mean, float deviation, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::string bytes;
    bytes.reserve(count * traits(type).blockBytes);
    for (std::uint64_t i = 0; i < count; ++i) {
        // Four 16-bit uniform numbers added: nearly a normal distribution, with the same bits from every standard library.
        const std::uint64_t bits = random();
        const auto sum = static_cast<float>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48));
        const float value = mean + deviation * 1.7320508F * (sum / 65536.0F - 2.0F);
        if (type == TensorType::F32)
            bytes += littleEndian(value);
        else
            bytes += littleEndian(type == TensorType::BF16 ? toBf16(value) : toHalf(value));
    }
    return bytes;
}

GgufBuilder tinyLlama(const TinyLlama& options)
{
    const std::uint32_t headLength = options.headLength != 0 ? options.headLength : options.embedding / options.heads;
    const auto tokenCount = static_cast<std::uint32_t>(options.vocabulary.tokens.size());
    std::vector<float> scores;
    for (std::uint32_t i = 0; i < tokenCount; ++i) scores.push_back(-static_cast<float>(i));

    GgufBuilder file;
    file.pair("general.architecture", std::string("llama"));
    file.pair("general.type", std::string("model"));
    file.pair("general.name", options.name);
    file.pair("llama.block_count", options.layers);
    file.pair("llama.context_length", options.contextLength);
    file.pair("llama.embedding_length", options.embedding);
    file.pair("llama.feed_forward_length", options.feedForward);
    file.pair("llama.attention.head_count", options.heads);
    file.pair("llama.attention.head_count_kv", options.kvHeads);
    file.pair("llama.attention.key_length", headLength);
    file.pair("llama.attention.value_length", headLength);
    file.pair("llama.attention.layer_norm_rms_epsilon", options.rmsEpsilon);
    file.pair("llama.rope.freq_base", options.ropeBase);
    file.pair("llama.rope.dimension_count", headLength);
    file.pair("llama.vocab_size", tokenCount);
    file.pair("general.file_type", std::uint32_t{options.type == TensorType::F32   ? 0U
                                                 : options.type == TensorType::F16 ? 1U
                                                                                   : 32U});
    file.pair("tokenizer.ggml.model", std::string("llama"));
    file.pair("tokenizer.ggml.pre", std::string("default"));
    file.pair("tokenizer.ggml.tokens", MetadataArray(options.vocabulary.tokens));
    file.pair("tokenizer.ggml.scores", MetadataArray(scores));
    file.pair("tokenizer.ggml.token_type", MetadataArray(options.vocabulary.types));
    file.pair("tokenizer.ggml.bos_token_id", std::uint32_t{1});
    file.pair("tokenizer.ggml.eos_token_id", std::uint32_t{2});
    file.pair("tokenizer.ggml.unknown_token_id", std::uint32_t{0});

    std::uint64_t seed = options.seed * std::uint64_t{1000003};
    const auto matrix = [&](std::string name, std::uint64_t columns, std::uint64_t rows) {
        const float deviation = 1.0F / std::sqrt(static_cast<float>(columns));
        file.tensor(std::move(name), options.type, {columns, rows},
                    randomWeights(columns * rows, options.type, 0.0F, deviation, ++seed));
    };
    const auto norm = [&](std::string name) {
        file.tensor(std::move(name), TensorType::F32, {options.embedding},
                    randomWeights(options.embedding, TensorType::F32, 1.0F, 0.1F, ++seed));
    };
    const std::uint64_t queryRows = std::uint64_t{options.heads} * headLength;
    const std::uint64_t keyRows = std::uint64_t{options.kvHeads} * headLength;
    matrix("token_embd.weight", options.embedding, tokenCount);
    for (std::uint32_t layer = 0; layer < options.layers; ++layer) {
        const std::string block = fmt::format("blk.{}.", layer);
        norm(block + "attn_norm.weight");
        matrix(block + "attn_q.weight", options.embedding, queryRows);
        matrix(block + "attn_k.weight", options.embedding, keyRows);
        matrix(block + "attn_v.weight", options.embedding, keyRows);
        matrix(block + "attn_output.weight", queryRows, options.embedding);
        norm(block + "ffn_norm.weight");
        matrix(block + "ffn_gate.weight", options.embedding, options.feedForward);
        matrix(block + "ffn_up.weight", options.embedding, options.feedForward);
        matrix(block + "ffn_down.weight", options.feedForward, options.embedding);
    }
    norm("output_norm.weight");
    if (!options.tiedOutput) matrix("output.weight", options.embedding, tokenCount);
    return file;
}

}  // namespace ww::test
