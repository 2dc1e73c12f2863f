// SPDX-License-Identifier: MIT
// --memory: what the real program takes, mapped files apart, with a budget of 256 MiB on a model and text that would take more.
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"

using namespace ww;

class TestCliMemory : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    struct Run {
        QJsonObject json;
        qint64 mostBytes = 0;  ///< anonymous memory
    };
    [[nodiscard]] Run run(const QStringList& arguments) const
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CACHE_HOME", m_folder.filePath("cache"));
        process.setProcessEnvironment(environment);
        process.start(WW_CLI_PATH, arguments + QStringList{"--json", "--threads", "2"});
        Run result;
        if (!process.waitForStarted()) return result;
        const QString status = QStringLiteral("/proc/%1/status").arg(process.processId());
        while (!process.waitForFinished(5)) {
            QFile file(status);
            if (!file.open(QIODevice::ReadOnly)) continue;
            for (const QByteArray& line : file.readAll().split('\n'))
                if (line.startsWith("RssAnon:")) result.mostBytes = std::max(result.mostBytes, line.mid(8).trimmed().split(' ').first().toLongLong() * 1024);
        }
        if (process.exitCode() == 0) result.json = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
        result.json.remove("seconds");
        return result;
    }

private slots:
    void initTestCase()
    {
        // The predictions of one window over 24,000 tokens are 12 MiB.
        const test::TinyLlama options{.layers = 2,
                                      .embedding = 512,
                                      .feedForward = 512,
                                      .heads = 8,
                                      .kvHeads = 8,
                                      .contextLength = 256,
                                      .vocabulary = test::tinyVocabulary(24000)};
        QVERIFY(test::tinyLlama(options).write(m_folder.filePath("model.gguf").toStdString()));
        QFile sample(QString::fromStdString(test::sampleCalibrationText().string()));
        QVERIFY(sample.open(QIODevice::ReadOnly));
        QFile text(m_folder.filePath("text.txt"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write(sample.read(30000));
    }

    void kept_data()
    {
        QTest::addColumn<QStringList>("command");
        const QStringList common{m_folder.filePath("model.gguf"), "--text", m_folder.filePath("text.txt"), "--ctx", "256"};
        QTest::newRow("perplexity") << QStringList{"perplexity", "--chunks", "20", "--type", "Q4_0", "--pure"} + common;
        QTest::newRow("kld") << QStringList{"kld", "--chunks", "14", "--type", "Q4_0", "--pure"} + common;
        QTest::newRow("imatrix") << QStringList{"imatrix", "--chunks", "30", "-o", m_folder.filePath("a.gguf")} + common;
        QTest::newRow("calibrate") << QStringList{"calibrate", "--chunks", "30", "-o", m_folder.filePath("a.wwcalib")} + common;
        QTest::newRow("sensitivity") << QStringList{"sensitivity", "--formats", "Q4_0", "--chunks", "20", "--probe-chunks", "12", "-o", m_folder.filePath("a.json")} + common;
    }
    void kept()
    {
        QFETCH(QStringList, command);
        const Run small = run(command + QStringList{"--memory", "256MiB"});
        QVERIFY(!small.json.isEmpty());
        qInfo("%s: %lld MiB", qPrintable(command.first()), small.mostBytes >> 20);
        QVERIFY2(small.mostBytes <= (qint64{256} << 20), qPrintable(QString::number(small.mostBytes >> 20)));
        if (command.first() != "perplexity" && command.first() != "kld") return;
        // Smaller than what cannot be divided: it works all the same, with the same numbers.
        const Run least = run(command + QStringList{"--memory", "1MiB"});
        QCOMPARE(least.json, small.json);
        const Run usual = run(command);
        QCOMPARE(usual.json, small.json);
    }

    void refused()
    {
        QProcess process;
        process.start(WW_CLI_PATH, {"perplexity", "m", "--text", "t", "--memory", "much"});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 2);
        QVERIFY(process.readAllStandardError().contains("no size"));
    }
};

QTEST_GUILESS_MAIN(TestCliMemory)
#include "tst_cli_memory.moc"
