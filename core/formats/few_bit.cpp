// SPDX-License-Identifier: MIT
#include "formats/few_bit.h"

#include <algorithm>
#include <cmath>

#include "formats/rounding.h"
#include "formats/row_codec.h"
#include "formats/searches.h"

namespace ww::fewbit {
namespace {

void encodeBlockQ1_0(const float* x, Q1_0& block)
{
    float sum = 0;
    for (int i = 0; i < 128; ++i) {
        sum += std::fabs(x[i]);
        if (x[i] >= 0) block.signs[i / 8] = static_cast<std::uint8_t>(block.signs[i / 8] | 1 << (i % 8));
    }
    block.d = toHalf(sum / 128);
}

void decodeBlockQ1_0(const Q1_0& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < 128; ++i) out[i] = ((block.signs[i / 8] >> (i % 8)) & 1) != 0 ? d : -d;
}

void encodeBlockQ2_0(const float* x, Q2_0& block)
{
    const float peak = std::fabs(search::pivotOf(64, x));
    const float inverse = peak != 0 ? 1 / peak : 0;
    block.d = toHalf(peak);
    for (int i = 0; i < 64; ++i) {
        const int code = std::clamp(chop(roundAway(x[i] * inverse)) + 1, 0, 3);
        block.codes[i / 4] = static_cast<std::uint8_t>(block.codes[i / 4] | code << (2 * (i % 4)));
    }
}

void decodeBlockQ2_0(const Q2_0& block, float* out)
{
    const float d = fromHalf(block.d);
    for (int i = 0; i < 64; ++i) out[i] = static_cast<float>(((block.codes[i / 4] >> (2 * (i % 4))) & 3) - 1) * d;
}

}  // namespace

void decodeQ1_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q1_0, decodeBlockQ1_0>(row, out, columns);
}
void decodeQ2_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<Q2_0, decodeBlockQ2_0>(row, out, columns);
}
void encodeQ1_0(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<Q1_0, encodeBlockQ1_0>(row, out, columns, nullptr);
}
void encodeQ2_0(const float* row, std::byte* out, std::size_t columns, const float* /*importance*/)
{
    encodeBlocks<Q2_0, encodeBlockQ2_0>(row, out, columns, nullptr);
}

}  // namespace ww::fewbit
