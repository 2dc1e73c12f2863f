// SPDX-License-Identifier: MIT
#include "eval/perplexity.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "eval/window_journal.h"
#include "model/kernels.h"

namespace ww {
namespace {

/// Σ e^l of one position over the vocabulary, chunk by chunk: the sum is relative to the largest logit so far.
struct Position {
    float largest = -std::numeric_limits<float>::infinity();
    double sum = 0;
    float target = 0;

    void add(const float* logits, std::size_t count)
    {
        const float chunkLargest = kernels::maximum(logits, count);
        if (!(chunkLargest <= largest)) {
            sum *= std::exp(static_cast<double>(largest) - static_cast<double>(chunkLargest));
            largest = chunkLargest;
        }
        sum += kernels::sumExp(logits, largest, count);
    }
    [[nodiscard]] double negativeLogLikelihood() const
    {
        return -(static_cast<double>(target) - static_cast<double>(largest) - std::log(sum));
    }
};

class Evaluation {
public:
    Evaluation(const LanguageModel& model, const EvaluationWindows& windows, const JobContext& context,
               const std::function<void(std::uint32_t, double)>& onWindow)
        : m_model(model), m_windows(windows), m_context(context), m_onWindow(onWindow), m_length(windows.contextLength),
          m_first(m_length / 2), m_scored(m_length - m_first - 1)
    {
    }

    Result<PerplexityResult> run(const PerplexityOptions& options)
    {
        const std::uint64_t activationBudgetBytes = options.activationBudgetBytes;
        const auto start = std::chrono::steady_clock::now();
        const Hyperparameters& facts = m_model.hyperparameters();
        const std::uint64_t bytesPerWindow = std::max<std::uint64_t>(1, m_model.bytesPerToken(m_length) * m_length);
        std::size_t windowsPerPass =
            std::clamp<std::size_t>(static_cast<std::size_t>(activationBudgetBytes / bytesPerWindow), 1, m_windows.windowCount);
        if (!options.journal.empty()) windowsPerPass = std::min(windowsPerPass, kJournalWindows);
        WindowJournal journal(options.journal, Hasher().hash(options.identity).number(m_length).number(m_windows.windowCount).finish(),
                              m_scored);
        const std::size_t known = std::min<std::size_t>(journal.finishedWindows(), m_windows.windowCount);
        for (const double value : journal.finished().first(known * m_scored)) add(value);
        // The output matrix counts as one more block, so that the bar does not stand still at the end.
        m_context.begin("Measuring perplexity", std::uint64_t{m_windows.windowCount} * m_length * (facts.blockCount + 1),
                        ProgressUnit::Steps);
        m_context.advance(std::uint64_t{known} * m_length * (facts.blockCount + 1));
        m_hidden.reset(windowsPerPass * m_length * facts.embeddingLength);
        for (std::size_t window = known; window < m_windows.windowCount; window += windowsPerPass) {
            const std::size_t before = m_nll.size();
            WW_TRY_VOID(pass(window, std::min(windowsPerPass, m_windows.windowCount - window)));
            journal.append(std::span<const double>(m_nll).subspan(before));
        }
        PerplexityResult result = summary();
        result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return result;
    }

private:
    Result<void> pass(std::size_t firstWindow, std::size_t count)
    {
        const std::size_t d = m_model.hyperparameters().embeddingLength;
        const std::span<const TokenId> tokens = std::span(m_windows.input).subspan(firstWindow * m_length, count * m_length);
        WW_TRY_VOID(m_model.forward(tokens, m_length, {m_hidden.data(), tokens.size() * d}, m_context));
        // Only the scored positions need logits; they move together at the front.
        for (std::size_t w = 0; w < count; ++w)
            std::copy_n(m_hidden.data() + (w * m_length + m_first) * d, m_scored * d, m_hidden.data() + w * m_scored * d);
        WW_TRY_VOID(score(firstWindow, count));
        return {};
    }

    Result<void> score(std::size_t firstWindow, std::size_t count)
    {
        const std::size_t d = m_model.hyperparameters().embeddingLength;
        const std::size_t rows = count * m_scored;
        const std::size_t vocabulary = m_model.hyperparameters().vocabularySize;
        std::vector<Position> positions(rows);
        const auto targetOf = [&](std::size_t row) {
            const std::size_t window = firstWindow + row / m_scored;
            return static_cast<std::size_t>(m_windows.targets[window * m_length + m_first + row % m_scored + 1]);
        };
        std::atomic<std::uint64_t> done{0};
        const double progressPerLogit =
            static_cast<double>(count * m_length) / (static_cast<double>(rows) * static_cast<double>(vocabulary));
        const auto sink = [&](std::size_t firstRow, std::size_t rowCount, std::size_t firstToken, std::size_t tokenCount,
                              const float* logits) {
            for (std::size_t r = 0; r < rowCount; ++r) {
                const float* row = logits + r * tokenCount;
                Position& position = positions[firstRow + r];
                position.add(row, tokenCount);
                const std::size_t target = targetOf(firstRow + r);
                if (target >= firstToken && target < firstToken + tokenCount) position.target = row[target - firstToken];
            }
            const std::uint64_t before = done.fetch_add(rowCount * tokenCount, std::memory_order_relaxed);
            const std::uint64_t after = before + rowCount * tokenCount;
            m_context.advance(static_cast<std::uint64_t>(static_cast<double>(after) * progressPerLogit) -
                              static_cast<std::uint64_t>(static_cast<double>(before) * progressPerLogit));
        };
        WW_TRY_VOID(m_model.logits({m_hidden.data(), rows * d}, m_scored, sink, m_context));
        for (std::size_t row = 0; row < rows; ++row) {
            const double value = positions[row].negativeLogLikelihood();
            if (!std::isfinite(value))
                return fail(ErrorCode::Corrupt,
                            "The model's output holds values that are not numbers: some weights of the output matrix are "
                            "not numbers, or are far too large.");
            add(value);
            if (m_onWindow && (row + 1) % m_scored == 0)
                m_onWindow(static_cast<std::uint32_t>(firstWindow + row / m_scored + 1),
                           std::exp(m_sum / static_cast<double>(m_nll.size())));
        }
        return {};
    }

