// SPDX-License-Identifier: MIT
#include "app/cli/split.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "app/cli/table.h"
#include "import/open_model.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string output;
    SplitOptions split;
};

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    WW_TRY(const SplitSummary summary, writeSplitGguf(*model, copyOf(*model), options.split.limits(), options.output, session.context()));
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["parts"] = Json::array();
        for (const auto& path : summary.paths) json["parts"].push_back(path.string());
        json["sizeBytes"] = summary.sizeBytes;
        json["seconds"] = number(summary.seconds);
        session.out.writeJson(json);
        return {};
    }
    for (const auto& path : summary.paths) session.out.print("{}\n", plainText(path.string()));
    session.out.print("{}, {}, {}.\n", partsText(summary.paths.size()), sizeText(static_cast<double>(summary.sizeBytes)), durationText(summary.seconds));
    return {};
}

}  // namespace

void checkPartName(const std::string& output)
{
    std::error_code failed;
    const std::filesystem::path path(output);
    if (path.filename().empty() || path.filename() == "." || path.filename() == ".." || std::filesystem::is_directory(path, failed))
        usageError("-o", "This is no name that parts could be called after; give FOLDER/NAME for FOLDER/NAME-00001-of-0000N.gguf.");
}

std::string partsText(std::size_t count)
{
    return count == 1 ? "1 part" : fmt::format("{} parts", count);
}

std::optional<std::uint64_t> parseSize(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !std::isfinite(value) || value <= 0) return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    if (unit.ends_with('B') || unit.ends_with('b')) unit.remove_suffix(1);
    const bool binary = unit.ends_with('i');
    if (binary) unit.remove_suffix(1);
    const std::string_view letters = "KMGT";
    if (unit.size() > 1 || (binary && unit.empty())) return std::nullopt;
    double factor = 1;
    if (!unit.empty()) {
        const auto letter = letters.find(static_cast<char>(unit.front() & ~0x20));
        if (letter == std::string_view::npos) return std::nullopt;
        factor = std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(letter + 1));
    }
    const double bytes = value * factor;
    if (bytes < 1 || bytes > 1e18) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

SplitLimits SplitOptions::limits() const
{
    return {maximumSize.empty() ? 0 : parseSize(maximumSize).value_or(0), maximumTensors};
}

void addSplitOptions(CLI::App& command, SplitOptions& options)
{
    command
        .add_option("--split-max-size", options.maximumSize,
                    "Begin the next part before the tensors of one exceed this size: 2G, 500M, 1.5GiB. A larger tensor has a part of its own.")
        ->type_name("SIZE")
        ->check(CLI::Validator([](const std::string& text) { return parseSize(text) ? std::string() : "\"" + text + "\" is no size like 2G, 1.5G or 500M"; }, ""));
    command.add_option("--split-max-tensors", options.maximumTensors, "Begin the next part after this many tensors.")
        ->type_name("N")
        ->check(CLI::Range(1, 1000000).description(""));
}

void addSplitCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add(
        "split",
        "Write a model as several files.\nThey are called NAME-00001-of-0000N.gguf; llama.cpp opens them by the first one. Weights and "
        "metadata stay as they are. Existing files are not replaced, and nothing is left behind when the work fails or is cancelled.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            checkPartName(options->output);
            if (!options->split.isSet()) usageError("", "Say when a part is full: --split-max-size or --split-max-tensors.");
        });
    addModel(command, options->model);
    command.add_option("-o,--output", options->output, "What the names of the parts begin with.")->required()->type_name("NAME");
    addSplitOptions(command, options->split);
    command.footer("Examples:\n  weightwright-cli split model-Q8_0.gguf -o parts/model-Q8_0 --split-max-size 2G\n"
                   "  weightwright-cli split model-Q8_0.gguf -o model --split-max-tensors 128");
}

}  // namespace ww::cli
