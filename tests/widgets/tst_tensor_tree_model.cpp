// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include "tests/widgets/tensor_rows.h"
#include "widgets/models/tensor_filter_model.h"
#include "widgets/models/tensor_tree_model.h"

using namespace ww;

class TestTensorTreeModel : public QObject {
    Q_OBJECT

    // One line per visible row, indented: easy to compare and to read when it fails.
    static void list(const QAbstractItemModel& model, const QModelIndex& parent, const QString& indent, QStringList& lines)
    {
        for (int r = 0; r < model.rowCount(parent); ++r) {
            const QModelIndex first = model.index(r, 0, parent);
            lines << indent + first.data().toString() + QLatin1Char(' ') +
                         model.index(r, TensorTreeModel::Format, parent).data().toString();
            list(model, first, indent + QLatin1Char(' '), lines);
        }
    }
    static QStringList listed(const QAbstractItemModel& model)
    {
        QStringList lines;
        list(model, {}, {}, lines);
        return lines;
    }

private Q_SLOTS:
    void treeShowsBlocksAndOthers()
    {
        TensorTreeModel model;
        QAbstractItemModelTester tester(&model);
        model.setRows({test::tensorRow(QStringLiteral("token_embd.weight"), 256, 1000, TensorType::Q4_K),
                       test::tensorRow(QStringLiteral("blk.0.attn_q.weight"), 256, 256, TensorType::Q4_K),
                       test::tensorRow(QStringLiteral("blk.0.attn_norm.weight"), 256, 1, TensorType::F32),
                       test::tensorRow(QStringLiteral("blk.1.attn_q.weight"), 256, 256, TensorType::Q4_K),
                       test::tensorRow(QStringLiteral("blk.1.attn_v.weight"), 256, 256, TensorType::Q6_K)});
        const QStringList expected{QStringLiteral("token_embd.weight Q4_K"),
                                   QStringLiteral("Block 0 Q4_K"),
                                   QStringLiteral(" blk.0.attn_q.weight Q4_K"),
                                   QStringLiteral(" blk.0.attn_norm.weight F32"),
                                   QStringLiteral("Block 1 mixed"),
                                   QStringLiteral(" blk.1.attn_q.weight Q4_K"),
                                   QStringLiteral(" blk.1.attn_v.weight Q6_K")};
        QCOMPARE(listed(model), expected);
        for (int row = 0; row < 5; ++row) QCOMPARE(model.rowOf(model.indexOfRow(row)), row);
        QCOMPARE(model.rowsBelow(model.index(2, 0)), (QList<int>{3, 4}));
        model.setLayout(TensorTreeModel::Layout::Flat);
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.rowOf(model.index(3, 0)), 3);
        model.setRows({});
        QCOMPARE(model.rowCount(), 0);
    }

    void updateAnnouncesOnlyWhatChanged()
    {
        TensorTreeModel model;
        QAbstractItemModelTester tester(&model);
        auto rows = test::llamaRows(4);
        model.setRows(rows);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.updateRows(rows);
        QCOMPARE(changed.count(), 0);
        rows[2].target = TensorType::Q8_0;
        rows[3].target = TensorType::Q8_0;
        rows[12].target = TensorType::Q5_K;
        model.updateRows(rows);
        // Two neighbors and their block, one tensor and its block.
        QCOMPARE(changed.count(), 4);
        QCOMPARE(reset.count(), 0);
        QCOMPARE(model.indexOfRow(2, TensorTreeModel::Format).data().toString(), QStringLiteral("Q8_0"));
        rows[2].name = QStringLiteral("another");
        model.updateRows(rows);
        QCOMPARE(reset.count(), 1);
        changed.clear();
        model.setRelativeError(5, 0.0712);
        QCOMPARE(changed.count(), 2);
        QCOMPARE(model.indexOfRow(5, TensorTreeModel::Error).data().toString(), QStringLiteral("0.0712"));
        model.setRelativeError(5, 0.0712);
        QCOMPARE(changed.count(), 2);
        model.setRelativeError(500000, 1);
    }

    void editsAreRequests()
    {
        TensorTreeModel model;
        QAbstractItemModelTester tester(&model);
        model.setRows(test::llamaRows(2));
        QSignalSpy spy(&model, &TensorTreeModel::formatRequested);
        QSignalSpy methodSpy(&model, &TensorTreeModel::methodRequested);
        const QModelIndex cell = model.indexOfRow(3, TensorTreeModel::Format);
        QVERIFY(cell.flags() & Qt::ItemIsEditable);
        QVERIFY(!model.setData(cell, static_cast<int>(TensorType::Q8_0)));
        QCOMPARE(cell.data().toString(), QStringLiteral("Q4_K"));
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].value<QList<int>>(), QList<int>{3});
        QCOMPARE(spy[0][1].value<std::optional<TensorType>>(), std::optional(TensorType::Q8_0));
        model.setData(cell, -1);
        QCOMPARE(spy[1][1].value<std::optional<TensorType>>(), std::optional<TensorType>());
        // A block asks for all of its tensors that can be changed; norms cannot.
        const QModelIndex block = model.indexOfRow(3).parent();
        model.setData(block.siblingAtColumn(TensorTreeModel::Format), static_cast<int>(TensorType::Q5_K));
        QCOMPARE(spy[2][0].value<QList<int>>(), (QList<int>{2, 3, 4, 6, 7, 8, 9}));
        QVERIFY(!(model.indexOfRow(1, TensorTreeModel::Format).flags() & Qt::ItemIsEditable));
        QVERIFY(!model.setData(model.indexOfRow(1, TensorTreeModel::Format), 8));
        QVERIFY(!model.setData(cell, 999999));
        QVERIFY(!model.setData(cell, QStringLiteral("no number")));
        QCOMPARE(spy.count(), 3);
        model.setData(model.indexOfRow(3, TensorTreeModel::Method), QStringLiteral("reference"));
        QCOMPARE(methodSpy.count(), 1);
    }

    void filter_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("role");
        QTest::addColumn<int>("shown");
        QTest::addColumn<bool>("pattern");
        QTest::newRow("nothing") << QString() << -1 << 30 << true;
        QTest::newRow("plain") << QStringLiteral("ffn_down") << -1 << 3 << true;
        QTest::newRow("upper case") << QStringLiteral("FFN_DOWN") << -1 << 3 << true;
        QTest::newRow("pattern") << QStringLiteral("blk\\.[01]\\.attn_[qk]\\.") << -1 << 4 << true;
        QTest::newRow("broken pattern is text") << QStringLiteral("attn_q[") << -1 << 0 << false;
        QTest::newRow("role") << QString() << static_cast<int>(TensorRole::AttnV) << 3 << true;
        QTest::newRow("role and text") << QStringLiteral("blk.2") << static_cast<int>(TensorRole::AttnV) << 1 << true;
        QTest::newRow("no match") << QStringLiteral("zebra") << -1 << 0 << true;
    }
    void filter()
    {
        QFETCH(QString, text);
        QFETCH(int, role);
        QFETCH(int, shown);
        QFETCH(bool, pattern);
        TensorTreeModel model;
        TensorFilterModel filter;
        QAbstractItemModelTester tester(&filter);
        filter.setSourceModel(&model);
        model.setRows(test::llamaRows(3));
        filter.setFilterText(text);
        if (role >= 0) filter.setRoleFilter(static_cast<TensorRole>(role));
        QCOMPARE(filter.shownTensorCount(), shown);
        QCOMPARE(filter.shownRows().size(), shown);
        QCOMPARE(filter.isPattern(), pattern);
        model.setLayout(TensorTreeModel::Layout::Flat);
        QCOMPARE(filter.shownTensorCount(), shown);
    }

    void sortsByNumbers()
    {
        TensorTreeModel model;
        model.setLayout(TensorTreeModel::Layout::Flat);
        model.setRows(test::llamaRows(12));
        TensorFilterModel filter;
        QAbstractItemModelTester tester(&filter);
        filter.setSourceModel(&model);
        for (const int column : {TensorTreeModel::Size, TensorTreeModel::BitsPerWeight, TensorTreeModel::Shape}) {
            filter.sort(column, Qt::DescendingOrder);
            double last = 1e300;
            for (int r = 0; r < filter.rowCount(); ++r) {
                const double value = filter.index(r, column).data(TensorTreeModel::SortRole).toDouble();
                QVERIFY(value <= last);
                last = value;
            }
        }
    }
};

QTEST_MAIN(TestTensorTreeModel)
#include "tst_tensor_tree_model.moc"
