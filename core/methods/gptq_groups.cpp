// SPDX-License-Identifier: MIT
#include "methods/gptq_groups.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/aligned_buffer.h"
#include "methods/gptq_rounding.h"

namespace ww {
namespace {

/// Rows side by side. Always as many are computed, so that every product has the same shape and a row the same result.
constexpr std::size_t kLanes = kGptqRows;

/// Columns between two matrix products where groups do not say.
constexpr std::size_t kStep = 128;

class Slab {
public:
    explicit Slab(const GptqFactor& factor) : m_factor(factor), m_n(factor.columns), m_w(m_n * kLanes), m_delta(m_n * kLanes), m_work(m_n * kLanes) {}

    void load(const float* rows, std::size_t count)
    {
        for (std::size_t k = 0; k < m_n; ++k)
            for (std::size_t r = 0; r < kLanes; ++r) m_w[k * kLanes + r] = r < count ? rows[r * m_n + m_factor.order[k]] : 0;
    }

    void store(float* rows, std::size_t count) const
    {
        for (std::size_t k = 0; k < m_n; ++k)
            for (std::size_t r = 0; r < count; ++r) rows[r * m_n + m_factor.order[k]] = m_w[k * kLanes + r] - m_delta[k * kLanes + r];
    }

    /// levels: of `count` rows.
    void roundToLevels(std::size_t groupColumns, std::span<const UniformLevels> levels, std::size_t count)
    {
        const std::size_t groups = (m_n + groupColumns - 1) / groupColumns;
        for (std::size_t first = 0; first < m_n; first += kStep) {
            const std::size_t columns = std::min(kStep, m_n - first);
            roundColumns(first, columns, [&](std::size_t k, std::size_t r, float target) {
                return r < count ? levels[r * groups + m_factor.order[k] / groupColumns].nearest(target) : 0.0F;
            });
        }
    }

    void roundGroup(std::size_t first, const RoundingGroup& group)
    {
        // First every column as it would be without rounding, for the scale: each moves by what those before it moved.
        std::array<float, kLanes> most{};
        roundColumns(first, group.columns, [&](std::size_t, std::size_t r, float target) {
            most[r] = std::max(most[r], std::fabs(target));
            return target;
        });
        const auto top = static_cast<float>((1 << (group.bits - 1)) - 1);
        std::array<UniformLevels, kLanes> levels;
        for (std::size_t r = 0; r < kLanes; ++r) {
            const float scale = group.clip * most[r] / top;
            levels[r] = {std::isnormal(scale) ? scale : 0, 0, -top, top};
        }
        roundColumns(first, group.columns, [&](std::size_t, std::size_t r, float target) { return levels[r].nearest(target); });
    }

private:
    /// Gives columns first … their values; `value` makes them from position, lane and target.
    template <class Value>
    void roundColumns(std::size_t first, std::size_t count, const Value& value)
    {
        roundPositions(m_factor, first, count, m_delta.data(), m_work.data(), [&](std::size_t position, const float* added, float* delta) {
            const float* w = m_w.data() + position * kLanes;
            for (std::size_t r = 0; r < kLanes; ++r) delta[r] = w[r] - value(position, r, w[r] + added[r]);
        });
    }

    const GptqFactor& m_factor;
    std::size_t m_n;
    AlignedBuffer<float> m_w;      // [position in the order][lane]
    AlignedBuffer<float> m_delta;  // W − Ŵ
    AlignedBuffer<float> m_work;   // what errors add to the columns at hand
};

template <class Round>
void forEachSlab(std::span<float> rows, const GptqFactor& factor, const Round& round)
{
    Slab slab(factor);
    const std::size_t rowCount = factor.columns == 0 ? 0 : rows.size() / factor.columns;
    for (std::size_t first = 0; first < rowCount; first += kLanes) {
        const std::size_t count = std::min(kLanes, rowCount - first);
        slab.load(rows.data() + first * factor.columns, count);
        round(slab, first, count);
        slab.store(rows.data() + first * factor.columns, count);
    }
}

}  // namespace

void gptqRoundToLevels(std::span<float> rows, const GptqFactor& factor, std::size_t groupColumns, std::span<const UniformLevels> levels)
{
    const std::size_t groups = (factor.columns + groupColumns - 1) / groupColumns;
    forEachSlab(rows, factor, [&](Slab& slab, std::size_t first, std::size_t count) {
        slab.roundToLevels(groupColumns, levels.subspan(first * groups, count * groups), count);
    });
}

void gptqRoundGroups(std::span<float> rows, const GptqFactor& factor, std::span<const RoundingGroup> groups)
{
    forEachSlab(rows, factor, [&](Slab& slab, std::size_t, std::size_t) {
        std::size_t first = 0;
        for (const RoundingGroup& group : groups) {
            slab.roundGroup(first, group);
            first += group.columns;
        }
    });
}

}  // namespace ww
