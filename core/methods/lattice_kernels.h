// SPDX-License-Identifier: MIT
// The inner loops of lattice_descent.cpp by vector instructions, chosen for the processor at run time. Products are not fused with
// sums, so that every processor gives the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ww::lattice {

/// Entries that are compared closely.
inline constexpr std::size_t kFinalists = 4;

/// Entries that stand together in a table.
inline constexpr std::size_t kTableEntries = 64;

/// The entries e with the least Σ_k (a[k]·m(e, k) − b[k])·m(e, k), k < group ≤ 8, best first; of equal ones the first. `table` holds, for each
/// kTableEntries entries and each k, their m. `count` is a multiple of kTableEntries.
std::array<std::uint16_t, kFinalists> finalists(const float* table, std::size_t group, std::size_t count, const float* a, const float* b);

/// y[i] -= Σ_k step[k]·h[k·stride + i] for i < length, a multiple of 64, and k < count; in the order of k.
void subtractProducts(float* y, std::size_t length, const float* h, std::size_t stride, const float* step, std::size_t count);

}  // namespace ww::lattice
