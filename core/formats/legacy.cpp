// SPDX-License-Identifier: MIT
#include "formats/legacy.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "formats/rounding.h"
#include "formats/row_codec.h"
#include "formats/searches.h"

namespace ww::legacy {
namespace {

constexpr int kN = 32;

void packNibbles(const std::uint8_t* codes, std::uint8_t* nibbles)
{
    for (int j = 0; j < 16; ++j) nibbles[j] = static_cast<std::uint8_t>((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}
void packFifthBits(const std::uint8_t* codes, std::uint8_t* bits)
{
    for (int j = 0; j < kN; ++j) bits[j / 8] = static_cast<std::uint8_t>(bits[j / 8] | ((codes[j] >> 4) & 1) << (j % 8));
}
int nibble(const std::uint8_t* nibbles, int i)
{
    return i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
}
int fifthBit(const std::uint8_t* bits, int i)
{
    return (bits[i / 8] >> (i % 8)) & 1;
}

float reciprocal(float d)
{
    return d != 0 ? 1 / d : 0;
}

// ---- scale from the extremes (no importance) ----------------------------------------------------------------------

/// Codes 0..2·half−1; returns the scale.
float roundSymmetric(int half, const float* x, std::uint8_t* codes)
{
    const float d = search::pivotOf(kN, x) / static_cast<float>(-half);
    const float inverse = reciprocal(d);  // of the scale before it is rounded to 16 bits
    for (int i = 0; i < kN; ++i) {
        const int code = static_cast<std::int8_t>(chop(x[i] * inverse + (static_cast<float>(half) + 0.5F)));
        codes[i] = static_cast<std::uint8_t>(std::min(2 * half - 1, code));
    }
    return d;
}

/// Codes 0..top; returns scale and offset.
search::AffineResult roundAffine(int top, const float* x, std::uint8_t* codes)
{
    float lo = FLT_MAX;
    float hi = -FLT_MAX;
    for (int i = 0; i < kN; ++i) {
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
    }
    const float d = (hi - lo) / static_cast<float>(top);
    const float inverse = reciprocal(d);
    for (int i = 0; i < kN; ++i) {
        const int code = static_cast<std::int8_t>(chop((x[i] - lo) * inverse + 0.5F));
        codes[i] = static_cast<std::uint8_t>(std::min(top, code));
    }
    return {d, -lo};
}

// ---- whole rows -----------------------------------------------------------------------------------------------------

/// Calls encode(x, weights or null, block) for each block; the weights need the mean square of the whole row.
template <class Block, class Encode>
void encodeRow(const float* row, std::byte* out, std::size_t columns, const float* importance, Encode encode)
{
    float meanSquare = 0;
    if (importance) {
        for (std::size_t i = 0; i < columns; ++i) meanSquare += row[i] * row[i];
        meanSquare /= static_cast<float>(columns);
    }
    for (std::size_t b = 0; b < columns / kN; ++b) {
        const float* x = row + b * kN;
        float weights[kN];
        if (importance)
            for (int i = 0; i < kN; ++i)
                weights[i] = importance[b * kN + static_cast<std::size_t>(i)] * std::sqrt(meanSquare + x[i] * x[i]);
        Block block{};
        encode(x, importance ? weights : nullptr, block);
        std::memcpy(out + b * sizeof(Block), &block, sizeof(Block));
    }
}

float symmetricCodes(int half, const float* x, const float* weights, std::uint8_t* codes)
{
    return weights ? search::symmetric(kN, half, x, weights, codes) : roundSymmetric(half, x, codes);
}
search::AffineResult affineCodes(int top, const float* x, const float* weights, std::uint8_t* codes)
{
    return weights ? search::affine(kN, top, x, weights, search::kFineRange, codes) : roundAffine(top, x, codes);
}

void decodeBlockQ4_0(const Q4_0& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < kN; ++i) out[i] = static_cast<float>(nibble(block.nibbles, i) - 8) * d;
}
void decodeBlockQ4_1(const Q4_1& block, float* out)
{
    const float d = fromHalf(block.d);
    const float m = fromHalf(block.m);
    for (int i = 0; i < kN; ++i) out[i] = static_cast<float>(nibble(block.nibbles, i)) * d + m;
}
void decodeBlockQ5_0(const Q5_0& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < kN; ++i)
        out[i] = static_cast<float>((nibble(block.nibbles, i) | fifthBit(block.fifthBits, i) << 4) - 16) * d;
}
void decodeBlockQ5_1(const Q5_1& block, float* out)
{
    const float d = fromHalf(block.d);
    const float m = fromHalf(block.m);
    for (int i = 0; i < kN; ++i) out[i] = static_cast<float>(nibble(block.nibbles, i) | fifthBit(block.fifthBits, i) << 4) * d + m;
}
void decodeBlockQ8_0(const Q8_0& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < kN; ++i) out[i] = static_cast<float>(block.codes[i]) * d;
}

void encodeBlockQ8_0(const float* x, Q8_0& block)
{
    const float d = std::fabs(search::pivotOf(kN, x)) / 127;
    const float inverse = reciprocal(d);
    block.d = toHalf(d);
    for (int i = 0; i < kN; ++i) block.codes[i] = static_cast<std::int8_t>(chop(roundAway(x[i] * inverse)));
}

}  // namespace

void decodeQ4_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q4_0, decodeBlockQ4_0>(row, out, columns);
}
void decodeQ4_1(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q4_1, decodeBlockQ4_1>(row, out, columns);
}
void decodeQ5_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q5_0, decodeBlockQ5_0>(row, out, columns);
}
void decodeQ5_1(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q5_1, decodeBlockQ5_1>(row, out, columns);
}
void decodeQ8_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q8_0, decodeBlockQ8_0>(row, out, columns);
}

void encodeQ4_0(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<Q4_0>(row, out, columns, importance, [](const float* x, const float* weights, Q4_0& block) {
        std::uint8_t codes[kN];
        block.d = toHalf(symmetricCodes(8, x, weights, codes));
        packNibbles(codes, block.nibbles);
    });
}
void encodeQ4_1(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<Q4_1>(row, out, columns, importance, [](const float* x, const float* weights, Q4_1& block) {
        std::uint8_t codes[kN];
        const auto [scale, depth] = affineCodes(15, x, weights, codes);
        block.d = toHalf(scale);
        block.m = toHalf(-depth);
        packNibbles(codes, block.nibbles);
    });
}
void encodeQ5_0(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<Q5_0>(row, out, columns, importance, [](const float* x, const float* weights, Q5_0& block) {
        std::uint8_t codes[kN];
        block.d = toHalf(symmetricCodes(16, x, weights, codes));
        packFifthBits(codes, block.fifthBits);
        packNibbles(codes, block.nibbles);
    });
}
void encodeQ5_1(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<Q5_1>(row, out, columns, importance, [](const float* x, const float* weights, Q5_1& block) {
        std::uint8_t codes[kN];
        const auto [scale, depth] = affineCodes(31, x, weights, codes);
        block.d = toHalf(scale);
        block.m = toHalf(-depth);
        packFifthBits(codes, block.fifthBits);
        packNibbles(codes, block.nibbles);
    });
}
void encodeQ8_0(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<Q8_0, encodeBlockQ8_0>(row, out, columns, nullptr);
}

}  // namespace ww::legacy
