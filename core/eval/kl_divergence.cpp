// SPDX-License-Identifier: MIT
#include "eval/kl_divergence.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "model/kernels.h"

namespace ww {
namespace {

// Tokens less probable than e^-16 in the original are left out, as in llama.cpp.
constexpr double kLeastLogProbability = -16;
// Differences within this many standard errors are not called differences.
constexpr double kCertain = 2;

/// Sums of one position while its logits come in chunks.
struct Row {
    float largest = -std::numeric_limits<float>::infinity();
    std::size_t top = 0;
    double sum = 0;  ///< Σ e^(l − largest)
    float target = 0;

    void add(const float* logits, std::size_t count, std::size_t first, std::size_t targetToken)
    {
        const float chunkLargest = kernels::maximum(logits, count);
        if (!(chunkLargest <= largest)) {
            sum *= std::exp(static_cast<double>(largest) - static_cast<double>(chunkLargest));
            largest = chunkLargest;
            top = first + static_cast<std::size_t>(std::find(logits, logits + count, chunkLargest) - logits);
        }
        sum += kernels::sumExp(logits, largest, count);
        if (targetToken >= first && targetToken < first + count) target = logits[targetToken - first];
    }
    [[nodiscard]] double logSum() const { return static_cast<double>(largest) + std::log(sum); }
    [[nodiscard]] double negativeLogLikelihood() const { return logSum() - static_cast<double>(target); }
};

/// mean and error from Σx and Σx², as llama.cpp computes them.
Estimate meanOf(double sum, double sumOfSquares, double n)
{
    const double mean = sum / n;
    const double variance = sumOfSquares / n - mean * mean;
    constexpr double kFewest = 10;
    return {mean, variance > 0 && n > kFewest ? std::sqrt(variance / (n - 1)) : 0};
}

double quantile(const std::vector<double>& sorted, double q)
{
    const double place = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    return (1 - part) * sorted[below] + part * sorted[above];
}
/// With half the distance of the quantiles one binomial standard deviation away.
Estimate quantileOf(const std::vector<double>& sorted, double q)
{
    const double step = std::sqrt(q * (1 - q) / static_cast<double>(sorted.size()));
    return {quantile(sorted, q), (quantile(sorted, q + step) - quantile(sorted, q - step)) / 2};
}

class Divergence {
public:
    Divergence(const LanguageModel& base, const LanguageModel& variant, const EvaluationWindows& windows, const JobContext& context)
        : m_base(base), m_variant(variant), m_windows(windows), m_context(context), m_length(windows.contextLength),
          m_first(m_length / 2), m_scored(m_length - m_first - 1), m_vocabulary(base.hyperparameters().vocabularySize)
    {
    }

    Result<std::vector<TokenDivergence>> run(const DivergenceOptions& options)
    {
        const std::uint64_t perWindow =
            std::max<std::uint64_t>(1, (m_base.bytesPerToken(m_length) + m_variant.bytesPerToken(m_length)) * m_length);
        const auto windowsPerPass = std::clamp<std::size_t>(static_cast<std::size_t>(options.activationBudgetBytes / perWindow), 1,
                                                            m_windows.windowCount);
        const std::uint64_t logitBytes = std::uint64_t{m_scored} * m_vocabulary * sizeof(float);
        m_group = std::clamp<std::size_t>(static_cast<std::size_t>(options.logitBudgetBytes / logitBytes), 1, windowsPerPass);
        m_logits.reset(m_group * m_scored * m_vocabulary);
        const std::uint64_t blocks = m_base.hyperparameters().blockCount + std::uint64_t{m_variant.hyperparameters().blockCount};
        m_context.begin("Measuring the divergence", std::uint64_t{m_windows.windowCount} * m_length * blocks, ProgressUnit::Steps);
        for (std::size_t window = 0; window < m_windows.windowCount; window += windowsPerPass)
            WW_TRY_VOID(pass(window, std::min(windowsPerPass, m_windows.windowCount - window)));
        return std::move(m_tokens);
    }

private:
    /// Hidden states of the scored positions of `count` windows.
    Result<void> forward(const LanguageModel& model, std::size_t firstWindow, std::size_t count, AlignedBuffer<float>& hidden)
    {
        const std::size_t d = model.hyperparameters().embeddingLength;
        const auto tokens = std::span(m_windows.input).subspan(firstWindow * m_length, count * m_length);
        hidden.ensure(tokens.size() * d);
        WW_TRY_VOID(model.forward(tokens, m_length, {hidden.data(), tokens.size() * d}, m_context));
        for (std::size_t w = 0; w < count; ++w)
            std::copy_n(hidden.data() + (w * m_length + m_first) * d, m_scored * d, hidden.data() + w * m_scored * d);
        return {};
    }

    Result<void> pass(std::size_t firstWindow, std::size_t count)
    {
        WW_TRY_VOID(forward(m_base, firstWindow, count, m_baseHidden));
        WW_TRY_VOID(forward(m_variant, firstWindow, count, m_variantHidden));
        for (std::size_t w = 0; w < count; w += m_group)
            WW_TRY_VOID(score(firstWindow + w, w, std::min(m_group, count - w)));
        return {};
    }

