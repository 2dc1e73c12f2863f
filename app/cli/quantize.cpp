// SPDX-License-Identifier: MIT
#include <set>

#include "app/cli/card.h"
#include "app/cli/command_line.h"
#include "app/cli/output_name.h"
#include "app/cli/plan_output.h"
#include "app/cli/recipe_options.h"
#include "app/cli/split.h"
#include "app/cli/table.h"
#include "app/cli/written_files.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "jobs/export_journal.h"
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
    if (const std::string methods = methodsText(plan, model); !methods.empty()) session.out.print("\nMethods – {}.\n", methods);
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

ExportOrder orderOf(const Plan& plan, const std::filesystem::path& target, bool resume)
{
    return {&plan, target, target.string() + ".part", resume};
}

/// What a person should know of the finished tensors of methods that take long: whether an earlier run's were used, whether there
/// was no room for them, and whether they are still there after a cancel or a failure.
void sayWhatWasKept(std::span<const ExportOrder> orders, const Result<std::vector<ExportSummary>>& written)
{
    for (std::size_t i = 0; i < orders.size(); ++i) {
        const std::string journal = orders[i].journal.string();
        if (!written && ExportJournal::exists(journal))
            Session::warn(fmt::format("The finished tensors are kept in {}; the same command goes on after them.", journal));
        else if (!written && !orders[i].keepUnfinished && written.error().code == ErrorCode::Cancelled && takesLong(*orders[i].plan))
            Session::warn("Finished tensors are not kept when the work is cancelled, unless --resume is given.");
        if (!written) continue;
        if (const std::size_t count = (*written)[i].resumedTensors; count > 0)
            Session::warn(fmt::format("{} that an interrupted run had finished {}.", countText(count, "tensor"),
                                      count == 1 ? "was taken as it is" : "were taken as they are"));
        if ((*written)[i].journalGivenUp)
            Session::warn(fmt::format("The disk had no room to keep finished tensors in {} besides the file itself; had the work been "
                                      "interrupted, it would have begun anew.", journal));
    }
}

Result<std::vector<ExportSummary>> writeTogether(const ModelFile& model, std::span<const ExportOrder> orders, const Session& session)
{
    auto written = exportTogether(model, orders, session.context());
    if (!session.json) sayWhatWasKept(orders, written);
    return written;
}

Result<ExportSummary> writeWhole(const ModelFile& model, const Plan& plan, const std::filesystem::path& target, bool resume,
                                 const Session& session)
{
    const ExportOrder order = orderOf(plan, target, resume);
    WW_TRY(const auto written, writeTogether(model, std::span(&order, 1), session));
    return written.front();
}

/// Before texts are read and matrices collected, which may take long.
Result<void> checkTargets(const QuantizeOptions& options, const ModelFile& source)
{
    if (options.dryRun) return {};
    if (options.split.isSet()) return checkOutput(pathOfPart(options.output, 0, 1).string(), source);
    const auto output = outputFile(options.output, source, encodingOf(options.recipe));
    if (options.card) WW_TRY_VOID(checkCardTarget(output.parent_path() / "README.md"));
    return checkOutput(output.string(), source);
}

Result<void> run(const QuantizeOptions& options, Session& session)
{
    WW_TRY(const auto source, openAnyModel(options.model));
    WW_TRY_VOID(checkTargets(options, *source));
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
        if (options.resume && !takesLong(*plan))
            Session::warn("--resume has no effect: no method of this recipe takes long enough to keep its tensors.");
    }
    if (options.dryRun) return dryRun(*model, *plan, session);

    const auto output = outputFile(options.output, *source, encodingOf(options.recipe));
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
    session.out.print("{}: {}; {} quantized, {} copied, {}.\n", plainText(summary.path.string()), planSizeText(*plan),
                      countText(summary.quantizedTensors, "tensor"), countText(summary.copiedTensors), durationText(summary.seconds));
    if (const std::string methods = methodsText(*plan, *model); !methods.empty()) session.out.print("Methods – {}.\n", methods);
    if (loss.tensors > 0)
        session.out.print("Relative squared error of the weights of {}: {:.3g} by the method, {:.3g} as stored.\n",
                          countText(loss.tensors, "tensor"), loss.method, loss.stored);
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
        session.out.print("{}, {}.\n", countText(plans.size(), "file"), durationText(written.front().seconds));
    return {};
}

Result<void> writeSeveral(const QuantizeOptions& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    const auto targetOf = [&](const std::string& preset) {
        return std::filesystem::path(options.output) / exportFileName(model->path(), model->metadata(), preset);
    };
    if (!options.dryRun) {
        if (options.card) WW_TRY_VOID(checkCardTarget(std::filesystem::path(options.output) / "README.md"));
        for (const std::string& preset : options.presets) WW_TRY_VOID(checkOutput(targetOf(preset).string(), *model));
    }
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
        orders.push_back(orderOf(*planned.plan, targetOf(preset), options.resume));
        plans.push_back(std::move(planned.plan));
    }
    if (!session.json) {
        for (const ImportNote& note : importNotes(*model)) Session::warn(note.sentence);
        for (const auto& plan : plans) warnAboutPlan(*model, *plan);
    }
    if (options.dryRun) return printSeveral(*model, plans, orders, {}, true, session);
    const auto written = writeTogether(*model, orders, session);
    if (!written) return tl::unexpected(written.error());
    if (options.card) WW_TRY_VOID(writeCardBeside(written->front().path, session));
    return printSeveral(*model, plans, orders, *written, false, session);
}

Result<void> runSeveral(const QuantizeOptions& options, Session& session)
{
    if (options.dryRun) return writeSeveral(options, session);
    std::error_code failed;
    const bool made = std::filesystem::create_directories(options.output, failed);
    if (failed) return fail(ErrorCode::Unwritable, "The folder cannot be made: " + failed.message() + ".", options.output);
    auto result = writeSeveral(options, session);
    if (!result && made) std::filesystem::remove(options.output, failed);  // only when nothing is in it
    return result;
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
                     "With search, gptq, hqq and clip: keep finished tensors, in OUT.gguf.part, also when the work is cancelled or fails. The same "
                     "command then goes on after them, as it does in any case after a crash; what it went on after then stays, too.");
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
