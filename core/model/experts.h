// SPDX-License-Identifier: MIT
// Mixture of experts: x += Σ w_e · expert_e(norm(x)) over the k best experts of every token.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "model/block_runner.h"
#include "model/weight_source.h"

namespace ww {

/// Feed-forward part of a block with experts. All windows of a pass choose their experts first; then one expert after the
/// other is decoded and applied to the tokens that chose it, so only one is in memory as float. Not thread-safe.
class ExpertRunner {
public:
    ExpertRunner(const Architecture& architecture, const WeightSource& source, const BlockRunner& blocks)
        : m_architecture(architecture), m_source(source), m_blocks(blocks)
    {
    }

    /// `weights`: the block's norm, router and shared expert. Progress advances by one per row unless `quiet`.
    Result<void> run(std::size_t block, const ExpertTensors& tensors, const BlockWeights& weights, float* x, RowCount rows,
                     bool quiet, const JobContext& context);

    /// Bytes that a row needs during run().
    [[nodiscard]] static std::size_t bytesPerRow(const Architecture& architecture);

private:
    struct Choice {
        std::uint32_t expert = 0;
        float weight = 0;
    };
    struct Job {
        const LinearWeights& gateUp;
        const LinearWeights& down;
        float* x;
        std::span<const std::string_view> gateUpNames, downNames;
        std::size_t matrix;
    };
    Result<void> show(std::span<const std::string_view> names, std::size_t matrix, RowsView input, std::size_t rows,
                      std::size_t columns, const JobContext& context) const;
    Result<void> choose(const ExpertTensors& tensors, const BlockWeights& weights, RowCount rows, const JobContext& context);
    void chooseForRow(const float* scores, Choice* choices) const;
    Result<void> runExpert(std::size_t expert, const ExpertTensors& tensors, float* x, RowCount rows, const JobContext& context);
    Result<void> runShared(const ExpertTensors& tensors, const BlockWeights& weights, float* x, RowCount rows, const JobContext& context);
    Result<void> applyInGroups(const Job& job, std::span<const RowSegment> segments, const JobContext& context);
    Result<void> applyGroup(const Job& job, std::span<const RowSegment> segments, std::size_t first, std::size_t count,
                            const JobContext& context);

    const Architecture& m_architecture;
    const WeightSource& m_source;
    const BlockRunner& m_blocks;
    AlignedBuffer<float> m_normed;  ///< rows × d
    AlignedBuffer<float> m_scores;  ///< rows × experts
    std::vector<Choice> m_choices;  ///< rows × used, best first
    AlignedBuffer<float> m_gateUp, m_down;
    LinearParts m_gateUpParts, m_downParts;
    // Rows of the current expert, window after window: their numbers and weights, and their values on the way through.
    std::vector<std::size_t> m_rows;
    std::vector<float> m_rowWeights;
    AlignedBuffer<float> m_gathered, m_wide, m_output;
};

}  // namespace ww
