// SPDX-License-Identifier: MIT
// Turns functions on one block into functions on one row. Rows may start at any address, so blocks are copied.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tensor/float_convert.h"

namespace ww {

static_assert(std::endian::native == std::endian::little, "block fields are little-endian and written as they are in memory");

/// Block must have kLength (elements) and no padding.
template <class Block, void (*decodeBlock)(const Block&, float*)>
void decodeBlocks(const std::byte* row, float* out, std::size_t columns)
{
    static_assert(std::is_trivially_copyable_v<Block>);
    for (std::size_t b = 0; b < columns / Block::kLength; ++b) {
        Block block;
        std::memcpy(&block, row + b * sizeof(Block), sizeof(Block));
        decodeBlock(block, out + b * Block::kLength);
    }
}

/// For types whose blocks do not look at importance or at the rest of the row.
template <class Block, void (*encodeBlock)(const float*, Block&)>
void encodeBlocks(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    static_assert(std::is_trivially_copyable_v<Block>);
    for (std::size_t b = 0; b < columns / Block::kLength; ++b) {
        Block block{};
        encodeBlock(row + b * Block::kLength, block);
        std::memcpy(out + b * sizeof(Block), &block, sizeof(Block));
    }
}

/// For types whose blocks use their own slice of the importance (null: plain).
template <class Block, void (*encodeBlock)(const float*, const float*, Block&)>
void encodeBlocksWith(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    static_assert(std::is_trivially_copyable_v<Block>);
    for (std::size_t b = 0; b < columns / Block::kLength; ++b) {
        Block block{};
        const std::size_t first = b * Block::kLength;
        encodeBlock(row + first, importance ? importance + first : nullptr, block);
        std::memcpy(out + b * sizeof(Block), &block, sizeof(Block));
    }
}

/// Several rows with the scalar encoder of one row.
template <class Block, void (*encodeRow)(const float*, std::byte*, std::size_t, const float*)>
void encodeRowByRow(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    const std::size_t bytes = columns / Block::kLength * sizeof(Block);
    for (std::size_t r = 0; r < rowCount; ++r) encodeRow(rows + r * columns, out + r * bytes, columns, importance);
}

[[nodiscard]] inline bool isFiniteHalf(std::uint16_t bits)
{
    return (bits & 0x7C00U) != 0x7C00U;
}

}  // namespace ww
