// SPDX-License-Identifier: MIT
// GPTQ on equal steps: uniform methods and Atom choose what the published algorithm chooses. And what else Atom does: the kept columns
// come last, and keys and values are rounded where they are cached.
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/thread_pool.h"
#include "calibration/gram_factors.h"
#include "import/open_model.h"
#include "jobs/quantize.h"
#include "jobs/row_quantizer.h"
#include "methods/gptq_groups.h"
#include "methods/input_transforms.h"
#include "methods/method_stages.h"
#include "model/language_model.h"
#include "plan/plan.h"
#include "tests/support/forward.h"
#include "tests/support/matrix.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/verify.h"

using namespace ww;

namespace {

constexpr std::size_t kColumns = 256;
constexpr std::size_t kRows = 70;

std::vector<float> weights(std::size_t rows = kRows, unsigned seed = 1)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> values(rows * kColumns);
    for (float& v : values) v = normal(random);
    return values;
}

/// Neighbouring inputs go together, and every 31st is much larger.
std::vector<float> correlatedGram()
{
    std::vector<float> gram(kColumns * kColumns);
    const auto size = [](std::size_t i) { return (i % 31 == 0 ? 8.0F : 1.0F) * (1 + 0.003F * static_cast<float>(i * 97 % kColumns)); };
    for (std::size_t i = 0; i < kColumns; ++i)
        for (std::size_t j = 0; j < kColumns; ++j)
            gram[i * kColumns + j] = size(i) * size(j) * std::pow(0.9F, std::fabs(static_cast<float>(i) - static_cast<float>(j)));
    return gram;
}

LayerInputs statisticsOf(const std::vector<float>& gram)
{
    LayerInputs inputs;
    for (std::size_t i = 0; i < kColumns; ++i) {
        inputs.meanSquares.push_back(gram[i * kColumns + i]);
        inputs.absMax.push_back(3 * std::sqrt(gram[i * kColumns + i]) + static_cast<float>(i % 7));
    }
    return inputs;
}

/// Weights as the method chooses them.
std::vector<float> rounded(const std::string& spec, const std::vector<float>& w, const std::vector<float>& gram)
{
    const auto method = parseMethod(spec);
    if (!method) return {};
    const LayerInputs inputs = statisticsOf(gram);
    const auto factor = factorize(gram, kColumns, 16 * kColumns, method->quantizer->factorOptions(method->values, &inputs));
    if (!factor) return {};
    const RowBatch batch{.values = w.data(),
                         .rowCount = w.size() / kColumns,
                         .columns = kColumns,
                         .options = &method->values,
                         .factor = &*factor,
                         .inputs = &inputs};
    std::vector<float> out(w.size());
    if (!method->quantizer->quantize(batch, TensorType::F32, std::as_writable_bytes(std::span(out)))) return {};
    return out;
}

/// GPTQ as its authors publish it, in double precision: columns one after another in `order`, the error of each spread over those
/// that follow by the Cholesky factor of the inverse. nearest(place in the order, the weights as they now are): the value of a column.
template <class Nearest>
std::vector<double> published(std::span<const float> row, const std::vector<float>& gram, std::span<const std::uint32_t> order, double damping,
                              const Nearest& nearest)
{
    double mean = 0;
    for (std::size_t i = 0; i < kColumns; ++i) mean += static_cast<double>(gram[i * kColumns + i]) / kColumns;
    test::Matrix h(kColumns, std::vector<double>(kColumns));
    for (std::size_t i = 0; i < kColumns; ++i)
        for (std::size_t j = 0; j < kColumns; ++j)
            h[i][j] = static_cast<double>(gram[order[i] * kColumns + order[j]]) + (i == j ? damping * mean : 0);
    const test::Matrix u = test::lowerCholesky(test::inverseOf(h));
    std::vector<double> moved(kColumns);
    for (std::size_t i = 0; i < kColumns; ++i) moved[i] = static_cast<double>(row[order[i]]);
    std::vector<double> out(kColumns);
    for (std::size_t j = 0; j < kColumns; ++j) {
        const double value = nearest(j, moved);
        out[order[j]] = value;
        const double e = (moved[j] - value) / u[j][j];
        for (std::size_t k = j; k < kColumns; ++k) moved[k] -= e * u[k][j];
    }
    return out;
}

