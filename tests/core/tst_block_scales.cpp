// SPDX-License-Identifier: MIT
#include <QtTest>

#include <cmath>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "formats/block_format.h"
#include "formats/block_scales.h"
#include "jobs/block_view.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/golden_rows.h"
#include "tests/support/paths.h"

using namespace ww;

class TestBlockScales : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void scaleTimesCodeIsTheWeight_data()
    {
        QTest::addColumn<int>("type");
        for (const TensorTypeTraits& t : allTensorTypes())
            if (scaleGroupLength(t.type) > 0 && t.target) QTest::newRow(std::string(t.name).c_str()) << static_cast<int>(t.type);
    }

    void scaleTimesCodeIsTheWeight()
    {
        QFETCH(const int, type);
        const auto format = static_cast<TensorType>(type);
        constexpr std::size_t kColumns = 1024;
        const std::size_t group = scaleGroupLength(format);
        QCOMPARE(traits(format).blockLength % group, std::size_t{0});
        test::SplitMix random(7);
        std::vector<float> row(kColumns);
        for (float& v : row) v = static_cast<float>(random.bell() * 0.05);
        const std::vector<float> importance(kColumns, 1.0F);
        std::vector<std::byte> blocks(*rowBytes(format, kColumns));
        findBlockFormat(format)->encodeRow(row.data(), blocks.data(), kColumns, importance.data());
        std::vector<float> decoded(kColumns);
        findBlockFormat(format)->decodeRow(blocks.data(), decoded.data(), kColumns);

        std::vector<BlockScale> scales(kColumns / group);
        readBlockScales(format, blocks.data(), kColumns, scales);
        // IQ1 codes are shifted by an eighth.
        const double tolerance = format == TensorType::IQ1_S || format == TensorType::IQ1_M ? 0.126 : 0.002;
        int used = 0;
        for (std::size_t i = 0; i < kColumns; ++i) {
            const BlockScale& scale = scales[i / group];
            const int code = blockCode(scale, decoded[i]);
            used += code != 0;
            const double back = static_cast<double>(scale.scale) * code + static_cast<double>(scale.offset);
            const double error = std::abs(back - static_cast<double>(decoded[i]));
            QVERIFY2(error <= tolerance * std::abs(static_cast<double>(scale.scale)) + 1e-9,
                     qPrintable(QStringLiteral("element %1: %2 instead of %3").arg(i).arg(back).arg(decoded[i])));
        }
        QVERIFY(used > static_cast<int>(kColumns / 8));
    }

    void floatsHaveNoScales()
    {
        for (const TensorType type : {TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::I32})
            QCOMPARE(scaleGroupLength(type), std::size_t{0});
    }

    void viewsRowsOfAModel()
    {
        const auto model = openModel(test::sampleModel());
        QVERIFY(model.has_value());
        const TensorInfo* tensor = (*model)->find("blk.0.ffn_down.weight");
        QVERIFY(tensor);
        ThreadPool pool(1);
        const auto view = viewBlocks(**model, *tensor, TensorType::Q4_K, "", 250, 64, {pool});
        QVERIFY(view.has_value());
        QCOMPARE(view->firstRow, std::uint64_t{250});
        QCOMPARE(view->rows, std::size_t{6});  // the tensor ends
        QCOMPARE(view->groupLength, std::size_t{32});
        QCOMPARE(view->groupsPerRow, std::size_t{24});
        QCOMPARE(view->scales.size(), view->rows * view->groupsPerRow);
        QCOMPARE(view->codes.size(), view->scales.size() * 32);
        QVERIFY(std::ranges::all_of(view->codes, [](std::int16_t code) { return code >= 0 && code < 16; }));
        QVERIFY(!viewBlocks(**model, *tensor, TensorType::F16, "", 0, 8, {pool}).has_value());
        QVERIFY(!viewBlocks(**model, *tensor, TensorType::Q4_K, "", 256, 8, {pool}).has_value());
    }
};

QTEST_APPLESS_MAIN(TestBlockScales)
#include "tst_block_scales.moc"
