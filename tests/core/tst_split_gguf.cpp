// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "io/split_gguf.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;
using test::GgufBuilder;
namespace fs = std::filesystem;

namespace {

std::string partName(std::size_t number, std::size_t count, const std::string& prefix = "model")
{
    return formatSplitName({prefix, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(count)});
}

/// Cuts a model in parts: `sizes` tensors each.
std::vector<GgufBuilder> splitModel(const GgufBuilder& whole, const std::vector<std::size_t>& sizes)
{
    std::vector<GgufBuilder> parts(sizes.size());
    auto next = whole.tensors.begin();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i == 0) parts[0].pairs = whole.pairs;
        parts[i].pair("split.no", static_cast<std::uint16_t>(i));
        parts[i].pair("split.count", static_cast<std::uint16_t>(sizes.size()));
        parts[i].pair("split.tensors.count", static_cast<std::int32_t>(whole.tensors.size()));
        parts[i].tensors.assign(next, next + static_cast<std::ptrdiff_t>(sizes[i]));
        next += static_cast<std::ptrdiff_t>(sizes[i]);
    }
    return parts;
}

/// Six small tensors, each filled with its number.
GgufBuilder sixTensors()
{
    GgufBuilder file;
    file.pair("general.architecture", std::string("llama")).pair("general.name", std::string("six"));
    for (int i = 0; i < 6; ++i) file.tensor("t" + std::to_string(i), TensorType::I8, {3}, std::string(3, static_cast<char>(i)));
    return file;
}

}  // namespace

