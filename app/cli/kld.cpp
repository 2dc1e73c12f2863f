// SPDX-License-Identifier: MIT
#include "app/cli/kld.h"

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
    std::string base;
    std::string variant;
    std::vector<std::string> variants;
    std::string text;
    DivergenceOptions settings;
    std::optional<std::uint64_t> memory;
    Activations activations = Activations::Float;
    RecipeOptions recipe;
};

Json estimate(const Estimate& value)
{
    Json json;
    json["value"] = number(value.value);
    json["standardError"] = number(value.error);
    return json;
}

Json figures(const DivergenceResult& result)
{
    Json json;
    json["meanKld"] = estimate(result.meanKld);
    json["medianKld"] = estimate(result.medianKld);
    json["p90Kld"] = estimate(result.p90Kld);
    json["p99Kld"] = estimate(result.p99Kld);
    json["maximumKld"] = number(result.maximumKld);
    json["minimumKld"] = number(result.minimumKld);
    json["sameTop"] = estimate(result.sameTop);
    json["meanProbabilityChange"] = estimate(result.meanProbabilityChange);
    json["rmsProbabilityChange"] = estimate(result.rmsProbabilityChange);
    json["perplexity"] = estimate(result.perplexity);
    json["basePerplexity"] = estimate(result.basePerplexity);
    json["perplexityRatio"] = estimate(result.ratio);
    json["logPerplexityRatio"] = estimate(result.logRatio);
    json["perplexityDifference"] = estimate(result.difference);
    json["scoredTokens"] = result.scoredTokens;
    json["windows"] = result.windows;
    json["contextLength"] = result.contextLength;
    json["seconds"] = number(result.seconds);
    return json;
}

/// As evaluateDivergence(); goes on where a run that was killed had come to.
Result<DivergenceResult> measured(const Options& options, const std::shared_ptr<const ModelFile>& base,
                                  const std::shared_ptr<const ModelFile>& variant, const std::shared_ptr<const Plan>& plan,
                                  const std::string& text, const Session& session)
{
    DivergenceOptions settings = options.settings;
    if (options.memory) {
        const WorkingMemory memory = workingMemory(*base, *options.memory, session.pool.threadCount(), WorkingMemoryUse::Divergence);
        settings.activationBudgetBytes = memory.activations;
        settings.logitBudgetBytes = memory.predictions;
        settings.quantizedBudgetBytes = memory.quantized;
    }
    resume(settings, options.activations == Activations::Float ? "divergence" : "divergence, activations of llama.cpp", *base, variant.get(), plan.get(), text);
    WW_TRY(DivergenceResult result, evaluateDivergence(base, variant, plan, text, settings, session.context(), options.activations));
    forget(settings.journal);
    return result;
}

Result<void> runKld(const Options& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> base, openAnyModel(options.base));
    std::shared_ptr<const ModelFile> variant;
    if (!options.variant.empty()) {
        WW_TRY(variant, openAnyModel(options.variant));
    }
    WW_TRY(const PlannedModel planned, makePlan(options.recipe, base, session));
    const auto& plan = planned.plan;
    if (plan && !session.json) warnAboutPlan(*planned.model, *plan);
    WW_TRY(const std::string text, readText(options.text, session));
    warnAboutOverlap(text, options.text, calibrationTexts(plan.get(), options.recipe.calibration, variant.get()));
    if (!session.json) warnAboutContext(*base, options.settings.contextLength);
    WW_TRY(const DivergenceResult result, measured(options, base, plan ? planned.model : variant, plan, text, session));
    if (session.json) {
        Json json;
        json["base"] = base->path().string();
        json["quantized"] = variant ? Json(variant->path().string()) : Json();
        json["text"] = options.text;
        json["sizeBytes"] = plan ? plan->sizeBytes : variant->fileSizeBytes();
        json.update(figures(result));
        if (plan) json["warnings"] = warningsJson(*plan);
        session.out.writeJson(json);
        return {};
    }
    const auto line = [&](const char* name, const Estimate& value) {
        session.out.print("{:<26} {:>12} ± {:.6f}\n", name, fixedText(value.value, 6), value.error);
    };
    const auto percent = [&](const char* name, const Estimate& value) {
        session.out.print("{:<26} {:>10} % ± {:.3f} %\n", name, fixedText(100 * value.value, 3), 100 * value.error);
    };
    line("Mean KL divergence", result.meanKld);
    line("Median", result.medianKld);
    line("90 %", result.p90Kld);
    line("99 %", result.p99Kld);
    session.out.print("{:<26} {:>12}\n", "Maximum", fixedText(result.maximumKld, 6));
    percent("Same most probable token", result.sameTop);
    percent("RMS change of probability", result.rmsProbabilityChange);
    line("Perplexity", result.perplexity);
    line("Perplexity of the base", result.basePerplexity);
    line("Ratio", result.ratio);
    session.out.print("{} in {} of {}, {}; computed from exact 32-bit logits\n", countText(result.scoredTokens, "scored token"),
                      countText(result.windows, "window"), result.contextLength, durationText(result.seconds));
    return {};
}

