// SPDX-License-Identifier: MIT
// imatrix, imatrix-stats, kld and compare of the real program.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

using namespace ww;

class TestCliCalibration : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_model = QString::fromStdString(test::sampleModel().string());
    const QString m_text = QString::fromStdString(test::sampleEvaluationText().string());
    const QString m_calibration = QString::fromStdString(test::sampleCalibrationText().string());

    /// Standard output of a run that must succeed, read as JSON.
    static QJsonObject json(const QStringList& arguments)
    {
        QProcess process;
        process.start(WW_CLI_PATH, arguments + QStringList{"--json"});
        if (!process.waitForFinished(300000) || process.exitCode() != 0) {
            qWarning("%s", process.readAllStandardError().constData());
            return {};
        }
        return QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    }

private slots:
    void importance_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("GGUF") << "a.gguf";
        QTest::newRow("older form") << "a.dat";
    }
    void importance()
    {
        QFETCH(QString, name);
        const QString file = m_folder.filePath(name);
        const auto made =
            json({"imatrix", m_model, "--text", m_calibration, "-o", file, "--ctx", "64", "--chunks", "4"});
        QCOMPARE(made["windows"].toInt(), 4);
        QCOMPARE(made["tokens"].toInt(), 256);
        QVERIFY(QFile::exists(file));
        const auto shown = json({"imatrix-stats", file});
        QCOMPARE(shown["chunkCount"].toInt(), 4);
        QCOMPARE(shown["tensors"].toArray().size(), made["tensors"].toInt());
        QVERIFY(shown["tensors"].toArray().at(0).toObject()["mean"].toDouble() > 0);
    }

    void divergence()
    {
        const QStringList measure{"--text", m_text, "--ctx", "64", "--chunks", "4"};
        const auto planned = json(QStringList{"kld", m_model, "--type", "Q4_0"} + measure);
        QCOMPARE(planned["windows"].toInt(), 4);
        QVERIFY(planned["meanKld"].toObject()["value"].toDouble() > 0);
        const auto same = json(QStringList{"kld", m_model, m_model} + measure);
        QVERIFY(!same.isEmpty());
        QVERIFY(qAbs(same["meanKld"].toObject()["value"].toDouble()) < 1e-9);
        QCOMPARE(same["sameTop"].toObject()["value"].toDouble(), 1.0);
    }

    void comparison()
    {
        const auto result = json({"compare", m_model, m_model, m_model, "--text", m_text, "--ctx", "64", "--chunks", "4"});
        QCOMPARE(result["variants"].toArray().size(), 2);
        QCOMPARE(result["pairs"].toArray().size(), 1);
        QVERIFY(result["pairs"].toArray().at(0).toObject()["sentence"].toString().contains("are equal"));
    }
};

QTEST_GUILESS_MAIN(TestCliCalibration)
#include "tst_cli_calibration.moc"
