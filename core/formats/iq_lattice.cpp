// SPDX-License-Identifier: MIT
#include "formats/iq_lattice.h"

#include <array>
#include <cfloat>
#include <cstring>

#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using namespace iq;

enum class Bare : std::uint8_t { Refused, SquarePlusQuarterVariance, Square };
enum class Refine : std::uint8_t { AllAlways, OffGridOnly, AllIfAnyOffGrid };

/// What distinguishes the five lattice formats when encoding.
struct LatticeSpec {
    IqCodebook book;
    std::size_t run;       ///< values that share a scale
    float varianceFactor;  ///< times Σx²/256
    Bare bare;
    bool signParity;   ///< the number of minus signs of eight values must be even
    float emptyBelow;  ///< a run with a smaller maximum is empty; 0: only an all-zero run
    int tries;         ///< multipliers -tries … tries
    float step;
    bool startScale;    ///< the tries span around a scale that is searched first
    bool onGridBefore;  ///< groups count as on the grid before a try is accepted
    Refine refine;
    float storedFactor;  ///< on the super-block scale as stored
};

constexpr LatticeSpec kIq2XxsSpec = {IqCodebook::Iq2Xxs, 32, 1, Bare::Refused, true, 1e-15F, 6, 0.1F, true, false,
                                     Refine::AllAlways,  1};
constexpr LatticeSpec kIq2XsSpec = {IqCodebook::Iq2Xs,   16, 1, Bare::Refused, true, 1e-15F, 9, 0.1F, false, true,
                                    Refine::OffGridOnly, 1};
constexpr LatticeSpec kIq2SSpec = {
    IqCodebook::Iq2S, 16, 2, Bare::SquarePlusQuarterVariance, false, 1e-8F, 9, 0.1F, false, true, Refine::OffGridOnly, 0.9875F};
constexpr LatticeSpec kIq3XxsSpec = {IqCodebook::Iq3Xxs,  32,     2, Bare::Square, true, 1e-8F, 15, 0.2F, false, true,
                                     Refine::OffGridOnly, 1.0125F};
constexpr LatticeSpec kIq3SSpec = {IqCodebook::Iq3S,        32,    2, Bare::Square, false, 0, 9, 0.2F, false, false,
                                   Refine::AllIfAnyOffGrid, 1.033F};

constexpr std::size_t kMaxRun = 32;
constexpr std::size_t kMaxGroups = 8;

struct EncodedRun {
    float scale = 0;
    bool empty = true;
    std::array<std::uint16_t, kMaxGroups> index{};
    std::array<std::uint8_t, 4> signs{};  ///< one mask per eight values
};

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

/// Weights, magnitudes and signs of a run (steps that do not depend on the scale).
void prepare(RunSearch& search, const float* x, const float* importance, float variance, EncodedRun& out)
{
    const LatticeSpec& spec = search.spec;
    for (std::size_t i = 0; i < spec.run; ++i) {
        if (importance)
            search.w[i] = importance[i] * std::sqrt(variance + x[i] * x[i]);
        else if (spec.bare == Bare::SquarePlusQuarterVariance)
            search.w[i] = 0.25F * variance + x[i] * x[i];
        else
            search.w[i] = x[i] * x[i];
        search.root[i] = std::sqrt(search.w[i]);
    }
    for (std::size_t eight = 0; eight < spec.run / 8; ++eight) {
        unsigned mask = 0;
        unsigned count = 0;
        for (std::size_t k = 0; k < 8; ++k) {
            const std::size_t i = 8 * eight + k;
            if (x[i] >= 0) {
                search.v[i] = x[i];
            } else {
                search.v[i] = -x[i];
                mask |= 1U << k;
                ++count;
            }
        }
        if (spec.signParity && count % 2 == 1) {
            std::size_t cheapest = 0;
            float least = (search.w[8 * eight] * x[8 * eight]) * x[8 * eight];
            for (std::size_t k = 1; k < 8; ++k) {
                const std::size_t i = 8 * eight + k;
                const float cost = (search.w[i] * x[i]) * x[i];
                if (cost < least) {
                    least = cost;
                    cheapest = k;
                }
            }
            search.v[8 * eight + cheapest] = -search.v[8 * eight + cheapest];
            mask ^= 1U << cheapest;
        }
        out.signs[eight] = static_cast<std::uint8_t>(spec.signParity ? mask & 127U : mask);
    }
}

