// SPDX-License-Identifier: MIT
#include "methods/lattice_kernels.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "methods/lattice_kernels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww::lattice::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void Finalists(const float* table, std::size_t group, std::size_t count, const float* a, const float* b, std::uint16_t* best)
{
    const hn::CappedTag<float, kTableEntries> d;
    const std::size_t lanes = hn::Lanes(d);
    HWY_ALIGN float costs[kTableEntries];
    float least[kFinalists];
    for (float& value : least) value = INFINITY;
    auto worst = hn::Set(d, INFINITY);
    for (std::size_t first = 0; first < count; first += lanes) {
        const float* m = table + first / kTableEntries * kTableEntries * group + first % kTableEntries;
        auto cost = hn::Zero(d);
        for (std::size_t k = 0; k < group; ++k, m += kTableEntries) {
            const auto value = hn::LoadU(d, m);
            cost = hn::Add(cost, hn::Mul(hn::Sub(hn::Mul(hn::Set(d, a[k]), value), hn::Set(d, b[k])), value));
        }
        if (hn::AllFalse(d, hn::Lt(cost, worst))) continue;
        hn::Store(cost, d, costs);
        for (std::size_t i = 0; i < lanes; ++i) {
            if (!(costs[i] < least[kFinalists - 1])) continue;
            std::size_t at = kFinalists - 1;
            for (; at > 0 && costs[i] < least[at - 1]; --at) {
                least[at] = least[at - 1];
                best[at] = best[at - 1];
            }
            least[at] = costs[i];
            best[at] = static_cast<std::uint16_t>(first + i);
        }
        worst = hn::Set(d, least[kFinalists - 1]);
    }
}

void SubtractProducts(float* y, std::size_t length, const float* h, std::size_t stride, const float* step, std::size_t count)
{
    const hn::CappedTag<float, kTableEntries> d;
    for (std::size_t i = 0; i < length; i += hn::Lanes(d)) {
        auto sum = hn::LoadU(d, y + i);
        for (std::size_t k = 0; k < count; ++k) sum = hn::Sub(sum, hn::Mul(hn::Set(d, step[k]), hn::LoadU(d, h + k * stride + i)));
        hn::StoreU(sum, d, y + i);
    }
}

}  // namespace ww::lattice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::lattice {

HWY_EXPORT(Finalists);
HWY_EXPORT(SubtractProducts);

std::array<std::uint16_t, kFinalists> finalists(const float* table, std::size_t group, std::size_t count, const float* a, const float* b)
{
    std::array<std::uint16_t, kFinalists> best{};
    HWY_DYNAMIC_DISPATCH(Finalists)(table, group, count, a, b, best.data());
    return best;
}

void subtractProducts(float* y, std::size_t length, const float* h, std::size_t stride, const float* step, std::size_t count)
{
    HWY_DYNAMIC_DISPATCH(SubtractProducts)(y, length, h, stride, step, count);
}

}  // namespace ww::lattice
#endif
