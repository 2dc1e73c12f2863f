// SPDX-License-Identifier: MIT
#include "import/hf_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/atomic_file.h"
#include "io/json_file.h"

namespace ww {
namespace {

constexpr std::uint64_t kMaximumReadmeBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMaximumListed = 256;
constexpr std::size_t kMaximumTextBytes = 4096;

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}
std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
    while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
    return text;
}
bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
std::string lowered(std::string_view text)
{
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

/// A scalar: quotes are taken off, a comment behind it is cut.
std::string scalar(std::string_view text)
{
    text = trimmed(text);
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'')) {
        const std::size_t end = text.find(text.front(), 1);
        if (end != std::string_view::npos) return std::string(text.substr(1, end - 1));
    }
    if (const auto comment = text.find(" #"); comment != std::string_view::npos) text = trimmed(text.substr(0, comment));
    if (text == "null" || text == "~" || text.starts_with('#')) return {};
    return std::string(text.substr(0, kMaximumTextBytes));
}

void addTo(std::vector<std::string>& list, std::string text)
{
    if (!text.empty() && list.size() < kMaximumListed) list.push_back(std::move(text));
}

/// "[a, 'b', c]"
void addInline(std::vector<std::string>& list, std::string_view text)
{
    text.remove_prefix(1);
    text = text.substr(0, text.find(']'));
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        addTo(list, scalar(text.substr(0, comma)));
        if (comma == std::string_view::npos) return;
        text.remove_prefix(comma + 1);
    }
}

std::string nextLine(std::string_view& text)
{
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && isSpace(line.back())) line.pop_back();
    return line;
}

/// "7B", "0.5b", "8x22B", "135M"; "A3B" is a part of such a label.
bool isSize(std::string_view part)
{
    const std::size_t times = part.find('x');
    if (times != std::string_view::npos && times > 0 && std::ranges::all_of(part.substr(0, times), isDigit)) part.remove_prefix(times + 1);
    if (!part.empty() && (part.front() == 'A' || part.front() == 'a')) part.remove_prefix(1);
    if (part.size() < 2 || !isDigit(part.front())) return false;
    constexpr std::string_view kUnits = "KkMmBbTtQq";
    if (kUnits.find(part.back()) == std::string_view::npos) return false;
    part.remove_suffix(1);
    return std::ranges::all_of(part, [](char c) { return isDigit(c) || c == '.' || c == '_'; });
}

bool isVersion(std::string_view part)
{
    if (part.size() < 2 || (part.front() != 'v' && part.front() != 'V') || !isDigit(part[1])) return false;
    return std::ranges::all_of(part.substr(1), [](char c) { return isDigit(c) || c == '.'; });
}

bool isFinetune(std::string_view part)
{
    constexpr std::array<std::string_view, 9> kKinds = {"instruct", "it", "chat", "base", "hf", "sft", "dpo", "lora", "reasoning"};
    return std::ranges::find(kKinds, lowered(part)) != kKinds.end();
}

/// "hermes-2-pro-v1" becomes "Hermes 2 Pro v1": words in small letters get a capital, versions and numbers stay.
std::string titled(std::string_view id)
{
    std::string title;
    while (!id.empty()) {
        const std::size_t end = std::min(id.find_first_of("- "), id.size());
        std::string word(id.substr(0, end));
        id.remove_prefix(std::min(end + 1, id.size()));
        if (word.empty()) continue;
        const bool isSmall = std::ranges::none_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
        if (isSmall && !isVersion(word) && word.front() >= 'a' && word.front() <= 'z') word.front() = static_cast<char>(word.front() - 32);
        title += (title.empty() ? "" : " ") + word;
    }
    return title;
}

