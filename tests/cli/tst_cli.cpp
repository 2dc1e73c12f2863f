// SPDX-License-Identifier: MIT
// Drives the real program: every command, what goes to which stream, exit codes, JSON, and everything that can be wrong.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <filesystem>
#include <unistd.h>

#include "io/model_file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"

using namespace ww;
namespace fs = std::filesystem;

namespace {

struct Outcome {
    int exitCode = -1;
    QString out;
    QString err;
    bool ended = false;  ///< by itself, not by a signal
};

Outcome finish(QProcess& process)
{
    Outcome o;
    o.ended = process.waitForFinished(120000) && process.exitStatus() == QProcess::NormalExit;
    o.exitCode = process.exitCode();
    o.out = QString::fromUtf8(process.readAllStandardOutput());
    o.err = QString::fromUtf8(process.readAllStandardError());
    return o;
}

Outcome runProgram(const QString& program, const QStringList& arguments, const QByteArray& input = {})
{
    QProcess process;
    process.start(program, arguments);
    if (!process.waitForStarted()) return {};
    process.write(input);
    process.closeWriteChannel();
    return finish(process);
}

Outcome run(const QStringList& arguments, const QByteArray& input = {})
{
    return runProgram(WW_CLI_PATH, arguments, input);
}

/// The program through a shell; the script sees it as "$0" with its arguments.
Outcome runInShell(const QString& script, const QStringList& arguments)
{
    return runProgram("/bin/sh", QStringList{"-c", script, WW_CLI_PATH} + arguments);
}

/// Root may read and write everything, so tests of permissions run the program as nobody.
Outcome runWithoutRights(const QStringList& arguments)
{
    if (::geteuid() != 0) return run(arguments);
    return runProgram("runuser", QStringList{"-u", "nobody", "--", WW_CLI_PATH} + arguments);
}
bool canDropRights()
{
    return ::geteuid() != 0 ||
           (!QStandardPaths::findExecutable("runuser").isEmpty() && runWithoutRights({"--version"}).exitCode == 0);
}

QString text(const fs::path& path)
{
    return QString::fromStdString(path.string());
}

QJsonObject json(const QString& text)
{
    QJsonParseError error{};
    const auto document = QJsonDocument::fromJson(text.toUtf8(), &error);
    return error.error == QJsonParseError::NoError ? document.object() : QJsonObject();
}

}  // namespace

class TestCli : public QObject {
    Q_OBJECT

    QTemporaryDir m_data;    ///< inputs, made once
    QTemporaryDir m_output;  ///< emptied after each test
    const QString m_sample = text(test::sampleModel());
    const QString m_text = text(test::sampleEvaluationText());

    [[nodiscard]] QString data(const char* name) const { return m_data.filePath(name); }
    [[nodiscard]] QString output(const char* name) const { return m_output.filePath(name); }
    [[nodiscard]] QStringList outputs() const
    {
        return QDir(m_output.path()).entryList(QDir::Files | QDir::Dirs | QDir::NoDotAndDotDot | QDir::Hidden | QDir::System);
    }
    void write(const char* name, std::string_view bytes) const { QVERIFY(test::writeFile(data(name).toStdString(), bytes)); }

