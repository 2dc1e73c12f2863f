// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"
#include "app/cli/memory_option.h"
#include "app/cli/plan_output.h"
#include "app/cli/recipe_options.h"
#include "app/cli/resume.h"
#include "app/cli/table.h"
#include "app/cli/text_warnings.h"
#include "import/open_model.h"
#include "jobs/evaluate.h"
#include "jobs/working_memory.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string text;
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;
    std::optional<std::uint64_t> memory;
    Activations activations = Activations::Float;
    RecipeOptions recipe;
};

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto source, openAnyModel(options.model));
    WW_TRY(const PlannedModel planned, makePlan(options.recipe, source, session));
    const auto& [model, plan] = planned;
    if (plan && !session.json) warnAboutPlan(*model, *plan);
    WW_TRY(const std::string text, readText(options.text, session));
    warnAboutOverlap(text, options.text, calibrationTexts(plan.get(), options.recipe.calibration, source.get()));
    if (!session.json) warnAboutContext(*model, options.contextLength);
    PerplexityOptions settings;
    settings.contextLength = options.contextLength;
    settings.maxWindows = options.maxWindows;
    if (options.memory) {
        const WorkingMemory memory = workingMemory(*model, *options.memory, session.pool.threadCount(), WorkingMemoryUse::Perplexity);
        settings.activationBudgetBytes = memory.activations;
        settings.quantizedBudgetBytes = memory.quantized;
    }
    resume(settings, options.activations == Activations::Float ? "perplexity" : "perplexity, activations of llama.cpp", *model, nullptr, plan.get(), text);
    WW_TRY(const PerplexityResult result, evaluatePerplexity(model, plan, text, settings, session.context(), {}, options.activations));
    forget(settings.journal);

    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["text"] = options.text;
        json["perplexity"] = number(result.perplexity);
        json["standardError"] = number(result.standardError);
        json["meanNll"] = number(result.meanNll);
        json["scoredTokens"] = result.scoredTokens;
        json["windows"] = result.windows;
        json["contextLength"] = result.contextLength;
        json["seconds"] = number(result.seconds);
        json["sizeBytes"] = plan ? plan->sizeBytes : model->fileSizeBytes();
        json["bitsPerWeight"] = number(plan ? plan->bitsPerWeight() : model->bitsPerWeight());
        json["quantized"] = plan != nullptr;
        if (plan) json["warnings"] = warningsJson(*plan);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("PPL = {:.4f} ± {:.4f}\n", result.perplexity, result.standardError);
    session.out.print("{} in {} of {}, {}", countText(result.scoredTokens, "scored token"), countText(result.windows, "window"),
                      result.contextLength, durationText(result.seconds));
    if (plan) session.out.print("; as {}", planSizeText(*plan));
    session.out.write("\n");
    return {};
}

}  // namespace

void addPerplexityCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "perplexity",
        "Measure the perplexity of a model on a text.\nThe procedure is that of llama-perplexity: windows of --ctx tokens without "
        "overlap, the second half of each is scored. With --preset, --recipe or --type the weights are measured as they would be "
        "after quantizing, without writing a file. Figures are comparable for the same text, context and number of windows only; "
        "the ± is one standard error.",
        [options](Session& session) { return run(*options, session); }, [options] { checkRecipeOptions(options->recipe, false); });
    addModel(command, options->model);
    command.add_option("--text", options->text, "The text to measure on (UTF-8); - means standard input.")
        ->required()
        ->type_name("FILE");
    command.add_option("--ctx", options->contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(4, 1 << 20).description(""));
    command.add_option("--chunks", options->maxWindows, "Only the first N windows; all if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
    addMemory(command, options->memory);
    addActivations(command, options->activations);
    addRecipeOptions(command, options->recipe);
    command.footer("Examples:\n  weightwright-cli perplexity model-F16.gguf --text wiki.test.raw\n"
                   "  weightwright-cli perplexity model-F16.gguf --text wiki.test.raw --chunks 40 --preset Q4_K_M");
}

}  // namespace ww::cli
