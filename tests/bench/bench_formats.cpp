// SPDX-License-Identifier: MIT
// Speed of every format on one thread in MB/s of float values: encoding plain and with importance, decoding. When WW_LLAMA_LIBS
// names the folder of llama.cpp's libraries, every pass of ours alternates with one of theirs on the same values, and the
// ratio is printed. Times are processor time of the thread, the best pass of each counts, so a busy machine disturbs little.
// The values (1 MB) stay in the cache; "memory copy" is the rate of a copy that does not.
//
//   bench_formats --benchmark_filter='Q4_K|copy'
#include <benchmark/benchmark.h>

#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <hwy/targets.h>

#include "formats/block_format.h"
#include "tests/support/llama_formats.h"

namespace {

using ww::BlockFormat;
using ww::TensorType;
using ww::test::LlamaFormats;

constexpr std::size_t kColumns = 4096;
constexpr std::size_t kRows = 64;
constexpr std::size_t kValues = kRows * kColumns;

struct Data {
    std::vector<float> values = std::vector<float>(kValues);
    std::vector<float> importance = std::vector<float>(kColumns);
    std::vector<float> decoded = std::vector<float>(kValues);
    std::vector<std::byte> encoded = std::vector<std::byte>(kValues * sizeof(float));
    Data()
    {
        std::mt19937 random(1);
        std::normal_distribution<float> normal(0, 0.02F);
        std::lognormal_distribution<float> logNormal(0, 1);
        for (float& v : values) v = normal(random);
        for (float& v : importance) v = logNormal(random);
    }
};
Data& data()
{
    static Data instance;
    return instance;
}

double threadSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double timed(Work work)
{
    const double start = threadSeconds();
    work();
    benchmark::ClobberMemory();
    return threadSeconds() - start;
}

/// Ratios by group and case, for the geometric means at the end.
std::map<std::string, std::map<std::string, double>>& ratios()
{
    static std::map<std::string, std::map<std::string, double>> instance;
    return instance;
}

/// Alternates ours and theirs (if any) and reports rates.
template <class Ours, class Theirs>
void alternate(benchmark::State& state, const std::string& group, const std::string& name, bool hasTheirs, Ours ours, Theirs theirs)
{
    double best = std::numeric_limits<double>::infinity();
    double bestTheirs = best;
    ours();
    for (auto _ : state) {
        const double seconds = timed(ours);
        best = std::min(best, seconds);
        state.SetIterationTime(seconds);
        if (!hasTheirs) continue;
        bestTheirs = std::min(bestTheirs, timed(theirs));
        for (int i = 0; i < 3; ++i) best = std::min(best, timed(ours));
    }
    const double megabytes = kValues * sizeof(float) / 1e6;
    state.counters["MB/s"] = megabytes / best;
    if (!hasTheirs) return;
    state.counters["llama.cpp"] = megabytes / bestTheirs;
    state.counters["ratio"] = bestTheirs / best;
    ratios()[group][name] = bestTheirs / best;
}

const LlamaFormats* llama()
{
    std::string reason;
    return LlamaFormats::load(reason);
}

std::string groupOf(const ww::TensorTypeTraits& traits, bool weighted)
{
    using enum ww::TensorTypeKind;
    if (traits.kind == K || (traits.kind == Legacy && weighted && traits.type != TensorType::Q8_0))
        return "encode, types with a search";
    if (traits.type == TensorType::IQ4_NL || traits.type == TensorType::IQ4_XS) return "encode, types with a search";
    if (traits.kind == IQ) return "encode, IQ1 to IQ3";
    return "encode, types without a search";
}

void benchEncode(benchmark::State& state, const BlockFormat& format, bool weighted)
{
    Data& d = data();
    const float* importance = weighted ? d.importance.data() : nullptr;
    const bool compared = llama() != nullptr && format.type != TensorType::F32;
    if (compared) llama()->prepare(format.type);
    alternate(
        state, groupOf(ww::traits(format.type), weighted), std::string(ww::name(format.type)) + (weighted ? "+" : ""), compared,
        [&] { format.encodeRows(d.values.data(), d.encoded.data(), kRows, kColumns, importance); },
        [&] { llama()->encodeRows(format.type, d.values.data(), d.encoded.data(), kRows, kColumns, importance); });
}

void benchDecode(benchmark::State& state, const BlockFormat& format)
{
    Data& d = data();
    const auto bytes = static_cast<std::size_t>(ww::rowBytes(format.type, kColumns).value());
    format.encodeRows(d.values.data(), d.encoded.data(), kRows, kColumns, d.importance.data());
    const bool compared = llama() != nullptr && format.type != TensorType::F32;
    alternate(
        state, "decode", std::string(ww::name(format.type)), compared,
        [&] {
            for (std::size_t r = 0; r < kRows; ++r)
                format.decodeRow(d.encoded.data() + r * bytes, d.decoded.data() + r * kColumns, kColumns);
        },
        [&] {
            for (std::size_t r = 0; r < kRows; ++r)
                llama()->decodeRow(format.type, d.encoded.data() + r * bytes, d.decoded.data() + r * kColumns, kColumns);
        });
}

void benchCopy(benchmark::State& state)
{
    // Far larger than any cache: what quantizing a whole model cannot exceed.
    const std::vector<float> from(64 * kValues);
    std::vector<float> to(from.size());
    double best = std::numeric_limits<double>::infinity();
    for (auto _ : state) {
        const double seconds = timed([&] { std::memcpy(to.data(), from.data(), from.size() * sizeof(float)); });
        best = std::min(best, seconds);
        state.SetIterationTime(seconds);
    }
    state.counters["MB/s"] = static_cast<double>(from.size() * sizeof(float)) / 1e6 / best;
}

void registerAll()
{
    benchmark::RegisterBenchmark("memory copy", benchCopy)->UseManualTime()->MinTime(0.1);
    for (const auto& traits : ww::allTensorTypes()) {
        const BlockFormat* format = ww::findBlockFormat(traits.type);
        if (!format) continue;
        const std::string name(traits.name);
        const auto add = [](const std::string& title, auto function) {
            benchmark::RegisterBenchmark(title.c_str(), function)->UseManualTime()->MinTime(0.02);
        };
        if (traits.importance != ww::ImportanceUse::Required)
            add(name + " encode", [format](benchmark::State& state) { benchEncode(state, *format, false); });
        if (traits.importance != ww::ImportanceUse::Ignored)
            add(name + " encode with importance", [format](benchmark::State& state) { benchEncode(state, *format, true); });
        add(name + " decode", [format](benchmark::State& state) { benchDecode(state, *format); });
    }
}

}  // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    std::string reason;
    if (!LlamaFormats::load(reason)) std::printf("No comparison: %s.\n", reason.c_str());
    const auto targets = hwy::SupportedTargets();
    std::printf("Instruction set: %s\n", hwy::TargetName(targets & -targets));
    registerAll();
    benchmark::RunSpecifiedBenchmarks();
    for (const auto& [group, cases] : ratios()) {
        double product = 0;
        auto least = cases.begin();
        for (auto it = cases.begin(); it != cases.end(); ++it) {
            product += std::log(it->second);
            if (it->second < least->second) least = it;
        }
        std::printf("%-32s %2zu cases, geometric mean of the ratios %.1f, least %.1f (%s)\n", group.c_str(), cases.size(),
                    std::exp(product / static_cast<double>(cases.size())), least->second, least->first.c_str());
    }
    return 0;
}
