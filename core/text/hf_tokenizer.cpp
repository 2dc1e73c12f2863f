// SPDX-License-Identifier: MIT
#include "text/hf_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/atomic_file.h"
#include "io/json_file.h"
#include "text/hf_pre_tokenizer.h"
#include "text/hf_token_table.h"
#include "text/sentencepiece_model.h"
#include "text/unicode.h"

namespace ww {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kMaximumSentencePieceBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaximumMergesBytes = std::uint64_t{64} << 20;
constexpr std::string_view kQwenPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr float kUnmergedScore = -1e6f;  // below everything that merges
constexpr std::string_view kEscapedSpace = "\xE2\x96\x81";

/// Files of the folder; null where one is missing.
struct HfFiles {
    fs::path folder;
    Json tokenizer, tokenizerConfig, specialTokensMap, addedTokens, generationConfig, config;

    Result<void> read()
    {
        const std::array<std::pair<const char*, Json*>, 6> files = {{{"tokenizer.json", &tokenizer},
                                                                     {"tokenizer_config.json", &tokenizerConfig},
                                                                     {"special_tokens_map.json", &specialTokensMap},
                                                                     {"added_tokens.json", &addedTokens},
                                                                     {"generation_config.json", &generationConfig},
                                                                     {"config.json", &config}}};
        for (const auto& [name, json] : files) {
            std::error_code ec;
            if (!fs::exists(folder / name, ec)) continue;
            WW_TRY(*json, readJsonFile(folder / name));
        }
        std::error_code ec;
        if (tokenizer.is_null() && fs::exists(folder / "vocab.json", ec) && fs::exists(folder / "merges.txt", ec))
            return readOldPair();
        return {};
    }
    /// vocab.json and merges.txt, which older models have instead of tokenizer.json: a byte-level BPE whose way to cut text
    /// follows from the name of the tokenizer's class.
    Result<void> readOldPair()
    {
        const auto className = jsonText(tokenizerConfig, "tokenizer_class").value_or("GPT2Tokenizer");
        const bool isQwen = className.starts_with("Qwen2Tokenizer");
        if (!isQwen && !className.starts_with("GPT2Tokenizer"))
            return fail(
                ErrorCode::Unsupported,
                fmt::format(
                    "The folder has vocab.json and merges.txt, but how the tokenizer “{}” cuts text is not known here; put the "
                    "model's tokenizer.json into the folder.",
                    className.substr(0, 60)),
                folder);
        WW_TRY(Json vocabulary, readJsonFile(folder / "vocab.json"));
        WW_TRY(const std::string text, readTextFile(folder / "merges.txt", kMaximumMergesBytes));
        Json merges = Json::array();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string line = text.substr(at, end - at);
            if (line.ends_with('\r')) line.pop_back();
            if (!line.empty() && !(at == 0 && line.starts_with("#version"))) merges.push_back(std::move(line));
            at = end + 1;
        }
        const Json byteLevel{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", !isQwen}};
        const Json split{{"type", "Split"}, {"pattern", {{"Regex", kQwenPattern}}}, {"behavior", "Isolated"}, {"invert", false}};
        tokenizer = Json{
            {"pre_tokenizer", isQwen ? Json{{"type", "Sequence"}, {"pretokenizers", Json::array({split, byteLevel})}} : byteLevel},
            {"model", {{"type", "BPE"}, {"vocab", std::move(vocabulary)}, {"merges", std::move(merges)}}}};
        return {};
    }
    /// config.json, or its part for the text model where it wraps several.
    [[nodiscard]] const Json& textConfig() const
    {
        const Json* part = jsonMember(config, "text_config");
        return part && part->is_object() ? *part : config;
    }
};

/// What the tables alone do not say.
struct Findings {
    std::string_view model;  ///< "llama" or "gpt2"
    std::string pre = "default";
    std::vector<std::string> merges;                            ///< gpt2
    std::optional<bool> addsSpacePrefix;                        ///< llama
    std::array<std::int32_t, 4> trainedIds = {-1, -1, -1, -1};  ///< bos, eos, unknown, padding by the SentencePiece model
};

tl::unexpected<Error> corrupt(std::string message, const fs::path& path)
{
    return fail(ErrorCode::Corrupt, std::move(message), path);
}

// ---- added and special tokens ------------------------------------------------------------------------------------

/// Text of a special token: "<s>" or {"content": "<s>", …}.
std::optional<std::string_view> specialText(const Json& file, std::string_view member)
{
    const Json* value = jsonMember(file, member);
    if (!value) return std::nullopt;
    if (value->is_string()) return value->get_ref<const std::string&>();
    return jsonText(*value, "content");
}

bool isNamedSpecial(const HfFiles& files, std::string_view text)
{
    for (const Json* file : {&files.tokenizerConfig, &files.specialTokensMap}) {
        for (const char* kind : {"bos", "eos", "unk", "sep", "pad", "cls", "mask"})
            if (specialText(*file, fmt::format("{}_token", kind)) == text) return true;
        const Json* more = jsonMember(*file, "additional_special_tokens");
        if (more && more->is_array())
            for (const Json& entry : *more)
                if ((entry.is_string() && entry.get_ref<const std::string&>() == text) || jsonText(entry, "content") == text)
                    return true;
    }
    return false;
}

std::optional<std::uint64_t> parseId(std::string_view digits)
{
    std::uint64_t id = 0;
    if (digits.empty() || digits.size() > 12) return std::nullopt;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        id = id * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return id;
}

/// added_tokens.json {"text": id}, then "added_tokens_decoder" {"id": {"content", "special"}} of tokenizer_config.json or
/// else "added_tokens" [{"id", "content", "special"}] of tokenizer.json. Later ones win.
Result<void> applyAddedTokens(const HfFiles& files, HfTokenTable& table)
{
    if (files.addedTokens.is_object())
        for (const auto& [text, id] : files.addedTokens.items()) {
            if (!id.is_number_unsigned())
                return corrupt(fmt::format("The id of the added token “{}” is not a number.", text),
                               files.folder / "added_tokens.json");
            WW_TRY_VOID(table.add(id.get<std::uint64_t>(), text, isNamedSpecial(files, text)));
        }
    const auto addObject = [&](std::optional<std::uint64_t> id, const Json& object, const char* name) -> Result<void> {
        const auto text = jsonText(object, "content");
        if (!id || !text) return corrupt("An added token has no id or no content; the file is damaged.", files.folder / name);
        return table.add(*id, *text, jsonFlag(object, "special").value_or(false));
    };
    const Json* decoder = jsonMember(files.tokenizerConfig, "added_tokens_decoder");
    if (decoder && decoder->is_object()) {
        for (const auto& [id, object] : decoder->items()) WW_TRY_VOID(addObject(parseId(id), object, "tokenizer_config.json"));
        return {};
    }
    const Json* list = jsonMember(files.tokenizer, "added_tokens");
    if (list && list->is_array())
        for (const Json& object : *list) WW_TRY_VOID(addObject(jsonUnsigned(object, "id"), object, "tokenizer.json"));
    return {};
}

/// Id of a special token: by its text where one is named, else by the number in the configurations.
std::optional<std::uint32_t> specialId(const HfFiles& files, const HfTokenTable& table, std::string_view kind)
{
    for (const Json* file : {&files.tokenizerConfig, &files.specialTokensMap})
        if (const auto text = specialText(*file, fmt::format("{}_token", kind)))
            if (const auto id = table.idOf(*text)) return id;
    const std::string member = fmt::format("{}_token_id", kind);
    for (const Json* file : {&files.generationConfig, &files.textConfig(), &files.config}) {
        const Json* value = jsonMember(*file, member);
        if (value && value->is_array() && !value->empty()) value = &value->front();  // several ends: the first one
        if (value && value->is_number_unsigned() && value->get<std::uint64_t>() < table.size())
            return static_cast<std::uint32_t>(value->get<std::uint64_t>());
    }
    return std::nullopt;
}

// ---- tokenizer.model ---------------------------------------------------------------------------------------------

Result<Findings> readSentencePiece(const fs::path& path, HfTokenTable& table)
{
    WW_TRY(const std::string bytes, readTextFile(path, kMaximumSentencePieceBytes));
    auto model = readSentencePieceModel(std::as_bytes(std::span(bytes)));
    if (!model) {
        model.error().path = path;
        return fail(std::move(model.error()));
    }
    if (model->kind != SentencePieceModel::Kind::Bpe)
        return fail(
            ErrorCode::Unsupported,
            "The SentencePiece model is not of the kind BPE (it is a unigram, word or character model), for which GGUF files of "
            "this architecture have no tokenizer.",
            path);
    for (std::size_t id = 0; id < model->pieces.size(); ++id) {
        auto& piece = model->pieces[id];
        if (std::isnan(piece.score) || piece.type < 1 || piece.type > static_cast<int>(TokenType::Byte))
            return corrupt(fmt::format("Piece {} of the SentencePiece model has no valid score or type; the file is damaged.", id),
                           path);
        WW_TRY_VOID(table.set(id, std::move(piece.text), piece.score, static_cast<TokenType>(piece.type)));
    }
    Findings findings;
    findings.model = "llama";
    findings.addsSpacePrefix = model->addsDummyPrefix;
    findings.trainedIds = {model->bosId, model->eosId, model->unknownId, model->padId};
    return findings;
}

// ---- tokenizer.json ----------------------------------------------------------------------------------------------

Result<std::map<std::uint64_t, std::string>> readVocabulary(const Json& model, const fs::path& path)
{
    const Json* vocabulary = jsonMember(model, "vocab");
    if (!vocabulary || !vocabulary->is_object() || vocabulary->empty())
        return corrupt("The tokenizer has no vocabulary; the file is damaged.", path);
    std::map<std::uint64_t, std::string> texts;
    for (const auto& [text, id] : vocabulary->items()) {
        if (!id.is_number_unsigned())
            return corrupt(fmt::format("The id of the token “{}” is not a number.", text.substr(0, 40)), path);
        const auto [place, isNew] = texts.emplace(id.get<std::uint64_t>(), text);
        if (!isNew)
            return corrupt(fmt::format("The tokens “{}” and “{}” have the same id {}.", place->second.substr(0, 40),
                                       text.substr(0, 40), place->first),
                           path);
    }
    return texts;
}

/// Some tokens of good tokenizers are made by no merge, but never most of them: then the list of merges was cut.
Result<void> checkReachable(const Json& model, const std::unordered_set<std::string_view>& tokens,
                            const std::vector<std::pair<std::string, std::string>>& merges, const fs::path& path)
{
    constexpr std::size_t kFew = 64;
    std::unordered_set<std::string> made;
    for (const auto& [left, right] : merges) made.insert(left + right);
    std::size_t composed = 0;
    std::size_t unreachable = 0;
    for (const std::string_view token : tokens) {
        const auto first = token.empty() ? std::nullopt : unicode::decodeUtf8(token, 0);
        if (!first || first->sizeBytes == token.size() || (token.starts_with('<') && token.ends_with('>'))) continue;
        ++composed;
        if (!made.contains(std::string(token))) ++unreachable;
    }
    if (jsonFlag(model, "ignore_merges").value_or(false) || unreachable <= kFew || unreachable <= composed / 2) return {};
    return corrupt(fmt::format("The tokenizer has {} tokens of several characters, but its {} merges make only {} of them; the list of merges is incomplete.",
                               composed, merges.size(), composed - unreachable),
                   path);
}

/// Merges as pairs of parts, from "left right" or ["left", "right"]. Parts and what they make are tokens of `vocabulary`;
/// otherwise text would be cut in another way than the model was trained with.
Result<std::vector<std::pair<std::string, std::string>>> readMerges(const Json& model, const std::map<std::uint64_t, std::string>& vocabulary,
                                                                    const fs::path& path)
{
    std::unordered_set<std::string_view> tokens;
    for (const auto& [id, text] : vocabulary) tokens.insert(text);
    const Json* merges = jsonMember(model, "merges");
    if (!merges || !merges->is_array()) return corrupt("The tokenizer has no merges; the file is damaged.", path);
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const Json& merge : *merges) {
        std::pair<std::string, std::string> pair;
        if (merge.is_string()) {
            const auto& text = merge.get_ref<const std::string&>();
            const std::size_t space = text.empty() ? std::string::npos : text.find(' ', 1);
            if (space != std::string::npos) pair = {text.substr(0, space), text.substr(space + 1)};
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            pair = {merge[0].get<std::string>(), merge[1].get<std::string>()};
        }
        if (pair.first.empty() || pair.second.empty())
            return corrupt(fmt::format("Merge {} of the tokenizer is not a pair of texts; the file is damaged.", pairs.size()),
                           path);
        for (const std::string& token : {pair.first, pair.second, pair.first + pair.second})
            if (!tokens.contains(token))
                return corrupt(fmt::format("Merge {} of the tokenizer needs the token “{}”, which its vocabulary does not have; the file is "
                                           "damaged or was put together from two.",
                                           pairs.size(), token.substr(0, 40)),
                               path);
        pairs.push_back(std::move(pair));
    }
    WW_TRY_VOID(checkReachable(model, tokens, pairs, path));
    return pairs;
}

