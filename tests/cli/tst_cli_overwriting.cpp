// SPDX-License-Identifier: MIT
// Nothing that a command reads is written over, through any link, and an output that cannot be written is named at once.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

#include "tests/support/cli_process.h"
#include "tests/support/hf_folder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using ww::test::Outcome;
using ww::test::run;

class TestCliOverwriting : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] std::filesystem::path path(const QString& name) const { return m_folder->filePath(name).toStdString(); }

    void put(const QString& name, const QByteArray& text)
    {
        QFile file(m_folder->filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }

    /// Command lines without their output option, and all that they read; with `tooEarly` also those whose made-up inputs
    /// are refused before the output is looked at.
    static void commands(bool tooEarly)
    {
        QTest::addColumn<QStringList>("command");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QStringList>("inputs");
        const auto row = [tooEarly](const char* name, const QString& command, const QString& option, const QString& inputs) {
            const bool early = command.startsWith("quantize m") || command.startsWith("logits");
            if (early && !tooEarly) return;
            QTest::newRow(name) << command.split(' ') << option << inputs.split(' ');
        };
        row("quantize", "quantize m.gguf --preset Q8_0 --imatrix i.dat --tensor-type-file rules.txt", "-o", "m.gguf i.dat rules.txt");
        row("quantize by a recipe", "quantize m.gguf --recipe r.json", "-o", "m.gguf r.json");
        row("quantize like a file", "quantize m.gguf --types-from other.gguf", "-o", "m.gguf other.gguf");
        row("quantize with a text", "quantize m.gguf --preset Q4_0 --calibration-text t.txt", "-o", "m.gguf t.txt");
        row("quantize a folder", "quantize hf --preset Q8_0", "-o", "hf/model.safetensors hf/config.json hf/tokenizer.model");
        row("convert", "convert hf", "-o", "hf/model.safetensors hf/config.json hf/tokenizer.model");
        row("merge", "merge m.gguf", "-o", "m.gguf");
        row("metadata", "metadata set m.gguf tokenizer.chat_template=t.txt --from-file", "-o", "m.gguf t.txt");
        row("card", "card m.gguf --text t.txt", "-o", "m.gguf t.txt");
        row("imatrix", "imatrix m.gguf --text t.txt", "-o", "m.gguf t.txt");
        row("imatrix of a folder", "imatrix hf --text t.txt", "-o", "hf/model.safetensors hf/config.json");
        row("calibrate", "calibrate m.gguf --text t.txt", "-o", "m.gguf t.txt");
        row("sensitivity", "sensitivity m.gguf --text t.txt --imatrix i.dat", "-o", "m.gguf t.txt i.dat");
        row("allocate", "allocate m.gguf --sensitivity s.json --target-bpw 5 --measure t.txt", "-o", "m.gguf s.json t.txt");
        row("transform", "transform m.gguf --step awq --calibration-text t.txt", "-o", "m.gguf t.txt");
        row("logits", "logits m.gguf --tokens ids.i32", "-o", "m.gguf ids.i32");
        row("bench-methods", "bench-methods m.gguf --method reference --type Q8_0 --text t.txt", "--csv", "m.gguf t.txt");
    }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(ww::test::tinyLlama().write(path("m.gguf")));
        QVERIFY(ww::test::tinyLlama().write(path("other.gguf")));
        for (const char* name : {"i.dat", "rules.txt", "r.json", "t.txt", "s.json", "ids.i32"}) put(name, "what was there");
        QVERIFY(QDir(m_folder->path()).mkpath("hf"));
        QVERIFY(QDir(m_folder->path()).mkpath("folder"));
        QVERIFY(ww::test::writeHfFolder(path("hf"), ww::test::hfCases().front()));
    }

    void leavesInputs_data() { commands(true); }
    void leavesInputs()
    {
        QFETCH(const QStringList, command);
        QFETCH(const QString, option);
        QFETCH(const QStringList, inputs);
        namespace fs = std::filesystem;
        fs::create_directory_symlink(".", path("around"));
        for (const QString& input : inputs) {
            const std::string before = ww::test::readFile(path(input));
            fs::create_symlink(path(input), path("symbolic"));
            fs::create_hard_link(path(input), path("hard"));
            for (const QString& output : {input, QString("symbolic"), QString("hard"), "around/" + input, "./folder/../" + input}) {
                const Outcome outcome = run(command + QStringList{option, output}, m_folder->path());
                QVERIFY2(outcome.exitCode == 1, qPrintable(output + ": " + outcome.err));
                QVERIFY2(outcome.err.startsWith("error: ") && outcome.err.count('\n') == 1, outcome.err);
                QVERIFY2(outcome.err.contains("overwrite") || outcome.err.contains("did not write"), outcome.err);
                QVERIFY(ww::test::readFile(path(input)) == before);
                QCOMPARE(fs::hard_link_count(path(input)), 2U);
            }
            fs::remove(path("symbolic"));
            fs::remove(path("hard"));
        }
    }

    void namesBadOutputs_data() { commands(false); }
    void namesBadOutputs()
    {
        QFETCH(const QStringList, command);
        QFETCH(const QString, option);
        for (const QString& output : {QString("folder"), QString("missing/out"), QString("m.gguf/out"), QString("/dev/full")}) {
            // These give files in a folder a name of their own.
            if (output == "folder" && option == "-o" && (command.front() == "quantize" || command.front() == "convert")) continue;
            const Outcome outcome = run(command + QStringList{option, output}, m_folder->path());
            QVERIFY2(outcome.exitCode == 1, qPrintable(output + ": " + outcome.err));
            QVERIFY2(outcome.err.startsWith("error: ") && outcome.err.count('\n') == 1, outcome.err);
            QVERIFY2(outcome.err.contains(output.toUtf8()), outcome.err);
            QVERIFY(QDir(m_folder->path()).entryList({"*.part", ".part"}, QDir::Files | QDir::Hidden).isEmpty());
            QVERIFY(QDir(m_folder->filePath("folder")).isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(TestCliOverwriting)
#include "tst_cli_overwriting.moc"
