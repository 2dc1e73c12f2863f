// SPDX-License-Identifier: MIT
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "io/model_file.h"
#include "io/safetensors_reader.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/memory_file.h"
#include "tests/support/paths.h"
#include "tests/support/safetensors_builder.h"
#include "tests/support/verify.h"

using namespace ww;
using test::littleEndian;
using test::safetensorsFile;
namespace fs = std::filesystem;

namespace {

Result<SafetensorsModel> readBytes(std::string_view bytes)
{
    static test::MemoryFile file;
    if (!file.fill(bytes)) return fail(ErrorCode::Internal, "The test's own file could not be written.");
    WW_TRY(auto mapped, MappedFile::open(file.path()));
    return readSafetensors(std::move(mapped));
}

std::string goodFile()
{
    return safetensorsFile({{"a", "F32", {2, 3}, std::string(24, 'a')},
                            {"b", "BF16", {4}, std::string(8, 'b')},
                            {"empty", "I64", {0, 7}, ""},
                            {"scalar", "F8_E4M3", {}, "s"}});
}

/// One tensor with these three fields as JSON.
std::string fields(const std::string& type, const std::string& shape, const std::string& offsets)
{
    return "{\"t\":{\"dtype\":" + type + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
}
const std::string kF32 = "\"F32\"";

}  // namespace

