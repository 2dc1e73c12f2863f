// SPDX-License-Identifier: MIT
// Vector kernels against the scalar definition of every format, on every instruction set this processor has.
#include <QtTest>

#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "formats/block_format.h"
#include "methods/quantizer.h"
#include "tests/support/golden_rows.h"
#include "tests/support/random_rows.h"

using namespace ww;

class TestVectorFormats : public QObject {
    Q_OBJECT

    static std::vector<std::byte> encode(const BlockFormat& format, const std::vector<float>& rows, std::size_t columns,
                                         const float* importance, bool vector)
    {
        const auto bytes = static_cast<std::size_t>(*rowBytes(format.type, columns));
        const std::size_t count = rows.size() / columns;
        std::vector<std::byte> out(bytes * count);
        if (vector)
            format.encodeRows(rows.data(), out.data(), count, columns, importance);
        else
            for (std::size_t r = 0; r < count; ++r)
                format.encodeRow(rows.data() + r * columns, out.data() + r * bytes, columns, importance);
        return out;
    }

    static void compare(const BlockFormat& format, const std::vector<float>& rows, std::size_t columns, const float* importance,
                        const QString& what)
    {
        const auto expected = encode(format, rows, columns, importance, false);
        const auto actual = encode(format, rows, columns, importance, true);
        for (std::size_t i = 0; i < expected.size(); ++i)
            if (expected[i] != actual[i])
                QFAIL(qPrintable(QStringLiteral("%1: byte %2 of %3 differs").arg(what).arg(i).arg(expected.size())));
    }

    static void addTypesAndTargets()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<qlonglong>("target");
        hwy::SetSupportedTargetsForTest(0);
        for (const auto& traits : allTensorTypes()) {
            if (!findBlockFormat(traits.type)) continue;
            for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
                const int64_t target = targets & -targets;
                QTest::addRow("%s %s", std::string(traits.name).c_str(), hwy::TargetName(target))
                    << int(traits.type) << qlonglong(target);
            }
        }
    }

