// SPDX-License-Identifier: MIT
#include "formats/iq1.h"

#include <array>
#include <cfloat>
#include <cstring>
#include <numeric>

#include "formats/iq1_detail.h"
#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using namespace iq;
using namespace iq1;

/// Order of the elements by value. Stable, so that equal values (and −0 with +0) keep their order.
template <std::size_t N>
std::array<std::uint8_t, N> sortedOrder(const float* x)
{
    std::array<std::uint8_t, N> order{};
    std::iota(order.begin(), order.end(), std::uint8_t{0});
    // Insertion sort: stable, and quick for so few elements.
    for (std::size_t i = 1; i < N; ++i) {
        const std::uint8_t item = order[i];
        std::size_t j = i;
        for (; j > 0 && x[order[j - 1]] > x[item]; --j) order[j] = order[j - 1];
        order[j] = item;
    }
    return order;
}

struct ScalarSearch {
    static std::uint16_t Nearest(const IqGrid& grid, std::uint32_t code, const float* x, const float* w, float scale,
                                 const Factors& f)
    {
        const auto list = grid.neighbours(code);
        std::uint16_t chosen = list.front();
        float best = FLT_MAX;
        for (const std::uint16_t entry : list) {
            const auto& m = grid.levels(entry);
            float e = 0;
            for (std::size_t k = 0; k < 8; ++k) {
                const float z = scale * f[m[k]] - x[k];
                e += (w[k] * z) * z;
            }
            if (e < best) {
                best = e;
                chosen = entry;
            }
        }
        return chosen;
    }
};

void encodeRunS(const IqGrid& grid, const float* x, const float* w, EncodedRun<32>& run)
{
    constexpr std::size_t n = 32;
    const auto order = sortedOrder<n>(x);
    std::array<float, n + 1> sumWx{};
    std::array<float, n + 1> sumW{};
    for (std::size_t j = 0; j < n; ++j) {
        const std::size_t i = order[j];
        sumWx[j + 1] = sumWx[j] + w[i] * x[i];
        sumW[j + 1] = sumW[j] + w[i];
    }
    Split split;
    for (std::size_t a = 0; a <= n; ++a)
        for (std::size_t c = a; c <= n; ++c)
            for (unsigned k = 0; k < 2; ++k) {
                const Factors& f = k == 0 ? kPlus : kMinus;
                const float sx = (sumWx[a] * f[0] + (sumWx[c] - sumWx[a]) * f[1]) + (sumWx[n] - sumWx[c]) * f[2];
                const float s2 =
                    ((sumW[a] * f[0]) * f[0] + ((sumW[c] - sumW[a]) * f[1]) * f[1]) + ((sumW[n] - sumW[c]) * f[2]) * f[2];
                split.offer(sx, s2, a, c, k);
            }
    finishRunS<ScalarSearch>(grid, split, order, x, w, run);
}

void encodeRunM(const IqGrid& grid, const float* x, const float* w, EncodedRun<16>& run)
{
    constexpr std::size_t n = 16;
    const auto order = sortedOrder<n>(x);
    // Running sums along the sorted order, apart for the two halves of the run.
    std::array<std::array<float, n + 1>, 2> sumWx{};
    std::array<std::array<float, n + 1>, 2> sumW{};
    for (std::size_t j = 0; j < n; ++j) {
        const std::size_t i = order[j];
        for (std::size_t h = 0; h < 2; ++h) {
            const bool own = i / 8 == h;
            sumWx[h][j + 1] = own ? sumWx[h][j] + w[i] * x[i] : sumWx[h][j];
            sumW[h][j + 1] = own ? sumW[h][j] + w[i] : sumW[h][j];
        }
    }
    Split split;
    for (std::size_t a = 0; a <= n; ++a)
        for (std::size_t c = a; c <= n; ++c) {
            std::array<std::array<float, 2>, 2> sx{};  // [half][plus, minus]
            std::array<std::array<float, 2>, 2> s2{};
            for (std::size_t h = 0; h < 2; ++h) {
                const auto& wx = sumWx[h];
                const auto& ws = sumW[h];
                const float both = wx[a] + wx[c];
                sx[h][0] = wx[n] * 1.125F - both;
                sx[h][1] = wx[n] * 0.875F - both;
                s2[h][0] = (((ws[n] * 1.125F) * 1.125F) + 0.75F * ws[a]) + (-1.25F) * ws[c];
                s2[h][1] = (((ws[n] * 0.875F) * 0.875F) + 1.25F * ws[a]) + (-0.75F) * ws[c];
            }
            for (unsigned k = 0; k < 4; ++k) {
                const unsigned first = k / 2;
                const unsigned second = k % 2;
                split.offer(sx[0][first] + sx[1][second], s2[0][first] + s2[1][second], a, c, k);
            }
        }
    finishRunM<ScalarSearch>(grid, split, order, x, w, run);
}

