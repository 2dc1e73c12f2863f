// SPDX-License-Identifier: MIT
// What the papers promise on a trained model: divergence falls with every bit, what looks at no data does not depend on it, and
// what looks at a calibration is better on other tokens, too.
#include <QtTest>

#include <algorithm>
#include <map>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "calibration/calibration.h"
#include "jobs/method_bench.h"
#include "jobs/row_quantizer.h"
#include "jobs/transformed_model.h"
#include "methods/quantizer.h"
#include "tests/support/paths.h"
#include "tests/support/verify.h"
#include "transform/channel_scaling.h"
#include "transform/rewritten_model.h"

using namespace ww;

class TestTrainedModel : public QObject {
    Q_OBJECT

    mutable ThreadPool m_pool{2};
    std::shared_ptr<const ModelFile> m_model;
    std::shared_ptr<const GramFactors> m_seen;
    std::shared_ptr<const GramFactors> m_unseen;
    std::string m_judged;

    [[nodiscard]] std::vector<std::byte> bytesOf(const TensorInfo& tensor, TensorType format, const char* method,
                                                 std::shared_ptr<const GramFactors> grams) const
    {
        const auto quantizer = RowQuantizer::create(*m_model, tensor, format, method, nullptr, std::move(grams));
        if (!quantizer) return {};
        std::vector<std::byte> bytes(quantizer->rows() * quantizer->formatRowBytes());
        AlignedBuffer<float> scratch;
        if (!quantizer->quantizeRows(0, quantizer->rows(), bytes, scratch, JobContext{m_pool})) return {};
        return bytes;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const auto model = openModel(test::sampleModel());
        WW_VERIFY(model);
        m_model = *model;
        const auto folder = test::sampleModel().parent_path();
        const auto calibration = readTextFile(folder / "calibration.txt");
        const auto evaluation = readTextFile(folder / "evaluation.txt");
        WW_VERIFY(calibration);
        WW_VERIFY(evaluation);
        m_judged = *evaluation;
        const JobContext context{m_pool};
        auto seen = gramsOnText(m_model, *calibration, 256, 24, context);
        auto unseen = gramsOnText(m_model, *evaluation, 256, 12, context);
        WW_VERIFY(seen);
        WW_VERIFY(unseen);
        m_seen = *seen;
        m_unseen = *unseen;
    }

    void divergenceFallsWithEveryBit_data()
    {
        QTest::addColumn<QString>("method");
        for (const char* method : {"reference", "search", "gptq", "hqq"}) QTest::newRow(method) << QString::fromLatin1(method);
    }
    void divergenceFallsWithEveryBit()
    {
        QFETCH(QString, method);
        MethodBenchOptions options;
        options.methods = {method.toStdString()};
        options.formats = {TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K, TensorType::Q8_0};
        options.grams = m_seen;
        if (method == QLatin1String("hqq")) options.tensors = "ffn_down";  // the others take long
        options.divergence.contextLength = 128;
        options.divergence.maxWindows = 6;
        const auto rows = benchMethods(m_model, options, m_judged, JobContext{m_pool});
        WW_VERIFY(rows);
        double before = 1e9;
        for (const MethodBenchRow& row : *rows) {
            QVERIFY2(row.problem.empty() && row.kld, row.problem.c_str());
            QVERIFY2(row.kld->value < 0.75 * before, name(row.format).data());
            before = row.kld->value;
        }
    }

    // More bits, less error, for everything that has bits to choose.
    void errorsFallWithEveryBit()
    {
        MethodBenchOptions options;
        options.formats = {TensorType::F32};
        options.tensors = "blk\\.4\\.ffn_up";
        options.measureModel = false;
        for (const char* method : {"absmax", "affine", "hqq-analysis"}) {
            options.methods.clear();
            for (int bits = 2; bits <= 8; ++bits) options.methods.push_back(std::string(method) + ":bits=" + std::to_string(bits));
            const auto rows = benchMethods(m_model, options, {}, JobContext{m_pool});
            WW_VERIFY(rows);
            for (std::size_t i = 1; i < rows->size(); ++i)
                QVERIFY2((*rows)[i].weightError < 0.5 * (*rows)[i - 1].weightError, (*rows)[i].method.c_str());
        }
    }

    void zeroShotMethodsDoNotLookAtCalibrations()
    {
        const TensorInfo& tensor = *m_model->find("blk.2.attn_v.weight");
        for (const Quantizer* method : quantizers()) {
            if (method->dataNeeded() != MethodData::None) continue;
            const std::string spec(method->name());
            const TensorType format = method->supports(TensorType::Q4_0) ? TensorType::Q4_0 : method->supports(TensorType::F16) ? TensorType::F16 : TensorType::IQ3_S;
            const auto without = bytesOf(tensor, format, spec.c_str(), nullptr);
            QVERIFY2(!without.empty(), spec.c_str());
            QVERIFY2(without == bytesOf(tensor, format, spec.c_str(), m_seen), spec.c_str());
        }
        // And the one that does, does.
        const auto calibrated = bytesOf(tensor, TensorType::Q4_0, "gptq", m_seen);
        QVERIFY(!calibrated.empty() && calibrated != bytesOf(tensor, TensorType::Q4_0, "gptq", m_unseen));
    }

