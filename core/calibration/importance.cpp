// SPDX-License-Identifier: MIT
#include "calibration/importance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "model/tensor_role.h"

namespace ww {
namespace {

auto position(const std::vector<ImportanceEntry>& entries, std::string_view name)
{
    return std::ranges::lower_bound(entries, name, {}, [](const ImportanceEntry& e) { return std::string_view(e.tensor); });
}

bool mergeable(const ImportanceEntry& a, const ImportanceEntry& b)
{
    return !a.counts.empty() && !b.counts.empty() && a.sums.size() == b.sums.size() &&
           (a.counts.size() == b.counts.size() || a.counts.size() == 1 || b.counts.size() == 1);
}

void addTo(ImportanceEntry& into, const ImportanceEntry& other)
{
    constexpr float kLargest = std::numeric_limits<float>::max();
    for (std::size_t i = 0; i < into.sums.size(); ++i) into.sums[i] = std::min(into.sums[i] + other.sums[i], kLargest);
    if (into.counts.size() < other.counts.size()) into.counts.assign(other.counts.size(), into.counts.front());
    for (std::size_t m = 0; m < into.counts.size(); ++m) into.counts[m] += other.counts[other.counts.size() == 1 ? 0 : m];
}

std::vector<float> allMeanSquares(const ImportanceEntry& entry)
{
    std::vector<float> values(entry.sums.size());
    entry.meanSquares(0, values);
    return values;
}

double cosine(std::span<const float> a, std::span<const float> b)
{
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += static_cast<double>(a[i]) * b[i];
        aa += static_cast<double>(a[i]) * a[i];
        bb += static_cast<double>(b[i]) * b[i];
    }
    return aa > 0 && bb > 0 ? ab / (std::sqrt(aa) * std::sqrt(bb)) : 0.0;
}

/// "blk.7.attn_q.weight" gives "blk.6.attn_q.weight".
std::optional<std::string> sameTensorOneBlockEarlier(const std::string& name)
{
    const auto block = identify(name).block;
    if (!block || *block == 0) return std::nullopt;
    const auto rest = name.find('.', std::string_view("blk.").size());
    return fmt::format("blk.{}{}", *block - 1, std::string_view(name).substr(rest));
}

ImportanceStatistics statisticsOf(const ImportanceEntry& entry, std::span<const float> values)
{
    ImportanceStatistics s;
    s.tensor = entry.tensor;
    s.values = values.size();
    if (!entry.counts.empty()) {
        const auto [low, high] = std::ranges::minmax(entry.counts);
        s.minimumCount = low;
        s.maximumCount = high;
        s.unreachedMatrices = static_cast<std::size_t>(std::ranges::count(entry.counts, std::uint64_t{0}));
    }
    if (values.empty()) return s;
    const auto count = static_cast<double>(values.size());
    s.minimum = std::numeric_limits<double>::infinity();
    for (const double v : values) {
        s.sum += v;
        s.minimum = std::min(s.minimum, v);
        s.maximum = std::max(s.maximum, v);
    }
    s.mean = s.sum / count;
    double squares = 0;
    for (const double v : values) squares += (v - s.mean) * (v - s.mean);
    s.standardDeviation = std::sqrt(squares / count);
    std::size_t outliers = 0;
    for (const double v : values) {
        if (std::abs(v - s.mean) > s.standardDeviation) ++outliers;
        if (v > 0) s.entropyBits -= v / s.sum * std::log2(v / s.sum);
    }
    if (s.standardDeviation > 0) s.outlierShare = static_cast<double>(outliers) / count;
    if (values.size() > 1) s.normalizedEntropy = s.entropyBits / std::log2(count);
    return s;
}

}  // namespace

void ImportanceEntry::meanSquares(std::size_t first, std::span<float> out) const
{
    const std::size_t perMatrix = columns();
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint64_t count = counts[(first + i) / perMatrix];
        out[i] = count == 0 ? 1.0F : sums[first + i] / static_cast<float>(count);
    }
}

const ImportanceEntry* ImportanceMatrix::find(std::string_view tensorName) const
{
    const auto it = position(entries, tensorName);
    return it != entries.end() && it->tensor == tensorName ? &*it : nullptr;
}

bool ImportanceMatrix::add(ImportanceEntry entry)
{
    const auto it = position(entries, entry.tensor);
    if (it != entries.end() && it->tensor == entry.tensor) return false;
    entries.insert(it, std::move(entry));
    return true;
}

bool fits(const ImportanceEntry& entry, const Shape& shape)
{
    return shape.ne[3] == 1 && entry.columns() > 0 && entry.sums.size() == shape.ne[0] * shape.ne[2];
}

Result<void> merge(ImportanceMatrix& into, const ImportanceMatrix& other)
{
    for (const auto& entry : other.entries) {
        const auto* mine = into.find(entry.tensor);
        if (mine && !mergeable(*mine, entry))
            return fail(
                Error{ErrorCode::InvalidArgument,
                      fmt::format(
                          "One importance matrix has {} values for this tensor and the other {}; they belong to different models.",
                          mine->sums.size(), entry.sums.size()),
                      other.path,
                      entry.tensor,
                      {}});
    }
    std::vector<ImportanceEntry> merged;
    merged.reserve(into.entries.size() + other.entries.size());
    auto a = into.entries.begin();
    auto b = other.entries.begin();
    while (a != into.entries.end() || b != other.entries.end()) {
        if (b == other.entries.end() || (a != into.entries.end() && a->tensor < b->tensor)) {
            merged.push_back(std::move(*a++));
        } else if (a == into.entries.end() || b->tensor < a->tensor) {
            merged.push_back(*b++);
        } else {
            addTo(*a, *b++);
            merged.push_back(std::move(*a++));
        }
    }
    into.entries = std::move(merged);
    into.chunkCount += std::min(other.chunkCount, std::numeric_limits<std::uint32_t>::max() - into.chunkCount);
    for (const auto& dataset : other.datasets)
        if (std::ranges::find(into.datasets, dataset) == into.datasets.end()) into.datasets.push_back(dataset);
    into.path.clear();
    return {};
}

std::vector<ImportanceStatistics> statistics(const ImportanceMatrix& matrix)
{
    std::vector<ImportanceStatistics> all;
    all.reserve(matrix.entries.size());
    for (const auto& entry : matrix.entries) {
        const auto values = allMeanSquares(entry);
        all.push_back(statisticsOf(entry, values));
        const auto earlier = sameTensorOneBlockEarlier(entry.tensor);
        const auto* previous = earlier ? matrix.find(*earlier) : nullptr;
        if (!previous || previous->sums.size() != values.size()) continue;
        all.back().hasPreviousLayer = true;
        all.back().previousLayerCosine = cosine(values, allMeanSquares(*previous));
    }
    return all;
}

}  // namespace ww
