// SPDX-License-Identifier: MIT
#include "app/cli/sensitivity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "app/cli/calibration_source.h"
#include "app/cli/command_line.h"
#include "app/cli/memory_option.h"
#include "app/cli/recipe_options.h"
#include "app/cli/table.h"
#include "app/cli/written_files.h"
#include "base/atomic_file.h"
#include "calibration/imatrix_file.h"
#include "eval/text_overlap.h"
#include "import/open_model.h"
#include "io/model_identity.h"
#include "jobs/evaluate.h"
#include "jobs/polish.h"
#include "jobs/sensitivity_job.h"
#include "jobs/working_memory.h"
#include "plan/allocated_recipe.h"
#include "plan/runtime_memory.h"

namespace ww::cli {
namespace {

constexpr double kSecondsPerMinute = 60;

struct MeasureOptions {
    std::string model;
    std::string text;
    std::string importanceFile;
    std::vector<TensorType> formats;
    std::vector<std::string> methods;
    CalibrationSource calibration;
    std::string output;
    std::optional<double> budgetMinutes;
    std::optional<std::uint64_t> memory;
    SensitivityOptions settings;
};

/// What the methods of the recipe need to know of the inputs; null when they need nothing.
Result<std::shared_ptr<const GramFactors>> gramsFor(const std::vector<std::string>& methods, const CalibrationSource& source,
                                                    const std::shared_ptr<const ModelFile>& model, const Session& session)
{
    bool gram = false;
    bool inputs = false;
    for (const std::string& spec : methods) {
        const MethodData needed = dataNeededBy(spec);
        gram |= needed == MethodData::Gram;
        inputs |= needed == MethodData::Inputs;
    }
    if (!gram && !inputs) return std::shared_ptr<const GramFactors>();
    if (!source.given())
        return fail(ErrorCode::MissingCalibration,
                    "The recipe's methods need a calibration of this model to be measured; give --calibration FILE or --calibration-text FILE.");
    WW_TRY(auto calibration, calibrationOf(model, source, {.gram = gram, .gramNeeded = gram, .wantsGram = {}}, session));
    return std::make_shared<const GramFactors>(std::move(calibration));
}

/// Removes a journal that names its run and holds nothing else.
void removeIfEmpty(const std::filesystem::path& journal)
{
    const auto text = readTextFile(journal);
    std::error_code error;
    if (text && std::ranges::count(*text, '\n') <= 1) std::filesystem::remove(journal, error);
}

Result<void> runSensitivity(const MeasureOptions& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> model, openAnyModel(options.model));
    WW_TRY_VOID(checkOutput(options.output, *model));
    WW_TRY(const std::string text, readText(options.text, session));
    SensitivityOptions settings = options.settings;
    settings.textName = options.text;
    if (!options.methods.empty()) {
        settings.method = options.methods.front();
        settings.moreMethods.assign(options.methods.begin() + 1, options.methods.end());
    }
    CalibrationSource calibration = options.calibration;
    if (!calibration.given()) calibration.text = options.text;
    WW_TRY(settings.grams, gramsFor(options.methods, calibration, model, session));
    if (!options.formats.empty()) settings.formats = options.formats;
    if (options.budgetMinutes) settings.budgetSeconds = *options.budgetMinutes * kSecondsPerMinute;
    if (!options.importanceFile.empty()) {
        WW_TRY(ImportanceMatrix matrix, loadImportance(options.importanceFile));
        settings.importance = std::make_shared<const ImportanceMatrix>(std::move(matrix));
    }
    if (settings.grams && !settings.importance)
        settings.importance = std::make_shared<const ImportanceMatrix>(importanceOf(settings.grams->calibration(), true));
    if (options.memory) {
        const WorkingMemory memory = workingMemory(*model, *options.memory, session.pool.threadCount(), WorkingMemoryUse::Sensitivity);
        settings.activationBudgetBytes = memory.activations;
        settings.cacheBudgetBytes = memory.cache;
        settings.gramBudgetBytes = memory.cache;
        settings.logitBudgetBytes = memory.predictions;
        settings.quantizedBudgetBytes = memory.quantized;
    }
    settings.journal = options.output + ".part";
    std::optional<Sensitivity> earlier;
    if (auto file = loadSensitivity(options.output)) earlier = std::move(*file);
    const auto measured = measureSensitivity(model, text, settings, session.context(), earlier ? &*earlier : nullptr);
    if (!measured) {
        removeIfEmpty(settings.journal);
        return tl::unexpected(measured.error());
    }
    const Sensitivity& result = *measured;
    WW_TRY_VOID(saveSensitivity(result, options.output));
    std::error_code error;
    std::filesystem::remove(settings.journal, error);
    const DamageModel damage(result);
    std::size_t probes = 0;
    for (const TensorSensitivity& tensor : result.tensors) probes += tensor.probes.size();
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["output"] = options.output;
        json["tensors"] = result.tensors.size();
        json["probes"] = probes;
        json["probeTokens"] = result.probeTokens;
        session.out.writeJson(json);
        return {};
    }
    for (std::size_t i = 0; i < result.tensors.size(); ++i) {
        const TensorSensitivity& tensor = result.tensors[i];
        std::string line = fmt::format("{:<32}", plainText(tensor.tensor));
        for (const FormatError& format : tensor.formats)
            line += fmt::format("  {} {:.2g}", name(format.format), damage.cost(i, format.format).value_or(0));
        session.out.print("{}\n", line);
    }
    session.out.print("{}: {} tensors, {} probes on {} positions. The figures are the divergence that each format adds.\n",
                      plainText(options.output), result.tensors.size(), probes, countText(result.probeTokens));
    return {};
}