private slots:
    void cleanup() { hwy::SetSupportedTargetsForTest(0); }

    void vectorBytesEqualScalarBytes_data() { addTypesAndTargets(); }
    void vectorBytesEqualScalarBytes()
    {
        QFETCH(int, type);
        QFETCH(qlonglong, target);
        const auto& traits = *traitsForId(static_cast<std::uint32_t>(type));
        const BlockFormat& format = *findBlockFormat(traits.type);
        hwy::SetSupportedTargetsForTest(target);

        std::vector<float> golden;
        for (std::size_t r = 0; r < test::kGoldenRows; ++r) {
            const auto row = test::goldenRow(r);
            golden.insert(golden.end(), row.begin(), row.end());
        }
        const auto goldenWeights = test::goldenImportance();
        if (traits.importance != ImportanceUse::Required)
            compare(format, golden, test::kGoldenColumns, nullptr, QStringLiteral("golden, plain"));
        compare(format, golden, test::kGoldenColumns, goldenWeights.data(), QStringLiteral("golden, importance"));

        // Several kinds of rows in one call, so that unlike rows meet in one vector; every row length up to a few blocks.
        const std::size_t block = traits.blockLength > 1 ? traits.blockLength : 32;
        test::SplitMix random(static_cast<std::uint64_t>(type) + 1);
        std::size_t length = 0;
        for (const auto& importanceKind : test::importanceKinds()) {
            const std::size_t columns = block * (1 + length++ % (block == 256 ? 3 : 17));
            std::vector<float> rows;
            for (const auto& kind : test::rowKinds()) {
                if (kind.overflows && traits.kind == TensorTypeKind::IQ) continue;
                const auto row = test::randomRow(kind, columns, random);
                rows.insert(rows.end(), row.begin(), row.end());
            }
            const auto importance = test::randomImportance(importanceKind, columns, random);
            if (traits.importance != ImportanceUse::Required)
                compare(format, rows, columns, nullptr, QStringLiteral("%1 columns, plain").arg(columns));
            compare(format, rows, columns, importance.data(),
                    QStringLiteral("%1 columns, importance %2")
                        .arg(columns)
                        .arg(QLatin1String(importanceKind.name.data(), qsizetype(importanceKind.name.size()))));
        }
    }

    /// The search compares errors of trials that are added up by vector instructions.
    void searchIsTheSameForEveryTarget_data() { addTypesAndTargets(); }
    void searchIsTheSameForEveryTarget()
    {
        QFETCH(int, type);
        QFETCH(qlonglong, target);
        const auto& traits = *traitsForId(static_cast<std::uint32_t>(type));
        const Quantizer& search = *findQuantizer("search");
        if (!search.supports(traits.type)) return;
        const std::size_t columns = 512;
        test::SplitMix random(static_cast<std::uint64_t>(type) + 77);
        for (const auto& importanceKind : test::importanceKinds()) {
            const auto importance = test::randomImportance(importanceKind, columns, random);
            for (const auto& kind : test::rowKinds()) {
                if (kind.overflows) continue;
                const auto row = test::randomRow(kind, columns, random);
                RowBatch batch;
                batch.values = row.data();
                batch.rowCount = 1;
                batch.columns = columns;
                batch.importance = importance.data();
                std::vector<std::byte> here(columns / traits.blockLength * traits.blockBytes);
                std::vector<std::byte> anywhere(here.size());
                hwy::SetSupportedTargetsForTest(target);
                QVERIFY(search.quantize(batch, traits.type, here));
                hwy::SetSupportedTargetsForTest(HWY_STATIC_TARGET);
                QVERIFY(search.quantize(batch, traits.type, anywhere));
                QVERIFY(here == anywhere);
            }
        }
    }

    void vectorDecodersEqualScalarOnes_data() { addTypesAndTargets(); }
    /// Random bytes: every scale, infinite and NaN ones too.
    void vectorDecodersEqualScalarOnes()
    {
        QFETCH(int, type);
        QFETCH(qlonglong, target);
        const auto& traits = *traitsForId(static_cast<std::uint32_t>(type));
        const BlockFormat& format = *findBlockFormat(traits.type);
        hwy::SetSupportedTargetsForTest(target);
        // All 16-bit values; rows of several odd lengths for the types without blocks.
        const std::size_t blocks = traits.blockBytes == 2 ? 65536 : 1500;
        std::vector<std::byte> bytes(blocks * traits.blockBytes + 1);
        test::SplitMix random(3);
        for (auto& b : bytes) b = static_cast<std::byte>(random.next());
        for (std::uint32_t i = 0; traits.blockBytes == 2 && i < 65536; ++i)
            std::memcpy(bytes.data() + 1 + 2 * std::size_t{i}, &i, 2);
        for (const std::size_t count : {blocks, std::size_t{1}, std::size_t{3}, std::size_t{21}}) {
            const std::size_t columns = count * traits.blockLength;
            std::vector<float> fast(columns);
            std::vector<float> scalar(columns);
            format.decodeRow(bytes.data() + 1, fast.data(), columns);
            format.decodeRowScalar(bytes.data() + 1, scalar.data(), columns);
            for (std::size_t i = 0; i < columns; ++i)
                if (std::bit_cast<std::uint32_t>(fast[i]) != std::bit_cast<std::uint32_t>(scalar[i]) &&
                    !(std::isnan(fast[i]) && std::isnan(scalar[i])))
                    QFAIL(qPrintable(QStringLiteral("value %1 of %2 is %3, the scalar code has %4")
                                         .arg(i)
                                         .arg(columns)
                                         .arg(fast[i])
                                         .arg(scalar[i])));
        }
    }
};

QTEST_APPLESS_MAIN(TestVectorFormats)
#include "tst_vector_formats.moc"
