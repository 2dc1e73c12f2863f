// SPDX-License-Identifier: MIT
#include "tests/support/hf_folder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <regex>
#include <utility>

#include <fmt/format.h>

#include "tests/support/tiny_llama.h"
#include "text/byte_alphabet.h"

namespace ww::test {
namespace {

using Floats = std::vector<float>;
using Entries = std::vector<SafetensorsEntry>;
using Json = nlohmann::json;
using Keys = std::vector<std::pair<std::string, MetadataValue>>;

Floats floatsOf(const std::string& data)
{
    Floats values(data.size() / sizeof(float));
    std::memcpy(values.data(), data.data(), data.size());
    return values;
}
std::string bytesOf(const Floats& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

bool isOneOf(const std::string& name, std::initializer_list<const char*> names)
{
    return std::ranges::any_of(names, [&](const char* n) { return name == n; });
}

/// Rows (or values) of each head: 0 2 4 … 1 3 5 …
Floats halvesOfHeads(const Floats& values, std::size_t headLength, std::size_t columns)
{
    Floats result(values.size());
    const std::size_t rows = values.size() / columns;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t inHead = row % headLength;
        const std::size_t to = row - inHead + inHead / 2 + (inHead % 2 == 0 ? 0 : headLength / 2);
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                    result.begin() + static_cast<std::ptrdiff_t>(to * columns));
    }
    return result;
}

Floats transposed(const Floats& values, std::size_t columns)
{
    const std::size_t rows = values.size() / columns;
    Floats result(values.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = values[r * columns + c];
    return result;
}

class FolderMaker {
public:
    explicit FolderMaker(const RandomModel& options) : m_options(options) {}

    Entries entries(const GgufBuilder& file)
    {
        static const std::regex kBlock("blk\\.(\\d+)\\.(\\w+)\\.(weight|bias)");
        for (const auto& tensor : file.tensors) {
            std::smatch match;
            if (std::regex_match(tensor.name, match, kBlock))
                block(tensor, match[1], match[2], "." + match[3].str());
            else
                outside(tensor);
        }
        for (auto& [name, halves] : m_halves) add(name, halves.shape, halves.join());
        return m_entries;
    }

private:
    struct Halves {
        std::vector<std::uint64_t> shape;  ///< of the whole
        Floats gate, up;
        [[nodiscard]] Floats join() const
        {
            const std::size_t experts = shape.size() == 3 ? shape[0] : 1;
            const std::size_t half = gate.size() / experts;
            Floats all;
            for (std::size_t e = 0; e < experts; ++e)
                for (const Floats* part : {&gate, &up})
                    all.insert(all.end(), part->begin() + static_cast<std::ptrdiff_t>(e * half),
                               part->begin() + static_cast<std::ptrdiff_t>((e + 1) * half));
            return all;
        }
    };
    [[nodiscard]] bool is(std::initializer_list<const char*> names) const { return isOneOf(m_options.architecture, names); }
    void add(const std::string& name, std::vector<std::uint64_t> shape, const Floats& values)
    {
        m_entries.push_back({name, "F32", std::move(shape), bytesOf(values)});
    }

    void outside(const GgufBuilder::Tensor& tensor)
    {
        if (tensor.name.starts_with("rope_")) return;
        const std::size_t point = tensor.name.find('.');
        const std::map<std::string, std::string> names =
            is({"gpt2"}) ? std::map<std::string, std::string>{{"token_embd", "transformer.wte"},
                                                              {"position_embd", "transformer.wpe"},
                                                              {"output_norm", "transformer.ln_f"},
                                                              {"output", "lm_head"}}
                         : std::map<std::string, std::string>{
                               {"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}};
        Floats values = floatsOf(tensor.data);
        if (is({"gemma", "gemma2", "gemma3"}) && tensor.name == "output_norm.weight")
            for (float& value : values) value -= 1;
        add(names.at(tensor.name.substr(0, point)) + tensor.name.substr(point), {tensor.ne.rbegin(), tensor.ne.rend()}, values);
    }

    [[nodiscard]] std::string hfName(const std::string& stem) const
    {
        if (is({"gpt2"}))
            return std::map<std::string, std::string>{{"attn_norm", "ln_1"},          {"ffn_norm", "ln_2"},
                                                      {"attn_qkv", "attn.c_attn"},    {"attn_output", "attn.c_proj"},
                                                      {"ffn_up", "mlp.c_fc"},         {"ffn_down", "mlp.c_proj"}}
                .at(stem);
        const bool post = is({"gemma2", "gemma3", "olmo2"});
        const bool granite = is({"granitemoe"});
        const bool plain = is({"starcoder2"});
        return std::map<std::string, std::string>{
            {"attn_norm", "input_layernorm"},
            {"attn_q", "self_attn.q_proj"},
            {"attn_k", "self_attn.k_proj"},
            {"attn_v", "self_attn.v_proj"},
            {"attn_qkv", "self_attn.qkv_proj"},
            {"attn_output", "self_attn.o_proj"},
            {"attn_q_norm", "self_attn.q_norm"},
            {"attn_k_norm", "self_attn.k_norm"},
            {"ffn_norm", post ? "pre_feedforward_layernorm" : "post_attention_layernorm"},
            {"post_attention_norm", "post_attention_layernorm"},
            {"post_ffw_norm", "post_feedforward_layernorm"},
            {"ffn_gate", "mlp.gate_proj"},
            {"ffn_up", plain ? "mlp.c_fc" : is({"phi3"}) ? "mlp.gate_up_proj" : "mlp.up_proj"},
            {"ffn_down", plain ? "mlp.c_proj" : "mlp.down_proj"},
            {"ffn_gate_inp", granite ? "block_sparse_moe.router.layer" : is({"qwen3moe", "qwen2moe"}) ? "mlp.gate" : "block_sparse_moe.gate"},
            {"ffn_down_exps", "block_sparse_moe.output_linear"},
            {"ffn_gate_inp_shexp", "mlp.shared_expert_gate"},
            {"ffn_gate_shexp", "mlp.shared_expert.gate_proj"},
            {"ffn_up_shexp", "mlp.shared_expert.up_proj"},
            {"ffn_down_shexp", is({"qwen2moe"}) ? "mlp.shared_expert.down_proj" : "shared_mlp.output_linear"}}
            .at(stem);
    }

    void block(const GgufBuilder::Tensor& tensor, const std::string& layer, const std::string& stem, const std::string& suffix)
    {
        const std::string prefix = (is({"gpt2"}) ? "transformer.h." : "model.layers.") + layer + ".";
        Floats values = floatsOf(tensor.data);
        std::vector<std::uint64_t> shape{tensor.ne.rbegin(), tensor.ne.rend()};
        const std::size_t columns = shape.back();
        if (is({"llama", "granite", "granitemoe", "smollm3"}) && isOneOf(stem, {"attn_q", "attn_k"}))
            values = halvesOfHeads(values, m_options.headLength, shape.size() == 1 ? 1 : columns);
        if (is({"gemma", "gemma2", "gemma3"}) && stem.ends_with("norm"))
            for (float& value : values) value -= 1;
        if (is({"gpt2"}) && shape.size() == 2) {
            values = transposed(values, columns);
            std::swap(shape[0], shape[1]);
        }
        if (is({"stablelm"}) && isOneOf(stem, {"attn_q_norm", "attn_k_norm"})) {
            for (std::size_t head = 0; head < shape[0]; ++head)
                add(prefix + "self_attn." + stem[5] + "_layernorm.norms." + std::to_string(head) + suffix, {columns},
                    slice(values, head, columns));
            return;
        }
        if (is({"granitemoe"}) && (stem.starts_with("ffn_gate_") || stem.starts_with("ffn_up_")) && stem != "ffn_gate_inp") {
            const char* whole = stem.ends_with("_exps") ? "block_sparse_moe.input_linear" : "shared_mlp.input_linear";
            Halves& halves = m_halves[prefix + whole + suffix];
            halves.shape = shape;
            halves.shape[shape.size() - 2] *= 2;
            (stem.starts_with("ffn_gate") ? halves.gate : halves.up) = values;
            return;
        }
        if (is({"qwen2moe"}) && stem == "ffn_gate_inp_shexp") shape.insert(shape.begin(), 1);
        if (shape.size() == 3 && !is({"granitemoe"})) {
            const bool qwen = is({"qwen3moe", "qwen2moe"});
            const std::string part = stem == "ffn_gate_exps" ? (qwen ? "gate_proj" : "w1")
                                     : stem == "ffn_up_exps" ? (qwen ? "up_proj" : "w3")
                                                             : (qwen ? "down_proj" : "w2");
            for (std::size_t e = 0; e < shape[0]; ++e)
                add(prefix + (qwen ? "mlp" : "block_sparse_moe") + ".experts." + std::to_string(e) + "." + part + suffix,
                    {shape[1], shape[2]}, slice(values, e, shape[1] * shape[2]));
            return;
        }
        add(prefix + hfName(stem) + suffix, shape, values);
    }

    static Floats slice(const Floats& values, std::size_t index, std::size_t length)
    {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(index * length);
        return {first, first + static_cast<std::ptrdiff_t>(length)};
    }

    const RandomModel& m_options;
    Entries m_entries;
    std::map<std::string, Halves> m_halves;
};


// ---- tokenizers --------------------------------------------------------------------------------------------------

std::string varint(std::uint64_t value)
{
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
    return bytes;
}
std::string field(unsigned number, const std::string& bytes)
{
    return varint(number << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string field(unsigned number, std::uint64_t value)
{
    return varint(number << 3) + varint(value);
}

std::string sentencePiece()
{
    const TinyVocabulary vocabulary = tinyVocabulary();
    std::string model;
    for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i)
        model += field(1, field(1, vocabulary.tokens[i]) + varint(2 << 3 | 5) + littleEndian(-static_cast<float>(i)) +
                              field(3, static_cast<std::uint64_t>(vocabulary.types[i])));
    return model + field(2, field(3, std::uint64_t{2}) + field(40, std::uint64_t{0}) + field(41, std::uint64_t{1}) + field(42, std::uint64_t{2}));
}

Json preTokenizer(const std::string& kind)
{
    const auto split = [](const char* regex) {
        return Json{{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}};
    };
    const auto byteLevel = [](bool regex) { return Json{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", regex}}; };
    std::vector<Json> steps;
    if (kind == "gpt-2") return byteLevel(true);
    if (kind == "starcoder") steps = {Json{{"type", "Digits"}, {"individual_digits", true}}, byteLevel(true)};
    if (kind == "llama-bpe")
        steps = {split(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"),
                 byteLevel(false)};
    if (kind == "qwen2")
        steps = {split(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"),
                 byteLevel(false)};
    return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

/// 256 bytes, merges of frequent pairs and two special tokens: fewer than the rows of the embedding.
Json byteLevelTokenizer(const std::string& kind)
{
    Json vocabulary = Json::object();
    for (int byte = 0; byte < 256; ++byte) vocabulary[byteAlphabet().text(static_cast<std::uint8_t>(byte))] = byte;
    std::vector<std::string> merges;
    std::uint64_t next = 256;
    for (const char* merge : {"t h", "Ġ th", "i n", "e r", "a n", "Ġ a", "Ġth e", "an d", "Ġ and", "in g", "r e", "o n", "Ġ s", "1 2",
                              "Ġ 1", ", Ġ", "Ġ Ġ", "Ċ Ċ", "' s", "Ġ w", "o u", "h e", "Ġ o", "o r", "e n", "Ġ c", "e s", "i s", "i t"}) {
        const std::string pair = merge;
        const std::string text = std::regex_replace(pair, std::regex(" "), "");
        if (!vocabulary.contains(text)) vocabulary[text] = next++;
        merges.push_back(pair);
    }
    Json added = Json::array();
    for (const char* text : {"<|endoftext|>", "<|im_start|>"})
        added.push_back({{"id", next++}, {"content", text}, {"special", true}, {"normalized", false}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}});
    return {{"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer", preTokenizer(kind)},
            {"post_processor", nullptr},
            {"model", {{"type", "BPE"}, {"ignore_merges", kind == "llama-bpe"}, {"vocab", vocabulary}, {"merges", merges}}}};
}

}  // namespace

std::vector<SafetensorsEntry> hfTensors(const RandomModel& options, const GgufBuilder& file)
{
    return FolderMaker(options).entries(file);
}

bool writeHfTokenizer(const std::filesystem::path& folder, const std::string& kind)
{
    if (kind == "sentencepiece")
        return writeFile(folder / "tokenizer.model", sentencePiece()) &&
               writeFile(folder / "tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": true})");
    return writeFile(folder / "tokenizer.json", byteLevelTokenizer(kind).dump()) &&
           writeFile(folder / "tokenizer_config.json", R"({"bos_token": null, "eos_token": "<|endoftext|>", "add_bos_token": false})");
}

std::string hfConfig(const HfCase& model)
{
    const RandomModel& options = model.options;
    std::string config = fmt::format(
        R"({{"architectures": ["{}"], "num_hidden_layers": {}, "hidden_size": {}, "intermediate_size": {},
"num_attention_heads": {}, "num_key_value_heads": {}, "head_dim": {}, "max_position_embeddings": {},
"rms_norm_eps": 1e-5, "layer_norm_eps": 1e-5, "tie_word_embeddings": {})",
        model.name.substr(0, model.name.find(',')), options.layers, options.embedding, options.feedForward, options.heads,
        options.kvHeads, options.headLength, options.contextLength, options.tied);
    if (options.experts != 0)
        config += fmt::format(R"(, "num_local_experts": {}, "num_experts_per_tok": {}, "moe_intermediate_size": {})", options.experts,
                              options.usedExperts, options.feedForward);
    return config + model.config + "}";
}

bool writeHfFolder(const std::filesystem::path& folder, const HfCase& model)
{
    return writeFile(folder / "config.json", hfConfig(model)) &&
           writeFile(folder / "model.safetensors", safetensorsFile(hfTensors(model.options, randomModel(model.options)))) &&
           writeHfTokenizer(folder, model.tokenizer);
}

namespace {

/// Frequency factors as Llama 3 defines them, for heads of 16 and the base 10000.
Floats llama3Factors(double factor, double low, double high, double context)
{
    Floats factors;
    for (int i = 0; i < 16; i += 2) {
        const double wave = 2 * std::numbers::pi * std::pow(10000.0, i / 16.0);
        if (wave < context / high)
            factors.push_back(1);
        else if (wave > context / low)
            factors.push_back(static_cast<float>(factor));
        else {
            const double smooth = (context / wave - low) / (high - low);
            factors.push_back(static_cast<float>(1 / ((1 - smooth) / factor + smooth)));
        }
    }
    return factors;
}

/// 256 positions extended to 512, by factors of its own for short and long texts.
HfCase longRope(const char* name, RandomModel options, const char* type)
{
    options.ropeFactorsShort = {1, 1.0625F, 1.125F, 1.25F, 1.5F, 1.75F, 2, 2.5F};
    options.ropeFactorsLong = {1, 1.5F, 2, 3, 4, 6, 8, 16};
    options.keys.emplace_back("rope.scaling.original_context_length", std::uint32_t{256});
    options.keys.emplace_back("rope.scaling.attn_factor", static_cast<float>(std::sqrt(1 + std::log(2.0) / std::log(256.0))));
    return {name, options,
            fmt::format(R"(, "original_max_position_embeddings": 256, "rope_scaling": {{"type": "{}",
"short_factor": [1, 1.0625, 1.125, 1.25, 1.5, 1.75, 2, 2.5], "long_factor": [1, 1.5, 2, 3, 4, 6, 8, 16]}})",
                        type)};
}

}  // namespace

std::vector<HfCase> hfCases()
{
    const Keys granite{{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
    const std::string graniteConfig =
        R"(, "embedding_multiplier": 6.0, "attention_multiplier": 0.1, "residual_multiplier": 0.4, "logits_scaling": 3.0)";
    return {
        {"LlamaForCausalLM", {.qkvBias = true}},
        {"LlamaForCausalLM, biases, wide heads, every head its own keys",
         {.kvHeads = 4, .headLength = 32, .tied = true, .qkvBias = true, .attnOutputBias = true, .ffnBias = true}},
        {"LlamaForCausalLM, yarn",
         {.keys = Keys{{"rope.scaling.type", std::string("yarn")},
                       {"rope.scaling.factor", 8.0F},
                       {"rope.scaling.original_context_length", std::uint32_t{64}}}},
         R"(, "rope_scaling": {"type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64})"},
        {"LlamaForCausalLM, linear",
         {.keys = Keys{{"rope.scaling.type", std::string("linear")}, {"rope.scaling.factor", 4.0F}}},
         R"(, "rope_scaling": {"type": "linear", "factor": 4.0})"},
        {"LlamaForCausalLM, llama3",
         {.ropeFactors = llama3Factors(8, 1, 4, 256)},
         R"(, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
"original_max_position_embeddings": 256})",
         "llama-bpe"},
        longRope("LlamaForCausalLM, longrope", {.keys = Keys{{"rope.scaling.type", std::string("longrope")}}}, "longrope"),
        longRope("Phi3ForCausalLM, longrope", {.architecture = "phi3"}, "su"),
        {"MistralForCausalLM", {.tied = true}, R"(, "sliding_window": 4096)"},
        {"MixtralForCausalLM", {.experts = 4, .usedExperts = 2}, R"(, "rope_theta": 10000.0)"},
        {"Qwen2ForCausalLM", {.architecture = "qwen2", .tied = true, .qkvBias = true}, {}, "qwen2"},
        {"Qwen2ForCausalLM, own output, yarn",
         {.architecture = "qwen2",
          .qkvBias = true,
          .keys = Keys{{"rope.scaling.type", std::string("yarn")},
                       {"rope.scaling.factor", 4.0F},
                       {"rope.scaling.original_context_length", std::uint32_t{128}},
                       {"rope.freq_base", 1000000.0F}}},
         R"(, "rope_theta": 1000000.0, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128})",
         "qwen2"},
        {"Qwen2MoeForCausalLM, wide shared expert",
         {.architecture = "qwen2moe", .qkvBias = true, .experts = 4, .usedExperts = 3, .sharedFeedForward = 160},
         R"(, "shared_expert_intermediate_size": 160, "norm_topk_prob": false)",
         "qwen2"},
        {"Qwen2MoeForCausalLM",
         {.architecture = "qwen2moe", .qkvBias = true, .experts = 6, .usedExperts = 2, .sharedFeedForward = 48},
         R"(, "shared_expert_intermediate_size": 48)",
         "qwen2"},
        {"Qwen3ForCausalLM", {.architecture = "qwen3", .headLength = 32}, {}, "qwen2"},
        {"Qwen3ForCausalLM, tied, linear",
         {.architecture = "qwen3",
          .tied = true,
          .keys = Keys{{"rope.scaling.type", std::string("linear")}, {"rope.scaling.factor", 2.0F}}},
         R"(, "rope_scaling": {"rope_type": "linear", "factor": 2.0})",
         "qwen2"},
        {"Qwen3MoeForCausalLM, tied, one expert",
         {.architecture = "qwen3moe", .headLength = 32, .tied = true, .experts = 5, .usedExperts = 1},
         R"(, "norm_topk_prob": true)",
         "qwen2"},
        {"Qwen3MoeForCausalLM", {.architecture = "qwen3moe", .experts = 8, .usedExperts = 3}, {}, "qwen2"},
        {"GemmaForCausalLM", {.architecture = "gemma", .kvHeads = 1, .headLength = 32, .tied = true}},
        {"Gemma2ForCausalLM",
         {.architecture = "gemma2",
          .tied = true,
          .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                       {"attn_logit_softcapping", 5.0F},
                       {"final_logit_softcapping", 8.0F}}},
         R"(, "sliding_window": 24, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 8.0)"},
        {"Gemma3ForCausalLM",
         {.architecture = "gemma3",
          .layers = 7,
          .tied = true,
          .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                       {"rope.freq_base", 1000000.0F},
                       {"rope.scaling.type", std::string("linear")},
                       {"rope.scaling.factor", 8.0F}}},
         R"(, "sliding_window": 24, "rope_theta": 1000000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0})"},
        {"Gemma3ForCausalLM, own base and pattern",
         {.architecture = "gemma3",
          .layers = 4,
          .headLength = 32,
          .tied = true,
          .keys = Keys{{"attention.sliding_window", std::uint32_t{16}},
                       {"attention.sliding_window_pattern", std::uint32_t{3}},
                       {"rope.freq_base", 100000.0F},
                       {"rope.freq_base_swa", 20000.0F},
                       {"final_logit_softcapping", 20.0F}}},
         R"(, "sliding_window": 16, "rope_theta": 100000.0, "rope_local_base_freq": 20000.0, "sliding_window_pattern": 3,
"final_logit_softcapping": 20.0, "attn_logit_softcapping": null, "hidden_activation": "gelu_pytorch_tanh",
"layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"])"},
        {"Phi3ForCausalLM, tied, whole heads", {.architecture = "phi3", .kvHeads = 4, .tied = true}},
        {"Phi3ForCausalLM", {.architecture = "phi3", .rotary = 8}, R"(, "partial_rotary_factor": 0.5)"},
        {"GPT2LMHeadModel", {.architecture = "gpt2", .kvHeads = 4, .tied = true}, {}, "gpt-2"},
        {"GPT2LMHeadModel, own output", {.architecture = "gpt2", .kvHeads = 4}, {}, "gpt-2"},
        {"Starcoder2ForCausalLM, tied, no biases of q, k, v",
         {.architecture = "starcoder2", .tied = true, .ffnBias = true},
         R"(, "hidden_act": "gelu_pytorch_tanh")",
         "starcoder"},
        {"Starcoder2ForCausalLM", {.architecture = "starcoder2", .qkvBias = true, .ffnBias = true}, {}, "starcoder"},
        {"StableLmForCausalLM",
         {.architecture = "stablelm", .rotary = 4, .qkvBias = true, .headNorms = true, .ffnNorm = false},
         R"(, "partial_rotary_factor": 0.25, "use_parallel_residual": true)",
         "gpt-2"},
        {"StableLmForCausalLM, one after the other", {.architecture = "stablelm", .kvHeads = 4, .rotary = 8}, R"(, "partial_rotary_factor": 0.5)", "gpt-2"},
        {"Olmo3ForCausalLM",
         {.architecture = "olmo2",
          .layers = 5,
          .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                       {"rope.scaling.type", std::string("yarn")},
                       {"rope.scaling.factor", 8.0F},
                       {"rope.scaling.original_context_length", std::uint32_t{64}}}},
         R"(, "sliding_window": 24, "rope_scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64},
