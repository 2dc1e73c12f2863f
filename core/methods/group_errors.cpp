// SPDX-License-Identifier: MIT
#include "methods/group_errors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "methods/group_errors.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// `nearest` makes numbers of the grid from values in units of the step.
template <class Nearest>
void SumErrors(std::span<const float> x, const float* c, const StepTrials& trials, const float* inverses, float* errors, const Nearest& nearest)
{
    const hn::CappedTag<float, 16> d;
    for (std::size_t t = 0; t < trials.count; t += hn::Lanes(d)) {
        const auto step = hn::LoadU(d, &trials.steps[t]);
        const auto offset = hn::LoadU(d, &trials.lows[t]);
        const auto inverse = hn::LoadU(d, inverses + t);
        auto sum = hn::Zero(d);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto value = hn::Set(d, x[i]);
            const auto number = nearest(d, hn::Mul(hn::Sub(value, offset), inverse));
            const auto error = hn::Sub(value, hn::Add(hn::Mul(step, number), offset));
            sum = hn::Add(sum, hn::Mul(hn::Set(d, c[i]), hn::Mul(error, error)));
        }
        hn::StoreU(sum, d, errors + t);
    }
}

void GroupErrors(const GridTraits& grid, std::span<const float> x, const float* c, const StepTrials& trials, const float* inverses, float* errors)
{
    if (grid.levels) {
        SumErrors(x, c, trials, inverses, errors, [&grid](auto d, auto wanted) HWY_ATTR {
            auto level = hn::Set(d, static_cast<float>(grid.levels[0]));
            for (int i = 0; i < kLevels - 1; ++i)
                level = hn::IfThenElse(hn::Gt(wanted, hn::Set(d, levelEdge(grid, i))), hn::Set(d, static_cast<float>(grid.levels[i + 1])), level);
            return level;
        });
        return;
    }
    const auto low = static_cast<float>(grid.lowest());
    const auto high = static_cast<float>(grid.highest());
    SumErrors(x, c, trials, inverses, errors,
              [low, high](auto d, auto wanted) HWY_ATTR { return hn::Round(hn::Min(hn::Max(wanted, hn::Set(d, low)), hn::Set(d, high))); });
}

}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {

HWY_EXPORT(GroupErrors);

void groupErrors(const GridTraits& grid, std::span<const float> x, const float* c, const StepTrials& trials, float* errors)
{
    std::array<float, StepTrials::kMost> inverses;
    for (std::size_t t = 0; t < StepTrials::kMost; ++t) inverses[t] = gridInverse(trials.steps[t]);
    HWY_DYNAMIC_DISPATCH(GroupErrors)(grid, x, c, trials, inverses.data(), errors);
}

}  // namespace ww
#endif
