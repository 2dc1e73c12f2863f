// SPDX-License-Identifier: MIT
// Steps that change the model, as parts of a recipe, in the real program.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

using namespace ww;

class TestCliTransform : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_model = QString::fromStdString(test::sampleModel().string());
    const QStringList m_measure{"--text", QString::fromStdString(test::sampleEvaluationText().string()), "--ctx", "64", "--chunks", "4"};
    QString m_calibration;

    struct Outcome {
        int exitCode = -1;
        QJsonObject json;
        QString error;
    };
    static Outcome run(const QStringList& arguments)
    {
        QProcess process;
        process.start(WW_CLI_PATH, arguments + QStringList{"--json"});
        process.waitForFinished(300000);
        return {process.exitCode(), QJsonDocument::fromJson(process.readAllStandardOutput()).object(),
                QString::fromUtf8(process.readAllStandardError())};
    }
    static double kld(const Outcome& outcome) { return outcome.json["meanKld"].toObject()["value"].toDouble(-1); }

private slots:
    void initTestCase()
    {
        QFile whole(QString::fromStdString(test::sampleCalibrationText().string()));
        QFile part(m_folder.filePath("part.txt"));
        QVERIFY(whole.open(QIODevice::ReadOnly) && part.open(QIODevice::WriteOnly));
        part.write(whole.read(20000));
        m_calibration = part.fileName();
    }

    void floatsStayTheSame_data()
    {
        QTest::addColumn<QString>("step");
        for (const char* step : {"rotation:5", "smoothquant:0.5", "awq:Q3_K"}) QTest::newRow(step) << step;
    }
    void floatsStayTheSame()
    {
        QFETCH(QString, step);
        const auto same = run(QStringList{"kld", m_model, "--type", "F32", "--pure", "--transform", step, "--calibration-text", m_calibration} + m_measure);
        QVERIFY2(same.exitCode == 0, qPrintable(same.error));
        QVERIFY2(kld(same) >= -1e-7 && kld(same) < 1e-5, qPrintable(QString::number(kld(same))));
    }

    void recipeFileGivesWhatWasMeasured()
    {
        const QString file = m_folder.filePath("recipe.json");
        QFile recipe(file);
        QVERIFY(recipe.open(QIODevice::WriteOnly));
        recipe.write(R"({"weightwright-recipe": 1, "name": "r", "base": "Q4_0", "transform": ["rotation:2", "awq:Q4_0"], "rules": []})");
        recipe.close();
        const QString out = m_folder.filePath("out.gguf");
        const QStringList made{"--recipe", file, "--calibration-text", m_calibration};
        const auto planned = run(QStringList{"kld", m_model} + made + m_measure);
        QVERIFY2(planned.exitCode == 0, qPrintable(planned.error));
        QCOMPARE(run(QStringList{"quantize", m_model, "-o", out} + made).exitCode, 0);
        QCOMPARE(kld(run(QStringList{"kld", m_model, out} + m_measure)), kld(planned));
    }

    void saysWhatDoesNotFit_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<int>("exitCode");
        QTest::newRow("no text") << QStringList{"--transform", "awq"} << "--calibration-text" << 1;
        QTest::newRow("no such step") << QStringList{"--transform", "mirror"} << "There is no step" << 2;
        QTest::newRow("old importance") << QStringList{"--transform", "rotation", "--imatrix", "x.gguf"} << "sees other inputs" << 1;
        QTest::newRow("old calibration") << QStringList{"--transform", "rotation", "--calibration", "x"} << "see other inputs" << 1;
    }
    void saysWhatDoesNotFit()
    {
        QFETCH(QStringList, options);
        QFETCH(QString, sentence);
        QFETCH(int, exitCode);
        const auto outcome = run(QStringList{"quantize", m_model, "--dry-run", "--type", "Q4_0"} + options);
        QCOMPARE(outcome.exitCode, exitCode);
        QVERIFY2(outcome.error.contains(sentence.section(' ', -2)), qPrintable(outcome.error));
    }
};

QTEST_GUILESS_MAIN(TestCliTransform)
#include "tst_cli_transform.moc"
