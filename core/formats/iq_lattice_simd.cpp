// SPDX-License-Identifier: MIT
// The lattice formats with the tries of a run in vector lanes (levels and sums) and the neighbour search with one candidate
// per lane. Sums keep their element order inside a lane; the comparison of the tries is sequential as in the definition.
#include "formats/iq_lattice.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "formats/iq_lattice_detail.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/iq_lattice_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "formats/iq_search-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using namespace lattice;

constexpr std::size_t kMaxTries = 32;  // rounded up to whole vectors
constexpr float kOddNumbers[8] = {1, 3, 5, 7, 9, 11, 13, 15};

/// Dims elements with Levels levels per group, Run values per scale: compile-time copies of what LatticeSpec says.
template <std::size_t Dims, std::size_t Levels, std::size_t Run>
class RunEncoder {
    static constexpr Float16Tag d{};
    static constexpr Int16Tag di{};
    static constexpr std::size_t kGroups = Run / Dims;
    static constexpr int kBits = Levels == 3 ? 2 : 3;
    static constexpr float kTop2 = 2.0F * (Levels - 1) + 1;

public:
    explicit RunEncoder(const LatticeSpec& spec) : m_spec(spec), m_grid(IqGrid::get(spec.book)) {}

    HWY_ALIGN float w[Run];
    HWY_ALIGN float root[Run];
    HWY_ALIGN float v[Run];

    /// Weights, magnitudes and signs must be in place; `start` is the scale that IQ2_XXS spreads its tries around.
    void Encode(float start, EncodedRun& out)
    {
        float mx = v[0];
        for (std::size_t i = 1; i < Run; ++i) mx = mx > v[i] ? mx : v[i];
        float scale = mx / kTop2;
        float span = mx;
        bool empty = m_spec.emptyBelow > 0 ? mx < m_spec.emptyBelow : mx == 0;
        if (m_spec.startScale && !empty) {
            scale = start;
            span = scale * 3.0F;
            empty = span <= 0;
        }
        if (empty) {
            out = EncodedRun{};
            return;
        }
        for (std::size_t i = 0; i < Run; ++i) m_wv[i] = w[i] * v[i];
        TryAll(span);
        std::uint32_t kept[kGroups] = {};
        unsigned onGrid = m_spec.onGridBefore ? (1U << kGroups) - 1 : 0;
        ChooseTry(scale, kept, onGrid);
        Refine(scale, kept, onGrid);
        if (scale < 0) {
            scale = -scale;
            for (std::size_t e = 0; e < Run / 8; ++e)
                out.signs[e] = static_cast<std::uint8_t>(m_spec.signParity ? ~out.signs[e] & 127 : ~out.signs[e] & 255);
        }
        out.scale = scale;
        out.empty = false;
        for (std::size_t g = 0; g < kGroups; ++g)
            out.index[g] = static_cast<std::uint16_t>(m_grid.indexOf(m_grid.codeOfPacked(kept[g])));
    }

private:
    /// Rounded patterns of every group at every try, replaced by the nearest entry where they are off the grid, and the two
    /// sums of every try.
    void TryAll(float span)
    {
        const std::size_t lanes = hn::Lanes(d);
        m_tryCount = static_cast<std::size_t>(2 * m_spec.tries + 1);
        for (std::size_t first = 0; first < m_tryCount; first += lanes) {
            const auto t = hn::ConvertTo(d, hn::Iota(di, static_cast<std::int32_t>(first) - m_spec.tries));
            const auto inverse = hn::Div(hn::Add(hn::Set(d, kTop2), hn::Mul(t, hn::Set(d, m_spec.step))), hn::Set(d, span));
            hn::Store(hn::Div(hn::Set(d, 1.0F), inverse), d, m_scale + first);
            for (std::size_t g = 0; g < kGroups; ++g) {
                auto packed = hn::Zero(di);
                for (std::size_t k = Dims; k-- > 0;) {
                    const auto scaled = hn::Sub(hn::Mul(inverse, hn::Set(d, v[g * Dims + k])), hn::Set(d, 1.0F));
                    const auto rounded = Snap(d, hn::Mul(hn::Set(d, 0.5F), scaled));
                    const auto level = hn::Min(hn::Max(rounded, hn::Zero(di)), hn::Set(di, static_cast<std::int32_t>(Levels) - 1));
                    packed = hn::Or(hn::ShiftLeft<kBits>(packed), level);
                }
                hn::Store(packed, di, m_packed[g] + first);
            }
        }
        for (std::size_t t = 0; t < m_tryCount; ++t) {
            m_on[t] = 0;
            for (std::size_t g = 0; g < kGroups; ++g)
                if (ToGrid(g, m_scale[t], m_packed[g][t])) m_on[t] |= 1U << g;
        }
        for (std::size_t first = 0; first < m_tryCount; first += lanes) {
            auto sx = hn::Zero(d);
            auto s2 = hn::Zero(d);
            for (std::size_t g = 0; g < kGroups; ++g) {
                auto packed = hn::Load(di, m_packed[g] + first);
                for (std::size_t k = 0; k < Dims; ++k) {
                    const auto level = hn::And(packed, hn::Set(di, (1 << kBits) - 1));
                    packed = hn::ShiftRight<kBits>(packed);
                    const auto p = hn::ConvertTo(d, hn::Add(hn::Add(level, level), hn::Set(di, 1)));
                    sx = hn::Add(sx, hn::Mul(hn::Set(d, m_wv[g * Dims + k]), p));
                    s2 = hn::Add(s2, hn::Mul(hn::Mul(hn::Set(d, w[g * Dims + k]), p), p));
                }
            }
            hn::Store(sx, d, m_sumX + first);
            hn::Store(s2, d, m_sum2 + first);
        }
    }

