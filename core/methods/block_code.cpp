// SPDX-License-Identifier: MIT
#include "methods/block_code.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "formats/k_quants.h"
#include "formats/legacy.h"
#include "formats/searches.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using enum TensorType;

constexpr std::array kLayouts = {
    BlockLayout{Q4_0, 32, 1, -8, 7, false, false, 1, 1, 0},      BlockLayout{Q4_1, 32, 1, 0, 15, true, false, 1, 1, 0},
    BlockLayout{Q5_0, 32, 1, -16, 15, false, false, 1, 1, 0},    BlockLayout{Q5_1, 32, 1, 0, 31, true, false, 1, 1, 0},
    BlockLayout{Q8_0, 32, 1, -127, 127, false, false, 1, 1, 0},  BlockLayout{Q2_K, 256, 16, 0, 3, true, true, 0, 15, 15},
    BlockLayout{Q3_K, 256, 16, -4, 3, false, true, -32, 31, 0},  BlockLayout{Q4_K, 256, 8, 0, 15, true, true, 0, 63, 63},
    BlockLayout{Q5_K, 256, 8, 0, 31, true, true, 0, 63, 63},     BlockLayout{Q6_K, 256, 16, -32, 31, false, true, -128, 127, 0},
};

template <class Block>
Block load(const std::byte* bytes)
{
    Block block;
    std::memcpy(&block, bytes, sizeof(Block));
    return block;
}
template <class Block>
void store(const Block& block, std::byte* bytes)
{
    std::memcpy(bytes, &block, sizeof(Block));
}

/// Bit fields of codes: taking one out and adding one to a byte.
std::uint8_t bits(int value, int first, int mask)
{
    return static_cast<std::uint8_t>((value >> first) & mask);
}
void put(std::uint8_t& byte, int value, int shift)
{
    byte = static_cast<std::uint8_t>(byte | value << shift);
}

// ---- legacy formats: nibble j holds elements j and j + 16 -----------------------------------------------------------

