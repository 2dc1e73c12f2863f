// SPDX-License-Identifier: MIT
#include "methods/grid.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "formats/iq4.h"
#include "formats/iq_codebooks.h"
#include "formats/k_quants.h"
#include "formats/legacy.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr std::array<GridTraits, 12> kGrids = {{
    {TensorType::Q4_0, 32, 16, 8, nullptr, true},
    {TensorType::Q4_1, 32, 16, 0, nullptr, false},
    {TensorType::Q5_0, 32, 32, 16, nullptr, true},
    {TensorType::Q5_1, 32, 32, 0, nullptr, false},
    {TensorType::Q8_0, 32, 255, 127, nullptr, true},
    {TensorType::Q2_K, 16, 4, 0, nullptr, false},
    {TensorType::Q3_K, 16, 8, 4, nullptr, false},
    {TensorType::Q4_K, 32, 16, 0, nullptr, false},
    {TensorType::Q5_K, 32, 32, 0, nullptr, false},
    {TensorType::Q6_K, 16, 64, 32, nullptr, false},
    {TensorType::IQ4_NL, 32, 16, 8, kIq4Values.data(), true},
    {TensorType::IQ4_XS, 32, 16, 8, kIq4Values.data(), false},
}};

/// Calls visit(block, number of the block) for each block of a row, which may lie at any address, and stores what it changed.
template <class Block, class Byte, class Visit>
void eachBlock(Byte* row, std::size_t columns, Visit visit)
{
    for (std::size_t b = 0; b * Block::kLength < columns; ++b) {
        Block block;
        std::memcpy(&block, row + b * sizeof(Block), sizeof(Block));
        visit(block, b);
        if constexpr (!std::is_const_v<Byte>) std::memcpy(row + b * sizeof(Block), &block, sizeof(Block));
    }
}

template <class Block, bool kOffset>
void readLegacy(const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    eachBlock<Block>(row, columns, [&](const Block& block, std::size_t b) {
        out[b] = {fromHalf(block.d), 0};
        if constexpr (kOffset) out[b].offset = fromHalf(block.m);
    });
}

template <class Block>
void readPairs(const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    eachBlock<Block>(row, columns, [&](const Block& block, std::size_t b) {
        for (int g = 0; g < 8; ++g) {
            std::uint8_t scale = 0;
            std::uint8_t offset = 0;
            kquants::unpackPair(block.pairs, g, scale, offset);
            out[b * 8 + static_cast<std::size_t>(g)] = {fromHalf(block.d) * static_cast<float>(scale),
                                                        -(fromHalf(block.dm) * static_cast<float>(offset))};
        }
    });
}

void readQ2(const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    eachBlock<kquants::Q2_K>(row, columns, [&](const kquants::Q2_K& block, std::size_t b) {
        for (std::size_t g = 0; g < 16; ++g)
            out[b * 16 + g] = {fromHalf(block.d) * static_cast<float>(block.scales[g] & 15),
                               -(fromHalf(block.dm) * static_cast<float>(block.scales[g] >> 4))};
    });
}

void readQ3(const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    eachBlock<kquants::Q3_K>(row, columns, [&](const kquants::Q3_K& block, std::size_t b) {
        for (int g = 0; g < 16; ++g)
            out[b * 16 + static_cast<std::size_t>(g)] = {
                fromHalf(block.d) * static_cast<float>(kquants::unpackScale6(block.scales, g) - 32), 0};
    });
}

void readQ6(const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    eachBlock<kquants::Q6_K>(row, columns, [&](const kquants::Q6_K& block, std::size_t b) {
        for (std::size_t g = 0; g < 16; ++g) out[b * 16 + g] = {fromHalf(block.d) * static_cast<float>(block.scales[g]), 0};
    });
}

std::uint16_t half(const std::byte* bytes)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    return bits;
}

