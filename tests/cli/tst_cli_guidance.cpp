// SPDX-License-Identifier: MIT
// What the command line tool says to a person who does not know yet what goes together.
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/cli_process.h"
#include "tests/support/paths.h"

using ww::test::Outcome;
using ww::test::run;

class TestCliGuidance : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    const QString m_sample = QStringLiteral(WW_SOURCE_DIR "/resources/sample/fixture-llama-8M-F16.gguf");
    const QString m_text = QStringLiteral(WW_SOURCE_DIR "/resources/sample/evaluation.txt");

    [[nodiscard]] QString file(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }

private slots:
    void tokenIdsGoIntoLogits()
    {
        QFile text(file("text"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write("The history of the city");
        text.close();
        const Outcome printed = run({"tokenize", m_sample, "--text", file("text")});
        QCOMPARE(printed.exitCode, 0);
        const Outcome written = run({"tokenize", m_sample, "--text", file("text"), "-o", file("ids")});
        QVERIFY2(written.exitCode == 0, written.err);
        QFile ids(file("ids"));
        QVERIFY(ids.open(QIODevice::ReadOnly));
        const QByteArray raw = ids.readAll();
        QByteArray expected;
        for (const QByteArray& line : printed.out.trimmed().split('\n')) {
            const qint32 id = line.toInt();
            expected.append(reinterpret_cast<const char*>(&id), sizeof id);
        }
        QCOMPARE(raw, expected);
        const Outcome logits = run({"logits", m_sample, "--tokens", file("ids"), "-o", file("logits")});
        QVERIFY2(logits.exitCode == 0, logits.err);
        QCOMPARE(QFileInfo(file("logits")).size(), raw.size() * 4096);
        QCOMPARE(run({"tokenize", m_sample, "--text", file("text"), "-o", file("text")}).exitCode, 1);
    }

    void sentences_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QByteArray>("says");
        const QStringList quantize{"quantize", m_sample, "-o", file("never")};
        QTest::newRow("a method that takes no tensor")
            << quantize + QStringList{"--preset", "Q4_K_M", "--method", "corrected"} << 1 << QByteArray("none of the formats of this recipe; it makes IQ3_S");
        QTest::newRow("no calibration") << quantize + QStringList{"--preset", "Q4_K_M", "--method", "gptq"} << 1 << QByteArray("--calibration-text FILE");
        QTest::newRow("no importance") << quantize + QStringList{"--preset", "IQ2_XS"} << 1 << QByteArray("--imatrix FILE");
        const QString missing = m_folder.filePath("missing/never");
        QTest::newRow("a folder that is not there, before the text is read")
            << QStringList{"quantize", m_sample, "-o", missing, "--type", "Q4_K", "--method", "gptq", "--calibration-text", "no text"} << 1
            << QByteArray("The folder of the output file does not exist");
        QTest::newRow("a rule with an unknown method") << quantize + QStringList{"--preset", "Q4_K_M", "--set", "ffn=Q4_K:magic"} << 2
                                                       << QByteArray("error: --set: Rule 1 (\"ffn\"): There is no quantization method");
        QTest::newRow("a rule that is no expression") << quantize + QStringList{"--preset", "Q4_K_M", "--set", "ffn(=Q4_K"} << 2 << QByteArray("error: --set: ");
        QTest::newRow("no method at all") << quantize + QStringList{"--type", "Q4_K", "--method", ""} << 2 << QByteArray("weightwright-cli methods");
        QTest::newRow("an unknown method") << quantize + QStringList{"--type", "Q4_K", "--method", "magic"} << 2 << QByteArray("weightwright-cli methods");
        QTest::newRow("a decimal comma") << quantize + QStringList{"--type", "Q4_K", "--method", "gptq:damping=0,05"} << 2 << QByteArray("have a point");
        QTest::newRow("a context that is no number") << QStringList{"perplexity", m_sample, "--text", m_text, "--ctx", "abc"} << 2
                                                     << QByteArray("--ctx: \"abc\" is no number from 4 to 1048576.");
        QTest::newRow("a number with a comma") << QStringList{"generate", m_sample, "--prompt", "x", "--temp", "0,8"} << 2
                                               << QByteArray("\"0,8\" is no number from 0 to 100, with a point for decimals.");
        QTest::newRow("no value") << QStringList{"perplexity", m_sample, "--text", m_text, "--ctx"} << 2 << QByteArray("--ctx: A value is missing.");
        QTest::newRow("neither form") << quantize + QStringList{"--type", "Q4_0", "--as", "q9"} << 2 << QByteArray("\"q9\" is neither f16 nor nearest");
        QTest::newRow("a colon and nothing") << quantize + QStringList{"--type", "Q4_K", "--transform", "rotation:"} << 2 << QByteArray("after the colon");
        QTest::newRow("a text as calibration")
            << quantize + QStringList{"--type", "Q4_K", "--method", "gptq", "--calibration", m_text} << 1 << QByteArray("This is a text, where a calibration is needed");
        QTest::newRow("a model as calibration")
            << quantize + QStringList{"--type", "Q4_K", "--method", "gptq", "--calibration", m_sample} << 1 << QByteArray("This is a GGUF model, where");
        QTest::newRow("no such method to explain") << QStringList{"methods", "magic"} << 2 << QByteArray("no method and no step \"magic\"");
        QTest::newRow("one tensor without calibration")
            << QStringList{"tensor-error", m_sample, "--tensor", "blk.0.ffn_down.weight", "--type", "Q4_K", "--method", "gptq"} << 1
            << QByteArray("--calibration-text FILE");
        QTest::newRow("a pattern that matches nothing")
            << QStringList{"bench-methods", m_sample, "--type", "Q4_K", "--method", "search", "--text", m_text, "--tensors", "nomatch"} << 1
            << QByteArray("\"nomatch\" matches no tensor");
        QTest::newRow("nothing measured")
            << QStringList{"bench-methods", m_sample, "--type", "Q4_K", "--method", "corrected", "--text", m_text, "--chunks", "1"} << 1
            << QByteArray("Nothing was measured. Q4_K corrected: ");
        QTest::newRow("a format as preset") << quantize + QStringList{"--preset", "nvfp4"} << 2 << QByteArray("--type NVFP4 --pure");
        QTest::newRow("parts without a name") << QStringList{"split", m_sample, "-o", "", "--split-max-size", "1G"} << 2 << QByteArray("FOLDER/NAME");
        QTest::newRow("parts called like a folder")
            << QStringList{"split", m_sample, "-o", m_folder.path(), "--split-max-size", "1G"} << 2 << QByteArray("FOLDER/NAME");
        QTest::newRow("metadata of nothing") << QStringList{"metadata", "get"} << 2 << QByteArray("Say which model");
    }
    void sentences()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QByteArray, says);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.exitCode, exitCode);
        QVERIFY2(outcome.err.contains(says), outcome.err);
        QVERIFY(!QFile::exists(file("never")));
    }

    void warnings_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("says");
        const QStringList plan{"quantize", m_sample, "--dry-run", "--pure"};
        QTest::newRow("a calibration for nothing") << plan + QStringList{"--type", "Q8_0", "--calibration-text", m_text}
                                                   << QByteArray("--calibration-text has no effect");
        QTest::newRow("f16 for nothing") << plan + QStringList{"--type", "Q4_0", "--as", "f16"} << QByteArray("--as has no effect");
        QTest::newRow("values as floats") << plan + QStringList{"--type", "Q4_0", "--method", "nf4", "--as", "f16"} << QByteArray("without rounding them again");
        QTest::newRow("values rounded again") << plan + QStringList{"--type", "Q4_0", "--method", "nf4"} << QByteArray("choose F16 to see the method alone");
        QTest::newRow("an option beside others") << plan + QStringList{"--type", "F16", "--method", "affine:percentile=99"}
                                                 << QByteArray("\"percentile\" has no effect");
        QTest::newRow("offsets that a format does not have") << plan + QStringList{"--type", "Q4_0", "--method", "hqq:kappa=1.02"}
                                                             << QByteArray("Q4_0 has no offsets");
        const QStringList measure{"--text", m_text, "--chunks", "1"};
        QTest::newRow("kld, rounded again") << QStringList{"kld", m_sample, "--type", "Q4_0", "--pure", "--method", "nf4", "--ctx", "64"} + measure
                                            << QByteArray("choose F16 to see the method alone");
        QTest::newRow("a long context") << QStringList{"perplexity", m_sample, "--ctx", "1024"} + measure << QByteArray("longer than the 512");
        QTest::newRow("perplexity of a text calibrated on")
            << QStringList{"perplexity", m_sample, "--type", "Q4_0", "--calibration-text", m_text, "--ctx", "64"} + measure
            << QByteArray("of the evaluation text also stand in the calibration text");
        QTest::newRow("methods on a text calibrated on")
            << QStringList{"bench-methods", m_sample, "--type", "Q4_0", "--method", "search", "--tensors", "blk.0.attn_q", "--calibration-text", m_text, "--ctx", "64"} + measure
            << QByteArray("of the evaluation text also stand in the calibration text");
        QTest::newRow("methods, rounded again") << QStringList{"bench-methods", m_sample, "--type", "Q4_0", "--method", "nf4", "--ctx", "64"} + measure
                                                << QByteArray("warning: Q4_0 nf4: GGUF cannot hold");
    }
    void warnings()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, says);
        const Outcome outcome = run(arguments);
        QVERIFY2(outcome.exitCode == 0, outcome.err);
        QVERIFY2(outcome.err.contains(says), outcome.err);
    }

    void fewTokensAreNamed()
    {
        QFile text(file("short"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        for (int i = 0; i < 12; ++i) text.write("The history of the city began in 1914 .\n");
        text.close();
        const Outcome made = run({"calibrate", m_sample, "--text", file("short"), "--ctx", "64", "--chunks", "1", "-o", file("short.wwcalib")});
        QVERIFY2(made.exitCode == 0, made.err);
        QVERIFY2(made.err.contains("is short for") && made.out.contains("from 64 tokens in 1 window of 64") && made.out.contains("–"), made.err + made.out);
        const QStringList recipe{"--type", "Q4_0", "--method", "gptq", "--calibration", file("short.wwcalib")};
        const Outcome plan = run(QStringList{"quantize", m_sample, "--dry-run", "--pure"} + recipe);
        QVERIFY2(plan.err.contains("is short for") && plan.err.contains("token_embd.weight is looked up"), plan.err);
        QVERIFY2(plan.out.contains("Methods – gptq: 57 tensors; reference: token_embd.weight."), plan.out.right(300));
        const Outcome one = run(QStringList{"tensor-error", m_sample, "--tensor", "blk.0.ffn_down.weight"} + recipe);
        QVERIFY2(one.exitCode == 0 && one.out.contains("relative error"), one.err);
        const Outcome embedding = run(QStringList{"tensor-error", m_sample, "--tensor", "token_embd.weight"} + recipe);
        QCOMPARE(embedding.exitCode, 1);
        QVERIFY2(embedding.err.contains("looked up"), embedding.err);
        // The same weights in another float type see the same inputs.
        QCOMPARE(run({"quantize", m_sample, "-o", file("bf16.gguf"), "--type", "BF16", "--pure"}).exitCode, 0);
        const Outcome other = run(QStringList{"quantize", file("bf16.gguf"), "--dry-run", "--pure"} + recipe);
        QVERIFY2(other.exitCode == 0, other.err);
    }

    void oneMethodIsExplained()
    {
        const Outcome outcome = run({"methods", "gptq"});
        QVERIFY2(outcome.out.startsWith("gptq") && outcome.out.contains("--calibration-text FILE") && !outcome.out.contains("hqq"), outcome.out);
        QCOMPARE(run({"methods", "nf4", "--json"}).json().value("methods").toArray().size(), 1);
        QVERIFY(run({"methods", "rotation"}).out.startsWith("rotation[:SEED]"));
    }

    void someTensorsWithTheMethodAreEnough()
    {
        const Outcome outcome = run({"quantize", m_sample, "--dry-run", "--preset", "Q4_K_M", "--method", "hqq"});
        QCOMPARE(outcome.exitCode, 0);
    }
    void metadataAloneLists()
    {
        const Outcome alone = run({"metadata", m_sample});
        QCOMPARE(alone.exitCode, 0);
        QCOMPARE(alone.out, run({"metadata", "get", m_sample}).out);
        QVERIFY(alone.out.contains("general.architecture"));
    }
    void stepsAreListedWithMethods()
    {
        const Outcome text = run({"methods"});
        for (const char* word : {"--transform", "rotation[:SEED]", "smoothquant[:ALPHA|:search]", "awq[:TARGET[:ALPHA]]"}) QVERIFY2(text.out.contains(word), word);
        QCOMPARE(run({"methods", "--json"}).json().value("steps").toArray().size(), 3);
    }
    void optionsOfMethodsSayWhatTheyNeed()
    {
        const Outcome text = run({"methods"});
        for (const char* words : {"Only with scale=group and activation-bits<16.", "Only with scale=block, scale=tile or activations=block."}) QVERIFY2(text.out.contains(words), words);
        const QJsonArray methods = run({"methods", "--json"}).json().value("methods").toArray();
        const auto named = [](const QJsonArray& list, const char* name) {
            for (const QJsonValue& item : list)
                if (item["name"].toString() == QLatin1String(name)) return item;
            return QJsonValue();
        };
        const QJsonArray options = named(methods, "affine")["options"].toArray();
        QCOMPARE(named(options, "percentile")["needs"].toString(), QStringLiteral("clip=percentile"));
        QVERIFY(named(options, "bits")["needs"].isUndefined());
    }
    void recipesRememberTheirImportance()
    {
        QFile recipe(file("recipe.json"));
        QVERIFY(recipe.open(QIODevice::WriteOnly));
        recipe.write(R"({"weightwright-recipe": 1, "name": "r", "preset": "Q4_K_M", "withImportance": true, "rules": []})");
        recipe.close();
        const Outcome without = run({"quantize", m_sample, "--dry-run", "--recipe", file("recipe.json")});
        QCOMPARE(without.exitCode, 0);
        QVERIFY2(without.err.contains("--imatrix FILE"), without.err);
        const Outcome matrix = run({"imatrix", m_sample, "--text", m_text, "--chunks", "1", "-o", file("m.gguf")});
        QVERIFY2(matrix.exitCode == 0, matrix.err);
        const Outcome with = run({"quantize", m_sample, "--dry-run", "--recipe", file("recipe.json"), "--imatrix", file("m.gguf")});
        QVERIFY2(with.exitCode == 0 && !with.err.contains("--imatrix"), with.err);
    }
};

QTEST_GUILESS_MAIN(TestCliGuidance)
#include "tst_cli_guidance.moc"
