// SPDX-License-Identifier: MIT
// GPTQ's objective on the formats with code books: what is written decodes, descent never climbs, no row becomes worse, and rows do
// not look at each other.
#include <QtTest>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "formats/block_format.h"
#include "formats/iq_lattice_units.h"
#include "methods/lattice_descent.h"

using ww::GptqOptions;
using ww::TensorType;

namespace {

constexpr std::size_t kColumns = 512;
constexpr std::size_t kRows = 70;

std::vector<float> weights(unsigned seed = 1)
{
    std::mt19937 random(seed);
    std::vector<float> w(kRows * kColumns);
    for (float& x : w) {
        float sum = 0;
        for (int i = 0; i < 4; ++i) sum += static_cast<float>(random() % 65536) / 65536.0F - 0.5F;
        x = 0.05F * sum;
    }
    return w;
}

/// Neighbouring inputs go together, and some are much larger than the others.
std::vector<float> gramOf(float correlation)
{
    std::vector<float> gram(kColumns * kColumns, 0.0F);
    const auto size = [](std::size_t i) { return (i % 61 == 0 ? 10.0F : 1.0F) * (0.5F + static_cast<float>(i * 37 % 100) / 100.0F); };
    for (std::size_t i = 0; i < kColumns; ++i)
        for (std::size_t j = 0; j < kColumns; ++j)
            gram[i * kColumns + j] = size(i) * size(j) * (i == j ? 1.0F : std::pow(correlation, static_cast<float>(i > j ? i - j : j - i)));
    return gram;
}

ww::RowBatch batch(const float* w, std::size_t rows, const float* importance = nullptr)
{
    ww::RowBatch batch;
    batch.values = w;
    batch.columns = kColumns;
    batch.rowCount = rows;
    batch.importance = importance;
    return batch;
}

std::vector<float> decoded(const std::vector<std::byte>& blocks, TensorType format)
{
    const std::size_t rows = blocks.size() / *ww::rowBytes(format, kColumns);
    std::vector<float> out(rows * kColumns);
    (void)ww::decodeRows(format, blocks, 0, rows, kColumns, out.data());
    return out;
}

/// Δ·(H + added)·Δᵀ of each row, in double.
std::vector<double> losses(const std::vector<float>& w, const std::vector<float>& q, const std::vector<float>& gram, double added)
{
    std::vector<double> out;
    for (std::size_t r = 0; r < q.size() / kColumns; ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < kColumns; ++i) {
            const double di = static_cast<double>(w[r * kColumns + i]) - static_cast<double>(q[r * kColumns + i]);
            double inner = added * di;
            for (std::size_t j = 0; j < kColumns; ++j)
                inner += static_cast<double>(gram[i * kColumns + j]) * (static_cast<double>(w[r * kColumns + j]) - static_cast<double>(q[r * kColumns + j]));
            sum += di * inner;
        }
        out.push_back(sum);
    }
    return out;
}

}  // namespace

class TestLatticeDescent : public QObject {
    Q_OBJECT

    static void addFormats()
    {
        QTest::addColumn<TensorType>("format");
        for (const TensorType type : {TensorType::IQ2_XXS, TensorType::IQ2_XS, TensorType::IQ2_S, TensorType::IQ3_XXS, TensorType::IQ3_S})
            QTest::newRow(std::string(ww::name(type)).c_str()) << type;
    }
    static std::vector<std::byte> searched(const std::vector<float>& w, TensorType format, const std::vector<float>& importance)
    {
        std::vector<std::byte> out(kRows * *ww::rowBytes(format, kColumns));
        ww::findBlockFormat(format)->encodeRows(w.data(), out.data(), kRows, kColumns, importance.data());
        return out;
    }

private Q_SLOTS:
    void unitsAreWritten_data() { addFormats(); }
    void unitsAreWritten()
    {
        QFETCH(TensorType, format);
        const ww::LatticeTraits* traits = ww::latticeTraits(format);
        QVERIFY(traits && ww::gptqSupports(format));
        const auto w = weights();
        auto blocks = searched(w, format, std::vector<float>(kColumns, 1.0F));
        blocks.resize(*ww::rowBytes(format, kColumns));
        auto expected = decoded(blocks, format);
        std::mt19937 random(5);
        const auto count = static_cast<unsigned>(ww::IqGrid::get(traits->book).entryCount());
        for (std::size_t unit = 0; unit < kColumns / ww::kLatticeUnit; ++unit) {
            std::byte* block = blocks.data() + unit / 32 * ww::traits(format).blockBytes;
            ww::LatticeUnit value{{static_cast<std::uint16_t>(random() % count), static_cast<std::uint16_t>(random() % count)}, static_cast<std::uint8_t>(random() % 256)};
            if (traits->group == ww::kLatticeUnit) value.entry[1] = 0;
            if (traits->parity && std::popcount(static_cast<unsigned>(value.signs)) % 2 != 0) value.signs ^= 16U;
            ww::decodeLatticeUnit(*traits, value, ww::latticeScale(format, block, unit % 32), &expected[unit * ww::kLatticeUnit]);
            ww::writeLatticeUnit(format, block, unit % 32, value);
            const auto actual = decoded(blocks, format);  // the others stay as they were
            QVERIFY2(actual == expected, std::to_string(unit).c_str());
        }
        const float factor = ww::latticeFactor(blocks.data());
        ww::writeLatticeFactor(blocks.data(), 2 * factor);
        const auto doubled = decoded(blocks, format);
        for (std::size_t i = 0; i < kColumns; ++i) QCOMPARE(doubled[i], i < 256 ? 2 * expected[i] : expected[i]);
    }

