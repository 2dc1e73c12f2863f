// SPDX-License-Identifier: MIT
// Incremental evaluation: equal to the full one bit for bit after any edits, from memory and from disk, with damaged files and
// small budgets.
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/evaluate.h"
#include "jobs/kept_evaluation.h"
#include "jobs/plan_evaluation.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

class TestIncremental : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::shared_ptr<const ModelFile> m_model;
    std::string m_text, m_otherText;

    std::shared_ptr<const Plan> plan(const std::vector<std::pair<std::string, TensorType>>& rules)
    {
        Recipe recipe;
        recipe.preset = std::string(kCopy);
        for (const auto& [pattern, format] : rules) {
            RecipeRule rule;
            rule.pattern = pattern;
            rule.format = format;
            recipe.rules.push_back(rule);
        }
        auto result = resolve(recipe, *m_model);
        return result ? std::make_shared<const Plan>(std::move(*result)) : nullptr;
    }
    static constexpr std::string_view kCopy = "COPY";

    Result<DivergenceResult> full(const std::shared_ptr<const Plan>& changed)
    {
        ThreadPool pool(2);
        DivergenceOptions options;
        options.contextLength = 32;
        options.maxWindows = 3;
        return evaluateDivergence(m_model, nullptr, changed, m_text, options, {pool});
    }
    Result<std::unique_ptr<PlanEvaluation>> evaluation(const IncrementalOptions& budgets = {})
    {
        PlanEvaluationOptions options;
        options.contextLength = 32;
        options.maxWindows = 3;
        options.budgets = budgets;
        return PlanEvaluation::create(m_model, m_text, options);
    }

