// SPDX-License-Identifier: MIT
#include "plan/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/atomic_file.h"
#include "plan/name_pattern.h"
#include "plan/preset.h"

namespace ww {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxRecipeBytes = 16 << 20;
constexpr int kMaxDepth = 8;  // a recipe needs three levels
constexpr int kVersion = 1;
constexpr const char* kVersionKey = "weightwright-recipe";
constexpr std::string_view kKeep = "keep";

template <class... Args>
tl::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args)
{
    return fail(ErrorCode::InvalidArgument, fmt::format(format, std::forward<Args>(args)...));
}

/// For messages: not longer than a line.
std::string shortened(std::string_view text)
{
    constexpr std::size_t kShown = 80;
    return text.size() <= kShown ? std::string(text) : std::string(text.substr(0, kShown)) + "…";
}

bool isSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// ---------------------------------------------------------------------------------------------------------------------
// JSON to recipe.

/// The parser copes with any depth, but nothing in a recipe is deep: stop before memory is spent on a hostile file.
bool tooDeep(std::string_view json)
{
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inString) {
            if (c == '\\') ++i;
            if (c == '"') inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

Result<Json> parseJson(std::string_view text)
{
    if (text.size() > kMaxRecipeBytes)
        return refuse("The recipe has {} bytes; at most {} are accepted.", text.size(), kMaxRecipeBytes);
    if (tooDeep(text))
        return refuse("The recipe is nested more than {} levels deep, which no recipe needs; it is probably another kind of file.",
                      kMaxDepth);
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        return fail(Error{ErrorCode::InvalidArgument,
                          "The recipe is not valid JSON: there is a mistake at or just before this place.",
                          {},
                          {},
                          error.byte > 0 ? error.byte - 1 : 0});
    } catch (const Json::exception&) {
        return refuse("The recipe is not valid JSON: it holds a number that is too large.");
    }
}

Result<std::string> readText(const Json& value, std::string_view member, const std::string& where)
{
    if (!value.is_string()) return refuse("{}The member \"{}\" must be a text in quotes.", where, member);
    return value.get<std::string>();
}

Result<bool> readFlag(const Json& value, std::string_view member)
{
    if (!value.is_boolean()) return refuse("The member \"{}\" must be true or false.", member);
    return value.get<bool>();
}

Result<TensorType> parseFormat(std::string_view text)
{
    const auto type = tensorTypeFromName(text);
    if (!type)
        return refuse("\"{}\" is not a format; known ones are F16, Q8_0, Q6_K, Q5_K, Q4_K, Q4_0 and others.", shortened(text));
    if (!traits(*type).target) return refuse("{} is not a format for weights.", name(*type));
    return *type;
}

Result<TensorType> readFormat(const Json& value, std::string_view member, const std::string& where)
{
    WW_TRY(const std::string text, readText(value, member, where));
    auto type = parseFormat(text);
    if (!type) type.error().message = fmt::format("{}\"{}\": {}", where, member, type.error().message);
    return type;
}

Result<void> readMatch(RecipeRule& rule, RecipeRule::Match match, const std::string& text, const std::string& where)
{
    rule.match = match;
    if (match == RecipeRule::Match::Role) {
        const auto role = roleFromName(text);
        if (!role)
            return refuse("{}\"{}\" is not a role; roles are called attn_q, ffn_down, token_embd and so on.", where,
                          shortened(text));
        rule.role = *role;
        return {};
    }
    rule.pattern = text;
    if (match == RecipeRule::Match::Exact)
        return text.empty() ? Result<void>(refuse("{}The tensor name is empty.", where)) : Result<void>();
    const auto compiled = NamePattern::compile(text);
    return compiled ? Result<void>() : Result<void>(refuse("{}{}", where, compiled.error().message));
}

Result<RecipeRule> readRule(const Json& json, std::size_t index)
{
    const std::string where = fmt::format("Rule {}: ", index + 1);
    if (!json.is_object()) return refuse("{}A rule must be an object in braces.", where);
    RecipeRule rule;
    int matches = 0;
    bool hasFormat = false;
    for (const auto& [member, value] : json.items()) {
        const bool isPattern = member == "pattern";
        const bool isTensor = member == "tensor";
        if (isPattern || isTensor || member == "role") {
            WW_TRY(const std::string text, readText(value, member, where));
            const auto match = isPattern  ? RecipeRule::Match::Pattern
                               : isTensor ? RecipeRule::Match::Exact
                                          : RecipeRule::Match::Role;
            WW_TRY_VOID(readMatch(rule, match, text, where));
            ++matches;
        } else if (member == "format") {
            hasFormat = true;
            if (value == kKeep) continue;
            WW_TRY(rule.format, readFormat(value, member, where));
        } else if (member == "method") {
            WW_TRY(rule.method, readText(value, member, where));
        } else if (member == "note") {
            WW_TRY(rule.note, readText(value, member, where));
        } else {
            return refuse("{}The member \"{}\" is not known; this program may be too old for the file, or the name is misspelled.",
                          where, shortened(member));
        }
    }
    if (matches != 1) return refuse("{}Exactly one of \"pattern\", \"tensor\" and \"role\" says which tensors are meant.", where);
    if (!hasFormat) return refuse("{}The member \"format\" is missing; write a format, or \"keep\".", where);
    return rule;
}

