// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ww {

/// Counts of values in equal bins over [lower, upper]; the last bin includes upper, values outside are counted apart.
/// Mergeable when bounds and bin counts agree.
struct Histogram {
    double lower = 0;
    double upper = 0;
    std::vector<std::uint64_t> counts;
    std::uint64_t below = 0;
    std::uint64_t above = 0;

    Histogram() = default;
    Histogram(double lowerBound, double upperBound, std::size_t bins);
    void add(const float* values, std::size_t n);
    void merge(const Histogram& other);
    [[nodiscard]] double binWidth() const;
    [[nodiscard]] double binCenter(std::size_t bin) const;
    [[nodiscard]] std::uint64_t total() const;
};

/// Moments and extremes of the values of one tensor. Mergeable; double sums.
struct ValueStatistics {
    std::uint64_t count = 0;
    double minimum = 0;
    double maximum = 0;
    double sum = 0, sum2 = 0, sum3 = 0, sum4 = 0;
    std::uint64_t notFinite = 0;  ///< NaN and infinities; kept out of everything else
    void add(const float* values, std::size_t n);
    void merge(const ValueStatistics& other);
    [[nodiscard]] double mean() const;
    [[nodiscard]] double standardDeviation() const;
    [[nodiscard]] double excessKurtosis() const;  ///< 0 for a Gaussian
    [[nodiscard]] double absoluteMaximum() const;
};

}  // namespace ww
