// SPDX-License-Identifier: MIT
#include <map>

#include "app/cli/command_line.h"
#include "app/cli/plan_output.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "model/tensor_role.h"

namespace ww::cli {
namespace {

struct InfoOptions {
    std::string model;
    bool summary = false;
    bool full = false;
};

struct FormatShare {
    std::uint64_t tensors = 0;
    std::uint64_t parameters = 0;
    std::uint64_t bytes = 0;
};

std::map<TensorType, FormatShare> formatShares(const ModelFile& model)
{
    std::map<TensorType, FormatShare> shares;
    for (const TensorInfo& tensor : model.tensors()) {
        FormatShare& share = shares[tensor.type];
        ++share.tensors;
        share.parameters += tensor.shape.elements();
        share.bytes += tensor.sizeBytes;
    }
    return shares;
}

std::string_view typeName(MetadataType type)
{
    switch (type) {
    case MetadataType::U8: return "u8";
    case MetadataType::I8: return "i8";
    case MetadataType::U16: return "u16";
    case MetadataType::I16: return "i16";
    case MetadataType::U32: return "u32";
    case MetadataType::I32: return "i32";
    case MetadataType::F32: return "f32";
    case MetadataType::Bool: return "bool";
    case MetadataType::String: return "string";
    case MetadataType::Array: return "array";
    case MetadataType::U64: return "u64";
    case MetadataType::I64: return "i64";
    case MetadataType::F64: return "f64";
    }
    return "unknown";
}

Json elementJson(const BoolByte& value)
{
    return value.value != 0;
}
Json elementJson(float value)
{
    return number(static_cast<double>(value));
}
Json elementJson(double value)
{
    return number(value);
}
template <class T>
Json elementJson(const T& value)
{
    return value;
}

Json metadataJson(const Metadata::Entry& entry, bool full)
{
    constexpr std::size_t kShown = 16;
    Json json;
    json["key"] = entry.key;
    json["type"] = typeName(typeOf(entry.value));
    const auto* array = std::get_if<MetadataArray>(&entry.value);
    if (!array) {
        std::visit(
            [&json](const auto& value) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, MetadataArray>) json["value"] = elementJson(value);
            },
            entry.value);
        return json;
    }
    json["elementType"] = typeName(elementTypeOf(*array));
    json["count"] = sizeOf(*array);
    std::visit(
        [&](const auto& elements) {
            Json values = Json::array();
            for (std::size_t i = 0; i < elements.size() && (full || i < kShown); ++i) values.push_back(elementJson(elements[i]));
            json["complete"] = values.size() == elements.size();
            json["value"] = std::move(values);
        },
        *array);
    return json;
}

Json tensorJson(const TensorInfo& tensor)
{
    Json json;
    json["name"] = tensor.name;
    json["type"] = name(tensor.type);
    Json shape = Json::array();
    for (std::uint32_t i = 0; i < tensor.shape.significantDims(); ++i) shape.push_back(tensor.shape.ne[i]);
    json["shape"] = std::move(shape);
    json["sizeBytes"] = tensor.sizeBytes;
    json["offset"] = tensor.offset;
    const TensorIdentity identity = identify(tensor.name);
    json["role"] = roleName(identity.role);
    json["block"] = identity.block ? Json(*identity.block) : Json(nullptr);
    return json;
}

Json infoJson(const ModelFile& model, const InfoOptions& options)
{
    Json json;
    json["file"] = model.path().string();
    json["name"] = model.displayName();
    json["architecture"] = model.architecture();
    json["sizeBytes"] = model.fileSizeBytes();
    json["parameters"] = model.parameterCount();
    json["bitsPerWeight"] = number(model.bitsPerWeight());
    json["tensorCount"] = model.tensors().size();
    addNotes(json, model);
    json["formats"] = Json::array();
    for (const auto& [type, share] : formatShares(model))
        json["formats"].push_back(
            {{"type", name(type)}, {"tensors", share.tensors}, {"parameters", share.parameters}, {"sizeBytes", share.bytes}});
    if (options.summary) return json;
    json["alignment"] = model.alignment();
    json["metadata"] = Json::array();
    for (const auto& entry : model.metadata().entries()) json["metadata"].push_back(metadataJson(entry, options.full));
    json["tensors"] = Json::array();
    for (const TensorInfo& tensor : model.tensors()) json["tensors"].push_back(tensorJson(tensor));
    return json;
}

void printSummary(Output& out, const ModelFile& model)
{
    using enum Table::Align;
    out.print("{}\n", plainText(model.displayName()));
    out.print("  file          {}\n", plainText(model.path().string()));
    out.print("  architecture  {}\n", model.architecture().empty() ? "not stated" : plainText(model.architecture()));
    out.print("  parameters    {}\n", countText(model.parameterCount()));
    out.print("  size          {} ({} bytes), {:.2f} bits per weight\n", sizeText(static_cast<double>(model.fileSizeBytes())),
              countText(model.fileSizeBytes()), model.bitsPerWeight());
    out.write("\n");
    Table formats({{"format"}, {"tensors", Right}, {"parameters", Right}, {"size", Right}});
    for (const auto& [type, share] : formatShares(model))
        formats.addRow({std::string(name(type)), countText(share.tensors), countText(share.parameters),
                        sizeText(static_cast<double>(share.bytes))});
    out.write(formats.text());
}

void printDetails(Output& out, const ModelFile& model, bool full)
{
    using enum Table::Align;
    Table metadata({{"metadata key"}, {"type"}, {"value"}});
    for (const auto& entry : model.metadata().entries())
        metadata.addRow({plainText(entry.key), std::string(typeName(typeOf(entry.value))),
                         plainText(displayText(entry.value, full ? std::size_t{1} << 30 : 80))});
    out.write("\n");
    out.write(metadata.text());
    Table tensors({{"tensor"}, {"format"}, {"shape", Right}, {"size", Right}});
    for (const TensorInfo& tensor : model.tensors())
        tensors.addRow({plainText(tensor.name), std::string(name(tensor.type)), tensor.shape.text(),
                        sizeText(static_cast<double>(tensor.sizeBytes))});
    out.write("\n");
    out.write(tensors.text());
}

Result<void> run(const InfoOptions& options, Session& session)
{
    WW_TRY(const auto model, openAnyModel(options.model));
    if (session.json) {
        session.out.writeJson(infoJson(*model, options));
        return {};
    }
    printSummary(session.out, *model);
    for (const ImportNote& note : importNotes(*model)) session.out.print("\n{}\n", plainText(note.sentence));
    if (!options.summary) printDetails(session.out, *model, options.full);
    return {};
}

}  // namespace

void addInfoCommand(CommandLine& commands)
{
    const auto options = std::make_shared<InfoOptions>();
    CLI::App& command = commands.add("info", "Show what a model file holds: metadata, tensors, formats, sizes.",
                                     [options](Session& session) { return run(*options, session); });
    addModel(command, options->model);
    command.add_flag("--summary", options->summary, "Only name, architecture, parameters, size and the table of formats.");
    command.add_flag("--full", options->full, "Whole metadata values; without it long texts and arrays are cut.");
    command.footer(
        "Examples:\n  weightwright-cli info model.gguf\n  weightwright-cli info model.gguf --json | jq '.tensors[].name'");
}

}  // namespace ww::cli
