// SPDX-License-Identifier: MIT
// Curves of several methods on one tensor: what is tried, what is left out, and that the errors are those of the whole path.
#include <QtTest>

#include <algorithm>
#include <cmath>

#include "base/thread_pool.h"
#include "calibration/calibration.h"
#include "io/model_file.h"
#include "jobs/quantize.h"
#include "jobs/rate_distortion.h"
#include "tests/support/paths.h"

using namespace ww;

namespace {

constexpr std::size_t kColumns = 256;
constexpr std::size_t kRows = 256;
constexpr const char* kTensor = "blk.0.attn_q.weight";

std::shared_ptr<const GramFactors> factors()
{
    InputStatistics input;
    input.tensors = {kTensor};
    input.columns = kColumns;
    input.count = 4096;
    for (auto* values : {&input.sumSquares, &input.sum, &input.sumAbs}) values->assign(kColumns, 4096);
    input.absMax.assign(kColumns, 3);
    input.gram.resize(kColumns * kColumns);
    for (std::size_t i = 0; i < kColumns; ++i)
        for (std::size_t j = 0; j < kColumns; ++j)
            input.gram[i * kColumns + j] = std::pow(0.9F, std::fabs(static_cast<float>(i) - static_cast<float>(j)));
    auto calibration = std::make_shared<Calibration>();
    calibration->inputs = {std::move(input)};
    return std::make_shared<const GramFactors>(calibration);
}

}  // namespace

class TestRateDistortion : public QObject {
    Q_OBJECT

    std::shared_ptr<const ModelFile> m_model;
    const TensorInfo& tensor() const { return *m_model->find(kTensor); }
    static const RateDistortionPoint* find(const std::vector<RateDistortionPoint>& points, std::string_view method, TensorType format)
    {
        const auto it = std::ranges::find_if(points, [&](const RateDistortionPoint& p) { return p.method == method && p.format == format; });
        return it == points.end() ? nullptr : &*it;
    }

private Q_SLOTS:
    void initTestCase()
    {
        auto model = openModel(test::sampleModel());
        QVERIFY(model);
        m_model = *model;
        QCOMPARE(m_model->find(kTensor)->shape.rows(), kRows);
    }

    void methodsFollowEachOther()
    {
        const std::vector<std::string> methods = {"reference", "search", "affine:bits=3", "gptq"};
        ThreadPool pool(2);
        std::vector<std::string> announced;
        const auto points = methodCurves(*m_model, tensor(), methods, 0, {pool}, [&](const RateDistortionPoint& p) { announced.push_back(p.method); }, nullptr, factors());
        QVERIFY(points);
        QCOMPARE(announced.size(), points->size());
        QVERIFY(std::ranges::is_sorted(announced, {}, [&](const std::string& m) { return std::ranges::find(methods, m) - methods.begin(); }));
        const auto* reference = find(*points, "reference", TensorType::Q4_0);
        const auto* search = find(*points, "search", TensorType::Q4_0);
        const auto* gptq = find(*points, "gptq", TensorType::Q4_0);
        QVERIFY(reference && search && gptq && reference->outputError && search->outputError && gptq->outputError);
        QVERIFY(search->relativeError < reference->relativeError);
        // What GPTQ is for: outputs, at the price of the weights.
        QVERIFY(*gptq->outputError < 0.8 * *reference->outputError);
        QVERIFY(gptq->relativeError > reference->relativeError);
        const auto* exact = find(*points, "reference", TensorType::F32);
        QVERIFY(exact && exact->outputError && *exact->outputError == 0 && exact->relativeError == 0);
        // An analysis method is one point, in bits of what it simulates.
        const auto analysis = std::ranges::count_if(*points, [](const RateDistortionPoint& p) { return p.method == "affine:bits=3"; });
        QCOMPARE(analysis, std::ptrdiff_t{1});
        const auto* affine = find(*points, "affine:bits=3", TensorType::F32);
        QVERIFY(affine && affine->analysis && affine->bitsPerWeight >= 3 && affine->bitsPerWeight < 4 && affine->relativeError > 0);
        QVERIFY(!reference->analysis);
        // The errors are those of the report.
        const auto report = reportTensor(*m_model, tensor(), TensorType::Q4_0, "gptq", 10, {pool}, nullptr, factors());
        QVERIFY(report);
        QVERIFY(std::abs(report->error.relativeError() / gptq->relativeError - 1) < 1e-9);
    }

