// SPDX-License-Identifier: MIT
// bench-methods of the real program.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

using namespace ww;

class TestCliBenchMethods : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void comparesMethodsAndFormats()
    {
        const QString csv = m_folder.filePath("table.csv");
        QProcess process;
        process.start(WW_CLI_PATH, {"bench-methods", QString::fromStdString(test::sampleModel().string()), "--tensors", "blk.0.attn_q",
                                    "--method", "reference", "--method", "gptq:damping=0.03,polish=1", "--method", "corrected", "--type", "Q4_0",
                                    "--type", "Q4_K", "--calibration-text",
                                    QString::fromStdString(test::sampleCalibrationText().string()), "--text",
                                    QString::fromStdString(test::sampleEvaluationText().string()), "--ctx", "64", "--chunks", "8", "--csv",
                                    csv, "--json"});
        QVERIFY(process.waitForFinished(300000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        const auto rows = QJsonDocument::fromJson(process.readAllStandardOutput()).object()["rows"].toArray();
        QCOMPARE(rows.size(), 6);
        const auto row = [&](int i) { return rows.at(i).toObject(); };
        for (const int reference : {0, 3}) {
            QCOMPARE(row(reference)["method"].toString(), QStringLiteral("reference"));
            QCOMPARE(row(reference)["tensors"].toInt(), 1);
            QCOMPARE(row(reference)["bitsPerWeight"].toDouble(), 4.5);
            for (const char* figure : {"outputError", "heldOutOutputError"}) {
                const double before = row(reference)[QLatin1String(figure)].toDouble();
                const double after = row(reference + 1)[QLatin1String(figure)].toDouble();
                QVERIFY2(after > 0 && after < 0.9 * before, figure);
            }
            QVERIFY(row(reference)["weightError"].toDouble() > 0);
            QVERIFY(row(reference)["kld"].toObject()["value"].toDouble() > 0);
        }
        QVERIFY(row(2).contains("problem"));
        QVERIFY(row(5).contains("problem"));  // for IQ3_S alone
        QFile file(csv);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto lines = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 7);
        QVERIFY(lines[2].startsWith(QStringLiteral("\"gptq:damping=0.03,polish=1\",Q4_0,1,4.5,")));
    }

    // Scales, codes, polish: each step of GPTQ lowers the error of the outputs.
    void stagesOfAMethod()
    {
        QProcess process;
        process.start(WW_CLI_PATH, {"bench-methods", QString::fromStdString(test::sampleModel().string()), "--tensors", "blk.0.attn_q", "--method",
                                    "gptq", "--stages", "--type", "Q4_0", "--calibration-text",
                                    QString::fromStdString(test::sampleCalibrationText().string()), "--ctx", "64", "--json"});
        QVERIFY(process.waitForFinished(300000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        const auto rows = QJsonDocument::fromJson(process.readAllStandardOutput()).object()["rows"].toArray();
        const QStringList wanted{"reference", "gptq:polish=0,refit=off", "gptq:refit=off", "gptq"};
        QCOMPARE(rows.size(), wanted.size());
        double before = 1;
        for (int i = 0; i < rows.size(); ++i) {
            QCOMPARE(rows.at(i)["method"].toString(), wanted[i]);
            const double now = rows.at(i)["outputError"].toDouble();
            QVERIFY2(now > 0 && now < before, qPrintable(wanted[i]));
            before = now;
        }
    }

    void measuresAfterEachStep()
    {
        QProcess process;
        process.start(WW_CLI_PATH, {"bench-methods", QString::fromStdString(test::sampleModel().string()), "--method", "reference",
                                    "--type", "Q4_0", "--transform", "rotation:3", "--transform", "rotation:4", "--text",
                                    QString::fromStdString(test::sampleEvaluationText().string()), "--ctx", "64", "--chunks", "4", "--json"});
        QVERIFY(process.waitForFinished(300000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        const auto rows = QJsonDocument::fromJson(process.readAllStandardOutput()).object()["rows"].toArray();
        QCOMPARE(rows.size(), 3);
        const QStringList steps{"", "rotation:3", "rotation:3 + rotation:4"};
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(rows.at(i).toObject()["steps"].toString(), steps[i]);
            QVERIFY(rows.at(i).toObject()["kld"].toObject()["value"].toDouble() > 0);
        }
    }
};

QTEST_GUILESS_MAIN(TestCliBenchMethods)
#include "tst_cli_bench_methods.moc"
