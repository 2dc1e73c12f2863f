// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "model/architecture.h"
#include "model/block_weights.h"
#include "model/linear.h"
#include "model/linear_inputs.h"
#include "model/model_tensors.h"
#include "model/rope.h"

namespace ww {

/// Keys and values of one text in one block, position after position.
struct KeyValueCache {
    AlignedBuffer<float> keys;    ///< capacity × headsKv · keyLength
    AlignedBuffer<float> values;  ///< capacity × headsKv · valueLength
};

/// Shows `input` to the observer (null: nobody) as what comes into the map of `tensors`.
Result<void> observeInput(LinearInputObserver* observer, const LinearTensors& tensors, RowsView input, std::size_t rows,
                          const JobContext& context);

/// The equations of one block, on the residual stream x[rows × embeddingLength], in place. One runner serves many blocks and
/// reuses its scratch memory. Not thread-safe; inside it spreads the work over the pool.
class BlockRunner {
public:
    BlockRunner(const Architecture& architecture, std::span<const RopeTable> ropes) : m_architecture(architecture), m_ropes(ropes)
    {
    }

    /// From now on `observer` sees the inputs of all linear maps; `tensors` are those of all blocks. Both are borrowed.
    void observe(LinearInputObserver& observer, std::span<const BlockTensors> tensors)
    {
        m_observer = &observer;
        m_tensors = tensors;
    }
    [[nodiscard]] LinearInputObserver* observer() const { return m_observer; }

    /// Every window begins at position 0.
    Result<void> run(std::size_t block, const BlockWeights& weights, float* x, RowCount rows, const JobContext& context);
    /// The rows continue a text of `length` tokens whose keys and values are in `cache`, and are added to it.
    Result<void> continueText(std::size_t block, const BlockWeights& weights, float* x, std::size_t rowCount, KeyValueCache& cache,
                              std::size_t length, const JobContext& context);

    /// x = norm(x), with the error for values that are not finite. `where` completes "… before <where>".
    Result<void> normRows(const NormWeights& norm, RowsView x, RowsTarget out, std::size_t rowCount, std::string_view where,
                          const JobContext& context) const;

    /// Floats of scratch memory per row.
    [[nodiscard]] static std::size_t scratchFloats(const Architecture& architecture);

private:
    struct Group {
        std::size_t block;
        const BlockWeights& weights;
        float* x;
        RowCount rows;
        KeyValueCache* cache;
        std::size_t firstPosition;
    };
    Result<void> runGroup(const Group& group, const JobContext& context);
    Result<void> attention(const Group& group, const JobContext& context);
    Result<void> prepareHeads(const Group& group, const JobContext& context);
    void prepareRow(const Group& group, float* row, std::size_t position) const;
    Result<void> feedForward(const Group& group, const JobContext& context);
    Result<void> show(const Group& group, LinearTensors BlockTensors::*map, RowsView input, const JobContext& context) const;
    /// x += residualScale · postNorm(map · input)
    Result<void> addBranch(const Group& group, const LinearWeights& map, const NormWeights& postNorm, RowsView input,
                           const JobContext& context);

    const Architecture& m_architecture;
    std::span<const RopeTable> m_ropes;
    LinearInputObserver* m_observer = nullptr;
    std::span<const BlockTensors> m_tensors;  ///< only with an observer
    AlignedBuffer<float> m_normed;  ///< rows × d
    AlignedBuffer<float> m_qkv;     ///< rows × outputs of qkv
    AlignedBuffer<float> m_mixed;   ///< rows × H · valueLength
    AlignedBuffer<float> m_wide;    ///< rows × outputs of gateUp
    AlignedBuffer<float> m_branch;  ///< rows × d, only with post norms
};

}  // namespace ww
