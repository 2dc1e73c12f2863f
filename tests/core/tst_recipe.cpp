// SPDX-License-Identifier: MIT
#include <QtTest>

#include <QTemporaryDir>

#include <string>

#include "plan/recipe.h"
#include "tests/support/verify.h"

using ww::Recipe;
using ww::RecipeRule;
using ww::TensorRole;
using ww::TensorType;

namespace {

QByteArray bytes(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::string quotes(std::string text)
{
    // Single quotes read better in the tables below.
    for (char& c : text)
        if (c == '\'') c = '"';
    return text;
}

RecipeRule rule(RecipeRule::Match match, std::string pattern, std::optional<TensorType> format, std::string method = {})
{
    RecipeRule r;
    r.match = match;
    r.pattern = std::move(pattern);
    r.format = format;
    r.method = std::move(method);
    return r;
}

RecipeRule roleRule(TensorRole role, std::optional<TensorType> format)
{
    RecipeRule r;
    r.match = RecipeRule::Match::Role;
    r.role = role;
    r.format = format;
    return r;
}

}  // namespace

class TestRecipe : public QObject {
    Q_OBJECT

private slots:
    void transformations()
    {
        Recipe recipe;
        for (const char* text : {"rotation:7", "smoothquant:0.85", "smoothquant:search", "awq:Q3_K", "awq:Q4_0:0.25", "awq:Q4_0:0",
                                 "awq:affine:bits=3,group=64", "awq:affine:bits=3,group=64:0.5", "awq:nf4", "awq:nf4:0.25", "awq:hqq-analysis:bits=3"}) {
            const auto step = ww::parseTransformStep(text);
            WW_VERIFY(step);
            QCOMPARE(ww::transformStepText(*step), std::string(text));
            recipe.transform.push_back(*step);
        }
        // Written in full, the same target.
        for (const auto& [text, canonical] : {std::pair{"awq", "awq:Q4_0"}, std::pair{"awq::0.5", "awq:Q4_0:0.5"}, std::pair{"awq:affine:group=64,bits=4", "awq:affine:group=64"}}) {
            const auto step = ww::parseTransformStep(text);
            WW_VERIFY(step);
            QCOMPARE(ww::transformStepText(*step), std::string(canonical));
        }
        const auto read = ww::recipeFromJson(ww::recipeToJson(recipe));
        WW_VERIFY(read);
        QVERIFY(*read == recipe);
        for (const char* text : {"", "rotation:x", "rotation:-1", "smoothquant:2", "smoothquant:nan", "smoothquant:searching", "awq:Q9_9", "awq:F99", "awq:Q4_0:", "awq:Q4_0:2", "awq:Q4_0:-1", "awq:Q4_0:x", "awq:nf4:2", "awq:nf4:", "awq:affine:bits=3:x", "awq:affine:bits=99", "awq:gptq", "awq:affine:clip=output", "awq:w8a8-static", "mirror"}) {
            const auto step = ww::parseTransformStep(text);
            QVERIFY2(!step && step.error().code == ww::ErrorCode::InvalidArgument, text);
        }
        QVERIFY(!ww::recipeFromJson(R"({"weightwright-recipe": 1, "preset": "Q4_K_M", "transform": ["mirror"]})"));
        QVERIFY(!ww::recipeFromJson(R"({"weightwright-recipe": 1, "preset": "Q4_K_M", "transform": "rotation"})"));
    }
    void survivesTheRoundTrip()
    {
        Recipe plain;
        Recipe full;
        full.name = "Küche \"A\"\n";
        full.preset = "";
        full.base = TensorType::Q4_K;
        full.pure = true;
        full.leaveOutput = true;
        full.outputType = TensorType::Q6_K;
        full.tokenEmbeddingType = TensorType::Q8_0;
        full.rules = {rule(RecipeRule::Match::Pattern, "blk\\.(0|1)\\.", TensorType::Q5_K, "reference"),
                      rule(RecipeRule::Match::Exact, "blk.0.attn_q.weight", std::nullopt),
                      roleRule(TensorRole::FfnDown, TensorType::IQ4_XS)};
        Recipe copy;
        copy.preset = "COPY";
        for (const auto& recipe : {plain, full, copy}) {
            const std::string json = ww::recipeToJson(recipe);
            const auto read = ww::recipeFromJson(json);
            QVERIFY2(read.has_value(), bytes(json));
            QCOMPARE(*read, recipe);
            QCOMPARE(bytes(ww::recipeToJson(*read)), bytes(json));
        }
    }

