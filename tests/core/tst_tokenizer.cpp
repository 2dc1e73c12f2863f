// SPDX-License-Identifier: MIT
#include <QtTest>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "io/model_file.h"
#include "tests/support/paths.h"
#include "text/byte_alphabet.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"

namespace fs = std::filesystem;
using ww::TokenId;
using Ids = std::vector<TokenId>;
using TokenizerPointer = std::shared_ptr<const ww::Tokenizer>;

namespace {

constexpr std::int32_t kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6;

struct Token {
    std::string text;
    std::int32_t type = kNormal;
    float score = 0;
};

/// tokenizer.ggml.* of a small made-up vocabulary; tests change single keys to see what happens.
ww::Metadata metadataOf(const std::string& model, const std::vector<Token>& tokens)
{
    std::vector<std::string> texts;
    std::vector<float> scores;
    std::vector<std::int32_t> types;
    for (const auto& token : tokens) {
        texts.push_back(token.text);
        scores.push_back(token.score);
        types.push_back(token.type);
    }
    ww::Metadata metadata;
    metadata.append("tokenizer.ggml.model", model);
    metadata.append("tokenizer.ggml.tokens", ww::MetadataArray(texts));
    if (model == "llama") metadata.append("tokenizer.ggml.scores", ww::MetadataArray(scores));
    metadata.append("tokenizer.ggml.token_type", ww::MetadataArray(types));
    return metadata;
}

/// <unk>, <s>, </s>, the 256 byte tokens (byte b has id 3 + b), then `extra` (from 259 on).
ww::Metadata spmMetadata(const std::vector<Token>& extra)
{
    std::vector<Token> tokens = {{"<unk>", kUnknown}, {"<s>", kControl}, {"</s>", kControl}};
    for (int byte = 0; byte < 256; ++byte) {
        char text[8];
        std::snprintf(text, sizeof text, "<0x%02X>", byte);
        tokens.push_back({text, kByte});
    }
    tokens.insert(tokens.end(), extra.begin(), extra.end());
    return metadataOf("llama", tokens);
}
constexpr TokenId kFirstSpm = 259;

/// The 256 bytes (id = byte), then `extra` (from 256 on).
ww::Metadata bpeMetadata(const std::vector<Token>& extra, const std::vector<std::string>& merges, const std::string& pre = "gpt-2")
{
    std::vector<Token> tokens;
    for (int byte = 0; byte < 256; ++byte) tokens.push_back({ww::byteAlphabet().text(static_cast<std::uint8_t>(byte))});
    tokens.insert(tokens.end(), extra.begin(), extra.end());
    ww::Metadata metadata = metadataOf("gpt2", tokens);
    if (!pre.empty()) metadata.append("tokenizer.ggml.pre", pre);
    metadata.append("tokenizer.ggml.merges", ww::MetadataArray(merges));
    return metadata;
}
constexpr TokenId kFirstBpe = 256;

TokenizerPointer make(const ww::Metadata& metadata)
{
    auto tokenizer = ww::Tokenizer::create(metadata);
    if (!tokenizer) qWarning("%s", tokenizer.error().describe().c_str());
    return tokenizer ? *tokenizer : nullptr;
}
TokenizerPointer open(const fs::path& path)
{
    const auto model = ww::openModel(path);
    if (!model) qWarning("%s", model.error().describe().c_str());
    return model ? make((*model)->metadata()) : nullptr;
}

QByteArray shown(const Ids& ids)
{
    QByteArrayList parts;
    for (const auto id : ids) parts << QByteArray::number(id);
    return parts.join(' ');
}
std::string readText(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}
/// Ids without BOS and EOS.
Ids plain(const TokenizerPointer& tokenizer, std::string_view text)
{
    return tokenizer->encode(text, {.addSpecial = false, .parseSpecial = false});
}
/// Processor time, so that a busy machine does not matter.
double secondsOf(const TokenizerPointer& tokenizer, const std::string& text, std::size_t& count)
{
    const std::clock_t start = std::clock();
    count = plain(tokenizer, text).size();
    return double(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

Q_DECLARE_METATYPE(Ids)

class TestTokenizer : public QObject {
    Q_OBJECT

    TokenizerPointer m_sample;

private slots:
    void initTestCase()
    {
        m_sample = open(ww::test::sampleModel());
        QVERIFY(m_sample);
    }

    // ---- the sample's vocabulary ----------------------------------------------------------------------------------

    void sampleEncodes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<Ids>("ids");
        QTest::newRow("empty") << QByteArray("") << Ids{1};
        QTest::newRow("space") << QByteArray(" ") << Ids{1, 2369};
        QTest::newRow("two spaces") << QByteArray("  ") << Ids{1, 2369, 3997};
        QTest::newRow("three spaces") << QByteArray("   ") << Ids{1, 2369, 2369};
        QTest::newRow("tab") << QByteArray("\t") << Ids{1, 3997, 12};
        QTest::newRow("newlines") << QByteArray("\n\n") << Ids{1, 3997, 13, 13};
        QTest::newRow("words") << QByteArray("Hello world") << Ids{1, 348, 441, 4001, 1132};
        QTest::newRow("leading space") << QByteArray(" Hello World!") << Ids{1, 3997, 348, 441, 4001, 1222, 4069};
        QTest::newRow("umlaut") << QByteArray("Führer") << Ids{1, 371, 4088, 4006, 4004, 264};
        QTest::newRow("byte fallback") << QByteArray("ied 4 ½ months") << Ids{1, 3997, 630, 3997, 4062, 3997, 197, 192, 2281};
        QTest::newRow("emoji") << QByteArray(" this is 🦙.cpp")
                               << Ids{1, 3997, 495, 358, 3997, 243, 162, 169, 156, 4019, 4009, 491};
    }
    void sampleEncodes()
    {
        QFETCH(QByteArray, text);
        QFETCH(Ids, ids);
        QCOMPARE(shown(m_sample->encode(text.toStdString())), shown(ids));
    }

    void sampleSpecials()
    {
        QCOMPARE(m_sample->vocabularySize(), std::size_t{4096});
        QVERIFY(m_sample->addsBos());
        QVERIFY(!m_sample->addsEos());
        QCOMPARE(*m_sample->bos(), 1);
        QCOMPARE(*m_sample->eos(), 2);
        QVERIFY(m_sample->isEndOfGeneration(2));
        QVERIFY(!m_sample->isEndOfGeneration(1));
        QCOMPARE(m_sample->tokenText(1), std::string_view("<s>"));
        QCOMPARE(m_sample->decode(TokenId{1}), std::string());
        QCOMPARE(m_sample->decode(TokenId{1132}), std::string(" world"));
        QCOMPARE(m_sample->decode(TokenId{-1}), std::string());
        QCOMPARE(m_sample->decode(TokenId{4096}), std::string());
        QCOMPARE(m_sample->tokenText(1 << 30), std::string_view());
        // The text of a control token is only a token where that is asked for.
        QCOMPARE(shown(m_sample->encode("</s>", {false, true})), QByteArray("2"));
        QVERIFY(m_sample->encode("</s>", {false, false}).size() > 1);
    }

    void sampleAgreesWithExpectedFile()
    {
        const fs::path file = ww::test::fixturesDir() / "expected/tokens.json";
        if (!fs::exists(file)) QSKIP("the fixtures are not here (set WW_FIXTURES to their folder)");
        const auto cases = nlohmann::json::parse(readText(file));
        QVERIFY(cases.size() > 50);
        for (const auto& c : cases) QCOMPARE(shown(m_sample->encode(c["text"].get<std::string>())), shown(c["ids"].get<Ids>()));
    }

    void sampleTextsRoundTrip()
    {
        const std::string text = readText(ww::test::sampleEvaluationText());
        QVERIFY(text.size() > 10000);
        const Ids ids = m_sample->encode(text);
        QCOMPARE(m_sample->decode(ids), " " + text);  // the model's prefix space
        QVERIFY(ids.size() < text.size() / 2);
    }

    // ---- published vocabularies with their test pairs -------------------------------------------------------------

    void vocabularyPairs_data()
    {
        QTest::addColumn<QString>("path");
        std::error_code ec;
        for (const auto& entry : fs::directory_iterator(ww::test::fixturesDir() / "vocab", ec))
            if (entry.path().extension() == ".gguf")
                QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
        QTest::newRow("(folder)") << QString();
    }
    void vocabularyPairs()
    {
        QFETCH(QString, path);
        if (path.isEmpty()) {
            if (!fs::exists(ww::test::fixturesDir() / "vocab"))
                QSKIP("the vocabularies are not here (set WW_FIXTURES to the fixtures' folder)");
            return;
        }
        const auto tokenizer = open(path.toStdString());
        QVERIFY(tokenizer);
        const QString input = QString::fromUtf8(readText(path.toStdString() + ".inp").c_str());
        const QStringList texts = input.split("\n__ggml_vocab_test__\n");
        const QByteArrayList lines = QByteArray::fromStdString(readText(path.toStdString() + ".out")).split('\n');
        QVERIFY(texts.size() > 40 && lines.size() >= texts.size() - 1);
        for (qsizetype i = 0; i + 1 < texts.size(); ++i)
            QCOMPARE(shown(plain(tokenizer, texts[i].toStdString())), lines[i].trimmed());
    }

    // ---- score-based merging --------------------------------------------------------------------------------------

    void spmMergesByScoreThenPosition()
    {
        // ▁ is merged with nothing here, so results start with its three bytes.
        auto metadata = spmMetadata({{"a", kNormal, -9},
                                     {"b", kNormal, -9},
                                     {"c", kNormal, -9},
                                     {"ab", kNormal, -2},
                                     {"bc", kNormal, -1},
                                     {"abc", kNormal, -3},
                                     {"aa", kNormal, -4},
                                     {"▁", kNormal, -5}});
        metadata.set("tokenizer.ggml.add_space_prefix", false);
        const auto tokenizer = make(metadata);
        QVERIFY(tokenizer);
        const TokenId a = kFirstSpm, c = a + 2, ab = a + 3, bc = a + 4, abc = a + 5, aa = a + 6, space = a + 7;
        QCOMPARE(shown(plain(tokenizer, "abc")), shown({abc}));  // b+c first, then a+bc
        QCOMPARE(shown(plain(tokenizer, "abb")), shown({ab, a + 1}));
        QCOMPARE(shown(plain(tokenizer, "aaa")), shown({aa, a}));  // equal scores: the left pair
        QCOMPARE(shown(plain(tokenizer, "aaaa")), shown({aa, aa}));
        QCOMPARE(shown(plain(tokenizer, "c bc")), shown({c, space, bc}));
        QCOMPARE(shown(plain(tokenizer, "d")), shown({3 + 'd'}));  // no such token: its byte
    }

    void spmUsesEveryTokenTypeForMerging()
    {
        auto metadata =
            spmMetadata({{"xy", kUnused, 0}, {"<z>", kControl, 0}, {"<", kNormal, 0}, {"z>", kNormal, 0}, {"z", kNormal, 0}});
        metadata.set("tokenizer.ggml.add_space_prefix", false);
        const auto tokenizer = make(metadata);
        QVERIFY(tokenizer);
        QCOMPARE(shown(plain(tokenizer, "xy")), shown({kFirstSpm}));  // x and y are no tokens, together they are
        QCOMPARE(shown(plain(tokenizer, "<z>")), shown({kFirstSpm + 1}));
        QCOMPARE(tokenizer->decode(kFirstSpm), std::string());  // unused
    }

    void spmSpacePrefixFollowsSpecialTokens()
    {
        const auto tokenizer =
            make(spmMetadata({{"▁a", kNormal, -1}, {"a", kNormal, -1}, {"<u>", kUserDefined}, {"<c>", kControl}}));
        QVERIFY(tokenizer);
        const TokenId prefixed = kFirstSpm, u = kFirstSpm + 2, c = kFirstSpm + 3;
        QCOMPARE(shown(tokenizer->encode("a<u>a")), shown({1, prefixed, u, prefixed}));
        QCOMPARE(shown(tokenizer->encode("<u><u>")), shown({1, u, u}));
        QCOMPARE(shown(tokenizer->encode("<c>a<c>", {true, true})), shown({1, c, prefixed, c}));
        QCOMPARE(shown(tokenizer->encode("")), shown({1}));
        QCOMPARE(shown(plain(tokenizer, "")), QByteArray());
    }

    void spmInvalidUtf8GoesByBytes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<Ids>("bytes");
        QTest::newRow("continuation bytes") << QByteArray("\x80\x81") << Ids{0x80, 0x81};
        QTest::newRow("cut at the end") << QByteArray("\xE4\xB8") << Ids{0xE4, 0xB8};
        QTest::newRow("lead bytes that swallow letters") << QByteArray("\xC0"
                                                                       "a\xE0"
                                                                       "ab")
                                                         << Ids{0xC0, 'a', 0xE0, 'a', 'b'};
        QTest::newRow("0xFF swallows three") << QByteArray("\xFF\xFE"
                                                           "a")
                                             << Ids{0xFF, 0xFE, 'a'};
        QTest::newRow("NUL") << QByteArray("\0a", 2) << Ids{0, 'a'};
    }
    void spmInvalidUtf8GoesByBytes()
    {
        QFETCH(QByteArray, text);
        QFETCH(Ids, bytes);
        auto metadata = spmMetadata({});
        metadata.set("tokenizer.ggml.add_space_prefix", false);
        const auto tokenizer = make(metadata);
        for (auto& byte : bytes) byte += 3;
        QCOMPARE(shown(plain(tokenizer, text.toStdString())), shown(bytes));
        QCOMPARE(tokenizer->decode(bytes), text.toStdString());
    }

    void spmWithoutByteTokens()
    {
        auto metadata = metadataOf("llama", {{"<unk>", kUnknown}, {"a"}, {"▁"}, {"ab"}, {"\xC3"}});
        const auto tokenizer = make(metadata);
        QVERIFY(tokenizer);
        // The default id 1 is in range, so it is BOS; é has a token for its first byte, the rest is unknown.
        QCOMPARE(shown(tokenizer->encode("abé?")), shown({1, 2, 3, 4, 0, 0}));
    }

    // ---- special tokens -------------------------------------------------------------------------------------------

    void longestSpecialTokenWins()
    {
        const auto tokenizer =
            make(bpeMetadata({{"<a>", kUserDefined}, {"<a><b>", kUserDefined}, {"b><a", kUserDefined}, {"<c>", kControl}}, {}));
        QVERIFY(tokenizer);
        QCOMPARE(shown(plain(tokenizer, "<a><b><a>")), shown({257, 256}));
        QCOMPARE(shown(plain(tokenizer, "<a><a><b>")), shown({256, 257}));
        QCOMPARE(shown(plain(tokenizer, "<b><a>")), shown({'<', 258, '>'}));  // four bytes before three
        QCOMPARE(shown(plain(tokenizer, "<c>")), shown({'<', 'c', '>'}));
        QCOMPARE(shown(tokenizer->encode("x<c>", {false, true})), shown({'x', 259}));
    }

    void specialTokensInsideEachOther()
    {
        // "abcd" is read along "ab…" and must not hide "bc" or "c".
        const auto tokenizer = make(bpeMetadata({{"abcx", kUserDefined}, {"bc", kUserDefined}, {"cd", kUserDefined}}, {}));
        QCOMPARE(shown(plain(tokenizer, "abcd")), shown({'a', 257, 'd'}));
        QCOMPARE(shown(plain(tokenizer, "ababcx")), shown({'a', 'b', 256}));
        QCOMPARE(shown(plain(tokenizer, "bbccdd")), shown({'b', 257, 258, 'd'}));
    }

    void phi3StripsToTheRight()
    {
        auto metadata = spmMetadata({{"<|user|>", kControl}, {"<|endoftext|>", kControl}, {"▁", kNormal, 0}, {"a", kNormal, 0}});
        metadata.set("general.name", std::string("My Phi-3 mini"));
        const auto tokenizer = make(metadata);
        QVERIFY(tokenizer);
        const TokenId user = kFirstSpm, end = user + 1, space = user + 2, a = user + 3;
        const auto encoded = [&](std::string_view text) { return shown(tokenizer->encode(text, {false, true})); };
        QCOMPARE(encoded("<|user|> \n\t a"), shown({user, space, a}));
        QCOMPARE(encoded("<|endoftext|> a"), shown({end, space, space, a}));
        QCOMPARE(encoded("<s> a"), shown({1, space, space, a}));
        QCOMPARE(encoded("</s> a"), shown({2, space, a}));
        QCOMPARE(encoded("a <|user|>  "), shown({space, a, space, user}));
    }

    void maskStripsToTheLeft()
    {
        const auto stripping = make(bpeMetadata({{"<mask>", kControl}}, {}, "jina-v2-de"));
        QCOMPARE(shown(stripping->encode("a  <mask> b", {false, true})), shown({'a', 256, ' ', 'b'}));
        const auto plainOne = make(bpeMetadata({{"<mask>", kControl}}, {}, "gpt-2"));
        QCOMPARE(shown(plainOne->encode("a <mask>", {false, true})), shown({'a', ' ', 256}));
    }

    void knownTextsOverrideTypes()
    {
        const auto tokenizer =
            make(bpeMetadata({{"<|im_end|>", kUserDefined}, {"<|start|>"}, {"<fim_pad>"}, {"<fim_prefix>"}, {"<|custom|>"}}, {}));
        QVERIFY(tokenizer);
        QVERIFY(tokenizer->isEndOfGeneration(256));
        QVERIFY(tokenizer->isEndOfGeneration(258));
        QVERIFY(!tokenizer->isEndOfGeneration(259));
        QVERIFY(plain(tokenizer, "<|im_end|>").size() > 1);            // control now
        QCOMPARE(shown(plain(tokenizer, "<|start|>")), shown({257}));  // user-defined now
        QCOMPARE(shown(tokenizer->encode("<fim_prefix>", {false, true})), shown({259}));
        QVERIFY(tokenizer->encode("<|custom|>", {false, true}).size() > 1);
        QCOMPARE(tokenizer->decode(TokenId{256}), std::string());
    }

    void harmonyEndIsNotTheEnd()
    {
        const auto tokenizer =
            make(bpeMetadata({{"<|end|>", kControl}, {"<|return|>", kControl}, {"<|call|>", kControl}}, {}, "gpt-4o"));
        QVERIFY(!tokenizer->isEndOfGeneration(256));
        QVERIFY(tokenizer->isEndOfGeneration(257));
        QVERIFY(tokenizer->isEndOfGeneration(258));
        const auto lone = make(bpeMetadata({{"<|end|>", kControl}}, {}));
        QVERIFY(lone->isEndOfGeneration(256));
    }

    // ---- byte-level BPE -------------------------------------------------------------------------------------------

    void bpeMergesByRankThenPosition()
    {
        const auto tokenizer = make(bpeMetadata({{"ab"}, {"bc"}, {"abcd"}, {"aa"}}, {"b c", "a b", "a bc", "abc d", "a a"}));
        QVERIFY(tokenizer);
        QCOMPARE(shown(plain(tokenizer, "ab")), shown({256}));
        QCOMPARE(shown(plain(tokenizer, "abcd")), shown({258}));  // through abc, which is no token
        QCOMPARE(shown(plain(tokenizer, "aaa")), shown({259, 'a'}));
        QCOMPARE(shown(plain(tokenizer, "abce")), shown({'a', 'b', 'c', 'e'}));  // abc is no token: its bytes
    }

    void bpeDropsWhatHasNoToken()
    {
        // The symbol of é is no token, and neither are the single bytes of its spelling "Ã©".
        const auto tokenizer = make(bpeMetadata({}, {"Ã ©"}));
        QCOMPARE(shown(plain(tokenizer, "aéb")), shown({'a', 'b'}));
    }

    void bpeFirstOfEqualMergesWins()
    {
        const auto tokenizer = make(bpeMetadata({{"ab"}, {"bc"}}, {"a b", "b c", "a b"}));
        QCOMPARE(shown(plain(tokenizer, "abc")), shown({256, 'c'}));
    }

    void bpeIgnoresMergesWhereTheNameSaysSo()
    {
        // "hello" is a token that no merge reaches.
        const std::vector<Token> extra = {{"hello"}, {"Ġhello"}};
        QCOMPARE(shown(plain(make(bpeMetadata(extra, {}, "llama-bpe")), "hello hello")), shown({256, 257}));
        QCOMPARE(plain(make(bpeMetadata(extra, {}, "gpt-2")), "hello hello").size(), std::size_t{11});
    }

    void bpeInvalidUtf8BecomesReplacementCharacters_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("seen");
        const QByteArray bad = "\xEF\xBF\xBD";
        QTest::newRow("valid") << QByteArray("aé漢😀") << QByteArray("aé漢😀");
        QTest::newRow("no lead bytes") << QByteArray("\xFF\xFE") << bad + bad;
        QTest::newRow("cut") << QByteArray("\xF0\x9F\x98") << bad + bad + bad;
        QTest::newRow("overlong") << QByteArray("\xC0\x80") << QByteArray("\0", 1);
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << QByteArray("\xED\xA0\x80");
        QTest::newRow("five bytes") << QByteArray("\xF8\x88\x80\x80\x80") << bad + bad + bad + bad + bad;
        QTest::newRow("beyond Unicode") << QByteArray("\xF4\x90\x80\x80") << bad + bad + bad + bad;
    }
    void bpeInvalidUtf8BecomesReplacementCharacters()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, seen);
        Ids bytes;
        for (const char c : seen) bytes.push_back(static_cast<unsigned char>(c));
        const auto tokenizer = make(bpeMetadata({}, {}));
        QCOMPARE(shown(plain(tokenizer, text.toStdString())), shown(bytes));
        QCOMPARE(tokenizer->decode(bytes), seen.toStdString());
    }

    void defaultsByPreTokenizer_data()
    {
        QTest::addColumn<QString>("pre");
        QTest::addColumn<bool>("addsBos");
        QTest::addColumn<int>("bos");
        QTest::newRow("gpt-2") << "gpt-2" << false << 11;
        QTest::newRow("missing") << "" << false << 11;
        QTest::newRow("llama-bpe") << "llama-bpe" << true << 11;
        QTest::newRow("tekken") << "tekken" << true << 11;
        QTest::newRow("glm4") << "glm4" << false << -1;
    }
    void defaultsByPreTokenizer()
    {
        QFETCH(QString, pre);
        QFETCH(bool, addsBos);
        QFETCH(int, bos);
        auto metadata = bpeMetadata({}, {}, pre.toStdString());
        const auto tokenizer = make(metadata);
        QVERIFY(tokenizer);
        QCOMPARE(tokenizer->addsBos(), addsBos);
        QCOMPARE(tokenizer->bos().value_or(-1), bos);
        QCOMPARE(tokenizer->eos().value_or(-1), 11);
        QVERIFY(!tokenizer->addsEos());
        metadata.set("tokenizer.ggml.add_bos_token", !addsBos);
        metadata.set("tokenizer.ggml.add_eos_token", true);
        metadata.set("tokenizer.ggml.bos_token_id", std::uint32_t{65});
        metadata.set("tokenizer.ggml.eos_token_id", std::uint32_t{66});
        const auto changed = make(metadata);
        QCOMPARE(shown(changed->encode("z")), addsBos ? shown({'z', 66}) : shown({65, 'z', 66}));
        QVERIFY(changed->isEndOfGeneration(66));
    }

    // ---- contradictory metadata -----------------------------------------------------------------------------------

    void badMetadataIsRefused_data()
    {
        QTest::addColumn<QString>("change");
        QTest::addColumn<bool>("spm");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("mentions");
        const int corrupt = static_cast<int>(ww::ErrorCode::Corrupt), unsupported = static_cast<int>(ww::ErrorCode::Unsupported);
        QTest::newRow("no model") << "no model" << true << unsupported << "no tokenizer";
        QTest::newRow("no_vocab") << "no_vocab" << true << unsupported << "no tokenizer";
        QTest::newRow("other model") << "bert" << true << unsupported << "bert";
        QTest::newRow("unknown pre-tokenizer") << "pre" << false << unsupported << "kimi-k2";
        QTest::newRow("no tokens") << "no tokens" << true << corrupt << "no tokens";
        QTest::newRow("empty tokens") << "empty tokens" << false << corrupt << "no tokens";
        QTest::newRow("tokens of another kind") << "number tokens" << true << corrupt << "no tokens";
        QTest::newRow("few scores") << "few scores" << true << corrupt << "scores";
        QTest::newRow("scores of another kind") << "text scores" << true << corrupt << "scores";
        QTest::newRow("score not a number") << "nan" << true << corrupt << "not a number";
        QTest::newRow("few types") << "few types" << true << corrupt << "types";
        QTest::newRow("types of another kind") << "text types" << false << corrupt << "types";
        QTest::newRow("twice the same token") << "duplicate" << false << corrupt << "same text";
        QTest::newRow("no merges") << "no merges" << false << corrupt << "merges";
        QTest::newRow("merge without space") << "bad merge" << false << corrupt << "abc";
        QTest::newRow("merge with one part") << "half merge" << false << corrupt << "Merge 0";
        QTest::newRow("empty merge") << "empty merge" << false << corrupt << "Merge 0";
    }
    void badMetadataIsRefused()
    {
        QFETCH(QString, change);
        QFETCH(bool, spm);
        QFETCH(int, code);
        QFETCH(QString, mentions);
        auto metadata = spm ? spmMetadata({{"a"}}) : bpeMetadata({{"ab"}}, {"a b"});
        const auto text = [&](std::string_view key, const char* value) { metadata.set(key, std::string(value)); };
        const auto merges = [&](const char* merge) {
            metadata.set("tokenizer.ggml.merges", ww::MetadataArray(std::vector<std::string>{merge}));
        };
        if (change == "no model") metadata.remove("tokenizer.ggml.model");
        if (change == "no_vocab") text("tokenizer.ggml.model", "no_vocab");
        if (change == "bert") text("tokenizer.ggml.model", "bert");
        if (change == "pre") text("tokenizer.ggml.pre", "kimi-k2");
        if (change == "no tokens") metadata.remove("tokenizer.ggml.tokens");
        if (change == "empty tokens") metadata.set("tokenizer.ggml.tokens", ww::MetadataArray(std::vector<std::string>{}));
        if (change == "number tokens") metadata.set("tokenizer.ggml.tokens", ww::MetadataArray(std::vector<float>{1, 2}));
        if (change == "few scores") metadata.set("tokenizer.ggml.scores", ww::MetadataArray(std::vector<float>{1, 2}));
        if (change == "text scores") text("tokenizer.ggml.scores", "high");
        if (change == "nan") {
            std::vector<float> scores(260, 0.f);
            scores[7] = std::numeric_limits<float>::quiet_NaN();
            metadata.set("tokenizer.ggml.scores", ww::MetadataArray(scores));
        }
        if (change == "few types") metadata.set("tokenizer.ggml.token_type", ww::MetadataArray(std::vector<std::int32_t>{1}));
        if (change == "text types") text("tokenizer.ggml.token_type", "normal");
        if (change == "duplicate") metadata = bpeMetadata({{"ab"}, {"ab"}}, {});
        if (change == "no merges") metadata.remove("tokenizer.ggml.merges");
        if (change == "bad merge") merges("abc");
        if (change == "half merge") merges("abc ");
        if (change == "empty merge") merges("");
        const auto tokenizer = ww::Tokenizer::create(metadata);
        QVERIFY(!tokenizer);
        QCOMPARE(static_cast<int>(tokenizer.error().code), code);
        QVERIFY2(QString::fromStdString(tokenizer.error().message).contains(mentions), tokenizer.error().message.c_str());
        QVERIFY(tokenizer.error().message.ends_with('.'));
    }

    void oddMetadataIsAccepted()
    {
        auto metadata = spmMetadata({{""}, {"a"}});
        metadata.set("tokenizer.ggml.bos_token_id", std::uint32_t{99999});  // out of range: as if it were not there
        metadata.set("tokenizer.ggml.eos_token_id", std::uint32_t{0xFFFFFFFFu});
        metadata.set("tokenizer.ggml.unknown_token_id", std::int32_t{-1});
        std::vector<std::int32_t> types(261, 77);
        metadata.set("tokenizer.ggml.token_type", ww::MetadataArray(types));
        metadata.remove("tokenizer.ggml.scores");
        const auto tokenizer = make(metadata);
        QVERIFY(tokenizer);
        QCOMPARE(tokenizer->bos().value_or(-1), 1);
        QCOMPARE(tokenizer->eos().value_or(-1), 2);
        QCOMPARE(tokenizer->tokenText(kFirstSpm), std::string_view("[EMPTY_259]"));
        QCOMPARE(tokenizer->decode(kFirstSpm + 1), std::string());
        QVERIFY(!tokenizer->encode("a").empty());

        // A vocabulary too small for the default ids has no BOS to add.
        auto tiny = metadataOf("llama", {{"a"}});
        const auto small = make(tiny);
        QVERIFY(small);
        QVERIFY(!small->bos() && !small->addsBos());
        QCOMPARE(shown(small->encode("a")), shown({0, 0, 0, 0}));  // the prefix space: three unknown bytes
    }

    // ---- size -----------------------------------------------------------------------------------------------------

    void longTexts_data()
    {
        QTest::addColumn<bool>("spm");
        QTest::addColumn<QString>("kind");
        for (const bool spm : {true, false})
            for (const char* kind : {"prose", "one letter", "spaces", "spaces then digit", "newlines", "newline and spaces",
                                     "digits", "punctuation", "emoji", "capitals", "invalid"})
                QTest::addRow("%s, %s", spm ? "spm" : "bpe", kind) << spm << QString(kind);
    }
    void longTexts()
    {
        QFETCH(bool, spm);
        QFETCH(QString, kind);
        constexpr std::size_t kSize = 1 << 20;
        const std::map<QString, std::string> units = {{"one letter", "a"}, {"spaces", " "},      {"newlines", "\n"},
                                                      {"digits", "7"},     {"punctuation", "!"}, {"emoji", "😀"},
                                                      {"capitals", "A"},   {"invalid", "\xFF"}};
        std::string text;
        if (kind == "prose")
            text = readText(ww::test::sampleEvaluationText());
        else if (kind == "spaces then digit")
            text = std::string(kSize - 1, ' ') + "7";
        else if (kind == "newline and spaces")
            text = "\n" + std::string(kSize - 2, ' ') + "x";
        else
            text = units.at(kind);
        while (text.size() < kSize) text += text;
        text.resize(kSize);

        std::size_t count = 0;
        double seconds = 0;
        if (spm) {
            seconds = secondsOf(m_sample, text, count);
        } else {
            // Merges that join runs of one character to long tokens.
            std::vector<Token> doubled;
            std::vector<std::string> merges;
            for (const std::string& base :
                 {std::string("a"), std::string("Ġ"), std::string("Ċ"), std::string("e"), std::string("A")})
                for (std::string run = base; run.size() <= 32 * base.size(); run += run) {
                    merges.push_back(run + " " + run);
                    doubled.push_back({run + run});
                }
            seconds = secondsOf(make(bpeMetadata(doubled, merges, "gpt-2")), text, count);
        }
        QVERIFY(count > 0);
        // A release build needs a few tenths; what must not happen takes minutes.
        QVERIFY2(seconds < 10, QByteArray::number(seconds));
    }

    void everySplitterIsLinear_data()
    {
        QTest::addColumn<QString>("pre");
        for (const auto name : ww::PreTokenizer::names())
            QTest::newRow(std::string(name).c_str()) << QString::fromUtf8(name.data(), qsizetype(name.size()));
    }
    void everySplitterIsLinear()
    {
        QFETCH(QString, pre);
        const auto splitter = ww::PreTokenizer::create(pre.toStdString());
        QVERIFY(splitter);
        constexpr std::size_t kSize = 60'000;
        for (const char* unit :
             {"a", "A", " ", "\n", "7", "!", "\xC3\xA9", "\xE6\xBC\xA2", "\xCC\x81", "\x01", "' ", " \n", "aA"}) {
            std::string text;
            while (text.size() < kSize) text += unit;
            for (const char* tail : {"", "7", "\xE6\xBC\xA2", "x", "\n", "!", "\x01"}) {
                const std::string whole = text + tail;
                const std::clock_t start = std::clock();
                const auto ends = (*splitter)->split(whole);
                const double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
                QVERIFY2(seconds < 1, QByteArray::number(seconds));  // a few thousandths if linear
                QVERIFY(!ends.empty());
                QCOMPARE(ends.back(), static_cast<std::uint32_t>(whole.size()));
                QVERIFY(ends.front() > 0 && std::is_sorted(ends.begin(), ends.end(), std::less_equal<>()));
            }
        }
    }

    void hugeSpecialVocabulary()
    {
        // Thousands of user-defined tokens, some made of nested runs, on a long text of the same characters.
        std::vector<Token> extra;
        for (int i = 0; i < 5000; ++i) extra.push_back({"<reserved_" + std::to_string(i) + ">", kUserDefined});
        for (std::size_t length = 2; length < 200; ++length) extra.push_back({std::string(length, '\n'), kUserDefined});
        const auto tokenizer = make(bpeMetadata(extra, {}));
        QVERIFY(tokenizer);
        std::string text(1 << 20, '\n');
        text += "<reserved_17><reserved_4999>";
        std::size_t count = 0;
        const double seconds = secondsOf(tokenizer, text, count);
        QVERIFY2(seconds < 20, QByteArray::number(seconds));
        const Ids ids = plain(tokenizer, text);
        QCOMPARE(shown(Ids(ids.end() - 2, ids.end())), shown({256 + 17, 256 + 4999}));
        QCOMPARE(tokenizer->decode(ids), text);
    }

    void oneLongPieceMergesLikeMany()
    {
        // The heap and the piece cache must agree: a run longer than the cache keeps, merged pairwise.
        const auto tokenizer = make(bpeMetadata({{"aa"}, {"aaaa"}}, {"a a", "aa aa"}));
        Ids expected(25, 257);
        expected.push_back(256);
        expected.push_back('a');
        QCOMPARE(shown(plain(tokenizer, std::string(103, 'a'))), shown(expected));
    }
};

QTEST_APPLESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
