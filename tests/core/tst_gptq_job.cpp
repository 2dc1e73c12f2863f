// SPDX-License-Identifier: MIT
// GPTQ through plans and jobs: which tensors get it, experts without tokens, threads, the order of rows.
#include <QtTest>

#include <algorithm>
#include <cmath>

#include "base/thread_pool.h"
#include "calibration/calibration.h"
#include "calibration/gram_factors.h"
#include "jobs/row_quantizer.h"
#include "jobs/tensor_stream.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/paths.h"
#include "tests/support/verify.h"

using namespace ww;

namespace {

constexpr std::size_t kColumns = 256;
constexpr const char* kTensor = "blk.0.attn_q.weight";

InputStatistics statisticsOf(const char* tensor, std::size_t columns, std::uint64_t count, std::size_t matrix = 0)
{
    InputStatistics input;
    input.tensors = {tensor};
    input.matrix = matrix;
    input.columns = columns;
    input.count = count;
    for (auto* values : {&input.sumSquares, &input.sum, &input.sumAbs}) values->assign(columns, 1);
    input.absMax.assign(columns, 1);
    if (count == 0) return input;
    input.gram.resize(columns * columns);
    for (std::size_t i = 0; i < columns; ++i)
        for (std::size_t j = 0; j < columns; ++j)
            input.gram[i * columns + j] = std::pow(0.9F, std::fabs(static_cast<float>(i) - static_cast<float>(j)));
    return input;
}

std::shared_ptr<const GramFactors> factorsOf(std::vector<InputStatistics> inputs)
{
    auto calibration = std::make_shared<Calibration>();
    calibration->inputs = std::move(inputs);
    return std::make_shared<const GramFactors>(calibration);
}

}  // namespace

class TestGptqJob : public QObject {
    Q_OBJECT

    std::shared_ptr<const ModelFile> m_model;

    static Recipe recipe()
    {
        Recipe recipe;
        recipe.base = TensorType::Q4_0;
        recipe.method = "gptq";
        return recipe;
    }

private slots:
    void initTestCase()
    {
        auto model = openModel(test::sampleModel());
        QVERIFY(model);
        m_model = *model;
    }

    void planNamesWhatIsMissing()
    {
        const auto refused = resolve(recipe(), *m_model);
        QVERIFY(!refused);
        QVERIFY(refused.error().message.find("Gram matrices") != std::string::npos);
        const auto shown = resolve(recipe(), *m_model, {.requireImportance = false});
        QVERIFY(shown && !shown->warnings.empty());

        const auto foreign = resolve(recipe(), *m_model, {.grams = factorsOf({statisticsOf(kTensor, 32, 100)})});
        QVERIFY(!foreign);
        QVERIFY(foreign.error().message.find("another model") != std::string::npos);

        const auto plan = resolve(recipe(), *m_model, {.grams = factorsOf({statisticsOf(kTensor, kColumns, 100)})});
        QVERIFY(plan);
        for (const PlanEntry& entry : plan->entries) {
            const bool expected = m_model->tensors()[entry.tensorIndex].name == kTensor;
            QCOMPARE(entry.method == "gptq", expected);
            QCOMPARE(entry.grams != nullptr, expected);
        }
        const auto says = [&](const char* words) {
            return std::ranges::any_of(plan->warnings, [&](const PlanWarning& w) { return w.text().find(words) != std::string::npos; });
        };
        QVERIFY(says("no Gram matrix"));
        QVERIFY(says("at least 512 tokens"));
    }

    void bytesDoNotDependOnThreads()
    {
        const auto plan = resolve(recipe(), *m_model, {.grams = factorsOf({statisticsOf(kTensor, kColumns, 1000)})});
        QVERIFY(plan);
        std::vector<std::byte> first;
        for (const unsigned threads : {1U, 3U}) {
            ThreadPool pool(threads);
            Progress progress;
            std::vector<std::byte> all;
            const auto done = streamTensors(*m_model, plan->entries, [&](const PlanEntry&, std::span<const std::byte> bytes) -> Result<void> {
                all.insert(all.end(), bytes.begin(), bytes.end());
                return {};
            }, {pool, {}, &progress});
            QVERIFY(done);
            if (first.empty()) first = all;
            QVERIFY(first == all);
        }
    }

