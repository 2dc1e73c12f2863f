// SPDX-License-Identifier: MIT
// Plans are compared as text: one line per tensor, in export order.
#include <QtTest>

#include <QElapsedTimer>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "io/gguf_writer.h"
#include "plan/plan.h"
#include "plan/preset.h"
#include "plan/recipe.h"
#include "tests/support/paths.h"
#include "tests/support/synthetic_model.h"

using ww::Decision;
using ww::Recipe;
using ww::RecipeRule;
using ww::TensorType;
using ww::test::makeModel;
using ww::test::tensorInfo;

namespace {

QByteArray bytes(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

const char* decisionName(Decision decision)
{
    switch (decision) {
    case Decision::NotQuantizable: return "kept";
    case Decision::Preset: return "preset";
    case Decision::PresetRule: return "preset rule";
    case Decision::Rule: return "rule";
    case Decision::OutputOption: return "output option";
    case Decision::EmbeddingOption: return "embedding option";
    case Decision::ShapeFallback: return "fallback";
    case Decision::KeptSource: return "source";
    }
    return "?";
}

std::string planText(const ww::ModelFile& model, const ww::Plan& plan)
{
    std::string text;
    for (const auto& entry : plan.entries)
        text += fmt::format("{} {} {}\n", model.tensors()[entry.tensorIndex].name, ww::name(entry.target),
                            decisionName(entry.decision));
    return text;
}

Recipe preset(const char* name)
{
    Recipe recipe;
    recipe.preset = name;
    return recipe;
}

RecipeRule exactRule(std::string name, std::optional<TensorType> format)
{
    RecipeRule rule;
    rule.match = RecipeRule::Match::Exact;
    rule.pattern = std::move(name);
    rule.format = format;
    return rule;
}

RecipeRule roleRule(ww::TensorRole role, std::optional<TensorType> format)
{
    RecipeRule rule;
    rule.match = RecipeRule::Match::Role;
    rule.role = role;
    rule.format = format;
    return rule;
}

RecipeRule patternRule(const char* text)
{
    return ww::parseRule(text).value();
}

/// Three layers with the awkward rows of the little story model.
ww::test::SyntheticModel awkward()
{
    return {
        .layers = 1, .heads = 8, .keyHeads = 4, .embedding = 64, .feedForward = 172, .vocabulary = 512, .separateOutput = false};
}

const ww::PlanEntry& entryOf(const ww::ModelFile& model, const ww::Plan& plan, std::string_view name)
{
    for (const auto& entry : plan.entries)
        if (model.tensors()[entry.tensorIndex].name == name) return entry;
    qFatal("no such tensor in the plan");
}

}  // namespace

class TestPlan : public QObject {
    Q_OBJECT

private slots:
    void plansAsText_data()
    {
        QTest::addColumn<Recipe>("recipe");
        QTest::addColumn<bool>("separateOutput");
        QTest::addColumn<QByteArray>("expected");
        const auto lines = [](const char* embedding, const char* output, const char* attnK, const char* attnOutput,
                              const char* attnQ, const char* attnV, const char* down, const char* gate, const char* up) {
            std::string text;
            if (output) text += fmt::format("output.weight {}\n", output);
            text += fmt::format(
                "output_norm.weight F32 kept\ntoken_embd.weight {}\nblk.0.attn_k.weight {}\nblk.0.attn_norm.weight F32 kept\n",
                embedding, attnK);
            text += fmt::format("blk.0.attn_output.weight {}\nblk.0.attn_q.weight {}\nblk.0.attn_v.weight {}\n", attnOutput, attnQ,
                                attnV);
            text += fmt::format("blk.0.ffn_down.weight {}\nblk.0.ffn_gate.weight {}\nblk.0.ffn_up.weight {}\n", down, gate, up);
            return bytes(text);
        };
        const auto all = [&](const char* embedding, const char* output, const char* rest) {
            return lines(embedding, output, rest, rest, rest, rest, rest, rest, rest);
        };
        const auto row = [](const char* title, const Recipe& recipe, bool separate, const QByteArray& expected) {
            QTest::newRow(title) << recipe << separate << expected;
        };
        const char* q4 = "Q4_K preset";
        const char* q6 = "Q6_K preset rule";
        row("Q4_K_M", preset("Q4_K_M"), true, lines(q4, q6, q4, q4, q4, q6, q6, q4, q4));
        row("Q4_K_M tied", preset("Q4_K_M"), false, lines(q6, nullptr, q4, q4, q4, q6, q6, q4, q4));
        row("F16", preset("F16"), true, all("F16 preset", "F16 preset", "F16 preset"));
        row("F32", preset("F32"), true, all("F32 preset", "F32 preset", "F32 preset"));
        row("COPY", preset("COPY"), true, all("F32 source", "F32 source", "F32 source"));

        Recipe recipe = preset("Q4_K_M");
        recipe.pure = true;
        row("pure", recipe, true, all(q4, q4, q4));
        row("pure tied", recipe, false, all(q4, nullptr, q4));
        recipe.outputType = TensorType::Q8_0;
        row("pure with output type", recipe, true, all(q4, "Q8_0 output option", q4));
        row("pure tied ignores the output type", recipe, false, all(q4, nullptr, q4));
        recipe.tokenEmbeddingType = TensorType::Q5_0;
        row("pure with both types", recipe, true, all("Q5_0 embedding option", "Q8_0 output option", q4));

        recipe = preset("Q4_0");
        recipe.outputType = TensorType::Q5_K;
        row("tied with output type", recipe, false, all("Q5_K output option", nullptr, "Q4_0 preset"));
        recipe.tokenEmbeddingType = TensorType::BF16;
        row("tied with both types", recipe, false, all("BF16 embedding option", nullptr, "Q4_0 preset"));
        recipe.leaveOutput = true;
        row("leave the output", recipe, true, all("BF16 embedding option", "F32 source", "Q4_0 preset"));
        row("leave the output of a tied model", recipe, false, all("BF16 embedding option", nullptr, "Q4_0 preset"));
        recipe.rules = {exactRule("output.weight", TensorType::Q4_1), patternRule("token_embd=Q4_1")};
        row("a rule for one tensor beats options, a pattern does not", recipe, true,
            all("BF16 embedding option", "Q4_1 rule", "Q4_0 preset"));

        recipe = preset("F16");
        recipe.outputType = TensorType::Q8_0;
        row("F16 with output type", recipe, true, all("F16 preset", "Q8_0 output option", "F16 preset"));
        row("F16 tied with output type", recipe, false, all("F16 preset", nullptr, "F16 preset"));

        recipe = Recipe{};
        recipe.preset = "";
        recipe.base = TensorType::Q5_0;
        row("uniform", recipe, true, all("Q5_0 preset", "Q5_0 preset", "Q5_0 preset"));

        recipe = preset("Q8_0");
        recipe.rules = {patternRule("attn_[qk]=F16"),
                        roleRule(ww::TensorRole::AttnQ, TensorType::Q4_0),
                        roleRule(ww::TensorRole::AttnV, TensorType::Q6_K),
                        exactRule("blk.0.attn_v.weight", TensorType::Q4_0),
                        patternRule("ffn_up=keep"),
                        patternRule("norm=Q4_0")};
        const char* q8 = "Q8_0 preset";
        row("the first rule wins", recipe, true,
            lines(q8, "Q8_0 preset", "F16 rule", q8, "F16 rule", "Q6_K rule", q8, q8, "F32 rule"));
        recipe.rules = {patternRule("^blk=Q4_1")};
        recipe.preset = "copy";
        row("COPY with a rule", recipe, true, all("F32 source", "F32 source", "Q4_1 rule"));
        recipe.preset = "BF16";
        row("rules beat float presets too", recipe, true, all("BF16 preset", "BF16 preset", "Q4_1 rule"));
    }
    void plansAsText()
    {
        QFETCH(Recipe, recipe);
        QFETCH(bool, separateOutput);
        QFETCH(QByteArray, expected);
        const auto model = makeModel({.layers = 1, .separateOutput = separateOutput});
        const auto plan = ww::resolve(recipe, *model);
        QVERIFY2(plan.has_value(), plan ? "" : bytes(plan.error().describe()));
        QCOMPARE(bytes(planText(*model, *plan)), expected);
        for (const auto& entry : plan->entries) {
            QVERIFY(entry.reason.ends_with('.'));
            QCOMPARE(entry.quantized, entry.source != entry.target);
            QCOMPARE(entry.method.empty(), !entry.quantized);
            const auto& shape = model->tensors()[entry.tensorIndex].shape;
            QCOMPARE(entry.sizeBytes, *ww::rowBytes(entry.target, shape.columns()) * shape.rows());
        }
    }

