// SPDX-License-Identifier: MIT
// Nearest code book entry among the neighbours of an off-grid pattern, one candidate per vector lane. Compiled once per
// vector target. The terms of a candidate's error depend on (element, level) only, so they are tabulated once per search;
// a candidate is then a few look-ups added in element order: the same additions of the same numbers as in scalar code.
#if defined(WW_IQ_SEARCH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WW_IQ_SEARCH_INL_H
#undef WW_IQ_SEARCH_INL_H
#else
#define WW_IQ_SEARCH_INL_H
#endif

#include <cfloat>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "formats/iq_codebooks.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ww {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Float16Tag = hn::CappedTag<float, 16>;
using Int16Tag = hn::Rebind<std::int32_t, Float16Tag>;
using FloatVec = hn::Vec<Float16Tag>;
using IntVec = hn::Vec<Int16Tag>;

/// The masked mantissa conversion of iq_common.h on every lane.
template <class D>
HWY_INLINE hn::Vec<hn::Rebind<std::int32_t, D>> Snap(D d, hn::Vec<D> v)
{
    const hn::Rebind<std::int32_t, D> di;
    const auto bits = hn::BitCast(di, hn::Add(v, hn::Set(d, 12582912.0F)));
    return hn::Sub(hn::And(bits, hn::Set(di, 0x7FFFFF)), hn::Set(di, 0x400000));
}

/// Tables of the terms (c_k·z)·z, z = s·P[level] − y_k, for Dims elements and Levels levels.
template <std::size_t Dims, std::size_t Levels>
class TermTables {
    static constexpr Float16Tag d{};
    static constexpr Int16Tag di{};
    static constexpr std::size_t kBits = Levels == 3 ? 2 : 3;
    static constexpr int kMask = Levels == 3 ? 3 : 7;

public:
    /// `points`: P of the levels; at least four (Levels 3) or eight (Levels 8) readable values.
    HWY_INLINE TermTables(const float* points, float s, const float* c, const float* y)
    {
        const std::size_t lanes = hn::Lanes(d);
        if (lanes < 4) {  // a processor without vectors of four
            for (std::size_t k = 0; k < Dims; ++k)
                for (std::size_t l = 0; l < Levels; ++l) {
                    const float z = s * points[l] - y[k];
                    m_table[k][l] = (c[k] * z) * z;
                }
            return;
        }
        HWY_ALIGN float spread[16];
        for (std::size_t i = 0; i < 16; ++i) spread[i] = points[i & static_cast<std::size_t>(kMask)];
        const auto vs = hn::Set(d, s);
        const auto low = hn::Mul(vs, hn::Load(d, spread));
        for (std::size_t k = 0; k < Dims; ++k) {
            const auto z = hn::Sub(low, hn::Set(d, y[k]));
            hn::Store(hn::Mul(hn::Mul(hn::Set(d, c[k]), z), z), d, m_table[k]);
        }
        if (Levels == 8 && lanes < 8) {
            const auto high = hn::Mul(vs, hn::Load(d, spread + 4));
            for (std::size_t k = 0; k < Dims; ++k) {
                const auto z = hn::Sub(high, hn::Set(d, y[k]));
                hn::Store(hn::Mul(hn::Mul(hn::Set(d, c[k]), z), z), d, m_table[k] + 4);
            }
        }
    }

    /// Position in `list` of the first candidate with the smallest error below FLT_MAX; 0 when none is below.
    HWY_INLINE std::size_t Nearest(std::span<const std::uint16_t> list) const
    {
        const std::size_t lanes = hn::Lanes(d);
        if (lanes < 4) return NearestOneByOne(list);
        const hn::Rebind<std::uint16_t, Float16Tag> d16;
        auto best = hn::Set(d, FLT_MAX);
        auto where = hn::Zero(di);
        auto position = hn::Iota(di, 0);
        const auto advance = hn::Set(di, static_cast<std::int32_t>(lanes));
        for (std::size_t i = 0; i < list.size(); i += lanes) {
            auto packed = hn::BitCast(di, hn::PromoteTo(hn::Rebind<std::uint32_t, Float16Tag>(), hn::LoadU(d16, list.data() + i)));
            auto error = Lookup(0, packed);
            for (std::size_t k = 1; k < Dims; ++k) {
                packed = hn::ShiftRight<kBits>(packed);
                error = hn::Add(error, Lookup(k, packed));
            }
            const auto better = hn::Lt(error, best);
            best = hn::IfThenElse(better, error, best);
            where = hn::IfThenElse(hn::RebindMask(di, better), position, where);
            position = hn::Add(position, advance);
        }
        if (list.size() > 1) {
            const auto least = hn::MinOfLanes(d, best);
            const auto atLeast = hn::RebindMask(di, hn::Eq(best, least));
            where = hn::MinOfLanes(di, hn::IfThenElse(atLeast, where, hn::Set(di, std::numeric_limits<std::int32_t>::max())));
        }
        return static_cast<std::size_t>(hn::GetLane(where));
    }

private:
    std::size_t NearestOneByOne(std::span<const std::uint16_t> list) const
    {
        float best = FLT_MAX;
        std::size_t where = 0;
        for (std::size_t i = 0; i < list.size(); ++i) {
            float error = 0;
            for (std::size_t k = 0; k < Dims; ++k) error += m_table[k][(list[i] >> (kBits * k)) & static_cast<unsigned>(kMask)];
            if (error < best) {
                best = error;
                where = i;
            }
        }
        return where;
    }

    HWY_INLINE FloatVec Lookup(std::size_t k, IntVec packed) const
    {
        const auto level = hn::And(packed, hn::Set(di, kMask));
        if (Levels == 8 && hn::Lanes(d) < 8) {
            const auto index = hn::IndicesFromVec(d, hn::And(level, hn::Set(di, 3)));
            const auto upper = hn::RebindMask(d, hn::Gt(level, hn::Set(di, 3)));
            return hn::IfThenElse(upper, hn::TableLookupLanes(hn::LoadU(d, m_table[k] + 4), index),
                                  hn::TableLookupLanes(hn::Load(d, m_table[k]), index));
        }
        return hn::TableLookupLanes(hn::Load(d, m_table[k]), hn::IndicesFromVec(d, level));
    }

    HWY_ALIGN float m_table[Dims][16];
};

}  // namespace HWY_NAMESPACE
}  // namespace ww
HWY_AFTER_NAMESPACE();

#endif
