// SPDX-License-Identifier: MIT
// Rotated and scaled models are ordinary files: the real llama.cpp computes the same from them as from the model they came of.
#include <QtTest>

#include <algorithm>
#include <cmath>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "io/model_file.h"
#include "jobs/export.h"
#include "jobs/transformed_model.h"
#include "model/weight_source.h"
#include "tests/support/forward.h"
#include "tests/support/kept_inputs.h"
#include "tests/support/llama_library.h"
#include "tests/support/paths.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"
#include "transform/rewritten_model.h"

using namespace ww;
using test::RandomModel;
Q_DECLARE_METATYPE(ww::test::RandomModel)

namespace {

constexpr std::size_t kTokens = 64;
constexpr std::uint32_t kWindow = 256;

}  // namespace

class TestTransformInterop : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    ThreadPool m_pool{2};
    test::LlamaLibrary* m_library = nullptr;
    double m_samplePerplexity = 0;

    /// All matrices as floats of this type. What llama.cpp makes of the file goes to `use`.
    template <class F>
    void inLlamaCpp(const ModelFile& model, TensorType type, F use)
    {
        Recipe recipe;
        recipe.preset.clear();
        recipe.base = type;
        recipe.pure = true;
        const auto plan = resolve(recipe, model);
        WW_VERIFY(plan);
        const auto path = test::pathOf(m_folder) / "exported.gguf";
        WW_VERIFY(exportGguf(model, *plan, path, JobContext{m_pool}));
        std::string reason;
        const auto opened = test::LlamaModel::open(*m_library, path, false, reason);
        QVERIFY2(opened, reason.c_str());
        use(*opened);
    }

    /// Over the second halves of the first windows of the sample's evaluation text.
    double perplexityThere(const ModelFile& model)
    {
        const auto text = readTextFile(test::sampleEvaluationText());
        if (!text) return 0;
        double sum = 0;
        std::size_t scored = 0;
        inLlamaCpp(model, TensorType::F16, [&](const test::LlamaModel& theirs) {
            const auto all = theirs.tokenize(*text, true, false);
            for (std::size_t first = 0; first < 4 * kWindow && first + kWindow <= all.size(); first += kWindow) {
                std::vector<std::int32_t> window(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + kWindow));
                window.front() = theirs.bos();
                const auto logits = theirs.logits(window);
                const std::size_t vocabulary = logits.size() / kWindow;
                for (std::size_t t = kWindow / 2; vocabulary > 0 && t + 1 < kWindow; ++t, ++scored) {
                    double total = 0;
                    for (std::size_t v = 0; v < vocabulary; ++v) total += std::exp(static_cast<double>(logits[t * vocabulary + v]));
                    sum += std::log(total) - static_cast<double>(logits[t * vocabulary + static_cast<std::size_t>(window[t + 1])]);
                }
            }
        });
        return scored == 0 ? 0 : std::exp(sum / static_cast<double>(scored));
    }

    static void addSteps(const char* title, const RandomModel& options, const QStringList& lists)
    {
        for (const QString& steps : lists) QTest::newRow((std::string(title) + ": " + steps.toStdString()).c_str()) << options << steps;
    }