Result<void> readMember(Recipe& recipe, const std::string& member, const Json& value)
{
    if (member == kVersionKey) {
        if (!value.is_number_integer()) return refuse("The member \"{}\" must be the number {}.", kVersionKey, kVersion);
        if (value != kVersion)
            return refuse("The recipe has version {}, but this program reads version {} only; a newer program may read it.",
                          value.dump(), kVersion);
    } else if (member == "name") {
        WW_TRY(recipe.name, readText(value, member, {}));
    } else if (member == "preset") {
        WW_TRY(recipe.preset, readText(value, member, {}));
        if (!isCopyPreset(recipe.preset) && !findPreset(recipe.preset))
            return refuse("There is no preset called \"{}\".", shortened(recipe.preset));
    } else if (member == "base") {
        WW_TRY(recipe.base, readFormat(value, member, {}));
    } else if (member == "pure") {
        WW_TRY(recipe.pure, readFlag(value, member));
    } else if (member == "leaveOutput") {
        WW_TRY(recipe.leaveOutput, readFlag(value, member));
    } else if (member == "withImportance") {
        WW_TRY(recipe.withImportance, readFlag(value, member));
    } else if (member == "outputType") {
        WW_TRY(recipe.outputType, readFormat(value, member, {}));
    } else if (member == "tokenEmbeddingType") {
        WW_TRY(recipe.tokenEmbeddingType, readFormat(value, member, {}));
    } else if (member == "method") {
        WW_TRY(recipe.method, readText(value, member, {}));
    } else if (member == "rules") {
        if (!value.is_array()) return refuse("The member \"rules\" must be a list in brackets.");
        for (const auto& item : value) {
            WW_TRY(RecipeRule rule, readRule(item, recipe.rules.size()));
            recipe.rules.push_back(std::move(rule));
        }
    } else if (member == "transform") {
        if (!value.is_array()) return refuse("The member \"transform\" must be a list in brackets.");
        for (const auto& item : value) {
            WW_TRY(const std::string text, readText(item, member, {}));
            WW_TRY(const TransformStep step, parseTransformStep(text));
            recipe.transform.push_back(step);
        }
    } else {
        return refuse("The member \"{}\" is not known; this program may be too old for the recipe, or the name is misspelled.",
                      shortened(member));
    }
    return {};
}

// ---------------------------------------------------------------------------------------------------------------------
// llama.cpp's PATTERN=TYPE items.

/// As llama.cpp's tool does it; but \S and \s mean different things, so that escapes stay.
std::string lowerCased(std::string_view pattern)
{
    std::string lower;
    bool escaped = false;
    for (const char c : pattern) {
        lower += !escaped && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        escaped = c == '\\' && !escaped;
    }
    return lower;
}

/// A pattern that matches exactly `tensorName`. Upper-case letters and other characters that the text form cannot hold
/// become ".", which matches them.
std::string patternForName(std::string_view tensorName)
{
    std::string pattern = "^";
    for (const char c : tensorName) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (c == '.')
            pattern += "\\.";
        else
            pattern += plain ? c : '.';
    }
    return pattern + "$";
}

/// Empty when no pattern stands for the role.
std::string patternForRole(TensorRole role)
{
    switch (role) {
    case TensorRole::Other: return {};
    case TensorRole::Bias: return "\\.bias$";
    case TensorRole::TokenEmbedding:
    case TensorRole::Output:
    case TensorRole::OutputNorm:
    case TensorRole::PositionEmbedding: return fmt::format("^{}\\.weight$", roleName(role));
    default: return fmt::format("^blk\\.[0-9]+\\.{}\\.weight$", roleName(role));
    }
}

/// White space separates items and the first "=" separates the type. Empty when the pattern cannot do without.
std::string patternForText(std::string_view pattern)
{
    std::string text;
    for (const char c : pattern) {
        if (c == '=') {
            const bool lookAround = text.ends_with('?') || text.ends_with("?<");
            if (lookAround) return {};
            text += "\\x3d";
        } else if (isSpace(c)) {
            text += "\\s";
        } else {
            text += c;
        }
    }
    return text;
}

/// The first "=" with a format and its end or a colon behind it: patterns and options of methods may hold others. Else the
/// last one at all.
std::size_t ruleSeparator(std::string_view text)
{
    for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
        const std::string_view rest = text.substr(at + 1);
        const std::string_view format = rest.substr(0, rest.find(':'));
        if (at > 0 && (format == kKeep || tensorTypeFromName(format))) return at;
    }
    return text.rfind('=');
}

}  // namespace