    /// True when the pattern is an entry; else it becomes the nearest entry at scale s.
    HWY_INLINE bool ToGrid(std::size_t g, float s, std::int32_t& packed) const
    {
        const std::uint32_t code = m_grid.codeOfPacked(static_cast<std::uint32_t>(packed));
        if (m_grid.indexOf(code) >= 0) return true;
        const auto list = m_grid.packedNeighbours(code);
        const TermTables<Dims, Levels> terms(kOddNumbers, s, root + g * Dims, v + g * Dims);
        packed = list[terms.Nearest(list)];
        return false;
    }

    void ChooseTry(float& scale, std::uint32_t* kept, unsigned& onGrid) const
    {
        float best = 0;
        for (std::size_t t = 0; t < m_tryCount; ++t) {
            if (!(m_sum2[t] > 0 && m_sumX[t] * m_sumX[t] > best * m_sum2[t])) continue;
            scale = m_sumX[t] / m_sum2[t];
            best = scale * m_sumX[t];
            onGrid = m_on[t];
            for (std::size_t g = 0; g < kGroups; ++g) kept[g] = static_cast<std::uint32_t>(m_packed[g][t]);
        }
    }

    void Refine(float& scale, std::uint32_t* kept, unsigned onGrid) const
    {
        const bool anyOff = onGrid != (1U << kGroups) - 1;
        if (!(scale > 0 && (m_spec.refine == lattice::Refine::AllAlways || anyOff))) return;
        const float inverse = 1.0F / scale;
        for (std::size_t g = 0; g < kGroups; ++g) {
            if (m_spec.refine == lattice::Refine::OffGridOnly && ((onGrid >> g) & 1U)) continue;
            std::int32_t packed = 0;
            for (std::size_t k = Dims; k-- > 0;) {
                const int level = std::clamp(iq::snap(0.5F * (inverse * v[g * Dims + k] - 1)), 0, static_cast<int>(Levels) - 1);
                packed = (packed << kBits) | level;
            }
            ToGrid(g, scale, packed);
            kept[g] = static_cast<std::uint32_t>(packed);
        }
        float sx = 0;
        float s2 = 0;
        for (std::size_t g = 0; g < kGroups; ++g)
            for (std::size_t k = 0; k < Dims; ++k) {
                const auto p = static_cast<float>(2 * ((kept[g] >> (kBits * static_cast<int>(k))) & ((1U << kBits) - 1)) + 1);
                sx += m_wv[g * Dims + k] * p;
                s2 += (w[g * Dims + k] * p) * p;
            }
        if (s2 > 0) scale = sx / s2;
    }

    const LatticeSpec& m_spec;
    const IqGrid& m_grid;
    std::size_t m_tryCount = 0;
    HWY_ALIGN float m_wv[Run];
    HWY_ALIGN float m_scale[kMaxTries];
    HWY_ALIGN float m_sumX[kMaxTries];
    HWY_ALIGN float m_sum2[kMaxTries];
    HWY_ALIGN std::int32_t m_packed[kGroups][kMaxTries];
    unsigned m_on[kMaxTries];
};

