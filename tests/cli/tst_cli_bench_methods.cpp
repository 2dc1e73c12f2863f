// SPDX-License-Identifier: MIT
// bench-methods of the real program.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/cli_process.h"
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

    // With rounded inputs the figures are those that kld gives for the same recipe, and others than with floats.
    void inputsRoundedAsInLlamaCpp()
    {
        const QStringList model{QString::fromStdString(test::sampleModel().string())};
        const QStringList measure{"--text", QString::fromStdString(test::sampleEvaluationText().string()), "--ctx", "64", "--chunks", "4", "--json"};
        const auto bench = [&](const QStringList& more) {
            const auto outcome = test::run(QStringList{"bench-methods"} + model + QStringList{"--method", "reference", "--type", "Q4_0"} + measure + more);
            return outcome.json()["rows"].toArray().at(0).toObject();
        };
        const auto floats = bench({});
        const auto rounded = bench({"--activations", "llama.cpp"});
        QCOMPARE(bench({"--activations", "float"})["kld"], floats["kld"]);
        QCOMPARE(rounded["weightError"], floats["weightError"]);
        for (const bool llama : {false, true}) {
            const auto kld = test::run(QStringList{"kld"} + model +
                                       QStringList{"--type", "Q4_0", "--pure", "--activations", llama ? "llama.cpp" : "float"} + measure);
            QVERIFY2(kld.exitCode == 0, kld.err.constData());
            for (const char* figure : {"value", "standardError"}) {
                const auto of = [&](const QJsonObject& object, const char* key) { return object[QLatin1String(key)].toObject()[QLatin1String(figure)].toDouble(-1); };
                QVERIFY(of(kld.json(), "meanKld") > 0);
                QCOMPARE(of(llama ? rounded : floats, "kld"), of(kld.json(), "meanKld"));
                QCOMPARE(of(llama ? rounded : floats, "perplexity"), of(kld.json(), "perplexity"));
            }
        }
        QVERIFY(rounded["kld"] != floats["kld"]);
        // A kind that there is not; and layers alone, which are compared by their weights.
        const QStringList layers = QStringList{"bench-methods"} + model + QStringList{"--method", "search", "--type", "Q4_0", "--calibration-text",
                                                                                      QString::fromStdString(test::sampleCalibrationText().string())};
        QCOMPARE(test::run(layers + QStringList{"--text", "x", "--activations", "integer"}).exitCode, 2);
        const auto alone = test::run(layers + QStringList{"--activations", "llama.cpp"});
        QCOMPARE(alone.exitCode, 2);
        QVERIFY2(alone.err.contains("--activations") && alone.err.contains("--text FILE"), alone.err.constData());
    }
};

QTEST_GUILESS_MAIN(TestCliBenchMethods)
#include "tst_cli_bench_methods.moc"
