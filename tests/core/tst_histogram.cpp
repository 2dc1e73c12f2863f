// SPDX-License-Identifier: MIT
#include <QtTest>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "eval/histogram.h"

using Floats = std::vector<float>;
using Counts = std::vector<std::uint64_t>;
Q_DECLARE_METATYPE(Floats)
Q_DECLARE_METATYPE(Counts)

namespace {
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
}  // namespace

class TestHistogram : public QObject {
    Q_OBJECT

    static bool near(double a, double b) { return std::fabs(a - b) <= 1e-12 * std::max(1.0, std::fabs(b)); }

private slots:
    void counts_data()
    {
        QTest::addColumn<double>("lower");
        QTest::addColumn<double>("upper");
        QTest::addColumn<Floats>("values");
        QTest::addColumn<Counts>("expected");
        QTest::addColumn<int>("below");
        QTest::addColumn<int>("above");
        QTest::newRow("one per bin") << 0.0 << 4.0 << Floats{0.5F, 1.5F, 2.5F, 3.5F} << Counts{1, 1, 1, 1} << 0 << 0;
        QTest::newRow("edges belong to the right") << 0.0 << 4.0 << Floats{0, 1, 2, 3} << Counts{1, 1, 1, 1} << 0 << 0;
        QTest::newRow("upper bound in the last bin") << -1.0 << 1.0 << Floats{1, -1} << Counts{1, 1} << 0 << 0;
        QTest::newRow("outside") << -1.0 << 1.0 << Floats{-1.5F, 1.5F, 2, 0} << Counts{0, 1} << 1 << 2;
        QTest::newRow("not finite") << -1.0 << 1.0 << Floats{kNan, kInf, -kInf, -0.5F} << Counts{1, 0} << 1 << 1;
        QTest::newRow("no width") << 2.0 << 2.0 << Floats{2, 2, 1, 3} << Counts{2, 0} << 1 << 1;
        QTest::newRow("empty") << 0.0 << 1.0 << Floats{} << Counts{0, 0, 0} << 0 << 0;
        QTest::newRow("no bins") << 0.0 << 1.0 << Floats{0.5F} << Counts{} << 0 << 0;
    }
    void counts()
    {
        QFETCH(double, lower);
        QFETCH(double, upper);
        QFETCH(Floats, values);
        QFETCH(Counts, expected);
        QFETCH(int, below);
        QFETCH(int, above);
        ww::Histogram histogram(lower, upper, expected.size());
        histogram.add(values.data(), values.size());
        QCOMPARE(histogram.counts, expected);
        QCOMPARE(histogram.below, static_cast<std::uint64_t>(below));
        QCOMPARE(histogram.above, static_cast<std::uint64_t>(above));
        std::uint64_t total = histogram.below + histogram.above;
        for (const auto c : expected) total += c;
        QCOMPARE(histogram.total(), total);
    }

    void binsAreEqual()
    {
        const ww::Histogram histogram(-2, 2, 8);
        QCOMPARE(histogram.binWidth(), 0.5);
        QCOMPARE(histogram.binCenter(0), -1.75);
        QCOMPARE(histogram.binCenter(7), 1.75);
        QCOMPARE(ww::Histogram().binWidth(), 0.0);
    }

    void mergeEqualsWhole()
    {
        std::mt19937 generator(7);
        Floats values(5000);
        for (auto& v : values) v = static_cast<float>(static_cast<double>(generator()) / 2147483648.0 - 1.0) * 1.3F;
        ww::Histogram whole(-1, 1, 64);
        ww::ValueStatistics wholeStatistics;
        whole.add(values.data(), values.size());
        wholeStatistics.add(values.data(), values.size());
        ww::Histogram merged(-1, 1, 64);
        ww::ValueStatistics mergedStatistics;
        for (std::size_t begin = 0; begin < values.size(); begin += 1250) {
            ww::Histogram part(-1, 1, 64);
            ww::ValueStatistics partStatistics;
            part.add(&values[begin], 1250);
            partStatistics.add(&values[begin], 1250);
            merged.merge(part);
            mergedStatistics.merge(partStatistics);
        }
        QCOMPARE(merged.counts, whole.counts);
        QCOMPARE(merged.below, whole.below);
        QCOMPARE(merged.above, whole.above);
        QVERIFY(whole.below > 100 && whole.above > 100);
        QCOMPARE(mergedStatistics.count, wholeStatistics.count);
        QCOMPARE(mergedStatistics.minimum, wholeStatistics.minimum);
        QCOMPARE(mergedStatistics.maximum, wholeStatistics.maximum);
        QVERIFY(near(mergedStatistics.mean(), wholeStatistics.mean()));
        QVERIFY(near(mergedStatistics.standardDeviation(), wholeStatistics.standardDeviation()));
        QVERIFY(near(mergedStatistics.excessKurtosis(), wholeStatistics.excessKurtosis()));
        // A uniform distribution has the excess kurtosis -1.2.
        QVERIFY(std::fabs(wholeStatistics.excessKurtosis() + 1.2) < 0.05);
    }

    void statistics_data()
    {
        QTest::addColumn<Floats>("values");
        QTest::addColumn<double>("mean");
        QTest::addColumn<double>("deviation");
        QTest::addColumn<double>("kurtosis");
        QTest::addColumn<double>("largest");
        QTest::addColumn<int>("notFinite");
        // Two values at ±1 around the mean: fourth moment 1, variance 1, excess kurtosis 1 - 3.
        QTest::newRow("two values") << Floats{1, 3} << 2.0 << 1.0 << -2.0 << 3.0 << 0;
        QTest::newRow("negative extreme") << Floats{-4, 2} << -1.0 << 3.0 << -2.0 << 4.0 << 0;
        QTest::newRow("constant") << Floats{0.1F, 0.1F, 0.1F} << static_cast<double>(0.1F) << 0.0 << 0.0
                                  << static_cast<double>(0.1F) << 0;
        QTest::newRow("not finite apart") << Floats{kNan, 1, kInf, 3, -kInf} << 2.0 << 1.0 << -2.0 << 3.0 << 3;
        QTest::newRow("only not finite") << Floats{kNan, kNan} << 0.0 << 0.0 << 0.0 << 0.0 << 2;
        QTest::newRow("empty") << Floats{} << 0.0 << 0.0 << 0.0 << 0.0 << 0;
        // -1, 0, 0, 0, 1: variance 0.4, fourth moment 0.4, kurtosis 2.5.
        QTest::newRow("peaked") << Floats{-1, 0, 0, 0, 1} << 0.0 << std::sqrt(0.4) << -0.5 << 1.0 << 0;
    }
    void statistics()
    {
        QFETCH(Floats, values);
        QFETCH(double, mean);
        QFETCH(double, deviation);
        QFETCH(double, kurtosis);
        QFETCH(double, largest);
        QFETCH(int, notFinite);
        ww::ValueStatistics statistics;
        statistics.add(values.data(), values.size());
        QVERIFY(near(statistics.mean(), mean));
        QVERIFY2(std::fabs(statistics.standardDeviation() - deviation) < 1e-8, QByteArray::number(statistics.standardDeviation()));
        QVERIFY2(near(statistics.excessKurtosis(), kurtosis), QByteArray::number(statistics.excessKurtosis()));
        QVERIFY(near(statistics.absoluteMaximum(), largest));
        QCOMPARE(statistics.notFinite, static_cast<std::uint64_t>(notFinite));
        QCOMPARE(statistics.count + statistics.notFinite, static_cast<std::uint64_t>(values.size()));
    }
};

QTEST_APPLESS_MAIN(TestHistogram)
#include "tst_histogram.moc"
