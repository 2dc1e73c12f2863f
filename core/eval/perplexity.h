// SPDX-License-Identifier: MIT
// Perplexity by the procedure of llama-perplexity: one tokenization of the whole text, windows of C tokens without
// overlap, the first token of each replaced by BOS if the model adds BOS, positions C/2 … C−2 scored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/progress.h"
#include "base/result.h"
#include "model/language_model.h"
#include "text/tokenizer.h"

namespace ww {

struct PerplexityOptions {
    std::uint32_t contextLength = 512;
    std::uint32_t maxWindows = 0;  ///< 0: all
    std::uint64_t activationBudgetBytes = std::uint64_t{512} << 20;  ///< hidden states of the windows run at once
    std::uint64_t quantizedBudgetBytes = std::uint64_t{256} << 20;   ///< blocks of a recipe, kept while it is measured
    std::filesystem::path journal{};  ///< finished windows are kept here (see WindowJournal); empty: nowhere
    Hash identity{};                  ///< with `journal`: of the model and the text
};

struct PerplexityResult {
    double perplexity = 0;
    double standardError = 0;      ///< of the perplexity
    double meanNll = 0;            ///< natural logarithm, per scored token
    std::uint64_t scoredTokens = 0;
    std::uint32_t windows = 0;
    std::uint32_t contextLength = 0;
    double seconds = 0;
    std::vector<double> nll;       ///< one value per scored token, window after window; for paired comparison
};

/// Tokenizes (one trailing newline dropped, special text not parsed) and cuts into windows with BOS put in front.
/// Error TooShort when there are fewer than 2·C tokens: says how many there are and how many are needed.
struct EvaluationWindows {
    std::vector<TokenId> input;    ///< windows × C, first token replaced by BOS where the model adds it
    std::vector<TokenId> targets;  ///< windows × C, the original ids
    std::uint32_t contextLength = 0;
    std::uint32_t windowCount = 0;
};
Result<EvaluationWindows> makeWindows(const Tokenizer& tokenizer, std::string_view text, const PerplexityOptions& options);

/// onWindow(windows done, running perplexity) is called now and then, possibly from a worker thread; may be empty.
Result<PerplexityResult> perplexity(const LanguageModel& model, const EvaluationWindows& windows, const PerplexityOptions& options,
                                    const JobContext& context,
                                    const std::function<void(std::uint32_t, double)>& onWindow = {});

}  // namespace ww
