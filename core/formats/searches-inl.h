// SPDX-License-Identifier: MIT
// The searches of searches.h with one group per lane, where it pays kV vectors of groups at a time, to hide the latency of the
// sequential sums. Layout of x and w: element i of vector v begins at (v·n + i)·kLanes. Every comparison, sum and product is that
// of the scalar code; "if better" becomes a select, and passes that some lanes no longer need change nothing in them.
// Included once per instruction set, after lanes-inl.h.

// clang-format off
#if defined(WW_FORMATS_SEARCHES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WW_FORMATS_SEARCHES_INL_H
#undef WW_FORMATS_SEARCHES_INL_H
#else
#define WW_FORMATS_SEARCHES_INL_H
#endif
// clang-format on

#include "formats/lanes-inl.h"
#include "formats/searches.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {

#if WW_HAVE_LANES

/// Instead of codes a search returns what they are computed from: code = clamp(snap(multiplier·(x − origin))). They are needed
/// rarely, because most types compute their codes anew for the rounded scale.
struct AffineLanes {
    VF scale;
    VF depth;
    VF mass;  // sum of the weights
    VF multiplier;
    VF origin;
};

/// search::affine for kV vectors of groups of n values. `codes` is scratch for n · kV vectors.
template <std::size_t kV, bool kAbsolute>
HWY_INLINE void affineLanes(std::size_t n, int top, const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                            float* HWY_RESTRICT codes, const search::AffineRange& range, AffineLanes* HWY_RESTRICT out)
{
    const Snap snapTop(0, top);
    const auto levels = static_cast<float>(top);
    const auto at = [n](std::size_t v, std::size_t i) HWY_ATTR { return (v * n + i) * kLanes; };
    const auto distance = [](VF e) HWY_ATTR { return kAbsolute ? hn::Abs(e) : hn::Mul(e, e); };
    VF lo[kV], hi[kV], sumW[kV], sumX[kV], scale[kV], error[kV];
    MF flat[kV];
    for (std::size_t v = 0; v < kV; ++v) {
        lo[v] = hi[v] = load(x + at(v, 0));
        sumW[v] = load(w + at(v, 0));
        sumX[v] = hn::Mul(sumW[v], lo[v]);
    }
    for (std::size_t i = 1; i < n; ++i) {
        for (std::size_t v = 0; v < kV; ++v) {
            const VF xi = load(x + at(v, i));
            const VF wi = load(w + at(v, i));
            lo[v] = smaller(lo[v], xi);
            hi[v] = larger(hi[v], xi);
            sumW[v] = hn::Add(sumW[v], wi);
            sumX[v] = hn::Add(sumX[v], hn::Mul(wi, xi));
        }
    }
    for (std::size_t v = 0; v < kV; ++v) {
        lo[v] = select(hn::Gt(lo[v], zero()), zero(), lo[v]);
        flat[v] = hn::Eq(hi[v], lo[v]);
        out[v].depth = hn::Neg(lo[v]);  // of flat groups
        out[v].mass = hn::Add(zero(), sumW[v]);
        out[v].origin = lo[v];
        out[v].multiplier = hn::Div(set(levels), hn::Sub(hi[v], lo[v]));
        scale[v] = hn::Div(set(1.0F), out[v].multiplier);
        error[v] = zero();
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t v = 0; v < kV; ++v) {
            const VF xi = load(x + at(v, i));
            const VF l = snapTop(hn::Mul(out[v].multiplier, hn::Sub(xi, lo[v])));
            const VF e = hn::Sub(hn::Add(hn::Mul(scale[v], l), lo[v]), xi);
            error[v] = hn::Add(error[v], hn::Mul(load(w + at(v, i)), distance(e)));
        }
    }
    for (int t = 0; t <= range.last; ++t) {
        const VF numerator = set((range.first + range.step * static_cast<float>(t)) + levels);
        VF multiplier[kV], p[kV], q[kV], r[kV], trialScale[kV], trialLo[kV], trialError[kV];
        MF usable[kV];
        for (std::size_t v = 0; v < kV; ++v) {
            multiplier[v] = hn::Div(numerator, hn::Sub(hi[v], lo[v]));
            p[v] = q[v] = r[v] = trialError[v] = zero();
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t v = 0; v < kV; ++v) {
                const VF xi = load(x + at(v, i));
                const VF c = snapTop(hn::Mul(multiplier[v], hn::Sub(xi, lo[v])));
                store(c, codes + at(v, i));
                const VF wc = hn::Mul(load(w + at(v, i)), c);
                p[v] = hn::Add(p[v], wc);
                q[v] = hn::Add(q[v], hn::Mul(wc, c));
                r[v] = hn::Add(r[v], hn::Mul(wc, xi));
            }
        }
        for (std::size_t v = 0; v < kV; ++v) {
            const VF determinant = hn::Sub(hn::Mul(sumW[v], q[v]), hn::Mul(p[v], p[v]));
            usable[v] = hn::Gt(determinant, zero());
            trialScale[v] = hn::Div(hn::Sub(hn::Mul(sumW[v], r[v]), hn::Mul(sumX[v], p[v])), determinant);
            trialLo[v] = hn::Div(hn::Sub(hn::Mul(q[v], sumX[v]), hn::Mul(p[v], r[v])), determinant);
            const MF above = hn::Gt(trialLo[v], zero());
            if (!hn::AllFalse(DF(), above)) {
                trialScale[v] = select(above, hn::Div(r[v], q[v]), trialScale[v]);
                trialLo[v] = select(above, zero(), trialLo[v]);
            }
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t v = 0; v < kV; ++v) {
                const VF e = hn::Sub(hn::Add(hn::Mul(trialScale[v], load(codes + at(v, i))), trialLo[v]), load(x + at(v, i)));
                trialError[v] = hn::Add(trialError[v], hn::Mul(load(w + at(v, i)), distance(e)));
            }
        }
        for (std::size_t v = 0; v < kV; ++v) {
            const MF better = hn::And(usable[v], hn::Lt(trialError[v], error[v]));
            error[v] = select(better, trialError[v], error[v]);
            scale[v] = select(better, trialScale[v], scale[v]);
            out[v].multiplier = select(better, multiplier[v], out[v].multiplier);
            out[v].origin = select(better, lo[v], out[v].origin);
            lo[v] = select(better, trialLo[v], lo[v]);
        }
    }
    for (std::size_t v = 0; v < kV; ++v) {
        out[v].scale = select(flat[v], zero(), scale[v]);
        out[v].depth = select(flat[v], out[v].depth, hn::Neg(lo[v]));
        out[v].multiplier = select(flat[v], zero(), out[v].multiplier);
        out[v].origin = select(flat[v], zero(), out[v].origin);
    }
}

