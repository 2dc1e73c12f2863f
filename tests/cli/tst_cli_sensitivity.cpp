// SPDX-License-Identifier: MIT
// sensitivity and allocate of the real program, through to the quantized file; killed and started again.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

using namespace ww;

class TestCliSensitivity : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_model = QString::fromStdString(test::sampleModel().string());
    const QString m_text = QString::fromStdString(test::sampleEvaluationText().string());
    const QString m_calibration = QString::fromStdString(test::sampleCalibrationText().string());

    QStringList measure(const QString& output) const
    {
        return {"sensitivity", m_model, "--text", m_calibration, "--ctx", "64", "--chunks", "4", "--probe-chunks", "2", "--formats",
                "Q8_0,Q5_0,Q4_0", "-o", output};
    }
    static QJsonObject json(const QStringList& arguments, int expected = 0)
    {
        QProcess process;
        process.start(WW_CLI_PATH, arguments + QStringList{"--json"});
        if (!process.waitForFinished(300000) || process.exitCode() != expected) {
            qWarning("%s", process.readAllStandardError().constData());
            return {};
        }
        return QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    }
    static QByteArray contents(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void throughToTheFile()
    {
        const QString figures = m_folder.filePath("a.json");
        const auto measured = json(measure(figures));
        QVERIFY(measured["tensors"].toInt() > 10);
        QVERIFY(measured["probes"].toInt() >= measured["tensors"].toInt());
        QVERIFY(!QFile::exists(figures + ".part"));

        const QString recipe = m_folder.filePath("recipe.json");
        const auto chosen = json({"allocate", m_model, "--sensitivity", figures, "--target-bpw", "7", "--pin", "blk.0.attn_q=Q8_0", "-o",
                                  recipe, "--measure", m_text, "--ctx", "64", "--chunks", "4"});
        QVERIFY(chosen["sizeBytes"].toDouble() > 0);
        QVERIFY(chosen["bitsPerWeight"].toDouble() <= 7.0);
        QVERIFY(chosen["predictedLow"].toDouble() < chosen["predictedHigh"].toDouble());
        QVERIFY(chosen["measuredKld"].toDouble() > 0);
        const QString file = m_folder.filePath("out.gguf");
        const auto made = json({"quantize", m_model, "-o", file, "--recipe", recipe});
        QVERIFY(!made.isEmpty());
        QCOMPARE(QFile(file).size(), static_cast<qint64>(chosen["sizeBytes"].toDouble()));

        const auto predicted = json({"predict", m_model, "--sensitivity", figures, "--recipe", recipe});
        QCOMPARE(predicted["sizeBytes"].toDouble(), chosen["sizeBytes"].toDouble());
        QCOMPARE(predicted["predictedKld"].toDouble(), chosen["predictedKld"].toDouble());
        QVERIFY(!json({"predict", m_model, "--sensitivity", figures, "--type", "Q4_1", "--pure"}, 1).isEmpty());

        QVERIFY(!json({"allocate", m_model, "--sensitivity", figures, "--target-size", "1KiB", "-o", recipe}, 1).isEmpty());
        QVERIFY(!json({"allocate", m_model, "--sensitivity", figures, "--target-size", "many", "-o", recipe}, 2).isEmpty());
        QVERIFY(!json({"allocate", m_model, "--sensitivity", figures, "-o", recipe}, 2).isEmpty());
    }

    void killed()
    {
        const QString whole = m_folder.filePath("whole.json");
        QVERIFY(!json(measure(whole)).isEmpty());
        const QString output = m_folder.filePath("killed.json");
        for (int i = 0; i < 3; ++i) {
            QProcess process;
            process.start(WW_CLI_PATH, measure(output));
            QVERIFY(process.waitForStarted());
            QTest::qWait(120);
            process.kill();
            process.waitForFinished();
        }
        QVERIFY(!json(measure(output)).isEmpty());
        QCOMPARE(contents(output), contents(whole));
    }
};

QTEST_GUILESS_MAIN(TestCliSensitivity)
#include "tst_cli_sensitivity.moc"
