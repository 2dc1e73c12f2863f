// SPDX-License-Identifier: MIT
// The command quantize with formats and options beyond the everyday ones.
#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

namespace {

struct Outcome {
    int exitCode = -1;
    QByteArray out;
    QByteArray err;
};

Outcome run(const QStringList& arguments)
{
    QProcess process;
    process.start(WW_CLI_PATH, arguments);
    if (!process.waitForFinished(120000)) return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class TestCliFormats : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    [[nodiscard]] QString file(const QString& name) const { return m_folder.filePath(name); }
    static QString sample() { return QString::fromStdString(ww::test::sampleModel().string()); }

private slots:
    void correctedIsAMethodOfIq3S()
    {
        const Outcome methods = run({"methods"});
        QVERIFY2(methods.exitCode == 0, methods.err);
        QVERIFY(methods.out.contains("corrected"));
        QVERIFY(methods.out.contains("Formats: IQ3_S."));
        const Outcome plain = run({"quantize", sample(), "-o", file("plain.gguf"), "--preset", "Q4_K_M", "--set", "ffn_up=IQ3_S"});
        QVERIFY2(plain.exitCode == 0, plain.err);
        const Outcome corrected =
            run({"quantize", sample(), "-o", file("corrected.gguf"), "--preset", "Q4_K_M", "--set", "ffn_up=IQ3_S:corrected"});
        QVERIFY2(corrected.exitCode == 0, corrected.err);
        // No run of zeros in the sample: nothing to correct.
        QVERIFY(!contents(file("plain.gguf")).isEmpty());
        QVERIFY(contents(file("plain.gguf")) == contents(file("corrected.gguf")));
        const Outcome wrong = run({"quantize", sample(), "--dry-run", "--preset", "Q4_K_M", "--set", "ffn_up=Q4_K:corrected"});
        QVERIFY(wrong.exitCode != 0);
        QVERIFY2(wrong.err.contains("corrected"), wrong.err);
    }
};

QTEST_GUILESS_MAIN(TestCliFormats)
#include "tst_cli_formats.moc"
