// SPDX-License-Identifier: MIT
// Another program shortens the model while the command line program works on it.
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

#include "tests/support/gguf_builder.h"

using namespace ww;
namespace fs = std::filesystem;

class TestCliShortened : public QObject {
    Q_OBJECT

private slots:
    void endsWithOneSentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<qint64>("newSize");
        QTest::newRow("quantize") << QStringList{"quantize", "MODEL", "--type", "Q8_0", "-o", "OUT"} << qint64{1 << 20};
        QTest::newRow("quantize, to nothing") << QStringList{"quantize", "MODEL", "--type", "Q4_0", "-o", "OUT"} << qint64{0};
        QTest::newRow("copy") << QStringList{"quantize", "MODEL", "--type", "F16", "-o", "OUT"} << qint64{1 << 20};
        QTest::newRow("tensor-error") << QStringList{"tensor-error", "MODEL", "--tensor", "blk.0.ffn_up.weight", "--type", "Q4_K"}
                                      << qint64{1 << 20};
    }
    void endsWithOneSentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(qint64, newSize);
        QTemporaryDir folder;
        const QString model = folder.filePath("large.gguf");
        test::GgufBuilder large;  // 8 GiB of floats in holes: more than can be done before the file is cut
        large.pair("general.architecture", std::string("llama"));
        large.tensor("blk.0.ffn_up.weight", TensorType::F16, {8192, 524288});
        QVERIFY(large.write(model.toStdString()));
        arguments.replaceInStrings("MODEL", model).replaceInStrings("OUT", folder.filePath("out.gguf"));
        QProcess process;
        process.start(WW_CLI_PATH, arguments);
        QVERIFY(process.waitForStarted());
        QTest::qWait(300);
        QCOMPARE(process.state(), QProcess::Running);
        fs::resize_file(model.toStdString(), static_cast<std::uintmax_t>(newSize));
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 1);
        const QString text = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(text.startsWith("error: ") && text.contains("while it was open") && text.count('\n') == 1, qPrintable(text));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList{"large.gguf"});
    }
};

QTEST_GUILESS_MAIN(TestCliShortened)
#include "tst_cli_shortened.moc"