/// Normalizers that change more than the composition of characters would have to run before tokenizing.
Result<void> refuseNormalizer(const Json& normalizer, const fs::path& path)
{
    if (normalizer.is_null()) return {};
    const auto type = jsonText(normalizer, "type").value_or("?");
    if (type == "NFC") return {};
    const Json* parts = jsonMember(normalizer, "normalizers");
    if (type != "Sequence" || !parts || !parts->is_array())
        return fail(ErrorCode::Unsupported,
                    fmt::format("The tokenizer changes text before it cuts it (“{}”), which GGUF files cannot express.", type),
                    path);
    for (const Json& part : *parts) WW_TRY_VOID(refuseNormalizer(part, path));
    return {};
}

Result<Findings> readByteLevelBpe(const Json& tokenizer, const Json& model, const fs::path& path, HfTokenTable& table)
{
    static const Json kNothing;
    const auto member = [&](const char* name) -> const Json& {
        const Json* found = jsonMember(tokenizer, name);
        return found ? *found : kNothing;
    };
    WW_TRY_VOID(refuseNormalizer(member("normalizer"), path));
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (!jsonText(model, affix).value_or("").empty())
            return fail(ErrorCode::Unsupported,
                        fmt::format("The tokenizer marks parts of words (“{}”), which GGUF files cannot express.", affix), path);
    auto pre = recognizePreTokenizer(member("pre_tokenizer"), jsonFlag(model, "ignore_merges").value_or(false));
    if (!pre) {
        pre.error().path = path;
        return fail(std::move(pre.error()));
    }
    WW_TRY(auto texts, readVocabulary(model, path));
    WW_TRY(auto merges, readMerges(model, texts, path));
    for (auto& [id, text] : texts) WW_TRY_VOID(table.set(id, std::move(text), 0, TokenType::Normal));
    Findings findings;
    findings.model = "gpt2";
    findings.pre = *pre;
    // A space separates the parts, so one inside a part is written as the byte alphabet writes it.
    const auto escaped = [](const std::string& part) {
        std::string text;
        for (const char c : part) text += c == ' ' ? std::string("Ġ") : std::string(1, c);
        return text;
    };
    for (const auto& [left, right] : merges) findings.merges.push_back(escaped(left) + ' ' + escaped(right));
    return findings;
}

