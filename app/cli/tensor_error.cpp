// SPDX-License-Identifier: MIT
#include "app/cli/calibration_source.h"
#include "app/cli/command_line.h"
#include "app/cli/recipe_options.h"
#include "app/cli/table.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "jobs/quantize.h"
#include "methods/quantizer.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string tensor;
    std::optional<TensorType> format;
    std::string method = std::string(kDefaultMethod);
    std::size_t bins = 40;
    std::string importanceFile;
    CalibrationSource calibration;
};

Json statisticsJson(const ValueStatistics& s)
{
    return {{"minimum", number(s.minimum)},
            {"maximum", number(s.maximum)},
            {"mean", number(s.mean())},
            {"standardDeviation", number(s.standardDeviation())},
            {"excessKurtosis", number(s.excessKurtosis())}};
}

Json histogramJson(const Histogram& h)
{
    return {{"lower", number(h.lower)}, {"upper", number(h.upper)}, {"counts", h.counts}, {"below", h.below}, {"above", h.above}};
}

Json reportJson(const TensorInfo& tensor, const Options& options, const TensorReport& report)
{
    Json json;
    json["tensor"] = tensor.name;
    json["source"] = name(tensor.type);
    json["format"] = name(*options.format);
    json["method"] = options.method;
    json["bitsPerWeight"] = traits(*options.format).bitsPerWeight();
    json["count"] = report.error.count();
    json["rmse"] = number(report.error.rmse());
    json["relativeError"] = number(report.error.relativeError());
    json["cosine"] = number(report.error.cosine());
    json["maxError"] = number(report.error.maxError());
    json["sqnrDb"] = number(report.error.sqnrDb());
    json["original"] = statisticsJson(report.original);
    json["quantized"] = statisticsJson(report.quantized);
    json["originalHistogram"] = histogramJson(report.originalHistogram);
    json["quantizedHistogram"] = histogramJson(report.quantizedHistogram);
    json["errorHistogram"] = histogramJson(report.errorHistogram);
    return json;
}

std::string valueText(double value)
{
    return fmt::format("{:.6g}", value);
}

void printReport(Output& out, const TensorInfo& tensor, const Options& options, const TensorReport& report)
{
    using enum Table::Align;
    out.print("{}  {}  {} → {}, {} bits per weight\n\n", plainText(tensor.name), tensor.shape.text(), name(tensor.type),
              name(*options.format), valueText(traits(*options.format).bitsPerWeight()));
    out.print("  RMSE            {}\n", valueText(report.error.rmse()));
    out.print("  relative error  {} %\n", valueText(100 * report.error.relativeError()));
    out.print("  cosine          {:.9f}\n", report.error.cosine());
    out.print("  largest error   {}\n", valueText(report.error.maxError()));
    out.print("  SQNR            {} dB\n\n", valueText(report.error.sqnrDb()));

    Table statistics(
        {{"values"}, {"minimum", Right}, {"maximum", Right}, {"mean", Right}, {"deviation", Right}, {"kurtosis", Right}});
    for (const auto& [title, s] : {std::pair("original", &report.original), std::pair("quantized", &report.quantized)})
        statistics.addRow({title, valueText(s->minimum), valueText(s->maximum), valueText(s->mean()),
                           valueText(s->standardDeviation()), valueText(s->excessKurtosis())});
    out.write(statistics.text());

    const Histogram& h = report.originalHistogram;
    Table histogram({{"value from", Right},
                     {"to", Right},
                     {"original", Right},
                     {"quantized", Right},
                     {"error from", Right},
                     {"to", Right},
                     {"count", Right}});
    const Histogram& e = report.errorHistogram;
    for (std::size_t i = 0; i < h.counts.size(); ++i) {
        const auto edge = [](const Histogram& x, std::size_t bin) {
            return valueText(x.lower + x.binWidth() * static_cast<double>(bin));
        };
        histogram.addRow({edge(h, i), edge(h, i + 1), countText(h.counts[i]), countText(report.quantizedHistogram.counts[i]),
                          edge(e, i), edge(e, i + 1), countText(e.counts[i])});
    }
    out.write("\n");
    out.write(histogram.text());
}

