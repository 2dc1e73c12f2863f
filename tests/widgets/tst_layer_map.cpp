// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAccessible>
#include <QElapsedTimer>
#include <QMenu>
#include <QScrollBar>
#include <QSignalSpy>
#include <QtTest>
#include <algorithm>

#include "tests/widgets/tensor_rows.h"
#include "widgets/models/tensor_tree_model.h"
#include "widgets/views/layer_map.h"
#include "widgets/views/layer_map_canvas.h"

using namespace ww;

class TestLayerMap : public QObject {
    Q_OBJECT

    std::unique_ptr<TensorTreeModel> m_model;
    std::unique_ptr<LayerMap> m_map;
    LayerMapCanvas* m_canvas = nullptr;

    void show(std::vector<TensorRow> rows, QSize size = {800, 400})
    {
        m_model->setRows(std::move(rows));
        m_map->resize(size);
        m_map->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_map.get()));
        m_canvas->setFocus();
    }
    [[nodiscard]] int cell(TensorRole role, int block) const
    {
        const auto& cells = m_canvas->grid().cells();
        for (std::size_t i = 0; i < cells.size(); ++i)
            if (cells[i].role == role && (block < 0 ? !cells[i].block : cells[i].block == static_cast<std::uint32_t>(block)))
                return static_cast<int>(i);
        return -1;
    }
    [[nodiscard]] QPoint center(TensorRole role, int block) const { return m_canvas->cellRect(cell(role, block)).center(); }
    void click(QPoint point, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::mouseClick(m_canvas->viewport(), Qt::LeftButton, modifiers, point);
    }
    void key(Qt::Key k, Qt::KeyboardModifiers modifiers = Qt::NoModifier) { QTest::keyClick(m_canvas, k, modifiers); }
    // "attn_q0 attn_q1 output": what is selected, readable when a comparison fails.
    [[nodiscard]] QString selection() const
    {
        QStringList names;
        for (const int row : m_map->selectedRows()) {
            const auto& id = m_model->rows()[static_cast<std::size_t>(row)].identity;
            const auto role = roleName(id.role);
            names << QString::fromLatin1(role.data(), static_cast<qsizetype>(role.size())) +
                         (id.block ? QString::number(*id.block) : QString());
        }
        names.sort();
        return names.join(QLatin1Char(' '));
    }
    static QString text(const char* s) { return QString::fromUtf8(s); }

