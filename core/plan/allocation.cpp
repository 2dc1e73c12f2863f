// SPDX-License-Identifier: MIT
#include "plan/allocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "plan/preset_rules.h"

namespace ww {
namespace {

/// A damage that is asked for is often the sum of one that was computed, in another order.
constexpr double kRounding = 1e-12;

Error about(const AllocationTensor& tensor, std::string message)
{
    return {ErrorCode::InvalidArgument, std::move(message), {}, tensor.name, {}};
}

/// Indices of the candidates that pin, minimum and allowed formats leave.
Result<std::vector<std::uint32_t>> usableCandidates(const AllocationTensor& tensor, std::span<const TensorType> allowed)
{
    constexpr double kLargestBytes = 0x1p53;  // sums of bytes are exact in double
    std::vector<std::uint32_t> usable;
    for (std::uint32_t i = 0; i < tensor.candidates.size(); ++i) {
        const auto& candidate = tensor.candidates[i];
        if (!std::isfinite(candidate.cost) || candidate.cost < 0)
            return fail(about(tensor, fmt::format("The predicted damage of {} is not a number; measure the sensitivity again.",
                                                  name(candidate.format))));
        if (static_cast<double>(candidate.bytes) > kLargestBytes) return fail(about(tensor, "The tensor is too large."));
        const bool isAllowed = tensor.pin ? candidate.format == *tensor.pin
                                          : allowed.empty() || std::ranges::find(allowed, candidate.format) != allowed.end();
        const bool isEnough =
            tensor.pin || !tensor.minimum || traits(candidate.format).bitsPerWeight() >= traits(*tensor.minimum).bitsPerWeight();
        if (isAllowed && isEnough) usable.push_back(i);
    }
    if (!usable.empty()) return usable;
    if (tensor.pin)
        return fail(about(tensor, fmt::format("The tensor is pinned to {}, but its rows do not fit or nothing is known about it.",
                                              name(*tensor.pin))));
    if (tensor.minimum)
        return fail(about(
            tensor, fmt::format("No allowed format has at least the bits of {}; allow a larger one.", name(*tensor.minimum))));
    return fail(about(tensor, "None of the allowed formats fits the tensor; allow another one, for example F16."));
}

}  // namespace

Allocator::Allocator(std::vector<Item> items, MultipleChoice choice, std::size_t tensorCount)
    : m_items(std::move(items)), m_choice(std::move(choice)), m_tensorCount(tensorCount)
{
    m_curve.reserve(m_choice.curve().size());
    for (const ChoicePoint& point : m_choice.curve()) m_curve.push_back({static_cast<std::uint64_t>(point.weight), point.value});
}

Result<Allocator> Allocator::create(std::vector<AllocationTensor> tensors, std::span<const TensorType> allowed)
{
    std::vector<Item> items;
    std::vector<std::vector<ChoicePoint>> points;
    std::unordered_map<std::uint32_t, std::size_t> itemOfGroup;
    std::vector<std::vector<TensorType>> formats;  // per item, of each point
    for (std::uint32_t t = 0; t < tensors.size(); ++t) {
        const AllocationTensor& tensor = tensors[t];
        WW_TRY(const auto usable, usableCandidates(tensor, allowed));
        const bool first = tensor.group == 0 || itemOfGroup.try_emplace(tensor.group, items.size()).second;
        if (first) {
            Item item{{t}, {}};
            std::vector<ChoicePoint> own;
            std::vector<TensorType> ownFormats;
            for (const std::uint32_t c : usable) {
                item.candidates.push_back({c});
                own.push_back({static_cast<double>(tensor.candidates[c].bytes), tensor.candidates[c].cost});
                ownFormats.push_back(tensor.candidates[c].format);
            }
            items.push_back(std::move(item));
            points.push_back(std::move(own));
            formats.push_back(std::move(ownFormats));
            continue;
        }
        // Another member of a group: each point takes this tensor's best candidate of its format; points without one go.
        const std::size_t g = itemOfGroup.at(tensor.group);
        Item& item = items[g];
        item.tensors.push_back(t);
        std::size_t kept = 0;
        for (std::size_t p = 0; p < item.candidates.size(); ++p) {
            std::optional<std::uint32_t> mine;
            for (const std::uint32_t c : usable)
                if (tensor.candidates[c].format == formats[g][p] &&
                    (!mine || tensor.candidates[c].cost < tensor.candidates[*mine].cost))
                    mine = c;
            if (!mine) continue;
            auto members = std::move(item.candidates[p]);
            members.push_back(*mine);
            const ChoicePoint sum = {points[g][p].weight + static_cast<double>(tensor.candidates[*mine].bytes),
                                     points[g][p].value + tensor.candidates[*mine].cost};
            item.candidates[kept] = std::move(members);
            points[g][kept] = sum;
            formats[g][kept] = formats[g][p];
            ++kept;
        }
        item.candidates.resize(kept);
        points[g].resize(kept);
        formats[g].resize(kept);
        if (kept == 0)
            return fail(about(tensor, "The tensors of a group have no format in common; change a pin, a minimum or the group."));
    }
    MultipleChoice choice(std::move(points));
    return Allocator(std::move(items), std::move(choice), tensors.size());
}

Allocation Allocator::expand(const ChoiceSolution& solution) const
{
    Allocation allocation;
    allocation.choice.resize(m_tensorCount);
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const auto& members = m_items[i].candidates[solution.chosen[i]];
        for (std::size_t m = 0; m < members.size(); ++m) allocation.choice[m_items[i].tensors[m]] = members[m];
    }
    allocation.bytes = static_cast<std::uint64_t>(solution.weight);
    allocation.cost = solution.value;
    allocation.optimal = solution.optimal;
    return allocation;
}

