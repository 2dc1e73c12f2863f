// SPDX-License-Identifier: MIT
#include <array>

#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "formats/iq_lattice.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using namespace iq;

constexpr std::array<float, 3> kMagnitudes2 = {8, 25, 43};
constexpr std::array<float, 8> kMagnitudes3Xxs = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::array<float, 8> kMagnitudes3S = {1, 3, 5, 7, 9, 11, 13, 15};

/// One group: y = (f·m)·±1.
template <std::size_t N, std::size_t Levels>
void decodeGroup(const IqGrid& grid, std::size_t entry, unsigned signs, float f, const std::array<float, Levels>& magnitudes,
                 float* out)
{
    const auto& levels = grid.levels(entry);
    for (std::size_t k = 0; k < N; ++k) {
        const float y = f * magnitudes[levels[k]];
        out[k] = (signs >> k) & 1U ? -y : y;
    }
}

float scaleQuarter(float d, unsigned s)
{
    return (d * (0.5F + static_cast<float>(s))) * 0.25F;
}

}  // namespace

void decodeRowIq2Xxs(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq2Xxs);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq2XxsBytes) {
        const float d = fromHalf(readU16(row));
        for (std::size_t b = 0; b < 8; ++b) {
            const std::byte* p = row + 2 + 8 * b;
            const std::uint32_t word = readU32(p + 4);
            const float f = scaleQuarter(d, word >> 28);
            for (std::size_t g = 0; g < 4; ++g, out += 8)
                decodeGroup<8>(grid, u8(p + g), iqSignMask((word >> (7 * g)) & 127U), f, kMagnitudes2, out);
        }
    }
}

void decodeRowIq2Xs(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq2Xs);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq2XsBytes) {
        const float d = fromHalf(readU16(row));
        for (std::size_t p = 0; p < 32; ++p, out += 8) {
            const unsigned word = readU16(row + 2 + 2 * p);
            const unsigned s = (u8(row + 66 + p / 4) >> (4 * ((p / 2) % 2))) & 15U;
            decodeGroup<8>(grid, word & 511U, iqSignMask(word >> 9), scaleQuarter(d, s), kMagnitudes2, out);
        }
    }
}

void decodeRowIq2S(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq2S);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq2SBytes) {
        const float d = fromHalf(readU16(row));
        for (std::size_t p = 0; p < 32; ++p, out += 8) {
            const unsigned index = u8(row + 2 + p) | (((u8(row + 66 + p / 4) >> (2 * (p % 4))) & 3U) << 8);
            const unsigned s = (u8(row + 74 + p / 4) >> (4 * ((p / 2) % 2))) & 15U;
            decodeGroup<8>(grid, index, u8(row + 34 + p), scaleQuarter(d, s), kMagnitudes2, out);
        }
    }
}

void decodeRowIq3Xxs(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq3Xxs);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq3XxsBytes) {
        const float d = fromHalf(readU16(row));
        for (std::size_t b = 0; b < 8; ++b) {
            const std::uint32_t word = readU32(row + 66 + 4 * b);
            const float f = (d * (0.5F + static_cast<float>(word >> 28))) * 0.5F;
            for (std::size_t g = 0; g < 8; ++g, out += 4) {
                const unsigned signs = iqSignMask((word >> (7 * (g / 2))) & 127U) >> (4 * (g % 2));
                decodeGroup<4>(grid, u8(row + 2 + 8 * b + g), signs, f, kMagnitudes3Xxs, out);
            }
        }
    }
}

void decodeRowIq3S(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq3S);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq3SBytes) {
        const float d = fromHalf(readU16(row));
        for (std::size_t b = 0; b < 8; ++b) {
            const unsigned s = (u8(row + 106 + b / 2) >> (4 * (b % 2))) & 15U;
            const float f = d * static_cast<float>(1 + 2 * s);
            const unsigned high = u8(row + 66 + b);
            for (std::size_t g = 0; g < 8; ++g, out += 4) {
                const unsigned index = u8(row + 2 + 8 * b + g) | (((high >> g) & 1U) << 8);
                const unsigned signs = static_cast<unsigned>(u8(row + 74 + 4 * b + g / 2)) >> (4 * (g % 2));
                decodeGroup<4>(grid, index, signs, f, kMagnitudes3S, out);
            }
        }
    }
}

}  // namespace ww
