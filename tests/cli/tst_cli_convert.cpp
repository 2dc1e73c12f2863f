// SPDX-License-Identifier: MIT
// The program with a folder from Hugging Face: convert, and commands that read models.
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/cli_process.h"
#include "tests/support/hf_folder.h"
#include "tests/support/paths.h"

using ww::test::Outcome;
using ww::test::run;

class TestCliConvert : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    [[nodiscard]] QString file(const QString& name) const { return m_folder.filePath(name); }
    static QString fixture() { return QString::fromStdString((ww::test::fixturesDir() / "fixture-llama-8M-hf").string()); }

private slots:
    void converts()
    {
        if (ww::test::fixturesDir().empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const Outcome f16 = run({"convert", fixture(), "-o", file("f16.gguf"), "--type", "f16", "--json"});
        QVERIFY2(f16.exitCode == 0, f16.err);
        QCOMPARE(f16.json()["type"].toString(), QString("F16"));
        QCOMPARE(f16.json()["architecture"].toString(), QString("llama"));
        const Outcome automatic = run({"convert", fixture(), "-o", file("auto.gguf")});
        QVERIFY2(automatic.exitCode == 0, automatic.err);
        QVERIFY(automatic.out.contains("BF16"));

        const Outcome ours = run({"tokenize", fixture(), "--text", QString::fromStdString(ww::test::sampleEvaluationText().string())});
        const Outcome theirs =
            run({"tokenize", file("f16.gguf"), "--text", QString::fromStdString(ww::test::sampleEvaluationText().string())});
        QVERIFY2(ours.exitCode == 0, ours.err);
        QVERIFY(!ours.out.isEmpty() && ours.out == theirs.out);
        QVERIFY(run({"info", fixture()}).out.contains("llama"));
    }

    // A folder as output: the name follows the convention of GGUF files.
    void namesFiles()
    {
        if (ww::test::fixturesDir().empty()) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const QString folder = file("named");
        QVERIFY(QDir().mkpath(folder));
        QCOMPARE(run({"convert", fixture(), "-o", folder}).exitCode, 0);
        QCOMPARE(run({"quantize", fixture(), "-o", folder + "/", "--preset", "q4_k_m"}).exitCode, 0);
        QCOMPARE(run({"quantize", folder + "/fixture-llama-8M-hf-BF16.gguf", "-o", folder, "--type", "Q8_0", "--pure"}).exitCode, 0);
        QCOMPARE(run({"quantize", fixture(), "-o", folder, "--presets", "Q6_K"}).exitCode, 0);
        QCOMPARE(QDir(folder).entryList(QDir::Files), (QStringList{"fixture-llama-8M-hf-BF16.gguf", "fixture-llama-8M-hf-Q4_K_M.gguf", "fixture-llama-8M-hf-Q6_K.gguf",
                                                                   "fixture-llama-8M-hf-Q8_0.gguf"}));
    }

    // What a person should know of a folder is said on standard error, or in the JSON object.
    void notesAreSaid()
    {
        const QString folder = file("notes");
        QVERIFY(QDir().mkpath(folder));
        auto model = ww::test::hfCases().front();
        model.config += R"(, "rope_scaling": {"type": "dynamic", "factor": 2})";
        QVERIFY(ww::test::writeHfFolder(folder.toStdString(), model));
        for (const QStringList& command : {QStringList{"convert", folder, "-o", file("n.gguf")}, QStringList{"quantize", folder, "-o", file("n.gguf"), "--type", "Q8_0"}, QStringList{"info", folder}}) {
            const Outcome words = run(command);
            QVERIFY2(words.exitCode == 0, words.err);
            QVERIFY((words.err + words.out).contains("rope_scaling = dynamic"));
            const Outcome json = run(command + QStringList{"--json"});
            QVERIFY2(json.exitCode == 0, json.err);
            QCOMPARE(json.json()["notes"].toArray().size(), 1);
        }
    }

    void saysWhatIsWrong()
    {
        const Outcome type = run({"convert", m_folder.path(), "-o", file("x.gguf"), "--type", "q9"});
        QCOMPARE(type.exitCode, 2);
        const Outcome empty = run({"convert", m_folder.path(), "-o", file("x.gguf")});
        QCOMPARE(empty.exitCode, 1);
        QVERIFY2(empty.err.contains("no model from Hugging Face"), empty.err);
        QVERIFY(!QFile::exists(file("x.gguf")));
        QCOMPARE(run({"convert", m_folder.path()}).exitCode, 2);
    }
};

QTEST_GUILESS_MAIN(TestCliConvert)
#include "tst_cli_convert.moc"
