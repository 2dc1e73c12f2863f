// SPDX-License-Identifier: MIT
// Codes, scales and factors of one block that make its weighted squared error small.
#pragma once

#include "methods/block_code.h"

namespace ww {

/// Looks for numbers of a block with a small Σ c·(w − ŵ)². Not safe to share between threads while `x` and `c` change; cheap to make.
class BlockSearch {
public:
    /// `x` (weights) and `c` (not negative) hold grid.block values and must outlive this, as must `grid`.
    BlockSearch(const GridTraits& grid, const float* x, const float* c) : m_grid(grid), m_x(x), m_c(c) {}

    /// Numbers found from the values alone: steps of every group from trials that let its extremes be cut, then factors for them.
    [[nodiscard]] BlockCode fit() const;

    /// Scales and offsets of every group anew for the factors of `code`: every scale of both signs in formats without offsets, what is
    /// near in the others.
    void searchGroups(BlockCode& code) const;

    /// Codes nearest to the values, then up to `passes` turns of neighbouring scales and offsets, factors in closed form and codes; none
    /// makes it worse. Returns the error.
    double refine(BlockCode& code, int passes) const;

private:
    /// value = step·number + low.
    struct Steps {
        float step = 0;
        float low = 0;
    };

    [[nodiscard]] const float* values(std::size_t group) const { return m_x + group * m_grid.group; }
    [[nodiscard]] const float* weights(std::size_t group) const { return m_c + group * m_grid.group; }

    [[nodiscard]] Steps fitGroup(std::size_t group, const float* c) const;
    double recode(BlockCode& code) const;
    double recodeGroup(BlockCode& code, std::size_t group) const;
    void improveGroup(BlockCode& code, std::size_t group, int reach) const;
    double improveFactors(BlockCode& code, double error) const;

    const GridTraits& m_grid;
    const float* m_x;
    const float* m_c;
};

}  // namespace ww