/// How BPE with byte fallback writes spaces: as U+2581, by a normalizer or by "Metaspace". Gathers whether one is put in
/// front; false if anything else is done to the text.
bool onlyEscapesSpaces(const Json& section, bool& addsPrefix)
{
    if (section.is_null()) return true;
    const auto type = jsonText(section, "type").value_or("");
    for (const char* list : {"normalizers", "pretokenizers"}) {
        const Json* parts = jsonMember(section, list);
        if (type == "Sequence" && parts && parts->is_array())
            return std::all_of(parts->begin(), parts->end(), [&](const Json& part) { return onlyEscapesSpaces(part, addsPrefix); });
    }
    const Json* pattern = jsonMember(section, "pattern");
    const bool ofSpaces = pattern && jsonText(*pattern, "String") == " ";
    if (type == "Prepend" && jsonText(section, "prepend") == kEscapedSpace) return addsPrefix = true;
    if (type == "Replace") return ofSpaces && jsonText(section, "content") == kEscapedSpace;
    if (type == "Split") return ofSpaces;
    if (type != "Metaspace" || jsonText(section, "replacement").value_or(kEscapedSpace) != kEscapedSpace) return false;
    addsPrefix =
        jsonText(section, "prepend_scheme").value_or(jsonFlag(section, "add_prefix_space").value_or(true) ? "always" : "never") !=
        "never";
    return true;
}

