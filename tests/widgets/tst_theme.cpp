// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDir>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>
#include <set>

#include "tests/support/paths.h"
#include "widgets/theme/colors.h"
#include "widgets/theme/theme.h"

using namespace ww;

class TestTheme : public QObject {
    Q_OBJECT

    static QByteArray shown(const QColor& a, const QColor& b)
    {
        return QStringLiteral("%1 on %2: %3").arg(a.name(), b.name()).arg(contrastRatio(a, b), 0, 'f', 2).toUtf8();
    }

private Q_SLOTS:
    void contrastFormula()
    {
        QCOMPARE(qRound(contrastRatio(Qt::black, Qt::white)), 21);
        QCOMPARE(qRound(contrastRatio(Qt::red, Qt::red)), 1);
        QVERIFY(qAbs(contrastRatio(QColor(0x77, 0x77, 0x77), Qt::white) - 4.48) < 0.01);  // the well-known limit gray
        QCOMPARE(readableOn(QColor(0xEC, 0xDC, 0x5A)), QColor(Qt::black));
        QCOMPARE(readableOn(QColor(0x10, 0x20, 0x60)), QColor(Qt::white));
    }

    void textIsReadable_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void textIsReadable()
    {
        QFETCH(bool, dark);
        const QPalette p = Theme::palette(dark);
        const ThemeColors& c = themeColors(dark);
        QCOMPARE(isDark(p), dark);
        const std::pair<QColor, QColor> texts[] = {
            {p.color(QPalette::WindowText), p.color(QPalette::Window)},
            {p.color(QPalette::Text), p.color(QPalette::Base)},
            {p.color(QPalette::Text), p.color(QPalette::AlternateBase)},
            {p.color(QPalette::ButtonText), p.color(QPalette::Button)},
            {p.color(QPalette::HighlightedText), p.color(QPalette::Highlight)},
            {p.color(QPalette::ToolTipText), p.color(QPalette::ToolTipBase)},
            {p.color(QPalette::Link), p.color(QPalette::Base)},
            {p.color(QPalette::Link), p.color(QPalette::Window)},
            {p.color(QPalette::PlaceholderText), p.color(QPalette::Base)},
            {c.plotText, c.plotBackground},
            {c.mutedText, p.color(QPalette::Window)},
            {c.mutedText, p.color(QPalette::Base)},
            {c.mutedText, p.color(QPalette::AlternateBase)},
            {c.mutedText, p.color(QPalette::Button)},
            {c.warning, p.color(QPalette::Base)},
            {c.warning, p.color(QPalette::Window)},
            {c.error, p.color(QPalette::Base)},
            {c.error, p.color(QPalette::Window)},
            {c.success, p.color(QPalette::Base)},
            {c.success, p.color(QPalette::Window)},
        };
        for (const auto& [text, ground] : texts) QVERIFY2(contrastRatio(text, ground) >= 4.5, shown(text, ground));
        const std::pair<QColor, QColor> graphics[] = {{c.plotAxis, c.plotBackground},
                                                      {c.accent, p.color(QPalette::Window)},
                                                      {c.accent, p.color(QPalette::Base)},
                                                      {c.accent, p.color(QPalette::Button)}};
        for (const auto& [line, ground] : graphics) QVERIFY2(contrastRatio(line, ground) >= 3, shown(line, ground));
        for (int i = 0; i < 6; ++i)
            QVERIFY2(contrastRatio(c.okabeIto(i), c.plotBackground) >= 3, shown(c.okabeIto(i), c.plotBackground));
        QCOMPARE(c.okabeIto(7), c.okabeIto(1));
        QCOMPARE(c.okabeIto(-1), c.okabeIto(5));
        QCOMPARE(p.color(QPalette::Base), c.plotBackground);
    }

    void formatColorsDiffer()
    {
        const ThemeColors& c = themeColors(false);
        std::set<QRgb> seen;
        for (const auto& t : allTensorTypes()) {
            if (!t.target) continue;
            const QColor color = c.formatColor(t.type);
            QVERIFY2(seen.insert(color.rgb()).second, t.name.data());
            // Whatever is written on a cell stays readable.
            QVERIFY2(contrastRatio(readableOn(color), color) >= 4.5, t.name.data());
            QCOMPARE(themeColors(true).formatColor(t.type), color);
        }
        // Formats that stand side by side in presets are far apart.
        const TensorType ladder[] = {TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K,
                                     TensorType::Q6_K, TensorType::Q8_0, TensorType::F16};
        for (std::size_t i = 1; i < std::size(ladder); ++i) {
            const QColor a = c.formatColor(ladder[i - 1]);
            const QColor b = c.formatColor(ladder[i]);
            const int distance = qAbs(a.red() - b.red()) + qAbs(a.green() - b.green()) + qAbs(a.blue() - b.blue());
            QVERIFY(distance > 90);
        }
    }

