// SPDX-License-Identifier: MIT
// IQ4_NL and IQ4_XS with the sixteen trial multipliers of a run in vector lanes: they all follow from the run's extreme value,
// so only the comparison of their results is sequential.
#include <array>
#include <cstring>

#include "formats/iq4.h"
#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "tensor/float_convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/iq4_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<float, 16>;
using IntTag = hn::Rebind<std::int32_t, Tag>;

constexpr std::size_t kRun = 32;
constexpr float kThresholds[15] = {-115.5F, -93.5F, -74, -57, -42, -28.5F, -16, -4.5F, 7, 19, 31.5F, 45.5F, 61, 79, 101};

/// Starts at the lowest value and adds the step of every threshold that v is not below. All sums are small integers,
/// hence exact. `steps` are the differences of the table for values, ones for codes.
HWY_INLINE hn::Vec<Tag> CountSteps(hn::Vec<Tag> v, float lowest, const float* steps)
{
    const Tag d;
    auto sum = hn::Set(d, lowest);
    for (std::size_t i = 0; i < 15; ++i) {
        const auto below = hn::Lt(v, hn::Set(d, kThresholds[i]));
        sum = hn::IfThenElse(below, sum, hn::Add(sum, hn::Set(d, steps[i])));
    }
    return sum;
}

constexpr std::array<float, 15> kValueSteps = [] {
    std::array<float, 15> steps{};
    for (std::size_t i = 0; i < 15; ++i) steps[i] = static_cast<float>(kIq4Values[i + 1] - kIq4Values[i]);
    return steps;
}();
constexpr std::array<float, 15> kCodeSteps = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

float SearchScale(const float* x, const float* w)
{
    float peak = 0;
    float extreme = 0;
    for (std::size_t i = 0; i < kRun; ++i) {
        const float a = std::fabs(x[i]);
        if (a > peak) {
            peak = a;
            extreme = x[i];
        }
    }
    if (peak < 1e-15F) return 0;
    HWY_ALIGN float factor[16];
    factor[0] = 1.0F / ((-extreme) / static_cast<float>(kIq4Values[0]));
    for (int t = -7; t <= 7; ++t) factor[t + 8] = static_cast<float>(t + kIq4Values[0]) / extreme;

    const Tag d;
    HWY_ALIGN float sumX[16];
    HWY_ALIGN float sum2[16];
    for (std::size_t first = 0; first < 16; first += hn::Lanes(d)) {
        const auto g = hn::Load(d, factor + first);
        auto sx = hn::Zero(d);
        auto s2 = hn::Zero(d);
        for (std::size_t i = 0; i < kRun; ++i) {
            const auto xi = hn::Set(d, x[i]);
            const auto p = CountSteps(hn::Mul(g, xi), -127.0F, kValueSteps.data());
            const auto wp = hn::Mul(hn::Set(d, w[i]), p);
            sx = hn::Add(sx, hn::Mul(wp, xi));
            s2 = hn::Add(s2, hn::Mul(wp, p));
        }
        hn::Store(sx, d, sumX + first);
        hn::Store(s2, d, sum2 + first);
    }
    float scale = sum2[0] > 0 ? sumX[0] / sum2[0] : 0;
    float best = scale * sumX[0];
    for (std::size_t t = 1; t < 16; ++t)
        if (sum2[t] > 0 && sumX[t] * sumX[t] > best * sum2[t]) {
            scale = sumX[t] / sum2[t];
            best = scale * sumX[t];
        }
    return scale;
}

void FillWeights(const float* x, const float* importance, float variance, float* w)
{
    const Tag d;
    for (std::size_t i = 0; i < kRun; i += hn::Lanes(d)) {
        const auto v = hn::LoadU(d, x + i);
        const auto v2 = hn::Mul(v, v);
        hn::StoreU(importance ? hn::Mul(hn::LoadU(d, importance + i), hn::Sqrt(hn::Add(hn::Set(d, variance), v2))) : v2, d, w + i);
    }
}

void WriteCodes(const float* x, float g, std::byte* out)
{
    const Tag d;
    const IntTag di;
    HWY_ALIGN std::int32_t code[kRun];
    for (std::size_t i = 0; i < kRun; i += hn::Lanes(d))
        hn::Store(hn::ConvertTo(di, CountSteps(hn::Mul(hn::Set(d, g), hn::LoadU(d, x + i)), 0.0F, kCodeSteps.data())), di,
                  code + i);
    for (std::size_t j = 0; j < 16; ++j) iq::writeU8(out + j, static_cast<unsigned>(code[j] | (code[j + 16] << 4)));
}

void EncodeRowNl(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    for (std::size_t i = 0; i < columns; i += kRun, row += kRun, out += kIq4NlBytes) {
        HWY_ALIGN float w[kRun];
        FillWeights(row, importance ? importance + i : nullptr, importance ? iq::sumOfSquares(row, kRun) * (2.0F / 32.0F) : 0, w);
        const float scale = SearchScale(row, w);
        iq::writeU16(out, toHalf(scale));
        WriteCodes(row, scale != 0 ? 1.0F / scale : 0, out + 2);
    }
}

void EncodeSuperBlock(const float* x, const float* importance, std::byte* out)
{
    const float variance = importance ? iq::sumOfSquares(x, iq::kSuperBlock) * (2.0F / 256.0F) : 0;
    std::array<float, 8> scales{};
    for (std::size_t b = 0; b < 8; ++b) {
        HWY_ALIGN float w[kRun];
        FillWeights(x + kRun * b, importance ? importance + kRun * b : nullptr, variance, w);
        scales[b] = SearchScale(x + kRun * b, w);
    }
    const Iq4XsScales super = fitIq4XsScales(scales);
    writeIq4XsScales(super, out);
    for (std::size_t b = 0; b < 8; ++b) WriteCodes(x + kRun * b, super.inverse[b], out + 8 + 16 * b);
}

void EncodeRowXs(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    for (std::size_t i = 0; i < columns; i += iq::kSuperBlock, out += kIq4XsBytes)
        EncodeSuperBlock(row + i, importance ? importance + i : nullptr, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ww
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {
namespace {
HWY_EXPORT(EncodeRowNl);
HWY_EXPORT(EncodeRowXs);
}  // namespace

void encodeRowsIq4Nl(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    const auto encode = HWY_DYNAMIC_DISPATCH(EncodeRowNl);
    for (std::size_t r = 0; r < rowCount; ++r)
        encode(rows + r * columns, out + r * (columns / 32 * kIq4NlBytes), columns, importance);
}

void encodeRowsIq4Xs(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    const auto encode = HWY_DYNAMIC_DISPATCH(EncodeRowXs);
    for (std::size_t r = 0; r < rowCount; ++r)
        encode(rows + r * columns, out + r * (columns / 256 * kIq4XsBytes), columns, importance);
}

}  // namespace ww
#endif
