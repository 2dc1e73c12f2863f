// SPDX-License-Identifier: MIT
// The divergence of many variants of one model: only what comes after the first changed weight is computed again.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/result.h"
#include "eval/activation_cache.h"
#include "eval/kl_divergence.h"
#include "model/language_model.h"

namespace ww {

/// Names of the weights that each step of a pass uses (see LanguageModel::forwardSteps), and, last, of the output matrix:
/// stepCount() + 1 values. Equal names stand for equal weights.
using StepHashes = std::vector<Hash>;

struct IncrementalOptions {
    ActivationCacheOptions cache{};
    std::uint64_t activationBudgetBytes = std::uint64_t{256} << 20;  ///< hidden states that are worked on at once
    std::uint64_t logitBudgetBytes = std::uint64_t{512} << 20;       ///< predictions of the original
};

/// One original and one text. The results are those of klDivergence(), bit for bit. Not thread-safe.
class IncrementalEvaluation {
public:
    /// `base` must be able to run its steps. Errors as for klDivergence().
    static Result<std::unique_ptr<IncrementalEvaluation>> create(std::shared_ptr<const LanguageModel> base, StepHashes baseHashes,
                                                                 EvaluationWindows windows, const IncrementalOptions& options);

    /// `remember`: keep the hidden states of this variant too, for changes that begin later than its own.
    Result<DivergenceResult> measure(const LanguageModel& variant, const StepHashes& hashes, const JobContext& context,
                                     bool remember = true);

    /// Steps that the last measurement computed, over all groups of windows, those of the original included; 0: everything was known.
    [[nodiscard]] std::uint64_t stepsRun() const { return m_stepsRun; }
    /// The same as a number of passes of all windows through the whole model.
    [[nodiscard]] double passesRun() const
    {
        return static_cast<double>(m_stepsRun) / static_cast<double>(m_base->stepCount() * m_groups.size());
    }
    [[nodiscard]] const ActivationCache& cache() const { return m_cache; }

private:
    /// Windows that go through the model together.
    struct Group {
        std::size_t firstWindow = 0;
        std::size_t count = 0;
        Hash text;
        std::optional<ReferencePredictions> reference;
    };
    IncrementalEvaluation(std::shared_ptr<const LanguageModel> base, StepHashes hashes, EvaluationWindows windows,
                          const IncrementalOptions& options);
    void cutGroups(const IncrementalOptions& options);
    /// Where the states of all windows do not fit the cache, only those after every so many steps are kept, and the last.
    [[nodiscard]] bool keeps(std::size_t step) const { return (step + 1) % m_keptEvery == 0 || step + 2 >= m_base->stepCount(); }
    [[nodiscard]] std::vector<Hash> boundaryKeys(const Group& group, const StepHashes& hashes) const;
    Result<void> hiddenStates(const LanguageModel& model, const StepHashes& hashes, const Group& group, bool remember, bool lasting,
                              const JobContext& context);
    Result<void> prepareReference(Group& group, const JobContext& context);
    Result<std::vector<TokenDivergence>> measureTokens(const LanguageModel& variant, const StepHashes& hashes,
                                                       const JobContext& context, bool remember);

    std::shared_ptr<const LanguageModel> m_base;
    StepHashes m_baseHashes;
    EvaluationWindows m_windows;
    ActivationCache m_cache;
    std::uint64_t m_logitBudgetPerWindow = 0;
    std::size_t m_keptEvery = 1;
    std::vector<Group> m_groups;
    AlignedBuffer<float> m_hidden;
    std::map<Hash, std::vector<TokenDivergence>> m_results;
    std::list<Hash> m_resultOrder;
    std::uint64_t m_stepsRun = 0;
};

}  // namespace ww