/// Groups of 128 in the order, each with a scale from the weights as they are when it begins; the last `keep` columns have 8 bits.
std::vector<double> publishedAtom(std::span<const float> row, const std::vector<float>& gram, std::span<const std::uint32_t> order,
                                  double damping, std::size_t keep)
{
    double scale = 0;
    std::size_t groupEnd = 0;
    return published(row, gram, order, damping, [&](std::size_t j, const std::vector<double>& moved) {
        const bool kept = j >= kColumns - keep;
        const double top = kept ? 127 : 7;
        if (j == groupEnd) {
            groupEnd = std::min(j + 128, kept ? kColumns : kColumns - keep);
            double most = 0;
            for (std::size_t k = j; k < groupEnd; ++k) most = std::max(most, std::fabs(moved[k]));
            scale = (kept ? 1 : 0.85) * most / top;
        }
        return scale * std::clamp(std::nearbyint(moved[j] / scale), -top, top);
    });
}

/// Three bits with a zero-point in groups of 64 of the stored columns, ranges from the weights as they were.
std::vector<double> publishedAffine(std::span<const float> row, const std::vector<float>& gram, std::span<const std::uint32_t> order, double damping)
{
    return published(row, gram, order, damping, [&](std::size_t j, const std::vector<double>& moved) {
        const auto [low, high] = std::ranges::minmax(row.subspan(order[j] / 64 * 64, 64));
        const double least = std::min(0.0, static_cast<double>(low));
        const double scale = (std::max(0.0, static_cast<double>(high)) - least) / 7;
        const double zero = std::nearbyint(-least / scale);
        return scale * (std::clamp(std::nearbyint(moved[j] / scale) + zero, 0.0, 7.0) - zero);
    });
}

/// Rows in which some value differs. A near tie that binary32 decides otherwise changes what follows in the row.
int differentRows(const std::vector<float>& actual, const std::vector<std::vector<double>>& expected)
{
    int different = 0;
    for (std::size_t r = 0; r < expected.size(); ++r) {
        double most = 0;
        for (std::size_t i = 0; i < kColumns; ++i) most = std::max(most, std::fabs(expected[r][i] - static_cast<double>(actual[r * kColumns + i])));
        different += most > 1e-5 ? 1 : 0;
    }
    return different;
}

double outputError(const std::vector<float>& w, const std::vector<float>& q, const std::vector<float>& gram)
{
    double sum = 0;
    for (std::size_t r = 0; r < w.size(); r += kColumns)
        for (std::size_t i = 0; i < kColumns; ++i)
            for (std::size_t j = 0; j < kColumns; ++j)
                sum += static_cast<double>(w[r + i] - q[r + i]) * static_cast<double>(gram[i * kColumns + j]) * static_cast<double>(w[r + j] - q[r + j]);
    return sum;
}

}  // namespace

class TestGptqGroups : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::shared_ptr<const ModelFile> m_model;

    /// The tiny model with a method for its keys and values; empty: as it is.
    Result<std::shared_ptr<const LanguageModel>> modelWith(const std::string& method, const std::string& pattern = "attn_[kv]") const
    {
        if (method.empty()) return LanguageModel::create(fileWeights(m_model));
        Recipe recipe;
        recipe.preset = "COPY";
        recipe.rules.push_back({.pattern = pattern, .format = TensorType::F32, .method = method});
        WW_TRY(Plan plan, resolve(recipe, *m_model, {.requireImportance = false}));
        auto calibration = std::make_shared<Calibration>();  // one that reached nothing: rounding to nearest values
        for (PlanEntry& entry : plan.entries)
            if (entry.quantized) entry.grams = std::make_shared<const GramFactors>(calibration);
        return LanguageModel::create(plannedWeights(m_model, std::make_shared<const Plan>(std::move(plan)), std::uint64_t{1} << 30));
    }

