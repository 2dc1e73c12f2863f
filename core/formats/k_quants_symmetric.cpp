// SPDX-License-Identifier: MIT
// Q3_K and Q6_K: sub-blocks with a signed scale and no offset.
#include <algorithm>
#include <cmath>

#include "formats/k_quants.h"
#include "formats/rounding.h"
#include "formats/row_codec.h"
#include "formats/searches.h"

namespace ww::kquants {
namespace {

/// Codes of one sub-block of 16 for the scale that is really stored. A zero scale keeps the search's codes.
void requantize(int half, const float* x, float scale, std::uint8_t* codes)
{
    if (scale == 0) return;
    for (int i = 0; i < 16; ++i) codes[i] = static_cast<std::uint8_t>(std::clamp(snap(x[i] / scale), -half, half - 1) + half);
}

// ---- Q3_K ---------------------------------------------------------------------------------------------------------

void decodeBlockQ3_K(const Q3_K& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int b = 0; b < 16; ++b) {
        const float scale = d * static_cast<float>(unpackScale6(block.scales, b) - 32);
        for (int i = 16 * b; i < 16 * b + 16; ++i) {
            const int code = plane2(block.codes, i) | ((block.highBits[i % 32] >> (i / 32)) & 1) << 2;
            out[i] = scale * static_cast<float>(code - 4);
        }
    }
}

/// Scale codes (biased by 32) and search codes; sets block.d.
void chooseScalesQ3_K(const float* x, const float* importance, Q3_K& block, std::uint8_t* scaleCodes, std::uint8_t* codes)
{
    float scales[16];
    if (importance) {
        float weights[kBlock];
        float masses[16];
        blendWeights(x, importance, (2 * search::sumOfSquares(kBlock, x)) / kBlock, weights);
        for (int b = 0; b < 16; ++b) {
            masses[b] = 0;
            for (int i = 16 * b; i < 16 * b + 16; ++i) masses[b] += weights[i];
            scales[b] = search::symmetric(16, 4, x + 16 * b, weights + 16 * b, codes + 16 * b);
        }
        block.d = toHalf(search::symmetric(16, 32, scales, masses, scaleCodes));
        return;
    }
    for (int b = 0; b < 16; ++b) scales[b] = search::symmetricDescent(16, 4, x + 16 * b, codes + 16 * b);
    std::fill_n(scaleCodes, 16, std::uint8_t{0});
    const float pivot = search::pivotOf(16, scales);
    if (pivot == 0) return;
    const float multiplier = -32 / pivot;
    for (int b = 0; b < 16; ++b) {
        const int code = static_cast<std::int8_t>(snap(multiplier * scales[b]));
        scaleCodes[b] = static_cast<std::uint8_t>(std::clamp(code, -32, 31) + 32);
    }
    block.d = toHalf(1 / multiplier);
}

void encodeBlockQ3_K(const float* x, const float* importance, Q3_K& block)
{
    std::uint8_t scaleCodes[16];
    std::uint8_t codes[kBlock];
    chooseScalesQ3_K(x, importance, block, scaleCodes, codes);
    packScales6(scaleCodes, block.scales);
    const float d = fromHalf(block.d);
    for (int b = 0; b < 16; ++b) requantize(4, x + 16 * b, d * static_cast<float>(scaleCodes[b] - 32), codes + 16 * b);
    packPlane2(codes, block.codes);
    for (int i = 0; i < kBlock; ++i)
        block.highBits[i % 32] = static_cast<std::uint8_t>(block.highBits[i % 32] | (codes[i] >> 2) << (i / 32));
}

// ---- Q6_K ---------------------------------------------------------------------------------------------------------

/// Where the four parts of 32 elements of one half block go.
struct PlaceQ6_K {
    int nibble;
    int nibbleShift;
    int pair;
    int pairShift;
};
PlaceQ6_K placeQ6_K(int i)
{
    const int half = i / 128;
    const int part = (i % 128) / 32;
    const int l = i % 32;
    return {64 * half + 32 * (part & 1) + l, part < 2 ? 0 : 4, 32 * half + l, 2 * part};
}

void decodeBlockQ6_K(const Q6_K& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < kBlock; ++i) {
        const PlaceQ6_K place = placeQ6_K(i);
        const int low = (block.nibbles[place.nibble] >> place.nibbleShift) & 15;
        const int high = (block.highPairs[place.pair] >> place.pairShift) & 3;
        out[i] = (d * static_cast<float>(block.scales[i / 16])) * static_cast<float>((low | high << 4) - 32);
    }
}

void encodeBlockQ6_K(const float* x, const float* importance, Q6_K& block)
{
    float scales[16];
    std::uint8_t codes[kBlock];
    for (int b = 0; b < 16; ++b)
        scales[b] = search::symmetric(16, 32, x + 16 * b, importance ? importance + 16 * b : nullptr, codes + 16 * b);
    const float pivot = search::pivotOf(16, scales);
    if (std::fabs(pivot) < 1e-15F) return;  // the block stays all zero bytes
    const float multiplier = -128 / pivot;
    block.d = toHalf(1 / multiplier);
    const float d = fromHalf(block.d);
    for (int b = 0; b < 16; ++b) {
        block.scales[b] = static_cast<std::int8_t>(std::min(127, snap(multiplier * scales[b])));
        requantize(32, x + 16 * b, d * static_cast<float>(block.scales[b]), codes + 16 * b);
    }
    for (int i = 0; i < kBlock; ++i) {
        const PlaceQ6_K place = placeQ6_K(i);
        block.nibbles[place.nibble] = static_cast<std::uint8_t>(block.nibbles[place.nibble] | (codes[i] & 15) << place.nibbleShift);
        block.highPairs[place.pair] = static_cast<std::uint8_t>(block.highPairs[place.pair] | (codes[i] >> 4) << place.pairShift);
    }
}

}  // namespace

void decodeQ3_K(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q3_K, decodeBlockQ3_K>(row, out, columns);
}
void decodeQ6_K(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q6_K, decodeBlockQ6_K>(row, out, columns);
}
void encodeQ3_K(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeBlocksWith<Q3_K, encodeBlockQ3_K>(row, out, columns, importance);
}
void encodeQ6_K(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeBlocksWith<Q6_K, encodeBlockQ6_K>(row, out, columns, importance);
}

}  // namespace ww::kquants
