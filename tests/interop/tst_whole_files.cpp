// SPDX-License-Identifier: MIT
// Whole files again: random models of every family, stored as people store them, in every preset, with and without
// importance, and random combinations of options. What we write is what llama.cpp's own quantizer writes, or both refuse.
// WW_LONG_TESTS=1: every preset on every model (otherwise presets take turns) and 25 times as many combinations.
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "calibration/imatrix_file.h"
#include "formats/block_format.h"
#include "io/model_file.h"
#include "plan/plan.h"
#include "plan/preset.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/golden_rows.h"
#include "tests/support/llama_library.h"
#include "tests/support/random_model.h"
#include "tests/support/reference_quantizer.h"

using namespace ww;
using test::QuantizeCase;
using test::RandomModel;
namespace fs = std::filesystem;

namespace {

using Keys = std::vector<std::pair<std::string, MetadataValue>>;

struct Source {
    const char* name;
    TensorType stored;  ///< of the matrices
    RandomModel options;
};

/// Small, with rows of 256 where a family does not stand for the fallbacks.
RandomModel family(const char* architecture, RandomModel options = {})
{
    options.architecture = architecture;
    if (options.embedding == 64) options.embedding = 256;
    if (options.feedForward == 96) options.feedForward = 256;
    return options;
}

std::vector<Source> sources()
{
    const Keys granite{{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
    return {
        {"llama, four heads share keys", TensorType::F16,
         family("llama", {.layers = 8, .feedForward = 64, .heads = 4, .kvHeads = 1, .headLength = 64})},
        {"llama, tied", TensorType::BF16, family("llama", {.layers = 9, .feedForward = 128, .tied = true})},
        {"llama, rows of 160 and 96", TensorType::F32, family("llama", {.layers = 3, .embedding = 160, .feedForward = 720})},
        {"llama, rows of 40", TensorType::F16, family("llama", {.layers = 2, .embedding = 40, .feedForward = 56})},
        {"llama, 80 layers", TensorType::F16, family("llama", {.layers = 80, .feedForward = 32, .heads = 2, .kvHeads = 1})},
        {"mixtral, eight experts", TensorType::F16,
         family("llama", {.layers = 2, .feedForward = 128, .experts = 8, .usedExperts = 2})},
        {"llama, four experts", TensorType::F32,
         family("llama", {.layers = 3, .feedForward = 256, .kvHeads = 4, .experts = 4, .usedExperts = 2})},
        {"qwen2", TensorType::BF16, family("qwen2", {.layers = 4, .tied = true, .qkvBias = true})},
        {"qwen2, fused", TensorType::Q8_0, family("qwen2", {.layers = 2, .fusedQkv = true, .qkvBias = true})},
        {"qwen2moe", TensorType::F16,
         family("qwen2moe",
                {.layers = 2, .feedForward = 64, .qkvBias = true, .experts = 6, .usedExperts = 2, .sharedFeedForward = 128})},
        {"qwen3", TensorType::F16, family("qwen3", {.headLength = 64})},
        {"qwen3moe", TensorType::BF16,
         family("qwen3moe", {.layers = 2, .feedForward = 32, .heads = 8, .kvHeads = 1, .experts = 16, .usedExperts = 2})},
        {"gemma", TensorType::F16, family("gemma", {.kvHeads = 1, .headLength = 64, .tied = true})},
        {"gemma2", TensorType::BF16, family("gemma2", {.layers = 4, .feedForward = 320, .tied = true})},
        {"gemma3", TensorType::Q6_K, family("gemma3", {.tied = true})},
        {"phi3", TensorType::F16, family("phi3", {.kvHeads = 4, .rotary = 8})},
        {"gpt2", TensorType::F32, family("gpt2", {.kvHeads = 4, .contextLength = 64, .tied = true})},
        {"starcoder2", TensorType::F16, family("starcoder2", {.qkvBias = true, .ffnBias = true})},
        {"stablelm", TensorType::F16, family("stablelm", {.rotary = 4, .qkvBias = true, .headNorms = true, .ffnNorm = false})},
        {"olmo2", TensorType::Q4_K, family("olmo2", {.layers = 2})},
        {"granite", TensorType::BF16, family("granite", {.tied = true, .keys = granite})},
        {"granitemoe", TensorType::F32,
         family("granitemoe",
                {.layers = 2, .feedForward = 64, .experts = 4, .usedExperts = 2, .sharedFeedForward = 32, .keys = granite})},
        {"smollm3", TensorType::F16, family("smollm3", {.layers = 5, .feedForward = 64})},
    };
}

/// The same model with its matrices in another type, where rows fit it.
void storeMatrices(test::GgufBuilder& file, TensorType type)
{
    const BlockFormat& format = *findBlockFormat(type);
    for (auto& tensor : file.tensors) {
        const std::string_view name = tensor.name;
        const bool plain = tensor.ne.size() < 2 || name.ends_with("_norm.weight") || name.ends_with("ffn_gate_inp.weight") ||
                           name == "position_embd.weight" || !name.ends_with(".weight");
        if (plain || type == TensorType::F32 || tensor.ne[0] % traits(type).blockLength != 0) continue;
        std::vector<float> values(tensor.data.size() / sizeof(float));
        std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
        std::string bytes(*rowBytes(type, values.size()), '\0');
        format.encodeRows(values.data(), reinterpret_cast<std::byte*>(bytes.data()), values.size() / tensor.ne[0], tensor.ne[0],
                          nullptr);
        tensor.type = static_cast<std::uint32_t>(type);
        tensor.data = bytes;
        tensor.sizeBytes = bytes.size();
    }
}

bool longTests()
{
    return qEnvironmentVariableIntValue("WW_LONG_TESTS") > 0;
}

enum class Importance { None, Full, Gaps, Legacy };

/// Importance of every matrix of the blocks. Gaps: experts that no token reached, columns that were always zero, and
/// tensors without an entry.
Result<void> makeImportance(const fs::path& model, const fs::path& path, bool gaps, std::uint64_t seed)
{
    WW_TRY(const auto file, openModel(model));
    ImportanceMatrix matrix;
    matrix.datasets = {"calibration.txt", "more.txt"};
    matrix.chunkCount = 7;
    matrix.chunkSize = 512;
    test::SplitMix random(seed);
    std::size_t index = 0;
    for (const TensorInfo& tensor : file->tensors()) {
        if (!tensor.name.starts_with("blk.") || tensor.shape.significantDims() < 2 || tensor.name.find("norm") != std::string::npos)
            continue;
        ++index;
        if (gaps && index % 7 == 3) continue;
        ImportanceEntry entry;
        entry.tensor = tensor.name;
        const std::uint64_t columns = tensor.shape.columns();
        const std::uint64_t matrices = tensor.shape.ne[2];
        for (std::uint64_t m = 0; m < matrices; ++m) {
            const bool unreached = gaps && matrices > 1 && (m + index) % 3 == 1;
            entry.counts.push_back(unreached ? 0 : 500 + 10 * m);
            for (std::uint64_t i = 0; i < columns; ++i) {
                const bool zero = unreached || (gaps && (i / 32 + index) % 5 == 0);
                entry.sums.push_back(zero ? 0.0F
                                          : static_cast<float>(random.uniform() * random.uniform() * random.uniform() * 1000));
            }
        }
        matrix.add(std::move(entry));
    }
    return saveImportance(matrix, path);
}

}  // namespace

class TestWholeFiles : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    test::LlamaLibrary* m_library = nullptr;

    fs::path file(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

    void compare(const QuantizeCase& c) const
    {
        const auto summary = test::quantizeHere(c, file("ours.gguf"));
        const bool theirs = test::quantizeThere(*m_library, c, file("theirs.gguf"));
        const std::string log = m_library->takeLog();
        QVERIFY2(theirs == summary.has_value(),
                 (c.preset + ": " + (summary ? "refused there: " + log : "refused here: " + summary.error().describe())).c_str());
        if (!summary) return;
        const QString where = test::fileDifference(file("ours.gguf"), file("theirs.gguf"));
        QVERIFY2(where.isEmpty(), (c.preset + ": " + where.toStdString()).c_str());
        QCOMPARE(fs::file_size(file("ours.gguf")), summary->sizeBytes);
    }

    static void describe(const Source& s, const QuantizeCase& c)
    {
        std::string text = std::string(s.name) + " to " + c.preset + (c.pure ? ", pure" : "") +
                           (c.leaveOutput ? ", output left" : "") +
                           (c.importance.empty() ? "" : ", " + c.importance.filename().string());
        if (c.outputType) text += ", output " + std::string(name(*c.outputType));
        if (c.embeddingType) text += ", embedding " + std::string(name(*c.embeddingType));
        for (const auto& [pattern, type] : c.overrides) text += ", " + pattern + "=" + std::string(name(type));
        for (const std::uint32_t block : c.prune) text += ", without block " + std::to_string(block);
        qInfo("%s", text.c_str());
    }

private slots:
    void initTestCase()
    {
        std::string reason;
        m_library = test::LlamaLibrary::instance(reason);
        if (!m_library) QSKIP(reason.c_str());
    }

    void everyPreset_data()
    {
        QTest::addColumn<int>("source");
        QTest::addColumn<int>("importance");
        const auto all = sources();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const int index = static_cast<int>(i);
            const auto row = [&](const char* how, Importance kind) {
                QTest::newRow((std::string(all[i].name) + how).c_str()) << index << static_cast<int>(kind);
            };
            row("", Importance::None);
            row(", importance", i % 3 == 2 ? Importance::Legacy : Importance::Full);
            row(", importance with gaps", Importance::Gaps);
        }
    }
    void everyPreset()
    {
        QFETCH(int, source);
        QFETCH(int, importance);
        Source s = sources()[static_cast<std::size_t>(source)];
        s.options.seed = static_cast<std::uint64_t>(source) + 100;
        test::GgufBuilder builder = test::randomModel(s.options);
        storeMatrices(builder, s.stored);
        QVERIFY(builder.write(file("source.gguf")));
        const auto kind = static_cast<Importance>(importance);
        const fs::path matrix = file(kind == Importance::Legacy ? "some.dat" : "some.imatrix.gguf");
        if (kind != Importance::None) {
            const auto made = makeImportance(file("source.gguf"), matrix, kind == Importance::Gaps, s.options.seed);
            QVERIFY2(made, made ? "" : made.error().describe().c_str());
        }
        int turn = source + importance;
        for (const Preset& preset : presets()) {
            if (!longTests() && turn++ % 12 != 0) continue;
            compare({.model = file("source.gguf"),
                     .preset = std::string(preset.name),
                     .importance = kind == Importance::None ? fs::path() : matrix});
            if (QTest::currentTestFailed()) return;
        }
    }

    void randomOptions_data()
    {
        QTest::addColumn<int>("seed");
        const int count = longTests() ? 800 : 30;
        for (int seed = 0; seed < count; ++seed) QTest::newRow(std::to_string(seed).c_str()) << seed;
    }
    void randomOptions()
    {
        QFETCH(int, seed);
        test::SplitMix random(static_cast<std::uint64_t>(seed) * 977 + 5);
        const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.next() >> 11) % n; };
        const auto all = sources();
        Source s = all[below(all.size())];
        s.options.layers = std::min(s.options.layers, static_cast<std::uint32_t>(2 + below(4)));
        s.options.seed = static_cast<std::uint64_t>(seed);
        static constexpr TensorType kStored[] = {TensorType::F16, TensorType::BF16, TensorType::F32, TensorType::Q8_0,
                                                 TensorType::Q4_K};
        test::GgufBuilder builder = test::randomModel(s.options);
        storeMatrices(builder, kStored[below(5)]);
        QVERIFY(builder.write(file("source.gguf")));

