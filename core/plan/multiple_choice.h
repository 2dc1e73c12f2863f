// SPDX-License-Identifier: MIT
// The multiple-choice knapsack problem: take exactly one point of every item so that the sum of values is smallest while
// the sum of weights stays within a capacity. Budgets use it with weight = bytes and value = damage, and the other way
// round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ww {

/// Both finite and not negative. Whole numbers up to 2^53 (bytes) are summed exactly.
struct ChoicePoint {
    double weight = 0;
    double value = 0;
    bool operator==(const ChoicePoint&) const = default;
};

struct ChoiceSolution {
    std::vector<std::uint32_t> chosen;  ///< per item an index into its points
    double weight = 0;                  ///< sums over the items in order, always computed afresh
    double value = 0;
    bool optimal = false;  ///< proven: no choice within the capacity has a smaller value (beyond rounding)
};

/// The lower convex hulls of all items and their steps in order of decreasing gain per weight: every prefix of the steps is
/// the best choice of its own weight. Built once (n log n), then any capacity is one binary search. Immutable, thread-safe.
class MultipleChoice {
public:
    /// Every item has at least one point.
    explicit MultipleChoice(std::vector<std::vector<ChoicePoint>> items);

    /// Sums after each number of steps, from all lightest to all best: weights increase and values decrease strictly.
    [[nodiscard]] const std::vector<ChoicePoint>& curve() const { return m_curve; }
    [[nodiscard]] ChoiceSolution prefix(std::size_t steps) const;

    /// The longest prefix that fits, and further steps that still do. Empty when not even the lightest points fit.
    [[nodiscard]] std::optional<ChoiceSolution> quick(double capacity) const;
    /// The optimum (to 1e-5 of its value), by a dynamic programme over the few items and points that the bounds leave open. When
    /// more than `maxStates` partial choices stay open at once the most promising are kept, and `optimal` may be false; never worse
    /// than quick().
    [[nodiscard]] std::optional<ChoiceSolution> best(double capacity, std::size_t maxStates = std::size_t{1} << 16) const;
    /// No choice within the capacity has a value below this (linear relaxation). Infinite when nothing fits.
    [[nodiscard]] double lowerBound(double capacity) const;

    /// Points on the hull of an item, by increasing weight, as indices into its points.
    [[nodiscard]] const std::vector<std::uint32_t>& hull(std::size_t item) const { return m_hulls[item]; }
    [[nodiscard]] const std::vector<ChoicePoint>& points(std::size_t item) const { return m_items[item]; }
    [[nodiscard]] std::size_t itemCount() const { return m_items.size(); }

private:
    struct Step {
        double gain = 0;  ///< value saved per weight added
        std::uint32_t item = 0;
        std::uint32_t to = 0;  ///< position on the hull
    };
    [[nodiscard]] std::size_t prefixWithin(double capacity) const;
    [[nodiscard]] std::vector<std::uint32_t> positionsAfter(std::size_t steps) const;
    [[nodiscard]] ChoiceSolution solution(std::vector<std::uint32_t> chosen) const;
    /// What the step to a position adds in weight and saves in value.
    [[nodiscard]] double added(std::uint32_t item, std::uint32_t to) const;
    [[nodiscard]] double saved(std::uint32_t item, std::uint32_t to) const;
    [[nodiscard]] const ChoicePoint& hullPoint(std::uint32_t item, std::uint32_t position) const;

    std::vector<std::vector<ChoicePoint>> m_items;
    std::vector<std::vector<std::uint32_t>> m_hulls;
    std::vector<Step> m_steps;
    std::vector<ChoicePoint> m_curve;
};

}  // namespace ww
