// SPDX-License-Identifier: MIT
// Every architecture on its way from a Hugging Face folder: random GGUF models are turned into such folders by the inverse of
// the rules, written down here once more, and must come back as they were.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "import/open_model.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/random_model.h"
#include "tests/support/safetensors_builder.h"
#include "tests/support/verify.h"

using namespace ww;
using test::RandomModel;
using Floats = std::vector<float>;
using Entries = std::vector<test::SafetensorsEntry>;
Q_DECLARE_METATYPE(ww::test::RandomModel)

namespace {

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

    Entries entries(const test::GgufBuilder& file)
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

    void outside(const test::GgufBuilder::Tensor& tensor)
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
            {"ffn_gate_inp", granite ? "block_sparse_moe.router.layer" : is({"qwen3moe"}) ? "mlp.gate" : "block_sparse_moe.gate"},
            {"ffn_down_exps", "block_sparse_moe.output_linear"},
            {"ffn_down_shexp", "shared_mlp.output_linear"}}
            .at(stem);
    }

    void block(const test::GgufBuilder::Tensor& tensor, const std::string& layer, const std::string& stem, const std::string& suffix)
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
        if (shape.size() == 3 && !is({"granitemoe"})) {
            const bool qwen = is({"qwen3moe"});
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

using Keys = std::vector<std::pair<std::string, MetadataValue>>;

}  // namespace

class TestHfArchitectures : public QObject {
    Q_OBJECT

