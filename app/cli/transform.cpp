// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>

#include "app/cli/command_line.h"
#include "app/cli/plan_output.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "jobs/method_bench.h"
#include "plan/plan.h"
#include "transform/channel_scaling.h"
#include "transform/rotation.h"

namespace ww::cli {
namespace {

/// One step of a transformation, as text: NAME or NAME:VALUE.
struct Step {
    enum class Kind : std::uint8_t { Rotation, SmoothQuant, Awq };
    Kind kind = Kind::Rotation;
    std::uint64_t seed = 1;
    double alpha = 0.5;
    TensorType format = TensorType::Q4_0;
};

struct Options {
    std::string model;
    std::string output;
    std::string type = "F16";
    std::string calibrationText;
    std::uint32_t contextLength = 512;
    std::vector<std::string> stepTexts;
    std::vector<Step> steps;
};

Step stepOf(const std::string& text)
{
    const auto colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const std::string value = colon == std::string::npos ? std::string() : text.substr(colon + 1);
    Step step;
    if (name == "rotation") {
        if (!value.empty()) {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), step.seed);
            if (error != std::errc() || end != value.data() + value.size())
                usageError("--step", fmt::format("\"{}\" is no seed for rotation; it is a whole number.", value));
        }
    } else if (name == "smoothquant") {
        step.kind = Step::Kind::SmoothQuant;
        if (!value.empty()) {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), step.alpha);
            if (error != std::errc() || end != value.data() + value.size() || !(step.alpha >= 0 && step.alpha <= 1))
                usageError("--step", fmt::format("\"{}\" is no alpha for smoothquant; it is a number from 0 to 1.", value));
        }
    } else if (name == "awq") {
        step.kind = Step::Kind::Awq;
        const auto format = tensorTypeFromName(value.empty() ? "Q4_0" : value);
        if (!format || !traits(*format).target)
            usageError("--step", fmt::format("\"{}\" is no format for awq to aim at; \"weightwright-cli formats\" lists them.", value));
        step.format = *format;
    } else {
        usageError("--step", fmt::format("There is no step \"{}\"; the steps are rotation[:SEED], smoothquant[:ALPHA] and awq[:FORMAT].", name));
    }
    return step;
}

Result<std::shared_ptr<const ModelFile>> apply(const Step& step, std::shared_ptr<const ModelFile> model, const std::string& text,
                                               const Options& options, const Session& session)
{
    if (step.kind == Step::Kind::Rotation) return rotate(std::move(model), {.seed = step.seed});
    // What the model sees now: earlier steps have changed it.
    WW_TRY(const auto grams, gramsOnText(model, text, options.contextLength, 0, session.context()));
    ScalingOptions scaling;
    scaling.rule = step.kind == Step::Kind::Awq ? ScalingOptions::Rule::Awq : ScalingOptions::Rule::Smooth;
    scaling.alpha = step.alpha;
    scaling.format = step.format;
    return scaleChannels(std::move(model), grams->calibration(), scaling, session.context());
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(std::shared_ptr<const ModelFile> model, openAnyModel(options.model));
    std::string text;
    if (!options.calibrationText.empty()) {
        WW_TRY(text, readText(options.calibrationText, session));
    }
    for (const Step& step : options.steps) {
        WW_TRY(model, apply(step, std::move(model), text, options, session));
    }
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
    CLI::App& command = commands.add(
        "transform",
        "Change the weights of a model so that it computes the same and quantizes better.\nSteps are applied in their order: "
        "rotation[:SEED] spreads outlier channels over all channels (for gptq and 4-bit formats without offsets; with an importance "
        "matrix alone K formats become worse), smoothquant[:ALPHA] evens out the ranges of inputs and weights, awq[:FORMAT] finds "
        "scales per channel for a format. The file is an ordinary GGUF of the same architecture, to be quantized then. Importance "
        "matrices of the model before no longer fit it.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            for (const std::string& text : options->stepTexts) options->steps.push_back(stepOf(text));
            const bool reads = std::ranges::any_of(options->steps, [](const Step& s) { return s.kind != Step::Kind::Rotation; });
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