/// A SentencePiece vocabulary whose tokenizer.model was left out: the order of merges gives the scores back.
Result<Findings> readFallbackBpe(const Json& tokenizer, const Json& model, const fs::path& path, HfTokenTable& table)
{
    bool addsPrefix = false;
    for (const char* name : {"normalizer", "pre_tokenizer"}) {
        const Json* section = jsonMember(tokenizer, name);
        if (section && !onlyEscapesSpaces(*section, addsPrefix))
            return fail(ErrorCode::Unsupported,
                        "The tokenizer prepares text in a way that GGUF files cannot express. Put the model's tokenizer.model, if "
                        "it has one, into the folder.",
                        path);
    }
    WW_TRY(auto texts, readVocabulary(model, path));
    WW_TRY(const auto merges, readMerges(model, texts, path));
    std::unordered_map<std::string, float> scores;
    for (const auto& [left, right] : merges) scores.try_emplace(left + right, -static_cast<float>(scores.size()));
    const auto unknown = jsonText(model, "unk_token");
    auto characterScore = -static_cast<float>(scores.size());  // single characters come after all merges, in order
    for (auto& [id, text] : texts) {
        const bool isByte = text.size() == 6 && text.starts_with("<0x") && text.ends_with(">");
        const TokenType type = text == unknown ? TokenType::Unknown : isByte ? TokenType::Byte : TokenType::Normal;
        float score = 0;
        if (type == TokenType::Normal) {
            const auto merged = scores.find(text);
            const auto character = text.empty() ? std::nullopt : unicode::decodeUtf8(text, 0);
            const bool isCharacter = character && character->sizeBytes == text.size();
            score = merged != scores.end() ? merged->second : isCharacter ? characterScore-- : kUnmergedScore;
        }
        WW_TRY_VOID(table.set(id, std::move(text), score, type));
    }
    Findings findings;
    findings.model = "llama";
    findings.addsSpacePrefix = addsPrefix;
    return findings;
}

