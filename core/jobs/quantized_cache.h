// SPDX-License-Identifier: MIT
// Quantized tensors by the name of everything they depend on, for variants of one model that share them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "base/hash.h"
#include "jobs/quantized_tensor.h"
#include "plan/plan.h"

namespace ww {

/// Holds at most `budgetBytes` of blocks. What the variant that is run now has used is never thrown out: a pass goes through the
/// tensors in a circle, and a cache that drops the oldest would then never hit. Thread-safe.
class QuantizedCache {
public:
    explicit QuantizedCache(std::uint64_t budgetBytes) : m_budget(budgetBytes) {}

    /// Another variant begins; what it does not use may go.
    void nextVariant();
    /// Null when it is not there.
    [[nodiscard]] std::shared_ptr<const QuantizedTensor> find(const Hash& key);
    /// Makes room for so many bytes; false, and nothing to be added, when there is none to be had.
    [[nodiscard]] bool reserve(std::uint64_t bytes);
    /// After reserve(). `plan` owns what the quantizer of the tensor borrows, and lives as long as the tensor is here.
    void add(const Hash& key, std::shared_ptr<const QuantizedTensor> tensor, std::uint64_t bytes, std::shared_ptr<const Plan> plan);
    [[nodiscard]] std::uint64_t bytes() const;
    /// Tensors that find() had.
    [[nodiscard]] std::uint64_t hits() const;

private:
    struct Entry {
        std::shared_ptr<const Plan> plan;
        std::shared_ptr<const QuantizedTensor> tensor;
        std::uint64_t bytes = 0;
        std::uint64_t variant = 0;  ///< that used it last
    };
    std::uint64_t m_budget;
    mutable std::mutex m_mutex;
    std::map<Hash, Entry> m_entries;
    std::uint64_t m_bytes = 0;
    std::uint64_t m_variant = 0;
    std::uint64_t m_hits = 0;
};

/// Of how a tensor is stored: name, format, method and what the method knows of its inputs.
[[nodiscard]] Hash planEntryHash(const ModelFile& model, const PlanEntry& entry);

}  // namespace ww
