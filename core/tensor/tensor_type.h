// SPDX-License-Identifier: MIT
// How the numbers of a tensor are stored. Ids, block lengths and byte counts are those of the GGUF format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ww {

/// Values are the GGUF type ids. Ids that are missing here are retired or unknown; a reader refuses them.
enum class TensorType : std::uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q8_1 = 9,   // activations only, never in files
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    Q8_K = 15,  // activations only, never in files
    IQ2_XXS = 16,
    IQ2_XS = 17,
    IQ3_XXS = 18,
    IQ1_S = 19,
    IQ4_NL = 20,
    IQ3_S = 21,
    IQ2_S = 22,
    IQ4_XS = 23,
    I8 = 24,
    I16 = 25,
    I32 = 26,
    I64 = 27,
    F64 = 28,
    IQ1_M = 29,
    BF16 = 30,
    TQ1_0 = 34,
    TQ2_0 = 35,
    MXFP4 = 39,
    NVFP4 = 40,
    Q1_0 = 41,
    Q2_0 = 42,
};

enum class TensorTypeKind : std::uint8_t { Float, Legacy, K, IQ, Ternary, Fp4, FewBit, Integer, ActivationOnly };

/// What an importance vector (imatrix) does to the encoder of a type.
enum class ImportanceUse : std::uint8_t { Ignored, Optional, Required };

struct TensorTypeTraits {
    TensorType type;
    std::string_view name;      ///< the field's spelling: "Q4_K", "IQ3_S", "F16"
    std::uint32_t blockLength;  ///< elements per block; a row is a whole number of blocks
    std::uint32_t blockBytes;   ///< bytes per block
    TensorTypeKind kind;
    ImportanceUse importance;
    bool target;                ///< may be chosen when quantizing
    [[nodiscard]] constexpr double bitsPerWeight() const { return 8.0 * blockBytes / blockLength; }
};

/// Traits of a valid type. Never fails for values of the enumeration.
[[nodiscard]] const TensorTypeTraits& traits(TensorType type);
/// Null for retired or unknown ids.
[[nodiscard]] const TensorTypeTraits* traitsForId(std::uint32_t id);
/// Case-insensitive; empty if there is no such type.
[[nodiscard]] std::optional<TensorType> tensorTypeFromName(std::string_view name);
/// All types, by id.
[[nodiscard]] std::span<const TensorTypeTraits> allTensorTypes();
[[nodiscard]] inline std::string_view name(TensorType type) { return traits(type).name; }

/// Bytes of a row of `columns` elements; empty if columns is not a multiple of the block length or on overflow.
[[nodiscard]] std::optional<std::uint64_t> rowBytes(TensorType type, std::uint64_t columns);

}  // namespace ww
