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
