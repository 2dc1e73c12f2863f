// SPDX-License-Identifier: MIT
// KL divergence: against the definition computed plainly, independent of budgets, and the sentences of a comparison.
#include <QtTest>

#include <cmath>

#include "base/thread_pool.h"
#include "eval/kl_divergence.h"
#include "tests/support/fake_language.h"
#include "tests/support/verify.h"

using namespace ww;

namespace {

/// Different for every position and entry, between −4 and 4.
float baseLogit(std::span<const TokenId> text, std::size_t entry)
{
    const std::size_t mixed = (text.size() * 131 + entry * 7919) % 1009;
    return static_cast<float>(mixed) / 126.0F - 4.0F;
}
float variantLogit(std::span<const TokenId> text, std::size_t entry)
{
    return baseLogit(text, entry) + static_cast<float>((entry * 31 + text.size()) % 17) / 40.0F;
}

Result<EvaluationWindows> windowsOf(std::uint32_t length)
{
    std::string text;
    for (int i = 0; i < 200; ++i) text += static_cast<char>('a' + i % 23);
    PerplexityOptions options;
    options.contextLength = length;
    return makeWindows(test::FakeTokenizer(), text, options);
}

double plainKld(std::size_t position)
{
    const std::vector<TokenId> text(position + 1, 0);
    double baseSum = 0;
    double variantSum = 0;
    for (std::size_t i = 0; i < 258; ++i) {
        baseSum += std::exp(static_cast<double>(baseLogit(text, i)));
        variantSum += std::exp(static_cast<double>(variantLogit(text, i)));
    }
    double kld = 0;
    for (std::size_t i = 0; i < 258; ++i) {
        const double b = static_cast<double>(baseLogit(text, i)) - std::log(baseSum);
        const double v = static_cast<double>(variantLogit(text, i)) - std::log(variantSum);
        kld += std::exp(b) * (b - v);
    }
    return kld;
}

}  // namespace

class TestKlDivergence : public QObject {
    Q_OBJECT

private slots:
    void definition()
    {
        const auto windows = windowsOf(16);
        WW_VERIFY(windows);
        const test::FakeModel base(baseLogit);
        const test::FakeModel variant(variantLogit, 77);
        ThreadPool pool(1);
        const JobContext context{pool};
        const auto result = klDivergence(base, variant, *windows, {}, context);
        WW_VERIFY(result);
        QCOMPARE(result->windows, windows->windowCount);
        QCOMPARE(result->scoredTokens, std::uint64_t{windows->windowCount} * 7);
        for (std::size_t i = 0; i < 7; ++i) QVERIFY(std::fabs(result->tokens[i].kld - plainKld(8 + i)) < 1e-5);
        QVERIFY(result->meanKld.value > 0);
        QVERIFY(result->minimumKld <= result->medianKld.value && result->medianKld.value <= result->maximumKld);

        DivergenceOptions small;
        small.activationBudgetBytes = 1;
        small.logitBudgetBytes = 1;
        const auto again = klDivergence(base, variant, *windows, small, context);
        WW_VERIFY(again);
        QVERIFY(again->tokens == result->tokens);
    }

    void nothingChanged()
    {
        const auto windows = windowsOf(16);
        WW_VERIFY(windows);
        const test::FakeModel base(baseLogit);
        const test::FakeModel same(baseLogit);
        ThreadPool pool(1);
        const auto result = klDivergence(base, same, *windows, {}, JobContext{pool});
        WW_VERIFY(result);
        QVERIFY(std::fabs(result->meanKld.value) < 1e-9);
        QCOMPARE(result->sameTop.value, 1.0);
        QCOMPARE(result->ratio.value, 1.0);
        QCOMPARE(result->rmsProbabilityChange.value, 0.0);
    }

    void pairs()
    {
        std::vector<TokenDivergence> a(100);
        std::vector<TokenDivergence> b(100);
        for (std::size_t i = 0; i < a.size(); ++i) {
            a[i].kld = 0.5 + static_cast<double>(i) / 100;
            b[i].kld = a[i].kld + 0.1 + (i % 2 == 0 ? 0.01 : -0.01);
        }
        const Estimate difference = pairedDifference(a, b);
        QVERIFY(std::fabs(difference.value - 0.1) < 1e-9);
        QVERIFY(std::fabs(difference.error - 0.01 / std::sqrt(99.0)) < 1e-9);
        QCOMPARE(comparisonSentence("A", "B", difference, 10), std::string("A is better than B."));
        QCOMPARE(comparisonSentence("A", "B", {0.1, 0.1}, 10),
                 std::string("A and B cannot be told apart yet; about 30 more windows would be needed."));
        QCOMPARE(comparisonSentence("A", "B", {0, 0}, 10), std::string("A and B are equal on this text."));
    }
};

QTEST_GUILESS_MAIN(TestKlDivergence)
#include "tst_kl_divergence.moc"
