// SPDX-License-Identifier: GPL-3.0-or-later
// The best recipe of a given size: what the slider in the toolbar works on.
#pragma once

#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "eval/prediction.h"
#include "eval/sensitivity.h"
#include "io/model_file.h"
#include "plan/allocation.h"
#include "plan/plan.h"

namespace ww {

/// "6 GiB", "6.5 GB", "4.5 bpw" or "70 %" (of the original's size) as bytes of a file. Decimal point or comma; spaces and case do
/// not matter; a bare number has the unit `bareUnit` in bytes. Empty for anything else and for nothing or less.
[[nodiscard]] std::optional<std::uint64_t> parseBudget(const QString& text, std::uint64_t sourceBytes, std::uint64_t parameters,
                                                       double bareUnit);

/// "fits 6 GiB with 8k context": memory for the weights, the cache and the buffers of a running model together.
struct MemoryTarget {
    std::uint64_t bytes = 0;
    std::uint32_t contextLength = 0;
    TensorType cacheType = TensorType::F16;
    bool operator==(const MemoryTarget&) const = default;
};
/// A size, then the tokens of context ("8192", "8k"), with or without words between ("fits … with … context", "passt in … mit … Kontext",
/// "@"), and last the type of the cache (f16, q8_0, q4_0) if it is not f16. Empty for anything else: also for a size alone.
[[nodiscard]] std::optional<MemoryTarget> parseMemoryTarget(const QString& text);

/// Damage of every format to every tensor, prepared so that each budget is answered at once. Immutable and thread-safe.
class BudgetTable {
public:
    /// Quantizes evenly spaced rows of every tensor in every format: the damage of a format is its squared relative weight error.
    /// For jobs. `importance` is used as the document would. Errors: those of reading and quantizing.
    static Result<std::shared_ptr<const BudgetTable>> fromWeightErrors(std::shared_ptr<const ModelFile> model,
                                                                       std::shared_ptr<const ModelSurvey> survey,
                                                                       std::shared_ptr<const ImportanceMatrix> importance,
                                                                       const std::string& method, const JobContext& context);

    /// From figures of this model: the damage is the KL divergence that a format adds, judged by probes where there are any. Error
    /// InvalidArgument when they belong to another model.
    static Result<std::shared_ptr<const BudgetTable>> fromSensitivity(std::shared_ptr<const ModelFile> model,
                                                                      std::shared_ptr<const ModelSurvey> survey,
                                                                      std::shared_ptr<const ImportanceMatrix> importance,
                                                                      Sensitivity sensitivity);

    /// What the damage is: guessed from weights alone, or predicted from runs of the model.
    enum class Basis { WeightErrors, Probes };
    [[nodiscard]] Basis basis() const { return m_damage ? Basis::Probes : Basis::WeightErrors; }
    /// KL divergence of any plan, with a band. Empty without probes, and for plans with formats that were not tried.
    [[nodiscard]] std::optional<KldPrediction> predict(const Plan& plan) const;

    /// The sum of what the probes say of a plan, before any correction of the scale; empty as of predict().
    [[nodiscard]] std::optional<double> rawSum(const Plan& plan) const;
    /// The same figures with the scale that recipes measured on the whole model give. Only for tables by probes. For jobs.
    [[nodiscard]] Result<std::shared_ptr<const BudgetTable>> corrected(const std::vector<MeasuredRecipe>& measured) const;

    /// Smallest and largest file that any choice of formats gives, from sizes alone.
    [[nodiscard]] static std::pair<std::uint64_t, std::uint64_t> reach(const ModelSurvey& survey, const ImportanceMatrix* importance);

    /// Whole files, from the smallest to the largest that can be reached.
    [[nodiscard]] std::uint64_t smallestBytes() const { return m_overhead + m_allocator.curve().front().bytes; }
    [[nodiscard]] std::uint64_t largestBytes() const { return m_overhead + m_allocator.curve().back().bytes; }

    /// The recipe whose file has at most this size: rules in place of those of `base`, whose method stays. `exact`: the optimum
    /// (for jobs), else within a step of it and at once. Sizes out of reach give the nearest.
    [[nodiscard]] Result<Recipe> recipe(const Recipe& base, std::uint64_t fileBytes, bool exact) const;

    /// Of a tensor in the plan: its part of the damage, and how much a mebibyte more would save, at most all of the damage. Empty for
    /// tensors that are not quantized and for formats that were not tried.
    struct Value {
        double damage = 0;
        std::optional<double> gainPerMiB;
    };
    [[nodiscard]] std::vector<std::optional<Value>> values(const Plan& plan) const;

private:
    struct Tensor {
        std::size_t index = 0;  ///< into ModelFile::tensors()
        std::string name;
        TensorRole role = TensorRole::Other;
        TensorType source = TensorType::F16;
        std::vector<AllocationCandidate> candidates;
    };
    BudgetTable(std::vector<Tensor> tensors, Allocator allocator, std::uint64_t overhead, std::shared_ptr<const ModelSurvey> survey,
                std::shared_ptr<const ModelFile> model, std::shared_ptr<const ImportanceMatrix> importance,
                std::unique_ptr<const Sensitivity> sensitivity);
    static Result<std::shared_ptr<const BudgetTable>> make(std::vector<Tensor> tensors, std::shared_ptr<const ModelFile> model,
                                                           std::shared_ptr<const ModelSurvey> survey,
                                                           std::shared_ptr<const ImportanceMatrix> importance,
                                                           std::unique_ptr<const Sensitivity> sensitivity = {});
    /// Of the tensors of the sensitivity, in its order.
    [[nodiscard]] std::vector<TensorType> formatsOf(const Plan& plan) const;
    [[nodiscard]] Recipe recipeOf(const Recipe& base, const Allocation& allocation) const;

    std::vector<Tensor> m_tensors;
    Allocator m_allocator;
    std::uint64_t m_overhead = 0;
    std::shared_ptr<const ModelSurvey> m_survey;
    std::shared_ptr<const ModelFile> m_model;  ///< kept alive for the survey
    std::shared_ptr<const ImportanceMatrix> m_importance;
    std::unique_ptr<const Sensitivity> m_sensitivity;  ///< its tensors stand in the order of m_tensors
    std::unique_ptr<const DamageModel> m_damage;       ///< of it
};

}  // namespace ww