private slots:
    void initTestCase()
    {
        test::TinyLlama options;
        options.type = TensorType::F32;
        const std::filesystem::path path = m_folder.filePath("tiny.gguf").toStdString();
        QVERIFY(test::tinyLlama(options).write(path));
        auto model = openAnyModel(path);
        WW_VERIFY(model);
        m_model = *model;
    }

    void weightsAreThoseOfPublishedGptq_data()
    {
        QTest::addColumn<int>("keep");
        QTest::addColumn<QString>("key");
        for (const int keep : {0, 40, 128, 256})
            for (const char* key : {"squares", "absmax"}) QTest::addRow("%d %s", keep, key) << keep << QString(key);
    }
    void weightsAreThoseOfPublishedGptq()
    {
        QFETCH(int, keep);
        QFETCH(QString, key);
        const auto w = weights(24);
        const auto gram = correlatedGram();
        const auto spec = QStringLiteral("atom:keep=%1,order=%2,damping=0.05,activation-bits=16").arg(keep).arg(key).toStdString();
        const auto actual = rounded(spec, w, gram);
        QCOMPARE(actual.size(), w.size());
        const LayerInputs inputs = statisticsOf(gram);
        const auto order = columnOrder(key == "absmax" ? inputs.absMax : inputs.meanSquares);
        std::vector<std::vector<double>> expected;
        for (std::size_t r = 0; r < w.size(); r += kColumns)
            expected.push_back(publishedAtom(std::span(w).subspan(r, kColumns), gram, order, 0.05, static_cast<std::size_t>(keep)));
        QVERIFY(differentRows(actual, expected) <= 2);
        // And inputs are exact then, in any order.
        const auto method = parseMethod(spec);
        if (keep != 0) return;
        auto row = std::vector<float>(w.begin(), w.begin() + kColumns);
        method->quantizer->inputTransform(method->values, &inputs)->apply(row, {});
        QVERIFY(std::equal(row.begin(), row.end(), w.begin()));
    }

    void uniformWeightsAreThoseOfPublishedGptq()
    {
        const auto w = weights(24);
        const auto gram = correlatedGram();
        const auto factor = factorize(gram, kColumns, 16 * kColumns, {});
        WW_VERIFY(factor);
        const std::vector<std::uint32_t> order(factor->order.begin(), factor->order.end());
        std::vector<std::vector<double>> expected;
        for (std::size_t r = 0; r < w.size(); r += kColumns)
            expected.push_back(publishedAffine(std::span(w).subspan(r, kColumns), gram, order, factor->damping));
        const auto actual = rounded("affine:bits=3,group=64,codes=gptq", w, gram);
        QCOMPARE(actual.size(), w.size());
        QVERIFY(differentRows(actual, expected) <= 2);
    }

    void independentInputsAreRoundedToTheNearest()
    {
        const auto w = weights();
        std::vector<float> gram(kColumns * kColumns, 0.0F);
        for (std::size_t i = 0; i < kColumns; ++i) gram[i * kColumns + i] = 1 + static_cast<float>(i * 37 % kColumns);
        for (const char* spec : {"atom:codes=%1", "atom:codes=%1,keep=0", "atom:codes=%1,keep=256", "atom:codes=%1,group=1",
                                 "atom:codes=%1,group=65536,keep=10", "atom:codes=%1,group=100,bits=3,clip=1", "absmax:codes=%1",
                                 "absmax:codes=%1,group=0,bits=8", "affine:codes=%1,group=100,bits=2", "affine:codes=%1,clip=mse",
                                 "absmax:codes=%1,scale=tensor", "affine:codes=%1,scale=tensor,clip=percentile"}) {
            const auto expected = rounded(QString::fromLatin1(spec).arg("nearest").toStdString(), w, gram);
            QCOMPARE(expected.size(), w.size());
            QCOMPARE(rounded(QString::fromLatin1(spec).arg("gptq").toStdString(), w, gram), expected);
        }
    }

    void outputsComeCloser()
    {
        const auto w = weights();
        const auto gram = correlatedGram();
        for (const char* spec : {"atom:codes=%1", "atom:codes=%1,keep=0", "atom:codes=%1,keep=32", "atom:codes=%1,bits=3", "absmax:codes=%1,bits=3",
                                 "affine:codes=%1,bits=3,group=64", "affine:codes=%1,clip=output", "absmax:codes=%1,scale=tensor"}) {
            const double nearest = outputError(w, rounded(QString::fromLatin1(spec).arg("nearest").toStdString(), w, gram), gram);
            const double gptq = outputError(w, rounded(QString::fromLatin1(spec).arg("gptq").toStdString(), w, gram), gram);
            qInfo("%s: %.3f", spec, gptq / nearest);
            QVERIFY2(gptq < 0.85 * nearest, spec);
        }
    }

    void stages()
    {
        const std::vector<std::string> affine{"affine:bits=3", "affine:bits=3,clip=mse", "affine:bits=3,clip=mse,codes=gptq"};
        QCOMPARE(methodStages(affine.back()), affine);
        QCOMPARE(methodStages("absmax:bits=2"), std::vector<std::string>{"absmax:bits=2"});
        QCOMPARE(methodStages("atom:keep=0"), (std::vector<std::string>{"atom:keep=0,codes=nearest", "atom:keep=0"}));
    }

    void rowsDoNotDependOnEachOther()
    {
        const auto w = weights();
        const auto gram = correlatedGram();
        for (const char* spec : {"atom", "absmax:codes=gptq"}) {
            const auto together = rounded(spec, w, gram);
            for (const std::ptrdiff_t r : {0, 5, 64, 69}) {
                const std::vector<float> one(w.begin() + r * kColumns, w.begin() + (r + 1) * kColumns);
                const auto alone = rounded(spec, one, gram);
                QVERIFY(std::equal(alone.begin(), alone.end(), together.begin() + r * kColumns));
            }
        }
    }

    void edges()
    {
        // Nothing to round, inputs that never occur, one column.
        const auto gram = correlatedGram();
        const std::vector<float> zeros(3 * kColumns, 0.0F);
        for (const char* spec : {"atom", "absmax:codes=gptq", "affine:codes=gptq"}) QCOMPARE(rounded(spec, zeros, gram), zeros);
        auto dead = gram;
        for (std::size_t i = 0; i < kColumns; ++i)
            for (std::size_t j = 10; j < 20; ++j) dead[i * kColumns + j] = dead[j * kColumns + i] = 0;
        const auto w = weights();
        for (const float v : rounded("atom", w, dead)) QVERIFY(std::isfinite(v));
        const std::vector<float> one{4.0F};
        const auto factor = factorize(one, 1, 100, {});
        WW_VERIFY(factor);
        std::vector<float> value{0.3F};
        const RoundingGroup group{1, 4, 1};
        gptqRoundGroups(value, *factor, std::span(&group, 1));
        QVERIFY(std::fabs(value[0] - 0.3F) < 1e-6F);
        // An order must be one.
        GptqOptions options;
        options.order = {0, 0};
        WW_VERIFY_FAILS(factorize(std::vector<float>{1, 0, 0, 1}, 2, 100, options), ErrorCode::InvalidArgument, "each of 2 columns once");
    }

    void cachedHeads()
    {
        std::vector<float> constant(64, -1.37F);
        const auto before = constant;
        const auto four = cacheTransform(4);
        four->apply(constant, {});
        QCOMPARE(constant, before);
        auto head = weights(1);
        const auto exact = head;
        four->apply(head, {});
        const auto [least, most] = std::ranges::minmax(exact);
        std::vector<float> levels = head;
        std::ranges::sort(levels);
        levels.erase(std::ranges::unique(levels).begin(), levels.end());
        QVERIFY(levels.size() > 8 && levels.size() <= 16);
        QCOMPARE(levels.front(), least);
        for (std::size_t i = 0; i < head.size(); ++i) QVERIFY(std::fabs(head[i] - exact[i]) <= (most - least) / 30 * 1.0001F);
        QVERIFY(!cacheTransform(16));
    }

    void keysAndValuesAreRoundedInTheModel()
    {
        ThreadPool pool(2);
        const JobContext context{pool};
        const auto tokens = test::randomTokens(24, 320, 3);
        const auto logits = [&](const std::string& method, const std::string& pattern = "attn_[kv]") {
            const auto model = modelWith(method, pattern);
            const auto result = model ? test::logitsOf(**model, tokens, tokens.size(), context) : fail(model.error());
            return result ? *result : std::vector<float>();
        };
        const auto exact = logits({});
        QVERIFY(!exact.empty());
        // Weights of 8 bits in small groups and exact inputs: what is lost is lost in the cache.
        const std::string base = "atom:bits=8,group=8,clip=1,activation-bits=16,activation-clip=1";
        const double without = test::relativeDifference(logits(base + ",kv-bits=16"), exact);
        const double eight = test::relativeDifference(logits(base + ",kv-bits=8"), exact);
        const double four = test::relativeDifference(logits(base), exact);
        const double keys = test::relativeDifference(logits(base, "attn_k\\."), exact);
        const double values = test::relativeDifference(logits(base, "attn_v"), exact);
        qInfo("lost with 16, 8, 4 bits in the cache: %.5f %.5f %.5f; keys alone %.5f, values alone %.5f", without, eight, four, keys, values);
        QVERIFY(without < 0.02 && eight < 2 * without + 0.01);
        QVERIFY(four > 3 * eight);
        QVERIFY(keys > 2 * without && keys < four);
        QVERIFY(values > 2 * without && values < four);
        // Other maps have nothing to do with the cache.
        QCOMPARE(logits(base, "attn_q|attn_output|ffn"), logits(base + ",kv-bits=16", "attn_q|attn_output|ffn"));
        // A text that goes on reads the same numbers from the cache.
        const auto model = modelWith(base);
        WW_VERIFY(model);
        const auto session = (*model)->startSession(tokens.size(), std::uint64_t{1} << 30, context);
        WW_VERIFY(session);
        std::vector<float> last;
        for (const TokenId token : tokens) {
            const auto row = (*session)->append(std::span(&token, 1), context);
            WW_VERIFY(row);
            last.assign(row->begin(), row->end());
        }
        const auto whole = logits(base);
        const std::vector<float> end(whole.end() - static_cast<std::ptrdiff_t>(last.size()), whole.end());
        QVERIFY(test::relativeDifference(last, end) < 1e-4);
    }
};

QTEST_GUILESS_MAIN(TestGptqGroups)
#include "tst_gptq_groups.moc"
