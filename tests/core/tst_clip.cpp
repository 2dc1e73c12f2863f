// SPDX-License-Identifier: MIT
// Clipping: no row loses, outliers gain, queries and keys stay, and each group gets the range that suits its output.
#include <QtTest>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "formats/block_format.h"
#include "methods/clip.h"
#include "methods/gptq.h"
#include "methods/grid.h"
#include "methods/reference.h"
#include "tests/support/golden_rows.h"
#include "tests/support/verify.h"

using namespace ww;

namespace {

constexpr std::size_t kColumns = 512;
constexpr std::size_t kRows = 70;  // more than are compared together
constexpr std::array kFormats = {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q5_0, TensorType::Q5_1, TensorType::Q8_0,   TensorType::Q2_K,
                                 TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K, TensorType::IQ4_NL, TensorType::IQ4_XS};

/// Bell-shaped, with one value in forty several times as large.
std::vector<float> weights(std::size_t rows)
{
    test::SplitMix random(5);
    std::vector<float> w(rows * kColumns);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(random.bell() * 0.02 * (i % 41 == 7 ? 4 : 1));
    return w;
}

/// Neighbouring inputs go together; every seventh is small.
std::vector<float> correlatedGram()
{
    std::vector<float> size(kColumns);
    for (std::size_t i = 0; i < kColumns; ++i) size[i] = i % 7 == 0 ? 0.1F : 1.0F + static_cast<float>(i % 5);
    std::vector<float> gram(kColumns * kColumns);
    for (std::size_t i = 0; i < kColumns; ++i)
        for (std::size_t j = 0; j < kColumns; ++j)
            gram[i * kColumns + j] = size[i] * size[j] * std::pow(0.9F, static_cast<float>(i > j ? i - j : j - i));
    return gram;
}

std::vector<float> identityGram()
{
    std::vector<float> gram(kColumns * kColumns, 0.0F);
    for (std::size_t i = 0; i < kColumns; ++i) gram[i * kColumns + i] = 1;
    return gram;
}

GptqFactor factorOf(const std::vector<float>& gram)
{
    auto factor = factorize(gram, kColumns, 8 * kColumns, {});
    if (!factor) qFatal("no factor");
    return std::move(*factor);
}

RowBatch batchOf(const std::vector<float>& w, const GptqFactor& factor, std::string_view tensor = "blk.0.ffn_up.weight")
{
    return {.values = w.data(),
            .rowCount = w.size() / kColumns,
            .columns = kColumns,
            .importance = factor.importance.data(),
            .factor = &factor,
            .tensor = tensor};
}

std::vector<std::byte> encoded(const Quantizer& method, const RowBatch& rows, TensorType format)
{
    std::vector<std::byte> out(rows.rowCount * *rowBytes(format, rows.columns));
    if (!method.quantize(rows, format, out)) out.clear();
    return out;
}

std::vector<float> decoded(const std::vector<std::byte>& blocks, TensorType format)
{
    const std::size_t rows = blocks.size() / *rowBytes(format, kColumns);
    std::vector<float> out(rows * kColumns);
    if (!decodeRows(format, blocks, 0, rows, kColumns, out.data())) out.clear();
    return out;
}

/// Δ·H·Δᵀ over `length` columns from `first` on.
double loss(const float* w, const float* q, const std::vector<float>& gram, std::size_t first = 0, std::size_t length = kColumns)
{
    double sum = 0;
    for (std::size_t i = first; i < first + length; ++i) {
        double inner = 0;
        for (std::size_t j = first; j < first + length; ++j)
            inner += static_cast<double>(gram[i * kColumns + j]) * (static_cast<double>(w[j]) - static_cast<double>(q[j]));
        sum += (static_cast<double>(w[i]) - static_cast<double>(q[i])) * inner;
    }
    return sum;
}

/// Values of a uniform method, exactly.
std::vector<float> simulated(std::string_view spec, const std::vector<float>& w, const GptqFactor* factor, std::string_view tensor)
{
    const auto method = parseMethod(spec);
    std::vector<float> out(w.size());
    RowBatch rows{.values = w.data(), .rowCount = w.size() / kColumns, .columns = kColumns, .options = &method->values, .factor = factor, .tensor = tensor};
    if (!method->quantizer->quantize(rows, TensorType::F32, std::as_writable_bytes(std::span(out)))) out.clear();
    return out;
}

void formatRows()
{
    QTest::addColumn<int>("type");
    for (const TensorType format : kFormats) QTest::newRow(std::string(name(format)).c_str()) << static_cast<int>(format);
}

}  // namespace