Result<Findings> readTokenizerJson(const HfFiles& files, HfTokenTable& table)
{
    const fs::path path = files.folder / "tokenizer.json";
    const Json* model = jsonMember(files.tokenizer, "model");
    if (!model || !model->is_object()) return corrupt("The file describes no tokenizer; it is damaged or of another kind.", path);
    // Old files leave the type out.
    const auto type = jsonText(*model, "type").value_or(model->contains("merges") ? "BPE" : "?");
    if (type != "BPE")
        return fail(ErrorCode::Unsupported, fmt::format("Tokenizers of the kind “{}” are not supported, only BPE.", type), path);
    const Json* pre = jsonMember(files.tokenizer, "pre_tokenizer");
    if (jsonFlag(*model, "byte_fallback").value_or(false) && !(pre && usesByteLevel(*pre)))
        return readFallbackBpe(files.tokenizer, *model, path, table);
    return readByteLevelBpe(files.tokenizer, *model, path, table);
}

// ---- flags -------------------------------------------------------------------------------------------------------

/// Whether the "TemplateProcessing" of tokenizer.json puts special tokens around a text.
struct TemplateFlags {
    bool known = false;
    bool addsBos = false;
    bool addsEos = false;
};
TemplateFlags templateFlags(const Json& processor, std::optional<std::uint32_t> bos, std::optional<std::uint32_t> eos,
                            const HfTokenTable& table)
{
    if (const Json* parts = jsonMember(processor, "processors"); parts && parts->is_array())
        for (const Json& part : *parts)
            if (const auto flags = templateFlags(part, bos, eos, table); flags.known) return flags;
    const Json* single = jsonMember(processor, "single");
    if (jsonText(processor, "type") != "TemplateProcessing" || !single || !single->is_array() || single->empty()) return {};
    const auto isToken = [&](const Json& step, std::optional<std::uint32_t> id) {
        const Json* special = jsonMember(step, "SpecialToken");
        const auto text = special ? jsonText(*special, "id") : std::nullopt;
        return id && text && table.idOf(*text) == id;
    };
    return {true, isToken(single->front(), bos), single->size() > 1 && isToken(single->back(), eos)};
}

