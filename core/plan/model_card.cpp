// SPDX-License-Identifier: MIT
#include "plan/model_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "plan/preset.h"

namespace ww {
namespace {

constexpr std::string_view kMark = "<!-- Written by Weightwright -->";

/// A text in double quotes, as YAML and JSON have it; control characters become spaces.
std::string yamlText(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return result + '"';
}

/// Plain text inside Markdown: nothing in it begins a heading, a link, a table cell or HTML.
std::string plain(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) result += '\\';
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return result;
}

std::string codeSpan(std::string_view text)
{
    std::string result = "`";
    for (const char c : text)
        if (c != '`') result += static_cast<unsigned char>(c) < 0x20 || c == '|' ? ' ' : c;
    return result + '`';
}

void addLine(std::string& out, std::string_view key, std::string_view value)
{
    if (!value.empty()) out += fmt::format("{}: {}\n", key, yamlText(value));
}
void addList(std::string& out, std::string_view key, const std::vector<std::string>& values)
{
    if (values.empty()) return;
    out += fmt::format("{}:\n", key);
    for (const std::string& value : values) out += fmt::format("- {}\n", yamlText(value));
}

std::string sizeText(std::uint64_t bytes)
{
    const auto value = static_cast<double>(bytes);
    return bytes >= 1'000'000'000 ? fmt::format("{:.2f} GB", value / 1e9) : fmt::format("{:.1f} MB", value / 1e6);
}

std::string withError(const std::optional<double>& value, const std::optional<double>& error, int digits)
{
    if (!value) return {};
    return error ? fmt::format("{:.{}f} ± {:.{}f}", *value, digits, *error, digits) : fmt::format("{:.{}f}", *value, digits);
}

std::string table(const ModelCard& card)
{
    const auto any = [&](auto member) { return std::ranges::any_of(card.files, [&](const ModelCardFile& file) { return (file.*member).has_value(); }); };
    const bool perplexity = any(&ModelCardFile::perplexity);
    const bool divergence = any(&ModelCardFile::divergence);
    const bool agreement = any(&ModelCardFile::agreement);
    std::string head = "| file | format | size | bits per weight |";
    std::string line = "| --- | --- | ---: | ---: |";
    for (const auto& [shown, title] : {std::pair{perplexity, " perplexity |"}, std::pair{divergence, " KL divergence |"}, std::pair{agreement, " same top token |"}})
        if (shown) {
            head += title;
            line += " ---: |";
        }
    std::string out = head + '\n' + line + '\n';
    for (const ModelCardFile& file : card.files) {
        out += fmt::format("| {} | {} | {} | {:.2f} |", codeSpan(file.fileName), plain(file.format), sizeText(file.sizeBytes), file.bitsPerWeight);
        if (perplexity) out += fmt::format(" {} |", withError(file.perplexity, file.perplexityError, 4));
        if (divergence) out += fmt::format(" {} |", withError(file.divergence, file.divergenceError, 5));
        if (agreement) out += file.agreement ? fmt::format(" {:.2f} % |", 100 * *file.agreement) : std::string(" |");
        out += '\n';
    }
    return out;
}

std::string repositoryOf(std::string_view url)
{
    constexpr std::string_view kSite = "https://huggingface.co/";
    return url.starts_with(kSite) ? std::string(url.substr(kSite.size())) : std::string();
}

std::vector<std::string> texts(const Metadata& metadata, std::string_view key)
{
    const auto* list = metadata.stringArray(key);
    return list ? *list : std::vector<std::string>();
}

}  // namespace

ModelCard modelCardOf(const ModelFile& model)
{
    const Metadata& metadata = model.metadata();
    const auto text = [&](std::string_view key) { return std::string(metadata.string(key).value_or("")); };
    ModelCard card;
    card.title = model.displayName();
    card.license = text("general.license");
    card.licenseName = text("general.license.name");
    card.licenseLink = text("general.license.link");
    const std::uint64_t bases = std::min<std::uint64_t>(metadata.unsignedInteger("general.base_model.count").value_or(0), 32);
    for (std::uint64_t i = 0; i < bases; ++i) {
        std::string base = repositoryOf(text(fmt::format("general.base_model.{}.repo_url", i)));
        if (base.empty()) base = text(fmt::format("general.base_model.{}.name", i));
        if (!base.empty()) card.baseModels.push_back(std::move(base));
    }
    card.languages = texts(metadata, "general.languages");
    card.tags = texts(metadata, "general.tags");
    card.architecture = std::string(model.architecture());
    card.parameters = model.parameterCount();
    return card;
}

std::string storedFormatName(const ModelFile& model)
{
    const auto stored = model.metadata().unsignedInteger("general.file_type");
    if (stored && *stored <= 0xFFFFFFFFU)
        if (const auto known = fileTypeName(static_cast<std::uint32_t>(*stored)); !known.empty()) return std::string(known);
    std::map<TensorType, std::uint64_t> values;
    for (const TensorInfo& tensor : model.tensors()) values[tensor.type] += tensor.shape.elements();
    const auto most = std::ranges::max_element(values, {}, [](const auto& entry) { return entry.second; });
    return most == values.end() ? std::string() : std::string(name(most->first));
}

std::string modelCardText(const ModelCard& card)
{
    std::string out = "---\n";
    addLine(out, "license", card.license);
    addLine(out, "license_name", card.licenseName);
    addLine(out, "license_link", card.licenseLink);
    addList(out, "base_model", card.baseModels);
    if (!card.baseModels.empty()) addLine(out, "base_model_relation", "quantized");
    addList(out, "language", card.languages);
    std::vector<std::string> tags = card.tags;
    if (std::ranges::find(tags, "gguf") == tags.end()) tags.emplace_back("gguf");
    addList(out, "tags", tags);
    addLine(out, "library_name", "gguf");
    out += fmt::format("---\n\n{}\n\n# {}\n\n", kMark, plain(card.title));
    out += fmt::format("GGUF files of a {} model with {:.2f} billion parameters", card.architecture.empty() ? "language" : plain(card.architecture),
                       static_cast<double>(card.parameters) / 1e9);
    if (!card.baseModels.empty()) {
        out += ", made from ";
        for (std::size_t i = 0; i < card.baseModels.size(); ++i) out += (i > 0 ? ", " : "") + plain(card.baseModels[i]);
    }
    out += fmt::format(".\n\n## Files\n\n{}", table(card));
    if (!card.measuredOn.empty())
        out += fmt::format("\nMeasured on {}. The figures after ± are one standard error; lower perplexity and divergence are better, and they are "
                           "comparable for the same text and the same windows only.\n",
                           plain(card.measuredOn));
    return out;
}

bool isGeneratedCard(std::string_view readme)
{
    return readme.find(kMark) != std::string_view::npos;
}

}  // namespace ww
