// SPDX-License-Identifier: MIT
#include "app/cli/calibrate.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "app/cli/calibration_source.h"
#include "app/cli/command_line.h"
#include "app/cli/memory_option.h"
#include "app/cli/table.h"
#include "app/cli/text_warnings.h"
#include "app/cli/written_files.h"
#include "calibration/calibration_file.h"
#include "calibration/weight_sample.h"
#include "import/open_model.h"
#include "io/model_identity.h"
#include "jobs/working_memory.h"
#include "model/weight_source.h"
#include "plan/plan_warning.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string text;
    std::string output;
    bool gram = false;
    bool noGram = false;
    std::optional<std::uint64_t> memory;
    CalibrationOptions settings;
};

/// A text of a single window has no second half to compare with.
bool hasHalves(const InputStatistics& input)
{
    return input.halfCount > 0 && input.halfCount < input.count;
}

/// The same words as those of a plan that uses such a calibration.
void warnAboutFewTokens(const Calibration& calibration)
{
    std::uint64_t matrices = 0;
    std::uint64_t needed = 0;
    for (const InputStatistics& input : calibration.inputs) {
        if (input.gram.empty() || input.count == 0 || input.count >= tokensNeeded(input.columns)) continue;
        matrices += input.tensors.size();
        needed = std::max(needed, tokensNeeded(input.columns));
    }
    if (matrices > 0) Session::warn(PlanWarning{WarningKind::TextTooShort, {needed}, matrices}.text());
}

Json inputJson(const InputStatistics& input)
{
    Json json;
    json["tensors"] = input.tensors;
    json["matrix"] = input.matrix;
    json["columns"] = input.columns;
    json["count"] = input.count;
    json["agreement"] = hasHalves(input) ? number(input.splitHalfAgreement()) : Json();
    return json;
}

/// The inputs whose halves of the text differ most say whether the text was long enough.
void printAgreement(Output& out, const Calibration& calibration)
{
    constexpr std::size_t kShown = 3;
    std::vector<const InputStatistics*> inputs;
    std::size_t unreached = 0;
    for (const InputStatistics& input : calibration.inputs)
        if (input.count > 0)
            inputs.push_back(&input);
        else
            ++unreached;
    std::ranges::stable_sort(inputs, {}, [](const InputStatistics* input) { return input->splitHalfAgreement(); });
    if (inputs.size() > kShown) inputs.resize(kShown);
    using enum Table::Align;
    Table table({{"least settled inputs"}, {"columns", Right}, {"rows", Right}, {"halves agree to", Right}});
    for (const InputStatistics* input : inputs)
        table.addRow({plainText(input->tensors.front()), countText(input->columns), countText(input->count),
                      hasHalves(*input) ? fmt::format("{:.2f} %", 100 * input->splitHalfAgreement()) : "–"});
    out.write(table.text());
    if (unreached > 0) out.print("{} experts were not reached at all; use a longer or more varied text.\n", unreached);
    out.write("--json lists all inputs.\n");
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> file, openAnyModel(options.model));
    WW_TRY_VOID(checkOutput(options.output, *file));
    WW_TRY(const auto tokenizer, Tokenizer::create(file->metadata()));
    WW_TRY(const auto model, LanguageModel::create(fileWeights(file)));
    WW_TRY(const std::string text, readText(options.text, session));
    if (!session.json) warnAboutContext(*file, options.settings.contextLength);
    CalibrationOptions settings = options.settings;
    settings.textName = options.text;
    settings.gramBudgetBytes = gramBudgetBytes();
    if (options.memory) {
        const WorkingMemory memory = workingMemory(*file, *options.memory, session.pool.threadCount(), WorkingMemoryUse::Calibration);
        settings.activationBudgetBytes = memory.activations;
        settings.gramBudgetBytes = memory.cache;
    }
    settings.collectGram = options.gram || (!options.noGram && gramBytes(*file) <= settings.gramBudgetBytes);
    if (!settings.collectGram && !options.noGram && !session.json)
        Session::warn(fmt::format("The products of all pairs of columns would take {}, so they are left out; methods that need them, such "
                                  "as gptq, cannot use the file. --gram collects them all the same.",
                                  sizeText(static_cast<double>(gramBytes(*file)))));
    if (options.gram) settings.gramBudgetBytes = std::numeric_limits<std::uint64_t>::max();
    StoredCalibration stored;
    WW_TRY(stored.model, modelIdentity(*file));
    stored.settings = Hasher().hash(stored.model).text(text).number(settings.contextLength).number(settings.maxWindows).number(settings.collectGram ? 1 : 0).finish();
    settings.identity = stored.settings;
    settings.checkpoint = options.output + ".part";
    WW_TRY(stored.calibration, calibrate(*model, *tokenizer, text, settings, session.context()));
    WW_TRY(stored.weights, weightSample(*file, stored.calibration));
    WW_TRY_VOID(saveCalibration(stored, options.output));
    std::error_code error;
    std::filesystem::remove(settings.checkpoint, error);
    const Calibration& calibration = stored.calibration;
    double least = 1;
    for (const InputStatistics& input : calibration.inputs)
        if (hasHalves(input)) least = std::min(least, input.splitHalfAgreement());
    if (session.json) {
        Json json;
        json["model"] = file->path().string();
        json["output"] = options.output;
        json["tokens"] = calibration.tokens;
        json["windows"] = calibration.windows;
        json["contextLength"] = calibration.contextLength;
        json["gram"] = settings.collectGram;
        json["leastAgreement"] = std::ranges::any_of(calibration.inputs, hasHalves) ? number(least) : Json();
        Json list = Json::array();
        for (const InputStatistics& input : calibration.inputs) list.push_back(inputJson(input));
        json["inputs"] = std::move(list);
        session.out.writeJson(json);
        return {};
    }
    warnAboutFewTokens(calibration);
    session.out.print("{}: {} from {} in {} of {}; Gram matrices {}.\n", plainText(options.output),
                      countText(calibration.inputs.size(), "input"), countText(calibration.tokens, "token"),
                      countText(calibration.windows, "window"), calibration.contextLength, settings.collectGram ? "collected" : "left out");
    printAgreement(session.out, calibration);
    return {};
}

}  // namespace

void addCalibrateCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "calibrate",
        "Collect everything that methods need to know of the inputs of each weight matrix.\nA run that was cancelled or killed leaves "
        "what it had collected in FILE.part; the same command goes on from there, and removes it when FILE is complete. How far "
        "both halves of the text agree says whether it was long enough.",
        [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_option("--text", options->text, "The text to read (UTF-8); keep another for judging the result.")->required()->type_name("FILE");
    command.add_option("-o,--output", options->output, "The file to write.")->required()->type_name("FILE");
    CLI::Option* const gram = command.add_flag("--gram", options->gram,
                                               "The products of all pairs of columns as well, which GPTQ needs, however much memory they "
                                               "take. Without this option they are collected when they fit into half of the memory, or of --memory.");
    command.add_flag("--no-gram", options->noGram, "Leave them out; the file is much smaller.")->excludes(gram);
    addMemory(command, options->memory, "Gram matrices that do not fit are left out, unless --gram is given.");
    command.add_option("--ctx", options->settings.contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 20).description(""));
    command.add_option("--chunks", options->settings.maxWindows, "Only the first N windows; all if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
}

}  // namespace ww::cli
