// SPDX-License-Identifier: MIT
#include <QtTest>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "io/model_file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "text/byte_alphabet.h"
#include "text/hf_tokenizer.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer.h"

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Entries = std::vector<ww::Metadata::Entry>;

namespace {

constexpr const char* kGpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
constexpr const char* kLlama3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
                                "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr const char* kQwen2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
                               "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

Json split(const std::string& regex)
{
    return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}};
}
Json byteLevel(bool useRegex)
{
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", useRegex}};
}
Json digits(bool individual)
{
    return {{"type", "Digits"}, {"individual_digits", individual}};
}
Json sequence(std::vector<Json> parts)
{
    return {{"type", "Sequence"}, {"pretokenizers", parts}};
}
Json addedToken(std::uint64_t id, const std::string& text, bool special)
{
    return {{"id", id},        {"content", text}, {"special", special}, {"single_word", false},
            {"lstrip", false}, {"rstrip", false}, {"normalized", false}};
}

/// A byte-level tokenizer.json: the 256 bytes, "ab" (256) and "Ġab" (257).
Json byteLevelTokenizer(const Json& preTokenizer)
{
    Json vocabulary = Json::object();
    for (int byte = 0; byte < 256; ++byte) vocabulary[ww::byteAlphabet().text(static_cast<std::uint8_t>(byte))] = byte;
    vocabulary["ab"] = 256;
    vocabulary["Ġab"] = 257;
    return {{"version", "1.0"},
            {"added_tokens", Json::array()},
            {"normalizer", nullptr},
            {"pre_tokenizer", preTokenizer},
            {"post_processor", nullptr},
            {"model", {{"type", "BPE"}, {"ignore_merges", false}, {"vocab", vocabulary}, {"merges", {"a b", "Ġ ab"}}}}};
}