private Q_SLOTS:
    void init()
    {
        m_model = std::make_unique<TensorTreeModel>();
        m_map = std::make_unique<LayerMap>();
        m_map->setModel(m_model.get());
        m_canvas = m_map->canvas();
    }
    void cleanup()
    {
        m_map.reset();
        m_model.reset();
    }

    void everyTensorHasItsCell()
    {
        show(test::llamaRows(4));
        QCOMPARE(m_canvas->grid().lineCount(), 9);
        QCOMPARE(m_canvas->grid().columnCount(), 4);
        QCOMPARE(m_canvas->grid().sideCount(), 3);
        for (int row = 0; row < static_cast<int>(m_model->rows().size()); ++row) {
            const int c = m_canvas->grid().cellOfRow(row);
            QVERIFY(c >= 0);
            QCOMPARE(m_canvas->cellAtPoint(m_canvas->cellRect(c).center()), c);
        }
        QCOMPARE(m_canvas->cellAtPoint(QPoint(2, 2)), -1);
    }

    void mouseSelection()
    {
        show(test::llamaRows(4));
        QSignalSpy spy(m_map.get(), &LayerMap::selectionChanged);
        click(center(TensorRole::AttnQ, 1));
        QCOMPARE(selection(), text("attn_q1"));
        QCOMPARE(spy.count(), 1);
        click(center(TensorRole::AttnQ, 1));
        QCOMPARE(spy.count(), 1);  // nothing changed, nothing said
        click(center(TensorRole::AttnV, 2), Qt::ControlModifier);
        QCOMPARE(selection(), text("attn_q1 attn_v2"));
        click(center(TensorRole::AttnQ, 1), Qt::ControlModifier);
        QCOMPARE(selection(), text("attn_v2"));
        click(center(TensorRole::AttnQ, 0));
        click(center(TensorRole::AttnK, 2), Qt::ShiftModifier);
        QCOMPARE(selection(), text("attn_k0 attn_k1 attn_k2 attn_q0 attn_q1 attn_q2"));
        click(center(TensorRole::Output, -1));
        QCOMPARE(selection(), text("output"));
        // Empty ground takes the selection away.
        click(QPoint(m_canvas->viewport()->width() - 3, m_canvas->viewport()->height() - 3));
        QCOMPARE(selection(), QString());
    }

    void headersSelectLinesAndColumns()
    {
        show(test::llamaRows(3));
        click(m_canvas->lineHeaderRect(1).center());
        QCOMPARE(selection(), text("attn_q0 attn_q1 attn_q2"));
        click(m_canvas->columnHeaderRect(2).center());
        QCOMPARE(m_map->selectedRows().size(), 9);
        QVERIFY(std::ranges::all_of(m_map->selectedRows(),
                                    [&](int r) { return m_model->rows()[static_cast<std::size_t>(r)].identity.block == 2U; }));
        click(m_canvas->columnHeaderRect(0).center(), Qt::ShiftModifier);
        QCOMPARE(m_map->selectedRows().size(), 27);
        click(m_canvas->lineHeaderRect(1).center());
        click(m_canvas->lineHeaderRect(2).center(), Qt::ControlModifier);
        QCOMPARE(m_map->selectedRows().size(), 6);
        click(QPoint(3, 3));
        QCOMPARE(m_map->selectedRows().size(), 30);
    }

    void draggingSelectsARectangle()
    {
        show(test::llamaRows(4));
        const QPoint from = center(TensorRole::AttnQ, 1);
        const QPoint to = center(TensorRole::AttnV, 2);
        QTest::mousePress(m_canvas->viewport(), Qt::LeftButton, Qt::NoModifier, from);
        QTest::mouseMove(m_canvas->viewport(), (from + to) / 2);
        QTest::mouseMove(m_canvas->viewport(), to);
        QCOMPARE(selection(), text("attn_k1 attn_k2 attn_q1 attn_q2 attn_v1 attn_v2"));
        QTest::mouseMove(m_canvas->viewport(), center(TensorRole::AttnK, 1));
        QCOMPARE(selection(), text("attn_k1 attn_q1"));
        QTest::mouseRelease(m_canvas->viewport(), Qt::LeftButton, Qt::NoModifier, center(TensorRole::AttnK, 1));
        QCOMPARE(selection(), text("attn_k1 attn_q1"));
        // With Ctrl the band adds.
        const QPoint again = center(TensorRole::FfnUp, 3);
        QTest::mousePress(m_canvas->viewport(), Qt::LeftButton, Qt::ControlModifier, again);
        QTest::mouseMove(m_canvas->viewport(), center(TensorRole::FfnDown, 3));
        QTest::mouseRelease(m_canvas->viewport(), Qt::LeftButton, Qt::ControlModifier, center(TensorRole::FfnDown, 3));
        QCOMPARE(selection(), text("attn_k1 attn_q1 ffn_down3 ffn_up3"));
    }

    void keyboard()
    {
        show(test::llamaRows(3));
        QSignalSpy current(m_map.get(), &LayerMap::currentRowChanged);
        m_canvas->setCurrentCell(cell(TensorRole::AttnQ, 0));
        key(Qt::Key_Right);
        QCOMPARE(m_canvas->currentCell(), cell(TensorRole::AttnQ, 1));
        QCOMPARE(selection(), QString());
        key(Qt::Key_Space);
        QCOMPARE(selection(), text("attn_q1"));
        key(Qt::Key_Down);
        key(Qt::Key_Space);
        QCOMPARE(selection(), text("attn_k1 attn_q1"));
        key(Qt::Key_Space);
        QCOMPARE(selection(), text("attn_q1"));
        key(Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(selection(), text("attn_k1 attn_k2"));
        key(Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(selection(), text("attn_k1 attn_k2 attn_q1 attn_q2"));
        key(Qt::Key_Home);
        QCOMPARE(m_canvas->currentCell(), cell(TensorRole::AttnQ, 0));
        key(Qt::Key_End);
        QVERIFY(!m_canvas->grid().cells()[static_cast<std::size_t>(m_canvas->currentCell())].block);  // the side
        key(Qt::Key_Left);
        QCOMPARE(m_canvas->grid().cells()[static_cast<std::size_t>(m_canvas->currentCell())].block,
                 std::optional<std::uint32_t>(2));
        key(Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(m_map->selectedRows().size(), 30);
        key(Qt::Key_Escape);
        QCOMPARE(selection(), QString());
        key(Qt::Key_Return);
        QCOMPARE(m_map->selectedRows().size(), 1);
        QVERIFY(current.count() >= 5);
        // Every cell can be reached and no key leaves the grid.
        for (int i = 0; i < 60; ++i) key(i % 2 ? Qt::Key_Right : Qt::Key_Down);
        QVERIFY(m_canvas->currentCell() >= 0);
    }

    void selectionFromOutsideIsSilent()
    {
        show(test::llamaRows(2));
        QSignalSpy spy(m_map.get(), &LayerMap::selectionChanged);
        m_map->setSelectedRows({3, 4, 999, -1});
        QCOMPARE(m_map->selectedRows(), (QList<int>{3, 4}));
        QCOMPARE(spy.count(), 0);
        // A change of the plan keeps the selection; another model drops it.
        auto rows = m_model->rows();
        rows[3].target = TensorType::Q8_0;
        m_model->updateRows(rows);
        QCOMPARE(m_map->selectedRows(), (QList<int>{3, 4}));
        m_model->setLayout(TensorTreeModel::Layout::Flat);
        QCOMPARE(m_map->selectedRows(), (QList<int>{3, 4}));
        m_model->setRows(test::llamaRows(3));
        QCOMPARE(m_map->selectedRows(), QList<int>());
    }

    void tensorsOfOneCellAreFolded()
    {
        std::vector<TensorRow> rows;
        for (int b = 0; b < 2; ++b)
            for (const char* part : {"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_q.weight"})
                rows.push_back(
                    test::tensorRow(QStringLiteral("blk.%1.%2").arg(b).arg(QLatin1String(part)), 256, 256, TensorType::Q4_K));
        show(rows);
        QCOMPARE(m_canvas->grid().lineCount(), 2);
        click(center(TensorRole::Bias, 1));
        QCOMPARE(m_map->selectedRows().size(), 3);
        QCOMPARE(m_canvas->chosen(cell(TensorRole::Bias, 1)), LayerMapCanvas::Chosen::Yes);
        m_map->setSelectedRows({0});
        QCOMPARE(m_canvas->chosen(cell(TensorRole::Bias, 0)), LayerMapCanvas::Chosen::Partly);
        QVERIFY(m_canvas->cellName(cell(TensorRole::Bias, 0)).contains(QLatin1String("3")));
        QVERIFY(m_canvas->cellToolTip(cell(TensorRole::Bias, 0)).contains(QLatin1String("blk.0.attn_k.bias")));
    }

    void menuPaintsTheSelection()
    {
        show(test::llamaRows(2));
        m_map->setFormats({{TensorType::Q8_0, text("Eight bits."), true, {}}});
        m_map->setSelectedRows({1, 2, 3});  // a norm, which cannot be changed, and two matrices
        QSignalSpy spy(m_map.get(), &LayerMap::formatRequested);
        bool asked = false;
        connect(m_map.get(), &LayerMap::contextMenuRequested, this, [&](QMenu* menu, const QList<int>& rows) {
            asked = true;
            QCOMPARE(rows, (QList<int>{1, 2, 3}));
            const auto actions = menu->actions();
            QVERIFY(actions.first()->menu());
            actions.first()->menu()->actions().first()->trigger();
            QTimer::singleShot(0, menu, &QMenu::close);
        });
        m_canvas->setCurrentCell(m_canvas->grid().cellOfRow(2));
        QContextMenuEvent event(QContextMenuEvent::Keyboard, {}, {});
        QCoreApplication::sendEvent(m_canvas, &event);
        QVERIFY(asked);
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].value<QList<int>>(), (QList<int>{2, 3}));
        QCOMPARE(spy[0][1].value<std::optional<TensorType>>(), std::optional(TensorType::Q8_0));
    }

    void emptyAndTiny()
    {
        show({});
        QCOMPARE(m_canvas->currentCell(), -1);
        for (const Qt::Key k : {Qt::Key_Right, Qt::Key_Space, Qt::Key_End, Qt::Key_Escape}) key(k);
        click(QPoint(50, 50));
        m_map->grab();
        show({test::tensorRow(text("output.weight"), 256, 256, TensorType::Q6_K)}, {90, 60});
        key(Qt::Key_Space);
        QCOMPARE(m_map->selectedRows(), QList<int>{0});
        m_map->grab();
    }

    void accessibleCells()
    {
        show(test::llamaRows(2));
        auto* list = QAccessible::queryAccessibleInterface(m_canvas);
        QVERIFY(list);
        QCOMPARE(list->role(), QAccessible::List);
        QCOMPARE(list->childCount(), 21);
        const int q1 = cell(TensorRole::AttnQ, 1);
        auto* item = list->child(q1);
        QVERIFY(item);
        QCOMPARE(list->child(q1), item);
        QCOMPARE(list->indexOfChild(item), q1);
        const QString name = item->text(QAccessible::Name);
        QVERIFY2(name.contains(QLatin1String("blk.1.attn_q.weight")) && name.contains(QLatin1String("Q4_K")), qPrintable(name));
        QVERIFY(!item->state().selected);
        item->actionInterface()->doAction(QAccessibleActionInterface::toggleAction());
        QVERIFY(item->state().selected);
        QVERIFY(item->text(QAccessible::Name).contains(QLatin1String("selected")));
        m_canvas->setCurrentCell(q1);
        QCOMPARE(m_canvas->accessibleDescription(), m_canvas->cellName(q1));
        QCOMPARE(list->focusChild(), item);
        QVERIFY(!list->child(-1) && !list->child(500));
    }

    void colorings_data()
    {
        QTest::addColumn<int>("colorBy");
        QTest::newRow("format") << static_cast<int>(LayerMap::ColorBy::Format);
        QTest::newRow("bits") << static_cast<int>(LayerMap::ColorBy::BitsPerWeight);
        QTest::newRow("size") << static_cast<int>(LayerMap::ColorBy::Size);
        QTest::newRow("damage") << static_cast<int>(LayerMap::ColorBy::Damage);
        QTest::newRow("error") << static_cast<int>(LayerMap::ColorBy::Error);
    }
    void colorings()
    {
        QFETCH(int, colorBy);
        auto rows = test::llamaRows(4);
        rows[2].relativeError = 0.07;
        rows[3].relativeError = 0.01;
        rows[2].damage = 0.005;
        rows[3].damage = 0.0001;
        show(rows);
        m_map->setColorBy(static_cast<LayerMap::ColorBy>(colorBy));
        QCOMPARE(static_cast<int>(m_map->colorBy()), colorBy);
        // Q6_K in block 0 and Q4_K in block 1 differ in all but size ties; a measured cell differs from an unmeasured one.
        const QImage image = m_canvas->viewport()->grab().toImage();
        const auto colorOf = [&](int c) { return image.pixelColor(m_canvas->cellRect(c).topLeft() + QPoint(6, 5)); };
        const int a = m_canvas->grid().cellOfRow(2);
        const int b = m_canvas->grid().cellOfRow(11);
        QVERIFY(colorOf(a) != colorOf(b));
        QVERIFY(!m_canvas->coloring().formats().empty());
    }

    void largeModelIsFluent()
    {
        show(test::llamaRows(200), {1000, 400});
        QVERIFY(m_canvas->horizontalScrollBar()->maximum() > 0);
        m_canvas->setCurrentCell(cell(TensorRole::AttnQ, 199));
        QVERIFY(m_canvas->viewport()->rect().contains(m_canvas->cellRect(m_canvas->currentCell())));
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 10; ++i) m_canvas->viewport()->grab();
        // Far above what it takes (a few milliseconds), so that a busy machine does not fail the test.
        QVERIFY2(timer.elapsed() < 1500, qPrintable(QString::number(timer.elapsed())));
        timer.restart();
        m_canvas->selectAll();
        QVERIFY(timer.elapsed() < 300);
    }
};

QTEST_MAIN(TestLayerMap)
#include "tst_layer_map.moc"
