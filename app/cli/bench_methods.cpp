// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "app/cli/command_line.h"
#include "app/cli/recipe_options.h"
#include "app/cli/table.h"
#include "app/cli/text_warnings.h"
#include "app/cli/written_files.h"
#include "base/atomic_file.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "jobs/method_bench.h"
#include "jobs/transformed_model.h"
#include "methods/method_stages.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::vector<std::string> methods;
    std::vector<std::string> transform;
    std::vector<std::string> formatNames;
    std::string tensors;
    std::string importanceFile;
    CalibrationSource calibration;
    std::string text;
    std::string csv;
    Activations activations = Activations::Float;
    bool stages = false;
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 20;
};

/// A row and what was done to the model before.
struct StagedRow {
    std::string steps;  ///< joined by " + "; empty: nothing
    MethodBenchRow row;
};

Json optionalNumber(const std::optional<double>& value)
{
    return value ? number(*value) : Json();
}

Json estimateJson(const std::optional<Estimate>& value)
{
    if (!value) return {};
    return {{"value", number(value->value)}, {"standardError", number(value->error)}};
}

Json rowJson(const StagedRow& staged)
{
    const MethodBenchRow& row = staged.row;
    Json json;
    json["steps"] = staged.steps;
    json["method"] = row.method;
    json["format"] = name(row.format);
    if (!row.problem.empty()) {
        json["problem"] = row.problem;
        return json;
    }
    json["warnings"] = Json::array();
    for (const PlanWarning& warning : row.warnings) json["warnings"].push_back(warning.text());
    json["tensors"] = row.tensors;
    json["bitsPerWeight"] = number(row.bitsPerWeight);
    json["weightError"] = number(row.weightError);
    json["outputError"] = optionalNumber(row.outputError);
    json["heldOutOutputError"] = optionalNumber(row.heldOutOutputError);
    json["kld"] = estimateJson(row.kld);
    json["perplexity"] = estimateJson(row.perplexity);
    json["seconds"] = number(row.seconds);
    return json;
}

std::string figure(const std::optional<double>& value)
{
    return value ? fmt::format("{:.6g}", *value) : std::string();
}

/// A cell of CSV; specs of methods hold commas.
std::string csvCell(std::string_view text)
{
    std::string cell = "\"";
    for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
    return cell + "\"";
}

std::string csvText(const std::vector<StagedRow>& rows)
{
    std::string text =
        "method,format,tensors,bits_per_weight,weight_error,output_error,held_out_output_error,kld,kld_standard_error,perplexity,"
        "perplexity_standard_error,seconds,problem,steps\n";
    const auto value = [](const std::optional<Estimate>& e) { return e ? std::optional(e->value) : std::nullopt; };
    const auto error = [](const std::optional<Estimate>& e) { return e ? std::optional(e->error) : std::nullopt; };
    for (const auto& [steps, row] : rows) {
        text += fmt::format("{},{},", csvCell(row.method), name(row.format));
        if (row.problem.empty())
            text += fmt::format("{},{:.6g},{:.6g},{},{},{},{},{},{},{:.3f},,{}\n", row.tensors, row.bitsPerWeight, row.weightError,
                                figure(row.outputError), figure(row.heldOutOutputError), figure(value(row.kld)), figure(error(row.kld)),
                                figure(value(row.perplexity)), figure(error(row.perplexity)), row.seconds, csvCell(steps));
        else
            text += fmt::format(",,,,,,,,,,{},{}\n", csvCell(row.problem), csvCell(steps));
    }
    return text;
}

void printTable(Output& out, const std::vector<StagedRow>& rows, bool staged)
{
    using enum Table::Align;
    std::vector<Table::Column> columns{{"format"}, {"method"}, {"bits", Right}, {"weights", Right}, {"output", Right}, {"held out", Right},
                                       {"KLD", Right}, {"±", Right}, {"perplexity", Right}, {"time", Right}};
    if (staged) columns.insert(columns.begin(), Table::Column{"steps"});
    Table table(std::move(columns));
    std::string problems;
    for (const auto& [steps, row] : rows) {
        if (!row.problem.empty()) {
            problems += fmt::format("{} {}: {}\n", name(row.format), row.method, row.problem);
            continue;
        }
        std::vector<std::string> cells{std::string(name(row.format)), row.method, fmt::format("{:.4g}", row.bitsPerWeight),
                      fmt::format("{:.4g}", row.weightError), row.outputError ? fmt::format("{:.4g}", *row.outputError) : "–",
                      row.heldOutOutputError ? fmt::format("{:.4g}", *row.heldOutOutputError) : "–",
                      row.kld ? fixedText(row.kld->value, 6) : "–", row.kld ? fmt::format("{:.6f}", row.kld->error) : "–",
                      row.perplexity ? fmt::format("{:.4f}", row.perplexity->value) : "–", durationText(row.seconds)};
        if (staged) cells.insert(cells.begin(), steps.empty() ? "–" : steps);
        table.addRow(std::move(cells));
    }
    out.write(table.text());
    out.write(problems);
    out.write("Errors are relative squares: of the weights, and of the layers' outputs on the calibration text and on the text held out; "
              "methods that weigh columns by importance may have a larger error of the weights than others and lose less.\n");
}

