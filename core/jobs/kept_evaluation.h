// SPDX-License-Identifier: MIT
// The divergence of one plan after the other, with what the last ones computed kept between the calls.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/hash.h"
#include "base/progress.h"
#include "base/result.h"
#include "jobs/plan_evaluation.h"

namespace ww {

struct KeptEvaluationOptions {
    std::uint64_t memoryBudgetBytes = std::uint64_t{2} << 30;  ///< hidden states, predictions and quantized tensors together
    std::filesystem::path folder{};                            ///< for hidden states that do not fit; empty: none
    std::uint64_t diskBudgetBytes = std::uint64_t{4} << 30;
};

/// Holds the evaluation of one model and text, the last that was asked for. Thread-safe; one call after the other.
class KeptEvaluation {
public:
    explicit KeptEvaluation(KeptEvaluationOptions options) : m_options(std::move(options)) {}

    /// Equal to evaluateDivergence(model, nullptr, plan, text, …) bit for bit; only the steps from the first changed weight on are
    /// computed, and nothing for a plan that was measured a short while ago. The same errors.
    Result<DivergenceResult> divergence(const std::shared_ptr<const ModelFile>& model, const std::shared_ptr<const Plan>& plan,
                                        std::string_view text, std::uint32_t contextLength, std::uint32_t maxWindows,
                                        const JobContext& context);
    /// Of the last call: how often all windows went through the whole model; the first call's original counts, too.
    [[nodiscard]] double passesRun() const;
    /// 2 GiB, or a quarter of the machine's memory if that is less.
    [[nodiscard]] static std::uint64_t usualMemoryBytes();

private:
    KeptEvaluationOptions m_options;
    mutable std::mutex m_mutex;
    Hash m_name;  ///< of what m_evaluation is for
    std::unique_ptr<PlanEvaluation> m_evaluation;
};

}  // namespace ww