    void everyTypeRoleAndByteSurvives()
    {
        Recipe recipe;
        for (const auto& traits : ww::allTensorTypes())
            if (traits.target) recipe.rules.push_back(rule(RecipeRule::Match::Exact, "x", traits.type));
        for (const auto role : ww::allRoles()) recipe.rules.push_back(roleRule(role, TensorType::F16));
        QCOMPARE(ww::recipeFromJson(ww::recipeToJson(recipe)).value(), recipe);
        // Names that are not UTF-8 cannot be held by JSON; they must not stop the program.
        recipe.rules = {rule(RecipeRule::Match::Exact, "a\xff\x80", TensorType::F16)};
        QVERIFY(ww::recipeFromJson(ww::recipeToJson(recipe)).has_value());
    }

    void writesTheDocumentedForm()
    {
        Recipe recipe;
        recipe.name = "n";
        recipe.rules = {roleRule(TensorRole::AttnV, TensorType::Q8_0), rule(RecipeRule::Match::Pattern, "ffn", std::nullopt)};
        const std::string expected = quotes(
            "{\n  'weightwright-recipe': 1,\n  'name': 'n',\n  'preset': 'Q4_K_M',\n  'rules': [\n    {\n      'role': "
            "'attn_v',\n      'format': 'Q8_0'\n    },\n    {\n      'pattern': 'ffn',\n      'format': 'keep'\n    }\n  ]\n}\n");
        QCOMPARE(bytes(ww::recipeToJson(recipe)), bytes(expected));
    }

