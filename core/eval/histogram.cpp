// SPDX-License-Identifier: MIT
#include "eval/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ww {

Histogram::Histogram(double lowerBound, double upperBound, std::size_t bins) : lower(lowerBound), upper(upperBound), counts(bins, 0)
{
}

void Histogram::add(const float* values, std::size_t n)
{
    if (counts.empty()) return;
    const auto bins = static_cast<double>(counts.size());
    const double perUnit = upper > lower ? bins / (upper - lower) : 0.0;
    const std::size_t last = counts.size() - 1;
    for (std::size_t i = 0; i < n; ++i) {
        const double v = values[i];
        if (v < lower)
            ++below;
        else if (v > upper)
            ++above;
        else if (!std::isnan(v))
            ++counts[std::min(static_cast<std::size_t>((v - lower) * perUnit), last)];
    }
}

void Histogram::merge(const Histogram& other)
{
    const std::size_t bins = std::min(counts.size(), other.counts.size());
    for (std::size_t i = 0; i < bins; ++i) counts[i] += other.counts[i];
    below += other.below;
    above += other.above;
}

double Histogram::binWidth() const
{
    return counts.empty() ? 0.0 : (upper - lower) / static_cast<double>(counts.size());
}

double Histogram::binCenter(std::size_t bin) const
{
    return lower + (static_cast<double>(bin) + 0.5) * binWidth();
}

std::uint64_t Histogram::total() const
{
    return std::accumulate(counts.begin(), counts.end(), below + above);
}

void ValueStatistics::add(const float* values, std::size_t n)
{
    // Independent sums per lane: the order of additions is fixed, and the compiler can use vectors.
    constexpr std::size_t kLanes = 8;
    std::array<double, kLanes> s1{}, s2{}, s3{}, s4{};
    double lowest = count != 0 ? minimum : INFINITY;
    double highest = count != 0 ? maximum : -INFINITY;
    std::uint64_t skipped = 0;
    for (std::size_t i = 0; i < n; i += kLanes) {
        const std::size_t lanes = std::min(kLanes, n - i);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const double v = values[i + lane];
            if (!std::isfinite(v)) {
                ++skipped;
                continue;
            }
            lowest = std::min(lowest, v);
            highest = std::max(highest, v);
            const double square = v * v;
            s1[lane] += v;
            s2[lane] += square;
            s3[lane] += square * v;
            s4[lane] += square * square;
        }
    }
    notFinite += skipped;
    count += n - skipped;
    if (count == 0) return;
    minimum = lowest;
    maximum = highest;
    sum += std::accumulate(s1.begin(), s1.end(), 0.0);
    sum2 += std::accumulate(s2.begin(), s2.end(), 0.0);
    sum3 += std::accumulate(s3.begin(), s3.end(), 0.0);
    sum4 += std::accumulate(s4.begin(), s4.end(), 0.0);
}

void ValueStatistics::merge(const ValueStatistics& other)
{
    notFinite += other.notFinite;
    if (other.count == 0) return;
    minimum = count == 0 ? other.minimum : std::min(minimum, other.minimum);
    maximum = count == 0 ? other.maximum : std::max(maximum, other.maximum);
    count += other.count;
    sum += other.sum;
    sum2 += other.sum2;
    sum3 += other.sum3;
    sum4 += other.sum4;
}

double ValueStatistics::mean() const
{
    return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

double ValueStatistics::standardDeviation() const
{
    if (count == 0) return 0.0;
    const double m = mean();
    return std::sqrt(std::max(0.0, sum2 / static_cast<double>(count) - m * m));
}

double ValueStatistics::excessKurtosis() const
{
    if (count == 0) return 0.0;
    const auto n = static_cast<double>(count);
    const double m = mean();
    const double variance = sum2 / n - m * m;
    // All values equal, up to the rounding of the sums.
    if (variance <= 1e-14 * (sum2 / n)) return 0.0;
    const double fourth = sum4 / n - 4 * m * (sum3 / n) + 6 * m * m * (sum2 / n) - 3 * m * m * m * m;
    return fourth / (variance * variance) - 3.0;
}

double ValueStatistics::absoluteMaximum() const
{
    return std::max(std::fabs(minimum), std::fabs(maximum));
}

}  // namespace ww
