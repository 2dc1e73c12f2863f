// SPDX-License-Identifier: MIT
// With a price λ per unit of weight every item on its own takes the point with the least value + λ·weight; the sum of these
// minima minus λ·capacity is a lower bound for any choice that fits (Lagrange). The reduced cost of a point is how much
// worse it is for its item at that price. A choice within the capacity has
//     value = bound + sum of reduced costs + λ·(capacity − weight),
// three terms that are not negative: to beat a known choice by more than nothing the last two together must stay below the gap
// between that choice and the bound. As the gap is tiny (a fraction of one step), few points and few items stay open.
#include "plan/multiple_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ww {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Improvements by less than this part are not searched for.
constexpr double kTolerance = 1e-5;

/// Lower convex hull by increasing weight; points on its edges are kept, as they make finer steps.
std::vector<std::uint32_t> lowerHull(const std::vector<ChoicePoint>& points)
{
    std::vector<std::uint32_t> order(points.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&points](std::uint32_t a, std::uint32_t b) {
        if (points[a].weight != points[b].weight) return points[a].weight < points[b].weight;
        return points[a].value != points[b].value ? points[a].value < points[b].value : a < b;
    });
    std::vector<std::uint32_t> hull;
    for (const std::uint32_t next : order) {
        const ChoicePoint& p = points[next];
        if (!hull.empty() && p.value >= points[hull.back()].value) continue;  // heavier and no better
        while (hull.size() >= 2) {
            const ChoicePoint& a = points[hull[hull.size() - 2]];
            const ChoicePoint& b = points[hull.back()];
            // Is b above the line from a to p? Then it is never the best at any price.
            if ((a.value - b.value) * (p.weight - b.weight) >= (b.value - p.value) * (b.weight - a.weight)) break;
            hull.pop_back();
        }
        hull.push_back(next);
    }
    return hull;
}

// ---------------------------------------------------------------------------------------------------------------------

/// The part of the problem that bounds leave open.
struct OpenPoint {
    double weight = 0;
    double value = 0;
    double reduced = 0;  ///< reduced cost
    std::uint32_t index = 0;
};
struct OpenItem {
    std::uint32_t item = 0;
    std::vector<OpenPoint> points;  ///< the first has reduced cost 0
    double lightest = 0;
    double heaviest = 0;
};

/// A partial choice over the open items so far.
struct State {
    double weight = 0;
    double value = 0;
    double reduced = 0;
    std::uint32_t parent = 0;
    std::uint32_t point = 0;
};

/// Dynamic programme over the open items: after each item the Pareto front of partial choices by weight and value.
class OpenProblem {
public:
    OpenProblem(std::vector<OpenItem> items, double weight, double value, double price, double capacity, double gap,
                double bestValue)
        : m_items(std::move(items)), m_price(price), m_capacity(capacity), m_gap(gap), m_bound(bestValue - gap),
          m_bestValue(bestValue)
    {
        // Items that move the weight most come first, so that the bounds on what the others can still do become tight early.
        std::ranges::stable_sort(m_items, std::greater(), [](const OpenItem& i) { return i.heaviest - i.lightest; });
        m_rest.resize(m_items.size() + 1);
        for (std::size_t i = m_items.size(); i-- > 0;) {
            m_rest[i].lightest = m_rest[i + 1].lightest + m_items[i].lightest;
            m_rest[i].heaviest = m_rest[i + 1].heaviest + m_items[i].heaviest;
            m_rest[i].weight = m_rest[i + 1].weight + m_items[i].points.front().weight;
            m_rest[i].value = m_rest[i + 1].value + m_items[i].points.front().value;
        }
        m_front = {State{weight, value, 0, 0, 0}};
    }

    void run(std::size_t maxStates)
    {
        // The traces of all fronts are kept until the end.
        constexpr std::size_t kMaxTraces = std::size_t{1} << 24;
        maxStates = std::max<std::size_t>(1, std::min(maxStates, kMaxTraces / std::max<std::size_t>(1, m_items.size())));
        complete(0);
        for (std::size_t i = 0; i < m_items.size() && !m_front.empty(); ++i) {
            advance(i);
            if (m_front.size() > maxStates) {
                thin(maxStates);
                m_exact = false;
            }
            complete(i + 1);
            remember();
        }
    }

    [[nodiscard]] bool exact() const { return m_exact; }
    [[nodiscard]] bool improved() const { return m_bestLayer.has_value(); }

    /// Writes the best choice for the open items.
    void apply(std::vector<std::uint32_t>& chosen) const
    {
        for (const OpenItem& item : m_items) chosen[item.item] = item.points.front().index;
        std::uint32_t state = m_bestState;
        for (std::size_t layer = *m_bestLayer; layer-- > 0;) {
            const Trace& trace = m_traces[layer][state];
            chosen[m_items[layer].item] = m_items[layer].points[trace.point].index;
            state = trace.parent;
        }
    }

private:
    struct Rest {
        double lightest = 0, heaviest = 0;
        double weight = 0, value = 0;  ///< when all remaining items take the point with reduced cost 0
    };
    struct Trace {
        std::uint32_t parent;
        std::uint32_t point;
    };

