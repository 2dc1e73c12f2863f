// SPDX-License-Identifier: MIT
// 8-bit floats of the Open Compute Project, without their scale: E4M3 in the variant that has no infinities, S.EEEE.MMM with bias 7,
// largest 448, NaN 0x7F and 0xFF; and E5M2, the upper half of a binary16, largest finite value 57344.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "tensor/float_convert.h"

namespace ww {

namespace float8_detail {

/// `mantissaBits` and `bias` of the format; `largest`: code of its largest number.
[[nodiscard]] inline std::uint8_t encode(float value, unsigned mantissaBits, unsigned bias, std::uint32_t largest)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return 0x7F;
    std::uint32_t code = 0;
    if (magnitude < (128U - bias) << 23U) {
        // Below the smallest normal number. Adding a number whose last bit is the smallest step lets the addition itself round.
        const std::uint32_t step = (151U - bias - mantissaBits) << 23U;
        code = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(step)) - step;
    } else {
        const unsigned dropped = 23U - mantissaBits;
        const std::uint32_t rounded = magnitude + (1U << (dropped - 1U)) - 1U + ((magnitude >> dropped) & 1U);
        code = std::min((rounded - ((127U - bias) << 23U)) >> dropped, largest);
    }
    return static_cast<std::uint8_t>(code == 0 ? 0U : code | ((bits >> 24U) & 0x80U));
}

}  // namespace float8_detail

/// Nearest number, ties to even, subnormals exact; magnitudes beyond the largest number become it. No zero is negative; NaN is 0x7F.
[[nodiscard]] inline std::uint8_t toE4M3(float value)
{
    return float8_detail::encode(value, 3, 7, 0x7E);
}
[[nodiscard]] inline std::uint8_t toE5M2(float value)
{
    return float8_detail::encode(value, 2, 15, 0x7B);
}

[[nodiscard]] inline float fromE4M3(std::uint8_t code)
{
    const std::uint32_t sign = (code & 0x80U) << 24U;
    const std::uint32_t magnitude = code & 0x7FU;
    float value = std::numeric_limits<float>::quiet_NaN();
    if (magnitude < 8)
        value = static_cast<float>(magnitude) * 0x1p-9F;
    else if (magnitude < 0x7F)
        value = std::bit_cast<float>((magnitude << 20U) + (120U << 23U));
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}
[[nodiscard]] inline float fromE5M2(std::uint8_t code)
{
    return fromHalf(static_cast<std::uint16_t>(code << 8U));
}

}  // namespace ww
