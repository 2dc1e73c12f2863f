// SPDX-License-Identifier: MIT
// Q4_0, Q4_1, Q5_0, Q5_1, Q8_0: 32 values share a 16-bit scale d, the _1 types also a 16-bit offset m.
//
//   type  value      bytes of a block (offset: field)                          bpw
//   Q4_0  (q−8)·d    0: d; 2: 16 bytes of nibbles                              4.5
//   Q4_1  q·d + m    0: d; 2: m; 4: 16 bytes of nibbles                        5
//   Q5_0  (q−16)·d   0: d; 2: 4 bytes of fifth bits; 6: 16 bytes of nibbles    5.5
//   Q5_1  q·d + m    0: d; 2: m; 4: 4 bytes of fifth bits; 8: nibbles          6
//   Q8_0  q·d        0: d; 2: 32 signed bytes                                  8.5
//
// Nibble byte j holds element j in its low and element j+16 in its high half; fifth bit j belongs to element j.
// Without importance there is no search (the scale follows from the extremes); with it, Q4_0 and Q5_0 use the
// symmetric, Q4_1 and Q5_1 the affine search with weights u·√(σ + x²), σ the mean square of the whole row.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww::legacy {

struct Q4_0 {
    static constexpr std::size_t kLength = 32;
    std::uint16_t d;
    std::uint8_t nibbles[16];
};
struct Q4_1 {
    static constexpr std::size_t kLength = 32;
    std::uint16_t d;
    std::uint16_t m;
    std::uint8_t nibbles[16];
};
struct Q5_0 {
    static constexpr std::size_t kLength = 32;
    std::uint16_t d;
    std::uint8_t fifthBits[4];
    std::uint8_t nibbles[16];
};
struct Q5_1 {
    static constexpr std::size_t kLength = 32;
    std::uint16_t d;
    std::uint16_t m;
    std::uint8_t fifthBits[4];
    std::uint8_t nibbles[16];
};
struct Q8_0 {
    static constexpr std::size_t kLength = 32;
    std::uint16_t d;
    std::int8_t codes[32];
};
static_assert(sizeof(Q4_0) == 18 && sizeof(Q4_1) == 20 && sizeof(Q5_0) == 22 && sizeof(Q5_1) == 24 && sizeof(Q8_0) == 34);

void decodeQ4_0(const std::byte* row, float* out, std::size_t columns);
void decodeQ4_1(const std::byte* row, float* out, std::size_t columns);
void decodeQ5_0(const std::byte* row, float* out, std::size_t columns);
void decodeQ5_1(const std::byte* row, float* out, std::size_t columns);
void decodeQ8_0(const std::byte* row, float* out, std::size_t columns);

void encodeQ4_0(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ4_1(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ5_0(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ5_1(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ8_0(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same by vector kernels, see BlockFormat.
void encodeRowsQ4_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ4_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ5_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ5_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ8_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void decodeFastQ4_0(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ4_1(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ5_0(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ5_1(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ8_0(const std::byte* row, float* out, std::size_t columns);

}  // namespace ww::legacy
