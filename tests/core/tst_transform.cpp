// SPDX-License-Identifier: MIT
// Transformations of models: what they compute stays the same.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/thread_pool.h"
#include "formats/block_format.h"
#include "methods/quantizer.h"
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

/// Made-up statistics of every matrix in the blocks, with a few large channels; or all channels of nearly the same size.
Calibration statisticsFor(const ModelFile& model, bool even = false)
{
    Calibration calibration;
    for (const TensorInfo& tensor : model.tensors()) {
        if (!tensor.name.starts_with("blk.") || tensor.shape.ne[1] < 2) continue;
        for (std::size_t expert = 0; expert < tensor.shape.ne[2]; ++expert) {
            InputStatistics input;
            input.tensors = {tensor.name};
            input.matrix = expert;
            input.matrices = tensor.shape.ne[2];
            input.columns = tensor.shape.columns();
            input.count = 100;
            // Readers of one input must see the same, whatever their number of rows.
            test::SplitMix random(input.columns + 1000 * expert);
            input.gram.assign(input.columns * input.columns, 0);
            for (std::size_t c = 0; c < input.columns; ++c) {
                const double bell = std::fabs(random.bell());
                const double size = even ? 1 + 0.05 * bell : (c % 7 == 3 ? 20 : 1) * (0.1 + bell);
                input.sumAbs.push_back(100 * size);
                input.sumSquares.push_back(200 * size * size);
                input.sum.push_back(0);
                input.absMax.push_back(static_cast<float>(4 * size));
                input.gram[c * input.columns + c] = static_cast<float>(2 * size * size);
            }
            for (std::size_t i = 0; i < 8 * input.columns; ++i)
                input.sample.push_back(static_cast<float>(random.bell()) * input.absMax[i % input.columns] / 4);
            calibration.inputs.push_back(std::move(input));
        }
    }
    return calibration;
}

