// SPDX-License-Identifier: MIT
#include <QtTest>

#include <QTemporaryDir>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "calibration/imatrix_file.h"
#include "calibration/importance.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"

using ww::ImportanceEntry;
using ww::ImportanceMatrix;
using ww::TensorType;
using ww::test::GgufBuilder;
using ww::test::littleEndian;

namespace {

QByteArray bytes(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::string floats(const std::vector<float>& values)
{
    std::string out;
    for (const float value : values) out += littleEndian(value);
    return out;
}

std::string i32(std::int32_t value)
{
    return littleEndian(value);
}

std::string legacyEntry(const std::string& name, std::int32_t windows, const std::vector<float>& values)
{
    return i32(static_cast<std::int32_t>(name.size())) + name + i32(windows) + i32(static_cast<std::int32_t>(values.size())) +
           floats(values);
}

/// One dense tensor, one with three experts of which one was never reached.
GgufBuilder goodFile()
{
    GgufBuilder file;
    file.pair("general.type", std::string("imatrix"));
    file.pair("imatrix.datasets", ww::MetadataArray(std::vector<std::string>{"a.txt", "b.txt"}));
    file.pair("imatrix.chunk_count", std::uint32_t{7});
    file.pair("imatrix.chunk_size", std::uint32_t{256});
    file.tensor("blk.0.attn_q.weight.in_sum2", TensorType::F32, {2, 1}, floats({3, 7}));
    file.tensor("blk.0.attn_q.weight.counts", TensorType::F32, {1, 1}, floats({2}));
    file.tensor("blk.0.ffn_up_exps.weight.in_sum2", TensorType::F32, {2, 3}, floats({2, 4, 0, 0, 9, 12}));
    file.tensor("blk.0.ffn_up_exps.weight.counts", TensorType::F32, {1, 3}, floats({2, 0, 3}));
    return file;
}

std::vector<float> meanSquares(const ImportanceEntry& entry)
{
    std::vector<float> values(entry.sums.size());
    entry.meanSquares(0, values);
    return values;
}

ImportanceEntry entry(std::string name, std::vector<float> sums, std::vector<std::uint64_t> counts)
{
    return {std::move(name), std::move(sums), std::move(counts)};
}

}  // namespace

class TestImatrixFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    [[nodiscard]] std::filesystem::path path(const char* name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    [[nodiscard]] ww::Result<ImportanceMatrix> load(const std::string& content) const
    {
        const auto file = path("case");
        std::filesystem::remove(file);  // some file systems write a file that is truncated and filled again to the disk at once
        if (!ww::test::writeFile(file, content)) qFatal("cannot write a test file");
        return ww::loadImportance(file);
    }

private slots:
    void readsGguf()
    {
        const auto matrix = load(goodFile().bytes());
        QVERIFY2(matrix.has_value(), matrix ? "" : bytes(matrix.error().describe()));
        QCOMPARE(matrix->path, path("case"));
        QCOMPARE(matrix->datasets, (std::vector<std::string>{"a.txt", "b.txt"}));
        QCOMPARE(matrix->chunkCount, 7u);
        QCOMPARE(matrix->chunkSize, 256u);
        QCOMPARE(matrix->entries.size(), std::size_t{2});
        QCOMPARE(meanSquares(*matrix->find("blk.0.attn_q.weight")), (std::vector<float>{1.5F, 3.5F}));
        const auto* experts = matrix->find("blk.0.ffn_up_exps.weight");
        QCOMPARE(meanSquares(*experts), (std::vector<float>{1, 2, 1, 1, 3, 4}));
        std::vector<float> slice(2);
        experts->meanSquares(4, slice);
        QCOMPARE(slice, (std::vector<float>{3, 4}));
        QVERIFY(!matrix->find("blk.0.attn"));
        QVERIFY(!matrix->find("zzz"));
        QVERIFY(ww::fits(*experts, {{2, 5, 3, 1}, 3}));
        QVERIFY(ww::fits(*experts, {{6, 5, 1, 1}, 2}));
        QVERIFY(!ww::fits(*experts, {{2, 5, 2, 1}, 3}));
        QVERIFY(!ww::fits(*experts, {{2, 5, 3, 2}, 4}));
    }

    void ignoresWhatItDoesNotKnow()
    {
        auto file = goodFile();
        file.tensor("blk.0.attn_q.weight.in_sum", TensorType::F32, {2, 1}, floats({-3, 7}));
        file.tensor("note", TensorType::I8, {3});
        file.pairs.erase(file.pairs.begin() + 1, file.pairs.end());
        const auto matrix = load(file.bytes());
        QVERIFY(matrix.has_value());
        QCOMPARE(matrix->entries.size(), std::size_t{2});
        QCOMPARE(matrix->chunkSize, 512u);
        QVERIFY(matrix->datasets.empty());
    }

    void roundsCounts()
    {
        auto file = goodFile();
        file.tensors[1].data = floats({2.4F});
        QCOMPARE(load(file.bytes())->find("blk.0.attn_q.weight")->counts, std::vector<std::uint64_t>{2});
        file.tensors[1].data = floats({0.4F});
        QCOMPARE(meanSquares(*load(file.bytes())->find("blk.0.attn_q.weight")), (std::vector<float>{1, 1}));
    }

    void refusesBadGguf_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char* title, const GgufBuilder& file, const char* message) {
            QTest::newRow(title) << bytes(file.bytes()) << QByteArray(message);
        };
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float infinity = std::numeric_limits<float>::infinity();
        auto file = goodFile();
        file.tensors.erase(file.tensors.begin() + 1);
        row("sums without counts", file, "sums without counts");
        file = goodFile();
        file.tensors.erase(file.tensors.begin());
        row("counts without sums", file, "counts without sums");
        for (const auto& [title, value] : {std::pair("NaN", nan), std::pair("infinite", infinity), std::pair("negative", -1.0F)}) {
            file = goodFile();
            file.tensors[0].data = floats({1, value});
            row(title, file, "negative or not a number");
            file = goodFile();
            file.tensors[1].data = floats({value});
            row((std::string(title) + " count").c_str(), file, "a count that is no count");
        }
        file = goodFile();
        file.tensors[1].data = floats({1e30F});
        row("huge count", file, "a count that is no count");
        file = goodFile();
        file.tensors[0] = {"blk.0.attn_q.weight.in_sum2", 1, {2, 1}, "abcd", 4};
        row("half precision", file, "must be stored as F32, but this file holds F16");
        file = goodFile();
        file.tensors[1] = {"blk.0.attn_q.weight.counts", 0, {3}, floats({1, 1, 1}), 12};
        row("counts do not divide", file, "2 sums for 3 counts");
        file = goodFile();
        file.tensors[1] = {"blk.0.attn_q.weight.counts", 0, {0}, "", 0};
        row("no counts", file, "2 sums for 0 counts");
        file = goodFile();
        file.tensors.clear();
        row("no entries", file, "has no entries");
        file = GgufBuilder();
        file.pair("general.architecture", std::string("llama"));
        file.tensor("output.weight", TensorType::F32, {4, 4});
        row("a model", file, "not an importance matrix");
        QTest::newRow("empty") << QByteArray() << QByteArray("The file is empty");
        QTest::newRow("cut GGUF") << bytes(goodFile().bytes().substr(0, 60)) << QByteArray();
    }
    void refusesBadGguf()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, message);
        const auto matrix = load(content.toStdString());
        QVERIFY(!matrix);
        QCOMPARE(matrix.error().code, ww::ErrorCode::Corrupt);
        QCOMPARE(matrix.error().path, path("case"));
        QVERIFY2(bytes(matrix.error().message).contains(message), bytes(matrix.error().message));
    }

    void readsLegacy()
    {
        const std::string body = i32(2) + legacyEntry("blk.1.b", 2, {1, 3}) + legacyEntry("blk.0.a", 0, {5, 0.25F});
        const auto plain = load(body);
        QVERIFY2(plain.has_value(), plain ? "" : bytes(plain.error().describe()));
        QCOMPARE(meanSquares(*plain->find("blk.1.b")), (std::vector<float>{0.5F, 1.5F}));
        QCOMPARE(meanSquares(*plain->find("blk.0.a")), (std::vector<float>{5, 0.25F}));
        QCOMPARE(bytes(plain->entries.front().tensor), QByteArray("blk.0.a"));
        QCOMPARE(plain->chunkCount, 0u);

        const auto withTail = load(body + i32(9) + i32(5) + "x.txt");
        QVERIFY(withTail.has_value());
        QCOMPARE(withTail->chunkCount, 9u);
        QCOMPARE(withTail->datasets, std::vector<std::string>{"x.txt"});
    }

    void legacyMeansAreExact()
    {
        // Any float value and any number of windows: the mean must be the float quotient of the two.
        std::mt19937 random(1);
        std::uniform_real_distribution<float> exponent(-30, 30);
        constexpr int kEntries = 2000;
        std::string content = i32(kEntries);
        std::map<std::string, float> expected;
        for (int i = 0; i < kEntries; ++i) {
            const float value = std::exp2(exponent(random));
            const auto windows = static_cast<std::int32_t>(random() % 100000 + 1);
            const std::string name = "t" + std::to_string(i);
            content += legacyEntry(name, windows, {value});
            expected[name] = value / static_cast<float>(windows);
        }
        const auto matrix = load(content).value();
        for (const auto& [name, mean] : expected) QCOMPARE(meanSquares(*matrix.find(name)).front(), mean);
    }

    void refusesBadLegacy_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char* title, const std::string& content, const char* message) {
            QTest::newRow(title) << bytes(content) << QByteArray(message);
        };
        const char* notOurs = "no importance matrix";
        const std::string good = legacyEntry("blk.0.a", 1, {1, 2});
        const float nan = std::numeric_limits<float>::quiet_NaN();
        row("three bytes", "abc", "cut off");
        row("text", "This is some text, and not a matrix at all. It goes on for a while.", notOurs);
        row("zeros", std::string(4096, '\0'), notOurs);
        row("no entries", i32(0) + good, notOurs);
        row("negative entries", i32(-1) + good, notOurs);
        row("too many entries", i32(1000000) + good, notOurs);
        row("empty name", i32(1) + legacyEntry("", 1, {1, 2}), notOurs);
        row("long name", i32(1) + i32(1 << 30) + good, notOurs);
        row("control characters", i32(1) + legacyEntry(std::string("a\0b", 3), 1, {1, 2}), notOurs);
        row("missing second entry", i32(2) + legacyEntry("blk.0.long", 1, {1, 2, 3, 4}), "cut off");
        row("cut in the values", i32(1) + good.substr(0, good.size() - 3), "cut off");
        row("cut in the numbers", i32(1) + good.substr(0, 17), "cut off");
        row("no values", i32(1) + legacyEntry("blk.0.a", 1, {}) + std::string(20, ' '), "impossible number of windows or values");
        row("negative windows", i32(1) + legacyEntry("blk.0.a", -5, {1}), "impossible number of windows or values");
        row("NaN", i32(1) + legacyEntry("blk.0.a", 1, {1, nan}), "negative, too large or not a number");
        row("negative", i32(1) + legacyEntry("blk.0.a", 1, {-1}), "negative, too large or not a number");
        row("too large", i32(1) + legacyEntry("blk.0.a", 1, {3e38F}), "negative, too large or not a number");
        row("twice the same", i32(2) + good + good, "two entries for this tensor");
        row("cut tail", i32(1) + good + "ab", "cut off");
        row("tail without name", i32(1) + good + i32(1) + i32(9) + "short", "cut off");
        row("tail with negative length", i32(1) + good + i32(1) + i32(-9), "cut off");
        row("negative chunks", i32(1) + good + i32(-1) + i32(0), "negative number of windows");
    }
    void refusesBadLegacy()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, message);
        const auto matrix = load(content.toStdString());
        QVERIFY(!matrix);
        QCOMPARE(matrix.error().code, ww::ErrorCode::Corrupt);
        QVERIFY2(bytes(matrix.error().message).contains(message), bytes(matrix.error().message));
        QVERIFY(matrix.error().message.ends_with('.'));
    }

    void missingFilesAndFolders()
    {
        QVERIFY(!ww::loadImportance(path("missing")));
        QVERIFY(!ww::loadImportance(path(".")));
    }

    void everyCutAndFlipIsSurvived()
    {
        const std::string gguf = goodFile().bytes();
        const std::string legacy =
            i32(2) + legacyEntry("blk.1.b", 2, {1, 3}) + legacyEntry("blk.0.a", 3, {5, 4}) + i32(9) + i32(2) + "xy";
        int accepted = 0;
        for (const auto& whole : {gguf, legacy}) {
            for (std::size_t i = 0; i < whole.size(); ++i) {
                (void)load(whole.substr(0, i));
                std::string flipped = whole;
                for (const unsigned char bit : {0x01, 0x80}) {
                    flipped[i] = static_cast<char>(static_cast<unsigned char>(whole[i]) ^ bit);
                    const auto matrix = load(flipped);
                    if (!matrix) continue;
                    ++accepted;
                    for (const auto& e : matrix->entries)
                        for (const float value : meanSquares(e)) QVERIFY(std::isfinite(value) && value >= 0);
                }
            }
        }
        QVERIFY(accepted > 100);  // flips in values and names
    }

    void savesGguf()
    {
        const auto matrix = load(goodFile().bytes()).value();
        QVERIFY(ww::saveImportance(matrix, path("saved.gguf")).has_value());
        const auto again = ww::loadImportance(path("saved.gguf"));
        QVERIFY2(again.has_value(), again ? "" : bytes(again.error().describe()));
        QCOMPARE(again->entries, matrix.entries);
        QCOMPARE(again->datasets, matrix.datasets);
        QCOMPARE(again->chunkCount, matrix.chunkCount);
        QCOMPARE(again->chunkSize, matrix.chunkSize);
        QVERIFY(!ww::saveImportance(matrix, path("missing-folder") / "x" / "saved.gguf"));
    }

    void savesLegacy()
    {
        auto matrix = load(goodFile().bytes()).value();
        QVERIFY(matrix.add(entry("blk.9.never", {0, 0}, {0})));
        QVERIFY(ww::saveImportance(matrix, path("saved.DAT")).has_value());
        QVERIFY(!ww::test::readFile(path("saved.DAT")).starts_with("GGUF"));
        const auto again = ww::loadImportance(path("saved.DAT"));
        QVERIFY2(again.has_value(), again ? "" : bytes(again.error().describe()));
        QCOMPARE(again->entries.size(), std::size_t{2});
        QCOMPARE(meanSquares(*again->find("blk.0.attn_q.weight")), (std::vector<float>{1.5F, 3.5F}));
        QCOMPARE(meanSquares(*again->find("blk.0.ffn_up_exps.weight")), (std::vector<float>{1, 2, 1, 1, 3, 4}));
        QCOMPARE(again->datasets, std::vector<std::string>{"a.txt"});
        QCOMPARE(again->chunkCount, 7u);

        ImportanceMatrix nothing;
        nothing.entries = {entry("t", {0}, {0})};
        const auto refused = ww::saveImportance(nothing, path("none.dat"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ww::ErrorCode::TooShort);
        QVERIFY(!std::filesystem::exists(path("none.dat")));
    }

    void merges()
    {
        ImportanceMatrix a;
        a.path = "a";
        a.datasets = {"x", "y"};
        a.chunkCount = 3;
        QVERIFY(a.add(entry("m", {1, 2, 3, 4}, {2, 5})));
        QVERIFY(a.add(entry("a", {1}, {1})));
        QVERIFY(!a.add(entry("a", {9}, {9})));
        ImportanceMatrix b;
        b.datasets = {"y", "z"};
        b.chunkCount = 4;
        QVERIFY(b.add(entry("m", {10, 20, 30, 40}, {100})));
        QVERIFY(b.add(entry("z", {5}, {1})));
        auto ab = a;
        QVERIFY(ww::merge(ab, b).has_value());
        QCOMPARE(ab.entries, (std::vector<ImportanceEntry>{entry("a", {1}, {1}), entry("m", {11, 22, 33, 44}, {102, 105}),
                                                           entry("z", {5}, {1})}));
        QCOMPARE(ab.datasets, (std::vector<std::string>{"x", "y", "z"}));
        QCOMPARE(ab.chunkCount, 7u);
        QVERIFY(ab.path.empty());
        auto ba = b;
        QVERIFY(ww::merge(ba, a).has_value());
        QCOMPARE(ba.entries, ab.entries);

        ImportanceMatrix other;
        QVERIFY(other.add(entry("b", {7}, {1})));
        QVERIFY(other.add(entry("m", {1, 2}, {2})));
        const auto before = ab.entries;
        const auto refused = ww::merge(ab, other);
        QVERIFY(!refused);
        QCOMPARE(bytes(refused.error().tensor), QByteArray("m"));
        QCOMPARE(ab.entries, before);
    }

    void statisticsOfKnownValues()
    {
        ImportanceMatrix matrix;
        QVERIFY(matrix.add(entry("blk.0.attn_q.weight", {2, 2, 2, 2}, {1})));
        QVERIFY(matrix.add(entry("blk.1.attn_q.weight", {0, 0, 0, 8}, {2, 0})));
        QVERIFY(matrix.add(entry("blk.10.attn_q.weight", {3}, {1})));
        const auto all = ww::statistics(matrix);
        QCOMPARE(all.size(), std::size_t{3});
        const auto& flat = all[0];
        QCOMPARE(flat.sum, 8.0);
        QCOMPARE(flat.standardDeviation, 0.0);
        QCOMPARE(flat.outlierShare, 0.0);
        QCOMPARE(flat.entropyBits, 2.0);
        QCOMPARE(flat.normalizedEntropy, 1.0);
        QVERIFY(!flat.hasPreviousLayer);
        // Values 0 0 and, for the expert that was not reached, 1 1.
        const auto& second = all[1];
        QCOMPARE(bytes(second.tensor), QByteArray("blk.1.attn_q.weight"));
        QCOMPARE(second.mean, 0.5);
        QCOMPARE(second.minimum, 0.0);
        QCOMPARE(second.maximum, 1.0);
        QCOMPARE(second.standardDeviation, 0.5);
        QCOMPARE(second.entropyBits, 1.0);
        QCOMPARE(second.normalizedEntropy, 0.5);
        QCOMPARE(second.minimumCount, quint64{0});
        QCOMPARE(second.maximumCount, quint64{2});
        QCOMPARE(second.unreachedMatrices, std::size_t{1});
        QVERIFY(second.hasPreviousLayer);
        QVERIFY(std::abs(second.previousLayerCosine - std::sqrt(0.5)) < 1e-12);
        QVERIFY(!all[2].hasPreviousLayer);
        QCOMPARE(all[2].normalizedEntropy, 0.0);
        QVERIFY(ww::statistics({}).empty());
    }

    void theFixtureSurvivesBothForms()
    {
        const auto folder = ww::test::fixturesDir();
        const auto file = folder / "fixture-llama-8M.imatrix.gguf";
        if (folder.empty() || !std::filesystem::exists(file)) QSKIP("needs fixture-llama-8M.imatrix.gguf in $WW_FIXTURES");
        const auto matrix = ww::loadImportance(file);
        QVERIFY2(matrix.has_value(), matrix ? "" : bytes(matrix.error().describe()));
        QCOMPARE(matrix->entries.size(), std::size_t{56});
        QCOMPARE(matrix->chunkCount, 100u);
        QCOMPARE(matrix->chunkSize, 512u);
        QCOMPARE(matrix->find("blk.0.attn_q.weight")->counts, std::vector<std::uint64_t>{51200});
        QVERIFY(ww::saveImportance(*matrix, path("copy.gguf")).has_value());
        const auto copy = ww::loadImportance(path("copy.gguf"));
        QVERIFY(copy.has_value());
        QCOMPARE(copy->entries, matrix->entries);
        QCOMPARE(copy->datasets, matrix->datasets);
        QVERIFY(ww::saveImportance(*copy, path("again.gguf")).has_value());
        QCOMPARE(ww::test::readFile(path("again.gguf")), ww::test::readFile(path("copy.gguf")));

        QVERIFY(ww::saveImportance(*matrix, path("copy.dat")).has_value());
        const auto legacy = ww::loadImportance(path("copy.dat"));
        QVERIFY(legacy.has_value());
        for (const auto& e : matrix->entries) {
            const auto expected = meanSquares(e);
            const auto actual = meanSquares(*legacy->find(e.tensor));
            for (std::size_t i = 0; i < expected.size(); ++i) QVERIFY(std::abs(expected[i] - actual[i]) <= 2e-7F * expected[i]);
        }
    }
};

QTEST_APPLESS_MAIN(TestImatrixFile)
#include "tst_imatrix_file.moc"
