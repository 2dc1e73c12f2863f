// SPDX-License-Identifier: MIT
// What stands in the way of files: pipes without a writer, empty texts, names in other encodings, other languages' numbers.
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/cli_process.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"

using ww::test::Outcome;
using ww::test::run;
namespace fs = std::filesystem;

class TestCliFiles : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] fs::path path(const std::string& name) const { return fs::path(m_folder->path().toStdString()) / name; }
    [[nodiscard]] Outcome runHere(const QString& command) const { return run(command.split(' '), m_folder->path()); }
    [[nodiscard]] QStringList names() const
    {
        return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(ww::test::tinyLlama().write(path("m.gguf")));
        std::ofstream(path("empty.txt")).flush();
    }

    /// QTemporaryDir does not find names that are not UTF-8.
    void cleanup()
    {
        std::error_code error;
        fs::remove_all(path(""), error);
    }

    void refusesPipesNobodyWritesTo_data()
    {
        QTest::addColumn<QString>("command");
        QTest::newRow("text") << "perplexity m.gguf --text pipe";
        QTest::newRow("model") << "info pipe";
        QTest::newRow("recipe") << "quantize m.gguf -o q.gguf --recipe pipe";
    }
    void refusesPipesNobodyWritesTo()
    {
        QFETCH(const QString, command);
        QCOMPARE(::mkfifo(path("pipe").c_str(), 0600), 0);
        const QStringList before = names();
        const Outcome outcome = runHere(command);
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.startsWith("error: pipe: ") && outcome.err.count('\n') == 1, outcome.err);
        QCOMPARE(names(), before);
    }

    void readsPipes()
    {
        QCOMPARE(::mkfifo(path("pipe").c_str(), 0600), 0);
        std::thread writer([file = path("pipe")] {
            std::ofstream pipe(file);
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            pipe << "abc";
        });
        const Outcome fromPipe = runHere("tokenize m.gguf --text pipe");
        writer.join();
        std::ofstream(path("abc.txt")) << "abc";
        QCOMPARE(fromPipe.exitCode, 0);
        QCOMPARE(fromPipe.out, runHere("tokenize m.gguf --text abc.txt").out);
    }

    void refusesEmptyTexts_data()
    {
        QTest::addColumn<QString>("command");
        QTest::newRow("perplexity") << "perplexity m.gguf --text empty.txt";
        QTest::newRow("card") << "card m.gguf -o README.md --text empty.txt";
        QTest::newRow("imatrix") << "imatrix m.gguf --text empty.txt -o i.gguf";
        QTest::newRow("calibrate") << "calibrate m.gguf --text empty.txt -o c.wwcalib";
        QTest::newRow("sensitivity") << "sensitivity m.gguf --text empty.txt -o s.json";
    }
    void refusesEmptyTexts()
    {
        QFETCH(const QString, command);
        const QStringList before = names();
        const Outcome outcome = runHere(command);
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.contains("too short") && outcome.err.count("error: ") == 1, outcome.err);
        QCOMPARE(names(), before);
    }

    /// A folder that was made for files which could not be written goes, too.
    void leavesNoEmptyFolder()
    {
        QProcess shell;
        shell.setWorkingDirectory(m_folder->path());
        shell.start("sh", {"-c", QString("ulimit -f 1; exec '%1' quantize m.gguf -o folder --presets Q8_0,Q4_0").arg(WW_CLI_PATH)});
        QVERIFY(shell.waitForFinished(60000));
        QVERIFY2(shell.exitCode() == 1, shell.readAllStandardError());
        QVERIFY(!fs::exists(path("folder")));
    }

    void takesNamesInAnyEncoding()
    {
        // Through a shell: Qt would change the bytes.
        const std::string name = "mod\xe8l.gguf";
        fs::copy_file(path("m.gguf"), path(name));
        std::ofstream(path("job.sh")) << "set -e\n"
                                      << "$1 quantize '" << name << "' -o 'out\xff.gguf' --preset Q8_0\n"
                                      << "$1 info 'out\xff.gguf' --json > info.json\n"
                                      << "! $1 info 'no\xff.gguf'\n";
        QProcess shell;
        shell.setWorkingDirectory(m_folder->path());
        shell.start("sh", {"job.sh", WW_CLI_PATH});
        QVERIFY(shell.waitForFinished(60000));
        QVERIFY2(shell.exitCode() == 0, shell.readAllStandardError());
        QVERIFY(fs::file_size(path("out\xff.gguf")) > 0);
        QFile info(m_folder->filePath("info.json"));
        QVERIFY(info.open(QIODevice::ReadOnly));
        QVERIFY(!QJsonDocument::fromJson(info.readAll()).object().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCliFiles)
#include "tst_cli_files.moc"