/// Signed value of the first element with the largest magnitude, per lane; 0 if there is none.
HWY_INLINE VF pivotLanes(std::size_t n, const float* HWY_RESTRICT x)
{
    VF peak = zero();
    VF pivot = zero();
    for (std::size_t i = 0; i < n; ++i) {
        const VF xi = load(x + i * kLanes);
        const MF more = hn::Gt(hn::Abs(xi), peak);
        peak = select(more, hn::Abs(xi), peak);
        pivot = select(more, xi, pivot);
    }
    return pivot;
}

/// code = clamp(snap(multiplier·x), −half, half − 1) + bias. Empty groups have multiplier and bias 0.
struct SymmetricLanes {
    VF scale;
    VF multiplier;
    VF bias;
};

/// The sums of kTrials multipliers for one vector of groups.
template <std::size_t kTrials, bool kMasked>
HWY_INLINE void symmetricSums(std::size_t n, const Snap& snapLevel, const VF* multiplier, const float* HWY_RESTRICT x,
                              const float* HWY_RESTRICT w, const float* HWY_RESTRICT wx, VF* xl, VF* ll)
{
    for (std::size_t t = 0; t < kTrials; ++t) xl[t] = ll[t] = zero();
    for (std::size_t i = 0; i < n; ++i) {
        const VF xi = load(x + i * kLanes);
        const VF wi = load(w + i * kLanes);
        const VF wxi = load(wx + i * kLanes);
        for (std::size_t t = 0; t < kTrials; ++t) {
            const VF v = hn::Mul(multiplier[t], xi);
            const VF l = kMasked ? snapLevel(v) : snapLevel.small(v);
            xl[t] = hn::Add(xl[t], hn::Mul(wxi, l));
            ll[t] = hn::Add(ll[t], hn::Mul(hn::Mul(wi, l), l));
        }
    }
}

