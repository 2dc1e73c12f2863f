// SPDX-License-Identifier: MIT
// The program with files as a whole: split, merge, metadata. llama.cpp reads what is written, where its library is there.
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "io/model_file.h"
#include "tests/support/cli_process.h"
#include "tests/support/forward.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/llama_library.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using ww::test::Outcome;
using ww::test::run;

class TestCliContainers : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] QString file(const QString& name) const { return m_folder->filePath(name); }
    [[nodiscard]] std::filesystem::path path(const QString& name) const { return file(name).toStdString(); }
    [[nodiscard]] QStringList names() const { return QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden, QDir::Name); }
    static bool sameModel(const ww::ModelFile& a, const ww::ModelFile& b)
    {
        if (a.tensors().size() != b.tensors().size()) return false;
        for (const auto& tensor : a.tensors()) {
            const auto* other = b.find(tensor.name);
            if (!other || other->type != tensor.type || !std::ranges::equal(a.view(tensor).bytes, b.view(*other).bytes)) return false;
        }
        return true;
    }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(ww::test::tinyLlama({.layers = 3}).write(path("model.gguf")));
    }

    void splitsAndMerges_data()
    {
        QTest::addColumn<QStringList>("limit");
        QTest::addColumn<int>("atLeast");
        QTest::newRow("by tensors") << QStringList{"--split-max-tensors", "7"} << 5;
        QTest::newRow("by size") << QStringList{"--split-max-size", "600K"} << 4;
        QTest::newRow("by both") << QStringList{"--split-max-size", "1MiB", "--split-max-tensors", "10"} << 3;
        QTest::newRow("one part") << QStringList{"--split-max-size", "2G"} << 1;
    }
    void splitsAndMerges()
    {
        QFETCH(QStringList, limit);
        QFETCH(int, atLeast);
        const Outcome split = run(QStringList{"split", file("model.gguf"), "-o", file("part.gguf"), "--json"} + limit);
        QVERIFY2(split.exitCode == 0, split.err);
        const auto parts = split.json()["parts"].toArray();
        QVERIFY(parts.size() >= atLeast);
        QVERIFY(parts.first().toString().endsWith(QString("part-00001-of-%1.gguf").arg(parts.size(), 5, 10, QChar('0'))));
        const auto original = ww::openModel(path("model.gguf"));
        const auto joined = ww::openModel(parts.last().toString().toStdString());
        WW_VERIFY(original);
        WW_VERIFY(joined);
        QVERIFY(sameModel(**original, **joined));

        const Outcome merge = run({"merge", parts.first().toString(), "-o", file("merged.gguf")});
        QVERIFY2(merge.exitCode == 0, merge.err);
        QVERIFY(ww::test::readFile(path("merged.gguf")) == ww::test::readFile(path("model.gguf")));

        std::string reason;
        auto* library = ww::test::LlamaLibrary::instance(reason);
        if (!library) QSKIP(reason.c_str());
        const auto whole = ww::test::LlamaModel::open(*library, path("model.gguf"), false, reason);
        QVERIFY2(whole, reason.c_str());
        const auto theirs = ww::test::LlamaModel::open(*library, parts.first().toString().toStdString(), false, reason);
        QVERIFY2(theirs, reason.c_str());
        QVERIFY(theirs->logits({1, 70, 80}) == whole->logits({1, 70, 80}));
    }

    void quantizesToParts()
    {
        const QStringList arguments{"quantize", file("model.gguf"), "--preset", "Q4_K_M", "-o"};
        const Outcome whole = run(arguments + QStringList{file("whole.gguf")});
        QVERIFY2(whole.exitCode == 0, whole.err);
        const Outcome parts = run(arguments + QStringList{file("parts.gguf"), "--split-max-tensors", "10", "--json"});
        QVERIFY2(parts.exitCode == 0, parts.err);
        const Outcome merge = run({"merge", parts.json()["parts"].toArray().first().toString(), "-o", file("merged.gguf")});
        QVERIFY2(merge.exitCode == 0, merge.err);
        QVERIFY(ww::test::readFile(path("merged.gguf")) == ww::test::readFile(path("whole.gguf")));
    }

    void splitRefuses()
    {
        QCOMPARE(run({"split", file("model.gguf"), "-o", file("x")}).exitCode, 2);
        QCOMPARE(run({"split", file("model.gguf"), "-o", file("x"), "--split-max-size", "many"}).exitCode, 2);
        QVERIFY(ww::test::writeFile(path("x-00003-of-00005.gguf"), "kept"));
        const Outcome exists = run({"split", file("model.gguf"), "-o", file("x"), "--split-max-tensors", "7"});
        QCOMPARE(exists.exitCode, 1);
        QVERIFY2(exists.err.contains("exists already"), exists.err);
        QCOMPARE(names(), (QStringList{"model.gguf", "x-00003-of-00005.gguf"}));
        QCOMPARE(run({"split", file("model.gguf"), "-o", file("no/such/folder/x"), "--split-max-tensors", "7"}).exitCode, 1);
        const Outcome itself = run({"merge", file("model.gguf"), "-o", file("model.gguf")});
        QCOMPARE(itself.exitCode, 1);
        QVERIFY2(itself.err.contains("overwrite"), itself.err);
    }

    void metadataIsRead()
    {
        const Outcome one = run({"metadata", "get", file("model.gguf"), "general.name"});
        QVERIFY2(one.exitCode == 0, one.err);
        QCOMPARE(one.out, QByteArray("tiny-llama\n"));
        const Outcome all = run({"metadata", "get", file("model.gguf")});
        QVERIFY(all.out.contains("llama.block_count"));
        QCOMPARE(run({"metadata", "get", file("model.gguf"), "llama.block_count", "--json"}).json()["llama.block_count"].toObject()["type"].toString(),
                 QString("u32"));
        const Outcome none = run({"metadata", "get", file("model.gguf"), "general.nothing"});
        QCOMPARE(none.exitCode, 1);
        QVERIFY2(none.err.contains("general.nothing"), none.err);
    }

    void metadataIsChanged()
    {
        QVERIFY(ww::test::writeFile(path("template.jinja"), "{% for m in messages %}\n{{ m.content }}{% endfor %}"));
        const Outcome set = run({"metadata", "set", file("model.gguf"), "general.name=My Model", "general.license=mit", "llama.context_length=128",
                                 "general.tags=[\"small\", \"test\"]", "tokenizer.ggml.add_bos_token=true", "tokenizer.ggml.eos_token_id=5", "-o", file("set.gguf")});
        QVERIFY2(set.exitCode == 0, set.err);
        const Outcome chat =
            run({"metadata", "set", file("set.gguf"), "tokenizer.chat_template=" + file("template.jinja"), "--from-file", "-o", file("chat.gguf")});
        QVERIFY2(chat.exitCode == 0, chat.err);
        const auto model = ww::openModel(path("chat.gguf"));
        const auto original = ww::openModel(path("model.gguf"));
        WW_VERIFY(model);
        WW_VERIFY(original);
        const ww::Metadata& metadata = (*model)->metadata();
        QVERIFY(metadata.string("general.name") == "My Model");
        QVERIFY(metadata.string("general.license") == "mit");
        QVERIFY(*metadata.find("llama.context_length") == ww::MetadataValue(std::uint32_t{128}));
        QVERIFY(*metadata.find("tokenizer.ggml.eos_token_id") == ww::MetadataValue(std::uint32_t{5}));
        QVERIFY(*metadata.find("tokenizer.ggml.add_bos_token") == ww::MetadataValue(true));
        QVERIFY(*metadata.find("general.tags") == ww::MetadataValue(ww::MetadataArray(std::vector<std::string>{"small", "test"})));
        QVERIFY(metadata.string("tokenizer.chat_template")->ends_with("{% endfor %}"));
        QVERIFY(sameModel(**original, **model));

        const Outcome removed = run({"metadata", "remove", file("chat.gguf"), "general.license", "tokenizer.chat_template", "-o", file("removed.gguf")});
        QVERIFY2(removed.exitCode == 0, removed.err);
        const auto without = ww::openModel(path("removed.gguf"));
        WW_VERIFY(without);
        QVERIFY(!(*without)->metadata().contains("general.license"));
        QVERIFY(!(*without)->metadata().contains("tokenizer.chat_template"));

        std::string reason;
        auto* library = ww::test::LlamaLibrary::instance(reason);
        if (!library) QSKIP(reason.c_str());
        const auto theirs = ww::test::LlamaModel::open(*library, path("chat.gguf"), false, reason);
        QVERIFY2(theirs, reason.c_str());
        QCOMPARE(theirs->eos(), 5);
    }

    void metadataRefuses_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* item, int code, const char* message) {
            QTest::newRow(item) << QStringList{"set", item} << code << message;
        };
        row("llama.context_length=many", 1, "llama.context_length");
        row("llama.context_length=-1", 1, "u32");
        row("tokenizer.ggml.add_bos_token=perhaps", 1, "true or false");
        row("general.tags=one", 1, "list");
        row("general.architecture=falcon", 1, "by hand");
        row("general.alignment=64", 1, "by hand");
        row("split.count=2", 1, "by hand");
        row("=value", 1, "1 to 64 bytes");
        row("nothing", 1, "KEY=VALUE");
        QTest::newRow("unknown key") << QStringList{"remove", "general.nothing"} << 1 << "general.nothing";
        QTest::newRow("protected key") << QStringList{"remove", "general.architecture"} << 1 << "by hand";
        QTest::newRow("unknown action") << QStringList{"change", "a=b"} << 2 << "";
    }
    void metadataRefuses()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QString, message);
        const Outcome outcome = run(QStringList{"metadata", arguments[0], file("model.gguf"), arguments[1], "-o", file("out.gguf")});
        QCOMPARE(outcome.exitCode, exitCode);
        QVERIFY2(QString::fromUtf8(outcome.err).contains(message), outcome.err);
        QCOMPARE(names(), QStringList{"model.gguf"});
    }

    void metadataNeverOverwritesTheModel()
    {
        const auto before = ww::test::readFile(path("model.gguf"));
        QVERIFY(QFile::link(file("model.gguf"), file("link.gguf")));
        for (const char* name : {"model.gguf", "link.gguf"}) {
            const Outcome outcome = run({"metadata", "set", file("model.gguf"), "general.name=x", "-o", file(name)});
            QCOMPARE(outcome.exitCode, 1);
            QVERIFY2(outcome.err.contains("overwrite"), outcome.err);
        }
        QVERIFY(ww::test::readFile(path("model.gguf")) == before);
        QCOMPARE(run({"metadata", "set", file("model.gguf"), "general.name=x"}).exitCode, 2);
        QCOMPARE(run({"metadata", "set", file("model.gguf"), "-o", file("x.gguf")}).exitCode, 2);
    }
};

QTEST_GUILESS_MAIN(TestCliContainers)
#include "tst_cli_containers.moc"