    void makeBrokenModels() const
    {
        const std::string good = test::readFile(test::sampleModel());
        write("truncated.gguf", std::string_view(good).substr(0, good.size() / 2));
        write("header-only.gguf", std::string_view(good).substr(0, 30000));
        write("zero-length.gguf", "");
        write("wrong-magic.gguf", "NOPE" + good.substr(4, 5000));
        std::string corrupt = good;
        corrupt[40] = '\xff';  // inside the first string
        corrupt[41] = '\xff';
        corrupt[30] = '\xff';
        write("corrupt.gguf", corrupt);
        test::GgufBuilder huge;
        huge.pair("general.architecture", std::string("llama"));
        huge.tensorCount = std::uint64_t{1} << 62;
        QVERIFY(huge.write(data("huge-count.gguf").toStdString()));
        test::GgufBuilder pairs;
        pairs.pairCount = ~std::uint64_t{0};
        QVERIFY(pairs.write(data("huge-pairs.gguf").toStdString()));
        QVERIFY(QDir().mkpath(data("folder")));
        write("unreadable.gguf", good.substr(0, 1000));
        fs::permissions(data("unreadable.gguf").toStdString(), fs::perms::none);
        test::GgufBuilder bare;
        bare.pair("general.architecture", std::string("nonesuch"));
        bare.tensor("blk.0.ffn_up.weight", TensorType::F32, {256, 4}, test::randomWeights(1024, TensorType::F32, 0, 1, 1));
        bare.tensor("odd", TensorType::F32, {100, 2}, test::randomWeights(200, TensorType::F32, 0, 1, 1));
        QVERIFY(bare.write(data("unknown-architecture.gguf").toStdString()));
    }

private slots:
    void initTestCase()
    {
        QVERIFY(QFile::exists(WW_CLI_PATH));
        fs::permissions(m_data.path().toStdString(), fs::perms(0755));
        fs::permissions(m_output.path().toStdString(), fs::perms(0777));
        makeBrokenModels();
        write("short.txt", "Far too short.\n");
        write("prompt.txt", "Hello world");
        const std::int32_t ids[] = {1, 348, 441, 4001, 1132};
        write("ids.i32", std::string_view(reinterpret_cast<const char*>(ids), sizeof ids));
        write("odd.i32", "abcde");
        const std::int32_t bad[] = {1, 999999};
        write("bad.i32", std::string_view(reinterpret_cast<const char*>(bad), sizeof bad));
        write("broken.json", "{ \"weightwright-recipe\": 1, ");
        write("bad-rules.txt", "ffn_down=Q6_K nonsense");
        write("rules.txt", "ffn_down=Q8_0\nattn_v=Q6_K\n");
        QVERIFY(test::tinyLlama({}).write(data("tiny.gguf").toStdString()));
    }
    void cleanup()
    {
        QDir(m_output.path()).removeRecursively();
        QVERIFY(QDir().mkpath(m_output.path()));
        fs::permissions(m_output.path().toStdString(), fs::perms(0777));
    }

    // ------------------------------------------------------------------------------------------ what works

