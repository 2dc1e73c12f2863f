// SPDX-License-Identifier: MIT
// GPTQ on grids: what packs decodes, the identity matrix gives plain rounding, the published form gives the same codes, fits help,
// descent never climbs, and no row becomes worse.
#include <QtTest>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "formats/block_format.h"
#include "methods/gptq.h"
#include "tensor/float_convert.h"
#include "tests/support/matrix.h"

using ww::GptqFactor;
using ww::GptqOptions;
using ww::TensorType;
using ww::test::Matrix;

namespace {

constexpr std::size_t kColumns = 512;
constexpr std::size_t kRows = 70;
constexpr std::array kFormats = {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q5_0,   TensorType::Q5_1,
                                 TensorType::Q8_0, TensorType::Q2_K, TensorType::Q3_K,   TensorType::Q4_K,
                                 TensorType::Q5_K, TensorType::Q6_K, TensorType::IQ4_NL, TensorType::IQ4_XS};

std::vector<float> weights(std::size_t rows, std::size_t columns, unsigned seed = 1)
{
    std::mt19937 random(seed);
    std::vector<float> w(rows * columns);
    for (float& x : w) {
        float sum = 0;
        for (int i = 0; i < 4; ++i) sum += static_cast<float>(random() % 65536) / 65536.0F - 0.5F;
        x = 0.05F * sum;
    }
    return w;
}

/// Neighbouring inputs go together, and some are much larger than the others.
std::vector<float> correlatedGram(std::size_t n, float correlation = 0.9F)
{
    std::mt19937 random(7);
    std::vector<float> size(n);
    for (std::size_t i = 0; i < n; ++i) size[i] = 0.5F + static_cast<float>(random() % 1000) / 1000.0F;
    for (std::size_t i = 0; i < n; i += 61) size[i] *= 10;
    std::vector<float> gram(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            gram[i * n + j] = size[i] * size[j] * std::pow(correlation, static_cast<float>(i > j ? i - j : j - i));
    return gram;
}

std::vector<float> identity(std::size_t n)
{
    std::vector<float> gram(n * n, 0.0F);
    for (std::size_t i = 0; i < n; ++i) gram[i * n + i] = 1;
    return gram;
}

ww::RowBatch batch(const std::vector<float>& w, std::size_t columns, const float* importance = nullptr)
{
    ww::RowBatch rows;
    rows.values = w.data();
    rows.columns = columns;
    rows.rowCount = w.size() / columns;
    rows.importance = importance;
    return rows;
}

std::vector<std::byte> searched(const ww::RowBatch& rows, TensorType format)
{
    std::vector<std::byte> out(rows.rowCount * *ww::rowBytes(format, rows.columns));
    ww::findBlockFormat(format)->encodeRows(rows.values, out.data(), rows.rowCount, rows.columns, rows.importance);
    return out;
}

std::vector<float> decoded(const std::vector<std::byte>& blocks, TensorType format, std::size_t columns)
{
    const std::size_t rows = blocks.size() / *ww::rowBytes(format, columns);
    std::vector<float> out(rows * columns);
    (void)ww::decodeRows(format, blocks, 0, rows, columns, out.data());
    return out;
}

/// Δ·(H + added)·Δᵀ of each row.
std::vector<double> losses(const std::vector<float>& w, const std::vector<float>& q, const std::vector<float>& gram, std::size_t n,
                           double added)
{
    std::vector<double> out;
    for (std::size_t r = 0; r < w.size() / n; ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double di = static_cast<double>(w[r * n + i]) - q[r * n + i];
            double inner = added * di;
            for (std::size_t j = 0; j < n; ++j) inner += gram[i * n + j] * (static_cast<double>(w[r * n + j]) - q[r * n + j]);
            sum += di * inner;
        }
        out.push_back(sum);
    }
    return out;
}

double total(const std::vector<double>& values)
{
    double sum = 0;
    for (const double v : values) sum += v;
    return sum;
}

std::vector<std::byte> plainRounding(const std::vector<float>& w, std::size_t n, TensorType format, std::vector<std::byte> blocks)
{
    const ww::GridTraits& grid = *ww::gridTraits(format);
    const std::size_t bytes = *ww::rowBytes(format, n);
    std::vector<ww::GroupScale> scales(n / grid.group);
    std::vector<std::uint8_t> codes(n);
    for (std::size_t r = 0; r < w.size() / n; ++r) {
        ww::readGroupScales(format, blocks.data() + r * bytes, n, scales);
        for (std::size_t j = 0; j < n; ++j) codes[j] = ww::roundToGrid(grid, scales[j / grid.group], w[r * n + j]);
        ww::writeCodes(format, codes.data(), n, blocks.data() + r * bytes);
    }
    return blocks;
}

/// Double precision, one row of one scale: codes of the published form, which changes the weights still to come by the
/// inverse, and of the form with a factor of H itself.
struct TwoForms {
    std::vector<int> push;
    std::vector<int> pull;
};

int nearest(double target, double scale)
{
    return static_cast<int>(std::min(15.0, std::max(0.0, std::nearbyint(target / scale) + 8)));
}

TwoForms bothForms(const std::vector<float>& w, const Matrix& h, double scale)
{
    const std::size_t n = w.size();
    TwoForms out{std::vector<int>(n), std::vector<int>(n)};
    const Matrix u = ww::test::lowerCholesky(ww::test::inverseOf(h));  // its transpose is the upper factor
    std::vector<double> moved(w.begin(), w.end());
    for (std::size_t j = 0; j < n; ++j) {
        out.push[j] = nearest(moved[j], scale);
        const double e = (moved[j] - (out.push[j] - 8) * scale) / u[j][j];
        for (std::size_t k = j; k < n; ++k) moved[k] -= e * u[k][j];
    }
    Matrix reversed(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) reversed[i][j] = h[n - 1 - i][n - 1 - j];
    const Matrix c = ww::test::lowerCholesky(reversed);
    const auto r = [&](std::size_t i, std::size_t j) { return c[n - 1 - i][n - 1 - j]; };
    std::vector<double> delta(n);
    for (std::size_t k = 0; k < n; ++k) {
        double target = w[k];
        for (std::size_t j = 0; j < k; ++j) target += delta[j] * r(j, k) / r(k, k);
        out.pull[k] = nearest(target, scale);
        delta[k] = w[k] - (out.pull[k] - 8) * scale;
    }
    return out;
}

/// All blocks of rows in Q4_0 with one scale.
void setScale(std::vector<std::byte>& blocks, float scale)
{
    const std::size_t count = blocks.size() / *ww::rowBytes(TensorType::Q4_0, 32);
    const std::vector<ww::GroupScale> numbers(count, ww::GroupScale{scale, 0});
    const std::vector<ww::GroupFactors> factors(count);
    ww::writeScales(TensorType::Q4_0, numbers, factors, count * 32, blocks.data());
}

GptqOptions roundingOnly()
{
    GptqOptions options;
    options.polishPasses = 0;
    options.refit = false;
    options.guard = false;
    return options;
}

}  // namespace

