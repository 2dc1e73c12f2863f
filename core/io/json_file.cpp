// SPDX-License-Identifier: MIT
#include "io/json_file.h"

#include <fmt/format.h>

#include <new>

#include "base/atomic_file.h"

namespace ww {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;

bool tooDeep(std::string_view text)
{
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
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

}  // namespace

Result<Json> readJsonFile(const std::filesystem::path& path, std::uint64_t maxBytes)
{
    WW_TRY(const std::string text, readTextFile(path, maxBytes));
    if (tooDeep(text))
        return fail(ErrorCode::Corrupt,
                    fmt::format("The file is nested more than {} levels deep, which no file of this kind is.", kMaxDepth), path);
    try {
        Json json = Json::parse(text, nullptr, false);
        if (json.is_discarded())
            return fail(ErrorCode::Corrupt, "The file is not valid JSON; perhaps the download is incomplete. Download it again.",
                        path);
        return json;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the file.", path);
    }
}

const Json* jsonMember(const Json& json, std::string_view name)
{
    if (!json.is_object()) return nullptr;
    const auto found = json.find(name);
    return found == json.end() ? nullptr : &*found;
}

std::optional<std::string_view> jsonText(const Json& json, std::string_view name)
{
    const Json* member = jsonMember(json, name);
    return member && member->is_string() ? std::optional<std::string_view>(member->get_ref<const std::string&>()) : std::nullopt;
}

std::optional<bool> jsonFlag(const Json& json, std::string_view name)
{
    const Json* member = jsonMember(json, name);
    return member && member->is_boolean() ? std::optional(member->get<bool>()) : std::nullopt;
}

std::optional<std::uint64_t> jsonUnsigned(const Json& json, std::string_view name)
{
    const Json* member = jsonMember(json, name);
    return member && member->is_number_unsigned() ? std::optional(member->get<std::uint64_t>()) : std::nullopt;
}

}  // namespace ww
