// SPDX-License-Identifier: MIT
#include <filesystem>
#include <system_error>

#include "app/cli/command_line.h"
#include "app/cli/memory_option.h"
#include "app/cli/table.h"
#include "app/cli/text_warnings.h"
#include "app/cli/written_files.h"
#include "calibration/calibration.h"
#include "calibration/imatrix_file.h"
#include "import/open_model.h"
#include "io/model_identity.h"
#include "jobs/working_memory.h"
#include "model/weight_source.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string text;
    std::string output;
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;
    bool withOutput = false;
    std::optional<std::uint64_t> memory;
};

/// Experts that saw less than this share of what an even distribution would give them are named.
constexpr double kLowCoverage = 0.1;

/// One sentence per expert matrix whose figures rest on few rows.
void warnAboutCoverage(const ImportanceMatrix& matrix)
{
    for (const ImportanceEntry& entry : matrix.entries) {
        double total = 0;
        for (const std::uint64_t count : entry.counts) total += static_cast<double>(count);
        for (std::size_t m = 0; m < entry.counts.size() && entry.counts.size() > 1; ++m)
            if (static_cast<double>(entry.counts[m]) < kLowCoverage * total / static_cast<double>(entry.counts.size()))
                Session::warn(fmt::format("Expert {} of {} saw only {}; use a longer or more varied text.", m, entry.tensor,
                                          countText(entry.counts[m], "token")));
    }
}

Result<void> runImatrix(const Options& options, Session& session)
{
    WW_TRY(const std::shared_ptr<const ModelFile> file, openAnyModel(options.model));
    WW_TRY_VOID(checkOutput(options.output, *file));
    WW_TRY(const auto tokenizer, Tokenizer::create(file->metadata()));
    WW_TRY(const auto model, LanguageModel::create(fileWeights(file)));
    WW_TRY(const std::string text, readText(options.text, session));
    if (!session.json) warnAboutContext(*file, options.contextLength);
    CalibrationOptions settings;
    settings.textName = options.text;
    settings.contextLength = options.contextLength;
    settings.maxWindows = options.maxWindows;
    WW_TRY(const Hash identity, modelIdentity(*file));
    settings.identity = Hasher().text("imatrix").hash(identity).text(text).number(settings.contextLength).number(settings.maxWindows).finish();
    if (options.memory)
        settings.activationBudgetBytes =
            workingMemory(*file, *options.memory, session.pool.threadCount(), WorkingMemoryUse::Calibration).activations;
    settings.checkpoint = options.output + ".part";
    WW_TRY(const Calibration calibration, calibrate(*model, *tokenizer, text, settings, session.context()));
    const ImportanceMatrix matrix = importanceOf(calibration, options.withOutput);
    WW_TRY_VOID(saveImportance(matrix, options.output));
    std::error_code error;
    std::filesystem::remove(settings.checkpoint, error);
    warnAboutCoverage(matrix);
    if (session.json) {
        Json json;
        json["model"] = file->path().string();
        json["text"] = options.text;
        json["output"] = options.output;
        json["tensors"] = matrix.entries.size();
        json["tokens"] = calibration.tokens;
        json["windows"] = calibration.windows;
        json["contextLength"] = calibration.contextLength;
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {} from {} in {} of {}\n", options.output, countText(matrix.entries.size(), "tensor"),
                      countText(calibration.tokens, "token"), countText(calibration.windows, "window"), calibration.contextLength);
    return {};
}

Result<void> runStatistics(const std::string& path, Session& session)
{
    WW_TRY(const ImportanceMatrix matrix, loadImportance(path));
    const std::vector<ImportanceStatistics> rows = statistics(matrix);
    if (session.json) {
        Json json;
        json["path"] = path;
        json["datasets"] = matrix.datasets;
        json["chunkCount"] = matrix.chunkCount;
        json["chunkSize"] = matrix.chunkSize;
        Json list = Json::array();
        for (const ImportanceStatistics& row : rows) {
            Json entry;
            entry["tensor"] = row.tensor;
            entry["values"] = row.values;
            entry["sum"] = number(row.sum);
            entry["minimum"] = number(row.minimum);
            entry["maximum"] = number(row.maximum);
            entry["mean"] = number(row.mean);
            entry["standardDeviation"] = number(row.standardDeviation);
            entry["outlierShare"] = number(row.outlierShare);
            entry["entropyBits"] = number(row.entropyBits);
            entry["normalizedEntropy"] = number(row.normalizedEntropy);
            entry["previousLayerCosine"] = row.hasPreviousLayer ? number(row.previousLayerCosine) : Json();
            entry["minimumCount"] = row.minimumCount;
            entry["maximumCount"] = row.maximumCount;
            entry["unreachedMatrices"] = row.unreachedMatrices;
            list.push_back(entry);
        }
        json["tensors"] = list;
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{:<36} {:>12} {:>11} {:>11} {:>11} {:>7} {:>8} {:>8}\n", "tensor", "sum", "max", "mean", "std dev", "ZD",
                      "entropy", "cosine");
    for (const ImportanceStatistics& row : rows)
        session.out.print("{:<36} {:>12.5g} {:>11.4g} {:>11.4g} {:>11.4g} {:>6.2f}% {:>7.2f}% {:>8}\n", row.tensor, row.sum,
                          row.maximum, row.mean, row.standardDeviation, 100 * row.outlierShare, 100 * row.normalizedEntropy,
                          row.hasPreviousLayer ? fmt::format("{:.4f}", row.previousLayerCosine) : "–");
    session.out.print("{}, {} of {}\n", countText(rows.size(), "tensor"), countText(matrix.chunkCount, "window"),
                      countText(matrix.chunkSize, "token"));
    return {};
}

}  // namespace

void addImatrixCommands(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "imatrix",
        "Measure which input columns of each weight matrix matter on a text.\nThe file is that of llama-imatrix and can be given "
        "to quantize --imatrix here and in llama.cpp. The text should be unlike the one on which the result is judged.",
        [options](Session& session) { return runImatrix(*options, session); });
    addModel(command, options->model);
    command.add_option("--text", options->text, "The text to read (UTF-8); - means standard input.")->required()->type_name("FILE");
    command.add_option("-o,--output", options->output, "The file to write: .dat for the older form, otherwise GGUF.")
        ->required()
        ->type_name("FILE");
    command.add_option("--ctx", options->contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 20).description(""));
    command.add_option("--chunks", options->maxWindows, "Only the first N windows; all if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
    addMemory(command, options->memory);
    command.add_flag("--process-output", options->withOutput, "Also the output matrix.");
    command.footer("Example:\n  weightwright-cli imatrix model-F16.gguf --text calibration.txt -o model.imatrix.gguf --chunks 100");

    const auto path = std::make_shared<std::string>();
    CLI::App& stats =
        commands.add("imatrix-stats", "Show the statistics of an importance matrix, tensor by tensor.",
                     [path](Session& session) { return runStatistics(*path, session); });
    stats.add_option("FILE", *path, "The importance matrix: GGUF or .dat.")->required()->type_name("");
}

}  // namespace ww::cli