struct AllocateOptions {
    std::string model;
    std::string sensitivityFile;
    AllocationRequest request;
    std::optional<double> targetBits;
    std::vector<std::string> pins;
    std::vector<std::string> minimums;
    std::optional<std::uint64_t> memory;  ///< --fit-memory
    std::uint32_t contextSize = 4096;
    TensorType cacheType = TensorType::F16;
    std::string output;
    std::string measureText;
    std::string importanceFile;
    CalibrationSource calibration;
    DivergenceOptions measure;
    std::uint32_t polish = 0;
};

/// Measures the recipe, corrects the scale of the figures in the file with it, and solves again where that changes the answer.
Result<std::optional<Estimate>> measureRecipe(const AllocateOptions& options, const std::shared_ptr<const ModelFile>& model,
                                              Sensitivity& sensitivity, AllocatedRecipe& allocated, Session& session)
{
    if (options.measureText.empty()) return std::optional<Estimate>();
    WW_TRY(const std::string text, readText(options.measureText, session));
    std::vector<std::string> datasets{sensitivity.textName};
    if (options.request.importance)
        datasets.insert(datasets.end(), options.request.importance->datasets.begin(), options.request.importance->datasets.end());
    if (const std::string warning = overlapWarning(text, options.measureText, datasets); !warning.empty()) Session::warn(warning);
    PlanOptions planOptions;
    planOptions.importance = options.request.importance;
    planOptions.grams = options.request.grams;
    WW_TRY(Plan plan, resolve(allocated.recipe, *model, planOptions));
    WW_TRY(const DivergenceResult result, evaluateDivergence(model, nullptr, std::make_shared<const Plan>(std::move(plan)), text,
                                                             options.measure, session.context()));
    const auto raw = DamageModel(sensitivity).rawSum(allocated.formats);
    if (raw && *raw > 0 && result.meanKld.value > 0) {
        sensitivity.measured.push_back({*raw, result.meanKld.value});
        WW_TRY_VOID(saveSensitivity(sensitivity, options.sensitivityFile));
        WW_TRY(allocated, allocateRecipe(*model, sensitivity, options.request));
    }
    return std::optional<Estimate>(result.meanKld);
}