    [[nodiscard]] bool hopeless(const State& s, const Rest& rest) const
    {
        if (s.weight + rest.lightest > m_capacity) return true;
        const double unused = std::max(0.0, m_capacity - (s.weight + rest.heaviest));
        return s.reduced + m_price * unused >= m_gap;
    }

    void advance(std::size_t i)
    {
        const auto& points = m_items[i].points;
        const Rest& rest = m_rest[i + 1];
        std::vector<State> next;
        std::vector<std::size_t> heads(points.size(), 0);
        // Fronts shifted by each point, merged by increasing weight.
        while (true) {
            std::size_t from = points.size();
            for (std::size_t p = 0; p < points.size(); ++p)
                if (heads[p] < m_front.size() && (from == points.size() || m_front[heads[p]].weight + points[p].weight <
                                                                               m_front[heads[from]].weight + points[from].weight))
                    from = p;
            if (from == points.size()) break;
            const State& old = m_front[heads[from]];
            const State s{old.weight + points[from].weight, old.value + points[from].value, old.reduced + points[from].reduced,
                          static_cast<std::uint32_t>(heads[from]), static_cast<std::uint32_t>(from)};
            ++heads[from];
            if (hopeless(s, rest) || (!next.empty() && s.value >= next.back().value)) continue;
            if (!next.empty() && next.back().weight == s.weight) next.pop_back();
            next.push_back(s);
        }
        m_front = std::move(next);
    }

    /// Takes a partial choice with the cheapest rest as a whole one, where that fits.
    void complete(std::size_t layer)
    {
        const Rest& rest = m_rest[layer];
        for (std::size_t s = 0; s < m_front.size(); ++s) {
            const double value = m_front[s].value + rest.value;
            if (m_front[s].weight + rest.weight > m_capacity || value >= m_bestValue) continue;
            m_bestValue = value;
            m_gap = value - m_bound - kTolerance * value;
            m_bestLayer = layer;
            m_bestState = static_cast<std::uint32_t>(s);
        }
    }

    void thin(std::size_t maxStates)
    {
        std::vector<double> reduced;
        reduced.reserve(m_front.size());
        for (const State& s : m_front) reduced.push_back(s.reduced);
        const auto limit = reduced.begin() + static_cast<std::ptrdiff_t>(maxStates);
        std::ranges::nth_element(reduced, limit);
        std::erase_if(m_front, [limit](const State& s) { return s.reduced >= *limit; });
    }

    void remember()
    {
        std::vector<Trace> traces;
        traces.reserve(m_front.size());
        for (const State& s : m_front) traces.push_back({s.parent, s.point});
        m_traces.push_back(std::move(traces));
    }

    std::vector<OpenItem> m_items;
    std::vector<Rest> m_rest;
    std::vector<State> m_front;
    std::vector<std::vector<Trace>> m_traces;
    double m_price;
    double m_capacity;
    double m_gap;
    double m_bound;
    double m_bestValue;
    std::optional<std::size_t> m_bestLayer;
    std::uint32_t m_bestState = 0;
    bool m_exact = true;
};

}  // namespace

MultipleChoice::MultipleChoice(std::vector<std::vector<ChoicePoint>> items) : m_items(std::move(items))
{
    m_hulls.reserve(m_items.size());
    double lightest = 0;
    double best = 0;
    for (std::uint32_t i = 0; i < m_items.size(); ++i) {
        m_hulls.push_back(lowerHull(m_items[i]));
        const auto positions = static_cast<std::uint32_t>(m_hulls[i].size());
        lightest += hullPoint(i, 0).weight;
        best += hullPoint(i, positions - 1).value;
        double gain = kInfinity;
        for (std::uint32_t to = 1; to < positions; ++to) {
            // The gains within an item do not increase; rounding must not put its steps out of order.
            gain = std::min(gain, saved(i, to) / added(i, to));
            m_steps.push_back({gain, i, to});
        }
    }
    std::ranges::sort(m_steps, [](const Step& a, const Step& b) {
        if (a.gain != b.gain) return a.gain > b.gain;
        return a.item != b.item ? a.item < b.item : a.to < b.to;
    });
    // Values fall by orders of magnitude along the curve: summed from the small end, rounding stays relative.
    m_curve.resize(m_steps.size() + 1);
    m_curve.front().weight = lightest;
    for (std::size_t s = 0; s < m_steps.size(); ++s)
        m_curve[s + 1].weight = m_curve[s].weight + added(m_steps[s].item, m_steps[s].to);
    m_curve.back().value = best;
    for (std::size_t s = m_steps.size(); s-- > 0;) m_curve[s].value = m_curve[s + 1].value + saved(m_steps[s].item, m_steps[s].to);
}

double MultipleChoice::added(std::uint32_t item, std::uint32_t to) const
{
    return hullPoint(item, to).weight - hullPoint(item, to - 1).weight;
}

double MultipleChoice::saved(std::uint32_t item, std::uint32_t to) const
{
    return hullPoint(item, to - 1).value - hullPoint(item, to).value;
}

