// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "base/aligned_buffer.h"
#include "model/model_tensors.h"
#include "model/weight_source.h"

namespace ww {

/// Float weights, borrowed from the BlockWeights (or the buffer) that loaded them.
struct NormWeights {
    const float* weight = nullptr;  ///< null: no norm at this place
    const float* bias = nullptr;
    explicit operator bool() const { return weight != nullptr; }
};
/// y[outputs] = weight[outputs × inputs] · x[inputs] + bias[outputs]; bias may be null.
struct LinearWeights {
    const float* weight = nullptr;
    const float* bias = nullptr;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
};

/// All weights of one block as float, in one allocation that the next block reuses. Expert matrices are not among them: they
/// are loaded one expert at a time.
class BlockWeights {
public:
    NormWeights attnNorm, ffnNorm, postAttentionNorm, postFfwNorm, qNorm, kNorm;
    LinearWeights qkv, attnOutput, gateUp, down;
    LinearWeights router, sharedGateUp, sharedDown, sharedRouter;

    Result<void> load(const WeightSource& source, const BlockTensors& tensors, const JobContext& context);
    /// Floats that load() needs.
    [[nodiscard]] static std::size_t floatCount(const BlockTensors& tensors);

private:
    AlignedBuffer<float> m_storage;
};

/// Loads one stacked map into `weight` (outputs × inputs floats) and, if it has biases, `bias` (outputs floats).
Result<void> loadLinear(const WeightSource& source, const LinearTensors& tensors, float* weight, float* bias,
                        const JobContext& context);

/// Hints that the tensors of a block are needed soon.
void prefetch(const ModelFile& model, const BlockTensors& tensors);

}  // namespace ww