/// What the method needs to know of the inputs of this tensor; null when it needs nothing. A calibration that does not have it is an
/// error: the figures would be those of another method.
Result<std::shared_ptr<const GramFactors>> gramsFor(const Options& options, const std::shared_ptr<const ModelFile>& model,
                                                    const TensorInfo& tensor, const Session& session)
{
    const MethodData needed = dataNeededBy(options.method);
    if (!needsCalibration(needed)) return std::shared_ptr<const GramFactors>();
    if (!options.calibration.given())
        return fail(ErrorCode::MissingCalibration,
                    fmt::format("The method \"{}\" needs a calibration of this model: --calibration-text FILE, or --calibration FILE with what "
                                "\"weightwright-cli calibrate\" wrote.",
                                methodName(options.method)));
    const bool gram = needed == MethodData::Gram;
    CalibrationNeeds needs;
    needs.gram = needs.gramNeeded = gram;
    needs.wantsGram = [&tensor](std::string_view name) { return name == tensor.name; };
    WW_TRY(auto calibration, calibrationOf(model, options.calibration, needs, session));
    auto grams = std::make_shared<const GramFactors>(std::move(calibration));
    for (std::size_t matrix = 0; gram && matrix < tensor.shape.ne[2]; ++matrix)
        if (grams->input(tensor.name, matrix)) return grams;
    if (!gram) return grams;
    return fail(Error{ErrorCode::MissingCalibration,
                      "The calibration has no Gram matrix for this tensor: it is not multiplied (token embeddings are looked up), or the text "
                      "did not reach it.",
                      {},
                      tensor.name,
                      {}});
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    const TensorInfo* tensor = model->find(options.tensor);
    if (!tensor)
        return fail(
            Error{ErrorCode::NotFound,
                  fmt::format("The model has no tensor \"{}\"; \"weightwright-cli info\" lists its tensors.", options.tensor),
                  model->path(),
                  {},
                  {}});
    ImportanceMatrix matrix;
    const ImportanceEntry* importance = nullptr;
    if (!options.importanceFile.empty()) {
        WW_TRY(matrix, loadImportance(options.importanceFile));
        importance = matrix.find(tensor->name);
        if (!importance)
            return fail(Error{ErrorCode::NotFound,
                              "The importance matrix has no entry for this tensor.",
                              options.importanceFile,
                              tensor->name,
                              {}});
    }
    WW_TRY(auto grams, gramsFor(options, model, *tensor, session));
    if (options.calibration.given() && !grams && !session.json)
        Session::warn(fmt::format("The method \"{}\" needs no calibration; it has no effect.", methodName(options.method)));
    auto report = reportTensor(*model, *tensor, *options.format, options.method, options.bins, session.context(), importance, std::move(grams));
    if (!report) {
        if (report.error().path.empty()) report.error().path = model->path();
        return fail(std::move(report.error()));
    }
    if (session.json)
        session.out.writeJson(reportJson(*tensor, options, *report));
    else
        printReport(session.out, *tensor, options, *report);
    return {};
}

}  // namespace

void addTensorErrorCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "tensor-error",
        "Show what quantizing does to one tensor.\nPrints the root mean square error, the relative error (Frobenius norm of the "
        "difference over that of the tensor), cosine, largest error, signal-to-noise ratio, moments, and histograms of the values "
        "before and after and of the error.",
        [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_option("--tensor", options->tensor, "The tensor's whole name, such as blk.0.ffn_down.weight.")
        ->required()
        ->type_name("NAME");
    addFormat(command, "--type", options->format, "The format to quantize to.")->required();
    addMethod(command, options->method,
              "The quantization method, NAME or NAME:OPTION=VALUE,…; \"reference\", that of llama.cpp, if not given.");
    addImportance(command, options->importanceFile);
    addCalibration(command, options->calibration, {});
    command.add_option("--bins", options->bins, "Bins of the histograms; 40 if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 10000).description(""));
    command.footer("Example:\n  weightwright-cli tensor-error model-F16.gguf --tensor blk.0.ffn_down.weight --type Q4_K\n"
                   "  weightwright-cli tensor-error model-F16.gguf --tensor blk.0.ffn_down.weight --type Q4_K --method gptq --calibration "
                   "model.wwcalib");
}

}  // namespace ww::cli
