// SPDX-License-Identifier: MIT
// Exports by methods that take long: killed and started again, they end with the same bytes.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

#include "tests/support/paths.h"

using namespace ww;

class TestCliResumeExport : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_calibration;

    [[nodiscard]] QStringList command(const QString& output) const
    {
        return {"quantize", QString::fromStdString(test::sampleModel().string()), "-o", m_folder.filePath(output), "--type", "Q4_K", "--pure",
                "--method", "gptq:polish=6", "--calibration", m_calibration, "--threads", "1", "--json"};
    }
    static QJsonObject finished(const QStringList& arguments)
    {
        QProcess process;
        process.start(WW_CLI_PATH, arguments);
        if (!process.waitForFinished(300000) || process.exitCode() != 0) return {};
        return QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    }
    [[nodiscard]] QByteArray contents(const QString& name) const
    {
        QFile file(m_folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    /// Ends the program by a signal once its journal has grown so large.
    void interrupted(const QStringList& arguments, const QString& journal, int signal) const
    {
        QProcess process;
        process.start(WW_CLI_PATH, arguments);
        QVERIFY(process.waitForStarted());
        for (int i = 0; i < 60000 && process.state() == QProcess::Running; ++i) {
            if (QFile(m_folder.filePath(journal)).size() > 1000000) break;
            process.waitForFinished(2);
        }
        QCOMPARE(process.state(), QProcess::Running);
        ::kill(static_cast<pid_t>(process.processId()), signal);
        process.waitForFinished();
    }

private slots:
    void initTestCase()
    {
        m_calibration = m_folder.filePath("sample.wwcalib");
        QVERIFY(!finished({"calibrate", QString::fromStdString(test::sampleModel().string()), "--text",
                           QString::fromStdString(test::sampleCalibrationText().string()), "--chunks", "8", "-o", m_calibration, "--json"})
                     .isEmpty());
        QVERIFY(!finished(command("whole.gguf")).isEmpty());
        QVERIFY(!QFile::exists(m_folder.filePath("whole.gguf.part")));
    }

    void killed()
    {
        interrupted(command("a.gguf"), "a.gguf.part", SIGKILL);
        QVERIFY(!QFile::exists(m_folder.filePath("a.gguf")));
        QVERIFY(QFile::exists(m_folder.filePath("a.gguf.part")));
        const auto result = finished(command("a.gguf"));
        QVERIFY(result["resumedTensors"].toInt() > 0);
        QCOMPARE(contents("a.gguf"), contents("whole.gguf"));
        QVERIFY(!QFile::exists(m_folder.filePath("a.gguf.part")));
    }

    // What does not fit its checksum is made again, and so is everything when the recipe is another one.
    void damaged()
    {
        interrupted(command("b.gguf"), "b.gguf.part", SIGKILL);
        QFile journal(m_folder.filePath("b.gguf.part"));
        QVERIFY(journal.open(QIODevice::ReadWrite));
        QVERIFY(journal.seek(5000));
        const char byte = journal.peek(1).at(0);
        const char other = static_cast<char>(byte ^ 1);
        QCOMPARE(journal.write(&other, 1), 1);
        journal.close();
        QCOMPARE(finished(command("b.gguf"))["resumedTensors"].toInt(-1), 0);
        QCOMPARE(contents("b.gguf"), contents("whole.gguf"));
        interrupted(command("b.gguf"), "b.gguf.part", SIGKILL);
        auto changed = command("b.gguf");
        changed[changed.indexOf("gptq:polish=6")] = "gptq:polish=0";
        QCOMPARE(finished(changed)["resumedTensors"].toInt(-1), 0);
        QVERIFY(contents("b.gguf") != contents("whole.gguf"));
    }

    void cancelled()
    {
        interrupted(command("c.gguf"), "c.gguf.part", SIGINT);
        QVERIFY(!QFile::exists(m_folder.filePath("c.gguf.part")));
        QVERIFY(!QFile::exists(m_folder.filePath("c.gguf")));
        interrupted(command("c.gguf") + QStringList{"--resume"}, "c.gguf.part", SIGINT);
        QVERIFY(QFile::exists(m_folder.filePath("c.gguf.part")));
        QVERIFY(finished(command("c.gguf"))["resumedTensors"].toInt() > 0);
        QCOMPARE(contents("c.gguf"), contents("whole.gguf"));
        QVERIFY(!QFile::exists(m_folder.filePath("c.gguf.part")));
    }

    void somebodysFileStays()
    {
        QFile own(m_folder.filePath("d.gguf.part"));
        QVERIFY(own.open(QIODevice::WriteOnly));
        own.write("my notes");
        own.close();
        QVERIFY(!finished(command("d.gguf")).isEmpty());
        QCOMPARE(contents("d.gguf.part"), QByteArray("my notes"));
    }
};

QTEST_GUILESS_MAIN(TestCliResumeExport)
#include "tst_cli_resume_export.moc"