/// Writes keys in order, once each, and leaves empty ones out.
class Writer {
public:
    void put(std::string_view key, std::string text)
    {
        if (!text.empty()) m_entries.push_back({fmt::format("general.{}", key), std::move(text)});
    }
    void putList(std::string_view key, std::vector<std::string> list)
    {
        if (!list.empty()) m_entries.push_back({fmt::format("general.{}", key), MetadataArray(std::move(list))});
    }
    void putCount(std::string_view key, std::size_t count)
    {
        m_entries.push_back({fmt::format("general.{}", key), static_cast<std::uint32_t>(count)});
    }
    std::vector<Metadata::Entry> take() { return std::move(m_entries); }

private:
    std::vector<Metadata::Entry> m_entries;
};

using Names = std::initializer_list<std::string_view>;

std::vector<std::string> listOf(const FrontMatter& card, Names names)
{
    for (const std::string_view name : names)
        if (const auto found = card.find(name); found != card.end() && !found->second.empty()) return found->second;
    return {};
}
std::string textOf(const FrontMatter& card, Names names)
{
    const auto list = listOf(card, names);
    return list.empty() ? std::string() : list.front();
}

/// Models and data sets that a card names as the source, each with name, organization and address.
void putSources(Writer& out, std::string_view key, const std::vector<std::string>& sources)
{
    if (sources.empty()) return;
    out.putCount(fmt::format("{}.count", key), sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
        std::string_view id = sources[i];
        for (const std::string_view site : {"https://huggingface.co/", "huggingface.co/"})
            if (id.starts_with(site)) id.remove_prefix(site.size());
        const std::size_t slash = id.find('/');
        const bool isRepository = slash != std::string_view::npos && id.find('/', slash + 1) == std::string_view::npos;
        const std::string_view name = isRepository ? id.substr(slash + 1) : id;
        out.put(fmt::format("{}.{}.name", key, i), titled(name));
        if (key == "base_model") out.put(fmt::format("{}.{}.version", key, i), parseModelName(name).version);
        if (!isRepository) continue;
        out.put(fmt::format("{}.{}.organization", key, i), titled(id.substr(0, slash)));
        out.put(fmt::format("{}.{}.repo_url", key, i), fmt::format("https://huggingface.co/{}", id));
    }
}

}  // namespace

FrontMatter parseFrontMatter(std::string_view readme)
{
    FrontMatter card;
    if (readme.starts_with("\xEF\xBB\xBF")) readme.remove_prefix(3);
    if (nextLine(readme) != "---") return card;
    std::vector<std::string>* open = nullptr;  // takes the lines "- text" below its key
    while (!readme.empty()) {
        const std::string line = nextLine(readme);
        if (line == "---" || line == "...") return card;
        const std::string_view text = trimmed(line);
        if (text.empty() || text.front() == '#') continue;
        if (text.starts_with("- ") || text == "-") {
            const std::string_view item = trimmed(text.substr(1));
            // "- key: value" begins a map, which no key of interest has.
            const bool isMap = item.find(": ") != std::string_view::npos && !item.starts_with('"') && !item.starts_with('\'');
            if (open && !isMap) addTo(*open, scalar(item));
            continue;
        }
        if (isSpace(line.front())) continue;  // inside a map
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) continue;
        open = nullptr;
        if (card.size() >= kMaximumListed) continue;
        const std::string_view value = trimmed(text.substr(colon + 1));
        std::vector<std::string>& list = card[scalar(text.substr(0, colon))];
        list.clear();
        if (value.empty()) {
            open = &list;
        } else if (value.front() == '[') {
            addInline(list, value);
        } else if (value.front() != '{' && value.front() != '|' && value.front() != '>') {
            addTo(list, scalar(value));
        }
    }
    return {};  // never closed: no front matter
}

