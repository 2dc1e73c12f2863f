// SPDX-License-Identifier: MIT
#include "formats/iq_lattice_units.h"

#include "formats/iq_common.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using namespace iq;

constexpr std::array<float, 3> kMagnitudes2 = {8, 25, 43};
constexpr std::array<float, 8> kMagnitudes3Xxs = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::array<float, 8> kMagnitudes3S = {1, 3, 5, 7, 9, 11, 13, 15};

constexpr std::array<LatticeTraits, 5> kTraits = {{
    {TensorType::IQ2_XXS, IqCodebook::Iq2Xxs, 8, kMagnitudes2, true},
    {TensorType::IQ2_XS, IqCodebook::Iq2Xs, 8, kMagnitudes2, true},
    {TensorType::IQ2_S, IqCodebook::Iq2S, 8, kMagnitudes2, false},
    {TensorType::IQ3_XXS, IqCodebook::Iq3Xxs, 4, kMagnitudes3Xxs, true},
    {TensorType::IQ3_S, IqCodebook::Iq3S, 4, kMagnitudes3S, false},
}};

unsigned nibble(const std::byte* bytes, std::size_t index)
{
    return (u8(bytes + index / 2) >> (4 * (index % 2))) & 15U;
}

/// Replaces `count` bits of a word of 32 bits.
void writeBits(std::byte* word, unsigned at, unsigned count, std::uint32_t bits)
{
    const std::uint32_t mask = ((1U << count) - 1U) << at;
    writeU32(word, (readU32(word) & ~mask) | (bits << at));
}
void writeByteBits(std::byte* byte, unsigned at, unsigned count, unsigned bits)
{
    const unsigned mask = ((1U << count) - 1U) << at;
    writeU8(byte, (u8(byte) & ~mask) | (bits << at));
}

}  // namespace

const LatticeTraits* latticeTraits(TensorType type)
{
    for (const LatticeTraits& traits : kTraits)
        if (traits.type == type) return &traits;
    return nullptr;
}

float latticeFactor(const std::byte* block)
{
    return fromHalf(readU16(block));
}

void writeLatticeFactor(std::byte* block, float factor)
{
    writeU16(block, toHalf(factor));
}

float latticeScale(TensorType type, const std::byte* block, std::size_t unit)
{
    const float d = latticeFactor(block);
    const auto half = [d](unsigned s) { return d * (0.5F + static_cast<float>(s)); };
    switch (type) {
    case TensorType::IQ2_XXS: return half(readU32(block + 2 + 8 * (unit / 4) + 4) >> 28) * 0.25F;
    case TensorType::IQ2_XS: return half(nibble(block + 66, unit / 2)) * 0.25F;
    case TensorType::IQ2_S: return half(nibble(block + 74, unit / 2)) * 0.25F;
    case TensorType::IQ3_XXS: return half(readU32(block + 66 + 4 * (unit / 4)) >> 28) * 0.5F;
    default: return d * static_cast<float>(1 + 2 * nibble(block + 106, unit / 4));
    }
}

void writeLatticeUnit(TensorType type, std::byte* block, std::size_t unit, const LatticeUnit& value)
{
    const auto shift = static_cast<unsigned>(7 * (unit % 4));
    switch (type) {
    case TensorType::IQ2_XXS:
        writeU8(block + 2 + 8 * (unit / 4) + unit % 4, value.entry[0]);
        writeBits(block + 2 + 8 * (unit / 4) + 4, shift, 7, value.signs & 127U);
        return;
    case TensorType::IQ2_XS: writeU16(block + 2 + 2 * unit, value.entry[0] | ((value.signs & 127U) << 9)); return;
    case TensorType::IQ2_S:
        writeU8(block + 2 + unit, value.entry[0]);
        writeU8(block + 34 + unit, value.signs);
        writeByteBits(block + 66 + unit / 4, static_cast<unsigned>(2 * (unit % 4)), 2, value.entry[0] >> 8);
        return;
    case TensorType::IQ3_XXS:
        writeU8(block + 2 + 2 * unit, value.entry[0]);
        writeU8(block + 3 + 2 * unit, value.entry[1]);
        writeBits(block + 66 + 4 * (unit / 4), shift, 7, value.signs & 127U);
        return;
    default:
        writeU8(block + 2 + 2 * unit, value.entry[0]);
        writeU8(block + 3 + 2 * unit, value.entry[1]);
        writeU8(block + 74 + unit, value.signs);
        writeByteBits(block + 66 + unit / 4, static_cast<unsigned>(2 * (unit % 4)), 2,
                      static_cast<unsigned>(value.entry[0] >> 8) | (static_cast<unsigned>(value.entry[1] >> 8) << 1));
        return;
    }
}

void decodeLatticeUnit(const LatticeTraits& traits, const LatticeUnit& value, float scale, float* out)
{
    const IqGrid& grid = IqGrid::get(traits.book);
    for (std::size_t k = 0; k < kLatticeUnit; ++k) {
        const float y = scale * traits.magnitudes[grid.levels(value.entry[k / traits.group])[k % traits.group]];
        out[k] = (value.signs >> k) & 1U ? -y : y;
    }
}

}  // namespace ww