private slots:
    void initTestCase()
    {
        test::TinyLlama options;
        options.layers = 4;
        const std::filesystem::path path = m_folder.filePath("tiny.gguf").toStdString();
        QVERIFY(test::tinyLlama(options).write(path));
        auto model = openAnyModel(path);
        WW_VERIFY(model);
        m_model = *model;
        auto text = readTextFile(test::sampleEvaluationText());
        WW_VERIFY(text);
        m_text = text->substr(0, 2000);
        m_otherText = text->substr(2000, 2000);
    }

    void hashes()
    {
        QCOMPARE(Hash::fromText(Hasher().number(7).finish().text()), std::optional(Hasher().number(7).finish()));
        QVERIFY(!Hash::fromText("xyz"));
        QVERIFY(Hasher().text("ab").text("c").finish() != Hasher().text("a").text("bc").finish());
        QVERIFY(Hasher().number(0).finish() != Hasher().number(0).number(0).finish());
    }

    void onlyWhatFollows()
    {
        ThreadPool pool(2);
        const JobContext context{pool};
        auto incremental = evaluation();
        WW_VERIFY(incremental);
        const auto nothing = (*incremental)->measure(plan({}), context);
        WW_VERIFY(nothing);
        QVERIFY(std::abs(nothing->meanKld.value) < 1e-9);
        QCOMPARE((*incremental)->evaluation().stepsRun(), 6U);  // the original once, nothing for the equal variant
        struct Case {
            const char* pattern;
            std::uint64_t steps;
        };
        for (const Case& c : {Case{"blk.3.ffn_down", 2}, {"^output.weight", 0}, {"blk.1.", 4}, {"token_embd", 6}}) {
            const auto changed = plan({{c.pattern, TensorType::Q4_0}});
            const auto result = (*incremental)->measure(changed, context);
            WW_VERIFY(result);
            QCOMPARE((*incremental)->evaluation().stepsRun(), c.steps);
            const auto expected = full(changed);
            WW_VERIFY(expected);
            QVERIFY(result->tokens == expected->tokens);
            QVERIFY(result->meanKld.value > 0);
        }
        // Back to an earlier variant: at once.
        const auto again = (*incremental)->measure(plan({{"blk.1.", TensorType::Q4_0}}), context);
        WW_VERIFY(again);
        QCOMPARE((*incremental)->evaluation().stepsRun(), 0U);
    }

    void edits_data()
    {
        QTest::addColumn<int>("memoryKiB");
        QTest::addColumn<bool>("disk");
        QTest::addColumn<int>("logitKiB");
        QTest::newRow("memory") << (1 << 20) << false << (1 << 20);
        QTest::newRow("little memory, no disk") << 100 << false << 1;
        QTest::newRow("little memory and disk") << 100 << true << (1 << 20);
    }
    void edits()
    {
        QFETCH(int, memoryKiB);
        QFETCH(bool, disk);
        QFETCH(int, logitKiB);
        IncrementalOptions budgets;
        budgets.cache.memoryBudgetBytes = std::uint64_t(memoryKiB) << 10;
        budgets.logitBudgetBytes = std::uint64_t(logitKiB) << 10;
        budgets.activationBudgetBytes = memoryKiB < 1000 ? 64 << 10 : 1 << 30;  // several groups of windows
        budgets.cache.diskBudgetBytes = 1 << 20;
        if (disk) budgets.cache.folder = m_folder.filePath("cache").toStdString();
        ThreadPool pool(2);
        auto incremental = evaluation(budgets);
        WW_VERIFY(incremental);
        std::mt19937 random(5);
        const TensorType formats[] = {TensorType::Q4_0, TensorType::Q8_0, TensorType::Q2_K, TensorType::Q6_K};
        std::vector<std::pair<std::string, TensorType>> rules;
        for (int edit = 0; edit < 8; ++edit) {
            rules.emplace(rules.begin(), "blk." + std::to_string(random() % 4) + (random() % 2 ? ".ffn" : ".attn"),
                          formats[random() % 4]);
            const auto changed = plan(rules);
            const auto result = (*incremental)->measure(changed, {pool});
            WW_VERIFY(result);
            const auto expected = full(changed);
            WW_VERIFY(expected);
            QVERIFY(result->tokens == expected->tokens);
            QVERIFY((*incremental)->evaluation().cache().memoryBytes() <= budgets.cache.memoryBudgetBytes);
            QVERIFY((*incremental)->evaluation().cache().diskBytes() <= budgets.cache.diskBudgetBytes);
        }
    }

    // What the window does: recipe after recipe, and back.
    void kept()
    {
        ThreadPool pool(2);
        const JobContext context{pool};
        KeptEvaluationOptions options;
        options.memoryBudgetBytes = 64 << 20;
        KeptEvaluation kept(options);
        const auto measure = [&](const std::shared_ptr<const Plan>& changed) {
            return kept.divergence(m_model, changed, m_text, 32, 3, context);
        };
        const auto all = plan({{"blk", TensorType::Q4_0}});
        const auto last = plan({{"blk.3.ffn_down", TensorType::Q8_0}, {"blk", TensorType::Q4_0}});
        for (const auto& [changed, passes] : {std::pair{all, 11.0 / 6}, {last, 2.0 / 6}, {all, 0.0}, {last, 0.0}}) {
            const auto result = measure(changed);
            WW_VERIFY(result);
            QCOMPARE(kept.passesRun(), passes);
            const auto expected = full(changed);
            WW_VERIFY(expected);
            QVERIFY(result->tokens == expected->tokens);
        }
        // Another text begins anew.
        m_text.swap(m_otherText);
        const auto other = measure(all);
        m_text.swap(m_otherText);
        WW_VERIFY(other);
        QVERIFY(kept.passesRun() > 1);
    }

    void quantizedOnce()
    {
        ThreadPool pool(2);
        const JobContext context{pool};
        auto incremental = evaluation();
        WW_VERIFY(incremental);
        const QuantizedCache& cache = (*incremental)->quantized();
        WW_VERIFY((*incremental)->measure(plan({{"blk", TensorType::Q4_K}}), context));
        const std::uint64_t bytes = cache.bytes();
        QVERIFY(bytes > 0);
        QCOMPARE(cache.hits(), 0U);
        // Everything runs again from block 0 on, but only its tensor is quantized again.
        const auto changed = plan({{"blk.0.attn_q", TensorType::Q5_K}, {"blk", TensorType::Q4_K}});
        const auto result = (*incremental)->measure(changed, context);
        WW_VERIFY(result);
        QCOMPARE(cache.hits(), 4 * 7U - 1);
        QVERIFY(cache.bytes() > bytes);
        const auto expected = full(changed);
        WW_VERIFY(expected);
        QVERIFY(result->tokens == expected->tokens);
    }

    void quantizedBudget()
    {
        PlanEvaluationOptions options;
        options.contextLength = 32;
        options.maxWindows = 3;
        options.quantizedBudgetBytes = 300000;
        ThreadPool pool(2);
        const auto incremental = PlanEvaluation::create(m_model, m_text, options);
        WW_VERIFY(incremental);
        for (const TensorType format : {TensorType::Q4_K, TensorType::Q5_K, TensorType::Q4_K}) {
            const auto changed = plan({{"blk", format}});
            const auto result = (*incremental)->measure(changed, {pool});
            WW_VERIFY(result);
            QVERIFY((*incremental)->quantized().bytes() <= options.quantizedBudgetBytes);
            const auto expected = full(changed);
            WW_VERIFY(expected);
            QVERIFY(result->tokens == expected->tokens);
        }
    }

    void damagedDisk()
    {
        IncrementalOptions budgets;
        budgets.cache.folder = m_folder.filePath("damaged").toStdString();
        ThreadPool pool(2);
        const auto changed = plan({{"blk.2.", TensorType::Q4_0}});
        const auto run = [&](std::uint64_t& steps) -> Result<DivergenceResult> {
            WW_TRY(const auto incremental, evaluation(budgets));
            WW_TRY(DivergenceResult result, incremental->measure(changed, {pool}));
            steps = incremental->evaluation().stepsRun();
            return result;
        };
        std::uint64_t steps = 0;
        const auto first = run(steps);
        WW_VERIFY(first);
        QCOMPARE(steps, 9U);  // the original, and blocks 2 and 3 and the norm of the variant
        const auto second = run(steps);
        WW_VERIFY(second);
        QCOMPARE(steps, 3U);  // the original comes from the disk
        int damage = 0;
        for (const auto& file : std::filesystem::directory_iterator(budgets.cache.folder)) {
            if (damage % 3 == 0) std::filesystem::resize_file(file.path(), 100);
            std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
            bytes.seekp(damage % 3 == 1 ? 3 : 4000);
            if (damage % 3 != 0) bytes.put('\x55');
            ++damage;
        }
        QVERIFY(damage >= 6);
        const auto third = run(steps);
        WW_VERIFY(third);
        QVERIFY(third->tokens == first->tokens && second->tokens == first->tokens);
        // A folder that cannot be made is no error either.
        QFile plain(m_folder.filePath("plain"));
        QVERIFY(plain.open(QIODevice::WriteOnly));
        budgets.cache.folder = m_folder.filePath("plain/below").toStdString();
        const auto fourth = run(steps);
        WW_VERIFY(fourth);
        QVERIFY(fourth->tokens == first->tokens);
    }
};

QTEST_GUILESS_MAIN(TestIncremental)
#include "tst_incremental.moc"
