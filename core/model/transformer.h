// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "model/architecture.h"
#include "model/block_runner.h"
#include "model/language_model.h"
#include "model/model_tensors.h"
#include "model/rope.h"

namespace ww {

/// The one LanguageModel: the skeleton of architecture.h over any WeightSource.
class Transformer final : public LanguageModel {
public:
    static Result<std::shared_ptr<const LanguageModel>> create(std::shared_ptr<const WeightSource> weights);

    [[nodiscard]] const Hyperparameters& hyperparameters() const override { return m_architecture.facts; }
    Result<void> forward(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                         const JobContext& context) const override;
    Result<void> forwardObserved(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                                 LinearInputObserver& observer, const JobContext& context) const override;
    Result<void> forwardSteps(std::size_t first, std::size_t end, std::span<const TokenId> tokens, std::size_t windowLength,
                              std::span<float> hidden, LinearInputObserver* observer, const JobContext& context) const override;
    Result<void> logits(std::span<const float> hidden, std::size_t windowRows, const LogitSink& sink,
                        const JobContext& context) const override;
    Result<std::unique_ptr<TextSession>> startSession(std::size_t maxTokens, std::uint64_t weightBudgetBytes,
                                                      const JobContext& context) const override;
    [[nodiscard]] std::uint64_t bytesPerToken(std::size_t windowLength) const override;

    // The steps of a pass, for sessions.
    [[nodiscard]] const Architecture& architecture() const { return m_architecture; }
    [[nodiscard]] const ModelTensors& tensors() const { return m_tensors; }
    [[nodiscard]] const WeightSource& weights() const { return *m_weights; }
    /// Cosines and sines for positions below `positions` in a run whose context is that long.
    [[nodiscard]] std::vector<RopeTable> ropeTables(std::size_t positions) const;
    /// hidden[token count × d] = embeddings, the first at position `firstPosition` of each window of `windowLength`.
    Result<void> embed(std::span<const TokenId> tokens, std::size_t windowLength, std::size_t firstPosition, float* hidden,
                       const JobContext& context) const;
    Result<void> applyOutputNorm(const BlockRunner& runner, float* hidden, std::size_t rows, const JobContext& context) const;
    Result<void> loadBlock(std::size_t block, BlockWeights& target, const JobContext& context) const;
    /// Scale and soft cap of finished logits.
    void finishLogits(float* logits, std::size_t count) const;

private:
    Transformer() = default;
    Result<void> loadRopeFactors();

    std::shared_ptr<const WeightSource> m_weights;
    Architecture m_architecture;
    ModelTensors m_tensors;
    std::vector<float> m_ropeFactors, m_ropeFactorsShort, m_ropeFactorsLong;
};

/// Session of transformer_session.cpp.
Result<std::unique_ptr<TextSession>> startTransformerSession(const Transformer& model, std::size_t maxTokens,
                                                             std::uint64_t weightBudgetBytes, const JobContext& context);

}  // namespace ww
