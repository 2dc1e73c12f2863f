// SPDX-License-Identifier: MIT
#include <QtTest>

#include <cmath>
#include <fstream>
#include <limits>

#include "base/atomic_file.h"
#include "eval/perplexity.h"
#include "tests/support/fake_language.h"
#include "tests/support/forward.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

namespace {

PerplexityOptions withContext(std::uint32_t length, std::uint32_t windows = 0)
{
    PerplexityOptions options;
    options.contextLength = length;
    options.maxWindows = windows;
    return options;
}

/// Different for every text and entry, between −20 and 20.
float mixedLogit(std::span<const TokenId> text, std::size_t entry)
{
    std::uint64_t state = 1469598103934665603ULL + entry * 7919;
    for (const TokenId token : text) state = (state ^ static_cast<std::uint64_t>(token)) * 1099511628211ULL;
    return static_cast<float>(static_cast<double>(state >> 40U) / 16777216.0 * 40 - 20);
}

bool near(double a, double b, double tolerance)
{
    return std::fabs(a - b) <= tolerance * std::max(1.0, std::fabs(b));
}

/// Peak of the resident memory since the last reset, in bytes; 0 where the system does not say.
std::uint64_t peakBytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    return 0;
}
std::uint64_t residentBytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
    return 0;
}

}  // namespace

class TestPerplexity : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    /// Tiny model, 320 tokens, and windows of random ids for it.
    Result<std::shared_ptr<const LanguageModel>> tinyModel(const test::GgufBuilder& file) const
    {
        const auto path = test::pathOf(m_folder) / "tiny.gguf";
        if (!file.write(path)) qFatal("cannot write %s", path.c_str());
        return test::loadLanguageModel(path);
    }
    static EvaluationWindows randomWindows(std::uint32_t length, std::uint32_t count)
    {
        EvaluationWindows windows;
        windows.contextLength = length;
        windows.windowCount = count;
        windows.targets = test::randomTokens(std::size_t{length} * count, 320, 8);
        windows.input = windows.targets;
        return windows;
    }

