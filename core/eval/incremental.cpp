// SPDX-License-Identifier: MIT
#include "eval/incremental.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace ww {
namespace {

// Results of whole variants that are kept; 40 bytes per scored token each.
constexpr std::size_t kKeptResults = 64;

}  // namespace

IncrementalEvaluation::IncrementalEvaluation(std::shared_ptr<const LanguageModel> base, StepHashes hashes,
                                             EvaluationWindows windows, const IncrementalOptions& options)
    : m_base(std::move(base)), m_baseHashes(std::move(hashes)), m_windows(std::move(windows)), m_cache(options.cache)
{
    cutGroups(options);
}

Result<std::unique_ptr<IncrementalEvaluation>> IncrementalEvaluation::create(std::shared_ptr<const LanguageModel> base,
                                                                             StepHashes baseHashes, EvaluationWindows windows,
                                                                             const IncrementalOptions& options)
{
    const std::size_t count = std::size_t{windows.windowCount} * windows.contextLength;
    constexpr std::uint32_t kShortest = 4;
    if (count == 0 || windows.contextLength < kShortest || windows.input.size() != count || windows.targets.size() != count)
        return fail(ErrorCode::InvalidArgument, "There are no complete windows to evaluate.");
    const std::size_t vocabulary = base->hyperparameters().vocabularySize;
    if (!std::ranges::all_of(windows.targets, [&](TokenId id) { return id >= 0 && static_cast<std::size_t>(id) < vocabulary; }))
        return fail(ErrorCode::InvalidArgument, "The windows were made with the tokenizer of another model.");
    if (baseHashes.size() != base->stepCount() + 1)
        return fail(ErrorCode::InvalidArgument, "The names of the weights do not fit the steps of the model.");
    return std::unique_ptr<IncrementalEvaluation>(
        new IncrementalEvaluation(std::move(base), std::move(baseHashes), std::move(windows), options));
}

void IncrementalEvaluation::cutGroups(const IncrementalOptions& options)
{
    const std::size_t length = m_windows.contextLength;
    const std::uint64_t perWindow = std::max<std::uint64_t>(1, m_base->bytesPerToken(length) * length);
    const auto perGroup = std::clamp<std::size_t>(static_cast<std::size_t>(options.activationBudgetBytes / perWindow), 1,
                                                  m_windows.windowCount);
    m_logitBudgetPerWindow = options.logitBudgetBytes / m_windows.windowCount;
    // Room for the original and one variant.
    const std::uint64_t perStep = std::uint64_t{m_windows.windowCount} * length * m_base->hyperparameters().embeddingLength * sizeof(float);
    const std::uint64_t room = options.cache.memoryBudgetBytes + (options.cache.folder.empty() ? 0 : options.cache.diskBudgetBytes);
    const std::uint64_t steps = std::max<std::uint64_t>(1, room / std::max<std::uint64_t>(1, 2 * perStep));
    m_keptEvery = static_cast<std::size_t>((m_base->stepCount() + steps - 1) / steps);
    for (std::size_t first = 0; first < m_windows.windowCount; first += perGroup) {
        Group group;
        group.firstWindow = first;
        group.count = std::min(perGroup, m_windows.windowCount - first);
        group.text = Hasher()
                         .number(length)
                         .values(std::span<const TokenId>(m_windows.input).subspan(first * length, group.count * length))
                         .finish();
        m_groups.push_back(std::move(group));
    }
}

// The states after a step depend on the tokens and on the weights of all steps up to it.
std::vector<Hash> IncrementalEvaluation::boundaryKeys(const Group& group, const StepHashes& hashes) const
{
    std::vector<Hash> keys;
    Hash key = group.text;
    for (std::size_t step = 0; step < m_base->stepCount(); ++step) {
        key = Hasher().hash(key).number(step).hash(hashes[step]).finish();
        keys.push_back(key);
    }
    return keys;
}