void fillWeights(const float* x, const float* importance, float* w)
{
    const float variance = (2.0F * sumOfSquares(x, kSuperBlock)) / 256.0F;
    for (std::size_t i = 0; i < kSuperBlock; ++i)
        w[i] = importance ? importance[i] * std::sqrt(variance + x[i] * x[i]) : x[i] * x[i];
}

void encodeBlockS(const float* x, const float* importance, std::byte* out)
{
    std::array<float, kSuperBlock> w{};
    fillWeights(x, importance, w.data());
    std::array<EncodedRun<32>, 8> runs;
    for (std::size_t b = 0; b < 8; ++b) encodeRunS(IqGrid::get(IqCodebook::Iq1), x + 32 * b, w.data() + 32 * b, runs[b]);
    writeBlockS(runs, out);
}

void encodeBlockM(const float* x, const float* importance, std::byte* out)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    std::array<float, kSuperBlock> w{};
    fillWeights(x, importance, w.data());
    std::array<EncodedRun<16>, 16> runs;
    for (std::size_t b = 0; b < 16; ++b) encodeRunM(grid, x + 16 * b, w.data() + 16 * b, runs[b]);
    writeBlockM(grid, runs, x, w.data(), out);
}

void decodeGroup(const IqGrid& grid, std::size_t index, bool minus, float f, float* out)
{
    const auto& levels = grid.levels(index);
    const float e = minus ? -0.125F : 0.125F;
    for (std::size_t k = 0; k < 8; ++k) out[k] = f * (static_cast<float>(int{levels[k]} - 1) + e);
}

std::uint16_t scaleBitsM(const std::byte* block)
{
    unsigned half = 0;
    for (std::size_t k = 0; k < 4; ++k) half |= static_cast<unsigned>(readU16(block + 48 + 2 * k) >> 12) << (4 * k);
    return static_cast<std::uint16_t>(half);
}

}  // namespace

