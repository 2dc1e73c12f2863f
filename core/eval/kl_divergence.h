// SPDX-License-Identifier: MIT
// How far the predictions of a variant are from those of the original, by the definitions of llama-perplexity's
// --kl-divergence (perplexity.md §3), on exact logits instead of its 16-bit file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/result.h"
#include "eval/perplexity.h"
#include "model/language_model.h"

namespace ww {

struct DivergenceOptions {
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;                                    ///< 0: all
    std::uint64_t activationBudgetBytes = std::uint64_t{512} << 20;  ///< hidden states of both models
    std::uint64_t logitBudgetBytes = std::uint64_t{512} << 20;       ///< logits of the original; at least one window
    std::uint64_t quantizedBudgetBytes = std::uint64_t{256} << 20;   ///< blocks of a recipe, kept while it is measured
    std::filesystem::path journal{};  ///< finished windows are kept here (see WindowJournal); empty: nowhere
    Hash identity{};                  ///< with `journal`: of both models and the text
};

/// A figure with one standard error.
struct Estimate {
    double value = 0;
    double error = 0;
};

/// Of one scored token. Natural logarithms.
struct TokenDivergence {
    double kld = 0;      ///< KL(original ‖ variant); slightly negative values are rounding
    double nllBase = 0;  ///< of the right token
    double nll = 0;
    bool sameTop = false;
    [[nodiscard]] double probabilityChange() const;

    bool operator==(const TokenDivergence&) const = default;
};

struct DivergenceResult {
    Estimate basePerplexity, perplexity, logRatio, ratio, difference;
    Estimate meanKld, medianKld, p90Kld, p99Kld;
    double maximumKld = 0;
    double minimumKld = 0;
    Estimate sameTop;                             ///< share of tokens with the same most probable token
    Estimate rmsProbabilityChange, meanProbabilityChange;  ///< of the right token; 1 is certainty
    std::uint64_t scoredTokens = 0;
    std::uint32_t windows = 0;
    std::uint32_t contextLength = 0;
    double seconds = 0;
    std::vector<TokenDivergence> tokens;  ///< window after window; for paired comparison
};

/// What the original predicts at the scored positions of some windows, for comparing variants with it one after another. The
/// figures do not depend on the budget. Movable; not thread-safe.
class ReferencePredictions {
public:
    /// `hidden`: of all positions of windows [firstWindow, firstWindow + windowCount), after the output norm. The predictions are
    /// kept when they fit `budgetBytes`; else they are computed again, group by group, for every comparison. `base` and `windows`
    /// are borrowed.
    static Result<ReferencePredictions> create(const LanguageModel& base, const EvaluationWindows& windows, std::size_t firstWindow,
                                               std::size_t windowCount, std::span<const float> hidden, std::uint64_t budgetBytes,
                                               const JobContext& context);
    /// `hidden`: of the variant, as above. One value per scored token, window after window.
    Result<std::vector<TokenDivergence>> compare(const LanguageModel& variant, std::span<const float> hidden,
                                                 const JobContext& context);

private:
    /// Of the original at one position.
    struct Position {
        double nll = 0;
        double entropy = 0;  ///< −Σ p·log p over the tokens that count
        double mass = 0;     ///< Σ p over them
        std::size_t top = 0;
    };
    ReferencePredictions(const LanguageModel& base, const EvaluationWindows& windows, std::size_t firstWindow, std::size_t count);
    [[nodiscard]] std::size_t targetOf(std::size_t firstWindow, std::size_t row) const;
    Result<void> predict(std::size_t window, std::size_t count, const JobContext& context);
    Result<void> compareGroup(const LanguageModel& variant, const float* hidden, std::size_t window, std::size_t count,
                              std::vector<TokenDivergence>& tokens, const JobContext& context) const;

    const LanguageModel* m_base;
    const EvaluationWindows* m_windows;
    std::size_t m_firstWindow;
    std::size_t m_count;
    std::size_t m_length;
    std::size_t m_first;   ///< position of the first score
    std::size_t m_scored;  ///< scores per window
    std::size_t m_vocabulary;
    std::size_t m_group = 1;                  ///< windows whose predictions are in memory
    bool m_kept = false;                      ///< they are those of all windows
    std::vector<float> m_hidden;              ///< scored positions of the original; empty when predictions are kept
    AlignedBuffer<float> m_probabilities;     ///< group × scored × vocabulary
    std::vector<Position> m_positions;
};

/// Both models read the same windows. Memory: the two budgets, whatever the length of the text. Results do not depend on
/// threads or budgets. Errors: InvalidArgument when the vocabularies differ; Corrupt for logits that are not numbers.
Result<DivergenceResult> klDivergence(const LanguageModel& base, const LanguageModel& variant, const EvaluationWindows& windows,
                                      const DivergenceOptions& options, const JobContext& context);

/// The figures for the tokens of a run. Needs at least one token.
DivergenceResult summarize(std::vector<TokenDivergence> tokens);

/// Mean of KLD(b) − KLD(a) over the same tokens with its standard error; negative: b is nearer to the original.
Estimate pairedDifference(std::span<const TokenDivergence> a, std::span<const TokenDivergence> b);
/// What the difference means: which is better, or how many more windows would tell. `windows`: those that were measured.
std::string comparisonSentence(const std::string& a, const std::string& b, const Estimate& difference, std::uint32_t windows);

}  // namespace ww