/// Start scales of the eight runs of an IQ2_XXS super-block, one run per lane. v and w: [element][run].
void StartScales(const float (*v)[8], const float (*w)[8], float* scales)
{
    constexpr std::size_t n = 32;
    const hn::CappedTag<float, 8> d;
    const hn::Rebind<std::int32_t, decltype(d)> di;
    const auto four = hn::Set(di, 4);
    const auto byte = hn::Set(di, 255);
    for (std::size_t first = 0; first < 8; first += hn::Lanes(d)) {
        const auto V = [&](std::size_t i) HWY_ATTR { return hn::Load(d, v[i] + first); };
        const auto W = [&](std::size_t i) HWY_ATTR { return hn::Load(d, w[i] + first); };
        auto mx = V(0);
        for (std::size_t i = 1; i < n; ++i) mx = hn::IfThenElse(hn::Gt(mx, V(i)), mx, V(i));
        auto g = hn::Div(hn::Set(d, 4.0F), mx);
        const auto step0 = hn::Div(hn::Set(d, 1.0F), g);
        auto err = hn::Zero(d);
        for (std::size_t i = 0; i < n; ++i) {
            const auto u = hn::And(Snap(d, hn::Mul(g, V(i))), byte);
            const auto z = hn::Sub(V(i), hn::Mul(step0, hn::ConvertTo(d, u)));
            err = hn::Add(err, hn::Mul(hn::Mul(W(i), z), z));
        }
        for (int t = -4; t <= 4; ++t) {
            if (t == 0) continue;
            const auto trial = hn::Div(hn::Set(d, 0.1F * static_cast<float>(t) + 4.0F), mx);
            const auto h = hn::Div(hn::Set(d, 1.0F), trial);
            auto e = hn::Zero(d);
            for (std::size_t i = 0; i < n; ++i) {
                const auto l = hn::Min(four, Snap(d, hn::Mul(trial, V(i))));
                const auto z = hn::Sub(V(i), hn::Mul(h, hn::ConvertTo(d, l)));
                e = hn::Add(e, hn::Mul(hn::Mul(W(i), z), z));
            }
            const auto better = hn::Lt(e, err);
            err = hn::IfThenElse(better, e, err);
            g = hn::IfThenElse(better, trial, g);
        }
        HWY_ALIGN std::int32_t level[n][8];
        auto sx = hn::Zero(d);
        auto s2 = hn::Zero(d);
        for (std::size_t i = 0; i < n; ++i) {
            const auto l = hn::Min(four, Snap(d, hn::Mul(g, V(i))));
            const auto lf = hn::ConvertTo(d, l);
            sx = hn::Add(sx, hn::Mul(hn::Mul(W(i), V(i)), lf));
            s2 = hn::Add(s2, hn::Mul(hn::Mul(W(i), lf), lf));
            hn::Store(hn::And(l, byte), di, level[i]);
        }
        // A run whose pass changed nothing repeats it without effect while others still move.
        for (int pass = 0; pass < 5; ++pass) {
            bool changed = false;
            for (std::size_t i = 0; i < n; ++i) {
                const auto stored = hn::Load(di, level[i]);
                const auto old = hn::ConvertTo(d, stored);
                const auto wv = hn::Mul(W(i), V(i));
                const auto a = hn::Sub(sx, hn::Mul(wv, old));
                const auto c = hn::Sub(s2, hn::Mul(hn::Mul(W(i), old), old));
                const auto positive = hn::And(hn::Gt(a, hn::Zero(d)), hn::Gt(c, hn::Zero(d)));
                const auto l = hn::Min(four, Snap(d, hn::Div(hn::Mul(V(i), c), a)));
                const auto moved = hn::AndNot(hn::RebindMask(d, hn::Eq(l, stored)), positive);
                if (hn::AllFalse(d, moved)) continue;
                const auto lf = hn::ConvertTo(d, l);
                const auto a2 = hn::Add(a, hn::Mul(wv, lf));
                const auto c2 = hn::Add(c, hn::Mul(hn::Mul(W(i), lf), lf));
                const auto better = hn::Gt(hn::Mul(hn::Mul(a2, a2), s2), hn::Mul(hn::Mul(sx, sx), c2));
                const auto accept = hn::And(moved, better);
                if (hn::AllFalse(d, accept)) continue;
                changed = true;
                hn::Store(hn::IfThenElse(hn::RebindMask(di, accept), hn::And(l, byte), stored), di, level[i]);
                sx = hn::IfThenElse(accept, a2, sx);
                s2 = hn::IfThenElse(accept, c2, s2);
            }
            if (!changed) break;
        }
        hn::Store(hn::IfThenElse(hn::Gt(s2, hn::Zero(d)), hn::Div(sx, s2), hn::Zero(d)), d, scales + first);
    }
}

