// SPDX-License-Identifier: MIT
#include "model/transformer.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/blas.h"
#include "base/parallel.h"
#include "model/experts.h"
#include "model/kernels.h"

namespace ww {
namespace {

// Rows of the output matrix that are in memory as float at a time, and logits per thread that wait for their sink.
constexpr std::size_t kOutputChunkFloats = std::size_t{16} << 20;
constexpr std::size_t kOutputChunkRows = 8192;
constexpr std::size_t kLogitFloatsPerThread = std::size_t{4} << 20;

Error notEnoughMemory()
{
    return Error{
        ErrorCode::OutOfMemory, "There is not enough memory for this model and context length; try a shorter context.", {}, {}, {}};
}

}  // namespace

Result<std::shared_ptr<const LanguageModel>> LanguageModel::create(std::shared_ptr<const WeightSource> weights)
{
    return Transformer::create(std::move(weights));
}

Result<void> LanguageModel::forwardObserved(std::span<const TokenId>, std::size_t, std::span<float>, LinearInputObserver&,
                                            const JobContext&) const
{
    return fail(ErrorCode::Unsupported, "This model does not show the inputs of its weights, so it cannot be calibrated.");
}

Result<void> LanguageModel::forwardSteps(std::size_t, std::size_t, std::span<const TokenId>, std::size_t, std::span<float>,
                                         LinearInputObserver*, const JobContext&) const
{
    return fail(ErrorCode::Unsupported, "This model can only be run from end to end.");
}

Result<std::shared_ptr<const LanguageModel>> Transformer::create(std::shared_ptr<const WeightSource> weights)
{
    WW_TRY_VOID(blas::available());
    const std::shared_ptr<Transformer> model(new Transformer);
    model->m_weights = std::move(weights);
    const ModelFile& file = model->m_weights->model();
    WW_TRY_VOID(file.checkUnchanged());
    WW_TRY(model->m_architecture, readArchitecture(file));
    WW_TRY(model->m_tensors, bindTensors(file, model->m_architecture));
    WW_TRY_VOID(model->loadRopeFactors());
    return model;
}

Result<void> Transformer::loadRopeFactors()
{
    ThreadPool pool(1);
    const JobContext context{pool};
    for (const auto& [tensor, values] :
         {std::pair{m_tensors.ropeFactors, &m_ropeFactors}, std::pair{m_tensors.ropeFactorsShort, &m_ropeFactorsShort},
          std::pair{m_tensors.ropeFactorsLong, &m_ropeFactorsLong}}) {
        if (!tensor) continue;
        values->resize(static_cast<std::size_t>(tensor->shape.elements()));
        WW_TRY_VOID(m_weights->loadRows(*tensor, 0, 1, values->data(), context));
        if (!std::ranges::all_of(*values, [](float f) { return std::isfinite(f) && f != 0.0F; }))
            return fail(Error{ErrorCode::Corrupt,
                              "The tensor holds frequency factors that are 0 or not numbers.",
                              m_weights->model().path(),
                              tensor->name,
                              {}});
    }
    return {};
}

std::vector<RopeTable> Transformer::ropeTables(std::size_t positions) const
{
    constexpr std::size_t kContextUnit = 256;  // llama.cpp rounds the context up before it compares
    const std::size_t context = (positions + kContextUnit - 1) / kContextUnit * kContextUnit;
    std::vector<RopeTable> tables;
    if (m_architecture.pairing == RopePairing::None) return tables;
    for (const RopeSettings& settings : m_architecture.ropes) {
        std::span<const float> factors;
        if (settings.usesFactors) {
            const auto& byLength = context > settings.originalContext ? m_ropeFactorsLong : m_ropeFactorsShort;
            factors = byLength.empty() ? m_ropeFactors : byLength;
        }
        tables.emplace_back(settings, factors, positions);
    }
    return tables;
}

Result<void> Transformer::embed(std::span<const TokenId> tokens, std::size_t windowLength, std::size_t firstPosition, float* hidden,
                                const JobContext& context) const
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const auto vocabulary = static_cast<TokenId>(m_architecture.facts.vocabularySize);
    return forEachRows(tokens.size(), d, context, [&](std::size_t first, std::size_t count) -> Result<void> {
        std::vector<float> positionRow(m_tensors.positionEmbedding ? d : 0);
        for (std::size_t i = first; i < first + count; ++i) {
            const TokenId token = tokens[i];
            if (token < 0 || token >= vocabulary)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("The token {} is not in the model's vocabulary of {} tokens.", token, vocabulary));
            float* row = hidden + i * d;
            WW_TRY_VOID(m_weights->loadRows(*m_tensors.tokenEmbedding, static_cast<std::size_t>(token), 1, row, context));
            if (m_architecture.embeddingScale != 1.0F) kernels::scale(row, m_architecture.embeddingScale, d);
            if (!m_tensors.positionEmbedding) continue;
            const std::size_t position = firstPosition + i % windowLength;
            WW_TRY_VOID(m_weights->loadRows(*m_tensors.positionEmbedding, position, 1, positionRow.data(), context));
            kernels::addScaled(row, positionRow.data(), 1, d);
        }
        return {};
    });
}

