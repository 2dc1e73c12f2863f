// SPDX-License-Identifier: MIT
#include "text/pre_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string>

#include "text/unicode.h"

namespace ww {
namespace {

// ---- literal ranges ----------------------------------------------------------------------------------------------

struct Range {
    char32_t first, last;
};
constexpr Range kCjk[] = {{0x800, 0x9FA5}, {0xAC00, 0xD7FF}};
constexpr Range kCjkKana[] = {{0x4E00, 0x9FA5}, {0x3040, 0x309F}, {0x30A0, 0x30FF}};
constexpr Range kBloomStops[] = {{0x2026, 0x2026}, {0x3001, 0x3002}, {0xFF0C, 0xFF0C},
                                 {0x964, 0x964},   {0x6D4, 0x6D4},   {0x60C, 0x60C}};
constexpr Range kDeepSeekPunctuation[] = {{0x21, 0x2F},     {0x3A, 0x7E},     {0xFF01, 0xFF0F},
                                          {0xFF1A, 0xFF5E}, {0x2018, 0x201F}, {0x3000, 0x3002}};
// clang-format off
constexpr Range kDeepSeekLetters[] = {
    {0x41, 0x5A}, {0x61, 0x7A}, {0xB5, 0xB5}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x1BA}, {0x1BC, 0x1BF}, {0x1C4, 0x293},
    {0x295, 0x2AF}, {0x370, 0x373}, {0x376, 0x376}, {0x377, 0x377}, {0x37B, 0x37D}, {0x37F, 0x37F}, {0x386, 0x386},
    {0x388, 0x38A}, {0x38C, 0x38C}, {0x38E, 0x3A1}, {0x3A3, 0x3F5}, {0x3F7, 0x481}, {0x48A, 0x52F}, {0x531, 0x556},
    {0x10A0, 0x10C5}, {0x13A0, 0x13F5}, {0x13F8, 0x13FD}, {0x1C90, 0x1CBA}, {0x1CBD, 0x1CBF}, {0x1D00, 0x1D2B},
    {0x1D6B, 0x1D77}, {0x1D79, 0x1D9A}, {0x1E00, 0x1F15}, {0x1F18, 0x1F1D}, {0x1F20, 0x1F45}, {0x1F48, 0x1F4D},
    {0x1F50, 0x1F57}, {0x1F59, 0x1F59}, {0x1F5B, 0x1F5B}, {0x1F5D, 0x1F5D}, {0x1F5F, 0x1F7D}, {0x1F80, 0x1FB4},
    {0x1FB6, 0x1FBC}, {0x1FBE, 0x1FBE}, {0x1FC2, 0x1FC4}, {0x1FC6, 0x1FCC}, {0x1FD0, 0x1FD3}, {0x1FD6, 0x1FDB},
    {0x1FE0, 0x1FEC}, {0x1FF2, 0x1FF4}, {0x1FF6, 0x1FFC}, {0x2102, 0x2102}, {0x2107, 0x2107}, {0x210A, 0x2113},
    {0x2115, 0x2115}, {0x2119, 0x211D}, {0x2124, 0x2124}, {0x2126, 0x2126}, {0x2128, 0x2128}, {0x212A, 0x212D},
    {0x212F, 0x2134}, {0x2139, 0x2139}, {0x213C, 0x213F}, {0x2145, 0x2149}, {0x214E, 0x214E}, {0x2183, 0x2183},
    {0x2184, 0x2184}, {0x2C00, 0x2C7B}, {0x2C7E, 0x2CE4}, {0x2CEB, 0x2CEE}, {0x2CF2, 0x2CF2}, {0x2CF3, 0x2CF3},
    {0xA640, 0xA66D}, {0xA680, 0xA69B}, {0xA722, 0xA76F}, {0xA771, 0xA787}, {0xA78B, 0xA78E}, {0xAB70, 0xABBF},
    {0xFB00, 0xFB06}, {0xFB13, 0xFB17}, {0xFF21, 0xFF3A}, {0xFF41, 0xFF5A}, {0x10400, 0x1044F}, {0x104B0, 0x104D3},
    {0x104D8, 0x104FB}, {0x10C80, 0x10CB2}, {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
};
// clang-format on

/// A class that an expression can name as \p{name}: kinds (as bits 1 << kind) or a list of ranges.
struct NamedClass {
    std::string_view name;
    std::uint16_t kinds;
    std::span<const Range> ranges;
    std::string_view excludedAscii;  ///< ASCII characters taken out
};
constexpr std::uint16_t bit(unicode::Kind kind)
{
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind));
}
constexpr NamedClass kClasses[] = {
    {"L", bit(unicode::Kind::Letter), {}, {}},
    {"N", bit(unicode::Kind::Number), {}, {}},
    {"P", bit(unicode::Kind::Punctuation), {}, {}},
    {"S", bit(unicode::Kind::Symbol), {}, {}},
    {"M", bit(unicode::Kind::Mark), {}, {}},
    // llama.cpp's reading of upper and lower case: letters that are not ASCII letters of the other case.
    {"Upperish", bit(unicode::Kind::Letter), {}, "abcdefghijklmnopqrstuvwxyz"},
    {"Lowerish", bit(unicode::Kind::Letter), {}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"Cjk", 0, kCjk, {}},
    {"CjkKana", 0, kCjkKana, {}},
    {"BloomStop", 0, kBloomStops, {}},
    {"DeepSeekL", 0, kDeepSeekLetters, {}},
    {"DeepSeekP", 0, kDeepSeekPunctuation, {}},
};

