// SPDX-License-Identifier: MIT
#include "text/hf_pre_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/json_file.h"

namespace ww {
namespace {

using Json = nlohmann::json;

// The expressions as tokenizer.json files have them. Spellings that mean the same are made equal by canonical().
#define WW_CONTRACTION "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define WW_SPACES R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define WW_LLAMA3(number) WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}+|)" number R"(| ?[^\s\p{L}\p{N}]+[\r\n]*)" WW_SPACES
#define WW_CL100K WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"
#define WW_UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define WW_LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define WW_CASED(number, suffix)                                                                                                   \
    R"([^\r\n\p{L}\p{N}]?)" WW_UPPER "*" WW_LOWER "+" suffix R"(|[^\r\n\p{L}\p{N}]?)" WW_UPPER "+" WW_LOWER "*" suffix "|" number  \
    R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*)" WW_SPACES

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kDigit = R"(\p{N})";
constexpr std::string_view kDigits = R"(\p{N}+)";
constexpr std::string_view kThreeDigits = "[0-9][0-9][0-9]";
constexpr std::string_view kPunctuation = "(punctuation)";
constexpr std::string_view kNewlines = R"([\r\n])";
constexpr std::string_view kCjk = "[一-龥ࠀ-一가-퟿]+";
constexpr std::string_view kBloom = " ?[^(\\s|[.,!?…。，、।۔،])]+";
// DeepSeek LLM lists every letter and sign; canonical() shortens the lists to these.
constexpr std::string_view kDeepSeekLetters = "(letters of DeepSeek LLM)";
constexpr std::string_view kDeepSeekSigns = "(signs of DeepSeek LLM)";

struct Recognized {
    std::string_view pre;
    std::optional<bool> ignoresMerges;  ///< only if the names differ by it
    std::array<std::string_view, 6> steps;
};
const std::vector<Recognized>& table()
{
    static const std::vector<Recognized> rows = {
        {"gpt-2", {}, {kGpt2}},
        {"llama-bpe", true, {WW_LLAMA3(R"(\p{N}{1,3})")}},
        {"smaug-bpe", false, {WW_LLAMA3(R"(\p{N}{1,3})")}},
        // A greedy \s* in front makes one line break at the end the same as several.
        {"llama-bpe", true, {WW_CL100K}},
        {"smaug-bpe", false, {WW_CL100K}},
        {"qwen2", {}, {WW_LLAMA3(R"(\p{N})")}},
        {"qwen35", {}, {WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)" WW_SPACES}},
        {"starcoder", {}, {kDigit, kGpt2}},
        {"falcon", {}, {kPunctuation, kGpt2, kDigits, kThreeDigits}},
        {"deepseek-coder", {}, {kNewlines, R"(\s?\p{L}+)", R"(\s?\p{P}+)", kCjk, kDigit}},
        {"deepseek-llm", {}, {kNewlines, kDeepSeekLetters, kDeepSeekSigns, R"(\s+$)", kCjk, kDigit}},
        {"deepseek-llm", {}, {kNewlines, kDeepSeekLetters, kDeepSeekSigns, R"(\s+$)", kCjk, kDigits}},
        {"deepseek-v3",
         {},
         {R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+",
          R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*)" WW_SPACES}},
        {"tekken", {}, {WW_CASED(R"(\p{N})", "")}},
        {"gpt-4o", {}, {WW_CASED(R"(\p{N}{1,3})", WW_CONTRACTION "?")}},
        {"bloom", {}, {kBloom}},
        {"viking", {}, {kBloom, kDigit}},
        {"viking", {}, {kDigit, kBloom}},
        {"seed-coder", {}, {WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+)" WW_SPACES}},
        {"bailingmoe", {}, {WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"}},
    };
    return rows;
}

void replaceAll(std::string& text, std::string_view from, std::string_view to)
{
    for (std::size_t i = text.find(from); i != std::string::npos; i = text.find(from, i + to.size()))
        text.replace(i, from.size(), to);
}

/// One spelling for expressions that match the same: contractions, possessive quantifiers (which change the speed only in
/// these expressions), line breaks written as themselves, escapes of signs that need none.
std::string canonical(std::string_view expression)
{
    if (expression.starts_with(R"(\s?[A-Za-zµÀ-ÖØ-öø-ƺ)")) return std::string(kDeepSeekLetters);
    if (expression.starts_with(R"(\s?[!-/:-~！-／：-～)")) return std::string(kDeepSeekSigns);
    std::string text(expression);
    replaceAll(text, "\r", R"(\r)");
    replaceAll(text, "\n", R"(\n)");
    for (const char* contraction : {"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])", "'(?i:[sdmt]|ll|ve|re)",
                                    "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])"})
        replaceAll(text, contraction, WW_CONTRACTION);
    replaceAll(text, "++", "+");
    replaceAll(text, "?+", "?");
    replaceAll(text, "*+", "*");
    for (const char sign : std::string_view("-[]$+/")) replaceAll(text, std::string{'\\', sign}, std::string{sign});
    return text;
}

/// The text of one step; empty for steps that cut nothing.
std::string stepOf(const Json& step)
{
    const auto type = jsonText(step, "type").value_or("");
    if (type == "ByteLevel") return jsonFlag(step, "use_regex").value_or(true) ? canonical(kGpt2) : std::string();
    if (type == "Digits") return canonical(jsonFlag(step, "individual_digits").value_or(false) ? kDigit : kDigits);
    if (type == "Punctuation" && jsonText(step, "behavior") == "Contiguous") return std::string(kPunctuation);
    if (type == "Split") {
        const Json* pattern = jsonMember(step, "pattern");
        const auto regex = pattern ? jsonText(*pattern, "Regex") : std::nullopt;
        const auto behavior = jsonText(step, "behavior").value_or("");
        const bool invert = jsonFlag(step, "invert").value_or(false);
        // "Removed" and "invert" together keep the matches, which is the same where the expression matches everything.
        if (regex && ((behavior == "Isolated" && !invert) || (behavior == "Removed" && invert))) return canonical(*regex);
    }
    return fmt::format("(unknown step {})", step.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 200));
}

void collectSteps(const Json& section, std::vector<std::string>& steps)
{
    if (jsonText(section, "type") == "Sequence") {
        if (const Json* parts = jsonMember(section, "pretokenizers"); parts && parts->is_array())
            for (const Json& part : *parts) collectSteps(part, steps);
        return;
    }
    if (auto step = stepOf(section); !step.empty()) steps.push_back(std::move(step));
}

}  // namespace

Result<std::string_view> recognizePreTokenizer(const Json& section, bool ignoresMerges)
{
    std::vector<std::string> steps;
    collectSteps(section, steps);
    for (const Recognized& row : table()) {
        if (row.ignoresMerges && *row.ignoresMerges != ignoresMerges) continue;
        const auto count = static_cast<std::size_t>(
            std::find_if(row.steps.begin(), row.steps.end(), [](std::string_view s) { return s.empty(); }) - row.steps.begin());
        const bool same = count == steps.size() &&
                          std::equal(steps.begin(), steps.end(), row.steps.begin(),
                                     [](const std::string& step, std::string_view known) { return step == canonical(known); });
        if (same) return row.pre;
    }
    const bool known = !steps.empty() && !steps.front().starts_with("(unknown");
    return fail(
        ErrorCode::Unsupported,
        fmt::format(
            "The way in which this model's tokenizer cuts text before merging is not known to llama.cpp ({}), so a GGUF file "
            "would give wrong tokens. Ask for support of this model, with its name.",
            steps.empty() ? "it does not cut at all"
            : known       ? fmt::format("first step “{}”", steps.front())
                          : steps.front()));
}

bool usesByteLevel(const Json& section)
{
    const auto type = jsonText(section, "type").value_or("");
    if (type != "Sequence") return type == "ByteLevel";
    const Json* parts = jsonMember(section, "pretokenizers");
    return parts && parts->is_array() && std::any_of(parts->begin(), parts->end(), usesByteLevel);
}

}  // namespace ww
