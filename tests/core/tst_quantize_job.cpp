// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>
#include <vector>

#include "base/thread_pool.h"
#include "formats/block_format.h"
#include "jobs/quantize.h"
#include "jobs/rate_distortion.h"
#include "methods/quantizer.h"
#include "tensor/float_convert.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/golden_rows.h"

using namespace ww;
using namespace std::chrono_literals;

namespace {

std::vector<float> randomValues(std::size_t count, std::uint64_t seed)
{
    test::SplitMix random(seed);
    std::vector<float> values(count);
    for (float& v : values) v = static_cast<float>(random.bell() * 0.05);
    return values;
}

std::string stored(const std::vector<float>& values, TensorType type)
{
    std::string bytes;
    for (const float v : values) {
        if (type == TensorType::F32)
            bytes += test::littleEndian(v);
        else
            bytes += test::littleEndian(type == TensorType::F16 ? toHalf(v) : toBf16(v));
    }
    return bytes;
}

/// What the tensor must become: one plain encodeRow per row of what the file holds.
std::vector<std::byte> expectedBlocks(const ModelFile& model, const TensorInfo& tensor, TensorType format)
{
    const std::size_t columns = tensor.shape.columns();
    const std::size_t rowSize = *rowBytes(format, columns);
    std::vector<std::byte> blocks(rowSize * tensor.shape.rows());
    std::vector<float> row(columns);
    for (std::size_t r = 0; r < tensor.shape.rows(); ++r) {
        if (!decodeRows(tensor.type, model.view(tensor).bytes, r, 1, columns, row.data())) return {};
        findBlockFormat(format)->encodeRow(row.data(), blocks.data() + r * rowSize, columns, nullptr);
    }
    return blocks;
}

std::vector<float> decoded(const std::vector<std::byte>& blocks, TensorType format, const TensorInfo& tensor)
{
    std::vector<float> values(tensor.shape.elements());
    if (!decodeRows(format, blocks, 0, tensor.shape.rows(), tensor.shape.columns(), values.data())) return {};
    return values;
}

PlanEntry entryFor(const ModelFile& model, std::string_view name, TensorType target)
{
    const TensorInfo* tensor = model.find(name);
    PlanEntry entry;
    entry.tensorIndex = static_cast<std::size_t>(tensor - model.tensors().data());
    entry.source = tensor->type;
    entry.target = target;
    entry.quantized = target != tensor->type;
    if (entry.quantized) entry.method = kDefaultMethod;
    return entry;
}

/// Memory of this process that is not a mapped file, in bytes.
std::uint64_t anonymousBytes()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    std::uint64_t kib = 0;
    while (status >> word)
        if (word == "RssAnon:") status >> kib;
    return kib * 1024;
}

}  // namespace

class TestQuantizeJob : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::shared_ptr<const ModelFile> m_model;

    std::shared_ptr<const ModelFile> open(const test::GgufBuilder& file, const char* name)
    {
        const std::filesystem::path path = m_folder.filePath(name).toStdString();
        if (!file.write(path)) return nullptr;
        auto model = openModel(path);
        return model ? *model : nullptr;
    }

