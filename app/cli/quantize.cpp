// SPDX-License-Identifier: MIT
#include <set>

#include "app/cli/card.h"
#include "app/cli/command_line.h"
#include "app/cli/output_name.h"
#include "app/cli/plan_output.h"
#include "app/cli/recipe_options.h"
#include "app/cli/split.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "jobs/method_loss.h"
#include "jobs/split_export.h"
#include "plan/file_name.h"
#include "plan/preset.h"

namespace ww::cli {
namespace {

struct QuantizeOptions {
    std::string model;
    std::string output;
    bool dryRun = false;
    bool card = false;
    bool resume = false;
    std::vector<std::string> presets;  ///< several files at once
    RecipeOptions recipe;
    SplitOptions split;
};

Result<void> dryRun(const ModelFile& model, const Plan& plan, Session& session)
{
    if (session.json) {
        Json json;
        json["dryRun"] = true;
        json["model"] = model.path().string();
        addNotes(json, model);
        addPlan(json, model, plan);
        session.out.writeJson(json);
        return {};
    }
    printPlanTable(session.out, model, plan);
    session.out.print("\nThe file would have {}. Nothing was written.\n", planSizeText(plan));
    return {};
}

/// The word for the recipe in the names of files.
std::string encodingOf(const RecipeOptions& recipe)
{
    if (!recipe.preset.empty()) {
        const Preset* preset = findPreset(recipe.preset);
        return preset ? std::string(preset->name) : recipe.preset;
    }
    if (recipe.type) return std::string(name(*recipe.type));
    return recipe.recipeFile.empty() ? std::string("mixed") : std::filesystem::path(recipe.recipeFile).stem().string();
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
        addNotes(json, model);
        json["parts"] = Json::array();
        for (const auto& path : summary.paths) json["parts"].push_back(path.string());
        json["seconds"] = number(summary.seconds);
        addPlan(json, model, plan);
        session.out.writeJson(json);
        return {};
    }
    for (const auto& path : summary.paths) session.out.print("{}\n", plainText(path.string()));
    session.out.print("{}: {}, {}.\n", partsText(summary.paths.size()), planSizeText(plan), durationText(summary.seconds));
    return {};
}

Result<ExportSummary> writeWhole(const ModelFile& model, const Plan& plan, const std::filesystem::path& target, bool resume,
                                 const Session& session)
{
    const ExportOrder order{&plan, target, target.string() + ".part", resume};
    WW_TRY(const auto written, exportTogether(model, std::span(&order, 1), session.context()));
    if (const std::size_t count = written.front().resumedTensors; count > 0 && !session.json)
        Session::warn(fmt::format("{} tensors that an interrupted run had finished were taken as they are.", count));
    return written.front();
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

    const auto output = outputFile(options.output, *source, encodingOf(options.recipe));
    if (options.card) WW_TRY_VOID(checkCardTarget(output.parent_path() / "README.md"));
    if (options.split.isSet()) return writeParts(*model, *plan, options, session);
    WW_TRY(const ExportSummary summary, keepSplit ? exportGgufParts(*model, *plan, output, session.context())
                                                  : writeWhole(*model, *plan, output, options.resume, session));
    if (options.card) WW_TRY_VOID(writeCardBeside(summary.path, session));
    WW_TRY(const MethodLoss loss, methodLoss(*model, *plan, session.context()));
    if (session.json) {
        Json json;
        json["dryRun"] = false;
        if (loss.tensors > 0) json["analysis"] = Json{{"tensors", loss.tensors}, {"methodError", number(loss.method)}, {"storedError", number(loss.stored)}};
        json["model"] = model->path().string();
        addNotes(json, *source);
        json["output"] = summary.path.string();
        json["seconds"] = number(summary.seconds);
        json["quantizedTensors"] = summary.quantizedTensors;
        json["copiedTensors"] = summary.copiedTensors;
        json["resumedTensors"] = summary.resumedTensors;
        addPlan(json, *model, *plan);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {}; {} tensors quantized, {} copied, {}.\n", plainText(summary.path.string()), planSizeText(*plan),
                      countText(summary.quantizedTensors), countText(summary.copiedTensors), durationText(summary.seconds));
    if (loss.tensors > 0)
        session.out.print("Relative squared error of the weights of {} {}: {:.3g} by the method, {:.3g} as stored.\n", loss.tensors,
                          loss.tensors == 1 ? "tensor" : "tensors", loss.method, loss.stored);
    return {};
}

Result<void> printSeveral(const ModelFile& model, const std::vector<std::shared_ptr<const Plan>>& plans,
                          const std::vector<ExportOrder>& orders, const std::vector<ExportSummary>& written, bool dryRun,
                          Session& session)
{
    if (session.json) {
        Json json;
        json["dryRun"] = dryRun;
        json["model"] = model.path().string();
        addNotes(json, model);
        json["files"] = Json::array();
        for (std::size_t i = 0; i < plans.size(); ++i) {
            Json one;
            one["output"] = orders[i].target.string();
            addPlan(one, model, *plans[i]);
            json["files"].push_back(std::move(one));
        }
        if (!dryRun) json["seconds"] = number(written.front().seconds);
        session.out.writeJson(json);
        return {};
    }
    for (std::size_t i = 0; i < plans.size(); ++i)
        session.out.print("{}: {}\n", plainText(orders[i].target.string()), planSizeText(*plans[i]));
    if (dryRun)
        session.out.print("Nothing was written.\n");
    else
        session.out.print("{}, {}.\n", plans.size() == 1 ? "1 file" : fmt::format("{} files", plans.size()), durationText(written.front().seconds));
    return {};
}

Result<void> runSeveral(const QuantizeOptions& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    std::vector<std::shared_ptr<const Plan>> plans;
    std::vector<ExportOrder> orders;
    for (const std::string& preset : options.presets) {
        RecipeOptions recipe = options.recipe;
        recipe.preset = preset;
        WW_TRY(auto planned, makePlan(recipe, model, session));
        if (planned.model != model)
            return fail(ErrorCode::InvalidArgument,
                        "Steps that change the model do not go with --presets; write the changed model with \"weightwright-cli "
                        "transform\" and quantize that.");
        const auto target = std::filesystem::path(options.output) / exportFileName(model->path(), model->metadata(), preset);
        orders.push_back({planned.plan.get(), target, target.string() + ".part", options.resume});
        plans.push_back(std::move(planned.plan));
    }
    if (!session.json) {
        for (const ImportNote& note : importNotes(*model)) Session::warn(note.sentence);
        for (const auto& plan : plans) warnAboutPlan(*model, *plan);
    }
    if (options.dryRun) return printSeveral(*model, plans, orders, {}, true, session);
    if (options.card) WW_TRY_VOID(checkCardTarget(std::filesystem::path(options.output) / "README.md"));
    std::error_code failed;
    const bool made = std::filesystem::create_directories(options.output, failed);
    if (failed) return fail(ErrorCode::Unwritable, "The folder cannot be made: " + failed.message() + ".", options.output);
    const auto written = exportTogether(*model, orders, session.context());
    if (!written) {
        if (made) std::filesystem::remove(options.output, failed);  // only when nothing is in it
        return tl::unexpected(written.error());
    }
    if (options.card) WW_TRY_VOID(writeCardBeside(written->front().path, session));
    return printSeveral(*model, plans, orders, *written, false, session);
}

void checkPresets(QuantizeOptions& options)
{
    std::set<std::string> seen;
    for (std::string& name : options.presets) {
        const Preset* preset = findPreset(name);
        if (!preset && !isCopyPreset(name))
            usageError("--presets", "There is no preset \"" + name + "\"; \"weightwright-cli presets\" lists them.");
        name = preset ? std::string(preset->name) : std::string(kCopyPreset);
        if (!seen.insert(name).second) usageError("--presets", name + " is given twice.");
    }
    if (options.recipe.given()) usageError("--presets", "Give either this or --preset, --recipe, --type or --types-from.");
    if (options.recipe.keepSplit || options.split.isSet())
        usageError("--presets", "Several files at once are not split; quantize to one preset after another for that.");
    options.recipe.preset = options.presets.front();
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
        [options](Session& session) { return options->presets.empty() ? run(*options, session) : runSeveral(*options, session); },
        [options] {
            if (!options->presets.empty()) checkPresets(*options);
            checkRecipeOptions(options->recipe, true);
            if (options->recipe.keepSplit && options->split.isSet())
                usageError("--keep-split", "The parts are those of the model; give no limits for other ones.");
            if (options->output.empty() && !options->dryRun)
                usageError("", "Say where to write: -o OUT.gguf, or --dry-run to write nothing.");
            if (options->split.isSet() && !options->dryRun) checkPartName(options->output);
        });
    addModel(command, options->model);
    command.add_option("-o,--output", options->output,
                       "The file to write, or a folder for a file named by the convention of GGUF files "
                       "(Name-Size-FineTune-Version-Type.gguf). An existing one is replaced.")
        ->type_name("OUT.gguf");
    command
        .add_option(
            "--presets", options->presets,
            "Several presets at once, such as Q4_K_M,Q6_K,Q8_0: the model is read and converted once for all. -o is a folder "
            "then, and the files there are called like the model, with the preset at the end.")
        ->type_name("NAME,NAME,…")
        ->delimiter(',');
    command.add_flag("--resume", options->resume,
                     "With gptq, hqq and clip: keep finished tensors, in OUT.gguf.part, also when the work is cancelled or fails. The same "
                     "command then goes on after them, as it does in any case after a crash.");
    command.add_flag("--dry-run", options->dryRun, "Print what would become of each tensor, with sizes, and write nothing.");
    command.add_flag(
        "--card", options->card,
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
        "  weightwright-cli quantize model-F16.gguf -o model-IQ3_XXS.gguf --preset IQ3_XXS --imatrix model.imatrix.gguf\n"
        "  weightwright-cli quantize model-F16.gguf -o FOLDER --presets Q4_K_M,Q6_K,Q8_0");
}

}  // namespace ww::cli