template <std::size_t Dims, std::size_t Levels, std::size_t Run>
void EncodeBlock(const LatticeSpec& spec, const float* x, const float* importance, EncodedBlock& block)
{
    constexpr std::size_t kRuns = iq::kSuperBlock / Run;
    const float variance = (spec.varianceFactor * iq::sumOfSquares(x, iq::kSuperBlock)) / 256.0F;
    RunEncoder<Dims, Levels, Run> encoder(spec);
    if (!spec.startScale) {
        for (std::size_t r = 0; r < kRuns; ++r) {
            block.runs[r] = EncodedRun{};
            prepareRun(spec, x + r * Run, importance ? importance + r * Run : nullptr, variance, encoder.w, encoder.root, encoder.v,
                       block.runs[r]);
            encoder.Encode(0, block.runs[r]);
        }
    } else {
        HWY_ALIGN float w[kRuns][Run];
        HWY_ALIGN float root[kRuns][Run];
        HWY_ALIGN float v[kRuns][Run];
        HWY_ALIGN float vByElement[32][8] = {};
        HWY_ALIGN float wByElement[32][8] = {};
        for (std::size_t r = 0; r < kRuns; ++r) {
            block.runs[r] = EncodedRun{};
            prepareRun(spec, x + r * Run, importance ? importance + r * Run : nullptr, variance, w[r], root[r], v[r],
                       block.runs[r]);
            for (std::size_t i = 0; i < Run && kRuns == 8; ++i) {
                vByElement[i][r % 8] = v[r][i];
                wByElement[i][r % 8] = w[r][i];
            }
        }
        HWY_ALIGN float start[8];
        StartScales(vByElement, wByElement, start);
        for (std::size_t r = 0; r < kRuns; ++r) {
            std::memcpy(encoder.w, w[r], sizeof(w[r]));
            std::memcpy(encoder.root, root[r], sizeof(root[r]));
            std::memcpy(encoder.v, v[r], sizeof(v[r]));
            encoder.Encode(start[r % 8], block.runs[r]);
        }
    }
    finishBlock(spec, block);
}

void EncodeIq2Xxs(const float* x, const float* importance, EncodedBlock& block)
{
    EncodeBlock<8, 3, 32>(kIq2XxsSpec, x, importance, block);
}
void EncodeIq2Xs(const float* x, const float* importance, EncodedBlock& block)
{
    EncodeBlock<8, 3, 16>(kIq2XsSpec, x, importance, block);
}
void EncodeIq2S(const float* x, const float* importance, EncodedBlock& block)
{
    EncodeBlock<8, 3, 16>(kIq2SSpec, x, importance, block);
}
void EncodeIq3Xxs(const float* x, const float* importance, EncodedBlock& block)
{
    EncodeBlock<4, 8, 32>(kIq3XxsSpec, x, importance, block);
}
void EncodeIq3S(const float* x, const float* importance, EncodedBlock& block)
{
    EncodeBlock<4, 8, 32>(kIq3SSpec, x, importance, block);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ww
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {
namespace {

HWY_EXPORT(EncodeIq2Xxs);
HWY_EXPORT(EncodeIq2Xs);
HWY_EXPORT(EncodeIq2S);
HWY_EXPORT(EncodeIq3Xxs);
HWY_EXPORT(EncodeIq3S);

using EncodeBlockFunction = void (*)(const float*, const float*, lattice::EncodedBlock&);

template <std::size_t Bytes, class Write>
void encodeRows(EncodeBlockFunction encode, const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns,
                const float* importance, Write write)
{
    lattice::EncodedBlock block;
    for (std::size_t r = 0; r < rowCount; ++r)
        for (std::size_t i = 0; i < columns; i += iq::kSuperBlock, out += Bytes) {
            encode(rows + r * columns + i, importance ? importance + i : nullptr, block);
            std::memset(out, 0, Bytes);
            write(block, out);
        }
}

}  // namespace

void encodeRowsIq2Xxs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<kIq2XxsBytes>(HWY_DYNAMIC_DISPATCH(EncodeIq2Xxs), rows, out, rowCount, columns, importance, lattice::writeIq2Xxs);
}
void encodeRowsIq2Xs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<kIq2XsBytes>(HWY_DYNAMIC_DISPATCH(EncodeIq2Xs), rows, out, rowCount, columns, importance, lattice::writeIq2Xs);
}
void encodeRowsIq2S(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<kIq2SBytes>(HWY_DYNAMIC_DISPATCH(EncodeIq2S), rows, out, rowCount, columns, importance, lattice::writeIq2S);
}
void encodeRowsIq3Xxs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<kIq3XxsBytes>(HWY_DYNAMIC_DISPATCH(EncodeIq3Xxs), rows, out, rowCount, columns, importance, lattice::writeIq3Xxs);
}
void encodeRowsIq3S(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<kIq3SBytes>(HWY_DYNAMIC_DISPATCH(EncodeIq3S), rows, out, rowCount, columns, importance,
                           [](const auto& block, std::byte* o) { lattice::writeIq3S(block, o, false); });
}

}  // namespace ww
#endif