// ---- the alphabet: one byte per code point -----------------------------------------------------------------------

/// Code points that no expression tells apart share a byte. Built once.
class Alphabet {
public:
    static const Alphabet& instance()
    {
        static const Alphabet alphabet;
        return alphabet;
    }
    [[nodiscard]] std::uint8_t byteOf(char32_t codePoint) const { return m_byteOf[codePoint]; }
    [[nodiscard]] bool contains(std::size_t namedClass, unsigned byte) const { return m_classes[byte] >> namedClass & 1; }

private:
    static constexpr std::uint8_t kVerticalTab = 0x0B;

    Alphabet() : m_byteOf(0x110000)
    {
        std::array<std::uint16_t, 8> classesOfKind{};
        for (std::size_t i = 0; i < std::size(kClasses); ++i)
            for (unsigned kind = 0; kind < classesOfKind.size(); ++kind)
                if (kClasses[i].kinds >> kind & 1) classesOfKind[kind] |= static_cast<std::uint16_t>(1u << i);
        std::vector<std::uint16_t> classes(m_byteOf.size());
        for (char32_t c = 0; c < classes.size(); ++c) classes[c] = classesOfKind[static_cast<unsigned>(unicode::kindOf(c))];
        for (std::size_t i = 0; i < std::size(kClasses); ++i) {
            for (const Range range : kClasses[i].ranges)
                for (char32_t c = range.first; c <= range.last; ++c) classes[c] |= static_cast<std::uint16_t>(1u << i);
            for (const char c : kClasses[i].excludedAscii)
                classes[static_cast<unsigned char>(c)] &= static_cast<std::uint16_t>(~(1u << i));
        }
        assignBytes(classes);
    }
    /// Beyond ASCII, bytes are given out to combinations of classes as they turn up; there are about twenty.
    void assignBytes(const std::vector<std::uint16_t>& classes)
    {
        std::array<std::uint8_t, std::size_t{1} << std::size(kClasses)> byteOfClasses{};
        unsigned used = 0x80;
        for (char32_t c = 0; c < classes.size(); ++c) {
            if (c < 0x80) {
                m_byteOf[c] = static_cast<std::uint8_t>(c);
                m_classes[c] = classes[c];
            } else if (unicode::kindOf(c) == unicode::Kind::WhiteSpace) {
                m_byteOf[c] = kVerticalTab;
            } else {
                std::uint8_t& byte = byteOfClasses[classes[c]];
                if (byte == 0) {
                    byte = static_cast<std::uint8_t>(used++);
                    m_classes[byte] = classes[c];
                }
                m_byteOf[c] = byte;
            }
        }
    }
    std::vector<std::uint8_t> m_byteOf;
    std::array<std::uint16_t, 256> m_classes{};
};