/// Measured swaps; says what they brought.
Result<void> polish(const AllocateOptions& options, const std::shared_ptr<const ModelFile>& model, const Sensitivity& sensitivity,
                    AllocatedRecipe& allocated, Session& session)
{
    if (options.polish == 0) return {};
    WW_TRY(const std::string text, readText(options.measureText, session));
    PolishOptions settings;
    settings.trials = options.polish;
    settings.evaluation.contextLength = options.measure.contextLength;
    settings.evaluation.maxWindows = options.measure.maxWindows;
    WW_TRY(PolishedRecipe result, polishRecipe(model, sensitivity, options.request, std::move(allocated), text, settings, session.context()));
    allocated = std::move(result.allocated);
    if (!session.json)
        session.out.print("{} swaps were measured, {} kept: divergence {:.6f} before, {:.6f} now on this text.\n", result.measured,
                          result.accepted, result.before.meanKld.value, result.after.meanKld.value);
    return {};
}

Json stepJson(const std::optional<AllocationStep>& step)
{
    if (!step) return {};
    Json json;
    json["bytes"] = step->bytes;
    json["kld"] = number(step->cost);
    return json;
}

/// "+0.0012" or "−0.0012", with a minus sign as wide as the plus.
std::string signedText(double value)
{
    return fmt::format("{}{:.2g}", value < 0 ? "−" : "+", std::abs(value));
}

/// "Q5_K  +18.0 KiB  −0.00031": what the next format up or down would change.
std::string neighbourText(const AllocationTensor& tensor, const std::optional<AllocationStep>& step)
{
    if (!step) return "–";
    return fmt::format("{} {}{} {}", name(tensor.candidates[step->candidate].format), step->bytes < 0 ? "−" : "+",
                       sizeText(std::abs(static_cast<double>(step->bytes))), signedText(step->cost));
}

/// One row per tensor: the format, what it adds, and what its neighbours would change in bytes and divergence.
Result<void> printChoices(Output& out, const ModelFile& model, const Sensitivity& sensitivity, const AllocationRequest& request,
                          const AllocatedRecipe& result)
{
    const DamageModel damage(sensitivity);
    WW_TRY(const std::vector<AllocationTensor> tensors, allocationTensors(model, sensitivity, damage, request));
    using enum Table::Align;
    Table table({{"tensor"}, {"format"}, {"adds KLD", Right}, {"one step up", Right}, {"one step down", Right}, {"because"}});
    for (std::size_t i = 0; i < result.formats.size(); ++i) {
        std::string because = tensors[i].pin ? "pinned" : "least damage for the size";
        if (tensors[i].group != 0) because += ", tied";
        if (!tensors[i].pin && tensors[i].minimum) because += fmt::format(", at least {}", name(*tensors[i].minimum));
        table.addRow({plainText(sensitivity.tensors[i].tensor), std::string(name(result.formats[i])),
                      fmt::format("{:.5f}", damage.cost(i, result.formats[i]).value_or(0)), neighbourText(tensors[i], result.prices[i].up),
                      neighbourText(tensors[i], result.prices[i].down), std::move(because)});
    }
    out.write(table.text());
    return {};
}

