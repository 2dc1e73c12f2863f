// SPDX-License-Identifier: MIT
// Transformations of models: what they compute stays the same.
#include <QtTest>

#include <cmath>

#include "base/thread_pool.h"
#include "model/weight_source.h"
#include "tests/support/forward.h"
#include "tests/support/golden_rows.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"
#include "transform/channel_scaling.h"
#include "transform/rewritten_model.h"
#include "transform/rotation.h"

using namespace ww;

namespace {

/// Made-up statistics of every matrix in the blocks, with a few large channels.
Calibration statisticsFor(const ModelFile& model)
{
    Calibration calibration;
    for (const TensorInfo& tensor : model.tensors()) {
        if (!tensor.name.starts_with("blk.") || tensor.shape.ne[1] < 2) continue;
        InputStatistics input;
        input.tensors = {tensor.name};
        input.columns = tensor.shape.columns();
        input.count = 100;
        // Readers of one input must see the same, whatever their number of rows.
        test::SplitMix random(input.columns);
        input.gram.assign(input.columns * input.columns, 0);
        for (std::size_t c = 0; c < input.columns; ++c) {
            const double size = (c % 7 == 3 ? 20 : 1) * (0.1 + std::fabs(random.bell()));
            input.sumAbs.push_back(100 * size);
            input.sumSquares.push_back(200 * size * size);
            input.sum.push_back(0);
            input.absMax.push_back(static_cast<float>(4 * size));
            input.gram[c * input.columns + c] = static_cast<float>(2 * size * size);
        }
        calibration.inputs.push_back(std::move(input));
    }
    return calibration;
}

}  // namespace

class TestTransform : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    ThreadPool m_pool{2};

    std::shared_ptr<const ModelFile> made(const test::RandomModel& options)
    {
        const auto path = test::pathOf(m_folder) / (options.architecture + ".gguf");
        if (!test::randomModel(options).write(path)) qFatal("cannot write %s", path.c_str());
        auto model = openModel(path);
        return model ? *model : nullptr;
    }
    std::vector<float> logits(const std::shared_ptr<const ModelFile>& file)
    {
        const auto model = LanguageModel::create(fileWeights(file));
        if (!model) return {};
        const auto tokens = test::randomTokens(48, (*model)->hyperparameters().vocabularySize, 7);
        return test::logitsOf(**model, tokens, 24, JobContext{m_pool}).value_or(std::vector<float>());
    }

private slots:
    void rotationsAreOrthogonal()
    {
        for (const std::size_t n : {1U, 2U, 12U, 64U, 36U, 7U}) {
            const Orthogonal q(n, 5);
            std::vector<float> rows(n * n, 0.0F);
            for (std::size_t i = 0; i < n; ++i) {
                rows[i * n + i] = 1;
                q.apply(rows.data() + i * n);
            }
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j) {
                    double product = 0;
                    for (std::size_t k = 0; k < n; ++k) product += static_cast<double>(rows[i * n + k]) * static_cast<double>(rows[j * n + k]);
                    QVERIFY(std::fabs(product - (i == j ? 1 : 0)) < 1e-6);
                }
        }
    }

    void modelsComputeTheSame_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::newRow("llama with shared value heads") << "llama";
        QTest::newRow("biases") << "qwen2";
        QTest::newRow("norms of heads") << "qwen3";
        QTest::newRow("fused q, k and v") << "phi3";
        QTest::newRow("embedding as output") << "tied llama";
        QTest::newRow("experts") << "qwen3moe";
    }
    void modelsComputeTheSame()
    {
        QFETCH(QString, architecture);
        test::RandomModel options;
        options.tied = architecture.startsWith("tied ");
        options.architecture = architecture.section(QLatin1Char(' '), -1).toStdString();
        options.fusedQkv = architecture == "phi3";
        options.qkvBias = architecture == "qwen2";
        options.headNorms = architecture == "qwen3" || architecture == "qwen3moe";
        if (architecture == "qwen3moe") {
            options.experts = 4;
            options.usedExperts = 2;
        }
        const auto model = made(options);
        QVERIFY(model);
        const auto before = logits(model);
        QVERIFY(!before.empty());
        const auto check = [&](const Result<std::shared_ptr<const ModelFile>>& changed) {
            QVERIFY2(changed, changed ? "" : changed.error().describe().c_str());
            const double difference = test::relativeDifference(logits(*changed), before);
            QVERIFY2(difference < 1e-4, qPrintable(QString::number(difference)));
        };
        check(rotate(model, {.seed = 3}));
        check(rotate(model, {.seed = 3, .residual = false}));
        if (architecture == "qwen3moe") return;
        const Calibration calibration = statisticsFor(*model);
        const JobContext context{m_pool};
        check(scaleChannels(model, calibration, {}, context));
        check(scaleChannels(model, calibration, {.rule = ScalingOptions::Rule::Awq}, context));
        check(rotate(scaleChannels(model, calibration, {}, context).value_or(nullptr), {}));
    }

    void scalesOfGemma()
    {
        test::RandomModel options;
        options.architecture = "gemma";
        options.tied = true;
        const auto model = made(options);
        QVERIFY(model);
        const auto scaled = scaleChannels(model, statisticsFor(*model), {}, JobContext{m_pool});
        WW_VERIFY(scaled);
        QVERIFY(test::relativeDifference(logits(*scaled), logits(model)) < 1e-4);
        QVERIFY(!rotate(model, {}));  // its output matrix is always the embedding
    }

    void smoothingEvensOutTheRanges()
    {
        test::RandomModel options;
        options.architecture = "llama";
        const auto model = made(options);
        QVERIFY(model);
        const Calibration calibration = statisticsFor(*model);
        const auto smoothed = scaleChannels(model, calibration, {}, JobContext{m_pool});
        WW_VERIFY(smoothed);
        const auto norm = readTensor(*model, *model->find("blk.0.ffn_norm.weight"));
        const auto now = readTensor(**smoothed, *(*smoothed)->find("blk.0.ffn_norm.weight"));
        WW_VERIFY(norm);
        WW_VERIFY(now);
        std::vector<float> largest(norm->size(), 0.0F);
        for (const char* name : {"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight"}) {
            const TensorInfo* tensor = (*smoothed)->find(name);
            QVERIFY(tensor);
            auto values = readTensor(**smoothed, *tensor);
            WW_VERIFY(values);
            if (std::string_view(name).find("ffn_up") != std::string_view::npos) continue;  // its rows were divided as well
            for (std::size_t i = 0; i < values->size(); ++i)
                largest[i % largest.size()] = std::max(largest[i % largest.size()], std::fabs((*values)[i]));
        }
        const InputStatistics* input = calibration.find("blk.0.ffn_gate.weight");
        for (std::size_t c = 0; c < largest.size(); ++c) {
            const float range = input->absMax[c] * (*now)[c] / (*norm)[c];
            QVERIFY(largest[c] <= range * 1.001F);
        }
    }

    void refusesWhatItCannotTurn()
    {
        test::RandomModel options;
        options.architecture = "stablelm";
        const auto model = made(options);
        QVERIFY(model);
        const auto rotated = rotate(model, {});
        QVERIFY(!rotated);
        QVERIFY(rotated.error().message.find("stablelm") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestTransform)
#include "tst_transform.moc"
