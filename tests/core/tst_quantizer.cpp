// SPDX-License-Identifier: MIT
// What every method refuses, and that the default method hands on what the formats encode.
#include <QtTest>

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "formats/block_format.h"
#include "methods/quantizer.h"
#include "tests/support/golden_rows.h"

using ww::RowBatch;
using ww::TensorType;

namespace {

constexpr std::size_t kColumns = 256;

struct Input {
    std::vector<float> values = std::vector<float>(3 * kColumns, 0.25F);
    std::vector<float> importance = std::vector<float>(kColumns, 1.0F);
    TensorType format = TensorType::Q4_K;
    std::size_t columns = kColumns;

    ww::Result<void> quantize(std::vector<std::byte>& out) const
    {
        out.resize(3 * static_cast<std::size_t>(ww::rowBytes(format, columns).value_or(0)));
        RowBatch batch;
        batch.values = values.data();
        batch.rowCount = 3;
        batch.columns = columns;
        batch.importance = importance.empty() ? nullptr : importance.data();
        batch.firstRow = 100;
        return ww::findQuantizer(ww::kDefaultMethod)->quantize(batch, format, out);
    }
};

}  // namespace

class TestQuantizer : public QObject {
    Q_OBJECT
private slots:
    void registryIsConsistent()
    {
        QVERIFY(!ww::quantizers().empty());
        QCOMPARE(ww::quantizers().front()->name(), ww::kDefaultMethod);
        std::set<std::string_view> names;
        for (const auto* quantizer : ww::quantizers()) {
            QVERIFY(names.insert(quantizer->name()).second);
            QCOMPARE(ww::findQuantizer(quantizer->name()), quantizer);
            QVERIFY(!quantizer->title().empty() && !quantizer->description().empty());
            QVERIFY(!quantizer->supports(TensorType::I32) && !quantizer->supports(TensorType::Q8_K));
        }
        QVERIFY(ww::findQuantizer("no such method") == nullptr);
        QVERIFY(ww::findQuantizer("reference")->supports(TensorType::Q4_K));
    }

    void writesWhatTheFormatEncodes()
    {
        for (const auto& traits : ww::allTensorTypes()) {
            const auto& quantizer = *ww::findQuantizer("reference");
            if (!quantizer.supports(traits.type)) continue;
            for (const bool weighted : {false, true}) {
                if (!weighted && traits.importance == ww::ImportanceUse::Required) continue;
                Input input;
                input.format = traits.type;
                for (std::size_t r = 0; r < 3; ++r) {
                    const auto row = ww::test::goldenRow(r);
                    std::copy_n(row.begin(), kColumns, input.values.begin() + static_cast<std::ptrdiff_t>(r * kColumns));
                }
                const auto importance = ww::test::goldenImportance();
                input.importance.assign(importance.begin(), importance.begin() + kColumns);
                if (!weighted) input.importance.clear();
                std::vector<std::byte> out;
                const auto result = input.quantize(out);
                QVERIFY2(result.has_value(), result ? "" : result.error().message.c_str());
                std::vector<std::byte> expected(out.size());
                const std::size_t bytes = out.size() / 3;
                for (std::size_t r = 0; r < 3; ++r)
                    ww::findBlockFormat(traits.type)
                        ->encodeRow(input.values.data() + r * kColumns, expected.data() + r * bytes, kColumns,
                                    weighted ? input.importance.data() : nullptr);
                QCOMPARE(out, expected);
            }
        }
    }

    void refusesInWords_data()
    {
        QTest::addColumn<int>("index");  // into values, or −1 − column of the importance
        QTest::addColumn<float>("value");
        QTest::addColumn<TensorType>("format");
        QTest::addColumn<QStringList>("words");
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float infinity = std::numeric_limits<float>::infinity();
        QTest::newRow("NaN") << 256 + 7 << nan << TensorType::Q4_K << QStringList{"row 101", "column 7", "NaN"};
        QTest::newRow("NaN in the last place") << 767 << nan << TensorType::Q8_0 << QStringList{"row 102", "column 255", "NaN"};
        QTest::newRow("infinity") << 0 << infinity << TensorType::Q6_K << QStringList{"row 100", "column 0", "infinite"};
        QTest::newRow("minus infinity") << 513 << -infinity << TensorType::F16 << QStringList{"row 102", "column 1", "infinite"};
        QTest::newRow("NaN importance") << -1 - 9 << nan << TensorType::Q4_K << QStringList{"importance of column 9", "NaN"};
        QTest::newRow("infinite importance") << -1 << infinity << TensorType::Q8_0
                                             << QStringList{"importance of column 0", "infinite"};
        QTest::newRow("negative importance") << -256 << -1e-30F << TensorType::Q4_0
                                             << QStringList{"importance of column 255", "negative"};
        QTest::newRow("too large for a half")
            << 256 + 33 << 70000.0F << TensorType::F16 << QStringList{"row 101", "column 33", "too large for F16"};
        QTest::newRow("scale too large") << 40 << 9e6F << TensorType::Q8_0
                                         << QStringList{"row 100", "columns 32 to 63", "too large for Q8_0"};
        QTest::newRow("scale of a K block too large")
            << 600 << 3e9F << TensorType::Q6_K << QStringList{"row 102", "columns 0 to 255", "Q6_K"};
    }
    void refusesInWords()
    {
        QFETCH(int, index);
        QFETCH(float, value);
        QFETCH(TensorType, format);
        QFETCH(QStringList, words);
        Input input;
        input.format = format;
        if (index < 0)
            input.importance[static_cast<std::size_t>(-1 - index)] = value;
        else
            input.values[static_cast<std::size_t>(index)] = value;
        std::vector<std::byte> out;
        const auto result = input.quantize(out);
        QVERIFY(!result);
        const QString message = QString::fromStdString(result.error().message);
        for (const QString& word : words) QVERIFY2(message.contains(word), qPrintable(message));
        QVERIFY2(message.endsWith('.'), qPrintable(message));
    }

    void refusesWhatTheFormatCannotHold()
    {
        Input input;
        std::vector<std::byte> out;
        input.columns = 100;
        auto result = input.quantize(out);
        QVERIFY(!result);
        QCOMPARE(result.error().code, ww::ErrorCode::InvalidArgument);
        QVERIFY(result.error().message.find("multiple of 256") != std::string::npos);

        input = Input();
        input.format = TensorType::Q8_K;
        QCOMPARE(input.quantize(out).error().code, ww::ErrorCode::Unsupported);
        input.format = TensorType::I32;
        QCOMPARE(input.quantize(out).error().code, ww::ErrorCode::Unsupported);
    }

    void typesThatNeedImportanceRefuseWithoutIt()
    {
        for (const auto& traits : ww::allTensorTypes()) {
            if (!ww::findQuantizer("reference")->supports(traits.type)) continue;
            Input input;
            input.format = traits.type;
            input.importance.clear();
            std::vector<std::byte> out;
            const auto result = input.quantize(out);
            const bool required = traits.importance == ww::ImportanceUse::Required;
            QCOMPARE(result.has_value(), !required);
            if (required) QVERIFY(result.error().message.find("needs importance") != std::string::npos);
        }
    }
};

QTEST_APPLESS_MAIN(TestQuantizer)
#include "tst_quantizer.moc"
