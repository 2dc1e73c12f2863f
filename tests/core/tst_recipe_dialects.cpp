// SPDX-License-Identifier: MIT
// Recipes as other programs write them, and types copied from a file.
#include <QTemporaryDir>
#include <QtTest>

#include "import/open_model.h"
#include "plan/plan.h"
#include "plan/recipe_dialects.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

class TestRecipeDialects : public QObject {
    Q_OBJECT

private slots:
    void customQ()
    {
        const auto rules = rulesFromCustomQ("blk\\.[0-3]\\.ffn_down=q6_K, attn_v=iq4_xs,\n\"?token{1,2}=q8_0 ,");
        WW_VERIFY(rules);
        QCOMPARE(rules->size(), std::size_t{3});
        QCOMPARE((*rules)[0].pattern, std::string("blk\\.[0-3]\\.ffn_down"));
        QCOMPARE(*(*rules)[0].format, TensorType::Q6_K);
        QCOMPARE(*(*rules)[1].format, TensorType::IQ4_XS);
        QCOMPARE((*rules)[2].pattern, std::string("\"?token{1,2}"));
        QVERIFY(rulesFromCustomQ("")->empty());
        const auto options = rulesFromCustomQ("a=q4_0:gptq:damping=0.02,polish=3,b=q4_1:search,c=q8_0");
        QVERIFY(options);
        QCOMPARE(options->size(), std::size_t{3});
        QCOMPARE(options->at(0).method, std::string("gptq:damping=0.02,polish=3"));
        QCOMPARE(options->at(1).method, std::string("search"));
        QVERIFY(!rulesFromCustomQ("a=q4_0:gptq:damping=0.02,depth=3"));
        const auto bad = rulesFromCustomQ("a=q4_0,b=q99,c=q8_0");
        QVERIFY(!bad && bad.error().message.starts_with("Item 2 "));
        QVERIFY(!rulesFromCustomQ("ffn_down"));
        QVERIFY(!rulesFromCustomQ("(=q4_0"));
    }

    void customQBack()
    {
        const auto rules = rulesFromCustomQ("ffn_up=q5_K,ffn_down=q6_K");
        WW_VERIFY(rules);
        const std::string text = rulesToCustomQ(*rules);
        QCOMPARE(text, std::string("ffn_up=Q5_K,ffn_down=Q6_K"));
        QVERIFY(*rulesFromCustomQ(text) == *rules);
    }

    void typesOfAFile()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("tiny.gguf").toStdString();
        QVERIFY(test::tinyLlama().write(path));
        const auto model = openAnyModel(path);
        WW_VERIFY(model);
        Recipe recipe;
        recipe.preset = "Q4_K_M";
        const auto plan = resolve(recipe, **model);
        WW_VERIFY(plan);
        // The plan's types as rules on a copy give the same plan; of the file itself they change nothing.
        Recipe copied;
        copied.preset = "COPY";
        copied.rules = rulesFromPlan(*plan, **model);
        const auto again = resolve(copied, **model);
        WW_VERIFY(again);
        for (std::size_t i = 0; i < plan->entries.size(); ++i) QCOMPARE(again->entries[i].target, plan->entries[i].target);
        copied.rules = *rulesFromCustomQ(rulesToCustomQ(copied.rules));
        const auto throughText = resolve(copied, **model);
        WW_VERIFY(throughText);
        for (std::size_t i = 0; i < plan->entries.size(); ++i) QCOMPARE(throughText->entries[i].target, plan->entries[i].target);
        copied.rules = rulesFromModel(**model);
        QVERIFY(copied.rules.size() > 10);
        const auto unchanged = resolve(copied, **model);
        WW_VERIFY(unchanged);
        for (const PlanEntry& entry : unchanged->entries) QVERIFY(!entry.quantized);
    }
};

QTEST_GUILESS_MAIN(TestRecipeDialects)
#include "tst_recipe_dialects.moc"
