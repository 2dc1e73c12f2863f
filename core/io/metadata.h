// SPDX-License-Identifier: MIT
// Key/value metadata of a model, in file order, with the exact GGUF types (llama.cpp looks keys up by exact type).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace ww {

/// Values are the GGUF value type ids.
enum class MetadataType : std::uint32_t {
    U8 = 0, I8 = 1, U16 = 2, I16 = 3, U32 = 4, I32 = 5, F32 = 6, Bool = 7, String = 8, Array = 9, U64 = 10, I64 = 11, F64 = 12,
};

/// Elements of one array; the alternative held tells the element type. Booleans are kept as bytes 0/1 under a type of
/// their own, so that std::vector<bool> and its proxies stay out.
struct BoolByte {
    std::uint8_t value = 0;
    bool operator==(const BoolByte&) const = default;
};
using MetadataArray =
    std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>, std::vector<std::int16_t>,
                 std::vector<std::uint32_t>, std::vector<std::int32_t>, std::vector<float>, std::vector<BoolByte>,
                 std::vector<std::string>, std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>>;
using MetadataValue = std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t, float, bool,
                                   std::string, MetadataArray, std::uint64_t, std::int64_t, double>;

/// Type id of a value / of the elements of an array.
[[nodiscard]] MetadataType typeOf(const MetadataValue& value);
[[nodiscard]] MetadataType elementTypeOf(const MetadataArray& array);
[[nodiscard]] std::size_t sizeOf(const MetadataArray& array);
/// For display: scalars as text, arrays as "[3 × string] a, b, c, …" cut to about maxLength characters. Not localised.
[[nodiscard]] std::string displayText(const MetadataValue& value, std::size_t maxLength = 120);

/// Ordered list of unique keys. Value semantics; const access is thread-safe.
class Metadata {
public:
    struct Entry {
        std::string key;
        MetadataValue value;
    };
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] const MetadataValue* find(std::string_view key) const;
    [[nodiscard]] bool contains(std::string_view key) const { return find(key) != nullptr; }

    /// Appends; returns false and changes nothing if the key exists.
    bool append(std::string key, MetadataValue value);
    /// Replaces in place, or appends if the key is new.
    void set(std::string_view key, MetadataValue value);
    /// Removes and appends at the end, as llama.cpp's writer does when it overrides a key.
    void setLast(std::string_view key, MetadataValue value);
    bool remove(std::string_view key);

    /// Typed look-ups. Integers accept any integer type that holds the value; empty if absent or of another kind.
    [[nodiscard]] std::optional<std::uint64_t> unsignedInteger(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
    [[nodiscard]] std::optional<double> real(std::string_view key) const;  ///< F32, F64 or any integer
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::string_view> string(std::string_view key) const;
    [[nodiscard]] const std::vector<std::string>* stringArray(std::string_view key) const;
    [[nodiscard]] const std::vector<float>* floatArray(std::string_view key) const;
    /// Arrays of any integer type, converted; empty if absent or of another kind.
    [[nodiscard]] std::optional<std::vector<std::int64_t>> integerArray(std::string_view key) const;

private:
    std::vector<Entry> m_entries;
    std::unordered_map<std::string, std::size_t> m_index;
};

}  // namespace ww
