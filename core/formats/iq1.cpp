// SPDX-License-Identifier: MIT
#include "formats/iq1.h"

#include <array>
#include <cfloat>
#include <cstring>
#include <numeric>

#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using namespace iq;

using Factors = std::array<float, 3>;
// Values of the three levels with the shift on either side.
constexpr Factors kPlus = {-0.875F, 0.125F, 1.125F};
constexpr Factors kMinus = {-1.125F, -0.125F, 0.875F};

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

float peakOf(const float* x, std::size_t n)
{
    float peak = std::fabs(x[0]);
    for (std::size_t i = 1; i < n; ++i) peak = std::max(peak, std::fabs(x[i]));
    return peak;
}

/// Entry for eight levels; off the grid the nearest neighbour at this scale. Sets `offGrid` when a neighbour was taken.
std::uint16_t entryOf(const IqGrid& grid, const std::uint8_t* levels, const float* x, const float* w, float scale, const Factors& f,
                      bool& offGrid)
{
    const std::uint32_t code = grid.codeOf(levels);
    if (const int index = grid.indexOf(code); index >= 0) return static_cast<std::uint16_t>(index);
    offGrid = true;
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

/// N values (32 for IQ1_S, 16 for IQ1_M) in groups of eight.
template <std::size_t N>
struct EncodedRun {
    float scale = 0;
    std::array<std::uint16_t, N / 8> index{};
    unsigned shifts = 0;  ///< IQ1_S: 1 for minus. IQ1_M: bit 1 first half minus, bit 0 second half minus
};

/// Winner of the search over all ways to split the sorted values into levels 0, 1, 2.
struct Split {
    std::size_t a = 0, c = 0;
    float scale = 0;
    unsigned variant = 0;
    bool found = false;
    float best = -FLT_MAX;
    void offer(float sx, float s2, std::size_t splitA, std::size_t splitC, unsigned k)
    {
        if (s2 > 0 && sx * sx > best * s2) {
            scale = sx / s2;
            best = scale * sx;
            a = splitA;
            c = splitC;
            variant = k;
            found = true;
        }
    }
};

/// Levels of a split, the entries of the groups, and the refit when a group was off the grid.
template <std::size_t N>
void finishRun(const IqGrid& grid, const Split& split, const std::array<std::uint8_t, N>& order, bool mirrored,
               const std::array<const Factors*, N / 8>& factors, const float* x, const float* w, EncodedRun<N>& run)
{
    std::array<std::uint8_t, N> levels{};
    for (std::size_t j = 0; j < N; ++j) {
        const std::uint8_t level = j < split.a ? 0 : j < split.c ? 1 : 2;
        levels[order[j]] = static_cast<std::uint8_t>(mirrored ? 2 - level : level);
    }
    bool offGrid = false;
    for (std::size_t g = 0; g < N / 8; ++g)
        run.index[g] = entryOf(grid, levels.data() + 8 * g, x + 8 * g, w + 8 * g, run.scale, *factors[g], offGrid);
    if (!offGrid) return;
    float sx = 0;
    float s2 = 0;
    for (std::size_t i = 0; i < N; ++i) {
        const float p = (*factors[i / 8])[grid.levels(run.index[i / 8])[i % 8]];
        sx += (w[i] * p) * x[i];
        s2 += (w[i] * p) * p;
    }
    if (sx > 0 && s2 > 0) run.scale = sx / s2;
}

void encodeRunS(const IqGrid& grid, const float* x, const float* w, EncodedRun<32>& run)
{
    constexpr std::size_t n = 32;
    run = {};
    if (peakOf(x, n) < 1e-12F) return;
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
    if (!split.found) return;
    run.scale = split.scale;
    run.shifts = split.variant;
    const bool mirrored = run.scale < 0;
    if (mirrored) {
        run.scale = -run.scale;
        run.shifts ^= 1U;
    }
    const Factors* f = run.shifts ? &kMinus : &kPlus;
    finishRun<n>(grid, split, order, mirrored, {f, f, f, f}, x, w, run);
}

void encodeRunM(const IqGrid& grid, const float* x, const float* w, EncodedRun<16>& run)
{
    constexpr std::size_t n = 16;
    run = {};
    if (peakOf(x, n) < 1e-7F) return;
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
    if (!split.found) return;
    run.scale = split.scale;
    run.shifts = split.variant;
    const bool mirrored = run.scale < 0;
    if (mirrored) {
        run.scale = -run.scale;
        run.shifts = 3U - run.shifts;
    }
    finishRun<n>(grid, split, order, mirrored, {run.shifts & 2U ? &kMinus : &kPlus, run.shifts & 1U ? &kMinus : &kPlus}, x, w, run);
}

void fillWeights(const float* x, const float* importance, float* w)
{
    const float variance = (2.0F * sumOfSquares(x, kSuperBlock)) / 256.0F;
    for (std::size_t i = 0; i < kSuperBlock; ++i)
        w[i] = importance ? importance[i] * std::sqrt(variance + x[i] * x[i]) : x[i] * x[i];
}

void encodeBlockS(const float* x, const float* importance, std::byte* out)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    std::array<float, kSuperBlock> w{};
    fillWeights(x, importance, w.data());
    std::memset(out, 0, kIq1SBytes);
    std::array<EncodedRun<32>, 8> runs;
    float mx = 0;
    for (std::size_t b = 0; b < 8; ++b) {
        encodeRunS(grid, x + 32 * b, w.data() + 32 * b, runs[b]);
        mx = std::max(mx, runs[b].scale);
    }
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

void encodeBlockM(const float* x, const float* importance, std::byte* out)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    std::array<float, kSuperBlock> w{};
    fillWeights(x, importance, w.data());
    std::memset(out, 0, kIq1MBytes);
    std::array<EncodedRun<16>, 16> runs;
    float mx = 0;
    for (std::size_t b = 0; b < 16; ++b) {
        encodeRunM(grid, x + 16 * b, w.data() + 16 * b, runs[b]);
        mx = std::max(mx, runs[b].scale);
        for (std::size_t h = 0; h < 2; ++h) writeU8(out + 2 * b + h, runs[b].index[h]);
        writeU8(out + 32 + b, (runs[b].index[0] >> 8) | ((static_cast<unsigned>(runs[b].index[1]) >> 8) << 4));
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
