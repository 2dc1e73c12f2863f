// SPDX-License-Identifier: MIT
// Evaluation after a change: everything again, only the last quarter of the blocks, only the output matrix. On a random llama
// model, on one thread, in seconds of processor time; the full evaluation of the variant does not count the original's pass, which
// is known in all three. What can be saved depends on the share of the output matrix, whose product is never saved: the usual
// shape here is that of a model of 350 million weights with 32,000 tokens. The last two figures say what the numbers of
// multiplications allow.
//
//   bench_incremental [--layers 24] [--embedding 1024] [--feed-forward 2816] [--vocabulary 32000] [--windows 2]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/plan_evaluation.h"
#include "tests/support/tiny_llama.h"

namespace {

using namespace ww;

double processSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::shared_ptr<const Plan> planFor(const ModelFile& model, const char* pattern, TensorType format)
{
    Recipe recipe;
    recipe.preset = "COPY";
    RecipeRule rule;
    rule.pattern = pattern;
    rule.format = format;
    recipe.rules.push_back(rule);
    auto plan = resolve(recipe, model);
    return plan ? std::make_shared<const Plan>(std::move(*plan)) : nullptr;
}

struct Shape {
    std::uint32_t layers = 24;
    std::uint32_t embedding = 1024;
    std::uint32_t feedForward = 2816;
    std::uint32_t vocabulary = 32000;
    std::uint32_t windows = 2;
};

std::optional<Shape> shapeFrom(int argc, char** argv)
{
    Shape shape;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        std::uint32_t* value = name == "--layers"         ? &shape.layers
                               : name == "--embedding"    ? &shape.embedding
                               : name == "--feed-forward" ? &shape.feedForward
                               : name == "--vocabulary"   ? &shape.vocabulary
                               : name == "--windows"      ? &shape.windows
                                                          : nullptr;
        if (!value) return std::nullopt;
        *value = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    }
    return argc % 2 == 1 ? std::optional(shape) : std::nullopt;
}

/// Multiplications per window of the blocks and of the output matrix, which sees the scored half only.
void printBounds(const Shape& shape)
{
    constexpr double kContext = 512;
    constexpr double kScored = 255;
    const double d = shape.embedding;
    const double blocks = kContext * shape.layers * (4 * d * d + 3 * d * shape.feedForward + kContext * d);
    const double head = kScored * d * shape.vocabulary;
    std::printf("by the number of multiplications: last quarter %.1f, head only %.1f times\n", (blocks + head) / (blocks / 4 + head),
                (blocks + head) / head);
}

int run(const std::filesystem::path& path, const Shape& shape)
{
    const std::uint32_t heads = shape.embedding / 64;
    const test::TinyLlama options{.layers = shape.layers,
                                  .embedding = shape.embedding,
                                  .feedForward = shape.feedForward,
                                  .heads = heads,
                                  .kvHeads = heads,
                                  .contextLength = 512,
                                  .vocabulary = test::tinyVocabulary(shape.vocabulary)};
    if (!test::tinyLlama(options).write(path)) return 1;
    const auto model = openAnyModel(path);
    if (!model) return 1;
    std::string text;
    for (int i = 0; i < 40000; ++i) text += static_cast<char>('a' + i * 7 % 26);
    PlanEvaluationOptions settings;
    settings.maxWindows = shape.windows;
    settings.budgets.logitBudgetBytes = std::uint64_t{1} << 30;
    auto evaluation = PlanEvaluation::create(*model, text, settings);
    if (!evaluation) {
        std::fprintf(stderr, "%s\n", evaluation.error().describe().c_str());
        return 1;
    }
    ThreadPool pool(1);
    const JobContext context{pool};
    const auto seconds = [&](const char* pattern, TensorType format) {
        const auto plan = planFor(**model, pattern, format);
        const double start = processSeconds();
        const auto result = (*evaluation)->measure(plan, context, true);
        return result ? processSeconds() - start : -1.0;
    };
    std::string lastQuarter = "blk\\.(";
    for (std::uint32_t block = shape.layers - shape.layers / 4; block < shape.layers; ++block)
        lastQuarter += std::to_string(block) + (block + 1 < shape.layers ? "|" : ")\\.");
    seconds("nothing", TensorType::Q8_0);  // the original
    std::vector<double> full, quarter, head;
    for (const TensorType format : {TensorType::Q8_0, TensorType::Q4_0, TensorType::Q5_0}) {
        full.push_back(seconds("token_embd|blk", format));
        quarter.push_back(seconds(lastQuarter.c_str(), format));
        head.push_back(seconds("^output", format));
    }
    for (auto* list : {&full, &quarter, &head}) std::ranges::sort(*list);
    std::printf("full %.2f s, last quarter %.2f s (%.1f times faster), head only %.3f s (%.1f times faster)\n", full[1], quarter[1],
                full[1] / quarter[1], head[1], full[1] / head[1]);
    printBounds(shape);
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    const auto shape = shapeFrom(argc, argv);
    if (!shape || shape->layers < 4) return 2;
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("bench_incremental_" + std::to_string(::getpid()) + ".gguf");
    const int code = run(path, *shape);
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return code;
}
