// SPDX-License-Identifier: MIT
// IQ4_NL and IQ4_XS: four-bit codes into a table of sixteen unevenly spaced values V, finer near zero.
//
//   IQ4_NL, 18 bytes per 32 values (4.5 bpw):   0 half d | 2 16 bytes of codes, element j low nibble, j+16 high nibble
//           y = d · V[code]
//   IQ4_XS, 136 bytes per 256 values (4.25 bpw): 0 half d | 2 u16 high scale bits | 4 4 bytes low scale nibbles |
//           8 eight sub-blocks of 16 code bytes;  y = d · (c − 32) · V[code], c the sub-block's 6-bit scale code
#pragma once

#include <array>
#include <cstddef>

#include "tensor/tensor_type.h"

namespace ww {

void decodeRowIq4Nl(const std::byte* row, float* out, std::size_t columns);
void decodeRowIq4Xs(const std::byte* row, float* out, std::size_t columns);
/// The same values by vector instructions, chosen for the processor at run time.
void decodeFastIq4Nl(const std::byte* row, float* out, std::size_t columns);
void decodeFastIq4Xs(const std::byte* row, float* out, std::size_t columns);
/// `importance`: one value per column, or null.
void encodeRowIq4Nl(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeRowIq4Xs(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same bytes by vector instructions, chosen for the processor at run time.
void encodeRowsIq4Nl(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsIq4Xs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);

/// Scales of an IQ4_XS super-block: the stored half d, eight 6-bit codes, and the multipliers that turn values into codes.
struct Iq4XsScales {
    float d = 0;
    std::array<unsigned, 8> code{};
    std::array<float, 8> inverse{};
};
[[nodiscard]] Iq4XsScales fitIq4XsScales(const std::array<float, 8>& subBlockScales);
/// Bytes 0 … 7 of the block.
void writeIq4XsScales(const Iq4XsScales& scales, std::byte* block);

inline constexpr std::size_t kIq4NlBytes = 2 + 16;
inline constexpr std::size_t kIq4XsBytes = 2 + 2 + 4 + 128;
static_assert(kIq4NlBytes == 18 && kIq4XsBytes == 136);

}  // namespace ww
