// SPDX-License-Identifier: MIT
// HQQ: what its fit promises, and what the formats hold of it.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "formats/block_format.h"
#include "methods/hqq.h"
#include "tensor/float_convert.h"
#include "tests/support/golden_rows.h"

using namespace ww;

namespace {

std::vector<float> normalValues(std::size_t count, std::uint64_t seed)
{
    test::SplitMix random(seed);
    std::vector<float> values(count);
    for (float& v : values) v = static_cast<float>(random.bell() * 0.02);
    return values;
}

double absoluteError(const std::vector<float>& values, TensorType format, std::string_view spec, std::size_t columns)
{
    const auto method = parseMethod(spec);
    std::vector<std::byte> blocks(*rowBytes(format, columns) * (values.size() / columns));
    std::vector<float> decoded(values.size());
    const RowBatch batch{.values = values.data(), .rowCount = values.size() / columns, .columns = columns, .options = &method->values};
    if (!method->quantizer->quantize(batch, format, blocks)) return -1;
    if (!decodeRows(format, blocks, 0, batch.rowCount, columns, decoded.data())) return -1;
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += static_cast<double>(std::fabs(values[i] - decoded[i]));
    return sum;
}

}  // namespace

class TestHqq : public QObject {
    Q_OBJECT
private slots:
    void moreIterationsAreNeverWorse()
    {
        const auto values = normalValues(64 * 200, 1);
        double plain = 0;
        double fitted = 0;
        for (std::size_t g = 0; g < 200; ++g) {
            const std::span<const float> group(values.data() + g * 64, 64);
            double before = -1;
            for (const int iterations : {0, 1, 3, 10, 20}) {
                HqqOptions options;
                options.p = 1;
                options.iterations = iterations;
                const HqqFit fit = hqqFit(group, 15, false, options);
                QVERIFY(before < 0 || fit.error <= before * (1 + 1e-12));
                before = fit.error;
                if (iterations == 0) plain += fit.error;
                if (iterations == 20) fitted += fit.error;
            }
        }
        QVERIFY2(fitted < 0.97 * plain, qPrintable(QString::number(fitted / plain)));
    }

    void halfStepsNeverRaiseTheObjective_data()
    {
        QTest::addColumn<bool>("normalised");
        QTest::addColumn<double>("p");
        QTest::addColumn<double>("beta");
        QTest::addColumn<bool>("weighted");
        for (const bool weighted : {false, true})
            for (const double p : {0.5, 0.7, 1.0}) {
                const QByteArray title = "p = " + QByteArray::number(p) + (weighted ? ", weighted" : "");
                QTest::newRow(("in steps, " + title).constData()) << true << p << 10.0 << weighted;
                QTest::newRow(("absolute, " + title).constData()) << false << p << std::pow(1e-3, p - 2) << weighted;
            }
    }
    // Codes held fixed, first the errors W_e, then the offset: each finds the least of φ(W_e) + β/2·(W_e − e)² in its own variable.
    // φ is what the shrinkage says: its slope at W_e = e − e^(p−1)/β is e^(p−1), and it is 0 up to where W_e begins.
    void halfStepsNeverRaiseTheObjective()
    {
        QFETCH(bool, normalised);
        QFETCH(double, p);
        QFETCH(double, beta);
        QFETCH(bool, weighted);
        const auto values = normalValues(64 * 100, 6);
        std::vector<float> weights;
        for (std::size_t i = 0; weighted && i < 64; ++i) weights.push_back(0.1F + static_cast<float>(i * 7 % 11));
        const HqqOptions options{.p = p, .normalised = normalised};
        const double threshold = std::pow(beta, -1 / (2 - p));
        double byErrors = 0;
        double byOffsets = 0;
        for (std::size_t g = 0; g < 100; ++g) {
            const std::span<const float> x(values.data() + g * 64, 64);
            const auto [low, high] = std::ranges::minmax(x);
            const float scale = (high - low) / 15;
            const double unit = normalised ? 1 : static_cast<double>(scale);
            float zero = -low / scale;
            std::vector<double> kept(64, 0.0);
            std::vector<double> penalty(64, 0.0);
            for (int round = 0; round < 5; ++round) {
                const HqqIteration found = hqqIteration(x, 15, scale, zero, beta, options, weights);
                const auto rest = [&](std::size_t i, float z) {
                    return (static_cast<double>(x[i]) / static_cast<double>(scale) - static_cast<double>(found.codes[i]) + static_cast<double>(z)) * unit;
                };
                const auto objective = [&](float z) {
                    double sum = 0;
                    for (std::size_t i = 0; i < 64; ++i)
                        sum += (weighted ? static_cast<double>(weights[i]) : 1.0) * (penalty[i] + beta / 2 * std::pow(kept[i] - rest(i, z), 2));
                    return sum;
                };
                const double before = objective(zero);
                for (std::size_t i = 0; i < 64; ++i) {
                    const double e = std::fabs(rest(i, zero));
                    kept[i] = found.kept[i];
                    penalty[i] = kept[i] == 0 ? 0
                                              : (std::pow(e, p) - std::pow(threshold, p)) / p -
                                                    (std::pow(e, 2 * p - 2) - std::pow(threshold, 2 * p - 2)) / (2 * beta);
                }
                const double between = objective(zero);
                const double after = objective(found.zero);
                QVERIFY2(between <= before * (1 + 1e-6), qPrintable(QStringLiteral("%1 %2").arg(before).arg(between)));
                QVERIFY2(after <= between * (1 + 1e-6), qPrintable(QStringLiteral("%1 %2").arg(between).arg(after)));
                byErrors += before - between;
                byOffsets += between - after;
                zero = found.zero;
            }
        }
        QVERIFY(byErrors > 0 && byOffsets > 0);
    }