// Into m_hidden. A variant's states are remembered from its first change on.
Result<void> IncrementalEvaluation::hiddenStates(const LanguageModel& model, const StepHashes& hashes, const Group& group,
                                                 bool remember, bool lasting, const JobContext& context)
{
    const std::size_t length = m_windows.contextLength;
    const auto tokens = std::span<const TokenId>(m_windows.input).subspan(group.firstWindow * length, group.count * length);
    const std::span<float> hidden{m_hidden.data(), tokens.size() * m_base->hyperparameters().embeddingLength};
    const std::vector<Hash> keys = boundaryKeys(group, hashes);
    std::size_t known = keys.size();
    while (known > 0 && !(m_cache.contains(keys[known - 1]) && m_cache.load(keys[known - 1], hidden))) --known;
    context.advance(known * tokens.size());
    for (std::size_t step = known; step < keys.size(); ++step) {
        WW_TRY_VOID(model.forwardSteps(step, step + 1, tokens, length, hidden, nullptr, context));
        if (remember && keeps(step)) m_cache.store(keys[step], hidden, lasting);
        ++m_stepsRun;
    }
    return {};
}

Result<void> IncrementalEvaluation::prepareReference(Group& group, const JobContext& context)
{
    if (group.reference) return {};
    WW_TRY_VOID(hiddenStates(*m_base, m_baseHashes, group, true, true, context));
    const std::size_t floats = group.count * m_windows.contextLength * m_base->hyperparameters().embeddingLength;
    WW_TRY(ReferencePredictions reference,
           ReferencePredictions::create(*m_base, m_windows, group.firstWindow, group.count, {m_hidden.data(), floats},
                                        m_logitBudgetPerWindow * group.count, context));
    group.reference.emplace(std::move(reference));
    return {};
}

Result<std::vector<TokenDivergence>> IncrementalEvaluation::measureTokens(const LanguageModel& variant, const StepHashes& hashes,
                                                                          const JobContext& context, bool remember)
{
    const std::size_t length = m_windows.contextLength;
    const std::size_t d = m_base->hyperparameters().embeddingLength;
    m_hidden.ensure(m_groups.front().count * length * d);
    context.begin("Measuring the divergence", m_windows.input.size() * m_base->stepCount(), ProgressUnit::Steps);
    std::vector<TokenDivergence> tokens;
    for (Group& group : m_groups) {
        const JobContext quiet{context.pool, context.stop, nullptr};
        WW_TRY_VOID(prepareReference(group, quiet));
        WW_TRY_VOID(hiddenStates(variant, hashes, group, remember, false, context));
        WW_TRY(const auto part, group.reference->compare(variant, {m_hidden.data(), group.count * length * d}, quiet));
        tokens.insert(tokens.end(), part.begin(), part.end());
    }
    return tokens;
}

Result<DivergenceResult> IncrementalEvaluation::measure(const LanguageModel& variant, const StepHashes& hashes,
                                                        const JobContext& context, bool remember)
{
    if (hashes.size() != m_baseHashes.size() || variant.stepCount() != m_base->stepCount() ||
        variant.hyperparameters().embeddingLength != m_base->hyperparameters().embeddingLength ||
        variant.hyperparameters().vocabularySize != m_base->hyperparameters().vocabularySize)
        return fail(ErrorCode::InvalidArgument, "The variant has another shape than the original.");
    const auto start = std::chrono::steady_clock::now();
    m_stepsRun = 0;
    Hasher name;
    for (const Hash& hash : hashes) name.hash(hash);
    const Hash key = name.finish();
    try {
        std::vector<TokenDivergence> tokens;
        if (const auto found = m_results.find(key); found != m_results.end()) {
            tokens = found->second;
        } else {
            WW_TRY(tokens, measureTokens(variant, hashes, context, remember));
            m_results[key] = tokens;
            m_resultOrder.push_back(key);
            if (m_resultOrder.size() > kKeptResults) {
                m_results.erase(m_resultOrder.front());
                m_resultOrder.pop_front();
            }
        }
        DivergenceResult result = summarize(std::move(tokens));
        result.windows = m_windows.windowCount;
        result.contextLength = m_windows.contextLength;
        result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return result;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this evaluation; try a shorter context.");
    }
}

}  // namespace ww