    void add(double value)
    {
        m_nll.push_back(value);
        m_sum += value;
        m_sumOfSquares += value * value;
    }

    PerplexityResult summary()
    {
        PerplexityResult result;
        const auto n = static_cast<double>(m_nll.size());
        result.meanNll = m_sum / n;
        result.perplexity = std::exp(result.meanNll);
        const double variance = m_sumOfSquares / n - result.meanNll * result.meanNll;
        if (variance > 0 && n > 1) result.standardError = std::sqrt(variance / (n - 1)) * result.perplexity;
        result.scoredTokens = m_nll.size();
        result.windows = m_windows.windowCount;
        result.contextLength = m_windows.contextLength;
        result.nll = std::move(m_nll);
        return result;
    }

    const LanguageModel& m_model;
    const EvaluationWindows& m_windows;
    const JobContext& m_context;
    const std::function<void(std::uint32_t, double)>& m_onWindow;
    const std::size_t m_length;
    const std::size_t m_first;   ///< position of the first score
    const std::size_t m_scored;  ///< scores per window
    AlignedBuffer<float> m_hidden;
    std::vector<double> m_nll;
    double m_sum = 0;
    double m_sumOfSquares = 0;
};

}  // namespace

Result<EvaluationWindows> makeWindows(const Tokenizer& tokenizer, std::string_view text, const PerplexityOptions& options)
{
    const std::size_t length = options.contextLength;
    constexpr std::size_t kShortest = 4;
    if (length < kShortest)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("A context of {} tokens leaves nothing to score; choose at least {}.", length, kShortest));
    if (tokenizer.addsEos())
        return fail(ErrorCode::Unsupported,
                    "This model puts an end mark behind every text, so perplexity over windows has no meaning for it "
                    "(llama.cpp refuses it as well).");
    if (text.ends_with('\n')) text.remove_suffix(1);
    std::vector<TokenId> tokens = tokenizer.encode(text);
    if (tokens.size() < 2 * length)
        return fail(
            ErrorCode::TooShort,
            fmt::format("The text is too short: it has {} tokens, and perplexity with a context of {} needs at least {}. Choose a "
                        "longer text or a shorter context.",
                        tokens.size(), length, 2 * length));
    std::size_t count = tokens.size() / length;
    if (options.maxWindows != 0) count = std::min<std::size_t>(count, options.maxWindows);
    tokens.resize(count * length);
    EvaluationWindows windows;
    windows.contextLength = options.contextLength;
    windows.windowCount = static_cast<std::uint32_t>(count);
    windows.input = tokens;
    windows.targets = std::move(tokens);
    if (const auto bos = tokenizer.bos(); tokenizer.addsBos() && bos)
        for (std::size_t w = 0; w < count; ++w) windows.input[w * length] = *bos;
    return windows;
}

Result<PerplexityResult> perplexity(const LanguageModel& model, const EvaluationWindows& windows, const PerplexityOptions& options,
                                    const JobContext& context, const std::function<void(std::uint32_t, double)>& onWindow)
{
    const std::size_t tokens = std::size_t{windows.windowCount} * windows.contextLength;
    constexpr std::uint32_t kShortest = 4;
    if (windows.windowCount == 0 || windows.contextLength < kShortest || windows.input.size() != tokens ||
        windows.targets.size() != tokens)
        return fail(ErrorCode::InvalidArgument, "There are no complete windows to evaluate.");
    const auto vocabulary = static_cast<TokenId>(model.hyperparameters().vocabularySize);
    for (const TokenId target : windows.targets)
        if (target < 0 || target >= vocabulary)
            return fail(
                ErrorCode::InvalidArgument,
                fmt::format(
                    "The text has the token {}, but the model's vocabulary has {} tokens: the windows were made with another "
                    "tokenizer.",
                    target, vocabulary));
    try {
        return Evaluation(model, windows, context, onWindow).run(options);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this evaluation; try a shorter context.");
    }
}

}  // namespace ww
