// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww {

/// Difference between original weights w and their quantized values q. Mergeable: work split over threads in fixed
/// pieces gives the same numbers as work on one thread. Sums are double.
class TensorError {
public:
    /// Adds n pairs (by BLAS in single-precision products, double sums).
    void add(const float* original, const float* quantized, std::size_t n);
    void merge(const TensorError& other);

    [[nodiscard]] std::uint64_t count() const { return m_count; }
    [[nodiscard]] double rmse() const;           ///< sqrt(Σ(w−q)² / n)
    [[nodiscard]] double relativeError() const;  ///< ‖w−q‖_F / ‖w‖_F; 0 when both are 0
    [[nodiscard]] double cosine() const;         ///< Σwq / (‖w‖‖q‖); 1 when both are 0
    [[nodiscard]] double maxError() const { return m_max; }   ///< max |w−q|
    [[nodiscard]] double sqnrDb() const;         ///< 10·log10(Σw² / Σ(w−q)²), +inf for no error

private:
    std::uint64_t m_count = 0;
    double m_sumError2 = 0;
    double m_sumOriginal2 = 0;
    double m_sumQuantized2 = 0;
    double m_sumProduct = 0;
    double m_max = 0;
};

}  // namespace ww