/// Writes every \p{name} of an expression as the bytes that belong to it.
std::string expandClasses(std::string_view expression)
{
    const Alphabet& alphabet = Alphabet::instance();
    std::string expanded;
    bool inBrackets = false;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        if (expression.substr(i, 3) == R"(\p{)") {
            const std::size_t end = expression.find('}', i);
            const auto name = expression.substr(i + 3, end - i - 3);
            const auto found =
                std::find_if(std::begin(kClasses), std::end(kClasses), [&](const auto& c) { return c.name == name; });
            const auto index = static_cast<std::size_t>(found - std::begin(kClasses));
            if (!inBrackets) expanded += '[';
            for (unsigned byte = 0; byte < 256; ++byte)
                if (alphabet.contains(index, byte)) expanded += fmt::format("\\x{:02X}", byte);
            if (!inBrackets) expanded += ']';
            i = end;
        } else if (expression[i] == '\\') {
            expanded += expression.substr(i++, 2);
        } else {
            if (expression[i] == '[') inBrackets = true;
            if (expression[i] == ']') inBrackets = false;
            expanded += expression[i];
        }
    }
    return expanded;
}

// ---- expressions -------------------------------------------------------------------------------------------------

#define WW_CONTRACTION R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]))"
#define WW_GPT2 R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"
#define WW_SPACES R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define WW_LLAMA3(number) WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}+|)" number R"(| ?[^\s\p{L}\p{N}]+[\r\n]*)" WW_SPACES
#define WW_CASED(number, suffix)                                                                                                   \
    R"([^\r\n\p{L}\p{N}]?\p{Upperish}*\p{Lowerish}+)" suffix R"(|[^\r\n\p{L}\p{N}]?\p{Upperish}+\p{Lowerish}*)" suffix "|" number  \
    R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*)" WW_SPACES
#define WW_BLOOM R"( ?[^(\s|.,!?\p{BloomStop})]+)"

using Expressions = std::span<const char* const>;
constexpr const char* kDefault[] = {R"([\p{P}$+<=>^~|]+)", WW_GPT2, R"(\p{N}+)", "[0-9][0-9][0-9]"};
constexpr const char* kGpt2[] = {WW_GPT2};
constexpr const char* kLlama3[] = {WW_LLAMA3(R"(\p{N}{1,3})")};
constexpr const char* kQwen2[] = {WW_LLAMA3(R"(\p{N})")};
constexpr const char* kQwen35[] = {WW_CONTRACTION
                                   R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)" WW_SPACES};
