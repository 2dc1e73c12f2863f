// SPDX-License-Identifier: MIT
// Evaluations and calibrations of the real program that are killed and started again: the same final numbers.
#include <QDir>
#include <QFile>
#include <QJsonArray>
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
    QString m_variant;
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
        QJsonArray variants = object["variants"].toArray();
        for (auto&& variant : variants) {
            QJsonObject figures = variant.toObject();
            figures.remove("seconds");
            variant = figures;
        }
        if (!variants.isEmpty()) object["variants"] = variants;
        return object;
    }
    [[nodiscard]] QStringList journals() const { return QDir(m_folder.filePath("cache/weightwright/evaluations")).entryList(QDir::Files); }

private slots:
    void initTestCase()
    {
        m_variant = m_folder.filePath("variant.gguf");
        QVERIFY(!json({"quantize", m_model, "--preset", "Q4_0", "-o", m_variant}).isEmpty());
    }
    void killed_data()
    {
        QTest::addColumn<QStringList>("command");
        QTest::newRow("perplexity") << QStringList{"perplexity", m_model, "--text", m_text, "--ctx", "64", "--chunks", "200", "--preset", "Q4_K_M"};
        QTest::newRow("compare") << QStringList{"compare", m_model, m_variant, "--text", m_text, "--ctx", "64", "--chunks", "200"};
        QTest::newRow("kld") << QStringList{"kld", m_model, "--text", m_text, "--ctx", "64", "--chunks", "200", "--preset", "Q4_K_M"};
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

    void passesKilled_data()
    {
        QTest::addColumn<QString>("command");
        QTest::newRow("imatrix") << "imatrix";
        QTest::newRow("calibrate") << "calibrate";
    }
    void passesKilled()
    {
        QFETCH(QString, command);
        const QString whole = m_folder.filePath(command + "-whole.gguf");
        const QString killed = m_folder.filePath(command + "-killed.gguf");
        const auto arguments = [&](const QString& output) {
            return QStringList{command, m_model, "--text", m_text, "--ctx", "64", "--threads", "1", "--chunks", "300", "-o", output};
        };
        QVERIFY(!json(arguments(whole)).isEmpty());
        QProcess process;
        start(process, arguments(killed));
        QVERIFY(process.waitForStarted());
        // Once there is something to go on from.
        for (int wait = 0; wait < 10000 && process.state() == QProcess::Running && !QFile::exists(killed + ".part"); ++wait) QTest::qWait(2);
        process.kill();
        process.waitForFinished();
        QVERIFY(QFile::exists(killed + ".part"));
        QVERIFY(!QFile::exists(killed));
        QVERIFY(!json(arguments(killed)).isEmpty());
        QFile first(whole);
        QFile again(killed);
        QVERIFY(first.open(QIODevice::ReadOnly) && again.open(QIODevice::ReadOnly));
        QVERIFY(again.readAll() == first.readAll());
        QVERIFY(!QFile::exists(killed + ".part"));
    }
};

QTEST_GUILESS_MAIN(TestCliResume)
#include "tst_cli_resume.moc"