namespace iq1 {

float peakOf(const float* x, std::size_t n)
{
    float peak = std::fabs(x[0]);
    for (std::size_t i = 1; i < n; ++i) peak = std::max(peak, std::fabs(x[i]));
    return peak;
}

void writeBlockS(const std::array<EncodedRun<32>, 8>& runs, std::byte* out)
{
    std::memset(out, 0, kIq1SBytes);
    float mx = 0;
    for (const auto& run : runs) mx = std::max(mx, run.scale);
    const float d = mx / 15.0F;
    const float g = mx == 0 ? 0 : 1.0F / d;
    if (mx != 0) writeU16(out, toHalf(d * 1.125F));
    for (std::size_t b = 0; b < 8; ++b) {
        unsigned word = 0;
        for (std::size_t p = 0; p < 4; ++p) {
            writeU8(out + 2 + 4 * b + p, runs[b].index[p]);
            word |= (static_cast<unsigned>(runs[b].index[p]) >> 8) << (3 * p);
        }
        if (mx != 0) {
            word |= static_cast<unsigned>(std::clamp(snap(0.5F * (g * runs[b].scale - 1)), 0, 7)) << 12;
            word |= runs[b].shifts << 15;
        }
        writeU16(out + 34 + 2 * b, word);
    }
}

void writeBlockM(const IqGrid& grid, const std::array<EncodedRun<16>, 16>& runs, const float* x, const float* w, std::byte* out)
{
    std::memset(out, 0, kIq1MBytes);
    float mx = 0;
    for (std::size_t b = 0; b < 16; ++b) {
        mx = std::max(mx, runs[b].scale);
        for (std::size_t h = 0; h < 2; ++h) writeU8(out + 2 * b + h, runs[b].index[h]);
        writeU8(out + 32 + b,
                (static_cast<unsigned>(runs[b].index[0]) >> 8) | ((static_cast<unsigned>(runs[b].index[1]) >> 8) << 4));
    }
    if (mx == 0) return;
    float d = mx / 15.0F;
    const float g = 1.0F / d;
    std::array<unsigned, 4> words{};
    float sx = 0;
    float s2 = 0;
    for (std::size_t b = 0; b < 16; ++b) {
        const auto& run = runs[b];
        const int s = std::clamp(snap(0.5F * (g * run.scale - 1)), 0, 7);
        words[b / 4] |= static_cast<unsigned>(s) << (3 * (b % 4));
        writeU8(out + 32 + b, u8(out + 32 + b) | ((run.shifts >> 1) << 3) | ((run.shifts & 1U) << 7));
        for (std::size_t i = 0; i < 16; ++i) {
            const Factors& f = (i < 8 ? run.shifts & 2U : run.shifts & 1U) ? kMinus : kPlus;
            const float p = f[grid.levels(run.index[i / 8])[i % 8]] * static_cast<float>(2 * s + 1);
            const std::size_t at = 16 * b + i;
            sx += (w[at] * p) * x[at];
            s2 += (w[at] * p) * p;
        }
    }
    if (s2 > 0) d = sx / s2;
    const unsigned half = toHalf(d * 1.1125F);
    for (std::size_t k = 0; k < 4; ++k) writeU16(out + 48 + 2 * k, words[k] | (((half >> (4 * k)) & 15U) << 12));
}

}  // namespace iq1

std::optional<std::size_t> findInvalidIq1M(const std::byte* row, std::size_t columns)
{
    for (std::size_t b = 0; b < columns / kSuperBlock; ++b)
        if ((scaleBitsM(row + b * kIq1MBytes) & 0x7C00U) == 0x7C00U) return b * kSuperBlock;
    return std::nullopt;
}

void decodeRowIq1S(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq1SBytes) {
        const float d = fromHalf(readU16(row));
        for (std::size_t b = 0; b < 8; ++b) {
            const unsigned word = readU16(row + 34 + 2 * b);
            const float f = d * static_cast<float>(2 * ((word >> 12) & 7U) + 1);
            for (std::size_t g = 0; g < 4; ++g, out += 8)
                decodeGroup(grid, u8(row + 2 + 4 * b + g) | (((word >> (3 * g)) & 7U) << 8), (word >> 15) != 0, f, out);
        }
    }
}

void decodeRowIq1M(const std::byte* row, float* out, std::size_t columns)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq1MBytes) {
        const float d = fromHalf(scaleBitsM(row));
        for (std::size_t b = 0; b < 16; ++b) {
            const unsigned s = (readU16(row + 48 + 2 * (b / 4)) >> (3 * (b % 4))) & 7U;
            const float f = d * static_cast<float>(2 * s + 1);
            for (std::size_t h = 0; h < 2; ++h, out += 8) {
                const unsigned high = static_cast<unsigned>(u8(row + 32 + b)) >> (4 * h);
                decodeGroup(grid, u8(row + 2 * b + h) | ((high & 7U) << 8), (high & 8U) != 0, f, out);
            }
        }
    }
}

void encodeRowIq1S(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    for (std::size_t i = 0; i < columns; i += kSuperBlock, out += kIq1SBytes) encodeBlockS(row + i, importance + i, out);
}

void encodeRowIq1M(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    for (std::size_t i = 0; i < columns; i += kSuperBlock, out += kIq1MBytes)
        encodeBlockM(row + i, importance ? importance + i : nullptr, out);
}

}  // namespace ww
