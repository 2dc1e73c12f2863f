// SPDX-License-Identifier: MIT
#include <chrono>

#include "app/cli/command_line.h"
#include "app/cli/plan_output.h"
#include "app/cli/recipe_options.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "jobs/evaluate.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string prompt;
    GenerateOptions settings;
    RecipeOptions recipe;
};

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto source, openAnyModel(options.model));
    WW_TRY(const PlannedModel planned, makePlan(options.recipe, source, session));
    const auto& [model, plan] = planned;
    if (plan && !session.json) warnAboutPlan(*model, *plan);
    std::string text;
    Result<void> written;
    const auto start = std::chrono::steady_clock::now();
    const auto onToken = [&](std::string_view piece) {
        text += piece;
        if (session.json) return true;
        session.out.write(piece);
        written = session.out.flush();  // shown as it comes
        return written.has_value();
    };
    WW_TRY(const std::vector<TokenId> tokens,
           generateText(model, plan, options.prompt, options.settings, onToken, session.context()));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    WW_TRY_VOID(std::move(written));
    if (!session.json) {
        session.out.write("\n");
        return {};
    }
    Json json;
    json["model"] = model->path().string();
    json["prompt"] = options.prompt;
    json["text"] = text;
    json["tokens"] = tokens;
    json["seconds"] = number(seconds);
    session.out.writeJson(json);
    return {};
}

}  // namespace

void addGenerateCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "generate",
        "Continue a prompt with text from the model.\nPrints the new text as it comes; it ends at --tokens, at the model's "
        "end-of-text token or at its context length. With --preset, --recipe or --type the text is that of the quantized model, "
        "without writing a file.",
        [options](Session& session) { return run(*options, session); }, [options] { checkRecipeOptions(options->recipe, false); });
    addModel(command, options->model);
    GenerateOptions& settings = options->settings;
    command.add_option("--prompt", options->prompt, "The text to continue.")->required()->type_name("TEXT");
    command.add_option("-n,--tokens", settings.tokenCount, "Tokens to make; 64 if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 24).description(""));
    command.add_option("--temp", settings.temperature, "Temperature; 0, the default, always takes the most probable token.")
        ->type_name("T")
        ->check(CLI::Range(0.0, 100.0).description(""));
    command
        .add_option("--top-p", settings.topP,
                    "Sample from the most probable tokens that together have this probability; 0.95 if not given.")
        ->type_name("P")
        ->check(CLI::Range(0.0, 1.0).description(""));
    command.add_option("--seed", settings.seed, "Seed of the sampling; the same seed gives the same text.")->type_name("N");
    addRecipeOptions(command, options->recipe);
    command.footer("Example:\n  weightwright-cli generate model.gguf --prompt 'The history of the city' -n 40 --temp 0.8 --seed 1");
}

}  // namespace ww::cli
