// SPDX-License-Identifier: MIT
#include <QtTest>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "base/thread_pool.h"
#include "eval/tensor_error.h"
#include "methods/output_error.h"

using Floats = std::vector<float>;
Q_DECLARE_METATYPE(Floats)

class TestTensorError : public QObject {
    Q_OBJECT

    static bool near(double a, double b, double tolerance = 1e-6)
    {
        return std::isinf(b) ? a == b : std::fabs(a - b) <= tolerance * std::max(1.0, std::fabs(b));
    }
    static Floats randomValues(std::size_t n, unsigned seed)
    {
        std::mt19937 generator(seed);
        Floats values(n);
        for (auto& v : values) v = static_cast<float>(static_cast<double>(generator()) / 4294967296.0 - 0.5);
        return values;
    }
    static bool sameNumbers(const ww::TensorError& a, const ww::TensorError& b)
    {
        return a.count() == b.count() && a.rmse() == b.rmse() && a.relativeError() == b.relativeError() &&
               a.cosine() == b.cosine() && a.maxError() == b.maxError() && a.sqnrDb() == b.sqnrDb();
    }

private slots:
    void smallExamples_data()
    {
        QTest::addColumn<Floats>("original");
        QTest::addColumn<Floats>("quantized");
        QTest::addColumn<double>("rmse");
        QTest::addColumn<double>("relative");
        QTest::addColumn<double>("cosine");
        QTest::addColumn<double>("maximum");
        QTest::addColumn<double>("sqnr");
        const double inf = std::numeric_limits<double>::infinity();
        // w = (3, 4), q = (3, 2): error 2 in one of two values; |w| = 5, |q| = sqrt 13, wq = 17.
        QTest::newRow("two values") << Floats{3, 4} << Floats{3, 2} << std::sqrt(2.0) << 0.4 << 17.0 / (5 * std::sqrt(13.0)) << 2.0
                                    << 10 * std::log10(25.0 / 4.0);
        QTest::newRow("exact") << Floats{1, -2} << Floats{1, -2} << 0.0 << 0.0 << 1.0 << 0.0 << inf;
        QTest::newRow("both zero") << Floats{0, 0} << Floats{0, 0} << 0.0 << 0.0 << 1.0 << 0.0 << inf;
        QTest::newRow("lost") << Floats{1, 0} << Floats{0, 0} << std::sqrt(0.5) << 1.0 << 0.0 << 1.0 << 0.0;
        QTest::newRow("opposite") << Floats{1, 1} << Floats{-1, -1} << 2.0 << 2.0 << -1.0 << 2.0 << 10 * std::log10(0.25);
        QTest::newRow("none") << Floats{} << Floats{} << 0.0 << 0.0 << 1.0 << 0.0 << inf;
        QTest::newRow("from nothing") << Floats{0} << Floats{1} << 1.0 << inf << 0.0 << 1.0 << -inf;
    }
    void smallExamples()
    {
        QFETCH(Floats, original);
        QFETCH(Floats, quantized);
        QFETCH(double, rmse);
        QFETCH(double, relative);
        QFETCH(double, cosine);
        QFETCH(double, maximum);
        QFETCH(double, sqnr);
        ww::TensorError error;
        error.add(original.data(), quantized.data(), original.size());
        QCOMPARE(error.count(), static_cast<std::uint64_t>(original.size()));
        QVERIFY2(near(error.rmse(), rmse), QByteArray::number(error.rmse(), 'g', 17));
        QVERIFY2(near(error.relativeError(), relative), QByteArray::number(error.relativeError(), 'g', 17));
        QVERIFY2(near(error.cosine(), cosine), QByteArray::number(error.cosine(), 'g', 17));
        QVERIFY2(near(error.maxError(), maximum), QByteArray::number(error.maxError(), 'g', 17));
        QVERIFY2(near(error.sqnrDb(), sqnr), QByteArray::number(error.sqnrDb(), 'g', 17));
    }

