// SPDX-License-Identifier: MIT
#include "app/cli/recipe_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "app/cli/command_line.h"
#include "base/atomic_file.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "jobs/transformed_model.h"
#include "methods/grid.h"
#include "methods/quantizer.h"
#include "plan/preset.h"
#include "plan/recipe_dialects.h"
#include "plan/rule_matcher.h"

namespace ww::cli {
namespace {

constexpr const char* kGroup = "What to store each tensor as";
constexpr std::uint32_t kCalibrationContext = 512;
constexpr std::uint64_t kMaximumRulesBytes = std::uint64_t{16} << 20;

std::string unknownPreset(std::string_view text)
{
    if (const auto format = tensorTypeFromName(text); format && traits(*format).target)
        return fmt::format("\"{0}\" is a format, not a preset; --type {0} --pure stores every matrix in it.", name(*format));
    return fmt::format("There is no preset \"{}\"; \"weightwright-cli presets\" lists them.", text);
}

TensorType formatByName(const std::string& option, const std::string& text)
{
    const auto format = tensorTypeFromName(text);
    if (!format || !traits(*format).target)
        usageError(option, fmt::format("\"{}\" is no format to quantize to; \"weightwright-cli formats\" lists them.", text));
    return *format;
}

Result<Recipe> makeRecipe(const RecipeOptions& o)
{
    Recipe recipe;
    if (!o.recipeFile.empty()) {
        WW_TRY(recipe, loadRecipe(o.recipeFile));
    } else if (!o.preset.empty()) {
        recipe.preset = o.preset;
        recipe.pure = o.pure;
    } else if (!o.type) {
        recipe.preset = std::string(kCopyPreset);  // --types-from says it all
    } else {
        const Preset* preset = o.pure ? nullptr : findPreset(name(*o.type));
        recipe.preset = preset ? std::string(preset->name) : std::string();
        if (!preset) recipe.base = *o.type;
    }
    if (!o.method.empty()) recipe.method = o.method;
    if (o.outputType) recipe.outputType = o.outputType;
    if (o.tokenEmbeddingType) recipe.tokenEmbeddingType = o.tokenEmbeddingType;
    if (o.leaveOutput) {
        recipe.leaveOutput = true;
        recipe.outputType.reset();
    }

    std::vector<RecipeRule> rules;
    for (const std::string& text : o.set) {
        WW_TRY(RecipeRule rule, parseRule(text));
        rules.push_back(std::move(rule));
    }
    if (!o.tensorTypeFile.empty()) {
        WW_TRY(const std::string text, readTextFile(o.tensorTypeFile, kMaximumRulesBytes));
        auto more = rulesFromTensorTypeFile(text);
        if (!more) {
            more.error().path = o.tensorTypeFile;
            return fail(std::move(more.error()));
        }
        rules.insert(rules.end(), more->begin(), more->end());
    }
    if (!o.customQ.empty()) {
        WW_TRY(const auto more, rulesFromCustomQ(o.customQ));
        rules.insert(rules.end(), more.begin(), more.end());
    }
    if (!o.typesFrom.empty()) {
        WW_TRY(const auto typed, openAnyModel(o.typesFrom));
        const auto more = rulesFromModel(*typed);
        rules.insert(rules.end(), more.begin(), more.end());
    }
    recipe.rules.insert(recipe.rules.begin(), rules.begin(), rules.end());
    for (const std::string& text : o.transform) {
        WW_TRY(const TransformStep step, parseTransformStep(text));
        recipe.transform.push_back(step);
    }
    return recipe;
}

/// Gram matrices only of the inputs whose tensors get a method that needs them.
Result<std::shared_ptr<const Calibration>> calibrateFor(const Recipe& recipe, const RecipeOptions& options,
                                                        const std::shared_ptr<const ModelFile>& model, const Session& session)
{
    WW_TRY(const Plan plan, resolve(recipe, *model, {.assumeImportance = true, .requireImportance = false}));
    std::set<std::string, std::less<>> wanted;
    for (const PlanEntry& entry : plan.entries)
        if (entry.quantized && dataNeededBy(entry.method) == MethodData::Gram) wanted.insert(model->tensors()[entry.tensorIndex].name);
    CalibrationNeeds needs;
    needs.gram = needs.gramNeeded = !wanted.empty();
    needs.wantsGram = [&wanted](std::string_view tensor) { return wanted.contains(tensor); };
    return calibrationOf(model, options.calibration, needs, session);
}

/// The model as the steps leave it. What was collected with the model before does not fit it any more.
Result<std::shared_ptr<const ModelFile>> changedModel(const std::vector<TransformStep>& steps, const RecipeOptions& options,
                                                      std::shared_ptr<const ModelFile> model, const Session& session)
{
    const auto refuse = [](const char* what) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The recipe changes the model, so that its weights see other inputs than {}; give the text itself with "
                                "--calibration-text.",
                                what));
    };
    if (!options.importanceFile.empty()) return refuse("those of this importance matrix");
    if (!options.calibration.file.empty()) return refuse("those of this calibration");
    if (options.keepSplit || !options.pruneLayers.empty())
        return fail(ErrorCode::InvalidArgument,
                    "A recipe that changes the model cannot be combined with --keep-split or --prune-layers; transform the model first.");
    std::string text;
    if (std::ranges::any_of(steps, &TransformStep::readsText)) {
        if (options.calibration.text.empty())
            return fail(ErrorCode::InvalidArgument,
                        "The steps smoothquant and awq need a text that shows what the weights see: --calibration-text FILE.");
        WW_TRY(text, readText(options.calibration.text, session));
    }
    return transformedModel(std::move(model), steps, text, kCalibrationContext, gramBudgetBytes(), session.context());
}