class TestGptq : public QObject {
    Q_OBJECT

    static void addFormats()
    {
        QTest::addColumn<TensorType>("format");
        for (const TensorType format : kFormats) QTest::newRow(std::string(ww::name(format)).c_str()) << format;
    }

private slots:
    void packedCodesDecodeToTheGrid_data() { addFormats(); }
    void packedCodesDecodeToTheGrid()
    {
        QFETCH(TensorType, format);
        const ww::GridTraits& grid = *ww::gridTraits(format);
        const auto w = weights(3, kColumns);
        auto blocks = searched(batch(w, kColumns), format);
        const std::size_t bytes = *ww::rowBytes(format, kColumns);
        std::mt19937 random(3);
        std::vector<float> expected;
        for (std::size_t r = 0; r < 3; ++r) {
            std::vector<ww::GroupScale> scales(kColumns / grid.group);
            ww::readGroupScales(format, blocks.data() + r * bytes, kColumns, scales);
            std::vector<std::uint8_t> codes(kColumns);
            for (std::size_t j = 0; j < kColumns; ++j) {
                codes[j] = static_cast<std::uint8_t>(random() % static_cast<unsigned>(grid.codeCount));
                const float value = ww::gridValue(grid, scales[j / grid.group], codes[j]);
                expected.push_back(value);
                if (scales[j / grid.group].scale != 0) QCOMPARE(ww::roundToGrid(grid, scales[j / grid.group], value), codes[j]);
            }
            ww::writeCodes(format, codes.data(), kColumns, blocks.data() + r * bytes);
        }
        const auto actual = decoded(blocks, format, kColumns);
        for (std::size_t i = 0; i < actual.size(); ++i) QVERIFY2(actual[i] == expected[i], std::to_string(i).c_str());
    }

