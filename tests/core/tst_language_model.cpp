// SPDX-License-Identifier: MIT
#include <QtTest>

#include "tests/support/forward.h"
#include "tests/support/paths.h"
#include "tests/support/verify.h"

using namespace ww;

class TestLanguageModel : public QObject {
    Q_OBJECT

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
};

QTEST_APPLESS_MAIN(TestLanguageModel)
#include "tst_language_model.moc"