const ChoicePoint& MultipleChoice::hullPoint(std::uint32_t item, std::uint32_t position) const
{
    return m_items[item][m_hulls[item][position]];
}

std::size_t MultipleChoice::prefixWithin(double capacity) const
{
    const auto beyond = std::ranges::upper_bound(m_curve, capacity, {}, &ChoicePoint::weight);
    return static_cast<std::size_t>(beyond - m_curve.begin()) - 1;  // the caller knows that the first fits
}

std::vector<std::uint32_t> MultipleChoice::positionsAfter(std::size_t steps) const
{
    std::vector<std::uint32_t> positions(m_items.size(), 0);
    for (std::size_t s = 0; s < steps; ++s) positions[m_steps[s].item] = m_steps[s].to;
    return positions;
}

ChoiceSolution MultipleChoice::solution(std::vector<std::uint32_t> chosen) const
{
    ChoiceSolution result;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        result.weight += m_items[i][chosen[i]].weight;
        result.value += m_items[i][chosen[i]].value;
    }
    result.chosen = std::move(chosen);
    return result;
}

ChoiceSolution MultipleChoice::prefix(std::size_t steps) const
{
    auto chosen = positionsAfter(std::min(steps, m_steps.size()));
    for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = m_hulls[i][chosen[i]];
    ChoiceSolution result = solution(std::move(chosen));
    result.optimal = true;  // for its own weight
    return result;
}

std::optional<ChoiceSolution> MultipleChoice::quick(double capacity) const
{
    if (!(m_curve.front().weight <= capacity)) return std::nullopt;
    const std::size_t steps = prefixWithin(capacity);
    auto positions = positionsAfter(steps);
    double weight = m_curve[steps].weight;
    std::vector<bool> stuck(m_items.size(), false);
    for (std::size_t s = steps; s < m_steps.size(); ++s) {
        const Step& step = m_steps[s];
        if (stuck[step.item]) continue;
        const double more = added(step.item, step.to);
        if (weight + more <= capacity) {
            weight += more;
            positions[step.item] = step.to;
        } else {
            stuck[step.item] = true;
        }
    }
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = m_hulls[i][positions[i]];
    ChoiceSolution result = solution(std::move(positions));
    // Only weights that are no whole numbers can disagree, by rounding.
    if (result.weight > capacity) result = prefix(steps > 0 ? steps - 1 : 0);
    result.optimal = steps == m_steps.size();
    return result;
}

double MultipleChoice::lowerBound(double capacity) const
{
    if (!(m_curve.front().weight <= capacity)) return kInfinity;
    const std::size_t steps = prefixWithin(capacity);
    if (steps == m_steps.size()) return m_curve.back().value;
    // Between two points of the curve, on the line that joins them; seen from the smaller value.
    const ChoicePoint& next = m_curve[steps + 1];
    return next.value + m_steps[steps].gain * (next.weight - capacity);
}

std::optional<ChoiceSolution> MultipleChoice::best(double capacity, std::size_t maxStates) const
{
    auto incumbent = quick(capacity);
    if (!incumbent || incumbent->optimal) return incumbent;
    const double price = m_steps[prefixWithin(capacity)].gain;

    const double gap = incumbent->value - lowerBound(capacity);
    if (gap <= kTolerance * incumbent->value) {
        incumbent->optimal = true;
        return incumbent;
    }

    // What the bounds leave open at that price.
    std::vector<std::uint32_t> cheapest(m_items.size());
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const auto cost = [&](std::uint32_t p) { return m_items[i][p].value + price * m_items[i][p].weight; };
        cheapest[i] = *std::ranges::min_element(m_hulls[i], {}, cost);
    }
    std::vector<OpenItem> open;
    double weight = 0;
    double value = 0;
    for (std::uint32_t i = 0; i < m_items.size(); ++i) {
        const ChoicePoint& least = m_items[i][cheapest[i]];
        OpenItem item{i, {{least.weight, least.value, 0, cheapest[i]}}, least.weight, least.weight};
        for (std::uint32_t p = 0; p < m_items[i].size(); ++p) {
            const ChoicePoint& point = m_items[i][p];
            const double reduced = std::max(0.0, (point.value - least.value) + price * (point.weight - least.weight));
            if (p == cheapest[i] || reduced >= gap - kTolerance * incumbent->value || point == least) continue;
            item.points.push_back({point.weight, point.value, reduced, p});
            item.lightest = std::min(item.lightest, point.weight);
            item.heaviest = std::max(item.heaviest, point.weight);
        }
        if (item.points.size() > 1) {
            open.push_back(std::move(item));
        } else {
            weight += least.weight;
            value += least.value;
        }
    }
    OpenProblem problem(std::move(open), weight, value, price, capacity, gap, incumbent->value);
    problem.run(maxStates);
    if (problem.improved()) {
        auto chosen = cheapest;
        problem.apply(chosen);
        ChoiceSolution better = solution(std::move(chosen));
        if (better.weight <= capacity && better.value < incumbent->value) *incumbent = std::move(better);
    }
    incumbent->optimal = problem.exact();
    return incumbent;
}

}  // namespace ww
