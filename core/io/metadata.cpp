// SPDX-License-Identifier: MIT
#include "io/metadata.h"

#include <fmt/format.h>

#include <limits>
#include <type_traits>
#include <utility>

namespace ww {
namespace {

template <class T>
constexpr MetadataType typeId()
{
    if constexpr (std::is_same_v<T, std::uint8_t>)
        return MetadataType::U8;
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return MetadataType::I8;
    else if constexpr (std::is_same_v<T, std::uint16_t>)
        return MetadataType::U16;
    else if constexpr (std::is_same_v<T, std::int16_t>)
        return MetadataType::I16;
    else if constexpr (std::is_same_v<T, std::uint32_t>)
        return MetadataType::U32;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return MetadataType::I32;
    else if constexpr (std::is_same_v<T, float>)
        return MetadataType::F32;
    else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, BoolByte>)
        return MetadataType::Bool;
    else if constexpr (std::is_same_v<T, std::string>)
        return MetadataType::String;
    else if constexpr (std::is_same_v<T, MetadataArray>)
        return MetadataType::Array;
    else if constexpr (std::is_same_v<T, std::uint64_t>)
        return MetadataType::U64;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return MetadataType::I64;
    else {
        static_assert(std::is_same_v<T, double>);
        return MetadataType::F64;
    }
}

/// bool is an integral type of C++ but not an integer of the format.
template <class T>
constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

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

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
std::size_t utf8SequenceLength(std::string_view text)
{
    const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((at(i) & 0xC0U) != 0x80) return 0;
    const unsigned second = at(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F))
        return 0;
    return length;
}

/// Appends `text` as valid UTF-8 on one line: control characters as escapes, invalid bytes as U+FFFD. Stops with "…" when
/// `out` has reached `maxLength` bytes; returns false then.
bool appendVisible(std::string& out, std::string_view text, std::size_t maxLength)
{
    while (!text.empty()) {
        if (out.size() >= maxLength) {
            out += "…";
            return false;
        }
        const std::size_t length = utf8SequenceLength(text);
        const auto c = static_cast<unsigned char>(text[0]);
        if (length == 0)
            out += "\uFFFD";
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\r')
            out += "\\r";
        else if (c < 0x20 || c == 0x7F)
            out += fmt::format("\\x{:02x}", c);
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return true;
}

template <class T>
std::string scalarText(const T& value)
{
    if constexpr (std::is_same_v<T, bool>)
        return value ? "true" : "false";
    else if constexpr (std::is_same_v<T, BoolByte>)
        return value.value ? "true" : "false";
    else if constexpr (kIsInteger<T>)
        return fmt::format("{}", +value);  // promotion: bytes are numbers, not characters
    else
        return fmt::format("{}", value);
}

template <class T>
std::string arrayText(const std::vector<T>& values, std::size_t maxLength)
{
    std::string text = fmt::format("[{} × {}]", values.size(), typeName(typeId<T>()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        text += i == 0 ? " " : ", ";
        if (text.size() >= maxLength) return text + "…";
        if constexpr (std::is_same_v<T, std::string>) {
            if (!appendVisible(text, values[i], maxLength)) return text;
        } else {
            text += scalarText(values[i]);
        }
    }
    return text;
}

/// The value as To when it is an integer of any type that To can hold.
template <class To>
std::optional<To> integerAs(const MetadataValue* value)
{
    if (!value) return std::nullopt;
    return std::visit(
        [](const auto& v) -> std::optional<To> {
            using T = std::decay_t<decltype(v)>;
            if constexpr (kIsInteger<T>) {
                if (std::in_range<To>(v)) return static_cast<To>(v);
            }
            return std::nullopt;
        },
        *value);
}

}  // namespace

MetadataType typeOf(const MetadataValue& value)
{
    return std::visit([](const auto& v) { return typeId<std::decay_t<decltype(v)>>(); }, value);
}

MetadataType elementTypeOf(const MetadataArray& array)
{
    return std::visit([](const auto& v) { return typeId<typename std::decay_t<decltype(v)>::value_type>(); }, array);
}

std::size_t sizeOf(const MetadataArray& array)
{
    return std::visit([](const auto& v) { return v.size(); }, array);
}

std::string displayText(const MetadataValue& value, std::size_t maxLength)
{
    return std::visit(
        [maxLength](const auto& v) -> std::string {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, std::string>) {
                std::string text;
                appendVisible(text, v, maxLength);
                return text;
            } else if constexpr (std::is_same_v<T, MetadataArray>) {
                return std::visit([maxLength](const auto& elements) { return arrayText(elements, maxLength); }, v);
            } else {
                return scalarText(v);
            }
        },
        value);
}