    [[nodiscard]] std::size_t targetOf(std::size_t firstWindow, std::size_t row) const
    {
        const std::size_t window = firstWindow + row / m_scored;
        return static_cast<std::size_t>(m_windows.targets[window * m_length + m_first + row % m_scored + 1]);
    }

    /// `offset`: of the windows within the hidden states.
    Result<void> score(std::size_t firstWindow, std::size_t offset, std::size_t count)
    {
        const std::size_t rows = count * m_scored;
        std::vector<Row> base(rows);
        const auto keep = [&](std::size_t firstRow, std::size_t rowCount, std::size_t firstToken, std::size_t tokenCount,
                              const float* logits) {
            for (std::size_t r = 0; r < rowCount; ++r) {
                const std::size_t row = firstRow + r;
                base[row].add(logits + r * tokenCount, tokenCount, firstToken, targetOf(firstWindow, row));
                std::copy_n(logits + r * tokenCount, tokenCount, m_logits.data() + row * m_vocabulary + firstToken);
            }
        };
        const std::size_t baseFloats = m_base.hyperparameters().embeddingLength * m_scored;
        WW_TRY_VOID(m_base.logits({m_baseHidden.data() + offset * baseFloats, count * baseFloats}, m_scored, keep, m_context));

        // KLD = Σ p·(b − l) + logSum(l)·Σ p, so the logits of the variant need not be kept.
        std::vector<Row> variant(rows);
        std::vector<double> cross(rows, 0);
        std::vector<double> mass(rows, 0);
        std::vector<double> logSums(rows);
        for (std::size_t row = 0; row < rows; ++row) logSums[row] = base[row].logSum();
        const auto compare = [&](std::size_t firstRow, std::size_t rowCount, std::size_t firstToken, std::size_t tokenCount,
                                 const float* logits) {
            for (std::size_t r = 0; r < rowCount; ++r) {
                const std::size_t row = firstRow + r;
                const float* values = logits + r * tokenCount;
                variant[row].add(values, tokenCount, firstToken, targetOf(firstWindow, row));
                const float* original = m_logits.data() + row * m_vocabulary + firstToken;
                for (std::size_t i = 0; i < tokenCount; ++i) {
                    const double logProbability = static_cast<double>(original[i]) - logSums[row];
                    if (!(logProbability > kLeastLogProbability)) continue;
                    const double probability = std::exp(logProbability);
                    cross[row] += probability * (logProbability - static_cast<double>(values[i]));
                    mass[row] += probability;
                }
            }
        };
        const std::size_t floats = m_variant.hyperparameters().embeddingLength * m_scored;
        WW_TRY_VOID(m_variant.logits({m_variantHidden.data() + offset * floats, count * floats}, m_scored, compare, m_context));
        for (std::size_t row = 0; row < rows; ++row) {
            TokenDivergence token;
            token.kld = cross[row] + mass[row] * variant[row].logSum();
            token.nllBase = base[row].negativeLogLikelihood();
            token.nll = variant[row].negativeLogLikelihood();
            token.sameTop = base[row].top == variant[row].top;
            if (!std::isfinite(token.kld) || !std::isfinite(token.nllBase) || !std::isfinite(token.nll))
                return fail(ErrorCode::Corrupt,
                            "The output of one of the models holds values that are not numbers: some of its weights are not "
                            "numbers, or are far too large.");
            m_tokens.push_back(token);
        }
        return {};
    }

