// SPDX-License-Identifier: MIT
// What llama.cpp makes of the inputs of quantized weights: with the same rounding, logits agree far closer than those of floats. One
// block shows it: over many, values near the middle between two codes go either way, and the differences of the codes add up until
// both roundings are as far from each other as from the floats, though equally far on average.
#include <QtTest>

#include "base/thread_pool.h"
#include "io/model_file.h"
#include "jobs/export.h"
#include "jobs/evaluate.h"
#include "model/llama_activations.h"
#include "model/weight_source.h"
#include "tests/support/forward.h"
#include "tests/support/llama_library.h"
#include "tests/support/paths.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"

using namespace ww;
Q_DECLARE_METATYPE(ww::TensorType)

namespace {

constexpr std::size_t kTokens = 96;

}  // namespace

class TestActivationsInterop : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void logits_data()
    {
        QTest::addColumn<TensorType>("type");
        for (const TensorType type : {TensorType::F16, TensorType::BF16, TensorType::Q8_0, TensorType::Q5_1, TensorType::Q5_0, TensorType::Q4_1,
                                      TensorType::Q4_0, TensorType::IQ4_NL, TensorType::Q6_K, TensorType::Q5_K, TensorType::Q4_K, TensorType::Q3_K,
                                      TensorType::Q2_K, TensorType::IQ4_XS, TensorType::IQ3_S})
            QTest::newRow(std::string(name(type)).c_str()) << type;
    }
    void logits()
    {
        QFETCH(TensorType, type);
        std::string reason;
        auto* library = test::LlamaLibrary::instance(reason);
        if (!library) QSKIP(reason.c_str());
        const auto made = test::pathOf(m_folder) / "source.gguf";
        QVERIFY(test::randomModel({.layers = 1, .embedding = 256, .feedForward = 256, .headLength = 64}).write(made));
        const auto source = openModel(made);
        WW_VERIFY(source);
        Recipe recipe;
        recipe.preset.clear();
        recipe.base = type;
        recipe.pure = true;
        const auto plan = resolve(recipe, **source);
        WW_VERIFY(plan);
        ThreadPool pool(2);
        const JobContext context{pool};
        const auto path = test::pathOf(m_folder) / (std::string(name(type)) + ".gguf");
        WW_VERIFY(exportGguf(**source, *plan, path, context));
        const auto theirs = test::LlamaModel::open(*library, path, false, reason);
        QVERIFY2(theirs, reason.c_str());
        const auto tokens = test::randomTokens(kTokens, static_cast<std::size_t>(theirs->tokenCount()), 7);
        const std::vector<float> expected = theirs->logits(tokens, test::LlamaModel::Attention::Exact);

        const auto file = openModel(path);
        WW_VERIFY(file);
        const auto differenceOf = [&](std::shared_ptr<const WeightSource> weights) {
            const auto model = LanguageModel::create(std::move(weights));
            if (!model) return 1.0;
            const auto ours = test::logitsOf(**model, tokens, tokens.size(), context);
            return ours ? test::relativeDifference(*ours, expected) : 1.0;
        };
        const double asFloat = differenceOf(fileWeights(*file));
        const double rounded = differenceOf(withLlamaCppActivations(fileWeights(*file), [](const TensorInfo& tensor) { return tensor.type; }));
        qInfo("%s: relative difference %.2g with rounded inputs, %.2g with floats", QTest::currentDataTag(), rounded, asFloat);
        // Q4_1 and Q5_1 multiply their offsets with sums of the inputs that have 16 bits, which is no matter of the inputs alone.
        const bool sums = type == TensorType::Q4_1 || type == TensorType::Q5_1;
        QVERIFY2(rounded < (sums ? 0.9 : 0.5) * asFloat, QByteArray::number(rounded) + " against " + QByteArray::number(asFloat));
        if (!sums) QVERIFY2(rounded < 4e-3, QByteArray::number(rounded));
    }
};

QTEST_APPLESS_MAIN(TestActivationsInterop)
#include "tst_activations_interop.moc"
