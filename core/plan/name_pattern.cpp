// SPDX-License-Identifier: MIT
// PCRE2 with the options that make it behave like ECMAScript. std::regex would be closer to the letter, but it recurses on
// the machine stack once per character and has no limit of steps.
#include "plan/name_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <array>
#include <utility>

namespace ww {
namespace {

constexpr std::size_t kMaxPatternLength = 4096;
// A name has fewer than 64 bytes: patterns as people write them need some dozens of steps.
constexpr std::uint32_t kMaxSteps = 10'000;
constexpr std::uint32_t kMaxHeapKiB = 4096;

constexpr std::uint32_t kEcmaScript =
    PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_UTF;

struct Free {
    void operator()(pcre2_code* p) const { pcre2_code_free(p); }
    void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
    void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
};

/// The pattern as shown in messages: quoted, and not longer than a line.
std::string inQuotes(std::string_view pattern)
{
    constexpr std::size_t kShown = 80;
    return pattern.size() <= kShown ? fmt::format("\"{}\"", pattern) : fmt::format("\"{}…\"", pattern.substr(0, kShown));
}

}  // namespace

struct NamePattern::Code {
    std::unique_ptr<pcre2_code, Free> code;
    std::unique_ptr<pcre2_match_data, Free> data;
    std::unique_ptr<pcre2_match_context, Free> limits;
};

NamePattern::NamePattern(std::string pattern, std::unique_ptr<Code> code) : m_pattern(std::move(pattern)), m_code(std::move(code))
{
}
NamePattern::NamePattern(NamePattern&&) noexcept = default;
NamePattern& NamePattern::operator=(NamePattern&&) noexcept = default;
NamePattern::~NamePattern() = default;

Result<NamePattern> NamePattern::compile(std::string_view pattern)
{
    if (pattern.empty())
        return fail(ErrorCode::InvalidArgument, "A pattern is empty; write a part of the tensor names it should match.");
    if (pattern.size() > kMaxPatternLength)
        return fail(ErrorCode::InvalidArgument, fmt::format("The pattern {} has {} characters; at most {} are accepted.",
                                                            inQuotes(pattern), pattern.size(), kMaxPatternLength));
    int error = 0;
    PCRE2_SIZE position = 0;
    auto compiled = std::make_unique<Code>();
    compiled->code.reset(
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), kEcmaScript, &error, &position, nullptr));
    if (!compiled->code) {
        std::array<PCRE2_UCHAR, 256> text{};
        pcre2_get_error_message(error, text.data(), text.size());
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The pattern {} is not a valid regular expression: {} (at character {}).", inQuotes(pattern),
                                reinterpret_cast<const char*>(text.data()), position + 1));
    }
    compiled->data.reset(pcre2_match_data_create(1, nullptr));
    compiled->limits.reset(pcre2_match_context_create(nullptr));
    if (!compiled->data || !compiled->limits)
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to compile a pattern.");
    pcre2_set_match_limit(compiled->limits.get(), kMaxSteps);
    pcre2_set_heap_limit(compiled->limits.get(), kMaxHeapKiB);
    return NamePattern(std::string(pattern), std::move(compiled));
}

Result<bool> NamePattern::foundIn(std::string_view name) const
{
    const int result = pcre2_match(m_code->code.get(), reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0,
                                   m_code->data.get(), m_code->limits.get());
    if (result >= 0) return true;
    if (result == PCRE2_ERROR_NOMATCH) return false;
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format(
            "The pattern {} takes too many steps on the tensor name \"{}\"; write it without repetitions inside repetitions.",
            inQuotes(m_pattern), name));
}

}  // namespace ww
