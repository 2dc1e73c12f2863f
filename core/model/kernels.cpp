// SPDX-License-Identifier: MIT
#include "model/kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>

#include "tensor/float_convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ww::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Doubles = hn::ScalableTag<double>;
using HalfFloats = hn::Rebind<float, Doubles>;
using Vector = hn::Vec<Floats>;
using DoubleVector = hn::Vec<Doubles>;

constexpr std::size_t kMostLanes = 16;  // 512 bits

/// Calls body(vector at i) for whole vectors and once more for the rest, which is padded with `padding`. `body` returns the
/// vector to store. y may be x.
template <class Body>
HWY_INLINE void mapRow(const float* x, float* y, std::size_t n, float padding, const Body& body)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) hn::StoreU(body(hn::LoadU(d, x + i), i), d, y + i);
    if (i == n) return;
    HWY_ALIGN std::array<float, kMostLanes> rest;
    rest.fill(padding);
    std::copy(x + i, x + n, rest.data());
    hn::StoreU(body(hn::LoadU(d, rest.data()), i), d, rest.data());
    std::copy(rest.data(), rest.data() + (n - i), y + i);
}

/// Loads up to one vector of x from i on, zeros behind the end.
HWY_INLINE Vector loadPart(const float* x, std::size_t i, std::size_t n)
{
    const Floats d;
    if (i + hn::Lanes(d) <= n) return hn::LoadU(d, x + i);
    HWY_ALIGN std::array<float, kMostLanes> rest{};
    std::copy(x + i, x + n, rest.data());
    return hn::LoadU(d, rest.data());
}

/// e^x with a relative error below 2e-7; 0 below about −87, largest finite power above 88. Reduction x = k·ln 2 + r with
/// |r| ≤ ln 2 / 2, Taylor series of degree 7 in r, and 2^k put together from bits.
HWY_INLINE Vector expVector(Vector x)
{
    const Floats d;
    const hn::RebindToSigned<Floats> di;
    const auto lowest = hn::Set(d, -87.0F);
    const auto highest = hn::Set(d, 88.0F);
    const auto tooLow = hn::Lt(x, lowest);
    // Selections, not Min and Max: these may lose a NaN.
    x = hn::IfThenElse(tooLow, lowest, hn::IfThenElse(hn::Gt(x, highest), highest, x));
    const auto k = hn::NearestInt(hn::Mul(x, hn::Set(d, 1.44269504088896341F)));
    const auto kf = hn::ConvertTo(d, k);
    // ln 2 in two parts; the first has so few bits that its product with k is exact.
    auto r = hn::Sub(x, hn::Mul(kf, hn::Set(d, 0.693359375F)));
    r = hn::Sub(r, hn::Mul(kf, hn::Set(d, -2.12194440e-4F)));
    auto p = hn::Set(d, 1.0F / 5040.0F);
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0F / 720.0F));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0F / 120.0F));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0F / 24.0F));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 1.0F / 6.0F));
    p = hn::Add(hn::Mul(p, r), hn::Set(d, 0.5F));
    p = hn::Add(hn::Mul(hn::Mul(p, r), r), r);
    p = hn::Add(p, hn::Set(d, 1.0F));
    const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(k, hn::Set(di, 127))));
    return hn::IfThenZeroElse(tooLow, hn::Mul(p, power));
}

/// sum += v, lane by lane in double.
HWY_INLINE DoubleVector addToDouble(DoubleVector sum, Vector v)
{
    const Doubles dd;
#if HWY_TARGET == HWY_SCALAR
    return hn::Add(sum, hn::PromoteTo(dd, v));
#else
    const HalfFloats dh;
    sum = hn::Add(sum, hn::PromoteTo(dd, hn::LowerHalf(dh, v)));
    return hn::Add(sum, hn::PromoteTo(dd, hn::UpperHalf(dh, v)));
#endif
}

HWY_INLINE double total(DoubleVector v)
{
    const Doubles dd;
    return hn::GetLane(hn::SumOfLanes(dd, v));
}

double sumOf(const float* x, std::size_t n)
{
    auto sum = hn::Zero(Doubles());
    for (std::size_t i = 0; i < n; i += hn::Lanes(Floats())) sum = addToDouble(sum, loadPart(x, i, n));
    return total(sum);
}

