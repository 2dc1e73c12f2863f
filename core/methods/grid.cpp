// SPDX-License-Identifier: MIT
#include "methods/grid.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

#include "formats/iq4.h"
#include "formats/iq_codebooks.h"
#include "formats/k_quants.h"
#include "formats/legacy.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr FactorRange kFourBits = {0, 15, 15};
constexpr FactorRange kSixBits = {0, 63, 63};
constexpr FactorRange kSixSigned = {-32, 31, 0};
constexpr FactorRange kEightSigned = {-128, 127, 0};

constexpr std::array<GridTraits, 12> kGrids = {{
    {TensorType::Q4_0, 32, 32, 16, 8, nullptr, false, kFixedFactors},
    {TensorType::Q4_1, 32, 32, 16, 0, nullptr, true, kFixedFactors},
    {TensorType::Q5_0, 32, 32, 32, 16, nullptr, false, kFixedFactors},
    {TensorType::Q5_1, 32, 32, 32, 0, nullptr, true, kFixedFactors},
    {TensorType::Q8_0, 32, 32, 255, 127, nullptr, false, kFixedFactors},
    {TensorType::Q2_K, 256, 16, 4, 0, nullptr, true, kFourBits},
    {TensorType::Q3_K, 256, 16, 8, 4, nullptr, false, kSixSigned},
    {TensorType::Q4_K, 256, 32, 16, 0, nullptr, true, kSixBits},
    {TensorType::Q5_K, 256, 32, 32, 0, nullptr, true, kSixBits},
    {TensorType::Q6_K, 256, 16, 64, 32, nullptr, false, kEightSigned},
    {TensorType::IQ4_NL, 32, 32, 16, 8, kIq4Values.data(), false, kFixedFactors},
    {TensorType::IQ4_XS, 256, 32, 16, 8, kIq4Values.data(), false, kSixSigned},
}};

/// The blocks of iq4.h.
struct Iq4Nl {
    static constexpr std::size_t kLength = 32;
    std::uint16_t d;
    std::uint8_t nibbles[16];
};
struct Iq4Xs {
    static constexpr std::size_t kLength = 256;
    std::uint16_t d;
    std::uint16_t highBits;
    std::uint8_t lowBits[4];
    std::uint8_t nibbles[128];
};
static_assert(sizeof(Iq4Nl) == kIq4NlBytes && sizeof(Iq4Xs) == kIq4XsBytes);

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

// The numbers of one block: load() and store() for each kind of layout.

template <class Block>
GroupScale load(const Block& block, GroupFactors* /*factors*/)
{
    if constexpr (requires { block.m; }) return {fromHalf(block.d), -fromHalf(block.m)};
    return {fromHalf(block.d), 0};
}
template <class Block>
void store(Block& block, GroupScale numbers, const GroupFactors* /*factors*/)
{
    block.d = toHalf(numbers.scale);
    if constexpr (requires { block.m; }) block.m = toHalf(-numbers.offset);
}

GroupScale load(const kquants::Q2_K& block, GroupFactors* factors)
{
    for (std::size_t g = 0; g < 16; ++g)
        factors[g] = {static_cast<std::int16_t>(block.scales[g] & 15), static_cast<std::int16_t>(block.scales[g] >> 4)};
    return {fromHalf(block.d), fromHalf(block.dm)};
}
void store(kquants::Q2_K& block, GroupScale numbers, const GroupFactors* factors)
{
    for (std::size_t g = 0; g < 16; ++g) block.scales[g] = static_cast<std::uint8_t>(factors[g].scale | factors[g].offset << 4);
    block.d = toHalf(numbers.scale);
    block.dm = toHalf(numbers.offset);
}

template <class Block>
    requires requires(Block block) { block.pairs; }
GroupScale load(const Block& block, GroupFactors* factors)
{
    for (int g = 0; g < 8; ++g) {
        std::uint8_t scale = 0;
        std::uint8_t offset = 0;
        kquants::unpackPair(block.pairs, g, scale, offset);
        factors[g] = {scale, offset};
    }
    return {fromHalf(block.d), fromHalf(block.dm)};
}
template <class Block>
    requires requires(Block block) { block.pairs; }
void store(Block& block, GroupScale numbers, const GroupFactors* factors)
{
    std::uint8_t scales[8];
    std::uint8_t offsets[8];
    for (std::size_t g = 0; g < 8; ++g) {
        scales[g] = static_cast<std::uint8_t>(factors[g].scale);
        offsets[g] = static_cast<std::uint8_t>(factors[g].offset);
    }
    kquants::packPairs(scales, offsets, block.pairs);
    block.d = toHalf(numbers.scale);
    block.dm = toHalf(numbers.offset);
}

GroupScale load(const kquants::Q3_K& block, GroupFactors* factors)
{
    for (int g = 0; g < 16; ++g) factors[g] = {static_cast<std::int16_t>(kquants::unpackScale6(block.scales, g) - 32), 0};
    return {fromHalf(block.d), 0};
}
void store(kquants::Q3_K& block, GroupScale numbers, const GroupFactors* factors)
{
    std::uint8_t scales[16];
    for (std::size_t g = 0; g < 16; ++g) scales[g] = static_cast<std::uint8_t>(factors[g].scale + 32);
    kquants::packScales6(scales, block.scales);
    block.d = toHalf(numbers.scale);
}