std::string varint(std::uint64_t value)
{
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
    return bytes;
}
std::string field(unsigned number, const std::string& bytes)
{
    return varint(number << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string field(unsigned number, std::uint64_t value)
{
    return varint(number << 3) + varint(value);
}
std::string piece(const std::string& text, float score, unsigned type)
{
    return field(1, field(1, text) + varint(2 << 3 | 5) + ww::test::littleEndian(score) + field(3, type));
}
/// A small SentencePiece model of kind BPE.
std::string sentencePiece(bool dummyPrefix = true, unsigned kind = 2)
{
    std::string model = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("<0x41>", 0, 6) +
                        piece("▁a", -1, 1) + piece("<u>", 0, 4) + piece("b", -2.5f, 1);
    model += field(2, field(3, kind) + field(40, std::uint64_t{0}) + field(41, std::uint64_t{1}) + field(42, std::uint64_t{2}) +
                          field(43, ~std::uint64_t{0}));
    model += field(3, field(1, "identity") + field(3, std::uint64_t{dummyPrefix}));
    return model + field(99, "unknown") + varint(98 << 3 | 1) + std::string(8, '\1');
}

const ww::MetadataValue* find(const Entries& entries, std::string_view key)
{
    for (const auto& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}
QString text(const Entries& entries, std::string_view key)
{
    const auto* value = find(entries, key);
    return value ? QString::fromStdString(ww::displayText(*value, 400)) : QString("(none)");
}
ww::Metadata metadataOf(const Entries& entries)
{
    ww::Metadata metadata;
    for (const auto& entry : entries) metadata.append(entry.key, entry.value);
    return metadata;
}

}  // namespace

class TestHfTokenizer : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    fs::path path(const char* name = "") const { return fs::path(m_folder->path().toStdString()) / name; }
    void put(const char* name, const std::string& bytes) const { QVERIFY(ww::test::writeFile(path(name), bytes)); }
    void putJson(const char* name, const Json& json) const { put(name, json.dump()); }
    ww::Result<Entries> read(std::size_t rows = 0) const { return ww::readHfTokenizer(path(), rows); }
    Entries readGood(std::size_t rows = 0) const
    {
        auto entries = read(rows);
        if (!entries) qWarning("%s", entries.error().describe().c_str());
        return entries ? *entries : Entries();
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    // ---- a real model ---------------------------------------------------------------------------------------------

    void fixtureEqualsItsGguf_data()
    {
        QTest::addColumn<bool>("withSentencePiece");
        QTest::newRow("tokenizer.model") << true;
        QTest::newRow("tokenizer.json alone") << false;
    }
    void fixtureEqualsItsGguf()
    {
        QFETCH(bool, withSentencePiece);
        const fs::path source = ww::test::fixturesDir() / "fixture-llama-8M-hf";
        if (!fs::exists(source)) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        for (const auto& entry : fs::directory_iterator(source)) {
            const auto name = entry.path().filename();
            if (name != "model.safetensors" && (withSentencePiece || name != "tokenizer.model"))
                fs::copy(entry.path(), path() / name);
        }
        const Entries entries = readGood(4096);
        const auto model = ww::openModel(ww::test::sampleModel());
        QVERIFY(model);
        QStringList expected, actual;
        for (const auto& entry : (*model)->metadata().entries())
            if (entry.key.starts_with("tokenizer.")) expected << QString::fromStdString(entry.key);
        for (const auto& entry : entries) actual << QString::fromStdString(entry.key);
        QCOMPARE(actual, expected);
        for (const auto& entry : entries) {
            if (!withSentencePiece && entry.key == "tokenizer.ggml.scores") continue;
            QVERIFY2(entry.value == *(*model)->metadata().find(entry.key), entry.key.c_str());
        }
        // Without tokenizer.model the scores come from the merges: the same order, and so the same tokens.
        const auto ours = ww::Tokenizer::create(metadataOf(entries));
        const auto reference = ww::Tokenizer::create((*model)->metadata());
        QVERIFY(ours && reference);
        const std::string sample = ww::test::readFile(ww::test::sampleEvaluationText());
        QVERIFY((*ours)->encode(sample) == (*reference)->encode(sample));
    }

    // ---- tokenizer.model ------------------------------------------------------------------------------------------

    void sentencePieceModel()
    {
        put("tokenizer.model", sentencePiece());
        const Entries entries = readGood();
        QCOMPARE(text(entries, "tokenizer.ggml.model"), QString("llama"));
        QCOMPARE(text(entries, "tokenizer.ggml.pre"), QString("default"));
        QCOMPARE(text(entries, "tokenizer.ggml.tokens"), QString("[7 × string] <unk>, <s>, </s>, <0x41>, ▁a, <u>, b"));
        QCOMPARE(text(entries, "tokenizer.ggml.scores"), QString("[7 × f32] 0, 0, 0, 0, -1, 0, -2.5"));
        QCOMPARE(text(entries, "tokenizer.ggml.token_type"), QString("[7 × i32] 2, 3, 3, 6, 1, 4, 1"));
        QCOMPARE(text(entries, "tokenizer.ggml.bos_token_id"), QString("1"));
        QCOMPARE(text(entries, "tokenizer.ggml.eos_token_id"), QString("2"));
        QCOMPARE(text(entries, "tokenizer.ggml.unknown_token_id"), QString("0"));
        QCOMPARE(text(entries, "tokenizer.ggml.padding_token_id"), QString("(none)"));
        QCOMPARE(text(entries, "tokenizer.ggml.add_space_prefix"), QString("true"));
        QCOMPARE(text(entries, "tokenizer.ggml.add_bos_token"), QString("(none)"));
        QVERIFY(ww::Tokenizer::create(metadataOf(entries)));
    }

    void sentencePieceWithoutPrefix()
    {
        put("tokenizer.model", sentencePiece(false));
        QCOMPARE(text(readGood(), "tokenizer.ggml.add_space_prefix"), QString("false"));
        putJson("tokenizer_config.json", Json{{"add_prefix_space", true}});
        QCOMPARE(text(readGood(), "tokenizer.ggml.add_space_prefix"), QString("true"));
    }

    void addedTokensOverridePieces()
    {
        put("tokenizer.model", sentencePiece());
        putJson("added_tokens.json", Json{{"<new>", 7}, {"<named>", 8}, {"<far>", 50}});
        putJson("special_tokens_map.json",
                Json{{"additional_special_tokens", {"<named>"}}, {"pad_token", {{"content", "<named>"}}}});
        putJson("tokenizer_config.json", Json{{"added_tokens_decoder",
                                               {{"1", {{"content", "<s>"}, {"special", true}}},
                                                {"5", {{"content", "▁▁x"}, {"special", false}}},
                                                {"6", {{"content", "<|looks|>"}, {"special", false}}}}}});
        const Entries entries = readGood(10);
        QCOMPARE(text(entries, "tokenizer.ggml.tokens"),
                 QString("[10 × string] <unk>, <s>, </s>, <0x41>, ▁a,   x, <|looks|>, <new>, <named>, [PAD9]"));
        QCOMPARE(text(entries, "tokenizer.ggml.token_type"), QString("[10 × i32] 2, 3, 3, 6, 1, 4, 3, 4, 3, 5"));
        QCOMPARE(text(entries, "tokenizer.ggml.scores"), QString("[10 × f32] 0, 0, 0, 0, -1, -1000, -1000, -1000, -1000, -10000"));
        QCOMPARE(text(entries, "tokenizer.ggml.padding_token_id"), QString("8"));
    }

    void otherFormatNamedTokenizerModel()
    {
        // A text of tokens in base 64 under this name, with everything in tokenizer.json.
        put("tokenizer.model", "IQ== 0\nIg== 1\n");
        QCOMPARE(static_cast<int>(read().error().code), static_cast<int>(ww::ErrorCode::Corrupt));
        putJson("tokenizer.json", byteLevelTokenizer(byteLevel(true)));
        QCOMPARE(text(readGood(), "tokenizer.ggml.model"), QString("gpt2"));
    }

    void sentencePieceNeverOverruns()
    {
        // Cut anywhere and with any byte changed: an error or a model, never more.
        const std::string good = sentencePiece();
        const auto isRefused = [](const std::string& bytes) {
            return !ww::readSentencePieceModel(std::as_bytes(std::span(bytes)));
        };
        QVERIFY(!isRefused(good));
        std::size_t cutRefused = 0, flipRefused = 0;
        for (std::size_t size = 0; size < good.size(); ++size) cutRefused += isRefused(std::string(good.data(), size));
        for (std::size_t i = 0; i < good.size(); ++i)
            for (unsigned bits = 1; bits < 256; ++bits) {
                std::string bad = good;
                bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ bits);
                flipRefused += isRefused(bad);
            }
        QVERIFY(cutRefused > good.size() / 2);  // a cut between two fields leaves a shorter model
        QVERIFY(flipRefused > good.size());
    }

    void otherKindsOfSentencePiece()
    {
        put("tokenizer.model", sentencePiece(true, 1));
        const auto entries = read();
        QVERIFY(!entries);
        QCOMPARE(static_cast<int>(entries.error().code), static_cast<int>(ww::ErrorCode::Unsupported));
        QVERIFY(entries.error().message.find("unigram") != std::string::npos);
    }

    // ---- tokenizer.json, byte-level -------------------------------------------------------------------------------

    void preTokenizers_data()
    {
        QTest::addColumn<QByteArray>("section");
        QTest::addColumn<bool>("ignoreMerges");
        QTest::addColumn<QString>("pre");
        const auto row = [](const char* name, const Json& section, const char* pre, bool ignoreMerges = false) {
            QTest::newRow(name) << QByteArray::fromStdString(section.dump()) << ignoreMerges << QString(pre);
        };
        const auto before = [](std::vector<Json> parts) {
            parts.push_back(byteLevel(false));
            return sequence(parts);
        };
        row("byte level", byteLevel(true), "gpt-2");
        row("byte level without saying so", Json{{"type", "ByteLevel"}}, "gpt-2");
        row("gpt-2 expression", before({split(kGpt2)}), "gpt-2");
        row("llama 3", before({split(kLlama3)}), "llama-bpe", true);
        row("llama 3 without ignoring merges", before({split(kLlama3)}), "smaug-bpe");
        for (const bool ignores : {true, false})
            row(ignores ? "cl100k, ignoring merges" : "cl100k",
                before({split("'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")}),
                ignores ? "llama-bpe" : "smaug-bpe", ignores);
        row("qwen 2", before({split(kQwen2)}), "qwen2");
        row("qwen 2 nested", sequence({sequence({split(kQwen2)}), byteLevel(false)}), "qwen2");
        row("qwen 2 with spelled-out contractions",
            before({split("(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
                          "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")}),
            "qwen2");
        row("qwen 2 removed and inverted",
            before({{{"type", "Split"}, {"pattern", {{"Regex", kQwen2}}}, {"behavior", "Removed"}, {"invert", true}}}), "qwen2");
        row("qwen 3.5",
            before({split("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| "
                          "?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
                          "\\s+(?!\\S)|\\s+")}),
            "qwen35");
        row("starcoder", sequence({digits(true), byteLevel(true)}), "starcoder");
        row("falcon",
            sequence(
                {{{"type", "Punctuation"}, {"behavior", "Contiguous"}}, byteLevel(true), digits(false), split("[0-9][0-9][0-9]")}),
            "falcon");
        row("deepseek coder",
            before({split("[\r\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"), digits(true)}),
            "deepseek-coder");
        row("deepseek llm",
            before({split("[\r\n]"), split("\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿ]+"), split("\\s?[!-/:-~！-／：-～‘-‟　-。]+"), split("\\s+$"),
                    split("[一-龥ࠀ-一가-퟿]+"), digits(true)}),
            "deepseek-llm");
        row("deepseek v3",
            before({split("\\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"),
                    split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
                          "?[\\p{P}\\p{S}]+[\r\n]*|\\s*["
                          "\r\n]+|\\s+(?!\\S)|\\s+")}),
            "deepseek-v3");
        const std::string upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]",
                          start = "[^\\r\\n\\p{L}\\p{N}]?", contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                          rest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        row("tekken", before({split(start + upper + "*" + lower + "+|" + start + upper + "+" + lower + "*|\\p{N}" + rest)}),
            "tekken");
        row("gpt-4o",
            before({split(start + upper + "*" + lower + "+" + contraction + "|" + start + upper + "+" + lower + "*" + contraction +
                          "|\\p{N}{1,3}" + rest)}),
            "gpt-4o");
        row("bloom", before({split(" ?[^(\\s|[.,!?…。，、।۔،])]+")}), "bloom");
        row("viking", before({digits(true), split(" ?[^(\\s|[.,!?…。，、।۔،])]+")}), "viking");
        row("bailing",
            before({split("'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| "
                          "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")}),
            "bailingmoe");
        row("unknown expression", before({split("\\w+")}), "");
        row("known ones in another order", sequence({byteLevel(true), digits(true)}), "");
        row("one step too many", before({split(kQwen2), split("[0-9][0-9][0-9]")}), "");
        row("merged with the next",
            before({{{"type", "Split"}, {"pattern", {{"Regex", kQwen2}}}, {"behavior", "MergedWithNext"}, {"invert", false}}}), "");
        row("by white space", Json{{"type", "WhitespaceSplit"}}, "");
        row("nothing", nullptr, "");
        row("a number", 7, "");
    }
    void preTokenizers()
    {
        QFETCH(QByteArray, section);
        QFETCH(bool, ignoreMerges);
        QFETCH(QString, pre);
        Json tokenizer = byteLevelTokenizer(Json::parse(section.toStdString()));
        tokenizer["model"]["ignore_merges"] = ignoreMerges;
        putJson("tokenizer.json", tokenizer);
        if (!pre.isEmpty()) {
            const Entries entries = readGood();
            QCOMPARE(text(entries, "tokenizer.ggml.pre"), pre);
            QVERIFY(ww::Tokenizer::create(metadataOf(entries)));
            return;
        }
        const auto entries = read();
        QVERIFY(!entries);
        QCOMPARE(static_cast<int>(entries.error().code), static_cast<int>(ww::ErrorCode::Unsupported));
        QCOMPARE(entries.error().path.filename().string(), std::string("tokenizer.json"));
    }

    void byteLevelVocabulary()
    {
        Json tokenizer = byteLevelTokenizer(byteLevel(true));
        tokenizer["normalizer"] = {{"type", "NFC"}};
        tokenizer["added_tokens"] = {addedToken(260, "<|end|>", true), addedToken(258, "<tool>", false)};
        tokenizer["model"]["merges"] = Json::array({Json::array({"a", "b"}), Json::array({" x", "ab"})});
        tokenizer["model"]["vocab"][" x"] = 259;
        tokenizer["model"]["vocab"][" xab"] = 261;
        putJson("tokenizer.json", tokenizer);
        putJson("tokenizer_config.json", Json{{"eos_token", {{"content", "<|end|>"}}},
                                              {"bos_token", nullptr},
                                              {"add_bos_token", false},
                                              {"chat_template", "{{x}}"}});
        putJson("config.json", Json{{"vocab_size", 263}, {"bos_token_id", 258}});
        const Entries entries = readGood();
        const auto metadata = metadataOf(entries);
        const auto& texts = *metadata.stringArray("tokenizer.ggml.tokens");
        QCOMPARE(texts.size(), std::size_t{263});
        QCOMPARE(QString::fromStdString(texts[256] + " " + texts[257] + " " + texts[258] + " " + texts[259] + " " + texts[260] +
                                        " " + texts[262]),
                 QString("ab Ġab <tool>  x <|end|> [PAD262]"));
        const auto types = *metadata.integerArray("tokenizer.ggml.token_type");
        QCOMPARE(types[256], 1);
        QCOMPARE(types[258], 4);
        QCOMPARE(types[262], 5);
        QCOMPARE(types[260], 3);
        QCOMPARE(text(entries, "tokenizer.ggml.merges"), QString("[2 × string] a b, Ġx ab"));
        QCOMPARE(text(entries, "tokenizer.ggml.bos_token_id"), QString("258"));
        QCOMPARE(text(entries, "tokenizer.ggml.eos_token_id"), QString("260"));
        QCOMPARE(text(entries, "tokenizer.ggml.add_bos_token"), QString("false"));
        QCOMPARE(text(entries, "tokenizer.ggml.add_eos_token"), QString("(none)"));
        QCOMPARE(text(entries, "tokenizer.ggml.scores"), QString("(none)"));
        QCOMPARE(text(entries, "tokenizer.chat_template"), QString("{{x}}"));
        const auto created = ww::Tokenizer::create(metadata);
        QVERIFY(created);
        QVERIFY(((*created)->encode("ab ab<tool>") == std::vector<ww::TokenId>{256, 32, 256, 258}));
    }

    void oldPairOfFiles_data()
    {
        QTest::addColumn<QByteArray>("className");
        QTest::addColumn<QString>("pre");
        QTest::newRow("none named") << QByteArray() << QString("gpt-2");
        QTest::newRow("gpt2") << QByteArray("GPT2Tokenizer") << QString("gpt-2");
        QTest::newRow("qwen2") << QByteArray("Qwen2TokenizerFast") << QString("qwen2");
        QTest::newRow("other") << QByteArray("CLIPTokenizer") << QString();
    }
    void oldPairOfFiles()
    {
        QFETCH(QByteArray, className);
        QFETCH(QString, pre);
        putJson("vocab.json", byteLevelTokenizer(byteLevel(true))["model"]["vocab"]);
        put("merges.txt", "#version: 0.2\na b\r\nĠ ab\n");
        Json config{{"eos_token", "<|end|>"}, {"added_tokens_decoder", {{"258", {{"content", "<|end|>"}, {"special", true}}}}}};
        if (!className.isEmpty()) config["tokenizer_class"] = className.toStdString();
        putJson("tokenizer_config.json", config);
        const auto entries = read();
        if (pre.isEmpty()) {
            QVERIFY(!entries);
            QVERIFY2(entries.error().message.find("CLIPTokenizer") != std::string::npos, entries.error().message.c_str());
            return;
        }
        QVERIFY2(entries, entries ? "" : entries.error().describe().c_str());
        QCOMPARE(text(*entries, "tokenizer.ggml.pre"), pre);
        QCOMPARE(text(*entries, "tokenizer.ggml.merges"), QString("[2 × string] a b, Ġ ab"));
        QCOMPARE(text(*entries, "tokenizer.ggml.eos_token_id"), QString("258"));
        put("merges.txt", "a b\nlonely\n");
        QVERIFY(!read());
    }

    void namedChatTemplates()
    {
        putJson("tokenizer.json", byteLevelTokenizer(byteLevel(true)));
        putJson("chat_template.json", Json{{"chat_template", "old"}});
        QCOMPARE(text(readGood(), "tokenizer.chat_template"), QString("old"));
        put("chat_template.jinja", "new");
        QCOMPARE(text(readGood(), "tokenizer.chat_template"), QString("new"));
        putJson("tokenizer_config.json", Json{{"chat_template",
                                               {{{"name", "default"}, {"template", "usual"}},
                                                {{"name", "tool use"}, {"template", "with tools"}},
                                                {{"name", "rag"}, {"template", "found"}}}}});
        const Entries entries = readGood();
        QCOMPARE(text(entries, "tokenizer.chat_template"), QString("usual"));
        QCOMPARE(text(entries, "tokenizer.chat_template.tooluse"), QString("with tools"));
        QCOMPARE(text(entries, "tokenizer.chat_template.rag"), QString("found"));
        QCOMPARE(text(entries, "tokenizer.chat_templates"), QString("[2 × string] tooluse, rag"));
    }

    void firstOfSeveralEnds()
    {
        Json tokenizer = byteLevelTokenizer(byteLevel(true));
        putJson("tokenizer.json", tokenizer);
        putJson("generation_config.json", Json{{"eos_token_id", {7, 8}}, {"bos_token_id", 100000}});
        putJson("config.json", Json{{"text_config", {{"vocab_size", 300}, {"bos_token_id", 9}}}});
        const Entries entries = readGood();
        QCOMPARE(text(entries, "tokenizer.ggml.eos_token_id"), QString("7"));
        QCOMPARE(text(entries, "tokenizer.ggml.bos_token_id"), QString("9"));  // out of range: the next file
        QCOMPARE(metadataOf(entries).stringArray("tokenizer.ggml.tokens")->size(), std::size_t{300});
    }

    void templateTellsAboutBos_data()
    {
        QTest::addColumn<QByteArray>("single");
        QTest::addColumn<QString>("bos");
        QTest::addColumn<QString>("eos");
        const Json bos = {{"SpecialToken", {{"id", "<b>"}}}}, eos = {{"SpecialToken", {{"id", "<e>"}}}},
                   a = {{"Sequence", {{"id", "A"}}}};
        const auto row = [](const char* name, const Json& single, const char* first, const char* last) {
            QTest::newRow(name) << QByteArray::fromStdString(single.dump()) << QString(first) << QString(last);
        };
        row("begin", Json::array({bos, a}), "true", "false");
        row("both", Json::array({bos, a, eos}), "true", "true");
        row("end", Json::array({a, eos}), "false", "true");
        row("none", Json::array({a}), "false", "false");
        row("empty", Json::array(), "(none)", "(none)");
        row("no list", Json(3), "(none)", "(none)");
    }
    void templateTellsAboutBos()
    {
        QFETCH(QByteArray, single);
        QFETCH(QString, bos);
        QFETCH(QString, eos);
        Json tokenizer = byteLevelTokenizer(byteLevel(true));
        tokenizer["added_tokens"] = {addedToken(258, "<b>", true), addedToken(259, "<e>", true)};
        tokenizer["post_processor"] = {
            {"type", "Sequence"},
            {"processors", {byteLevel(true), {{"type", "TemplateProcessing"}, {"single", Json::parse(single.toStdString())}}}}};
        putJson("tokenizer.json", tokenizer);
        putJson("special_tokens_map.json", Json{{"bos_token", "<b>"}, {"eos_token", "<e>"}});
        const Entries entries = readGood();
        QCOMPARE(text(entries, "tokenizer.ggml.add_bos_token"), bos);
        QCOMPARE(text(entries, "tokenizer.ggml.add_eos_token"), eos);
    }

    // ---- hostile and contradictory files --------------------------------------------------------------------------

    void badFiles_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("code");
        const auto row = [](const char* name, const char* file, const std::string& content, const char* code) {
            QTest::newRow(name) << QByteArray(file) << QByteArray::fromStdString(content) << QString(code);
        };
        const auto changed = [](const char* pointer, const Json& value) {
            Json tokenizer = byteLevelTokenizer(byteLevel(true));
            tokenizer[Json::json_pointer(pointer)] = value;
            return tokenizer.dump();
        };
        const char* json = "tokenizer.json";
        row("no files", "README.md", "", "not-found");
        row("empty", json, "", "corrupt");
        const std::string whole = byteLevelTokenizer(byteLevel(true)).dump();
        row("cut", json, whole.substr(0, whole.size() - 20), "corrupt");
        row("a list", json, "[]", "corrupt");
        row("invalid UTF-8", json, "{\"model\": \"\xFF\"}", "corrupt");
        row("deep", json, std::string(100000, '['), "corrupt");
        row(
            "deep objects", json,
            [] {
                std::string s;
                for (int i = 0; i < 5000; ++i) s += "{\"a\":";
                return s;
            }(),
            "corrupt");
        row("no model", json, "{}", "corrupt");
        row("model is a text", json, changed("/model", "BPE"), "corrupt");
        row("word piece", json, changed("/model/type", "WordPiece"), "unsupported");
        row("unigram", json, changed("/model/type", "Unigram"), "unsupported");
        row("no vocabulary", json, changed("/model/vocab", nullptr), "corrupt");
        row("vocabulary is a list", json, changed("/model/vocab", Json::array({1, 2})), "corrupt");
        row("empty vocabulary", json, changed("/model/vocab", Json::object()), "corrupt");
        row("negative id", json, changed("/model/vocab/ab", -1), "corrupt");
        row("id is a text", json, changed("/model/vocab/ab", "256"), "corrupt");
        row("id is a fraction", json, changed("/model/vocab/ab", 256.5), "corrupt");
        row("huge id", json, changed("/model/vocab/ab", 1ull << 60), "corrupt");
        row("large id", json, changed("/model/vocab/ab", 1u << 30), "corrupt");
        row("id used twice", json, changed("/model/vocab/ab", 65), "corrupt");
        row("no merges", json, changed("/model/merges", nullptr), "corrupt");
        row("merge of one part", json, changed("/model/merges", Json::array({"ab"})), "corrupt");
        row("merge of three parts", json, changed("/model/merges", Json::array({Json::array({"a", "b", "c"})})), "corrupt");
        row("merge of numbers", json, changed("/model/merges", Json::array({Json::array({1, 2})})), "corrupt");
        row("merge with an empty part", json, changed("/model/merges", Json::array({Json::array({"", "b"})})), "corrupt");
        row("merge of an unknown token", json, changed("/model/merges", Json::array({"a zz"})), "corrupt");
        row("merge to an unknown token", json, changed("/model/merges", Json::array({"b b"})), "corrupt");
        Json cut = byteLevelTokenizer(byteLevel(true));
        for (int i = 0; i < 100; ++i) cut["model"]["vocab"]["long" + std::to_string(i)] = 1000 + i;
        row("merges that were cut", json, cut.dump(), "corrupt");
        row("lower-casing", json, changed("/normalizer", {{"type", "Lowercase"}}), "unsupported");
        row("lower-casing inside", json,
            changed("/normalizer", {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, {{"type", "Lowercase"}}}}}),
            "unsupported");
        row("word endings", json, changed("/model/end_of_word_suffix", "</w>"), "unsupported");
        row("added token without id", json, changed("/added_tokens", Json::array({{{"content", "x"}}})), "corrupt");
        row("added token without text", json, changed("/added_tokens", Json::array({{{"id", 300}}})), "corrupt");
        row("added token is a number", json, changed("/added_tokens", Json::array({5})), "corrupt");
        row("added token far away", json, changed("/added_tokens", Json::array({addedToken(1u << 31, "x", false)})), "corrupt");
        row("same text twice", json, changed("/added_tokens", Json::array({addedToken(300, "ab", false)})), "corrupt");
        row("broken neighbor", "tokenizer_config.json", "{", "corrupt");
        row("decoder ids that are no numbers", "tokenizer_config.json", "{\"added_tokens_decoder\":{\"1x\":{\"content\":\"y\"}}}",
            "corrupt");
        row("decoder ids without end", "tokenizer_config.json",
            "{\"added_tokens_decoder\":{\"99999999999999999999\":{\"content\":\"y\"}}}", "corrupt");
        row("decoder of texts", "tokenizer_config.json", "{\"added_tokens_decoder\":{\"1\":\"y\"}}", "corrupt");
        row("added ids that are texts", "added_tokens.json", "{\"x\":\"y\"}", "corrupt");
        row("fewer rows than tokens", "config.json", "{\"vocab_size\":100}", "corrupt");
        row("absurd rows", "config.json", "{\"vocab_size\":99999999999}", "corrupt");
    }
    void badFiles()
    {
        QFETCH(QByteArray, file);
        QFETCH(QByteArray, content);
        QFETCH(QString, code);
        if (file != "tokenizer.json" && file != "README.md") putJson("tokenizer.json", byteLevelTokenizer(byteLevel(true)));
        put(file.constData(), content.toStdString());
        const auto entries = read();
        QVERIFY(!entries);
        QCOMPARE(QString::fromUtf8(ww::errorCodeName(entries.error().code).data()), code);
        QVERIFY(!entries.error().path.empty());
        QVERIFY(entries.error().message.ends_with('.'));
    }

    void oddFilesAreTolerated()
    {
        Json tokenizer = byteLevelTokenizer(byteLevel(true));
        tokenizer["added_tokens"] = "none";
        tokenizer["post_processor"] = Json::array({1});
        putJson("tokenizer.json", tokenizer);
        putJson("tokenizer_config.json",
                Json{{"bos_token", 5}, {"eos_token", {{"text", "x"}}}, {"add_bos_token", "yes"}, {"chat_template", 1}});
        putJson("special_tokens_map.json", Json::array());
        putJson("generation_config.json", Json{{"eos_token_id", Json::array()}, {"bos_token_id", -1}});
        putJson("config.json", Json{{"vocab_size", "many"}, {"eos_token_id", 1.5}});
        const Entries entries = readGood();
        QCOMPARE(entries.size(), std::size_t{5});
        QCOMPARE(text(entries, "tokenizer.ggml.eos_token_id"), QString("(none)"));
    }
};

QTEST_APPLESS_MAIN(TestHfTokenizer)
#include "tst_hf_tokenizer.moc"