/// Σ (x − shift)², squares in double: no overflow for any float.
double sumOfSquares(const float* x, double shift, std::size_t n)
{
    const Doubles dd;
    const HalfFloats dh;
    const auto s = hn::Set(dd, shift);
    auto even = hn::Zero(dd);
    auto odd = hn::Zero(dd);
    const std::size_t lanes = hn::Lanes(dd);
    std::size_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        const auto a = hn::Sub(hn::PromoteTo(dd, hn::LoadU(dh, x + i)), s);
        const auto b = hn::Sub(hn::PromoteTo(dd, hn::LoadU(dh, x + i + lanes)), s);
        even = hn::Add(even, hn::Mul(a, a));
        odd = hn::Add(odd, hn::Mul(b, b));
    }
    double sum = total(hn::Add(even, odd));
    for (; i < n; ++i) sum += (x[i] - shift) * (x[i] - shift);
    return sum;
}

bool RmsNorm(const float* x, const float* weight, float epsilon, std::size_t n, float* out)
{
    const double mean = sumOfSquares(x, 0.0, n) / static_cast<double>(n);
    const auto factor = hn::Set(Floats(), static_cast<float>(1.0 / std::sqrt(mean + static_cast<double>(epsilon))));
    mapRow(x, out, n, 0.0F, [&](Vector v, std::size_t i) HWY_ATTR { return hn::Mul(hn::Mul(v, factor), loadPart(weight, i, n)); });
    return std::isfinite(mean);
}

bool LayerNorm(const float* x, const float* weight, const float* bias, float epsilon, std::size_t n, float* out)
{
    const double mean = sumOf(x, n) / static_cast<double>(n);
    const double variance = sumOfSquares(x, mean, n) / static_cast<double>(n);
    const auto factor = hn::Set(Floats(), static_cast<float>(1.0 / std::sqrt(variance + static_cast<double>(epsilon))));
    const auto shift = hn::Set(Floats(), static_cast<float>(mean));
    mapRow(x, out, n, 0.0F, [&](Vector v, std::size_t i) HWY_ATTR {
        const auto y = hn::Mul(hn::Mul(hn::Sub(v, shift), factor), loadPart(weight, i, n));
        return bias ? hn::Add(y, loadPart(bias, i, n)) : y;
    });
    return std::isfinite(variance);
}

void SiluMultiply(const float* gate, const float* up, std::size_t n, float* out)
{
    const auto one = hn::Set(Floats(), 1.0F);
    mapRow(gate, out, n, 0.0F, [&](Vector g, std::size_t i) HWY_ATTR {
        return hn::Mul(hn::Div(g, hn::Add(one, expVector(hn::Neg(g)))), loadPart(up, i, n));
    });
}

void Softcap(float* x, float cap, std::size_t n)
{
    // tanh(v) = 1 − 2 / (e^2v + 1)
    const Floats d;
    const auto one = hn::Set(d, 1.0F);
    const auto two = hn::Set(d, 2.0F);
    const auto inverse = hn::Set(d, 2.0F / cap);
    const auto factor = hn::Set(d, cap);
    mapRow(x, x, n, 0.0F, [&](Vector v, std::size_t) HWY_ATTR {
        const auto e = expVector(hn::Mul(v, inverse));
        return hn::Mul(factor, hn::Sub(one, hn::Div(two, hn::Add(e, one))));
    });
}

void Scale(float* x, float factor, std::size_t n)
{
    const auto f = hn::Set(Floats(), factor);
    mapRow(x, x, n, 0.0F, [&](Vector v, std::size_t) HWY_ATTR { return hn::Mul(v, f); });
}

void AddScaled(float* y, const float* x, float alpha, std::size_t n)
{
    const auto a = hn::Set(Floats(), alpha);
    mapRow(y, y, n, 0.0F, [&](Vector v, std::size_t i) HWY_ATTR { return hn::Add(v, hn::Mul(a, loadPart(x, i, n))); });
}

float Maximum(const float* x, std::size_t n)
{
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    float largest = -std::numeric_limits<float>::infinity();
    std::size_t i = 0;
    if (n >= lanes) {
        auto m = hn::LoadU(d, x);
        for (i = lanes; i + lanes <= n; i += lanes) m = hn::Max(m, hn::LoadU(d, x + i));
        largest = hn::GetLane(hn::MaxOfLanes(d, m));
    }
    for (; i < n; ++i) largest = std::max(largest, x[i]);
    return largest;
}

