// SPDX-License-Identifier: GPL-3.0-or-later
#include <QComboBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>
#include <QUrl>
#include <QtTest>

#include "widgets/delegates/format_delegate.h"
#include "widgets/views/block_map.h"
#include "widgets/views/drop_area.h"
#include "widgets/views/format_palette.h"
#include "widgets/views/job_indicator.h"
#include "widgets/views/labelled_value.h"

using namespace ww;

class TestSmallViews : public QObject {
    Q_OBJECT

    static QString text(const char* s) { return QString::fromUtf8(s); }
    static std::vector<FormatChoice> choices()
    {
        return {{std::nullopt, text("Kept."), true, {}},
                {TensorType::Q8_0, text("Eight bits."), true, {}},
                {TensorType::Q4_K, text("Four bits."), true, {}},
                {TensorType::IQ2_XXS, text("Two bits."), false, text("Needs an importance matrix.")}};
    }

private Q_SLOTS:
    void paletteByMouseAndKeyboard()
    {
        FormatPalette palette;
        palette.setFormats(choices());
        palette.resize(500, 80);
        palette.show();
        QVERIFY(QTest::qWaitForWindowExposed(&palette));
        QSignalSpy spy(&palette, &FormatPalette::formatChosen);
        const auto at = [&](int row) { return palette.visualRect(palette.model()->index(row, 0)).center(); };
        // Sorted by bits per weight; "as is" comes last.
        QCOMPARE(palette.model()->index(0, 0).data().toString(), text("IQ2_XXS"));
        QCOMPARE(palette.model()->index(1, 0).data().toString(), text("Q4_K"));
        QTest::mouseClick(palette.viewport(), Qt::LeftButton, {}, at(1));
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].value<std::optional<TensorType>>(), std::optional(TensorType::Q4_K));
        QTest::mouseClick(palette.viewport(), Qt::LeftButton, {}, at(0));
        QCOMPARE(spy.count(), 1);  // disabled
        palette.setFocus();
        palette.setCurrentIndex(palette.model()->index(1, 0));
        QTest::keyClick(&palette, Qt::Key_Right);
        QTest::keyClick(&palette, Qt::Key_Return);
        QCOMPARE(spy.count(), 2);
        QCOMPARE(spy[1][0].value<std::optional<TensorType>>(), std::optional(TensorType::Q8_0));
        QTest::mouseClick(palette.viewport(), Qt::LeftButton, {}, at(3));
        QCOMPARE(spy[2][0].value<std::optional<TensorType>>(), std::optional<TensorType>());
        QVERIFY(palette.model()->index(1, 0).data(Qt::AccessibleTextRole).toString().contains(text("4.50")));
        palette.setTargetCount(0);
        QVERIFY(!palette.isEnabled());
        palette.setTargetCount(3);
        QVERIFY(palette.isEnabled());
        QVERIFY(palette.toolTip().contains(QLatin1Char('3')));
        QVERIFY(palette.heightForWidth(130) > palette.heightForWidth(900));
    }

    void comboGroupsFormats()
    {
        QComboBox combo;
        fillFormatCombo(&combo, choices());
        QCOMPARE(combo.itemData(0).toInt(), -1);
        const int q4 = combo.findData(static_cast<int>(TensorType::Q4_K));
        const int iq2 = combo.findData(static_cast<int>(TensorType::IQ2_XXS));
        QVERIFY(q4 > 0 && iq2 > 0);
        QVERIFY(combo.itemText(q4).contains(text("4.50")));
        QCOMPARE(combo.itemData(q4, Qt::ToolTipRole).toString(), text("Four bits."));
        QCOMPARE(combo.itemData(iq2, Qt::ToolTipRole).toString(), text("Needs an importance matrix."));
        QVERIFY(!(combo.model()->index(iq2, 0).flags() & Qt::ItemIsEnabled));
        // The line above a group is its title and cannot be chosen.
        QVERIFY(!(combo.model()->index(q4 - 1, 0).flags() & Qt::ItemIsSelectable));
        QCOMPARE(formatFromData(-1), std::optional<TensorType>());
        QCOMPARE(formatFromData(static_cast<int>(TensorType::Q8_0)), std::optional(TensorType::Q8_0));
        QCOMPARE(formatFromData(12345), std::optional<TensorType>());
    }

    void dropAreaTakesLocalPaths()
    {
        DropArea area;
        area.setTitle(text("Drop here"));
        area.setHint(text("A file"));
        auto* button = new QPushButton(text("Open"));
        area.addButton(button);
        area.resize(400, 300);
        area.show();
        QCOMPARE(area.accessibleName(), text("Drop here"));
        QSignalSpy spy(&area, &DropArea::dropped);
        QMimeData files;
        files.setUrls({QUrl::fromLocalFile(text("/models/a b.gguf")), QUrl(text("https://example.org/x"))});
        QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &files, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&area, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &files, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&area, &drop);
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].toStringList(), QStringList{text("/models/a b.gguf")});
        QMimeData words;
        words.setText(text("no file"));
        QDragEnterEvent refused(QPoint(10, 10), Qt::CopyAction, &words, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&area, &refused);
        QVERIFY(!refused.isAccepted());
        QVERIFY(button->isVisibleTo(&area));
    }

    void jobIndicator()
    {
        JobIndicator indicator;
        QVERIFY(indicator.isHidden());
        JobDisplay job;
        job.title = text("Measuring Q4_K_M");
        job.fraction = 0.627;
        job.secondsLeft = 41;
        indicator.showJob(job);
        QVERIFY(!indicator.isHidden());
        QCOMPARE(indicator.text(), text("Measuring Q4_K_M, 62 %, 0:41 left"));
        auto* bar = indicator.findChild<QProgressBar*>();
        QCOMPARE(bar->value(), 62);
        QSignalSpy cancel(&indicator, &JobIndicator::cancelRequested);
        QSignalSpy open(&indicator, &JobIndicator::activated);
        const auto buttons = indicator.findChildren<QToolButton*>();
        QCOMPARE(buttons.size(), 2);
        buttons[0]->click();
        buttons[1]->click();
        QCOMPARE(open.count(), 1);
        QCOMPARE(cancel.count(), 1);
        job.cancelling = true;
        job.fraction.reset();
        job.secondsLeft.reset();
        indicator.showJob(job);
        QVERIFY(!buttons[1]->isEnabled());
        QCOMPARE(bar->maximum(), 0);
        indicator.clear();
        QVERIFY(indicator.isHidden());
        QVERIFY(indicator.text().isEmpty());
    }

    void blockMapByMouseAndKeyboard()
    {
        BlockMap map;
        map.resize(200, 200);
        map.show();
        QVERIFY(QTest::qWaitForWindowExposed(&map));
        map.grab();
        QVERIFY(map.isEmpty());
        QTest::keyClick(&map, Qt::Key_Right);
        BlockMapData data;
        data.rows = 3;
        data.blocksPerRow = 40;
        data.blockLength = 4;
        data.firstRow = 100;
        for (int b = 0; b < 120; ++b) {
            data.scales.push_back(0.25F * static_cast<float>(b));
            for (std::int16_t c : {-8, 0, 3, 7}) data.codes.push_back(c);
        }
        map.setData(data);
        QSignalSpy spy(&map, &BlockMap::currentBlockChanged);
        QTest::keyClick(&map, Qt::Key_Down);
        QTest::keyClick(&map, Qt::Key_Right);
        QCOMPARE(map.currentBlock(), 41);
        QCOMPARE(map.blockText(41), text("row 101, block 1: scale 10.25, codes −8 … 7"));
        QCOMPARE(map.accessibleDescription(), map.blockText(41));
        QTest::keyClick(&map, Qt::Key_End);
        QCOMPARE(map.currentBlock(), 79);
        QVERIFY(map.viewport()->rect().contains(map.blockRect(79)));
        QTest::keyClick(&map, Qt::Key_Right);
        QCOMPARE(map.currentBlock(), 79);
        QTest::mouseClick(map.viewport(), Qt::LeftButton, {}, map.blockRect(78).center());
        QCOMPARE(map.currentBlock(), 78);
        QCOMPARE(spy.count(), 4);
        map.grab();
        // Lists that do not fit their sizes are not read.
        data.codes.pop_back();
        map.setData(data);
        QVERIFY(map.isEmpty());
        QCOMPARE(map.currentBlock(), -1);
        map.grab();
    }

    void labelledValueSaysItsOrigin()
    {
        LabelledValue value(text("Perplexity"));
        QCOMPARE(value.value(), text("–"));
        value.setValue(text("6.21 ± 0.04"), Origin::Measured, text("on evaluation.txt"));
        QVERIFY(value.accessibleName().contains(text("6.21 ± 0.04")));
        QVERIFY(value.accessibleName().contains(originText(Origin::Measured)));
        QCOMPARE(value.toolTip(), text("on evaluation.txt"));
        value.setValue(text("6.3"), Origin::Predicted);
        QVERIFY(!value.accessibleName().contains(originText(Origin::Measured)));
        value.clearValue();
        QCOMPARE(value.value(), text("–"));
    }
};

QTEST_MAIN(TestSmallViews)
#include "tst_small_views.moc"
