// SPDX-License-Identifier: MIT
#include "methods/group_errors.h"

#include "methods/scale_fit.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "methods/group_errors.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void GroupErrors(const float* x, const float* c, std::size_t n, float low, float high, const StepTrials& trials, const float* inverses,
                 float* errors)
{
    const hn::CappedTag<float, 16> d;
    const auto lowest = hn::Set(d, low);
    const auto highest = hn::Set(d, high);
    for (std::size_t t = 0; t < trials.count; t += hn::Lanes(d)) {
        const auto step = hn::LoadU(d, &trials.steps[t]);
        const auto offset = hn::LoadU(d, &trials.lows[t]);
        const auto inverse = hn::LoadU(d, inverses + t);
        auto sum = hn::Zero(d);
        for (std::size_t i = 0; i < n; ++i) {
            const auto value = hn::Set(d, x[i]);
            const auto wanted = hn::Mul(hn::Sub(value, offset), inverse);
            const auto code = hn::Round(hn::Min(hn::Max(wanted, lowest), highest));
            const auto error = hn::Sub(value, hn::Add(hn::Mul(step, code), offset));
            sum = hn::Add(sum, hn::Mul(hn::Set(d, c[i]), hn::Mul(error, error)));
        }
        hn::StoreU(sum, d, errors + t);
    }
}

}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {

HWY_EXPORT(GroupErrors);

void groupErrors(std::span<const float> x, const float* c, int low, int high, const StepTrials& trials, float* errors)
{
    std::array<float, StepTrials::kMost> inverses;
    for (std::size_t t = 0; t < StepTrials::kMost; ++t) inverses[t] = inverseOf(trials.steps[t]);
    HWY_DYNAMIC_DISPATCH(GroupErrors)(x.data(), c, x.size(), static_cast<float>(low), static_cast<float>(high), trials, inverses.data(), errors);
}

}  // namespace ww
#endif