Result<void> Transformer::loadBlock(std::size_t block, BlockWeights& target, const JobContext& context) const
{
    WW_TRY_VOID(m_weights->model().checkUnchanged());
    return target.load(*m_weights, m_tensors.blocks[block], context);
}

Result<void> Transformer::applyOutputNorm(const BlockRunner& runner, float* hidden, std::size_t rows,
                                          const JobContext& context) const
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    AlignedBuffer<float> weight(d);
    AlignedBuffer<float> bias;
    NormWeights norm{weight.data(), nullptr};
    WW_TRY_VOID(m_weights->loadRows(*m_tensors.outputNorm.weight, 0, 1, weight.data(), context));
    if (m_tensors.outputNorm.bias) {
        bias.reset(d);
        WW_TRY_VOID(m_weights->loadRows(*m_tensors.outputNorm.bias, 0, 1, bias.data(), context));
        norm.bias = bias.data();
    }
    return runner.normRows(norm, {hidden, d}, {hidden, d}, rows, "the output", context);
}

Result<void> Transformer::forward(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                                  const JobContext& context) const
{
    return forwardSteps(0, stepCount(), tokens, windowLength, hidden, nullptr, context);
}

Result<void> Transformer::forwardObserved(std::span<const TokenId> tokens, std::size_t windowLength, std::span<float> hidden,
                                          LinearInputObserver& observer, const JobContext& context) const
{
    return forwardSteps(0, stepCount(), tokens, windowLength, hidden, &observer, context);
}

Result<void> Transformer::forwardSteps(std::size_t first, std::size_t end, std::span<const TokenId> tokens,
                                       std::size_t windowLength, std::span<float> hidden, LinearInputObserver* observer,
                                       const JobContext& context) const
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    if (windowLength == 0 || tokens.empty() || tokens.size() % windowLength != 0 || hidden.size() != tokens.size() * d)
        return fail(ErrorCode::InvalidArgument,
                    "The tokens do not fill whole windows, or the space for the results has another size.");
    if (windowLength > m_architecture.facts.contextLength && m_tensors.positionEmbedding)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The model has positions for {} tokens only; choose a context of at most that.",
                                m_architecture.facts.contextLength));
    try {
        const RowCount rows{tokens.size() / windowLength, windowLength};
        if (first == 0 && end > 0) WW_TRY_VOID(embed(tokens, windowLength, 0, hidden.data(), context));
        const std::vector<RopeTable> ropes = ropeTables(windowLength);
        BlockRunner runner(m_architecture, ropes);
        if (observer) runner.observe(*observer, m_tensors.blocks);
        ExpertRunner experts(m_architecture, *m_weights, runner);
        BlockWeights weights;
        const std::size_t endBlock = std::min(end == 0 ? 0 : end - 1, m_tensors.blocks.size());
        for (std::size_t block = first == 0 ? 0 : first - 1; block < endBlock; ++block) {
            WW_TRY_VOID(loadBlock(block, weights, context));
            // Decoding already uses every thread, so a second decoded block would not save time; what can be waited for is the
            // disk.
            if (block + 1 < endBlock) prefetch(m_weights->model(), m_tensors.blocks[block + 1]);
            WW_TRY_VOID(runner.run(block, weights, hidden.data(), rows, context));
            if (const auto& tensors = m_tensors.blocks[block].experts)
                WW_TRY_VOID(experts.run(block, *tensors, weights, hidden.data(), rows, false, context));
        }
        if (end <= m_tensors.blocks.size() + 1) return {};
        WW_TRY_VOID(applyOutputNorm(runner, hidden.data(), tokens.size(), context));
        return observeInput(observer, m_tensors.output, {hidden.data(), d}, tokens.size(), context);
    } catch (const std::bad_alloc&) {
        return fail(notEnoughMemory());
    }
}

