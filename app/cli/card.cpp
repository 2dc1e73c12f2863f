// SPDX-License-Identifier: MIT
#include "app/cli/card.h"

#include <algorithm>
#include <system_error>

#include "app/cli/table.h"
#include "base/atomic_file.h"
#include "import/open_model.h"
#include "io/split_gguf.h"
#include "jobs/evaluate.h"

namespace ww::cli {
namespace {

namespace fs = std::filesystem;
using Model = std::shared_ptr<const ModelFile>;

/// Perplexity, or with an original the divergence from it, which gives the perplexity, too.
Result<std::uint32_t> measure(ModelCardFile& file, const Model& model, const Model& base, const std::string& text, const CardOptions& options,
                              Session& session)
{
    if (!base) {
        PerplexityOptions settings;
        settings.contextLength = options.contextLength;
        settings.maxWindows = options.maxWindows;
        WW_TRY(const PerplexityResult result, evaluatePerplexity(model, nullptr, text, settings, session.context()));
        file.perplexity = result.perplexity;
        file.perplexityError = result.standardError;
        return result.windows;
    }
    DivergenceOptions settings;
    settings.contextLength = options.contextLength;
    settings.maxWindows = options.maxWindows;
    WW_TRY(const DivergenceResult result, evaluateDivergence(base, model, nullptr, text, settings, session.context()));
    file.perplexity = result.perplexity.value;
    file.perplexityError = result.perplexity.error;
    file.divergence = result.meanKld.value;
    file.divergenceError = result.meanKld.error;
    file.agreement = result.sameTop.value;
    return result.windows;
}

Json fileJson(const ModelCardFile& file)
{
    const auto figure = [](const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); };
    Json json;
    json["file"] = file.fileName;
    json["format"] = file.format;
    json["sizeBytes"] = file.sizeBytes;
    json["bitsPerWeight"] = number(file.bitsPerWeight);
    json["perplexity"] = figure(file.perplexity);
    json["perplexityError"] = figure(file.perplexityError);
    json["divergence"] = figure(file.divergence);
    json["divergenceError"] = figure(file.divergenceError);
    json["agreement"] = figure(file.agreement);
    return json;
}

}  // namespace

Result<void> checkCardTarget(const fs::path& readme)
{
    WW_TRY(const AtomicFile attempt, AtomicFile::create(readme));  // leaves nothing behind; long measurements must not end here
    std::error_code ignored;
    if (!fs::exists(readme, ignored)) return {};
    const auto old = readTextFile(readme, std::uint64_t{16} << 20);
    if (old && isGeneratedCard(*old)) return {};
    return fail(ErrorCode::Unwritable, "There is a file of this name that this program did not write; rename it or choose another name for the card.", readme);
}

namespace {

Result<void> run(const CardOptions& options, Session& session)
{
    WW_TRY(const ModelCard card, writeCard(options, session));
    if (session.json) {
        Json json;
        json["output"] = options.output;
        json["files"] = Json::array();
        for (const ModelCardFile& file : card.files) json["files"].push_back(fileJson(file));
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {} {}.\n", plainText(options.output), card.files.size(), card.files.size() == 1 ? "file" : "files");
    return {};
}

}  // namespace

Result<ModelCard> writeCard(const CardOptions& options, Session& session)
{
    WW_TRY_VOID(checkCardTarget(options.output));
    Model base;
    if (!options.base.empty()) {
        WW_TRY(base, openAnyModel(options.base));
    }
    std::string text;
    if (!options.text.empty()) {
        WW_TRY(text, readText(options.text, session));
    }
    ModelCard card;
    std::uint32_t windows = 0;
    for (const std::string& path : options.files) {
        WW_TRY(const Model model, openAnyModel(path));
        if (card.files.empty()) card = modelCardOf(*model);
        ModelCardFile file;
        file.fileName = model->path().filename().string();
        file.format = storedFormatName(*model);
        file.sizeBytes = model->fileSizeBytes();
        file.bitsPerWeight = model->bitsPerWeight();
        if (!options.text.empty()) {
            WW_TRY(windows, measure(file, model, base, text, options, session));
        }
        card.files.push_back(std::move(file));
    }
    if (!options.text.empty())
        card.measuredOn = fmt::format("{}, {} windows of {} tokens{}", fs::path(options.text).filename().string(), windows, options.contextLength,
                                      base ? ", against " + base->path().filename().string() : std::string());
    WW_TRY_VOID(writeTextFile(options.output, modelCardText(card)));
    return card;
}

Result<void> writeCardBeside(const fs::path& exported, Session& session)
{
    const fs::path folder = exported.has_parent_path() ? exported.parent_path() : fs::path(".");
    WW_TRY(const Model model, openAnyModel(exported));
    std::vector<std::pair<std::uint64_t, std::string>> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const auto split = parseSplitName(it->path().filename().string());
        if (it->path().extension() != ".gguf" || (split && split->number != 1)) continue;
        const auto other = openAnyModel(it->path());
        if (other && (*other)->displayName() == model->displayName()) files.emplace_back((*other)->fileSizeBytes(), it->path().string());
    }
    std::ranges::sort(files);
    CardOptions options;
    for (auto& [size, path] : files) options.files.push_back(std::move(path));
    options.output = (folder / "README.md").string();
    return writeCard(options, session).map([](const ModelCard&) {});
}

void addCardCommand(CommandLine& commands)
{
    const auto options = std::make_shared<CardOptions>();
    CLI::App& command = commands.add(
        "card",
        "Write a model card for exported files: a README.md with front matter and a table of the files.\nName, licence, origin, languages and "
        "tags come from the metadata of the first file. With --text the perplexity of every file is measured, with --base also the "
        "divergence from the original. A card is replaced only when this program wrote it.",
        [options](Session& session) { return run(*options, session); },
        [options] {
            if (!options->base.empty() && options->text.empty()) usageError("--base", "Give the text to measure on: --text FILE.");
        });
    command.add_option("FILES", options->files, "The files: GGUF, or the first part of a split model.")->required()->type_name("");
    command.add_option("-o,--output", options->output, "The card to write.")->required()->type_name("README.md");
    command.add_option("--text", options->text, "Measure on this text (UTF-8).")->type_name("FILE");
    command.add_option("--base", options->base, "The original model, for the divergence.")->type_name("MODEL");
    command.add_option("--ctx", options->contextLength, "Tokens per window; 512 if not given.")
        ->type_name("N")
        ->check(CLI::Range(4, 1 << 20).description(""));
    command.add_option("--chunks", options->maxWindows, "Only the first N windows; all if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 30).description(""));
    command.footer("Examples:\n  weightwright-cli card model-Q4_K_M.gguf model-Q8_0.gguf -o README.md\n"
                   "  weightwright-cli card *.gguf -o README.md --text wiki.test.raw --chunks 40 --base model-F16.gguf");
}

}  // namespace ww::cli
