// SPDX-License-Identifier: MIT
// Speed of a perplexity run on one thread, in tokens per second of processor time, on a random llama model of about 60
// million weights. When WW_LLAMA_LIBS names the folder of llama.cpp's libraries, every pass of ours alternates with one of
// theirs on the same tokens, and the ratio is printed. The vocabulary is small, because theirs computes all logits and ours
// only the half that is scored.
//
//   bench_perplexity --benchmark_filter=F16
#include <benchmark/benchmark.h>

#include <time.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include "base/blas.h"
#include "eval/perplexity.h"
#include "tests/support/forward.h"
#include "tests/support/llama_library.h"
#include "tests/support/tiny_llama.h"

namespace {

using namespace ww;

constexpr std::uint32_t kContext = 512;
constexpr std::uint32_t kWindows = 4;

double processSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The file exists as long as this object.
struct ModelOnDisk {
    std::filesystem::path path;

    explicit ModelOnDisk(TensorType type)
    {
        path = std::filesystem::temp_directory_path() / ("bench_perplexity_" + std::to_string(::getpid()) + ".gguf");
        const test::TinyLlama options{.layers = 5,
                                      .embedding = 1024,
                                      .feedForward = 2816,
                                      .heads = 16,
                                      .kvHeads = 8,
                                      .contextLength = kContext,
                                      .type = type};
        if (!test::tinyLlama(options).write(path)) std::fprintf(stderr, "cannot write %s\n", path.c_str());
    }
    ~ModelOnDisk()
    {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    ModelOnDisk(const ModelOnDisk&) = delete;
    ModelOnDisk& operator=(const ModelOnDisk&) = delete;
};

void perplexityOf(benchmark::State& state, TensorType type)
{
    const ModelOnDisk file(type);
    const auto model = test::loadLanguageModel(file.path);
    if (!model) return state.SkipWithError(model.error().describe().c_str());
    EvaluationWindows windows;
    windows.contextLength = kContext;
    windows.windowCount = kWindows;
    windows.targets = test::randomTokens(std::size_t{kContext} * kWindows, (*model)->hyperparameters().vocabularySize, 1);
    windows.input = windows.targets;
    std::string reason;
    auto* library = test::LlamaLibrary::instance(reason);
    const auto theirs = library ? test::LlamaModel::open(*library, file.path, false, reason) : nullptr;
    const std::vector<TokenId> window(windows.input.begin(), windows.input.begin() + kContext);

    ThreadPool pool(1);
    double ours = 0;
    double others = 0;
    std::uint64_t passes = 0;
    for (auto _ : state) {
        const double begin = processSeconds();
        if (const auto result = perplexity(**model, windows, {}, JobContext{pool}); !result)
            return state.SkipWithError(result.error().describe().c_str());
        const double seconds = processSeconds() - begin;
        state.SetIterationTime(seconds);
        ours += seconds;
        ++passes;
        if (!theirs) continue;
        const double otherBegin = processSeconds();
        benchmark::DoNotOptimize(theirs->logits(window));
        others += processSeconds() - otherBegin;
    }
    const double ourRate = static_cast<double>(passes * kWindows * kContext) / ours;
    state.counters["tokens_per_cpu_s"] = ourRate;
    if (!theirs) return;
    const double otherRate = static_cast<double>(passes * kContext) / others;
    state.counters["llama_tokens_per_cpu_s"] = otherRate;
    state.counters["ratio"] = ourRate / otherRate;
}

}  // namespace

BENCHMARK_CAPTURE(perplexityOf, F16, TensorType::F16)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(10);
BENCHMARK_CAPTURE(perplexityOf, F32, TensorType::F32)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(10);

int main(int argc, char** argv)
{
    std::printf("%s\n", blas::description());
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
