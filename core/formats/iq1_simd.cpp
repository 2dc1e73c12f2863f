// SPDX-License-Identifier: MIT
// IQ1_S and IQ1_M with the runs of a super-block side by side in vector lanes: every lane goes through the splits of its own run
// in the defined order. The neighbour search has one candidate per lane.
#include "formats/iq1.h"

#include <array>
#include <cfloat>
#include <cstring>

#include "formats/iq1_detail.h"
#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/iq1_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "formats/iq_search-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using namespace iq1;

struct SimdSearch {
    static std::uint16_t Nearest(const IqGrid& grid, std::uint32_t code, const float* x, const float* w, float scale,
                                 const Factors& f)
    {
        const TermTables<8, 3> terms(f.data(), scale, w, x);
        const auto list = grid.packedNeighbours(code);
        return static_cast<std::uint16_t>(grid.indexOf(grid.codeOfPacked(list[terms.Nearest(list)])));
    }
};

/// Stable order by value: an element's place is the number of smaller ones plus that of equal ones before it.
template <std::size_t N>
void SortedOrder(const float* x, std::uint8_t* order)
{
    const hn::CappedTag<float, 16> d;
    const hn::Rebind<std::int32_t, decltype(d)> di;
    for (std::size_t i = 0; i < N; ++i) {
        const auto xi = hn::Set(d, x[i]);
        std::size_t place = 0;
        for (std::size_t j = 0; j < N; j += hn::Lanes(d)) {
            const auto xj = hn::LoadU(d, x + j);
            const auto before =
                hn::RebindMask(d, hn::Lt(hn::Iota(di, static_cast<std::int32_t>(j)), hn::Set(di, static_cast<std::int32_t>(i))));
            place += hn::CountTrue(d, hn::Or(hn::Lt(xj, xi), hn::And(before, hn::Eq(xj, xi))));
        }
        order[place] = static_cast<std::uint8_t>(i);
    }
}

void FillWeights(const float* x, const float* importance, float* w)
{
    const hn::CappedTag<float, 16> d;
    const auto variance = hn::Set(d, importance ? (2.0F * iq::sumOfSquares(x, iq::kSuperBlock)) / 256.0F : 0);
    for (std::size_t i = 0; i < iq::kSuperBlock; i += hn::Lanes(d)) {
        const auto v = hn::LoadU(d, x + i);
        const auto v2 = hn::Mul(v, v);
        hn::StoreU(importance ? hn::Mul(hn::LoadU(d, importance + i), hn::Sqrt(hn::Add(variance, v2))) : v2, d, w + i);
    }
}

/// The best split so far of every lane. `code` holds a, c and the variant; -1 while none was accepted.
template <class D>
struct LaneSplits {
    using DI = hn::Rebind<std::int32_t, D>;
    hn::Vec<D> best;
    hn::Vec<D> scale;
    hn::Vec<DI> code;

    HWY_INLINE LaneSplits() : best(hn::Set(D(), -FLT_MAX)), scale(hn::Zero(D())), code(hn::Set(DI(), -1)) {}

    HWY_INLINE hn::Mask<D> Passes(hn::Vec<D> sx, hn::Vec<D> s2) const
    {
        return hn::And(hn::Gt(s2, hn::Zero(D())), hn::Gt(hn::Mul(sx, sx), hn::Mul(best, s2)));
    }
    HWY_INLINE void Offer(hn::Vec<D> sx, hn::Vec<D> s2, std::int32_t which)
    {
        const auto accept = Passes(sx, s2);
        const auto fit = hn::Div(sx, s2);
        scale = hn::IfThenElse(accept, fit, scale);
        best = hn::IfThenElse(accept, hn::Mul(fit, sx), best);
        code = hn::IfThenElse(hn::RebindMask(DI(), accept), hn::Set(DI(), which), code);
    }
};