Result<Allocation> Allocator::quick(std::uint64_t bytes) const
{
    const auto solution = m_choice.quick(static_cast<double>(bytes));
    if (!solution)
        return fail(ErrorCode::TooShort,
                    fmt::format("The smallest possible choice has {} bytes, more than the {} that are allowed; allow smaller "
                                "formats or a larger file.",
                                m_curve.front().bytes, bytes));
    return expand(*solution);
}

Result<Allocation> Allocator::best(std::uint64_t bytes) const
{
    WW_TRY(Allocation allocation, quick(bytes));
    if (const auto solution = m_choice.best(static_cast<double>(bytes))) allocation = expand(*solution);
    return allocation;
}

Result<Allocation> Allocator::quickForCost(double cost) const
{
    const double limit = cost * (1 + kRounding);
    if (!(m_curve.back().cost <= limit))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The best possible choice has a predicted damage of {:.4g}, more than {:.4g}; allow larger "
                                "formats or more damage.",
                                m_curve.back().cost, cost));
    const auto enough = std::ranges::partition_point(m_curve, [limit](const Point& p) { return p.cost > limit; });
    Allocation allocation = expand(m_choice.prefix(static_cast<std::size_t>(enough - m_curve.begin())));
    allocation.optimal = false;
    return allocation;
}

Result<Allocation> Allocator::bestForCost(double cost) const
{
    WW_TRY(Allocation allocation, quickForCost(cost));
    // The same problem with the roles of bytes and damage exchanged.
    std::vector<std::vector<ChoicePoint>> exchanged;
    exchanged.reserve(m_choice.itemCount());
    for (std::size_t i = 0; i < m_choice.itemCount(); ++i) {
        exchanged.push_back(m_choice.points(i));
        for (ChoicePoint& point : exchanged.back()) std::swap(point.weight, point.value);
    }
    const auto solution = MultipleChoice(std::move(exchanged)).best(cost * (1 + kRounding));
    if (!solution || static_cast<std::uint64_t>(solution->value) > allocation.bytes) return allocation;
    ChoiceSolution back = *solution;
    std::swap(back.weight, back.value);
    return expand(back);
}

double Allocator::lowerBound(std::uint64_t bytes) const
{
    return m_choice.lowerBound(static_cast<double>(bytes));
}

std::vector<std::uint32_t> Allocator::pointsOf(const Allocation& allocation) const
{
    std::vector<std::uint32_t> points(m_items.size(), 0);
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const Item& item = m_items[i];
        for (std::uint32_t p = 0; p < item.candidates.size(); ++p) {
            bool same = true;
            for (std::size_t m = 0; m < item.tensors.size() && same; ++m)
                same = allocation.choice[item.tensors[m]] == item.candidates[p][m];
            if (!same) continue;
            points[i] = p;
            break;
        }
    }
    return points;
}

std::vector<AllocationPrices> Allocator::prices(const Allocation& allocation) const
{
    std::vector<AllocationPrices> prices(m_tensorCount);
    const auto current = pointsOf(allocation);
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const auto& points = m_choice.points(i);
        const ChoicePoint& now = points[current[i]];
        const auto& hull = m_choice.hull(i);
        std::optional<std::uint32_t> up;
        std::optional<std::uint32_t> down;
        for (const std::uint32_t p : hull) {
            if (points[p].weight < now.weight && points[p].value > now.value) down = p;
            if (!up && points[p].weight > now.weight && points[p].value < now.value) up = p;
        }
        const auto step = [&](std::uint32_t p, std::size_t member) {
            return AllocationStep{m_items[i].candidates[p][member], static_cast<std::int64_t>(points[p].weight - now.weight),
                                  points[p].value - now.value};
        };
        for (std::size_t m = 0; m < m_items[i].tensors.size(); ++m) {
            AllocationPrices& of = prices[m_items[i].tensors[m]];
            if (up) of.up = step(*up, m);
            if (down) of.down = step(*down, m);
        }
    }
    return prices;
}

std::vector<TensorType> candidateFormats(const TensorInfo& tensor, std::span<const TensorType> allowed, bool haveImportance)
{
    std::vector<TensorType> formats;
    for (const TensorType wanted : allowed) {
        const auto fitting = fittingType(wanted, tensor.shape.columns());
        if (!fitting || (!haveImportance && needsImportance(tensor.name, *fitting, nullptr))) continue;
        if (std::ranges::find(formats, *fitting) == formats.end()) formats.push_back(*fitting);
    }
    std::ranges::stable_sort(formats, std::greater(), [](TensorType type) { return traits(type).bitsPerWeight(); });
    return formats;
}

}  // namespace ww
