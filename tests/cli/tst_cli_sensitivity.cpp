// SPDX-License-Identifier: MIT
// sensitivity and allocate of the real program, through to the quantized file; killed and started again.
#include <QFile>
#include <QHash>
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

    // Every format is measured with the best of the methods, and the recipe names it; what it makes is what was predicted for.
    void withMethods()
    {
        const QString figures = m_folder.filePath("gptq.json");
        const QString recipe = m_folder.filePath("gptq-recipe.json");
        const QString plain = m_folder.filePath("plain.json");
        QVERIFY(!json(measure(plain)).isEmpty());
        QVERIFY(!json(measure(figures) + QStringList{"--method", "search", "--method", "gptq"}).isEmpty());
        QVERIFY(contents(figures).contains("\"method\": \"gptq\""));
        const QStringList size{"--target-bpw", "6"};
        const QStringList judge{"--text", m_text, "--ctx", "64", "--chunks", "8"};
        const QStringList calibration{"--calibration-text", m_calibration};
        const auto chosen = json(QStringList{"allocate", m_model, "--sensitivity", figures, "-o", recipe} + size);
        QVERIFY(!chosen.isEmpty());
        bool named = false;
        for (const QJsonValue& tensor : chosen["tensors"].toArray()) named = named || tensor["method"].toString() == "gptq";
        QVERIFY(named);
        const auto predicted = json({"predict", m_model, "--sensitivity", figures, "--recipe", recipe});
        QCOMPARE(predicted["predictedKld"].toDouble(), chosen["predictedKld"].toDouble());
        QVERIFY(!json({"kld", m_model, "--recipe", recipe, "--text", m_text}, 1).isEmpty());
        const auto kld = [&](const QStringList& arguments) {
            return json(QStringList{"kld", m_model, "--recipe"} + arguments + judge)["meanKld"].toObject()["value"].toDouble(1);
        };
        const double better = kld(QStringList{recipe} + calibration);
        const QString plainRecipe = m_folder.filePath("plain-recipe.json");
        QVERIFY(!json(QStringList{"allocate", m_model, "--sensitivity", plain, "-o", plainRecipe} + size).isEmpty());
        const double usual = kld({plainRecipe});
        QVERIFY2(better > 0 && better < 0.8 * usual, qPrintable(QStringLiteral("%1 against %2").arg(better).arg(usual)));
        QVERIFY(!json(QStringList{"allocate", m_model, "--sensitivity", figures, "-o", recipe, "--measure", m_text, "--ctx", "64", "--chunks", "4"} + size, 1).isEmpty());
        const auto measured = json(QStringList{"allocate", m_model, "--sensitivity", figures, "-o", recipe, "--measure", m_text, "--ctx", "64", "--chunks", "4"} + size + calibration);
        QVERIFY(measured["measuredKld"].toDouble() > 0);
        const QString file = m_folder.filePath("gptq.gguf");
        QVERIFY(!json(QStringList{"quantize", m_model, "-o", file, "--recipe", recipe} + calibration).isEmpty());
        QVERIFY(QFile(file).size() <= static_cast<qint64>(measured["sizeBytes"].toDouble()));
    }

    void constraints()
    {
        const QString figures = m_folder.filePath("constraints.json");
        QVERIFY(!json(measure(figures)).isEmpty());
        const QString recipe = m_folder.filePath("constrained.json");
        const QStringList base{"allocate", m_model, "--sensitivity", figures, "-o", recipe};
        const auto chosen = json(base + QStringList{"--target-bpw", "6.5", "--pin", "role:attn_v=Q8_0", "--min-type", "ffn_down=Q5_0", "--tie",
                                                    "attn_[qk]\\."});
        QVERIFY(!chosen.isEmpty());
        QHash<QString, QString> formats;
        for (const QJsonValue& tensor : chosen["tensors"].toArray()) {
            const QString name = tensor["tensor"].toString();
            const QString format = tensor["format"].toString();
            formats[name] = format;
            QVERIFY(tensor["why"].toString().contains("KLD"));
            if (name.contains("attn_v")) QCOMPARE(format, QString("Q8_0"));
            if (name.contains("ffn_down")) QVERIFY(format != "Q4_0");
        }
        QVERIFY(formats.contains("blk.0.attn_q.weight"));
        for (auto it = formats.cbegin(); it != formats.cend(); ++it)
            if (it.key().contains("attn_q.")) QCOMPARE(it.value(), formats[QString(it.key()).replace("attn_q.", "attn_k.")]);
        QVERIFY(chosen["nextMebibyte"]["kld"].toDouble() <= 0);
        QVERIFY(contents(recipe).contains("\"note\": \"Pinned; it adds"));
        QVERIFY(!json(base + QStringList{"--target-bpw", "6", "--pin", "role:nothing=Q8_0"}, 1).isEmpty());
    }

    void polishedBySwaps()
    {
        const QString figures = m_folder.filePath("polish.json");
        QVERIFY(!json(measure(figures)).isEmpty());
        const auto result = json({"allocate", m_model, "--sensitivity", figures, "-o", m_folder.filePath("polished.json"), "--target-bpw", "6.2",
                                  "--measure", m_text, "--ctx", "64", "--chunks", "4", "--polish", "3"});
        QVERIFY(!result.isEmpty());
        QVERIFY(result["bitsPerWeight"].toDouble() <= 6.2);
        QVERIFY(!json({"allocate", m_model, "--sensitivity", figures, "-o", "x", "--target-bpw", "6", "--polish", "3"}, 2).isEmpty());
    }

    // File, cache and buffers together stay within the memory; a smaller cache leaves more for the file.
    void memory()
    {
        const QString figures = m_folder.filePath("memory.json");
        QVERIFY(!json(measure(figures)).isEmpty());
        const QString recipe = m_folder.filePath("fits.json");
        const QStringList base{"allocate", m_model, "--sensitivity", figures, "-o", recipe, "--fit-memory", "24MiB", "--ctx-size", "512"};
        const auto f16 = json(base);
        const auto q8 = json(base + QStringList{"--kv-type", "q8_0"});
        const auto all = [](const QJsonObject& o) {
            return o["sizeBytes"].toDouble() + o["keyValueCacheBytes"].toDouble() + o["computeBufferBytes"].toDouble();
        };
        QVERIFY(f16["keyValueCacheBytes"].toDouble() > 0);
        QVERIFY(all(f16) <= 24 * 1048576.0);
        QVERIFY(all(q8) <= 24 * 1048576.0);
        QCOMPARE(q8["keyValueCacheBytes"].toDouble() * 32, f16["keyValueCacheBytes"].toDouble() * 17);
        QVERIFY(!json({"allocate", m_model, "--sensitivity", figures, "-o", recipe, "--fit-memory", "1MiB", "--ctx-size", "8192"}, 1).isEmpty());
    }

    // A text that was calibrated on is no judge.
    void overlap()
    {
        const QString figures = m_folder.filePath("overlap.json");
        QVERIFY(!json(measure(figures)).isEmpty());
        const auto warnings = [&](const QString& text) {
            QProcess process;
            process.start(WW_CLI_PATH, {"allocate", m_model, "--sensitivity", figures, "-o", m_folder.filePath("o.json"), "--target-bpw", "7",
                                        "--measure", text, "--ctx", "64", "--chunks", "2"});
            process.waitForFinished(300000);
            return process.readAllStandardError();
        };
        QVERIFY(warnings(m_calibration).contains("stand in the calibration text"));
        QVERIFY(!warnings(m_text).contains("stand in the calibration text"));
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