constexpr std::int32_t SplitCode(std::size_t a, std::size_t c, std::size_t k)
{
    return static_cast<std::int32_t>((a << 16) | (c << 8) | k);
}
Split Unpack(std::int32_t code, float scale)
{
    Split split;
    split.found = code >= 0;
    if (!split.found) return split;
    split.a = static_cast<std::size_t>(code >> 16);
    split.c = static_cast<std::size_t>((code >> 8) & 255);
    split.variant = static_cast<unsigned>(code & 255);
    split.scale = scale;
    return split;
}

using Tag8 = hn::CappedTag<float, 8>;

/// Splits of eight runs of 32. sumWx, sumW: [sorted position][run].
void SearchS(const float (*sumWx)[8], const float (*sumW)[8], Split* splits)
{
    constexpr std::size_t n = 32;
    const Tag8 d;
    const hn::Rebind<std::int32_t, Tag8> di;
    const Factors* factors[2] = {&kPlus, &kMinus};
    for (std::size_t first = 0; first < 8; first += hn::Lanes(d)) {
        const auto X = [&](std::size_t j) HWY_ATTR { return hn::Load(d, sumWx[j] + first); };
        const auto W = [&](std::size_t j) HWY_ATTR { return hn::Load(d, sumW[j] + first); };
        HWY_ALIGN float tailX[2][n + 1][8];
        HWY_ALIGN float tailW[2][n + 1][8];
        for (std::size_t k = 0; k < 2; ++k) {
            const auto f2 = hn::Set(d, (*factors[k])[2]);
            for (std::size_t c = 0; c <= n; ++c) {
                hn::Store(hn::Mul(hn::Sub(X(n), X(c)), f2), d, tailX[k][c]);
                hn::Store(hn::Mul(hn::Mul(hn::Sub(W(n), W(c)), f2), f2), d, tailW[k][c]);
            }
        }
        LaneSplits<Tag8> lanes;
        for (std::size_t a = 0; a <= n; ++a) {
            const auto xa = X(a);
            const auto wa = W(a);
            const auto headX0 = hn::Mul(xa, hn::Set(d, kPlus[0]));
            const auto headX1 = hn::Mul(xa, hn::Set(d, kMinus[0]));
            const auto headW0 = hn::Mul(hn::Mul(wa, hn::Set(d, kPlus[0])), hn::Set(d, kPlus[0]));
            const auto headW1 = hn::Mul(hn::Mul(wa, hn::Set(d, kMinus[0])), hn::Set(d, kMinus[0]));
            for (std::size_t c = a; c <= n; ++c) {
                const auto midX = hn::Sub(X(c), xa);
                const auto midW = hn::Sub(W(c), wa);
                const auto f0 = hn::Set(d, kPlus[1]);
                const auto f1 = hn::Set(d, kMinus[1]);
                const auto sx0 = hn::Add(hn::Add(headX0, hn::Mul(midX, f0)), hn::Load(d, tailX[0][c]));
                const auto sx1 = hn::Add(hn::Add(headX1, hn::Mul(midX, f1)), hn::Load(d, tailX[1][c]));
                const auto s20 = hn::Add(hn::Add(headW0, hn::Mul(hn::Mul(midW, f0), f0)), hn::Load(d, tailW[0][c]));
                const auto s21 = hn::Add(hn::Add(headW1, hn::Mul(hn::Mul(midW, f1), f1)), hn::Load(d, tailW[1][c]));
                // Accepts are rare: nothing is done unless some lane passes with the best it has.
                if (hn::AllFalse(d, hn::Or(lanes.Passes(sx0, s20), lanes.Passes(sx1, s21)))) continue;
                lanes.Offer(sx0, s20, SplitCode(a, c, 0));
                lanes.Offer(sx1, s21, SplitCode(a, c, 1));
            }
        }
        HWY_ALIGN float scale[8];
        HWY_ALIGN std::int32_t code[8];
        hn::Store(lanes.scale, d, scale);
        hn::Store(lanes.code, di, code);
        for (std::size_t i = 0; i < hn::Lanes(d); ++i) splits[first + i] = Unpack(code[i], scale[i]);
    }
}