    void exportOrder()
    {
        std::vector<ww::TensorInfo> tensors;
        for (const char* name : {"blk.10.a.weight", "blk.2.b.weight", "zz", "blk.2.B.weight", "blk.x.weight", "output.weight",
                                 "blk.2.attn_q.weight", "blk.2.attn_q.bias", "blk.2.attn_q_norm.weight", "a\xff", "a"})
            tensors.push_back(tensorInfo(name, {32}));
        const auto model = makeModel(ww::Metadata(), tensors);
        const auto plan = ww::resolve(preset("Q8_0"), *model).value();
        std::string order;
        for (const auto& entry : plan.entries) order += model->tensors()[entry.tensorIndex].name + " ";
        QCOMPARE(bytes(order),
                 QByteArray("a a\xff blk.x.weight output.weight zz blk.2.B.weight blk.2.attn_q.bias blk.2.attn_q.weight "
                            "blk.2.attn_q_norm.weight blk.2.b.weight blk.10.a.weight "));
    }

    void awkwardRows()
    {
        const auto model = makeModel(awkward());
        const auto plan = ww::resolve(preset("Q4_0"), *model).value();
        const auto& down = entryOf(*model, plan, "blk.0.ffn_down.weight");
        QCOMPARE(down.target, TensorType::F16);
        QCOMPARE(down.decision, Decision::ShapeFallback);
        QCOMPARE(bytes(ww::joinedText(down.warnings)),
                 QByteArray("Rows of 172 are not a multiple of 32, so F16 is written instead of Q4_0: +15 KiB."));
        QCOMPARE(bytes(down.reason), QByteArray("Q4_0 is the base format of Q4_0."));
        const auto& embedding = entryOf(*model, plan, "token_embd.weight");
        QCOMPARE(embedding.target, TensorType::Q8_0);
        QCOMPARE(embedding.decision, Decision::ShapeFallback);
        QVERIFY(bytes(ww::joinedText(embedding.warnings)).contains("so Q8_0 is written instead of Q6_K"));
        QCOMPARE(plan.warnings.size(), std::size_t{1});
        QVERIFY2(bytes(plan.warnings.front().text()).startsWith("2 tensors have rows that do not fit"), bytes(plan.warnings.front().text()));
    }

