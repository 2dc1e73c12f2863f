// SPDX-License-Identifier: MIT
// What the scalar and the vector encoder of IQ1_S and IQ1_M share: the splits, what follows from the winner, the bytes.
#pragma once

#include <array>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "formats/iq_codebooks.h"

namespace ww::iq1 {

using Factors = std::array<float, 4>;
// Values of the three levels with the shift on either side; the fourth number is never used (vectors read it).
inline constexpr Factors kPlus = {-0.875F, 0.125F, 1.125F, 0};
inline constexpr Factors kMinus = {-1.125F, -0.125F, 0.875F, 0};

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

/// Largest |x|; a run below a limit is empty.
[[nodiscard]] float peakOf(const float* x, std::size_t n);

/// Entry for eight levels; off the grid Search::Nearest picks a neighbour and `offGrid` is set.
template <class Search>
std::uint16_t entryOf(const IqGrid& grid, const std::uint8_t* levels, const float* x, const float* w, float scale, const Factors& f,
                      bool& offGrid)
{
    const std::uint32_t code = grid.codeOf(levels);
    if (const int index = grid.indexOf(code); index >= 0) return static_cast<std::uint16_t>(index);
    offGrid = true;
    return Search::Nearest(grid, code, x, w, scale, f);
}

/// Levels of a split, the entries of the groups, and the refit when a group was off the grid.
template <class Search, std::size_t N>
void finishRun(const IqGrid& grid, const Split& split, const std::array<std::uint8_t, N>& order, bool mirrored,
               const std::array<const Factors*, N / 8>& factors, const float* x, const float* w, EncodedRun<N>& run)
{
    std::array<std::uint8_t, N> levels{};
    for (std::size_t j = 0; j < N; ++j) {
        const int level = j < split.a ? 0 : j < split.c ? 1 : 2;
        levels[order[j]] = static_cast<std::uint8_t>(mirrored ? 2 - level : level);
    }
    bool offGrid = false;
    for (std::size_t g = 0; g < N / 8; ++g)
        run.index[g] = entryOf<Search>(grid, levels.data() + 8 * g, x + 8 * g, w + 8 * g, run.scale, *factors[g], offGrid);
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

template <class Search>
void finishRunS(const IqGrid& grid, const Split& split, const std::array<std::uint8_t, 32>& order, const float* x, const float* w,
                EncodedRun<32>& run)
{
    run = {};
    if (!split.found || peakOf(x, 32) < 1e-12F) return;
    run.scale = split.scale;
    run.shifts = split.variant;
    const bool mirrored = run.scale < 0;
    if (mirrored) {
        run.scale = -run.scale;
        run.shifts ^= 1U;
    }
    const Factors* f = run.shifts ? &kMinus : &kPlus;
    finishRun<Search, 32>(grid, split, order, mirrored, {f, f, f, f}, x, w, run);
}

template <class Search>
void finishRunM(const IqGrid& grid, const Split& split, const std::array<std::uint8_t, 16>& order, const float* x, const float* w,
                EncodedRun<16>& run)
{
    run = {};
    if (!split.found || peakOf(x, 16) < 1e-7F) return;
    run.scale = split.scale;
    run.shifts = split.variant;
    const bool mirrored = run.scale < 0;
    if (mirrored) {
        run.scale = -run.scale;
        run.shifts = 3U - run.shifts;
    }
    finishRun<Search, 16>(grid, split, order, mirrored, {run.shifts & 2U ? &kMinus : &kPlus, run.shifts & 1U ? &kMinus : &kPlus}, x,
                          w, run);
}

/// The bytes of a super-block. IQ1_M refits the super-block scale over all 256 values and needs them for it.
void writeBlockS(const std::array<EncodedRun<32>, 8>& runs, std::byte* out);
void writeBlockM(const IqGrid& grid, const std::array<EncodedRun<16>, 16>& runs, const float* x, const float* w, std::byte* out);

}  // namespace ww::iq1