/// "REGEX=FORMAT" or "role:ROLE=FORMAT".
Result<std::vector<RecipeRule>> parseConstraints(const std::vector<std::string>& texts)
{
    std::vector<RecipeRule> rules;
    for (const std::string& text : texts) {
        WW_TRY(RecipeRule rule, parseRule(text));
        constexpr std::string_view kRole = "role:";
        if (rule.pattern.starts_with(kRole)) {
            const auto role = roleFromName(std::string_view(rule.pattern).substr(kRole.size()));
            if (!role)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("\"{}\" is no role of a tensor; write for example role:ffn_down=Q6_K.", plainText(rule.pattern)));
            rule.match = RecipeRule::Match::Role;
            rule.role = *role;
            rule.pattern.clear();
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

/// The size of the file that fits the memory beside the cache and the buffers.
Result<std::optional<RuntimeMemory>> fitMemory(AllocateOptions& options, const ModelFile& model)
{
    if (!options.memory) return std::optional<RuntimeMemory>();
    WW_TRY(const RuntimeMemory need, runtimeMemory(model, options.contextSize, options.cacheType));
    if (need.total() >= *options.memory)
        return fail(ErrorCode::TooShort,
                    fmt::format("A context of {} tokens alone needs {} (cache {}, buffers {}); choose a shorter one or --kv-type q8_0.",
                                options.contextSize, sizeText(static_cast<double>(need.total())),
                                sizeText(static_cast<double>(need.keyValueCache)), sizeText(static_cast<double>(need.computeBuffers))));
    options.request.targetBytes = *options.memory - need.total();
    return std::optional<RuntimeMemory>(need);
}

std::vector<std::string> methodsIn(const Sensitivity& sensitivity)
{
    std::vector<std::string> methods{sensitivity.method};
    for (const TensorSensitivity& tensor : sensitivity.tensors)
        for (const FormatError& error : tensor.formats)
            if (!error.method.empty() && std::ranges::find(methods, error.method) == methods.end()) methods.push_back(error.method);
    return methods;
}

Result<void> runAllocate(AllocateOptions options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> model, openAnyModel(options.model));
    WW_TRY_VOID(checkOutput(options.output, *model));
    WW_TRY(Sensitivity sensitivity, loadSensitivity(options.sensitivityFile));
    WW_TRY(options.request.pins, parseConstraints(options.pins));
    WW_TRY(options.request.minimums, parseConstraints(options.minimums));
    WW_TRY(const auto runtime, fitMemory(options, *model));
    if (options.targetBits)
        options.request.targetBytes =
            static_cast<std::uint64_t>(*options.targetBits * static_cast<double>(model->parameterCount()) / 8);
    if (!options.importanceFile.empty()) {
        WW_TRY(ImportanceMatrix matrix, loadImportance(options.importanceFile));
        options.request.importance = std::make_shared<const ImportanceMatrix>(std::move(matrix));
    }
    if (!options.measureText.empty()) {
        WW_TRY(options.request.grams, gramsFor(methodsIn(sensitivity), options.calibration, model, session));
    }
    WW_TRY(AllocatedRecipe result, allocateRecipe(*model, sensitivity, options.request));
    WW_TRY(const auto measured, measureRecipe(options, model, sensitivity, result, session));
    WW_TRY_VOID(polish(options, model, sensitivity, result, session));
    WW_TRY_VOID(saveRecipe(result.recipe, options.output));
    const double bits = 8.0 * static_cast<double>(result.sizeBytes) / static_cast<double>(std::max<std::uint64_t>(1, model->parameterCount()));
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["recipe"] = options.output;
        json["sizeBytes"] = result.sizeBytes;
        json["bitsPerWeight"] = number(bits);
        json["predictedKld"] = number(result.prediction.kld);
        json["predictedLow"] = number(result.prediction.low);
        json["predictedHigh"] = number(result.prediction.high);
        json["rankingOnly"] = result.prediction.rankingOnly;
        json["optimal"] = result.allocation.optimal;
        if (runtime) {
            json["keyValueCacheBytes"] = runtime->keyValueCache;
            json["computeBufferBytes"] = runtime->computeBuffers;
        }
        json["nextMebibyte"] = Json();
        if (result.nextMebibyte) json["nextMebibyte"] = {{"bytes", result.nextMebibyte->bytes}, {"kld", number(-result.nextMebibyte->cost)}};
        json["measuredKld"] = measured ? number(measured->value) : Json();
        Json list = Json::array();
        for (std::size_t i = 0; i < result.formats.size(); ++i) {
            Json entry;
            entry["tensor"] = sensitivity.tensors[i].tensor;
            entry["format"] = name(result.formats[i]);
            entry["method"] = sensitivity.methodOf(i, result.formats[i]);
            entry["kld"] = number(DamageModel(sensitivity).cost(i, result.formats[i]).value_or(0));
            entry["why"] = result.recipe.rules[i].note;
            entry["up"] = stepJson(result.prices[i].up);
            entry["down"] = stepJson(result.prices[i].down);
            list.push_back(std::move(entry));
        }
        json["tensors"] = std::move(list);
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {} ({:.2f} bits per weight), estimated divergence {:.5f} ({:.5f} to {:.5f}{})\n",
                      plainText(options.output), sizeText(static_cast<double>(result.sizeBytes)), bits, result.prediction.kld,
                      result.prediction.low, result.prediction.high, result.prediction.rankingOnly ? "; good for ranking only" : "");
    if (result.nextMebibyte)
        session.out.print("The next mebibyte would buy {} KLD (with {} more).\n", signedText(-result.nextMebibyte->cost),
                          sizeText(static_cast<double>(result.nextMebibyte->bytes)));
    if (runtime)
        session.out.print("With {} tokens of context: weights {}, cache {}, buffers {}, together {}.\n", options.contextSize,
                          sizeText(static_cast<double>(result.sizeBytes)), sizeText(static_cast<double>(runtime->keyValueCache)),
                          sizeText(static_cast<double>(runtime->computeBuffers)),
                          sizeText(static_cast<double>(result.sizeBytes + runtime->total())));
    if (measured) session.out.print("The first choice was measured: {:.6f} ± {:.6f}.\n", measured->value, measured->error);
    session.out.write("\n");
    return printChoices(session.out, *model, sensitivity, options.request, result);
}

