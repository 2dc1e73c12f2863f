// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

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
/// Some outputs of a map, and what happens to their inputs first.
struct LinearPart {
    std::size_t outputs = 0;
    std::shared_ptr<const InputTransform> transform;  ///< null: nothing
    const float* exact = nullptr;                     ///< outputs × inputs: weights of the source, if the transform needs them
};
/// y[outputs] = weight[outputs × inputs] · x[inputs] + bias[outputs]; bias may be null.
struct LinearWeights {
    const float* weight = nullptr;
    const float* bias = nullptr;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    std::span<const LinearPart> parts{};  ///< of all outputs, in order; empty: x is taken as it is
};

/// The parts of a map from several tensors, and the exact weights that they need. Reused by the next map.
class LinearParts {
public:
    struct Rows {
        const TensorInfo* tensor = nullptr;
        std::size_t first = 0;
        std::size_t count = 0;
        std::size_t matrix = 0;
    };
    Result<void> load(const WeightSource& source, std::span<const Rows> rows, std::size_t inputs, const JobContext& context);
    Result<void> load(const WeightSource& source, const LinearTensors& tensors, const JobContext& context);
    /// Empty when no input is changed.
    [[nodiscard]] std::span<const LinearPart> parts() const { return m_parts; }

private:
    std::vector<LinearPart> m_parts;
    AlignedBuffer<float> m_exact;
};

/// All weights of one block as float, in one allocation that the next block reuses. Expert matrices are not among them: they
/// are loaded one expert at a time.
class BlockWeights {
public:
    NormWeights attnNorm, ffnNorm, postAttentionNorm, postFfwNorm, qNorm, kNorm;
    LinearWeights qkv, attnOutput, gateUp, down;
    LinearWeights router, sharedGateUp, sharedDown, sharedRouter;
    std::shared_ptr<const InputTransform> keyCache, valueCache;  ///< what happens to a head before it is cached; null: nothing

    Result<void> load(const WeightSource& source, const BlockTensors& tensors, const JobContext& context);
    /// Floats that load() needs.
    [[nodiscard]] static std::size_t floatCount(const BlockTensors& tensors);

private:
    AlignedBuffer<float> m_storage;
    std::vector<std::unique_ptr<LinearParts>> m_parts;  ///< one for each map, in the order of loading
};

/// Loads one stacked map into `weight` (outputs × inputs floats) and, if it has biases, `bias` (outputs floats).
Result<void> loadLinear(const WeightSource& source, const LinearTensors& tensors, float* weight, float* bias,
                        const JobContext& context);

/// Hints that the tensors of a block are needed soon.
void prefetch(const ModelFile& model, const BlockTensors& tensors);

}  // namespace ww