void encodeRun(const LatticeSpec& spec, const IqGrid& grid, const float* x, const float* importance, float variance,
               EncodedRun& out)
{
    RunSearch search{spec, grid};
    out = EncodedRun{};
    prepare(search, x, importance, variance, out);
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

struct EncodedBlock {
    std::array<EncodedRun, 16> runs;
    std::array<unsigned, 16> scaleCode{};
    std::uint16_t d = 0;
    bool zero = true;  ///< no run has a scale: d and all scale codes are 0
};

void encodeBlock(const LatticeSpec& spec, const float* x, const float* importance, EncodedBlock& block)
{
    const IqGrid& grid = IqGrid::get(spec.book);
    const float variance = (spec.varianceFactor * sumOfSquares(x, kSuperBlock)) / 256.0F;
    const std::size_t runs = kSuperBlock / spec.run;
    float mx = 0;
    for (std::size_t r = 0; r < runs; ++r) {
        encodeRun(spec, grid, x + r * spec.run, importance ? importance + r * spec.run : nullptr, variance, block.runs[r]);
        mx = mx > block.runs[r].scale ? mx : block.runs[r].scale;
    }
    block.scaleCode.fill(0);
    block.d = 0;
    block.zero = mx == 0;
    if (block.zero) return;
    const float d = mx / 31.0F;
    block.d = toHalf(spec.storedFactor == 1.0F ? d : d * spec.storedFactor);
    const float g = 1.0F / d;
    for (std::size_t r = 0; r < runs; ++r)
        block.scaleCode[r] = static_cast<unsigned>(std::clamp(snap(0.5F * (g * block.runs[r].scale - 1)), 0, 15));
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

void writeIq2Xxs(const EncodedBlock& block, std::byte* out)
{
    if (block.zero) return;
    writeU16(out, block.d);
    for (std::size_t b = 0; b < 8; ++b) {
        const auto& run = block.runs[b];
        std::uint32_t word = static_cast<std::uint32_t>(block.scaleCode[b]) << 28;
        for (std::size_t g = 0; g < 4; ++g) {
            writeU8(out + 2 + 8 * b + g, run.index[g]);
            word |= static_cast<std::uint32_t>(run.signs[g]) << (7 * g);
        }
        writeU32(out + 2 + 8 * b + 4, word);
    }
}

void writeIq2Xs(const EncodedBlock& block, std::byte* out)
{
    if (block.zero) return;
    writeU16(out, block.d);
    for (std::size_t p = 0; p < 32; ++p) {
        const auto& run = block.runs[p / 2];
        writeU16(out + 2 + 2 * p, run.index[p % 2] | (static_cast<unsigned>(run.signs[p % 2]) << 9));
    }
    for (std::size_t k = 0; k < 8; ++k) writeU8(out + 66 + k, block.scaleCode[2 * k] | (block.scaleCode[2 * k + 1] << 4));
}

void writeIq2S(const EncodedBlock& block, std::byte* out)
{
    writeU16(out, block.d);
    for (std::size_t p = 0; p < 32; ++p) {
        const auto& run = block.runs[p / 2];
        writeU8(out + 2 + p, run.index[p % 2]);
        writeU8(out + 34 + p, run.signs[p % 2]);
        writeU8(out + 66 + p / 4, u8(out + 66 + p / 4) | ((run.index[p % 2] >> 8) << (2 * (p % 4))));
    }
    for (std::size_t k = 0; k < 8; ++k) writeU8(out + 74 + k, block.scaleCode[2 * k] | (block.scaleCode[2 * k + 1] << 4));
}

void writeIq3Xxs(const EncodedBlock& block, std::byte* out)
{
    if (block.zero) return;
    writeU16(out, block.d);
    for (std::size_t b = 0; b < 8; ++b) {
        const auto& run = block.runs[b];
        for (std::size_t g = 0; g < 8; ++g) writeU8(out + 2 + 8 * b + g, run.index[g]);
        std::uint32_t word = static_cast<std::uint32_t>(block.scaleCode[b]) << 28;
        for (std::size_t h = 0; h < 4; ++h) word |= static_cast<std::uint32_t>(run.signs[h]) << (7 * h);
        writeU32(out + 66 + 4 * b, word);
    }
}

void writeIq3S(const EncodedBlock& block, std::byte* out, bool ownPlaces)
{
    writeU16(out, block.d);
    std::size_t place = 0;
    for (std::size_t b = 0; b < 8; ++b) {
        const auto& run = block.runs[b];
        if (ownPlaces) place = b;
        if (run.empty) continue;
        unsigned high = 0;
        for (std::size_t g = 0; g < 8; ++g) {
            writeU8(out + 2 + 8 * place + g, run.index[g]);
            high |= (static_cast<unsigned>(run.index[g]) >> 8) << g;
        }
        writeU8(out + 66 + b, high);
        for (std::size_t h = 0; h < 4; ++h) writeU8(out + 74 + 4 * place + h, run.signs[h]);
        ++place;
    }
    for (std::size_t k = 0; k < 4; ++k) writeU8(out + 106 + k, block.scaleCode[2 * k] | (block.scaleCode[2 * k + 1] << 4));
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
