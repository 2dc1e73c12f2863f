// SPDX-License-Identifier: MIT
// One text with a key/value cache: what generation needs.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "model/experts.h"
#include "model/transformer.h"

namespace ww {
namespace {

// A long prompt passes the blocks in pieces of this many tokens, which bounds the scratch memory.
constexpr std::size_t kPromptPiece = 512;

class TransformerSession final : public TextSession {
public:
    TransformerSession(const Transformer& model, std::size_t maxTokens)
        : m_model(model), m_maxTokens(maxTokens), m_ropes(model.ropeTables(maxTokens)), m_runner(model.architecture(), m_ropes),
          m_experts(model.architecture(), model.weights(), m_runner), m_logits(model.hyperparameters().vocabularySize)
    {
        const Hyperparameters& facts = model.hyperparameters();
        m_caches.resize(facts.blockCount);
        for (std::size_t block = 0; block < m_caches.size(); ++block) {
            const std::size_t heads = model.architecture().blocks[block].headCountKv;
            m_caches[block].keys.reset(maxTokens * heads * facts.keyLength);
            m_caches[block].values.reset(maxTokens * heads * facts.valueLength);
        }
    }

    /// Loads blocks, then the output matrix, as far as all of them fit the budget.
    Result<void> keepWeights(std::uint64_t budgetBytes, const JobContext& context)
    {
        const ModelTensors& tensors = m_model.tensors();
        std::uint64_t floats = 0;
        for (const BlockTensors& block : tensors.blocks) floats += BlockWeights::floatCount(block);
        if (floats <= budgetBytes / sizeof(float)) {
            m_blocks.resize(tensors.blocks.size());
            for (std::size_t i = 0; i < m_blocks.size(); ++i) WW_TRY_VOID(m_model.loadBlock(i, m_blocks[i], context));
        }
        const std::uint64_t outputFloats = std::uint64_t{tensors.output.outputs} * (tensors.output.inputs + 1);
        if (floats + outputFloats <= budgetBytes / sizeof(float)) {
            m_output.reset(tensors.output.outputs * tensors.output.inputs);
            m_outputBias.reset(tensors.output.hasBias() ? tensors.output.outputs : 0);
            WW_TRY_VOID(loadLinear(m_model.weights(), tensors.output, m_output.data(), m_outputBias.data(), context));
            WW_TRY_VOID(m_outputParts.load(m_model.weights(), tensors.output, context));
        }
        return {};
    }

    Result<std::span<const float>> append(std::span<const TokenId> tokens, const JobContext& context) override
    {
        if (tokens.empty())
            return fail(ErrorCode::InvalidArgument, "There is no token to continue from; give a prompt that is not empty.");
        if (tokens.size() > m_maxTokens - m_length)
            return fail(ErrorCode::InvalidArgument, fmt::format("The text would have {} tokens, but this run has room for {}.",
                                                                m_length + tokens.size(), m_maxTokens));
        const std::size_t before = m_length;
        for (std::size_t first = 0; first < tokens.size(); first += kPromptPiece) {
            const auto piece = tokens.subspan(first, std::min(kPromptPiece, tokens.size() - first));
            const bool last = first + piece.size() == tokens.size();
            Result<void> result = appendPiece(piece, last, context);
            if (!result) {
                m_length = before;
                return fail(std::move(result.error()));
            }
        }
        return std::span<const float>(m_logits.data(), m_logits.size());
    }

    [[nodiscard]] std::size_t length() const override { return m_length; }

private:
    Result<void> appendPiece(std::span<const TokenId> tokens, bool wantsLogits, const JobContext& context)
    {
        const std::size_t d = m_model.hyperparameters().embeddingLength;
        m_hidden.ensure(tokens.size() * d);
        WW_TRY_VOID(m_model.embed(tokens, tokens.size(), m_length, m_hidden.data(), context));
        for (std::size_t block = 0; block < m_caches.size(); ++block) {
            const BlockWeights* weights = m_blocks.empty() ? &m_passing : &m_blocks[block];
            if (m_blocks.empty()) WW_TRY_VOID(m_model.loadBlock(block, m_passing, context));
            WW_TRY_VOID(m_runner.continueText(block, *weights, m_hidden.data(), tokens.size(), m_caches[block], m_length, context));
            if (const auto& experts = m_model.tensors().blocks[block].experts)
                WW_TRY_VOID(m_experts.run(block, *experts, *weights, m_hidden.data(), {1, tokens.size()}, true, context));
        }
        m_length += tokens.size();
        if (!wantsLogits) return {};
        float* last = m_hidden.data() + (tokens.size() - 1) * d;
        WW_TRY_VOID(m_model.applyOutputNorm(m_runner, last, 1, context));
        if (m_output.size() != 0) {
            const LinearTensors& output = m_model.tensors().output;
            const LinearWeights map{m_output.data(), m_outputBias.data(), output.inputs, output.outputs, m_outputParts.parts()};
            WW_TRY_VOID(project(map, {last, d}, 1, 0, {m_logits.data(), m_logits.size()}, {1, 1}, context));
            m_model.finishLogits(m_logits.data(), m_logits.size());
            return {};
        }
        const auto keep = [this](std::size_t, std::size_t, std::size_t firstToken, std::size_t tokenCount, const float* values) {
            std::copy_n(values, tokenCount, m_logits.data() + firstToken);
        };
        return m_model.logits({last, d}, 1, keep, context);
    }

    const Transformer& m_model;
    std::size_t m_maxTokens;
    std::size_t m_length = 0;
    std::vector<RopeTable> m_ropes;
    BlockRunner m_runner;
    ExpertRunner m_experts;
    std::vector<KeyValueCache> m_caches;
    std::vector<BlockWeights> m_blocks;  ///< empty when they do not fit the budget
    BlockWeights m_passing;
    AlignedBuffer<float> m_output;  ///< empty when it does not fit
    AlignedBuffer<float> m_outputBias;
    LinearParts m_outputParts;
    AlignedBuffer<float> m_hidden;
    AlignedBuffer<float> m_logits;
};

}  // namespace

Result<std::unique_ptr<TextSession>> startTransformerSession(const Transformer& model, std::size_t maxTokens,
                                                             std::uint64_t weightBudgetBytes, const JobContext& context)
{
    auto session = std::make_unique<TransformerSession>(model, maxTokens);
    WW_TRY_VOID(session->keepWeights(weightBudgetBytes, context));
    return std::unique_ptr<TextSession>(std::move(session));
}

}  // namespace ww
