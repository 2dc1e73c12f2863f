// SPDX-License-Identifier: MIT
#include "text/hf_token_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww {
namespace {

constexpr std::uint64_t kMaximumTokens = std::uint64_t{1} << 22;  // sixteen times the largest vocabulary in use
constexpr float kAddedScore = -1000;
constexpr float kFillerScore = -10000;

/// Publishers forget to mark some control tokens as special; by their looks they are none that text contains.
bool looksSpecial(std::string_view text)
{
    const auto between = [&](std::string_view begin, std::string_view end) {
        return text.starts_with(begin) && text.ends_with(end);
    };
    return between("<|", "|>") || between("<｜", "｜>") || between("<unused", ">") || text == "<pad>" || text == "<mask>";
}

}  // namespace

Result<void> HfTokenTable::set(std::uint64_t id, std::string text, float score, TokenType type)
{
    if (id >= kMaximumTokens)
        return fail(ErrorCode::Corrupt,
                    fmt::format("The token “{}” has the id {}, but no vocabulary is larger than {}. The file is damaged.",
                                text.substr(0, 40), id, kMaximumTokens));
    if (id >= m_tokens.size()) m_tokens.resize(static_cast<std::size_t>(id) + 1);
    m_tokens[static_cast<std::size_t>(id)] = {std::move(text), score, type, true};
    return {};
}

const HfTokenTable::Token* HfTokenTable::find(std::uint64_t id) const
{
    return id < m_tokens.size() && m_tokens[static_cast<std::size_t>(id)].present ? &m_tokens[static_cast<std::size_t>(id)]
                                                                                  : nullptr;
}

Result<void> HfTokenTable::add(std::uint64_t id, std::string_view text, bool special)
{
    const bool control = special || looksSpecial(text);
    if (const Token* known = find(id); known && known->text == text) {
        const bool fits = control ? known->type == TokenType::Control || known->type == TokenType::Unknown
                                  : known->type == TokenType::UserDefined;
        if (fits) return {};
    } else if (!known) {
        m_added[id] = true;
    }
    std::string stored(text);
    // User-defined tokens are found in the raw text, where a space is a space.
    constexpr std::string_view kEscapedSpace = "\xE2\x96\x81";
    if (!control)
        for (std::size_t i = stored.find(kEscapedSpace); i != std::string::npos; i = stored.find(kEscapedSpace, i + 1))
            stored.replace(i, kEscapedSpace.size(), " ");
    return set(id, std::move(stored), kAddedScore, control ? TokenType::Control : TokenType::UserDefined);
}

Result<void> HfTokenTable::finish(std::size_t rows)
{
    if (rows > kMaximumTokens)
        return fail(ErrorCode::Corrupt, fmt::format("The model states a vocabulary of {} tokens; no vocabulary is larger than {}.",
                                                    rows, kMaximumTokens));
    while (rows > 0 && m_tokens.size() > rows) {
        const std::size_t last = m_tokens.size() - 1;
        if (m_tokens[last].present && !m_added.contains(last))
            return fail(ErrorCode::Corrupt,
                        fmt::format("The tokenizer has {} tokens, but the model has weights for only {}. The files of the "
                                    "folder do not belong together.",
                                    m_tokens.size(), rows));
        m_tokens.pop_back();
    }
    m_tokens.resize(std::max(m_tokens.size(), rows));
    for (std::size_t i = 0; i < m_tokens.size(); ++i)
        if (!m_tokens[i].present) m_tokens[i] = {fmt::format("[PAD{}]", i), kFillerScore, TokenType::Unused, true};
    m_ids.reserve(m_tokens.size());
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const auto [place, isNew] = m_ids.emplace(m_tokens[i].text, static_cast<std::uint32_t>(i));
        if (!isNew)
            return fail(ErrorCode::Corrupt,
                        fmt::format("Tokens {} and {} have the same text “{}”; a GGUF file cannot hold such a vocabulary.",
                                    place->second, i, m_tokens[i].text.substr(0, 40)));
    }
    return {};
}

std::optional<std::uint32_t> HfTokenTable::idOf(std::string_view text) const
{
    const auto found = m_ids.find(text);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> HfTokenTable::texts() const
{
    std::vector<std::string> texts;
    for (const Token& token : m_tokens) texts.push_back(token.text);
    return texts;
}
std::vector<float> HfTokenTable::scores() const
{
    std::vector<float> scores;
    for (const Token& token : m_tokens) scores.push_back(token.score);
    return scores;
}
std::vector<std::int32_t> HfTokenTable::types() const
{
    std::vector<std::int32_t> types;
    for (const Token& token : m_tokens) types.push_back(static_cast<std::int32_t>(token.type));
    return types;
}

}  // namespace ww