double SumExp(const float* x, float shift, std::size_t n)
{
    const Floats d;
    const auto s = hn::Set(d, shift);
    const std::size_t lanes = hn::Lanes(d);
    auto sum = hn::Zero(Doubles());
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) sum = addToDouble(sum, expVector(hn::Sub(hn::LoadU(d, x + i), s)));
    if (i == n) return total(sum);
    HWY_ALIGN std::array<float, kMostLanes> rest;
    rest.fill(-std::numeric_limits<float>::infinity());
    for (std::size_t lane = 0; i + lane < n; ++lane) rest[lane] = x[i + lane] - shift;
    return total(addToDouble(sum, expVector(hn::LoadU(d, rest.data()))));
}

double SoftmaxNumerators(float* x, std::size_t n)
{
    const auto largest = hn::Set(Floats(), Maximum(x, n));
    auto sum = hn::Zero(Doubles());
    mapRow(x, x, n, -std::numeric_limits<float>::infinity(), [&](Vector v, std::size_t) HWY_ATTR {
        const auto e = expVector(hn::Sub(v, largest));
        sum = addToDouble(sum, e);
        return e;
    });
    return total(sum);
}

}  // namespace ww::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::kernels {
namespace {

HWY_EXPORT(RmsNorm);
HWY_EXPORT(LayerNorm);
HWY_EXPORT(SiluMultiply);
HWY_EXPORT(Softcap);
HWY_EXPORT(Scale);
HWY_EXPORT(AddScaled);
HWY_EXPORT(Maximum);
HWY_EXPORT(SumExp);
HWY_EXPORT(SoftmaxNumerators);

/// GELU of every binary16 value, rounded to binary16 again.
const std::array<float, 65536>& geluTable()
{
    static const auto table = [] {
        auto values = std::make_unique<std::array<float, 65536>>();
        for (std::uint32_t bits = 0; bits < values->size(); ++bits) {
            const float x = fromHalf(static_cast<std::uint16_t>(bits));
            const float inner = 0.79788456080286535588F * x * (1.0F + 0.044715F * x * x);
            (*values)[bits] = fromHalf(toHalf(0.5F * x * (1.0F + std::tanh(inner))));
        }
        return values;
    }();
    return *table;
}

float geluOf(const std::array<float, 65536>& table, float x)
{
    if (x <= -10.0F) return 0.0F;
    if (x >= 10.0F) return x;
    return table[toHalf(x)];
}

}  // namespace

bool rmsNorm(const float* x, const float* weight, float epsilon, std::size_t n, float* out)
{
    return HWY_DYNAMIC_DISPATCH(RmsNorm)(x, weight, epsilon, n, out);
}
bool layerNorm(const float* x, const float* weight, const float* bias, float epsilon, std::size_t n, float* out)
{
    return HWY_DYNAMIC_DISPATCH(LayerNorm)(x, weight, bias, epsilon, n, out);
}
void siluMultiply(const float* gate, const float* up, std::size_t n, float* out)
{
    HWY_DYNAMIC_DISPATCH(SiluMultiply)(gate, up, n, out);
}
void geluMultiply(const float* gate, const float* up, std::size_t n, float* out)
{
    const auto& table = geluTable();
    for (std::size_t i = 0; i < n; ++i) out[i] = geluOf(table, gate[i]) * up[i];
}
void gelu(float* x, std::size_t n)
{
    const auto& table = geluTable();
    for (std::size_t i = 0; i < n; ++i) x[i] = geluOf(table, x[i]);
}
void softcap(float* x, float cap, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(Softcap)(x, cap, n);
}
void scale(float* x, float factor, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(Scale)(x, factor, n);
}
void addScaled(float* y, const float* x, float alpha, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(AddScaled)(y, x, alpha, n);
}
float maximum(const float* x, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(Maximum)(x, n);
}
double sumExp(const float* x, float shift, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(SumExp)(x, shift, n);
}
double softmaxNumerators(float* x, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(SoftmaxNumerators)(x, n);
}

void rotateNeighbours(float* x, const float* cosines, const float* sines, std::size_t pairs)
{
    for (std::size_t i = 0; i < pairs; ++i) {
        const float a = x[2 * i];
        const float b = x[2 * i + 1];
        x[2 * i] = a * cosines[i] - b * sines[i];
        x[2 * i + 1] = a * sines[i] + b * cosines[i];
    }
}
void rotateHalves(float* x, const float* cosines, const float* sines, std::size_t pairs)
{
    for (std::size_t i = 0; i < pairs; ++i) {
        const float a = x[i];
        const float b = x[i + pairs];
        x[i] = a * cosines[i] - b * sines[i];
        x[i + pairs] = a * sines[i] + b * cosines[i];
    }
}

}  // namespace ww::kernels
#endif  // HWY_ONCE