    void calibratedMethodsAreBetterOnTokensThatTheyDidNotSee()
    {
        int better = 0;
        QStringList exceptions;
        for (const TensorInfo& tensor : m_model->tensors()) {
            if (!m_seen->input(tensor.name)) continue;
            MethodBenchOptions options;
            options.methods = {"reference", "gptq"};
            options.formats = {TensorType::Q4_0};
            options.tensors = "^" + tensor.name + "$";
            options.grams = m_seen;
            options.heldOut = m_unseen;
            options.measureModel = false;
            const auto rows = benchMethods(m_model, options, {}, JobContext{m_pool});
            WW_VERIFY(rows);
            QCOMPARE(rows->size(), std::size_t{2});
            QVERIFY((*rows)[0].heldOutOutputError && (*rows)[1].heldOutOutputError && (*rows)[1].outputError);
            QVERIFY(*(*rows)[1].outputError <= *(*rows)[0].outputError);  // on what it saw: always
            if (*(*rows)[1].heldOutOutputError <= *(*rows)[0].heldOutOutputError)
                ++better;
            else
                exceptions << QString::fromStdString(tensor.name);
        }
        if (!exceptions.isEmpty()) qInfo("not better: %s", qPrintable(exceptions.join(QStringLiteral(", "))));
        QVERIFY(better > 0 && exceptions.size() * 19 <= better);
    }

    // Inputs as large as the weights that read them have scales of 1: the model stays as it is, bit for bit.
    void smoothingOfEvenRangesChangesNothing()
    {
        Calibration even;
        const std::map<std::string, std::vector<std::string>> readers = {{"attn_q", {"attn_q", "attn_k", "attn_v"}}, {"ffn_gate", {"ffn_gate", "ffn_up"}},
                                                                         {"attn_output", {"attn_output"}}, {"ffn_down", {"ffn_down"}}};
        const std::size_t heads = 4;
        const std::size_t valueHeads = 2;
        const std::size_t headLength = 64;
        for (int block = 0; block < 8; ++block)
            for (const auto& [first, names] : readers) {
                InputStatistics input;
                input.count = 100;
                for (const std::string& reader : names) {
                    const std::string tensorName = "blk." + std::to_string(block) + "." + reader + ".weight";
                    const TensorInfo* tensor = m_model->find(tensorName);
                    QVERIFY(tensor);
                    input.tensors.push_back(tensorName);
                    input.columns = tensor->shape.columns();
                    input.absMax.resize(input.columns);
                    const auto values = readTensor(*m_model, *tensor);
                    WW_VERIFY(values);
                    for (std::size_t i = 0; i < values->size(); ++i)
                        input.absMax[i % input.columns] = std::max(input.absMax[i % input.columns], std::fabs((*values)[i]));
                }
                // Query heads that share a value head share its scale.
                if (first == "attn_output")
                    for (std::size_t v = 0; v < valueHeads; ++v)
                        for (std::size_t c = 0; c < headLength; ++c) {
                            float most = 0;
                            for (std::size_t h = 0; h < heads / valueHeads; ++h) most = std::max(most, input.absMax[(v * heads / valueHeads + h) * headLength + c]);
                            for (std::size_t h = 0; h < heads / valueHeads; ++h) input.absMax[(v * heads / valueHeads + h) * headLength + c] = most;
                        }
                for (auto* values : {&input.sumSquares, &input.sum, &input.sumAbs}) values->assign(input.columns, 100);
                for (std::size_t i = 0; i < 7 * input.columns; ++i)
                    input.sample.push_back(input.absMax[i % input.columns] * (static_cast<float>(i * 5 % 13) - 6) / 6);
                even.inputs.push_back(std::move(input));
            }
        const auto same = scaleChannels(m_model, even, {}, JobContext{m_pool});
        WW_VERIFY(same);
        for (const TensorInfo& tensor : m_model->tensors()) {
            const auto before = readTensor(*m_model, tensor);
            const auto after = readTensor(**same, *(*same)->find(tensor.name));
            QVERIFY2(before && after && *before == *after, tensor.name.c_str());
        }
        // The search leaves them alone, or loses less than that.
        QVERIFY(scaleChannels(m_model, even, {.searchAlpha = true}, JobContext{m_pool}));
    }

    // With inputs rounded in fixed ranges, a trained model with large channels needs scales, and those that were searched for are no
    // worse than the usual ones on a text that the search did not see.
    void searchedSmoothingServesModelsWithOutliers()
    {
        if (test::fixturesDir().empty()) QSKIP("No fixtures (WW_FIXTURES): smoothing was not tried on a trained model with outliers");
        const auto model = openModel(test::fixturesDir() / "fixture-llama-8M-outliers-F16.gguf");
        WW_VERIFY(model);
        const auto seen = readTextFile(test::sampleCalibrationText());
        WW_VERIFY(seen);
        const JobContext context{m_pool};
        const auto divergence = [&](const std::vector<TransformStep>& steps) {
            const auto changed = transformedModel(*model, steps, *seen, 256, gramBudgetBytes(), context, 8);
            if (!changed) return -1.0;
            const auto grams = gramsOnText(*changed, *seen, 256, 8, context);
            if (!grams) return -1.0;
            MethodBenchOptions options;
            options.methods = {"w8a8-static"};
            options.formats = {TensorType::F16};
            options.grams = *grams;
            options.original = *model;
            options.divergence.contextLength = 256;
            options.divergence.maxWindows = 4;
            const auto rows = benchMethods(*changed, options, m_judged, context);
            return rows && rows->front().kld ? rows->front().kld->value : -1.0;
        };
        TransformStep smooth;
        smooth.kind = TransformStep::Kind::SmoothQuant;
        TransformStep search = smooth;
        search.searchAlpha = true;
        const double none = divergence({});
        const double half = divergence({smooth});
        const double searched = divergence({search});
        qInfo("divergence: no scales %.5f, with 0.5 %.5f, searched %.5f", none, half, searched);
        QVERIFY(searched > 0 && searched < 0.2 * none && searched <= half);
    }
};

QTEST_APPLESS_MAIN(TestTrainedModel)
#include "tst_trained_model.moc"
