// SPDX-License-Identifier: MIT
#include "jobs/plan_evaluation.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "io/model_identity.h"
#include "jobs/quantize.h"
#include "text/tokenizer.h"

namespace ww {
namespace {

/// The first step of a pass that uses a tensor; one place behind the steps: the output matrix.
std::size_t stepOf(const TensorIdentity& tensor, std::size_t steps)
{
    if (tensor.block) return std::size_t{*tensor.block} + 1;
    if (tensor.role == TensorRole::Output) return steps;
    if (tensor.role == TensorRole::OutputNorm) return steps - 1;
    return 0;
}

/// `count` windows, evenly spaced; those before `first` only where there are not enough behind.
EvaluationWindows spread(const EvaluationWindows& all, std::uint32_t first, std::uint32_t count)
{
    if (count == 0 || count >= all.windowCount) return all;
    const std::uint64_t begin = std::min(first, all.windowCount - count);
    EvaluationWindows chosen;
    chosen.contextLength = all.contextLength;
    chosen.windowCount = count;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t at = static_cast<std::size_t>(begin + i * (all.windowCount - begin) / count) * all.contextLength;
        const auto append = [&](const std::vector<TokenId>& from, std::vector<TokenId>& to) {
            to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(at), from.begin() + static_cast<std::ptrdiff_t>(at + all.contextLength));
        };
        append(all.input, chosen.input);
        append(all.targets, chosen.targets);
    }
    return chosen;
}

}  // namespace

Hash importanceHash(const ImportanceEntry& entry)
{
    return Hasher().values(std::span<const float>(entry.sums)).values(std::span<const std::uint64_t>(entry.counts)).finish();
}

Result<std::unique_ptr<PlanEvaluation>> PlanEvaluation::create(std::shared_ptr<const ModelFile> model, std::string_view text,
                                                               const PlanEvaluationOptions& options)
{
    auto result = std::unique_ptr<PlanEvaluation>(new PlanEvaluation);
    result->m_model = std::move(model);
    result->m_quantized = std::make_shared<QuantizedCache>(options.quantizedBudgetBytes);
    const ModelFile& file = *result->m_model;
    WW_TRY(result->m_identity, modelIdentity(file));
    WW_TRY(const auto tokenizer, Tokenizer::create(file.metadata()));
    WW_TRY(const auto base, LanguageModel::create(fileWeights(result->m_model)));
    PerplexityOptions cut;
    cut.contextLength = options.contextLength;
    cut.maxWindows = options.spreadBehind ? 0 : options.maxWindows;
    WW_TRY(EvaluationWindows windows, makeWindows(*tokenizer, text, cut));
    if (options.spreadBehind) windows = spread(windows, *options.spreadBehind, options.maxWindows);
    result->m_steps = base->stepCount();
    WW_TRY(result->m_evaluation,
           IncrementalEvaluation::create(base, result->hashesOf(Plan{}), std::move(windows), options.budgets));
    return result;
}

StepHashes PlanEvaluation::hashesOf(const Plan& plan) const
{
    std::vector<Hasher> steps(m_steps + 1);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].hash(m_identity).number(i);
    for (const PlanEntry& entry : plan.entries) {
        if (!entry.quantized) continue;
        Hasher& step = steps[stepOf(entry.identity, m_steps)];
        step.hash(planEntryHash(*m_model, entry));
    }
    StepHashes hashes;
    for (const Hasher& step : steps) hashes.push_back(step.finish());
    return hashes;
}

Result<DivergenceResult> PlanEvaluation::measure(std::shared_ptr<const Plan> plan, const JobContext& context, bool remember)
{
    const StepHashes hashes = hashesOf(*plan);
    WW_TRY(const auto variant, LanguageModel::create(plannedWeights(m_model, std::move(plan), 0, m_quantized)));
    return m_evaluation->measure(*variant, hashes, context, remember);
}

}  // namespace ww