/// search::symmetric for one vector of groups; the sums of several trials run side by side, since only the choice among them is
/// sequential. Without kMasked x must be finite: then no product is out of range. `wx` is scratch for n vectors.
template <bool kMasked>
HWY_INLINE SymmetricLanes symmetricLanes(std::size_t n, int half, const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                                         float* HWY_RESTRICT wx)
{
    const Snap snapLevel(-half, half - 1);
    const auto levels = static_cast<float>(half);
    for (std::size_t i = 0; i < n; ++i) store(hn::Mul(load(w + i * kLanes), load(x + i * kLanes)), wx + i * kLanes);
    const VF pivot = pivotLanes(n, x);
    const MF empty = hn::Lt(hn::Abs(pivot), set(1e-15F));

    VF chosen = hn::Div(set(-levels), pivot);
    VF xl[3];
    VF ll[3];
    symmetricSums<1, kMasked>(n, snapLevel, &chosen, x, w, wx, xl, ll);
    VF scale = select(hn::Eq(ll[0], zero()), zero(), hn::Div(xl[0], ll[0]));
    VF merit = hn::Mul(scale, xl[0]);
    // Three trials at a time: −9 −8 −7, …, −3 −2 −1, 1 2 3, …, 7 8 9.
    for (int first = -9; first <= 7; first += first == -3 ? 4 : 3) {
        VF multiplier[3];
        for (int t = 0; t < 3; ++t) {
            const float numerator = -(levels + 0.1F * static_cast<float>(first + t));
            multiplier[t] = hn::Div(set(numerator), pivot);
        }
        symmetricSums<3, kMasked>(n, snapLevel, multiplier, x, w, wx, xl, ll);
        for (std::size_t t = 0; t < 3; ++t) {
            const MF better = hn::And(hn::Gt(ll[t], zero()), hn::Gt(hn::Mul(xl[t], xl[t]), hn::Mul(merit, ll[t])));
            if (hn::AllFalse(DF(), better)) continue;
            scale = select(better, hn::Div(xl[t], ll[t]), scale);
            merit = select(better, hn::Mul(scale, xl[t]), merit);
            chosen = select(better, multiplier[t], chosen);
        }
    }
    return {select(empty, zero(), scale), select(empty, zero(), chosen), select(empty, zero(), set(levels))};
}

/// State of search::symmetricDescent for kV vectors of groups; the levels are kept in memory, laid out like x.
template <std::size_t kV>
struct DescentLanes {
    VF xl[kV];
    VF ll[kV];
    MF empty[kV];
    MF changed[kV];  // by the last pass
};

/// First levels and sums.
template <std::size_t kV>
HWY_INLINE void startDescent(std::size_t n, int half, const float* HWY_RESTRICT x, float* HWY_RESTRICT levels,
                             DescentLanes<kV>& state)
{
    const Snap snapLevel(-half, half - 1);
    VF multiplier[kV];
    for (std::size_t v = 0; v < kV; ++v) {
        const VF pivot = pivotLanes(n, x + v * n * kLanes);
        state.empty[v] = hn::Lt(hn::Abs(pivot), set(1e-15F));
        multiplier[v] = hn::Div(set(-static_cast<float>(half)), pivot);
        state.xl[v] = state.ll[v] = zero();
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t v = 0; v < kV; ++v) {
            const VF xi = load(x + (v * n + i) * kLanes);
            const VF wi = hn::Mul(xi, xi);
            const VF l = snapLevel(hn::Mul(multiplier[v], xi));
            store(l, levels + (v * n + i) * kLanes);
            state.xl[v] = hn::Add(state.xl[v], hn::Mul(hn::Mul(wi, xi), l));
            state.ll[v] = hn::Add(state.ll[v], hn::Mul(hn::Mul(wi, l), l));
        }
    }
}

/// One pass over the elements. Vectors are interleaved because each step waits for the one before it.
template <std::size_t kV>
HWY_INLINE void descentPass(std::size_t n, int half, const float* HWY_RESTRICT x, float* HWY_RESTRICT levels,
                            DescentLanes<kV>& state)
{
    const Snap snapLevel(-half, half - 1);
    for (std::size_t v = 0; v < kV; ++v) state.changed[v] = hn::Lt(zero(), zero());
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t v = 0; v < kV; ++v) {
            const std::size_t at = (v * n + i) * kLanes;
            const VF xi = load(x + at);
            const VF wi = hn::Mul(xi, xi);
            const VF wxi = hn::Mul(wi, xi);
            const VF l = load(levels + at);
            VF a = hn::Sub(state.xl[v], hn::Mul(wxi, l));
            VF b = hn::Sub(state.ll[v], hn::Mul(hn::Mul(wi, l), l));
            MF accept = hn::Gt(a, zero());
            const VF m = snapLevel(hn::Div(hn::Mul(xi, b), a));
            accept = hn::AndNot(hn::Eq(m, l), accept);
            a = hn::Add(a, hn::Mul(wxi, m));
            b = hn::Add(b, hn::Mul(hn::Mul(wi, m), m));
            accept = hn::And(accept, hn::Gt(b, zero()));
            const VF left = hn::Mul(hn::Mul(a, a), state.ll[v]);
            const VF right = hn::Mul(hn::Mul(state.xl[v], state.xl[v]), b);
            accept = hn::And(accept, hn::Gt(left, right));
            state.xl[v] = select(accept, a, state.xl[v]);
            state.ll[v] = select(accept, b, state.ll[v]);
            store(select(accept, m, l), levels + at);
            state.changed[v] = hn::Or(state.changed[v], accept);
        }
    }
}

