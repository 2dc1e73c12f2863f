// SPDX-License-Identifier: MIT
// What files hold of methods that GGUF has no format for, and what that costs.
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/paths.h"

using namespace ww;

class TestCliAnalysis : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    [[nodiscard]] QJsonObject quantized(const QStringList& options, int exitCode = 0) const
    {
        QProcess process;
        process.start(WW_CLI_PATH, QStringList{"quantize", QString::fromStdString(test::sampleModel().string()), "-o", m_folder.filePath("out.gguf"),
                                               "--json"} + options);
        if (!process.waitForFinished(120000)) return {};
        if (process.exitCode() != exitCode) qWarning("%s", process.readAllStandardError().constData());
        return process.exitCode() == exitCode ? QJsonDocument::fromJson(process.readAllStandardOutput()).object() : QJsonObject();
    }
    static QString formatOf(const QJsonObject& result, const QString& tensor)
    {
        for (const auto& entry : result["tensors"].toArray())
            if (entry.toObject()["name"].toString() == tensor) return entry.toObject()["type"].toString();
        return {};
    }

private slots:
    void asF16KeepsWhatTheMethodChose()
    {
        const auto result = quantized({"--type", "IQ4_NL", "--pure", "--method", "nf4", "--as", "f16"});
        const auto loss = result["analysis"].toObject();
        QCOMPARE(loss["tensors"].toInt(), 58);
        const double method = loss["methodError"].toDouble();
        QVERIFY(method > 0.005 && method < 0.015);
        QVERIFY(std::fabs(loss["storedError"].toDouble() / method - 1) < 1e-3);
        QVERIFY(result["sizeBytes"].toDouble() > 16e6);
    }
    void asNearestIsTheFormatItself()
    {
        const auto result = quantized({"--type", "F16", "--pure", "--method", "nf4", "--as", "nearest"});
        const auto loss = result["analysis"].toObject();
        QVERIFY(loss["methodError"].toDouble() > 0.005 && loss["storedError"].toDouble() > 0.003);
        QFile file(m_folder.filePath("out.gguf"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray made = file.readAll();
        file.close();
        QVERIFY(!quantized({"--type", "IQ4_NL", "--pure"}).contains("analysis"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray plain = file.readAll();
        // Behind the metadata, which name the format of the recipe.
        QCOMPARE(made.right(4000000), plain.right(4000000));
    }
    // Inputs rounded as llama.cpp rounds them add to what the weights lose, and hardly anything to a model of floats.
    void inputsAreRoundedLikeLlamaCpp()
    {
        const auto measured = [&](const QStringList& options, int exitCode = 0) {
            QProcess process;
            QFile text(m_folder.filePath("text.txt"));
            if (text.open(QIODevice::WriteOnly)) text.write(QByteArray("The river ran past the old mill, and nobody in the village knew its name. ").repeated(60));
            text.close();
            process.start(WW_CLI_PATH, QStringList{"perplexity", QString::fromStdString(test::sampleModel().string()), "--text", text.fileName(),
                                                   "--ctx", "128", "--chunks", "4", "--json"} + options);
            if (!process.waitForFinished(120000) || process.exitCode() != exitCode) return -1.0;
            return exitCode == 0 ? QJsonDocument::fromJson(process.readAllStandardOutput()).object()["perplexity"].toDouble() : 0.0;
        };
        const double plain = measured({"--type", "Q8_0", "--pure"});
        const double rounded = measured({"--type", "Q8_0", "--pure", "--activations", "llama.cpp"});
        QVERIFY(plain > 1 && rounded > 1);
        QVERIFY(std::fabs(rounded / plain - 1) > 1e-6 && std::fabs(rounded / plain - 1) < 0.01);
        QCOMPARE(measured({"--type", "Q8_0", "--pure", "--activations", "float"}), plain);
        QCOMPARE(measured({"--type", "F32", "--pure", "--activations", "llama.cpp"}), measured({"--type", "F32", "--pure"}));
        QCOMPARE(measured({"--activations", "integer"}, 2), 0.0);
    }
    void roundedAgainLosesTwice()
    {
        const auto loss = quantized({"--type", "Q4_0", "--pure", "--method", "absmax:bits=4,clip=mse"})["analysis"].toObject();
        QVERIFY(loss["storedError"].toDouble() >= loss["methodError"].toDouble());
        const auto eight = quantized({"--type", "F16", "--pure", "--method", "int8", "--as", "NEAREST"})["analysis"].toObject();
        QVERIFY(eight["methodError"].toDouble() > eight["storedError"].toDouble());
        QVERIFY(quantized({"--type", "F16", "--pure", "--method", "int8", "--as", "q9"}, 2).contains("error"));
    }
};

QTEST_GUILESS_MAIN(TestCliAnalysis)
#include "tst_cli_analysis.moc"
