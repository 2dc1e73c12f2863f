// SPDX-License-Identifier: MIT
#include <algorithm>

#include "app/cli/calibration_source.h"
#include "app/cli/command_line.h"
#include "app/cli/plan_output.h"
#include "app/cli/table.h"
#include "app/cli/written_files.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "jobs/transformed_model.h"
#include "plan/plan.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string output;
    std::string type = "F16";
    std::string calibrationText;
    std::uint32_t contextLength = 512;
    std::vector<std::string> stepTexts;
    std::vector<TransformStep> steps;
};

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(std::shared_ptr<const ModelFile> model, openAnyModel(options.model));
    WW_TRY_VOID(checkOutput(options.output, *model));
    std::string text;
    if (!options.calibrationText.empty()) {
        WW_TRY(text, readText(options.calibrationText, session));
    }
    WW_TRY(model, transformedModel(std::move(model), options.steps, text, options.contextLength, gramBudgetBytes(), session.context()));
    Recipe recipe;
    recipe.preset = options.type;
    WW_TRY(const Plan plan, resolve(recipe, *model));
    WW_TRY(const ExportSummary summary, exportGguf(*model, plan, options.output, session.context()));
    if (session.json) {
        Json json;
        json["model"] = options.model;
        json["output"] = summary.path.string();
        json["steps"] = options.stepTexts;
        json["type"] = recipe.preset;
        json["sizeBytes"] = summary.sizeBytes;
        json["seconds"] = number(summary.seconds);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {}, {}, {}.\n", plainText(summary.path.string()), recipe.preset, planSizeText(plan), durationText(summary.seconds));
    return {};
}

}  // namespace

void addTransformCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    std::string steps;
    for (const TransformStepInfo& step : transformSteps()) steps += fmt::format("\n{}: {}", step.form, step.description);
    CLI::App& command = commands.add(
        "transform",
        "Change the weights of a model so that it computes the same and quantizes better.\nSteps are applied in their order." + steps +
        "\nThe file is an ordinary GGUF of the same architecture, to be quantized then. Importance "
        "matrices of the model before no longer fit it.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            for (const std::string& text : options->stepTexts) options->steps.push_back(stepOf("--step", text));
            const bool reads = std::ranges::any_of(options->steps, &TransformStep::readsText);
            if (reads && options->calibrationText.empty())
                usageError("", "smoothquant and awq need a text that shows what the weights see: --calibration-text FILE.");
        });
    addModel(command, options->model);
    command.add_option("-o,--output", options->output, "The file to write. An existing one is replaced.")->required()->type_name("OUT.gguf");
    command.add_option("--step", options->stepTexts, "A step; may be repeated.")
        ->required()
        ->type_name("STEP")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    command.add_option("--calibration-text", options->calibrationText, "The text (UTF-8) that the model reads for smoothquant and awq.")
        ->type_name("FILE");
    command.add_option("--ctx", options->contextLength, "Tokens per window of that text; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(4, 1 << 20).description(""));
    command.add_option("--type", options->type, "F16, BF16 or F32 for the matrices; norms are F32. F16 if not given.")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"F16", "BF16", "F32"}).description(""));
    command.footer("Examples:\n  weightwright-cli transform model-F16.gguf -o rotated.gguf --step rotation\n"
                   "  weightwright-cli transform model-F16.gguf -o scaled.gguf --step awq:Q4_0 --calibration-text calibration.txt");
}

}  // namespace ww::cli