/// Splits of sixteen runs of 16. sumWx, sumW: [half][sorted position][run].
void SearchM(const float (*sumWx)[17][16], const float (*sumW)[17][16], Split* splits)
{
    constexpr std::size_t n = 16;
    const Float16Tag d;
    const Int16Tag di;
    for (std::size_t first = 0; first < 16; first += hn::Lanes(d)) {
        const auto X = [&](std::size_t h, std::size_t j) HWY_ATTR { return hn::Load(d, sumWx[h][j] + first); };
        const auto W = [&](std::size_t h, std::size_t j) HWY_ATTR { return hn::Load(d, sumW[h][j] + first); };
        const auto plusX0 = hn::Mul(X(0, n), hn::Set(d, 1.125F));
        const auto plusX1 = hn::Mul(X(1, n), hn::Set(d, 1.125F));
        const auto minusX0 = hn::Mul(X(0, n), hn::Set(d, 0.875F));
        const auto minusX1 = hn::Mul(X(1, n), hn::Set(d, 0.875F));
        const auto square = [&](hn::Vec<Float16Tag> v, float f)
                                HWY_ATTR { return hn::Mul(hn::Mul(v, hn::Set(d, f)), hn::Set(d, f)); };
        const auto plusW0 = square(W(0, n), 1.125F);
        const auto plusW1 = square(W(1, n), 1.125F);
        const auto minusW0 = square(W(0, n), 0.875F);
        const auto minusW1 = square(W(1, n), 0.875F);
        LaneSplits<Float16Tag> lanes;
        for (std::size_t a = 0; a <= n; ++a) {
            const auto headPlus0 = hn::Add(plusW0, hn::Mul(hn::Set(d, 0.75F), W(0, a)));
            const auto headPlus1 = hn::Add(plusW1, hn::Mul(hn::Set(d, 0.75F), W(1, a)));
            const auto headMinus0 = hn::Add(minusW0, hn::Mul(hn::Set(d, 1.25F), W(0, a)));
            const auto headMinus1 = hn::Add(minusW1, hn::Mul(hn::Set(d, 1.25F), W(1, a)));
            for (std::size_t c = a; c <= n; ++c) {
                const auto both0 = hn::Add(X(0, a), X(0, c));
                const auto both1 = hn::Add(X(1, a), X(1, c));
                const hn::Vec<Float16Tag> x0[2] = {hn::Sub(plusX0, both0), hn::Sub(minusX0, both0)};
                const hn::Vec<Float16Tag> x1[2] = {hn::Sub(plusX1, both1), hn::Sub(minusX1, both1)};
                const auto down0 = W(0, c);
                const auto down1 = W(1, c);
                const hn::Vec<Float16Tag> y0[2] = {hn::Add(headPlus0, hn::Mul(hn::Set(d, -1.25F), down0)),
                                                   hn::Add(headMinus0, hn::Mul(hn::Set(d, -0.75F), down0))};
                const hn::Vec<Float16Tag> y1[2] = {hn::Add(headPlus1, hn::Mul(hn::Set(d, -1.25F), down1)),
                                                   hn::Add(headMinus1, hn::Mul(hn::Set(d, -0.75F), down1))};
                auto any = lanes.Passes(hn::Add(x0[0], x1[0]), hn::Add(y0[0], y1[0]));
                any = hn::Or(any, lanes.Passes(hn::Add(x0[0], x1[1]), hn::Add(y0[0], y1[1])));
                any = hn::Or(any, lanes.Passes(hn::Add(x0[1], x1[0]), hn::Add(y0[1], y1[0])));
                any = hn::Or(any, lanes.Passes(hn::Add(x0[1], x1[1]), hn::Add(y0[1], y1[1])));
                if (hn::AllFalse(d, any)) continue;
                for (std::size_t k = 0; k < 4; ++k)
                    lanes.Offer(hn::Add(x0[k / 2], x1[k % 2]), hn::Add(y0[k / 2], y1[k % 2]), SplitCode(a, c, k));
            }
        }
        HWY_ALIGN float scale[16];
        HWY_ALIGN std::int32_t code[16];
        hn::Store(lanes.scale, d, scale);
        hn::Store(lanes.code, di, code);
        for (std::size_t i = 0; i < hn::Lanes(d); ++i) splits[first + i] = Unpack(code[i], scale[i]);
    }
}

