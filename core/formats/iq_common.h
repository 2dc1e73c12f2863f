// SPDX-License-Identifier: MIT
// Arithmetic that all IQ encoders share. Every operation is one binary32 operation rounded to nearest even; the order
// written is the order done (contraction is off for the whole project).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ww::iq {

inline constexpr std::size_t kSuperBlock = 256;

/// Float to integer through the mantissa: nearest, ties to even, for |v| ≤ 4194303; outside it wraps in a defined way
/// that llama.cpp's bytes depend on.
[[nodiscard]] inline int snap(float v)
{
    return static_cast<int>(std::bit_cast<std::uint32_t>(v + 12582912.0F) & 0x7FFFFFU) - 0x400000;
}

/// Σ x², sequential, from 0.
[[nodiscard]] inline float sumOfSquares(const float* x, std::size_t n)
{
    float sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i] * x[i];
    return sum;
}

[[nodiscard]] inline std::uint8_t u8(const std::byte* p)
{
    return std::to_integer<std::uint8_t>(*p);
}
[[nodiscard]] inline std::uint16_t readU16(const std::byte* p)
{
    return static_cast<std::uint16_t>(u8(p) | (u8(p + 1) << 8));
}
[[nodiscard]] inline std::uint32_t readU32(const std::byte* p)
{
    return static_cast<std::uint32_t>(readU16(p)) | (static_cast<std::uint32_t>(readU16(p + 2)) << 16);
}
inline void writeU8(std::byte* p, unsigned v)
{
    *p = static_cast<std::byte>(v & 255U);
}
inline void writeU16(std::byte* p, unsigned v)
{
    writeU8(p, v);
    writeU8(p + 1, v >> 8);
}
inline void writeU32(std::byte* p, std::uint32_t v)
{
    writeU16(p, v & 0xFFFFU);
    writeU16(p + 2, v >> 16);
}

}  // namespace ww::iq