/// Options of the method that change nothing: beside the others given, or in the formats that it is used for.
void warnAboutMethodOptions(const std::string& spec, const Plan& plan)
{
    const auto method = parseMethod(spec);
    if (!method) return;
    std::string ofOffsets;
    for (const MethodValues::Value& value : method->values.values()) {
        if (!value.given) continue;
        if (!method->values.takesEffect(*value.option))
            Session::warn(fmt::format("--method {}: the option \"{}\" has no effect beside the others; \"weightwright-cli methods {}\" says what it "
                                      "needs.", spec, value.option->name, method->quantizer->name()));
        else if (value.option->forOffsets)
            ofOffsets += fmt::format("{}{}", ofOffsets.empty() ? "" : ", ", value.option->name);
    }
    if (ofOffsets.empty()) return;
    std::set<TensorType> without;
    for (const PlanEntry& entry : plan.entries)
        if (const GridTraits* grid = entry.method == spec ? gridTraits(entry.target) : nullptr; grid && !grid->hasOffset)
            without.insert(entry.target);
    for (const TensorType type : without)
        Session::warn(fmt::format("--method {}: {} has no offsets, for which these options are, so that they have no effect there ({}).", spec,
                                  name(type), ofOffsets));
}

/// Options that change nothing.
void warnAboutUnused(const RecipeOptions& options, const Recipe& recipe, const Plan& plan, bool stepsReadText)
{
    const auto any = [&](auto matches) { return std::ranges::any_of(plan.entries, matches); };
    const bool importance = any([](const PlanEntry& entry) {
        return entry.quantized && entry.importance && traits(entry.target).importance != ImportanceUse::Ignored;
    });
    const bool grams = any([](const PlanEntry& entry) { return entry.grams != nullptr; });
    if (!options.importanceFile.empty() && !importance)
        Session::warn("--imatrix has no effect: no format of this recipe uses importance.");
    if (options.calibration.given() && !grams && !stepsReadText && (!importance || !options.importanceFile.empty()))
        Session::warn(fmt::format("{} has no effect: no method and no format of this recipe uses what it tells about inputs.",
                                  options.calibration.text.empty() ? "--calibration" : "--calibration-text"));
    if (options.analysisAs != AnalysisAs::Chosen && !any([](const PlanEntry& entry) { return !entry.analysis.empty(); }))
        Session::warn("--as has no effect: GGUF holds all that the methods of this recipe make.");
    if (!recipe.method.empty()) warnAboutMethodOptions(recipe.method, plan);
}

/// Names the options that would give what is missing.
Error withOptions(Error error)
{
    if (error.code == ErrorCode::MissingCalibration)
        error.message += " Options: --calibration-text FILE, or --calibration FILE with what \"weightwright-cli calibrate\" wrote.";
    else if (error.code == ErrorCode::MissingImportance)
        error.message += " Options: --imatrix FILE, --calibration-text FILE or --calibration FILE.";
    return error;
}

}  // namespace

CLI::Option* addFormat(CLI::App& command, const std::string& name, std::optional<TensorType>& format,
                       const std::string& description)
{
    return command
        .add_option_function<std::string>(
            name, [name, &format](const std::string& text) { format = formatByName(name, text); }, description)
        ->type_name("FORMAT");
}

CLI::Option* addMethod(CLI::App& command, std::string& spec, const std::string& description)
{
    return command
        .add_option_function<std::string>(
            "--method",
            [&spec](const std::string& text) {
                if (text.empty()) usageError("--method", "Name a method; \"weightwright-cli methods\" lists them.");
                if (const auto method = parseMethod(text); !method) usageError("--method", method.error().message);
                spec = text;
            },
            description)
        ->type_name("METHOD");
}