    void scales()
    {
        QCOMPARE(viridis(0), QColor(68, 1, 84));
        QCOMPARE(viridis(1), QColor(253, 231, 37));
        QCOMPARE(viridis(-3), viridis(0));
        QCOMPARE(viridis(7), viridis(1));
        QCOMPARE(viridis(std::nan("")), viridis(0));
        // Viridis grows lighter all the way: it is read without color, too.
        for (double t = 0.05; t <= 1.0; t += 0.05)
            QVERIFY(contrastRatio(viridis(t), Qt::black) > contrastRatio(viridis(t - 0.05), Qt::black));
        QCOMPARE(diverging(0, false), diverging(std::nan(""), false));
        QVERIFY(diverging(-1, false).blue() > diverging(-1, false).red());
        QVERIFY(diverging(1, false).red() > diverging(1, false).blue());
    }

    void switchingChangesTheApplication()
    {
        Theme theme;
        QCOMPARE(Theme::instance(), &theme);
        theme.setMode(Theme::Mode::Light);
        QLabel label;
        label.show();
        QSignalSpy spy(&theme, &Theme::changed);
        theme.setMode(Theme::Mode::Dark);
        QCOMPARE(spy.count(), 1);
        QVERIFY(theme.isDark());
        QVERIFY(isDark(QApplication::palette()));
        QTRY_VERIFY(isDark(label.palette()));
        QVERIFY(themeColors(label.palette()).dark);
        theme.setMode(Theme::Mode::Dark);
        QCOMPARE(spy.count(), 1);
        theme.setMode(Theme::Mode::Light);
        QCOMPARE(spy.count(), 2);
        QVERIFY(!isDark(QApplication::palette()));
    }

    void iconsFollowThePalette()
    {
        Theme theme;
        const QDir folder(QString::fromStdString((test::sourceDir() / "resources/icons").string()));
        const auto files = folder.entryList({QStringLiteral("*.svg")});
        QVERIFY(files.size() > 20);
        for (const QString& file : files) {
            const QIcon one = icon(qPrintable(file.chopped(4)));
            QVERIFY2(!one.isNull(), qPrintable(file));
            theme.setMode(Theme::Mode::Light);
            const QImage light = one.pixmap(24, 24).toImage();
            theme.setMode(Theme::Mode::Dark);
            const QImage dark = one.pixmap(24, 24).toImage();
            QVERIFY2(light != dark, qPrintable(file));
            int painted = 0;
            for (int y = 0; y < light.height(); ++y)
                for (int x = 0; x < light.width(); ++x) painted += light.pixelColor(x, y).alpha() > 128 ? 1 : 0;
            QVERIFY2(painted > 20, qPrintable(file));
        }
        QVERIFY(icon("no-such-icon").isNull());
        QVERIFY(!applicationIcon().pixmap(64, 64).isNull());
        QVERIFY(icon("open").pixmap(24, 24, QIcon::Disabled).toImage() != icon("open").pixmap(24, 24).toImage());
    }

    // The focus is seen: a focused button does not look like one without.
    void focusIsVisible_data() { textIsReadable_data(); }
    void focusIsVisible()
    {
        QFETCH(bool, dark);
        Theme theme;
        theme.setMode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
        QWidget window;
        QPushButton first(QStringLiteral("One"), &window);
        QPushButton second(QStringLiteral("Two"), &window);
        first.setAutoDefault(false);
        second.setAutoDefault(false);
        second.move(0, 60);
        window.resize(200, 120);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        second.setFocus();
        const QImage without = first.grab().toImage();
        first.setFocus(Qt::TabFocusReason);
        const QImage with = first.grab().toImage();
        int changed = 0;
        for (int y = 0; y < with.height(); ++y)
            for (int x = 0; x < with.width(); ++x)
                if (contrastRatio(with.pixelColor(x, y), without.pixelColor(x, y)) >= 1.5) ++changed;
        QVERIFY2(changed > 2 * (first.width() + first.height()) * 2 / 3, qPrintable(QString::number(changed)));
    }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
