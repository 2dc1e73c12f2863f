// SPDX-License-Identifier: MIT
// Every format against llama.cpp's own library: random rows of many kinds, plain and with importance, and random blocks
// decoded. Not one byte may differ.
#include <QtTest>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "formats/block_format.h"
#include "tests/support/llama_formats.h"
#include "tests/support/random_rows.h"

using ww::BlockFormat;
using ww::TensorType;
using ww::test::LlamaFormats;

namespace {

constexpr int kRowsPerMode = 1000;

void addFormats()
{
    QTest::addColumn<TensorType>("type");
    for (const auto& traits : ww::allTensorTypes())
        if (ww::findBlockFormat(traits.type)) QTest::newRow(std::string(traits.name).c_str()) << traits.type;
}

bool isIq(TensorType type)
{
    return ww::traits(type).kind == ww::TensorTypeKind::IQ;
}

/// Lengths from one block to a few; types with short blocks also get rows that are not multiples of 256.
std::size_t columnsFor(TensorType type, int n)
{
    const std::size_t length = ww::traits(type).blockLength;
    if (length == 256) return length * static_cast<std::size_t>(1 + n % 4);
    constexpr std::size_t kLengths[] = {128, 384, 640, 1024, 1152};
    if (length <= 32 && n % 5 == 4) return 32 * static_cast<std::size_t>(1 + n % 7);
    return kLengths[static_cast<std::size_t>(n) % std::size(kLengths)];
}

}  // namespace

class TestFormatBytes : public QObject {
    Q_OBJECT

    const LlamaFormats* m_llama = nullptr;

    void compareMode(const BlockFormat& format, bool weighted)
    {
        ww::test::SplitMix random(77 + static_cast<unsigned>(format.type));
        const auto kinds = ww::test::rowKinds();
        const auto importances = ww::test::importanceKinds();
        for (int n = 0; n < kRowsPerMode; ++n) {
            const auto& kind = kinds[static_cast<std::size_t>(n) % kinds.size()];
            // llama.cpp ends the process when no point of an IQ codebook has a finite error.
            if (isIq(format.type) && kind.overflows) continue;
            const auto& importanceKind = importances[static_cast<std::size_t>(n) / kinds.size() % importances.size()];
            const std::size_t columns = columnsFor(format.type, n / static_cast<int>(kinds.size()));
            const auto row = ww::test::randomRow(kind, columns, random);
            const auto importance = ww::test::randomImportance(importanceKind, columns, random);
            const float* weights = weighted ? importance.data() : nullptr;
            const auto bytes = static_cast<std::size_t>(ww::rowBytes(format.type, columns).value());
            std::vector<std::byte> ours(bytes);
            std::vector<std::byte> scalar(bytes);
            std::vector<std::byte> theirs(bytes);
            format.encodeRows(row.data(), ours.data(), 1, columns, weights);
            format.encodeRow(row.data(), scalar.data(), columns, weights);
            m_llama->encodeRows(format.type, row.data(), theirs.data(), 1, columns, weights);
            const auto report = [&](const std::vector<std::byte>& bad, const char* what) {
                std::size_t at = 0;
                while (bad[at] == theirs[at]) ++at;
                return QString("%1: %2 row of %3 values, importance %4: byte %5 is %6, llama.cpp has %7")
                    .arg(what, QString::fromStdString(std::string(kind.name)))
                    .arg(columns)
                    .arg(weighted ? QString::fromStdString(std::string(importanceKind.name)) : "none")
                    .arg(at)
                    .arg(static_cast<int>(bad[at]))
                    .arg(static_cast<int>(theirs[at]));
            };
            if (scalar != theirs) QFAIL(qPrintable(report(scalar, "scalar code")));
            if (ours != theirs) QFAIL(qPrintable(report(ours, "vector code")));
        }
    }

private slots:
    void initTestCase()
    {
        std::string reason;
        m_llama = LlamaFormats::load(reason);
        if (!m_llama) QSKIP(("Skipped: " + reason + ".").c_str());
    }

    void encodePlain_data() { addFormats(); }
    void encodePlain()
    {
        QFETCH(TensorType, type);
        if (type == TensorType::F32) return;  // llama.cpp copies
        if (ww::traits(type).importance == ww::ImportanceUse::Required) return;
        m_llama->prepare(type);
        compareMode(*ww::findBlockFormat(type), false);
    }

    void encodeWithImportance_data() { addFormats(); }
    void encodeWithImportance()
    {
        QFETCH(TensorType, type);
        if (type == TensorType::F32) return;
        m_llama->prepare(type);
        compareMode(*ww::findBlockFormat(type), true);
    }

    void decode_data() { addFormats(); }
    void decode()
    {
        QFETCH(TensorType, type);
        const BlockFormat& format = *ww::findBlockFormat(type);
        // Enough 16-bit values to meet every pattern, and enough random blocks to meet every scale byte.
        const bool exhaustive = ww::traits(type).blockBytes == 2;
        const std::size_t blocks = exhaustive ? 65536 : 2000;
        const std::size_t columns = blocks * ww::traits(type).blockLength;
        std::vector<std::byte> bytes(static_cast<std::size_t>(ww::rowBytes(type, columns).value()));
        ww::test::SplitMix random(9);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.next());
        for (std::uint32_t i = 0; exhaustive && i < 65536; ++i) std::memcpy(bytes.data() + 2 * std::size_t{i}, &i, 2);
        std::vector<float> ours(columns);
        std::vector<float> theirs(columns);
        if (!m_llama->decodeRow(type, bytes.data(), theirs.data(), columns)) return;
        format.decodeRow(bytes.data(), ours.data(), columns);
        for (std::size_t i = 0; i < columns; ++i) {
            if (std::isnan(ours[i]) && std::isnan(theirs[i])) continue;
            if (std::bit_cast<std::uint32_t>(ours[i]) != std::bit_cast<std::uint32_t>(theirs[i]))
                QFAIL(qPrintable(
                    QString("value %1 is %2, llama.cpp has %3").arg(i).arg(ours[i], 0, 'g', 9).arg(theirs[i], 0, 'g', 9)));
        }
    }
};

QTEST_APPLESS_MAIN(TestFormatBytes)
#include "tst_format_bytes.moc"
