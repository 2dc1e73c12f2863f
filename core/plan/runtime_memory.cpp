// SPDX-License-Identifier: MIT
#include "plan/runtime_memory.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/architecture.h"

namespace ww {
namespace {

// Defaults of llama.cpp: tokens of one batch, and what the length of a cache is rounded up to.
constexpr std::uint64_t kBatch = 512;
constexpr std::uint64_t kCellStep = 256;

std::uint64_t cellsFor(std::uint64_t tokens)
{
    return (tokens + kCellStep - 1) / kCellStep * kCellStep;
}

}  // namespace

Result<RuntimeMemory> runtimeMemory(const ModelFile& model, std::uint32_t contextLength, TensorType cacheType)
{
    WW_TRY(const Architecture architecture, readArchitecture(model));
    const Hyperparameters& facts = architecture.facts;
    RuntimeMemory memory;
    const std::uint64_t cells = cellsFor(contextLength);
    std::uint64_t heads = 1;
    std::uint64_t inner = 0;
    for (const BlockShape& block : architecture.blocks) {
        const std::uint64_t length =
            block.slidingWindow == 0 ? cells : std::min(cells, cellsFor(std::uint64_t{block.slidingWindow} + kBatch));
        const auto keys = rowBytes(cacheType, std::uint64_t{block.headCountKv} * facts.keyLength);
        const auto values = rowBytes(cacheType, std::uint64_t{block.headCountKv} * facts.valueLength);
        if (!keys || !values)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("The keys of this model, {} values per token, cannot be kept in {}; take f16.",
                                    std::uint64_t{block.headCountKv} * facts.keyLength, name(cacheType)));
        memory.keyValueCache += length * (*keys + *values);
        heads = std::max<std::uint64_t>(heads, block.headCount);
        inner = std::max<std::uint64_t>(inner, block.feedForwardLength);
    }
    inner = std::max<std::uint64_t>(inner, std::uint64_t{architecture.experts.used} * architecture.experts.feedForwardLength);
    // The most that is alive at once: the mask of 16 bits per cell with attention (flash attention keeps no scores) or with the inner
    // layer, or the logits.
    const std::uint64_t width = std::max<std::uint64_t>(facts.embeddingLength, heads * facts.keyLength);
    const std::uint64_t attention = 6 * width;
    const std::uint64_t feedForward = 3 * inner + 4 * width;
    const std::uint64_t output = facts.vocabularySize + 2 * width;
    memory.computeBuffers = kBatch * std::max(2 * cells + sizeof(float) * std::max(attention, feedForward), sizeof(float) * output);
    return memory;
}

}  // namespace ww
