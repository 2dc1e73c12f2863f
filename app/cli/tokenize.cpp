// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"
#include "import/open_model.h"
#include "text/tokenizer.h"

namespace ww::cli {
namespace {

struct Options {
    std::string model;
    std::string text;
    bool noSpecial = false;
    bool parseSpecial = false;
};

Result<void> run(const Options& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    auto tokenizer = Tokenizer::create(model->metadata());
    if (!tokenizer) {
        tokenizer.error().path = model->path();
        return fail(std::move(tokenizer.error()));
    }
    WW_TRY(const std::string text, readText(options.text, session));
    const std::vector<TokenId> tokens = (*tokenizer)->encode(text, {!options.noSpecial, options.parseSpecial});
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["count"] = tokens.size();
        json["tokens"] = tokens;
        session.out.writeJson(json);
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
    command.add_flag("--no-special", options->noSpecial,
                     "Do not add the tokens that begin or end a text, even if the model asks for them.");
    command.add_flag("--parse-special", options->parseSpecial, "Read the text of control tokens, such as </s>, as the token.");
    command.footer("Example:\n  echo -n 'Hello world' | weightwright-cli tokenize model.gguf");
}

}  // namespace ww::cli
