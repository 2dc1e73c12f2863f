// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/resource.h>

#include <QBuffer>
#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QMenu>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QDir>
#include <QtTest>
#include <cmath>

#include "tests/widgets/tensor_rows.h"
#include "widgets/plots/damage_plot.h"
#include "widgets/plots/histogram_plot.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/plots/qcustomplot_include.h"
#include "widgets/plots/rate_distortion_plot.h"
#include "widgets/plots/size_plot.h"
#include "widgets/theme/theme.h"

using namespace ww;

class TestPlots : public QObject {
    Q_OBJECT

    static QString text(const char* s) { return QString::fromUtf8(s); }
    static Histogram histogram(double lower, double upper, std::vector<std::uint64_t> counts)
    {
        Histogram h;
        h.lower = lower;
        h.upper = upper;
        h.counts = std::move(counts);
        return h;
    }
    static HistogramPlotData histograms()
    {
        HistogramPlotData d;
        d.xTitle = text("weight value");
        d.series = {{text("original"), histogram(-1, 1, {1, 40, 3, 0})}, {text("Q4_K"), histogram(-1, 1, {0, 42, 2, 0})}};
        d.series[1].histogram.above = 5;
        return d;
    }
    static std::vector<RatePoint> ratePoints()
    {
        return {{TensorType::Q8_0, text("reference"), 8.5, 0.003, false},
                {TensorType::Q4_K, text("reference"), 4.5, 0.07, true},
                {TensorType::F16, {}, 16, 0, false}};
    }
    static std::vector<ParetoPoint> paretoPoints()
    {
        return {{text("a"), text("Q4_K_M"), 5'000'000, 4.9, 6.25, 0.04, true, true},
                {text("b"), text("mine"), 4'500'000, 4.4, 6.4, std::nullopt, false, false},
                {text("c"), text("unmeasured"), 4'000'000, 4.0, std::nullopt, std::nullopt, false, false}};
    }
    static ParetoReference reference() { return {text("F16"), 16'000'000, 6.1, 0.04}; }
    static QCustomPlot* inner(PlotWidget& plot) { return plot.findChild<QCustomPlot*>(); }
    static void show(PlotWidget& plot)
    {
        plot.resize(500, 350);
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QTest::qWait(20);  // the queued replot
    }
    // Every plot with data, by number, for tests that hold for all.
    static std::unique_ptr<PlotWidget> make(int kind)
    {
        switch (kind) {
        case 0: {
            auto p = std::make_unique<HistogramPlot>();
            p->setData(histograms());
            return p;
        }
        case 1: {
            auto p = std::make_unique<RateDistortionPlot>();
            p->setData(ratePoints());
            return p;
        }
        case 2: {
            auto p = std::make_unique<SizePlot>();
            p->setData(sizeSlices(test::llamaRows(4)));
            return p;
        }
        default: {
            auto p = std::make_unique<ParetoPlot>();
            p->setData(paretoPoints(), reference());
            return p;
        }
        }
    }
    static void allKinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("histogram") << 0;
        QTest::newRow("rate-distortion") << 1;
        QTest::newRow("size") << 2;
        QTest::newRow("pareto") << 3;
    }

