// SPDX-License-Identifier: MIT
// The IQ formats against the bytes that llama.cpp v0.5.0 writes for the same rows (tests/golden/iq-formats.json).
#include <QtTest>

#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstring>
#include <vector>

#include "formats/iq1.h"
#include "formats/iq4.h"
#include "formats/iq_codebooks.h"
#include "formats/iq_lattice.h"
#include "tests/support/paths.h"

using namespace ww;

namespace {

constexpr std::size_t kRows = 8;
constexpr std::size_t kColumns = 1024;

/// The generator that tests/golden/iq-formats.md describes.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next()
    {
        m_state += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24F; }
    float bell()
    {
        const std::uint64_t a = next();
        const std::uint64_t b = next();
        std::int64_t t = 0;
        for (int i = 0; i < 4; ++i)
            t += static_cast<std::int64_t>((a >> (16 * i)) & 0xFFFF) + static_cast<std::int64_t>((b >> (16 * i)) & 0xFFFF);
        return static_cast<float>(t - 262140) * 0x1p-16F;
    }

private:
    std::uint64_t m_state;
};

void fillMixedRow(Generator& g, float* x)
{
    for (std::size_t i = 0; i < kColumns; i += 16) {
        const auto e = static_cast<int>(g.next() % 28);
        const float f = e >= 24 ? 0.0F : std::ldexp(1.0F, -e);
        for (std::size_t k = 0; k < 16; ++k) x[i + k] = g.bell() * f;
    }
    for (std::size_t i = 0; i < kColumns; i += 32)
        if (g.next() % 8 == 0) std::fill(x + i, x + i + 32, 0.0F);
}

std::vector<float> goldenRows()
{
    std::vector<float> rows(kRows * kColumns);
    Generator g(0x1234);
    float* x = rows.data();
    for (std::size_t i = 0; i < kColumns; ++i) x[i] = g.bell() * 0x1p-5F;
    x += kColumns;
    for (std::size_t i = 0; i < kColumns; ++i) {
        const float b = g.bell();
        const float c = b * b;
        x[i] = (c * b) * 0x1p-4F;
    }
    x += kColumns;
    std::fill(x, x + kColumns, g.bell() * 0x1p-3F);
    x += 2 * kColumns;  // row 3 stays zero
    for (std::size_t i = 0; i < kColumns; ++i) x[i] = g.bell() * 0x1p-6F;
    const std::size_t p = g.next() % kColumns;
    x[p] = g.next() % 2 == 1 ? 6.5F : -6.5F;
    x += kColumns;
    for (std::size_t i = 0; i < kColumns; i += 256) {
        const float f = std::ldexp(1.0F, -10 - static_cast<int>(g.next() % 130));
        for (std::size_t k = 0; k < 256; ++k) x[i + k] = g.bell() * f;
    }
    x += kColumns;
    fillMixedRow(g, x);
    x += kColumns;
    for (std::size_t i = 0; i < kColumns; ++i) {
        const int v = static_cast<int>(g.next() % 9) - 4;
        x[i] = v != 0 ? static_cast<float>(v) * 0.25F : (g.next() % 2 == 1 ? -0.0F : 0.0F);
    }
    return rows;
}

std::vector<float> goldenImportance()
{
    std::vector<float> q(kColumns);
    Generator g(0x5678);
    for (float& v : q) {
        const float u = g.uniform();
        v = u * u + 0x1p-10F;
        if (g.next() % 16 == 0) v = 0;
    }
    return q;
}

QByteArray sha256(const void* data, std::size_t bytes)
{
    return QCryptographicHash::hash(QByteArrayView(static_cast<const char*>(data), static_cast<qsizetype>(bytes)),
                                    QCryptographicHash::Sha256)
        .toHex();
}

struct Codec {
    const char* name;
    std::size_t bytesPerBlock;
    std::size_t block;
    void (*decode)(const std::byte*, float*, std::size_t);
    void (*encode)(const float*, std::byte*, std::size_t, const float*);
};