private slots:
    void initTestCase()
    {
        test::GgufBuilder file;
        file.pair("general.architecture", std::string("llama"));
        file.tensor("small.f32", TensorType::F32, {32, 3}, stored(randomValues(96, 1), TensorType::F32));
        file.tensor("matrix.f16", TensorType::F16, {512, 700}, stored(randomValues(512 * 700, 2), TensorType::F16));
        file.tensor("matrix.bf16", TensorType::BF16, {256, 1300}, stored(randomValues(256 * 1300, 3), TensorType::BF16));
        file.tensor("wide.f32", TensorType::F32, {131072, 3}, stored(randomValues(131072 * 3, 4), TensorType::F32));
        file.tensor("experts.f16", TensorType::F16, {256, 301, 5}, stored(randomValues(256 * 301 * 5, 5), TensorType::F16));
        file.tensor("empty.f16", TensorType::F16, {256, 0});
        m_model = open(file, "model.gguf");
        QVERIFY(m_model);
    }

    void bytesAreThoseOfTheEncoder_data()
    {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<int>("format");
        QTest::addColumn<unsigned>("threads");
        for (const char* tensor : {"small.f32", "matrix.f16", "matrix.bf16", "wide.f32", "experts.f16", "empty.f16"})
            for (const TensorType format : {TensorType::Q8_0, TensorType::Q4_K, TensorType::F16})
                for (unsigned threads : {1U, 2U, 5U}) {
                    if (std::string_view(tensor) == "small.f32" && format == TensorType::Q4_K) continue;  // rows of 32
                    QTest::addRow("%s to %s, %u threads", tensor, name(format).data(), threads)
                        << tensor << static_cast<int>(format) << threads;
                }
    }
    void bytesAreThoseOfTheEncoder()
    {
        QFETCH(QString, tensor);
        QFETCH(int, format);
        QFETCH(unsigned, threads);
        const auto target = static_cast<TensorType>(format);
        const PlanEntry entry = entryFor(*m_model, tensor.toStdString(), target);
        const TensorInfo& info = m_model->tensors()[entry.tensorIndex];
        ThreadPool pool(threads);
        Progress progress;
        std::vector<std::byte> bytes;
        const auto result = quantizeTensor(*m_model, entry,
                                           [&](std::span<const std::byte> piece) -> Result<void> {
                                               bytes.insert(bytes.end(), piece.begin(), piece.end());
                                               return {};
                                           },
                                           {pool, {}, &progress});
        QVERIFY2(result, result ? "" : result.error().describe().c_str());
        const auto expected = entry.quantized
                                  ? expectedBlocks(*m_model, info, target)
                                  : std::vector<std::byte>(m_model->view(info).bytes.begin(), m_model->view(info).bytes.end());
        QVERIFY(bytes == expected);
        QCOMPARE(progress.snapshot().done, info.sizeBytes);
        QCOMPARE(progress.snapshot().total, info.sizeBytes);
    }

    void badValuesAreNamed_data()
    {
        QTest::addColumn<float>("value");
        QTest::addColumn<QString>("place");
        QTest::addColumn<unsigned>("threads");
        for (unsigned threads : {1U, 5U}) {
            QTest::addRow("NaN, %u threads", threads)
                << std::numeric_limits<float>::quiet_NaN() << "row 2500, column 17" << threads;
            QTest::addRow("infinity, %u threads", threads)
                << std::numeric_limits<float>::infinity() << "row 2500, column 17" << threads;
            QTest::addRow("scale beyond 16 bits, %u threads", threads) << 1e30F << "row 2500, columns 0 to 31" << threads;
        }
    }
    void badValuesAreNamed()
    {
        QFETCH(float, value);
        QFETCH(QString, place);
        QFETCH(unsigned, threads);
        auto values = randomValues(256 * 6000, 6);
        values[256 * 2500 + 17] = value;
        values[256 * 5900 + 3] = value;  // a later one must not win the race
        test::GgufBuilder file;
        file.tensor("blk.0.ffn_up.weight", TensorType::F32, {256, 6000}, stored(values, TensorType::F32));
        const auto model = open(file, "bad.gguf");
        QVERIFY(model);
        ThreadPool pool(threads);
        const auto result = quantizeTensor(*model, entryFor(*model, "blk.0.ffn_up.weight", TensorType::Q8_0),
                                           [](auto) { return Result<void>{}; }, {pool});
        QVERIFY(!result);
        QCOMPARE(result.error().tensor, std::string("blk.0.ffn_up.weight"));
        QVERIFY2(result.error().message.find(place.toStdString()) != std::string::npos, result.error().message.c_str());
    }

    void errorOfTheSinkEndsTheWork()
    {
        ThreadPool pool(2);
        int calls = 0;
        const auto result = quantizeTensor(*m_model, entryFor(*m_model, "experts.f16", TensorType::Q8_0),
                                           [&](auto) -> Result<void> {
                                               ++calls;
                                               return fail(ErrorCode::NoSpace, "The disk is full.");
                                           },
                                           {pool});
        QVERIFY(!result);
        QCOMPARE(static_cast<int>(result.error().code), static_cast<int>(ErrorCode::NoSpace));
        QCOMPARE(calls, 1);
    }

    void unknownMethodIsRefused()
    {
        ThreadPool pool(1);
        PlanEntry entry = entryFor(*m_model, "matrix.f16", TensorType::Q8_0);
        entry.method = "alchemy";
        const auto result = quantizeTensor(*m_model, entry, [](auto) { return Result<void>{}; }, {pool});
        QVERIFY(!result);
        QVERIFY(result.error().message.find("alchemy") != std::string::npos);
    }

    void cancelTakesEffectSoon()
    {
        // The slowest K format on enough rows for seconds of work; the best of three, as the machine may be busy.
        test::GgufBuilder file;
        file.tensor("large", TensorType::F32, {4096, 4096}, stored(randomValues(4096 * 4096, 7), TensorType::F32));
        const auto model = open(file, "large.gguf");
        QVERIFY(model);
        double best = 1e9;
        for (int attempt = 0; attempt < 3 && best > 100; ++attempt) {
            ThreadPool pool(2);
            std::stop_source stop;
            std::atomic<std::chrono::steady_clock::time_point> stopped{};
            std::thread canceller([&] {
                std::this_thread::sleep_for(30ms);
                stopped = std::chrono::steady_clock::now();
                stop.request_stop();
            });
            const auto result = quantizeTensor(*model, entryFor(*model, "large", TensorType::Q2_K),
                                               [](auto) { return Result<void>{}; }, {pool, stop.get_token()});
            const auto end = std::chrono::steady_clock::now();
            canceller.join();
            QVERIFY(!result);
            QCOMPARE(static_cast<int>(result.error().code), static_cast<int>(ErrorCode::Cancelled));
            best = std::min(best, std::chrono::duration<double, std::milli>(end - stopped.load()).count());
        }
        QVERIFY2(best < 100, qPrintable(QString::number(best)));
    }

    void memoryIsBounded()
    {
#if defined(__SANITIZE_THREAD__)
        QSKIP("The thread sanitizer keeps several bytes of its own for each one that is touched.");
#endif
        // 512 MiB of floats as 256 MiB of zeros that take no room on the disk.
        test::GgufBuilder file;
        file.tensor("huge", TensorType::F16, {4096, 32768});
        const auto model = open(file, "huge.gguf");
        QVERIFY(model);
        ThreadPool pool(4);
        const std::uint64_t before = anonymousBytes();
        std::uint64_t most = before;
        std::uint64_t bytes = 0;
        const auto result = quantizeTensor(*model, entryFor(*model, "huge", TensorType::F32),
                                           [&](std::span<const std::byte> piece) -> Result<void> {
                                               bytes += piece.size();
                                               most = std::max(most, anonymousBytes());
                                               return {};
                                           },
                                           {pool});
        QVERIFY(result.has_value());
        QCOMPARE(bytes, std::uint64_t{4096} * 32768 * 4);
        QVERIFY2(most - before <= (std::uint64_t{256} << 20), qPrintable(QString::number((most - before) >> 20)));
    }

    void plannedWeightsAreQuantizedAndDecoded_data()
    {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<int>("format");
        QTest::addColumn<qulonglong>("cacheBytes");
        for (const qulonglong cache : {0ULL, 300'000ULL, 1ULL << 30}) {
            QTest::addRow("F16 matrix, cache %llu", cache) << "matrix.f16" << static_cast<int>(TensorType::Q4_K) << cache;
            QTest::addRow("experts, cache %llu", cache) << "experts.f16" << static_cast<int>(TensorType::Q8_0) << cache;
            QTest::addRow("wide rows, cache %llu", cache) << "wide.f32" << static_cast<int>(TensorType::Q6_K) << cache;
            QTest::addRow("unchanged, cache %llu", cache) << "matrix.bf16" << static_cast<int>(TensorType::BF16) << cache;
        }
    }
    void plannedWeightsAreQuantizedAndDecoded()
    {
        QFETCH(QString, tensor);
        QFETCH(int, format);
        QFETCH(qulonglong, cacheBytes);
        const auto target = static_cast<TensorType>(format);
        auto plan = std::make_shared<Plan>();
        plan->entries.push_back(entryFor(*m_model, tensor.toStdString(), target));
        const auto weights = plannedWeights(m_model, plan, cacheBytes);
        const TensorInfo& info = *m_model->find(tensor.toStdString());
        const std::size_t rows = info.shape.rows();
        const std::size_t columns = info.shape.columns();
        const auto expected = decoded(expectedBlocks(*m_model, info, target), target, info);

        ThreadPool pool(2);
        const auto check = [&](std::size_t first, std::size_t count) {
            std::vector<float> values(count * columns, -1.0F);
            const auto result = weights->loadRows(info, first, count, values.data(), {pool});
            return result && std::equal(values.begin(), values.end(), expected.begin() + static_cast<std::ptrdiff_t>(first * columns));
        };
        QVERIFY(check(rows - 1, 1));
        QVERIFY(check(0, rows));
        QVERIFY(check(rows / 3, rows / 3));
        QVERIFY(check(rows, 0));
        std::atomic<int> failures{0};
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = 0; i < 5; ++i)
                    if (!check((t * 31 + i * 7) % rows, std::min<std::size_t>(rows - (t * 31 + i * 7) % rows, 100))) ++failures;
            });
        for (auto& thread : threads) thread.join();
        QCOMPARE(failures.load(), 0);
    }

    void plannedWeightsRefuseWhatIsNotThere()
    {
        ThreadPool pool(1);
        auto plan = std::make_shared<Plan>();
        plan->entries.push_back(entryFor(*m_model, "matrix.f16", TensorType::Q4_K));
        const auto weights = plannedWeights(m_model, plan);
        std::vector<float> values(512 * 2);
        QVERIFY(!weights->loadRows(*m_model->find("matrix.f16"), 699, 2, values.data(), {pool}));
        QVERIFY(
            !weights->loadRows(*m_model->find("matrix.f16"), std::numeric_limits<std::size_t>::max(), 2, values.data(), {pool}));
        TensorInfo other = *m_model->find("matrix.f16");
        other.name = "nowhere";
        const auto result = weights->loadRows(other, 0, 1, values.data(), {pool});
        QVERIFY(!result);
        QCOMPARE(static_cast<int>(result.error().code), static_cast<int>(ErrorCode::NotFound));
    }

    void reportAgreesWithDirectComputation()
    {
        const TensorInfo& info = *m_model->find("experts.f16");
        std::vector<float> original(info.shape.elements());
        QVERIFY(decodeRows(info.type, m_model->view(info).bytes, 0, info.shape.rows(), 256, original.data()));
        const auto quantized = decoded(expectedBlocks(*m_model, info, TensorType::Q4_0), TensorType::Q4_0, info);
        double error2 = 0;
        double sum2 = 0;
        double largest = 0;
        for (std::size_t i = 0; i < original.size(); ++i) {
            const double d = static_cast<double>(original[i]) - quantized[i];
            error2 += d * d;
            sum2 += static_cast<double>(original[i]) * original[i];
            largest = std::max(largest, std::abs(d));
        }
        ThreadPool pool(2);
        const auto report = reportTensor(*m_model, info, TensorType::Q4_0, "", 64, {pool});
        QVERIFY(report.has_value());
        QVERIFY(std::abs(report->error.rmse() / std::sqrt(error2 / static_cast<double>(original.size())) - 1) < 1e-5);
        QVERIFY(std::abs(report->error.relativeError() / std::sqrt(error2 / sum2) - 1) < 1e-5);
        QVERIFY(std::abs(report->error.maxError() / largest - 1) < 1e-5);
        QCOMPARE(report->original.count, std::uint64_t{original.size()});
        for (const Histogram* h : {&report->originalHistogram, &report->quantizedHistogram, &report->errorHistogram}) {
            QCOMPARE(h->counts.size(), std::size_t{64});
            QCOMPARE(h->total(), std::uint64_t{original.size()});
            QCOMPARE(h->below + h->above, std::uint64_t{0});
        }
        QVERIFY(report->originalHistogram.counts != report->quantizedHistogram.counts);
        // Zero is the center of a bin, and no value is left out.
        const Histogram& bins = report->originalHistogram;
        const double zero = -bins.lower / bins.binWidth() - 0.5;
        QVERIFY2(std::abs(zero - std::round(zero)) < 1e-6, qPrintable(QString::number(zero)));
        QCOMPARE(bins.below + bins.above, std::uint64_t{0});
        QCOMPARE(bins.counts.size(), std::size_t{64});
    }

    void reportDoesNotDependOnThreads()
    {
        const TensorInfo& info = *m_model->find("matrix.f16");
        std::vector<double> rmse;
        std::vector<std::vector<std::uint64_t>> counts;
        for (unsigned threads : {1U, 2U, 5U}) {
            ThreadPool pool(threads);
            const auto report = reportTensor(*m_model, info, TensorType::Q4_K, kDefaultMethod, 100, {pool});
            QVERIFY(report.has_value());
            rmse.push_back(report->error.rmse());
            counts.push_back(report->errorHistogram.counts);
        }
        QVERIFY(rmse[0] == rmse[1] && rmse[0] == rmse[2]);
        QVERIFY(counts[0] == counts[1] && counts[0] == counts[2]);
    }

    void sameFormatHasNoError()
    {
        ThreadPool pool(2);
        const auto report = reportTensor(*m_model, *m_model->find("matrix.bf16"), TensorType::BF16, "", 10, {pool});
        QVERIFY(report.has_value());
        QCOMPARE(report->error.maxError(), 0.0);
        QVERIFY(report->originalHistogram.counts == report->quantizedHistogram.counts);
    }

    void rateDistortionCoversTheFormats()
    {
        const TensorInfo& info = *m_model->find("matrix.f16");
        ThreadPool pool(2);
        std::size_t announced = 0;
        const auto points = rateDistortion(*m_model, info, "", 0, {pool}, [&](const RateDistortionPoint&) { ++announced; });
        QVERIFY(points.has_value());
        QCOMPARE(announced, points->size());
        double error8 = 0;
        double error4 = 0;
        for (std::size_t i = 0; i < points->size(); ++i) {
            if (i > 0) QVERIFY((*points)[i - 1].bitsPerWeight <= (*points)[i].bitsPerWeight);
            if ((*points)[i].format == TensorType::Q8_0) error8 = (*points)[i].relativeError;
            if ((*points)[i].format == TensorType::Q4_K) error4 = (*points)[i].relativeError;
            if ((*points)[i].format == info.type) QCOMPARE((*points)[i].relativeError, 0.0);
        }
        QVERIFY(error8 > 0 && error8 < error4);
        // Every format that can be written and fits the rows is there, also those that need importance.
        for (const TensorTypeTraits& t : allTensorTypes())
            if (t.target && findBlockFormat(t.type) && rowBytes(t.type, info.shape.columns()))
                QVERIFY2(std::ranges::any_of(*points, [&](const RateDistortionPoint& p) { return p.format == t.type; }),
                         std::string(t.name).c_str());
        const auto report = reportTensor(*m_model, info, TensorType::Q4_K, "", 10, {pool});
        QVERIFY(report.has_value());
        QVERIFY(std::abs(report->error.relativeError() / error4 - 1) < 1e-9);

        ThreadPool other(5);
        const auto sampled = rateDistortion(*m_model, info, "", 50, {pool});
        const auto sampledByOthers = rateDistortion(*m_model, info, "", 50, {other});
        QVERIFY(sampled && sampledByOthers);
        for (std::size_t i = 0; i < sampled->size(); ++i) {
            QVERIFY((*sampled)[i].relativeError == (*sampledByOthers)[i].relativeError);
            QVERIFY((*sampled)[i].relativeError <= 2 * (*points)[i].relativeError + 1e-9);
        }
    }

    void rateDistortionLeavesOutWhatDoesNotFit()
    {
        ThreadPool pool(1);
        const auto points = rateDistortion(*m_model, *m_model->find("small.f32"), "", 0, {pool});
        QVERIFY(points.has_value());
        QVERIFY(!points->empty());
        for (const auto& point : *points) QVERIFY(traits(point.format).blockLength <= 32);
    }
};

QTEST_APPLESS_MAIN(TestQuantizeJob)
#include "tst_quantize_job.moc"
