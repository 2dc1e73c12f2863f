// SPDX-License-Identifier: MIT
// Makes GGUF files for tests, good ones and ones that are broken on purpose. It shares no code with GgufWriter: a test
// that compares the two would otherwise prove nothing. Nothing is checked here; what a test asks for is what it gets.
//
//   GgufBuilder file;
//   file.pair("general.architecture", std::string("llama"));
//   file.tensor("a", TensorType::F32, {8, 2});            // zeros
//   file.write(path);                                      // good
//   file.tensors[0].offset = 64;                           // now broken
//   std::string bytes = file.bytes();                      // in memory; cut it, flip bits in it
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "io/metadata.h"
#include "tensor/tensor_type.h"

namespace ww::test {

/// The bytes of a number as a GGUF file holds them, for raw values.
template <class T>
std::string littleEndian(T value)
{
    static_assert(std::is_arithmetic_v<T>);
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

class GgufBuilder {
public:
    /// Fields of the header, to be changed at will before bytes() or write().
    std::uint32_t version = 3;                 ///< 1: counts and lengths have 32 bits
    bool bigEndian = false;                    ///< every number of the header swapped
    std::optional<std::uint64_t> tensorCount;  ///< announced instead of the real number
    std::optional<std::uint64_t> pairCount;
    std::uint64_t alignment = 32;  ///< how tensors are placed; the key general.alignment is up to you
    bool tailPadding = true;       ///< zeros behind the last tensor

    struct Pair {
        std::string key;
        std::uint32_t type = 0;
        std::variant<MetadataValue, std::string> value;  ///< a string: raw bytes
    };
    struct Tensor {
        std::string name;
        std::uint32_t type = 0;
        std::vector<std::uint64_t> ne;
        std::string data;  ///< shorter than the size: the rest is zeros (holes on the disk)
        std::uint64_t sizeBytes = 0;
        std::optional<std::uint64_t> offset{};  ///< announced instead of the real one
        std::optional<std::uint32_t> dims{};    ///< announced instead of ne.size()
    };
    std::vector<Pair> pairs;
    std::vector<Tensor> tensors;

    GgufBuilder& pair(std::string key, MetadataValue value);
    /// Replaces the value of an existing key, else appends.
    GgufBuilder& set(const std::string& key, MetadataValue value);
    /// Type id and value bytes as they are.
    GgufBuilder& rawPair(std::string key, std::uint32_t type, std::string value);
    /// Size by type and shape; 0 if these make no sense.
    GgufBuilder& tensor(std::string name, TensorType type, std::vector<std::uint64_t> ne, std::string data = {});
    /// Any type id, any shape, no data unless given.
    GgufBuilder& rawTensor(std::string name, std::uint32_t type, std::vector<std::uint64_t> ne, std::string data = {});

    /// Everything before the tensor data, padding included when there are tensors.
    [[nodiscard]] std::string header() const;
    [[nodiscard]] std::string bytes() const;
    /// Writes a sparse file: zeros take no room. False when the system refuses.
    [[nodiscard]] bool write(const std::filesystem::path& path) const;
};

/// A small good file with every kind of metadata value, tensors in three formats and two empty ones.
GgufBuilder everyKindOfValue();

/// Writes bytes as a file; false when the system refuses.
[[nodiscard]] bool writeFile(const std::filesystem::path& path, std::string_view bytes);
/// The whole file; empty when it cannot be read.
[[nodiscard]] std::string readFile(const std::filesystem::path& path);

}  // namespace ww::test
