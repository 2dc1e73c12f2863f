// SPDX-License-Identifier: MIT
#include "text/special_tokens.h"

#include <algorithm>
#include <cstring>

namespace ww {
namespace {

/// White space of the C locale, whatever the locale of the program.
bool isAsciiSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// First occurrence at or after `from`, in linear time; npos if there is none.
std::size_t findBytes(std::string_view text, std::string_view needle, std::size_t from)
{
    const void* found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

}  // namespace

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary, const std::unordered_map<TokenId, Strip>& strips)
{
    for (TokenId token = 0; vocabulary.contains(token); ++token) {
        const TokenType type = vocabulary.type(token);
        if (type != TokenType::Control && type != TokenType::UserDefined && type != TokenType::Unknown) continue;
        const auto strip = strips.find(token);
        m_specials.push_back(
            {token, vocabulary.text(token), strip == strips.end() ? Strip::None : strip->second, type == TokenType::UserDefined});
    }
    std::stable_sort(m_specials.begin(), m_specials.end(),
                     [](const Special& a, const Special& b) { return a.text.size() > b.text.size(); });
    buildAutomaton();
}

std::uint32_t SpecialTokens::child(std::uint32_t node, unsigned char byte) const
{
    if (node == 0) return m_rootChildren[byte];
    const auto found = m_children.find(std::uint64_t{node} << 8 | byte);
    return found == m_children.end() ? 0 : found->second;
}

void SpecialTokens::buildAutomaton()
{
    struct Origin {
        std::uint32_t parent;
        unsigned char byte;
    };
    std::vector<Origin> origins(1);
    std::vector<std::uint32_t> depths(1);
    for (Special& special : m_specials) {
        std::uint32_t node = 0;
        for (const char c : special.text) {
            const auto byte = static_cast<unsigned char>(c);
            std::uint32_t next = child(node, byte);
            if (next == 0) {
                next = static_cast<std::uint32_t>(origins.size());
                if (node == 0)
                    m_rootChildren[byte] = next;
                else
                    m_children.emplace(std::uint64_t{node} << 8 | byte, next);
                origins.push_back({node, byte});
                depths.push_back(depths[node] + 1);
            }
            node = next;
        }
        special.node = node;
    }
    m_breadthFirst.resize(origins.size());
    for (std::uint32_t i = 0; i < m_breadthFirst.size(); ++i) m_breadthFirst[i] = i;
    std::stable_sort(m_breadthFirst.begin(), m_breadthFirst.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return depths[a] < depths[b]; });
    m_fallback.assign(origins.size(), 0);
    for (const std::uint32_t node : m_breadthFirst) {
        if (depths[node] < 2) continue;
        std::uint32_t suffix = m_fallback[origins[node].parent];
        while (suffix != 0 && child(suffix, origins[node].byte) == 0) suffix = m_fallback[suffix];
        m_fallback[node] = child(suffix, origins[node].byte);
    }
}

std::vector<bool> SpecialTokens::visitedNodes(std::string_view text) const
{
    std::vector<bool> visited(m_fallback.size());
    std::uint32_t node = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        std::uint32_t next = child(node, byte);
        while (next == 0 && node != 0) {
            node = m_fallback[node];
            next = child(node, byte);
        }
        node = next;
        visited[node] = true;
    }
    // What ends a visited node's text occurs too.
    for (auto i = m_breadthFirst.rbegin(); i != m_breadthFirst.rend(); ++i)
        if (visited[*i]) visited[m_fallback[*i]] = true;
    return visited;
}

std::vector<Fragment> SpecialTokens::partition(std::string_view text, bool parseSpecial) const
{
    std::vector<Fragment> fragments;
    if (text.empty()) return fragments;
    fragments.push_back({text});
    if (m_specials.empty()) return fragments;
    const auto visited = visitedNodes(text);
    std::vector<Fragment> next;
    for (const Special& special : m_specials) {
        if (!visited[special.node] || !(parseSpecial || special.always)) continue;
        next.clear();
        for (const Fragment& fragment : fragments) {
            if (fragment.token >= 0) {
                next.push_back(fragment);
                continue;
            }
            std::size_t begin = 0;
            for (std::size_t at; begin < fragment.raw.size();) {
                at = findBytes(fragment.raw, special.text, begin);
                if (at == std::string_view::npos) break;
                std::size_t end = at;
                if (special.strip == Strip::Left)
                    while (end > begin && isAsciiSpace(fragment.raw[end - 1])) --end;
                if (end > begin) next.push_back({fragment.raw.substr(begin, end - begin)});
                next.push_back({{}, special.token});
                begin = at + special.text.size();
                if (special.strip == Strip::Right)
                    while (begin < fragment.raw.size() && isAsciiSpace(fragment.raw[begin])) ++begin;
            }
            if (begin < fragment.raw.size()) next.push_back({fragment.raw.substr(begin)});
        }
        fragments.swap(next);
    }
    return fragments;
}

}  // namespace ww
