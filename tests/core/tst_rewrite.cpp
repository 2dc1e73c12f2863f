// SPDX-License-Identifier: MIT
#include <QtTest>

#include <limits>
#include <stop_token>

#include "base/thread_pool.h"
#include "io/metadata_edit.h"
#include "io/model_file.h"
#include "jobs/rewrite.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

class TestRewrite : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] std::filesystem::path path(const char* name) const { return test::pathOf(*m_folder) / name; }
    [[nodiscard]] QStringList names() const { return QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden, QDir::Name); }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(test::tinyLlama({.layers = 1}).write(path("model.gguf")));
    }

    void copyingChangesNothing()
    {
        const auto model = openModel(path("model.gguf"));
        WW_VERIFY(model);
        ThreadPool pool(2);
        WW_VERIFY(writeGguf(**model, copyOf(**model), path("copy.gguf"), JobContext{pool}));
        QVERIFY(test::readFile(path("copy.gguf")) == test::readFile(path("model.gguf")));
        WW_VERIFY_FAILS(writeGguf(**model, copyOf(**model), path("model.gguf"), JobContext{pool}), ErrorCode::Unwritable, "overwrite");
        WW_VERIFY_FAILS(writeGguf(**model, copyOf(**model), path("no/folder.gguf"), JobContext{pool}), ErrorCode::NotFound, "");
    }

    void partsAreFilledInOrder()
    {
        const auto model = openModel(path("model.gguf"));
        WW_VERIFY(model);
        const FileContent content = copyOf(**model);
        const auto counts = [&](std::uint64_t bytes, std::size_t tensors) { return splitCounts(**model, content, {bytes, tensors}); };
        const std::size_t all = content.entries.size();
        QCOMPARE(counts(0, 0), std::vector<std::size_t>{all});
        QCOMPARE(counts(std::numeric_limits<std::uint64_t>::max(), 0), std::vector<std::size_t>{all});
        QCOMPARE(counts(1, 0), std::vector<std::size_t>(all, 1));
        const auto pairs = counts(0, 2);
        QCOMPARE(pairs.size(), (all + 1) / 2);
        QCOMPARE(pairs.front(), std::size_t{2});
        for (const std::uint64_t limit : {100000U, 300000U, 600000U}) {
            std::size_t at = 0;
            for (const std::size_t count : counts(limit, 0)) {
                std::uint64_t bytes = 0;
                for (std::size_t i = at; i < at + count; ++i) bytes += content.entries[i].sizeBytes;
                QVERIFY(count == 1 || bytes <= limit);
                if (at + count < all) QVERIFY(bytes + content.entries[at + count].sizeBytes > limit);
                at += count;
            }
            QCOMPARE(at, all);
        }
    }

    void cancelLeavesNothing()
    {
        const auto model = openModel(path("model.gguf"));
        WW_VERIFY(model);
        ThreadPool pool(2);
        std::stop_source stop;
        stop.request_stop();
        const JobContext context{pool, stop.get_token(), nullptr};
        WW_VERIFY_FAILS(writeSplitGguf(**model, copyOf(**model), {0, 3}, path("part"), context), ErrorCode::Cancelled, "");
        WW_VERIFY_FAILS(writeGguf(**model, copyOf(**model), path("copy.gguf"), context), ErrorCode::Cancelled, "");
        QCOMPARE(names(), QStringList{"model.gguf"});
    }

    // What was written before the failure goes again.
    void failureRemovesTheParts()
    {
        const auto model = openModel(path("model.gguf"));
        WW_VERIFY(model);
        ThreadPool pool(2);
        FileContent content = copyOf(**model);
        content.entries.back().target = TensorType::Q4_K;  // with the bytes of another type
        QVERIFY(!writeSplitGguf(**model, content, {0, 4}, path("part"), JobContext{pool}));
        QCOMPARE(names(), QStringList{"model.gguf"});
    }

    void values_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");  // empty: refused
        const auto row = [](const char* key, const char* text, const char* expected) {
            QTest::newRow((std::string(key) + " " + text).c_str()) << key << text << expected;
        };
        row("u8", "255", "255");
        row("u8", "256", "");
        row("i8", "-128", "-128");
        row("u16", "65535", "65535");
        row("i64", "-9223372036854775808", "-9223372036854775808");
        row("u64", "18446744073709551615", "18446744073709551615");
        row("u64", "18446744073709551616", "");
        row("f32", "1e-5", "1e-05");
        row("f32", "nan", "");
        row("f64", "0.25x", "");
        row("bool", "true", "true");
        row("bool", "1", "");
        row("string", "any\nthing", "any\\nthing");  // shown on one line
        row("string", "", "");
        row("texts", "[\"a\", \"b\"]", "[2 × string] a, b");
        row("texts", "[1]", "");
        row("texts", "a", "");
        row("numbers", "[1, -2]", "[2 × i32] 1, -2");
        row("numbers", "[1.5]", "");
        row("numbers", "[9999999999]", "");
        row("numbers", "[]", "[0 × i32]");
    }
    void values()
    {
        QFETCH(QString, key);
        QFETCH(QString, text);
        QFETCH(QString, expected);
        Metadata metadata;
        metadata.append("u8", std::uint8_t{1});
        metadata.append("i8", std::int8_t{1});
        metadata.append("u16", std::uint16_t{1});
        metadata.append("i64", std::int64_t{1});
        metadata.append("u64", std::uint64_t{1});
        metadata.append("f32", 1.0F);
        metadata.append("f64", 1.0);
        metadata.append("bool", false);
        metadata.append("string", std::string("old"));
        metadata.append("texts", MetadataArray(std::vector<std::string>{"old"}));
        metadata.append("numbers", MetadataArray(std::vector<std::int32_t>{7}));
        const Metadata before = metadata;
        const auto result = editMetadata(metadata, key.toStdString(), text.toStdString());
        if (expected.isEmpty() && key != "string") {
            QVERIFY(!result);
            QVERIFY(result.error().message.find(key.toStdString()) != std::string::npos);
            QVERIFY(*metadata.find(key.toStdString()) == *before.find(key.toStdString()));
            return;
        }
        WW_VERIFY(result);
        QCOMPARE(typeOf(*metadata.find(key.toStdString())), typeOf(*before.find(key.toStdString())));
        // A display keeps a text on one line.
        QCOMPARE(QString::fromStdString(displayText(*metadata.find(key.toStdString()))).trimmed(),
                 QString(expected).replace(QLatin1Char('\n'), QStringLiteral("\\n")));
    }
};

QTEST_GUILESS_MAIN(TestRewrite)
#include "tst_rewrite.moc"
