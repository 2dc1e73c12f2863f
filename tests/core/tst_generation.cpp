// SPDX-License-Identifier: MIT
#include <QtTest>

#include <limits>

#include "tests/support/fake_language.h"
#include "tests/support/forward.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

#include <nlohmann/json.hpp>

using namespace ww;

namespace {

/// Says the tokens of `script` one after the other behind a prompt of `promptLength` tokens, then token 257.
test::FakeModel scripted(std::vector<TokenId> script, std::size_t promptLength)
{
    return test::FakeModel([script, promptLength](std::span<const TokenId> text, std::size_t entry) {
        const std::size_t step = text.size() - promptLength;
        const auto next = static_cast<std::size_t>(step < script.size() ? script[step] : 257);
        return entry == next ? 9.0F : -static_cast<float>(entry % 5);
    });
}

}  // namespace

class TestGeneration : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void greedyTextOfTheSample()
    {
        const auto folder = test::fixturesDir();
        if (folder.empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const auto cases = nlohmann::json::parse(test::readFile(folder / "expected/greedy.json"));
        const auto file = openModel(test::sampleModel());
        WW_VERIFY(file);
        const auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        const auto model = LanguageModel::create(fileWeights(*file));
        WW_VERIFY(model);
        ThreadPool pool(2);
        QVERIFY(cases.size() >= 4);
        for (const auto& example : cases) {
            const auto prompt = example["prompt"].get<std::string>();
            const auto expected = example["generated_ids"].get<std::vector<TokenId>>();
            std::string text;
            GenerateOptions options;
            options.tokenCount = static_cast<std::uint32_t>(expected.size());
            const auto collect = [&](std::string_view piece) {
                text += piece;
                return true;
            };
            const auto tokens = generate(**model, **tokenizer, prompt, options, collect, JobContext{pool});
            WW_VERIFY(tokens);
            QCOMPARE(*tokens, expected);
            QCOMPARE(text, example["text"].get<std::string>());
        }
    }

    void sameTextForAnyBudgetAndThreads()
    {
        const auto path = test::pathOf(m_folder) / "tiny.gguf";
        QVERIFY(test::tinyLlama({.layers = 3}).write(path));
        const auto file = openModel(path);
        WW_VERIFY(file);
        const auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        const auto model = LanguageModel::create(fileWeights(*file));
        WW_VERIFY(model);
        std::vector<TokenId> first;
        const std::uint64_t blocksOnly = std::uint64_t{4} * 3 * (2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 512 + 2 * 256);
        for (const unsigned threads : {1U, 3U})
            for (const std::uint64_t budget : {std::uint64_t{0}, blocksOnly, std::uint64_t{1} << 32}) {
                ThreadPool pool(threads);
                GenerateOptions options;
                options.tokenCount = 20;
                options.temperature = 0.8F;
                options.seed = 42;
                options.weightBudgetBytes = budget;
                Progress progress;
                const auto tokens = generate(**model, **tokenizer, "some words", options, {}, {pool, {}, &progress});
                WW_VERIFY(tokens);
                if (first.empty()) first = *tokens;
                QCOMPARE(*tokens, first);
            }
        QVERIFY(!first.empty());
    }

    void wholeCharacters_data()
    {
        QTest::addColumn<QByteArrayList>("tokens");
        QTest::addColumn<QByteArrayList>("pieces");
        QTest::newRow("letters") << QByteArrayList{"a", "bc", " d"} << QByteArrayList{"a", "bc", " d"};
        QTest::newRow("two bytes") << QByteArrayList{"\xC3", "\xA4", "x"} << QByteArrayList{"\xC3\xA4", "x"};
        QTest::newRow("four bytes") << QByteArrayList{"\xF0", "\x9F\x98", "\x80"} << QByteArrayList{"\xF0\x9F\x98\x80"};
        QTest::newRow("letter and a beginning") << QByteArrayList{"a\xE2\x82", "\xAC"
                                                                               "b"}
                                                << QByteArrayList{"a", "\xE2\x82\xAC"
                                                                       "b"};
        QTest::newRow("never completed") << QByteArrayList{"\xE2\x82"} << QByteArrayList{"\xE2\x82"};
        QTest::newRow("beginning followed by a letter") << QByteArrayList{"\xE2", "a"}
                                                        << QByteArrayList{"\xE2"
                                                                          "a"};
        QTest::newRow("continuation alone") << QByteArrayList{"\x80", "a"} << QByteArrayList{"\x80", "a"};
        QTest::newRow("five continuations") << QByteArrayList{"\x80\x80\x80\x80\x80", "a"}
                                            << QByteArrayList{"\x80\x80\x80\x80\x80", "a"};
        QTest::newRow("impossible beginning") << QByteArrayList{"\xFF", "a"} << QByteArrayList{"\xFF", "a"};
        QTest::newRow("control token without text") << QByteArrayList{"a", "", "b"} << QByteArrayList{"a", "b"};
    }
    void wholeCharacters()
    {
        QFETCH(QByteArrayList, tokens);
        QFETCH(QByteArrayList, pieces);
        test::FakeTokenizer tokenizer;
        std::vector<TokenId> script;
        for (const QByteArray& bytes : tokens) {
            const auto id = static_cast<TokenId>(script.size());
            tokenizer.pieces.emplace_back(id, bytes.toStdString());
            script.push_back(id);
        }
        const auto model = scripted(script, 3);
        ThreadPool pool(1);
        QByteArrayList seen;
        const auto result = generate(
            model, tokenizer, "ab", {},
            [&](std::string_view piece) {
                seen.append(QByteArray(piece.data(), static_cast<qsizetype>(piece.size())));
                return true;
            },
            JobContext{pool});
        WW_VERIFY(result);
        QCOMPARE(*result, script);
        QCOMPARE(seen, pieces);
    }

    void ends_data()
    {
        QTest::addColumn<int>("asked");
        QTest::addColumn<int>("script");
        QTest::addColumn<int>("prompt");
        QTest::addColumn<int>("generated");
        QTest::newRow("at the number asked for") << 5 << 60 << 3 << 5;
        QTest::newRow("at the end token") << 50 << 7 << 3 << 7;
        QTest::newRow("at the context length") << 100 << 100 << 4 << 59;
        QTest::newRow("nothing asked for") << 0 << 10 << 3 << 0;
        QTest::newRow("the prompt fills the context") << 10 << 10 << 63 << 0;
    }
    void ends()
    {
        QFETCH(int, asked);
        QFETCH(int, script);
        QFETCH(int, prompt);
        QFETCH(int, generated);
        const test::FakeTokenizer tokenizer;
        const auto promptLength = static_cast<std::size_t>(prompt);
        const auto model = scripted(std::vector<TokenId>(static_cast<std::size_t>(script), 'x'), promptLength + 1);
        ThreadPool pool(1);
        GenerateOptions options;
        options.tokenCount = static_cast<std::uint32_t>(asked);
        std::string text;
        const auto result = generate(
            model, tokenizer, std::string(promptLength, 'p'), options,
            [&](std::string_view piece) {
                text += piece;
                return true;
            },
            JobContext{pool});
        WW_VERIFY(result);
        QCOMPARE(static_cast<int>(result->size()), generated);
        QCOMPARE(text, std::string(static_cast<std::size_t>(generated), 'x'));
    }

    void stopsWhenTheReaderSaysSo()
    {
        const auto model = scripted(std::vector<TokenId>(50, 'x'), 4);
        ThreadPool pool(1);
        int calls = 0;
        const auto result = generate(
            model, test::FakeTokenizer(), "abc", {}, [&](std::string_view) { return ++calls < 3; }, JobContext{pool});
        WW_VERIFY(result);
        QCOMPARE(calls, 3);
        QCOMPARE(result->size(), std::size_t{3});
    }

    void refused()
    {
        const auto model = scripted({'x'}, 1);
        test::FakeTokenizer tokenizer;
        ThreadPool pool(1);
        const auto run = [&](std::string_view prompt, float temperature, float topP) {
            GenerateOptions options;
            options.temperature = temperature;
            options.topP = topP;
            return generate(model, tokenizer, prompt, options, {}, JobContext{pool});
        };
        WW_VERIFY_FAILS(run("a", -1.0F, 0.9F), ErrorCode::InvalidArgument, "temperature");
        WW_VERIFY_FAILS(run("a", std::numeric_limits<float>::quiet_NaN(), 0.9F), ErrorCode::InvalidArgument, "temperature");
        WW_VERIFY_FAILS(run("a", 1.0F, 0.0F), ErrorCode::InvalidArgument, "top-p");
        WW_VERIFY_FAILS(run("a", 1.0F, 1.5F), ErrorCode::InvalidArgument, "top-p");
        WW_VERIFY_FAILS(run(std::string(64, 'a'), 0.0F, 0.9F), ErrorCode::InvalidArgument, "65 tokens");
        tokenizer.withBos = false;
        WW_VERIFY_FAILS(run("", 0.0F, 0.9F), ErrorCode::InvalidArgument, "prompt is empty");
    }

    void notANumber()
    {
        const test::FakeModel model(
            [](auto, std::size_t entry) { return entry == 3 ? std::numeric_limits<float>::quiet_NaN() : 0.0F; });
        ThreadPool pool(1);
        WW_VERIFY_FAILS(generate(model, test::FakeTokenizer(), "a", {}, {}, JobContext{pool}), ErrorCode::Corrupt, "not numbers");
    }

    void sampling_data()
    {
        QTest::addColumn<float>("temperature");
        QTest::addColumn<float>("topP");
        QTest::addColumn<double>("shareOfA");
        QTest::addColumn<double>("shareOfB");
        // Probabilities e^2 : e^1 : 1 of a, b and c at temperature 1; everything else is impossible.
        QTest::newRow("temperature 1") << 1.0F << 1.0F << 0.6652 << 0.2447;
        QTest::newRow("temperature 2") << 2.0F << 1.0F << 0.5065 << 0.3072;
        QTest::newRow("cold") << 0.05F << 1.0F << 1.0 << 0.0;
        QTest::newRow("two kept") << 1.0F << 0.8F << 0.7311 << 0.2689;
        QTest::newRow("best kept") << 1.0F << 0.5F << 1.0 << 0.0;
        QTest::newRow("greedy") << 0.0F << 1.0F << 1.0 << 0.0;
    }
    void sampling()
    {
        QFETCH(float, temperature);
        QFETCH(float, topP);
        QFETCH(double, shareOfA);
        QFETCH(double, shareOfB);
        const test::FakeModel model([](auto, std::size_t entry) {
            return entry == 'a' ? 2.0F : entry == 'b' ? 1.0F : entry == 'c' ? 0.0F : -1000.0F;
        });
        ThreadPool pool(1);
        int a = 0;
        int b = 0;
        int all = 0;
        std::vector<TokenId> first;
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            GenerateOptions options;
            options.tokenCount = 50;
            options.temperature = temperature;
            options.topP = topP;
            options.seed = seed;
            const auto tokens = generate(model, test::FakeTokenizer(), "p", options, {}, JobContext{pool});
            WW_VERIFY(tokens);
            const auto again = generate(model, test::FakeTokenizer(), "p", options, {}, JobContext{pool});
            WW_VERIFY(again);
            QCOMPARE(*again, *tokens);
            a += static_cast<int>(std::ranges::count(*tokens, 'a'));
            b += static_cast<int>(std::ranges::count(*tokens, 'b'));
            all += static_cast<int>(tokens->size());
        }
        QCOMPARE(all, 3000);
        QVERIFY2(std::fabs(static_cast<double>(a) / all - shareOfA) < 0.03, QByteArray::number(a));
        QVERIFY2(std::fabs(static_cast<double>(b) / all - shareOfB) < 0.03, QByteArray::number(b));
    }

    void cancelled()
    {
        const auto model = test::loadLanguageModel(test::sampleModel());
        WW_VERIFY(model);
        const auto file = openModel(test::sampleModel());
        WW_VERIFY(file);
        const auto tokenizer = Tokenizer::create((*file)->metadata());
        WW_VERIFY(tokenizer);
        ThreadPool pool(1);
        std::stop_source source;
        JobContext context{pool};
        context.stop = source.get_token();
        int calls = 0;
        const auto stopAtFifth = [&](std::string_view) {
            if (++calls == 5) source.request_stop();
            return true;
        };
        WW_VERIFY_FAILS(generate(**model, **tokenizer, "The history of the city", {}, stopAtFifth, context), ErrorCode::Cancelled,
                        "");
        QCOMPARE(calls, 5);
    }
};

QTEST_APPLESS_MAIN(TestGeneration)
#include "tst_generation.moc"
