// SPDX-License-Identifier: MIT
// Folders from Hugging Face as models: the trained fixture against its GGUF file, orders of rows against the definition, and
// folders that are broken.
#include <QtTest>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "import/hf_card.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "model/hyperparameters.h"
#include "plan/plan.h"
#include "tests/support/paths.h"
#include "tests/support/safetensors_builder.h"
#include "tests/support/verify.h"

namespace fs = std::filesystem;
using namespace ww;

namespace {

std::string floats(std::size_t count, float first)
{
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), first);
    return {reinterpret_cast<const char*>(values.data()), count * sizeof(float)};
}

std::vector<float> rowsOf(const ModelFile& model, const std::string& name)
{
    const TensorInfo* tensor = model.find(name);
    if (!tensor || tensor->type != TensorType::F32) return {};
    std::vector<float> values(tensor->shape.elements());
    if (!model.readRows(*tensor, 0, tensor->shape.rows(), reinterpret_cast<std::byte*>(values.data()))) return {};
    return values;
}

std::string contents(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

class TestHfImport : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] fs::path path() const { return m_folder->path().toStdString(); }
    void put(const std::string& name, const std::string& text) const { std::ofstream(path() / name, std::ios::binary) << text; }

    static constexpr const char* kConfig = R"({"architectures": ["LlamaForCausalLM"], "hidden_size": 8, "intermediate_size": 8,
        "num_attention_heads": 2, "num_key_value_heads": 1, "num_hidden_layers": 1, "max_position_embeddings": 16,
        "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "vocab_size": 4%1})";
    void putConfig(const QString& more = {}) const { put("config.json", QString(kConfig).arg(more).toStdString()); }
    static std::vector<test::SafetensorsEntry> llamaTensors()
    {
        const std::string layer = "model.layers.0.";
        return {{"model.embed_tokens.weight", "F32", {4, 8}, floats(32, 0)},
                {"model.norm.weight", "F32", {8}, floats(8, 0)},
                {layer + "input_layernorm.weight", "F32", {8}, floats(8, 0)},
                {layer + "post_attention_layernorm.weight", "F32", {8}, floats(8, 0)},
                {layer + "self_attn.q_proj.weight", "F32", {8, 8}, floats(64, 0)},
                {layer + "self_attn.k_proj.weight", "F32", {4, 8}, floats(32, 0)},
                {layer + "self_attn.k_proj.bias", "F32", {4}, floats(4, 0)},
                {layer + "self_attn.v_proj.weight", "F32", {4, 8}, floats(32, 0)},
                {layer + "self_attn.o_proj.weight", "F32", {8, 8}, floats(64, 0)},
                {layer + "mlp.gate_proj.weight", "F32", {8, 8}, floats(64, 0)},
                {layer + "mlp.up_proj.weight", "F32", {8, 8}, floats(64, 0)},
                {layer + "mlp.down_proj.weight", "F32", {8, 8}, floats(64, 0)}};
    }
    void putWeights(const std::vector<test::SafetensorsEntry>& tensors) const
    {
        put("model.safetensors", test::safetensorsFile(tensors));
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void fixtureEqualsItsGguf()
    {
        const fs::path fixtures = test::fixturesDir();
        if (fixtures.empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const auto folder = openAnyModel(fixtures / "fixture-llama-8M-hf");
        WW_VERIFY(folder);
        const auto reference = openModel(fixtures / "fixture-llama-8M-F16.gguf");
        WW_VERIFY(reference);
        for (const auto& entry : (*reference)->metadata().entries()) {
            if (entry.key.starts_with("general.")) continue;
            const MetadataValue* ours = (*folder)->metadata().find(entry.key);
            QVERIFY2(ours && *ours == entry.value, entry.key.c_str());
        }
        ThreadPool pool(2);
        const JobContext context{pool, {}, nullptr};
        const auto convert = [&](const ModelFile& model, const char* preset, const fs::path& out) -> Result<ExportSummary> {
            Recipe recipe;
            recipe.preset = preset;
            WW_TRY(const Plan plan, resolve(recipe, model));
            return exportGguf(model, plan, out, context);
        };
        WW_VERIFY(convert(**folder, "F16", path() / "ours-F16.gguf"));
        const auto ours = openModel(path() / "ours-F16.gguf");
        WW_VERIFY(ours);
        QCOMPARE((*ours)->tensors().size(), (*reference)->tensors().size());
        for (const TensorInfo& tensor : (*reference)->tensors()) {
            const TensorInfo* same = (*ours)->find(tensor.name);
            QVERIFY2(same && same->type == tensor.type && same->shape == tensor.shape, tensor.name.c_str());
            QVERIFY2(std::ranges::equal((*ours)->view(*same).bytes, (*reference)->view(tensor).bytes), tensor.name.c_str());
        }
    }

    // One step gives the file that two steps give, when the folder holds F16.
    void quantizingTheFolderEqualsTwoSteps()
    {
        const fs::path fixtures = test::fixturesDir();
        if (fixtures.empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const fs::path source = fixtures / "fixture-llama-8M-hf";
        for (const auto& entry : fs::directory_iterator(source))
            if (entry.path().extension() != ".safetensors") fs::copy(entry.path(), path() / entry.path().filename());
        // The same numbers under another name: any bits are good halves of this size.
        auto weights = contents(source / "model.safetensors");
        for (std::size_t at = weights.find("\"BF16\""); at != std::string::npos && at < 100000; at = weights.find("\"BF16\"", at))
            weights.replace(at, 6, "\"F16\" ");
        std::uint64_t header = 0;
        std::memcpy(&header, weights.data(), sizeof header);
        for (std::size_t at = 8 + header; at + 1 < weights.size(); at += 2) weights[at + 1] = static_cast<char>(weights[at + 1] & 0xBF);
        put("model.safetensors", weights);
        ThreadPool pool(2);
        const JobContext context{pool, {}, nullptr};
        const auto quantize = [&](const fs::path& from, const char* preset, const fs::path& out) -> Result<ExportSummary> {
            WW_TRY(const auto model, openAnyModel(from));
            Recipe recipe;
            recipe.preset = preset;
            WW_TRY(const Plan plan, resolve(recipe, *model));
            return exportGguf(*model, plan, out, context);
        };
        WW_VERIFY(quantize(path(), "F16", path() / "f16.gguf"));
        WW_VERIFY(quantize(path() / "f16.gguf", "Q4_K_M", path() / "two.gguf"));
        WW_VERIFY(quantize(path(), "Q4_K_M", path() / "one.gguf"));
        QVERIFY(contents(path() / "one.gguf") == contents(path() / "two.gguf"));
    }

    void rowsOfQueriesAndKeysAreInterleaved()
    {
        putConfig();
        putWeights(llamaTensors());
        const auto model = openAnyModel(path());
        WW_VERIFY(model);
        const auto q = rowsOf(**model, "blk.0.attn_q.weight");
        QCOMPARE(q.size(), std::size_t{64});
        // Heads of 4 rows: 0 2 1 3, 4 6 5 7.
        const std::vector<float> order = {0, 2, 1, 3, 4, 6, 5, 7};
        for (std::size_t r = 0; r < 8; ++r) QCOMPARE(q[r * 8], order[r] * 8);
        QCOMPARE(rowsOf(**model, "blk.0.attn_k.bias"), (std::vector<float>{0, 2, 1, 3}));
        QCOMPARE(rowsOf(**model, "blk.0.attn_v.weight")[8], 8.0F);
        QCOMPARE((*model)->metadata().string("general.architecture").value_or(""), "llama");
        QCOMPARE((*model)->metadata().real("llama.rope.freq_base").value_or(0), 500000.0);
        QCOMPARE((*model)->metadata().unsignedInteger("llama.rope.dimension_count").value_or(0), 4U);
        QVERIFY(!(*model)->hasView(*(*model)->find("blk.0.attn_q.weight")));
        std::byte none{};
        WW_VERIFY_FAILS((*model)->readRows(*(*model)->find("blk.0.attn_q.weight"), 8, 1, &none), ErrorCode::InvalidArgument, "rows");
    }

    void frequencyFactorsOfLlama3()
    {
        putConfig(R"(, "head_dim": 4, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192})");
        putWeights(llamaTensors());
        const auto model = openAnyModel(path());
        WW_VERIFY(model);
        const auto factors = rowsOf(**model, "rope_freqs.weight");
        QCOMPARE(factors.size(), std::size_t{2});
        QCOMPARE(factors[0], 1.0F);
        // Wave of 2π·√500000 ≈ 4443, between 8192 / 4 and 8192.
        QVERIFY(std::abs(factors[1] - 2.70F) < 0.03F);
    }

    void opensTheCacheAndSingleFiles()
    {
        putConfig();
        putWeights(llamaTensors());
        WW_VERIFY(openAnyModel(path() / "model.safetensors"));
        const fs::path snapshot = path() / "models--people--Little-One/snapshots/0123abcd";
        fs::create_directories(snapshot);
        fs::create_symlink(path() / "config.json", snapshot / "config.json");
        fs::create_symlink(path() / "model.safetensors", snapshot / "model.safetensors");
        const auto model = openAnyModel(path() / "models--people--Little-One");
        WW_VERIFY(model);
        QCOMPARE((*model)->displayName(), std::string("Little One"));
    }

    void generalKeysComeFromTheReadme()
    {
        putConfig();
        putWeights(llamaTensors());
        put("README.md", "---\nlicense: other  # see below\nlicense_name: \"tea licence\"\nbase_model:\n- brew/Green-Tea-7B-v2.1\n- 'brew/Black-Tea'\n"
                         "language: [en, 'de']\ntags:\n  - tea\n  - chat\npipeline_tag: text-generation\ndatasets: brew/leaves\n"
                         "model-index:\n- name: x\n  results:\n  - task: y\nauthor: Camellia\n---\n# Title\nlicense: wrong\n");
        const auto model = openAnyModel(path());
        WW_VERIFY(model);
        const Metadata& metadata = (*model)->metadata();
        const auto text = [&](const char* key) { return QString::fromStdString(std::string(metadata.string(std::string("general.") + key).value_or("(none)"))); };
        QCOMPARE(text("license"), QString("other"));
        QCOMPARE(text("license.name"), QString("tea licence"));
        QCOMPARE(text("author"), QString("Camellia"));
        QCOMPARE(text("base_model.0.name"), QString("Green Tea 7B v2.1"));
        QCOMPARE(text("base_model.0.version"), QString("v2.1"));
        QCOMPARE(text("base_model.0.organization"), QString("Brew"));
        QCOMPARE(text("base_model.0.repo_url"), QString("https://huggingface.co/brew/Green-Tea-7B-v2.1"));
        QCOMPARE(text("base_model.1.name"), QString("Black Tea"));
        QCOMPARE(metadata.unsignedInteger("general.base_model.count").value_or(0), 2U);
        QCOMPARE(text("dataset.0.name"), QString("Leaves"));
        QCOMPARE(*metadata.stringArray("general.tags"), (std::vector<std::string>{"tea", "chat", "text-generation"}));
        QCOMPARE(*metadata.stringArray("general.languages"), (std::vector<std::string>{"en", "de"}));
        for (const char* readme : {"---\nlicense: mit\n", "license: mit", "", "---\n---", "---\n- : [\n: {\n[a\n\"b\n- x: - y\n---\n"}) {
            put("README.md", readme);
            const auto plain = openAnyModel(path());
            WW_VERIFY(plain);
            QVERIFY(!(*plain)->metadata().contains("general.license"));
        }
    }

    void samplingKeysComeFromTheGenerationConfig()
    {
        putConfig();
        putWeights(llamaTensors());
        put("generation_config.json", R"({"do_sample": true, "top_k": 64, "top_p": 0.95, "min_p": null, "temperature": 1, "mirostat_tau": "x",
                                          "penalty_last_n": 1e300, "eos_token_id": [1, 2]})");
        const auto model = openAnyModel(path());
        WW_VERIFY(model);
        const Metadata& metadata = (*model)->metadata();
        const auto is = [&](const char* key, const MetadataValue& value) {
            const MetadataValue* found = metadata.find(key);
            return found && *found == value;
        };
        QVERIFY(is("general.sampling.top_k", std::int32_t{64}));
        QVERIFY(is("general.sampling.top_p", 0.95F));
        QVERIFY(is("general.sampling.temp", 1.0F));
        for (const char* absent : {"min_p", "mirostat_tau", "penalty_last_n"}) QVERIFY(!metadata.contains(std::string("general.sampling.") + absent));
        QCOMPARE(metadata.entries()[2].key, std::string("general.sampling.top_k"));  // where llama.cpp's converter writes them
    }

    void namesAreTakenApart_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QStringList>("parts");
        QTest::newRow("mixtral") << "Mixtral-8x7B-Instruct-v0.1" << QStringList{"Mixtral", "8x7B", "Instruct", "v0.1"};
        QTest::newRow("small letters") << "tiny-llama-1.1b-chat" << QStringList{"tiny-llama", "1.1B", "chat", ""};
        QTest::newRow("experts") << "Qwen3-30B-A3B" << QStringList{"Qwen3", "30B-A3B", "", ""};
        QTest::newRow("several words") << "Meta-Llama-3-8B-hf-tuned" << QStringList{"Meta-Llama-3", "8B", "hf-tuned", ""};
        QTest::newRow("nothing") << "model" << QStringList{"model", "", "", ""};
        QTest::newRow("empty") << "" << QStringList{"", "", "", ""};
    }
    void namesAreTakenApart()
    {
        QFETCH(QString, name);
        QFETCH(QStringList, parts);
        const ModelName result = parseModelName(name.toStdString());
        QCOMPARE((QStringList{QString::fromStdString(result.basename), QString::fromStdString(result.sizeLabel), QString::fromStdString(result.finetune),
                              QString::fromStdString(result.version)}),
                 parts);
    }

    // Everything but the forward pass works with a model of a kind that nobody has told the program about.
    void unknownArchitectures()
    {
        put("config.json", R"({"architectures": ["TeapotForCausalLM"], "model_type": "Teapot 2", "num_hidden_layers": 1, "hidden_size": 8})");
        auto tensors = llamaTensors();
        tensors.push_back({"model.layers.0.spout.weight", "F16", {6, 32}, std::string(384, '\1')});
        tensors.push_back({"model.layers.0.steam.conv1d.weight", "F32", {4, 1, 8}, floats(32, 0)});
        tensors.push_back({"model.counter", "I64", {1}, std::string(8, '\0')});
        tensors.push_back({"model.temperature", "F32", {}, floats(1, 95)});
        tensors.push_back({"encoder.decoder.very.long.name.that.does.not.fit.into.the.table.of.a.gguf.file.weight", "F32", {4, 32}, floats(128, 0)});
        putWeights(tensors);
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        const ModelFile& model = **opened;
        QCOMPARE(model.architecture(), std::string_view("teapot2"));
        QCOMPARE(model.tensors().size(), tensors.size() - 1);
        QVERIFY(model.find("blk.0.attn_q.weight"));
        QVERIFY(model.find("blk.0.spout.weight"));
        QCOMPARE(model.find("blk.0.steam.conv1d.weight")->shape.dims, 3U);
        QCOMPARE(rowsOf(model, "temperature"), (std::vector<float>{95}));
        QCOMPARE(importNotes(model).size(), std::size_t{1});
        WW_VERIFY_FAILS(readHyperparameters(model), ErrorCode::Unsupported, "perplexity");

        Recipe recipe;
        recipe.preset = "Q8_0";
        const auto plan = resolve(recipe, model);
        WW_VERIFY(plan);
        ThreadPool pool(1);
        WW_VERIFY(exportGguf(model, *plan, path() / "out.gguf", JobContext{pool}));
        const auto written = openModel(path() / "out.gguf");
        WW_VERIFY(written);
        QCOMPARE((*written)->tensors().size(), model.tensors().size());
        QCOMPARE((*written)->find("blk.0.spout.weight")->type, TensorType::Q8_0);
    }

    void missingTensorsAreNamedAtOnce()
    {
        putConfig();
        for (const char* name : {"mlp.up_proj.weight", "self_attn.v_proj.weight", "post_attention_layernorm.weight"}) {
            auto tensors = llamaTensors();
            std::erase_if(tensors, [&](const auto& tensor) { return tensor.name.ends_with(name); });
            putWeights(tensors);
            const auto model = openAnyModel(path());
            QVERIFY(!model);
            QCOMPARE(model.error().code, ErrorCode::Corrupt);
            QVERIFY2(model.error().describe().find("blk.0.") != std::string::npos, model.error().describe().c_str());
        }
    }

    void brokenFolders()
    {
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Unsupported, "no model from Hugging Face");
        put("config.json", "{");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "");
        put("config.json", R"({"architectures": []})");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "architectures");
        put("config.json", R"({"architectures": ["LlamaForCausalLM"], "num_hidden_layers": -1})");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "num_hidden_layers");
        putConfig(R"(, "rms_norm_eps": "small")");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "rms_norm_eps");
        putConfig(R"(, "quantization_config": {"quant_method": "riddle"})");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Unsupported, "riddle");
        putConfig();
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::NotFound, "model.safetensors");
        putWeights(llamaTensors());
        WW_VERIFY(openAnyModel(path()));
        putConfig(R"(, "num_hidden_layers": 2)");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "tensors of layer 1");
        putConfig();
        auto tensors = llamaTensors();
        tensors.push_back({"model.layers.0.self_attn.wonder.weight", "F32", {4}, floats(4, 0)});
        putWeights(tensors);
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Unsupported, "no place");
        tensors.back() = {"model.layers.7.input_layernorm.weight", "F32", {8}, floats(8, 0)};
        putWeights(tensors);
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "1 layers");
        tensors = llamaTensors();
        tensors[4].shape = {6, 8};
        tensors[4].data = floats(48, 0);
        putWeights(tensors);
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "do not fit 2 heads");
        putWeights({});
        put("model.safetensors.index.json", R"({"weight_map": {"model.norm.weight": "../../secret.safetensors"}})");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "");
    }
};

QTEST_GUILESS_MAIN(TestHfImport)
#include "tst_hf_import.moc"