    void longTensorAgreesWithDouble_data()
    {
        QTest::addColumn<int>("length");
        for (const int n : {1, 2, 7, 31, 2047, 2048, 2049, 5000, 100000}) QTest::addRow("%d", n) << n;
    }
    void longTensorAgreesWithDouble()
    {
        QFETCH(int, length);
        const auto n = static_cast<std::size_t>(length);
        const Floats w = randomValues(n, 1);
        Floats q = w;
        const Floats noise = randomValues(n, 2);
        for (std::size_t i = 0; i < n; ++i) q[i] += 0.01F * noise[i];
        double e2 = 0, w2 = 0, q2 = 0, wq = 0, largest = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double d = static_cast<double>(w[i]) - q[i];
            e2 += d * d;
            w2 += static_cast<double>(w[i]) * w[i];
            q2 += static_cast<double>(q[i]) * q[i];
            wq += static_cast<double>(w[i]) * q[i];
            largest = std::max(largest, std::fabs(d));
        }
        ww::TensorError error;
        error.add(w.data(), q.data(), n);
        QVERIFY(near(error.rmse() / std::sqrt(e2 / length), 1.0, 1e-5));
        QVERIFY(near(error.relativeError() / std::sqrt(e2 / w2), 1.0, 1e-5));
        QVERIFY(near(error.cosine(), wq / std::sqrt(w2 * q2), 1e-6));
        QVERIFY(near(error.maxError(), largest, 1e-6));
    }

    void mergeEqualsWhole()
    {
        const Floats w = randomValues(10000, 3);
        const Floats q = randomValues(10000, 4);
        ww::TensorError whole;
        whole.add(w.data(), q.data(), w.size());
        ww::TensorError merged;
        for (std::size_t begin = 0; begin < w.size(); begin += 2500) {
            ww::TensorError part;
            part.add(w.data() + begin, q.data() + begin, 2500);
            merged.merge(part);
        }
        QCOMPARE(merged.count(), whole.count());
        QVERIFY(near(merged.rmse(), whole.rmse()));
        QVERIFY(near(merged.cosine(), whole.cosine()));
        QVERIFY(merged.maxError() == whole.maxError());
        ww::TensorError nothing;
        const ww::TensorError before = merged;
        merged.merge(nothing);
        QVERIFY(sameNumbers(merged, before));
    }

    void sameBitsForAnyThreadCount()
    {
        constexpr std::size_t kRows = 40, kColumns = 3000;
        const Floats w = randomValues(kRows * kColumns, 5);
        const Floats q = randomValues(kRows * kColumns, 6);
        const auto measure = [&](unsigned threads) {
            ww::ThreadPool pool(threads);
            std::vector<ww::TensorError> parts(kRows);
            pool.parallelFor(kRows, [&](std::size_t row) { parts[row].add(&w[row * kColumns], &q[row * kColumns], kColumns); });
            ww::TensorError sum;
            for (const auto& part : parts) sum.merge(part);
            return sum;
        };
        const ww::TensorError one = measure(1);
        QVERIFY(one.rmse() > 0.1);
        QVERIFY(sameNumbers(measure(2), one));
        QVERIFY(sameNumbers(measure(5), one));
    }

    // By the Gram matrix of the inputs as by the inputs themselves: the mean square of the outputs, row by row, whoever adds it up.
    void outputErrorsAreThoseOfTheInputs()
    {
        constexpr std::size_t kRows = 150, kColumns = 40, kInputs = 60;
        const Floats delta = randomValues(kRows * kColumns, 7);
        const Floats inputs = randomValues(kInputs * kColumns, 8);
        Floats gram(kColumns * kColumns);
        for (std::size_t i = 0; i < gram.size(); ++i) {
            double sum = 0;
            for (std::size_t t = 0; t < inputs.size(); t += kColumns)
                sum += static_cast<double>(inputs[t + i / kColumns]) * static_cast<double>(inputs[t + i % kColumns]) / kInputs;
            gram[i] = static_cast<float>(sum);
        }
        std::vector<double> errors(kRows);
        ww::AlignedBuffer<float> product;
        ww::outputErrors(delta.data(), kRows, gram.data(), kColumns, product, errors.data());
        double total = 0;
        for (std::size_t r = 0; r < kRows; ++r) {
            double expected = 0;
            for (std::size_t t = 0; t < inputs.size(); t += kColumns) {
                double y = 0;
                for (std::size_t c = 0; c < kColumns; ++c) y += static_cast<double>(delta[r * kColumns + c]) * static_cast<double>(inputs[t + c]);
                expected += y * y / kInputs;
            }
            QVERIFY2(std::fabs(errors[r] / expected - 1) < 1e-4, qPrintable(QStringLiteral("row %1: %2, expected %3").arg(r).arg(errors[r]).arg(expected)));
            total += expected;
        }
        QVERIFY(std::fabs(ww::outputError(delta.data(), kRows, gram.data(), kColumns, product) / total - 1) < 1e-5);
        const auto together = [&](unsigned threads) {
            ww::ThreadPool pool(threads);
            return ww::outputError(delta.data(), kRows, gram.data(), kColumns, ww::JobContext{pool}).value_or(0);
        };
        QVERIFY(std::fabs(together(1) / total - 1) < 1e-5);
        QVERIFY(together(1) == together(3));
    }
};

QTEST_APPLESS_MAIN(TestTensorError)
#include "tst_tensor_error.moc"