    void scalesSurviveStoring_data() { addFormats(); }
    void scalesSurviveStoring()
    {
        QFETCH(TensorType, format);
        const ww::GridTraits& grid = *ww::gridTraits(format);
        const auto w = weights(1, kColumns);
        auto blocks = searched(batch(w, kColumns), format);
        std::vector<ww::GroupScale> numbers(kColumns / grid.block);
        std::vector<ww::GroupFactors> factors(kColumns / grid.group);
        ww::readScales(format, blocks.data(), kColumns, numbers, factors);
        const auto base = blocks;
        ww::writeScales(format, numbers, factors, kColumns, blocks.data());
        QVERIFY(blocks == base);

        // Every whole number of the range, beside numbers that were not there.
        std::mt19937 random(5);
        for (auto& number : numbers)
            number = {ww::fromHalf(ww::toHalf(0.01F * static_cast<float>(1 + random() % 50))),
                      grid.hasOffset ? ww::fromHalf(ww::toHalf(0.02F * static_cast<float>(random() % 50))) : 0};
        const int span = grid.factors.scaleHigh - grid.factors.scaleLow + 1;
        for (int from = 0; from < span; from += static_cast<int>(factors.size())) {
            if (grid.graded())
                for (std::size_t g = 0; g < factors.size(); ++g)
                    factors[g] = {static_cast<std::int16_t>(grid.factors.scaleLow + (from + static_cast<int>(g)) % span),
                                  static_cast<std::int16_t>(grid.hasOffset ? random() % static_cast<unsigned>(grid.factors.offsetHigh + 1) : 0)};
            ww::writeScales(format, numbers, factors, kColumns, blocks.data());
            std::vector<ww::GroupScale> numbersBack(numbers.size());
            std::vector<ww::GroupFactors> factorsBack(factors.size());
            ww::readScales(format, blocks.data(), kColumns, numbersBack, factorsBack);
            for (std::size_t b = 0; b < numbers.size(); ++b) {
                QCOMPARE(numbersBack[b].scale, numbers[b].scale);
                QCOMPARE(numbersBack[b].offset, numbers[b].offset);
            }
            for (std::size_t g = 0; g < factors.size(); ++g) {
                QCOMPARE(factorsBack[g].scale, factors[g].scale);
                QCOMPARE(factorsBack[g].offset, factors[g].offset);
            }
        }
        // The codes are where they were, and the decoder computes what the grid says.
        std::vector<std::uint8_t> codes(kColumns);
        for (std::size_t j = 0; j < kColumns; ++j) codes[j] = static_cast<std::uint8_t>(random() % static_cast<unsigned>(grid.codeCount));
        ww::writeCodes(format, codes.data(), kColumns, blocks.data());
        ww::writeScales(format, numbers, factors, kColumns, blocks.data());
        const auto actual = decoded(blocks, format, kColumns);
        for (std::size_t j = 0; j < kColumns; ++j)
            QCOMPARE(actual[j],
                     ww::gridValue(grid, ww::groupScale(numbers[j / grid.block], factors[j / grid.group]), codes[j]));
    }

    void fittedScalesLowerTheError_data() { addFormats(); }
    void fittedScalesLowerTheError()
    {
        QFETCH(TensorType, format);
        const auto w = weights(kRows, kColumns);
        const auto gram = correlatedGram(kColumns);
        GptqOptions options;
        options.guard = false;
        const auto factor = ww::factorize(gram, kColumns, 16 * kColumns, options);
        QVERIFY(factor);
        std::vector<double> sums;
        for (const bool fit : {false, true}) {
            options.refit = fit;
            std::vector<std::byte> blocks(kRows * *ww::rowBytes(format, kColumns));
            const auto report = ww::gptqRows(batch(w, kColumns), format, *factor, options, blocks);
            QVERIFY(report);
            const double seen = total(losses(w, decoded(blocks, format, kColumns), gram, kColumns, 0));
            QVERIFY(std::fabs(report->after / seen - 1) < 1e-2);
            sums.push_back(seen);
        }
        qInfo("output error with fitted scales %.3f of that without", sums[1] / sums[0]);
        QVERIFY(sums[1] < 0.99 * sums[0]);
    }