private slots:
    void windows_data()
    {
        QTest::addColumn<int>("bytes");
        QTest::addColumn<int>("context");
        QTest::addColumn<int>("limit");
        QTest::addColumn<int>("windows");
        // One more token than bytes: the beginning mark.
        QTest::newRow("just enough") << 15 << 8 << 0 << 2;
        QTest::newRow("tail dropped") << 30 << 8 << 0 << 3;
        QTest::newRow("limited") << 100 << 8 << 5 << 5;
        QTest::newRow("limit above") << 40 << 8 << 50 << 5;
        QTest::newRow("shortest context") << 11 << 4 << 0 << 3;
    }
    void windows()
    {
        QFETCH(int, bytes);
        QFETCH(int, context);
        QFETCH(int, limit);
        QFETCH(int, windows);
        std::string text;
        for (int i = 0; i < bytes; ++i) text += static_cast<char>('a' + i % 26);
        const test::FakeTokenizer tokenizer;
        const auto length = static_cast<std::size_t>(context);
        const auto result =
            makeWindows(tokenizer, text, withContext(static_cast<std::uint32_t>(context), static_cast<std::uint32_t>(limit)));
        WW_VERIFY(result);
        QCOMPARE(result->windowCount, static_cast<std::uint32_t>(windows));
        QCOMPARE(result->contextLength, static_cast<std::uint32_t>(context));
        auto all = tokenizer.encode(text);
        all.resize(length * result->windowCount);
        QCOMPARE(result->targets, all);
        for (std::size_t i = 0; i < all.size(); i += length) all[i] = 256;
        QCOMPARE(result->input, all);
    }

    void withoutBeginningMark()
    {
        test::FakeTokenizer tokenizer;
        tokenizer.withBos = false;
        const auto result = makeWindows(tokenizer, "abcdefghijkl", withContext(4));
        WW_VERIFY(result);
        QCOMPARE(result->windowCount, 3U);
        QCOMPARE(result->input, result->targets);
        QCOMPARE(result->input.front(), 'a');
    }

    void oneNewlineAtTheEndIsDropped_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("tokens");
        QTest::newRow("none") << QByteArray("abcdefghijk") << 12;
        QTest::newRow("one") << QByteArray("abcdefghijk\n") << 12;
        QTest::newRow("two") << QByteArray("abcdefghij\n\n") << 12;
    }
    void oneNewlineAtTheEndIsDropped()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, tokens);
        // Windows of 4 need 8 tokens; the error for a context of 50 says how many there are.
        const auto result = makeWindows(test::FakeTokenizer(), text.toStdString(), withContext(50));
        WW_VERIFY_FAILS(result, ErrorCode::TooShort, "has " + std::to_string(tokens) + " tokens");
    }

    void refusedTexts()
    {
        const test::FakeTokenizer tokenizer;
        WW_VERIFY_FAILS(makeWindows(tokenizer, "abcdefghijklmn", withContext(8)), ErrorCode::TooShort, "needs at least 16");
        WW_VERIFY_FAILS(makeWindows(tokenizer, "", withContext(8)), ErrorCode::TooShort, "has 1 tokens");
        WW_VERIFY_FAILS(makeWindows(tokenizer, "abcdefghijklmn", withContext(3)), ErrorCode::InvalidArgument, "at least 4");
        WW_VERIFY_FAILS(makeWindows(tokenizer, "abcdefghijklmn", withContext(0)), ErrorCode::InvalidArgument, "at least 4");
        test::FakeTokenizer ending;
        ending.withEos = true;
        WW_VERIFY_FAILS(makeWindows(ending, "abcdefghijklmnopqrst", withContext(4)), ErrorCode::Unsupported, "end mark");
    }

    void scoresByTheDefinition_data()
    {
        QTest::addColumn<int>("context");
        QTest::addColumn<int>("chunk");
        for (const int context : {4, 5, 8, 11})
            for (const int chunk : {1, 7, 100, 258}) QTest::addRow("context %d, chunks of %d", context, chunk) << context << chunk;
    }
    void scoresByTheDefinition()
    {
        QFETCH(int, context);
        QFETCH(int, chunk);
        const auto length = static_cast<std::size_t>(context);
        const std::string text = "The quick brown fox jumps over the lazy dog, again.";
        const auto windows = makeWindows(test::FakeTokenizer(), text, withContext(static_cast<std::uint32_t>(context)));
        WW_VERIFY(windows);
        std::vector<double> expected;
        for (std::size_t w = 0; w < windows->windowCount; ++w)
            for (std::size_t j = length / 2; j + 1 < length; ++j) {
                const auto seen = std::span(windows->input).subspan(w * length, j + 1);
                double sum = 0;
                for (std::size_t i = 0; i < 258; ++i) sum += std::exp(static_cast<double>(mixedLogit(seen, i)));
                const auto target = static_cast<std::size_t>(windows->targets[w * length + j + 1]);
                expected.push_back(std::log(sum) - static_cast<double>(mixedLogit(seen, target)));
            }
        double mean = 0;
        double squares = 0;
        for (const double v : expected) {
            mean += v / static_cast<double>(expected.size());
            squares += v * v / static_cast<double>(expected.size());
        }
        const double error = std::sqrt((squares - mean * mean) / static_cast<double>(expected.size() - 1));

        const test::FakeModel model(mixedLogit, static_cast<std::size_t>(chunk));
        ThreadPool pool(1);
        std::vector<std::uint32_t> seenWindows;
        double last = 0;
        const auto result = perplexity(model, *windows, {}, JobContext{pool}, [&](std::uint32_t done, double value) {
            seenWindows.push_back(done);
            last = value;
        });
        WW_VERIFY(result);
        QCOMPARE(result->scoredTokens, static_cast<std::uint64_t>(windows->windowCount * (length - length / 2 - 1)));
        QCOMPARE(result->nll.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY2(near(result->nll[i], expected[i], 1e-6), QByteArray::number(result->nll[i] - expected[i]));
        QVERIFY(near(result->meanNll, mean, 1e-6));
        QVERIFY(near(result->perplexity, std::exp(mean), 1e-5));
        QVERIFY(near(result->standardError, error * std::exp(mean), 1e-5));
        QCOMPARE(seenWindows.size(), static_cast<std::size_t>(windows->windowCount));
        QCOMPARE(seenWindows.back(), windows->windowCount);
        QCOMPARE(last, result->perplexity);
    }

    void extremeLogits_data()
    {
        QTest::addColumn<float>("target");
        QTest::addColumn<float>("others");
        QTest::addColumn<double>("nll");
        QTest::newRow("all equal") << 0.0F << 0.0F << std::log(258.0);
        QTest::newRow("huge") << 1e30F << 1e30F << std::log(258.0);
        QTest::newRow("certain") << 200.0F << -200.0F << 0.0;
        QTest::newRow("impossible") << -300.0F << 300.0F << 600.0 + std::log(257.0);
    }
    void extremeLogits()
    {
        QFETCH(float, target);
        QFETCH(float, others);
        QFETCH(double, nll);
        const auto windows = makeWindows(test::FakeTokenizer(), "aaaaaaaaaaaaaaaaaaaaaaa", withContext(8));
        WW_VERIFY(windows);
        const test::FakeModel model([&](auto, std::size_t entry) { return entry == 'a' ? target : others; }, 50);
        ThreadPool pool(1);
        const auto result = perplexity(model, *windows, {}, JobContext{pool});
        WW_VERIFY(result);
        QVERIFY2(near(result->meanNll, nll, 1e-6), QByteArray::number(result->meanNll));
        QVERIFY(result->standardError < 1e-6 * result->perplexity);
    }

    void notANumber_data()
    {
        QTest::addColumn<float>("value");
        QTest::newRow("NaN") << std::numeric_limits<float>::quiet_NaN();
        QTest::newRow("infinite") << std::numeric_limits<float>::infinity();
    }
    void notANumber()
    {
        QFETCH(float, value);
        for (const std::size_t broken : {0, 99, 100, 257}) {
            const auto windows = makeWindows(test::FakeTokenizer(), "abcdefghijklmnopqrst", withContext(8));
            WW_VERIFY(windows);
            const test::FakeModel model([&](auto, std::size_t entry) { return entry == broken ? value : 1.0F; });
            ThreadPool pool(1);
            WW_VERIFY_FAILS(perplexity(model, *windows, {}, JobContext{pool}), ErrorCode::Corrupt, "not numbers");
        }
    }

    void windowsOfAnotherTokenizer()
    {
        const test::FakeModel model(mixedLogit);
        ThreadPool pool(1);
        EvaluationWindows windows = randomWindows(8, 3);
        windows.targets[5] = 258;
        WW_VERIFY_FAILS(perplexity(model, windows, {}, JobContext{pool}), ErrorCode::InvalidArgument, "258");
        windows.targets[5] = -1;
        WW_VERIFY_FAILS(perplexity(model, windows, {}, JobContext{pool}), ErrorCode::InvalidArgument, "-1");
        windows.targets.pop_back();
        WW_VERIFY_FAILS(perplexity(model, windows, {}, JobContext{pool}), ErrorCode::InvalidArgument, "windows");
        WW_VERIFY_FAILS(perplexity(model, {}, {}, JobContext{pool}), ErrorCode::InvalidArgument, "windows");
    }

    void budgetSetsTheWindowsOfAPass_data()
    {
        QTest::addColumn<quint64>("budget");
        QTest::addColumn<QVector<int>>("passes");
        // The fake model asks for 100 bytes per token: 800 per window.
        QTest::newRow("nothing") << quint64{0} << QVector<int>{1, 1, 1, 1, 1};
        QTest::newRow("two windows") << quint64{1999} << QVector<int>{2, 2, 1};
        QTest::newRow("all") << quint64{1000000} << QVector<int>{5};
    }
    void budgetSetsTheWindowsOfAPass()
    {
        QFETCH(quint64, budget);
        QFETCH(QVector<int>, passes);
        const auto windows = makeWindows(test::FakeTokenizer(), "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq", withContext(8, 5));
        WW_VERIFY(windows);
        const test::FakeModel model(mixedLogit);
        ThreadPool pool(1);
        PerplexityOptions options;
        options.activationBudgetBytes = budget;
        WW_VERIFY(perplexity(model, *windows, options, JobContext{pool}));
        QCOMPARE(QVector<int>(model.passes.begin(), model.passes.end()), passes);
    }

    void sameBitsForThreadsAndBudgets()
    {
        const auto model = tinyModel(test::tinyLlama());
        WW_VERIFY(model);
        const EvaluationWindows windows = randomWindows(30, 9);
        std::vector<double> first;
        for (const unsigned threads : {1U, 2U, 5U})
            for (const std::uint64_t budget : {std::uint64_t{0}, std::uint64_t{100000}, std::uint64_t{1} << 30}) {
                ThreadPool pool(threads);
                Progress progress;
                PerplexityOptions options;
                options.activationBudgetBytes = budget;
                const auto result = perplexity(**model, windows, options, {pool, {}, &progress});
                WW_VERIFY(result);
                if (first.empty()) first = result->nll;
                QVERIFY(result->nll == first);
                const auto snapshot = progress.snapshot();
                QVERIFY(snapshot.total > 0);
                QCOMPARE(snapshot.done, snapshot.total);
            }
    }

    void brokenOutputMatrix()
    {
        auto file = test::tinyLlama({.type = TensorType::F32});
        auto& output = *std::ranges::find(file.tensors, "output.weight", &test::GgufBuilder::Tensor::name);
        const float nan = std::numeric_limits<float>::quiet_NaN();
        std::memcpy(output.data.data() + 40, &nan, sizeof nan);
        const auto model = tinyModel(file);
        WW_VERIFY(model);
        ThreadPool pool(2);
        WW_VERIFY_FAILS(perplexity(**model, randomWindows(16, 2), {}, JobContext{pool}), ErrorCode::Corrupt, "output");
    }

    void cancelled()
    {
        const auto model = tinyModel(test::tinyLlama());
        WW_VERIFY(model);
        ThreadPool pool(2);
        std::stop_source source;
        source.request_stop();
        JobContext context{pool};
        context.stop = source.get_token();
        WW_VERIFY_FAILS(perplexity(**model, randomWindows(16, 2), {}, context), ErrorCode::Cancelled, "");
    }

    void holdsOneBlockOfWeights()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("sanitizers keep freed memory");
#endif
        // Ten blocks of 2.9 million weights: 11.5 MiB each as float.
        constexpr std::uint64_t kBlockBytes = std::uint64_t{4} * (2 * 512 * 512 + 2 * 512 * 256 + 3 * 512 * 1408);
        const auto model =
            tinyModel(test::tinyLlama({.layers = 10, .embedding = 512, .feedForward = 1408, .heads = 8, .kvHeads = 4}));
        WW_VERIFY(model);
        ThreadPool pool(2);
        const EvaluationWindows windows = randomWindows(64, 4);
        WW_VERIFY(perplexity(**model, randomWindows(64, 1), {}, JobContext{pool}));  // loads OpenBLAS with its buffers
        std::ofstream("/proc/self/clear_refs") << "5";                               // the peak begins anew
        const std::uint64_t before = residentBytes();
        if (before == 0 || peakBytes() > before + (std::uint64_t{1} << 20))
            QSKIP("this system does not say how much memory was used");
        const auto result = perplexity(**model, windows, {}, JobContext{pool});
        WW_VERIFY(result);
        const std::uint64_t used = peakBytes() - before;
        // Weights as float and as stored in the mapped file, which is half of it, and less than a block of everything else.
        QVERIFY2(used < 3 * kBlockBytes,
                 QByteArray::number(static_cast<double>(used) / static_cast<double>(kBlockBytes)) + " blocks");
    }

    void referenceFigures_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("context");
        QTest::addColumn<int>("windows");
        QTest::addColumn<double>("expected");
        QTest::addColumn<bool>("slow");
        QTest::newRow("stories, 32-bit") << "stories260K-F32.gguf"
                                         << "text/eval-stories.txt" << 256 << 0 << 3.7273 << false;
        QTest::newRow("sample, 40 windows") << "fixture-llama-8M-F16.gguf"
                                            << "text/eval-wikitext2.txt" << 512 << 40 << 66.8679 << false;
        QTest::newRow("sample, 512") << "fixture-llama-8M-F16.gguf"
                                     << "text/eval-wikitext2.txt" << 512 << 0 << 83.8068 << true;
        QTest::newRow("sample, 256") << "fixture-llama-8M-F16.gguf"
                                     << "text/eval-wikitext2.txt" << 256 << 0 << 84.7227 << true;
        // The weights of the quantized file expanded to F32, without llama.cpp's quantized activations.
        QTest::newRow("sample as Q8_0") << "fixture-llama-8M-Q8_0.gguf"
                                        << "text/eval-wikitext2.txt" << 512 << 0 << 83.7954 << true;
        QTest::newRow("sample as Q4_K_M") << "fixture-llama-8M-Q4_K_M.gguf"
                                          << "text/eval-wikitext2.txt" << 512 << 0 << 84.0105 << true;
        QTest::newRow("sample, a book") << "fixture-llama-8M-F16.gguf"
                                        << "text/eval-book.txt" << 512 << 0 << 69.7598 << true;
    }
    void referenceFigures()
    {
        QFETCH(QString, model);
        QFETCH(QString, text);
        QFETCH(int, context);
        QFETCH(int, windows);
        QFETCH(double, expected);
        QFETCH(bool, slow);
        const auto folder = test::fixturesDir();
        if (folder.empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        if (slow && !qEnvironmentVariableIsSet("WW_LONG_TESTS")) QSKIP("takes a minute (set WW_LONG_TESTS to run it)");
        const auto file = openModel(folder / model.toStdString());
        WW_VERIFY(file);
        const auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        const auto language = LanguageModel::create(fileWeights(*file));
        WW_VERIFY(language);
        const auto bytes = readTextFile(folder / text.toStdString());
        WW_VERIFY(bytes);
        const auto cut =
            makeWindows(**tokenizer, *bytes, withContext(static_cast<std::uint32_t>(context), static_cast<std::uint32_t>(windows)));
        WW_VERIFY(cut);
        ThreadPool pool(2);
        const auto result = perplexity(**language, *cut, {}, JobContext{pool});
        WW_VERIFY(result);
        qInfo("%.4f ± %.4f, expected %.4f", result->perplexity, result->standardError, expected);
        QVERIFY(near(result->perplexity, expected, 1e-3));
    }
};

QTEST_APPLESS_MAIN(TestPerplexity)
#include "tst_perplexity.moc"
