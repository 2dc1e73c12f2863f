// SPDX-License-Identifier: MIT
// The float-to-integer conversions that the block formats are defined with. They differ outside the usual range, and
// out-of-range arguments do occur (subnormal rows, rows of mixed magnitude), so each is written out as defined.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ww {

/// Nearest integer, ties to even, for |v| <= 4194303. Outside, the masked bits of the sum still define the result: that
/// of an infinity is -4194304, that of a NaN from an invalid operation is 0.
[[nodiscard]] inline std::int32_t snap(float v)
{
    const float shifted = v + 12582912.0F;
    return static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) & 0x7FFFFFU) - 0x400000;
}

/// Truncation to 32 bits; NaN and values out of range give the smallest integer (whose low byte is 0).
[[nodiscard]] inline std::int32_t chop(float v)
{
    if (!(v >= -2147483648.0F && v < 2147483648.0F)) return std::numeric_limits<std::int32_t>::min();
    return static_cast<std::int32_t>(v);
}

/// Nearest integer, halves away from zero, still a float.
[[nodiscard]] inline float roundAway(float v)
{
    return std::round(v);
}

}  // namespace ww
