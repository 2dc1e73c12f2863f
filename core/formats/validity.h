// SPDX-License-Identifier: MIT
// What makes a row unloadable: llama.cpp refuses a tensor when any stored 16-bit scale, or any F16 or BF16 value, is
// infinite or NaN. Encoders write such bytes for values whose scale exceeds 65504, so they are looked for afterwards.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>

#include "formats/row_codec.h"

namespace ww {

/// Looks at the halves at the given byte offsets of every block.
template <class Block, std::size_t... halfOffsets>
std::optional<std::size_t> findInvalidHalf(const std::byte* row, std::size_t columns)
{
    const auto isValid = [](const std::byte* field) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, field, 2);
        return isFiniteHalf(bits);
    };
    for (std::size_t b = 0; b < columns / Block::kLength; ++b) {
        const std::byte* block = row + b * sizeof(Block);
        if (!(isValid(block + halfOffsets) && ...)) return b * Block::kLength;
    }
    return std::nullopt;
}

/// Looks at 16-bit floats whose exponent field is `exponentMask`.
template <std::uint16_t exponentMask>
std::optional<std::size_t> findInvalid16(const std::byte* row, std::size_t columns)
{
    // First whole chunks without branches, then the exact place.
    constexpr std::size_t kChunk = 256;
    for (std::size_t first = 0; first < columns; first += kChunk) {
        const std::size_t count = columns - first < kChunk ? columns - first : kChunk;
        std::uint16_t bits[kChunk];
        std::memcpy(bits, row + 2 * first, 2 * count);
        unsigned invalid = 0;
        for (std::size_t i = 0; i < count; ++i) invalid |= static_cast<unsigned>((bits[i] & exponentMask) == exponentMask);
        if (!invalid) continue;
        for (std::size_t i = 0; i < count; ++i)
            if ((bits[i] & exponentMask) == exponentMask) return first + i;
    }
    return std::nullopt;
}

}  // namespace ww
