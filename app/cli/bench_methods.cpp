// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"
#include "app/cli/recipe_options.h"
#include "app/cli/table.h"
#include "base/atomic_file.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "jobs/method_bench.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::vector<std::string> methods;
    std::vector<std::string> formatNames;
    std::string tensors;
    std::string importanceFile;
    CalibrationSource calibration;
    std::string text;
    std::string csv;
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 20;
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

Json rowJson(const MethodBenchRow& row)
{
    Json json;
    json["method"] = row.method;
    json["format"] = name(row.format);
    if (!row.problem.empty()) {
        json["problem"] = row.problem;
        return json;
    }
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

std::string csvText(const std::vector<MethodBenchRow>& rows)
{
    std::string text =
        "method,format,tensors,bits_per_weight,weight_error,output_error,held_out_output_error,kld,kld_standard_error,perplexity,"
        "perplexity_standard_error,seconds,problem\n";
    const auto value = [](const std::optional<Estimate>& e) { return e ? std::optional(e->value) : std::nullopt; };
    const auto error = [](const std::optional<Estimate>& e) { return e ? std::optional(e->error) : std::nullopt; };
    for (const MethodBenchRow& row : rows) {
        text += fmt::format("{},{},", csvCell(row.method), name(row.format));
        if (row.problem.empty())
            text += fmt::format("{},{:.6g},{:.6g},{},{},{},{},{},{},{:.3f},\n", row.tensors, row.bitsPerWeight, row.weightError,
                                figure(row.outputError), figure(row.heldOutOutputError), figure(value(row.kld)), figure(error(row.kld)),
                                figure(value(row.perplexity)), figure(error(row.perplexity)), row.seconds);
        else
            text += fmt::format(",,,,,,,,,,{}\n", csvCell(row.problem));
    }
    return text;
}

void printTable(Output& out, const std::vector<MethodBenchRow>& rows)
{
    using enum Table::Align;
    Table table({{"format"}, {"method"}, {"bits", Right}, {"weights", Right}, {"output", Right}, {"held out", Right}, {"KLD", Right},
                 {"±", Right}, {"perplexity", Right}, {"time", Right}});
    std::string problems;
    for (const MethodBenchRow& row : rows) {
        if (!row.problem.empty()) {
            problems += fmt::format("{} {}: {}\n", name(row.format), row.method, row.problem);
            continue;
        }
        table.addRow({std::string(name(row.format)), row.method, fmt::format("{:.4g}", row.bitsPerWeight),
                      fmt::format("{:.4g}", row.weightError), row.outputError ? fmt::format("{:.4g}", *row.outputError) : "–",
                      row.heldOutOutputError ? fmt::format("{:.4g}", *row.heldOutOutputError) : "–",
                      row.kld ? fmt::format("{:.6f}", row.kld->value) : "–", row.kld ? fmt::format("{:.6f}", row.kld->error) : "–",
                      row.perplexity ? fmt::format("{:.4f}", row.perplexity->value) : "–", durationText(row.seconds)});
    }
    out.write(table.text());
    out.write(problems);
    out.write("Errors are relative squares: of the weights, and of the layers' outputs on the calibration text and on the text held out.\n");
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> model, openAnyModel(options.model));
    MethodBenchOptions settings;
    settings.methods = options.methods;
    settings.tensors = options.tensors;
    for (const std::string& format : options.formatNames) settings.formats.push_back(*tensorTypeFromName(format));
    settings.divergence.contextLength = options.contextLength;
    settings.divergence.maxWindows = options.maxWindows;
    settings.measureModel = !options.text.empty();
    std::string text;
    if (settings.measureModel) {
        WW_TRY(text, readText(options.text, session));
    }
    if (options.calibration.given()) {
        WW_TRY(auto calibration, calibrationOf(model, options.calibration, {.contextLength = options.contextLength, .wantsGram = {}}, session));
        settings.grams = std::make_shared<const GramFactors>(std::move(calibration));
        if (settings.measureModel) {
            WW_TRY(settings.heldOut, gramsOnText(model, text, options.contextLength, options.maxWindows, session.context()));
        }
    }
    if (!options.importanceFile.empty()) {
        WW_TRY(ImportanceMatrix matrix, loadImportance(options.importanceFile));
        settings.importance = std::make_shared<const ImportanceMatrix>(std::move(matrix));
    } else if (settings.grams) {
        settings.importance = std::make_shared<const ImportanceMatrix>(importanceOf(settings.grams->calibration(), true));
    }
    WW_TRY(const auto rows, benchMethods(model, settings, text, session.context()));
    if (!options.csv.empty()) {
        WW_TRY_VOID(writeTextFile(options.csv, csvText(rows)));
    }
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        Json list = Json::array();
        for (const MethodBenchRow& row : rows) list.push_back(rowJson(row));
        json["rows"] = list;
        session.out.writeJson(json);
        return {};
    }
    printTable(session.out, rows);
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
        "perplexity of the whole model, and time. Every tensor gets the format (as with --pure), or those that --tensors names.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            for (const std::string& format : options->formatNames) {
                const auto type = tensorTypeFromName(format);
                if (!type || !traits(*type).target)
                    usageError("--type", fmt::format("\"{}\" is no format to quantize to; \"weightwright-cli formats\" lists them.", format));
            }
            for (const std::string& method : options->methods)
                if (const auto parsed = parseMethod(method); !parsed) usageError("--method", parsed.error().message);
            if (options->text.empty() && !options->calibration.given())
                usageError("", "Say what to measure on: --text FILE for the whole model, --calibration-text FILE or --calibration FILE for the layers, or both.");
        });
    addModel(command, options->model);
    const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* type, const char* description) {
        command.add_option(name, values, description)->required()->type_name(type)->expected(1)->take_all()->allow_extra_args(false);
    };
    repeatable("--method", options->methods, "METHOD", "A method, with options if need be (NAME:OPTION=VALUE,…). May be repeated.");
    repeatable("--type", options->formatNames, "FORMAT", "A format, such as Q4_K. May be repeated.");
    command.add_option("--tensors", options->tensors, "Only the tensors whose name matches; the others stay as they are.")
        ->type_name("REGEX");
    addCalibration(command, options->calibration, {});
    addImportance(command, options->importanceFile);
    command.add_option("--text", options->text, "The text (UTF-8) to measure on; it should be unlike the calibration text.")
        ->type_name("FILE");
    command.add_option("--ctx", options->contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(4, 1 << 20).description(""));
    command.add_option("--chunks", options->maxWindows, "The first N windows of the text to measure on; 20 if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
    command.add_option("--csv", options->csv, "Write the table to this file as well, as CSV.")->type_name("FILE");
    command.footer("Example:\n  weightwright-cli bench-methods model-F16.gguf --type Q4_K --type Q3_K --method reference --method search "
                   "--method gptq --calibration-text calibration.txt --text wiki.test.raw --csv methods.csv");
}

}  // namespace ww::cli
