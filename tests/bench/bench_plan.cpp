// SPDX-License-Identifier: MIT
// What a person waits for while choosing: resolving a recipe, and answering a move of the budget slider.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "plan/allocation.h"
#include "plan/plan.h"
#include "tests/support/synthetic_model.h"

namespace {

std::shared_ptr<const ww::ModelFile> modelWith(std::size_t tensors)
{
    return ww::test::makeModel({.layers = static_cast<std::uint32_t>(tensors / 9),
                                .heads = 32,
                                .keyHeads = 8,
                                .embedding = 4096,
                                .feedForward = 14336,
                                .vocabulary = 128256,
                                .type = ww::TensorType::F16});
}

std::vector<ww::AllocationTensor> tensorsWith20Formats(std::size_t count)
{
    static const std::pair<std::uint64_t, std::uint64_t> kShapes[] = {{4096, 4096}, {4096, 1024}, {4096, 14336}, {14336, 4096}};
    std::mt19937 random(1);
    const auto uniform = [&random] { return static_cast<double>(random()) / static_cast<double>(std::mt19937::max()); };
    std::vector<ww::AllocationTensor> tensors(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto [columns, rows] = kShapes[i % std::size(kShapes)];
        const double sensitivity = std::exp2(6 * uniform());
        for (const auto& traits : ww::allTensorTypes()) {
            if (!traits.target || tensors[i].candidates.size() == 20) continue;
            const double cost = sensitivity * std::exp2(-2 * traits.bitsPerWeight()) * (0.8 + 0.4 * uniform());
            tensors[i].candidates.push_back({traits.type, *ww::rowBytes(traits.type, columns) * rows, cost, 0});
        }
    }
    return tensors;
}

void survey(benchmark::State& state)
{
    const auto model = modelWith(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(ww::ModelSurvey(*model));
}
BENCHMARK(survey)->Arg(300)->Arg(20000)->Unit(benchmark::kMillisecond);

void resolve(benchmark::State& state)
{
    const auto model = modelWith(static_cast<std::size_t>(state.range(0)));
    const ww::ModelSurvey surveyed(*model);
    ww::Recipe recipe;
    for (const char* rule : {"blk\\.(1|2|3)\\.attn_v=Q8_0", "ffn_(down|up)=Q5_K", "output=Q8_0"})
        recipe.rules.push_back(ww::parseRule(rule).value());
    for (auto _ : state) benchmark::DoNotOptimize(ww::resolve(recipe, surveyed));
}
BENCHMARK(resolve)->Arg(300)->Arg(20000)->Unit(benchmark::kMillisecond);

void prepareAllocation(benchmark::State& state)
{
    const auto tensors = tensorsWith20Formats(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(ww::Allocator::create(tensors));
}
BENCHMARK(prepareAllocation)->Arg(300)->Arg(20000)->Unit(benchmark::kMillisecond);

std::uint64_t budget(const ww::Allocator& allocator, std::size_t move)
{
    const auto& curve = allocator.curve();
    const std::size_t at = curve.size() / 10 + move * 7919 % (curve.size() / 2);
    return curve[at].bytes + 12345;
}

void slider(benchmark::State& state)
{
    const auto allocator = ww::Allocator::create(tensorsWith20Formats(static_cast<std::size_t>(state.range(0)))).value();
    std::size_t move = 0;
    for (auto _ : state) benchmark::DoNotOptimize(allocator.quick(budget(allocator, ++move)));
}
BENCHMARK(slider)->Arg(300)->Arg(20000)->Unit(benchmark::kMillisecond);

void optimum(benchmark::State& state)
{
    const auto allocator = ww::Allocator::create(tensorsWith20Formats(static_cast<std::size_t>(state.range(0)))).value();
    std::size_t move = 0;
    for (auto _ : state) benchmark::DoNotOptimize(allocator.best(budget(allocator, ++move)));
}
BENCHMARK(optimum)->Arg(300)->Arg(20000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
