// SPDX-License-Identifier: MIT
#include "tensor/float_convert.h"

namespace ww {

std::uint16_t toHalf(float value)
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

float fromHalf(std::uint16_t bits)
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

}  // namespace ww