    void refusesBadJson_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char* title, const std::string& json, const char* message) {
            QTest::newRow(title) << bytes(quotes(json)) << bytes(quotes(message));
        };
        const auto withMember = [](const std::string& member) {
            return "{'weightwright-recipe': 1, 'preset': 'Q4_K_M', " + member + "}";
        };
        const auto withRule = [&](const std::string& text) {
            return withMember("'rules': [{'role': 'attn_q', 'format': 'F16'}, " + text + "]");
        };
        row("empty", "", "not valid JSON");
        row("cut", "{'weightwright-recipe': 1, ", "not valid JSON");
        row("rubbish after the end", "{'weightwright-recipe': 1, 'preset': 'Q8_0'} x", "not valid JSON");
        row("broken text", "{'weightwright-recipe': 1, 'preset': 'Q8_0', 'name': '\xff'}", "not valid JSON");
        row("a list", "[1]", "is not a recipe: a recipe is a JSON object");
        row("a number", "1", "is not a recipe");
        row("no version", "{'preset': 'Q8_0'}", "'weightwright-recipe' is missing");
        row("version as text", "{'weightwright-recipe': '1', 'preset': 'Q8_0'}", "must be the number 1");
        row("version 2", "{'weightwright-recipe': 2, 'preset': 'Q8_0'}", "has version 2, but this program reads version 1 only");
        row("number out of range", "{'weightwright-recipe': 1e999999, 'preset': 'Q8_0'}", "a number that is too large");
        row("huge version", "{'weightwright-recipe': 99999999999999999999, 'preset': 'Q8_0'}", "must be the number 1");
        row("neither", "{'weightwright-recipe': 1}", "neither a 'preset' nor a 'base' format");
        row("both", "{'weightwright-recipe': 1, 'preset': 'Q8_0', 'base': 'Q8_0'}", "a preset and a base format");
        row("unknown preset", "{'weightwright-recipe': 1, 'preset': 'Q9'}", "no preset called 'Q9'");
        row("preset null", "{'weightwright-recipe': 1, 'preset': null}", "'preset' must be a text");
        row("unknown base", "{'weightwright-recipe': 1, 'base': 'Q4'}", "'base': 'Q4' is not a format");
        row("base for activations", "{'weightwright-recipe': 1, 'base': 'Q8_K'}", "'base': Q8_K is not a format for weights");
        row("unknown member", withMember("'colour': 1"), "The member 'colour' is not known");
        row("pure as number", withMember("'pure': 1"), "'pure' must be true or false");
        row("leaveOutput as text", withMember("'leaveOutput': 'yes'"), "'leaveOutput' must be true or false");
        row("name as number", withMember("'name': 7"), "'name' must be a text");
        row("output type", withMember("'outputType': 'I8'"), "'outputType': I8 is not a format for weights");
        row("embedding type", withMember("'tokenEmbeddingType': []"), "'tokenEmbeddingType' must be a text");
        row("rules as object", withMember("'rules': {}"), "'rules' must be a list");
        row("rule as text", withRule("'ffn=Q8_0'"), "Rule 2: A rule must be an object");
        row("rule without format", withRule("{'role': 'attn_q'}"), "Rule 2: The member 'format' is missing");
        row("rule without match", withRule("{'format': 'F16'}"), "Rule 2: Exactly one of 'pattern', 'tensor' and 'role'");
        row("rule with two matches", withRule("{'role': 'attn_q', 'pattern': 'x', 'format': 'F16'}"), "Rule 2: Exactly one of");
        row("rule with unknown role", withRule("{'role': 'attn', 'format': 'F16'}"), "Rule 2: 'attn' is not a role");
        row("rule with bad pattern", withRule("{'pattern': 'a(b', 'format': 'F16'}"),
            "Rule 2: The pattern 'a(b' is not a valid regular expression");
        row("rule with empty pattern", withRule("{'pattern': '', 'format': 'F16'}"), "Rule 2: A pattern is empty");
        row("rule with empty name", withRule("{'tensor': '', 'format': 'F16'}"), "Rule 2: The tensor name is empty");
        row("rule with unknown format", withRule("{'role': 'attn_q', 'format': 'Q7'}"), "Rule 2: 'format': 'Q7' is not a format");
        row("rule with format null", withRule("{'role': 'attn_q', 'format': null}"), "Rule 2: The member 'format' must be a text");
        row("rule with unknown member", withRule("{'role': 'attn_q', 'format': 'F16', 'bits': 4}"),
            "Rule 2: The member 'bits' is not known");
        row("rule with method list", withRule("{'role': 'attn_q', 'format': 'F16', 'method': ['x']}"),
            "Rule 2: The member 'method' must be a text");
        row("deep", std::string(1'000'000, '['), "nested more than 8 levels deep");
        row("deep objects", withMember("'rules': [" + std::string(100, '{')), "nested more than");
        row("huge", std::string((16u << 20) + 1, ' '), "at most 16777216 are accepted");
    }
    void refusesBadJson()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, message);
        const auto recipe = ww::recipeFromJson({json.constData(), static_cast<std::size_t>(json.size())});
        QVERIFY(!recipe);
        QCOMPARE(recipe.error().code, ww::ErrorCode::InvalidArgument);
        QVERIFY2(bytes(recipe.error().message).contains(message), bytes(recipe.error().message));
        QVERIFY2(recipe.error().message.ends_with('.'), bytes(recipe.error().message));
        QVERIFY(recipe.error().message.size() < 400);
    }

    void bracketsInTextsAreNotDepth()
    {
        Recipe recipe;
        recipe.name = std::string(100, '[') + "\\\"" + std::string(100, '{');
        QCOMPARE(ww::recipeFromJson(ww::recipeToJson(recipe)).value(), recipe);
    }

    void savesAndLoads()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "r.json";
        Recipe recipe;
        recipe.name = "saved";
        QVERIFY(ww::saveRecipe(recipe, path).has_value());
        QCOMPARE(ww::loadRecipe(path).value(), recipe);
        QVERIFY(!ww::loadRecipe(path.parent_path() / "missing.json"));
        QFile file(QString::fromStdString(path.string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{");
        file.close();
        const auto broken = ww::loadRecipe(path);
        QVERIFY(!broken);
        QCOMPARE(broken.error().path, path);
        QVERIFY(!ww::saveRecipe(recipe, path / "below" / "a" / "file.json"));
    }

    void parsesRules_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("result");  // pattern=format:method, or !message
        const auto row = [](const char* text, const char* result) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(result);
        };
        row("ffn_down=Q6_K", "ffn_down=Q6_K:");
        row("ffn_down=q6_k", "ffn_down=Q6_K:");
        row("a=b=F16", "a=b=F16:");
        row("(?=blk)x=Q4_0", "(?=blk)x=Q4_0:");
        row("x=keep", "x=keep:");
        row("x=Q4_K:reference", "x=Q4_K:reference");
        row("x:y=Q4_K", "x:y=Q4_K:");
        row("", "!is not of the form PATTERN=FORMAT");
        row("ffn_down", "!is not of the form PATTERN=FORMAT");
        row("=Q4_K", "!is not of the form PATTERN=FORMAT");
        row("x=", "!\"\" is not a format");
        row("x=Q4_9", "!\"Q4_9\" is not a format");
        row("x=Q8_K", "!Q8_K is not a format for weights");
        row("x=Q4_K:", "!names no method after the colon");
        row("x[=Q4_K", "!at character 3");
        row("*=Q4_K", "!is not a valid regular expression");
    }
    void parsesRules()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, result);
        const auto parsed = ww::parseRule(text.toStdString());
        if (result.startsWith('!')) {
            QVERIFY(!parsed);
            QCOMPARE(parsed.error().code, ww::ErrorCode::InvalidArgument);
            QVERIFY2(bytes(parsed.error().message).contains(result.mid(1)), bytes(parsed.error().message));
            return;
        }
        QVERIFY2(parsed.has_value(), parsed ? "" : bytes(parsed.error().message));
        QCOMPARE(parsed->match, RecipeRule::Match::Pattern);
        const std::string format(parsed->format ? ww::name(*parsed->format) : "keep");
        QCOMPARE(bytes(parsed->pattern + "=" + format + ":" + parsed->method), result);
    }

    void importsTensorTypeFiles()
    {
        const auto rules = ww::rulesFromTensorTypeFile("\xEF\xBB\xBF"
                                                       "blk\\.[0-9]+\\.ATTN_V=q8_0\r\n\t ffn_(down|UP)=Q5_K  \\S+norm\\D=bf16\n\n");
        QVERIFY(rules.has_value());
        QCOMPARE(rules->size(), std::size_t{3});
        QCOMPARE(bytes((*rules)[0].pattern), QByteArray("blk\\.[0-9]+\\.attn_v"));
        QCOMPARE((*rules)[0].format.value(), TensorType::Q8_0);
        QCOMPARE(bytes((*rules)[1].pattern), QByteArray("ffn_(down|up)"));
        QCOMPARE(bytes((*rules)[2].pattern), QByteArray("\\S+norm\\D"));
        QCOMPARE((*rules)[2].format.value(), TensorType::BF16);
        QVERIFY(ww::rulesFromTensorTypeFile("")->empty());
        QVERIFY(ww::rulesFromTensorTypeFile(" \n\t")->empty());

        const auto bad = ww::rulesFromTensorTypeFile("a=q8_0 b c=q4_0");
        QVERIFY(!bad);
        QCOMPARE(bytes(bad.error().message),
                 QByteArray("Item 2: \"b\" is not of the form PATTERN=FORMAT, for example ffn_down=Q6_K."));
        QVERIFY(!ww::rulesFromTensorTypeFile("a=q8_0 (=q4_0"));
    }

    void exportsTensorTypeFiles()
    {
        const std::vector<RecipeRule> rules = {
            rule(RecipeRule::Match::Pattern, "ffn_(down|up)", TensorType::Q5_K, "reference"),
            rule(RecipeRule::Match::Pattern, "a =b", TensorType::F16),
            rule(RecipeRule::Match::Pattern, "(?=blk)a", TensorType::F16),
            rule(RecipeRule::Match::Pattern, "kept", std::nullopt),
            rule(RecipeRule::Match::Exact, "blk.0.attn_q.weight", TensorType::Q8_0),
            rule(RecipeRule::Match::Exact, "blk.1.A=b\xc3\xa4", TensorType::Q8_0),
            roleRule(TensorRole::AttnV, TensorType::Q6_K),
            roleRule(TensorRole::Output, TensorType::Q6_K),
            roleRule(TensorRole::Other, TensorType::Q6_K),
        };
        const QByteArray expected = "ffn_(down|up)=Q5_K\n"
                                    "a\\s\\x3db=F16\n"
                                    "^blk\\.0\\.attn_q\\.weight$=Q8_0\n"
                                    "^blk\\.1\\...b..$=Q8_0\n"
                                    "^blk\\.[0-9]+\\.attn_v\\.weight$=Q6_K\n"
                                    "^output\\.weight$=Q6_K\n";
        const std::string text = ww::rulesToTensorTypeFile(rules);
        QCOMPARE(bytes(text), expected);
        QCOMPARE(ww::rulesFromTensorTypeFile(text)->size(), std::size_t{6});
    }
};

QTEST_APPLESS_MAIN(TestRecipe)
#include "tst_recipe.moc"