        QuantizeCase c{.model = file("source.gguf"), .preset = std::string(presets()[below(presets().size())].name)};
        if (below(2) == 0) {
            c.importance = file(below(2) == 0 ? "some.dat" : "some.imatrix.gguf");
            QVERIFY(makeImportance(c.model, c.importance, below(2) == 0, s.options.seed));
        }
        // llama.cpp stops the program where the output matrix would need importance, and heeds no rules for float presets.
        const Preset& preset = *findPreset(c.preset);
        c.pure = below(4) == 0 && !preset.needsImportance;
        c.leaveOutput = below(5) == 0;
        // Types that a row does not fit, and those that need importance, make llama.cpp stop the program here.
        static constexpr TensorType kOwn[] = {TensorType::F16,    TensorType::BF16, TensorType::Q8_0, TensorType::Q5_0,
                                              TensorType::IQ4_NL, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q6_K,
                                              TensorType::IQ4_XS, TensorType::TQ2_0};
        const std::size_t fitting = s.options.embedding % 256 == 0 ? std::size(kOwn) : s.options.embedding % 32 == 0 ? 5 : 2;
        if (below(3) == 0) c.outputType = kOwn[below(fitting)];
        if (below(3) == 0) c.embeddingType = kOwn[below(fitting)];
        static constexpr const char* kPatterns[] = {"ffn",
                                                    "attn_v|attn_k",
                                                    "blk\\.[01]\\.",
                                                    "blk\\.1\\.ffn_down",
                                                    "^token_embd",
                                                    "output",
                                                    "(up|gate)(_exps)?\\.weight$",
                                                    "blk\\.(\\d)\\.attn_q(kv)?\\."};
        static constexpr TensorType kAny[] = {TensorType::F32,   TensorType::F16,    TensorType::Q8_0,  TensorType::Q4_0,
                                              TensorType::Q4_1,  TensorType::Q5_0,   TensorType::Q5_1,  TensorType::Q2_K,
                                              TensorType::Q3_K,  TensorType::Q4_K,   TensorType::Q5_K,  TensorType::Q6_K,
                                              TensorType::IQ3_S, TensorType::IQ4_NL, TensorType::MXFP4, TensorType::NVFP4,
                                              TensorType::TQ1_0, TensorType::Q1_0,   TensorType::Q2_0};
        const bool obeysRules = traits(preset.base).kind != TensorTypeKind::Float;
        if (obeysRules && below(6) == 0) c.overrides.emplace_back("ffn_(up|down)", TensorType::IQ2_S);
        for (std::size_t n = obeysRules && below(2) == 0 ? below(4) : 0; n > 0; --n)
            c.overrides.emplace_back(kPatterns[below(std::size(kPatterns))], kAny[below(std::size(kAny))]);
        if (below(5) == 0) c.prune = {static_cast<std::uint32_t>(below(s.options.layers))};
        compare(c);
        if (QTest::currentTestFailed()) describe(s, c);
    }
};

QTEST_APPLESS_MAIN(TestWholeFiles)
#include "tst_whole_files.moc"
