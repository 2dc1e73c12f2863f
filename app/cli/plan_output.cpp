// SPDX-License-Identifier: MIT
#include "app/cli/plan_output.h"

#include <map>

#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "import/open_model.h"
#include "methods/quantizer.h"

namespace ww::cli {
namespace {

/// More fallbacks than this are summed up.
constexpr std::size_t kMaximumWarnings = 10;

/// The one that was asked for, though GGUF may hold something else instead.
const std::string& methodOf(const PlanEntry& entry)
{
    return entry.analysis.empty() ? entry.method : entry.analysis;
}

}  // namespace

void printPlanTable(Output& out, const ModelFile& model, const Plan& plan)
{
    using enum Table::Align;
    Table table({{"tensor"}, {"shape", Right}, {"from"}, {"to"}, {"method"}, {"size", Right}, {"why"}});
    for (const PlanEntry& entry : plan.entries) {
        const TensorInfo& tensor = model.tensors()[entry.tensorIndex];
        table.addRow({plainText(entry.nameIn(model)), tensor.shape.text(), std::string(name(entry.source)), std::string(name(entry.target)),
                      entry.quantized ? methodOf(entry) : "–", sizeText(static_cast<double>(entry.sizeBytes)), plainText(entry.reason)});
    }
    out.write(table.text());
}

std::string planSizeText(const Plan& plan)
{
    std::string text =
        fmt::format("{}, {:.2f} bits per weight", sizeText(static_cast<double>(plan.sizeBytes)), plan.bitsPerWeight());
    if (plan.sourceSizeBytes > 0)
        text += fmt::format(" ({:.1f} % of {})",
                            100.0 * static_cast<double>(plan.sizeBytes) / static_cast<double>(plan.sourceSizeBytes),
                            sizeText(static_cast<double>(plan.sourceSizeBytes)));
    return text;
}

void addNotes(Json& json, const ModelFile& model)
{
    json["notes"] = Json::array();
    for (const ImportNote& note : importNotes(model)) json["notes"].push_back(note.sentence);
}

Json warningsJson(const Plan& plan)
{
    Json texts = Json::array();
    for (const PlanWarning& warning : plan.warnings) texts.push_back(warning.text());
    return texts;
}

std::string methodsText(const Plan& plan, const ModelFile& model)
{
    constexpr std::size_t kShown = 4;
    struct Group {
        std::string names;
        std::size_t count = 0;
    };
    std::map<std::string, Group> groups;
    bool special = false;
    for (const PlanEntry& entry : plan.entries) {
        if (!entry.editable) continue;
        const std::string method = methodOf(entry);
        special |= entry.quantized && method != kDefaultMethod;
        Group& group = groups[entry.quantized ? method : "no method, kept as they are"];
        if (++group.count <= kShown) group.names += fmt::format("{}{}", group.count == 1 ? "" : ", ", plainText(entry.nameIn(model)));
    }
    std::string text;
    if (!special) return text;
    for (const auto& [method, group] : groups)
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", method,
                            group.count <= kShown ? group.names : fmt::format("{} tensors", group.count));
    return text;
}

void addPlan(Json& json, const ModelFile& model, const Plan& plan)
{
    json["sizeBytes"] = plan.sizeBytes;
    json["bitsPerWeight"] = number(plan.bitsPerWeight());
    json["sourceSizeBytes"] = plan.sourceSizeBytes;
    json["parameters"] = plan.parameters;
    json["fileType"] = plan.fileType;
    json["warnings"] = warningsJson(plan);
    std::map<TensorType, std::pair<std::uint64_t, std::uint64_t>> formats;
    Json tensors = Json::array();
    for (const PlanEntry& entry : plan.entries) {
        const TensorInfo& tensor = model.tensors()[entry.tensorIndex];
        ++formats[entry.target].first;
        formats[entry.target].second += entry.sizeBytes;
        Json row;
        row["name"] = entry.nameIn(model);
        if (!entry.newName.empty()) row["sourceName"] = tensor.name;
        row["source"] = name(entry.source);
        row["target"] = name(entry.target);
        row["method"] = entry.quantized ? Json(entry.method) : Json(nullptr);
        row["sizeBytes"] = entry.sizeBytes;
        row["reason"] = entry.reason;
        row["warning"] = entry.warnings.empty() ? Json(nullptr) : Json(joinedText(entry.warnings));
        tensors.push_back(std::move(row));
    }
    json["formats"] = Json::array();
    for (const auto& [type, sums] : formats)
        json["formats"].push_back({{"type", name(type)}, {"tensors", sums.first}, {"sizeBytes", sums.second}});
    json["tensors"] = std::move(tensors);
}

void warnAboutPlan(const ModelFile& model, const Plan& plan)
{
    for (const PlanWarning& warning : plan.warnings) Session::warn(warning.text());
    std::size_t count = 0;
    for (const PlanEntry& entry : plan.entries) {
        if (entry.warnings.empty()) continue;
        if (++count <= kMaximumWarnings)
            Session::warn(fmt::format("{}: {}", model.tensors()[entry.tensorIndex].name, joinedText(entry.warnings)));
    }
    if (count > kMaximumWarnings)
        Session::warn(
            fmt::format("{} more tensors have such a warning; --dry-run --json lists them all.", count - kMaximumWarnings));
}

}  // namespace ww::cli
