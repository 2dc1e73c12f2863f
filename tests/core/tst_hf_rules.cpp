// SPDX-License-Identifier: MIT
// Rules of the import, one by one: which member of config.json becomes which key, what a member that is missing or makes no sense
// does, which tensors stay F32, which are left out, and which files a folder may have.
#include <QtTest>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "plan/plan.h"
#include "tensor/float_convert.h"
#include "tests/support/hf_folder.h"
#include "tests/support/verify.h"

namespace fs = std::filesystem;
using namespace ww;
using Json = nlohmann::json;
using Entries = std::vector<test::SafetensorsEntry>;
Q_DECLARE_METATYPE(nlohmann::json)
Q_DECLARE_METATYPE(ww::MetadataValue)

namespace {

constexpr const char* kAbsent = "(absent)";

test::HfCase caseNamed(const std::string& name)
{
    for (auto& model : test::hfCases())
        if (model.name == name) return model;
    return {};
}

MetadataValue u32(std::uint32_t value)
{
    return value;
}

/// F32 values in another type.
std::string converted(const std::string& floats, const std::string& type)
{
    std::string out;
    for (std::size_t at = 0; at < floats.size(); at += 4) {
        float value = 0;
        std::memcpy(&value, floats.data() + at, 4);
        const std::uint16_t bits = type == "F16" ? toHalf(value) : toBf16(value);
        out.append(reinterpret_cast<const char*>(&bits), 2);
    }
    return out;
}

}  // namespace

