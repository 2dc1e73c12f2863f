// SPDX-License-Identifier: MIT
#include "formats/iq_lattice.h"

#include <array>
#include <cfloat>
#include <cstring>

#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "formats/iq_lattice_detail.h"

namespace ww {
namespace {

using namespace iq;
using namespace lattice;

/// Magnitudes and weights of one run while it is searched.
struct RunSearch {
    const LatticeSpec& spec;
    const IqGrid& grid;
    std::array<float, kMaxRun> w{};
    std::array<float, kMaxRun> root{};  ///< √w
    std::array<float, kMaxRun> v{};     ///< magnitudes; one per eight may be negative after a parity flip

    [[nodiscard]] std::size_t groups() const { return spec.run / grid.dims(); }

    /// Levels of group g for multiplier inv; off the grid they become the neighbour that is nearest at scale s.
    /// Returns whether the rounded pattern was on the grid.
    bool levelsOfGroup(std::size_t g, float inv, float s, std::uint8_t* levels) const
    {
        const unsigned dims = grid.dims();
        const int top = static_cast<int>(grid.base()) - 1;
        const float* vg = v.data() + g * dims;
        for (unsigned k = 0; k < dims; ++k)
            levels[k] = static_cast<std::uint8_t>(std::clamp(snap(0.5F * (inv * vg[k] - 1)), 0, top));
        const std::uint32_t code = grid.codeOf(levels);
        if (grid.indexOf(code) >= 0) return true;
        const float* rg = root.data() + g * dims;
        float best = FLT_MAX;
        std::size_t chosen = grid.neighbours(code).front();
        for (const std::uint16_t entry : grid.neighbours(code)) {
            const auto& m = grid.levels(entry);
            float e = 0;
            for (unsigned k = 0; k < dims; ++k) {
                const float z = s * static_cast<float>(2 * m[k] + 1) - vg[k];
                e += (rg[k] * z) * z;
            }
            if (e < best) {
                best = e;
                chosen = entry;
            }
        }
        std::memcpy(levels, grid.levels(chosen).data(), dims);
        return false;
    }

    void sums(const std::uint8_t* levels, float& sx, float& s2) const
    {
        sx = 0;
        s2 = 0;
        for (std::size_t i = 0; i < spec.run; ++i) {
            const auto p = static_cast<float>(2 * levels[i] + 1);
            sx += (w[i] * v[i]) * p;
            s2 += (w[i] * p) * p;
        }
    }
};

/// Scale around which IQ2_XXS spreads its tries: a fit of levels 0…4 with coordinate descent. Stored levels are
/// unsigned bytes, so a negative rounding result wraps; llama.cpp's bytes depend on it.
float startScale(const RunSearch& search)
{
    constexpr std::size_t n = 32;
    const auto& v = search.v;
    const auto& w = search.w;
    float mx = v[0];
    for (std::size_t i = 1; i < n; ++i) mx = mx > v[i] ? mx : v[i];
    float g = 4.0F / mx;
    float err = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const float z = v[i] - (1.0F / g) * static_cast<float>(snap(g * v[i]) & 255);
        err += (w[i] * z) * z;
    }
    for (int t = -4; t <= 4; ++t) {
        if (t == 0) continue;
        const float trial = (0.1F * static_cast<float>(t) + 4.0F) / mx;
        const float h = 1.0F / trial;
        float e = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const float z = v[i] - h * static_cast<float>(std::min(4, snap(trial * v[i])));
            e += (w[i] * z) * z;
        }
        if (e < err) {
            err = e;
            g = trial;
        }
    }
    std::array<int, n> level{};
    float sx = 0;
    float s2 = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const int l = std::min(4, snap(g * v[i]));
        sx += (w[i] * v[i]) * static_cast<float>(l);
        s2 += (w[i] * static_cast<float>(l)) * static_cast<float>(l);
        level[i] = l & 255;
    }
    for (int pass = 0; pass < 5; ++pass) {
        bool changed = false;
        for (std::size_t i = 0; i < n; ++i) {
            const auto old = static_cast<float>(level[i]);
            float a = sx - (w[i] * v[i]) * old;
            float c = s2 - (w[i] * old) * old;
            if (!(a > 0 && c > 0)) continue;
            const int l = std::min(4, snap((v[i] * c) / a));
            if (l == level[i]) continue;
            const auto lf = static_cast<float>(l);
            a += (w[i] * v[i]) * lf;
            c += (w[i] * lf) * lf;
            if ((a * a) * s2 > (sx * sx) * c) {
                level[i] = l & 255;
                sx = a;
                s2 = c;
                changed = true;
            }
        }
        if (!changed) break;
    }
    return s2 > 0 ? sx / s2 : 0;
}

