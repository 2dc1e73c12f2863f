// SPDX-License-Identifier: MIT
// binary16 and bfloat16 to and from binary32: round to nearest even, subnormals and signed zeros kept.
#pragma once

#include <bit>
#include <cstdint>

namespace ww {

/// NaN becomes sign | 0x7E00, |v| >= 65520 becomes infinity.
[[nodiscard]] inline std::uint16_t toHalf(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return sign | 0x7E00U;
    if (magnitude >= 0x477FF000U) return sign | 0x7C00U;  // 65520 and above round to infinity
    if (magnitude < 0x38800000U) {
        // Below 2^-14 the half is subnormal. Adding 0.5 lets the addition itself round to multiples of 2^-24.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U));
    }
    const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
    return static_cast<std::uint16_t>(sign | ((rounded - (112U << 23)) >> 13));
}

[[nodiscard]] inline float fromHalf(std::uint16_t bits)
{
    const std::uint32_t sign = (bits & 0x8000U) << 16;
    const std::uint32_t magnitude = bits & 0x7FFFU;
    if (magnitude >= 0x7C00U) {
        // A NaN comes out quiet, as every processor's own conversion makes it.
        const std::uint32_t quiet = magnitude > 0x7C00U ? 0x400000U : 0U;
        return std::bit_cast<float>(sign | 0x7F800000U | quiet | ((magnitude & 0x3FFU) << 13));
    }
    if (magnitude < 0x0400U) {
        const float value = static_cast<float>(magnitude) * 0x1p-24F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + (112U << 23)));
}

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
