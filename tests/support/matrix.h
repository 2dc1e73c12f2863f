// SPDX-License-Identifier: MIT
// Small dense matrices in double precision, row by row, for tests that compute a method as its paper writes it.
#pragma once

#include <vector>

namespace ww::test {

using Matrix = std::vector<std::vector<double>>;

/// C with A = C·Cᵀ; A symmetric and positive definite.
Matrix lowerCholesky(Matrix a);
/// Of a symmetric positive definite matrix.
Matrix inverseOf(const Matrix& a);

}  // namespace ww::test
