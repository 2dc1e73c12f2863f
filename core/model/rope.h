// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/architecture.h"

namespace ww {

/// Cosines and sines of one RoPE setting for positions 0 … positions−1, the magnitude factor multiplied in.
/// Row t holds dimensions/2 values: the angles of the pairs at position t.
class RopeTable {
public:
    RopeTable() = default;
    /// `factors`: divisors of the angles, dimensions/2 values or none.
    RopeTable(const RopeSettings& settings, std::span<const float> factors, std::size_t positions);

    [[nodiscard]] std::size_t pairs() const { return m_pairs; }
    [[nodiscard]] const float* cosines(std::size_t position) const { return &m_cosines[position * m_pairs]; }
    [[nodiscard]] const float* sines(std::size_t position) const { return &m_sines[position * m_pairs]; }

private:
    std::size_t m_pairs = 0;
    std::vector<float> m_cosines;
    std::vector<float> m_sines;
};

}  // namespace ww
