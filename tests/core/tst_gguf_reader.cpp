// SPDX-License-Identifier: MIT
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "io/gguf_reader.h"
#include "io/model_file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/memory_file.h"
#include "tests/support/paths.h"
#include "tests/support/verify.h"

using namespace ww;
using test::everyKindOfValue;
using test::GgufBuilder;
using test::littleEndian;

namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

GgufBuilder withTensor(std::uint32_t type, std::vector<std::uint64_t> ne)
{
    GgufBuilder file;
    file.rawTensor("t", type, std::move(ne), std::string(4096, '\0'));
    return file;
}

GgufBuilder withPair(std::string key, std::uint32_t type, std::string value)
{
    GgufBuilder file;
    file.rawPair(std::move(key), type, std::move(value));
    file.rawPair("behind", 8, littleEndian(std::uint64_t{64}) + std::string(64, 'x'));
    return file;
}

std::string arrayHead(std::uint32_t type, std::uint64_t count)
{
    return littleEndian(type) + littleEndian(count);
}

/// Reads every byte the model offers, so that a sanitizer sees a view that reaches out of the file.
std::uint64_t sumOfEverything(const ModelFile& model)
{
    std::uint64_t sum = 0;
    for (const auto& tensor : model.tensors())
        for (const std::byte byte : model.view(tensor).bytes) sum += std::to_integer<std::uint64_t>(byte);
    for (const auto& entry : model.metadata().entries()) sum += displayText(entry.value).size();
    return sum;
}

}  // namespace

class TestGgufReader : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path pathFor(const std::string& name) const { return test::pathOf(m_folder) / name; }

