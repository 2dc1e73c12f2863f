// SPDX-License-Identifier: MIT
#include "eval/kl_divergence.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "eval/window_journal.h"
#include "model/kernels.h"
#include "model/linear.h"

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
        : m_base(base), m_variant(variant), m_windows(windows), m_context(context), m_length(windows.contextLength)
    {
    }

    Result<std::vector<TokenDivergence>> run(const DivergenceOptions& options)
    {
        const std::uint64_t perWindow =
            std::max<std::uint64_t>(1, (m_base.bytesPerToken(m_length) + m_variant.bytesPerToken(m_length)) * m_length);
        auto windowsPerPass = std::clamp<std::size_t>(static_cast<std::size_t>(options.activationBudgetBytes / perWindow), 1,
                                                      m_windows.windowCount);
        if (!options.journal.empty()) windowsPerPass = std::min(windowsPerPass, kJournalWindows);
        const std::size_t scored = m_length - m_length / 2 - 1;
        WindowJournal journal(options.journal, Hasher().hash(options.identity).number(m_length).number(m_windows.windowCount).finish(),
                              scored * kValuesPerToken);
        const std::size_t known = std::min<std::size_t>(journal.finishedWindows(), m_windows.windowCount);
        restore(journal.finished().first(known * scored * kValuesPerToken));
        const std::uint64_t blocks = m_base.hyperparameters().blockCount + std::uint64_t{m_variant.hyperparameters().blockCount};
        m_context.begin("Measuring the divergence", std::uint64_t{m_windows.windowCount} * m_length * blocks, ProgressUnit::Steps);
        m_context.advance(std::uint64_t{known} * m_length * blocks);
        for (std::size_t window = known; window < m_windows.windowCount; window += windowsPerPass) {
            const std::size_t before = m_tokens.size();
            WW_TRY_VOID(pass(window, std::min(windowsPerPass, m_windows.windowCount - window), options.logitBudgetBytes));
            journal.append(valuesFrom(before));
        }
        return std::move(m_tokens);
    }

private:
    static constexpr std::size_t kValuesPerToken = 4;

    void restore(std::span<const double> values)
    {
        for (std::size_t i = 0; i + kValuesPerToken <= values.size(); i += kValuesPerToken)
            m_tokens.push_back({values[i], values[i + 1], values[i + 2], values[i + 3] != 0});
    }
    [[nodiscard]] std::vector<double> valuesFrom(std::size_t first) const
    {
        std::vector<double> values;
        for (std::size_t i = first; i < m_tokens.size(); ++i)
            values.insert(values.end(), {m_tokens[i].kld, m_tokens[i].nllBase, m_tokens[i].nll, m_tokens[i].sameTop ? 1.0 : 0.0});
        return values;
    }

    Result<std::span<const float>> forward(const LanguageModel& model, std::size_t firstWindow, std::size_t count)
    {
        const std::size_t d = model.hyperparameters().embeddingLength;
        const auto tokens = std::span(m_windows.input).subspan(firstWindow * m_length, count * m_length);
        m_hidden.ensure(tokens.size() * d);
        WW_TRY_VOID(model.forward(tokens, m_length, {m_hidden.data(), tokens.size() * d}, m_context));
        return std::span<const float>(m_hidden.data(), tokens.size() * d);
    }

    Result<void> pass(std::size_t firstWindow, std::size_t count, std::uint64_t budgetBytes)
    {
        WW_TRY(std::span<const float> hidden, forward(m_base, firstWindow, count));
        WW_TRY(ReferencePredictions reference,
               ReferencePredictions::create(m_base, m_windows, firstWindow, count, hidden, budgetBytes, m_context));
        WW_TRY(hidden, forward(m_variant, firstWindow, count));
        WW_TRY(const std::vector<TokenDivergence> tokens, reference.compare(m_variant, hidden, m_context));
        m_tokens.insert(m_tokens.end(), tokens.begin(), tokens.end());
        return {};
    }

    const LanguageModel& m_base;
    const LanguageModel& m_variant;
    const EvaluationWindows& m_windows;
    const JobContext& m_context;
    const std::size_t m_length;
    AlignedBuffer<float> m_hidden;
    std::vector<TokenDivergence> m_tokens;
};

