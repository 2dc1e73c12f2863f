// SPDX-License-Identifier: MIT
// What the K types share: packing of scales and planes, blended weights.
#include "formats/k_quants.h"

#include <algorithm>
#include <cmath>

namespace ww::kquants {

void packPairs(const std::uint8_t scales[8], const std::uint8_t offsets[8], std::uint8_t packed[12])
{
    const auto byte = [](int v) { return static_cast<std::uint8_t>(v); };
    for (int b = 0; b < 4; ++b) {
        packed[b] = scales[b];
        packed[b + 4] = offsets[b];
    }
    for (int b = 4; b < 8; ++b) {
        packed[b + 4] = byte((scales[b] & 15) | (offsets[b] & 15) << 4);
        packed[b - 4] = byte(packed[b - 4] | (scales[b] >> 4) << 6);
        packed[b] = byte(packed[b] | (offsets[b] >> 4) << 6);
    }
}

void unpackPair(const std::uint8_t packed[12], int index, std::uint8_t& scale, std::uint8_t& offset)
{
    if (index < 4) {
        scale = packed[index] & 63;
        offset = packed[index + 4] & 63;
        return;
    }
    scale = static_cast<std::uint8_t>((packed[index + 4] & 15) | (packed[index - 4] >> 6) << 4);
    offset = static_cast<std::uint8_t>((packed[index + 4] >> 4) | (packed[index] >> 6) << 4);
}

void packScales6(const std::uint8_t scales[16], std::uint8_t packed[12])
{
    std::fill_n(packed, 12, std::uint8_t{0});
    for (int b = 0; b < 16; ++b) {
        const int low = b < 8 ? scales[b] & 15 : (scales[b] & 15) << 4;
        packed[b % 8] = static_cast<std::uint8_t>(packed[b % 8] | low);
        packed[8 + b % 4] = static_cast<std::uint8_t>(packed[8 + b % 4] | (scales[b] >> 4) << (2 * (b / 4)));
    }
}

int unpackScale6(const std::uint8_t packed[12], int index)
{
    const int low = index < 8 ? packed[index] & 15 : packed[index - 8] >> 4;
    return low | ((packed[8 + index % 4] >> (2 * (index / 4))) & 3) << 4;
}

void packPlane2(const std::uint8_t codes[256], std::uint8_t plane[64])
{
    for (int byte = 0; byte < 64; ++byte) {
        const std::uint8_t* c = codes + 128 * (byte / 32) + byte % 32;
        plane[byte] = static_cast<std::uint8_t>((c[0] & 3) | (c[32] & 3) << 2 | (c[64] & 3) << 4 | (c[96] & 3) << 6);
    }
}

void blendWeights(const float* x, const float* importance, float sigma, float* weights)
{
    for (int i = 0; i < kBlock; ++i) weights[i] = importance[i] * std::sqrt(sigma + x[i] * x[i]);
}

}  // namespace ww::kquants
