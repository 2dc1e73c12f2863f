// SPDX-License-Identifier: MIT
// Encoded rows of the lattice formats eight values at a time: what a method that chooses entries and signs, but leaves scales alone,
// reads and writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/iq_codebooks.h"
#include "tensor/tensor_type.h"

namespace ww {

inline constexpr std::size_t kLatticeUnit = 8;

/// Values are ±(scale of the unit · magnitudes[level]); the levels of `group` values are one entry of the book.
struct LatticeTraits {
    TensorType type;
    IqCodebook book;
    std::size_t group;                ///< 8, or 4: then a unit has two entries
    std::span<const float> magnitudes;
    bool parity;                      ///< the number of minus signs of a unit is even
};

/// Null for formats that are none of IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S.
[[nodiscard]] const LatticeTraits* latticeTraits(TensorType type);

struct LatticeUnit {
    std::array<std::uint16_t, 2> entry{};  ///< the second of formats with groups of four
    std::uint8_t signs = 0;                ///< bit k set: value k is negative
};
/// Scale of unit `unit` (0 … 31) of a super-block, as the decoder computes it.
[[nodiscard]] float latticeScale(TensorType type, const std::byte* block, std::size_t unit);
/// Replaces entries and signs of one unit. With parity, the number of signs must be even.
void writeLatticeUnit(TensorType type, std::byte* block, std::size_t unit, const LatticeUnit& value);
/// What the decoder makes of a unit with this scale.
void decodeLatticeUnit(const LatticeTraits& traits, const LatticeUnit& value, float scale, float* out);
/// Factor of the super-block, a value that 16 bits hold exactly.
[[nodiscard]] float latticeFactor(const std::byte* block);
void writeLatticeFactor(std::byte* block, float factor);

}  // namespace ww
