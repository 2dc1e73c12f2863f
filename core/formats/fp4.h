// SPDX-License-Identifier: MIT
// MXFP4 and NVFP4: codes are four-bit floats (sign, two exponent bits, one fraction bit) times a small float scale.
// Written with doubled code values G = 0 1 2 3 4 6 8 12 and their negatives, and half the scale, "unit".
//
//   type   value     scale                              bytes of a block (offset: field)                     bpw
//   MXFP4  G_q·unit  power of two for 32 values         0: exponent byte e, unit = 2^(e−128); 1: 16 bytes    4.25
//   NVFP4  G_q·unit  8-bit float (E4M3) for each of     0: 4 scale bytes; 4: 4 × 8 bytes                     4.5
//                    four groups of 16
//
// Nibbles: byte j of a run of n bytes holds element j low and element j + n high. Importance is ignored, there is no
// search: the scale follows from the largest magnitude.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ww::fp4 {

struct MXFP4 {
    static constexpr std::size_t kLength = 32;
    std::uint8_t exponent;
    std::uint8_t nibbles[16];
};
struct NVFP4 {
    static constexpr std::size_t kLength = 64;
    std::uint8_t scales[4];
    std::uint8_t nibbles[4][8];
};
static_assert(sizeof(MXFP4) == 17 && sizeof(NVFP4) == 36);

/// Exponent byte for the largest magnitude of a block. Uses floor(log2) as computed by a logarithm rounded to binary32,
/// which is one too large for the few floats just below a power of two; peaks below 2^-125 wrap round.
[[nodiscard]] std::uint8_t exponentFor(float peak);
/// 2^(exponent − 128).
[[nodiscard]] float unitOfExponent(std::uint8_t exponent);
/// E4M3 byte for the largest magnitude of a group, at most 0x7E (448); minute groups get 0.
[[nodiscard]] std::uint8_t scaleFor(float peak);
/// Half the value of an E4M3 byte; 0 for 0x00 and 0x7F, bit 7 does not count.
[[nodiscard]] float unitOfScale(std::uint8_t scale);

void decodeMXFP4(const std::byte* row, float* out, std::size_t columns);
void decodeNVFP4(const std::byte* row, float* out, std::size_t columns);
void encodeMXFP4(const float* row, std::byte* out, std::size_t columns, const float* importance);
void encodeNVFP4(const float* row, std::byte* out, std::size_t columns, const float* importance);

/// First column of a block with exponent byte 255, which llama.cpp refuses.
std::optional<std::size_t> findInvalidMXFP4(const std::byte* row, std::size_t columns);

/// The same by vector kernels, see BlockFormat.
void encodeRowsMXFP4(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void encodeRowsNVFP4(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
void decodeFastMXFP4(const std::byte* row, float* out, std::size_t columns);
void decodeFastNVFP4(const std::byte* row, float* out, std::size_t columns);

}  // namespace ww::fp4