class TestSafetensorsReader : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path folder() const { return test::pathOf(*m_folder); }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void readsAFile()
    {
        QVERIFY(test::writeFile(folder() / "m.safetensors", goodFile()));
        const auto file = MappedFile::open(folder() / "m.safetensors");
        WW_VERIFY(file);
        const auto model = readSafetensors(*file);
        WW_VERIFY(model);
        QCOMPARE(model->metadata, (std::vector<std::pair<std::string, std::string>>{{"format", "pt"}}));
        QCOMPARE(model->tensors.size(), std::size_t{4});
        std::map<std::string, std::string> contents;
        for (const auto& tensor : model->tensors) {
            const auto bytes = model->bytes(tensor);
            contents[tensor.name] = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        QCOMPARE(contents, (std::map<std::string, std::string>{
                               {"a", std::string(24, 'a')}, {"b", std::string(8, 'b')}, {"empty", ""}, {"scalar", "s"}}));
        QCOMPARE(model->tensors[0].shape, (std::vector<std::uint64_t>{2, 3}));
        QCOMPARE(model->tensors[1].type, SafetensorsType::BF16);
    }
    void sortsByPlace()
    {
        const auto model = readBytes(safetensorsFile("{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]},"
                                                     "\"a\":{\"data_offsets\":[0,1],\"shape\":[1],\"dtype\":\"I8\"}}   ",
                                                     "xyz"));
        WW_VERIFY(model);
        QCOMPARE(model->tensors[0].name, std::string("a"));
        QCOMPARE(model->tensors[1].name, std::string("b"));
        QVERIFY(model->metadata.empty());
    }
    void elementTypes()
    {
        const std::vector<std::pair<const char*, std::uint32_t>> sizes = {
            {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I64", 8}, {"I32", 4},
            {"I16", 2}, {"I8", 1},  {"U64", 8}, {"U32", 4},  {"U16", 2},     {"U8", 1},      {"BOOL", 1}};
        for (const auto& [text, bytes] : sizes) {
            const auto type = safetensorsTypeFromName(text);
            QVERIFY2(type, text);
            QCOMPARE(name(*type), std::string_view(text));
            QCOMPARE(elementBytes(*type), bytes);
            const auto model = readBytes(safetensorsFile({{"t", text, {3}, std::string(3 * bytes, 'x')}}));
            WW_VERIFY(model);
            QCOMPARE(model->tensors[0].type, *type);
        }
        QVERIFY(!safetensorsTypeFromName("f32") && !safetensorsTypeFromName(""));
    }

    void refusesWhatIsBroken_data()
    {
        QTest::addColumn<std::string>("bytes");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<std::string>("text");
        const auto row = [](const char* name, const std::string& bytes, const char* text, ErrorCode code = ErrorCode::Corrupt) {
            QTest::newRow(name) << bytes << code << std::string(text);
        };
        const auto header = [&row](const char* name, const std::string& json, const char* text,
                                   ErrorCode code = ErrorCode::Corrupt) {
            row(name, safetensorsFile(json, "12345678"), text, code);
        };
        const auto unsupported = ErrorCode::Unsupported;
        const std::string good = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]";

        row("empty", "", "empty");
        row("nine bytes", littleEndian(std::uint64_t{2}) + "{", "too short");
        row("git lfs pointer", "version https://git-lfs.github.com/spec/v1\n", "Git LFS", unsupported);
        row("web page", "<html><body></body></html>", "web page", unsupported);
        row("something else", "0123456789abcdef", "not a safetensors file", unsupported);
        row("header of 100,000,001 bytes", littleEndian(std::uint64_t{100'000'001}) + "{}", "100000001 bytes", unsupported);
        row("header of 2^64-1 bytes", littleEndian(~std::uint64_t{0}) + "{}", "18446744073709551615 bytes", unsupported);
        row("header longer than the file", littleEndian(std::uint64_t{1000}) + "{}", "ends inside its header");
        row("header length 0", littleEndian(std::uint64_t{0}) + "{}", "not valid JSON");
        header("not closed", "{\"t\":{", "not valid JSON");
        header("text behind", "{} x", "not valid JSON");
        header("not UTF-8", "{\"\xFF\":{}}", "not valid JSON");
        header("deep nesting", "{\"t\":" + std::string(100000, '{'), "");
        header("deep arrays", "{\"t\":{\"shape\":" + std::string(100000, '['), "structure");
        header("tensor is a number", "{\"t\":1}", "structure");
        header("tensor is a text", "{\"t\":\"x\"}", "structure");
        header("tensor is an array", "{\"t\":[]}", "structure");
        header("tensor is null", "{\"t\":null}", "structure");
        header("metadata is a text", "{\"__metadata__\":\"x\"}", "structure");
        header("metadata value is a number", "{\"__metadata__\":{\"a\":1}}", "structure");
        header("metadata value is an object", "{\"__metadata__\":{\"a\":{}}}", "structure");
        header("unknown field", "{\"t\":{" + good + ",\"extra\":1}}", "tensor t: The header does not have the structure");
        header("same tensor twice", "{\"t\":{" + good + "},\"t\":{" + good + "}}", "tensor t: The tensor is described twice");
        header("metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", "described twice");
        header("field twice", "{\"t\":{" + good + ",\"shape\":[2]}}", "occurs twice");
        header("no type", "{\"t\":{\"shape\":[2],\"data_offsets\":[0,8]}}", "lacks");
        header("no shape", "{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "lacks");
        header("no place", "{\"t\":{\"dtype\":\"F32\",\"shape\":[2]}}", "lacks");
        header("unknown type", fields("\"F4\"", "[2]", "[0,1]"), "\"F4\"", unsupported);
        header("type in lower case", fields("\"f32\"", "[2]", "[0,8]"), "\"f32\"", unsupported);
        header("type is a number", fields("32", "[2]", "[0,8]"), "structure");
        header("one offset", fields(kF32, "[2]", "[0]"), "lacks");
        header("three offsets", fields(kF32, "[2]", "[0,8,8]"), "more than two");
        header("negative offset", fields(kF32, "[2]", "[-8,0]"), "structure");
        header("fractional offset", fields(kF32, "[2]", "[0,8.0]"), "structure");
        header("offset beyond 64 bits", fields(kF32, "[2]", "[0,18446744073709551616]"), "structure");
        header("offsets reversed", fields(kF32, "[2]", "[8,0]"), "does not fit its shape");
        header("too few bytes for the shape", fields(kF32, "[2]", "[0,7]"), "does not fit its shape");
        header("size as if negative", fields(kF32, "[2]", "[18446744073709551615,7]"), "does not fit its shape");
        header("negative length", fields(kF32, "[-2]", "[0,8]"), "structure");
        header("2^64 elements", fields("\"I8\"", "[4294967296,4294967296]", "[0,0]"), "63 bits");
        header("2^63 elements", fields("\"I8\"", "[9223372036854775808]", "[0,9223372036854775808]"), "63 bits");
        header("overflow behind a zero", fields("\"I8\"", "[0,9223372036854775807,3]", "[0,0]"), "63 bits");
        header("bytes overflow", fields("\"F64\"", "[4611686018427387904]", "[0,0]"), "does not fit its shape");
        header("33 dimensions", fields("\"I8\"", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]"),
               "32 dimensions");
        header("behind the end of the file", fields(kF32, "[3]", "[0,12]"), "ends too early");
        header("far behind the end", fields("\"I8\"", "[9223372036854775807]", "[0,9223372036854775807]"), "ends too early");
        header("hole at the start", fields(kF32, "[1]", "[4,8]"), "begin at byte 4");
        header("rest at the end", fields(kF32, "[1]", "[0,4]"), "4 bytes behind its last tensor");
        header("overlap",
               "{\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_"
               "offsets\":[4,8]}}",
               "tensor b: The data of the tensor begin at byte 4");
        header("hole",
               "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_"
               "offsets\":[4,8]}}",
               "end at byte 3");
    }
    void refusesWhatIsBroken()
    {
        QFETCH(std::string, bytes);
        QFETCH(ErrorCode, code);
        QFETCH(std::string, text);
        WW_VERIFY_FAILS(readBytes(bytes), code, text);
    }
    void refusesEveryTruncation()
    {
        const std::string good = goodFile();
        WW_VERIFY(readBytes(good));
        for (std::size_t size = 0; size < good.size(); ++size)
            QVERIFY2(!readBytes(std::string_view(good).substr(0, size)), qPrintable(QString::number(size)));
    }
    void survivesFlippedBits()
    {
        const std::string good = goodFile();
        std::mt19937 random(7);
        int accepted = 0;
        for (int i = 0; i < 5000; ++i) {
            std::string broken = good;
            for (unsigned flips = random() % 3 + 1; flips > 0; --flips) {
                char& byte = broken[random() % broken.size()];
                byte = static_cast<char>(byte ^ (1 << random() % 8));
            }
            const auto model = readBytes(broken);
            if (!model) continue;
            ++accepted;
            for (const auto& tensor : model->tensors) QCOMPARE(model->bytes(tensor).size(), std::size_t{tensor.sizeBytes});
        }
        QVERIFY(accepted < 5000);
    }
    void manyTensorsAreQuick()
    {
        std::vector<test::SafetensorsEntry> tensors;
        for (int i = 0; i < 20000; ++i) tensors.push_back({"model.layers." + std::to_string(i), "U8", {1}, "x"});
        const std::string bytes = safetensorsFile(tensors);
        QElapsedTimer timer;
        timer.start();
        const auto model = readBytes(bytes);
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
        WW_VERIFY(model);
        QCOMPARE(model->tensors.size(), std::size_t{20000});
    }

    void readsAModelInSeveralFiles()
    {
        QVERIFY(test::writeFile(folder() / "m-1.safetensors", safetensorsFile({{"a", "U8", {1}, "a"}, {"b", "U8", {1}, "b"}})));
        QVERIFY(test::writeFile(folder() / "m-2.safetensors", safetensorsFile({{"c", "U8", {1}, "c"}, {"a", "U8", {1}, "?"}})));
        QVERIFY(test::writeFile(
            folder() / "index.json",
            "{\"metadata\":{\"total_size\":3,\"other\":[{\"x\":null},1.5,true,-1]},\"weight_map\":{\"c\":\"m-2.safetensors\","
            "\"a\":\"m-1.safetensors\",\"b\":\"m-1.safetensors\"},\"more\":\"text\"}"));
        const auto model = readSafetensorsIndex(folder() / "index.json");
        WW_VERIFY(model);
        QCOMPARE(model->files.size(), std::size_t{2});
        std::map<std::string, std::string> contents;
        for (const auto& tensor : model->tensors) contents[tensor.name] = static_cast<char>(model->bytes(tensor)[0]);
        QCOMPARE(contents, (std::map<std::string, std::string>{{"a", "a"}, {"b", "b"}, {"c", "c"}}));
    }
    void refusesBrokenIndexes_data()
    {
        QTest::addColumn<std::string>("json");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<std::string>("text");
        const auto row = [](const char* name, const std::string& json, const char* text, ErrorCode code = ErrorCode::Corrupt) {
            QTest::newRow(name) << json << code << std::string(text);
        };
        const auto map = [&row](const char* name, const std::string& json, const char* text, ErrorCode code = ErrorCode::Corrupt) {
            row(name, "{\"weight_map\":{" + json + "}}", text, code);
        };
        row("empty", "", "not valid JSON");
        row("cut off", "{\"weight_map\":{\"a\":", "not valid JSON");
        row("an array", "[]", "not the index");
        row("a number", "7", "not the index");
        row("no list", "{\"metadata\":{}}", "no list of tensors");
        row("list is an array", "{\"weight_map\":[]}", "not the index");
        row("list is a text", "{\"weight_map\":\"x\"}", "not the index");
        row("two lists", "{\"weight_map\":{},\"weight_map\":{}}", "two lists");
        row("deep nesting", "{\"metadata\":" + std::string(100000, '['), "not the index");
        map("file is a number", "\"a\":1", "not the index");
        map("file is an object", "\"a\":{}", "not the index");
        map("tensor twice", "\"a\":\"m.safetensors\",\"a\":\"m.safetensors\"", "names the tensor twice");
        map("absolute path", "\"a\":\"/etc/passwd\"", "\"/etc/passwd\"");
        map("path upwards", "\"a\":\"../m.safetensors\"", "not the name of a file beside it");
        map("parent folder", "\"a\":\"..\"", "not the name of a file beside it");
        map("empty file name", "\"a\":\"\"", "not the name of a file beside it");
        map("zero byte in file name", "\"a\":\"m.safetensors\\u0000x\"", "not the name of a file beside it");
        map("missing files", "\"a\":\"m.safetensors\",\"b\":\"x\",\"c\":\"y\"",
            "2 of 3 files of this model are missing in its folder: x, y.", ErrorCode::NotFound);
        map("tensor not in the file", "\"a\":\"m.safetensors\",\"z\":\"m.safetensors\"", "tensor z");
        map("file is no safetensors", "\"a\":\"text\"", "not a safetensors file", ErrorCode::Unsupported);
    }
    void refusesBrokenIndexes()
    {
        QFETCH(std::string, json);
        QFETCH(ErrorCode, code);
        QFETCH(std::string, text);
        QVERIFY(test::writeFile(folder() / "m.safetensors", safetensorsFile({{"a", "U8", {1}, "a"}})));
        QVERIFY(test::writeFile(folder() / "text", "just some text"));
        QVERIFY(test::writeFile(folder() / "index.json", json));
        WW_VERIFY_FAILS(readSafetensorsIndex(folder() / "index.json"), code, text);
        WW_VERIFY_FAILS(readSafetensorsIndex(folder() / "missing.json"), ErrorCode::NotFound, "no such file");
    }

    void readsTheFixture()
    {
        const fs::path path = test::fixturesDir() / "fixture-llama-8M-hf/model.safetensors";
        if (test::fixturesDir().empty() || !fs::exists(path)) QSKIP("WW_FIXTURES does not lead to a folder with this file.");
        const auto file = MappedFile::open(path);
        WW_VERIFY(file);
        const auto model = readSafetensors(*file);
        WW_VERIFY(model);
        QCOMPARE(model->tensors.size(), std::size_t{75});
        const auto gguf = openModel(test::sampleModel());
        WW_VERIFY(gguf);
        std::uint64_t elements = 0;
        for (const auto& tensor : model->tensors) {
            QCOMPARE(tensor.type, SafetensorsType::BF16);
            elements += tensor.sizeBytes / 2;
        }
        QCOMPARE(elements, (*gguf)->parameterCount());
    }
};

QTEST_APPLESS_MAIN(TestSafetensorsReader)
#include "tst_safetensors_reader.moc"
