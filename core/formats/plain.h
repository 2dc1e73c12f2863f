// SPDX-License-Identifier: MIT
// F32, F16 and BF16: one value per element, no blocks.
//
//   F32   4 bytes   the value                            32 bits per weight
//   F16   2 bytes   binary16, nearest even               16 bits per weight
//   BF16  2 bytes   upper half of binary32, nearest even 16 bits per weight
//
// Importance is ignored. F16 overflows to infinity from 65520 on.
#pragma once

#include <cstddef>

namespace ww::plain {

void decodeF32(const std::byte* row, float* out, std::size_t columns);
void decodeF16(const std::byte* row, float* out, std::size_t columns);
void decodeBF16(const std::byte* row, float* out, std::size_t columns);
void encodeF32(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeF16(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeBF16(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// The same by vector kernels.
void encodeRowsF16(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsBF16(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void decodeFastF16(const std::byte* row, float* out, std::size_t columns);
void decodeFastBF16(const std::byte* row, float* out, std::size_t columns);

}  // namespace ww::plain