class TestClip : public QObject {
    Q_OBJECT
private slots:
    void noRowLoses_data() { formatRows(); }
    void noRowLoses()
    {
        QFETCH(int, type);
        const auto format = static_cast<TensorType>(type);
        const auto w = weights(kRows);
        for (const auto& gram : {correlatedGram(), identityGram()}) {
            const GptqFactor factor = factorOf(gram);
            const auto reference = decoded(encoded(referenceQuantizer(), batchOf(w, factor), format), format);
            const auto clipped = decoded(encoded(clipQuantizer(), batchOf(w, factor), format), format);
            QCOMPARE(clipped.size(), w.size());
            for (std::size_t r = 0; r < kRows; ++r) {
                const double before = loss(w.data() + r * kColumns, reference.data() + r * kColumns, gram);
                const double after = loss(w.data() + r * kColumns, clipped.data() + r * kColumns, gram);
                QVERIFY2(after <= before, qPrintable(QStringLiteral("row %1: %2 %3").arg(r).arg(before).arg(after)));
            }
        }
    }

    // Few bits: there, the range is worth something.
    void outliersGain_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("share");
        QTest::newRow("Q4_0") << static_cast<int>(TensorType::Q4_0) << 0.97;
        QTest::newRow("Q3_K") << static_cast<int>(TensorType::Q3_K) << 0.97;
        QTest::newRow("Q2_K") << static_cast<int>(TensorType::Q2_K) << 0.97;
        QTest::newRow("IQ4_NL") << static_cast<int>(TensorType::IQ4_NL) << 0.97;
    }
    void outliersGain()
    {
        QFETCH(int, type);
        QFETCH(double, share);
        const auto format = static_cast<TensorType>(type);
        const auto w = weights(kRows);
        const auto gram = correlatedGram();
        const GptqFactor factor = factorOf(gram);
        const auto reference = decoded(encoded(referenceQuantizer(), batchOf(w, factor), format), format);
        const auto clipped = decoded(encoded(clipQuantizer(), batchOf(w, factor), format), format);
        double before = 0;
        double after = 0;
        for (std::size_t r = 0; r < kRows; ++r) {
            before += loss(w.data() + r * kColumns, reference.data() + r * kColumns, gram);
            after += loss(w.data() + r * kColumns, clipped.data() + r * kColumns, gram);
        }
        QVERIFY2(after < share * before, qPrintable(QString::number(after / before)));
    }

    // With independent inputs the error of a row is the sum of those of its groups: each is about the least of the ten.
    void eachGroupGetsItsBestRange()
    {
        const auto w = weights(32);
        const auto gram = identityGram();
        const GptqFactor factor = factorOf(gram);
        const auto clipped = decoded(encoded(clipQuantizer(), batchOf(w, factor), TensorType::Q4_0), TensorType::Q4_0);
        std::size_t narrowed = 0;
        for (std::size_t at = 0; at < w.size(); at += 32) {
            double least = std::numeric_limits<double>::max();
            double whole = 0;
            float most = 0;
            for (std::size_t i = 0; i < 32; ++i) most = std::max(most, std::fabs(w[at + i]));
            for (int i = 0; i < 10; ++i) {
                const float end = most * (1 - static_cast<float>(i) / 20);
                std::vector<float> values(w.begin() + static_cast<std::ptrdiff_t>(at), w.begin() + static_cast<std::ptrdiff_t>(at + 32));
                for (float& v : values) v = std::clamp(v, -end, end);
                std::vector<std::byte> block(*rowBytes(TensorType::Q4_0, 32));
                findBlockFormat(TensorType::Q4_0)->encodeRows(values.data(), block.data(), 1, 32, factor.importance.data());
                WW_VERIFY(decodeRows(TensorType::Q4_0, block, 0, 1, 32, values.data()));
                double error = 0;
                for (std::size_t k = 0; k < 32; ++k) error += std::pow(static_cast<double>(w[at + k] - values[k]), 2);
                if (i == 0) whole = error;
                least = std::min(least, error);
            }
            double error = 0;
            for (std::size_t k = 0; k < 32; ++k) error += std::pow(static_cast<double>(w[at + k] - clipped[at + k]), 2);
            narrowed += least < 0.95 * whole ? 1 : 0;
            // The search weighs values by the mean square of their row, which is another one here.
            QVERIFY2(error < 1.03 * least, qPrintable(QStringLiteral("%1: %2 %3").arg(at).arg(error).arg(least)));
        }
        QVERIFY(narrowed > 0);
    }

    void queriesAndKeysKeepTheirRanges()
    {
        const auto w = weights(8);
        const GptqFactor factor = factorOf(correlatedGram());
        for (const TensorType format : {TensorType::Q4_0, TensorType::Q3_K}) {
            const auto reference = encoded(referenceQuantizer(), batchOf(w, factor), format);
            QVERIFY(!reference.empty());
            for (const char* name : {"blk.0.attn_q.weight", "blk.11.attn_k.weight", "blk.0.attn_qkv.weight", "dec.blk.0.cross_attn_q.weight",
                                     "blk.0.attn_q_b.weight", "blk.0.attn_kv_b.weight"})
                QVERIFY2(encoded(clipQuantizer(), batchOf(w, factor, name), format) == reference, name);
            for (const char* name : {"blk.0.attn_v.weight", "blk.0.attn_output.weight", "blk.0.ffn_gate_exps.weight", "output.weight"}) {
                const auto clipped = encoded(clipQuantizer(), batchOf(w, factor, name), format);
                QVERIFY2(!clipped.empty() && clipped != reference, name);
            }
        }
    }

    void rowsDoNotDependOnOthers_data() { formatRows(); }
    void rowsDoNotDependOnOthers()
    {
        QFETCH(int, type);
        const auto format = static_cast<TensorType>(type);
        const auto w = weights(kRows);
        const GptqFactor factor = factorOf(correlatedGram());
        const auto together = encoded(clipQuantizer(), batchOf(w, factor), format);
        QVERIFY(!together.empty());
        const std::size_t bytes = *rowBytes(format, kColumns);
        for (std::size_t first = 0; first < kRows;) {
            const std::size_t count = std::min<std::size_t>(first % 3 * 8 + 1, kRows - first);
            RowBatch part = batchOf(w, factor);
            part.values += first * kColumns;
            part.rowCount = count;
            const auto alone = encoded(clipQuantizer(), part, format);
            QVERIFY(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(first * bytes)));
            first += count;
        }
    }

    // Without importance the Gram matrix has it.
    void importanceComesFromTheGramMatrix()
    {
        const auto w = weights(4);
        const GptqFactor factor = factorOf(correlatedGram());
        RowBatch rows = batchOf(w, factor);
        const auto given = encoded(clipQuantizer(), rows, TensorType::Q4_0);
        rows.importance = nullptr;
        QVERIFY(!given.empty() && encoded(clipQuantizer(), rows, TensorType::Q4_0) == given);
    }

    // Inputs that never occur, and values that are all zero.
    void deadColumnsStayFinite()
    {
        auto gram = correlatedGram();
        for (std::size_t i = 0; i < kColumns; ++i)
            for (std::size_t j = 0; j < 64; ++j) gram[i * kColumns + j] = gram[j * kColumns + i] = 0;
        auto w = weights(4);
        std::fill_n(w.data() + kColumns, kColumns, 0.0F);
        for (const auto& inputs : {gram, std::vector<float>(kColumns * kColumns, 0.0F)}) {
            const GptqFactor factor = factorOf(inputs);
            for (const TensorType format : kFormats) {
                const auto values = decoded(encoded(clipQuantizer(), batchOf(w, factor), format), format);
                QCOMPARE(values.size(), w.size());
                // Even where no input says how exact a value must be, it is not far off.
                for (std::size_t i = 0; i < w.size(); ++i) {
                    QVERIFY(std::fabs(values[i] - w[i]) < 0.5F);
                    if (i / kColumns == 1) QCOMPARE(values[i], 0.0F);
                }
            }
        }
    }

    void badInputsAreSentences()
    {
        auto w = weights(2);
        const GptqFactor factor = factorOf(identityGram());
        std::vector<std::byte> out(2 * *rowBytes(TensorType::Q4_0, kColumns));
        RowBatch rows = batchOf(w, factor);
        rows.factor = nullptr;
        WW_VERIFY_FAILS(clipQuantizer().quantize(rows, TensorType::Q4_0, out), ErrorCode::InvalidArgument, "Gram matrix");
        rows.factor = &factor;
        rows.columns = kColumns / 2;
        WW_VERIFY_FAILS(clipQuantizer().quantize(rows, TensorType::Q4_0, out), ErrorCode::InvalidArgument, "256");
        rows.columns = kColumns;
        WW_VERIFY_FAILS(clipQuantizer().quantize(rows, TensorType::IQ2_XS, out), ErrorCode::Unsupported, "IQ2_XS");
        QVERIFY(!clipQuantizer().supports(TensorType::IQ2_XS) && !clipQuantizer().supports(TensorType::F16));
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            w[kColumns + 3] = bad;
            WW_VERIFY_FAILS(clipQuantizer().quantize(rows, TensorType::Q4_0, out), ErrorCode::Corrupt, "row 1, column 3");
        }
    }

    void uniformGroupsClipByTheirOutput_data()
    {
        QTest::addColumn<QString>("method");
        for (const char* method : {"affine", "absmax"}) QTest::newRow(method) << method;
    }
    void uniformGroupsClipByTheirOutput()
    {
        QFETCH(QString, method);
        const std::string whole = method.toStdString() + ":bits=3,group=64";
        const std::string output = whole + ",clip=output";
        const auto w = weights(16);
        const auto gram = correlatedGram();
        const GptqFactor factor = factorOf(gram);
        const auto parsed = parseMethod(output);
        WW_VERIFY(parsed);
        QCOMPARE(parsed->quantizer->dataNeededFor(parsed->values), MethodData::Gram);
        QCOMPARE(parsed->quantizer->dataNeeded(), MethodData::None);
        const auto before = simulated(whole, w, nullptr, "blk.0.ffn_up.weight");
        const auto after = simulated(output, w, &factor, "blk.0.ffn_up.weight");
        QVERIFY(before.size() == w.size() && after.size() == w.size());
        double all = 0;
        double less = 0;
        for (std::size_t r = 0; r < 16; ++r)
            for (std::size_t first = 0; first < kColumns; first += 64) {
                const double old = loss(w.data() + r * kColumns, before.data() + r * kColumns, gram, first, 64);
                const double now = loss(w.data() + r * kColumns, after.data() + r * kColumns, gram, first, 64);
                QVERIFY(now <= old);
                all += old;
                less += now;
            }
        QVERIFY2(less < 0.9 * all, qPrintable(QString::number(less / all)));
        // Queries and keys, and matrices without inputs, keep all values.
        QVERIFY(simulated(output, w, &factor, "blk.0.attn_k.weight") == before);
        QVERIFY(simulated(output, w, nullptr, "blk.0.ffn_up.weight") == before);
    }

    // A range of the whole matrix is not chosen by outputs: as documented, that is the least squared error, and needs no data.
    void oneRangeOfTheMatrixIsOfLeastSquaredError()
    {
        const auto w = weights(8);
        const auto parsed = parseMethod("affine:scale=tensor,clip=output");
        WW_VERIFY(parsed);
        QCOMPARE(parsed->quantizer->dataNeededFor(parsed->values), MethodData::None);
        const auto values = simulated("affine:scale=tensor,clip=output", w, nullptr, {});
        QVERIFY(!values.empty() && values == simulated("affine:scale=tensor,clip=mse", w, nullptr, {}));
        QVERIFY(values != simulated("affine:scale=tensor", w, nullptr, {}));
    }
};

QTEST_GUILESS_MAIN(TestClip)
#include "tst_clip.moc"
