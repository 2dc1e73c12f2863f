// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "model/language_model.h"

namespace ww {
namespace {

/// Length of the longest prefix of `bytes` that does not end inside a UTF-8 character. Bytes that can never become a
/// character count as complete, so nothing is held back forever.
std::size_t completeLength(std::string_view bytes)
{
    constexpr std::size_t kLongest = 4;
    const auto byteAt = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    for (std::size_t back = 1; back <= std::min(kLongest - 1, bytes.size()); ++back) {
        const std::size_t start = bytes.size() - back;
        const unsigned char lead = byteAt(start);
        if ((lead & 0xC0U) == 0x80U) continue;  // a continuation byte: look for its beginning
        const std::size_t length = lead >= 0xF0U && lead <= 0xF4U  ? 4
                                   : lead >= 0xE0U && lead < 0xF0U ? 3
                                   : lead >= 0xC2U && lead < 0xE0U ? 2
                                                                   : 1;
        return length > back ? start : bytes.size();
    }
    return bytes.size();
}

/// Greedy, or from the smallest set of tokens whose probability reaches topP. The generator and the way its bits are used are
/// fixed by the C++ standard and by this file, so a seed gives the same text on every machine (up to rounding of logits).
class Sampler {
public:
    explicit Sampler(const GenerateOptions& options) : m_options(options), m_generator(options.seed) {}

    TokenId choose(std::span<const float> logits)
    {
        const auto best = std::max_element(logits.begin(), logits.end());
        if (!(m_options.temperature > 0)) return static_cast<TokenId>(best - logits.begin());
        m_order.resize(logits.size());
        std::iota(m_order.begin(), m_order.end(), TokenId{0});
        std::ranges::sort(m_order, [&](TokenId a, TokenId b) {
            const float x = logits[static_cast<std::size_t>(a)];
            const float y = logits[static_cast<std::size_t>(b)];
            return x != y ? x > y : a < b;
        });
        const auto weightOf = [&](TokenId token) {
            return std::exp((static_cast<double>(logits[static_cast<std::size_t>(token)]) - static_cast<double>(*best)) /
                            static_cast<double>(m_options.temperature));
        };
        double total = 0;
        for (const TokenId token : m_order) total += weightOf(token);
        double kept = 0;
        std::size_t count = 0;
        while (count < m_order.size() && (count == 0 || kept < static_cast<double>(m_options.topP) * total))
            kept += weightOf(m_order[count++]);
        constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
        double point = static_cast<double>(m_generator() >> 11U) * kUnit * kept;
        for (std::size_t i = 0; i + 1 < count; ++i) {
            point -= weightOf(m_order[i]);
            if (point < 0) return m_order[i];
        }
        return m_order[count - 1];
    }

private:
    const GenerateOptions& m_options;
    std::mt19937_64 m_generator;
    std::vector<TokenId> m_order;
};

}  // namespace

Result<std::vector<TokenId>> generate(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view prompt,
                                      const GenerateOptions& options, const std::function<bool(std::string_view)>& onToken,
                                      const JobContext& context)
{
    if (!std::isfinite(options.temperature) || options.temperature < 0)
        return fail(ErrorCode::InvalidArgument, "The temperature must be 0 or a positive number.");
    if (!(options.topP > 0 && options.topP <= 1)) return fail(ErrorCode::InvalidArgument, "top-p must be above 0 and at most 1.");
    const std::vector<TokenId> promptTokens = tokenizer.encode(prompt);
    const std::size_t contextLength = model.hyperparameters().contextLength;
    if (promptTokens.empty())
        return fail(ErrorCode::InvalidArgument,
                    "The prompt is empty, and this model has no mark for the beginning of a text; write some words.");
    if (promptTokens.size() > contextLength)
        return fail(ErrorCode::InvalidArgument, "The prompt has " + std::to_string(promptTokens.size()) +
                                                    " tokens, but the model's context is " + std::to_string(contextLength) +
                                                    "; shorten the prompt.");
    const std::size_t most = std::min<std::size_t>(options.tokenCount, contextLength - promptTokens.size());
    std::vector<TokenId> generated;
    if (most == 0) return generated;
    context.begin("Generating text", most, ProgressUnit::Tokens);
    WW_TRY(const auto session, model.startSession(promptTokens.size() + most, options.weightBudgetBytes, context));
    Sampler sampler(options);
    std::string held;
    std::span<const TokenId> next = promptTokens;
    while (generated.size() < most) {
        WW_TRY(const std::span<const float> logits, session->append(next, context));
        if (!std::ranges::all_of(logits, [](float l) { return std::isfinite(l); }))
            return fail(ErrorCode::Corrupt,
                        "The model's output holds values that are not numbers: some weights of the output matrix are not "
                        "numbers, or are far too large.");
        const TokenId token = sampler.choose(logits);
        if (tokenizer.isEndOfGeneration(token)) break;
        generated.push_back(token);
        context.advance(1);
        held += tokenizer.decode(token);
        const std::size_t complete = completeLength(held);
        const bool goOn = !onToken || complete == 0 || onToken(std::string_view(held).substr(0, complete));
        held.erase(0, complete);
        if (!goOn) return generated;
        next = std::span(generated).last(1);
    }
    if (!held.empty() && onToken) onToken(held);
    return generated;
}

}  // namespace ww