/// Σ Δ·H·Δᵀ over all matrices in blocks with statistics, those of `changed` rounded to the target and its scales taken off again.
double outputLoss(const ModelFile& model, const ModelFile& changed, const Calibration& calibration, std::string_view targetText)
{
    const auto target = parseScalingTarget(targetText);
    double sum = 0;
    for (const InputStatistics& input : calibration.inputs) {
        const auto original = readTensor(model, *model.find(input.tensors.front()));
        const auto scaled = readTensor(changed, *changed.find(input.tensors.front()));
        if (!target || !original || !scaled || input.columns % 32 != 0 || input.matrices > 1) continue;
        const std::size_t rows = scaled->size() / input.columns;
        std::vector<std::byte> blocks(rows * *rowBytes(target->format, input.columns));
        std::vector<float> scales(input.columns);
        std::vector<float> importance(input.columns);
        for (std::size_t c = 0; c < scales.size(); ++c) {
            std::size_t r = 0;
            while (r + 1 < rows && (*original)[r * input.columns + c] == 0) ++r;
            scales[c] = (*scaled)[r * input.columns + c] / (*original)[r * input.columns + c];
            importance[c] = input.gram[c * input.columns + c] / (scales[c] * scales[c]);
        }
        const RowBatch batch{.values = scaled->data(), .rowCount = rows, .columns = input.columns, .importance = importance.data(), .options = &target->method.values};
        std::vector<float> decoded(scaled->size());
        if (!target->method.quantizer->quantize(batch, target->format, blocks) ||
            !decodeRows(target->format, blocks, 0, rows, input.columns, decoded.data()))
            return -1.0;
        for (std::size_t i = 0; i < decoded.size(); ++i) {
            const std::size_t c = i % input.columns;
            sum += std::pow((decoded[i] - (*scaled)[i]) / scales[c], 2) * static_cast<double>(input.gram[c * input.columns + c]);
        }
    }
    return sum;
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

    static bool sameValues(const ModelFile& a, const ModelFile& b, const std::string& name)
    {
        const auto one = readTensor(a, *a.find(name));
        const auto other = readTensor(b, *b.find(name));
        return one && other && *one == *other;
    }

    /// Columns of down, by expert, are multiplied by what the statistics of that expert say.
    static void expertsHaveScalesOfTheirOwn(const ModelFile& model, const ModelFile& scaled, const Calibration& calibration)
    {
        const TensorInfo& down = *model.find("blk.1.ffn_down_exps.weight");
        const std::size_t rows = down.shape.ne[1];
        const std::size_t columns = down.shape.columns();
        for (std::size_t e = 0; e < down.shape.ne[2]; ++e) {
            const auto before = readTensorRows(model, down, e * rows, 1);
            const auto after = readTensorRows(scaled, *scaled.find(down.name), e * rows, 1);
            WW_VERIFY(before);
            WW_VERIFY(after);
            const InputStatistics* input = calibration.find(down.name, e);
            for (std::size_t c = 1; c < columns; ++c) {
                const double ratio = ((*after)[c] / (*before)[c]) / ((*after)[0] / (*before)[0]);
                QVERIFY(std::fabs(ratio / std::sqrt(input->sumAbs[c] / input->sumAbs[0]) - 1) < 1e-4);
            }
        }
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
        QTest::newRow("fused q, k and v with biases") << "fused qwen2";
        QTest::newRow("embedding as output") << "tied llama";
        QTest::newRow("experts") << "qwen3moe";
        QTest::newRow("scaled branches") << "granite";
        QTest::newRow("scaled branches and experts") << "granitemoe";
        QTest::newRow("blocks without positions") << "smollm3";
    }
    void modelsComputeTheSame()
    {
        QFETCH(QString, architecture);
        test::RandomModel options;
        options.tied = architecture.startsWith("tied ");
        options.architecture = architecture.section(QLatin1Char(' '), -1).toStdString();
        options.fusedQkv = architecture == "phi3" || architecture.startsWith("fused ");
        options.qkvBias = architecture.endsWith("qwen2");
        options.headNorms = architecture == "qwen3" || architecture == "qwen3moe";
        if (architecture.endsWith("moe")) {
            options.experts = 4;
            options.usedExperts = 2;
        }
        if (architecture.startsWith("granite"))
            options.keys = {{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
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
        const Calibration calibration = statisticsFor(*model);
        const JobContext context{m_pool};
        check(scaleChannels(model, calibration, {}, context));
        check(scaleChannels(model, calibration, {.searchAlpha = true}, context));
        check(scaleChannels(model, calibration, {.rule = ScalingOptions::Rule::Awq}, context));
        check(rotate(scaleChannels(model, calibration, {}, context).value_or(nullptr), {}));
    }

    // Without a power the scales are 1: the weights, and so the codes, are those of plain rounding. No scales found are worse.
    void awqStartsFromPlainRounding()
    {
        test::RandomModel options;
        options.architecture = "llama";
        const auto model = made(options);
        QVERIFY(model);
        const Calibration calibration = statisticsFor(*model);
        const JobContext context{m_pool};
        ScalingOptions scaling{.rule = ScalingOptions::Rule::Awq, .awqAlpha = 0};
        const auto plain = scaleChannels(model, calibration, scaling, context);
        WW_VERIFY(plain);
        for (const TensorInfo& tensor : model->tensors()) {
            const auto before = readTensor(*model, tensor);
            const auto after = readTensor(**plain, *(*plain)->find(tensor.name));
            WW_VERIFY(before);
            WW_VERIFY(after);
            QVERIFY(*before == *after);
        }
        scaling.awqAlpha.reset();
        const auto searched = scaleChannels(model, calibration, scaling, context);
        WW_VERIFY(searched);
        const double before = outputLoss(*model, **plain, calibration, "Q4_0");
        const double after = outputLoss(*model, **searched, calibration, "Q4_0");
        QVERIFY2(before > 0 && after > 0 && after < before, qPrintable(QStringLiteral("%1 %2").arg(before).arg(after)));
        scaling.awqAlpha = 0.5;
        const auto fixed = scaleChannels(model, calibration, scaling, context);
        WW_VERIFY(fixed);
        QVERIFY(test::relativeDifference(logits(*fixed), logits(model)) < 1e-4);
    }

    // What it aims at loses less afterwards, be it a format or not.
    void awqAimsAtFormatsAndMethods_data()
    {
        QTest::addColumn<QString>("target");
        for (const char* target : {"Q5_0", "affine:bits=3,group=32", "nf4", "hqq-analysis:bits=3,group=32", "int8:scale=tensor"})
            QTest::newRow(target) << QString::fromLatin1(target);
    }
    void awqAimsAtFormatsAndMethods()
    {
        QFETCH(QString, target);
        test::RandomModel options;
        options.architecture = "llama";
        const auto model = made(options);
        QVERIFY(model);
        const Calibration calibration = statisticsFor(*model);
        const auto scaled = scaleChannels(model, calibration, {.rule = ScalingOptions::Rule::Awq, .target = target.toStdString()}, JobContext{m_pool});
        WW_VERIFY(scaled);
        const double before = outputLoss(*model, *model, calibration, target.toStdString());
        const double after = outputLoss(*model, **scaled, calibration, target.toStdString());
        QVERIFY2(before > 0 && after > 0 && after < 0.9 * before, qPrintable(QString::number(after / before)));
    }

    void everyPlaceTakesItsScales_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QStringList>("tensors");
        const QStringList norms{"attn_norm.weight", "ffn_norm.weight"};
        const QStringList attention{"attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"};
        const QStringList experts{"ffn_gate_inp.weight", "ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight"};
        const QStringList sharedExpert{"ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight"};
        QTest::newRow("llama") << "llama" << norms + attention + QStringList{"ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"};
        QTest::newRow("biases") << "qwen2" << norms + attention + QStringList{"attn_v.bias", "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"};
        QTest::newRow("fused maps") << "phi3" << norms + QStringList{"attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight"};
        QTest::newRow("fused maps with biases") << "qwen2 fused"
                                                << norms + QStringList{"attn_qkv.weight", "attn_qkv.bias", "attn_output.weight", "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"};
        QTest::newRow("experts") << "qwen3moe" << norms + attention + experts;
        QTest::newRow("experts of llama") << "llama moe" << norms + attention + experts;
        QTest::newRow("shared expert with a router") << "qwen2moe" << norms + attention + experts + sharedExpert + QStringList{"ffn_gate_inp_shexp.weight"};
        QTest::newRow("shared expert") << "granitemoe" << norms + attention + experts + sharedExpert;
    }
    void everyPlaceTakesItsScales()
    {
        QFETCH(QString, architecture);
        QFETCH(QStringList, tensors);
        test::RandomModel options;
        options.architecture = architecture.section(QLatin1Char(' '), 0, 0).toStdString();
        options.qkvBias = options.architecture == "qwen2" || options.architecture == "qwen2moe";
        options.fusedQkv = architecture.endsWith("fused");
        options.ffnBias = architecture == "llama";
        options.headNorms = architecture == "qwen3moe";
        if (architecture.endsWith("moe")) {
            options.experts = 4;
            options.usedExperts = 2;
            if (architecture == "qwen2moe" || architecture == "granitemoe") options.sharedFeedForward = 64;
        }
        if (architecture == "granitemoe")
            options.keys = {{"embedding_scale", 6.0F}, {"attention.scale", 0.1F}, {"residual_scale", 0.4F}, {"logit_scale", 3.0F}};
        const auto model = made(options);
        QVERIFY(model);
        const auto before = logits(model);
        QVERIFY(!before.empty());
        const Calibration calibration = statisticsFor(*model);
        ScalingOptions scaling{.rule = ScalingOptions::Rule::Awq, .awqAlpha = 0.5};
        const auto scaled = scaleChannels(model, calibration, scaling, JobContext{m_pool});
        WW_VERIFY(scaled);
        for (const QString& name : tensors) {
            const std::string tensor = "blk.1." + name.toStdString();
            QVERIFY2(model->find(tensor) && !sameValues(*model, **scaled, tensor), tensor.c_str());
        }
        const double difference = test::relativeDifference(logits(*scaled), before);
        QVERIFY2(difference < 1e-4, qPrintable(QString::number(difference)));
        if (options.experts != 0) expertsHaveScalesOfTheirOwn(*model, **scaled, calibration);
        if (QTest::currentTestFailed()) return;
        // And by the search, and for SmoothQuant.
        for (const ScalingOptions& other : {ScalingOptions{.rule = ScalingOptions::Rule::Awq}, ScalingOptions{.alpha = 0.7}}) {
            const auto changed = scaleChannels(model, calibration, other, JobContext{m_pool});
            WW_VERIFY(changed);
            QVERIFY(test::relativeDifference(logits(*changed), before) < 1e-4);
            QVERIFY(!sameValues(*model, **changed, "blk.1.attn_norm.weight"));
        }
        scaling.awqAlpha = 0;
        const auto plain = scaleChannels(model, calibration, scaling, JobContext{m_pool});
        WW_VERIFY(plain);
        for (const TensorInfo& tensor : model->tensors()) QVERIFY2(sameValues(*model, **plain, tensor.name), tensor.name.c_str());
    }

    // An expert that no token reached keeps its weights between up and down.
    void expertsWithoutTokensKeepTheirs()
    {
        test::RandomModel options;
        options.architecture = "qwen3moe";
        options.headNorms = true;
        options.experts = 4;
        options.usedExperts = 2;
        const auto model = made(options);
        QVERIFY(model);
        Calibration calibration = statisticsFor(*model);
        for (InputStatistics& input : calibration.inputs)
            if (input.matrices > 1 && input.matrix == 2) {
                input.count = 0;
                input.gram.clear();
            }
        const auto scaled = scaleChannels(model, calibration, {.rule = ScalingOptions::Rule::Awq, .awqAlpha = 0.5}, JobContext{m_pool});
        WW_VERIFY(scaled);
        const TensorInfo& down = *model->find("blk.0.ffn_down_exps.weight");
        const std::size_t rows = down.shape.ne[1];
        for (std::size_t e = 0; e < 4; ++e) {
            const auto one = readTensorRows(*model, down, e * rows, rows);
            const auto other = readTensorRows(**scaled, *(*scaled)->find(down.name), e * rows, rows);
            WW_VERIFY(one);
            WW_VERIFY(other);
            QCOMPARE(*one == *other, e == 2);
        }
        QVERIFY(test::relativeDifference(logits(*scaled), logits(model)) < 1e-4);
    }

    // Query heads that share a value head share its scales: other columns would need other values.
    void scalesAreSharedByQueryHeads()
    {
        test::RandomModel options;
        options.architecture = "llama";
        options.heads = 6;
        options.kvHeads = 2;
        const auto model = made(options);
        QVERIFY(model);
        const Calibration calibration = statisticsFor(*model);
        for (const ScalingOptions& scaling : {ScalingOptions{.rule = ScalingOptions::Rule::Awq, .awqAlpha = 0.5}, ScalingOptions{}}) {
            const auto scaled = scaleChannels(model, calibration, scaling, JobContext{m_pool});
            WW_VERIFY(scaled);
            const auto before = readTensor(*model, *model->find("blk.0.attn_output.weight"));
            const auto after = readTensor(**scaled, *(*scaled)->find("blk.0.attn_output.weight"));
            WW_VERIFY(before);
            WW_VERIFY(after);
            QVERIFY(*before != *after);
            const auto scaleOf = [&](std::size_t head, std::size_t channel) {
                return (*after)[head * options.headLength + channel] / (*before)[head * options.headLength + channel];
            };
            for (std::size_t head = 0; head < options.heads; ++head)
                for (std::size_t channel = 0; channel < options.headLength; ++channel)
                    QVERIFY(std::fabs(scaleOf(head, channel) / scaleOf(head / 3 * 3, channel) - 1) < 1e-5F);
        }
        // The same by construction: channels of one value head have one scale, whatever the statistics.
        ScaledInput input;
        input.headLength = 16;
        input.repeats = 3;
        std::set<std::size_t> seen;
        for (std::size_t c = 0; c < 96; ++c) {
            QCOMPARE(input.sharedOf(c), c / 48 * 16 + c % 16);
            seen.insert(input.sharedOf(c));
        }
        QCOMPARE(seen.size(), std::size_t{32});
    }

    // Differences that are luck of rounding are no reason to change a model.
    void awqLeavesAloneWhatGainsNothing()
    {
        test::RandomModel options;
        options.architecture = "llama";
        const auto model = made(options);
        QVERIFY(model);
        for (const char* target : {"Q4_0", "affine:bits=3,group=32"}) {
            const auto scaled = scaleChannels(model, statisticsFor(*model, true), {.rule = ScalingOptions::Rule::Awq, .target = target}, JobContext{m_pool});
            WW_VERIFY(scaled);
            for (const TensorInfo& tensor : model->tensors()) QVERIFY2(sameValues(*model, **scaled, tensor.name), tensor.name.c_str());
        }
    }

    // Inputs x·Q see Qᵀ·H·Q: what a matrix makes of its inputs has the same energy, and its norm stays.
    void rotationKeepsEnergies()
    {
        test::RandomModel options;
        options.architecture = "llama";
        const auto model = made(options);
        QVERIFY(model);
        const auto rotated = rotate(model, {.seed = 9, .values = false});
        WW_VERIFY(rotated);
        for (const TensorInfo& tensor : (*rotated)->tensors()) {
            if (!tensor.name.ends_with("_norm.weight")) continue;
            const auto norm = readTensor(**rotated, tensor);
            WW_VERIFY(norm);
            QVERIFY(std::ranges::all_of(*norm, [](float v) { return v == 1.0F; }));
        }
        // The rotation acts on the outputs of this one, whose norm was 1 before.
        const auto before = readTensor(*model, *model->find("blk.0.attn_output.weight"));
        const auto after = readTensor(**rotated, *(*rotated)->find("blk.0.attn_output.weight"));
        WW_VERIFY(before);
        WW_VERIFY(after);
        const auto energy = [](const std::vector<float>& values) {
            double sum = 0;
            for (const float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
            return sum;
        };
        QVERIFY(std::fabs(energy(*after) / energy(*before) - 1) < 1e-5);
        QVERIFY(*before != *after);
        // Back again: the transposed columns restore each row.
        const Orthogonal q(64, 9);
        std::vector<float> rows(64 * 64, 0.0F);
        for (std::size_t i = 0; i < 64; ++i) {
            rows[i * 64 + i] = 1;
            q.apply(rows.data() + i * 64);
        }
        std::vector<float> value(64);
        for (std::size_t i = 0; i < 64; ++i) value[i] = static_cast<float>(i % 7) - 3;
        std::vector<float> turned = value;
        q.apply(turned.data());
        for (std::size_t i = 0; i < 64; ++i) {
            double back = 0;
            for (std::size_t j = 0; j < 64; ++j) back += static_cast<double>(turned[j]) * static_cast<double>(rows[i * 64 + j]);
            QVERIFY(std::fabs(back - static_cast<double>(value[i])) < 1e-5);
        }
        // One large channel spreads: the heavy tail of its values goes.
        std::vector<float> outlier(64, 0.01F);
        outlier[5] = 10;
        q.apply(outlier.data());
        QVERIFY(*std::ranges::max_element(outlier) < 2.0F);
    }

    void scalesOfModelsThatCannotBeRotated_data()
    {
        QTest::addColumn<QString>("architecture");
        for (const char* name : {"gemma", "gemma2", "gemma3", "olmo2"}) QTest::newRow(name) << QString::fromLatin1(name);
    }
    void scalesOfModelsThatCannotBeRotated()
    {
        QFETCH(QString, architecture);
        test::RandomModel options;
        options.architecture = architecture.toStdString();
        options.tied = architecture != QLatin1String("olmo2");
        options.headNorms = architecture == QLatin1String("gemma3") || architecture == QLatin1String("olmo2");
        const auto model = made(options);
        QVERIFY(model);
        const auto scaled = scaleChannels(model, statisticsFor(*model), {}, JobContext{m_pool});
        WW_VERIFY(scaled);
        QVERIFY(test::relativeDifference(logits(*scaled), logits(model)) < 1e-4);
        QVERIFY(logits(*scaled) != logits(model));  // something was scaled
        QVERIFY(!rotate(model, {}));
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

    // With 8-bit weights per row and inputs per token, on the tokens of the sample, none of the candidates loses less than what the
    // search takes, and that is one of them.
    void searchedSmoothingLosesLeast()
    {
        test::RandomModel options;
        options.architecture = "llama";
        const auto model = made(options);
        QVERIFY(model);
        const TensorInfo& gate = *model->find("blk.0.ffn_gate.weight");
        const std::size_t n = gate.shape.columns();
        const std::size_t rows = gate.shape.rows();
        constexpr std::size_t kTokens = 256;
        Calibration calibration = statisticsFor(*model);
        test::SplitMix random(11);
        std::vector<float> tokens(kTokens * n);
        for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<float>(random.bell()) * (i % n == 5 || i % n == 40 ? 30.0F : 1.0F);
        for (InputStatistics& input : calibration.inputs) {
            if (!input.tensors.front().starts_with("blk.0.ffn_gate") && !input.tensors.front().starts_with("blk.0.ffn_up")) continue;
            input.count = kTokens;
            input.sample = tokens;
            for (std::size_t c = 0; c < n; ++c) {
                input.absMax[c] = 0;
                input.sumSquares[c] = 0;
                for (std::size_t t = 0; t < kTokens; ++t) {
                    const float x = tokens[t * n + c];
                    input.absMax[c] = std::max(input.absMax[c], std::fabs(x));
                    input.sumSquares[c] += static_cast<double>(x) * static_cast<double>(x);
                }
            }
        }
        const auto weights = readTensor(*model, gate);
        const auto up = readTensor(*model, *model->find("blk.0.ffn_up.weight"));
        const auto norm = readTensor(*model, *model->find("blk.0.ffn_norm.weight"));
        QVERIFY(weights && up && norm);
        const auto lossOf = [&](const std::vector<float>& scales) {
            std::vector<float> x(tokens);
            for (std::size_t t = 0; t < x.size(); t += n) {
                float top = 0;
                for (std::size_t c = 0; c < n; ++c) top = std::max(top, std::fabs(x[t + c] /= scales[c]));
                for (std::size_t c = 0; c < n; ++c) x[t + c] = std::nearbyint(x[t + c] / top * 127) * top / 127;
            }
            double loss = 0;
            for (const auto* matrix : {&*weights, &*up})
                for (std::size_t r = 0; r < rows; ++r) {
                    std::vector<float> w(matrix->begin() + static_cast<std::ptrdiff_t>(r * n), matrix->begin() + static_cast<std::ptrdiff_t>((r + 1) * n));
                    float largest = 0;
                    for (std::size_t c = 0; c < n; ++c) largest = std::max(largest, std::fabs(w[c] *= scales[c]));
                    for (float& value : w) value = std::nearbyint(value / largest * 127) * largest / 127;
                    for (std::size_t t = 0; t < kTokens; ++t) {
                        double rounded = 0;
                        double exact = 0;
                        for (std::size_t c = 0; c < n; ++c) {
                            rounded += static_cast<double>(x[t * n + c]) * static_cast<double>(w[c]);
                            exact += static_cast<double>(tokens[t * n + c]) * static_cast<double>((*matrix)[r * n + c]);
                        }
                        loss += (rounded - exact) * (rounded - exact);
                    }
                }
            return loss;
        };
        const auto scalesOf = [&](const ScalingOptions& wanted) {
            std::vector<float> scales(n, 1.0F);
            const auto changed = scaleChannels(model, calibration, wanted, JobContext{m_pool});
            const auto now = changed ? readTensor(**changed, *(*changed)->find("blk.0.ffn_norm.weight")) : std::vector<float>();
            for (std::size_t c = 0; now && c < now->size(); ++c) scales[c] = (*norm)[c] / (*now)[c];
            return scales;
        };
        const auto chosen = scalesOf({.searchAlpha = true});
        const double searched = lossOf(chosen);
        QVERIFY(searched < 0.2 * lossOf(std::vector<float>(n, 1.0F)));
        double nearest = 1;
        for (int i = 0; i < 14; ++i) {
            const double alpha = 0.3 + 0.05 * i;
            const auto scales = scalesOf({.alpha = alpha});
            const double other = lossOf(scales);
            QVERIFY2(searched <= other * (1 + 1e-5), qPrintable(QStringLiteral("%1: %2, searched %3").arg(alpha).arg(other).arg(searched)));
            nearest = std::min(nearest, test::relativeDifference(chosen, scales));
        }
        QVERIFY(nearest < 1e-6);
        // Without tokens there is nothing to search with.
        for (InputStatistics& input : calibration.inputs) input.sample.clear();
        const auto refused = scaleChannels(model, calibration, {.searchAlpha = true}, JobContext{m_pool});
        QVERIFY(!refused && refused.error().code == ErrorCode::InvalidArgument);
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
