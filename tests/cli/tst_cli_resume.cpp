// SPDX-License-Identifier: MIT
// Evaluations and calibrations of the real program that are killed and started again: the same final numbers.
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

class TestCliResume : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_model = QString::fromStdString(ww::test::sampleModel().string());
    const QString m_text = QString::fromStdString(ww::test::sampleCalibrationText().string());

    void start(QProcess& process, const QStringList& arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CACHE_HOME", m_folder.filePath("cache"));
        process.setProcessEnvironment(environment);
        process.start(WW_CLI_PATH, arguments);
    }
    QJsonObject json(const QStringList& arguments) const
    {
        QProcess process;
        start(process, arguments + QStringList{"--json"});
        if (!process.waitForFinished(300000) || process.exitCode() != 0) return {};
        auto object = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
        object.remove("seconds");
        return object;
    }
    [[nodiscard]] QStringList journals() const { return QDir(m_folder.filePath("cache/weightwright/evaluations")).entryList(QDir::Files); }

private slots:
    void killed_data()
    {
        QTest::addColumn<QStringList>("command");
        QTest::newRow("perplexity") << QStringList{"perplexity", m_model, "--text", m_text, "--ctx", "64", "--preset", "Q4_K_M"};
        QTest::newRow("kld") << QStringList{"kld", m_model, "--text", m_text, "--ctx", "64", "--preset", "Q4_K_M"};
    }
    void killed()
    {
        QFETCH(QStringList, command);
        const QJsonObject whole = json(command);
        QVERIFY(!whole.isEmpty());
        QVERIFY(journals().isEmpty());
        // Killed once some windows are in the journal, and once more after it was taken up again.
        for (int i = 0; i < 2; ++i) {
            QProcess process;
            start(process, command);
            QVERIFY(process.waitForStarted());
            qint64 before = 0;
            for (int wait = 0; wait < 3000 && process.state() == QProcess::Running; ++wait) {
                const QStringList files = journals();
                const qint64 size = files.isEmpty() ? 0 : QFile(m_folder.filePath("cache/weightwright/evaluations/" + files.first())).size();
                if (before > 0 && size > before) break;
                if (size > 0) before = size;
                QTest::qWait(2);
            }
            process.kill();
            process.waitForFinished();
        }
        QCOMPARE(journals().size(), 1);
        QCOMPARE(json(command), whole);
        QVERIFY(journals().isEmpty());
    }

    void imatrixKilled()
    {
        const auto command = [&](const QString& output) {
            return QStringList{"imatrix", m_model, "--text", m_text, "--ctx", "64", "-o", m_folder.filePath(output)};
        };
        QVERIFY(!json(command("whole.gguf")).isEmpty());
        QProcess process;
        start(process, command("killed.gguf"));
        QVERIFY(process.waitForStarted());
        QTest::qWait(200);
        process.kill();
        process.waitForFinished();
        QVERIFY(!json(command("killed.gguf")).isEmpty());
        QFile whole(m_folder.filePath("whole.gguf"));
        QFile again(m_folder.filePath("killed.gguf"));
        QVERIFY(whole.open(QIODevice::ReadOnly) && again.open(QIODevice::ReadOnly));
        QCOMPARE(again.readAll(), whole.readAll());
        QVERIFY(!QFile::exists(m_folder.filePath("killed.gguf.part")));
    }
};

QTEST_GUILESS_MAIN(TestCliResume)
#include "tst_cli_resume.moc"
