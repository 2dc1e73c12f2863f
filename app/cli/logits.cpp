// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>

#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "base/aligned_buffer.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "import/open_model.h"
#include "model/language_model.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string tokens;
    std::string output;
    std::uint32_t contextLength = 0;
};

/// Logits in memory at a time.
constexpr std::size_t kBlockBytes = std::size_t{64} << 20;

Result<std::vector<TokenId>> readTokens(const std::string& path, std::uint32_t vocabularySize)
{
    WW_TRY(const auto file, MappedFile::open(path));
    const auto bytes = file->bytes();
    if (bytes.empty() || bytes.size() % sizeof(TokenId) != 0)
        return fail(
            ErrorCode::Corrupt,
            fmt::format(
                "A file of token ids holds 32-bit integers, so its size is a multiple of 4 and not 0; this one has {} bytes. "
                "\"weightwright-cli tokenize -o FILE\" writes one.",
                bytes.size()),
            path);
    std::vector<TokenId> tokens(bytes.size() / sizeof(TokenId));
    std::memcpy(tokens.data(), bytes.data(), bytes.size());
    WW_TRY_VOID(file->checkUnchanged());
    const auto bad =
        std::ranges::find_if(tokens, [&](TokenId t) { return t < 0 || static_cast<std::uint32_t>(t) >= vocabularySize; });
    if (bad != tokens.end())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("Token {} of the file is {}, but the model's vocabulary has the ids 0 to {}.", bad - tokens.begin(),
                                *bad, vocabularySize - 1),
                    path);
    return tokens;
}

/// Runs one window and writes its logits, [tokens × vocabulary].
Result<void> writeWindow(const LanguageModel& model, std::span<const TokenId> tokens, AtomicFile& file, const JobContext& context)
{
    const Hyperparameters& h = model.hyperparameters();
    AlignedBuffer<float> hidden(tokens.size() * h.embeddingLength);
    WW_TRY_VOID(model.forward(tokens, tokens.size(), hidden.span(), context));
    const std::size_t vocabulary = h.vocabularySize;
    const std::size_t blockRows = std::clamp<std::size_t>(kBlockBytes / sizeof(float) / vocabulary, 1, tokens.size());
    AlignedBuffer<float> block(blockRows * vocabulary);
    for (std::size_t first = 0; first < tokens.size(); first += blockRows) {
        const std::size_t rows = std::min(blockRows, tokens.size() - first);
        const auto sink = [&](std::size_t row, std::size_t rowCount, std::size_t token, std::size_t tokenCount,
                              const float* logits) {
            for (std::size_t i = 0; i < rowCount; ++i)
                std::copy_n(logits + i * tokenCount, tokenCount, block.data() + (row + i) * vocabulary + token);
        };
        WW_TRY_VOID(model.logits(std::span<const float>(hidden.span()).subspan(first * h.embeddingLength, rows * h.embeddingLength),
                                 rows, sink, context));
        WW_TRY_VOID(file.write(std::as_bytes(block.span().first(rows * vocabulary))));
    }
    return {};
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    auto created = LanguageModel::create(fileWeights(model));
    if (!created) {
        if (created.error().path.empty()) created.error().path = model->path();
        return fail(std::move(created.error()));
    }
    const LanguageModel& language = **created;
    WW_TRY(const std::vector<TokenId> tokens, readTokens(options.tokens, language.hyperparameters().vocabularySize));
    std::error_code ec;
    if (model->isSameFile(options.output) || std::filesystem::equivalent(options.output, options.tokens, ec))
        return fail(ErrorCode::Unwritable, "The output would overwrite a file that is being read; choose another name.",
                    options.output);

    const std::size_t window = options.contextLength == 0 ? tokens.size() : options.contextLength;
    const std::uint64_t vocabulary = language.hyperparameters().vocabularySize;
    WW_TRY(AtomicFile file, AtomicFile::create(options.output, tokens.size() * vocabulary * sizeof(float)));
    for (std::size_t first = 0; first < tokens.size(); first += window)
        WW_TRY_VOID(writeWindow(language, std::span(tokens).subspan(first, std::min(window, tokens.size() - first)), file,
                                session.context()));
    if (session.stop.stop_requested()) return cancelled();
    WW_TRY_VOID(file.commit());

    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["output"] = options.output;
        json["tokens"] = tokens.size();
        json["vocabularySize"] = vocabulary;
        json["sizeBytes"] = tokens.size() * vocabulary * sizeof(float);
        session.out.writeJson(json);
    } else {
        session.out.print("{}: {} × {} logits, {}.\n", plainText(options.output), countText(tokens.size(), "token"),
                          countText(vocabulary), sizeText(static_cast<double>(tokens.size() * vocabulary * sizeof(float))));
    }
    return {};
}

}  // namespace

void addLogitsCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add("logits",
                                     "Write the logits of every position of a token sequence.\nThe result is raw 32-bit floats, "
                                     "little-endian: for each token one "
                                     "value per entry of the vocabulary.",
                                     [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_option("--tokens", options->tokens, "Token ids as raw 32-bit integers, little-endian, as \"tokenize -o\" writes them.")
        ->required()
        ->type_name("FILE");
    command.add_option("-o,--output", options->output, "The file to write. An existing one is replaced.")
        ->required()
        ->type_name("OUT");
    command
        .add_option("--ctx", options->contextLength,
                    "Cut the tokens into windows of N, each starting from an empty context; one window for all if not given.")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 24).description(""));
    command.footer("Example:\n  weightwright-cli logits model.gguf --tokens ids.i32 -o logits.f32");
}

}  // namespace ww::cli
