// SPDX-License-Identifier: MIT
#include "jobs/working_memory.h"

#include <algorithm>
#include <map>

#include "model/tensor_role.h"

namespace ww {
namespace {

constexpr std::uint64_t kProgram = std::uint64_t{24} << 20;
constexpr std::uint64_t kOutputPiece = std::uint64_t{64} << 20;
constexpr std::uint64_t kPerThread = std::uint64_t{24} << 20;
constexpr std::uint64_t kLeast = std::uint64_t{1} << 20;

/// Of the block with most weights; experts come one after the other.
std::uint64_t largestBlockBytes(const ModelFile& model)
{
    std::map<std::uint32_t, std::uint64_t> blocks;
    std::uint64_t largest = 0;
    for (const TensorInfo& tensor : model.tensors()) {
        const TensorIdentity identity = identify(tensor.name);
        if (!identity.block) continue;
        std::uint64_t& sum = blocks[*identity.block];
        sum += tensor.shape.elements() / std::max<std::uint64_t>(1, tensor.shape.ne[2]) * sizeof(float);
        largest = std::max(largest, sum);
    }
    return largest;
}

}  // namespace

WorkingMemory workingMemory(const ModelFile& model, std::uint64_t totalBytes, unsigned threads, WorkingMemoryUse use)
{
    const std::uint64_t fixed = kProgram + std::max(largestBlockBytes(model), kOutputPiece) + std::max(1U, threads) * kPerThread;
    const std::uint64_t rest = std::max(totalBytes > fixed ? totalBytes - fixed : 0, 8 * kLeast);
    WorkingMemory memory;
    switch (use) {
    case WorkingMemoryUse::Perplexity:
        memory.activations = rest / 2;
        memory.quantized = rest / 4;
        break;
    case WorkingMemoryUse::Divergence:
        memory.activations = rest / 4;
        memory.predictions = rest / 2;
        memory.quantized = rest / 8;
        break;
    case WorkingMemoryUse::Calibration:
        memory.activations = rest / 2;
        memory.cache = rest / 2;
        break;
    case WorkingMemoryUse::Sensitivity:
        memory.activations = rest / 8;
        memory.predictions = rest / 4;
        memory.cache = rest / 4;
        memory.quantized = rest / 8;
        break;
    }
    return memory;
}

}  // namespace ww