    void identityIsPlainRounding_data() { addFormats(); }
    void identityIsPlainRounding()
    {
        QFETCH(TensorType, format);
        const auto w = weights(kRows, kColumns);
        const auto base = searched(batch(w, kColumns), format);
        const auto expected = plainRounding(w, kColumns, format, base);
        for (const bool actOrder : {false, true})
            for (const int passes : {0, 2}) {
                GptqOptions options = roundingOnly();
                options.actOrder = actOrder;
                options.polishPasses = passes;
                const auto factor = ww::factorize(identity(kColumns), kColumns, 16 * kColumns, options);
                QVERIFY(factor);
                auto blocks = base;
                QVERIFY(ww::gptqImprove(batch(w, kColumns), format, *factor, options, blocks));
                QVERIFY(blocks == expected);
            }
    }

    void publishedFormGivesTheSameCodes()
    {
        constexpr std::size_t n = 96;
        const float scale = ww::fromHalf(ww::toHalf(0.012F));
        const auto gram = correlatedGram(n);
        GptqOptions options = roundingOnly();
        options.actOrder = false;
        options.damping = 0.05;
        const auto factor = ww::factorize(gram, n, 16 * n, options);
        QVERIFY(factor);
        Matrix h(n, std::vector<double>(n));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) h[i][j] = factor->damped[i * n + j];
        std::size_t different = 0;
        for (unsigned seed = 1; seed <= 20; ++seed) {
            const auto w = weights(1, n, seed);
            const TwoForms forms = bothForms(w, h, scale);
            QVERIFY(forms.push == forms.pull);
            auto blocks = searched(batch(w, n), TensorType::Q4_0);
            setScale(blocks, scale);
            QVERIFY(ww::gptqImprove(batch(w, n), TensorType::Q4_0, *factor, options, blocks));
            const auto q = decoded(blocks, TensorType::Q4_0, n);
            bool same = true;
            for (std::size_t j = 0; j < n; ++j) same &= q[j] == static_cast<float>(forms.pull[j] - 8) * scale;
            different += same ? 0 : 1;
        }
        QVERIFY2(different <= 1, "binary32 may tip one near tie");
    }

    void lossIsTheSumOfTheRoundingErrors()
    {
        const auto w = weights(4, kColumns);
        const auto gram = correlatedGram(kColumns);
        for (const bool actOrder : {false, true}) {
            GptqOptions options = roundingOnly();
            options.actOrder = actOrder;
            const auto factor = ww::factorize(gram, kColumns, kColumns, options);
            QVERIFY(factor);
            auto blocks = searched(batch(w, kColumns), TensorType::Q3_K);
            QVERIFY(ww::gptqImprove(batch(w, kColumns), TensorType::Q3_K, *factor, options, blocks));
            const auto q = decoded(blocks, TensorType::Q3_K, kColumns);
            const auto expected = losses(w, q, gram, kColumns, factor->added);
            for (std::size_t r = 0; r < 4; ++r) {
                const auto delta = [&](std::size_t k) {
                    const std::size_t at = r * kColumns + factor->order[k];
                    return static_cast<double>(w[at]) - q[at];
                };
                double sum = 0;
                for (std::size_t k = 0; k < kColumns; ++k) {
                    double miss = delta(k);
                    for (std::size_t j = 0; j < k; ++j) miss += factor->feedback[k * kColumns + j] * delta(j);
                    sum += factor->weights[k] * miss * miss;
                }
                QVERIFY2(std::fabs(sum - expected[r]) <= 1e-5 * expected[r], std::to_string(sum / expected[r]).c_str());
            }
        }
    }

    void actOrderIsAPermutedProblem()
    {
        constexpr std::size_t n = 128;
        const float scale = ww::fromHalf(ww::toHalf(0.012F));
        const auto gram = correlatedGram(n);
        const auto w = weights(5, n);
        GptqOptions options = roundingOnly();
        const auto factor = ww::factorize(gram, n, n, options);
        QVERIFY(factor);
        std::vector<float> turnedGram(n * n);
        std::vector<float> turned(w.size());
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) turnedGram[i * n + j] = gram[factor->order[i] * n + factor->order[j]];
            for (std::size_t r = 0; r < 5; ++r) turned[r * n + i] = w[r * n + factor->order[i]];
        }
        const auto run = [&](const std::vector<float>& rows, const GptqFactor& f) {
            auto blocks = searched(batch(rows, n), TensorType::Q4_0);
            setScale(blocks, scale);
            (void)ww::gptqImprove(batch(rows, n), TensorType::Q4_0, f, options, blocks);
            return decoded(blocks, TensorType::Q4_0, n);
        };
        const auto expected = run(w, *factor);
        GptqOptions straight = options;
        straight.actOrder = false;
        const auto turnedFactor = ww::factorize(turnedGram, n, n, straight);
        QVERIFY(turnedFactor);
        const auto actual = run(turned, *turnedFactor);
        for (std::size_t r = 0; r < 5; ++r)
            for (std::size_t i = 0; i < n; ++i) QCOMPARE(actual[r * n + i], expected[r * n + factor->order[i]]);
    }

    void descentNeverClimbs_data() { addFormats(); }
    void descentNeverClimbs()
    {
        QFETCH(TensorType, format);
        const auto w = weights(kRows, kColumns);
        const auto gram = correlatedGram(kColumns);
        GptqOptions options;
        options.guard = false;
        const auto factor = ww::factorize(gram, kColumns, kColumns, options);
        QVERIFY(factor);
        const auto base = searched(batch(w, kColumns, factor->importance.data()), format);
        std::vector<double> last;
        std::vector<std::byte> settled;
        for (const int passes : {0, 1, 2, 60, 61}) {
            options.polishPasses = passes;
            auto blocks = base;
            QVERIFY(ww::gptqImprove(batch(w, kColumns), format, *factor, options, blocks));
            const auto now = losses(w, decoded(blocks, format, kColumns), gram, kColumns, factor->added);
            for (std::size_t r = 0; r < last.size(); ++r) QVERIFY(now[r] <= last[r] * (1 + 1e-5));
            last = now;
            if (passes == 61) QVERIFY(blocks == settled);
            settled = blocks;
        }
    }

    void beatsTheSearch_data() { addFormats(); }
    void beatsTheSearch()
    {
        QFETCH(TensorType, format);
        const auto w = weights(kRows, kColumns);
        const auto gram = correlatedGram(kColumns);
        const GptqOptions options;
        const auto factor = ww::factorize(gram, kColumns, 16 * kColumns, options);
        QVERIFY(factor);
        QVERIFY(factor->warning.empty());
        const auto rows = batch(w, kColumns);
        const auto base = searched(batch(w, kColumns, factor->importance.data()), format);
        std::vector<std::byte> blocks(base.size());
        const auto report = ww::gptqRows(rows, format, *factor, options, blocks);
        QVERIFY(report);
        const auto before = losses(w, decoded(base, format, kColumns), gram, kColumns, 0);
        const auto after = losses(w, decoded(blocks, format, kColumns), gram, kColumns, 0);
        for (std::size_t r = 0; r < kRows; ++r) QVERIFY(after[r] <= before[r] * (1 + 1e-4));
        const double ratio = total(after) / total(before);
        qInfo("output error %.3f of the search's", ratio);
        QVERIFY(ratio < (format == TensorType::Q4_0 ? 0.6 : 0.75));
        QVERIFY(std::fabs(report->after / report->before - ratio) < 0.01);

        // A row alone gives the bytes that it gives among others.
        const std::size_t bytes = *ww::rowBytes(format, kColumns);
        for (const std::size_t r : {std::size_t{0}, std::size_t{63}, std::size_t{69}}) {
            const std::vector<float> alone(w.begin() + static_cast<std::ptrdiff_t>(r * kColumns),
                                           w.begin() + static_cast<std::ptrdiff_t>((r + 1) * kColumns));
            std::vector<std::byte> out(bytes);
            QVERIFY(ww::gptqRows(batch(alone, kColumns), format, *factor, options, out));
            QVERIFY(std::equal(out.begin(), out.end(), blocks.begin() + static_cast<std::ptrdiff_t>(r * bytes)));
        }
    }

    void guardKeepsRowsThatCannotGain()
    {
        // Weights that lie on the grid already have no error; every change is one for the worse.
        const auto w = weights(8, kColumns);
        const auto base = searched(batch(w, kColumns), TensorType::Q4_0);
        const auto onGrid = decoded(base, TensorType::Q4_0, kColumns);
        const auto factor = ww::factorize(correlatedGram(kColumns), kColumns, kColumns, {});
        QVERIFY(factor);
        auto blocks = base;
        const auto report = ww::gptqImprove(batch(onGrid, kColumns), TensorType::Q4_0, *factor, {}, blocks);
        QVERIFY(report);
        QCOMPARE(report->after, 0.0);
        QVERIFY(decoded(blocks, TensorType::Q4_0, kColumns) == onGrid);
    }

    void deadAndEmptyInputs()
    {
        auto gram = correlatedGram(kColumns);
        for (const std::size_t dead : {std::size_t{0}, std::size_t{100}, std::size_t{511}})
            for (std::size_t i = 0; i < kColumns; ++i) gram[dead * kColumns + i] = gram[i * kColumns + dead] = 0;
        const auto w = weights(4, kColumns);
        std::vector<std::byte> out(4 * *ww::rowBytes(TensorType::Q4_K, kColumns));
        for (const double damping : {0.0, 0.1}) {
            GptqOptions options;
            options.damping = damping;
            const auto factor = ww::factorize(gram, kColumns, kColumns, options);
            QVERIFY(factor);
            QVERIFY(ww::gptqRows(batch(w, kColumns), TensorType::Q4_K, *factor, options, out));
            for (const float x : decoded(out, TensorType::Q4_K, kColumns)) QVERIFY(std::isfinite(x));
        }
        const auto nothing = ww::factorize(std::vector<float>(kColumns * kColumns, 0.0F), kColumns, 0, {});
        QVERIFY(nothing);
        QVERIFY(ww::gptqRows(batch(w, kColumns), TensorType::Q4_K, *nothing, {}, out));
        const std::vector<float> zeros(4 * kColumns, 0.0F);
        QVERIFY(ww::gptqRows(batch(zeros, kColumns), TensorType::Q4_K, *nothing, {}, out));
        for (const float x : decoded(out, TensorType::Q4_K, kColumns)) QCOMPARE(x, 0.0F);
    }

    void refusesWhatCannotBeUsed()
    {
        constexpr std::size_t n = 64;
        const auto code = [](const auto& result) { return result ? ww::ErrorCode::Internal : result.error().code; };
        auto gram = correlatedGram(n);
        QCOMPARE(code(ww::factorize(gram, n + 1, n, {})), ww::ErrorCode::InvalidArgument);
        QCOMPARE(code(ww::factorize({}, 0, n, {})), ww::ErrorCode::InvalidArgument);
        gram[5] = std::numeric_limits<float>::quiet_NaN();
        QCOMPARE(code(ww::factorize(gram, n, n, {})), ww::ErrorCode::InvalidArgument);
        gram = correlatedGram(n);
        gram[n + 1] = -1;
        QCOMPARE(code(ww::factorize(gram, n, n, {})), ww::ErrorCode::InvalidArgument);
        GptqOptions undamped;
        undamped.damping = 0;
        const auto singular = ww::factorize(std::vector<float>(n * n, 1.0F), n, 1, undamped);
        QCOMPARE(code(singular), ww::ErrorCode::InvalidArgument);
        QVERIFY(singular.error().message.find("positive definite") != std::string::npos);
        const auto few = ww::factorize(correlatedGram(n), n, n, {});
        QVERIFY(few);
        QVERIFY(few->warning.find("128") != std::string::npos);
        QCOMPARE(few->damping, 0.1);

        const auto w = weights(1, 2 * n);
        std::vector<std::byte> out(*ww::rowBytes(TensorType::Q4_0, 2 * n));
        QCOMPARE(code(ww::gptqRows(batch(w, 2 * n), TensorType::Q4_0, *few, {}, out)), ww::ErrorCode::InvalidArgument);
        QCOMPARE(code(ww::gptqImprove(batch(w, 2 * n), TensorType::IQ1_S, *few, {}, out)), ww::ErrorCode::Unsupported);
    }
};

QTEST_APPLESS_MAIN(TestGptq)
#include "tst_gptq.moc"
