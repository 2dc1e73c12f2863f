// SPDX-License-Identifier: MIT
// quantize --presets: several files from one reading of the model.
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/gguf_builder.h"
#include "tests/support/tiny_llama.h"

using namespace ww;

class TestCliPresets : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QByteArray m_out, m_error;

    int run(const QStringList& arguments)
    {
        QProcess process;
        process.start(WW_CLI_PATH, arguments);
        if (!process.waitForFinished(60000)) return -1;
        m_out = process.readAllStandardOutput();
        m_error = process.readAllStandardError();
        return process.exitCode();
    }
    QString path(const char* name) const { return m_folder.filePath(name); }
    std::string bytes(const char* name) const { return test::readFile(path(name).toStdString()); }

private slots:
    void initTestCase() { QVERIFY(test::tinyLlama().write(path("tiny-F16.gguf").toStdString())); }

    void filesAreThoseOfOneByOne()
    {
        QCOMPARE(
            run({"quantize", path("tiny-F16.gguf"), "-o", path("out"), "--presets", "Q4_K_M,q6_k,COPY", "--set", "attn_v=Q8_0"}),
            0);
        for (const char* preset : {"Q4_K_M", "Q6_K", "COPY"}) {
            QCOMPARE(run({"quantize", path("tiny-F16.gguf"), "-o", path("one.gguf"), "--preset", preset, "--set", "attn_v=Q8_0"}),
                     0);
            const std::string together = bytes(("out/tiny-" + std::string(preset) + ".gguf").c_str());
            QVERIFY(!together.empty());
            QVERIFY(together == bytes("one.gguf"));
        }
        QCOMPARE(QDir(path("out")).entryList(QDir::Files | QDir::Hidden).size(), 3);
    }

    void nothingIsWrittenOnADryRun()
    {
        QCOMPARE(run({"quantize", path("tiny-F16.gguf"), "-o", path("none"), "--presets", "Q4_0,Q8_0", "--dry-run", "--json"}), 0);
        QVERIFY2(m_out.contains("tiny-Q4_0.gguf") && m_out.contains("tiny-Q8_0.gguf"), m_out.constData());
        QVERIFY(!QDir(path("none")).exists());
    }

    void contradictionsAreRefused_data()
    {
        QTest::addColumn<QStringList>("more");
        QTest::newRow("unknown") << QStringList{"--presets", "Q4_K_M,Q9"};
        QTest::newRow("twice") << QStringList{"--presets", "Q4_K_M,Q4_K"};
        QTest::newRow("with a preset") << QStringList{"--presets", "Q4_K_M", "--preset", "Q8_0"};
        QTest::newRow("kept split") << QStringList{"--presets", "Q4_K_M", "--keep-split"};
        QTest::newRow("split") << QStringList{"--presets", "Q4_K_M", "--split-max-tensors", "3"};
        QTest::newRow("kept and split") << QStringList{"--preset", "Q4_K_M", "--keep-split", "--split-max-tensors", "3"};
    }
    void contradictionsAreRefused()
    {
        QFETCH(QStringList, more);
        QCOMPARE(run(QStringList{"quantize", path("tiny-F16.gguf"), "-o", path("bad")} + more), 2);
        QVERIFY2(m_error.startsWith("error: "), m_error.constData());
        QVERIFY(!QFile::exists(path("bad")));
    }
};

QTEST_GUILESS_MAIN(TestCliPresets)
#include "tst_cli_presets.moc"