void readXs(const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    for (std::size_t g = 0; g < columns / 32; ++g) {
        const std::byte* block = row + g / 8 * kIq4XsBytes;
        const unsigned b = g % 8;
        const unsigned low = (std::to_integer<unsigned>(block[4 + b / 2]) >> (4 * (b % 2))) & 15U;
        const unsigned code = low | ((static_cast<unsigned>(half(block + 2)) >> (2 * b)) & 3U) << 4;
        out[g] = {fromHalf(half(block)) * static_cast<float>(static_cast<int>(code) - 32), 0};
    }
}

void nibblesOf32(const std::uint8_t* codes, std::uint8_t* nibbles)
{
    for (std::size_t j = 0; j < 16; ++j) nibbles[j] = static_cast<std::uint8_t>((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}

void fifthBitsOf32(const std::uint8_t* codes, std::uint8_t* bits)
{
    std::memset(bits, 0, 4);
    for (std::size_t j = 0; j < 32; ++j) bits[j / 8] = static_cast<std::uint8_t>(bits[j / 8] | (codes[j] >> 4) << (j % 8));
}

void nibblesOf256(const std::uint8_t* codes, std::uint8_t* nibbles)
{
    for (std::size_t i = 0; i < 128; ++i) {
        const std::size_t low = i / 32 * 64 + i % 32;
        nibbles[i] = static_cast<std::uint8_t>((codes[low] & 15) | (codes[low + 32] & 15) << 4);
    }
}

/// Bit `bit` of each code into the plane of single bits.
void bitsOf256(const std::uint8_t* codes, unsigned bit, std::uint8_t* plane)
{
    std::memset(plane, 0, 32);
    for (std::size_t i = 0; i < 256; ++i)
        plane[i % 32] = static_cast<std::uint8_t>(plane[i % 32] | ((codes[i] >> bit) & 1) << (i / 32));
}

void packQ6(const std::uint8_t* codes, kquants::Q6_K& block)
{
    std::memset(block.nibbles, 0, sizeof block.nibbles);
    std::memset(block.highPairs, 0, sizeof block.highPairs);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t h = i / 128;
        const std::size_t g = i % 128 / 32;
        const std::size_t l = i % 32;
        std::uint8_t& nibble = block.nibbles[64 * h + 32 * (g & 1) + l];
        nibble = static_cast<std::uint8_t>(nibble | (codes[i] & 15) << (g < 2 ? 0 : 4));
        std::uint8_t& pair = block.highPairs[32 * h + l];
        pair = static_cast<std::uint8_t>(pair | (codes[i] >> 4) << (2 * g));
    }
}

}  // namespace

const GridTraits* gridTraits(TensorType type)
{
    const auto found = std::find_if(kGrids.begin(), kGrids.end(), [&](const GridTraits& grid) { return grid.type == type; });
    return found == kGrids.end() ? nullptr : &*found;
}

void readGroupScales(TensorType type, const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    switch (type) {
    case TensorType::Q4_0: return readLegacy<legacy::Q4_0, false>(row, columns, out);
    case TensorType::Q4_1: return readLegacy<legacy::Q4_1, true>(row, columns, out);
    case TensorType::Q5_0: return readLegacy<legacy::Q5_0, false>(row, columns, out);
    case TensorType::Q5_1: return readLegacy<legacy::Q5_1, true>(row, columns, out);
    case TensorType::Q8_0: return readLegacy<legacy::Q8_0, false>(row, columns, out);
    case TensorType::Q2_K: return readQ2(row, columns, out);
    case TensorType::Q3_K: return readQ3(row, columns, out);
    case TensorType::Q4_K: return readPairs<kquants::Q4_K>(row, columns, out);
    case TensorType::Q5_K: return readPairs<kquants::Q5_K>(row, columns, out);
    case TensorType::Q6_K: return readQ6(row, columns, out);
    case TensorType::IQ4_NL:
        for (std::size_t g = 0; g < columns / 32; ++g) out[g] = {fromHalf(half(row + g * kIq4NlBytes)), 0};
        return;
    case TensorType::IQ4_XS: return readXs(row, columns, out);
    default: return;
    }
}

