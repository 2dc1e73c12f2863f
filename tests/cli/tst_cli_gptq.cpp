// SPDX-License-Identifier: MIT
// The method gptq of the real program: what it asks for, what it writes, and that the written file measures the same.
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/cli_process.h"
#include "tests/support/paths.h"

using namespace ww;

class TestCliGptq : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_model = QString::fromStdString(test::sampleModel().string());
    const QString m_text = QString::fromStdString(test::sampleEvaluationText().string());
    const QString m_calibration = QString::fromStdString(test::sampleCalibrationText().string());

    static test::Outcome run(const QStringList& arguments) { return test::run(arguments + QStringList{"--json"}); }
    static double kld(const test::Outcome& outcome) { return outcome.json()["meanKld"].toObject()["value"].toDouble(-1); }

private slots:
    void saysWhatIsMissing()
    {
        const auto outcome = run({"quantize", m_model, "-o", m_folder.filePath("x.gguf"), "--type", "Q4_0", "--pure", "--method", "gptq"});
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.contains("needs a calibration of this model with Gram matrices"), outcome.err);
        QVERIFY(!QFile::exists(m_folder.filePath("x.gguf")));
    }

    void losesLessAndWritesWhatItMeasured()
    {
        const QString file = m_folder.filePath("gptq.gguf");
        const QStringList measure{"--text", m_text, "--ctx", "64", "--chunks", "8"};
        const auto recipe = [&](const QString& method) {
            return QStringList{"--type", "F16", "--pure", "--set", "blk.0.=Q4_0:" + method, "--calibration-text", m_calibration};
        };
        const auto reference = run(QStringList{"kld", m_model} + recipe("reference") + measure);
        const auto planned = run(QStringList{"kld", m_model} + recipe("gptq:damping=0.03") + measure);
        QCOMPARE(planned.exitCode, 0);
        QVERIFY2(kld(planned) > 0 && kld(planned) < 0.8 * kld(reference),
                 qPrintable(QStringLiteral("%1 against %2").arg(kld(planned)).arg(kld(reference))));
        const auto written = run(QStringList{"quantize", m_model, "-o", file} + recipe("gptq:damping=0.03"));
        QCOMPARE(written.exitCode, 0);
        QCOMPARE(kld(run(QStringList{"kld", m_model, file} + measure)), kld(planned));
    }

    void takesWhatCalibrateKept()
    {
        const auto bytesOf = [](const QString& path) {
            QFile file(path);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QFile whole(m_calibration);
        QFile part(m_folder.filePath("part.txt"));
        QVERIFY(whole.open(QIODevice::ReadOnly) && part.open(QIODevice::WriteOnly));
        part.write(whole.read(20000));
        part.close();
        const QString text = part.fileName();
        const QString kept = m_folder.filePath("kept.wwcalib");
        const QString bare = m_folder.filePath("bare.wwcalib");
        QVERIFY(run({"calibrate", m_model, "--text", text, "-o", kept}).json()["gram"].toBool());
        QVERIFY(!run({"calibrate", m_model, "--text", text, "-o", bare, "--no-gram"}).json()["gram"].toBool(true));
        const QString fromText = m_folder.filePath("text.gguf");
        const QString fromFile = m_folder.filePath("file.gguf");
        const QStringList recipe{"--type", "F16", "--pure", "--set", "blk.0.ffn=Q4_0:gptq", "--set", "blk.0.attn=Q4_1:search:passes=2"};
        QCOMPARE(run(QStringList{"quantize", m_model, "-o", fromText, "--calibration-text", text} + recipe).exitCode, 0);
        QCOMPARE(run(QStringList{"quantize", m_model, "-o", fromFile, "--calibration", kept} + recipe).exitCode, 0);
        QVERIFY(!bytesOf(fromFile).isEmpty());
        QCOMPARE(bytesOf(fromFile), bytesOf(fromText));

        const auto both = run(QStringList{"quantize", m_model, "--dry-run", "--calibration", kept, "--calibration-text", text} + recipe);
        QCOMPARE(both.exitCode, 2);
        const auto without = run(QStringList{"quantize", m_model, "--dry-run", "--calibration", bare} + recipe);
        QCOMPARE(without.exitCode, 1);
        QVERIFY2(without.err.contains("--gram"), without.err);
        const auto other = run(QStringList{"quantize", fromFile, "--dry-run", "--calibration", kept} + recipe);
        QCOMPARE(other.exitCode, 1);
        QVERIFY2(other.err.contains("another model"), other.err);
        const auto bench = run({"bench-methods", m_model, "--type", "Q4_0", "--method", "gptq", "--calibration", kept, "--tensors", "blk.0"});
        QCOMPARE(bench.exitCode, 0);
        QVERIFY(bench.json()["rows"].toArray().at(0).toObject()["outputError"].toDouble() > 0);
    }
};

QTEST_GUILESS_MAIN(TestCliGptq)
#include "tst_cli_gptq.moc"
