// SPDX-License-Identifier: MIT
// Logits of small random models of every architecture and its variants, against the real llama.cpp.
#include <QtTest>

#include "tests/support/forward.h"
#include "tests/support/llama_library.h"
#include "tests/support/paths.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"

using namespace ww;
using test::RandomModel;
Q_DECLARE_METATYPE(ww::test::RandomModel)

namespace {

using Keys = std::vector<std::pair<std::string, MetadataValue>>;

constexpr std::size_t kTokens = 80;
// llama.cpp computes GELU through 16-bit numbers, so a value near the middle of two may go either way.
constexpr double kExact = 5e-6;
constexpr double kGelu = 2e-4;
// What 16-bit keys and values do to these models: random queries and keys give a sharper attention than trained ones.
constexpr double kDefaultAttention = 2e-3;

std::vector<float> rampOfFactors(std::size_t count, float last)
{
    std::vector<float> factors(count);
    for (std::size_t i = 0; i < count; ++i) factors[i] = 1 + (last - 1) * static_cast<float>(i) / static_cast<float>(count);
    return factors;
}

}  // namespace

class TestForwardInterop : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    static void row(const char* name, RandomModel options, double tolerance = kExact, int contextSize = 0)
    {
        QTest::newRow(name) << options << tolerance << contextSize;
    }

    static void llamaRows()
    {
        row("llama", {});
        row("llama, one key head", {.kvHeads = 1});
        row("llama, as many key heads", {.kvHeads = 4});
        row("llama, tied", {.tied = true});
        row("llama, fused qkv", {.fusedQkv = true});
        row("llama, biases", {.qkvBias = true, .attnOutputBias = true, .ffnBias = true});
        row("llama, fused qkv with bias", {.fusedQkv = true, .qkvBias = true});
        row("llama, heads wider than the embedding", {.headLength = 32});
        row("llama, linear scaling", {.keys = Keys{{"rope.scaling.type", std::string("linear")}, {"rope.scaling.factor", 4.0F}}});
        row("llama, scaling by the older key", {.keys = Keys{{"rope.scale_linear", 2.0F}}});
        row("llama, scaling none", {.keys = Keys{{"rope.scaling.type", std::string("none")}, {"rope.scaling.factor", 4.0F}}});
        row("llama, yarn", {.keys = Keys{{"rope.scaling.type", std::string("yarn")},
                                         {"rope.scaling.factor", 8.0F},
                                         {"rope.scaling.original_context_length", std::uint32_t{64}}}});
        row("llama, yarn with attention factor", {.keys = Keys{{"rope.scaling.type", std::string("yarn")},
                                                               {"rope.scaling.factor", 4.0F},
                                                               {"rope.scaling.attn_factor", 0.8F},
                                                               {"rope.freq_base", 500000.0F},
                                                               {"rope.scaling.original_context_length", std::uint32_t{128}}}});
        row("llama, frequency factors", {.ropeFactors = rampOfFactors(8, 8)});
        const Keys longRope{{"rope.scaling.type", std::string("longrope")},
                            {"rope.scaling.attn_factor", 1.19F},
                            {"rope.scaling.original_context_length", std::uint32_t{256}}};
        row("llama, longrope, short",
            {.ropeFactorsShort = rampOfFactors(8, 2), .ropeFactorsLong = rampOfFactors(8, 16), .keys = longRope});
        row("llama, longrope, long",
            {.ropeFactorsShort = rampOfFactors(8, 2), .ropeFactorsLong = rampOfFactors(8, 16), .keys = longRope}, kExact, 300);
        row("llama, base and epsilon", {.keys = Keys{{"rope.freq_base", 1000000.0F}}});
        row("llama, experts", {.experts = 4, .usedExperts = 2});
        row("llama, one expert used", {.experts = 3, .usedExperts = 1});
    }

    static void otherRows()
    {
        row("qwen2", {.architecture = "qwen2", .qkvBias = true});
        row("qwen2, no bias, tied, fused", {.architecture = "qwen2", .tied = true, .fusedQkv = true});
        row("qwen2moe",
            {.architecture = "qwen2moe", .qkvBias = true, .experts = 8, .usedExperts = 3, .sharedFeedForward = 48});
        row("qwen3", {.architecture = "qwen3", .headLength = 32});
        row("qwen3moe", {.architecture = "qwen3moe", .experts = 8, .usedExperts = 3});
        row("qwen3moe, one expert used", {.architecture = "qwen3moe", .experts = 4, .usedExperts = 1});
        row("gemma", {.architecture = "gemma", .kvHeads = 1, .headLength = 32, .tied = true}, kGelu);
        row("gemma2",
            {.architecture = "gemma2", .layers = 4, .tied = true, .keys = Keys{{"attention.sliding_window", std::uint32_t{24}}}},
            kGelu);
        row("gemma2, caps",
            {.architecture = "gemma2",
             .tied = true,
             .keys = Keys{{"attn_logit_softcapping", 5.0F}, {"final_logit_softcapping", 8.0F}}},
            kGelu);
        row("gemma2, 46 layers", {.architecture = "gemma2", .layers = 46, .headLength = 32, .tied = true}, kGelu);
        row("gemma3",
            {.architecture = "gemma3",
             .layers = 7,
             .tied = true,
             .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                          {"rope.freq_base", 1000000.0F},
                          {"rope.scaling.type", std::string("linear")},
                          {"rope.scaling.factor", 8.0F}}},
            kGelu);
        row("gemma3, full attention, cap", {.architecture = "gemma3", .keys = Keys{{"final_logit_softcapping", 10.0F}}}, kGelu);
        row("gemma3, own base and pattern",
            {.architecture = "gemma3",
             .layers = 4,
             .tied = true,
             .keys = Keys{{"attention.sliding_window", std::uint32_t{10}},
                          {"attention.sliding_window_pattern", std::uint32_t{3}},
                          {"rope.freq_base_swa", 20000.0F}}},
            kGelu);
        row("gemma3, 62 layers", {.architecture = "gemma3", .layers = 62, .headLength = 32, .tied = true}, kGelu);
        row("phi3", {.architecture = "phi3"});
        row("phi3, part rotated", {.architecture = "phi3", .rotary = 8});
        const Keys longContext{{"rope.scaling.attn_factor", 1.1F}, {"rope.scaling.original_context_length", std::uint32_t{256}}};
        row("phi3, short factors", {.architecture = "phi3",
                                    .ropeFactorsShort = rampOfFactors(8, 2),
                                    .ropeFactorsLong = rampOfFactors(8, 16),
                                    .keys = longContext});
        row("phi3, long factors",
            {.architecture = "phi3",
             .ropeFactorsShort = rampOfFactors(8, 2),
             .ropeFactorsLong = rampOfFactors(8, 16),
             .keys = longContext},
            kExact, 300);
        // Which factors are used depends on the length of the run, rounded up to a multiple of 256.
        for (const int length : {255, 256, 257, 600})
            QTest::newRow(qPrintable(QString("phi3, %1 tokens of 256 at first").arg(length)))
                << RandomModel{.architecture = "phi3", .contextLength = 1024, .ropeFactorsShort = rampOfFactors(8, 2), .ropeFactorsLong = rampOfFactors(8, 16), .keys = longContext}
                << kExact << length;
        const Keys window{{"attention.sliding_window", std::uint32_t{64}}};
        row("gemma2, far beyond its window", {.architecture = "gemma2", .contextLength = 1024, .tied = true, .keys = window}, kGelu, 500);
        row("gemma3, far beyond its window", {.architecture = "gemma3", .layers = 7, .contextLength = 1024, .tied = true, .keys = window}, kGelu, 700);
        row("olmo2, far beyond its window", {.architecture = "olmo2", .layers = 5, .contextLength = 1024, .keys = window}, kExact, 500);
        row("llama, beyond the context of its training", {.contextLength = 256}, kExact, 400);
        row("gpt2", {.architecture = "gpt2", .kvHeads = 4}, kGelu);
        row("gpt2, tied", {.architecture = "gpt2", .kvHeads = 4, .tied = true}, kGelu);
        row("starcoder2", {.architecture = "starcoder2", .qkvBias = true}, kGelu);
        row("stablelm", {.architecture = "stablelm", .rotary = 4});
        row("stablelm, parallel, biases, head norms",
            {.architecture = "stablelm", .rotary = 4, .qkvBias = true, .headNorms = true, .ffnNorm = false});
        row("olmo2", {.architecture = "olmo2"});
        row("olmo2, windows, yarn", {.architecture = "olmo2",
                                     .layers = 5,
                                     .keys = Keys{{"attention.sliding_window", std::uint32_t{24}},
                                                  {"rope.scaling.type", std::string("yarn")},
                                                  {"rope.scaling.factor", 8.0F},
                                                  {"rope.scaling.original_context_length", std::uint32_t{64}}}});
        const Keys granite{{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
        row("granite", {.architecture = "granite", .tied = true, .keys = granite});
        Keys still = granite;
        still.emplace_back("rope.scaling.finetuned", false);
        row("granite, not rotating", {.architecture = "granite", .keys = still});
        const Keys graniteLong = [granite] {
            Keys keys = granite;
            keys.emplace_back("rope.scaling.type", std::string("longrope"));
            keys.emplace_back("rope.scaling.original_context_length", std::uint32_t{256});
            return keys;
        }();
        row("granite, longrope, short", {.architecture = "granite", .ropeFactorsShort = rampOfFactors(8, 2), .ropeFactorsLong = rampOfFactors(8, 16), .keys = graniteLong});
        row("granite, longrope, long", {.architecture = "granite", .ropeFactorsShort = rampOfFactors(8, 2), .ropeFactorsLong = rampOfFactors(8, 16), .keys = graniteLong},
            kExact, 300);
        row("granitemoe, longrope, long",
            {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .ropeFactorsShort = rampOfFactors(8, 2), .ropeFactorsLong = rampOfFactors(8, 16), .keys = graniteLong},
            kExact, 300);
        row("granite, frequency factors", {.architecture = "granite", .ropeFactors = rampOfFactors(8, 8), .keys = granite});
        row("granitemoe, frequency factors", {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .ropeFactors = rampOfFactors(8, 8), .keys = granite});
        row("granitemoe", {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .keys = granite});
        row("granitemoe, shared expert",
            {.architecture = "granitemoe", .experts = 4, .usedExperts = 2, .sharedFeedForward = 32, .keys = granite});
        row("smollm3", {.architecture = "smollm3", .layers = 5});
    }

private slots:
    void sample()
    {
        std::string reason;
        auto* library = test::LlamaLibrary::instance(reason);
        if (!library) QSKIP(reason.c_str());
        const auto theirs = test::LlamaModel::open(*library, test::sampleModel(), false, reason);
        QVERIFY2(theirs, reason.c_str());
        const auto ours = test::loadLanguageModel(test::sampleModel());
        WW_VERIFY(ours);
        const auto tokens = test::randomTokens(kTokens, 4096, 6);
        ThreadPool pool(1);
        const auto logits = test::logitsOf(**ours, tokens, tokens.size(), JobContext{pool});
        WW_VERIFY(logits);
        const double difference = test::relativeDifference(*logits, theirs->logits(tokens));
        QVERIFY2(difference < 1e-3, QByteArray::number(difference));
    }

    void logits_data()
    {
        QTest::addColumn<RandomModel>("options");
        QTest::addColumn<double>("tolerance");
        QTest::addColumn<int>("contextSize");
        llamaRows();
        otherRows();
    }
    void logits()
    {
        QFETCH(RandomModel, options);
        QFETCH(double, tolerance);
        QFETCH(int, contextSize);
        std::string reason;
        auto* library = test::LlamaLibrary::instance(reason);
        if (!library) QSKIP(reason.c_str());
        const auto path = test::pathOf(m_folder) / "model.gguf";
        QVERIFY(test::randomModel(options).write(path));
        const auto theirs = test::LlamaModel::open(*library, path, false, reason);
        QVERIFY2(theirs, reason.c_str());
        const auto ours = test::loadLanguageModel(path);
        WW_VERIFY(ours);
        const std::size_t length = contextSize != 0 ? static_cast<std::size_t>(contextSize) : kTokens;
        const auto tokens = test::randomTokens(length, static_cast<std::size_t>(theirs->tokenCount()), 5);
        ThreadPool pool(1);
        const auto logits = test::logitsOf(**ours, tokens, tokens.size(), JobContext{pool});
        WW_VERIFY(logits);
        const double exact = test::relativeDifference(*logits, theirs->logits(tokens, test::LlamaModel::Attention::Exact));
        const double usual = test::relativeDifference(*logits, theirs->logits(tokens));
        QVERIFY2(exact < tolerance, QByteArray::number(exact));
        QVERIFY2(usual < kDefaultAttention, QByteArray::number(usual));
    }
};

QTEST_APPLESS_MAIN(TestForwardInterop)
#include "tst_forward_interop.moc"
