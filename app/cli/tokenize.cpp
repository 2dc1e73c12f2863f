// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "app/cli/written_files.h"
#include "base/atomic_file.h"
#include "import/open_model.h"
#include "text/tokenizer.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string text;
    std::string output;
    bool noSpecial = false;
    bool parseSpecial = false;
};

Result<void> writeIds(const std::vector<TokenId>& tokens, const std::string& output)
{
    const auto bytes = std::as_bytes(std::span(tokens));
    WW_TRY(AtomicFile file, AtomicFile::create(output, bytes.size()));
    WW_TRY_VOID(file.write(bytes));
    return file.commit();
}

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    if (!options.output.empty()) WW_TRY_VOID(checkOutput(options.output, *model));
    auto tokenizer = Tokenizer::create(model->metadata());
    if (!tokenizer) {
        tokenizer.error().path = model->path();
        return fail(std::move(tokenizer.error()));
    }
    WW_TRY(const std::string text, readText(options.text, session));
    const std::vector<TokenId> tokens = (*tokenizer)->encode(text, {!options.noSpecial, options.parseSpecial});
    if (!options.output.empty()) WW_TRY_VOID(writeIds(tokens, options.output));
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        if (!options.output.empty()) json["output"] = options.output;
        json["count"] = tokens.size();
        json["tokens"] = tokens;
        session.out.writeJson(json);
        return {};
    }
    if (!options.output.empty()) {
        session.out.print("{}: {}.\n", plainText(options.output), countText(tokens.size(), "token id"));
        return {};
    }
    for (const TokenId token : tokens) session.out.print("{}\n", token);
    return {};
}

}  // namespace

void addTokenizeCommand(CommandLine& commands)
{
    const auto options = std::make_shared<Options>();
    CLI::App& command = commands.add("tokenize", "Turn text into the model's token ids, one per line.",
                                     [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_option("--text", options->text, "The text (UTF-8); standard input if not given.")->type_name("FILE");
    command
        .add_option("-o,--output", options->output,
                    "Write the ids to this file as raw 32-bit integers, little-endian, which is what \"logits --tokens\" reads, instead "
                    "of printing them.")
        ->type_name("OUT");
    command.add_flag("--no-special", options->noSpecial,
                     "Do not add the tokens that begin or end a text, even if the model asks for them.");
    command.add_flag("--parse-special", options->parseSpecial, "Read the text of control tokens, such as </s>, as the token.");
    command.footer("Examples:\n  echo -n 'Hello world' | weightwright-cli tokenize model.gguf\n"
                   "  weightwright-cli tokenize model.gguf --text text.txt -o ids.i32");
}

}  // namespace ww::cli
