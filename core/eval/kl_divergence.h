// SPDX-License-Identifier: MIT
// How far the predictions of a variant are from those of the original, by the definitions of llama-perplexity's
// --kl-divergence (perplexity.md §3), on exact logits instead of its 16-bit file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

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