constexpr const char* kStarCoder[] = {R"(\p{N})", WW_GPT2};
constexpr const char* kFalcon[] = {R"([\p{P}$+<=>^~|`]+)", WW_GPT2, "[0-9][0-9][0-9]"};
constexpr const char* kDeepSeekCoder[] = {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", R"(\p{Cjk}+)", R"(\p{N})"};
// The verbs keep "white space at the end" linear: white space that ends elsewhere is skipped at once.
constexpr const char* kDeepSeekLlm[] = {
    R"([\r\n])", R"(\s?\p{DeepSeekL}+)", R"(\s?\p{DeepSeekP}+)", R"(\s++(?:\z|(*SKIP)(*FAIL)))", R"(\p{Cjk}+)", R"(\p{N}+)"};
constexpr const char* kDeepSeek3[] = {
    R"(\p{N}{1,3})", R"(\p{CjkKana}+)",
    (R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*)" WW_SPACES)};
constexpr const char* kTekken[] = {WW_CASED(R"(\p{N})", "")};
constexpr const char* kGpt4o[] = {WW_CASED(R"(\p{N}{1,3})", WW_CONTRACTION "?")};
constexpr const char* kBloom[] = {WW_BLOOM};
constexpr const char* kViking[] = {WW_BLOOM, R"(\p{N})"};
constexpr const char* kSeedCoder[] = {WW_CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+)" WW_SPACES};
constexpr const char* kBailing[] = {
    R"('(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"};

enum Habit : unsigned { kIgnoresMerges = 1, kAddsBos = 2, kNoDefaultBos = 4, kMaskStripsLeft = 8 };

/// To add a pre-tokenizer that uses known expressions, add a line.
struct Entry {
    std::string_view name;
    Expressions expressions;
    unsigned habits = 0;
};
constexpr Entry kEntries[] = {
    {"default", kDefault},
    {"gpt-2", kGpt2},
    {"phi-2", kGpt2},
    {"mpt", kGpt2},
    {"olmo", kGpt2},
    {"jais", kGpt2},
    {"exaone4", kGpt2},
    {"trillion", kGpt2},
    {"granite-docling", kGpt2},
    {"gigachat", kGpt2},
    {"mellum", kGpt2},
    {"a.x-4.0", kGpt2},
    {"modern-bert", kGpt2},
    {"jina-es", kGpt2},
    {"jina-de", kGpt2},
    {"jina-v2-es", kGpt2, kMaskStripsLeft},
    {"jina-v2-de", kGpt2, kMaskStripsLeft},
    {"jina-v2-code", kGpt2, kMaskStripsLeft},
    {"llama-bpe", kLlama3, kIgnoresMerges | kAddsBos},
    {"llama3", kLlama3, kIgnoresMerges | kAddsBos},
    {"llama-v3", kLlama3, kIgnoresMerges | kAddsBos},
    {"falcon3", kLlama3, kIgnoresMerges | kAddsBos},
    {"falcon-h1", kLlama3, kIgnoresMerges | kAddsBos},
    {"pixtral", kLlama3, kIgnoresMerges | kAddsBos},
    {"midm-2.0", kLlama3, kIgnoresMerges | kAddsBos},
    {"lfm2", kLlama3, kIgnoresMerges | kAddsBos},
    {"jina-v5-nano", kLlama3, kIgnoresMerges | kAddsBos},
    {"dbrx", kLlama3},
    {"smaug-bpe", kLlama3},
    {"glm4", kLlama3, kNoDefaultBos},
    {"chatglm-bpe", kLlama3, kNoDefaultBos},
    {"qwen2", kQwen2},
    {"deepseek-r1-qwen", kQwen2},
    {"stablelm2", kQwen2},
    {"megrez", kQwen2},
    {"kormo", kQwen2},
    {"hunyuan", kQwen2},
    {"solar-open", kQwen2},
    {"qwen35", kQwen35},
    {"starcoder", kStarCoder},
    {"refact", kStarCoder},
    {"command-r", kStarCoder},
    {"smollm", kStarCoder},
    {"codeshell", kStarCoder},
    {"exaone", kStarCoder},
    {"minerva-7b", kStarCoder},
    {"falcon", kFalcon},
    {"deepseek-coder", kDeepSeekCoder},
    {"deepseek-llm", kDeepSeekLlm},
    {"deepseek-v3", kDeepSeek3},
    {"hunyuan-dense", kDeepSeek3},
    {"joyai-llm", kDeepSeek3},
    {"tekken", kTekken, kIgnoresMerges | kAddsBos},
    {"gpt-4o", kGpt4o},
    {"llama4", kGpt4o},
    {"kanana2", kGpt4o},
    {"minimax-m2", kGpt4o},
    {"bloom", kBloom},
    {"gpt3-finnish", kBloom},
    {"poro-chat", kBloom},
    {"viking", kViking},
    {"seed-coder", kSeedCoder},
    {"bailingmoe", kBailing},
    {"bailingmoe2", kBailing},
    {"llada-moe", kBailing},
};

// ---- matching ----------------------------------------------------------------------------------------------------

struct FreeMatch {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeContext {
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

Result<std::shared_ptr<const pcre2_code>> compile(std::string_view name, std::string_view expression)
{
    const std::string bytes = expandClasses(expression);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(bytes.data()), bytes.size(), 0, &error, &offset, nullptr);
    if (!code)
        return fail(ErrorCode::Internal,
                    fmt::format("The expression of pre-tokenizer “{}” does not compile (PCRE2 error {} at {}). "
                                "This is a bug in Weightwright; report it with the model's name.",
                                name, error, offset));
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where it fails, the interpreter is used
    return std::shared_ptr<const pcre2_code>(code, [](const pcre2_code* c) { pcre2_code_free(const_cast<pcre2_code*>(c)); });
}

/// A text as one byte per code point, and the way back to its own bytes.
struct KindText {
    std::string kinds;
    std::vector<std::uint32_t> ends;  ///< end of each code point in bytes; empty for pure ASCII

    explicit KindText(std::string_view text)
    {
        const Alphabet& alphabet = Alphabet::instance();
        kinds.reserve(text.size());
        for (std::size_t i = 0; i < text.size();) {
            const auto character = unicode::decodeUtf8(text, i).value_or(unicode::DecodedCharacter{0xFFFD, 1});
            if (character.sizeBytes > 1 && ends.empty())
                for (std::size_t k = 1; k <= kinds.size(); ++k) ends.push_back(static_cast<std::uint32_t>(k));
            i += character.sizeBytes;
            kinds.push_back(static_cast<char>(alphabet.byteOf(character.codePoint)));
            if (!ends.empty() || character.sizeBytes > 1) ends.push_back(static_cast<std::uint32_t>(i));
        }
    }
};

/// Cuts every segment at the begin and end of each match inside it. Matches never reach across segments.
std::vector<std::uint32_t> refine(const pcre2_code* code, std::string_view kinds, const std::vector<std::uint32_t>& segments)
{
    const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
    const std::unique_ptr<pcre2_match_context, FreeContext> context(pcre2_match_context_create(nullptr));
    if (!match || !context) throw std::bad_alloc();
    pcre2_set_match_limit(context.get(), UINT32_MAX);
    std::vector<std::uint32_t> pieces;
    pieces.reserve(segments.size());
    std::uint32_t begin = 0;
    for (const std::uint32_t end : segments) {
        const auto subject = reinterpret_cast<PCRE2_SPTR>(kinds.data() + begin);
        const std::uint32_t size = end - begin;
        std::uint32_t position = 0;
        while (position < size) {
            int found = pcre2_match(code, subject, size, position, 0, match.get(), context.get());
            if (found < PCRE2_ERROR_NOMATCH)  // the compiled code ran out of its small stack
                found = pcre2_match(code, subject, size, position, PCRE2_NO_JIT, match.get(), context.get());
            if (found < 0) break;
            const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
            const auto first = static_cast<std::uint32_t>(bounds[0]);
            const auto last = static_cast<std::uint32_t>(bounds[1]);
            if (last <= position) break;  // no expression matches nothing
            if (first > position) pieces.push_back(begin + first);
            pieces.push_back(begin + last);
            position = last;
        }
        if (position < size) pieces.push_back(end);
        begin = end;
    }
    return pieces;
}

}  // namespace

Result<std::shared_ptr<const PreTokenizer>> PreTokenizer::create(std::string_view name)
{
    const auto entry = std::find_if(std::begin(kEntries), std::end(kEntries), [&](const Entry& e) { return e.name == name; });
    if (entry == std::end(kEntries))
        return fail(
            ErrorCode::Unsupported,
            fmt::format("The pre-tokenizer “{}” is not supported, so text cannot be turned into this model's tokens. Quantizing "
                        "works; perplexity and generation are not available for this model.",
                        name));
    std::shared_ptr<PreTokenizer> splitter(new PreTokenizer);
    splitter->m_ignoresMerges = entry->habits & kIgnoresMerges;
    splitter->m_addsBos = entry->habits & kAddsBos;
    splitter->m_hasDefaultBos = !(entry->habits & kNoDefaultBos);
    splitter->m_maskStripsLeft = entry->habits & kMaskStripsLeft;
    for (const char* expression : entry->expressions) {
        WW_TRY(auto code, compile(name, expression));
        splitter->m_codes.push_back(std::move(code));
    }
    return splitter;
}

std::vector<std::uint32_t> PreTokenizer::split(std::string_view text) const
{
    if (text.empty()) return {};
    const KindText kindText(text);
    std::vector<std::uint32_t> pieces = {static_cast<std::uint32_t>(kindText.kinds.size())};
    for (const auto& code : m_codes) pieces = refine(code.get(), kindText.kinds, pieces);
    if (!kindText.ends.empty())
        for (auto& end : pieces) end = kindText.ends[end - 1];
    return pieces;
}

std::vector<std::string_view> PreTokenizer::names()
{
    std::vector<std::string_view> names;
    for (const Entry& entry : kEntries) names.push_back(entry.name);
    return names;
}

}  // namespace ww