"layer_types": ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention"])",
         "llama-bpe"},
        {"Olmo2ForCausalLM", {.architecture = "olmo2"}, {}, "llama-bpe"},
        {"GraniteForCausalLM", {.architecture = "granite", .tied = true, .keys = granite}, graniteConfig, "starcoder"},
        {"GraniteForCausalLM, own output, biases",
         {.architecture = "granite", .qkvBias = true, .attnOutputBias = true, .keys = granite},
         graniteConfig + R"(, "attention_bias": true)",
         "starcoder"},
        {"GraniteMoeForCausalLM, tied", {.architecture = "granitemoe", .tied = true, .experts = 3, .usedExperts = 3, .keys = granite}, graniteConfig},
        {"GraniteMoeForCausalLM", {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .keys = granite}, graniteConfig},
        {"GraniteMoeSharedForCausalLM",
         {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .sharedFeedForward = 32, .keys = granite},
         graniteConfig + R"(, "shared_intermediate_size": 32)"},
        {"SmolLM3ForCausalLM, tied",
         {.architecture = "smollm3", .layers = 4, .kvHeads = 1, .tied = true, .keys = Keys{{"rope.freq_base", 5000000.0F}}},
         R"(, "rope_theta": 5000000.0, "no_rope_layers": [1, 1, 1, 0], "no_rope_layer_interval": 4)",
         "llama-bpe"},
        {"SmolLM3ForCausalLM", {.architecture = "smollm3", .layers = 5}, R"(, "rope_theta": 10000.0, "no_rope_layers": [1, 1, 1, 0, 1])", "llama-bpe"},
    };
}

}  // namespace ww::test
