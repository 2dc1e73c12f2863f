// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "formats/block_format.h"
#include "plan/preset.h"
#include "tensor/tensor_type.h"

namespace ww::cli {
namespace {

const char* importanceWord(ImportanceUse use)
{
    switch (use) {
    case ImportanceUse::Ignored: return "unused";
    case ImportanceUse::Optional: return "helps";
    case ImportanceUse::Required: return "needed";
    }
    return "";
}

Result<void> listPresets(Session& session)
{
    Json json;
    json["presets"] = Json::array();
    Table table({{"preset"}, {"base format"}, {"importance"}, {"good for"}});
    for (const Preset& preset : presets()) {
        json["presets"].push_back({{"name", preset.name},
                                   {"fileType", preset.fileType},
                                   {"base", name(preset.base)},
                                   {"needsImportance", preset.needsImportance},
                                   {"description", preset.description}});
        table.addRow(
            {std::string(preset.name), std::string(name(preset.base)), preset.needsImportance ? "needed" : "", preset.description});
    }
    if (session.json)
        session.out.writeJson(json);
    else
        session.out.write(table.text());
    return {};
}

Result<void> listFormats(Session& session)
{
    using enum Table::Align;
    Json json;
    json["formats"] = Json::array();
    Table table({{"format"}, {"bits per weight", Right}, {"block", Right}, {"bytes", Right}, {"importance"}, {"good for"}});
    for (const TensorTypeTraits& t : allTensorTypes()) {
        if (!t.target || !findBlockFormat(t.type)) continue;
        json["formats"].push_back({{"name", t.name},
                                   {"id", static_cast<std::uint32_t>(t.type)},
                                   {"bitsPerWeight", t.bitsPerWeight()},
                                   {"blockLength", t.blockLength},
                                   {"blockBytes", t.blockBytes},
                                   {"importance", importanceWord(t.importance)},
                                   {"description", describe(t.type)}});
        table.addRow({std::string(t.name), fmt::format("{:g}", t.bitsPerWeight()), fmt::format("{}", t.blockLength),
                      fmt::format("{}", t.blockBytes), importanceWord(t.importance), describe(t.type)});
    }
    if (session.json)
        session.out.writeJson(json);
    else
        session.out.write(table.text());
    return {};
}

}  // namespace

void addListCommands(CommandLine& commands)
{
    commands.add("presets",
                 "List the presets that --preset takes.\nA preset is a base format and rules that give some tensors another one. "
                 "\"needed\" under importance: the preset works only with an importance matrix.",
                 listPresets);
    commands.add(
        "formats",
        "List the formats that --type and --set take.\nA block of values is stored in a number of bytes; a row of a tensor must "
        "be a whole number of blocks. Under importance: whether an importance matrix is unused, helps or is needed.",
        listFormats);
}

}  // namespace ww::cli