    void helpIsThere_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("program") << QStringList{"--help"};
        QTest::newRow("version") << QStringList{"--version"};
        for (const char* command :
             {"info", "quantize", "perplexity", "tensor-error", "tokenize", "logits", "generate", "presets", "formats"})
            QTest::newRow(command) << QStringList{command, "--help"};
    }
    void helpIsThere()
    {
        QFETCH(QStringList, arguments);
        const Outcome o = run(arguments);
        QCOMPARE(o.exitCode, 0);
        QVERIFY(o.err.isEmpty());
        QVERIFY(!o.out.isEmpty());
        for (const QString& line : o.out.split('\n')) QVERIFY2(line.size() <= 100, qPrintable(line));
    }

    void commands_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("expected");  // a regular expression in the text output
        QTest::addColumn<QString>("key");       // in the JSON output
        QTest::newRow("info") << QStringList{"info", m_sample} << "blk\\.7\\.ffn_up\\.weight +F16 +256 × 768 +384\\.00 KiB"
                              << "tensors";
        QTest::newRow("info, summary") << QStringList{"info", m_sample, "--summary"} << "parameters +8,392,960"
                                       << "parameters";
        QTest::newRow("info, full") << QStringList{"info", m_sample, "--full"} << "<0xFF>"
                                    << "metadata";
        QTest::newRow("dry run") << QStringList{"quantize", m_sample, "--preset", "Q4_K_M", "--dry-run"}
                                 << "blk\\.0\\.ffn_down\\.weight +768 × 256 +F16 +Q6_K +reference +157\\.50 KiB"
                                 << "tensors";
        QTest::newRow("perplexity") << QStringList{"perplexity", m_sample, "--text", m_text, "--ctx", "64", "--chunks", "4"}
                                    << "^PPL = \\d+\\.\\d{4} ± \\d+\\.\\d{4}\\n124 scored tokens in 4 windows of 64, "
                                    << "perplexity";
        QTest::newRow("perplexity, planned") << QStringList{"perplexity", m_sample, "--text", m_text, "--ctx", "64",
                                                            "--chunks",   "4",      "--type", "Q8_0", "--pure"}
                                             << "^PPL = \\d+\\.\\d{4} ± \\d+\\.\\d{4}\\n124 .*8\\.60 bits per weight"
                                             << "perplexity";
        QTest::newRow("tensor-error") << QStringList{"tensor-error", m_sample, "--tensor", "blk.0.ffn_down.weight",
                                                     "--type",       "q4_k",   "--bins",   "8"}
                                      << "relative error +7\\.45\\d* %"
                                      << "rmse";
        QTest::newRow("tokenize") << QStringList{"tokenize", m_sample, "--text", data("prompt.txt")}
                                  << "^1\\n348\\n441\\n4001\\n1132\\n$"
                                  << "tokens";
        QTest::newRow("tokenize, no special")
            << QStringList{"tokenize", m_sample, "--no-special", "--text", data("prompt.txt")} << "^348\\n441\\n4001\\n1132\\n$"
            << "tokens";
        QTest::newRow("generate") << QStringList{"generate", m_sample, "--prompt", "The history of the city", "-n", "8"}
                                  << "^ of the Southern Bank of the\\n$"
                                  << "text";
        QTest::newRow("presets") << QStringList{"presets"} << "\\nQ4_K_M +Q4_K "
                                 << "presets";
        QTest::newRow("formats") << QStringList{"formats"} << "\\nQ6_K +6\\.5625 +256 +210 "
                                 << "formats";
    }
    void commands()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, expected);
        QFETCH(QString, key);
        const Outcome plain = run(arguments);
        QVERIFY2(plain.exitCode == 0, qPrintable(plain.err));
        QVERIFY2(plain.err.isEmpty(), qPrintable(plain.err));
        QVERIFY2(QRegularExpression(expected).match(plain.out).hasMatch(), qPrintable(plain.out));

        const Outcome object = run(arguments + QStringList{"--json", "--threads", "3"});
        QVERIFY2(object.exitCode == 0, qPrintable(object.err));
        QVERIFY2(object.err.isEmpty(), qPrintable(object.err));
        QVERIFY2(json(object.out).contains(key), qPrintable(object.out));
        QVERIFY(outputs().isEmpty());
    }

    void quantizeWritesTheFile()
    {
        const Outcome o = run({"quantize", m_sample, "-o", output("a.gguf"), "--preset", "Q4_K_M"});
        QVERIFY2(o.exitCode == 0, qPrintable(o.err));
        QVERIFY(o.err.isEmpty());
        QVERIFY2(o.out.contains("58 tensors quantized, 17 copied"), qPrintable(o.out));
        const Outcome other =
            run({"quantize", m_sample, "--output", output("b.gguf"), "--preset", "q4_k_m", "--threads", "1", "--json"});
        QCOMPARE(other.exitCode, 0);
        QCOMPARE(json(other.out)["output"].toString(), output("b.gguf"));
        QCOMPARE(json(other.out)["sizeBytes"].toInteger(), qint64{5339136});
        QCOMPARE(json(other.out)["tensors"].toArray().size(), qsizetype{75});
        QCOMPARE(outputs(), (QStringList{"a.gguf", "b.gguf"}));
        const std::string bytes = test::readFile(output("a.gguf").toStdString());
        QCOMPARE(bytes.size(), std::size_t{5339136});
        QVERIFY(bytes == test::readFile(output("b.gguf").toStdString()));
        if (test::fixturesDir().empty()) QSKIP("No fixtures (WW_FIXTURES): the file was not compared with llama.cpp's");
        QVERIFY(bytes == test::readFile(test::fixturesDir() / "fixture-llama-8M-Q4_K_M.gguf"));
    }

    void planOptions_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<QString>("format");
        const QStringList preset{"--preset", "Q4_K_M"};
        QTest::newRow("preset") << preset << "blk.2.attn_q.weight"
                                << "Q4_K";
        QTest::newRow("type stands for a preset") << QStringList{"--type", "Q4_K"} << "output.weight"
                                                  << "Q6_K";
        QTest::newRow("pure type") << QStringList{"--type", "q4_k", "--pure"} << "output.weight"
                                   << "Q4_K";
        QTest::newRow("pure preset") << preset + QStringList{"--pure"} << "blk.0.attn_v.weight"
                                     << "Q4_K";
        QTest::newRow("type without a preset") << QStringList{"--type", "MXFP4"} << "output.weight"
                                               << "MXFP4";
        QTest::newRow("set") << preset + QStringList{"--set", "attn_q=Q8_0"} << "blk.2.attn_q.weight"
                             << "Q8_0";
        QTest::newRow("first set wins") << preset + QStringList{"--set", "blk\\.2\\.=Q5_K", "--set", "attn_q=Q8_0"}
                                        << "blk.2.attn_q.weight"
                                        << "Q5_K";
        QTest::newRow("output type") << preset + QStringList{"--output-tensor-type", "Q8_0"} << "output.weight"
                                     << "Q8_0";
        QTest::newRow("embedding type") << preset + QStringList{"--token-embedding-type", "F16"} << "token_embd.weight"
                                        << "F16";
        QTest::newRow("output left") << preset + QStringList{"--leave-output-tensor"} << "output.weight"
                                     << "F16";
        QTest::newRow("type file") << preset + QStringList{"--tensor-type-file", data("rules.txt")} << "blk.3.ffn_down.weight"
                                   << "Q8_0";
        QTest::newRow("set before type file")
            << preset + QStringList{"--tensor-type-file", data("rules.txt"), "--set", "ffn_down=Q5_K"} << "blk.3.ffn_down.weight"
            << "Q5_K";
    }
    void planOptions()
    {
        QFETCH(QStringList, options);
        QFETCH(QString, tensor);
        QFETCH(QString, format);
        const Outcome o = run(QStringList{"quantize", m_sample, "--dry-run", "--json"} + options);
        QVERIFY2(o.exitCode == 0, qPrintable(o.err));
        QString found;
        for (const auto& row : json(o.out)["tensors"].toArray())
            if (row.toObject()["name"].toString() == tensor) found = row.toObject()["target"].toString();
        QCOMPARE(found, format);
    }

    void plannedPerplexityIsThatOfTheFile()
    {
        const QStringList measure{"--text", m_text, "--ctx", "64", "--chunks", "4", "--json"};
        QCOMPARE(run({"quantize", m_sample, "-o", output("q.gguf"), "--preset", "Q4_K_S"}).exitCode, 0);
        const auto planned = json(run(QStringList{"perplexity", m_sample, "--preset", "Q4_K_S"} + measure).out);
        const auto stored = json(run(QStringList{"perplexity", output("q.gguf")} + measure).out);
        QVERIFY(planned["perplexity"].toDouble() > 1);
        QCOMPARE(planned["perplexity"].toDouble(), stored["perplexity"].toDouble());
        QCOMPARE(planned["sizeBytes"], stored["sizeBytes"]);
    }

    void tokenizeReadsStandardInput()
    {
        for (const QStringList& more : {QStringList{}, QStringList{"--text", "-"}}) {
            const Outcome o = run(QStringList{"tokenize", m_sample} + more, "Hello world");
            QCOMPARE(o.exitCode, 0);
            QCOMPARE(o.out, QString("1\n348\n441\n4001\n1132\n"));
        }
    }

    void logitsAreWritten()
    {
        const Outcome o = run({"logits", m_sample, "--tokens", data("ids.i32"), "-o", output("l.f32")});
        QVERIFY2(o.exitCode == 0, qPrintable(o.err));
        const std::string all = test::readFile(output("l.f32").toStdString());
        QCOMPARE(all.size(), std::size_t{5} * 4096 * 4);
        // Windows of two: the first two positions see the same tokens as before.
        QCOMPARE(run({"logits", m_sample, "--tokens", data("ids.i32"), "-o", output("w.f32"), "--ctx", "2"}).exitCode, 0);
        const std::string windows = test::readFile(output("w.f32").toStdString());
        QCOMPARE(windows.size(), all.size());
        const auto value = [](const std::string& bytes, std::size_t i) {
            float v = 0;
            std::memcpy(&v, bytes.data() + i * 4, 4);
            return v;
        };
        for (std::size_t i = 0; i < 2 * 4096; ++i) QVERIFY(std::abs(value(all, i) - value(windows, i)) < 1e-3F);
        QVERIFY(std::abs(value(all, 4 * 4096 + 7) - value(windows, 4 * 4096 + 7)) > 1e-4F);
    }

    void anExistingFileIsReplaced()
    {
        QVERIFY(test::writeFile(output("q.gguf").toStdString(), "old"));
        QCOMPARE(run({"quantize", data("tiny.gguf"), "-o", output("q.gguf"), "--type", "Q8_0"}).exitCode, 0);
        QVERIFY(openModel(output("q.gguf").toStdString()).has_value());
        QCOMPARE(outputs(), QStringList{"q.gguf"});
    }

    void textFromFilesIsHarmless()
    {
        test::GgufBuilder builder = test::tinyLlama({});
        builder.set("general.name", std::string("evil\x1b[31m\n\xff name"));
        QVERIFY(builder.write(data("evil.gguf").toStdString()));
        QVERIFY(!run({"info", data("evil.gguf")}).out.contains(QChar(0x1b)));
        QVERIFY(json(run({"info", data("evil.gguf"), "--json"}).out)["name"].toString().startsWith("evil"));
        const Outcome o = run({"info", data("no\x1b[31m\nsuch.gguf")});
        QCOMPARE(o.exitCode, 1);
        QVERIFY(!o.err.contains(QChar(0x1b)));
        QCOMPARE(o.err.count('\n'), 1);
    }

    void numbersDoNotDependOnTheLocale()
    {
        const QStringList arguments{"tensor-error", m_sample, "--tensor", "output.weight", "--type", "Q4_0"};
        const Outcome here = run(arguments);
        const Outcome german = runInShell("LC_ALL=de_DE.UTF-8 exec \"$0\" \"$@\"", arguments);
        QCOMPARE(here.exitCode, 0);
        QCOMPARE(german.out, here.out);
    }

    void progressOnATerminal()
    {
        const QString script = QStandardPaths::findExecutable("script");
        if (script.isEmpty()) QSKIP("No \"script\" program to make a terminal with");
        const Outcome o = runProgram(
            script,
            {"-qec", QString("'%1' quantize '%2' -o '%3' --preset Q5_K_M --threads 1").arg(WW_CLI_PATH, m_sample, output("q.gguf")),
             "/dev/null"});
        QCOMPARE(o.exitCode, 0);
        if (!o.out.contains("Exporting")) QSKIP("The work was done before progress was due");
        QVERIFY2(QRegularExpression("Exporting  \\d+ %").match(o.out).hasMatch(), qPrintable(o.out));
        QVERIFY(o.out.contains("\x1b[K"));
    }

    // ------------------------------------------------------------------------------------------ what is wrong

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const QStringList quantize{"quantize", m_sample, "-o", output("q.gguf")};
        const QStringList preset{"--preset", "Q4_K_M"};
        QTest::newRow("nothing") << QStringList{};
        QTest::newRow("unknown command") << QStringList{"transmogrify"};
        QTest::newRow("unknown option") << QStringList{"info", m_sample, "--frobnicate"};
        QTest::newRow("no model") << QStringList{"info"};
        QTest::newRow("two models") << QStringList{"info", m_sample, m_sample};
        QTest::newRow("threads not a number") << QStringList{"info", m_sample, "--threads", "many"};
        QTest::newRow("threads negative") << QStringList{"info", m_sample, "--threads", "-1"};
        QTest::newRow("no recipe") << quantize;
        QTest::newRow("no output") << QStringList{"quantize", m_sample} + preset;
        QTest::newRow("preset and type") << quantize + preset + QStringList{"--type", "Q8_0"};
        QTest::newRow("preset and recipe") << quantize + preset + QStringList{"--recipe", "x.json"};
        QTest::newRow("unknown preset") << quantize + QStringList{"--preset", "Q9_Z"};
        QTest::newRow("unknown format") << quantize + QStringList{"--type", "Q9_Z"};
        QTest::newRow("not a target") << quantize + QStringList{"--type", "Q8_K"};
        QTest::newRow("pure recipe") << quantize + QStringList{"--recipe", "x.json", "--pure"};
        QTest::newRow("set without format") << quantize + preset + QStringList{"--set", "ffn_down"};
        QTest::newRow("set with unknown format") << quantize + preset + QStringList{"--set", "ffn_down=Q9"};
        QTest::newRow("set with bad pattern") << quantize + preset + QStringList{"--set", "ffn_(down=Q6_K"};
        QTest::newRow("same pattern twice") << quantize + preset + QStringList{"--set", "ffn=Q6_K", "--set", "ffn=Q8_0"};
        QTest::newRow("output left and set") << quantize + preset +
                                                    QStringList{"--leave-output-tensor", "--output-tensor-type", "Q8_0"};
        QTest::newRow("rules without a base") << QStringList{"perplexity", m_sample, "--text", m_text, "--set", "ffn=Q6_K"};
        QTest::newRow("no text") << QStringList{"perplexity", m_sample};
        QTest::newRow("context 0") << QStringList{"perplexity", m_sample, "--text", m_text, "--ctx", "0"};
        QTest::newRow("unknown method") << QStringList{"tensor-error", m_sample, "--tensor", "output.weight",
                                                       "--type",       "Q4_0",   "--method", "alchemy"};
    }
    void wrongUse()
    {
        QFETCH(QStringList, arguments);
        const Outcome o = run(arguments);
        QVERIFY(o.ended);
        QCOMPARE(o.exitCode, 2);
        QVERIFY(o.out.isEmpty());
        QVERIFY2(o.err.startsWith("error: "), qPrintable(o.err));
        QCOMPARE(o.err.count('\n'), 1);
        QVERIFY(outputs().isEmpty());
        const Outcome object = run(arguments + QStringList{"--json"});
        QCOMPARE(object.exitCode, 2);
        QCOMPARE(json(object.out)["error"].toObject()["code"].toString(), QString("usage"));
    }

    void badInput_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("says");  // a regular expression in the message
        const QStringList toQ8{"-o", output("q.gguf"), "--type", "Q8_0"};
        struct Model {
            const char* name;
            const char* code;
            const char* says;
        };
        for (const Model& m : {Model{"truncated.gguf", "corrupt", "download is incomplete"},
                               {"header-only.gguf", "corrupt", "incomplete"},
                               {"zero-length.gguf", "unsupported|corrupt|too-short", "empty|not a GGUF"},
                               {"wrong-magic.gguf", "unsupported", "letters GGUF"},
                               {"corrupt.gguf", "corrupt|unsupported", "damaged|incomplete"},
                               {"huge-count.gguf", "corrupt", "tensors"},
                               {"huge-pairs.gguf", "corrupt", "metadata"},
                               {"folder", "unsupported|unreadable|not-found", "."},
                               {"unreadable.gguf", "unreadable", "permission"},
                               {"missing.gguf", "not-found", "no such file"}}) {
            const QString path = data(m.name);
            QTest::addRow("info %s", m.name) << QStringList{"info", path} << m.code << m.says;
            QTest::addRow("quantize %s", m.name) << QStringList{"quantize", path} + toQ8 << m.code << m.says;
            QTest::addRow("perplexity %s", m.name) << QStringList{"perplexity", path, "--text", m_text} << m.code << m.says;
        }
        const QStringList quantize{"quantize", m_sample, "--type", "Q8_0", "-o"};
        QTest::newRow("output = input") << QStringList{"quantize", data("tiny.gguf"), "--type", "Q8_0", "-o", data("tiny.gguf")}
                                        << "unwritable"
                                        << "overwrite";
        QTest::newRow("no such output folder") << quantize + QStringList{output("nowhere/q.gguf")} << "unwritable|not-found"
                                               << "folder";
        QTest::newRow("output below a file") << quantize + QStringList{data("tiny.gguf/q.gguf")} << "unwritable|not-found"
                                             << ".";
        QTest::newRow("output is a device") << quantize + QStringList{"/dev/null"} << "unwritable"
                                            << "device";
        QTest::newRow("text too short") << QStringList{"perplexity", m_sample, "--text", data("short.txt")} << "too-short"
                                        << "1,?024";
        QTest::newRow("text missing") << QStringList{"perplexity", m_sample, "--text", data("missing.txt")} << "not-found"
                                      << "no such file";
        QTest::newRow("text is a folder") << QStringList{"perplexity", m_sample, "--text", data("folder")}
                                          << "unreadable|unsupported"
                                          << "folder";
        QTest::newRow("unknown tensor") << QStringList{"tensor-error", m_sample, "--tensor", "nothing", "--type", "Q8_0"}
                                        << "not-found"
                                        << "nothing";
        QTest::newRow("row that does not fit")
            << QStringList{"tensor-error", data("unknown-architecture.gguf"), "--tensor", "odd", "--type", "Q8_0"} << "unsupported"
            << "100";
        QTest::newRow("token file of odd size")
            << QStringList{"logits", m_sample, "--tokens", data("odd.i32"), "-o", output("l")} << "corrupt"
            << "multiple of 4";
        QTest::newRow("token outside the vocabulary")
            << QStringList{"logits", m_sample, "--tokens", data("bad.i32"), "-o", output("l")} << "invalid-argument"
            << "999999";
        QTest::newRow("broken recipe") << QStringList{"quantize", m_sample, "--recipe", data("broken.json"), "-o", output("q")}
                                       << "."
                                       << ".";
        QTest::newRow("missing recipe") << QStringList{"quantize", m_sample, "--recipe", data("no.json"), "-o", output("q")}
                                        << "not-found"
                                        << "no such file";
        QTest::newRow("broken type file") << quantize + QStringList{output("q"), "--tensor-type-file", data("bad-rules.txt")}
                                          << "invalid-argument"
                                          << "nonsense";
        QTest::newRow("needs importance") << QStringList{"quantize", m_sample, "--preset", "IQ2_XXS", "-o", output("q")}
                                          << "missing-importance"
                                          << "--imatrix FILE";
        QTest::newRow("architecture without a forward pass")
            << QStringList{"perplexity", data("unknown-architecture.gguf"), "--text", m_text} << "."
            << ".";
        QTest::newRow("prompt for it") << QStringList{"generate", data("unknown-architecture.gguf"), "--prompt", "x"} << "."
                                       << ".";
    }
    void badInput()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, code);
        QFETCH(QString, says);
        if (arguments.contains(data("unreadable.gguf")) && !canDropRights())
            QSKIP("root may read everything, and there is no way to be less");
        const Outcome o = runWithoutRights(arguments);
        QVERIFY2(o.ended, qPrintable(o.err));
        QVERIFY2(o.exitCode == 1, qPrintable(o.out + o.err));
        QVERIFY2(o.out.isEmpty(), qPrintable(o.out));
        QString last = o.err.trimmed().split('\n').last();  // warnings about the plan may come first
        QVERIFY2(last.startsWith("error: ") && last.endsWith('.'), qPrintable(o.err));
        QVERIFY2(QRegularExpression(says).match(last).hasMatch(), qPrintable(last));

        const Outcome object = runWithoutRights(arguments + QStringList{"--json"});
        QCOMPARE(object.exitCode, 1);
        const auto error = json(object.out)["error"].toObject();
        QVERIFY2(QRegularExpression(QString("^(%1)$").arg(code == "." ? ".+" : code)).match(error["code"].toString()).hasMatch(),
                 qPrintable(object.out));
        QVERIFY(!error["message"].toString().isEmpty());
        QVERIFY2(outputs().isEmpty(), qPrintable(outputs().join(' ')));
    }

    void linksToTheModelAreNotOverwritten_data()
    {
        QTest::addColumn<bool>("hard");
        QTest::newRow("symbolic link") << false;
        QTest::newRow("hard link") << true;
    }
    void linksToTheModelAreNotOverwritten()
    {
        QFETCH(bool, hard);
        const fs::path model = output("m.gguf").toStdString();
        const fs::path link = output("link.gguf").toStdString();
        fs::copy_file(data("tiny.gguf").toStdString(), model);
        hard ? fs::create_hard_link(model, link) : fs::create_symlink(model, link);
        const Outcome o = run({"quantize", text(model), "--type", "Q8_0", "-o", text(link)});
        QCOMPARE(o.exitCode, 1);
        QVERIFY2(o.err.contains("overwrite"), qPrintable(o.err));
        QVERIFY(test::readFile(model) == test::readFile(data("tiny.gguf").toStdString()));
        QCOMPARE(outputs(), (QStringList{"link.gguf", "m.gguf"}));
    }

    void fullDisk_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("quantize") << QStringList{"quantize", m_sample, "--type", "Q8_0", "-o", output("q.gguf")};
        QTest::newRow("logits") << QStringList{"logits", m_sample, "--tokens", data("ids.i32"), "-o", output("l.f32")};
    }
    void fullDisk()
    {
        QFETCH(QStringList, arguments);
        const Outcome o = runInShell("ulimit -f 20; exec \"$0\" \"$@\"", arguments);
        QVERIFY(o.ended);
        QCOMPARE(o.exitCode, 1);
        QVERIFY2(o.err.startsWith("error: ") && o.err.count('\n') == 1, qPrintable(o.err));
        QVERIFY2(outputs().isEmpty(), qPrintable(outputs().join(' ')));
    }

    void outputThatCannotBeWritten()
    {
        const Outcome full = runInShell("exec \"$0\" \"$@\" > /dev/full", {"info", m_sample});
        QCOMPARE(full.exitCode, 1);
        QVERIFY2(full.err.startsWith("error: "), qPrintable(full.err));
        // The reader leaves after one byte: no message, no crash.
        const Outcome pipe =
            runInShell("{ \"$0\" \"$@\"; echo \"code $?\" >&2; } | head -c 1", {"info", m_sample, "--full", "--json"});
        QCOMPARE(pipe.err, QString("code 1\n"));
        const Outcome closed = runInShell("exec \"$0\" \"$@\" >&-", {"info", m_sample});
        QVERIFY(closed.ended);
        QCOMPARE(closed.exitCode, 1);
    }

    void unwritableFolder()
    {
        if (!canDropRights()) QSKIP("root may write everywhere, and there is no way to be less");
        fs::permissions(m_output.path().toStdString(), fs::perms(0555));
        const Outcome o = runWithoutRights({"quantize", m_sample, "--type", "Q8_0", "-o", output("q.gguf")});
        fs::permissions(m_output.path().toStdString(), fs::perms::owner_all);
        QCOMPARE(o.exitCode, 1);
        QVERIFY2(o.err.contains("permission"), qPrintable(o.err));
    }

    void signalsCancel_data()
    {
        QTest::addColumn<int>("signal");
        QTest::addColumn<QStringList>("arguments");
        const QString large = data("large.gguf");
        QTest::newRow("Ctrl+C, quantize") << SIGINT << QStringList{"quantize", large, "--type", "Q2_K", "-o", output("q.gguf")};
        QTest::newRow("SIGTERM, quantize") << SIGTERM
                                           << QStringList{"quantize", large, "--type", "Q8_0", "-o", output("q.gguf"), "--json"};
        QTest::newRow("Ctrl+C, waiting for input") << SIGINT << QStringList{"tokenize", m_sample};
        QTest::newRow("Ctrl+C, perplexity") << SIGINT << QStringList{"perplexity", m_sample, "--text", m_text};
        QTest::newRow("Ctrl+C, tensor-error")
            << SIGINT << QStringList{"tensor-error", large, "--tensor", "blk.0.ffn_up.weight", "--type", "Q2_K"};
    }
    void signalsCancel()
    {
        QFETCH(int, signal);
        QFETCH(QStringList, arguments);
        if (!QFile::exists(data("large.gguf"))) {
            test::GgufBuilder large;  // 8 GiB of floats in holes: more than can be done before the signal comes
            large.pair("general.architecture", std::string("llama"));
            large.tensor("blk.0.ffn_up.weight", TensorType::F16, {8192, 262144});
            QVERIFY(large.write(data("large.gguf").toStdString()));
        }
        QProcess process;
        process.start(WW_CLI_PATH, arguments);
        QVERIFY(process.waitForStarted());
        QTest::qWait(300);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
        const Outcome o = finish(process);
        QVERIFY(o.ended);
        QCOMPARE(o.exitCode, 128 + signal);
        QVERIFY2(o.err.endsWith("Cancelled.\n") && !o.err.contains("error"), qPrintable(o.err));
        if (arguments.contains("--json")) QCOMPARE(json(o.out)["error"].toObject()["code"].toString(), QString("cancelled"));
        QVERIFY2(outputs().isEmpty(), qPrintable(outputs().join(' ')));
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
