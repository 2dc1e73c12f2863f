// SPDX-License-Identifier: MIT
#include "jobs/quantized_cache.h"

#include <algorithm>
#include <span>
#include <utility>

namespace ww {

void QuantizedCache::nextVariant()
{
    const std::scoped_lock lock(m_mutex);
    ++m_variant;
}

std::shared_ptr<const QuantizedTensor> QuantizedCache::find(const Hash& key)
{
    const std::scoped_lock lock(m_mutex);
    const auto found = m_entries.find(key);
    if (found == m_entries.end()) return nullptr;
    found->second.variant = m_variant;
    ++m_hits;
    return found->second.tensor;
}

bool QuantizedCache::reserve(std::uint64_t bytes)
{
    const std::scoped_lock lock(m_mutex);
    if (bytes > m_budget) return false;
    while (m_bytes > m_budget - bytes) {
        const auto oldest = std::ranges::min_element(m_entries, {}, [](const auto& item) { return item.second.variant; });
        if (oldest == m_entries.end() || oldest->second.variant == m_variant) return false;
        m_bytes -= oldest->second.bytes;
        m_entries.erase(oldest);
    }
    m_bytes += bytes;
    return true;
}

void QuantizedCache::add(const Hash& key, std::shared_ptr<const QuantizedTensor> tensor, std::uint64_t bytes,
                         std::shared_ptr<const Plan> plan)
{
    const std::scoped_lock lock(m_mutex);
    const auto [place, added] = m_entries.try_emplace(key, Entry{std::move(plan), std::move(tensor), bytes, m_variant});
    if (!added) m_bytes -= bytes;
}

std::uint64_t QuantizedCache::bytes() const
{
    const std::scoped_lock lock(m_mutex);
    return m_bytes;
}

std::uint64_t QuantizedCache::hits() const
{
    const std::scoped_lock lock(m_mutex);
    return m_hits;
}

Hash planEntryHash(const ModelFile& model, const PlanEntry& entry)
{
    const TensorInfo& tensor = model.tensors()[entry.tensorIndex];
    Hasher hasher;
    hasher.text(tensor.name).number(static_cast<std::uint64_t>(entry.target)).text(entry.method);
    if (entry.importance)
        hasher.values(std::span<const float>(entry.importance->sums)).values(std::span<const std::uint64_t>(entry.importance->counts));
    if (!entry.grams) return hasher.finish();
    for (std::size_t m = 0; m < tensor.shape.ne[2]; ++m)
        if (const InputStatistics* input = entry.grams->calibration().find(tensor.name, m))
            hasher.values(std::span<const double>(input->sumSquares))
                .values(std::span<const float>(input->absMax))
                .values(std::span<const std::uint64_t>(input->magnitudes));
    return hasher.finish();
}

}  // namespace ww
