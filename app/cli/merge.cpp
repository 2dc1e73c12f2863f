// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "jobs/rewrite.h"

namespace ww::cli {
namespace {

struct MergeOptions {
    std::string model;
    std::string output;
};

Result<void> run(const MergeOptions& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    WW_TRY(const ExportSummary summary, writeGguf(*model, copyOf(*model), options.output, session.context()));
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["parts"] = model->files().size();
        json["output"] = summary.path.string();
        json["sizeBytes"] = summary.sizeBytes;
        json["seconds"] = number(summary.seconds);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {} of {} {}, {}.\n", plainText(summary.path.string()), sizeText(static_cast<double>(summary.sizeBytes)),
                      model->files().size(), model->files().size() == 1 ? "part" : "parts", durationText(summary.seconds));
    return {};
}

}  // namespace

void addMergeCommand(CommandLine& commands)
{
    const auto options = std::make_shared<MergeOptions>();
    CLI::App& command = commands.add(
        "merge",
        "Join the parts of a split model to one file.\nAny part may be given; the others are found beside it. Weights and metadata "
        "stay as they are.",
        [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_option("-o,--output", options->output, "The file to write. An existing one is replaced; the parts never are.")
        ->required()
        ->type_name("OUT.gguf");
    command.footer("Example:\n  weightwright-cli merge model-00001-of-00003.gguf -o model.gguf");
}

}  // namespace ww::cli
