// SPDX-License-Identifier: GPL-3.0-or-later
#include <QImage>
#include <QSet>
#include <QTemporaryDir>
#include <QtTest>

#include "app/controllers/export_controller.h"
#include "app/languages.h"
#include "app/plot_command.h"
#include "app/settings.h"
#include "tests/support/paths.h"

using namespace ww;

/// Plots without a window, and the small decisions of export names and settings.
class TestPlotCommand : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    PlotRequest request(const QString& kind, const QString& file) const
    {
        PlotRequest r;
        r.kind = kind;
        r.model = QString::fromStdString(test::sampleModel().string());
        r.output = m_folder.filePath(file);
        r.text = QString::fromStdString(test::sampleEvaluationText().string());
        r.contextLength = 32;
        r.maxWindows = 1;
        r.size = QSize(640, 400);
        return r;
    }
    static QByteArray read(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void initTestCase() { installLanguage(QStringLiteral("en")); }

    void everyKind_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QByteArray>("inCsv");
        QTest::newRow("size") << QStringLiteral("size") << QByteArray("token_embd,Q4_K,589824,1");
        QTest::newRow("histogram") << QStringLiteral("histogram") << QByteArray("Q4_K");
        QTest::newRow("rate-distortion") << QStringLiteral("rate-distortion") << QByteArray("Q8_0");
        QTest::newRow("pareto") << QStringLiteral("pareto") << QByteArray("Q4_K_M,5339136,");
        QCOMPARE(plotKinds().size(), 4);
    }
    void everyKind()
    {
        QFETCH(QString, kind);
        QFETCH(QByteArray, inCsv);
        QCOMPARE(runPlot(request(kind, kind + QStringLiteral(".csv"))), static_cast<int>(ExitOk));
        const QByteArray csv = read(m_folder.filePath(kind + QStringLiteral(".csv")));
        QVERIFY2(csv.contains(inCsv), csv.constData());
        if (kind == QLatin1String("pareto")) return;
        QCOMPARE(runPlot(request(kind, kind + QStringLiteral(".png"))), static_cast<int>(ExitOk));
        const QImage image(m_folder.filePath(kind + QStringLiteral(".png")));
        QCOMPARE(image.size(), QSize(1280, 800));  // twice as many pixels, for sharp prints
        QSet<QRgb> colors;
        for (int y = 0; y < image.height(); y += 7)
            for (int x = 0; x < image.width(); x += 11) colors.insert(image.pixel(x, y));
        QVERIFY2(colors.size() > 2, "the picture is empty");
        QCOMPARE(runPlot(request(kind, kind + QStringLiteral(".svg"))), static_cast<int>(ExitOk));
        QVERIFY(read(m_folder.filePath(kind + QStringLiteral(".svg"))).contains("<svg"));
        QCOMPARE(runPlot(request(kind, kind + QStringLiteral(".pdf"))), static_cast<int>(ExitOk));
        QVERIFY(read(m_folder.filePath(kind + QStringLiteral(".pdf"))).startsWith("%PDF"));
    }

    void mistakes_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("preset");
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<int>("exitCode");
        const QString none;
        const auto s = [](const char* text) { return QString::fromLatin1(text); };
        QTest::newRow("kind") << s("pie") << s("x.png") << none << s("Q4_K_M") << none << static_cast<int>(ExitUsage);
        QTest::newRow("preset") << s("size") << s("x.png") << none << s("Q99") << none << static_cast<int>(ExitUsage);
        QTest::newRow("suffix") << s("size") << s("x.gif") << none << s("Q4_K_M") << none << static_cast<int>(ExitUsage);
        QTest::newRow("folder") << s("size") << s("no/x.png") << none << s("Q4_K_M") << none << static_cast<int>(ExitFailed);
        QTest::newRow("model") << s("size") << s("x.png") << s("/no/such.gguf") << s("Q4_K_M") << none
                               << static_cast<int>(ExitFailed);
        QTest::newRow("tensor") << s("histogram") << s("x.png") << none << s("Q4_K_M") << s("nope") << static_cast<int>(ExitFailed);
    }
    void mistakes()
    {
        QFETCH(QString, kind);
        QFETCH(QString, file);
        QFETCH(QString, model);
        QFETCH(QString, preset);
        QFETCH(QString, tensor);
        QFETCH(int, exitCode);
        PlotRequest r = request(kind, file);
        if (!model.isEmpty()) r.model = model;
        r.preset = preset;
        r.tensor = tensor;
        QCOMPARE(runPlot(r), exitCode);
        QVERIFY(!QFileInfo::exists(r.output));
    }

    void sizes()
    {
        QCOMPARE(parseSize(QStringLiteral("1280x800")), QSize(1280, 800));
        for (const char* bad : {"", "x", "1280", "1280x", "0x0", "10x10", "99999x100", "12.5x100", "100x100x100", "-640x480"})
            QVERIFY2(!parseSize(QString::fromLatin1(bad)).isValid(), bad);
    }

    void exportNames_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("recipe");
        QTest::addColumn<QString>("name");
        const auto row = [](const char* model, const char* recipe, const char* name) {
            QTest::newRow(model) << QString::fromUtf8(model) << QString::fromUtf8(recipe) << QString::fromUtf8(name);
        };
        row("/m/Model-7B-F16.gguf", "Q4_K_M", "Model-7B-Q4_K_M.gguf");
        row("/m/model.Q8_0.gguf", "Q4_K_M", "model-Q4_K_M.gguf");
        row("/m/model-bf16.gguf", "mine", "model-mine.gguf");
        row("/m/model-fp16.gguf", "mine", "model-mine.gguf");
        row("/m/Model-7B.gguf", "my best/one", "Model-7B-my_best_one.gguf");
        row("/m/Llama-3.1-8B-Instruct.gguf", "IQ4_XS", "Llama-3.1-8B-Instruct-IQ4_XS.gguf");
        row("/m/F16.gguf", "Q4_0", "F16-Q4_0.gguf");
    }
    void exportNames()
    {
        QFETCH(QString, model);
        QFETCH(QString, recipe);
        QFETCH(QString, name);
        QCOMPARE(ExportController::proposedName(model, {}, recipe), name);
    }

    void settingsSurviveNonsense()
    {
        const QString file = m_folder.filePath(QStringLiteral("settings.ini"));
        {
            QFile ini(file);
            QVERIFY(ini.open(QIODevice::WriteOnly));
            ini.write("[General]\ntheme=purple\nthreads=-7\n[evaluation]\ncontextLength=banana\nwindows=-3\nspeed=x\n");
        }
        Settings settings(file);
        QCOMPARE(settings.theme(), ThemeChoice::System);
        QVERIFY(settings.threads() <= 1024);
        QVERIFY(settings.contextLength() >= 8);
        QCOMPARE(settings.windowCount(), 0);
        QCOMPARE(settings.evaluationSpeed(), 0.0);
        for (int i = 0; i < 15; ++i) settings.addRecentFile(QStringLiteral("/m/%1.gguf").arg(i));
        settings.addRecentFile(QStringLiteral("/m/9.gguf"));
        QCOMPARE(settings.recentFiles().size(), 10);
        QCOMPARE(settings.recentFiles().first(), QStringLiteral("/m/9.gguf"));
        settings.setTheme(ThemeChoice::Dark);
        QCOMPARE(Settings(file).theme(), ThemeChoice::Dark);
    }
};

QTEST_MAIN(TestPlotCommand)
#include "tst_plot_command.moc"
