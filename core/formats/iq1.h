// SPDX-License-Identifier: MIT
// IQ1_S and IQ1_M: groups of eight values from {−1, 0, 1} plus a common shift of ±1/8, named by an 11-bit index.
//
//   IQ1_S 50 bytes per 256 values (1.5625 bpw): 0 half d | 2+p index bits 0–7 of group p | 34+2b u16 of sub-block b (32 values):
//   four
//         times three index bits, 3-bit scale code s, shift bit
//   IQ1_M 56 bytes per 256 values (1.75 bpw):   0+p index bits 0–7 | 32+b of run b (16 values): two times three index bits and a
//   shift
//         bit | 48+2k u16: four 3-bit scale codes and four bits of half d
//   y = d·(2s + 1)·(m + e), m from the code book, e = ±0.125
#pragma once

#include <cstddef>
#include <optional>

namespace ww {

void decodeRowIq1S(const std::byte* row, float* out, std::size_t columns);
void decodeRowIq1M(const std::byte* row, float* out, std::size_t columns);
/// The same values by vector instructions, chosen for the processor at run time.
void decodeFastIq1S(const std::byte* row, float* out, std::size_t columns);
void decodeFastIq1M(const std::byte* row, float* out, std::size_t columns);
/// Importance is required: one value per column.
void encodeRowIq1S(const float* row, std::byte* out, std::size_t columns, const float* importance);
/// `importance` may be null.
void encodeRowIq1M(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same bytes by vector instructions, chosen for the processor at run time.
void encodeRowsIq1S(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsIq1M(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);

/// First element of the first block whose scale is infinite or NaN (it is spread over four words in IQ1_M).
[[nodiscard]] std::optional<std::size_t> findInvalidIq1M(const std::byte* row, std::size_t columns);

inline constexpr std::size_t kIq1SBytes = 2 + 32 + 16;
inline constexpr std::size_t kIq1MBytes = 32 + 16 + 8;
static_assert(kIq1SBytes == 50 && kIq1MBytes == 56);

}  // namespace ww