struct PredictOptions {
    std::string model;
    std::string sensitivityFile;
    RecipeOptions recipe;
};

Result<void> runPredict(const PredictOptions& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> model, openAnyModel(options.model));
    WW_TRY(const Sensitivity sensitivity, loadSensitivity(options.sensitivityFile));
    WW_TRY(const Hash identity, modelIdentity(*model));
    if (identity != sensitivity.model)
        return fail(ErrorCode::InvalidArgument, "The sensitivities were measured on another model; measure this one.");
    WW_TRY(const PlannedModel planned, makePlan(options.recipe, model, session));
    const auto& plan = planned.plan;
    if (planned.model != model)
        return fail(ErrorCode::InvalidArgument,
                    "A recipe that changes the model cannot be predicted: the sensitivities are those of the model before.");
    if (const std::size_t others = otherMethods(*plan, *model, sensitivity); others > 0)
        Session::warn(fmt::format("The figures of {} of the recipe's tensors were measured with another method than the recipe's; the estimate "
                                  "is that of the method measured.",
                                  others));
    const DamageModel damage(sensitivity);
    const std::vector<TensorType> formats = formatsOf(*plan, *model, sensitivity);
    const auto prediction = damage.predict(formats, plan->bitsPerWeight());
    if (!prediction)
        return fail(ErrorCode::InvalidArgument, "The recipe uses a format that was not measured; name it with sensitivity --formats.");
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["sizeBytes"] = plan->sizeBytes;
        json["predictedKld"] = number(prediction->kld);
        json["predictedLow"] = number(prediction->low);
        json["predictedHigh"] = number(prediction->high);
        json["rankingOnly"] = prediction->rankingOnly;
        json["scale"] = number(damage.scale());
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}, estimated divergence {:.5f} ({:.5f} to {:.5f}{}), estimated perplexity {:+.2f} %\n",
                      sizeText(static_cast<double>(plan->sizeBytes)), prediction->kld, prediction->low, prediction->high,
                      prediction->rankingOnly ? "; good for ranking only" : "", 100 * std::expm1(prediction->logPerplexityRatio));
    return {};
}

void addFormatList(CLI::App& command, std::vector<TensorType>& formats, const std::string& description)
{
    command
        .add_option_function<std::vector<std::string>>(
            "--formats",
            [&formats](const std::vector<std::string>& names) {
                formats.clear();
                for (const std::string& text : names) {
                    const auto format = tensorTypeFromName(text);
                    if (!format || !traits(*format).target)
                        usageError("--formats", fmt::format("\"{}\" is no format to quantize to; \"weightwright-cli formats\" lists them.", text));
                    formats.push_back(*format);
                }
            },
            description)
        ->delimiter(',')
        ->type_name("LIST");
}

