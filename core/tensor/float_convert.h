// SPDX-License-Identifier: MIT
// binary16 and bfloat16 to and from binary32: round to nearest even, subnormals and signed zeros kept.
#pragma once

#include <bit>
#include <cstdint>

namespace ww {

/// NaN becomes sign | 0x7E00, |v| >= 65520 becomes infinity.
[[nodiscard]] std::uint16_t toHalf(float value);
[[nodiscard]] float fromHalf(std::uint16_t bits);

[[nodiscard]] inline std::uint16_t toBf16(float value)
{
    const auto v = std::bit_cast<std::uint32_t>(value);
    if ((v & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>((v >> 16) | 64U);
    return static_cast<std::uint16_t>((v + 0x7FFFU + ((v >> 16) & 1U)) >> 16);
}
[[nodiscard]] inline float fromBf16(std::uint16_t bits)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace ww
