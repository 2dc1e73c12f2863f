// SPDX-License-Identifier: MIT
// Small models with random F32 weights of every architecture that has a forward pass, as llama.cpp expects them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/gguf_builder.h"

namespace ww::test {

struct RandomModel {
    std::string architecture = "llama";
    std::uint32_t layers = 3;
    std::uint32_t embedding = 64;
    std::uint32_t feedForward = 96;
    std::uint32_t heads = 4;
    std::uint32_t kvHeads = 2;
    std::uint32_t headLength = 16;
    std::uint32_t rotary = 0;  ///< rope.dimension_count; 0: headLength
    std::uint32_t contextLength = 512;
    bool tied = false;
    bool fusedQkv = false;
    bool qkvBias = false;
    bool attnOutputBias = false;
    bool ffnBias = false;
    bool headNorms = false;  ///< where the architecture leaves the choice (stablelm)
    bool ffnNorm = true;     ///< the same
    std::uint32_t experts = 0;
    std::uint32_t usedExperts = 0;
    std::uint32_t sharedFeedForward = 0;
    std::vector<float> ropeFactors{}, ropeFactorsShort{}, ropeFactorsLong{};
    /// "<architecture>." is put in front of the keys.
    std::vector<std::pair<std::string, MetadataValue>> keys{};
    std::uint64_t seed = 1;
};

/// Weights are bell-shaped with a deviation that keeps activations at their size and attention far from uniform.
GgufBuilder randomModel(const RandomModel& options);

}  // namespace ww::test