    void expertsWithoutTokensGetTheReference()
    {
        const TensorInfo* tensor = m_model->find(kTensor);
        QVERIFY(tensor);
        const auto encode = [&](std::string_view method, std::vector<InputStatistics> inputs, std::size_t rows) {
            const auto quantizer =
                RowQuantizer::create(*m_model, *tensor, TensorType::Q4_0, method, nullptr, factorsOf(std::move(inputs)));
            std::vector<float> values(rows * kColumns);
            std::vector<std::byte> bytes(rows * quantizer->formatRowBytes());
            if (!quantizer->decodeSource(0, rows, values.data()) || !quantizer->quantizeValues(values.data(), 0, rows, bytes)) bytes.clear();
            return bytes;
        };
        const auto reference = encode("reference", {}, 8);
        QVERIFY(!reference.empty());
        QVERIFY(encode("gptq", {statisticsOf(kTensor, kColumns, 0)}, 8) == reference);
        const auto improved = encode("gptq", {statisticsOf(kTensor, kColumns, 1000)}, 8);
        QVERIFY(improved.size() == reference.size() && improved != reference);
        // A row does not depend on its neighbours.
        const auto fewer = encode("gptq", {statisticsOf(kTensor, kColumns, 1000)}, 3);
        QVERIFY(std::equal(fewer.begin(), fewer.end(), improved.begin()));
    }

    // What reads the Gram matrix, too: clip among the methods of files, and an option of analysis methods.
    void clippingIsPlannedLikewise()
    {
        for (const char* method : {"clip", "affine:bits=3,clip=output"}) {
            Recipe wanted = recipe();
            wanted.method = method;
            wanted.base = TensorType::Q8_0;
            const auto refused = resolve(wanted, *m_model);
            WW_VERIFY_FAILS(refused, ErrorCode::MissingCalibration, "Gram matrices");
            const auto shown = resolve(wanted, *m_model, {.requireImportance = false});
            QVERIFY(shown && !shown->warnings.empty());
            const auto plan = resolve(wanted, *m_model, {.grams = factorsOf({statisticsOf(kTensor, kColumns, 10000)})});
            WW_VERIFY(plan);
            const bool file = findQuantizer(method)->exportable();
            for (const PlanEntry& entry : plan->entries) {
                if (!entry.quantized) continue;
                const bool reached = m_model->tensors()[entry.tensorIndex].name == kTensor;
                // Measured with another method, the tensor would seem better than it is.
                QCOMPARE(entry.method, reached || !file ? std::string(method) : std::string(kDefaultMethod));
                QCOMPARE(entry.grams != nullptr, reached || !file);
            }
            QVERIFY(std::ranges::any_of(plan->warnings, [&](const PlanWarning& w) { return w.text().find("no Gram matrix") != std::string::npos; }));
        }
        // An option of gptq's is none of theirs, and an expert without tokens keeps the method and its values.
        const TensorInfo* tensor = m_model->find(kTensor);
        std::vector<float> values(8 * kColumns);
        std::vector<float> whole(values.size());
        std::vector<float> clipped(values.size());
        for (auto& [spec, out] : {std::pair{"affine:bits=3", &whole}, std::pair{"affine:bits=3,clip=output", &clipped}}) {
            const auto quantizer = RowQuantizer::create(*m_model, *tensor, TensorType::F32, spec, nullptr, factorsOf({}));
            WW_VERIFY(quantizer);
            WW_VERIFY(quantizer->decodeSource(0, 8, values.data()));
            WW_VERIFY(quantizer->quantizeValues(values.data(), 0, 8, std::as_writable_bytes(std::span(*out))));
        }
        QVERIFY(whole == clipped && whole != values);
    }

    void withoutGramMatricesThereIsASentence()
    {
        const auto quantizer = RowQuantizer::create(*m_model, *m_model->find(kTensor), TensorType::Q4_0, "gptq", nullptr);
        QVERIFY(!quantizer);
        QCOMPARE(quantizer.error().tensor, std::string(kTensor));
    }
};

QTEST_GUILESS_MAIN(TestGptqJob)
#include "tst_gptq_job.moc"