/// search::positive for one vector of groups of n values. Codes are bytes in 32-bit lanes, code i at i·kLanes.
template <std::size_t n>
HWY_INLINE VF positiveLanes(int top, const float* HWY_RESTRICT x, const float* HWY_RESTRICT w, std::int32_t* HWY_RESTRICT codes)
{
    const DI di;
    const auto levels = static_cast<float>(top);
    const VI most = hn::Set(di, top);
    const VI byteMask = hn::Set(di, 255);
    const auto snapBelowTop = [&](VF v) HWY_ATTR { return hn::Min(most, snapToInt(v)); };
    const auto toFloat = [](VI v) HWY_ATTR { return hn::ConvertTo(DF(), v); };
    VF peak = zero();
    for (std::size_t i = 0; i < n; ++i) peak = larger(peak, load(x + i * kLanes));
    const MF empty = hn::Lt(peak, set(1e-15F));

    VF multiplier = hn::Div(set(levels), peak);
    VF error = zero();
    const VF startInverse = hn::Div(set(1.0F), multiplier);
    for (std::size_t i = 0; i < n; ++i) {
        const VF xi = load(x + i * kLanes);
        const VI l = hn::And(snapToInt(hn::Mul(multiplier, xi)), byteMask);
        const VF e = hn::Sub(xi, hn::Mul(startInverse, toFloat(l)));
        error = hn::Add(error, hn::Mul(hn::Mul(load(w + i * kLanes), e), e));
    }
    for (int k = -4; k <= 4; ++k) {
        if (k == 0) continue;
        const VF candidate = hn::Div(set(0.1F * static_cast<float>(k) + levels), peak);
        const VF inverse = hn::Div(set(1.0F), candidate);
        VF trialError = zero();
        for (std::size_t i = 0; i < n; ++i) {
            const VF xi = load(x + i * kLanes);
            const VF e = hn::Sub(xi, hn::Mul(inverse, toFloat(snapBelowTop(hn::Mul(candidate, xi)))));
            trialError = hn::Add(trialError, hn::Mul(hn::Mul(load(w + i * kLanes), e), e));
        }
        const MF better = hn::Lt(trialError, error);
        error = select(better, trialError, error);
        multiplier = select(better, candidate, multiplier);
    }
    VF xl = zero();
    VF ll = zero();
    for (std::size_t i = 0; i < n; ++i) {
        const VF xi = load(x + i * kLanes);
        const VF wi = load(w + i * kLanes);
        const VI code = snapBelowTop(hn::Mul(multiplier, xi));
        hn::Store(hn::And(code, byteMask), di, codes + i * kLanes);
        const VF l = toFloat(code);
        xl = hn::Add(xl, hn::Mul(hn::Mul(wi, xi), l));
        ll = hn::Add(ll, hn::Mul(hn::Mul(wi, l), l));
    }
    for (int pass = 0; pass < 5; ++pass) {
        MF changed = hn::Lt(zero(), zero());
        for (std::size_t i = 0; i < n; ++i) {
            const VF xi = load(x + i * kLanes);
            const VF wi = load(w + i * kLanes);
            const VF wx = hn::Mul(wi, xi);
            const VI code = hn::Load(di, codes + i * kLanes);
            const VF l = toFloat(code);
            VF a = hn::Sub(xl, hn::Mul(wx, l));
            VF b = hn::Sub(ll, hn::Mul(hn::Mul(wi, l), l));
            MF accept = hn::And(hn::Gt(a, zero()), hn::Gt(b, zero()));
            const VI candidate = snapBelowTop(hn::Div(hn::Mul(xi, b), a));
            accept = hn::AndNot(hn::RebindMask(DF(), hn::Eq(candidate, code)), accept);
            const VF m = toFloat(candidate);
            a = hn::Add(a, hn::Mul(wx, m));
            b = hn::Add(b, hn::Mul(hn::Mul(wi, m), m));
            accept = hn::And(accept, hn::Gt(hn::Mul(hn::Mul(a, a), ll), hn::Mul(hn::Mul(xl, xl), b)));
            xl = select(accept, a, xl);
            ll = select(accept, b, ll);
            const VI kept = hn::IfThenElse(hn::RebindMask(di, accept), hn::And(candidate, byteMask), code);
            hn::Store(kept, di, codes + i * kLanes);
            changed = hn::Or(changed, accept);
        }
        if (hn::AllFalse(DF(), changed)) break;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const VI code = hn::Load(di, codes + i * kLanes);
        hn::Store(hn::IfThenElse(hn::RebindMask(di, empty), hn::Zero(di), code), di, codes + i * kLanes);
    }
    const VF scale = select(hn::Gt(ll, zero()), hn::Div(xl, ll), zero());
    return select(empty, zero(), scale);
}

#endif  // WW_HAVE_LANES

}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
