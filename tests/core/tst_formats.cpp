// SPDX-License-Identifier: MIT
// Every format against bytes measured from llama.cpp, and against its own rules.
#include <QFile>
#include <QtTest>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "formats/block_format.h"
#include "tensor/float_convert.h"
#include "tests/support/golden_rows.h"
#include "tests/support/paths.h"

using ww::BlockFormat;
using ww::TensorType;
using ww::test::goldenImportance;
using ww::test::goldenRow;
using ww::test::kGoldenColumns;
using ww::test::kGoldenRows;

namespace {

std::size_t bytesOf(TensorType type, std::size_t columns)
{
    return static_cast<std::size_t>(ww::rowBytes(type, columns).value());
}

std::vector<std::byte> encode(const BlockFormat& format, const std::vector<float>& row, const float* importance)
{
    std::vector<std::byte> bytes(bytesOf(format.type, row.size()));
    format.encodeRow(row.data(), bytes.data(), row.size(), importance);
    return bytes;
}

std::vector<float> decode(const BlockFormat& format, const std::vector<std::byte>& bytes, std::size_t columns)
{
    std::vector<float> row(columns);
    format.decodeRow(bytes.data(), row.data(), columns);
    return row;
}

QByteArray hex(const std::vector<std::byte>& bytes, std::size_t count)
{
    return QByteArray(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(std::min(count, bytes.size()))).toHex();
}

std::vector<const BlockFormat*> allFormats()
{
    std::vector<const BlockFormat*> formats;
    for (const auto& traits : ww::allTensorTypes())
        if (const BlockFormat* format = ww::findBlockFormat(traits.type)) formats.push_back(format);
    return formats;
}

void addFormatColumns()
{
    QTest::addColumn<const BlockFormat*>("format");
    for (const BlockFormat* format : allFormats()) QTest::newRow(std::string(ww::name(format->type)).c_str()) << format;
}

QList<QByteArray> goldenLines()
{
    QFile file(QString::fromStdString((ww::test::sourceDir() / "tests/golden/block_formats.tsv").string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split('\n') : QList<QByteArray>();
}

}  // namespace

Q_DECLARE_METATYPE(const BlockFormat*)

class TestFormats : public QObject {
    Q_OBJECT
private slots:
    void generatorsMakeTheMeasuredInputs()
    {
        std::vector<float> inputs;
        for (std::size_t r = 0; r < kGoldenRows; ++r) {
            const auto row = goldenRow(r);
            inputs.insert(inputs.end(), row.begin(), row.end());
        }
        const auto lines = goldenLines();
        QVERIFY(lines.size() > 2);
        QCOMPARE("# inputs sha256 " + ww::test::sha256Of(inputs), lines[0]);
        QCOMPARE("# weights sha256 " + ww::test::sha256Of(goldenImportance()), lines[1]);
    }

    void goldenBytes_data()
    {
        QTest::addColumn<QList<QByteArray>>("fields");
        for (const QByteArray& line : goldenLines()) {
            if (line.isEmpty() || line.startsWith('#')) continue;
            const auto fields = line.split('\t');
            const auto* traits = ww::traitsForId(fields[0].toUInt());
            if (!traits || !ww::findBlockFormat(traits->type)) continue;
            QTest::addRow("%s %s row %s", fields[1].constData(), fields[2].constData(), fields[3].constData()) << fields;
        }
    }
    void goldenBytes()
    {
        QFETCH(QList<QByteArray>, fields);
        QCOMPARE(fields.size(), 9);
        const BlockFormat& format = *ww::findBlockFormat(static_cast<TensorType>(fields[0].toUInt()));
        const auto row = goldenRow(fields[3].toULong());
        const auto importance = goldenImportance();
        const auto bytes = encode(format, row, fields[2] == "weights" ? importance.data() : nullptr);
        QCOMPARE(bytes.size(), static_cast<std::size_t>(fields[4].toULong()));
        QCOMPARE(hex(bytes, static_cast<std::size_t>(fields[8].size() / 2)), fields[8]);
        QCOMPARE(ww::test::sha256Of(bytes), fields[6]);
        QCOMPARE(ww::test::sha256Of(decode(format, bytes, row.size())), fields[7]);
    }

    void goldenFactsExistForEveryFormatButTheirOwn()
    {
        QList<QByteArray> ids;
        for (const QByteArray& line : goldenLines()) ids.append(line.split('\t').first());
        for (const BlockFormat* format : allFormats()) {
            if (format->type == TensorType::F32 || ww::traits(format->type).kind == ww::TensorTypeKind::IQ) continue;
            QVERIFY2(ids.contains(QByteArray::number(static_cast<unsigned>(format->type))),
                     std::string(ww::name(format->type)).c_str());
        }
    }

    void blocksOfARowAreIndependent_data() { addFormatColumns(); }
    /// Rows of one to five blocks: each block is what it is alone (plain encoders look at nothing else).
    void blocksOfARowAreIndependent()
    {
        QFETCH(const BlockFormat*, format);
        if (ww::traits(format->type).importance == ww::ImportanceUse::Required) return;
        const std::size_t length = ww::traits(format->type).blockLength;
        const auto source = goldenRow(7);
        for (std::size_t blocks = 1; blocks <= 5; ++blocks) {
            std::vector<float> row;
            for (std::size_t i = 0; i < blocks * length; ++i) row.push_back(source[i % source.size()]);
            std::vector<std::byte> joined;
            for (std::size_t b = 0; b < blocks; ++b) {
                const auto begin = row.begin() + static_cast<std::ptrdiff_t>(b * length);
                const auto one = encode(*format, std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(length)), nullptr);
                joined.insert(joined.end(), one.begin(), one.end());
            }
            QCOMPARE(encode(*format, row, nullptr), joined);
        }
    }

    void severalRowsAreTheRowsOneByOne_data() { addFormatColumns(); }
    void severalRowsAreTheRowsOneByOne()
    {
        QFETCH(const BlockFormat*, format);
        const auto importance = goldenImportance();
        for (const std::size_t columns : {std::size_t{256}, std::size_t{512}, std::size_t{1024}}) {
            const std::size_t bytes = bytesOf(format->type, columns);
            std::vector<float> rows;
            for (std::size_t r = 0; r < kGoldenRows; ++r) {
                const auto row = goldenRow(r);
                rows.insert(rows.end(), row.begin(), row.begin() + static_cast<std::ptrdiff_t>(columns));
            }
            for (const float* weights : {static_cast<const float*>(nullptr), importance.data()}) {
                if (!weights && ww::traits(format->type).importance == ww::ImportanceUse::Required) continue;
                std::vector<std::byte> together(bytes * kGoldenRows);
                std::vector<std::byte> single(bytes * kGoldenRows);
                format->encodeRows(rows.data(), together.data(), kGoldenRows, columns, weights);
                for (std::size_t r = 0; r < kGoldenRows; ++r)
                    format->encodeRow(rows.data() + r * columns, single.data() + r * bytes, columns, weights);
                QCOMPARE(together, single);
            }
        }
    }

    void zeroesStayZero_data() { addFormatColumns(); }
    void zeroesStayZero()
    {
        QFETCH(const BlockFormat*, format);
        const std::vector<float> row(512, 0.0F);
        const std::vector<float> importance(512, 1.0F);
        for (const float value : decode(*format, encode(*format, row, importance.data()), row.size())) QVERIFY(value == 0);
    }

    void anyBytesCanBeDecoded_data() { addFormatColumns(); }
    /// Random bytes, at an odd address; the sanitizer presets see any access outside.
    void anyBytesCanBeDecoded()
    {
        QFETCH(const BlockFormat*, format);
        ww::test::SplitMix random(5);
        for (const std::size_t blocks : {1U, 2U, 7U}) {
            const std::size_t columns = blocks * ww::traits(format->type).blockLength;
            const std::size_t bytes = bytesOf(format->type, columns);
            std::vector<std::byte> shifted(bytes + 1);
            for (auto& b : shifted) b = static_cast<std::byte>(random.next());
            const std::vector<std::byte> aligned(shifted.begin() + 1, shifted.end());
            std::vector<float> fromShifted(columns);
            format->decodeRow(shifted.data() + 1, fromShifted.data(), columns);
            const auto fromAligned = decode(*format, aligned, columns);
            QCOMPARE(ww::test::sha256Of(fromShifted), ww::test::sha256Of(fromAligned));
        }
    }

    void tooLargeValuesAreFound_data() { addFormatColumns(); }
    void tooLargeValuesAreFound()
    {
        QFETCH(const BlockFormat*, format);
        const std::size_t length = ww::traits(format->type).blockLength;
        std::vector<float> row(3 * length, 0.5F);
        const std::vector<float> importance(row.size(), 1.0F);
        QVERIFY(!format->findInvalid(encode(*format, row, importance.data()).data(), row.size()));
        row[length] = 3e9F;
        const auto found = format->findInvalid(encode(*format, row, importance.data()).data(), row.size());
        using enum TensorType;
        // Their scales reach as far as F32 itself, or stop at the largest one they have.
        const bool wide = format->type == F32 || format->type == BF16 || format->type == MXFP4 || format->type == NVFP4;
        if (wide)
            QVERIFY(!found);
        else
            QCOMPARE(found.value_or(0), length);
    }

    void everyTypeIsDescribed()
    {
        for (const auto& traits : ww::allTensorTypes())
            QVERIFY2(qstrlen(ww::describe(traits.type)) > 10, std::string(traits.name).c_str());
    }

    void decodeRowsChecksItsInput()
    {
        const std::vector<std::byte> bytes(bytesOf(TensorType::Q4_0, 64));
        std::vector<float> out(64);
        QVERIFY(ww::decodeRows(TensorType::Q4_0, bytes, 0, 1, 64, out.data()));
        QVERIFY(ww::decodeRows(TensorType::Q4_0, bytes, 1, 1, 32, out.data()));
        QCOMPARE(ww::decodeRows(TensorType::Q4_0, bytes, 1, 1, 64, out.data()).error().code, ww::ErrorCode::Corrupt);
        QCOMPARE(ww::decodeRows(TensorType::Q4_0, bytes, 0, 1, 33, out.data()).error().code, ww::ErrorCode::Corrupt);
        QCOMPARE(ww::decodeRows(TensorType::Q4_0, bytes, ~std::size_t{0}, 2, 64, out.data()).error().code, ww::ErrorCode::Corrupt);
        QCOMPARE(ww::decodeRows(TensorType::I32, bytes, 0, 1, 1, out.data()).error().code, ww::ErrorCode::Unsupported);
        QVERIFY(ww::findBlockFormat(TensorType::Q8_K) == nullptr);
    }

    void everyHalfReturnsToItself()
    {
        for (std::uint32_t bits = 0; bits < 65536; ++bits) {
            const auto half = static_cast<std::uint16_t>(bits);
            const float value = ww::fromHalf(half);
            const auto bf = ww::fromBf16(half);
            if (std::isnan(value)) {
                QCOMPARE(ww::toHalf(value), static_cast<std::uint16_t>((bits & 0x8000U) | 0x7E00U));
            } else {
                QCOMPARE(ww::toHalf(value), half);
            }
            if (!std::isnan(bf)) QCOMPARE(ww::toBf16(bf), half);
        }
    }

    /// The nearest half, ties to even, by comparing with both neighbours of every finite half in exact arithmetic.
    void halvesRoundToNearestEven()
    {
        const auto expectNear = [](float value, std::uint16_t low) {
            const double below = ww::fromHalf(low);
            const double above = low == 0x7BFF ? 65536.0 : static_cast<double>(ww::fromHalf(static_cast<std::uint16_t>(low + 1)));
            const double middle = (below + above) / 2;
            const bool up = value > middle || (value == middle && (low & 1U) != 0);
            return static_cast<std::uint16_t>(up ? low + 1 : low);
        };
        for (std::uint32_t bits = 0; bits < 0x7C00U; ++bits) {
            const auto low = static_cast<std::uint16_t>(bits);
            const double below = ww::fromHalf(low);
            const double above = bits == 0x7BFF ? 65536.0 : static_cast<double>(ww::fromHalf(static_cast<std::uint16_t>(bits + 1)));
            const auto middle = static_cast<float>((below + above) / 2);
            for (const float value :
                 {static_cast<float>(below), std::nextafter(middle, 0.0F), middle, std::nextafter(middle, 1e9F)}) {
                QCOMPARE(ww::toHalf(value), expectNear(value, low));
                QCOMPARE(ww::toHalf(-value), static_cast<std::uint16_t>(expectNear(value, low) | 0x8000U));
            }
        }
        QCOMPARE(ww::toHalf(std::numeric_limits<float>::infinity()), std::uint16_t{0x7C00});
        QCOMPARE(ww::toHalf(3e38F), std::uint16_t{0x7C00});
        QCOMPARE(ww::toHalf(-0.0F), std::uint16_t{0x8000});
        QCOMPARE(ww::toHalf(std::numeric_limits<float>::denorm_min()), std::uint16_t{0});
    }

    void bfloat16RoundsToNearestEven()
    {
        const auto of = [](std::uint32_t bits) { return ww::toBf16(std::bit_cast<float>(bits)); };
        QCOMPARE(of(0x3F808000U), std::uint16_t{0x3F80});
        QCOMPARE(of(0x3F818000U), std::uint16_t{0x3F82});
        QCOMPARE(of(0x3F808001U), std::uint16_t{0x3F81});
        QCOMPARE(of(0x7F7FFFFFU), std::uint16_t{0x7F80});
        QCOMPARE(of(0x00000001U), std::uint16_t{0});
        QCOMPARE(of(0x80018000U), std::uint16_t{0x8002});
        QCOMPARE(of(0x7F800001U), std::uint16_t{0x7FC0});
    }
};

QTEST_APPLESS_MAIN(TestFormats)
#include "tst_formats.moc"