CLI::Option* addCount(CLI::App& command, const std::string& name, std::uint32_t& value, int least, const std::string& description)
{
    return command.add_option(name, value, description)->type_name("N")->check(CLI::Range(least, 1 << 20).description(""));
}

void addMeasureCommand(CommandLine& commands)
{
    const auto options = std::make_shared<MeasureOptions>();
    CLI::App& command = commands.add(
        "sensitivity",
        "Measure how much damage each format does to each tensor, and how much of it reaches the predictions.\nThe result is what "
        "\"allocate\" needs. A run that was stopped goes on where it was, and one with more time refines the file.",
        [options](Session& session) { return runSensitivity(*options, session); });
    addModel(command, options->model);
    command.add_option("--text", options->text, "The text to measure on (UTF-8); keep another for judging the result.")
        ->required()
        ->type_name("FILE");
    addImportance(command, options->importanceFile);
    addFormatList(command, options->formats,
                  "Formats to try, separated by commas; those from 2 to 8 bits that are worth it if not given.");
    command
        .add_option_function<std::vector<std::string>>(
            "--method",
            [options](const std::vector<std::string>& specs) {
                for (const std::string& spec : specs)
                    if (const auto method = parseMethod(spec); !method) usageError("--method", method.error().message);
                options->methods = specs;
            },
            "How the stored numbers are chosen, such as gptq; llama.cpp's own search if not given, and for formats that the method cannot "
            "make. May be repeated: every format of every tensor is measured with the best of them, and \"allocate\" names it in the recipe.")
        ->type_name("METHOD")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    addCalibration(command, options->calibration, "");
    command.add_option("--budget-minutes", options->budgetMinutes,
                       "Stop probing after so many minutes; without it every tensor is probed in four formats.")
        ->type_name("M")
        ->check(CLI::Range(0.0, 1e6).description(""));
    addCount(command, "--ctx", options->settings.contextLength, 4, "Tokens per window; 512 if not given.");
    addCount(command, "--chunks", options->settings.calibrationWindows, 1, "Windows for the statistics of the inputs; 32 if not given.");
    addCount(command, "--probe-chunks", options->settings.probeWindows, 1, "Windows for each probe, spread over the text behind those; 10 if not given.");
    addMemory(command, options->memory, "Inputs whose products of all pairs of columns do not fit are described by their squares alone.");
    command.add_option("-o,--output", options->output, "The file to write (JSON).")->required()->type_name("FILE");
    command.footer("Example:\n  weightwright-cli sensitivity model-F16.gguf --text calibration.txt --imatrix model.imatrix.gguf -o model.sensitivity.json");
}

void addMemoryOptions(CLI::App& command, const std::shared_ptr<AllocateOptions>& options)
{
    command
        .add_option_function<std::string>(
            "--fit-memory",
            [options](const std::string& text) {
                options->memory = parseSize(text);
                if (!options->memory) usageError("--fit-memory", fmt::format("\"{}\" is no size; write for example 6GiB.", text));
            },
            "Memory for weights, cache of keys and values, and compute buffers of llama.cpp together.")
        ->type_name("SIZE");
    addCount(command, "--ctx-size", options->contextSize, 1, "With --fit-memory: tokens of context to run with; 4096 if not given.");
    command
        .add_option_function<std::string>(
            "--kv-type",
            [options](const std::string& text) {
                const auto type = tensorTypeFromName(text);
                if (!type) usageError("--kv-type", fmt::format("\"{}\" is no type; write f16 or q8_0.", text));
                options->cacheType = *type;
            },
            "With --fit-memory: type of the cache, f16 or q8_0; f16 if not given.")
        ->type_name("TYPE");
}

