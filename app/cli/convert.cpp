// SPDX-License-Identifier: MIT
#include <map>
#include <string_view>

#include "app/cli/command_line.h"
#include "app/cli/output_name.h"
#include "app/cli/plan_output.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "jobs/export.h"
#include "plan/plan.h"

namespace ww::cli {
namespace {

struct ConvertOptions {
    std::string model;
    std::string output;
    std::string type = "auto";
};

/// The type that most values of the model have.
std::string_view presetFor(const std::string& type, const ModelFile& model)
{
    if (type != "auto") return type == "f16" ? "F16" : type == "bf16" ? "BF16" : "F32";
    std::map<TensorType, std::uint64_t> values;
    for (const TensorInfo& tensor : model.tensors()) values[tensor.type] += tensor.shape.elements();
    TensorType most = TensorType::F32;
    for (const auto& [stored, count] : values)
        if (count > values[most]) most = stored;
    return most == TensorType::F32 ? "F32" : most == TensorType::BF16 ? "BF16" : "F16";
}

Result<void> run(const ConvertOptions& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    Recipe recipe;
    recipe.preset = presetFor(options.type, *model);
    WW_TRY(const Plan plan, resolve(recipe, *model));
    if (model->metadata().string("tokenizer.ggml.model") == "none")
        Session::warn("No tokenizer was found beside the model; the file will only work with token numbers.");
    if (!session.json) {
        for (const ImportNote& note : importNotes(*model)) Session::warn(note.sentence);
        warnAboutPlan(*model, plan);
    }
    WW_TRY(const ExportSummary summary, exportGguf(*model, plan, outputFile(options.output, *model, recipe.preset), session.context()));
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["output"] = summary.path.string();
        json["architecture"] = model->architecture();
        json["type"] = recipe.preset;
        json["tensors"] = plan.entries.size();
        json["sizeBytes"] = summary.sizeBytes;
        json["seconds"] = number(summary.seconds);
        addNotes(json, *model);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {}, {}, {} tensors, {}.\n", plainText(summary.path.string()), recipe.preset, planSizeText(plan),
                      countText(plan.entries.size()), durationText(summary.seconds));
    return {};
}

}  // namespace

void addConvertCommand(CommandLine& commands)
{
    const auto options = std::make_shared<ConvertOptions>();
    CLI::App& command = commands.add(
        "convert",
        "Convert a model folder from Hugging Face to a GGUF file without quantizing it.\nTo quantize, give the folder to quantize "
        "directly: the result is the same and no second file is needed.",
        [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_option("-o,--output", options->output, "The file to write, or a folder for a file named by the convention of GGUF files (Name-Size-FineTune-Version-Type.gguf). An "
                       "existing one is replaced.")
        ->required()
        ->type_name("OUT.gguf");
    command.add_option("--type", options->type, "f16, bf16, f32, or auto: the type that most values have already. The default is auto.")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"f16", "bf16", "f32", "auto"}).description(""));
    command.footer("Examples:\n  weightwright-cli convert Qwen3-0.6B -o Qwen3-0.6B-BF16.gguf\n"
                   "  weightwright-cli convert Qwen3-0.6B -o Qwen3-0.6B-F16.gguf --type f16\n  weightwright-cli convert Qwen3-0.6B -o .");
}

}  // namespace ww::cli