    static void row(const char* className, const RandomModel& options, const QString& more = {})
    {
        QTest::newRow(className) << options << QString(className).section(',', 0, 0) << more;
    }

private slots:
    void comesBack_data()
    {
        QTest::addColumn<RandomModel>("options");
        QTest::addColumn<QString>("className");
        QTest::addColumn<QString>("more");
        row("LlamaForCausalLM", {.qkvBias = true});
        row("LlamaForCausalLM, yarn",
            {.keys = Keys{{"rope.scaling.type", std::string("yarn")},
                          {"rope.scaling.factor", 8.0F},
                          {"rope.scaling.original_context_length", std::uint32_t{64}}}},
            R"(, "rope_scaling": {"type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64})");
        row("MixtralForCausalLM", {.experts = 4, .usedExperts = 2});
        row("Qwen2ForCausalLM", {.architecture = "qwen2", .tied = true, .qkvBias = true});
        row("Qwen3ForCausalLM", {.architecture = "qwen3", .headLength = 32});
        row("Qwen3MoeForCausalLM", {.architecture = "qwen3moe", .experts = 8, .usedExperts = 3});
        row("GemmaForCausalLM", {.architecture = "gemma", .kvHeads = 1, .headLength = 32, .tied = true});
        row("Gemma2ForCausalLM",
            {.architecture = "gemma2",
             .tied = true,
             .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                          {"attn_logit_softcapping", 5.0F},
                          {"final_logit_softcapping", 8.0F}}},
            R"(, "sliding_window": 24, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 8.0)");
        row("Gemma3ForCausalLM",
            {.architecture = "gemma3",
             .layers = 7,
             .tied = true,
             .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                          {"rope.freq_base", 1000000.0F},
                          {"rope.scaling.type", std::string("linear")},
                          {"rope.scaling.factor", 8.0F}}},
            R"(, "sliding_window": 24, "rope_theta": 1000000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0})");
        row("Phi3ForCausalLM", {.architecture = "phi3", .rotary = 8}, R"(, "partial_rotary_factor": 0.5)");
        row("GPT2LMHeadModel", {.architecture = "gpt2", .kvHeads = 4, .tied = true});
        row("Starcoder2ForCausalLM", {.architecture = "starcoder2", .qkvBias = true, .ffnBias = true});
        row("StableLmForCausalLM", {.architecture = "stablelm", .rotary = 4, .qkvBias = true, .headNorms = true, .ffnNorm = false},
            R"(, "partial_rotary_factor": 0.25, "use_parallel_residual": true)");
        row("Olmo2ForCausalLM", {.architecture = "olmo2"});
        const Keys granite{{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
        const QString graniteConfig =
            R"(, "embedding_multiplier": 6.0, "attention_multiplier": 0.1, "residual_multiplier": 0.4, "logits_scaling": 3.0)";
        row("GraniteForCausalLM", {.architecture = "granite", .tied = true, .keys = granite}, graniteConfig);
        row("GraniteMoeForCausalLM", {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .keys = granite}, graniteConfig);
        row("GraniteMoeSharedForCausalLM",
            {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .sharedFeedForward = 32, .keys = granite},
            graniteConfig + R"(, "shared_intermediate_size": 32)");
        row("SmolLM3ForCausalLM", {.architecture = "smollm3", .layers = 5});
    }
    void comesBack()
    {
        QFETCH(RandomModel, options);
        QFETCH(QString, className);
        QFETCH(QString, more);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const test::GgufBuilder file = test::randomModel(options);
        QString config = QString(R"({"architectures": ["%1"], "num_hidden_layers": %2, "hidden_size": %3, "intermediate_size": %4,
            "num_attention_heads": %5, "num_key_value_heads": %6, "head_dim": %7, "max_position_embeddings": %8,
            "rms_norm_eps": 1e-5, "layer_norm_eps": 1e-5, "tie_word_embeddings": %9)")
                             .arg(className)
                             .arg(options.layers)
                             .arg(options.embedding)
                             .arg(options.feedForward)
                             .arg(options.heads)
                             .arg(options.kvHeads)
                             .arg(options.headLength)
                             .arg(options.contextLength)
                             .arg(options.tied ? "true" : "false");
        if (options.experts != 0)
            config += QString(R"(, "num_local_experts": %1, "num_experts_per_tok": %2, "moe_intermediate_size": %3)")
                          .arg(options.experts)
                          .arg(options.usedExperts)
                          .arg(options.feedForward);
        QVERIFY(test::writeFile(path / "config.json", (config + more + "}").toStdString()));
        QVERIFY(test::writeFile(path / "model.safetensors", test::safetensorsFile(FolderMaker(options).entries(file))));
        const auto opened = openAnyModel(path);
        WW_VERIFY(opened);
        const ModelFile& model = **opened;
        QCOMPARE(model.architecture(), std::string_view(options.architecture));
        for (const auto& pair : file.pairs) {
            if (pair.key.starts_with("tokenizer.")) continue;
            const auto* ours = model.metadata().find(pair.key);
            if (options.architecture == "gpt2" && (!ours || pair.key.find("rope") != std::string::npos)) continue;
            QVERIFY2(ours && *ours == std::get<MetadataValue>(pair.value), pair.key.c_str());
        }
        QCOMPARE(model.tensors().size(), file.tensors.size());
        for (const auto& tensor : file.tensors) {
            const TensorInfo* ours = model.find(tensor.name);
            QVERIFY2(ours, tensor.name.c_str());
            QCOMPARE(ours->type, TensorType::F32);
            for (std::size_t i = 0; i < 4; ++i) QCOMPARE(ours->shape.ne[i], i < tensor.ne.size() ? tensor.ne[i] : 1);
            const Floats expected = floatsOf(tensor.data);
            Floats actual(expected.size());
            // In pieces that do not fit the parts a tensor may be made of.
            const std::uint64_t rows = ours->shape.rows();
            const std::uint64_t columns = ours->shape.columns();
            for (std::uint64_t first = 0; first < rows; first += 7)
                WW_VERIFY(model.readRows(*ours, first, std::min<std::uint64_t>(7, rows - first),
                                         reinterpret_cast<std::byte*>(actual.data() + first * columns)));
            for (std::size_t i = 0; i < expected.size(); ++i)
                QVERIFY2(std::abs(actual[i] - expected[i]) <= 1e-6F, tensor.name.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestHfArchitectures)
#include "tst_hf_architectures.moc"