CLI::Option* addActivations(CLI::App& command, Activations& activations)
{
    return command
        .add_option_function<std::string>(
            "--activations",
            [&activations](const std::string& text) {
                if (text != "float" && text != "llama.cpp")
                    usageError("--activations", fmt::format("\"{}\" is neither float nor llama.cpp.", text));
                activations = text == "float" ? Activations::Float : Activations::LlamaCpp;
            },
            "How the inputs of layers are computed: float, the default, so that only the weights differ; or llama.cpp, rounded to 8 bits "
            "as llama.cpp's processor code does before it multiplies with quantized weights.")
        ->type_name("KIND");
}

CLI::Option* addImportance(CLI::App& command, std::string& path)
{
    return command
        .add_option(
            "--imatrix", path,
            "An importance matrix of this model, as llama-imatrix writes it (GGUF or .dat): how much each column matters. It "
            "makes formats below about 5 bits more accurate, and some formats need it.")
        ->type_name("FILE");
}

void addRecipeOptions(CLI::App& command, RecipeOptions& options)
{
    command
        .add_option_function<std::string>(
            "--preset",
            [&options](const std::string& text) {
                if (isCopyPreset(text)) {
                    options.preset = kCopyPreset;
                    return;
                }
                const Preset* preset = findPreset(text);
                if (!preset)
                    usageError("--preset",
                               unknownPreset(text));
                options.preset = preset->name;
            },
            "One of llama.cpp's mixtures, such as Q4_K_M: a base format, and a better one for the tensors that need it. "
            "\"weightwright-cli presets\" lists them. COPY keeps every tensor that no --set changes.")
        ->type_name("NAME")
        ->group(kGroup);
    command.add_option("--recipe", options.recipeFile, "A recipe file (JSON), as the window saves it.")
        ->type_name("FILE")
        ->group(kGroup);
    addFormat(
        command, "--type", options.type,
        "A base format, such as Q8_0 or Q4_K, with the rules of the preset of that name (Q4_K stands for Q4_K_M, Q5_K for Q5_K_M, "
        "Q3_K for Q3_K_M). Where there is no such preset, and with --pure, every tensor that can be quantized gets this format.")
        ->group(kGroup);
    command
        .add_flag("--pure", options.pure, "With --type or --preset: the base format for all tensors, without the preset's rules.")
        ->group(kGroup);
    addMethod(command, options.method,
              "How the stored numbers are chosen, for all tensors that no rule gives another method: NAME or "
              "NAME:OPTION=VALUE,OPTION=VALUE. \"weightwright-cli methods\" lists names and options; \"reference\", llama.cpp's "
              "own search, if not given.")
        ->group(kGroup);
    command
        .add_option(
            "--set", options.set,
            "The format of the tensors whose name matches a regular expression, such as 'ffn_down=Q6_K'. May be repeated; the "
            "first that matches wins, and it beats the preset and the rules of the recipe file. REGEX=FORMAT:METHOD also "
            "chooses the method, with options if need be (REGEX=FORMAT:METHOD:OPTION=VALUE); REGEX=IQ3_S:corrected avoids a "
            "defect that llama.cpp's IQ3_S has after 32 zeros in a row.")
        ->type_name("REGEX=FORMAT")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false)
        ->group(kGroup);
    command
        .add_option(
            "--tensor-type-file", options.tensorTypeFile,
            "More such rules, as a file for llama.cpp's option of this name: REGEX=FORMAT items separated by spaces or lines. "
            "They come after those of --set.")
        ->type_name("FILE")
        ->group(kGroup);
    command
        .add_option("--custom-q", options.customQ,
                    "More such rules as ik_llama.cpp's option of this name takes them: REGEX=FORMAT items separated by commas. What "
                    "is no rule but one more option of the method before belongs to that.")
        ->type_name("LIST")
        ->group(kGroup);
    command
        .add_option("--types-from", options.typesFrom,
                    "Give every tensor the type that it has in this GGUF file, after the rules before. Without "
                    "--preset, --recipe and --type all other tensors stay as they are.")
        ->type_name("GGUF")
        ->group(kGroup);
    addFormat(command, "--output-tensor-type", options.outputType, "The format of output.weight, whatever the preset says.")
        ->group(kGroup);
    addFormat(command, "--token-embedding-type", options.tokenEmbeddingType,
              "The format of token_embd.weight, whatever the preset says.")
        ->group(kGroup);
    command.add_flag("--leave-output-tensor", options.leaveOutput, "Keep output.weight as it is in the model.")->group(kGroup);
    addImportance(command, options.importanceFile)->group(kGroup);
    addCalibration(command, options.calibration, kGroup);
    command
        .add_option_function<std::string>(
            "--as",
            [&options](const std::string& text) {
                const std::string form = CLI::detail::to_lower(text);
                if (form != "f16" && form != "nearest") usageError("--as", fmt::format("\"{}\" is neither f16 nor nearest.", text));
                options.analysisAs = form == "f16" ? AnalysisAs::F16 : AnalysisAs::Nearest;
            },
            "How methods that GGUF cannot hold are stored: f16 keeps what they chose, as F16, so that --type has no effect on their "
            "tensors; nearest takes the nearest GGUF format and makes it from the original weights. If not given, what they chose is "
            "rounded again to the format of the recipe, also when it is measured; --type F16 rounds nothing again.")
        ->type_name("f16|nearest")
        ->group(kGroup);
    command
        .add_option("--transform", options.transform,
                    "Change the model first so that it computes the same and loses less: rotation[:SEED], smoothquant[:ALPHA|:search] or "
                    "awq[:TARGET[:ALPHA]], as \"weightwright-cli transform\" explains. May be repeated; steps come after those of a recipe file.")
        ->type_name("STEP")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false)
        ->group(kGroup);
}