    void fallbackAfterRulesAndOptions()
    {
        const auto model = makeModel(awkward());
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule("attn_q=Q2_K:reference"), exactRule("blk.0.ffn_up.weight", TensorType::Q5_K)};
        recipe.tokenEmbeddingType = TensorType::IQ4_XS;
        const auto plan = ww::resolve(recipe, *model).value();
        const auto& query = entryOf(*model, plan, "blk.0.attn_q.weight");
        QCOMPARE(query.target, TensorType::Q4_0);
        QCOMPARE(query.rule, 0);
        QCOMPARE(query.decision, Decision::ShapeFallback);
        QCOMPARE(bytes(query.reason), QByteArray("Rule 1 (\"attn_q\") sets Q2_K."));
        QCOMPARE(entryOf(*model, plan, "blk.0.ffn_up.weight").target, TensorType::Q5_1);
        QCOMPARE(entryOf(*model, plan, "token_embd.weight").target, TensorType::IQ4_NL);
    }

    void refusesWhatHasNoReplacement()
    {
        const auto model = makeModel(awkward());
        const auto plan = ww::resolve(preset("Q1_0"), *model);
        QVERIFY(!plan);
        QCOMPARE(plan.error().code, ww::ErrorCode::Unsupported);
        QCOMPARE(bytes(plan.error().tensor), QByteArray("blk.0.attn_k.weight"));
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule("ffn_down=NVFP4")};
        const auto odd = ww::resolve(recipe, *model);
        QVERIFY(!odd);
        QCOMPARE(bytes(odd.error().message), QByteArray("Rows of 172 are not a multiple of 64, and there is no replacement for "
                                                        "NVFP4; choose another format for this tensor."));
        QCOMPARE(bytes(odd.error().tensor), QByteArray("blk.0.ffn_down.weight"));
    }

    void countersSkipTensorsThatRulesTook()
    {
        const auto model = makeModel({.layers = 16});
        Recipe recipe = preset("Q4_K_M");
        const auto downTypes = [&] {
            const auto plan = ww::resolve(recipe, *model).value();
            std::string text;
            for (const auto& entry : plan.entries)
                if (entry.identity.role == ww::TensorRole::FfnDown)
                    text += entry.target == TensorType::Q6_K ? '6' : entry.target == TensorType::Q4_K ? '4' : '.';
            return bytes(text);
        };
        QCOMPARE(downTypes(), QByteArray("6644644644644666"));
        recipe.rules = {patternRule("blk\\.[01]\\.ffn_down=Q8_0")};
        QCOMPARE(downTypes(), QByteArray("..66446446446446"));
    }

    void unusedRulesAreReported()
    {
        const auto model = makeModel({.layers = 1});
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule("ffn=Q4_0"), patternRule("ffn_down=Q4_1"),
                        exactRule("blk.0.attn_norm.weight", TensorType::Q4_0), roleRule(ww::TensorRole::AttnQkv, TensorType::F16)};
        const auto plan = ww::resolve(recipe, *model).value();
        QCOMPARE(plan.warnings.size(), std::size_t{3});
        QVERIFY(bytes(plan.warnings[0].text()).startsWith("Rule 2 (\"ffn_down\") changes nothing"));
        QVERIFY(bytes(plan.warnings[1].text()).startsWith("Rule 3 (\"blk.0.attn_norm.weight\") changes nothing"));
        QVERIFY(bytes(plan.warnings[2].text()).startsWith("Rule 4 (role attn_qkv) changes nothing"));
    }

    void refusesBadRecipes_data()
    {
        QTest::addColumn<Recipe>("recipe");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char* title, const Recipe& recipe, const char* message) {
            QTest::newRow(title) << recipe << QByteArray(message);
        };
        row("no preset", preset(""), "neither a preset nor a base format");
        row("unknown preset", preset("Q9_X"), "no preset called \"Q9_X\"");
        Recipe recipe = preset("Q8_0");
        recipe.base = TensorType::Q8_1;
        row("base for activations", recipe, "Q8_1 is not a format for weights");
        recipe = preset("Q8_0");
        recipe.outputType = TensorType::I32;
        row("output type", recipe, "I32 as type of the output matrix");
        recipe = preset("Q8_0");
        recipe.tokenEmbeddingType = TensorType::F64;
        row("embedding type", recipe, "F64 as type of the token embedding");
        recipe = preset("Q8_0");
        recipe.rules = {patternRule("x=F16"), exactRule("y", TensorType::Q8_K)};
        row("rule for activations", recipe, "Rule 2 (\"y\") asks for Q8_K, which is not a format for weights");
        recipe.rules = {patternRule("x=F16:magic")};
        row("unknown method", recipe, "Rule 1 (\"x\"): There is no quantization method \"magic\"");
        recipe.rules = {patternRule("x=F16"), patternRule("x=F16")};
        recipe.rules[1].pattern = "a{2,1}";
        row("bad pattern", recipe, "Rule 2: The pattern \"a{2,1}\" is not a valid regular expression: numbers out of order");
        recipe.rules = {patternRule("(a+)+$=F16")};
        recipe.rules[0].pattern = "(.*)*(.*)*(.*)*[0-9]{3}$";
        row("catastrophic pattern", recipe, "takes too many steps on the tensor name \"output.weight\"");
        recipe.rules[0].pattern = std::string(5000, 'a');
        row("long pattern", recipe, "has 5000 characters; at most 4096");
        recipe.rules[0].pattern = std::string(2000, '(') + std::string(2000, ')');
        row("deep pattern", recipe, "is not a valid regular expression");
    }
    void refusesBadRecipes()
    {
        QFETCH(Recipe, recipe);
        QFETCH(QByteArray, message);
        const auto model = makeModel({.layers = 1});
        const auto plan = ww::resolve(recipe, *model);
        QVERIFY(!plan);
        QCOMPARE(plan.error().code, ww::ErrorCode::InvalidArgument);
        QVERIFY2(bytes(plan.error().message).contains(message), bytes(plan.error().message));
    }

    void patternsBehaveLikeEcmaScript_data()
    {
        QTest::addColumn<QByteArray>("pattern");
        QTest::addColumn<bool>("found");
        const auto row = [](const char* pattern, bool found) { QTest::newRow(pattern) << QByteArray(pattern) << found; };
        // All against blk.12.ffn_down.weight.
        row("ffn_down", true);
        row("^ffn_down", false);
        row("weight$", true);
        row("blk\\.(1[0-9]|2)\\.ffn", true);
        row("blk\\.\\d+\\.ffn_(up|down)", true);
        row("FFN", false);
        row("blk.12", true);
        row("(.)(.)(.)\\.\\d", true);
        row("f(f)n_down", true);
        row("(f)\\1n", true);
        row("[^]down", true);
        row("[]", false);
        row("blk(?!\\.1[0-9])", false);
        row("\\bffn", true);
        row("\\x66fn", true);
        row("\\u0066fn", true);
        row("(?:ffn){1}_d", true);
        row(".*down.*", true);
        row("[[:digit:]]{2}", true);
        row("|x", true);
    }
    void patternsBehaveLikeEcmaScript()
    {
        QFETCH(QByteArray, pattern);
        QFETCH(bool, found);
        const auto model = makeModel(ww::Metadata(), {tensorInfo("blk.12.ffn_down.weight", {256, 4})});
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule("x=F16")};
        recipe.rules[0].pattern = pattern.toStdString();
        const auto plan = ww::resolve(recipe, *model);
        QVERIFY2(plan.has_value(), plan ? "" : bytes(plan.error().message));
        QCOMPARE(plan->entries[0].decision == Decision::Rule, found);
    }

    void importance()
    {
        const auto model = makeModel({.layers = 2});
        const auto missing = ww::resolve(preset("IQ2_XXS"), *model);
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ww::ErrorCode::MissingImportance);
        QVERIFY(bytes(missing.error().message).contains("needs an importance matrix"));
        QVERIFY(!missing.error().tensor.empty());

        const auto shown = ww::resolve(preset("IQ2_XXS"), *model, {.requireImportance = false}).value();
        QVERIFY(bytes(ww::joinedText(entryOf(*model, shown, "blk.1.ffn_down.weight").warnings)).contains("needs an importance matrix"));
        QVERIFY(entryOf(*model, shown, "token_embd.weight").warnings.empty());
        QVERIFY(std::ranges::any_of(shown.warnings, [](const auto& w) { return bytes(w.text()).contains("need an importance matrix"); }));

        // The encoder of these formats cannot work without one, wherever they are used.
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule("token_embd=IQ2_XS")};
        QVERIFY(!ww::resolve(recipe, *model));
        recipe.rules = {patternRule("token_embd=IQ2_S")};
        QVERIFY(ww::resolve(recipe, *model).has_value());

        QVERIFY(std::ranges::any_of(ww::resolve(preset("Q3_K_M"), *model)->warnings,
                                    [](const auto& w) { return bytes(w.text()).contains("below 4 bits"); }));
        QVERIFY(ww::resolve(preset("Q3_K_M"), *model, {.assumeImportance = true})->warnings.empty());
        QVERIFY(ww::resolve(preset("Q4_K_M"), *model)->warnings.empty());
    }

    void importanceMatrices()
    {
        const auto model = makeModel({.layers = 2, .experts = 4});
        const auto entry = [](const char* name, std::size_t values, std::size_t matrices) {
            return ww::ImportanceEntry{name, std::vector<float>(values, 2.0F), std::vector<std::uint64_t>(matrices, 1)};
        };
        auto matrix = std::make_shared<ww::ImportanceMatrix>();
        matrix->path = std::string(150, 'p');
        matrix->datasets = {"text.txt", "other.txt"};
        matrix->chunkCount = 12;
        QVERIFY(matrix->add(entry("blk.0.attn_q.weight", 256, 1)));
        QVERIFY(matrix->add(entry("blk.0.ffn_down_exps.weight", 2048, 4)));
        QVERIFY(matrix->add(entry("token_embd.weight", 5, 1)));
        const auto plan = ww::resolve(preset("Q4_0"), *model, {.importance = matrix}).value();
        QCOMPARE(entryOf(*model, plan, "blk.0.attn_q.weight").importance.get(), matrix->find("blk.0.attn_q.weight"));
        QCOMPARE(entryOf(*model, plan, "blk.0.ffn_down_exps.weight").importance.get(), matrix->find("blk.0.ffn_down_exps.weight"));
        QVERIFY(!entryOf(*model, plan, "blk.1.attn_q.weight").importance);
        QVERIFY(!entryOf(*model, plan, "token_embd.weight").importance);
        QVERIFY(std::ranges::any_of(plan.warnings, [](const auto& w) { return bytes(w.text()).contains("12 tensors have no entry"); }));

        // The keys that llama.cpp's tool adds, replacing those of the source; the size is exact.
        ww::Metadata metadata = model->metadata();
        metadata.append("quantize.imatrix.file", std::string("earlier"));
        metadata.append("last", std::uint8_t{1});
        const auto again = makeModel(metadata, {model->tensors().begin(), model->tensors().end()});
        const auto exported = ww::exportMetadata(*again, plan);
        const auto& pairs = exported.entries();
        QCOMPARE(bytes(pairs[pairs.size() - 7].key), QByteArray("last"));
        QCOMPARE(bytes(pairs[pairs.size() - 4].key), QByteArray("quantize.imatrix.file"));
        QCOMPARE(bytes(exported.string("quantize.imatrix.file").value()), QByteArray(127, 'p'));
        QCOMPARE(bytes(exported.string("quantize.imatrix.dataset").value()), QByteArray("text.txt"));
        QCOMPARE(*exported.find("quantize.imatrix.entries_count"), ww::MetadataValue(std::uint32_t{3}));
        QCOMPARE(*exported.find("quantize.imatrix.chunks_count"), ww::MetadataValue(std::uint32_t{12}));
        const auto resolved = ww::resolve(preset("Q4_0"), *again, {.importance = matrix}).value();
        std::vector<ww::TensorInfo> tensors;
        for (const auto& e : resolved.entries) {
            tensors.push_back(again->tensors()[e.tensorIndex]);
            tensors.back().type = e.target;
        }
        QCOMPARE(resolved.sizeBytes, ww::GgufWriter::fileSizeBytes(exported, tensors));

        // A format that cannot do without, for a tensor that the matrix lacks.
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule("blk.1.attn_q=IQ2_XXS")};
        const auto missing = ww::resolve(recipe, *model, {.importance = matrix});
        QVERIFY(!missing);
        QCOMPARE(bytes(missing.error().tensor), QByteArray("blk.1.attn_q.weight"));
        QVERIFY(bytes(missing.error().message).contains("has no entry for this tensor"));
        recipe.rules = {patternRule("blk.0.attn_q=IQ2_XXS")};
        QVERIFY(ww::resolve(recipe, *model, {.importance = matrix}).has_value());

        // Another model's matrix; and one without entries, which is none.
        QVERIFY(matrix->add(entry("blk.1.ffn_up_exps.weight", 100, 4)));
        const auto foreign = ww::resolve(preset("Q4_0"), *model, {.importance = matrix});
        QVERIFY(!foreign);
        QCOMPARE(foreign.error().code, ww::ErrorCode::InvalidArgument);
        QVERIFY(bytes(foreign.error().message).contains("has 100 values for this tensor, but 1024 are needed"));
        const auto empty = ww::resolve(preset("Q4_0"), *model, {.importance = std::make_shared<ww::ImportanceMatrix>()});
        QVERIFY(empty.has_value() && !empty->importance);
    }

    void quantizedSources()
    {
        const auto model = makeModel({.layers = 1, .type = TensorType::Q8_0});
        const auto plan = ww::resolve(preset("Q4_K_M"), *model).value();
        QCOMPARE(bytes(ww::joinedText(entryOf(*model, plan, "blk.0.attn_q.weight").warnings)),
                 QByteArray("The source is already quantized as Q8_0; quantizing again adds to its error."));
        QVERIFY(bytes(plan.warnings.front().text()).startsWith("9 tensors are already quantized"));

        const auto refused = ww::resolve(preset("Q4_K_M"), *model, {.allowRequantize = false});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ww::ErrorCode::Unsupported);
        QVERIFY(bytes(refused.error().message).contains("already quantized as Q8_0"));

        // Same type: bytes are copied, and nothing is lost. To float: nothing is added to the error.
        const auto same = ww::resolve(preset("Q8_0"), *model, {.allowRequantize = false}).value();
        QVERIFY(std::ranges::none_of(same.entries, &ww::PlanEntry::quantized));
        QVERIFY(ww::resolve(preset("F16"), *model)->warnings.empty());
    }

    void oddTensorsStayAsTheyAre()
    {
        const auto model =
            makeModel(ww::Metadata(), {tensorInfo("a.weight", {32, 2, 2, 2}), tensorInfo("b.weight", {32, 4}, TensorType::I32),
                                       tensorInfo("c.weight", {32, 0}), tensorInfo("d.weight", {32, 1, 1}),
                                       tensorInfo("e.weight", {}), tensorInfo("f", {32, 32})});
        Recipe recipe = preset("Q8_0");
        recipe.rules = {patternRule(".=Q4_0")};
        const auto plan = ww::resolve(recipe, *model).value();
        for (const auto& entry : plan.entries) {
            QCOMPARE(entry.decision, Decision::NotQuantizable);
            QVERIFY(!entry.editable && !entry.quantized);
            QVERIFY(entry.reason.ends_with('.'));
        }
        QVERIFY(bytes(plan.entries[0].reason).contains("four dimensions"));
        QVERIFY(ww::resolve(recipe, *makeModel(ww::Metadata(), {})).has_value());
    }

    void sizesAreThoseOfTheWriter_data()
    {
        QTest::addColumn<QByteArray>("preset");
        for (const char* name : {"COPY", "F32", "Q8_0", "Q4_K_M", "Q2_K", "IQ3_M"}) QTest::newRow(name) << QByteArray(name);
    }
    void sizesAreThoseOfTheWriter()
    {
        QFETCH(QByteArray, preset);
        ww::Metadata metadata;
        metadata.append("general.architecture", std::string("llama"));
        metadata.append("general.file_type", std::uint32_t{1});
        metadata.append("general.alignment", std::uint32_t{64});
        metadata.append("split.count", std::uint16_t{1});
        metadata.append("cut", std::string("ab\0cd", 5));
        metadata.append("tokens", ww::MetadataArray(std::vector<std::string>{"x", std::string("\0y", 2), "zz"}));
        metadata.append("general.quantization_version", std::uint32_t{2});
        const auto model = makeModel(metadata,
                                     {tensorInfo("token_embd.weight", {160, 33}), tensorInfo("blk.0.ffn_down.weight", {172, 3}),
                                      tensorInfo("blk.0.ffn_up.weight", {256, 3, 2, 1}), tensorInfo("n", {5})},
                                     64);
        const auto plan = ww::resolve(::preset(preset.constData()), *model).value();
        std::vector<ww::TensorInfo> tensors;
        for (const auto& entry : plan.entries) {
            tensors.push_back(model->tensors()[entry.tensorIndex]);
            tensors.back().type = entry.target;
        }
        QCOMPARE(plan.sizeBytes, ww::GgufWriter::fileSizeBytes(ww::exportMetadata(*model, plan), tensors));
        QCOMPARE(plan.bitsPerWeight(), 8.0 * static_cast<double>(plan.sizeBytes) / static_cast<double>(model->parameterCount()));
        QVERIFY(
            std::ranges::any_of(plan.warnings, [](const auto& w) { return bytes(w.text()).contains("aligns its tensors to 64 bytes"); }));
    }

    void metadataInTheOrderOfLlamaCpp()
    {
        ww::Metadata metadata;
        metadata.append("general.file_type", std::uint32_t{1});
        metadata.append("general.architecture", std::string("llama"));
        metadata.append("general.quantization_version", std::uint32_t{1});
        metadata.append("split.no", std::uint16_t{0});
        metadata.append("split.count", std::uint16_t{2});
        metadata.append("split.tensors.count", std::int32_t{2});
        metadata.append("cut", std::string("ab\0cd", 5));
        metadata.append("general.alignment", std::uint32_t{32});
        metadata.append("empty", ww::MetadataArray(std::vector<float>{}));
        metadata.append("texts", ww::MetadataArray(std::vector<std::string>{std::string("a\0b", 3), "c"}));
        const auto model = makeModel(metadata, {tensorInfo("token_embd.weight", {256, 4})});
        const auto plan = ww::resolve(preset("Q4_K_M"), *model).value();
        const auto exported = ww::exportMetadata(*model, plan);
        std::string text;
        for (const auto& entry : exported.entries()) text += entry.key + "=" + ww::displayText(entry.value) + "\n";
        QCOMPARE(bytes(text),
                 QByteArray("general.architecture=llama\ncut=ab\ngeneral.alignment=32\nempty=[0 × f32]\ntexts=[2 × string] a, c\n"
                            "general.quantization_version=2\ngeneral.file_type=15\n"));
        QCOMPARE(ww::typeOf(*exported.find("general.file_type")), ww::MetadataType::U32);
        QCOMPARE(ww::typeOf(*exported.find("general.quantization_version")), ww::MetadataType::U32);
    }

    void fileTypes()
    {
        const std::vector<ww::TensorInfo> tensors = {tensorInfo("token_embd.weight", {256, 4}, TensorType::F16),
                                                     tensorInfo("blk.0.attn_q.weight", {256, 4}, TensorType::F16),
                                                     tensorInfo("n", {4})};
        const auto fileType = [&tensors](const ww::Metadata& metadata, const Recipe& recipe) {
            return ww::resolve(recipe, *makeModel(metadata, tensors))->fileType;
        };
        ww::Metadata stored;
        stored.append("general.file_type", std::uint32_t{7});
        QCOMPARE(fileType(stored, preset("COPY")), 7u);
        QCOMPARE(fileType({}, preset("COPY")), 1025u);
        QCOMPARE(fileType(stored, preset("Q4_K")), 15u);
        Recipe recipe = preset("COPY");
        recipe.rules = {patternRule("weight=Q6_K")};
        QCOMPARE(fileType(stored, recipe), 1042u);
        recipe = Recipe{};
        recipe.base = TensorType::Q5_1;
        QCOMPARE(fileType(stored, recipe), 9u);
        recipe.base = TensorType::MXFP4;
        QCOMPARE(fileType(stored, recipe), 38u);
        QCOMPARE(ww::resolve(preset("COPY"), *makeModel(ww::Metadata(), {}))->fileType, 1024u);
    }

    void theSampleHasTheSizesOfLlamaCpp_data()
    {
        // Sizes of the files that llama.cpp v0.5.0 made from the sample.
        QTest::addColumn<QByteArray>("preset");
        QTest::addColumn<quint64>("size");
        QTest::newRow("F16") << QByteArray("F16") << quint64{16890880};
        QTest::newRow("Q8_0") << QByteArray("Q8_0") << quint64{9026560};
        QTest::newRow("Q6_K") << QByteArray("Q6_K") << quint64{6994944};
        QTest::newRow("Q5_K_M") << QByteArray("Q5_K_M") << quint64{6141952};
        QTest::newRow("Q4_K_M") << QByteArray("Q4_K_M") << quint64{5339136};
        QTest::newRow("Q4_0") << QByteArray("Q4_0") << quint64{5102592};
        QTest::newRow("Q3_K_M") << QByteArray("Q3_K_M") << quint64{4449280};
        QTest::newRow("Q2_K") << QByteArray("Q2_K") << quint64{3621888};
        QTest::newRow("IQ4_XS") << QByteArray("IQ4_XS") << quint64{4873216};
        QTest::newRow("IQ3_XXS") << QByteArray("IQ3_XXS") << quint64{3668992};
        QTest::newRow("IQ2_XXS") << QByteArray("IQ2_XXS") << quint64{2832896};
    }
    void theSampleHasTheSizesOfLlamaCpp()
    {
        QFETCH(QByteArray, preset);
        QFETCH(quint64, size);
        const auto model = ww::openModel(ww::test::sampleModel());
        QVERIFY(model.has_value());
        const bool withImportance = preset.startsWith("IQ");
        const auto plan = ww::resolve(::preset(preset.constData()), **model, {.assumeImportance = withImportance}).value();
        QCOMPARE(plan.sizeBytes, size);
        QCOMPARE(plan.sourceSizeBytes, quint64{16890880});
    }

    void resolvingIsInstant()
    {
        // 20,000 tensors and a vocabulary of real size. The bound leaves room for slow and instrumented builds; the figures are
        // printed.
        auto small = ww::test::SyntheticModel{.layers = 32, .heads = 8, .keyHeads = 2};
        auto large = small;
        large.layers = 2222;
        for (const auto& [description, limitMs] : {std::pair(small, 100), std::pair(large, 1000)}) {
            auto parts = makeModel(description);
            ww::Metadata metadata = parts->metadata();
            std::vector<std::string> tokens(128256, "token text");
            metadata.append("tokenizer.ggml.tokens", ww::MetadataArray(tokens));
            tokens.resize(280147, "merge text of a pair");
            metadata.append("tokenizer.ggml.merges", ww::MetadataArray(tokens));
            const auto model = makeModel(metadata, {parts->tensors().begin(), parts->tensors().end()});
            Recipe recipe = preset("Q4_K_M");
            for (const char* rule :
                 {"blk\\.(1|2|3|4)\\.attn_v=Q8_0", "blk\\.[0-9]+\\.ffn_(down|up)=Q5_K", "ffn_.*weight$=Q4_K", "output=Q8_0"})
                recipe.rules.push_back(patternRule(rule));
            for (std::size_t i = 0; i < model->tensors().size(); i += 7)
                recipe.rules.push_back(exactRule(model->tensors()[i].name, TensorType::Q5_1));

            QElapsedTimer timer;
            timer.start();
            const ww::ModelSurvey survey(*model);
            const auto surveyUs = timer.nsecsElapsed() / 1000;
            timer.restart();
            const auto plan = ww::resolve(recipe, survey);
            const auto resolveUs = timer.nsecsElapsed() / 1000;
            QVERIFY(plan.has_value());
            QCOMPARE(plan->entries.size(), model->tensors().size());
            qInfo("%zu tensors: survey %lld us, resolve %lld us", model->tensors().size(), surveyUs, resolveUs);
            QVERIFY(surveyUs + resolveUs < limitMs * 1000);
        }
    }
};

QTEST_APPLESS_MAIN(TestPlan)
#include "tst_plan.moc"
