// SPDX-License-Identifier: MIT
// Q2_K … Q6_K: 256 values are cut into sub-blocks of 16 or 32. Each sub-block has a small integer scale (and, for the
// affine types, a small integer offset); one 16-bit factor for the scales and one for the offsets serve the block.
//
//   type  value                    sub-blocks   bytes of a block (offset: field)                                 bpw
//   Q2_K  (d·s)·q − (dm·m)         16 × 16      0: 16 × (s | m<<4); 16: 64 bytes plane P2; 80: d; 82: dm         2.625
//   Q3_K  (d·(s−32))·(q−4)         16 × 16      0: 32 bytes bit 2; 32: 64 bytes P2; 96: 12 bytes scales; 108: d  3.4375
//   Q4_K  (d·s)·q − (dm·m)         8 × 32       0: d; 2: dm; 4: 12 bytes pairs; 16: 128 bytes nibbles            4.5
//   Q5_K  (d·s)·q − (dm·m)         8 × 32       0: d; 2: dm; 4: 12 bytes pairs; 16: 32 bytes bit 4; 48: nibbles  5.5
//   Q6_K  (d·s)·(q−32)             16 × 16      0: 128 bytes low nibbles; 128: 64 bytes high pairs;
//                                               192: 16 signed scales; 208: d                                    6.5625
//
// Planes. P2: element i in byte 32·(i/128) + i mod 32, bits 2·((i mod 128)/32). Single bits (Q3_K, Q5_K): bit i/32 of byte
// i mod 32. Nibbles (Q4_K, Q5_K): element i in byte 32·(i/64) + i mod 32, low half if i mod 64 < 32. Q6_K, with
// h = i/128, g = (i mod 128)/32, l = i mod 32: low nibble in byte 64h + 32·(g & 1) + l, low half for g < 2; high pair in
// byte 32h + l at bit 2g.
// The 6-bit scales of Q3_K: low nibble of code b in byte b mod 8 (low half for b < 8), bits 4–5 in byte 8 + b mod 4 at bit
// 2·(b/4). The 6-bit pairs of Q4_K and Q5_K: see packPairs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww::kquants {

inline constexpr int kBlock = 256;

struct Q2_K {
    static constexpr std::size_t kLength = 256;
    std::uint8_t scales[16];  // low half scale, high half offset
    std::uint8_t codes[64];
    std::uint16_t d;
    std::uint16_t dm;
};
struct Q3_K {
    static constexpr std::size_t kLength = 256;
    std::uint8_t highBits[32];
    std::uint8_t codes[64];
    std::uint8_t scales[12];
    std::uint16_t d;
};
struct Q4_K {
    static constexpr std::size_t kLength = 256;
    std::uint16_t d;
    std::uint16_t dm;
    std::uint8_t pairs[12];
    std::uint8_t nibbles[128];
};
struct Q5_K {
    static constexpr std::size_t kLength = 256;
    std::uint16_t d;
    std::uint16_t dm;
    std::uint8_t pairs[12];
    std::uint8_t highBits[32];
    std::uint8_t nibbles[128];
};
struct Q6_K {
    static constexpr std::size_t kLength = 256;
    std::uint8_t nibbles[128];
    std::uint8_t highPairs[64];
    std::int8_t scales[16];
    std::uint16_t d;
};
static_assert(sizeof(Q2_K) == 84 && sizeof(Q3_K) == 110 && sizeof(Q4_K) == 144 && sizeof(Q5_K) == 176 && sizeof(Q6_K) == 210);

/// Eight (scale, offset) pairs of 6 bits in 12 bytes. Scales and offsets are taken as bytes: a value above 63 spills
/// into its neighbours exactly as it does in llama.cpp.
void packPairs(const std::uint8_t scales[8], const std::uint8_t offsets[8], std::uint8_t packed[12]);
void unpackPair(const std::uint8_t packed[12], int index, std::uint8_t& scale, std::uint8_t& offset);
/// Sixteen scale codes of 6 bits of Q3_K.
void packScales6(const std::uint8_t scales[16], std::uint8_t packed[12]);
[[nodiscard]] int unpackScale6(const std::uint8_t packed[12], int index);

void packPlane2(const std::uint8_t codes[256], std::uint8_t plane[64]);
[[nodiscard]] inline int plane2(const std::uint8_t plane[64], int i)
{
    return (plane[32 * (i / 128) + i % 32] >> (2 * ((i % 128) / 32))) & 3;
}

/// weights_i = importance_i · √(sigma + x_i²)
void blendWeights(const float* x, const float* importance, float sigma, float* weights);

void decodeQ2_K(const std::byte* row, float* out, std::size_t columns);
void decodeQ3_K(const std::byte* row, float* out, std::size_t columns);
void decodeQ4_K(const std::byte* row, float* out, std::size_t columns);
void decodeQ5_K(const std::byte* row, float* out, std::size_t columns);
void decodeQ6_K(const std::byte* row, float* out, std::size_t columns);

void encodeQ2_K(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ3_K(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ4_K(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ5_K(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ6_K(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same by vector kernels, see BlockFormat.
void encodeRowsQ2_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ3_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ4_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ5_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ6_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void decodeFastQ2_K(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ3_K(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ4_K(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ5_K(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ6_K(const std::byte* row, float* out, std::size_t columns);

}  // namespace ww::kquants