constexpr Codec kCodecs[] = {
    {"iq4_nl", kIq4NlBytes, 32, decodeRowIq4Nl, encodeRowIq4Nl},
    {"iq4_xs", kIq4XsBytes, 256, decodeRowIq4Xs, encodeRowIq4Xs},
    {"iq3_s", kIq3SBytes, 256, decodeRowIq3S, encodeRowIq3S},
    {"iq3_xxs", kIq3XxsBytes, 256, decodeRowIq3Xxs, encodeRowIq3Xxs},
    {"iq2_s", kIq2SBytes, 256, decodeRowIq2S, encodeRowIq2S},
    {"iq2_xs", kIq2XsBytes, 256, decodeRowIq2Xs, encodeRowIq2Xs},
    {"iq2_xxs", kIq2XxsBytes, 256, decodeRowIq2Xxs, encodeRowIq2Xxs},
    {"iq1_s", kIq1SBytes, 256, decodeRowIq1S, encodeRowIq1S},
    {"iq1_m", kIq1MBytes, 256, decodeRowIq1M, encodeRowIq1M},
};

}  // namespace

class TestIqFormats : public QObject {
    Q_OBJECT
    QJsonObject m_golden;

private slots:
    void initTestCase()
    {
        QFile file(QString::fromStdString((test::sourceDir() / "tests/golden/iq-formats.json").string()));
        QVERIFY2(file.open(QIODevice::ReadOnly), "tests/golden/iq-formats.json must be readable");
        m_golden = QJsonDocument::fromJson(file.readAll()).object();
        const auto rows = goldenRows();
        QCOMPARE(sha256(rows.data(), rows.size() * sizeof(float)), m_golden[QStringLiteral("input_sha256")].toString().toLatin1());
        const auto importance = goldenImportance();
        QCOMPARE(sha256(importance.data(), importance.size() * sizeof(float)),
                 m_golden[QStringLiteral("importance_sha256")].toString().toLatin1());
    }

    void bytesEqualGoldenVectors_data()
    {
        QTest::addColumn<int>("codec");
        QTest::addColumn<bool>("withImportance");
        QTest::addColumn<QString>("vector");
        for (int c = 0; c < static_cast<int>(std::size(kCodecs)); ++c)
            for (const bool importance : {false, true}) {
                const QString vector =
                    QLatin1String(kCodecs[c].name) + (importance ? QLatin1String("-importance") : QLatin1String("-none"));
                if (!importance && (vector.startsWith(QLatin1String("iq2_x")) || vector.startsWith(QLatin1String("iq1_s"))))
                    continue;
                QTest::newRow(qPrintable(vector)) << c << importance << vector;
            }
    }
    void bytesEqualGoldenVectors()
    {
        QFETCH(int, codec);
        QFETCH(bool, withImportance);
        QFETCH(QString, vector);
        const Codec& c = kCodecs[codec];
        const QJsonObject golden = m_golden[QStringLiteral("vectors")].toObject()[vector].toObject();
        QVERIFY2(!golden.isEmpty(), "the vector must be in the golden file");
        const auto rows = goldenRows();
        const auto importance = goldenImportance();
        const std::size_t rowBytes = kColumns / c.block * c.bytesPerBlock;
        QCOMPARE(static_cast<int>(rowBytes), golden[QStringLiteral("bytes_per_row")].toInt());
        std::vector<std::byte> bytes(kRows * rowBytes);
        std::vector<float> decoded(kRows * kColumns);
        for (std::size_t r = 0; r < kRows; ++r) {
            c.encode(rows.data() + r * kColumns, bytes.data() + r * rowBytes, kColumns,
                     withImportance ? importance.data() : nullptr);
            const auto expected =
                QByteArray::fromHex(golden[QStringLiteral("rows_hex")].toArray()[static_cast<int>(r)].toString().toLatin1());
            for (std::size_t i = 0; i < rowBytes; ++i)
                if (static_cast<std::uint8_t>(expected[static_cast<qsizetype>(i)]) !=
                    static_cast<std::uint8_t>(bytes[r * rowBytes + i]))
                    QFAIL(qPrintable(QStringLiteral("row %1, byte %2 of %3 differs").arg(r).arg(i).arg(rowBytes)));
            c.decode(bytes.data() + r * rowBytes, decoded.data() + r * kColumns, kColumns);
        }
        QCOMPARE(sha256(bytes.data(), bytes.size()), golden[QStringLiteral("sha256")].toString().toLatin1());
        QCOMPARE(sha256(decoded.data(), decoded.size() * sizeof(float)),
                 golden[QStringLiteral("dequantized_sha256")].toString().toLatin1());
    }