private slots:
    void readsTheSample()
    {
        const auto model = openModel(test::sampleModel());
        WW_VERIFY(model);
        const ModelFile& file = **model;
        QCOMPARE(file.architecture(), std::string_view("llama"));
        QCOMPARE(file.displayName(), std::string("fixture-llama-8M"));
        QCOMPARE(file.tensors().size(), std::size_t{75});
        QCOMPARE(file.metadata().size(), std::size_t{32});
        QCOMPARE(file.alignment(), 32U);
        QCOMPARE(file.fileSizeBytes(), std::uint64_t{16890880});
        const TensorInfo* tensor = file.find("blk.0.attn_q.weight");
        QVERIFY(tensor);
        QCOMPARE(tensor->type, TensorType::F16);
        QCOMPARE(tensor->shape.ne, (std::array<std::uint64_t, 4>{256, 256, 1, 1}));
        QCOMPARE(file.view(*tensor).bytes.size(), std::size_t{256 * 256 * 2});
        QVERIFY(!file.find("no.such.tensor"));
        QVERIFY(file.isSameFile(test::sampleModel()));
        QVERIFY(!file.isSameFile(test::sampleEvaluationText()));
        WW_VERIFY(file.checkUnchanged());
        const double expected = 8.0 * static_cast<double>(file.fileSizeBytes()) / static_cast<double>(file.parameterCount());
        QCOMPARE(file.bitsPerWeight(), expected);
        file.prefetch(*tensor);
        file.release(*tensor);
        QVERIFY(sumOfEverything(file) > 0);
    }

    void readsEveryKindOfValue()
    {
        const GgufBuilder builder = everyKindOfValue();
        QVERIFY(builder.write(pathFor("good.gguf")));
        const auto model = openModel(pathFor("good.gguf"));
        WW_VERIFY(model);
        const auto& entries = (*model)->metadata().entries();
        QCOMPARE(entries.size(), builder.pairs.size());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            QCOMPARE(entries[i].key, builder.pairs[i].key);
            QVERIFY2(entries[i].value == std::get<MetadataValue>(builder.pairs[i].value), entries[i].key.c_str());
        }
        QCOMPARE((*model)->displayName(), std::string("good.gguf"));
        const auto tensors = (*model)->tensors();
        QCOMPARE(tensors.size(), std::size_t{5});
        const std::vector<std::uint64_t> sizes = {96, 6, 0, 408, 0};
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            QCOMPARE(tensors[i].name, builder.tensors[i].name);
            QCOMPARE(tensors[i].sizeBytes, sizes[i]);
            QCOMPARE(tensors[i].offset % 32, std::uint64_t{0});
        }
        QCOMPARE(std::string(reinterpret_cast<const char*>((*model)->view(tensors[0]).bytes.data()), 96), builder.tensors[0].data);
        QCOMPARE((*model)->parameterCount(), std::uint64_t{24 + 3 + 384});
    }

    void acceptsLegalOddities_data()
    {
        QTest::addColumn<std::string>("bytes");
        GgufBuilder file = everyKindOfValue();
        file.version = 2;
        QTest::newRow("version 2") << file.bytes();
        QTest::newRow("nothing in it") << GgufBuilder().bytes();
        file = GgufBuilder();
        file.pair("only", std::string("metadata"));
        QTest::newRow("no tensors, no padding") << file.bytes();
        file = everyKindOfValue();
        file.tailPadding = false;
        file.tensors.pop_back();
        QTest::newRow("no padding behind the last tensor") << file.bytes();
        for (const std::uint32_t alignment : {1U, 8U, 64U, 4096U}) {
            file = everyKindOfValue();
            file.alignment = alignment;
            file.pair("general.alignment", alignment);
            QTest::addRow("alignment %u", alignment) << file.bytes();
        }
        file = GgufBuilder();
        file.tensor("scalar", TensorType::F32, {});
        QTest::newRow("scalar without dimensions") << file.bytes();
        file = GgufBuilder();
        file.tensor("", TensorType::F64, {1, 1, 1, 1});
        QTest::newRow("empty tensor name, four dimensions") << file.bytes();
        file = GgufBuilder();
        file.tensor(std::string(63, 'n'), TensorType::I64, {2});
        QTest::newRow("name of 63 bytes") << file.bytes();
        file = GgufBuilder();
        file.pair("key", std::uint8_t{1}).pair("KEY", std::uint8_t{2});
        QTest::newRow("keys that differ in case") << file.bytes();
        QTest::newRow("bool that is neither 0 nor 1") << withPair("b", 7, "\x07").bytes();
        QTest::newRow("key that is not UTF-8") << withPair("\xFF", 7, "\x01").bytes();
        QTest::newRow("longest key") << withPair(std::string(65535, 'k'), 7, "\x01").bytes();
        file = GgufBuilder();
        for (const auto& type : allTensorTypes())
            if (type.kind != TensorTypeKind::ActivationOnly)
                file.tensor(std::string(type.name), type.type, {type.blockLength * 2, 2});
        QTest::newRow("every tensor type") << file.bytes();
    }
    void acceptsLegalOddities()
    {
        QFETCH(std::string, bytes);
        QVERIFY(test::writeFile(pathFor("odd.gguf"), bytes));
        const auto model = openModel(pathFor("odd.gguf"));
        WW_VERIFY(model);
        sumOfEverything(**model);
    }
    void anyTrueByteIsTrue()
    {
        QVERIFY(withPair("b", 7, "\x07").write(pathFor("bool.gguf")));
        const auto model = openModel(pathFor("bool.gguf"));
        WW_VERIFY(model);
        QCOMPARE((*model)->metadata().boolean("b"), std::optional(true));
        QVERIFY(withPair("b", 9, arrayHead(7, 2) + std::string("\x07\x00", 2)).write(pathFor("bools.gguf")));
        const auto array = openModel(pathFor("bools.gguf"));
        WW_VERIFY(array);
        QCOMPARE(*(*array)->metadata().find("b"), MetadataValue(MetadataArray(std::vector<BoolByte>{{1}, {0}})));
    }

    void refusesWhatIsBroken_data()
    {
        QTest::addColumn<std::string>("bytes");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<std::string>("text");
        const auto row = [](const char* name, const std::string& bytes, const char* text, ErrorCode code = ErrorCode::Corrupt) {
            QTest::newRow(name) << bytes << code << std::string(text);
        };
        const auto changed = [](const std::function<void(GgufBuilder&)>& change) {
            GgufBuilder file = everyKindOfValue();
            change(file);
            return file.bytes();
        };
        const auto unsupported = ErrorCode::Unsupported;

        row("only the magic", "GGUF", "ends inside the file header");
        row("version 0", changed([](auto& f) { f.version = 0; }), "version 0", unsupported);
        row("version 1", changed([](auto& f) { f.version = 1; }), "version 1", unsupported);
        row("version 4", changed([](auto& f) { f.version = 4; }), "version 4", unsupported);
        row("big-endian", changed([](auto& f) { f.bigEndian = true; }), "big-endian", unsupported);
        row("tensor count too large", changed([](auto& f) { f.tensorCount = 1000; }), "1000 tensors");
        row("tensor count one too many", changed([](auto& f) { f.tensorCount = f.tensors.size() + 1; }), "");
        row("tensor count 2^64-1", changed([](auto& f) { f.tensorCount = kHuge; }), "18446744073709551615 tensors");
        row("pair count too large", changed([](auto& f) { f.pairCount = 1000000; }), "1000000 metadata pairs");
        row("pair count one too many", changed([](auto& f) { f.pairCount = f.pairs.size() + 1; }), "");
        row("pair count one too few", changed([](auto& f) { f.pairCount = f.pairs.size() - 1; }), "");
        row("pair count 2^64-1", changed([](auto& f) { f.pairCount = kHuge; }), "18446744073709551615 metadata pairs");
        row("pair count 2^63", changed([](auto& f) { f.pairCount = kHuge / 2 + 1; }), "metadata pairs");

        row("empty key", withPair("", 7, "\x01").bytes(), "empty key");
        row("zero byte in key", withPair(std::string("a\0b", 3), 7, "\x01").bytes(), "zero byte");
        row("key of 65536 bytes", withPair(std::string(65536, 'k'), 7, "\x01").bytes(), "a metadata key is given as 65536 bytes");
        row("duplicate key", changed([](auto& f) { f.pair("u8", std::uint8_t{1}); }), "\"u8\" occurs twice");
        row("unknown value type", withPair("k", 13, "\x01").bytes(), "unknown type 13");
        row("huge value type", withPair("k", 0xFFFFFFFFU, "\x01").bytes(), "unknown type 4294967295");
        row("string longer than the file", withPair("k", 8, littleEndian(std::uint64_t{5000})).bytes(),
            "ends inside a metadata value");
        row("string of 2^64-1 bytes", withPair("k", 8, littleEndian(kHuge)).bytes(), "18446744073709551615 bytes");
        row("array of arrays", withPair("k", 9, arrayHead(9, 1) + arrayHead(4, 0)).bytes(), "array of arrays", unsupported);
        row("array of unknown type", withPair("k", 9, arrayHead(77, 1)).bytes(), "unknown type 77");
        row("array count too large", withPair("k", 9, arrayHead(4, 1000)).bytes(), "array of 1000 elements");
        row("array count 2^64-1 of bytes", withPair("k", 9, arrayHead(0, kHuge)).bytes(), "array of 18446744073709551615");
        row("array count 2^62 of f32", withPair("k", 9, arrayHead(6, kHuge / 4 + 1)).bytes(), "array of 4611686018427387904");
        row("array count 2^61 of f64", withPair("k", 9, arrayHead(12, kHuge / 8 + 1)).bytes(), "array of 2305843009213693952");
        row("array count 2^61 of strings", withPair("k", 9, arrayHead(8, kHuge / 8 + 1)).bytes(), "array of 2305843009213693952");
        row("string in array too long", withPair("k", 9, arrayHead(8, 1) + littleEndian(std::uint64_t{5000})).bytes(),
            "string of a metadata array");
        row("key with control characters in the message", withPair("a\nb", 13, "\x01").bytes(), "\"a\\nb\"");

        const auto aligned = [&](MetadataValue value) { return changed([&](auto& f) { f.pair("general.alignment", value); }); };
        row("alignment 0", aligned(std::uint32_t{0}), "general.alignment");
        row("alignment 24", aligned(std::uint32_t{24}), "general.alignment");
        row("alignment 2^21", aligned(std::uint32_t{1} << 21), "general.alignment");
        row("alignment as u64", aligned(std::uint64_t{32}), "general.alignment");
        row("alignment as string", aligned(std::string("32")), "general.alignment");
        row("alignment not that of the data", aligned(std::uint32_t{64}), "instead of");

        row("five dimensions", withTensor(0, {1, 1, 1, 1, 1}).bytes(), "5 dimensions");
        row("2^32-1 dimensions", changed([](auto& f) { f.tensors[0].dims = 0xFFFFFFFFU; }), "4294967295 dimensions");
        for (const std::uint32_t id : {4U, 5U, 31U, 32U, 33U, 36U, 37U, 38U, 43U, 1000U, 0xFFFFFFFFU})
            QTest::addRow("tensor type %u", id) << withTensor(id, {256}).bytes() << unsupported << "number " + std::to_string(id);
        row("tensor type Q8_1", withTensor(9, {32}).bytes(), "inside computations", unsupported);
        row("tensor type Q8_K", withTensor(15, {256}).bytes(), "inside computations", unsupported);
        row("row not a multiple of the block", withTensor(12, {255}).bytes(), "not a multiple of 256");
        row("scalar of a block type", withTensor(8, {}).bytes(), "not a multiple of 32");
        row("shape of 2^64 elements", withTensor(0, {1ULL << 32, 1ULL << 32}).bytes(), "63 bits");
        row("shape of 2^63 elements", withTensor(0, {1ULL << 63}).bytes(), "63 bits");
        row("shape that overflows to something small", withTensor(0, {(1ULL << 63) + 1, 2}).bytes(), "63 bits");
        row("overflow hidden behind a zero", withTensor(0, {0, 1ULL << 62, 1ULL << 62, 1}).bytes(), "63 bits");
        row("zero behind an overflow", withTensor(0, {1ULL << 62, 1ULL << 62, 0}).bytes(), "63 bits");
        row("empty, but 2^62 rows", withTensor(0, {0, 1ULL << 62}).bytes(), "absurdly large");
        row("bytes overflow", withTensor(28, {1ULL << 62}).bytes(), "63 bits");
        row("larger than the file", withTensor(0, {1ULL << 40}).bytes(), "need 4398046511168 bytes");
        row("sum of sizes overflows", changed([](auto& f) {
                for (const char* name : {"x", "y", "z"}) f.tensors.push_back({name, 24, {(1ULL << 63) - 1}, "", 0, {}, {}});
                f.tensors[5].offset = 96 + 32 + 416;
            }),
            "63 bits");
        row("offsets reversed", changed([](auto& f) {
                f.tensors[0].offset = 32;
                f.tensors[1].offset = 0;
            }),
            "instead of 0");
        row("offset not aligned", changed([](auto& f) { f.tensors[1].offset = 97; }), "offset 97");
        row("hole", changed([](auto& f) { f.tensors[1].offset = 128; }), "instead of 96");
        row("overlap", changed([](auto& f) { f.tensors[1].offset = 0; }), "instead of 96");
        row("offset 2^64-32", changed([](auto& f) { f.tensors[1].offset = kHuge - 31; }), "instead of 96");
        row("duplicate tensor name", changed([](auto& f) { f.tensors[3].name = "odd"; }), "\"odd\" is listed twice");
        row("zero byte in tensor name", changed([](auto& f) { f.tensors[1].name = std::string("o\0d", 3); }), "zero byte");
        row("tensor name of 64 bytes", changed([](auto& f) { f.tensors[1].name = std::string(64, 'n'); }), "64 bytes");
    }
    void refusesWhatIsBroken()
    {
        QFETCH(std::string, bytes);
        QFETCH(ErrorCode, code);
        QFETCH(std::string, text);
        QVERIFY(test::writeFile(pathFor("broken.gguf"), bytes));
        const auto model = openModel(pathFor("broken.gguf"));
        WW_VERIFY_FAILS(model, code, text);
        QCOMPARE(model.error().path, pathFor("broken.gguf"));
    }

    void refusesEveryTruncation()
    {
        const std::string good = everyKindOfValue().bytes();
        test::MemoryFile file;
        QVERIFY(file.fill(good));
        for (std::size_t size = good.size(); size-- > 0;) {
            QVERIFY(file.resize(size));
            const auto model = openModel(file.path());
            QVERIFY2(!model, qPrintable(QString::number(size)));
            const auto code = model.error().code;
            QVERIFY2(code == ErrorCode::Corrupt || (size < 4 && size > 0 && code == ErrorCode::Unsupported),
                     model.error().describe().c_str());
        }
    }
    void refusesEveryTruncationOfTheSample()
    {
        const std::string whole = test::readFile(test::sampleModel());
        test::MemoryFile file;
        QVERIFY(file.fill(whole));
        const auto sample = openModel(file.path());
        WW_VERIFY(sample);
        const TensorInfo& last = (*sample)->tensors().back();
        const std::uint64_t needed = last.offset + last.sizeBytes;
        QVERIFY(needed <= whole.size());
        // Every byte of the first 8 KiB, then steps without a common factor with any record size.
        std::vector<std::uint64_t> sizes;
        for (std::uint64_t size = needed - 1; size > 8192; size -= std::min<std::uint64_t>(size - 8192, size > 300000 ? 99991 : 97))
            sizes.push_back(size);
        for (std::uint64_t size = 8192; size > 0; --size) sizes.push_back(size);
        for (const std::uint64_t size : sizes) {
            QVERIFY(file.resize(size));
            const auto model = openModel(file.path());
            QVERIFY2(!model, qPrintable(QString::number(size)));
        }
    }

    void survivesFlippedBits_data()
    {
        QTest::addColumn<std::string>("bytes");
        QTest::addColumn<int>("rounds");
        QTest::newRow("every value type") << everyKindOfValue().bytes() << 4000;
        const std::string sample = test::readFile(test::sampleModel());
        QTest::newRow("header of the sample") << sample.substr(0, 40000) << 500;
    }
    void survivesFlippedBits()
    {
        QFETCH(std::string, bytes);
        QFETCH(int, rounds);
        std::mt19937 random(20240229);
        test::MemoryFile file;
        int accepted = 0;
        for (int i = 0; i < rounds; ++i) {
            std::string broken = bytes;
            // The header's first kilobytes decide most; one to four changes keep the rest plausible.
            const std::size_t reach = std::min<std::size_t>(broken.size(), i % 2 == 0 ? 2000 : broken.size());
            for (unsigned flips = random() % 4 + 1; flips > 0; --flips) {
                char& byte = broken[random() % reach];
                byte = random() % 2 == 0 ? static_cast<char>(byte ^ (1 << random() % 8)) : static_cast<char>(random());
            }
            QVERIFY(file.fill(broken));
            const auto model = openModel(file.path());
            if (!model) continue;
            ++accepted;
            sumOfEverything(**model);
        }
        QVERIFY(accepted < rounds);
    }

    void opensFortyGigabytesAtOnce()
    {
        GgufBuilder file;
        file.pair("general.architecture", std::string("llama"));
        for (int i = 0; i < 160; ++i) file.tensor("blk." + std::to_string(i) + ".ffn_up.weight", TensorType::F16, {16384, 8192});
        if (!file.write(pathFor("large.gguf"))) QSKIP("The file system of the temporary folder has no sparse files of 40 GiB.");
        QVERIFY(std::filesystem::file_size(pathFor("large.gguf")) > std::uint64_t{40} << 30);
        QElapsedTimer timer;
        timer.start();
        const auto model = openModel(pathFor("large.gguf"));
        const auto elapsedMs = timer.elapsed();
        WW_VERIFY(model);
        QVERIFY2(elapsedMs < 1000, qPrintable(QString::number(elapsedMs)));
        const TensorInfo& last = (*model)->tensors().back();
        QCOMPARE((*model)->view(last).bytes.back(), std::byte{0});
        std::filesystem::remove(pathFor("large.gguf"));
    }
    void opensManyTensorsAndTokensQuickly()
    {
        GgufBuilder file;
        file.pair("general.architecture", std::string("llama"));
        std::vector<std::string> tokens;
        for (int i = 0; i < 260000; ++i) tokens.push_back("token " + std::to_string(i));
        file.pair("tokenizer.ggml.tokens", MetadataArray(tokens));
        file.pair("tokenizer.ggml.scores", MetadataArray(std::vector<float>(tokens.size())));
        for (int i = 0; i < 20000; ++i) file.tensor("blk." + std::to_string(i) + ".ffn_up.weight", TensorType::F32, {8});
        QVERIFY(file.write(pathFor("many.gguf")));
        QElapsedTimer timer;
        timer.start();
        const auto model = openModel(pathFor("many.gguf"));
        const auto elapsedMs = timer.elapsed();
        WW_VERIFY(model);
        QVERIFY2(elapsedMs < 1000, qPrintable(QString::number(elapsedMs)));
        QCOMPARE((*model)->tensors().size(), std::size_t{20000});
        QCOMPARE((*model)->find("blk.19999.ffn_up.weight"), &(*model)->tensors().back());
        QCOMPARE(*(*model)->metadata().stringArray("tokenizer.ggml.tokens"), tokens);
    }

    void refusesMetadataThatWouldFillTheMemory_data()
    {
        QTest::addColumn<int>("elementType");
        QTest::addColumn<std::uint64_t>("count");
        QTest::newRow("strings") << 8 << (std::uint64_t{1} << 29);
        QTest::newRow("u64") << 10 << (std::uint64_t{1} << 29);
        QTest::newRow("u8") << 0 << (std::uint64_t{1} << 32);
    }
    void refusesMetadataThatWouldFillTheMemory()
    {
        QFETCH(int, elementType);
        QFETCH(std::uint64_t, count);
        GgufBuilder file;
        file.rawPair("k", 9, arrayHead(static_cast<std::uint32_t>(elementType), count));
        QVERIFY(file.write(pathFor("memory.gguf")));
        std::error_code ec;
        std::filesystem::resize_file(pathFor("memory.gguf"), std::uint64_t{8} << 30, ec);
        if (ec) QSKIP("The file system of the temporary folder has no sparse files of 8 GiB.");
        QElapsedTimer timer;
        timer.start();
        const auto model = openModel(pathFor("memory.gguf"));
        QVERIFY(timer.elapsed() < 1000);
        WW_VERIFY_FAILS(model, ErrorCode::Unsupported, "1024 MiB");
        std::filesystem::remove(pathFor("memory.gguf"));
    }
    void refusesTensorCountsThatWouldFillTheMemory()
    {
        GgufBuilder file;
        file.tensorCount = 300'000'000;
        QVERIFY(file.write(pathFor("count.gguf")));
        std::error_code ec;
        std::filesystem::resize_file(pathFor("count.gguf"), std::uint64_t{8} << 30, ec);
        if (ec) QSKIP("The file system of the temporary folder has no sparse files of 8 GiB.");
        const auto model = openModel(pathFor("count.gguf"));
        WW_VERIFY_FAILS(model, ErrorCode::Unsupported, "1024 MiB");
        std::filesystem::remove(pathFor("count.gguf"));
    }

    void explainsOtherContent_data()
    {
        QTest::addColumn<std::string>("bytes");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<std::string>("text");
        const auto unsupported = ErrorCode::Unsupported;
        const std::string json = "{\"a\":{}}";
        QTest::newRow("empty") << std::string() << ErrorCode::Corrupt << std::string("empty");
        QTest::newRow("one byte") << std::string("G") << unsupported << std::string("does not begin");
        QTest::newRow("text") << std::string("hello, world") << unsupported << std::string("does not begin");
        QTest::newRow("lower case") << std::string("gguf") + std::string(100, '\0') << unsupported << std::string("does not begin");
        QTest::newRow("safetensors") << littleEndian(std::uint64_t{json.size()}) + json << unsupported
                                     << std::string("safetensors");
        QTest::newRow("zip") << std::string("PK\x03\x04....") << unsupported << std::string("PyTorch");
        QTest::newRow("pickle") << std::string("\x80\x02}q") << unsupported << std::string("PyTorch");
        QTest::newRow("web page") << std::string("<!DOCTYPE html><html>") << unsupported << std::string("web page");
        QTest::newRow("git lfs") << std::string("version https://git-lfs.github.com/spec/v1\n") << unsupported
                                 << std::string("Git LFS");
        QTest::newRow("before GGUF") << std::string("tjgg\x03") << unsupported << std::string("older than the GGUF");
    }
    void explainsOtherContent()
    {
        QFETCH(std::string, bytes);
        QFETCH(ErrorCode, code);
        QFETCH(std::string, text);
        QVERIFY(test::writeFile(pathFor("other"), bytes));
        WW_VERIFY_FAILS(openModel(pathFor("other")), code, text);
    }
    void explainsOtherKindsOfFile()
    {
        WW_VERIFY_FAILS(openModel(pathFor("")), ErrorCode::Unsupported, "folder");
        WW_VERIFY_FAILS(openModel(pathFor("missing.gguf")), ErrorCode::NotFound, "no such file");
        WW_VERIFY_FAILS(openModel(test::sampleModel() / "below"), ErrorCode::NotFound, "no such file");
        WW_VERIFY_FAILS(openModel(""), ErrorCode::NotFound, "no such file");
        WW_VERIFY_FAILS(openModel("/dev/null"), ErrorCode::Unsupported, "device");
        QCOMPARE(::mkfifo(pathFor("pipe").c_str(), 0600), 0);
        WW_VERIFY_FAILS(openModel(pathFor("pipe")), ErrorCode::Unsupported, "pipe");
    }
    void noticesAChangedFile()
    {
        QVERIFY(everyKindOfValue().write(pathFor("changing.gguf")));
        const auto model = openModel(pathFor("changing.gguf"));
        WW_VERIFY(model);
        WW_VERIFY((*model)->checkUnchanged());
        std::filesystem::resize_file(pathFor("changing.gguf"), 100);
        WW_VERIFY_FAILS((*model)->checkUnchanged(), ErrorCode::Unreadable, "open it again");
    }
};

QTEST_APPLESS_MAIN(TestGgufReader)
#include "tst_gguf_reader.moc"
