// SPDX-License-Identifier: MIT
#include "app/cli/card.h"
#include "app/cli/command_line.h"
#include "app/cli/plan_output.h"
#include "app/cli/recipe_options.h"
#include "app/cli/split.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "jobs/split_export.h"

namespace ww::cli {
namespace {

struct QuantizeOptions {
    std::string model;
    std::string output;
    bool dryRun = false;
    bool card = false;
    RecipeOptions recipe;
    SplitOptions split;
};

Result<void> dryRun(const ModelFile& model, const Plan& plan, Session& session)
{
    if (session.json) {
        Json json;
        json["dryRun"] = true;
        json["model"] = model.path().string();
        addPlan(json, model, plan);
        session.out.writeJson(json);
        return {};
    }
    printPlanTable(session.out, model, plan);
    session.out.print("\nThe file would have {}. Nothing was written.\n", planSizeText(plan));
    return {};
}

Result<void> writeParts(const ModelFile& model, const Plan& plan, const QuantizeOptions& options, Session& session)
{
    WW_TRY(const SplitSummary summary,
           writeSplitGguf(model, contentOf(model, plan), options.split.limits(), options.output, session.context()));
    if (options.card) WW_TRY_VOID(writeCardBeside(summary.paths.front(), session));
    if (session.json) {
        Json json;
        json["dryRun"] = false;
        json["model"] = model.path().string();
        json["parts"] = Json::array();
        for (const auto& path : summary.paths) json["parts"].push_back(path.string());
        json["seconds"] = number(summary.seconds);
        addPlan(json, model, plan);
        session.out.writeJson(json);
        return {};
    }
    for (const auto& path : summary.paths) session.out.print("{}\n", plainText(path.string()));
    session.out.print("{} parts: {}, {}.\n", summary.paths.size(), planSizeText(plan), durationText(summary.seconds));
    return {};
}

Result<void> run(const QuantizeOptions& options, Session& session)
{
    WW_TRY(const auto source, openAnyModel(options.model));
    WW_TRY(auto planned, makePlan(options.recipe, source, session));
    const auto& model = planned.model;
    auto& plan = planned.plan;
    const bool keepSplit = options.recipe.keepSplit;
    if (keepSplit) {
        Plan sized = *plan;
        sized.sizeBytes = splitExportBytes(*model, *plan);
        plan = std::make_shared<const Plan>(std::move(sized));
    }
    if (!session.json) {
        for (const ImportNote& note : importNotes(*source)) Session::warn(note.sentence);
        warnAboutPlan(*model, *plan);
    }
    if (options.dryRun) return dryRun(*model, *plan, session);

    if (options.card) WW_TRY_VOID(checkCardTarget(std::filesystem::path(options.output).parent_path() / "README.md"));
    if (options.split.isSet()) return writeParts(*model, *plan, options, session);
    WW_TRY(const ExportSummary summary, keepSplit ? exportGgufParts(*model, *plan, options.output, session.context())
                                                  : exportGguf(*model, *plan, options.output, session.context()));
    if (options.card) WW_TRY_VOID(writeCardBeside(summary.path, session));
    if (session.json) {
        Json json;
        json["dryRun"] = false;
        json["model"] = model->path().string();
        json["output"] = summary.path.string();
        json["seconds"] = number(summary.seconds);
        json["quantizedTensors"] = summary.quantizedTensors;
        json["copiedTensors"] = summary.copiedTensors;
        addPlan(json, *model, *plan);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {}; {} tensors quantized, {} copied, {}.\n", plainText(summary.path.string()), planSizeText(*plan),
                      countText(summary.quantizedTensors), countText(summary.copiedTensors), durationText(summary.seconds));
    return {};
}

}  // namespace

void addQuantizeCommand(CommandLine& commands)
{
    const auto options = std::make_shared<QuantizeOptions>();
    CLI::App& command = commands.add(
        "quantize",
        "Quantize a model and write a GGUF file.\nThe file is byte for byte the one that llama.cpp's own quantizer makes of the "
        "same "
        "model with the same options. It appears under its name only when it is complete; an existing file of that name is "
        "replaced "
        "then. Nothing is left behind when the work fails or is cancelled. The model itself is never overwritten.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            checkRecipeOptions(options->recipe, true);
            if (options->recipe.keepSplit && options->split.isSet())
                usageError("--keep-split", "The parts are those of the model; give no limits for other ones.");
            if (options->output.empty() && !options->dryRun)
                usageError("", "Say where to write: -o OUT.gguf, or --dry-run to write nothing.");
        });
    addModel(command, options->model);
    command.add_option("-o,--output", options->output, "The file to write. An existing one is replaced.")->type_name("OUT.gguf");
    command.add_flag("--dry-run", options->dryRun, "Print what would become of each tensor, with sizes, and write nothing.");
    command.add_flag("--card", options->card,
                     "Also write a model card: README.md beside the file, with all files of this model there. The command card measures, too.");
    addSplitOptions(command, options->split);
    addRecipeOptions(command, options->recipe);
    command.add_flag("--keep-split", options->recipe.keepSplit,
                     "Write as many files as the model has: OUT-00001-of-00003.gguf and so on, each tensor in the part that it is "
                     "in now.");
    command
        .add_option("--prune-layers", options->recipe.pruneLayers,
                    "Leave out these blocks, such as 3,4,7; the others are numbered anew. Names in --set are those in the new "
                    "file, names in the importance matrix those of the model.")
        ->type_name("N,N,…")
        ->delimiter(',');
    command.footer(
        "Examples:\n  weightwright-cli quantize model-F16.gguf -o model-Q4_K_M.gguf --preset Q4_K_M\n"
        "  weightwright-cli quantize model-F16.gguf --preset Q4_K_M --set 'ffn_down=Q6_K' --dry-run\n"
        "  weightwright-cli quantize model-F16.gguf -o model.gguf --type Q8_0 --pure\n"
        "  weightwright-cli quantize model-F16.gguf -o model-IQ3_XXS.gguf --preset IQ3_XXS --imatrix model.imatrix.gguf");
}

}  // namespace ww::cli