class TestSplitGguf : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path folder() const { return test::pathOf(*m_folder); }
    bool writeParts(const std::vector<GgufBuilder>& parts) const
    {
        bool ok = true;
        for (std::size_t i = 0; i < parts.size(); ++i) ok = parts[i].write(folder() / partName(i + 1, parts.size())) && ok;
        return ok;
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void names_data()
    {
        QTest::addColumn<std::string>("name");
        QTest::addColumn<std::optional<SplitName>>("parsed");
        const auto row = [](const char* name, std::optional<SplitName> parsed) {
            QTest::newRow(name) << std::string(name) << parsed;
        };
        row("model-00002-of-00003.gguf", SplitName{"model", 2, 3});
        row("-00001-of-00001.gguf", SplitName{"", 1, 1});
        row("a-00001-of-00002-00099-of-99999.gguf", SplitName{"a-00001-of-00002", 99, 99999});
        for (const char* other :
             {"model.gguf", "model-2-of-3.gguf", "model-00004-of-00003.gguf", "model-00000-of-00003.gguf",
              "model-00001-of-00003.GGUF", "model-0001a-of-00003.gguf", "model_00001-of-00003.gguf", "model-00001_of_00003.gguf",
              "model-00001-of-00003", "00001-of-00003.gguf", "model-+0001-of-00003.gguf", ".gguf", ""})
            QTest::newRow(*other ? other : "empty") << std::string(other) << std::optional<SplitName>();
    }
    void names()
    {
        QFETCH(std::string, name);
        QFETCH(std::optional<SplitName>, parsed);
        QVERIFY(parseSplitName(name) == parsed);
        if (parsed) QCOMPARE(formatSplitName(*parsed), name);
    }

    void opensAllPartsFromAnyOfThem_data()
    {
        QTest::addColumn<std::vector<std::size_t>>("sizes");
        QTest::addColumn<std::size_t>("openedPart");
        for (std::size_t part = 1; part <= 3; ++part) {
            QTest::addRow("part %zu of 2+3+1", part) << std::vector<std::size_t>{2, 3, 1} << part;
            QTest::addRow("part %zu, first part without tensors", part) << std::vector<std::size_t>{0, 3, 3} << part;
        }
        QTest::newRow("two parts") << std::vector<std::size_t>{5, 1} << std::size_t{2};
    }
    void opensAllPartsFromAnyOfThem()
    {
        QFETCH(std::vector<std::size_t>, sizes);
        QFETCH(std::size_t, openedPart);
        QVERIFY(writeParts(splitModel(sixTensors(), sizes)));
        const auto opened = openModel(folder() / partName(openedPart, sizes.size()));
        WW_VERIFY(opened);
        const ModelFile& model = **opened;
        QCOMPARE(model.path(), folder() / partName(1, sizes.size()));
        QCOMPARE(model.displayName(), std::string("six"));
        QCOMPARE(model.files().size(), sizes.size());
        QCOMPARE(model.tensors().size(), std::size_t{6});
        QCOMPARE(model.parameterCount(), std::uint64_t{18});
        std::size_t index = 0;
        std::uint64_t bytes = 0;
        for (std::size_t part = 0; part < sizes.size(); ++part) {
            const fs::path path = folder() / partName(part + 1, sizes.size());
            QVERIFY(model.isSameFile(path));
            bytes += fs::file_size(path);
            for (std::size_t i = 0; i < sizes[part]; ++i, ++index) {
                const TensorInfo& tensor = model.tensors()[index];
                QCOMPARE(tensor.name, "t" + std::to_string(index));
                QCOMPARE(tensor.file, static_cast<std::uint32_t>(part));
                for (const std::byte byte : model.view(tensor).bytes) QCOMPARE(std::to_integer<std::size_t>(byte), index);
            }
        }
        QCOMPARE(model.fileSizeBytes(), bytes);
        WW_VERIFY(model.checkUnchanged());
        fs::resize_file(folder() / partName(sizes.size(), sizes.size()), 10);
        WW_VERIFY_FAILS(model.checkUnchanged(), ErrorCode::Unreadable, partName(sizes.size(), sizes.size()));
    }
    void opensThroughSymbolicLinks()
    {
        // The cache of Hugging Face keeps content under hashes and links the names to it.
        const auto parts = splitModel(sixTensors(), {3, 3});
        QVERIFY(parts[0].write(folder() / "3f2a") && parts[1].write(folder() / "77c0"));
        fs::create_directory(folder() / "snapshot");
        fs::create_symlink("../3f2a", folder() / "snapshot" / partName(1, 2));
        fs::create_symlink("../77c0", folder() / "snapshot" / partName(2, 2));
        WW_VERIFY(openModel(folder() / "snapshot" / partName(2, 2)));
    }
    void aCountOfOneIsAnOrdinaryFile()
    {
        const auto parts = splitModel(sixTensors(), {6});
        QVERIFY(parts[0].write(folder() / "any name.gguf"));
        WW_VERIFY(openModel(folder() / "any name.gguf"));
    }

    void refusesPartsThatDoNotBelongTogether_data()
    {
        using Change = std::function<void(std::vector<GgufBuilder>&)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<std::string>("text");
        const auto row = [](const char* name, Change change, const char* text) {
            QTest::newRow(name) << std::move(change) << std::string(text);
        };
        row(
            "part with another number", [](auto& p) { p[1].set("split.no", std::uint16_t{2}); },
            "says part 2 of 3, but the content is part 3 of 3");
        row(
            "part of another split", [](auto& p) { p[2].set("split.count", std::uint16_t{4}); },
            "says part 3 of 3, but the content is part 3 of 4");
        row(
            "part without keys", [](auto& p) { p[1].pairs.clear(); }, "number the parts");
        row(
            "number behind the end", [](auto& p) { p[2].set("split.no", std::uint16_t{3}); }, "number the parts");
        row(
            "number is a text", [](auto& p) { p[2].set("split.no", std::string("2")); }, "number the parts");
        row(
            "same tensor in two parts", [](auto& p) { p[2].tensors[0].name = "t0"; }, "tensor t0");
        row(
            "too few tensors", [](auto& p) { p[2].tensors.pop_back(); }, "hold 5 tensors together, but the first part announces 6");
        row(
            "too many tensors", [](auto& p) { p[1].tensor("extra", TensorType::F32, {1}); }, "hold 7 tensors");
        row(
            "damaged part", [](auto& p) { p[1].tensors[0].offset = 5; }, "00002-of-00003.gguf, tensor t2");
        row(
            "part that is no GGUF", [](auto& p) { p[1].version = 77; }, "00002-of-00003.gguf: This GGUF file has version 77");
    }
    void refusesPartsThatDoNotBelongTogether()
    {
        QFETCH(std::function<void(std::vector<GgufBuilder>&)>, change);
        QFETCH(std::string, text);
        auto parts = splitModel(sixTensors(), {2, 2, 2});
        change(parts);
        QVERIFY(writeParts(parts));
        const auto model = openModel(folder() / partName(1, 3));
        QVERIFY(!model);
        WW_VERIFY_FAILS(model, model.error().code, text);
        QVERIFY(model.error().code == ErrorCode::Corrupt || model.error().code == ErrorCode::Unsupported);
    }
    void namesAllMissingPartsAtOnce()
    {
        const auto parts = splitModel(sixTensors(), {1, 1, 1, 1, 2});
        QVERIFY(writeParts(parts));
        fs::remove(folder() / partName(2, 5));
        fs::remove(folder() / partName(4, 5));
        WW_VERIFY_FAILS(openModel(folder() / partName(5, 5)), ErrorCode::NotFound, "2 of 5 parts");
        WW_VERIFY_FAILS(openModel(folder() / partName(5, 5)), ErrorCode::NotFound, partName(2, 5) + ", " + partName(4, 5) + ".");
    }
    void shortensALongListOfMissingParts()
    {
        GgufBuilder file = sixTensors();
        file.pair("split.no", std::uint16_t{0}).pair("split.count", std::uint16_t{60000});
        QVERIFY(file.write(folder() / partName(1, 60000)));
        WW_VERIFY_FAILS(openModel(folder() / partName(1, 60000)), ErrorCode::NotFound, "00006-of-60000.gguf and 59994 more.");
    }
    void explainsARenamedPart()
    {
        const auto parts = splitModel(sixTensors(), {3, 3});
        QVERIFY(parts[1].write(folder() / "renamed.gguf"));
        WW_VERIFY_FAILS(openModel(folder() / "renamed.gguf"), ErrorCode::Unsupported, "part 2 of 2");
        QVERIFY(parts[1].write(folder() / partName(1, 2)));
        WW_VERIFY_FAILS(openModel(folder() / partName(1, 2)), ErrorCode::Corrupt,
                        "says part 1 of 2, but the content is part 2 of 2");
    }
    void aPartThatIsAFolder()
    {
        const auto parts = splitModel(sixTensors(), {3, 3});
        QVERIFY(parts[0].write(folder() / partName(1, 2)));
        fs::create_directory(folder() / partName(2, 2));
        WW_VERIFY_FAILS(openModel(folder() / partName(1, 2)), ErrorCode::Unsupported, "folder");
    }
};

QTEST_APPLESS_MAIN(TestSplitGguf)
#include "tst_split_gguf.moc"
