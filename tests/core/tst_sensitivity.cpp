// SPDX-License-Identifier: MIT
// Sensitivities: errors against plain sums, probes against full evaluations, resuming, files, prediction and the recipe.
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <random>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "import/open_model.h"
#include "jobs/evaluate.h"
#include "jobs/plan_evaluation.h"
#include "jobs/sensitivity_job.h"
#include "plan/allocated_recipe.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

class TestSensitivity : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::shared_ptr<const ModelFile> m_model;
    std::string m_text;
    SensitivityOptions m_options;
    Sensitivity m_figures;

    Result<Sensitivity> measure(unsigned threads, std::stop_token stop = {}, const std::function<void(const Sensitivity&)>& onUnit = {})
    {
        ThreadPool pool(threads);
        return measureSensitivity(m_model, m_text, m_options, {pool, stop}, nullptr, onUnit);
    }

private slots:
    void initTestCase()
    {
        test::TinyLlama options;
        options.layers = 2;
        const std::filesystem::path path = m_folder.filePath("tiny.gguf").toStdString();
        QVERIFY(test::tinyLlama(options).write(path));
        auto model = openAnyModel(path);
        WW_VERIFY(model);
        m_model = *model;
        auto text = readTextFile(test::sampleEvaluationText());
        WW_VERIFY(text);
        m_text = text->substr(0, 3000);
        m_options.formats = {TensorType::Q8_0, TensorType::Q4_K, TensorType::Q3_K};
        m_options.contextLength = 64;
        m_options.calibrationWindows = 4;
        m_options.probeWindows = 2;
        auto figures = measure(2);
        WW_VERIFY(figures);
        m_figures = std::move(*figures);
    }

    void errorsByPlainSums()
    {
        constexpr std::size_t kRows = 5;
        constexpr std::size_t kColumns = 7;
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        std::vector<float> w(kRows * kColumns), q(w.size()), x(11 * kColumns), gram(kColumns * kColumns), diagonal(kColumns);
        for (float& v : w) v = normal(random);
        for (std::size_t i = 0; i < q.size(); ++i) q[i] = w[i] + 0.1F * normal(random);
        for (float& v : x) v = normal(random);
        for (std::size_t i = 0; i < kColumns; ++i)
            for (std::size_t j = 0; j < kColumns; ++j)
                for (std::size_t r = 0; r < 11; ++r) gram[i * kColumns + j] += x[r * kColumns + i] * x[r * kColumns + j];
        for (std::size_t i = 0; i < kColumns; ++i) diagonal[i] = gram[i * kColumns + i];
        ErrorMeter meter(w.data(), kRows, kColumns, {diagonal.data(), gram.data()});
        const ErrorSums sums = meter.compare(q.data());
        double error = 0, weighted = 0, output = 0, original = 0;
        for (std::size_t r = 0; r < kRows; ++r) {
            for (std::size_t c = 0; c < kColumns; ++c) {
                const double d = static_cast<double>(q[r * kColumns + c]) - static_cast<double>(w[r * kColumns + c]);
                error += d * d;
                weighted += d * d * static_cast<double>(diagonal[c]);
            }
            // The output error is that of the products with the inputs themselves.
            for (std::size_t t = 0; t < 11; ++t) {
                double d = 0, y = 0;
                for (std::size_t c = 0; c < kColumns; ++c) {
                    const std::size_t i = r * kColumns + c;
                    d += (static_cast<double>(q[i]) - static_cast<double>(w[i])) * static_cast<double>(x[t * kColumns + c]);
                    y += static_cast<double>(w[i]) * static_cast<double>(x[t * kColumns + c]);
                }
                output += d * d;
                original += y * y;
            }
        }
        QVERIFY(std::fabs(sums.error / error - 1) < 1e-5);
        QVERIFY(std::fabs(sums.weightedError / weighted - 1) < 1e-5);
        QVERIFY(std::fabs(sums.outputError / output - 1) < 1e-4);
        QVERIFY(std::fabs(sums.outputOriginal / original - 1) < 1e-4);
    }

    void figures()
    {
        QCOMPARE(m_figures.tensors.size(), std::size_t{16});
        for (const TensorSensitivity& tensor : m_figures.tensors) {
            QCOMPARE(tensor.formats.size(), std::size_t{3});
            QCOMPARE(tensor.formats.front().format, TensorType::Q8_0);
            QVERIFY(tensor.formats[0].best() < tensor.formats[1].best() && tensor.formats[1].best() < tensor.formats[2].best());
            QCOMPARE(tensor.formats[0].output.has_value(), tensor.tensor != "token_embd.weight");
            QVERIFY(tensor.probe(TensorType::Q3_K) && tensor.probe(TensorType::Q4_K));
        }
        // A probe is the divergence of the whole model with this tensor replaced.
        Recipe recipe;
        recipe.preset = "COPY";
        RecipeRule rule;
        rule.pattern = "blk.1.ffn_down";
        rule.format = TensorType::Q3_K;
        recipe.rules.push_back(rule);
        auto plan = resolve(recipe, *m_model);
        WW_VERIFY(plan);
        ThreadPool pool(1);
        PlanEvaluationOptions options;
        options.contextLength = 64;
        options.maxWindows = 2;
        options.spreadBehind = 4;  // the windows of the calibration
        const auto evaluation = PlanEvaluation::create(m_model, m_text, options);
        WW_VERIFY(evaluation);
        const auto full = (*evaluation)->measure(std::make_shared<const Plan>(*plan), {pool});
        WW_VERIFY(full);
        QCOMPARE(m_figures.find("blk.1.ffn_down.weight")->probe(TensorType::Q3_K)->kld, full->meanKld.value);
    }

    void resumes()
    {
        m_options.journal = m_folder.filePath("units").toStdString();
        for (const std::size_t units : {std::size_t{5}, std::size_t{20}}) {
            std::stop_source stop;
            std::size_t seen = 0;
            const auto stopped = measure(1, stop.get_token(), [&](const Sensitivity&) {
                if (++seen == units) stop.request_stop();
            });
            QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
        }
        // As if killed within a line.
        auto text = readTextFile(m_options.journal);
        WW_VERIFY(text);
        WW_VERIFY(writeTextFile(m_options.journal, text->substr(0, text->size() - 9)));
        std::size_t seen = 0;
        const auto resumed = measure(2, {}, [&](const Sensitivity&) { ++seen; });
        WW_VERIFY(resumed);
        QCOMPARE(QString::fromStdString(sensitivityToJson(*resumed)), QString::fromStdString(sensitivityToJson(m_figures)));
        QVERIFY(seen < 45);  // of 16 + 48 units
        // Other settings: from the beginning.
        m_options.probeWindows = 1;
        seen = 0;
        const auto other = measure(2, {}, [&](const Sensitivity&) { ++seen; });
        m_options.probeWindows = 2;
        m_options.journal.clear();
        WW_VERIFY(other);
        QCOMPARE(seen, std::size_t{16 + 48 + 1});  // all whole recipes are one unit
    }

    void files()
    {
        const std::filesystem::path path = m_folder.filePath("figures.json").toStdString();
        WW_VERIFY(saveSensitivity(m_figures, path));
        const auto loaded = loadSensitivity(path);
        WW_VERIFY(loaded);
        QCOMPARE(QString::fromStdString(sensitivityToJson(*loaded)), QString::fromStdString(sensitivityToJson(m_figures)));
        for (const char* bad : {"{}", "[1]", R"({"weightwright-sensitivity":2})", R"({"weightwright-sensitivity":1,"model":"x"})"}) {
            WW_VERIFY(writeTextFile(path, bad));
            QVERIFY(!loadSensitivity(path));
        }
    }

    void predictsItsProbes()
    {
        Sensitivity figures = m_figures;
        figures.measured.clear();  // whole recipes set the scale
        const DamageModel damage(figures);
        std::vector<TensorType> formats(m_figures.tensors.size(), TensorType::F16);
        QCOMPARE(damage.predict(formats)->kld, 0.0);
        formats[3] = TensorType::Q3_K;
        QCOMPARE(damage.predict(formats)->kld, m_figures.tensors[3].probes[0].kld);
        Sensitivity corrected = m_figures;
        corrected.measured.push_back({0.01, 0.008});
        QVERIFY(std::fabs(DamageModel(corrected).predict(formats)->kld / damage.predict(formats)->kld - 0.8) < 1e-12);
        Sensitivity unprobed = m_figures;
        unprobed.tensors[3].probes.clear();
        const auto substitute = DamageModel(unprobed).predict(formats);
        QVERIFY(substitute && substitute->kld > 0 && substitute->low < substitute->kld && substitute->kld < substitute->high);
        formats[3] = TensorType::IQ1_S;
        QVERIFY(!damage.predict(formats));
    }

    void recipes()
    {
        AllocationRequest request;
        request.targetBytes = m_model->fileSizeBytes() / 3;
        request.pins.push_back(*parseRule("output=Q8_0"));
        const auto result = allocateRecipe(*m_model, m_figures, request);
        WW_VERIFY(result);
        QVERIFY(result->sizeBytes <= *request.targetBytes);
        QVERIFY(result->sizeBytes > *request.targetBytes - *request.targetBytes / 20);
        const auto plan = resolve(result->recipe, *m_model);
        WW_VERIFY(plan);
        QCOMPARE(plan->sizeBytes, result->sizeBytes);
        const auto formats = formatsOf(*plan, *m_model, m_figures);
        QVERIFY(formats == result->formats);
        for (std::size_t i = 0; i < formats.size(); ++i)
            if (m_figures.tensors[i].tensor == "output.weight") QCOMPARE(formats[i], TensorType::Q8_0);
        QVERIFY(std::fabs(DamageModel(m_figures).predict(formats)->kld - result->prediction.kld) < 1e-15);

        AllocationRequest good;
        good.maximumKld = result->prediction.kld;
        const auto inverse = allocateRecipe(*m_model, m_figures, good);
        WW_VERIFY(inverse);
        QVERIFY(inverse->prediction.kld <= *good.maximumKld * (1 + 1e-9));

        request.targetBytes = 1000;
        const auto tooSmall = allocateRecipe(*m_model, m_figures, request);
        QVERIFY(!tooSmall && tooSmall.error().code == ErrorCode::TooShort);
        Sensitivity foreign = m_figures;
        foreign.model.low ^= 1U;
        QVERIFY(!allocateRecipe(*m_model, foreign, good));
    }
};

QTEST_GUILESS_MAIN(TestSensitivity)
#include "tst_sensitivity.moc"