class TestHfRules : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] fs::path path() const { return test::pathOf(*m_folder); }

    static Entries tensorsOf(const test::HfCase& model) { return test::hfTensors(model.options, test::randomModel(model.options)); }
    void putWeights(const Entries& entries, const std::string& name = "model.safetensors") const
    {
        QVERIFY(test::writeFile(path() / name, test::safetensorsFile(entries)));
    }
    void putConfig(const Json& config) const { QVERIFY(test::writeFile(path() / "config.json", config.dump())); }
    static Json configOf(const test::HfCase& model) { return Json::parse(test::hfConfig(model)); }

    static void key(const char* model, const char* name, const Json& change, const char* key, const MetadataValue& value)
    {
        QTest::newRow(qPrintable(QString("%1: %2").arg(model, name))) << std::string(model) << change << std::string(key) << value;
    }
    static void refused(const char* model, const char* name, const Json& change, const char* text)
    {
        QTest::newRow(qPrintable(QString("%1: %2").arg(model, name))) << std::string(model) << change << std::string(text);
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    // Members that change a key, and what is written when they are missing (null in these tables takes a member away).
    void keys_data()
    {
        QTest::addColumn<std::string>("model");
        QTest::addColumn<Json>("change");
        QTest::addColumn<std::string>("key");
        QTest::addColumn<MetadataValue>("value");
        const MetadataValue absent = std::string(kAbsent);
        const char* llama = "LlamaForCausalLM";
        key(llama, "context", {{"max_position_embeddings", 4096}}, "llama.context_length", u32(4096));
        key("LlamaForCausalLM, biases, wide heads, every head its own keys", "key heads missing", {{"num_key_value_heads", nullptr}}, "llama.attention.head_count_kv", u32(4));
        key(llama, "head size", Json::object(), "llama.attention.key_length", u32(16));
        key(llama, "value size", Json::object(), "llama.attention.value_length", u32(16));
        key(llama, "head size missing", {{"head_dim", nullptr}}, "llama.attention.key_length", absent);
        key(llama, "dimensions that rotate", {{"head_dim", nullptr}}, "llama.rope.dimension_count", u32(16));
        key(llama, "epsilon", {{"rms_norm_eps", 3e-6}}, "llama.attention.layer_norm_rms_epsilon", 3e-6F);
        key(llama, "epsilon missing", {{"rms_norm_eps", nullptr}}, "llama.attention.layer_norm_rms_epsilon", 1e-6F);
        key(llama, "base", {{"rope_theta", 500000}}, "llama.rope.freq_base", 500000.0F);
        key(llama, "base missing", Json::object(), "llama.rope.freq_base", 10000.0F);
        key(llama, "base in rope_parameters", {{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 7e5}}}}, "llama.rope.freq_base", 7e5F);
        key(llama, "no scaling", {{"rope_scaling", {{"rope_type", "default"}}}}, "llama.rope.scaling.type", absent);
        key(llama, "linear by the older name", {{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}}, "llama.rope.scaling.factor", 2.0F);
        key(llama, "linear in rope_parameters", {{"rope_parameters", {{"rope_type", "linear"}, {"factor", 3}}}}, "llama.rope.scaling.type", std::string("linear"));
        key(llama, "yarn without original length", {{"rope_scaling", {{"type", "yarn"}, {"factor", 2}}}}, "llama.rope.scaling.original_context_length", u32(512));
        key(llama, "llama3 has no scaling keys", {{"rope_scaling", {{"rope_type", "llama3"}}}}, "llama.rope.scaling.type", absent);
        key(llama, "windows are not followed", {{"sliding_window", 64}}, "llama.attention.sliding_window", absent);
        key("MixtralForCausalLM", "experts", Json::object(), "llama.expert_count", u32(4));
        key("MixtralForCausalLM", "experts used", Json::object(), "llama.expert_used_count", u32(2));
        key("MixtralForCausalLM", "base missing", {{"rope_theta", nullptr}}, "llama.rope.freq_base", 1e6F);
        key("Qwen3MoeForCausalLM", "width of experts", Json::object(), "qwen3moe.expert_feed_forward_length", u32(96));
        key("Qwen3MoeForCausalLM", "num_experts", {{"num_local_experts", nullptr}, {"num_experts", 8}}, "qwen3moe.expert_count", u32(8));
        key("Qwen2MoeForCausalLM", "shared expert", Json::object(), "qwen2moe.expert_shared_feed_forward_length", u32(48));
        key("GemmaForCausalLM", "head size", Json::object(), "gemma.attention.key_length", u32(32));
        key("Gemma2ForCausalLM", "cap", Json::object(), "gemma2.attn_logit_softcapping", 5.0F);
        key("Gemma2ForCausalLM", "cap missing", {{"final_logit_softcapping", nullptr}}, "gemma2.final_logit_softcapping", absent);
        key("Gemma2ForCausalLM", "window missing", {{"sliding_window", nullptr}}, "gemma2.attention.sliding_window", absent);
        key("Gemma3ForCausalLM", "no cap", Json::object(), "gemma3.final_logit_softcapping", absent);
        key("Gemma3ForCausalLM", "window missing", {{"sliding_window", nullptr}}, "gemma3.attention.sliding_window", u32(4096));
        key("Gemma3ForCausalLM", "base missing", {{"rope_theta", nullptr}}, "gemma3.rope.freq_base", 1e6F);
        key("Gemma3ForCausalLM", "base of windows", {{"rope_local_base_freq", 5000}}, "gemma3.rope.freq_base_swa", 5000.0F);
        key("Gemma3ForCausalLM", "pattern", {{"sliding_window_pattern", 3}}, "gemma3.attention.sliding_window_pattern", u32(3));
        key("Gemma3ForCausalLM", "one entry per kind of layer",
            {{"rope_theta", nullptr}, {"rope_scaling", nullptr}, {"rope_parameters", {{"full_attention", {{"rope_type", "linear"}, {"factor", 8}, {"rope_theta", 2e6}}}, {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 9000}}}}}},
            "gemma3.rope.freq_base_swa", 9000.0F);
        key("Phi3ForCausalLM", "part that rotates", Json::object(), "phi3.rope.dimension_count", u32(8));
        key("Phi3ForCausalLM", "epsilon missing", {{"rms_norm_eps", nullptr}}, "phi3.attention.layer_norm_rms_epsilon", 1e-5F);
        key("Phi3ForCausalLM", "original length", {{"original_max_position_embeddings", 128}}, "phi3.rope.scaling.original_context_length", absent);
        key("Phi3ForCausalLM, longrope", "original length", Json::object(), "phi3.rope.scaling.original_context_length", u32(256));
        key("Phi3ForCausalLM, longrope", "factor", Json::object(), "phi3.rope.scaling.attn_factor", static_cast<float>(std::sqrt(1 + std::log(2.0) / std::log(256.0))));
        key("Phi3ForCausalLM, longrope", "no factor without extension", {{"max_position_embeddings", 256}}, "phi3.rope.scaling.attn_factor", 1.0F);
        key("GPT2LMHeadModel", "names of its own",
            {{"max_position_embeddings", nullptr}, {"hidden_size", nullptr}, {"num_hidden_layers", nullptr}, {"num_attention_heads", nullptr}, {"layer_norm_eps", nullptr},
             {"n_positions", 512}, {"n_embd", 64}, {"n_layer", 3}, {"n_head", 4}, {"layer_norm_epsilon", 2e-5}},
            "gpt2.attention.layer_norm_epsilon", 2e-5F);
        key("GPT2LMHeadModel", "no rotation", Json::object(), "gpt2.rope.freq_base", absent);
        key("Starcoder2ForCausalLM", "epsilon", {{"layer_norm_eps", nullptr}, {"norm_epsilon", 4e-5}}, "starcoder2.attention.layer_norm_epsilon", 4e-5F);
        key("StableLmForCausalLM", "part that rotates", {{"partial_rotary_factor", nullptr}}, "stablelm.rope.dimension_count", u32(4));
        key("StableLmForCausalLM", "parallel", Json::object(), "stablelm.use_parallel_residual", true);
        key("Olmo2ForCausalLM", "no window", Json::object(), "olmo2.attention.sliding_window", absent);
        key("Olmo2ForCausalLM", "epsilon missing", {{"rms_norm_eps", nullptr}}, "olmo2.attention.layer_norm_rms_epsilon", 1e-5F);
        key("GraniteForCausalLM", "logits", Json::object(), "granite.logit_scale", 3.0F);
        for (const auto& [member, name] : {std::pair{"attention_multiplier", "granite.attention.scale"}, std::pair{"embedding_multiplier", "granite.embedding_scale"},
                                           std::pair{"residual_multiplier", "granite.residual_scale"}, std::pair{"logits_scaling", "granite.logit_scale"}})
            key("GraniteForCausalLM", member, {{member, nullptr}}, name, 1.0F);
        key("GraniteMoeSharedForCausalLM", "shared expert", Json::object(), "granitemoe.expert_shared_feed_forward_length", u32(32));
        key("SmolLM3ForCausalLM", "base missing", {{"rope_theta", nullptr}}, "smollm3.rope.freq_base", 2e6F);
    }
    void keys()
    {
        QFETCH(std::string, model);
        QFETCH(Json, change);
        QFETCH(std::string, key);
        QFETCH(MetadataValue, value);
        const test::HfCase source = caseNamed(model);
        QVERIFY(!source.name.empty());
        Json config = configOf(source);
        config.merge_patch(change);
        putWeights(tensorsOf(source));
        putConfig(config);
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        const MetadataValue* found = (*opened)->metadata().find(key);
        if (value == MetadataValue(std::string(kAbsent)))
            QVERIFY(!found);
        else
            QVERIFY2(found && *found == value, key.c_str());
    }

    // A cap of null is none; llama.cpp would use its own default if the key were missing.
    void capsThatAreNull()
    {
        const test::HfCase source = caseNamed("Gemma2ForCausalLM");
        Json config = configOf(source);
        config["attn_logit_softcapping"] = nullptr;
        putWeights(tensorsOf(source));
        putConfig(config);
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        QCOMPARE((*opened)->metadata().real("gemma2.attn_logit_softcapping").value_or(0), 1e6);
    }

    void refusedValues_data()
    {
        QTest::addColumn<std::string>("model");
        QTest::addColumn<Json>("change");
        QTest::addColumn<std::string>("text");
        const char* llama = "LlamaForCausalLM";
        // Whole numbers without which there is no model.
        for (const char* member : {"num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "max_position_embeddings"}) {
            refused(llama, qPrintable(QString("%1 missing").arg(member)), {{member, nullptr}}, qPrintable(QString("\"%1\" of the model's configuration is missing").arg(member)));
            int number = 0;
            for (const Json& bad : {Json(0), Json(-1), Json(1.5), Json("8"), Json::array({8}), Json(true), Json(1e300), Json(18446744073709551615U), Json::object({{"a", 1}})})
                refused(llama, qPrintable(QString("%1, %2").arg(member).arg(number++)), {{member, bad}},
                        qPrintable(QString("\"%1\" of the model's configuration is no whole number from 1").arg(member)));
        }
        for (const char* member : {"num_key_value_heads", "head_dim", "vocab_size"})
            for (const Json& bad : {Json(0), Json(-4), Json("x"), Json::array(), Json(4294967296U)})
                refused(llama, qPrintable(QString("%1 = %2").arg(member, bad.dump().c_str())), {{member, bad}}, qPrintable(QString("\"%1\" of").arg(member)));
        refused(llama, "key heads that do not divide", {{"num_key_value_heads", 3}}, "does not divide the number of heads");
        refused(llama, "heads that do not divide", {{"num_attention_heads", 5}, {"num_key_value_heads", 5}, {"head_dim", nullptr}}, "does not divide the width");
        // Positive numbers.
        const auto positive = [](const char* model, const char* member) {
            for (const Json& bad : {Json(0), Json(-1), Json("x"), Json::array({1}), Json(1e300), Json(false)})
                refused(model, qPrintable(QString("%1 = %2").arg(member, bad.dump().c_str())), {{member, bad}}, member);
        };
        for (const char* member : {"rms_norm_eps", "rope_theta"}) positive(llama, member);
        for (const char* member : {"attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling"}) positive("GraniteForCausalLM", member);
        for (const char* member : {"attn_logit_softcapping", "final_logit_softcapping"}) positive("Gemma2ForCausalLM", member);
        for (const char* member : {"final_logit_softcapping", "rope_local_base_freq"}) positive("Gemma3ForCausalLM", member);
        positive("Phi3ForCausalLM", "partial_rotary_factor");
        positive("StableLmForCausalLM", "layer_norm_eps");
        for (const char* member : {"tie_word_embeddings", "use_sliding_window"})
            for (const Json& bad : {Json("yes"), Json(1), Json::array()})
                refused(llama, qPrintable(QString("%1 = %2").arg(member, bad.dump().c_str())), {{member, bad}}, "neither true nor false");
        for (const Json& bad : {Json(0), Json(-1), Json("x"), Json(0.5)})
            refused("Gemma3ForCausalLM", qPrintable(QString("window = %1").arg(bad.dump().c_str())), {{"sliding_window", bad}}, "sliding_window");
        // Ways to compute that a GGUF file of the architecture cannot express.
        refused(llama, "activation", {{"hidden_act", "relu2"}}, "uses the activation \"relu2\"");
        refused("GemmaForCausalLM", "activation", {{"hidden_activation", "silu"}}, "uses the activation \"silu\"");
        refused(llama, "activation is a number", {{"hidden_act", 3}}, "no name of an activation");
        refused(llama, "scaling unknown", {{"rope_scaling", {{"type", "wave"}, {"factor", 2}}}}, "scales RoPE by \"wave\"");
        refused(llama, "kind of scaling is a number", {{"rope_scaling", {{"type", 7}}}}, "no name of a way to scale");
        refused(llama, "linear without factor", {{"rope_scaling", {{"type", "linear"}}}}, "\"factor\"");
        refused(llama, "factor negative", {{"rope_scaling", {{"type", "yarn"}, {"factor", -2}}}}, "\"factor\"");
        refused(llama, "llama3 upside down", {{"rope_scaling", {{"rope_type", "llama3"}, {"low_freq_factor", 4}, {"high_freq_factor", 1}}}}, "high_freq_factor");
        refused("Qwen3ForCausalLM", "llama3", {{"rope_scaling", {{"rope_type", "llama3"}}}}, "not known here for qwen3 models");
        refused("SmolLM3ForCausalLM", "llama3", {{"rope_scaling", {{"rope_type", "llama3"}}}}, "not known here for smollm3 models");
        refused(llama, "a part rotates", {{"partial_rotary_factor", 0.5}}, "only a part of each head");
        refused("Phi3ForCausalLM, longrope", "too few factors", {{"rope_scaling", {{"short_factor", Json::array({1, 1})}}}}, "short_factor");
        refused("SmolLM3ForCausalLM", "another interval", {{"no_rope_layers", nullptr}, {"no_rope_layer_interval", 3}}, "every fourth");
        refused("SmolLM3ForCausalLM", "other layers", {{"no_rope_layers", Json::array({1, 0, 1, 0, 1})}}, "no_rope_layers");
        refused("Gemma3ForCausalLM", "other layers", {{"layer_types", Json::array({"full_attention", "full_attention", "full_attention", "full_attention", "full_attention", "full_attention", "full_attention"})}}, "layer_types");
        refused("Qwen3MoeForCausalLM", "blocks without experts", {{"mlp_only_layers", Json::array({0})}}, "have no experts (mlp_only_layers)");
        refused("Qwen2MoeForCausalLM", "every other block", {{"decoder_sparse_step", 2}}, "have no experts (decoder_sparse_step)");
        refused("MixtralForCausalLM", "more used than there are", {{"num_experts_per_tok", 5}}, "num_experts_per_tok");
        refused("MixtralForCausalLM", "no experts", {{"num_local_experts", nullptr}}, "num_local_experts");
        refused(llama, "classes", {{"architectures", Json::array()}}, "architectures");
        refused(llama, "class is a number", {{"architectures", Json::array({1})}}, "architectures");
        refused(llama, "vocabulary of another size", {{"vocab_size", 5}}, "do not belong together");
    }
    void refusedValues()
    {
        QFETCH(std::string, model);
        QFETCH(Json, change);
        QFETCH(std::string, text);
        const test::HfCase source = caseNamed(model);
        QVERIFY(!source.name.empty());
        Json config = configOf(source);
        config.merge_patch(change);
        putWeights(tensorsOf(source));
        putConfig(config);
        const auto opened = openAnyModel(path());
        QVERIFY(!opened);
        const std::string& message = opened.error().message;
        QVERIFY2(message.find(text) != std::string::npos, message.c_str());
        QVERIFY2(message.size() < 300 && message.ends_with('.') && message.find('\n') == std::string::npos, message.c_str());
    }

    void numbersThatJsonDoesNotHave()
    {
        const test::HfCase source = caseNamed("LlamaForCausalLM");
        putWeights(tensorsOf(source));
        for (const char* number : {"NaN", "Infinity", "-Infinity", "1e999"}) {
            std::string text = test::hfConfig(source);
            text.replace(text.find("1e-5"), 4, number);
            QVERIFY(test::writeFile(path() / "config.json", text));
            WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "");
        }
    }

    void whatIsNotFollowedIsSaid_data()
    {
        QTest::addColumn<std::string>("model");
        QTest::addColumn<Json>("change");
        QTest::addColumn<std::string>("text");
        refused("Qwen3MoeForCausalLM", "weights of experts", {{"norm_topk_prob", false}}, "norm_topk_prob = false");
        refused("Qwen3MoeForCausalLM", "weights of experts as usual", {{"norm_topk_prob", true}}, "");
        refused("Qwen2MoeForCausalLM", "weights of experts", {{"norm_topk_prob", true}}, "norm_topk_prob = true");
        refused("Qwen2MoeForCausalLM", "weights of experts as usual", {{"norm_topk_prob", false}}, "");
        refused("MistralForCausalLM", "window", {{"sliding_window", 128}}, "sliding_window = 128");
        refused("MistralForCausalLM", "window of the whole context", {{"sliding_window", 512}}, "");
        refused("Qwen2ForCausalLM", "window that is not used", {{"sliding_window", 128}, {"use_sliding_window", false}}, "");
        refused("LlamaForCausalLM", "scaling at run time", {{"rope_scaling", {{"type", "dynamic"}, {"factor", 2}}}}, "rope_scaling = dynamic");
        refused("Gemma2ForCausalLM", "window", Json::object(), "");
        refused("Gemma2ForCausalLM", "another scale", {{"query_pre_attn_scalar", 224}}, "query_pre_attn_scalar = 224");
        refused("Gemma3ForCausalLM", "the usual scale", {{"query_pre_attn_scalar", 16}}, "");
    }
    void whatIsNotFollowedIsSaid()
    {
        QFETCH(std::string, model);
        QFETCH(Json, change);
        QFETCH(std::string, text);
        const test::HfCase source = caseNamed(model);
        Json config = configOf(source);
        config.merge_patch(change);
        putWeights(tensorsOf(source));
        putConfig(config);
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        const auto notes = importNotes(**opened);
        QCOMPARE(notes.size(), text.empty() ? std::size_t{0} : std::size_t{1});
        if (text.empty()) return;
        QCOMPARE(notes[0].kind, ImportNote::Kind::NotFollowed);
        QCOMPARE(notes[0].detail, text);
        QVERIFY(notes[0].sentence.find(text) != std::string::npos);
    }

    // The text model inside of a wrapper for several kinds of input, with every prefix in use.
    void wrappedModels_data()
    {
        QTest::addColumn<QString>("prefix");
        for (const char* prefix : {"language_model.", "model.language_model.", "language_model.model.", ""}) QTest::newRow(prefix) << QString(prefix);
    }
    void wrappedModels()
    {
        QFETCH(QString, prefix);
        const test::HfCase source = caseNamed("Gemma3ForCausalLM");
        Json inner = configOf(source);
        inner.erase("architectures");
        putConfig({{"architectures", {"Gemma3ForConditionalGeneration"}}, {"text_config", inner}, {"vision_config", {{"hidden_size", 9}}}});
        Entries entries = tensorsOf(source);
        for (auto& entry : entries) {
            std::string rest = entry.name;
            if (rest.starts_with("model.")) rest.erase(0, 6);
            entry.name = prefix.toStdString() + (prefix.contains("model.") && prefix != "language_model." ? rest : "model." + rest);
        }
        entries.push_back({"vision_tower.vision_model.embeddings.patch_embedding.weight", "F32", {1, 2}, std::string(8, '\0')});
        entries.push_back({"multi_modal_projector.mm_input_projection_weight", "F32", {1, 2}, std::string(8, '\0')});
        entries.push_back({"lm_head.weight", "F32", {2, 2}, std::string(16, '\0')});
        putWeights(entries);
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        QCOMPARE((*opened)->tensors().size(), test::randomModel(source.options).tensors.size());
        QVERIFY(!(*opened)->find("output.weight"));
        QCOMPARE((*opened)->metadata().unsignedInteger("gemma3.block_count").value_or(0), std::uint64_t{7});
    }

    // Where llama.cpp wants an output of its own, a tied embedding is written twice.
    void tiedEmbeddingsThatAreWrittenTwice()
    {
        for (const char* name : {"StableLmForCausalLM", "Olmo2ForCausalLM", "Qwen2MoeForCausalLM"}) {
            const test::HfCase source = caseNamed(name);
            Entries entries = tensorsOf(source);
            std::erase_if(entries, [](const auto& entry) { return entry.name == "lm_head.weight"; });
            putWeights(entries);
            Json config = configOf(source);
            config["tie_word_embeddings"] = true;
            putConfig(config);
            const auto opened = openAnyModel(path());
            WW_VERIFY(opened);
            const TensorInfo* output = (*opened)->find("output.weight");
            const TensorInfo* embedding = (*opened)->find("token_embd.weight");
            QVERIFY(output && embedding && output->shape == embedding->shape);
            std::vector<std::byte> a(output->sizeBytes), b(output->sizeBytes);
            WW_VERIFY((*opened)->readRows(*output, 0, output->shape.rows(), a.data()));
            WW_VERIFY((*opened)->readRows(*embedding, 0, output->shape.rows(), b.data()));
            QVERIFY(a == b);
        }
    }

    void leftOutTensors()
    {
        const test::HfCase gpt2 = caseNamed("GPT2LMHeadModel");
        Entries entries = tensorsOf(gpt2);
        const std::size_t count = entries.size();
        entries.push_back({"transformer.h.0.attn.bias", "U8", {1, 1, 2, 2}, std::string(4, '\1')});
        entries.push_back({"transformer.h.0.attn.masked_bias", "F32", {}, std::string(4, '\0')});
        putWeights(entries);
        putConfig(configOf(gpt2));
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        QCOMPARE((*opened)->tensors().size(), count);

        const test::HfCase llama = caseNamed("LlamaForCausalLM");
        entries = tensorsOf(llama);
        entries.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {8}, std::string(32, '\0')});
        putWeights(entries);
        putConfig(configOf(llama));
        WW_VERIFY(openAnyModel(path()));
    }

    void typesOfTensors_data()
    {
        QTest::addColumn<QString>("stored");
        QTest::addColumn<int>("fileType");
        QTest::newRow("F32") << "F32" << 0;
        QTest::newRow("F16") << "F16" << 1;
        QTest::newRow("BF16") << "BF16" << 32;
    }
    // F32: one dimension, norms, routers, positions and what is no weight; everything else as it is stored.
    void typesOfTensors()
    {
        QFETCH(QString, stored);
        QFETCH(int, fileType);
        const std::string type = stored.toStdString();
        for (const char* name : {"MixtralForCausalLM", "Qwen2MoeForCausalLM", "GPT2LMHeadModel", "StableLmForCausalLM", "Olmo2ForCausalLM"}) {
            const test::HfCase source = caseNamed(name);
            Entries entries = tensorsOf(source);
            if (type != "F32")
                for (auto& entry : entries) {
                    entry.data = converted(entry.data, type);
                    entry.type = type;
                }
            putWeights(entries);
            putConfig(configOf(source));
            const auto opened = openAnyModel(path());
            WW_VERIFY(opened);
            QCOMPARE((*opened)->metadata().unsignedInteger("general.file_type").value_or(99), static_cast<std::uint64_t>(fileType));
            for (const TensorInfo& tensor : (*opened)->tensors()) {
                const std::string_view t = tensor.name;
                const bool staysFloat = tensor.shape.dims == 1 || t.ends_with("_norm.weight") || t.ends_with("ffn_gate_inp.weight") || t == "position_embd.weight" || !t.ends_with(".weight");
                QVERIFY2(ww::name(tensor.type) == (staysFloat ? "F32" : type), tensor.name.c_str());
            }
        }
    }

    // 65504 is the largest half; what rounds to infinity ends the conversion with the place, and BF16 takes it.
    void valuesTooLargeForF16()
    {
        const test::HfCase source = caseNamed("LlamaForCausalLM");
        ThreadPool pool(1);
        for (const auto& [value, fits] : {std::pair{65504.0F, true}, std::pair{-65504.0F, true}, std::pair{65536.0F, false}, std::pair{-1e9F, false}}) {
            Entries entries = tensorsOf(source);
            auto up = std::ranges::find(entries, std::string("model.layers.1.mlp.up_proj.weight"), &test::SafetensorsEntry::name);
            std::memcpy(up->data.data() + 4 * (64 + 5), &value, 4);
            putWeights(entries);
            putConfig(configOf(source));
            const auto opened = openAnyModel(path());
            WW_VERIFY(opened);
            for (const char* preset : {"F16", "BF16"}) {
                Recipe recipe;
                recipe.preset = preset;
                const auto plan = resolve(recipe, **opened);
                WW_VERIFY(plan);
                const auto written = exportGguf(**opened, *plan, path() / "out.gguf", JobContext{pool});
                QCOMPARE(written.has_value(), fits || recipe.preset == "BF16");
                if (written) continue;
                QVERIFY2(written.error().describe().find("blk.1.ffn_up.weight: The value in row 1, column 5 is too large for F16") != std::string::npos,
                         written.error().describe().c_str());
                QVERIFY(!fs::exists(path() / "out.gguf"));
            }
            fs::remove(path() / "out.gguf");
        }
    }

    void shards()
    {
        const test::HfCase source = caseNamed("LlamaForCausalLM");
        putConfig(configOf(source));
        const Entries all = tensorsOf(source);
        const auto half = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        const char* const first = "model-00001-of-00002.safetensors";
        const char* const second = "model-00002-of-00002.safetensors";
        putWeights({all.begin(), half}, first);
        putWeights({half, all.end()}, second);
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::NotFound, "model.safetensors.index.json");
        Json map;
        for (auto it = all.begin(); it != all.end(); ++it) map[it->name] = it < half ? first : second;
        const auto putIndex = [&](const Json& weights) { return test::writeFile(path() / "model.safetensors.index.json", Json{{"weight_map", weights}}.dump()); };
        QVERIFY(putIndex(map));
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        QVERIFY(importNotes(**opened).empty());

        // Files of another download are named and left out; files of this one that the index leaves out are an error.
        putWeights({all.front()}, "model-00003-of-00007.safetensors");
        const auto again = openAnyModel(path());
        WW_VERIFY(again);
        QCOMPARE(importNotes(**again).size(), std::size_t{1});
        QCOMPARE(importNotes(**again)[0].kind, ImportNote::Kind::SurplusFiles);
        QVERIFY(importNotes(**again)[0].sentence.find("model-00003-of-00007.safetensors") != std::string::npos);
        Json less = map;
        for (auto it = half; it != all.end(); ++it) less.erase(it->name);
        QVERIFY(putIndex(less));
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, second);
        // A tensor that only the file knows.
        less = map;
        less.erase(half->name);
        QVERIFY(putIndex(less));
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "index does not know");
        QVERIFY(putIndex(map));
        fs::remove(path() / first);
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::NotFound, first);
    }

    // Links: the snapshots of a cache lead to its blobs; nothing else leads out of the folder.
    void linkedShards()
    {
        const test::HfCase source = caseNamed("LlamaForCausalLM");
        const Entries all = tensorsOf(source);
        const fs::path cache = path() / "models--people--Tiny";
        const fs::path snapshot = cache / "snapshots/0a1b";
        fs::create_directories(snapshot);
        fs::create_directories(cache / "blobs");
        Json map;
        for (const auto& entry : all) map[entry.name] = "model-00001-of-00001.safetensors";
        QVERIFY(test::writeFile(cache / "blobs/aa", test::hfConfig(source)));
        QVERIFY(test::writeFile(cache / "blobs/bb", Json{{"weight_map", map}}.dump()));
        QVERIFY(test::writeFile(cache / "blobs/cc", test::safetensorsFile(all)));
        fs::create_symlink("../../blobs/aa", snapshot / "config.json");
        fs::create_symlink("../../blobs/bb", snapshot / "model.safetensors.index.json");
        fs::create_symlink("../../blobs/cc", snapshot / "model-00001-of-00001.safetensors");
        for (const fs::path& place : {cache, snapshot, snapshot / "config.json", snapshot / "model-00001-of-00001.safetensors"}) {
            const auto opened = openAnyModel(place);
            WW_VERIFY(opened);
            QCOMPARE((*opened)->displayName(), std::string("Tiny"));
        }
        // refs/main says which of several revisions is meant, whatever their age.
        fs::create_directories(cache / "snapshots/zz");
        fs::create_directories(cache / "refs");
        QVERIFY(test::writeFile(cache / "snapshots/zz/config.json", "{}"));
        QVERIFY(test::writeFile(cache / "refs/main", "0a1b\n"));
        fs::last_write_time(cache / "snapshots/zz", fs::file_time_type::clock::now() + std::chrono::hours(1));
        WW_VERIFY(openAnyModel(cache));
        QVERIFY(test::writeFile(cache / "refs/main", "../../other"));
        QVERIFY(!openAnyModel(cache));  // then the newest, which is broken
        fs::remove_all(cache / "snapshots/zz");
        fs::create_directories(path() / "other");
        fs::copy_file(cache / "blobs/cc", path() / "other/secret");
        fs::remove(snapshot / "model-00001-of-00001.safetensors");
        fs::create_symlink(path() / "other/secret", snapshot / "model-00001-of-00001.safetensors");
        WW_VERIFY_FAILS(openAnyModel(cache), ErrorCode::Corrupt, "outside this folder");
    }
};

QTEST_GUILESS_MAIN(TestHfRules)
#include "tst_hf_rules.moc"
