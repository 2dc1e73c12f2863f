// SPDX-License-Identifier: MIT
// Steps that change the model, as parts of a recipe, in the real program.
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/cli_process.h"
#include "tests/support/paths.h"

using namespace ww;

class TestCliTransform : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_model = QString::fromStdString(test::sampleModel().string());
    const QStringList m_measure{"--text", QString::fromStdString(test::sampleEvaluationText().string()), "--ctx", "64", "--chunks", "4"};
    QString m_calibration;

    static test::Outcome run(const QStringList& arguments) { return test::run(arguments + QStringList{"--json"}); }
    static double kld(const test::Outcome& outcome) { return outcome.json()["meanKld"].toObject()["value"].toDouble(-1); }

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
        for (const char* step : {"rotation:5", "smoothquant:0.5", "awq:Q3_K", "awq:affine:bits=3,group=128"}) QTest::newRow(step) << step;
    }
    void floatsStayTheSame()
    {
        QFETCH(QString, step);
        const auto same = run(QStringList{"kld", m_model, "--type", "F32", "--pure", "--transform", step, "--calibration-text", m_calibration} + m_measure);
        QVERIFY2(same.exitCode == 0, same.err);
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
        QVERIFY2(planned.exitCode == 0, planned.err);
        QCOMPARE(run(QStringList{"quantize", m_model, "-o", out} + made).exitCode, 0);
        QCOMPARE(kld(run(QStringList{"kld", m_model, out} + m_measure)), kld(planned));
    }

    // Without a power AWQ leaves the model alone: the codes are those of rounding with the importance of the same text.
    void awqWithoutAPowerIsPlainRounding()
    {
        const QString matrix = m_folder.filePath("plain.imatrix.gguf");
        QCOMPARE(run({"imatrix", m_model, "--text", m_calibration, "-o", matrix}).exitCode, 0);
        const QStringList quantize{"quantize", m_model, "--type", "Q4_0", "--pure", "-o"};
        QCOMPARE(run(quantize + QStringList{m_folder.filePath("plain.gguf"), "--imatrix", matrix}).exitCode, 0);
        QCOMPARE(run(quantize + QStringList{m_folder.filePath("awq.gguf"), "--transform", "awq:Q4_0:0", "--calibration-text", m_calibration}).exitCode, 0);
        const auto tensors = [this](const char* name) {
            QFile file(m_folder.filePath(name));
            return file.open(QIODevice::ReadOnly) ? file.readAll().right(4000000) : QByteArray();
        };
        QVERIFY(!tensors("plain.gguf").isEmpty());
        QVERIFY(tensors("plain.gguf") == tensors("awq.gguf"));
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
        QVERIFY2(outcome.err.contains(sentence.section(' ', -2).toUtf8()), outcome.err);
    }
};

QTEST_GUILESS_MAIN(TestCliTransform)
#include "tst_cli_transform.moc"
