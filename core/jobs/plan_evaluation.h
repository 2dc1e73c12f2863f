// SPDX-License-Identifier: MIT
// One model, one text, and the divergence of one plan after the other: what a plan shares with an earlier one is not computed
// again.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "eval/incremental.h"
#include "io/model_file.h"
#include "jobs/quantized_cache.h"
#include "plan/plan.h"

namespace ww {

struct PlanEvaluationOptions {
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;  ///< 0: all
    /// Take maxWindows evenly spaced over the whole text instead of the first, and none of the first so many where it is long enough.
    std::optional<std::uint32_t> spreadBehind{};
    IncrementalOptions budgets{};
    std::uint64_t quantizedBudgetBytes = std::uint64_t{256} << 20;  ///< quantized tensors, kept for plans that store them alike
};

/// Not thread-safe.
class PlanEvaluation {
public:
    /// `text` is the evaluation text itself. Errors as for evaluateDivergence().
    static Result<std::unique_ptr<PlanEvaluation>> create(std::shared_ptr<const ModelFile> model, std::string_view text,
                                                          const PlanEvaluationOptions& options);

    /// Equal to evaluateDivergence(model, nullptr, plan, text, …), bit for bit. `remember`: see IncrementalEvaluation.
    Result<DivergenceResult> measure(std::shared_ptr<const Plan> plan, const JobContext& context, bool remember = true);

    /// Of the model and what the plan changes; equal hashes, equal weights.
    [[nodiscard]] StepHashes hashesOf(const Plan& plan) const;
    [[nodiscard]] const IncrementalEvaluation& evaluation() const { return *m_evaluation; }
    [[nodiscard]] const Hash& identity() const { return m_identity; }
    [[nodiscard]] const QuantizedCache& quantized() const { return *m_quantized; }

private:
    PlanEvaluation() = default;
    std::shared_ptr<const ModelFile> m_model;
    Hash m_identity;
    std::size_t m_steps = 0;
    std::unique_ptr<IncrementalEvaluation> m_evaluation;
    std::shared_ptr<QuantizedCache> m_quantized;
};

/// Of the sums and counts of an entry.
[[nodiscard]] Hash importanceHash(const ImportanceEntry& entry);

}  // namespace ww
