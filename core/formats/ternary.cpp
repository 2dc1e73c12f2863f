// SPDX-License-Identifier: MIT
#include "formats/ternary.h"

#include <cmath>

#include "formats/k_quants.h"
#include "formats/rounding.h"
#include "formats/row_codec.h"
#include "formats/searches.h"

namespace ww::ternary {
namespace {

constexpr int kN = 256;

/// Codes 0, 1, 2 of one block; returns the scale.
float trits(const float* x, std::uint8_t* codes)
{
    const float peak = std::fabs(search::pivotOf(kN, x));
    const float inverse = peak != 0 ? 1 / peak : 0;
    for (int i = 0; i < kN; ++i) {
        // Minute peaks have an infinite inverse; what is neither −1 nor +1 then counts as 0.
        const float level = roundAway(x[i] * inverse);
        codes[i] = level == 1 ? 2 : level == -1 ? 0 : 1;
    }
    return peak;
}

/// Calls place(byte number, trit number, element) for every element of a TQ1_0 block, trits of a byte in order.
template <class Place>
void forEachTrit(Place place)
{
    for (int b = 0; b < 32; ++b)
        for (int k = 0; k < 5; ++k) place(b, k, 32 * k + b);
    for (int b = 32; b < 48; ++b)
        for (int k = 0; k < 5; ++k) place(b, k, 160 + 16 * k + (b - 32));
    for (int b = 48; b < 52; ++b)
        for (int k = 0; k < 4; ++k) place(b, k, 240 + 4 * k + (b - 48));
}

void encodeBlockTQ1_0(const float* x, TQ1_0& block)
{
    std::uint8_t codes[kN];
    block.d = toHalf(trits(x, codes));
    int numbers[52] = {};
    forEachTrit([&](int b, int /*k*/, int element) { numbers[b] = numbers[b] * 3 + codes[element]; });
    for (int b = 48; b < 52; ++b) numbers[b] *= 3;  // four trits and an empty last digit
    const auto byteOf = [](int number) { return static_cast<std::uint8_t>((256 * number + 242) / 243); };
    for (int b = 0; b < 48; ++b) block.fives[b] = byteOf(numbers[b]);
    for (int b = 0; b < 4; ++b) block.fours[b] = byteOf(numbers[48 + b]);
}

void decodeBlockTQ1_0(const TQ1_0& block, float* out)
{
    const float d = fromHalf(block.d);
    constexpr int kPowers[5] = {1, 3, 9, 27, 81};
    forEachTrit([&](int b, int k, int element) {
        const int byte = b < 48 ? block.fives[b] : block.fours[b - 48];
        const int shifted = (byte * kPowers[k]) & 255;
        out[element] = static_cast<float>(((3 * shifted) >> 8) - 1) * d;
    });
}

void encodeBlockTQ2_0(const float* x, TQ2_0& block)
{
    std::uint8_t codes[kN];
    block.d = toHalf(trits(x, codes));
    kquants::packPlane2(codes, block.codes);
}

void decodeBlockTQ2_0(const TQ2_0& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < kN; ++i) out[i] = static_cast<float>(kquants::plane2(block.codes, i) - 1) * d;
}

}  // namespace

void decodeTQ1_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<TQ1_0, decodeBlockTQ1_0>(row, out, columns);
}
void decodeTQ2_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<TQ2_0, decodeBlockTQ2_0>(row, out, columns);
}
void encodeTQ1_0(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<TQ1_0, encodeBlockTQ1_0>(row, out, columns, nullptr);
}
void encodeTQ2_0(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<TQ2_0, encodeBlockTQ2_0>(row, out, columns, nullptr);
}

}  // namespace ww::ternary