private Q_SLOTS:
    // Names that cover each other say nothing: a low plot has fewer bars, and says how many tensors are missing.
    void damageHasAsManyBarsAsCanBeRead()
    {
        std::vector<TensorRow> rows = test::llamaRows(2);
        for (TensorRow& row : rows) row.damage = 0.01 * static_cast<double>(row.bitsPerWeight);
        DamagePlot plot;
        plot.resize(560, 180);
        plot.setData(rows, DamagePlot::Measure::Damage, false);
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QCOMPARE(plot.barCount(), 14);
        const int low = plot.shownBars();
        QVERIFY2(low >= 2 && low <= 180 / plot.fontMetrics().height(), qPrintable(QString::number(low)));
        QVERIFY(plot.accessibleDescription().contains(QStringLiteral("%1 more tensor(s)").arg(rows.size() - static_cast<std::size_t>(low))));
        QCOMPARE(inner(plot)->yAxis->range().upper, low - 0.4);
        plot.resize(560, 700);
        QTRY_COMPARE(plot.shownBars(), 14);
        QCOMPARE(inner(plot)->yAxis->range().upper, 13.6);
    }

    void csvOfHistogram()
    {
        HistogramPlot plot;
        plot.setData(histograms());
        QCOMPARE(plot.csv(), text("series,lower,upper,count\n"
                                  "original,-1,-0.5,1\noriginal,-0.5,0,40\noriginal,0,0.5,3\noriginal,0.5,1,0\n"
                                  "Q4_K,-1,-0.5,0\nQ4_K,-0.5,0,42\nQ4_K,0,0.5,2\nQ4_K,0.5,1,0\nQ4_K,1,inf,5\n"));
    }
    void csvOfRateDistortion()
    {
        RateDistortionPlot plot;
        plot.setData(ratePoints());
        QCOMPARE(plot.csv(), text("format,method,bits_per_weight,relative_error,chosen\nQ8_0,reference,8.5,0.003,0\nQ4_K,reference,"
                                  "4.5,0.07,1\nF16,,16,0,0\n"));
        QVERIFY(plot.description().contains(text("Q4_K")));
    }
    void csvOfSizes()
    {
        SizePlot plot;
        plot.setData({{TensorRole::TokenEmbedding, TensorType::Q4_K, 100, 1},
                      {TensorRole::FfnDown, TensorType::Q6_K, 3000, 2},
                      {TensorRole::FfnDown, TensorType::Q4_K, 1000, 2}});
        QCOMPARE(plot.csv(),
                 text("role,format,size_bytes,tensors\ntoken_embd,Q4_K,100,1\nffn_down,Q6_K,3000,2\nffn_down,Q4_K,1000,2\n"));
        QVERIFY(plot.description().contains(text("ffn_down")));
    }
    void csvOfPareto()
    {
        ParetoPlot plot;
        plot.setData(paretoPoints(), reference());
        QCOMPARE(
            plot.csv(),
            text("name,size_bytes,bits_per_weight,perplexity,standard_error,delta_error,kind\nF16,16000000,,6.1,0.04,,original\n"
                 "Q4_K_M,5000000,4.9,6.25,0.04,,measured\nmine,4500000,4.4,6.4,,,predicted\n"));
    }
    void slicesSumUp()
    {
        const auto rows = test::llamaRows(3);
        std::uint64_t fromRows = 0, fromSlices = 0, tensors = 0;
        for (const auto& r : rows) fromRows += r.sizeBytes;
        for (const auto& s : sizeSlices(rows)) {
            fromSlices += s.sizeBytes;
            tensors += s.tensors;
        }
        QCOMPARE(fromSlices, fromRows);
        QCOMPARE(tensors, static_cast<std::uint64_t>(rows.size()));
    }

    void savesEveryKindOfFile_data() { allKinds(); }
    void savesEveryKindOfFile()
    {
        QFETCH(int, kind);
        const auto plot = make(kind);
        plot->setTitle(text("A title"));
        QTemporaryDir folder;
        const auto path = [&](const char* name) { return folder.filePath(QLatin1String(name)); };
        const auto saved = [&](const char* name) {
            const QString problem = plot->saveTo(path(name), {640, 400});
            if (!problem.isEmpty()) qWarning("%s", qPrintable(problem));
            return problem.isEmpty();
        };
        QVERIFY(saved("p.png"));
        const QImage image(path("p.png"));
        QCOMPARE(image.size(), QSize(1280, 800));
        // Something is drawn: more than a handful of colors.
        QSet<QRgb> colors;
        for (int y = 0; y < image.height(); y += 3)
            for (int x = 0; x < image.width(); x += 3) colors << image.pixel(x, y);
        QVERIFY(colors.size() > 8);
        QVERIFY(saved("p.SVG"));
        QSvgRenderer svg(path("p.SVG"));
        QVERIFY(svg.isValid());
        QCOMPARE(svg.viewBox().size(), QSize(640, 400));
        QVERIFY(saved("p.pdf"));
        QFile pdf(path("p.pdf"));
        QVERIFY(pdf.open(QIODevice::ReadOnly) && pdf.readAll().startsWith("%PDF"));
        QVERIFY(saved("p.csv"));
        QFile csv(path("p.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(csv.readAll()), plot->csv());
        // Failures are sentences and leave nothing behind.
        QVERIFY(!plot->saveTo(path("p.xyz")).isEmpty());
        QVERIFY(!plot->saveTo(path("no/such/folder/p.png")).isEmpty());
        QVERIFY(!plot->saveTo(path("no/such/folder/p.svg")).isEmpty());
        QVERIFY(!QFile::exists(path("p.xyz")));
        // As on a disk that becomes full.
        rlimit before = {};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        rlimit low = before;
        low.rlim_cur = 10;
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &low), 0);
        bool refused = true;
        for (const char* name : {"full.png", "full.svg", "full.pdf", "full.csv"}) refused = refused && !plot->saveTo(path(name)).isEmpty();
        ::setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY(refused);
        QVERIFY(QDir(folder.path()).entryList({QStringLiteral("full*")}, QDir::Files | QDir::Hidden).isEmpty());
    }

    void emptyPlots_data() { allKinds(); }
    void emptyPlots()
    {
        QFETCH(int, kind);
        auto plot = make(kind);
        QVERIFY(!plot->isEmpty());
        QVERIFY(!plot->accessibleDescription().isEmpty());
        QVERIFY(!plot->accessibleName().isEmpty());
        plot->setEmptyText(text("Nothing measured."));
        if (auto* h = qobject_cast<HistogramPlot*>(plot.get()))
            h->setData({text("x"), {{text("none"), histogram(0, 0, {})}}, true});
        if (auto* r = qobject_cast<RateDistortionPlot*>(plot.get()))
            r->setData({{TensorType::Q4_K, {}, std::nan(""), 1, false}, {TensorType::Q4_K, {}, 4.5, std::nan(""), false}});
        if (auto* s = qobject_cast<SizePlot*>(plot.get())) s->setData({});
        if (auto* p = qobject_cast<ParetoPlot*>(plot.get()))
            p->setData({{text("a"), text("a"), 5, 4, std::nan(""), std::nullopt, true, false}});
        QVERIFY(plot->isEmpty());
        QCOMPARE(plot->accessibleDescription(), text("Nothing measured."));
        QVERIFY(!plot->saveTo(text("x.png")).isEmpty());
        plot->zoomToData();
        QTest::keyClick(plot.get(), Qt::Key_Plus);
        plot->grab();
    }

    void zoomAndPan_data() { allKinds(); }
    void zoomAndPan()
    {
        QFETCH(int, kind);
        auto plot = make(kind);
        show(*plot);
        auto* q = inner(*plot);
        const QCPRange all = q->xAxis->range();
        QTest::keyClick(plot.get(), Qt::Key_Plus);
        QVERIFY(q->xAxis->range().size() < all.size());
        QTest::keyClick(plot.get(), Qt::Key_Home);
        QCOMPARE(q->xAxis->range(), all);
        QTest::keyClick(plot.get(), Qt::Key_Right);
        QVERIFY(q->xAxis->range().lower > all.lower);
        QTest::keyClick(plot.get(), Qt::Key_0);
        // Dragging opens a rectangle that becomes the view.
        const QRect area = q->axisRect()->rect();
        const QPoint from = area.center() - QPoint(60, 40);
        const QPoint to = area.center() + QPoint(60, 40);
        QTest::mousePress(q, Qt::LeftButton, {}, from);
        QTest::mouseMove(q, area.center());
        QTest::mouseMove(q, to);
        QTest::mouseRelease(q, Qt::LeftButton, {}, to);
        QVERIFY(q->xAxis->range().size() < all.size() * 0.8);
        QTest::mouseDClick(q, Qt::LeftButton, {}, area.center());
        QCOMPARE(q->xAxis->range(), all);
    }

    void clicksNameThePoint()
    {
        ParetoPlot plot;
        plot.setData(paretoPoints(), reference());
        show(plot);
        QSignalSpy spy(&plot, &ParetoPlot::pointClicked);
        auto* q = inner(plot);
        const QPoint point(qRound(q->xAxis->coordToPixel(5'000'000 / 1048576.0)), qRound(q->yAxis->coordToPixel(6.25)));
        QTest::mouseClick(q, Qt::LeftButton, {}, point);
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].toString(), text("a"));
        QTest::mouseClick(q, Qt::LeftButton, {}, q->axisRect()->rect().topRight() + QPoint(-5, 5));
        QCOMPARE(spy.count(), 1);
        // The same by keyboard: step and choose. The points come from left to right.
        QTest::keyClick(&plot, Qt::Key_PageDown);
        QVERIFY(plot.accessibleDescription().contains(text("mine")));
        QTest::keyClick(&plot, Qt::Key_Return);
        QCOMPARE(spy.count(), 2);
        QCOMPARE(spy[1][0].toString(), text("b"));
        QTest::keyClick(&plot, Qt::Key_PageUp);
        QTest::keyClick(&plot, Qt::Key_Return);
        QCOMPARE(spy[2][0].toString(), text("a"));
    }

    void clickOnABarNamesTheRole()
    {
        SizePlot plot;
        plot.setData({{TensorRole::TokenEmbedding, TensorType::Q4_K, 100, 1}, {TensorRole::FfnDown, TensorType::Q6_K, 3000, 2}});
        show(plot);
        QSignalSpy spy(&plot, &SizePlot::roleClicked);
        auto* q = inner(plot);
        QTest::mouseClick(q, Qt::LeftButton, {}, QPoint(qRound(q->xAxis->coordToPixel(1)), qRound(q->yAxis->coordToPixel(1))));
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].value<TensorRole>(), TensorRole::FfnDown);
    }

    void aBarBeginsWhereItsRoleBegins()
    {
        // Q4_K comes first in the order of stacking, and the output matrix has none of it.
        SizePlot plot;
        plot.setData({{TensorRole::TokenEmbedding, TensorType::Q4_K, 100, 1}, {TensorRole::Output, TensorType::Q6_K, 3000, 2}, {TensorRole::Output, TensorType::F16, 3000, 2}});
        show(plot);
        auto* q = inner(plot);
        QCOMPARE(q->plottableCount(), 3);
        for (int i = 0; i < 3; ++i) {
            const auto* bars = qobject_cast<QCPBars*>(q->plottable(i));
            QVERIFY(bars);
            QCOMPARE(bars->barBelow() != nullptr, i == 2);
        }
        QCOMPARE(q->legend->itemCount(), 3);
    }

    void eachMethodHasItsCurve()
    {
        RateDistortionPlot plot;
        plot.setData({{TensorType::Q4_K, text("reference"), 4.5, 0.08, false}, {TensorType::Q6_K, text("reference"), 6.56, 0.02, false},
                      {TensorType::Q4_K, text("gptq"), 4.5, 0.05, false}, {TensorType::Q6_K, text("gptq"), 6.56, 0.01, false}});
        show(plot);
        auto* q = inner(plot);
        QCOMPARE(q->graphCount(), 2);
        QCOMPARE(q->graph(1)->name(), text("gptq"));
        QCOMPARE(q->graph(1)->data()->size(), 2);
        QVERIFY(q->legend->visible());
        QVERIFY(q->graph(0)->pen().color() != q->graph(1)->pen().color());
        QVERIFY(q->graph(0)->pen().style() != q->graph(1)->pen().style());
        plot.setData({{TensorType::Q4_K, {}, 4.5, 0.08, false}});
        QCOMPARE(q->graphCount(), 1);
        QVERIFY(!q->legend->visible());
    }

    void aLegendThatWrapsKeepsTheColorsOfTheTheme()
    {
        // As many formats as an optimised recipe has: the last line of the legend is not full.
        SizePlot plot;
        show(plot);
        plot.resize(260, 300);
        using enum TensorType;
        std::vector<SizeSlice> slices;
        for (const TensorType format : {Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_0, F16})
            slices.push_back({TensorRole::FfnDown, format, 1000, 1});
        for (int turn = 0; turn < 2; ++turn) plot.setData(slices);
        QVERIFY(inner(plot)->legend->rowCount() > 1);
        QVERIFY(!plot.isEmpty());
    }

    void countsAreLabelledAsNumbers()
    {
        HistogramPlot plot;
        auto data = histograms();
        data.logCounts = true;
        data.series.front().histogram.counts.front() = 3000000;
        plot.setData(data);
        show(plot);
        inner(plot)->replot();
        const auto labels = inner(plot)->yAxis->tickVectorLabels();
        QVERIFY2(labels.contains(text("10")) && labels.contains(text("10⁶")), qPrintable(labels.join(text(" "))));
    }

    void menuOffersCopyAndSave()
    {
        HistogramPlot plot;
        plot.setData(histograms());
        show(plot);
        int entries = 0;
        connect(&plot, &PlotWidget::contextMenuRequested, this, [&](QMenu* menu) {
            entries = static_cast<int>(menu->actions().size());
            QTimer::singleShot(0, menu, &QMenu::close);
        });
        QContextMenuEvent event(QContextMenuEvent::Mouse, QPoint(50, 50), plot.mapToGlobal(QPoint(50, 50)));
        QCoreApplication::sendEvent(inner(plot), &event);
        QVERIFY(entries >= 4);
        plot.copyData();
        QCOMPARE(QGuiApplication::clipboard()->text(), plot.csv());
        plot.copyImage();
        QVERIFY(!QGuiApplication::clipboard()->image().isNull());
    }

    void followsTheTheme_data() { allKinds(); }
    void followsTheTheme()
    {
        QFETCH(int, kind);
        Theme theme;
        theme.setMode(Theme::Mode::Light);
        auto plot = make(kind);
        show(*plot);
        const QColor light = plot->toImage({300, 200}).pixelColor(1, 1);
        theme.setMode(Theme::Mode::Dark);
        QCoreApplication::processEvents();
        const QColor dark = plot->toImage({300, 200}).pixelColor(1, 1);
        QCOMPARE(light, themeColors(false).plotBackground);
        QCOMPARE(dark, themeColors(true).plotBackground);
        theme.setMode(Theme::Mode::Light);
    }

    void ticksShowEqualDecimals()
    {
        ParetoPlot plot;
        plot.setData(paretoPoints(), reference());
        show(plot);
        QSet<qsizetype> decimals;
        for (const QString& label : inner(plot)->yAxis->tickVectorLabels())
            decimals << label.size() - label.indexOf(QLatin1Char('.'));
        QCOMPARE(decimals.size(), 1);
    }
};

QTEST_MAIN(TestPlots)
#include "tst_plots.moc"
