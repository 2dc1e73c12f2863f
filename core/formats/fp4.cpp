// SPDX-License-Identifier: MIT
#include "formats/fp4.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "formats/rounding.h"
#include "formats/row_codec.h"
#include "formats/searches.h"

namespace ww::fp4 {
namespace {

constexpr float kGrid[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Code of the nearest value; exact midpoints go to the smaller magnitude.
int nearestCode(float value, float unit)
{
    int best = 0;
    float bestDistance = std::fabs(kGrid[0] * unit - value);
    for (int c = 1; c < 16; ++c) {
        const float distance = std::fabs(kGrid[c] * unit - value);
        if (distance < bestDistance) {
            bestDistance = distance;
            best = c;
        }
    }
    return best;
}

/// How many floats just below 2^k have a binary32-rounded log2 of k, by k + 149. The spacing of logarithms near k doubles with
/// each power of two of k, that of the arguments is fixed.
constexpr auto kRoundedUpBelow = [] {
    struct Range {
        int last;
        std::uint8_t count;
    };
    constexpr Range kRanges[] = {{-132, 0}, {-131, 1}, {-130, 2}, {-129, 5}, {-127, 11}, {-126, 22}, {-64, 44},
                                 {-32, 22}, {-16, 11}, {-8, 5},   {-4, 2},   {-2, 1},    {2, 0},     {4, 1},
                                 {8, 2},    {16, 5},   {32, 11},  {64, 22},  {128, 44}};
    std::array<std::uint8_t, 278> counts{};
    int k = -149;
    for (const Range& range : kRanges)
        for (; k <= range.last; ++k) counts[static_cast<std::size_t>(k + 149)] = range.count;
    return counts;
}();

void decodeBlockMXFP4(const MXFP4& block, float* out)
{
    const float unit = unitOfExponent(block.exponent);
    for (int j = 0; j < 16; ++j) {
        out[j] = kGrid[block.nibbles[j] & 15] * unit;
        out[j + 16] = kGrid[block.nibbles[j] >> 4] * unit;
    }
}

void encodeBlockMXFP4(const float* x, MXFP4& block)
{
    block.exponent = exponentFor(std::fabs(search::pivotOf(32, x)));
    const float unit = unitOfExponent(block.exponent);
    for (int j = 0; j < 16; ++j)
        block.nibbles[j] = static_cast<std::uint8_t>(nearestCode(x[j], unit) | nearestCode(x[j + 16], unit) << 4);
}

void decodeBlockNVFP4(const NVFP4& block, float* out)
{
    for (int g = 0; g < 4; ++g) {
        const float unit = unitOfScale(block.scales[g]);
        for (int j = 0; j < 8; ++j) {
            out[16 * g + j] = kGrid[block.nibbles[g][j] & 15] * unit;
            out[16 * g + 8 + j] = kGrid[block.nibbles[g][j] >> 4] * unit;
        }
    }
}

void encodeBlockNVFP4(const float* x, NVFP4& block)
{
    for (int g = 0; g < 4; ++g) {
        const float* group = x + 16 * g;
        block.scales[g] = scaleFor(std::fabs(search::pivotOf(16, group)));
        const float unit = unitOfScale(block.scales[g]);
        for (int j = 0; j < 8; ++j)
            block.nibbles[g][j] = static_cast<std::uint8_t>(nearestCode(group[j], unit) | nearestCode(group[j + 8], unit) << 4);
    }
}

}  // namespace

std::uint8_t exponentFor(float peak)
{
    if (peak == 0) return 0;
    const auto bits = std::bit_cast<std::uint32_t>(peak);
    // Floor of the logarithm; the bits of subnormal numbers say less, so those take the long way.
    int log2 = static_cast<int>(bits >> 23) - 127;
    if (log2 == -127) log2 = std::ilogb(peak);
    const std::uint32_t next = log2 >= -127 ? static_cast<std::uint32_t>(log2 + 128) << 23 : 1U << (log2 + 150);
    if (next - bits <= kRoundedUpBelow[static_cast<std::size_t>(log2 + 150)]) ++log2;
    return static_cast<std::uint8_t>(log2 - 2 + 127);
}

float unitOfExponent(std::uint8_t exponent)
{
    if (exponent < 2) return std::bit_cast<float>(0x00200000U << exponent);
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent - 1) << 23);
}

std::uint8_t scaleFor(float peak)
{
    float value = peak / 6;
    if (!(value > 0)) return 0;
    value = std::min(value, 448.0F);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    int exponent = static_cast<int>(bits >> 23) - 120;
    if (exponent <= 0) return static_cast<std::uint8_t>(std::min(7, chop(value * 512 + 0.5F)));
    if (exponent >= 15) return 0x7E;
    std::uint32_t mantissa = ((bits >> 20) & 7U) + ((bits >> 19) & 1U);
    if (mantissa == 8) {
        mantissa = 0;
        if (++exponent == 15) return 0x7E;
    }
    return static_cast<std::uint8_t>(static_cast<std::uint32_t>(exponent) * 8 + mantissa);
}

float unitOfScale(std::uint8_t scale)
{
    if (scale == 0 || scale == 0x7F) return 0;
    const int exponent = (scale >> 3) & 15;
    const int mantissa = scale & 7;
    return exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -10)
                         : std::ldexp(static_cast<float>(8 + mantissa), exponent - 11);
}

void decodeMXFP4(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<MXFP4, decodeBlockMXFP4>(row, out, columns);
}
void decodeNVFP4(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<NVFP4, decodeBlockNVFP4>(row, out, columns);
}
void encodeMXFP4(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<MXFP4, encodeBlockMXFP4>(row, out, columns, nullptr);
}
void encodeNVFP4(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<NVFP4, encodeBlockNVFP4>(row, out, columns, nullptr);
}

std::optional<std::size_t> findInvalidMXFP4(const std::byte* row, std::size_t columns)
{
    for (std::size_t b = 0; b < columns / MXFP4::kLength; ++b)
        if (row[b * sizeof(MXFP4)] == std::byte{255}) return b * MXFP4::kLength;
    return std::nullopt;
}

}  // namespace ww::fp4