void encodeRun(const LatticeSpec& spec, const IqGrid& grid, const float* x, const float* importance, float variance,
               EncodedRun& out)
{
    RunSearch search{spec, grid};
    out = EncodedRun{};
    prepareRun(spec, x, importance, variance, search.w.data(), search.root.data(), search.v.data(), out);
    const auto emptyRun = [&out] { out = EncodedRun{}; };

    float mx = search.v[0];
    for (std::size_t i = 1; i < spec.run; ++i) mx = mx > search.v[i] ? mx : search.v[i];
    if (spec.emptyBelow > 0 ? mx < spec.emptyBelow : mx == 0) return emptyRun();

    const auto t2 = static_cast<float>(2 * (static_cast<int>(grid.base()) - 1) + 1);
    float scale = mx / t2;
    float span = mx;
    if (spec.startScale) {
        scale = startScale(search);
        span = scale * 3.0F;
        if (span <= 0) return emptyRun();
    }

    const std::size_t groups = search.groups();
    const unsigned dims = grid.dims();
    std::array<std::uint8_t, kMaxRun> kept{};
    std::array<bool, kMaxGroups> onGrid{};
    onGrid.fill(spec.onGridBefore);
    float best = 0;
    for (int t = -spec.tries; t <= spec.tries; ++t) {
        const float inv = (t2 + static_cast<float>(t) * spec.step) / span;
        const float s = 1.0F / inv;
        std::array<std::uint8_t, kMaxRun> levels{};
        std::array<bool, kMaxGroups> on{};
        for (std::size_t g = 0; g < groups; ++g) on[g] = search.levelsOfGroup(g, inv, s, levels.data() + g * dims);
        float sx = 0;
        float s2 = 0;
        search.sums(levels.data(), sx, s2);
        if (s2 > 0 && sx * sx > best * s2) {
            scale = sx / s2;
            best = scale * sx;
            kept = levels;
            onGrid = on;
        }
    }

    bool anyOff = false;
    for (std::size_t g = 0; g < groups; ++g) anyOff = anyOff || !onGrid[g];
    if (scale > 0 && (spec.refine == Refine::AllAlways || anyOff)) {
        const float inv = 1.0F / scale;
        for (std::size_t g = 0; g < groups; ++g)
            if (spec.refine != Refine::OffGridOnly || !onGrid[g]) search.levelsOfGroup(g, inv, scale, kept.data() + g * dims);
        float sx = 0;
        float s2 = 0;
        search.sums(kept.data(), sx, s2);
        if (s2 > 0) scale = sx / s2;
    }
    if (scale < 0) {
        scale = -scale;
        for (std::size_t e = 0; e < spec.run / 8; ++e)
            out.signs[e] = static_cast<std::uint8_t>(spec.signParity ? ~out.signs[e] & 127 : ~out.signs[e] & 255);
    }
    out.scale = scale;
    out.empty = false;
    for (std::size_t g = 0; g < groups; ++g)
        out.index[g] = static_cast<std::uint16_t>(grid.indexOf(grid.codeOf(kept.data() + g * dims)));
}

void encodeBlock(const LatticeSpec& spec, const float* x, const float* importance, EncodedBlock& block)
{
    const IqGrid& grid = IqGrid::get(spec.book);
    const float variance = (spec.varianceFactor * sumOfSquares(x, kSuperBlock)) / 256.0F;
    const std::size_t runs = kSuperBlock / spec.run;
    for (std::size_t r = 0; r < runs; ++r)
        encodeRun(spec, grid, x + r * spec.run, importance ? importance + r * spec.run : nullptr, variance, block.runs[r]);
    finishBlock(spec, block);
}

template <std::size_t Bytes, class Write>
void encodeRow(const LatticeSpec& spec, const float* row, std::byte* out, std::size_t columns, const float* importance, Write write)
{
    EncodedBlock block;
    for (std::size_t i = 0; i < columns; i += kSuperBlock, out += Bytes) {
        encodeBlock(spec, row + i, importance ? importance + i : nullptr, block);
        std::memset(out, 0, Bytes);
        write(block, out);
    }
}

}  // namespace

void encodeRowIq2Xxs(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<kIq2XxsBytes>(kIq2XxsSpec, row, out, columns, importance, writeIq2Xxs);
}
void encodeRowIq2Xs(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<kIq2XsBytes>(kIq2XsSpec, row, out, columns, importance, writeIq2Xs);
}
void encodeRowIq2S(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<kIq2SBytes>(kIq2SSpec, row, out, columns, importance, writeIq2S);
}
void encodeRowIq3Xxs(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<kIq3XxsBytes>(kIq3XxsSpec, row, out, columns, importance, writeIq3Xxs);
}
void encodeRowIq3S(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<kIq3SBytes>(kIq3SSpec, row, out, columns, importance,
                          [](const auto& block, std::byte* o) { writeIq3S(block, o, false); });
}
void encodeRowIq3SCorrected(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    encodeRow<kIq3SBytes>(kIq3SSpec, row, out, columns, importance,
                          [](const auto& block, std::byte* o) { writeIq3S(block, o, true); });
}

bool iq3SDefectApplies(const float* row, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; i += kSuperBlock) {
        bool zeroSeen = false;
        for (std::size_t r = i; r < i + kSuperBlock; r += 32) {
            const bool zero = std::all_of(row + r, row + r + 32, [](float v) { return v == 0; });
            if (zeroSeen && !zero) return true;
            zeroSeen = zeroSeen || zero;
        }
    }
    return false;
}

}  // namespace ww