void addAllocateCommand(CommandLine& commands)
{
    const auto options = std::make_shared<AllocateOptions>();
    CLI::App& command = commands.add(
        "allocate",
        "Choose a format for every tensor: least damage for a size, or smallest file for a damage.\nThe recipe goes to quantize "
        "--recipe, with the importance matrix that the sensitivities were measured with.",
        [options](Session& session) { return runAllocate(*options, session); },
        [options] {
            const int ways = (options->request.targetBytes ? 1 : 0) + (options->targetBits ? 1 : 0) + (options->request.maximumKld ? 1 : 0) + (options->memory ? 1 : 0);
            if (ways != 1) usageError("", "Give one of --target-size, --target-bpw, --fit-memory and --max-kld.");
            if (options->calibration.given() && options->measureText.empty()) usageError("", "A calibration is needed for --measure only; give --measure too.");
            if (options->polish != 0 && options->measureText.empty()) usageError("--polish", "it needs a text; give --measure too");
        });
    addModel(command, options->model);
    command.add_option("--sensitivity", options->sensitivityFile, "What \"sensitivity\" measured on this model.")->required()->type_name("FILE");
    command
        .add_option_function<std::string>(
            "--target-size",
            [options](const std::string& text) {
                options->request.targetBytes = parseSize(text);
                if (!options->request.targetBytes) usageError("--target-size", fmt::format("\"{}\" is no size; write for example 6GiB, 700MiB or a number of bytes.", text));
            },
            "Size of the whole file, in bytes, MiB or GiB.")
        ->type_name("SIZE");
    command.add_option("--target-bpw", options->targetBits, "Size as bits per weight of the whole file.")->type_name("BITS")->check(CLI::Range(0.1, 64.0).description(""));
    command.add_option("--max-kld", options->request.maximumKld, "The smallest file with at most this mean divergence.")->type_name("KLD")->check(CLI::Range(0.0, 100.0).description(""));
    addMemoryOptions(command, options);
    const auto addRepeated = [&command](const char* flag, std::vector<std::string>& values, const char* type, const char* description) {
        command.add_option(flag, values, description)->type_name(type)->expected(1)->take_all()->allow_extra_args(false);
    };
    addRepeated("--pin", options->pins, "REGEX=FORMAT",
                "Keep tensors whose name matches to a format, such as 'output=Q6_K', or all of a role: 'role:attn_v=Q6_K'. May be "
                "repeated; the first that matches wins.");
    addRepeated("--min-type", options->minimums, "REGEX=FORMAT", "At least as many bits as this format, such as 'token_embd=Q4_K'. As --pin.");
    addRepeated("--tie", options->request.ties, "REGEX", "Tensors of one block that match take the same format, such as 'attn_[qkv]'. May be repeated.");
    addFormatList(command, options->request.allowed, "Formats that may be used, separated by commas; all that were measured if not given.");
    command.add_option("--measure", options->measureText, "Also measure the recipe on this text, correct the estimates in the sensitivity file with it, and choose again.")->type_name("FILE");
    addCount(command, "--polish", options->polish, 1, "With --measure: try so many swaps of formats on the text and keep what is better.");
    addImportance(command, options->importanceFile);
    addCalibration(command, options->calibration, "");
    addCount(command, "--ctx", options->measure.contextLength, 4, "With --measure: tokens per window; 512 if not given.");
    addCount(command, "--chunks", options->measure.maxWindows, 1, "With --measure: only the first N windows.");
    command.add_option("-o,--output", options->output, "The recipe to write (JSON).")->required()->type_name("FILE");
    command.footer("Example:\n  weightwright-cli allocate model-F16.gguf --sensitivity model.sensitivity.json --target-size 6GiB -o recipe.json");
}

void addPredictCommand(CommandLine& commands)
{
    const auto options = std::make_shared<PredictOptions>();
    CLI::App& command = commands.add(
        "predict", "Estimate the divergence of any recipe from measured sensitivities, at once.",
        [options](Session& session) { return runPredict(*options, session); }, [options] {
            options->recipe.requireData = false;
             checkRecipeOptions(options->recipe, true); });
    addModel(command, options->model);
    command.add_option("--sensitivity", options->sensitivityFile, "What \"sensitivity\" measured on this model.")->required()->type_name("FILE");
    addRecipeOptions(command, options->recipe);
}

}  // namespace

void addSensitivityCommands(CommandLine& commands)
{
    addMeasureCommand(commands);
    addAllocateCommand(commands);
    addPredictCommand(commands);
}

}  // namespace ww::cli
