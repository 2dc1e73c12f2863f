// SPDX-License-Identifier: MIT
// Q2_K, Q4_K, Q5_K: sub-blocks with scale and offset.
#include <algorithm>
#include <cmath>

#include "formats/k_quants.h"
#include "formats/rounding.h"
#include "formats/row_codec.h"
#include "formats/searches.h"

namespace ww::kquants {
namespace {

/// What the search over the sub-blocks of one block yields.
template <int kGroups>
struct Found {
    float scales[kGroups];
    float depths[kGroups];
    float masses[kGroups];  // sums of the weights, only with importance
    std::uint8_t codes[kBlock];
};

template <int kGroups>
void searchWeighted(const float* x, const float* importance, float sigma, int top, Found<kGroups>& found)
{
    constexpr int kGroup = kBlock / kGroups;
    float weights[kBlock];
    blendWeights(x, importance, sigma, weights);
    for (int b = 0; b < kGroups; ++b) {
        const float* w = weights + b * kGroup;
        float mass = 0;
        for (int i = 0; i < kGroup; ++i) mass += w[i];
        found.masses[b] = mass;
        const auto fit = search::affine(kGroup, top, x + b * kGroup, w, search::kFineRange, found.codes + b * kGroup);
        found.scales[b] = fit.scale;
        found.depths[b] = fit.depth;
    }
}

template <int kGroups>
float largest(const float (&values)[kGroups])
{
    float most = 0;
    for (const float v : values) most = std::max(most, v);
    return most;
}

/// Codes of one sub-block for the scale and offset that are really stored. A zero scale keeps the search's codes.
void requantize(int n, int top, const float* x, float scale, float offset, std::uint8_t* codes)
{
    if (scale == 0) return;
    for (int i = 0; i < n; ++i) codes[i] = static_cast<std::uint8_t>(std::clamp(snap((x[i] + offset) / scale), 0, top));
}

// ---- Q2_K ---------------------------------------------------------------------------------------------------------

void decodeBlockQ2_K(const Q2_K& block, float* out)
{
    const float d = fromHalf(block.d);
    const float dm = fromHalf(block.dm);
    for (int i = 0; i < kBlock; ++i) {
        const std::uint8_t pair = block.scales[i / 16];
        out[i] =
            (d * static_cast<float>(pair & 15)) * static_cast<float>(plane2(block.codes, i)) - dm * static_cast<float>(pair >> 4);
    }
}

void chooseScalesQ2_K(const float* x, const float* importance, Q2_K& block, Found<16>& found)
{
    if (importance) {
        searchWeighted(x, importance, search::sumOfSquares(kBlock, x) / kBlock, 3, found);
        std::uint8_t scaleCodes[16];
        std::uint8_t depthCodes[16];
        block.d = toHalf(search::positive(16, 15, found.scales, found.masses, scaleCodes));
        block.dm = toHalf(search::positive(16, 15, found.depths, found.masses, depthCodes));
        for (int b = 0; b < 16; ++b) block.scales[b] = static_cast<std::uint8_t>(scaleCodes[b] | depthCodes[b] << 4);
        return;
    }
    for (int b = 0; b < 16; ++b) {
        float weights[16];
        for (int i = 0; i < 16; ++i) weights[i] = std::fabs(x[16 * b + i]);
        constexpr search::AffineRange kRange{-0.5F, 0.1F, 15, search::Metric::Absolute};
        const auto fit = search::affine(16, 3, x + 16 * b, weights, kRange, found.codes + 16 * b);
        found.scales[b] = fit.scale;
        found.depths[b] = fit.depth;
    }
    const float mostScale = largest(found.scales);
    const float mostDepth = largest(found.depths);
    if (mostScale > 0) {
        const float factor = 15 / mostScale;
        for (int b = 0; b < 16; ++b) block.scales[b] = static_cast<std::uint8_t>(snap(factor * found.scales[b]));
        block.d = toHalf(mostScale / 15);
    }
    if (mostDepth > 0) {
        const float factor = 15 / mostDepth;
        for (int b = 0; b < 16; ++b)
            block.scales[b] =
                static_cast<std::uint8_t>(block.scales[b] | static_cast<std::uint32_t>(snap(factor * found.depths[b])) << 4);
        block.dm = toHalf(mostDepth / 15);
    }
}

void encodeBlockQ2_K(const float* x, const float* importance, Q2_K& block)
{
    Found<16> found;
    chooseScalesQ2_K(x, importance, block, found);
    const float d = fromHalf(block.d);
    const float dm = fromHalf(block.dm);
    for (int b = 0; b < 16; ++b)
        requantize(16, 3, x + 16 * b, d * static_cast<float>(block.scales[b] & 15), dm * static_cast<float>(block.scales[b] >> 4),
                   found.codes + 16 * b);
    packPlane2(found.codes, block.codes);
}

// ---- Q4_K and Q5_K -------------------------------------------------------------------------------------------------

struct PairParameters {
    int top;
    search::AffineRange plainRange;
    bool clampCodes;  // codes of the weighted scale search: to 63, or spilling over
};
constexpr PairParameters kQ4{15, {-1.0F, 0.1F, 20, search::Metric::Squared}, false};
constexpr PairParameters kQ5{31, {-0.5F, 0.1F, 15, search::Metric::Squared}, true};

std::uint8_t pairCode(float factor, float value)
{
    return std::min<std::uint8_t>(63, static_cast<std::uint8_t>(snap(factor * value)));
}

template <class Block>
void chooseScales(const float* x, const float* importance, const PairParameters& parameters, Block& block, Found<8>& found)
{
    std::uint8_t scaleCodes[8];
    std::uint8_t depthCodes[8];
    if (importance) {
        searchWeighted(x, importance, (2 * search::sumOfSquares(kBlock, x)) / kBlock, parameters.top, found);
        block.d = toHalf(search::positive(8, 63, found.scales, found.masses, scaleCodes));
        block.dm = toHalf(search::positive(8, 63, found.depths, found.masses, depthCodes));
        if (parameters.clampCodes)
            for (int b = 0; b < 8; ++b) {
                scaleCodes[b] = std::min<std::uint8_t>(63, scaleCodes[b]);
                depthCodes[b] = std::min<std::uint8_t>(63, depthCodes[b]);
            }
    } else {
        for (int b = 0; b < 8; ++b) {
            const float* group = x + 32 * b;
            float weights[32];
            const float rms = std::sqrt(search::sumOfSquares(32, group) / 32);
            for (int i = 0; i < 32; ++i) weights[i] = rms + std::fabs(group[i]);
            const auto fit = search::affine(32, parameters.top, group, weights, parameters.plainRange, found.codes + 32 * b);
            found.scales[b] = fit.scale;
            found.depths[b] = fit.depth;
        }
        const float mostScale = largest(found.scales);
        const float mostDepth = largest(found.depths);
        const float scaleFactor = mostScale > 0 ? 63 / mostScale : 0;
        const float depthFactor = mostDepth > 0 ? 63 / mostDepth : 0;
        for (int b = 0; b < 8; ++b) {
            scaleCodes[b] = pairCode(scaleFactor, found.scales[b]);
            depthCodes[b] = pairCode(depthFactor, found.depths[b]);
        }
        block.d = toHalf(mostScale / 63);
        block.dm = toHalf(mostDepth / 63);
    }
    packPairs(scaleCodes, depthCodes, block.pairs);
}

template <class Block>
void encodePairBlock(const float* x, const float* importance, const PairParameters& parameters, Block& block, Found<8>& found)
{
    chooseScales(x, importance, parameters, block, found);
    const float d = fromHalf(block.d);
    const float dm = fromHalf(block.dm);
    for (int b = 0; b < 8; ++b) {
        std::uint8_t scale = 0;
        std::uint8_t offset = 0;
        unpackPair(block.pairs, b, scale, offset);
        requantize(32, parameters.top, x + 32 * b, d * static_cast<float>(scale), dm * static_cast<float>(offset),
                   found.codes + 32 * b);
    }
    for (int byte = 0; byte < 128; ++byte) {
        const std::uint8_t* c = found.codes + 64 * (byte / 32) + byte % 32;
        block.nibbles[byte] = static_cast<std::uint8_t>((c[0] & 15) | (c[32] & 15) << 4);
    }
}

void encodeBlockQ4_K(const float* x, const float* importance, Q4_K& block)
{
    Found<8> found;
    encodePairBlock(x, importance, kQ4, block, found);
}

void encodeBlockQ5_K(const float* x, const float* importance, Q5_K& block)
{
    Found<8> found;
    encodePairBlock(x, importance, kQ5, block, found);
    for (int i = 0; i < kBlock; ++i)
        block.highBits[i % 32] = static_cast<std::uint8_t>(block.highBits[i % 32] | (found.codes[i] >> 4) << (i / 32));
}

template <class Block, class Code>
void decodePairBlock(const Block& block, Code code, float* out)
{
    const float d = fromHalf(block.d);
    const float dm = fromHalf(block.dm);
    for (int b = 0; b < 8; ++b) {
        std::uint8_t scale = 0;
        std::uint8_t offset = 0;
        unpackPair(block.pairs, b, scale, offset);
        const float factor = d * static_cast<float>(scale);
        const float depth = dm * static_cast<float>(offset);
        for (int i = 32 * b; i < 32 * b + 32; ++i) out[i] = factor * static_cast<float>(code(i)) - depth;
    }
}

int nibbleOf(const std::uint8_t* nibbles, int i)
{
    const std::uint8_t byte = nibbles[32 * (i / 64) + i % 32];
    return i % 64 < 32 ? byte & 15 : byte >> 4;
}
void decodeBlockQ4_K(const Q4_K& block, float* out)
{
    decodePairBlock(
        block, [&](int i) { return nibbleOf(block.nibbles, i); }, out);
}
void decodeBlockQ5_K(const Q5_K& block, float* out)
{
    decodePairBlock(
        block, [&](int i) { return nibbleOf(block.nibbles, i) | ((block.highBits[i % 32] >> (i / 32)) & 1) << 4; }, out);
}

}  // namespace

void decodeQ2_K(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q2_K, decodeBlockQ2_K>(row, out, columns);
}
void decodeQ4_K(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q4_K, decodeBlockQ4_K>(row, out, columns);
}
void decodeQ5_K(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q5_K, decodeBlockQ5_K>(row, out, columns);
}
void encodeQ2_K(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeBlocksWith<Q2_K, encodeBlockQ2_K>(row, out, columns, importance);
}
void encodeQ4_K(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeBlocksWith<Q4_K, encodeBlockQ4_K>(row, out, columns, importance);
}
void encodeQ5_K(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeBlocksWith<Q5_K, encodeBlockQ5_K>(row, out, columns, importance);
}

}  // namespace ww::kquants
