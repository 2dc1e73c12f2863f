// SPDX-License-Identifier: MIT
#include <QtTest>

#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <thread>

#include "tests/support/forward.h"
#include "tests/support/paths.h"
#include "tests/support/random_model.h"
#include "tests/support/reference_llama.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;
using test::GgufBuilder;
using test::RandomModel;
using test::ReferenceRope;

namespace {

using Keys = std::vector<std::pair<std::string, MetadataValue>>;
/// Breaks a good model.
using Damage = std::function<void(GgufBuilder&)>;

GgufBuilder::Tensor& tensorOf(GgufBuilder& file, const std::string& name)
{
    return *std::ranges::find(file.tensors, name, &GgufBuilder::Tensor::name);
}
void removeTensor(GgufBuilder& file, const std::string& name)
{
    std::erase_if(file.tensors, [&](const auto& tensor) { return tensor.name == name; });
}
void removePair(GgufBuilder& file, const std::string& key)
{
    std::erase_if(file.pairs, [&](const auto& pair) { return pair.key == key; });
}
void setValue(GgufBuilder& file, const std::string& tensor, std::size_t index, float value)
{
    std::memcpy(tensorOf(file, tensor).data.data() + index * sizeof value, &value, sizeof value);
}
Damage setKey(const std::string& key, MetadataValue value)
{
    return [key, value](GgufBuilder& file) { file.set("llama." + key, value); };
}

}  // namespace

Q_DECLARE_METATYPE(ww::test::RandomModel)
Q_DECLARE_METATYPE(ww::test::ReferenceRope)
Q_DECLARE_METATYPE(Damage)
Q_DECLARE_METATYPE(ww::ErrorCode)

class TestLanguageModel : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path write(const GgufBuilder& file) const
    {
        const auto path = test::pathOf(m_folder) / "model.gguf";
        if (!file.write(path)) qFatal("cannot write %s", path.c_str());
        return path;
    }