GroupScale load(const kquants::Q6_K& block, GroupFactors* factors)
{
    for (std::size_t g = 0; g < 16; ++g) factors[g] = {block.scales[g], 0};
    return {fromHalf(block.d), 0};
}
void store(kquants::Q6_K& block, GroupScale numbers, const GroupFactors* factors)
{
    for (std::size_t g = 0; g < 16; ++g) block.scales[g] = static_cast<std::int8_t>(factors[g].scale);
    block.d = toHalf(numbers.scale);
}

GroupScale load(const Iq4Xs& block, GroupFactors* factors)
{
    for (unsigned g = 0; g < 8; ++g) {
        const unsigned low = (block.lowBits[g / 2] >> (4 * (g % 2))) & 15U;
        const unsigned code = low | ((static_cast<unsigned>(block.highBits) >> (2 * g)) & 3U) << 4;
        factors[g] = {static_cast<std::int16_t>(static_cast<int>(code) - 32), 0};
    }
    return {fromHalf(block.d), 0};
}
void store(Iq4Xs& block, GroupScale numbers, const GroupFactors* factors)
{
    unsigned high = 0;
    unsigned low = 0;
    for (unsigned g = 0; g < 8; ++g) {
        const auto code = static_cast<unsigned>(factors[g].scale + 32);
        low |= (code & 15U) << (4 * g);
        high |= (code >> 4) << (2 * g);
    }
    for (unsigned i = 0; i < 4; ++i) block.lowBits[i] = static_cast<std::uint8_t>(low >> (8 * i));
    block.highBits = static_cast<std::uint16_t>(high);
    block.d = toHalf(numbers.scale);
}

/// Calls visit with a null pointer to the block of the type.
template <class Visit>
void withBlock(TensorType type, Visit visit)
{
    switch (type) {
    case TensorType::Q4_0: return visit(static_cast<legacy::Q4_0*>(nullptr));
    case TensorType::Q4_1: return visit(static_cast<legacy::Q4_1*>(nullptr));
    case TensorType::Q5_0: return visit(static_cast<legacy::Q5_0*>(nullptr));
    case TensorType::Q5_1: return visit(static_cast<legacy::Q5_1*>(nullptr));
    case TensorType::Q8_0: return visit(static_cast<legacy::Q8_0*>(nullptr));
    case TensorType::Q2_K: return visit(static_cast<kquants::Q2_K*>(nullptr));
    case TensorType::Q3_K: return visit(static_cast<kquants::Q3_K*>(nullptr));
    case TensorType::Q4_K: return visit(static_cast<kquants::Q4_K*>(nullptr));
    case TensorType::Q5_K: return visit(static_cast<kquants::Q5_K*>(nullptr));
    case TensorType::Q6_K: return visit(static_cast<kquants::Q6_K*>(nullptr));
    case TensorType::IQ4_NL: return visit(static_cast<Iq4Nl*>(nullptr));
    case TensorType::IQ4_XS: return visit(static_cast<Iq4Xs*>(nullptr));
    default: return;
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

void readScales(TensorType type, const std::byte* row, std::size_t columns, std::span<GroupScale> blocks, std::span<GroupFactors> factors)
{
    const GridTraits& grid = *gridTraits(type);
    withBlock(type, [&]<class Block>(const Block*) {
        std::ranges::fill(factors, GroupFactors{});
        eachBlock<Block>(row, columns,
                         [&](const Block& block, std::size_t b) { blocks[b] = load(block, &factors[b * grid.groups()]); });
    });
}

void writeScales(TensorType type, std::span<const GroupScale> blocks, std::span<const GroupFactors> factors, std::size_t columns,
                 std::byte* row)
{
    const GridTraits& grid = *gridTraits(type);
    withBlock(type, [&]<class Block>(const Block*) {
        eachBlock<Block>(row, columns,
                         [&](Block& block, std::size_t b) { store(block, blocks[b], &factors[b * grid.groups()]); });
    });
}

void readGroupScales(TensorType type, const std::byte* row, std::size_t columns, std::span<GroupScale> out)
{
    const GridTraits& grid = *gridTraits(type);
    std::vector<GroupScale> blocks(columns / grid.block);
    std::vector<GroupFactors> factors(columns / grid.group);
    readScales(type, row, columns, blocks, factors);
    for (std::size_t g = 0; g < factors.size(); ++g) out[g] = groupScale(blocks[g * grid.group / grid.block], factors[g]);
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
        return eachBlock<Iq4Nl>(row, columns, [&](auto& block, std::size_t b) { nibblesOf32(at(b, 32), block.nibbles); });
    case TensorType::IQ4_XS:
        return eachBlock<Iq4Xs>(row, columns, [&](auto& block, std::size_t b) {
            for (std::size_t g = 0; g < 8; ++g) nibblesOf32(at(b, 256) + 32 * g, block.nibbles + 16 * g);
        });
    default: return;
    }
}

std::uint8_t roundToGrid(const GridTraits& grid, GroupScale group, float target)
{
    const float x = (target - group.offset) * gridInverse(group.scale);
    if (grid.levels) return static_cast<std::uint8_t>(nearestLevel(grid, x));
    const auto low = static_cast<float>(grid.lowest());
    const auto high = static_cast<float>(grid.highest());
    constexpr float kSnap = 12582912.0F;  // adding it rounds to a whole number
    return static_cast<std::uint8_t>(static_cast<int>((std::min(std::max(x, low), high) + kSnap) - kSnap) + grid.zero);
}

}  // namespace ww