const MetadataValue* Metadata::find(std::string_view key) const
{
    const auto it = m_index.find(std::string(key));
    return it == m_index.end() ? nullptr : &m_entries[it->second].value;
}

bool Metadata::append(std::string key, MetadataValue value)
{
    if (!m_index.try_emplace(key, m_entries.size()).second) return false;
    m_entries.push_back({std::move(key), std::move(value)});
    return true;
}

void Metadata::set(std::string_view key, MetadataValue value)
{
    const auto it = m_index.find(std::string(key));
    if (it != m_index.end())
        m_entries[it->second].value = std::move(value);
    else
        append(std::string(key), std::move(value));
}

void Metadata::setLast(std::string_view key, MetadataValue value)
{
    std::string owned(key);  // `key` may point into the entry that is removed
    remove(owned);
    append(std::move(owned), std::move(value));
}

bool Metadata::remove(std::string_view key)
{
    const auto it = m_index.find(std::string(key));
    if (it == m_index.end()) return false;
    const std::size_t position = it->second;
    m_index.erase(it);
    m_entries.erase(m_entries.begin() + static_cast<std::ptrdiff_t>(position));
    for (auto& [name, index] : m_index)
        if (index > position) --index;
    return true;
}

std::optional<std::uint64_t> Metadata::unsignedInteger(std::string_view key) const
{
    return integerAs<std::uint64_t>(find(key));
}

std::optional<std::int64_t> Metadata::integer(std::string_view key) const
{
    return integerAs<std::int64_t>(find(key));
}

std::optional<double> Metadata::real(std::string_view key) const
{
    const MetadataValue* value = find(key);
    if (!value) return std::nullopt;
    return std::visit(
        [](const auto& v) -> std::optional<double> {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) return static_cast<double>(v);
            return std::nullopt;
        },
        *value);
}

std::optional<bool> Metadata::boolean(std::string_view key) const
{
    const MetadataValue* value = find(key);
    const bool* flag = value ? std::get_if<bool>(value) : nullptr;
    return flag ? std::optional(*flag) : std::nullopt;
}

std::optional<std::string_view> Metadata::string(std::string_view key) const
{
    const MetadataValue* value = find(key);
    const std::string* text = value ? std::get_if<std::string>(value) : nullptr;
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

const std::vector<std::string>* Metadata::stringArray(std::string_view key) const
{
    const MetadataValue* value = find(key);
    const MetadataArray* array = value ? std::get_if<MetadataArray>(value) : nullptr;
    return array ? std::get_if<std::vector<std::string>>(array) : nullptr;
}

const std::vector<float>* Metadata::floatArray(std::string_view key) const
{
    const MetadataValue* value = find(key);
    const MetadataArray* array = value ? std::get_if<MetadataArray>(value) : nullptr;
    return array ? std::get_if<std::vector<float>>(array) : nullptr;
}

std::optional<std::vector<std::int64_t>> Metadata::integerArray(std::string_view key) const
{
    const MetadataValue* value = find(key);
    const MetadataArray* array = value ? std::get_if<MetadataArray>(value) : nullptr;
    if (!array) return std::nullopt;
    return std::visit(
        [](const auto& elements) -> std::optional<std::vector<std::int64_t>> {
            using T = typename std::decay_t<decltype(elements)>::value_type;
            if constexpr (kIsInteger<T>) {
                std::vector<std::int64_t> out;
                out.reserve(elements.size());
                for (const T element : elements) {
                    if (!std::in_range<std::int64_t>(element)) return std::nullopt;
                    out.push_back(static_cast<std::int64_t>(element));
                }
                return out;
            }
            return std::nullopt;
        },
        *array);
}

}  // namespace ww
