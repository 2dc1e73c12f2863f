// SPDX-License-Identifier: MIT
// A code book as the choice of its entries needs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/iq_lattice_units.h"

namespace ww {

/// Magnitudes of all entries as lattice::finalists() reads them. Immutable once made.
struct LatticeBook {
    explicit LatticeBook(const LatticeTraits& traits);
    /// The one of this format, made when it is first asked for. Thread-safe.
    static const LatticeBook& of(const LatticeTraits& traits);

    std::size_t count;  ///< entries
    std::vector<float> table;
};

/// Signs of the target; where the format wants an even number of them, one is flipped where that costs least, weights[k]·|ŵ·target|.
[[nodiscard]] std::uint8_t latticeSigns(const LatticeTraits& traits, const LatticeUnit& unit, const float* target, const float* weights, float scale);

}  // namespace ww
