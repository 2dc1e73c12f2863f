// SPDX-License-Identifier: MIT
// IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S: groups of eight (IQ2) or four (IQ3) magnitudes are one entry of a code book; signs
// and scales are stored apart. s is a 4-bit scale code, m the entry's magnitude, the sign comes last.
//
//   IQ2_XXS  66 bytes (2.0625 bpw)  0 half d | 2+8b sub-block of 32: four index bytes, u32 of 4×7 sign bits and s
//   IQ2_XS   74 bytes (2.3125 bpw)  0 half d | 2+2p u16 of group p: 9-bit index, 7 sign bits | 66+k two s of 16 values each
//   IQ2_S    82 bytes (2.5625 bpw)  0 half d | 2+p index low | 34+p 8 signs | 66+p/4 index high 2 bits | 74+k two s
//            y = d·(0.5 + s)·0.25·m
//   IQ3_XXS  98 bytes (3.0625 bpw)  0 half d | 2+p index | 66+4b u32 of 4×7 sign bits and s;     y = d·(0.5 + s)·0.5·m
//   IQ3_S   110 bytes (3.4375 bpw)  0 half d | 2+p index low | 66+b index bit 8 | 74+r 8 signs | 106+k two s;  y = d·(1 + 2s)·m
#pragma once

#include <cstddef>

namespace ww {

void decodeRowIq2Xxs(const std::byte* row, float* out, std::size_t columns);
void decodeRowIq2Xs(const std::byte* row, float* out, std::size_t columns);
void decodeRowIq2S(const std::byte* row, float* out, std::size_t columns);
void decodeRowIq3Xxs(const std::byte* row, float* out, std::size_t columns);
void decodeRowIq3S(const std::byte* row, float* out, std::size_t columns);
/// The same values by vector instructions, chosen for the processor at run time.
void decodeFastIq2Xxs(const std::byte* row, float* out, std::size_t columns);
void decodeFastIq2Xs(const std::byte* row, float* out, std::size_t columns);
void decodeFastIq2S(const std::byte* row, float* out, std::size_t columns);
void decodeFastIq3Xxs(const std::byte* row, float* out, std::size_t columns);
void decodeFastIq3S(const std::byte* row, float* out, std::size_t columns);

/// `importance` holds one value per column; it may be null for IQ2_S, IQ3_XXS and IQ3_S only.
void encodeRowIq2Xxs(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeRowIq2Xs(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeRowIq2S(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeRowIq3Xxs(const float* row, std::byte* out, std::size_t columns, const float* importance);
/// llama.cpp writes the indices and signs that follow an all-zero run of 32 one place too early, so that the rest of the
/// super-block decodes to garbage. This writes the same bytes.
void encodeRowIq3S(const float* row, std::byte* out, std::size_t columns, const float* importance);
/// The same without that defect: every run is stored in its own place. Differs only in super-blocks with an all-zero run.
void encodeRowIq3SCorrected(const float* row, std::byte* out, std::size_t columns, const float* importance);
/// Whether llama.cpp's IQ3_S bytes of this row are damaged: some run of 32 zeros is followed by a run that is not.
[[nodiscard]] bool iq3SDefectApplies(const float* row, std::size_t columns);

/// The same bytes as the functions for one row, by vector instructions chosen for the processor at run time.
void encodeRowsIq2Xxs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsIq2Xs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsIq2S(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsIq3Xxs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsIq3S(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);

inline constexpr std::size_t kIq2XxsBytes = 2 + 64;
inline constexpr std::size_t kIq2XsBytes = 2 + 64 + 8;
inline constexpr std::size_t kIq2SBytes = 2 + 32 + 32 + 8 + 8;
inline constexpr std::size_t kIq3XxsBytes = 2 + 64 + 32;
inline constexpr std::size_t kIq3SBytes = 2 + 64 + 8 + 32 + 4;
static_assert(kIq2XxsBytes == 66 && kIq2XsBytes == 74 && kIq2SBytes == 82 && kIq3XxsBytes == 98 && kIq3SBytes == 110);

}  // namespace ww