    void descentNeverClimbs_data() { addFormats(); }
    void descentNeverClimbs()
    {
        QFETCH(TensorType, format);
        const auto w = weights();
        const auto gram = gramOf(0.9F);
        GptqOptions options;
        options.guard = false;
        const auto factor = ww::factorize(gram, kColumns, kColumns, options);
        QVERIFY(factor);
        const auto base = searched(w, format, factor->importance);
        auto last = losses(w, decoded(base, format), gram, static_cast<double>(factor->added));
        for (const int passes : {0, 1, 2, 5}) {
            options.polishPasses = passes;
            auto blocks = base;
            QVERIFY(ww::latticeImprove(batch(w.data(), kRows), format, *factor, options, blocks));
            const auto now = losses(w, decoded(blocks, format), gram, static_cast<double>(factor->added));
            for (std::size_t r = 0; r < kRows; ++r) QVERIFY(now[r] <= last[r] * (1 + 1e-4));
            last = now;
        }
    }

    void outputsGain_data() { addFormats(); }
    void outputsGain()
    {
        QFETCH(TensorType, format);
        const auto w = weights();
        for (const float correlation : {0.0F, 0.9F}) {
            const auto gram = gramOf(correlation);
            const GptqOptions options;
            const auto factor = ww::factorize(gram, kColumns, 16 * kColumns, options);
            QVERIFY(factor);
            const auto base = searched(w, format, factor->importance);
            std::vector<std::byte> blocks(base.size());
            const auto report = ww::gptqRows(batch(w.data(), kRows), format, *factor, options, blocks);
            QVERIFY(report);
            const auto before = losses(w, decoded(base, format), gram, 0);
            const auto after = losses(w, decoded(blocks, format), gram, 0);
            double sumBefore = 0;
            double sumAfter = 0;
            for (std::size_t r = 0; r < kRows; ++r) {
                QVERIFY(after[r] <= before[r] * (1 + 1e-4));
                sumBefore += before[r];
                sumAfter += after[r];
            }
            qInfo("%s, correlation %.1f: output error %.3f of the search's", QTest::currentDataTag(), static_cast<double>(correlation), sumAfter / sumBefore);
            QVERIFY(sumAfter < (correlation > 0 ? 0.6 : 1.0) * sumBefore);
            QVERIFY(std::fabs(report->after / sumAfter - 1) < 1e-3 && std::fabs(report->before / sumBefore - 1) < 1e-3);
        }
    }

    void rowsDoNotLookAtEachOther_data() { addFormats(); }
    void rowsDoNotLookAtEachOther()
    {
        QFETCH(TensorType, format);
        const auto w = weights();
        const GptqOptions options;
        const auto factor = ww::factorize(gramOf(0.9F), kColumns, kColumns, options);
        QVERIFY(factor);
        const std::size_t bytes = *ww::rowBytes(format, kColumns);
        std::vector<std::byte> all(kRows * bytes);
        QVERIFY(ww::gptqRows(batch(w.data(), kRows), format, *factor, options, all));
        for (const std::size_t r : {std::size_t{0}, std::size_t{63}, std::size_t{69}}) {
            std::vector<std::byte> one(bytes);
            QVERIFY(ww::gptqRows(batch(w.data() + r * kColumns, 1), format, *factor, options, one));
            QVERIFY(std::equal(one.begin(), one.end(), all.begin() + static_cast<std::ptrdiff_t>(r * bytes)));
        }
    }

    void edges()
    {
        // Inputs that never occur, rows of zeros, and a matrix of another size.
        auto gram = gramOf(0.9F);
        for (std::size_t dead = 32; dead < 64; ++dead)
            for (std::size_t j = 0; j < kColumns; ++j) gram[dead * kColumns + j] = gram[j * kColumns + dead] = 0;
        const GptqOptions options;
        const auto factor = ww::factorize(gram, kColumns, kColumns, options);
        QVERIFY(factor);
        auto w = weights();
        std::fill_n(w.begin() + 3 * kColumns, kColumns, 0.0F);
        for (const TensorType format : {TensorType::IQ2_XXS, TensorType::IQ2_S, TensorType::IQ3_S}) {
            std::vector<std::byte> blocks(kRows * *ww::rowBytes(format, kColumns));
            QVERIFY(ww::gptqRows(batch(w.data(), kRows), format, *factor, options, blocks));
            const auto q = decoded(blocks, format);
            for (std::size_t i = 0; i < q.size(); ++i) QVERIFY(std::isfinite(q[i]));
            for (std::size_t i = 0; i < kColumns; ++i) QCOMPARE(q[3 * kColumns + i], 0.0F);
            blocks.pop_back();
            QVERIFY(!ww::latticeImprove(batch(w.data(), kRows), format, *factor, options, blocks));
        }
        const auto small = ww::factorize(std::vector<float>(16, 1.0F), 4, 100, GptqOptions{.damping = 1});
        QVERIFY(small);
        std::vector<std::byte> blocks(kRows * *ww::rowBytes(TensorType::IQ3_S, kColumns));
        QVERIFY(!ww::latticeImprove(batch(w.data(), kRows), TensorType::IQ3_S, *small, options, blocks));
        QVERIFY(!ww::latticeTraits(TensorType::Q4_K) && !ww::latticeTraits(TensorType::IQ1_S));
    }
};

QTEST_APPLESS_MAIN(TestLatticeDescent)
#include "tst_lattice_descent.moc"