void EncodeBlockS(const float* x, const float* importance, std::byte* out)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    HWY_ALIGN float w[iq::kSuperBlock];
    FillWeights(x, importance, w);
    HWY_ALIGN float sumWx[33][8] = {};
    HWY_ALIGN float sumW[33][8] = {};
    std::array<std::array<std::uint8_t, 32>, 8> order{};
    for (std::size_t r = 0; r < 8; ++r) {
        SortedOrder<32>(x + 32 * r, order[r].data());
        for (std::size_t j = 0; j < 32; ++j) {
            const std::size_t i = 32 * r + order[r][j];
            sumWx[j + 1][r] = sumWx[j][r] + w[i] * x[i];
            sumW[j + 1][r] = sumW[j][r] + w[i];
        }
    }
    std::array<Split, 8> splits;
    SearchS(sumWx, sumW, splits.data());
    std::array<EncodedRun<32>, 8> runs;
    for (std::size_t r = 0; r < 8; ++r) finishRunS<SimdSearch>(grid, splits[r], order[r], x + 32 * r, w + 32 * r, runs[r]);
    writeBlockS(runs, out);
}

void EncodeBlockM(const float* x, const float* importance, std::byte* out)
{
    const IqGrid& grid = IqGrid::get(IqCodebook::Iq1);
    HWY_ALIGN float w[iq::kSuperBlock];
    FillWeights(x, importance, w);
    HWY_ALIGN float sumWx[2][17][16] = {};
    HWY_ALIGN float sumW[2][17][16] = {};
    std::array<std::array<std::uint8_t, 16>, 16> order{};
    for (std::size_t r = 0; r < 16; ++r) {
        SortedOrder<16>(x + 16 * r, order[r].data());
        for (std::size_t j = 0; j < 16; ++j) {
            const std::size_t i = 16 * r + order[r][j];
            const std::size_t own = order[r][j] / 8;
            sumWx[own][j + 1][r] = sumWx[own][j][r] + w[i] * x[i];
            sumW[own][j + 1][r] = sumW[own][j][r] + w[i];
            sumWx[1 - own][j + 1][r] = sumWx[1 - own][j][r];
            sumW[1 - own][j + 1][r] = sumW[1 - own][j][r];
        }
    }
    std::array<Split, 16> splits;
    SearchM(sumWx, sumW, splits.data());
    std::array<EncodedRun<16>, 16> runs;
    for (std::size_t r = 0; r < 16; ++r) finishRunM<SimdSearch>(grid, splits[r], order[r], x + 16 * r, w + 16 * r, runs[r]);
    writeBlockM(grid, runs, x, w, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ww
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {
namespace {
HWY_EXPORT(EncodeBlockS);
HWY_EXPORT(EncodeBlockM);
}  // namespace

void encodeRowsIq1S(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    const auto encode = HWY_DYNAMIC_DISPATCH(EncodeBlockS);
    for (std::size_t r = 0; r < rowCount; ++r)
        for (std::size_t i = 0; i < columns; i += iq::kSuperBlock, out += kIq1SBytes)
            encode(rows + r * columns + i, importance + i, out);
}

void encodeRowsIq1M(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    const auto encode = HWY_DYNAMIC_DISPATCH(EncodeBlockM);
    for (std::size_t r = 0; r < rowCount; ++r)
        for (std::size_t i = 0; i < columns; i += iq::kSuperBlock, out += kIq1MBytes)
            encode(rows + r * columns + i, importance ? importance + i : nullptr, out);
}

}  // namespace ww
#endif