/// Templates by name: the one for chats is "default", others (tools, retrieval) have names of their own.
std::vector<std::pair<std::string, std::string>> chatTemplates(const HfFiles& files)
{
    if (const auto text = jsonText(files.tokenizerConfig, "chat_template")) return {{"default", std::string(*text)}};
    std::vector<std::pair<std::string, std::string>> templates;
    const Json* several = jsonMember(files.tokenizerConfig, "chat_template");
    if (several && several->is_array())
        for (const Json& entry : *several)
            if (const auto name = jsonText(entry, "name"), text = jsonText(entry, "template"); name && text)
                templates.emplace_back(*name, *text);
    if (!templates.empty()) return templates;
    std::error_code ec;
    constexpr std::uint64_t kMaximumTemplateBytes = std::uint64_t{1} << 20;
    if (const fs::path file = files.folder / "chat_template.jinja"; fs::exists(file, ec)) {
        if (auto text = readTextFile(file, kMaximumTemplateBytes)) templates.emplace_back("default", std::move(*text));
    } else if (const fs::path old = files.folder / "chat_template.json"; fs::exists(old, ec)) {
        const auto json = readJsonFile(old);
        if (const auto text = json ? jsonText(*json, "chat_template") : std::nullopt) templates.emplace_back("default", *text);
    }
    return templates;
}

void putChatTemplates(const HfFiles& files, std::vector<Metadata::Entry>& entries)
{
    std::vector<std::string> names;
    std::optional<std::string> usual;
    for (auto& [name, text] : chatTemplates(files)) {
        if (name == "default") {
            usual = std::move(text);
            continue;
        }
        std::string key;  // what a key may hold
        for (const char c : name)
            if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-') key += c;
        if (key.empty() || std::ranges::find(names, key) != names.end()) continue;
        names.push_back(key);
        entries.push_back({"tokenizer.chat_template." + key, std::move(text)});
    }
    if (!names.empty()) entries.push_back({"tokenizer.chat_templates", MetadataArray(std::move(names))});
    if (usual) entries.push_back({"tokenizer.chat_template", std::move(*usual)});
}

