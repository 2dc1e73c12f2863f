// SPDX-License-Identifier: MIT
// The searches of searches.h with one group per lane and kV vectors of groups at a time, which hides the latency of the
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