    void stepsInClosedForm()
    {
        const auto values = normalValues(64, 7);
        const auto [low, high] = std::ranges::minmax(values);
        const float scale = (high - low) / 15;
        const float zero = -low / scale + 0.3F;
        // A weak quadratic term leaves nothing of the errors, and the offset is the mean of what each value would like.
        const HqqIteration none = hqqIteration(values, 15, scale, zero, 1e-9, {});
        double mean = 0;
        for (std::size_t i = 0; i < 64; ++i) {
            QCOMPARE(none.kept[i], 0.0);
            mean += (static_cast<double>(none.codes[i]) - static_cast<double>(values[i]) / static_cast<double>(scale)) / 64;
        }
        QVERIFY(std::fabs(mean - static_cast<double>(none.zero)) < 1e-5);
        // Of absolute errors: what is more than 1/β.
        const HqqIteration soft = hqqIteration(values, 15, scale, zero, 4, {.p = 1});
        std::size_t left = 0;
        for (std::size_t i = 0; i < 64; ++i) {
            const double e = static_cast<double>(values[i]) / static_cast<double>(scale) - static_cast<double>(soft.codes[i]) + static_cast<double>(zero);
            QVERIFY(std::fabs(soft.kept[i] - std::copysign(std::max(0.0, std::fabs(e) - 0.25), e)) < 1e-5);
            left += soft.kept[i] != 0 ? 1 : 0;
        }
        QVERIFY(left > 0 && left < 64);
    }

    // Q4_1 stores the fit as it is, but for 16-bit floats.
    void fileHoldsTheFit()
    {
        const auto values = normalValues(32 * 50, 8);
        const auto method = parseMethod("hqq:refit=off");
        std::vector<std::byte> blocks(*rowBytes(TensorType::Q4_1, 32) * 50);
        std::vector<float> decoded(values.size());
        const RowBatch batch{.values = values.data(), .rowCount = 50, .columns = 32, .options = &method->values};
        QVERIFY(method->quantizer->quantize(batch, TensorType::Q4_1, blocks));
        QVERIFY(decodeRows(TensorType::Q4_1, blocks, 0, 50, 32, decoded.data()));
        for (std::size_t b = 0; b < 50; ++b) {
            const HqqFit fit = hqqFit(std::span(values).subspan(b * 32, 32), 15, false, {});
            std::uint16_t scale = 0;
            std::uint16_t lowest = 0;
            std::memcpy(&scale, blocks.data() + b * 20, 2);
            std::memcpy(&lowest, blocks.data() + b * 20 + 2, 2);
            QCOMPARE(scale, toHalf(fit.scale));
            QCOMPARE(lowest, toHalf(-fit.depth));
            for (std::size_t i = b * 32; i < b * 32 + 32; ++i) {
                const double q = std::clamp(std::nearbyint((static_cast<double>(values[i]) + static_cast<double>(fit.depth)) / static_cast<double>(fit.scale)), 0.0, 15.0);
                const double intended = q * static_cast<double>(fit.scale) - static_cast<double>(fit.depth);
                // A value in the middle may take the other code; both are as near.
                const double off = std::fabs(static_cast<double>(decoded[i]) - intended);
                QVERIFY(off < 0x1p-9 * 0.1 || std::fabs(std::fabs(static_cast<double>(values[i]) - intended) / static_cast<double>(fit.scale) - 0.5) < 0.01);
            }
        }
    }

    void powersOfTwoChangeNoCode()
    {
        const auto values = normalValues(32, 2);
        std::vector<float> larger = values;
        for (float& v : larger) v *= 64;
        const HqqFit a = hqqFit(values, 15, false, {});
        const HqqFit b = hqqFit(larger, 15, false, {});
        QCOMPARE(b.scale, 64 * a.scale);
        QCOMPARE(b.depth, 64 * a.depth);
        // The published form measures errors in the unit of the weights, so there the unit matters.
        const HqqOptions published{.p = 1, .beta = 300, .normalised = false};
        QVERIFY(hqqFit(larger, 15, false, published).depth != 64 * hqqFit(values, 15, false, published).depth);
    }