/// Σ p·l in double. Several sums, so that the processor need not wait for each addition.
double expectation(const float* probabilities, const float* logits, std::size_t n)
{
    constexpr std::size_t kSums = 8;
    double sums[kSums] = {};
    std::size_t i = 0;
    for (; i + kSums <= n; i += kSums)
        for (std::size_t k = 0; k < kSums; ++k)
            sums[k] += static_cast<double>(probabilities[i + k]) * static_cast<double>(logits[i + k]);
    for (; i < n; ++i) sums[0] += static_cast<double>(probabilities[i]) * static_cast<double>(logits[i]);
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

Error brokenOutput()
{
    return Error{ErrorCode::Corrupt,
                 "The output of one of the models holds values that are not numbers: some of its weights are not "
                 "numbers, or are far too large.",
                 {},
                 {},
                 {}};
}

/// The scored positions of each window, moved together.
void takeScored(std::span<const float> hidden, std::size_t d, std::size_t length, std::size_t first, std::size_t scored,
                std::size_t windows, float* out)
{
    for (std::size_t w = 0; w < windows; ++w)
        std::copy_n(hidden.data() + (w * length + first) * d, scored * d, out + w * scored * d);
}

}  // namespace

double TokenDivergence::probabilityChange() const
{
    return std::exp(-nll) - std::exp(-nllBase);
}

ReferencePredictions::ReferencePredictions(const LanguageModel& base, const EvaluationWindows& windows, std::size_t firstWindow,
                                           std::size_t count)
    : m_base(&base), m_windows(&windows), m_firstWindow(firstWindow), m_count(count), m_length(windows.contextLength),
      m_first(m_length / 2), m_scored(m_length - m_first - 1), m_vocabulary(base.hyperparameters().vocabularySize)
{
}

Result<ReferencePredictions> ReferencePredictions::create(const LanguageModel& base, const EvaluationWindows& windows,
                                                          std::size_t firstWindow, std::size_t windowCount,
                                                          std::span<const float> hidden, std::uint64_t budgetBytes,
                                                          const JobContext& context)
{
    ReferencePredictions reference(base, windows, firstWindow, windowCount);
    const std::size_t d = base.hyperparameters().embeddingLength;
    if (hidden.size() != windowCount * reference.m_length * d)
        return fail(ErrorCode::InvalidArgument, "The hidden states do not fill whole windows.");
    const std::uint64_t perWindow = std::uint64_t{reference.m_scored} * reference.m_vocabulary * sizeof(float);
    reference.m_group = std::clamp<std::size_t>(static_cast<std::size_t>(budgetBytes / perWindow), 1, windowCount);
    reference.m_hidden.resize(windowCount * reference.m_scored * d);
    takeScored(hidden, d, reference.m_length, reference.m_first, reference.m_scored, windowCount, reference.m_hidden.data());
    if (budgetBytes / perWindow < windowCount) return reference;
    WW_TRY_VOID(reference.predict(0, windowCount, context));
    reference.m_kept = true;
    reference.m_hidden = {};
    return reference;
}

std::size_t ReferencePredictions::targetOf(std::size_t window, std::size_t row) const
{
    const std::size_t place = m_firstWindow + window + row / m_scored;
    return static_cast<std::size_t>(m_windows->targets[place * m_length + m_first + row % m_scored + 1]);
}