std::vector<Metadata::Entry> entriesOf(const HfFiles& files, Findings findings, const HfTokenTable& table)
{
    std::vector<Metadata::Entry> entries;
    const auto put = [&](std::string_view key, MetadataValue value) {
        entries.push_back({fmt::format("tokenizer.{}", key), std::move(value)});
    };
    put("ggml.model", std::string(findings.model));
    put("ggml.pre", std::move(findings.pre));
    put("ggml.tokens", MetadataArray(table.texts()));
    if (findings.model == "llama") put("ggml.scores", MetadataArray(table.scores()));
    put("ggml.token_type", MetadataArray(table.types()));
    if (findings.model == "gpt2") put("ggml.merges", MetadataArray(std::move(findings.merges)));

    constexpr std::array<std::pair<const char*, const char*>, 7> kIds = {{{"bos", "bos"},
                                                                          {"eos", "eos"},
                                                                          {"unk", "unknown"},
                                                                          {"pad", "padding"},
                                                                          {"sep", "seperator"},  // so spelled in the format
                                                                          {"cls", "cls"},
                                                                          {"mask", "mask"}}};
    std::optional<std::uint32_t> bos, eos;
    for (std::size_t i = 0; i < kIds.size(); ++i) {
        auto id = specialId(files, table, kIds[i].first);
        const std::int32_t trained = i < findings.trainedIds.size() ? findings.trainedIds[i] : -1;
        if (!id && trained >= 0 && static_cast<std::size_t>(trained) < table.size()) id = static_cast<std::uint32_t>(trained);
        if (id) put(fmt::format("ggml.{}_token_id", kIds[i].second), *id);
        if (i == 0) bos = id;
        if (i == 1) eos = id;
    }

    const Json* processor = jsonMember(files.tokenizer, "post_processor");
    const TemplateFlags flags = processor ? templateFlags(*processor, bos, eos, table) : TemplateFlags{};
    const auto flag = [&](const char* name, bool byTemplate) {
        const auto stated = jsonFlag(files.tokenizerConfig, name);
        if (stated || flags.known) put(fmt::format("ggml.{}", name), stated.value_or(byTemplate));
    };
    flag("add_bos_token", flags.addsBos);
    flag("add_eos_token", flags.addsEos);
    if (findings.addsSpacePrefix)
        put("ggml.add_space_prefix", jsonFlag(files.tokenizerConfig, "add_prefix_space").value_or(*findings.addsSpacePrefix));
    putChatTemplates(files, entries);
    return entries;
}

Result<Findings> readTables(const HfFiles& files, bool hasSentencePiece, HfTokenTable& table)
{
    if (!hasSentencePiece) return readTokenizerJson(files, table);
    auto read = readSentencePiece(files.folder / "tokenizer.model", table);
    // Some models keep another format under this name, beside a tokenizer.json that has everything.
    if (read || read.error().code != ErrorCode::Corrupt || files.tokenizer.is_null()) return read;
    table = {};
    return readTokenizerJson(files, table);
}

}  // namespace

Result<std::vector<Metadata::Entry>> readHfTokenizer(const fs::path& folder, std::size_t vocabularyRows)
{
    HfFiles files;
    files.folder = folder;
    WW_TRY_VOID(files.read());
    std::error_code ec;
    const bool hasSentencePiece = fs::exists(folder / "tokenizer.model", ec);
    if (!hasSentencePiece && files.tokenizer.is_null())
        return fail(ErrorCode::NotFound,
                    "The folder has no tokenizer: neither tokenizer.model nor tokenizer.json is there, nor vocab.json with "
                    "merges.txt. Download the missing file.",
                    folder);

    HfTokenTable table;
    auto findings = readTables(files, hasSentencePiece, table);
    Result<void> step;
    if (findings) step = applyAddedTokens(files, table);
    if (findings && step) {
        if (vocabularyRows == 0)
            vocabularyRows = static_cast<std::size_t>(jsonUnsigned(files.textConfig(), "vocab_size").value_or(0));
        step = table.finish(vocabularyRows);
    }
    if (!findings || !step) {
        Error error = std::move(findings ? step.error() : findings.error());
        if (error.path.empty()) error.path = folder;
        return fail(std::move(error));
    }
    return entriesOf(files, std::move(*findings), table);
}

}  // namespace ww
