// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QSignalSpy>
#include <QToolButton>
#include <QTreeView>
#include <QtTest>
#include <ctime>

#include "tests/widgets/tensor_rows.h"
#include "widgets/delegates/format_delegate.h"
#include "widgets/models/tensor_filter_model.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/views/tensor_table.h"

using namespace ww;

class TestTensorTable : public QObject {
    Q_OBJECT

    std::unique_ptr<TensorTreeModel> m_model;
    std::unique_ptr<TensorTable> m_table;

    void show(std::vector<TensorRow> rows)
    {
        m_model->setRows(std::move(rows));
        m_table->resize(1000, 500);
        m_table->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_table.get()));
    }
    [[nodiscard]] QModelIndex viewIndex(int row, int column = 0) const
    {
        return m_table->filter()->mapFromSource(m_model->indexOfRow(row, column));
    }
    void click(int row, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        auto* view = m_table->view();
        view->scrollTo(viewIndex(row));
        QTest::mouseClick(view->viewport(), Qt::LeftButton, modifiers, view->visualRect(viewIndex(row)).center());
    }

private Q_SLOTS:
    void init()
    {
        m_model = std::make_unique<TensorTreeModel>();
        m_table = std::make_unique<TensorTable>();
        m_table->setModel(m_model.get());
        m_table->setFormats({{std::nullopt, QStringLiteral("Kept."), true, {}},
                             {TensorType::Q4_K, QStringLiteral("Four."), true, {}},
                             {TensorType::Q6_K, QStringLiteral("Six."), true, {}},
                             {TensorType::Q8_0, QStringLiteral("Eight."), true, {}}});
        m_table->setMethods({{QStringLiteral("reference"), QStringLiteral("llama.cpp search"), QString()},
                             {QStringLiteral("other"), QStringLiteral("Other"), QString()}});
    }
    void cleanup()
    {
        m_table.reset();
        m_model.reset();
    }

    void selectionMeansTensors()
    {
        show(test::llamaRows(3));
        QSignalSpy spy(m_table.get(), &TensorTable::selectionChanged);
        click(3);
        QCOMPARE(m_table->selectedRows(), QList<int>{3});
        click(5, Qt::ShiftModifier);
        QCOMPARE(m_table->selectedRows(), (QList<int>{3, 4, 5}));
        click(12, Qt::ControlModifier);
        QCOMPARE(m_table->selectedRows(), (QList<int>{3, 4, 5, 12}));
        QCOMPARE(spy.count(), 3);
        // A block stands for its tensors, and answering with the same tensors does not disturb it.
        const QModelIndex block = viewIndex(3).parent();
        m_table->view()->scrollTo(block);
        QTest::mouseClick(m_table->view()->viewport(), Qt::LeftButton, {}, m_table->view()->visualRect(block).center());
        QCOMPARE(m_table->selectedRows(), (QList<int>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
        m_table->setSelectedRows({1, 2, 3, 4, 5, 6, 7, 8, 9});
        m_table->grab();
        QVERIFY(m_table->view()->selectionModel()->isSelected(block));
        const auto before = spy.count();
        m_table->setSelectedRows({0, 20});
        QCOMPARE(m_table->selectedRows(), (QList<int>{0, 20}));
        QCOMPARE(spy.count(), before);
    }

    void editAppliesToTheSelection()
    {
        show(test::llamaRows(2));
        QSignalSpy spy(m_table.get(), &TensorTable::formatRequested);
        m_table->setSelectedRows({1, 2, 3});
        auto* view = m_table->view();
        view->setCurrentIndex(QModelIndex());
        m_table->setSelectedRows({1, 2, 3});
        view->selectionModel()->setCurrentIndex(viewIndex(3, TensorTreeModel::Format), QItemSelectionModel::NoUpdate);
        view->edit(viewIndex(3, TensorTreeModel::Format));
        auto* combo = view->findChild<QComboBox*>();
        QVERIFY(combo);
        QCOMPARE(combo->currentData().toInt(), static_cast<int>(TensorType::Q4_K));
        combo->setCurrentIndex(combo->findData(static_cast<int>(TensorType::Q8_0)));
        Q_EMIT combo->activated(combo->currentIndex());
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].value<QList<int>>(), (QList<int>{2, 3}));  // row 1 is a norm
        QCOMPARE(spy[0][1].value<std::optional<TensorType>>(), std::optional(TensorType::Q8_0));
        // Outside the selection an edit is for its own tensor alone.
        m_model->setData(m_model->indexOfRow(7, TensorTreeModel::Format), static_cast<int>(TensorType::Q6_K));
        QCOMPARE(spy[1][0].value<QList<int>>(), QList<int>{7});
        QSignalSpy methods(m_table.get(), &TensorTable::methodRequested);
        m_model->setData(m_model->indexOfRow(2, TensorTreeModel::Method), QStringLiteral("other"));
        QCOMPARE(methods.count(), 1);
        QCOMPARE(methods[0][0].value<QList<int>>(), (QList<int>{2, 3}));
    }

    void leavingTheEditorUnchangedAsksNothing()
    {
        show(test::llamaRows(1));
        QSignalSpy spy(m_table.get(), &TensorTable::formatRequested);
        auto* view = m_table->view();
        view->setCurrentIndex(viewIndex(2, TensorTreeModel::Format));
        view->edit(view->currentIndex());
        QVERIFY(view->findChild<QComboBox*>());
        QTest::keyClick(view->findChild<QComboBox*>(), Qt::Key_Tab);
        QCOMPARE(spy.count(), 0);
    }

    void filterCountAndRoles()
    {
        show(test::llamaRows(3));
        auto* edit = m_table->findChild<QLineEdit*>();
        QVERIFY(edit);
        m_table->focusFilter();
        QTest::keyClicks(edit, QStringLiteral("ffn_"));
        QCOMPARE(m_table->filter()->shownTensorCount(), 12);
        const auto labels = m_table->findChildren<QLabel*>();
        QVERIFY(std::ranges::any_of(labels, [](const QLabel* l) {
            return l->text().contains(QLatin1String("12")) && l->text().contains(QLatin1String("30"));
        }));
        m_table->setFilterText(QStringLiteral("(unclosed"));
        QCOMPARE(m_table->filter()->shownTensorCount(), 0);
        m_table->setFilterText(QString());
        QComboBox* roles = nullptr;
        for (auto* box : m_table->findChildren<QComboBox*>())
            if (box->count() > 5) roles = box;
        QVERIFY(roles);
        roles->setCurrentIndex(roles->findData(static_cast<int>(TensorRole::AttnK)));
        QCOMPARE(m_table->filter()->shownTensorCount(), 3);
        // A model without that role shows everything again.
        m_model->setRows({test::tensorRow(QStringLiteral("output.weight"), 256, 256, TensorType::Q6_K)});
        QCOMPARE(m_table->filter()->shownTensorCount(), 1);
    }

    void copiesAsTabSeparatedText()
    {
        show(test::llamaRows(1));
        m_table->setSelectedRows({2, 3});
        QStringList lines = m_table->selectionAsText().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[0].startsWith(QLatin1String("Name\tRole\tShape")));
        QVERIFY(lines[1].startsWith(
            QString::fromUtf8("blk.0.ffn_down.weight\tffn_down\t11264 × 4096\tF16\tQ6_K\tllama.cpp search\t6.56\t")));
        m_table->view()->setFocus();
        QTest::keySequence(m_table->view(), QKeySequence::Copy);
        QCOMPARE(QGuiApplication::clipboard()->text(), m_table->selectionAsText());
        m_table->setSelectedRows({});
        QCOMPARE(m_table->selectionAsText().count(QLatin1Char('\n')), 13);
    }

    void flatListKeepsSelection()
    {
        show(test::llamaRows(3));
        m_table->setSelectedRows({4, 15});
        auto* flat = m_table->findChild<QToolButton*>();
        QVERIFY(flat);
        flat->click();
        QCOMPARE(m_model->layout(), TensorTreeModel::Layout::Flat);
        QCOMPARE(m_table->selectedRows(), (QList<int>{4, 15}));
        flat->click();
        QCOMPARE(m_table->selectedRows(), (QList<int>{4, 15}));
    }

    void planEditsKeepSelectionAndScroll()
    {
        show(test::llamaRows(20));
        m_table->setSelectedRows({100, 101});
        m_table->showRow(100);
        const int scroll = m_table->view()->verticalScrollBar()->value();
        auto rows = m_model->rows();
        for (auto& r : rows) r.target = TensorType::Q8_0;
        m_model->updateRows(rows);
        QCOMPARE(m_table->selectedRows(), (QList<int>{100, 101}));
        QCOMPARE(m_table->view()->verticalScrollBar()->value(), scroll);
    }

    void twentyThousandTensors_data()
    {
        QTest::addColumn<bool>("flat");
        QTest::newRow("tree") << false;
        QTest::newRow("flat") << true;
    }
    void twentyThousandTensors()
    {
        QFETCH(bool, flat);
        const auto rows = test::llamaRows(2222);
        QVERIFY(rows.size() >= 20000);
        if (flat) m_model->setLayout(TensorTreeModel::Layout::Flat);
        // Processor time, so that a busy machine does not fail the test; the bounds are still far above what is printed.
        const auto timed = [&](const char* what, int limitMs, auto action) {
            const std::clock_t start = std::clock();
            action();
            const double ms = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
            qInfo("%s: %.1f ms", what, ms);
            QVERIFY2(ms < limitMs, what);
        };
        timed("show", 3000, [&] { show(rows); });
        auto* view = m_table->view();
        timed("filter to few", 2000, [&] { m_table->setFilterText(QStringLiteral("blk.100.")); });
        timed("filter to a third", 3000, [&] { m_table->setFilterText(QStringLiteral("ffn_")); });
        timed("filter off", 3000, [&] { m_table->setFilterText(QString()); });
        timed("sort by size", 2000, [&] { view->sortByColumn(TensorTreeModel::Size, Qt::DescendingOrder); });
        timed("sort by name", 2000, [&] { view->sortByColumn(TensorTreeModel::Name, Qt::AscendingOrder); });
        timed("select all", 1500, [&] { view->selectAll(); });
        QCOMPARE(m_table->selectedRows().size(), static_cast<qsizetype>(rows.size()));
        QList<int> third;
        for (int i = 0; i < static_cast<int>(rows.size()); i += 3) third << i;
        timed("select a third from outside", 3000, [&] { m_table->setSelectedRows(third); });
        QCOMPARE(m_table->selectedRows(), third);
        auto edited = rows;
        for (const int i : third) edited[static_cast<std::size_t>(i)].target = TensorType::Q8_0;
        timed("plan edit of a third", 2000, [&] { m_model->updateRows(edited); });
        timed("scroll twenty pages", 3000, [&] {
            for (int i = 0; i < 20; ++i) {
                view->verticalScrollBar()->setValue(view->verticalScrollBar()->maximum() * i / 20);
                view->viewport()->repaint();
            }
        });
    }
};

QTEST_MAIN(TestTensorTable)
#include "tst_tensor_table.moc"