/// Each sentence once, with the combinations that it is about.
void warnAboutRows(const std::vector<StagedRow>& rows)
{
    std::vector<std::pair<std::string, std::string>> sentences;
    for (const auto& [steps, row] : rows)
        for (const PlanWarning& warning : row.warnings) {
            const std::string text = warning.text();
            const std::string label = fmt::format("{} {}", name(row.format), row.method);
            const auto known = std::ranges::find(sentences, text, &std::pair<std::string, std::string>::second);
            if (known == sentences.end())
                sentences.emplace_back(label, text);
            else if (known->first.find(label) == std::string::npos)
                known->first += ", " + label;
        }
    for (const auto& [labels, text] : sentences) Session::warn(fmt::format("{}: {}", labels, text));
}

/// All combinations on one model. `changed`: steps lie before it, so that only the text itself shows what it sees.
Result<std::vector<MethodBenchRow>> benchOne(const std::shared_ptr<const ModelFile>& model, const Options& options,
                                             MethodBenchOptions settings, const std::string& text, bool changed, const Session& session)
{
    if (options.calibration.given()) {
        WW_TRY(auto calibration, calibrationOf(model, options.calibration, {.contextLength = options.contextLength, .wantsGram = {}}, session));
        settings.grams = std::make_shared<const GramFactors>(std::move(calibration));
        if (settings.measureModel) {
            WW_TRY(settings.heldOut, gramsOnText(model, text, options.contextLength, options.maxWindows, session.context()));
        }
    }
    if (!options.importanceFile.empty() && !changed) {
        WW_TRY(ImportanceMatrix matrix, loadImportance(options.importanceFile));
        settings.importance = std::make_shared<const ImportanceMatrix>(std::move(matrix));
    } else if (settings.grams) {
        settings.importance = std::make_shared<const ImportanceMatrix>(importanceOf(settings.grams->calibration(), true));
    }
    if (settings.measureModel && !changed) {  // once: later stages read the same texts
        std::vector<std::string> datasets = settings.importance ? settings.importance->datasets : std::vector<std::string>();
        if (settings.grams) datasets.push_back(settings.grams->calibration().textName);
        warnAboutOverlap(text, options.text, datasets);
    }
    return benchMethods(model, settings, text, session.context());
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> original, openAnyModel(options.model));
    if (!options.csv.empty()) {
        WW_TRY_VOID(checkOutput(options.csv, *original));
    }
    MethodBenchOptions settings;
    for (const std::string& method : options.methods)
        for (std::string& stage : options.stages ? methodStages(method) : std::vector{method})
            if (std::ranges::find(settings.methods, stage) == settings.methods.end()) settings.methods.push_back(std::move(stage));
    settings.tensors = options.tensors;
    for (const std::string& format : options.formatNames) settings.formats.push_back(*tensorTypeFromName(format));
    settings.divergence.contextLength = options.contextLength;
    settings.divergence.maxWindows = options.maxWindows;
    settings.measureModel = !options.text.empty();
    settings.original = original;
    settings.activations = options.activations;
    std::string text;
    if (settings.measureModel) {
        WW_TRY(text, readText(options.text, session));
    }
    if (!session.json) warnAboutContext(*original, options.contextLength);
    std::string calibrationText;
    if (!options.transform.empty() && !options.calibration.text.empty()) {
        WW_TRY(calibrationText, readText(options.calibration.text, session));
    }
    std::vector<StagedRow> rows;
    std::shared_ptr<const ModelFile> model = original;
    std::string steps;
    for (std::size_t stage = 0; stage <= options.transform.size(); ++stage) {
        if (stage > 0) {
            const std::string& step = options.transform[stage - 1];
            const std::array one{stepOf("--transform", step)};
            WW_TRY(model, transformedModel(std::move(model), one, calibrationText, options.contextLength, gramBudgetBytes(), session.context()));
            steps += steps.empty() ? step : " + " + step;
        }
        WW_TRY(auto measured, benchOne(model, options, settings, text, stage > 0, session));
        for (MethodBenchRow& row : measured) rows.push_back({steps, std::move(row)});
    }
    if (std::ranges::all_of(rows, [](const StagedRow& row) { return !row.row.problem.empty(); }))
        return fail(ErrorCode::InvalidArgument, fmt::format("Nothing was measured. {} {}: {}", name(rows.front().row.format),
                                                            rows.front().row.method, rows.front().row.problem));
    if (!session.json) warnAboutRows(rows);
    if (!options.csv.empty()) {
        WW_TRY_VOID(writeTextFile(options.csv, csvText(rows)));
    }
    if (session.json) {
        Json json;
        json["model"] = original->path().string();
        Json list = Json::array();
        for (const StagedRow& row : rows) list.push_back(rowJson(row));
        json["rows"] = list;
        session.out.writeJson(json);
        return {};
    }
    printTable(session.out, rows, !options.transform.empty());
    return {};
}

}  // namespace

void addBenchMethodsCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "bench-methods",
        "Compare methods of quantizing in several formats on one model.\nFor each combination: bits per weight, relative squared error "
        "of the weights, of the layers' outputs on the calibration text and on the first windows of the other text, divergence and "
        "perplexity of the whole model, and time. The error of the weights counts all columns alike, although search, gptq and others "
        "minimise another one: judge by the outputs and the divergence. Every tensor gets the format (as with --pure), or those that --tensors names.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            for (const std::string& format : options->formatNames) {
                const auto type = tensorTypeFromName(format);
                if (!type || !traits(*type).target)
                    usageError("--type", fmt::format("\"{}\" is no format to quantize to; \"weightwright-cli formats\" lists them.", format));
            }
            for (const std::string& method : options->methods)
                if (const auto parsed = parseMethod(method); !parsed) usageError("--method", parsed.error().message);
            bool reads = false;
            for (const std::string& step : options->transform) reads = stepOf("--transform", step).readsText() || reads;
            if (reads && options->calibration.text.empty())
                usageError("--transform", "smoothquant and awq need a text that shows what the weights see: --calibration-text FILE.");
            if (!options->transform.empty() && (!options->calibration.file.empty() || !options->importanceFile.empty()))
                usageError("--transform", "What was collected with the model before does not fit it any more; give --calibration-text FILE.");
            if (options->text.empty() && options->activations != Activations::Float)
                usageError("--activations", "It is for the whole model, which runs on a text only: --text FILE.");
            if (options->text.empty() && !options->calibration.given())
                usageError("", "Say what to measure on: --text FILE for the whole model, --calibration-text FILE or --calibration FILE for the layers, or both.");
        });
    addModel(command, options->model);
    const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* type, const char* description) {
        command.add_option(name, values, description)->required()->type_name(type)->expected(1)->take_all()->allow_extra_args(false);
    };
    repeatable("--method", options->methods, "METHOD", "A method, with options if need be (NAME:OPTION=VALUE,…). May be repeated.");
    repeatable("--type", options->formatNames, "FORMAT", "A format, such as Q4_K. May be repeated.");
    command
        .add_option("--transform", options->transform,
                    "A step that changes the model first, as of \"weightwright-cli transform\". May be repeated: everything is measured without "
                    "steps, after the first, after the second and so on, so that one sees which helped.")
        ->type_name("STEP")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    command.add_option("--tensors", options->tensors, "Only the tensors whose name matches; the others stay as they are.")
        ->type_name("REGEX");
    addCalibration(command, options->calibration, {});
    addImportance(command, options->importanceFile);
    command.add_option("--text", options->text, "The text (UTF-8) to measure on; it should be unlike the calibration text.")
        ->type_name("FILE");
    addActivations(command, options->activations);
    command.add_option("--ctx", options->contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(4, 1 << 20).description(""));
    command.add_option("--chunks", options->maxWindows, "The first N windows of the text to measure on; 20 if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
    command.add_flag("--stages", options->stages,
                     "Also measure methods after each of their steps: scales, codes, then every kind of polish.");
    command.add_option("--csv", options->csv, "Write the table to this file as well, as CSV.")->type_name("FILE");
    command.footer("Example:\n  weightwright-cli bench-methods model-F16.gguf --type Q4_K --type Q3_K --method reference --method search "
                   "--method gptq --calibration-text calibration.txt --text wiki.test.raw --csv methods.csv");
}

}  // namespace ww::cli