std::string recipeToJson(const Recipe& recipe)
{
    Json json;
    json[kVersionKey] = kVersion;
    json["name"] = recipe.name;
    if (recipe.base)
        json["base"] = name(*recipe.base);
    else
        json["preset"] = recipe.preset;
    if (recipe.pure) json["pure"] = true;
    if (recipe.leaveOutput) json["leaveOutput"] = true;
    if (recipe.withImportance) json["withImportance"] = true;
    if (recipe.outputType) json["outputType"] = name(*recipe.outputType);
    if (recipe.tokenEmbeddingType) json["tokenEmbeddingType"] = name(*recipe.tokenEmbeddingType);
    if (!recipe.method.empty()) json["method"] = recipe.method;
    for (const TransformStep& step : recipe.transform) json["transform"].push_back(transformStepText(step));
    json["rules"] = Json::array();
    for (const auto& rule : recipe.rules) {
        Json item;
        switch (rule.match) {
        case RecipeRule::Match::Pattern: item["pattern"] = rule.pattern; break;
        case RecipeRule::Match::Exact: item["tensor"] = rule.pattern; break;
        case RecipeRule::Match::Role: item["role"] = roleName(rule.role); break;
        }
        item["format"] = rule.format ? name(*rule.format) : kKeep;
        if (!rule.method.empty()) item["method"] = rule.method;
        if (!rule.note.empty()) item["note"] = rule.note;
        json["rules"].push_back(std::move(item));
    }
    // Text that is not UTF-8 (a tensor name can be any bytes) is written with replacement characters.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Recipe> recipeFromJson(std::string_view text)
{
    WW_TRY(const Json json, parseJson(text));
    if (!json.is_object())
        return refuse("The file is not a recipe: a recipe is a JSON object with the member \"{}\".", kVersionKey);
    if (!json.contains(kVersionKey)) return refuse("The file is not a recipe: the member \"{}\" is missing.", kVersionKey);
    if (json.contains("preset") && json.contains("base"))
        return refuse("The recipe names a preset and a base format; it can have one of them only.");
    if (!json.contains("preset") && !json.contains("base"))
        return refuse("The recipe names neither a \"preset\" nor a \"base\" format.");
    Recipe recipe;
    recipe.preset.clear();
    for (const auto& [member, value] : json.items()) WW_TRY_VOID(readMember(recipe, member, value));
    return recipe;
}

Result<Recipe> loadRecipe(const std::filesystem::path& path)
{
    WW_TRY(const std::string text, readTextFile(path, kMaxRecipeBytes));
    auto recipe = recipeFromJson(text);
    if (!recipe) recipe.error().path = path;
    return recipe;
}

Result<void> saveRecipe(const Recipe& recipe, const std::filesystem::path& path)
{
    return writeTextFile(path, recipeToJson(recipe));
}

Result<RecipeRule> parseRule(std::string_view text)
{
    const auto separator = ruleSeparator(text);
    if (separator == std::string_view::npos || separator == 0)
        return refuse("\"{}\" is not of the form PATTERN=FORMAT, for example ffn_down=Q6_K.", shortened(text));
    RecipeRule rule;
    rule.pattern = text.substr(0, separator);
    std::string_view format = text.substr(separator + 1);
    if (const auto colon = format.find(':'); colon != std::string_view::npos) {
        rule.method = format.substr(colon + 1);
        if (rule.method.empty()) return refuse("\"{}\" names no method after the colon.", shortened(text));
        format = format.substr(0, colon);
    }
    WW_TRY_VOID(NamePattern::compile(rule.pattern));
    if (format != kKeep) {
        auto type = parseFormat(format);
        if (!type) return refuse("\"{}\": {}", shortened(text), type.error().message);
        rule.format = *type;
    }
    return rule;
}

Result<std::vector<RecipeRule>> rulesFromTensorTypeFile(std::string_view text)
{
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    std::vector<RecipeRule> rules;
    for (std::size_t i = 0; i < text.size();) {
        if (isSpace(text[i])) {
            ++i;
            continue;
        }
        const auto end = static_cast<std::size_t>(std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), isSpace) -
                                                  text.begin());
        auto rule = parseRule(text.substr(i, end - i));
        if (!rule) return refuse("Item {}: {}", rules.size() + 1, rule.error().message);
        rule->pattern = lowerCased(rule->pattern);
        rules.push_back(std::move(*rule));
        i = end;
    }
    return rules;
}

std::string rulesToTensorTypeFile(const std::vector<RecipeRule>& rules)
{
    std::string text;
    for (const auto& rule : rules) {
        if (!rule.format) continue;  // "as is" has no name there
        const std::string pattern = rule.match == RecipeRule::Match::Role    ? patternForRole(rule.role)
                                    : rule.match == RecipeRule::Match::Exact ? patternForName(rule.pattern)
                                                                             : patternForText(rule.pattern);
        if (!pattern.empty()) text += fmt::format("{}={}\n", pattern, name(*rule.format));
    }
    return text;
}

}  // namespace ww
