// SPDX-License-Identifier: MIT
// Q1_0 and Q2_0: one and two bits without a search. Importance is ignored.
//
//   type  value    scale                   bytes of a block (offset: field)                                    bpw
//   Q1_0  ±d       mean magnitude of 128   0: d; 2: 16 bytes, bit i mod 8 of byte i/8 is 1 where x ≥ 0         1.125
//   Q2_0  (q−1)·d  largest of 64           0: d; 2: 16 bytes, element i in byte i/4 at bit 2·(i mod 4)         2.25
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww::fewbit {

struct Q1_0 {
    static constexpr std::size_t kLength = 128;
    std::uint16_t d;
    std::uint8_t signs[16];
};
struct Q2_0 {
    static constexpr std::size_t kLength = 64;
    std::uint16_t d;
    std::uint8_t codes[16];
};
static_assert(sizeof(Q1_0) == 18 && sizeof(Q2_0) == 18);

void decodeQ1_0(const std::byte* row, float* out, std::size_t columns);
void decodeQ2_0(const std::byte* row, float* out, std::size_t columns);
void encodeQ1_0(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeQ2_0(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same by vector kernels, see BlockFormat.
void encodeRowsQ1_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsQ2_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void decodeFastQ1_0(const std::byte* row, float* out, std::size_t columns);
void decodeFastQ2_0(const std::byte* row, float* out, std::size_t columns);

}  // namespace ww::fewbit
