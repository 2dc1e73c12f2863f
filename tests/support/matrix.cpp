// SPDX-License-Identifier: MIT
#include "tests/support/matrix.h"

#include <cmath>
#include <cstddef>

namespace ww::test {

Matrix lowerCholesky(Matrix a)
{
    const std::size_t n = a.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = a[i][j];
            for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
            a[i][j] = i == j ? std::sqrt(sum) : sum / a[j][j];
        }
        for (std::size_t j = i + 1; j < n; ++j) a[i][j] = 0;
    }
    return a;
}

Matrix inverseOf(const Matrix& a)
{
    const std::size_t n = a.size();
    const Matrix c = lowerCholesky(a);
    Matrix inverse(n, std::vector<double>(n));
    for (std::size_t column = 0; column < n; ++column) {
        std::vector<double> y(n);
        for (std::size_t i = 0; i < n; ++i) {
            double sum = i == column ? 1 : 0;
            for (std::size_t k = 0; k < i; ++k) sum -= c[i][k] * y[k];
            y[i] = sum / c[i][i];
        }
        for (std::size_t i = n; i-- > 0;) {
            double sum = y[i];
            for (std::size_t k = i + 1; k < n; ++k) sum -= c[k][i] * inverse[k][column];
            inverse[i][column] = sum / c[i][i];
        }
    }
    return inverse;
}

}  // namespace ww::test