    void codebooksHaveTheirStructure_data()
    {
        QTest::addColumn<int>("book");
        QTest::addColumn<int>("count");
        QTest::addColumn<quint32>("checksum");
        QTest::addColumn<int>("offGrid");
        QTest::addColumn<int>("listLength");
        QTest::newRow("iq2_xxs") << int(IqCodebook::Iq2Xxs) << 256 << 103922156U << 6305 << 113157;
        QTest::newRow("iq2_xs") << int(IqCodebook::Iq2Xs) << 512 << 447791824U << 6049 << 181721;
        QTest::newRow("iq2_s") << int(IqCodebook::Iq2S) << 1024 << 1792062760U << 5537 << 44716;
        QTest::newRow("iq1") << int(IqCodebook::Iq1) << 2048 << 424337342U << 4513 << 327721;
        QTest::newRow("iq3_xxs") << int(IqCodebook::Iq3Xxs) << 256 << 71784388U << 3840 << 18985;
        QTest::newRow("iq3_s") << int(IqCodebook::Iq3S) << 512 << 282122336U << 3584 << 24733;
    }
    void codebooksHaveTheirStructure()
    {
        QFETCH(int, book);
        QFETCH(int, count);
        QFETCH(quint32, checksum);
        QFETCH(int, offGrid);
        QFETCH(int, listLength);
        const auto entries = iqCodebook(static_cast<IqCodebook>(book));
        QCOMPARE(static_cast<int>(entries.size()), count);
        quint32 sum = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            sum += static_cast<quint32>(i + 1) * entries[i];
            QVERIFY(i == 0 || entries[i] > entries[i - 1]);
        }
        QCOMPARE(sum, checksum);
        const IqGrid& grid = IqGrid::get(static_cast<IqCodebook>(book));
        const std::uint32_t codes = grid.base() == 3 ? 6561 : 4096;
        int off = 0;
        std::size_t length = 0;
        for (std::uint32_t code = 0; code < codes; ++code)
            if (grid.indexOf(code) < 0) {
                ++off;
                length += grid.neighbours(code).size();
            }
        QCOMPARE(off, offGrid);
        QCOMPARE(static_cast<int>(length), listLength);
    }

    void correctedIq3SStoresEveryRunInItsPlace()
    {
        std::vector<float> row(256);
        Generator g(7);
        for (float& v : row) v = g.bell() * 0x1p-5F;
        std::fill(row.begin() + 32, row.begin() + 64, 0.0F);
        QVERIFY(iq3SDefectApplies(row.data(), row.size()));
        std::vector<std::byte> bytes(kIq3SBytes);
        std::vector<float> decoded(256);
        const auto relativeError = [&] {
            decodeRowIq3S(bytes.data(), decoded.data(), 256);
            double error = 0;
            double power = 0;
            for (std::size_t i = 64; i < 256; ++i) {
                error += (decoded[i] - row[i]) * (decoded[i] - row[i]);
                power += row[i] * row[i];
            }
            return std::sqrt(error / power);
        };
        encodeRowIq3S(row.data(), bytes.data(), 256, nullptr);
        QVERIFY(relativeError() > 0.8);
        encodeRowIq3SCorrected(row.data(), bytes.data(), 256, nullptr);
        QVERIFY(relativeError() < 0.25);
        std::fill(row.begin() + 32, row.begin() + 64, 0.01F);
        QVERIFY(!iq3SDefectApplies(row.data(), row.size()));
    }
};

QTEST_APPLESS_MAIN(TestIqFormats)
#include "tst_iq_formats.moc"
