// SPDX-License-Identifier: MIT
#include "formats/block_scales.h"

#include <algorithm>
#include <cmath>

#include "formats/block_format.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

/// Little-endian fields of one block.
class Block {
public:
    explicit Block(const std::byte* bytes) : m_bytes(bytes) {}
    [[nodiscard]] std::uint32_t u8(std::size_t at) const { return std::to_integer<std::uint32_t>(m_bytes[at]); }
    [[nodiscard]] std::uint32_t u16(std::size_t at) const { return u8(at) | u8(at + 1) << 8; }
    [[nodiscard]] std::uint32_t u32(std::size_t at) const { return u16(at) | u16(at + 2) << 16; }
    [[nodiscard]] float half(std::size_t at) const { return fromHalf(static_cast<std::uint16_t>(u16(at))); }
    [[nodiscard]] float i8(std::size_t at) const { return static_cast<float>(static_cast<std::int8_t>(u8(at))); }
    /// Number `index` of a run of four-bit numbers.
    [[nodiscard]] std::uint32_t nibble(std::size_t at, std::size_t index) const { return u8(at + index / 2) >> 4 * (index % 2) & 15; }

private:
    const std::byte* m_bytes;
};

float asFloat(std::uint32_t value)
{
    return static_cast<float>(value);
}

/// The six-bit scales and offsets of Q4_K and Q5_K.
BlockScale affineK(const Block& b, std::size_t g)
{
    constexpr std::size_t kScales = 4;
    std::uint32_t scale = 0;
    std::uint32_t offset = 0;
    if (g < 4) {
        scale = b.u8(kScales + g) & 63;
        offset = b.u8(kScales + g + 4) & 63;
    } else {
        scale = (b.u8(kScales + g + 4) & 15) | (b.u8(kScales + g - 4) >> 6) << 4;
        offset = b.u8(kScales + g + 4) >> 4 | (b.u8(kScales + g) >> 6) << 4;
    }
    return {b.half(0) * asFloat(scale), -b.half(2) * asFloat(offset)};
}

float scaleQ3K(const Block& b, std::size_t g)
{
    const std::uint32_t low = g < 8 ? b.u8(96 + g) & 15 : b.u8(96 + g - 8) >> 4;
    const std::uint32_t high = b.u8(104 + g % 4) >> 2 * (g / 4) & 3;
    return b.half(108) * (asFloat(low | high << 4) - 32);
}

float scaleIq1M(const Block& b, std::size_t g)
{
    const std::uint32_t bits =
        b.u16(48) >> 12 | (b.u16(50) >> 8 & 0xF0) | (b.u16(52) >> 4 & 0xF00) | (b.u16(54) & 0xF000);
    const std::uint32_t code = b.u16(48 + 2 * (g / 4)) >> 3 * (g % 4) & 7;
    return fromHalf(static_cast<std::uint16_t>(bits)) * asFloat(2 * code + 1);
}

/// An unsigned float of four bits exponent and three bits mantissa.
float scaleNvfp4(std::uint32_t code)
{
    const int exponent = static_cast<int>(code >> 3 & 15);
    const float mantissa = asFloat(code & 7);
    if ((code & 127) == 127) return 0;
    return exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(1 + mantissa / 8, exponent - 7);
}

BlockScale scaleOf(TensorType type, const Block& b, std::size_t g)
{
    using enum TensorType;
    switch (type) {
    case Q4_1:
    case Q5_1: return {b.half(0), b.half(2)};
    case Q2_K: return {b.half(80) * asFloat(b.u8(g) & 15), -b.half(82) * asFloat(b.u8(g) >> 4)};
    case Q3_K: return {scaleQ3K(b, g), 0};
    case Q4_K:
    case Q5_K: return affineK(b, g);
    case Q6_K: return {b.half(208) * b.i8(192 + g), 0};
    case IQ4_XS: return {b.half(0) * (asFloat(b.nibble(4, g) | (b.u16(2) >> 2 * g & 3) << 4) - 32), 0};
    case IQ3_S: return {b.half(0) * asFloat(1 + 2 * b.nibble(106, g)), 0};
    case IQ3_XXS: return {b.half(0) * (0.5F + asFloat(b.u32(66 + 4 * g) >> 28)) * 0.5F, 0};
    case IQ2_XXS: return {b.half(0) * (0.5F + asFloat(b.u32(6 + 8 * g) >> 28)) * 0.25F, 0};
    case IQ2_XS: return {b.half(0) * (0.5F + asFloat(b.nibble(66, g))) * 0.25F, 0};
    case IQ2_S: return {b.half(0) * (0.5F + asFloat(b.nibble(74, g))) * 0.25F, 0};
    case IQ1_S: return {b.half(0) * asFloat(2 * (b.u16(34 + 2 * g) >> 12 & 7) + 1), 0};
    case IQ1_M: return {scaleIq1M(b, g), 0};
    case TQ1_0: return {b.half(52), 0};
    case TQ2_0: return {b.half(64), 0};
    // Codes of the 4-bit floats are twice their value: 0, 1, 2, 3, 4, 6, 8, 12.
    case MXFP4: return {std::ldexp(1.0F, static_cast<int>(b.u8(0)) - 128), 0};
    case NVFP4: return {0.5F * scaleNvfp4(b.u8(g)), 0};
    default: return {b.half(0), 0};
    }
}

}  // namespace

std::size_t scaleGroupLength(TensorType type)
{
    using enum TensorType;
    if (!findBlockFormat(type)) return 0;
    switch (type) {
    case F32:
    case F16:
    case BF16: return 0;
    case Q2_K:
    case Q3_K:
    case Q6_K:
    case IQ2_XS:
    case IQ2_S:
    case IQ1_M:
    case NVFP4: return 16;
    case Q4_K:
    case Q5_K:
    case IQ4_XS:
    case IQ3_S:
    case IQ3_XXS:
    case IQ2_XXS:
    case IQ1_S: return 32;
    default: return traits(type).blockLength;
    }
}

void readBlockScales(TensorType type, const std::byte* row, std::size_t columns, std::span<BlockScale> out)
{
    const std::size_t group = scaleGroupLength(type);
    if (group == 0) return;
    const std::size_t perBlock = traits(type).blockLength / group;
    const std::size_t count = std::min(out.size(), columns / group);
    for (std::size_t i = 0; i < count; ++i)
        out[i] = scaleOf(type, Block(row + i / perBlock * traits(type).blockBytes), i % perBlock);
}

std::int16_t blockCode(const BlockScale& group, float decoded)
{
    const float code = (decoded - group.offset) / group.scale;
    return std::isfinite(code) ? static_cast<std::int16_t>(std::lround(std::clamp(code, -32767.0F, 32767.0F))) : std::int16_t{0};
}

}  // namespace ww
