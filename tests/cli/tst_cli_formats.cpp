// SPDX-License-Identifier: MIT
// The command quantize with formats and options beyond the everyday ones.
#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/cli_process.h"
#include "tests/support/paths.h"

using ww::test::Outcome;
using ww::test::run;

namespace {

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

    void copyKeepsEveryTensor()
    {
        const Outcome copied = run({"quantize", sample(), "-o", file("copy.gguf"), "--preset", "copy"});
        QVERIFY2(copied.exitCode == 0, copied.err);
        QVERIFY(copied.out.contains("0 tensors quantized"));
        QCOMPARE(contents(file("copy.gguf")).size(), contents(sample()).size());
        const Outcome one =
            run({"quantize", sample(), "--dry-run", "--json", "--preset", "COPY", "--set", "blk\\.0\\.ffn_down=Q8_0"});
        QVERIFY2(one.exitCode == 0, one.err);
        int changed = 0;
        for (const auto tensor : QJsonDocument::fromJson(one.out).object()["tensors"].toArray())
            changed += tensor.toObject()["source"] != tensor.toObject()["target"];
        QCOMPARE(changed, 1);
    }

    void dryRunKnowsTheSize_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("preset") << QStringList{"--preset", "Q4_K_S"};
        QTest::newRow("copy") << QStringList{"--preset", "COPY"};
        QTest::newRow("left out") << QStringList{"--preset", "Q3_K_M", "--prune-layers", "1,3"};
        QTest::newRow("output left") << QStringList{"--preset", "Q6_K", "--leave-output-tensor"};
        QTest::newRow("again") << QStringList{"--type", "IQ4_NL", "--set", "attn=Q5_1"};
    }
    void dryRunKnowsTheSize()
    {
        QFETCH(QStringList, options);
        const Outcome dry = run(QStringList{"quantize", sample(), "--dry-run", "--json"} + options);
        QVERIFY2(dry.exitCode == 0, dry.err);
        const Outcome wet = run(QStringList{"quantize", sample(), "-o", file("wet.gguf"), "--json"} + options);
        QVERIFY2(wet.exitCode == 0, wet.err);
        const auto size = static_cast<qint64>(QJsonDocument::fromJson(dry.out).object()["sizeBytes"].toDouble());
        QCOMPARE(size, QFileInfo(file("wet.gguf")).size());
    }

    void partsAreNumbered()
    {
        const Outcome made = run({"quantize", sample(), "-o", file("kept.gguf"), "--preset", "Q6_K", "--keep-split"});
        QVERIFY2(made.exitCode == 0, made.err);
        QVERIFY(!QFile::exists(file("kept.gguf")));
        QVERIFY(made.out.contains("kept-00001-of-00001.gguf"));
        QVERIFY(run({"info", file("kept-00001-of-00001.gguf")}).exitCode == 0);
    }

    void blocksAreLeftOut()
    {
        const Outcome wrong = run({"quantize", sample(), "--dry-run", "--preset", "Q8_0", "--prune-layers", "900"});
        QCOMPARE(wrong.exitCode, 1);
        QVERIFY2(wrong.err.contains("no block 900"), wrong.err);
        const Outcome made = run({"quantize", sample(), "-o", file("short.gguf"), "--preset", "Q8_0", "--prune-layers", "0"});
        QVERIFY2(made.exitCode == 0, made.err);
        QVERIFY(run({"generate", file("short.gguf"), "--prompt", "Once", "-n", "3"}).exitCode == 0);
    }
};

QTEST_GUILESS_MAIN(TestCliFormats)
#include "tst_cli_formats.moc"
