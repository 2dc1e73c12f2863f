// SPDX-License-Identifier: MIT
// Model cards: what they say, what they refuse, and that no metadata can break them.
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

#include "io/model_file.h"
#include "plan/model_card.h"
#include "tests/support/cli_process.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using ww::test::Outcome;
using ww::test::run;

class TestCliCard : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] QString file(const QString& name) const { return m_folder->filePath(name); }
    [[nodiscard]] std::filesystem::path path(const QString& name) const { return file(name).toStdString(); }
    [[nodiscard]] QString card() const { return QString::fromStdString(ww::test::readFile(path("README.md"))); }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        auto model = ww::test::tinyLlama();
        model.set("general.name", std::string("Tiny | <b>Llama</b>"));
        model.set("general.license", std::string("mit\"\nlicense: gpl"));
        model.set("general.base_model.count", std::uint32_t{1});
        model.set("general.base_model.0.repo_url", std::string("https://huggingface.co/people/Tiny-Llama"));
        model.set("general.languages", ww::MetadataArray(std::vector<std::string>{"en", "de"}));
        QVERIFY(model.write(path("model.gguf")));
    }

    void listsFiles()
    {
        for (const char* preset : {"Q4_K_M", "Q8_0"}) {
            const Outcome outcome = run({"quantize", file("model.gguf"), "--preset", preset, "-o", file(QString("model-%1.gguf").arg(preset)), "--card"});
            QVERIFY2(outcome.exitCode == 0, outcome.err);
        }
        const QString text = card();
        QVERIFY2(text.startsWith("---\nlicense: \"mit\\\" license: gpl\"\nbase_model:\n- \"people/Tiny-Llama\"\n"), qPrintable(text));
        QVERIFY(text.contains("language:\n- \"en\"\n- \"de\"\n"));
        QVERIFY(text.contains("# Tiny \\| \\<b\\>Llama\\</b\\>\n"));
        QVERIFY(text.contains("| `model-Q4_K_M.gguf` | Q4\\_K\\_M |"));
        QVERIFY(text.contains("| `model-Q8_0.gguf` | Q8\\_0 |"));
        QVERIFY(text.indexOf("Q4_K_M.gguf") < text.indexOf("Q8_0.gguf"));
        QVERIFY(ww::isGeneratedCard(text.toStdString()));
    }

    void measures()
    {
        const auto sample = QString::fromStdString(ww::test::sampleModel().string());
        const auto evaluation = QString::fromStdString(ww::test::sampleEvaluationText().string());
        QVERIFY(run({"quantize", sample, "--preset", "Q4_0", "-o", file("small.gguf")}).exitCode == 0);
        const QStringList measure{"--text", evaluation, "--ctx", "64", "--chunks", "4", "--json", "-o", file("README.md")};
        const Outcome plain = run(QStringList{"card", file("small.gguf")} + measure);
        QVERIFY2(plain.exitCode == 0, plain.err);
        const Outcome outcome = run(QStringList{"card", file("small.gguf"), sample, "--base", sample} + measure);
        QVERIFY2(outcome.exitCode == 0, outcome.err);
        const auto files = QJsonDocument::fromJson(outcome.out)["files"].toArray();
        QCOMPARE(files.size(), 2);
        QVERIFY(files[0]["divergence"].toDouble() > 1e-4);
        QVERIFY(std::abs(files[1]["divergence"].toDouble()) < 1e-6);
        QVERIFY(files[0]["perplexity"].toDouble() > 1);
        const auto alone = QJsonDocument::fromJson(plain.out)["files"].toArray();
        QVERIFY(std::abs(alone[0]["perplexity"].toDouble() - files[0]["perplexity"].toDouble()) < 1e-6 * files[0]["perplexity"].toDouble());
        QVERIFY(alone[0]["divergence"].isNull());
        QVERIFY(card().contains("KL divergence"));
        QVERIFY(card().contains("4 windows of 64 tokens"));
    }

    void refuses()
    {
        QVERIFY(ww::test::writeFile(path("README.md"), "# My own words\n"));
        const Outcome own = run({"card", file("model.gguf"), "-o", file("README.md")});
        QCOMPARE(own.exitCode, 1);
        QVERIFY2(own.err.contains("did not write"), own.err);
        const Outcome quantize = run({"quantize", file("model.gguf"), "--preset", "Q8_0", "-o", file("out.gguf"), "--card"});
        QCOMPARE(quantize.exitCode, 1);
        QVERIFY2(quantize.err.contains("did not write"), quantize.err);
        QVERIFY(!QFile::exists(file("out.gguf")));
        QCOMPARE(card(), QString("# My own words\n"));
        QCOMPARE(run({"card", file("nothing.gguf"), "-o", file("card.md")}).exitCode, 1);
        QVERIFY(!QFile::exists(file("card.md")));
        QCOMPARE(run({"card", file("model.gguf"), "-o", file("card.md"), "--base", file("model.gguf")}).exitCode, 2);
    }
};

QTEST_GUILESS_MAIN(TestCliCard)
#include "tst_cli_card.moc"
