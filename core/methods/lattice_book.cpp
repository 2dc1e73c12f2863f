// SPDX-License-Identifier: MIT
#include "methods/lattice_book.h"

#include <bit>
#include <cmath>

#include "methods/lattice_kernels.h"

namespace ww {

LatticeBook::LatticeBook(const LatticeTraits& traits)
    : count(IqGrid::get(traits.book).entryCount()), table(traits.group * count)
{
    const IqGrid& grid = IqGrid::get(traits.book);
    for (std::size_t k = 0; k < traits.group; ++k)
        for (std::size_t e = 0; e < count; ++e) {
            const float m = traits.magnitudes[grid.levels(e)[k]];
            table[(e / lattice::kTableEntries * traits.group + k) * lattice::kTableEntries + e % lattice::kTableEntries] = m;
        }
}

const LatticeBook& LatticeBook::of(const LatticeTraits& traits)
{
    static const LatticeBook kBooks[] = {LatticeBook(*latticeTraits(TensorType::IQ2_XXS)), LatticeBook(*latticeTraits(TensorType::IQ2_XS)),
                                         LatticeBook(*latticeTraits(TensorType::IQ2_S)), LatticeBook(*latticeTraits(TensorType::IQ3_XXS)),
                                         LatticeBook(*latticeTraits(TensorType::IQ3_S))};
    switch (traits.type) {
    case TensorType::IQ2_XXS: return kBooks[0];
    case TensorType::IQ2_XS: return kBooks[1];
    case TensorType::IQ2_S: return kBooks[2];
    case TensorType::IQ3_XXS: return kBooks[3];
    default: return kBooks[4];
    }
}

std::uint8_t latticeSigns(const LatticeTraits& traits, const LatticeUnit& unit, const float* target, const float* weights, float scale)
{
    unsigned signs = 0;
    for (std::size_t k = 0; k < kLatticeUnit; ++k) signs |= target[k] < 0 ? 1U << k : 0U;
    if (!traits.parity || std::popcount(signs) % 2 == 0) return static_cast<std::uint8_t>(signs);
    const IqGrid& grid = IqGrid::get(traits.book);
    std::size_t cheapest = 0;
    float least = INFINITY;
    for (std::size_t k = 0; k < kLatticeUnit; ++k) {
        const float m = scale * traits.magnitudes[grid.levels(unit.entry[k / traits.group])[k % traits.group]];
        const float cost = weights[k] * m * std::fabs(target[k]);
        if (!(cost < least)) continue;
        least = cost;
        cheapest = k;
    }
    return static_cast<std::uint8_t>(signs ^ (1U << cheapest));
}

}  // namespace ww