// KLD = −entropy − Σ p·l + mass · logSum(l), so the logits of the variant need not be kept. The entropy is that of the
// probabilities as they are stored, and their rounding cancels to second order.
Result<void> ReferencePredictions::predict(std::size_t window, std::size_t count, const JobContext& context)
{
    const std::size_t rows = count * m_scored;
    const std::size_t d = m_base->hyperparameters().embeddingLength;
    m_probabilities.ensure(m_group * m_scored * m_vocabulary);
    std::vector<Row> sums(rows);
    const auto keep = [&](std::size_t firstRow, std::size_t rowCount, std::size_t firstToken, std::size_t tokenCount,
                          const float* logits) {
        for (std::size_t r = 0; r < rowCount; ++r) {
            const std::size_t row = firstRow + r;
            sums[row].add(logits + r * tokenCount, tokenCount, firstToken, targetOf(window, row));
            std::copy_n(logits + r * tokenCount, tokenCount, m_probabilities.data() + row * m_vocabulary + firstToken);
        }
    };
    WW_TRY_VOID(m_base->logits({m_hidden.data() + window * m_scored * d, rows * d}, m_scored, keep, context));
    m_positions.assign(rows, {});
    return forEachRows(rows, m_vocabulary, context, [&](std::size_t first, std::size_t rowCount) -> Result<void> {
        for (std::size_t row = first; row < first + rowCount; ++row) {
            const double logSum = sums[row].logSum();
            Position& position = m_positions[row];
            position.nll = sums[row].negativeLogLikelihood();
            position.top = sums[row].top;
            float* values = m_probabilities.data() + row * m_vocabulary;
            for (std::size_t i = 0; i < m_vocabulary; ++i) {
                const double logProbability = static_cast<double>(values[i]) - logSum;
                values[i] = logProbability > kLeastLogProbability ? static_cast<float>(std::exp(logProbability)) : 0.0F;
                if (values[i] == 0.0F) continue;
                position.entropy -= static_cast<double>(values[i]) * logProbability;
                position.mass += static_cast<double>(values[i]);
            }
            if (!std::isfinite(position.nll) || !std::isfinite(position.entropy)) return fail(brokenOutput());
        }
        return {};
    });
}

Result<void> ReferencePredictions::compareGroup(const LanguageModel& variant, const float* hidden, std::size_t window,
                                                std::size_t count, std::vector<TokenDivergence>& tokens,
                                                const JobContext& context) const
{
    const std::size_t rows = count * m_scored;
    const std::size_t d = variant.hyperparameters().embeddingLength;
    std::vector<Row> sums(rows);
    std::vector<double> cross(rows, 0);
    const auto compare = [&](std::size_t firstRow, std::size_t rowCount, std::size_t firstToken, std::size_t tokenCount,
                             const float* logits) {
        for (std::size_t r = 0; r < rowCount; ++r) {
            const std::size_t row = firstRow + r;
            const float* values = logits + r * tokenCount;
            sums[row].add(values, tokenCount, firstToken, targetOf(window, row));
            cross[row] += expectation(m_probabilities.data() + row * m_vocabulary + firstToken, values, tokenCount);
        }
    };
    WW_TRY_VOID(variant.logits({hidden, rows * d}, m_scored, compare, context));
    for (std::size_t row = 0; row < rows; ++row) {
        const Position& base = m_positions[row];
        TokenDivergence token;
        token.kld = base.mass * sums[row].logSum() - cross[row] - base.entropy;
        token.nllBase = base.nll;
        token.nll = sums[row].negativeLogLikelihood();
        token.sameTop = base.top == sums[row].top;
        if (!std::isfinite(token.kld) || !std::isfinite(token.nll)) return fail(brokenOutput());
        tokens.push_back(token);
    }
    return {};
}

Result<std::vector<TokenDivergence>> ReferencePredictions::compare(const LanguageModel& variant, std::span<const float> hidden,
                                                                   const JobContext& context)
{
    const std::size_t d = variant.hyperparameters().embeddingLength;
    if (hidden.size() != m_count * m_length * d || variant.hyperparameters().vocabularySize != m_vocabulary)
        return fail(ErrorCode::InvalidArgument, "The hidden states do not fill whole windows, or the vocabularies differ.");
    std::vector<TokenDivergence> tokens;
    tokens.reserve(m_count * m_scored);
    AlignedBuffer<float> scored(m_group * m_scored * d);
    for (std::size_t window = 0; window < m_count; window += m_group) {
        const std::size_t count = std::min(m_group, m_count - window);
        if (!m_kept) WW_TRY_VOID(predict(window, count, context));
        takeScored(hidden.subspan(window * m_length * d), d, m_length, m_first, m_scored, count, scored.data());
        WW_TRY_VOID(compareGroup(variant, scored.data(), window, count, tokens, context));
    }
    if (!m_kept) m_probabilities = {};  // others may wait for the memory
    return tokens;
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