Result<void> runCompare(const Options& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> base, openAnyModel(options.base));
    WW_TRY(const std::string text, readText(options.text, session));
    if (!session.json) warnAboutContext(*base, options.settings.contextLength);
    std::vector<DivergenceResult> results;
    for (const std::string& path : options.variants) {
        WW_TRY(const std::shared_ptr<const ModelFile> variant, openAnyModel(path));
        warnAboutOverlap(text, options.text, calibrationTexts(nullptr, {}, variant.get()));
        WW_TRY(DivergenceResult result, measured(options, base, variant, nullptr, text, session));
        results.push_back(std::move(result));
    }
    Json pairs = Json::array();
    std::string sentences;
    for (std::size_t a = 0; a < results.size(); ++a)
        for (std::size_t b = a + 1; b < results.size(); ++b) {
            const Estimate difference = pairedDifference(results[a].tokens, results[b].tokens);
            const std::string sentence =
                comparisonSentence(options.variants[a], options.variants[b], difference, results[a].windows);
            Json pair;
            pair["a"] = options.variants[a];
            pair["b"] = options.variants[b];
            pair["kldDifference"] = estimate(difference);
            pair["sentence"] = sentence;
            pairs.push_back(pair);
            sentences += fmt::format("{} (paired difference of the mean KL divergence {:+.6f} ± {:.6f})\n", sentence,
                                     difference.value, difference.error);
        }
    if (session.json) {
        Json json;
        json["base"] = base->path().string();
        json["text"] = options.text;
        Json list = Json::array();
        for (std::size_t i = 0; i < results.size(); ++i) {
            Json entry;
            entry["model"] = options.variants[i];
            entry.update(figures(results[i]));
            list.push_back(entry);
        }
        json["variants"] = list;
        json["pairs"] = pairs;
        session.out.writeJson(json);
        return {};
    }
    using enum Table::Align;
    Table table({{"variant"}, {"mean KL divergence", Right}, {"99 %", Right}, {"same top token", Right}, {"perplexity ratio", Right}});
    for (std::size_t i = 0; i < results.size(); ++i)
        table.addRow({plainText(options.variants[i]), fmt::format("{} ± {:.6f}", fixedText(results[i].meanKld.value, 6), results[i].meanKld.error),
                      fixedText(results[i].p99Kld.value, 5), fmt::format("{:.2f} %", 100 * results[i].sameTop.value),
                      fmt::format("{:.5f} ± {:.5f}", results[i].ratio.value, results[i].ratio.error)});
    session.out.write(table.text());
    if (!sentences.empty()) session.out.write("\n");
    session.out.write(sentences);
    return {};
}

void addCommonOptions(CLI::App& command, Options& options)
{
    command.add_option("--text", options.text, "The text to measure on (UTF-8); - means standard input.")
        ->required()
        ->type_name("FILE");
    command.add_option("--ctx", options.settings.contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(4, 1 << 20).description(""));
    command.add_option("--chunks", options.settings.maxWindows, "Only the first N windows; all if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
    addMemory(command, options.memory);
    addActivations(command, options.activations);
}

}  // namespace

void addDivergenceCommands(CommandLine& commands)
{
    const auto kld = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "kld",
        "Measure how far the predictions of a quantized model are from the original's.\nThe definitions are those of "
        "llama-perplexity --kl-divergence, computed from exact logits. QUANT is a GGUF file; without it, --preset, --recipe or "
        "--type say how BASE would be quantized. The ± is one standard error.",
        [kld](Session& session) { return runKld(*kld, session); },
        [kld] {
            if (!kld->variant.empty() && kld->recipe.given()) usageError("QUANT", "a file and a recipe cannot both be measured");
            checkRecipeOptions(kld->recipe, kld->variant.empty());
        });
    command.add_option("BASE", kld->base, "The original model: a GGUF file.")->required()->type_name("");
    command.add_option("QUANT", kld->variant, "The quantized model: a GGUF file.")->type_name("");
    addCommonOptions(command, *kld);
    addRecipeOptions(command, kld->recipe);
    command.footer("Examples:\n  weightwright-cli kld model-F16.gguf model-Q4_K_M.gguf --text wiki.test.raw\n"
                   "  weightwright-cli kld model-F16.gguf --preset Q4_K_M --text wiki.test.raw --chunks 40");

    const auto compare = std::make_shared<Options>();
    CLI::App& paired = commands.add("compare",
                                    "Compare variants of a model on the same tokens and say which is better, or how much more text "
                                    "would be needed to tell.",
                                    [compare](Session& session) { return runCompare(*compare, session); });
    paired.add_option("BASE", compare->base, "The original model: a GGUF file.")->required()->type_name("");
    paired.add_option("VARIANT", compare->variants, "The variants: GGUF files.")->required()->type_name("");
    addCommonOptions(paired, *compare);
}

}  // namespace ww::cli
