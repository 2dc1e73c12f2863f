// SPDX-License-Identifier: MIT
// The loop that both tokenizer families share: merge the best adjacent pair until none is left. O(n log n) for any input.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace ww {

/// One symbol of a text that is being merged; neighbours are linked by index, -1 at the ends. A symbol that was merged
/// into its left neighbour has size 0.
struct Symbol {
    std::uint32_t begin;
    std::uint32_t sizeBytes;
    std::int32_t previous;
    std::int32_t next;
    std::int32_t id;  ///< meaning is the caller's
};

/// What a pair would become. The lowest rank merges first; among equals the leftmost.
struct Merge {
    std::uint32_t rank;
    std::int32_t id;
};

/// Scratch space, kept between calls to save allocations.
struct MergeCandidate {
    std::uint64_t order;      ///< rank in the high half, index of the left symbol in the low half
    std::uint32_t right;      ///< index of the right symbol
    std::uint32_t sizeBytes;  ///< of both together when the candidate was made; another size now means it is stale
    std::int32_t id;
    bool operator<(const MergeCandidate& other) const { return order > other.order; }  // std heaps keep the greatest on top
};

/// Merges in place. `lookup(left, right)` returns std::optional<Merge> for two adjacent symbols. Symbol 0 stays the
/// first; follow `next` from there.
template <class Lookup>
void mergeSymbols(std::vector<Symbol>& symbols, std::vector<MergeCandidate>& heap, Lookup&& lookup)
{
    const auto candidate = [&](std::int32_t left, std::int32_t right) -> std::optional<MergeCandidate> {
        if (left < 0 || right < 0) return std::nullopt;
        const Symbol& l = symbols[static_cast<std::size_t>(left)];
        const Symbol& r = symbols[static_cast<std::size_t>(right)];
        const std::optional<Merge> merge = lookup(l, r);
        if (!merge) return std::nullopt;
        return MergeCandidate{std::uint64_t{merge->rank} << 32 | static_cast<std::uint32_t>(left),
                              static_cast<std::uint32_t>(right), l.sizeBytes + r.sizeBytes, merge->id};
    };
    heap.clear();
    for (std::size_t i = 1; i < symbols.size(); ++i)
        if (const auto c = candidate(static_cast<std::int32_t>(i) - 1, static_cast<std::int32_t>(i))) heap.push_back(*c);
    std::make_heap(heap.begin(), heap.end());
    const auto push = [&](const std::optional<MergeCandidate>& c) {
        if (!c) return;
        heap.push_back(*c);
        std::push_heap(heap.begin(), heap.end());
    };
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end());
        const MergeCandidate best = heap.back();
        heap.pop_back();
        const auto leftIndex = static_cast<std::int32_t>(best.order & 0xFFFFFFFFu);
        Symbol& left = symbols[static_cast<std::size_t>(leftIndex)];
        Symbol& right = symbols[best.right];
        if (left.sizeBytes == 0 || right.sizeBytes == 0 || left.sizeBytes + right.sizeBytes != best.sizeBytes) continue;
        left.sizeBytes = best.sizeBytes;
        left.id = best.id;
        left.next = right.next;
        right.sizeBytes = 0;
        if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = leftIndex;
        push(candidate(left.previous, leftIndex));
        push(candidate(leftIndex, left.next));
    }
}

}  // namespace ww