    void specialGroups()
    {
        const std::vector<float> zeros(32, 0.0F);
        QCOMPARE(hqqFit(zeros, 15, false, {}).error, 0.0);
        const std::vector<float> equal(32, 0.25F);
        const HqqFit fit = hqqFit(equal, 15, false, {});
        QCOMPARE(fit.scale, 0.0F);
        QCOMPARE(fit.depth, -0.25F);
        for (const TensorType format : {TensorType::Q4_1, TensorType::Q5_1, TensorType::Q2_K, TensorType::Q4_K, TensorType::Q5_K}) {
            QCOMPARE(absoluteError(std::vector<float>(512, 0.0F), format, "hqq", 256), 0.0);
            std::vector<float> outlier(256, 0.0F);
            outlier[7] = -3;
            QVERIFY(absoluteError(outlier, format, "hqq", 256) < 0.2);
            const double error = absoluteError(std::vector<float>(256, 0.25F), format, "hqq", 256);
            QVERIFY(error >= 0 && error < 256 * 0.001);
        }
    }

    void formatsGain()
    {
        const auto values = normalValues(256 * 64, 3);
        QVERIFY(absoluteError(values, TensorType::Q4_1, "hqq", 256) < absoluteError(values, TensorType::Q4_1, "hqq:iterations=1", 256));
        for (const TensorType format : {TensorType::Q4_1, TensorType::Q4_K})
            QVERIFY(absoluteError(values, format, "hqq", 256) < 1.1 * absoluteError(values, format, "reference", 256));
        // Starting from llama.cpp's search, the sum of the powers never rises; offsets are no matter of these formats.
        const auto powers = [&](TensorType format, std::string_view spec) {
            const auto method = parseMethod(spec);
            std::vector<std::byte> blocks(*rowBytes(format, 256) * 64);
            std::vector<float> decoded(values.size());
            const RowBatch batch{.values = values.data(), .rowCount = 64, .columns = 256, .options = &method->values};
            if (!method->quantizer->quantize(batch, format, blocks) || !decodeRows(format, blocks, 0, 64, 256, decoded.data())) return -1.0;
            double sum = 0;
            for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(static_cast<double>(std::fabs(values[i] - decoded[i])), 0.7);
            return sum;
        };
        for (const TensorType format : {TensorType::Q4_0, TensorType::Q5_0, TensorType::Q8_0, TensorType::Q3_K, TensorType::Q6_K,
                                        TensorType::Q4_1, TensorType::Q5_1, TensorType::Q2_K, TensorType::Q4_K, TensorType::Q5_K}) {
            const double before = powers(format, "reference");
            const double after = powers(format, "hqq");
            QVERIFY2(after > 0 && after <= before, qPrintable(QStringLiteral("%1: %2 %3").arg(QString::fromUtf8(name(format).data())).arg(before).arg(after)));
        }
        QVERIFY(!findQuantizer("hqq")->supports(TensorType::IQ4_NL));
        // Weights: the column that counts gets the smaller error.
        std::vector<float> importance(256, 1.0F);
        importance[9] = 1000;
        const auto columnError = [&](const float* weights) {
            const auto method = parseMethod("hqq");
            std::vector<std::byte> blocks(*rowBytes(TensorType::Q4_K, 256) * 64);
            std::vector<float> decoded(values.size());
            const RowBatch batch{.values = values.data(), .rowCount = 64, .columns = 256, .importance = weights, .options = &method->values};
            if (!method->quantizer->quantize(batch, TensorType::Q4_K, blocks) || !decodeRows(TensorType::Q4_K, blocks, 0, 64, 256, decoded.data()))
                return -1.0;
            double sum = 0;
            for (std::size_t r = 0; r < 64; ++r) sum += std::pow(static_cast<double>(values[r * 256 + 9] - decoded[r * 256 + 9]), 2);
            return sum;
        };
        QVERIFY(columnError(importance.data()) >= 0 && columnError(importance.data()) < 0.5 * columnError(nullptr));
    }

    void anyBitsAndGroups()
    {
        const auto values = normalValues(256 * 64, 5);
        const auto squares = [&](std::string_view spec) {
            const auto method = parseMethod(spec);
            std::vector<float> out(values.size());
            const RowBatch batch{.values = values.data(), .rowCount = 64, .columns = 256, .options = &method->values};
            if (!method->quantizer->quantize(batch, TensorType::F32, std::as_writable_bytes(std::span(out)))) return -1.0;
            double sum = 0;
            for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(static_cast<double>(values[i] - out[i]), 2);
            return sum;
        };
        double before = squares("hqq-analysis:bits=1");
        QVERIFY(before > 0);
        for (int bits = 2; bits <= 8; ++bits) {
            const double now = squares("hqq-analysis:bits=" + std::to_string(bits));
            QVERIFY2(now > 0 && now < before / 2, qPrintable(QString::number(bits)));
            before = now;
        }
        // Better than the plain fit by minimum and maximum, with the offsets alone and still better with the scales.
        for (const char* bits : {"bits=3", "bits=4"}) {
            const double plain = squares(std::string("affine:group=64,") + bits);
            const double published = squares(std::string("hqq-analysis:refit=off,") + bits);
            const double refitted = squares(std::string("hqq-analysis:") + bits);
            QVERIFY2(published < plain && refitted < published, qPrintable(QStringLiteral("%1 %2 %3").arg(plain).arg(published).arg(refitted)));
        }
    }
};

QTEST_GUILESS_MAIN(TestHqq)
#include "tst_hqq.moc"