ModelName parseModelName(std::string_view name)
{
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find_first_of("-", begin), name.size());
        if (end > begin) parts.push_back(name.substr(begin, end - begin));
        begin = end + 1;
    }
    ModelName result;
    const auto append = [](std::string& to, std::string_view part) { to += to.empty() ? std::string(part) : fmt::format("-{}", part); };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string_view part = parts[i];
        if (i > 0 && isSize(part)) {
            std::string size(part);
            if (constexpr std::string_view kLower = "kmbt"; kLower.find(size.back()) != std::string_view::npos) size.back() = static_cast<char>(size.back() - 32);
            append(result.sizeLabel, size);
        } else if (i > 0 && isVersion(part)) {
            result.version = part;
        } else if (i > 0 && (isFinetune(part) || !result.finetune.empty() || !result.sizeLabel.empty())) {
            append(result.finetune, part);
        } else {
            append(result.basename, part);
        }
    }
    return result;
}

std::vector<Metadata::Entry> hfGeneralKeys(const std::filesystem::path& folder, const std::string& folderName, const std::string& sizeLabel)
{
    FrontMatter card;
    std::error_code ignored;
    if (std::filesystem::exists(folder / "README.md", ignored))
        if (const auto readme = readTextFile(folder / "README.md", kMaximumReadmeBytes)) card = parseFrontMatter(*readme);
    const ModelName parts = parseModelName(folderName);
    Writer out;
    const std::string name = textOf(card, {"model_name", "name"});
    out.put("name", name.empty() ? titled(folderName) : name);
    out.put("author", textOf(card, {"model_author", "author", "model_creator", "creator"}));
    const std::string version = textOf(card, {"model_version", "version"});
    out.put("version", version.empty() ? parts.version : version);
    out.put("organization", textOf(card, {"model_organization", "organization"}));
    out.put("finetune", parts.finetune);
    out.put("basename", parts.basename);
    out.put("description", textOf(card, {"model_description", "description"}));
    out.put("size_label", parts.sizeLabel.empty() ? sizeLabel : parts.sizeLabel);
    out.put("license", textOf(card, {"license"}));
    out.put("license.name", textOf(card, {"license_name"}));
    out.put("license.link", textOf(card, {"license_link"}));
    putSources(out, "base_model", listOf(card, {"base_model", "base_models"}));
    putSources(out, "dataset", listOf(card, {"datasets", "dataset"}));
    auto tags = listOf(card, {"tags"});
    if (const std::string pipeline = textOf(card, {"pipeline_tag"}); !pipeline.empty() && std::ranges::find(tags, pipeline) == tags.end())
        tags.push_back(pipeline);
    out.putList("tags", std::move(tags));
    out.putList("languages", listOf(card, {"language", "languages"}));
    return out.take();
}

std::vector<Metadata::Entry> hfSamplingKeys(const std::filesystem::path& folder)
{
    struct Setting {
        std::string_view member, key;
        bool isInteger;
    };
    constexpr std::array<Setting, 10> kSettings = {{{"top_k", "top_k", true},
                                                    {"top_p", "top_p", false},
                                                    {"min_p", "min_p", false},
                                                    {"xtc_probability", "xtc_probability", false},
                                                    {"xtc_threshold", "xtc_threshold", false},
                                                    {"temperature", "temp", false},
                                                    {"penalty_last_n", "penalty_last_n", true},
                                                    {"penalty_repeat", "penalty_repeat", false},
                                                    {"mirostat_tau", "mirostat_tau", false},
                                                    {"mirostat_eta", "mirostat_eta", false}}};
    std::vector<Metadata::Entry> entries;
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "generation_config.json", ignored)) return entries;
    const auto json = readJsonFile(folder / "generation_config.json");
    if (!json) return entries;
    for (const Setting& setting : kSettings) {
        const auto* value = jsonMember(*json, setting.member);
        if (!value || !value->is_number()) continue;
        const double number = value->get<double>();
        if (!(std::abs(number) <= 1e9) || (setting.isInteger && number != std::floor(number))) continue;
        std::string key = fmt::format("general.sampling.{}", setting.key);
        if (setting.isInteger)
            entries.push_back({std::move(key), static_cast<std::int32_t>(number)});
        else
            entries.push_back({std::move(key), static_cast<float>(number)});
    }
    return entries;
}

}  // namespace ww
