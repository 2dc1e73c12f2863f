// SPDX-License-Identifier: MIT
// The working set of GPTQ: rows turned so that a column of all of them lies together, one row per lane.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "methods/gptq.h"
#include "methods/grid.h"

namespace ww {

/// Up to kGptqRows rows. Always as many lanes are computed, filled up with zeros, so that every product has the same shape and a
/// row the same result wherever it stands. Not thread-safe; one per thread.
class GptqSlab {
public:
    static constexpr std::size_t kLanes = kGptqRows;
    using Sums = std::array<double, kLanes>;

    /// Both are borrowed.
    GptqSlab(const GridTraits& grid, const GptqFactor& factor);

    /// Encoded rows: values as they were, scales from the blocks, and the error that the blocks make.
    void load(const float* rows, std::size_t count, const std::byte* blocks, std::size_t rowBytes, const float* decoded);

    /// New codes by GPTQ, with the scales as they are.
    void roundWithFeedback();
    /// One sweep of coordinate descent over scales (if `fit`) and codes; false if nothing changed.
    bool descend(bool fit);
    /// Per lane: trace(Δ(H+λ)Δᵀ) and, without the part of the damping, trace(ΔHΔᵀ).
    void errors(Sums& damped, Sums& plain);

    /// Codes and scales of one row.
    void store(std::size_t lane, std::byte* row);

private:
    /// Values that a descent over the columns of one group would give, and by how much the objective falls.
    struct Trial;

    bool fitBlock(std::size_t block, std::size_t first, std::size_t count);
    bool fitFactors(std::size_t group, std::size_t first, std::size_t count);
    bool descendColumn(std::size_t column, std::size_t first, std::size_t count);
    void tryFactors(std::size_t group, std::size_t first, Trial& trial) const;
    /// Scale, inverse and offset of a group from the numbers of its block and its factors.
    void renewGroup(std::size_t group, std::size_t lane);
    /// What the code of a column multiplies the scale with.
    [[nodiscard]] float numberOf(float code) const
    {
        return m_grid.levels ? static_cast<float>(m_grid.levels[static_cast<std::size_t>(code)]) : code - static_cast<float>(m_grid.zero);
    }
    [[nodiscard]] const float* damped(std::size_t column) const { return m_factor.damped.data() + column * m_n; }

    const GridTraits& m_grid;
    const GptqFactor& m_factor;
    std::size_t m_n;
    std::size_t m_groups;
    std::size_t m_blocks;
    std::size_t m_count = 0;
    AlignedBuffer<float> m_w;      // [column][lane]
    AlignedBuffer<float> m_delta;  // W − Ŵ
    AlignedBuffer<float> m_code;   // as floats
    AlignedBuffer<float> m_scale;  // [group][lane]
    AlignedBuffer<float> m_inverse;
    AlignedBuffer<float> m_offset;
    std::vector<GroupScale> m_numbers;    // [block][lane]
    std::vector<GroupFactors> m_factors;  // [group][lane]
    AlignedBuffer<float> m_work;          // targets or gradients of a step
    AlignedBuffer<float> m_ordered;       // Δ in rounding order; later what fits need
};

}  // namespace ww
