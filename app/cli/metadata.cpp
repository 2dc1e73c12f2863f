// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>

#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "base/atomic_file.h"
#include "import/open_model.h"
#include "io/metadata_edit.h"
#include "jobs/rewrite.h"

namespace ww::cli {
namespace {

constexpr std::uint64_t kMaximumValueBytes = std::uint64_t{16} << 20;

struct MetadataOptions {
    std::string action;
    std::string model;
    std::vector<std::string> items;
    std::string output;
    std::string type;
    bool fromFile = false;
};

std::string shown(const MetadataValue& value)
{
    return displayText(value, std::numeric_limits<std::size_t>::max() / 2);
}

/// One key: its value alone, as a script wants it. Several or none: a table.
Result<void> get(const MetadataOptions& options, const ModelFile& model, Session& session)
{
    std::vector<const Metadata::Entry*> entries;
    for (const auto& entry : model.metadata().entries())
        if (options.items.empty() || std::ranges::find(options.items, entry.key) != options.items.end()) entries.push_back(&entry);
    for (const std::string& key : options.items)
        if (!model.metadata().contains(key)) return fail(ErrorCode::NotFound, fmt::format("The model has no key {}.", key), model.path());
    if (session.json) {
        Json json;
        for (const auto* entry : entries) json[entry->key] = {{"type", metadataTypeName(typeOf(entry->value))}, {"value", shown(entry->value)}};
        session.out.writeJson(json);
        return {};
    }
    if (options.items.size() == 1) {
        session.out.print("{}\n", shown(entries.front()->value));
        return {};
    }
    Table table({{"key"}, {"type"}, {"value"}});
    for (const auto* entry : entries)
        table.addRow({plainText(entry->key), std::string(metadataTypeName(typeOf(entry->value))), plainText(displayText(entry->value, 80))});
    session.out.write(table.text());
    return {};
}

Result<void> change(const MetadataOptions& options, Metadata& metadata)
{
    for (const std::string& item : options.items) {
        if (options.action == "remove") {
            WW_TRY_VOID(removeMetadata(metadata, item));
            continue;
        }
        const std::size_t sign = item.find('=');
        if (sign == std::string::npos) return fail(ErrorCode::InvalidArgument, fmt::format("“{}” is no KEY=VALUE.", item));
        std::string value = item.substr(sign + 1);
        if (options.fromFile) {
            WW_TRY(value, readTextFile(value, kMaximumValueBytes));
        }
        const auto type = options.type.empty() ? std::nullopt : metadataTypeFromName(options.type);
        WW_TRY_VOID(editMetadata(metadata, std::string_view(item).substr(0, sign), value, type));
    }
    return {};
}

Result<void> run(const MetadataOptions& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    if (options.action == "get") return get(options, *model, session);
    FileContent content = copyOf(*model);
    WW_TRY_VOID(change(options, content.metadata));
    WW_TRY(const ExportSummary summary, writeGguf(*model, content, options.output, session.context()));
    if (session.json) {
        Json json;
        json["model"] = model->path().string();
        json["output"] = summary.path.string();
        json["changed"] = options.items.size();
        json["sizeBytes"] = summary.sizeBytes;
        session.out.writeJson(json);
        return {};
    }
    session.out.print("{}: {} {}, {}.\n", plainText(summary.path.string()), options.items.size(),
                      options.action == "set" ? "set" : "removed", sizeText(static_cast<double>(summary.sizeBytes)));
    return {};
}

void check(MetadataOptions& options)
{
    const bool action = options.action == "get" || options.action == "set" || options.action == "remove";
    if (!action && options.model.empty()) {
        options.model = std::move(options.action);
        options.action = "get";
    } else if (!action) {
        usageError("ACTION", fmt::format("\"{}\" is not get, set or remove.", options.action));
    } else if (options.model.empty()) {
        usageError("MODEL", "Say which model.");
    }
    if (options.action == "get") {
        if (!options.output.empty()) usageError("-o", "get writes no file.");
        return;
    }
    if (options.items.empty()) usageError("", options.action == "set" ? "Say what to set: KEY=VALUE." : "Say which keys to remove.");
    if (options.output.empty()) usageError("", "Say where to write: -o OUT.gguf. The model itself is never overwritten.");
}

}  // namespace

void addMetadataCommand(CommandLine& commands)
{
    const auto options = std::make_shared<MetadataOptions>();
    CLI::App& command = commands.add(
        "metadata",
        "Show or change the metadata of a model: name, author, licence, chat template, tokenizer flags.\nset and remove write a new file "
        "with the same weights, complete or not at all. A key keeps its type; new ones get the usual type of their name, or --type.",
        [options](Session& session) { return run(*options, session); }, [options] { check(*options); });
    command.add_option("ACTION", options->action, "get, set or remove; get if only a model is given.")->required()->type_name("");
    addModel(command, options->model)->required(false);
    command.add_option("ITEMS", options->items, "get, remove: keys. set: KEY=VALUE; lists as [\"a\", \"b\"].")->type_name("");
    command.add_option("-o,--output", options->output, "The file to write. An existing one is replaced; the model never is.")->type_name("OUT.gguf");
    command.add_option("--type", options->type, "set: the type of the values, as \"metadata get\" names it.")
        ->type_name("TYPE")
        ->check(CLI::Validator([](const std::string& text) { return metadataTypeFromName(text) ? std::string() : "there is no type \"" + text + "\""; }, ""));
    command.add_flag("--from-file", options->fromFile, "set: the values are names of files that hold them.");
    command.footer("Examples:\n  weightwright-cli metadata model.gguf\n  weightwright-cli metadata get model.gguf general.name\n"
                   "  weightwright-cli metadata set model.gguf general.name='My model' general.license=mit -o named.gguf\n"
                   "  weightwright-cli metadata set model.gguf tokenizer.chat_template=template.jinja --from-file -o out.gguf\n"
                   "  weightwright-cli metadata remove model.gguf tokenizer.chat_template -o out.gguf");
}

}  // namespace ww::cli