void checkRecipeOptions(const RecipeOptions& o, bool required)
{
    const int ways = (o.preset.empty() ? 0 : 1) + (o.recipeFile.empty() ? 0 : 1) + (o.type ? 1 : 0);
    if (ways > 1) usageError("", "--preset, --recipe and --type exclude each other; give one of them.");
    if (required && !o.given()) usageError("", "Say what to quantize to: --preset NAME, --recipe FILE or --type FORMAT.");
    if (o.pure && o.preset.empty() && !o.type)
        usageError("--pure", "This belongs to --preset or --type; a recipe file says for itself what it is.");
    if (o.leaveOutput && o.outputType)
        usageError("", "--leave-output-tensor and --output-tensor-type contradict each other; give one of them.");
    const bool details = !o.set.empty() || !o.tensorTypeFile.empty() || !o.customQ.empty() || o.outputType ||
                         o.tokenEmbeddingType || o.leaveOutput || !o.method.empty() || !o.importanceFile.empty() ||
                         o.calibration.given() || !o.transform.empty();
    if (details && !o.given())
        usageError("", "Rules for single tensors, --method, --imatrix and calibrations need a base: add --preset NAME, --recipe FILE or --type FORMAT.");
    for (const std::string& text : o.transform) stepOf("--transform", text);
    std::set<std::string> patterns;
    std::vector<RecipeRule> rules;
    for (const std::string& text : o.set) {
        const auto rule = parseRule(text);
        if (!rule) usageError("--set", rule.error().message);
        rules.push_back(*rule);
        if (!patterns.insert(rule->pattern).second)
            usageError("--set",
                       fmt::format("The pattern \"{}\" is given twice; the second could never take effect.", rule->pattern));
    }
    if (const auto list = rulesFromCustomQ(o.customQ); !list) usageError("--custom-q", list.error().message);
    if (const auto compiled = RuleMatcher::compile(rules); !compiled) usageError("--set", compiled.error().message);
}

Result<PlannedModel> makePlan(const RecipeOptions& options, std::shared_ptr<const ModelFile> model, const Session& session)
{
    if (!options.given()) return PlannedModel{std::move(model), nullptr};
    WW_TRY(Recipe recipe, makeRecipe(options));
    const bool stepsReadText = std::ranges::any_of(recipe.transform, &TransformStep::readsText);
    if (!recipe.transform.empty()) {
        WW_TRY(model, changedModel(recipe.transform, options, std::move(model), session));
        recipe.transform.clear();
    }
    if (recipe.withImportance && options.importanceFile.empty() && !options.calibration.given() && !session.json)
        Session::warn("This recipe was made for quantizing with an importance matrix, and none is given (--imatrix FILE); the result will be "
                      "worse than it was meant to be.");
    PlanOptions planOptions;
    planOptions.requireImportance = options.requireData;
    planOptions.analysisAs = options.analysisAs;
    if (!options.importanceFile.empty()) {
        WW_TRY(ImportanceMatrix matrix, loadImportance(options.importanceFile));
        planOptions.importance = std::make_shared<const ImportanceMatrix>(std::move(matrix));
    }
    if (options.calibration.given()) {
        WW_TRY(auto calibration, calibrateFor(recipe, options, model, session));
        if (!planOptions.importance) planOptions.importance = std::make_shared<const ImportanceMatrix>(importanceOf(*calibration, true));
        planOptions.grams = std::make_shared<const GramFactors>(std::move(calibration));
    }
    WW_TRY(ModelSurvey survey, ModelSurvey::withoutBlocks(*model, options.pruneLayers));
    if (options.keepSplit) survey.orderAsInSource();
    auto plan = resolve(recipe, survey, planOptions);
    if (!plan) return fail(withOptions(std::move(plan.error())));
    if (!session.json) warnAboutUnused(options, recipe, *plan, stepsReadText);
    return PlannedModel{std::move(model), std::make_shared<const Plan>(*std::move(plan))};
}

}  // namespace ww::cli
