// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "io/gguf_writer.h"
#include "io/model_file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;
using test::everyKindOfValue;
using test::GgufBuilder;
namespace fs = std::filesystem;

namespace {

std::vector<TensorInfo> tensorsOf(const ModelFile& model)
{
    return {model.tensors().begin(), model.tensors().end()};
}

TensorInfo tensorNamed(std::string name, TensorType type, std::array<std::uint64_t, 4> ne)
{
    TensorInfo tensor;
    tensor.name = std::move(name);
    tensor.type = type;
    tensor.shape.ne = ne;
    tensor.shape.dims = 4;
    return tensor;
}

/// Copies a model through the writer in pieces of at most `pieceBytes`.
Result<void> copyModel(const ModelFile& model, const fs::path& target, std::size_t pieceBytes)
{
    WW_TRY(GgufWriter writer, GgufWriter::create(target, model.metadata(), tensorsOf(model), {}));
    for (const TensorInfo& tensor : model.tensors())
        for (auto rest = model.view(tensor).bytes; !rest.empty(); rest = rest.subspan(std::min(pieceBytes, rest.size())))
            WW_TRY_VOID(writer.write(rest.first(std::min(pieceBytes, rest.size()))));
    return writer.finish();
}

}  // namespace

class TestGgufWriter : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path folder() const { return test::pathOf(*m_folder); }
    std::size_t filesInFolder() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder()), {})); }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void copiesEveryByte_data()
    {
        QTest::addColumn<std::string>("bytes");
        QTest::addColumn<int>("pieceBytes");
        const std::string every = everyKindOfValue().bytes();
        for (const int piece : {1, 7, 32, 1 << 20})
            QTest::addRow("every kind of value, %d bytes at a time", piece) << every << piece;
        QTest::newRow("sample") << test::readFile(test::sampleModel()) << (1 << 20);
        QTest::newRow("tiny llama") << test::tinyLlama().bytes() << 4097;
        GgufBuilder file;
        QTest::newRow("nothing") << file.bytes() + std::string(8, '\0') << 1;
        file.pair("general.alignment", std::uint32_t{32}).tensor("t", TensorType::F32, {1});
        QTest::newRow("alignment 32 stays") << file.bytes() << 1;
    }
    void copiesEveryByte()
    {
        QFETCH(std::string, bytes);
        QFETCH(int, pieceBytes);
        QVERIFY(test::writeFile(folder() / "in.gguf", bytes));
        const auto model = openModel(folder() / "in.gguf");
        WW_VERIFY(model);
        WW_VERIFY(copyModel(**model, folder() / "out.gguf", static_cast<std::size_t>(pieceBytes)));
        QVERIFY(test::readFile(folder() / "out.gguf") == bytes);
        QCOMPARE(GgufWriter::fileSizeBytes((*model)->metadata(), (*model)->tensors()), std::uint64_t{bytes.size()});
        QCOMPARE(filesInFolder(), std::size_t{2});
    }
    void copiesFilesOfLlamaCpp_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"fixture-llama-8M-F16.gguf", "fixture-llama-8M-Q4_K_M.gguf", "fixture-llama-8M-Q8_0.gguf", "stories260K-F32.gguf"})
            QTest::newRow(name) << QString(name);
    }
    void copiesFilesOfLlamaCpp()
    {
        QFETCH(QString, name);
        const fs::path path = test::fixturesDir() / name.toStdString();
        if (test::fixturesDir().empty() || !fs::exists(path)) QSKIP("WW_FIXTURES does not lead to a folder with this file.");
        const auto model = openModel(path);
        WW_VERIFY(model);
        WW_VERIFY(copyModel(**model, folder() / "out.gguf", 1 << 20));
        QVERIFY(test::readFile(folder() / "out.gguf") == test::readFile(path));
    }

    void writesVersion3FromVersion2()
    {
        GgufBuilder file = everyKindOfValue();
        file.version = 2;
        QVERIFY(file.write(folder() / "in.gguf"));
        const auto model = openModel(folder() / "in.gguf");
        WW_VERIFY(model);
        WW_VERIFY(copyModel(**model, folder() / "out.gguf", 100));
        file.version = 3;
        QVERIFY(test::readFile(folder() / "out.gguf") == file.bytes());
    }
    void changesAnotherAlignmentTo32()
    {
        GgufBuilder file = everyKindOfValue();
        file.alignment = 128;
        file.pair("general.alignment", std::uint32_t{128});
        QVERIFY(file.write(folder() / "in.gguf"));
        const auto model = openModel(folder() / "in.gguf");
        WW_VERIFY(model);
        WW_VERIFY(copyModel(**model, folder() / "out.gguf", 100));
        const std::string expected = everyKindOfValue().bytes();
        QVERIFY(test::readFile(folder() / "out.gguf") == expected);
        QCOMPARE(GgufWriter::fileSizeBytes((*model)->metadata(), (*model)->tensors()), std::uint64_t{expected.size()});
        WW_VERIFY(openModel(folder() / "out.gguf"));
    }
    void cutsStringsAtTheFirstZeroByte()
    {
        Metadata metadata;
        metadata.append("k", std::string("ab\0cd", 5));
        metadata.append("a", MetadataArray(std::vector<std::string>{std::string("\0x", 2), "y"}));
        auto writer = GgufWriter::create(folder() / "out.gguf", metadata, {}, {});
        WW_VERIFY(writer);
        WW_VERIFY(writer->finish());
        GgufBuilder expected;
        expected.pair("k", std::string("ab")).pair("a", MetadataArray(std::vector<std::string>{"", "y"}));
        QCOMPARE(GgufWriter::fileSizeBytes(metadata, {}), std::uint64_t{fs::file_size(folder() / "out.gguf")});
        QVERIFY(test::readFile(folder() / "out.gguf").starts_with(expected.bytes()));
    }
    void dropsTrailingDimensionsOfOne()
    {
        const std::vector<TensorInfo> tensors = {
            tensorNamed("a", TensorType::F32, {8, 4, 1, 1}), tensorNamed("b", TensorType::F32, {8, 1, 1, 1}),
            tensorNamed("c", TensorType::F32, {1, 1, 1, 1}), tensorNamed("d", TensorType::F32, {2, 1, 2, 1})};
        auto writer = GgufWriter::create(folder() / "out.gguf", {}, tensors, {});
        WW_VERIFY(writer);
        for (const TensorInfo& tensor : tensors) WW_VERIFY(writer->write(std::vector<std::byte>(tensor.shape.elements() * 4)));
        WW_VERIFY(writer->finish());
        GgufBuilder expected;
        expected.tensor("a", TensorType::F32, {8, 4}).tensor("b", TensorType::F32, {8}).tensor("c", TensorType::F32, {1});
        expected.tensor("d", TensorType::F32, {2, 1, 2});
        QVERIFY(test::readFile(folder() / "out.gguf") == expected.bytes());
    }

    void refusesTensors_data()
    {
        QTest::addColumn<std::vector<TensorInfo>>("tensors");
        QTest::addColumn<std::string>("text");
        const auto t = [](std::string name, TensorType type = TensorType::F32, std::uint64_t columns = 32) {
            return tensorNamed(std::move(name), type, {columns, 1, 1, 1});
        };
        QTest::newRow("name of 64 bytes") << std::vector{t(std::string(64, 'n'))} << std::string("63 bytes");
        QTest::newRow("zero byte in name") << std::vector{t(std::string("a\0b", 3))} << std::string("zero byte");
        QTest::newRow("same name twice") << std::vector{t("a"), t("b"), t("a")} << std::string("same name");
        QTest::newRow("row not a multiple") << std::vector{t("a", TensorType::Q4_K, 32)}
                                            << std::string("Rows of 32 elements cannot be stored as Q4_K");
    }
    void refusesTensors()
    {
        QFETCH(std::vector<TensorInfo>, tensors);
        QFETCH(std::string, text);
        WW_VERIFY_FAILS(GgufWriter::create(folder() / "out.gguf", {}, tensors, {}), ErrorCode::InvalidArgument, text);
        QCOMPARE(filesInFolder(), std::size_t{0});
    }

    void refusesToOverwriteASource_data()
    {
        QTest::addColumn<std::string>("target");
        QTest::addColumn<std::string>("text");
        QTest::newRow("same name") << std::string("part2.gguf") << std::string("overwrite the model");
        QTest::newRow("same name, other spelling") << std::string("sub/../part2.gguf") << std::string("overwrite the model");
        QTest::newRow("first part") << std::string("part1.gguf") << std::string("overwrite the model");
        QTest::newRow("hard link") << std::string("hard.gguf") << std::string("through a link");
        QTest::newRow("symbolic link") << std::string("soft.gguf") << std::string("through a link");
        QTest::newRow("link to a link") << std::string("softer.gguf") << std::string("through a link");
        QTest::newRow("through a linked folder") << std::string("here/part2.gguf") << std::string("through a link");
    }
    void refusesToOverwriteASource()
    {
        QFETCH(std::string, target);
        QFETCH(std::string, text);
        QVERIFY(test::writeFile(folder() / "part1.gguf", "one"));
        QVERIFY(test::writeFile(folder() / "part2.gguf", "two"));
        fs::create_directory(folder() / "sub");
        fs::create_hard_link(folder() / "part2.gguf", folder() / "hard.gguf");
        fs::create_symlink("part2.gguf", folder() / "soft.gguf");
        fs::create_symlink("soft.gguf", folder() / "softer.gguf");
        fs::create_symlink(".", folder() / "here");
        const std::size_t files = filesInFolder();
        const fs::path sources[] = {folder() / "part1.gguf", folder() / "part2.gguf"};
        WW_VERIFY_FAILS(GgufWriter::create(folder() / target, {}, {}, sources), ErrorCode::Unwritable, text);
        QCOMPARE(filesInFolder(), files);
        QCOMPARE(test::readFile(folder() / "part2.gguf"), std::string("two"));
    }
    void replacesAnotherFileOnlyWhenFinished()
    {
        QVERIFY(test::writeFile(folder() / "out.gguf", "old"));
        QVERIFY(test::writeFile(folder() / "source.gguf", "source"));
        const fs::path sources[] = {folder() / "source.gguf", folder() / "missing.gguf"};
        auto writer = GgufWriter::create(folder() / "out.gguf", {}, {tensorNamed("t", TensorType::F32, {2, 1, 1, 1})}, sources);
        WW_VERIFY(writer);
        WW_VERIFY(writer->write(std::vector<std::byte>(8)));
        QCOMPARE(test::readFile(folder() / "out.gguf"), std::string("old"));
        WW_VERIFY(writer->finish());
        WW_VERIFY(openModel(folder() / "out.gguf"));
        QCOMPARE(filesInFolder(), std::size_t{2});
    }

    void noticesTooLittleAndTooMuchData()
    {
        const std::vector<TensorInfo> tensors = {tensorNamed("a", TensorType::F32, {2, 1, 1, 1}),
                                                 tensorNamed("b", TensorType::F32, {2, 1, 1, 1})};
        {
            auto writer = GgufWriter::create(folder() / "out.gguf", {}, tensors, {});
            WW_VERIFY(writer);
            WW_VERIFY_FAILS(writer->write(std::vector<std::byte>(9)), ErrorCode::Internal, "tensor a");
            WW_VERIFY(writer->write(std::vector<std::byte>(8)));
            WW_VERIFY(writer->write(std::vector<std::byte>(7)));
            WW_VERIFY_FAILS(writer->finish(), ErrorCode::Internal, "tensor b");
            WW_VERIFY(writer->write(std::vector<std::byte>(1)));
            WW_VERIFY_FAILS(writer->write(std::vector<std::byte>(1)), ErrorCode::Internal, "More data");
        }
        QCOMPARE(filesInFolder(), std::size_t{0});
    }
    void aFullDiskLeavesNothing()
    {
        QVERIFY(test::writeFile(folder() / "out.gguf", "old"));
        rlimit old = {};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &old), 0);
        rlimit limit = old;
        limit.rlim_cur = 100000;
        Result<void> result;
        {
            auto writer = GgufWriter::create(folder() / "out.gguf", {}, {tensorNamed("t", TensorType::F32, {100000, 1, 1, 1})}, {});
            WW_VERIFY(writer);
            QCOMPARE(::setrlimit(RLIMIT_FSIZE, &limit), 0);
            const std::vector<std::byte> piece(40000);
            for (int i = 0; i < 10 && result; ++i) result = writer->write(piece);
            const auto finished = writer->finish();
            ::setrlimit(RLIMIT_FSIZE, &old);
            QVERIFY(!finished);
        }
        WW_VERIFY_FAILS(result, ErrorCode::NoSpace, "limit on file sizes");
        QCOMPARE(filesInFolder(), std::size_t{1});
        QCOMPARE(test::readFile(folder() / "out.gguf"), std::string("old"));
    }
    void explainsTargets_data()
    {
        QTest::addColumn<std::string>("target");
        QTest::addColumn<ErrorCode>("code");
        QTest::newRow("a folder") << std::string(".") << ErrorCode::Unwritable;
        QTest::newRow("a missing folder") << std::string("missing/out.gguf") << ErrorCode::NotFound;
        QTest::newRow("below a file") << std::string("file/out.gguf") << ErrorCode::NotFound;
        QTest::newRow("a device") << std::string("/dev/full") << ErrorCode::Unwritable;
    }
    void explainsTargets()
    {
        QFETCH(std::string, target);
        QFETCH(ErrorCode, code);
        QVERIFY(test::writeFile(folder() / "file", "x"));
        WW_VERIFY_FAILS(GgufWriter::create(folder() / target, {}, {}, {}), code, "");
        QCOMPARE(filesInFolder(), std::size_t{1});
    }
    void checksTheFreeSpaceFirst()
    {
        const auto writer =
            GgufWriter::create(folder() / "out.gguf", {}, {tensorNamed("t", TensorType::F32, {1ULL << 56, 1, 1, 1})}, {});
        WW_VERIFY_FAILS(writer, ErrorCode::NoSpace, "GiB are free");
        QCOMPARE(filesInFolder(), std::size_t{0});
    }
    void twentyThousandTensors()
    {
        std::vector<TensorInfo> tensors;
        for (int i = 0; i < 20000; ++i)
            tensors.push_back(tensorNamed("blk." + std::to_string(i) + ".w", TensorType::F32, {2, 1, 1, 1}));
        auto writer = GgufWriter::create(folder() / "out.gguf", {}, tensors, {});
        WW_VERIFY(writer);
        for (std::size_t i = 0; i < tensors.size(); ++i) WW_VERIFY(writer->write(std::vector<std::byte>(8)));
        WW_VERIFY(writer->finish());
        const auto model = openModel(folder() / "out.gguf");
        WW_VERIFY(model);
        QCOMPARE((*model)->tensors().size(), tensors.size());
    }
};

QTEST_APPLESS_MAIN(TestGgufWriter)
#include "tst_gguf_writer.moc"
