// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QtTest>

#include "widgets/models/metadata_model.h"
#include "widgets/models/recipe_list_model.h"
#include "widgets/models/variants_model.h"

using namespace ww;

class TestTableModels : public QObject {
    Q_OBJECT

    static QString text(const char* s) { return QString::fromUtf8(s); }
    static std::vector<VariantRow> variants()
    {
        VariantRow original;
        original.id = text("o");
        original.name = text("model F16");
        original.original = true;
        original.sizeBytes = 16'000'000;
        original.bitsPerWeight = 16;
        original.perplexity = 6.1;
        original.standardError = 0.04;
        original.seconds = 125;
        original.status = VariantRow::Status::Measured;
        VariantRow small = original;
        small.id = text("a");
        small.name = text("Q4_K_M, tuned");
        small.original = false;
        small.current = true;
        small.sizeBytes = 5'000'000;
        small.bitsPerWeight = 4.9;
        small.perplexity = 6.25;
        small.delta = 0.15;
        small.deltaError = 0.02;
        VariantRow open;
        open.id = text("b");
        open.name = text("Q8_0");
        open.sizeBytes = 8'500'000;
        open.bitsPerWeight = 8.5;
        return {original, small, open};
    }

private Q_SLOTS:
    void variantsTable()
    {
        VariantsModel model;
        QAbstractItemModelTester tester(&model);
        model.setRows(variants());
        const auto cell = [&](int row, int column) { return model.index(row, column).data().toString(); };
        QCOMPARE(cell(0, VariantsModel::Perplexity), text("6.10 ± 0.04"));
        QCOMPARE(cell(0, VariantsModel::Delta), text("–"));
        QCOMPARE(cell(1, VariantsModel::Delta), text("+0.15 ± 0.02"));
        QCOMPARE(cell(1, VariantsModel::Time), text("2 min 5 s"));
        QCOMPARE(cell(2, VariantsModel::Perplexity), text("–"));
        QCOMPARE(cell(2, VariantsModel::State), VariantsModel::statusText(VariantRow::Status::NotMeasured));
        QVERIFY(model.index(1, 0).data(Qt::FontRole).value<QFont>().weight() > QFont::Normal);
        QVERIFY(!model.hasKlDivergence());
        QCOMPARE(model.rowOfId(text("b")), 2);
        QCOMPARE(model.rowOfId(text("nobody")), -1);

        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        auto rows = variants();
        model.setRows(rows);
        QCOMPARE(changed.count(), 0);
        rows[2].status = VariantRow::Status::Measuring;
        rows[2].klDivergence = 0.01;
        model.setRows(rows);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(reset.count(), 0);
        QVERIFY(model.hasKlDivergence());
        std::swap(rows[0], rows[1]);
        model.setRows(rows);
        QCOMPARE(reset.count(), 1);
        model.setRows({});
        QCOMPARE(model.rowCount(), 0);
    }

    void variantsSortWithMissingValuesLast()
    {
        VariantsModel model;
        model.setRows(variants());
        QSortFilterProxyModel sorted;
        QAbstractItemModelTester tester(&sorted);
        sorted.setSourceModel(&model);
        sorted.setSortRole(VariantsModel::SortRole);
        sorted.sort(VariantsModel::Perplexity);
        QStringList ids;
        for (int r = 0; r < sorted.rowCount(); ++r) ids << sorted.index(r, 0).data(VariantsModel::IdRole).toString();
        QCOMPARE(ids.join(QLatin1Char(' ')), text("o a b"));
        sorted.sort(VariantsModel::Size);
        QCOMPARE(sorted.index(0, 0).data(VariantsModel::IdRole).toString(), text("a"));
    }

    void variantsCsv()
    {
        VariantsModel model;
        model.setRows(variants());
        const QStringList lines = model.csv().split(QLatin1Char('\n'));
        QCOMPARE(lines[0], text("name,size_bytes,bits_per_weight,perplexity,standard_error,delta_to_original,delta_error,kl_"
                                "divergence,kl_divergence_error,same_top,rms_probability_change,activations,seconds,state"));
        QCOMPARE(lines[1], text("model F16,16000000,16,6.1,0.04,,,,,,,float,125,measured"));
        QCOMPARE(lines[2], text("\"Q4_K_M, tuned\",5000000,4.9,6.25,0.04,0.15,0.02,,,,,float,125,measured"));
        QCOMPARE(lines[3], text("Q8_0,8500000,8.5,,,,,,,,,,,not measured"));
        QVERIFY(!model.hasRoundedInputs());
        auto rows = variants();
        rows[1].roundedInputs = true;
        model.setRows(rows);
        QVERIFY(model.hasRoundedInputs());
        QVERIFY(model.csv().contains(text(",llama.cpp,125,measured")));
        QCOMPARE(model.index(1, VariantsModel::Inputs).data().toString(), text("rounded"));
        QCOMPARE(model.index(0, VariantsModel::Inputs).data().toString(), text("exact"));
    }

    void metadata()
    {
        Metadata data;
        data.append("general.name", std::string("tiny"));
        data.append("llama.block_count", std::uint32_t{4});
        data.append("tokenizer.ggml.tokens", MetadataArray(std::vector<std::string>{"<unk>", "a", "line\nbreak"}));
        MetadataModel model;
        QAbstractItemModelTester tester(&model);
        model.setMetadata(data);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(1, MetadataModel::Key).data().toString(), text("llama.block_count"));
        QCOMPARE(model.index(1, MetadataModel::Type).data().toString(), text("u32"));
        QCOMPARE(model.index(1, MetadataModel::Value).data().toString(), text("4"));
        QCOMPARE(model.index(2, MetadataModel::Type).data().toString(), text("string[]"));
        QVERIFY(!model.index(2, MetadataModel::Value).data().toString().contains(QLatin1Char('\n')));
        QSortFilterProxyModel filter;
        filter.setSourceModel(&model);
        filter.setFilterKeyColumn(-1);
        filter.setFilterFixedString(text("tiny"));
        QCOMPARE(filter.rowCount(), 1);
        model.setMetadata({});
        QCOMPARE(model.rowCount(), 0);
    }

    void recipes()
    {
        RecipeListModel model;
        QAbstractItemModelTester tester(&model);
        model.setItems(
            {{text("1"), text("Q4_K_M"), text("preset"), 5'000'000, 4.9, false}, {text("2"), text("mine"), QString(), 0, 0, true}});
        QCOMPARE(model.index(0).data().toString(), text("Q4_K_M"));
        QVERIFY(model.index(1).data().toString() != text("mine"));  // marked as unsaved
        QCOMPARE(model.index(1).data(Qt::EditRole).toString(), text("mine"));
        QCOMPARE(model.index(0).data(RecipeListModel::SizeTextRole).toString(), text("4.77 MiB, 4.90 bpw"));
        QCOMPARE(model.index(1).data(RecipeListModel::SizeTextRole).toString(), QString());
        QSignalSpy rename(&model, &RecipeListModel::renameRequested);
        QVERIFY(!model.setData(model.index(0), text("  better  ")));
        QCOMPARE(rename.count(), 1);
        QCOMPARE(rename[0][1].toString(), text("better"));
        QCOMPARE(model.index(0).data().toString(), text("Q4_K_M"));
        model.setData(model.index(0), text("   "));
        model.setData(model.index(0), text("Q4_K_M"));
        QCOMPARE(rename.count(), 1);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        auto items = model.items();
        items[1].unsaved = false;
        model.setItems(items);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(model.rowOfId(text("2")), 1);
    }
};

QTEST_MAIN(TestTableModels)
#include "tst_table_models.moc"