private slots:
    void initTestCase()
    {
        std::string reason;
        m_library = test::LlamaLibrary::instance(reason);
        if (!m_library) QSKIP(reason.c_str());
        const auto sample = openModel(test::sampleModel());
        WW_VERIFY(sample);
        m_samplePerplexity = perplexityThere(**sample);
        QVERIFY2(m_samplePerplexity > 1 && m_samplePerplexity < 200, QByteArray::number(m_samplePerplexity));
    }

    void logits_data()
    {
        QTest::addColumn<RandomModel>("options");
        QTest::addColumn<QString>("steps");
        const QString awq = QStringLiteral("awq:Q4_0:0.5");
        const QStringList scales{"smoothquant", "smoothquant:search", awq};
        const QStringList all = scales + QStringList{"rotation:3", "rotation:3 " + awq, "rotation:3 smoothquant rotation:4"};
        addSteps("llama", {}, all);
        addSteps("llama, one value head", {.kvHeads = 1}, all);
        addSteps("llama, tied", {.tied = true}, all);
        addSteps("qwen2", {.architecture = "qwen2", .qkvBias = true}, all);
        addSteps("qwen3", {.architecture = "qwen3"}, all);
        addSteps("phi3", {.architecture = "phi3"}, all);
        addSteps("qwen3moe", {.architecture = "qwen3moe", .experts = 4, .usedExperts = 2}, all);
        addSteps("smollm3", {.architecture = "smollm3", .layers = 5}, all);
        addSteps("gemma2", {.architecture = "gemma2", .tied = true}, scales);
        addSteps("olmo2", {.architecture = "olmo2"}, scales);
    }
    void logits()
    {
        QFETCH(RandomModel, options);
        QFETCH(QString, steps);
        const auto path = test::pathOf(m_folder) / "model.gguf";
        QVERIFY(test::randomModel(options).write(path));
        const auto opened = openModel(path);
        WW_VERIFY(opened);
        std::vector<TokenId> tokens;
        std::vector<float> before;
        inLlamaCpp(**opened, TensorType::F32, [&](const test::LlamaModel& theirs) {
            tokens = test::randomTokens(kTokens, static_cast<std::size_t>(theirs.tokenCount()), 5);
            before = theirs.logits(tokens, test::LlamaModel::Attention::Exact);
        });
        QVERIFY(!before.empty());
        std::shared_ptr<const ModelFile> model = *opened;
        const JobContext context{m_pool};
        for (const QString& text : steps.split(QLatin1Char(' '))) {
            const auto step = parseTransformStep(text.toStdString());
            WW_VERIFY(step);
            const auto runs = LanguageModel::create(fileWeights(model));
            WW_VERIFY(runs);
            const Calibration calibration = test::inputsOf(**runs, tokens, tokens.size(), context).calibration();
            auto stepped = applyStep(*step, model, step->readsText() ? &calibration : nullptr, context);
            WW_VERIFY(stepped);
            model = *stepped;
        }
        const bool changed = std::ranges::any_of((*opened)->tensors(), [&](const TensorInfo& tensor) {
            const auto was = readTensor(**opened, tensor);
            const auto is = readTensor(*model, *model->find(tensor.name));
            return was && is && *was != *is;
        });
        QVERIFY(changed || steps.endsWith(QLatin1String("search")));  // which may find nothing to gain
        // llama.cpp computes GELU through 16-bit numbers, so a value near the middle of two may go either way.
        const double tolerance = options.architecture == "gemma2" ? 5e-4 : 1e-4;
        inLlamaCpp(*model, TensorType::F32, [&](const test::LlamaModel& theirs) {
            const double difference = test::relativeDifference(theirs.logits(tokens, test::LlamaModel::Attention::Exact), before);
            QVERIFY2(difference < tolerance, QByteArray::number(difference));
        });
    }

    // Of the trained sample, stored with 16 bits, as people would ship it.
    void perplexity_data()
    {
        QTest::addColumn<QString>("steps");
        for (const char* steps : {"rotation", "smoothquant", "smoothquant:search", "awq:Q4_0", "rotation awq:Q4_0"}) QTest::newRow(steps) << QString::fromLatin1(steps);
    }
    void perplexity()
    {
        QFETCH(QString, steps);
        const auto sample = openModel(test::sampleModel());
        WW_VERIFY(sample);
        const auto text = readTextFile(test::sampleCalibrationText());
        WW_VERIFY(text);
        std::vector<TransformStep> list;
        for (const QString& step : steps.split(QLatin1Char(' '))) list.push_back(parseTransformStep(step.toStdString()).value_or(TransformStep()));
        const auto changed = transformedModel(*sample, list, *text, 128, gramBudgetBytes(), JobContext{m_pool}, 8);
        WW_VERIFY(changed);
        const double now = perplexityThere(**changed);
        qInfo("%s: perplexity %.5f, of the sample %.5f", QTest::currentDataTag(), now, m_samplePerplexity);
        QVERIFY(std::fabs(now / m_samplePerplexity - 1) < 1e-3);
    }
};

QTEST_GUILESS_MAIN(TestTransformInterop)
#include "tst_transform_interop.moc"