void writeCodes(TensorType type, const std::uint8_t* codes, std::size_t columns, std::byte* row)
{
    const auto at = [&](std::size_t b, std::size_t length) { return codes + b * length; };
    switch (type) {
    case TensorType::Q4_0:
        return eachBlock<legacy::Q4_0>(row, columns, [&](auto& block, std::size_t b) { nibblesOf32(at(b, 32), block.nibbles); });
    case TensorType::Q4_1:
        return eachBlock<legacy::Q4_1>(row, columns, [&](auto& block, std::size_t b) { nibblesOf32(at(b, 32), block.nibbles); });
    case TensorType::Q5_0:
        return eachBlock<legacy::Q5_0>(row, columns, [&](auto& block, std::size_t b) {
            nibblesOf32(at(b, 32), block.nibbles);
            fifthBitsOf32(at(b, 32), block.fifthBits);
        });
    case TensorType::Q5_1:
        return eachBlock<legacy::Q5_1>(row, columns, [&](auto& block, std::size_t b) {
            nibblesOf32(at(b, 32), block.nibbles);
            fifthBitsOf32(at(b, 32), block.fifthBits);
        });
    case TensorType::Q8_0:
        return eachBlock<legacy::Q8_0>(row, columns, [&](auto& block, std::size_t b) {
            for (std::size_t j = 0; j < 32; ++j) block.codes[j] = static_cast<std::int8_t>(static_cast<int>(at(b, 32)[j]) - 127);
        });
    case TensorType::Q2_K:
        return eachBlock<kquants::Q2_K>(row, columns,
                                        [&](auto& block, std::size_t b) { kquants::packPlane2(at(b, 256), block.codes); });
    case TensorType::Q3_K:
        return eachBlock<kquants::Q3_K>(row, columns, [&](auto& block, std::size_t b) {
            std::uint8_t low[256];
            for (std::size_t i = 0; i < 256; ++i) low[i] = at(b, 256)[i] & 3;
            kquants::packPlane2(low, block.codes);
            bitsOf256(at(b, 256), 2, block.highBits);
        });
    case TensorType::Q4_K:
        return eachBlock<kquants::Q4_K>(row, columns, [&](auto& block, std::size_t b) { nibblesOf256(at(b, 256), block.nibbles); });
    case TensorType::Q5_K:
        return eachBlock<kquants::Q5_K>(row, columns, [&](auto& block, std::size_t b) {
            nibblesOf256(at(b, 256), block.nibbles);
            bitsOf256(at(b, 256), 4, block.highBits);
        });
    case TensorType::Q6_K:
        return eachBlock<kquants::Q6_K>(row, columns, [&](auto& block, std::size_t b) { packQ6(at(b, 256), block); });
    case TensorType::IQ4_NL:
    case TensorType::IQ4_XS:
        for (std::size_t g = 0; g < columns / 32; ++g) {
            std::uint8_t nibbles[16];
            nibblesOf32(at(g, 32), nibbles);
            std::memcpy(type == TensorType::IQ4_NL ? row + g * kIq4NlBytes + 2 : row + g / 8 * kIq4XsBytes + 8 + g % 8 * 16,
                        nibbles, sizeof nibbles);
        }
        return;
    default: return;
    }
}

void writeFreeScale(TensorType type, std::byte* row, std::size_t index, float scale)
{
    const std::uint16_t bits = toHalf(scale);
    std::memcpy(row + index * traits(type).blockBytes, &bits, sizeof bits);
}

std::uint8_t roundToGrid(const GridTraits& grid, GroupScale group, float target)
{
    const float x = (target - group.offset) * gridInverse(group.scale);
    if (grid.levels) {
        int code = 0;
        for (int i = 0; i < 15; ++i) code += x > 0.5F * static_cast<float>(grid.levels[i] + grid.levels[i + 1]) ? 1 : 0;
        return static_cast<std::uint8_t>(code);
    }
    const float low = static_cast<float>(-grid.zero);
    const float high = static_cast<float>(grid.codeCount - 1 - grid.zero);
    constexpr float kSnap = 12582912.0F;  // adding it rounds to a whole number
    return static_cast<std::uint8_t>(static_cast<int>((std::min(std::max(x, low), high) + kSnap) - kSnap) + grid.zero);
}

}  // namespace ww
