// SPDX-License-Identifier: MIT
// Exports by methods that take long: killed and started again, they end with the same bytes.
#include <QDir>
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
    /// Ends the program by a signal once its journal has grown by so much; returns what it said.
    QByteArray interrupted(const QStringList& arguments, const QString& journal, int signal) const
    {
        QProcess process;
        const qint64 before = QFile(m_folder.filePath(journal)).size();
        process.start(WW_CLI_PATH, arguments);
        if (!process.waitForStarted()) return {};
        for (int i = 0; i < 60000 && process.state() == QProcess::Running; ++i) {
            if (QFile(m_folder.filePath(journal)).size() > before + 1000000) break;
            process.waitForFinished(2);
        }
        if (process.state() != QProcess::Running) return {};
        ::kill(static_cast<pid_t>(process.processId()), signal);
        process.waitForFinished();
        return process.readAllStandardError();
    }
    [[nodiscard]] QStringList leftovers() const { return QDir(m_folder.path()).entryList({"*.weightwright-*"}); }

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
        QCOMPARE(leftovers().size(), 1);
        const auto result = finished(command("a.gguf"));
        QVERIFY(result["resumedTensors"].toInt() > 0);
        QCOMPARE(contents("a.gguf"), contents("whole.gguf"));
        QVERIFY(!QFile::exists(m_folder.filePath("a.gguf.part")));
        QVERIFY(leftovers().isEmpty());
    }

    // What survived a crash stays when the run that went on with it is cancelled, without --resume as well.
    void cancelledAfterACrash()
    {
        auto spoken = command("e.gguf");
        spoken.removeOne("--json");
        interrupted(spoken, "e.gguf.part", SIGKILL);
        const qint64 survived = QFile(m_folder.filePath("e.gguf.part")).size();
        const QByteArray said = interrupted(spoken, "e.gguf.part", SIGINT);
        QVERIFY2(said.contains("are kept in") && said.contains("e.gguf.part"), said);
        QVERIFY(QFile(m_folder.filePath("e.gguf.part")).size() > survived);
        QVERIFY(finished(command("e.gguf"))["resumedTensors"].toInt() > 0);
        QCOMPARE(contents("e.gguf"), contents("whole.gguf"));
        const QByteArray other = interrupted(QStringList(spoken).replaceInStrings("e.gguf", "f.gguf"), "f.gguf.part", SIGINT);
        QVERIFY2(other.contains("--resume"), other);
    }

    // Keeping finished tensors is a help; a disk that has no room for it gets the file all the same.
    void aDiskWithoutRoomForBoth()
    {
        const QString disk = m_folder.filePath("disk");
        QVERIFY(QDir().mkdir(disk));
        auto arguments = command("disk/g.gguf");
        arguments.removeOne("--json");
        const qint64 room = QFile(m_folder.filePath("whole.gguf")).size() + 1000000;
        const QString script = QStringLiteral("mount -t tmpfs -o size=%1 none \"$0\" || exit 77; \"$@\" && cmp \"$0/g.gguf\" \"%2\" && ls \"$0\"")
                                   .arg(room)
                                   .arg(m_folder.filePath("whole.gguf"));
        QProcess process;
        process.start("unshare", QStringList{"--user", "--map-root-user", "--mount", "sh", "-c", script, disk, WW_CLI_PATH} + arguments);
        if (!process.waitForFinished(300000) || process.exitCode() == 77) QSKIP("A small disk cannot be mounted here.");
        const QByteArray said = process.readAllStandardError();
        if (said.startsWith("unshare:")) QSKIP("A small disk cannot be mounted here.");
        QVERIFY2(process.exitCode() == 0, said);
        QCOMPARE(said.count("had no room to keep finished tensors"), 1);
        QVERIFY(process.readAllStandardOutput().endsWith("\ng.gguf\n"));
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