private slots:
    void sampleGivesTheExpectedLogits()
    {
        const auto folder = test::fixturesDir();
        if (folder.empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const auto tokens = test::readNumbers<std::int32_t>(folder / "expected/logits-64.tokens.i32");
        const auto expected = test::readNumbers<float>(folder / "expected/logits-64.f32");
        QCOMPARE(tokens.size(), std::size_t{64});
        const auto model = test::loadLanguageModel(test::sampleModel());
        WW_VERIFY(model);
        ThreadPool pool(2);
        const auto logits = test::logitsOf(**model, tokens, tokens.size(), JobContext{pool});
        WW_VERIFY(logits);
        const double difference = test::relativeDifference(*logits, expected);
        QVERIFY2(difference < 1e-3, QByteArray::number(difference));
    }

    void sameBitsForAnyThreadCount()
    {
        const auto model = test::loadLanguageModel(test::sampleModel());
        WW_VERIFY(model);
        const auto tokens = test::randomTokens(3 * 70, 4096, 1);
        std::vector<float> first;
        for (const unsigned threads : {1U, 2U, 5U}) {
            ThreadPool pool(threads);
            const auto logits = test::logitsOf(**model, tokens, 70, JobContext{pool});
            WW_VERIFY(logits);
            if (first.empty()) first = *logits;
            QVERIFY2(first == *logits, QByteArray::number(threads) + " threads");
        }
    }

    void sameBitsForAnyNumberOfWindows()
    {
        const auto model = test::loadLanguageModel(test::sampleModel());
        WW_VERIFY(model);
        ThreadPool pool(2);
        constexpr std::size_t kLength = 37, kWindows = 7;
        const auto tokens = test::randomTokens(kLength * kWindows, 4096, 2);
        const auto together = test::logitsOf(**model, tokens, kLength, JobContext{pool});
        WW_VERIFY(together);
        std::vector<float> alone;
        for (std::size_t w = 0; w < kWindows; ++w) {
            const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(w * kLength);
            const auto logits = test::logitsOf(**model, {begin, begin + kLength}, kLength, JobContext{pool});
            WW_VERIFY(logits);
            alone.insert(alone.end(), logits->begin(), logits->end());
        }
        QVERIFY(alone == *together);
    }

    void agreesWithTheDefinition_data()
    {
        QTest::addColumn<RandomModel>("options");
        QTest::addColumn<ReferenceRope>("rope");
        const auto row = [](const char* name, RandomModel options, ReferenceRope rope = {}) {
            QTest::newRow(name) << options << rope;
        };
        row("plain", {});
        row("one key head", {.kvHeads = 1});
        row("as many key heads", {.kvHeads = 4});
        row("tied", {.tied = true});
        row("fused", {.fusedQkv = true, .qkvBias = true});
        row("biases", {.qkvBias = true, .attnOutputBias = true, .ffnBias = true});
        row("wide heads", {.headLength = 32});
        row("one block", {.layers = 1});
        row("experts", {.experts = 5, .usedExperts = 2});
        row("linear", {.keys = Keys{{"rope.scaling.type", std::string("linear")}, {"rope.scaling.factor", 4.0F}}}, {.scale = 0.25});
        row("base", {.keys = Keys{{"rope.freq_base", 500000.0F}}}, {.base = 500000});
        row("yarn",
            {.keys = Keys{{"rope.scaling.type", std::string("yarn")},
                          {"rope.scaling.factor", 8.0F},
                          {"rope.scaling.attn_factor", 0.5F},
                          {"rope.scaling.original_context_length", std::uint32_t{64}}}},
            {.scale = 0.125, .yarn = true, .originalContext = 64, .magnitude = 0.5});
        const std::vector<float> factors{1, 1.5F, 2, 3, 5, 8, 8, 8};
        row("factors", {.ropeFactors = factors}, {.factors = factors});
    }
    void agreesWithTheDefinition()
    {
        QFETCH(RandomModel, options);
        QFETCH(ReferenceRope, rope);
        const GgufBuilder file = test::randomModel(options);
        const auto model = test::loadLanguageModel(write(file));
        WW_VERIFY(model);
        const auto tokens = test::randomTokens(50, 320, 3);
        ThreadPool pool(2);
        const auto logits = test::logitsOf(**model, tokens, tokens.size(), JobContext{pool});
        WW_VERIFY(logits);
        const double difference = test::relativeDifference(*logits, test::referenceLogits(options, rope, file, tokens));
        QVERIFY2(difference < 5e-6, QByteArray::number(difference));
    }

    void sessionAgreesWithWindows_data()
    {
        QTest::addColumn<RandomModel>("options");
        QTest::addColumn<bool>("keepsWeights");
        QTest::newRow("weights kept") << RandomModel{} << true;
        QTest::newRow("weights loaded again") << RandomModel{} << false;
        QTest::newRow("tied") << RandomModel{.tied = true} << true;
        QTest::newRow("experts") << RandomModel{.experts = 4, .usedExperts = 2} << false;
        QTest::newRow("windowed attention") << RandomModel{.architecture = "gemma3",
                                                           .layers = 7,
                                                           .tied = true,
                                                           .keys = Keys{{"attention.sliding_window", std::uint32_t{8}}}}
                                            << true;
        QTest::newRow("learned positions") << RandomModel{.architecture = "gpt2", .kvHeads = 4} << true;
    }
    void sessionAgreesWithWindows()
    {
        QFETCH(RandomModel, options);
        QFETCH(bool, keepsWeights);
        const auto model = test::loadLanguageModel(write(test::randomModel(options)));
        WW_VERIFY(model);
        const auto tokens = test::randomTokens(40, 320, 4);
        ThreadPool pool(2);
        const JobContext context{pool};
        const auto logits = test::logitsOf(**model, tokens, tokens.size(), context);
        WW_VERIFY(logits);
        const auto session = (*model)->startSession(tokens.size(), keepsWeights ? std::uint64_t{1} << 30 : 0, context);
        WW_VERIFY(session);
        // Pieces of several sizes: a prompt, single tokens, another long piece.
        std::size_t done = 0;
        for (const std::size_t piece : {17, 1, 1, 5, 1, 14, 1}) {
            const auto last = (*session)->append(std::span(tokens).subspan(done, piece), context);
            WW_VERIFY(last);
            done += piece;
            QCOMPARE((*session)->length(), done);
            const std::vector<float> expected(logits->begin() + static_cast<std::ptrdiff_t>((done - 1) * 320),
                                              logits->begin() + static_cast<std::ptrdiff_t>(done * 320));
            const double difference = test::relativeDifference({last->begin(), last->end()}, expected);
            QVERIFY2(difference < 1e-5, QByteArray::number(difference));
        }
        QCOMPARE(done, tokens.size());
        WW_VERIFY_FAILS((*session)->append(std::span(tokens).first(1), context), ErrorCode::InvalidArgument, "room for 40");
        WW_VERIFY_FAILS((*session)->append({}, context), ErrorCode::InvalidArgument, "no token");
    }

    void broken_data()
    {
        QTest::addColumn<Damage>("damage");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* name, Damage damage, const char* text, ErrorCode code = ErrorCode::Corrupt) {
            QTest::newRow(name) << damage << code << QString(text);
        };
        row(
            "no architecture", [](GgufBuilder& f) { removePair(f, "general.architecture"); }, "general.architecture");
        row(
            "unknown architecture", [](GgufBuilder& f) { f.set("general.architecture", std::string("mamba")); }, "mamba",
            ErrorCode::Unsupported);
        for (const char* key : {"block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
                                "attention.layer_norm_rms_epsilon"}) {
            const std::string name = std::string("llama.") + key;
            row((std::string("without ") + key).c_str(), [name](GgufBuilder& f) { removePair(f, name); }, key);
            row((std::string("text in ") + key).c_str(), setKey(key, std::string("many")), key);
        }
        const std::uint32_t zero = 0;
        const std::uint32_t huge = 0xFFFFFFFFU;
        row("no heads", setKey("attention.head_count", zero), "attention.head_count");
        row("no key heads", setKey("attention.head_count_kv", zero), "head_count_kv");
        row("key heads that do not divide", setKey("attention.head_count_kv", std::uint32_t{3}), "head_count_kv");
        row("more heads than the file has", setKey("attention.head_count", huge - 1), "");
        row("no blocks", setKey("block_count", zero), "block_count");
        row("four thousand million blocks", setKey("block_count", huge), "tensors");
        row("one block too many", setKey("block_count", std::uint32_t{4}), "blk.3.");
        row("one block too few", setKey("block_count", std::uint32_t{2}), "blk.2.");
        row("no embedding", setKey("embedding_length", zero), "embedding_length");
        row("huge embedding", setKey("embedding_length", huge), "token_embd");
        row("other embedding", setKey("embedding_length", std::uint32_t{32}), "token_embd");
        row("no network", setKey("feed_forward_length", zero), "feed_forward_length");
        row("huge network", setKey("feed_forward_length", huge), "ffn_gate");
        row("negative network", setKey("feed_forward_length", std::int32_t{-5}), "feed_forward_length");
        row("no key length", setKey("attention.key_length", zero), "attention.key_length");
        row("huge key length", setKey("attention.key_length", huge), "");
        row("negative epsilon", setKey("attention.layer_norm_rms_epsilon", -1.0F), "negative");
        row("epsilon not a number", setKey("attention.layer_norm_rms_epsilon", std::numeric_limits<float>::quiet_NaN()),
            "not a number");
        row("odd rotation", setKey("rope.dimension_count", std::uint32_t{7}), "rope.dimension_count");
        row("rotation wider than a head", setKey("rope.dimension_count", std::uint32_t{64}), "rope.dimension_count");
        row("negative base", setKey("rope.freq_base", -3.0F), "rope.freq_base");
        row("unknown scaling", setKey("rope.scaling.type", std::string("magic")), "magic", ErrorCode::Unsupported);
        row("negative scaling", setKey("rope.scaling.factor", -1.0F), "rope.scaling.factor");
        row(
            "more experts used than there are",
            [](GgufBuilder& f) {
                f.set("llama.expert_count", std::uint32_t{2});
                f.set("llama.expert_used_count", std::uint32_t{3});
            },
            "expert_used_count");
        row(
            "experts without tensors",
            [](GgufBuilder& f) {
                f.set("llama.expert_count", std::uint32_t{2});
                f.set("llama.expert_used_count", std::uint32_t{1});
            },
            "ffn_gate_inp");
        row("head counts for other blocks", setKey("attention.head_count", MetadataArray(std::vector<std::int32_t>{4, 4})),
            "blocks");
        row("a negative head count", setKey("attention.head_count", MetadataArray(std::vector<std::int32_t>{4, -4, 4})),
            "head_count");
        for (const char* name : {"token_embd.weight", "output_norm.weight", "blk.1.attn_q.weight", "blk.2.ffn_down.weight"})
            row((std::string("without ") + name).c_str(), [name](GgufBuilder& f) { removeTensor(f, name); }, name);
        row(
            "transposed", [](GgufBuilder& f) { std::ranges::reverse(tensorOf(f, "blk.0.ffn_up.weight").ne); }, "blk.0.ffn_up");
        row(
            "norm of another length",
            [](GgufBuilder& f) {
                auto& tensor = tensorOf(f, "blk.0.attn_norm.weight");
                tensor.ne = {32};
                tensor.data.resize(32 * 4);
                tensor.sizeBytes = 32 * 4;
            },
            "blk.0.attn_norm");
        row(
            "unknown tensor", [](GgufBuilder& f) { f.tensor("blk.0.attn_sinks.weight", TensorType::F32, {4}); }, "attn_sinks");
        row(
            "vocabulary of another size",
            [](GgufBuilder& f) {
                removePair(f, "tokenizer.ggml.tokens");
                f.set("llama.vocab_size", std::uint32_t{77});
            },
            "token_embd");
        row(
            "frequency factor 0", [](GgufBuilder& f) { f.tensor("rope_freqs.weight", TensorType::F32, {8}); }, "rope_freqs");
    }
    void broken()
    {
        QFETCH(Damage, damage);
        QFETCH(ErrorCode, code);
        QFETCH(QString, text);
        GgufBuilder file = test::randomModel({});
        damage(file);
        WW_VERIFY_FAILS(test::loadLanguageModel(write(file)), code, text.toStdString());
    }

    void weightsThatAreNotNumbers_data()
    {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<float>("value");
        QTest::addColumn<QString>("text");
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float inf = std::numeric_limits<float>::infinity();
        QTest::newRow("embedding") << "token_embd.weight" << nan << "before block 0";
        QTest::newRow("value matrix") << "blk.0.attn_v.weight" << nan << "network of block 0";
        QTest::newRow("query matrix") << "blk.1.attn_q.weight" << nan << "network of block 1";
        QTest::newRow("infinite key matrix") << "blk.1.attn_k.weight" << inf << "network of block 1";
        QTest::newRow("network") << "blk.0.ffn_up.weight" << nan << "before block 1";
        QTest::newRow("infinite network") << "blk.2.ffn_down.weight" << -inf << "before the output";
        QTest::newRow("norm") << "blk.1.ffn_norm.weight" << nan << "before block 2";
    }
    void weightsThatAreNotNumbers()
    {
        QFETCH(QString, tensor);
        QFETCH(float, value);
        QFETCH(QString, text);
        GgufBuilder file = test::randomModel({});
        setValue(file, tensor.toStdString(), 5, value);
        const auto model = test::loadLanguageModel(write(file));
        WW_VERIFY(model);
        std::vector<TokenId> tokens(20, 0);
        std::vector<float> hidden(tokens.size() * 64);
        ThreadPool pool(2);
        WW_VERIFY_FAILS((*model)->forward(tokens, tokens.size(), hidden, JobContext{pool}), ErrorCode::Corrupt, text.toStdString());
    }

    void wrongArguments()
    {
        const auto model = test::loadLanguageModel(write(test::randomModel({})));
        WW_VERIFY(model);
        ThreadPool pool(1);
        const JobContext context{pool};
        std::vector<float> hidden(4 * 64);
        const auto run = [&](std::vector<TokenId> tokens, std::size_t window, std::size_t space) {
            hidden.resize(space);
            return (*model)->forward(tokens, window, hidden, context);
        };
        WW_VERIFY(run({0, 1, 2, 319}, 2, 4 * 64));
        WW_VERIFY_FAILS(run({0, 1, 2, 320}, 2, 4 * 64), ErrorCode::InvalidArgument, "320");
        WW_VERIFY_FAILS(run({0, 1, 2, -1}, 2, 4 * 64), ErrorCode::InvalidArgument, "-1");
        WW_VERIFY_FAILS(run({0, 1, 2, 3}, 3, 4 * 64), ErrorCode::InvalidArgument, "windows");
        WW_VERIFY_FAILS(run({0, 1, 2, 3}, 0, 4 * 64), ErrorCode::InvalidArgument, "windows");
        WW_VERIFY_FAILS(run({}, 2, 0), ErrorCode::InvalidArgument, "windows");
        WW_VERIFY_FAILS(run({0, 1, 2, 3}, 2, 3 * 64), ErrorCode::InvalidArgument, "space");
    }

    void hyperparametersOfTheSample()
    {
        const auto model = openModel(test::sampleModel());
        WW_VERIFY(model);
        const auto facts = readHyperparameters(**model);
        WW_VERIFY(facts);
        QCOMPARE(facts->architecture, std::string("llama"));
        QCOMPARE(facts->blockCount, 8U);
        QCOMPARE(facts->embeddingLength, 256U);
        QCOMPARE(facts->feedForwardLength, 768U);
        QCOMPARE(facts->headCount, 4U);
        QCOMPARE(facts->headCountKv, 2U);
        QCOMPARE(facts->keyLength, 64U);
        QCOMPARE(facts->valueLength, 64U);
        QCOMPARE(facts->contextLength, 512U);
        QCOMPARE(facts->vocabularySize, 4096U);
        QCOMPARE(facts->expertCount, 0U);
        QCOMPARE(facts->rmsEpsilon, 1e-5F);
        QCOMPARE(facts->ropeDimensions, 64U);
        QCOMPARE(facts->ropeBase, 10000.0F);
        QCOMPARE(facts->ropeScale, 1.0F);
    }

    void stopsSoon_data()
    {
        QTest::addColumn<bool>("inLogits");
        QTest::newRow("forward") << false;
        QTest::newRow("logits") << true;
    }
    void stopsSoon()
    {
        QFETCH(bool, inLogits);
        const auto model = test::loadLanguageModel(test::sampleModel());
        WW_VERIFY(model);
        const auto tokens = test::randomTokens(std::size_t{60} * 512, 4096, 7);
        std::vector<float> hidden(tokens.size() * 256, 0.5F);
        ThreadPool pool(2);
        std::stop_source source;
        std::atomic<bool> running{false};
        QElapsedTimer timer;
        std::thread stopper([&] {
            while (!running) std::this_thread::yield();
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            timer.start();
            source.request_stop();
        });
        JobContext context{pool};
        context.stop = source.get_token();
        running = true;
        const auto result = inLogits ? (*model)->logits(
                                           hidden, 512, [](auto...) {}, context)
                                     : (*model)->forward(tokens, 512, hidden, context);
        stopper.join();
        const qint64 elapsedMs = timer.elapsed();
        WW_VERIFY_FAILS(result, ErrorCode::Cancelled, "");
        QVERIFY2(elapsedMs < 500, QByteArray::number(elapsedMs));  // 50 ms on a machine that is not shared
    }
};

QTEST_APPLESS_MAIN(TestLanguageModel)
#include "tst_language_model.moc"