template <class Block, bool kOffset, bool kFifth>
BlockCode unpackLegacy(const BlockLayout& layout, const std::byte* bytes)
{
    const auto block = load<Block>(bytes);
    BlockCode code;
    code.d = fromHalf(block.d);
    if constexpr (kOffset) code.dm = fromHalf(block.m);
    code.scales[0] = 1;
    code.offsets[0] = kOffset ? -1 : 0;
    const int zero = kOffset ? 0 : -layout.codeLow;
    for (int i = 0; i < 32; ++i) {
        int q = i < 16 ? block.nibbles[i] & 15 : block.nibbles[i - 16] >> 4;
        if constexpr (kFifth) q |= ((block.fifthBits[i / 8] >> (i % 8)) & 1) << 4;
        code.codes[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(q - zero);
    }
    return code;
}

template <class Block, bool kOffset, bool kFifth>
void packLegacy(const BlockLayout& layout, const BlockCode& code, std::byte* bytes)
{
    Block block{};
    block.d = toHalf(code.d);
    if constexpr (kOffset) block.m = toHalf(code.dm);
    const int zero = kOffset ? 0 : -layout.codeLow;
    for (int i = 0; i < 32; ++i) {
        const int q = code.codes[static_cast<std::size_t>(i)] + zero;
        put(block.nibbles[i % 16], bits(q, 0, 15), i < 16 ? 0 : 4);
        if constexpr (kFifth) put(block.fifthBits[i / 8], bits(q, 4, 1), i % 8);
    }
    store(block, bytes);
}

BlockCode unpackQ8(const std::byte* bytes)
{
    const auto block = load<legacy::Q8_0>(bytes);
    BlockCode code;
    code.d = fromHalf(block.d);
    code.scales[0] = 1;
    std::copy_n(block.codes, 32, code.codes.begin());
    return code;
}

void packQ8(const BlockCode& code, std::byte* bytes)
{
    legacy::Q8_0 block{};
    block.d = toHalf(code.d);
    std::copy_n(code.codes.begin(), 32, block.codes);
    store(block, bytes);
}

// ---- K formats --------------------------------------------------------------------------------------------------------

BlockCode unpackQ2K(const std::byte* bytes)
{
    const auto block = load<kquants::Q2_K>(bytes);
    BlockCode code;
    code.d = fromHalf(block.d);
    code.dm = fromHalf(block.dm);
    for (std::size_t b = 0; b < 16; ++b) {
        code.scales[b] = block.scales[b] & 15;
        code.offsets[b] = block.scales[b] >> 4;
    }
    for (int i = 0; i < 256; ++i) code.codes[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(kquants::plane2(block.codes, i));
    return code;
}

void packQ2K(const BlockCode& code, std::byte* bytes)
{
    kquants::Q2_K block{};
    block.d = toHalf(code.d);
    block.dm = toHalf(code.dm);
    for (std::size_t b = 0; b < 16; ++b) block.scales[b] = static_cast<std::uint8_t>(code.scales[b] | code.offsets[b] << 4);
    std::uint8_t codes[256];
    for (std::size_t i = 0; i < 256; ++i) codes[i] = static_cast<std::uint8_t>(code.codes[i]);
    kquants::packPlane2(codes, block.codes);
    store(block, bytes);
}

BlockCode unpackQ3K(const std::byte* bytes)
{
    const auto block = load<kquants::Q3_K>(bytes);
    BlockCode code;
    code.d = fromHalf(block.d);
    for (int b = 0; b < 16; ++b)
        code.scales[static_cast<std::size_t>(b)] = static_cast<std::int16_t>(kquants::unpackScale6(block.scales, b) - 32);
    for (int i = 0; i < 256; ++i) {
        const int q = kquants::plane2(block.codes, i) | ((block.highBits[i % 32] >> (i / 32)) & 1) << 2;
        code.codes[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(q - 4);
    }
    return code;
}

void packQ3K(const BlockCode& code, std::byte* bytes)
{
    kquants::Q3_K block{};
    block.d = toHalf(code.d);
    std::uint8_t scales[16];
    for (std::size_t b = 0; b < 16; ++b) scales[b] = static_cast<std::uint8_t>(code.scales[b] + 32);
    kquants::packScales6(scales, block.scales);
    std::uint8_t codes[256];
    for (std::size_t i = 0; i < 256; ++i) {
        codes[i] = static_cast<std::uint8_t>(code.codes[i] + 4);
        put(block.highBits[i % 32], bits(codes[i], 2, 1), static_cast<int>(i / 32));
    }
    kquants::packPlane2(codes, block.codes);
    store(block, bytes);
}

template <class Block, bool kHigh>
BlockCode unpackPairs(const std::byte* bytes)
{
    const auto block = load<Block>(bytes);
    BlockCode code;
    code.d = fromHalf(block.d);
    code.dm = fromHalf(block.dm);
    for (int b = 0; b < 8; ++b) {
        std::uint8_t scale = 0;
        std::uint8_t offset = 0;
        kquants::unpackPair(block.pairs, b, scale, offset);
        code.scales[static_cast<std::size_t>(b)] = scale;
        code.offsets[static_cast<std::size_t>(b)] = offset;
    }
    for (int i = 0; i < 256; ++i) {
        const std::uint8_t byte = block.nibbles[32 * (i / 64) + i % 32];
        int q = i % 64 < 32 ? byte & 15 : byte >> 4;
        if constexpr (kHigh) q |= ((block.highBits[i % 32] >> (i / 32)) & 1) << 4;
        code.codes[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(q);
    }
    return code;
}

template <class Block, bool kHigh>
void packPairBlock(const BlockCode& code, std::byte* bytes)
{
    Block block{};
    block.d = toHalf(code.d);
    block.dm = toHalf(code.dm);
    std::uint8_t scales[8];
    std::uint8_t offsets[8];
    for (std::size_t b = 0; b < 8; ++b) {
        scales[b] = static_cast<std::uint8_t>(code.scales[b]);
        offsets[b] = static_cast<std::uint8_t>(code.offsets[b]);
    }
    kquants::packPairs(scales, offsets, block.pairs);
    for (int i = 0; i < 256; ++i) {
        const int q = code.codes[static_cast<std::size_t>(i)];
        put(block.nibbles[32 * (i / 64) + i % 32], bits(q, 0, 15), i % 64 < 32 ? 0 : 4);
        if constexpr (kHigh) put(block.highBits[i % 32], bits(q, 4, 1), i / 32);
    }
    store(block, bytes);
}

/// Where element i of Q6_K is: byte and shift of its low nibble and of its high pair.
struct PlaceQ6 {
    int nibble, nibbleShift, pair, pairShift;
};
PlaceQ6 placeQ6(int i)
{
    const int half = i / 128;
    const int part = (i % 128) / 32;
    return {64 * half + 32 * (part & 1) + i % 32, part < 2 ? 0 : 4, 32 * half + i % 32, 2 * part};
}

BlockCode unpackQ6K(const std::byte* bytes)
{
    const auto block = load<kquants::Q6_K>(bytes);
    BlockCode code;
    code.d = fromHalf(block.d);
    for (std::size_t b = 0; b < 16; ++b) code.scales[b] = block.scales[b];
    for (int i = 0; i < 256; ++i) {
        const PlaceQ6 at = placeQ6(i);
        const int q = ((block.nibbles[at.nibble] >> at.nibbleShift) & 15) | ((block.highPairs[at.pair] >> at.pairShift) & 3) << 4;
        code.codes[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(q - 32);
    }
    return code;
}

void packQ6K(const BlockCode& code, std::byte* bytes)
{
    kquants::Q6_K block{};
    block.d = toHalf(code.d);
    for (std::size_t b = 0; b < 16; ++b) block.scales[b] = static_cast<std::int8_t>(code.scales[b]);
    for (int i = 0; i < 256; ++i) {
        const PlaceQ6 at = placeQ6(i);
        const int q = code.codes[static_cast<std::size_t>(i)] + 32;
        put(block.nibbles[at.nibble], bits(q, 0, 15), at.nibbleShift);
        put(block.highPairs[at.pair], bits(q, 4, 3), at.pairShift);
    }
    store(block, bytes);
}

}  // namespace

const BlockLayout* findBlockLayout(TensorType type)
{
    for (const BlockLayout& layout : kLayouts)
        if (layout.type == type) return &layout;
    return nullptr;
}

float storedFactor(double value)
{
    const float half = fromHalf(toHalf(static_cast<float>(value)));
    return std::isfinite(half) ? half : 0.0F;
}

BlockCode blockOfSteps(const BlockLayout& layout, const float* steps, const float* depths, const float* masses)
{
    BlockCode code;
    if (!layout.graded) {
        code.d = storedFactor(static_cast<double>(steps[0]));
        code.scales[0] = 1;
        if (layout.affine) {
            code.dm = storedFactor(static_cast<double>(-depths[0]));
            code.offsets[0] = -1;
        }
        return code;
    }
    if (layout.affine) {
        std::array<std::uint8_t, 16> numbers{};
        code.d = storedFactor(static_cast<double>(search::positive(layout.groups, layout.scaleHigh, steps, masses, numbers.data())));
        code.dm = storedFactor(static_cast<double>(search::positive(layout.groups, layout.offsetHigh, depths, masses, numbers.data())));
    } else {
        code.d = storedFactor(static_cast<double>(search::pivotOf(layout.groups, steps) / static_cast<float>(layout.scaleLow)));
    }
    const auto near = [](float value, float unit, int low, int high) {
        if (unit == 0) return std::int16_t{0};
        return static_cast<std::int16_t>(std::clamp(std::nearbyint(value / unit), static_cast<float>(low), static_cast<float>(high)));
    };
    for (int g = 0; g < layout.groups; ++g) {
        const auto at = static_cast<std::size_t>(g);
        code.scales[at] = near(steps[g], code.d, layout.scaleLow, layout.scaleHigh);
        if (layout.affine) code.offsets[at] = near(depths[g], code.dm, 0, layout.offsetHigh);
    }
    return code;
}

BlockCode unpackBlock(const BlockLayout& layout, const std::byte* block)
{
    switch (layout.type) {
    case Q4_0: return unpackLegacy<legacy::Q4_0, false, false>(layout, block);
    case Q4_1: return unpackLegacy<legacy::Q4_1, true, false>(layout, block);
    case Q5_0: return unpackLegacy<legacy::Q5_0, false, true>(layout, block);
    case Q5_1: return unpackLegacy<legacy::Q5_1, true, true>(layout, block);
    case Q8_0: return unpackQ8(block);
    case Q2_K: return unpackQ2K(block);
    case Q3_K: return unpackQ3K(block);
    case Q4_K: return unpackPairs<kquants::Q4_K, false>(block);
    case Q5_K: return unpackPairs<kquants::Q5_K, true>(block);
    default: return unpackQ6K(block);
    }
}

void packBlock(const BlockLayout& layout, const BlockCode& code, std::byte* block)
{
    switch (layout.type) {
    case Q4_0: return packLegacy<legacy::Q4_0, false, false>(layout, code, block);
    case Q4_1: return packLegacy<legacy::Q4_1, true, false>(layout, code, block);
    case Q5_0: return packLegacy<legacy::Q5_0, false, true>(layout, code, block);
    case Q5_1: return packLegacy<legacy::Q5_1, true, true>(layout, code, block);
    case Q8_0: return packQ8(code, block);
    case Q2_K: return packQ2K(code, block);
    case Q3_K: return packQ3K(code, block);
    case Q4_K: return packPairBlock<kquants::Q4_K, false>(code, block);
    case Q5_K: return packPairBlock<kquants::Q5_K, true>(code, block);
    default: return packQ6K(code, block);
    }
}

}  // namespace ww
