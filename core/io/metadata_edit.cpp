// SPDX-License-Identifier: MIT
#include "io/metadata_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace ww {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaximumKeyBytes = 64;

constexpr std::array kTypeNames = {
    std::pair{MetadataType::U8, "u8"},   std::pair{MetadataType::I8, "i8"},     std::pair{MetadataType::U16, "u16"},
    std::pair{MetadataType::I16, "i16"}, std::pair{MetadataType::U32, "u32"},   std::pair{MetadataType::I32, "i32"},
    std::pair{MetadataType::F32, "f32"}, std::pair{MetadataType::Bool, "bool"}, std::pair{MetadataType::String, "string"},
    std::pair{MetadataType::Array, "array"}, std::pair{MetadataType::U64, "u64"}, std::pair{MetadataType::I64, "i64"},
    std::pair{MetadataType::F64, "f64"},
};

tl::unexpected<Error> expected(std::string_view what, std::string_view text)
{
    return fail(ErrorCode::InvalidArgument, fmt::format("“{}” is no {}.", text.substr(0, 60), what));
}

template <class T>
Result<MetadataValue> parseNumber(std::string_view text, std::string_view typeName)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return expected(fmt::format("value of the type {}", typeName), text);
    if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value)) return expected("finite number", text);
    return MetadataValue(value);
}

Result<Json> parseList(std::string_view text)
{
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_array()) return expected("list like [\"a\", \"b\"]", text);
    return json;
}

Result<MetadataValue> parseTexts(std::string_view text)
{
    WW_TRY(const Json json, parseList(text));
    std::vector<std::string> elements;
    for (const Json& element : json) {
        if (!element.is_string()) return expected("list of texts like [\"a\", \"b\"]", text);
        elements.push_back(element.get<std::string>());
    }
    return MetadataValue(MetadataArray(std::move(elements)));
}

/// Elements of the type that `like` has.
Result<MetadataValue> parseArray(std::string_view text, const MetadataArray& like)
{
    if (std::holds_alternative<std::vector<std::string>>(like)) return parseTexts(text);
    WW_TRY(const Json json, parseList(text));
    return std::visit(
        [&](const auto& old) -> Result<MetadataValue> {
            using T = typename std::decay_t<decltype(old)>::value_type;
            std::vector<T> elements;
            for (const Json& element : json) {
                if constexpr (std::is_same_v<T, BoolByte>) {
                    if (!element.is_boolean()) return expected("list of true and false", text);
                    elements.push_back({static_cast<std::uint8_t>(element.get<bool>())});
                } else if constexpr (std::is_arithmetic_v<T>) {
                    if (!element.is_number()) return expected("list of numbers", text);
                    WW_TRY(const MetadataValue value, parseNumber<T>(element.dump(), metadataTypeName(elementTypeOf(like))));
                    elements.push_back(std::get<T>(value));
                }
            }
            return MetadataValue(MetadataArray(std::move(elements)));
        },
        like);
}

Result<void> checkKey(std::string_view key)
{
    if (key.empty() || key.size() > kMaximumKeyBytes || key.find('\0') != std::string_view::npos)
        return fail(ErrorCode::InvalidArgument, fmt::format("A key has 1 to {} bytes.", kMaximumKeyBytes));
    if (key == "general.alignment" || key == "general.architecture" || key.starts_with("split."))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The key {} says how the file must be read and cannot be changed by hand.", key));
    return {};
}

}  // namespace

std::string_view metadataTypeName(MetadataType type)
{
    const auto found = std::ranges::find(kTypeNames, type, [](const auto& pair) { return pair.first; });
    return found == kTypeNames.end() ? "unknown" : found->second;
}

std::optional<MetadataType> metadataTypeFromName(std::string_view name)
{
    const auto found = std::ranges::find(kTypeNames, name, [](const auto& pair) { return std::string_view(pair.second); });
    return found == kTypeNames.end() ? std::nullopt : std::optional(found->first);
}

MetadataType usualMetadataType(std::string_view key)
{
    if (key.starts_with("tokenizer.ggml.") && key.ends_with("_token_id")) return MetadataType::U32;
    if (key.starts_with("tokenizer.ggml.add_") || key == "tokenizer.ggml.remove_extra_whitespaces") return MetadataType::Bool;
    if (key == "general.tags" || key == "general.languages" || key == "general.datasets") return MetadataType::Array;
    if (key == "general.file_type" || key == "general.quantization_version" || key.ends_with(".count")) return MetadataType::U32;
    if (key.ends_with(".context_length") || key.ends_with(".sliding_window") || key.ends_with("original_context_length")) return MetadataType::U32;
    if (key.ends_with("rope.freq_base") || key.ends_with("rope.scaling.factor") || key.ends_with("_epsilon")) return MetadataType::F32;
    return MetadataType::String;
}

Result<MetadataValue> parseMetadataValue(std::string_view text, MetadataType type)
{
    const std::string_view typeName = metadataTypeName(type);
    switch (type) {
    case MetadataType::U8: return parseNumber<std::uint8_t>(text, typeName);
    case MetadataType::I8: return parseNumber<std::int8_t>(text, typeName);
    case MetadataType::U16: return parseNumber<std::uint16_t>(text, typeName);
    case MetadataType::I16: return parseNumber<std::int16_t>(text, typeName);
    case MetadataType::U32: return parseNumber<std::uint32_t>(text, typeName);
    case MetadataType::I32: return parseNumber<std::int32_t>(text, typeName);
    case MetadataType::U64: return parseNumber<std::uint64_t>(text, typeName);
    case MetadataType::I64: return parseNumber<std::int64_t>(text, typeName);
    case MetadataType::F32: return parseNumber<float>(text, typeName);
    case MetadataType::F64: return parseNumber<double>(text, typeName);
    case MetadataType::Bool:
        if (text != "true" && text != "false") return expected("value of the type bool; write true or false", text);
        return MetadataValue(text == "true");
    case MetadataType::String: return MetadataValue(std::string(text));
    case MetadataType::Array: return parseTexts(text);
    }
    return fail(ErrorCode::InvalidArgument, "Metadata have no such type.");
}

Result<void> editMetadata(Metadata& metadata, std::string_view key, std::string_view text, std::optional<MetadataType> type)
{
    WW_TRY_VOID(checkKey(key));
    const MetadataValue* old = metadata.find(key);
    const auto* array = old ? std::get_if<MetadataArray>(old) : nullptr;
    auto value = array && (!type || *type == MetadataType::Array)
                     ? parseArray(text, *array)
                     : parseMetadataValue(text, type ? *type : old ? typeOf(*old) : usualMetadataType(key));
    if (!value) {
        value.error().message = fmt::format("{}: {}", key, value.error().message);
        return fail(std::move(value.error()));
    }
    metadata.set(key, std::move(*value));
    return {};
}

Result<void> removeMetadata(Metadata& metadata, std::string_view key)
{
    WW_TRY_VOID(checkKey(key));
    if (!metadata.remove(key)) return fail(ErrorCode::NotFound, fmt::format("The model has no key {}.", key));
    return {};
}

}  // namespace ww