void Transformer::finishLogits(float* logits, std::size_t count) const
{
    if (m_architecture.logitScale != 1.0F) kernels::scale(logits, m_architecture.logitScale, count);
    if (m_architecture.finalSoftcap != 0.0F) kernels::softcap(logits, m_architecture.finalSoftcap, count);
}

Result<void> Transformer::logits(std::span<const float> hidden, std::size_t windowRows, const LogitSink& sink,
                                 const JobContext& context) const
{
    const std::size_t d = m_architecture.facts.embeddingLength;
    const std::size_t rowCount = hidden.size() / d;
    if (windowRows == 0 || hidden.size() % d != 0 || rowCount % windowRows != 0)
        return fail(ErrorCode::InvalidArgument, "The hidden states do not fill whole windows.");
    if (rowCount == 0) return {};
    try {
        const LinearTensors& output = m_tensors.output;
        const LinearTensors::Part& part = output.parts.front();
        const std::size_t chunk = std::clamp<std::size_t>(kOutputChunkFloats / d, 1, std::min(output.outputs, kOutputChunkRows));
        const std::size_t perWindow = windowRows * chunk;
        const std::size_t groupWindows =
            std::clamp<std::size_t>(kLogitFloatsPerThread * context.pool.threadCount() / perWindow, 1, rowCount / windowRows);
        AlignedBuffer<float> weight(chunk * d);
        AlignedBuffer<float> bias(part.bias ? output.outputs : 0);
        LinearParts parts;
        AlignedBuffer<float> results(groupWindows * perWindow);
        if (part.bias) WW_TRY_VOID(m_weights->loadRows(*part.bias, 0, 1, bias.data(), context));
        for (std::size_t firstToken = 0; firstToken < output.outputs; firstToken += chunk) {
            const std::size_t tokenCount = std::min(chunk, output.outputs - firstToken);
            WW_TRY_VOID(m_weights->model().checkUnchanged());
            WW_TRY_VOID(m_weights->loadRows(*part.weight, firstToken, tokenCount, weight.data(), context));
            const LinearParts::Rows range{part.weight, firstToken, tokenCount, 0};
            WW_TRY_VOID(parts.load(*m_weights, std::span(&range, 1), d, context));
            const LinearWeights map{weight.data(), part.bias ? bias.data() + firstToken : nullptr, d, tokenCount, parts.parts()};
            for (std::size_t row = 0; row < rowCount; row += groupWindows * windowRows) {
                const RowCount rows{std::min(groupWindows, (rowCount - row) / windowRows), windowRows};
                WW_TRY_VOID(project(map, {hidden.data() + row * d, d}, 1, 0, {results.data(), tokenCount}, rows, context));
                WW_TRY_VOID(
                    forEachRows(rows.total(), tokenCount, context, [&](std::size_t first, std::size_t count) -> Result<void> {
                        float* values = results.data() + first * tokenCount;
                        finishLogits(values, count * tokenCount);
                        sink(row + first, count, firstToken, tokenCount, values);
                        return {};
                    }));
            }
        }
        return {};
    } catch (const std::bad_alloc&) {
        return fail(notEnoughMemory());
    }
}

Result<std::unique_ptr<TextSession>> Transformer::startSession(std::size_t maxTokens, std::uint64_t weightBudgetBytes,
                                                               const JobContext& context) const
{
    try {
        return startTransformerSession(*this, maxTokens, weightBudgetBytes, context);
    } catch (const std::bad_alloc&) {
        return fail(notEnoughMemory());
    }
}

std::uint64_t Transformer::bytesPerToken(std::size_t) const
{
    const std::uint64_t expertBytes = m_architecture.experts.count != 0 ? ExpertRunner::bytesPerRow(m_architecture) : 0;
    return sizeof(float) * std::uint64_t{m_architecture.facts.embeddingLength} + 2 * sizeof(TokenId) + expertBytes;
}

}  // namespace ww
