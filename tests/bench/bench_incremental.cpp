// SPDX-License-Identifier: MIT
// Evaluation after a change: everything again, only the last quarter of the blocks, only the output matrix. On a random llama
// model of about 100 million weights, on one thread, in seconds of processor time; the full evaluation of the variant does not
// count the original's pass, which is known in all three.
//
//   bench_incremental
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
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

int run(const std::filesystem::path& path)
{
    const test::TinyLlama options{
        .layers = 12, .embedding = 768, .feedForward = 2048, .heads = 12, .kvHeads = 12, .contextLength = 512};
    if (!test::tinyLlama(options).write(path)) return 1;
    const auto model = openAnyModel(path);
    if (!model) return 1;
    std::string text;
    for (int i = 0; i < 40000; ++i) text += static_cast<char>('a' + i * 7 % 26);
    PlanEvaluationOptions settings;
    settings.maxWindows = 4;
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
    seconds("nothing", TensorType::Q8_0);  // the original
    std::vector<double> full, quarter, head;
    for (const TensorType format : {TensorType::Q8_0, TensorType::Q4_0, TensorType::Q5_0}) {
        full.push_back(seconds("token_embd|blk", format));
        quarter.push_back(seconds("blk\\.(9|10|11)\\.", format));
        head.push_back(seconds("^output", format));
    }
    for (auto* list : {&full, &quarter, &head}) std::ranges::sort(*list);
    std::printf("full %.2f s, last quarter %.2f s (%.1f times faster), head only %.3f s (%.1f times faster)\n", full[1], quarter[1],
                full[1] / quarter[1], head[1], full[1] / head[1]);
    return 0;
}

}  // namespace

int main()
{
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("bench_incremental_" + std::to_string(::getpid()) + ".gguf");
    const int code = run(path);
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return code;
}
