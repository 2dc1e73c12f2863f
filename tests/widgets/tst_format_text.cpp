// SPDX-License-Identifier: GPL-3.0-or-later
#include <QLocale>
#include <QtTest>
#include <cmath>
#include <limits>

#include "widgets/theme/format_text.h"

using namespace ww;

class TestFormatText : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void sizes_data()
    {
        QTest::addColumn<quint64>("bytes");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << quint64{0} << QStringLiteral("0 B");
        QTest::newRow("bytes") << quint64{999} << QStringLiteral("999 B");
        QTest::newRow("to the next unit") << quint64{1000} << QStringLiteral("0.98 KiB");
        QTest::newRow("kibi") << quint64{1024} << QStringLiteral("1.00 KiB");
        QTest::newRow("three digits") << quint64{16} * 1024 + 103 << QStringLiteral("16.1 KiB");
        QTest::newRow("mebi") << (quint64{123} << 20) << QStringLiteral("123 MiB");
        QTest::newRow("rounds up a digit") << quint64{9999} * 1024 / 1000 * 1024 << QStringLiteral("10.0 MiB");
        QTest::newRow("gibi") << quint64{4209067950} << QStringLiteral("3.92 GiB");
        QTest::newRow("largest") << std::numeric_limits<quint64>::max() << QStringLiteral("16777216 TiB");
    }
    void sizes()
    {
        QFETCH(quint64, bytes);
        QFETCH(QString, text);
        QCOMPARE(sizeText(bytes).remove(QLatin1Char(',')), text);
    }

    void durations_data()
    {
        QTest::addColumn<double>("seconds");
        QTest::addColumn<QString>("duration");
        QTest::addColumn<QString>("left");
        QTest::newRow("none") << 0.0 << QStringLiteral("0.0 s") << QStringLiteral("0:00 left");
        QTest::newRow("short") << 0.84 << QStringLiteral("0.8 s") << QStringLiteral("0:01 left");
        QTest::newRow("seconds") << 41.2 << QStringLiteral("41 s") << QStringLiteral("0:41 left");
        QTest::newRow("whole minutes") << 120.0 << QStringLiteral("2 min") << QStringLiteral("2:00 left");
        QTest::newRow("minutes") << 125.0 << QStringLiteral("2 min 5 s") << QStringLiteral("2:05 left");
        QTest::newRow("almost a minute") << 59.7 << QStringLiteral("1 min") << QStringLiteral("1:00 left");
        QTest::newRow("hours") << 3730.0 << QStringLiteral("1 h 2 min") << QStringLiteral("1:02:10 left");
        QTest::newRow("not a number") << std::nan("") << QStringLiteral("–") << QString();
        QTest::newRow("negative") << -1.0 << QStringLiteral("–") << QString();
    }
    void durations()
    {
        QFETCH(double, seconds);
        QFETCH(QString, duration);
        QFETCH(QString, left);
        QCOMPARE(durationText(seconds), duration);
        QCOMPARE(timeLeftText(seconds), left);
    }

    void numbers()
    {
        QCOMPARE(bitsPerWeightText(4.8349), QStringLiteral("4.83 bpw"));
        QCOMPARE(bitsPerWeightText(4.5, false), QStringLiteral("4.50"));
        QCOMPARE(percentText(0.62), QStringLiteral("62 %"));
        QCOMPARE(signedPercentText(-0.7), QStringLiteral("−70 %"));
        QCOMPARE(signedPercentText(0.051, 1), QStringLiteral("+5.1 %"));
        QCOMPARE(signedPercentText(-0.0001), QStringLiteral("0 %"));
        QCOMPARE(countText(1234567), QStringLiteral("1,234,567"));
        QCOMPARE(parameterCountText(8030000000), QStringLiteral("8.03 B"));
        QCOMPARE(parameterCountText(124000000), QStringLiteral("124 M"));
        QCOMPARE(parameterCountText(512), QStringLiteral("512"));
        QCOMPARE(deltaText(0.0421), QStringLiteral("+0.042"));
        QCOMPARE(deltaErrorText(0.7921, 0.053), QStringLiteral("+0.79 ± 0.05"));
        QCOMPARE(deltaErrorText(0.7921, std::nullopt), QStringLiteral("+0.792"));
        QCOMPARE(deltaText(-1.5), QStringLiteral("−1.500"));
        QCOMPARE(deltaText(0), QStringLiteral("0.000"));
    }

    void errors_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::newRow("zero") << 0.0 << QStringLiteral("0");
        QTest::newRow("usual") << 0.07123 << QStringLiteral("0.0712");
        QTest::newRow("limit") << 0.001 << QStringLiteral("0.00100");
        QTest::newRow("tiny") << 0.0000123 << QStringLiteral("1.2×10⁻⁵");
        QTest::newRow("rounds to the next power") << 0.0000999 << QStringLiteral("1.0×10⁻⁴");
        QTest::newRow("huge") << 2.5e12 << QStringLiteral("2.5×10¹²");
        QTest::newRow("above one") << 2.345 << QStringLiteral("2.35");
        QTest::newRow("hundreds") << 345.6 << QStringLiteral("346");
        QTest::newRow("infinite") << std::numeric_limits<double>::infinity() << QStringLiteral("–");
    }
    void errors()
    {
        QFETCH(double, value);
        QFETCH(QString, text);
        QCOMPARE(errorText(value), text);
    }

    void perplexities()
    {
        QCOMPARE(perplexityText(6.2134), QStringLiteral("6.21"));
        QCOMPARE(perplexityText(6.2134, 0.0432), QStringLiteral("6.21 ± 0.04"));
        QCOMPARE(perplexityText(6.2134, 0.0154), QStringLiteral("6.213 ± 0.015"));
        QCOMPARE(perplexityText(123.4, 2.6), QStringLiteral("123.40 ± 2.60"));
        QCOMPARE(perplexityText(12345.6, 26.0), QStringLiteral("12,346 ± 26"));
        QCOMPARE(perplexityText(6.2, 0.0), QStringLiteral("6.20"));
        QCOMPARE(perplexityText(std::nan("")), QStringLiteral("–"));
    }

    void displayFollowsTheLocaleAndFilesDoNot()
    {
        QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
        QCOMPARE(bitsPerWeightText(4.5, false), QStringLiteral("4,50"));
        QCOMPARE(plainNumber(4.5), QStringLiteral("4.5"));
        QCOMPARE(plainNumber(0.1 + 0.2).toDouble(), 0.1 + 0.2);
        QCOMPARE(csvField(QStringLiteral("plain")), QStringLiteral("plain"));
        QCOMPARE(csvField(QStringLiteral("a,b")), QStringLiteral("\"a,b\""));
        QCOMPARE(csvField(QStringLiteral("say \"x\"")), QStringLiteral("\"say \"\"x\"\"\""));
    }

    void everyRoleAndFormatHasWords()
    {
        for (const TensorRole role : allRoles()) {
            QVERIFY(!roleText(role).isEmpty());
            QVERIFY(role == TensorRole::Other || roleDescription(role) != roleDescription(TensorRole::Other));
        }
        QCOMPARE(formatName(TensorType::IQ3_XXS), QStringLiteral("IQ3_XXS"));
    }
};

QTEST_APPLESS_MAIN(TestFormatText)
#include "tst_format_text.moc"
