// SPDX-License-Identifier: MIT
// Methods on one layer: GPTQ, its Gram matrix given, with the rate of its matrix products beside that of a plain one, and the search
// with importance.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "base/blas.h"
#include "base/thread_pool.h"
#include "methods/gptq.h"
#include "methods/search.h"

namespace {

std::vector<float> gramOf(std::size_t n)
{
    std::vector<float> gram(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) gram[i * n + j] = std::pow(0.95F, static_cast<float>(i > j ? i - j : j - i));
    return gram;
}

std::vector<float> weightsOf(std::size_t count)
{
    std::mt19937 random(1);
    std::vector<float> w(count);
    for (float& x : w) x = 0.1F * (static_cast<float>(random() % 65536) / 65536.0F - 0.5F);
    return w;
}

void factor(benchmark::State& state)
{
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto gram = gramOf(n);
    for (auto _ : state) benchmark::DoNotOptimize(ww::factorize(gram, n, 16 * n, {}));
}
BENCHMARK(factor)->Arg(1024)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Times `quantize(rows, out)` of a square layer, rows in parallel.
template <class Quantize>
void timeRows(benchmark::State& state, ww::TensorType format, std::size_t n, const Quantize& quantize)
{
    const auto w = weightsOf(n * n);
    const std::size_t rowBytes = *ww::rowBytes(format, n);
    std::vector<std::byte> out(n * rowBytes);
    constexpr std::size_t kPiece = 256;
    ww::ThreadPool pool;
    for (auto _ : state)
        pool.parallelFor(n / kPiece, [&](std::size_t piece) {
            ww::RowBatch rows;
            rows.values = w.data() + piece * kPiece * n;
            rows.rowCount = kPiece;
            rows.columns = n;
            quantize(rows, std::span(out.data() + piece * kPiece * rowBytes, kPiece * rowBytes));
        });
}

void layer(benchmark::State& state, ww::TensorType format)
{
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto made = ww::factorize(gramOf(n), n, 16 * n, {});
    timeRows(state, format, n, [&](const ww::RowBatch& rows, std::span<std::byte> out) { (void)ww::gptqRows(rows, format, *made, {}, out); });
    // Half a product for the rounding, one for each of four sweeps and each of two errors; fits are not counted.
    const double operations = 6.5 * 2 * std::pow(static_cast<double>(n), 3);
    state.counters["flops"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(layer, Q4_K, ww::TensorType::Q4_K)->Arg(1024)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(layer, Q4_0, ww::TensorType::Q4_0)->Arg(1024)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();

void search(benchmark::State& state, ww::TensorType format)
{
    const auto n = static_cast<std::size_t>(state.range(0));
    auto importance = weightsOf(n);
    for (float& c : importance) c *= c;
    timeRows(state, format, n, [&](ww::RowBatch rows, std::span<std::byte> out) {
        rows.importance = importance.data();
        (void)ww::searchQuantizer().quantize(rows, format, out);
    });
}
BENCHMARK_CAPTURE(search, Q4_K, ww::TensorType::Q4_K)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(search, Q3_K, ww::TensorType::Q3_K)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(search, Q6_K, ww::TensorType::Q6_K)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(search, Q4_0, ww::TensorType::Q4_0)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(search, IQ4_XS, ww::TensorType::IQ4_XS)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The shape in which GPTQ multiplies (128 × 64), or a square.
void product(benchmark::State& state)
{
    const auto m = static_cast<std::size_t>(state.range(0));
    const auto n = static_cast<std::size_t>(state.range(1));
    constexpr std::size_t k = 4096;
    const auto a = weightsOf(m * k);
    const auto b = weightsOf(k * n);
    std::vector<float> c(2 * m * n);
    ww::ThreadPool pool(2);
    for (auto _ : state)
        pool.parallelFor(
            2, [&](std::size_t i) { ww::blas::gemmNN(m, n, k, 1, a.data(), k, b.data(), n, 0, c.data() + i * m * n, n); });
    state.counters["flops"] =
        benchmark::Counter(4.0 * static_cast<double>(m * n * k), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(product)->Args({128, 64})->Args({1024, 1024})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
