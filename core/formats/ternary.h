// SPDX-License-Identifier: MIT
// TQ1_0 and TQ2_0: three levels −1, 0, +1 times one 16-bit scale per 256 values, d = the largest magnitude. Exact for
// models whose weights are ternary already. Importance is ignored.
//
//   type   value    bytes of a block (offset: field)                                     bpw
//   TQ1_0  (t−1)·d  0: 48 bytes of five trits; 48: 4 bytes of four trits; 52: d          1.6875
//   TQ2_0  (q−1)·d  0: 64 bytes of two-bit codes; 64: d                                  2.0625
//
// TQ1_0, byte b, trit k: element 32k + b for b < 32; 160 + 16k + (b−32) for b < 48; 240 + 4k + (b−48) above. With the first
// trit most significant, n is a number of five base-3 digits and the byte is ⌈256·n/243⌉; multiplying by 3 then moves one
// trit after the other into the carry. TQ2_0: element i in byte 32·(i/128) + i mod 32, bits 2·((i mod 128)/32).
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww::ternary {

struct TQ1_0 {
    static constexpr std::size_t kLength = 256;
    std::uint8_t fives[48];
    std::uint8_t fours[4];
    std::uint16_t d;
};
struct TQ2_0 {
    static constexpr std::size_t kLength = 256;
    std::uint8_t codes[64];
    std::uint16_t d;
};
static_assert(sizeof(TQ1_0) == 54 && sizeof(TQ2_0) == 66);

void decodeTQ1_0(const std::byte* row, float* out, std::size_t columns);
void decodeTQ2_0(const std::byte* row, float* out, std::size_t columns);
void encodeTQ1_0(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeTQ2_0(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same by vector kernels, see BlockFormat.
void encodeRowsTQ1_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsTQ2_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void decodeFastTQ1_0(const std::byte* row, float* out, std::size_t columns);
void decodeFastTQ2_0(const std::byte* row, float* out, std::size_t columns);

}  // namespace ww::ternary