    const LanguageModel& m_base;
    const LanguageModel& m_variant;
    const EvaluationWindows& m_windows;
    const JobContext& m_context;
    const std::size_t m_length;
    const std::size_t m_first;   ///< position of the first score
    const std::size_t m_scored;  ///< scores per window
    const std::size_t m_vocabulary;
    std::size_t m_group = 1;        ///< windows whose logits are kept at once
    AlignedBuffer<float> m_logits;  ///< of the original
    AlignedBuffer<float> m_baseHidden, m_variantHidden;
    std::vector<TokenDivergence> m_tokens;
};

}  // namespace

double TokenDivergence::probabilityChange() const
{
    return std::exp(-nll) - std::exp(-nllBase);
}

DivergenceResult summarize(std::vector<TokenDivergence> tokens)
{
    DivergenceResult result;
    const auto n = static_cast<double>(tokens.size());
    double nll = 0, nll2 = 0, base = 0, base2 = 0, both = 0, kld = 0, kld2 = 0, dp = 0, dp2 = 0, dp4 = 0, same = 0;
    std::vector<double> sorted;
    sorted.reserve(tokens.size());
    for (const TokenDivergence& token : tokens) {
        const double change = token.probabilityChange();
        nll += token.nll;
        nll2 += token.nll * token.nll;
        base += token.nllBase;
        base2 += token.nllBase * token.nllBase;
        both += token.nll * token.nllBase;
        kld += token.kld;
        kld2 += token.kld * token.kld;
        dp += change;
        dp2 += change * change;
        dp4 += change * change * change * change;
        same += token.sameTop ? 1 : 0;
        sorted.push_back(token.kld);
    }
    std::sort(sorted.begin(), sorted.end());
    const Estimate f = meanOf(nll, nll2, n);
    const Estimate b = meanOf(base, base2, n);
    constexpr double kFewest = 10;
    const double covariance = n < kFewest ? 0 : (both / n - f.value * b.value) / (n - 1);
    const auto errorOf = [](double a, double c, double cov) { return std::sqrt(std::max(0.0, a * a + c * c - 2 * cov)); };
    result.perplexity = {std::exp(f.value), std::exp(f.value) * f.error};
    result.basePerplexity = {std::exp(b.value), std::exp(b.value) * b.error};
    result.logRatio = {f.value - b.value, errorOf(f.error, b.error, covariance)};
    result.ratio = {std::exp(result.logRatio.value), std::exp(result.logRatio.value) * result.logRatio.error};
    result.difference = {result.perplexity.value - result.basePerplexity.value,
                         errorOf(result.perplexity.error, result.basePerplexity.error,
                                 result.perplexity.value * result.basePerplexity.value * covariance)};
    result.meanKld = meanOf(kld, kld2, n);
    result.medianKld = quantileOf(sorted, 0.5);
    result.p90Kld = quantileOf(sorted, 0.9);
    result.p99Kld = quantileOf(sorted, 0.99);
    result.minimumKld = sorted.front();
    result.maximumKld = sorted.back();
    result.meanProbabilityChange = meanOf(dp, dp2, n);
    const double rms = std::sqrt(dp2 / n);
    result.rmsProbabilityChange = {rms, rms > 0 ? 0.5 / rms * meanOf(dp2, dp4, n).error : 0};
    const double share = same / n;
    result.sameTop = {share, n > 1 ? std::sqrt(share * (1 - share) / (n - 1)) : 0};
    result.scoredTokens = tokens.size();
    result.tokens = std::move(tokens);
    return result;
}

Result<DivergenceResult> klDivergence(const LanguageModel& base, const LanguageModel& variant, const EvaluationWindows& windows,
                                      const DivergenceOptions& options, const JobContext& context)
{
    const std::size_t vocabulary = base.hyperparameters().vocabularySize;
    if (vocabulary != variant.hyperparameters().vocabularySize)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The models cannot be compared: one has {} tokens in its vocabulary, the other {}.", vocabulary,
                                variant.hyperparameters().vocabularySize));
    const std::size_t count = std::size_t{windows.windowCount} * windows.contextLength;
    constexpr std::uint32_t kShortest = 4;
    if (count == 0 || windows.contextLength < kShortest || windows.input.size() != count || windows.targets.size() != count)
        return fail(ErrorCode::InvalidArgument, "There are no complete windows to evaluate.");
    if (!std::ranges::all_of(windows.targets, [&](TokenId id) { return id >= 0 && static_cast<std::size_t>(id) < vocabulary; }))
        return fail(ErrorCode::InvalidArgument, "The windows were made with the tokenizer of another model.");
    try {
        const auto start = std::chrono::steady_clock::now();
        WW_TRY(std::vector<TokenDivergence> tokens, Divergence(base, variant, windows, context).run(options));
        DivergenceResult result = summarize(std::move(tokens));
        result.windows = windows.windowCount;
        result.contextLength = windows.contextLength;
        result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return result;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this evaluation; try a shorter context.");
    }
}

Estimate pairedDifference(std::span<const TokenDivergence> a, std::span<const TokenDivergence> b)
{
    double sum = 0;
    double squares = 0;
    const std::size_t count = std::min(a.size(), b.size());
    if (count == 0) return {};
    for (std::size_t i = 0; i < count; ++i) {
        const double difference = b[i].kld - a[i].kld;
        sum += difference;
        squares += difference * difference;
    }
    return meanOf(sum, squares, static_cast<double>(count));
}

std::string comparisonSentence(const std::string& a, const std::string& b, const Estimate& difference, std::uint32_t windows)
{
    const double size = std::fabs(difference.value);
    if (size == 0 && difference.error == 0) return fmt::format("{} and {} are equal on this text.", a, b);
    if (size > kCertain * difference.error) {
        const bool secondBetter = difference.value < 0;
        return fmt::format("{} is better than {}.", secondBetter ? b : a, secondBetter ? a : b);
    }
    // The error shrinks with the root of the number of windows.
    const double needed = size > 0 ? windows * std::pow(kCertain * difference.error / size, 2) : 0;
    constexpr double kMost = 1e6;
    if (needed <= 0 || needed > kMost) return fmt::format("{} and {} cannot be told apart on this text.", a, b);
    const auto more = static_cast<std::uint64_t>(std::max(1.0, std::ceil(needed - windows)));
    return fmt::format("{} and {} cannot be told apart yet; about {} more window{} would be needed.", a, b, more,
                       more == 1 ? "" : "s");
}

}  // namespace ww