    void outputErrorsWeighByTheGramMatrix()
    {
        // Recomputed from its definition with plain loops.
        ThreadPool pool(1);
        const std::vector<std::string> methods = {"reference"};
        const auto grams = factors();
        const auto points = methodCurves(*m_model, tensor(), methods, 0, {pool}, {}, nullptr, grams);
        QVERIFY(points);
        const auto* point = find(*points, "reference", TensorType::Q4_0);
        QVERIFY(point && point->outputError);
        std::vector<float> original(kRows * kColumns);
        QVERIFY(fileWeights(m_model)->loadRows(tensor(), 0, kRows, original.data(), {pool}));
        Recipe recipe;
        recipe.preset.clear();
        recipe.base = TensorType::Q4_0;
        const auto plan = resolve(recipe, *m_model);
        QVERIFY(plan);
        const auto weights = plannedWeights(m_model, std::make_shared<const Plan>(*plan));
        std::vector<float> rounded(kRows * kColumns);
        QVERIFY(weights->loadRows(tensor(), 0, kRows, rounded.data(), {pool}));
        const auto& gram = grams->input(kTensor)->gram;
        const auto energyOf = [&](const auto& value) {
            double sum = 0;
            for (std::size_t r = 0; r < kRows; ++r)
                for (std::size_t i = 0; i < kColumns; ++i)
                    for (std::size_t j = 0; j < kColumns; ++j)
                        sum += value(r * kColumns + i) * static_cast<double>(gram[i * kColumns + j]) * value(r * kColumns + j);
            return sum;
        };
        const double error = energyOf([&](std::size_t k) { return static_cast<double>(rounded[k]) - static_cast<double>(original[k]); });
        const double signal = energyOf([&](std::size_t k) { return static_cast<double>(original[k]); });
        QVERIFY(std::abs(*point->outputError / std::sqrt(error / signal) - 1) < 1e-4);
    }

    void numbersDoNotDependOnThreads()
    {
        ThreadPool one(1);
        ThreadPool four(4);
        const std::vector<std::string> methods = {"reference", "gptq", "nf4"};
        const auto a = methodCurves(*m_model, tensor(), methods, 32, {one}, {}, nullptr, factors());
        const auto b = methodCurves(*m_model, tensor(), methods, 32, {four}, {}, nullptr, factors());
        QVERIFY(a && b && a->size() == b->size());
        for (std::size_t i = 0; i < a->size(); ++i) {
            QVERIFY((*a)[i].relativeError == (*b)[i].relativeError);
            QVERIFY((*a)[i].outputError == (*b)[i].outputError);
        }
    }

    void whatCannotBeTriedIsLeftOut()
    {
        ThreadPool pool(2);
        const std::vector<std::string> both = {"reference", "gptq"};
        const auto points = methodCurves(*m_model, tensor(), both, 0, {pool});
        QVERIFY(points && !points->empty());
        QVERIFY(std::ranges::all_of(*points, [](const RateDistortionPoint& p) { return p.method == "reference" && !p.outputError; }));
        const std::vector<std::string> alone = {"gptq"};
        const auto refused = methodCurves(*m_model, tensor(), alone, 0, {pool});
        QVERIFY(!refused && !refused.error().message.empty());
        const std::vector<std::string> unknown = {"magic"};
        QVERIFY(!methodCurves(*m_model, tensor(), unknown, 0, {pool}));
        std::stop_source stop;
        stop.request_stop();
        const auto stopped = methodCurves(*m_model, tensor(), both, 0, {pool, stop.get_token()});
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestRateDistortion)
#include "tst_rate_distortion.moc"
