// SPDX-License-Identifier: MIT
// Methods that round the inputs of layers: what their papers promise.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "base/thread_pool.h"
#include "formats/block_format.h"
#include "methods/fp8.h"
#include "methods/input_transforms.h"
#include "methods/quantizer.h"
#include "model/linear.h"

using namespace ww;

namespace {

constexpr std::size_t kTokens = 64;
constexpr std::size_t kInputs = 512;
constexpr std::size_t kOutputs = 96;
constexpr std::size_t kOutliers[] = {7, 200, 411};

std::vector<float> normalValues(std::size_t count, unsigned seed, float size)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, size);
    std::vector<float> values(count);
    for (float& v : values) v = normal(random);
    return values;
}

std::vector<float> inputs(bool outliers)
{
    auto x = normalValues(kTokens * kInputs, 1, 1);
    for (float& v : x) v = std::clamp(v, -4.0F, 4.0F);
    if (outliers)
        for (std::size_t t = 0; t < kTokens; ++t)
            for (const std::size_t c : kOutliers) x[t * kInputs + c] *= 40;
    return x;
}

LayerInputs statisticsOf(const std::vector<float>& x)
{
    LayerInputs s;
    s.meanSquares.assign(kInputs, 0);
    s.absMax.assign(kInputs, 0);
    s.magnitudes.assign(kMagnitudeBins, 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
        s.meanSquares[i % kInputs] += x[i] * x[i] / kTokens;
        s.absMax[i % kInputs] = std::max(s.absMax[i % kInputs], std::fabs(x[i]));
        ++s.magnitudes[magnitudeBin(x[i])];
    }
    return s;
}

std::vector<float> product(const std::vector<float>& weight, const std::vector<float>& x, std::span<const LinearPart> parts,
                           std::size_t threads = 1)
{
    ThreadPool pool(threads);
    const JobContext context{pool};
    std::vector<float> y(kTokens * kOutputs);
    const LinearWeights map{weight.data(), nullptr, kInputs, kOutputs, parts};
    const bool done = project(map, {x.data(), kInputs}, 1, 0, {y.data(), kOutputs}, RowCount{2, kTokens / 2}, context).has_value();
    return done ? y : std::vector<float>();
}

double relativeError(const std::vector<float>& a, const std::vector<float>& b)
{
    if (a.size() != b.size() || b.empty()) return std::numeric_limits<double>::infinity();
    double difference = 0;
    double whole = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        whole += std::pow(static_cast<double>(b[i]), 2);
    }
    return difference / whole;
}

/// Output of the layer with a method, weights included.
std::vector<float> output(const char* spec, const std::vector<float>& weight, const std::vector<float>& x, std::size_t threads = 1,
                          bool statistics = true)
{
    const auto method = parseMethod(spec);
    if (!method) return {};
    const LayerInputs known = statisticsOf(x);
    RowBatch batch{.values = weight.data(), .rowCount = kOutputs, .columns = kInputs, .options = &method->values};
    if (statistics) batch.inputs = &known;
    std::vector<float> changed(weight.size());
    if (!method->quantizer->quantize(batch, TensorType::F32, std::as_writable_bytes(std::span(changed)))) return {};
    const auto transform = method->quantizer->inputTransform(method->values, statistics ? &known : nullptr);
    const LinearPart part{kOutputs, transform, transform && transform->needsExactWeights() ? weight.data() : nullptr};
    return product(changed, x, std::span(&part, 1), threads);
}

double errorOf(const char* spec, bool outliers)
{
    const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
    const auto x = inputs(outliers);
    return relativeError(output(spec, weight, x), product(weight, x, {}));
}

}  // namespace

class TestInputTransforms : public QObject {
    Q_OBJECT
private slots:
    void llmInt8WithThresholdZeroIsTheFloatProduct()
    {
        const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
        for (const bool outliers : {false, true}) {
            const auto x = inputs(outliers);
            QCOMPARE(output("llm-int8:threshold=0", weight, x), product(weight, x, {}));
        }
        // With 8-bit weights for outliers it is the product with those.
        const auto x = inputs(true);
        auto rounded = weight;
        for (std::size_t r = 0; r < kOutputs; ++r) roundSymmetric(std::span(rounded).subspan(r * kInputs, kInputs), 8);
        QVERIFY(relativeError(output("llm-int8:threshold=0,outliers=int8", weight, x), product(rounded, x, {})) < 1e-12);
    }

    void llmInt8WithoutOutliersIsVectorWise()
    {
        const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
        const auto x = inputs(true);
        QCOMPARE(output("llm-int8:threshold=1e30", weight, x), output("w8a8-dynamic", weight, x));
        const auto calm = inputs(false);
        QCOMPARE(output("llm-int8", weight, calm), output("llm-int8:threshold=100", weight, calm));
    }

    void outlierColumnsAreFound()
    {
        const auto x = inputs(true);
        std::size_t before = kInputs + 1;
        for (const float threshold : {0.0F, 2.0F, 3.5F, 6.0F, 1000.0F}) {
            const auto found = outlierTransform({.threshold = threshold})->inspect(x.data(), kInputs, kTokens, kInputs).exactColumns;
            QVERIFY(found.size() <= before);
            before = found.size();
            if (threshold == 6.0F) QVERIFY(std::ranges::equal(found, kOutliers));
        }
        const auto order = columnOrder(statisticsOf(x).meanSquares);
        for (const std::size_t c : kOutliers)
            QVERIFY(std::find(order.end() - 3, order.end(), c) != order.end());
    }

    void ordersOfThePapers()
    {
        const double naive = errorOf("w8a8-dynamic", true);
        QVERIFY(naive > 10 * errorOf("w8a8-dynamic", false));
        QVERIFY(errorOf("llm-int8", true) < naive / 20);
        QVERIFY(errorOf("llm-int8", true) < errorOf("llm-int8:outliers=int8", true));
        QVERIFY(errorOf("w8a8-dynamic:scale=group,group=32", true) < naive / 3);
        QVERIFY(errorOf("w8a8-static", true) > naive);
        QVERIFY(errorOf("w8a8-dynamic:scale=tensor", true) <= 1.001 * errorOf("w8a8-static", true));
        QVERIFY(errorOf("fp8-e4m3:activations=token", true) < errorOf("fp8-e5m2:activations=token", true));
        QVERIFY(errorOf("atom:keep=128,activation-bits=16", true) < errorOf("atom:keep=128", true));
        double before = std::numeric_limits<double>::infinity();
        for (const char* spec : {"atom:keep=0", "atom:keep=32", "atom", "atom:keep=512"}) {
            const double now = errorOf(spec, true);
            QVERIFY2(now < before, spec);
            before = now;
        }
    }

    void staticRanges()
    {
        const auto x = inputs(true);
        const LayerInputs known = statisticsOf(x);
        const float most = *std::ranges::max_element(known.absMax);
        QCOMPARE(known.limit(100), most);
        for (const double percent : {50.0, 90.0, 99.0, 99.9}) {
            const float limit = known.limit(percent);
            std::size_t inside = 0;
            std::size_t wellInside = 0;
            for (const float v : x) {
                inside += std::fabs(v) <= limit ? 1 : 0;
                wellInside += std::fabs(v) <= limit * 0.96F ? 1 : 0;
            }
            QVERIFY(static_cast<double>(inside) >= percent / 100 * static_cast<double>(x.size()));
            QVERIFY(static_cast<double>(wellInside) < percent / 100 * static_cast<double>(x.size()));
        }
        // The calibration text itself is not clipped: no value moves by more than half a step.
        auto row = std::vector<float>(x.begin(), x.begin() + kInputs);
        staticTransform(8, most)->apply(row, {});
        for (std::size_t i = 0; i < kInputs; ++i) QVERIFY(std::fabs(row[i] - x[i]) <= most / 127 * 0.5001F);
    }

    void edges()
    {
        std::vector<float> zeros(kInputs, 0.0F);
        for (const auto& transform : {tokenTransform(8, 0), tokenTransform(4, 100), windowTransform(8), staticTransform(8, 0),
                                      floatTransform({.round = roundToE4M3, .largest = 448}), llamaCppTransform(TensorType::Q4_K),
                                      llamaCppTransform(TensorType::Q4_0), outlierTransform({})}) {
            auto row = zeros;
            transform->apply(row, {});
            QCOMPARE(row, zeros);
        }
        // 16 bits leave inputs alone; one token alone has the scale of its window; powers of two change no code.
        const auto x = normalValues(kInputs, 5, 1);
        auto row = x;
        tokenTransform(16, 0)->apply(row, {});
        QCOMPARE(row, x);
        auto byToken = x;
        auto byWindow = x;
        tokenTransform(8, 0)->apply(byToken, {});
        windowTransform(8)->apply(byWindow, windowTransform(8)->inspect(x.data(), kInputs, 1, kInputs));
        QCOMPARE(byWindow, byToken);
        auto doubled = x;
        for (float& v : doubled) v *= 1024;
        tokenTransform(8, 0)->apply(doubled, {});
        for (std::size_t i = 0; i < kInputs; ++i) QCOMPARE(doubled[i], byToken[i] * 1024);
        QVERIFY(!llamaCppTransform(TensorType::F32));
    }

    // Codes multiplied and added up as whole numbers, then scaled: what the simulation in floats computes.
    void wholeNumbersGiveTheSameProducts()
    {
        const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
        const auto x = inputs(true);
        struct Codes {
            std::vector<int> codes;
            double scale = 0;
        };
        const auto coded = [](std::span<const float> row, const auto& counts) {
            Codes result;
            float most = 0;
            for (std::size_t c = 0; c < row.size(); ++c) most = std::max(most, counts(c) ? std::fabs(row[c]) : 0.0F);
            result.scale = static_cast<double>(most) / 127;
            for (std::size_t c = 0; c < row.size(); ++c)
                result.codes.push_back(counts(c) ? static_cast<int>(std::nearbyint(static_cast<double>(row[c]) / result.scale)) : 0);
            return result;
        };
        const auto all = [](std::size_t) { return true; };
        const auto calm = [](std::size_t c) { return std::ranges::find(kOutliers, c) == std::end(kOutliers); };
        const auto whole = [&](const auto& counts, std::size_t group, bool wholeWindow) {
            std::vector<float> y;
            double windowScale = 0;
            for (const float v : x) windowScale = std::max(windowScale, static_cast<double>(std::fabs(v)) / 127);
            std::vector<Codes> rows;
            for (std::size_t r = 0; r < kOutputs; ++r) rows.push_back(coded(std::span(weight).subspan(r * kInputs, kInputs), all));
            for (std::size_t t = 0; t < kTokens; ++t)
                for (std::size_t r = 0; r < kOutputs; ++r) {
                    double sum = 0;
                    for (std::size_t first = 0; first < kInputs; first += group) {
                        const auto part = std::span(x).subspan(t * kInputs + first, group);
                        Codes tokens = coded(part, [&](std::size_t c) { return counts(first + c); });
                        if (wholeWindow) {
                            tokens.scale = windowScale;
                            for (std::size_t c = 0; c < group; ++c) tokens.codes[c] = static_cast<int>(std::nearbyint(static_cast<double>(part[c]) / windowScale));
                        }
                        std::int32_t product = 0;
                        for (std::size_t c = 0; c < group; ++c) product += tokens.codes[c] * rows[r].codes[first + c];
                        sum += static_cast<double>(product) * tokens.scale * rows[r].scale;
                    }
                    for (std::size_t c = 0; c < kInputs; ++c)
                        if (!counts(c)) sum += static_cast<double>(x[t * kInputs + c]) * static_cast<double>(weight[r * kInputs + c]);
                    y.push_back(static_cast<float>(sum));
                }
            return y;
        };
        QVERIFY(relativeError(output("w8a8-dynamic", weight, x), whole(all, kInputs, false)) < 1e-10);
        QVERIFY(relativeError(output("w8a8-dynamic:scale=group,group=32", weight, x), whole(all, 32, false)) < 1e-10);
        QVERIFY(relativeError(output("llm-int8", weight, x), whole(calm, kInputs, false)) < 1e-10);
        // One scale for all, which the calibration fixed.
        QVERIFY(relativeError(output("w8a8-static", weight, x), whole(all, kInputs, true)) < 1e-10);
        QVERIFY(relativeError(whole(all, kInputs, false), product(weight, x, {})) > 1e-6);
    }

    // Which column is which does not matter, nor what other windows hold; a token of zeros stays one, and one token alone is a window.
    void columnsAndWindowsOfLlmInt8()
    {
        const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
        auto x = inputs(true);
        std::fill_n(x.begin() + 3 * kInputs, kInputs, 0.0F);
        const auto y = output("llm-int8", weight, x);
        QCOMPARE(y.size(), kTokens * kOutputs);
        for (std::size_t r = 0; r < kOutputs; ++r) QCOMPARE(y[3 * kOutputs + r], 0.0F);
        std::vector<std::size_t> order(kInputs);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::shuffle(order.begin(), order.end(), std::mt19937(3));
        auto movedWeight = weight;
        auto movedInputs = x;
        for (std::size_t c = 0; c < kInputs; ++c) {
            for (std::size_t r = 0; r < kOutputs; ++r) movedWeight[r * kInputs + c] = weight[r * kInputs + order[c]];
            for (std::size_t t = 0; t < kTokens; ++t) movedInputs[t * kInputs + c] = x[t * kInputs + order[c]];
        }
        QVERIFY(relativeError(output("llm-int8", movedWeight, movedInputs), y) < 1e-11);

        auto other = x;
        for (std::size_t i = other.size() / 2; i < other.size(); ++i) other[i] *= 100;  // the second window
        const auto otherY = output("llm-int8", weight, other);
        QVERIFY(std::equal(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(y.size() / 2), otherY.begin()));

        const auto transform = outlierTransform({});
        auto alone = std::vector<float>(x.begin(), x.begin() + kInputs);
        const InputSegment segment = transform->inspect(alone.data(), kInputs, 1, kInputs);
        std::vector<std::uint32_t> expected;
        for (std::uint32_t c = 0; c < kInputs; ++c)
            if (std::fabs(alone[c]) >= 6) expected.push_back(c);
        QVERIFY(!expected.empty() && segment.exactColumns == expected);
        auto rest = alone;
        for (const std::uint32_t c : expected) rest[c] = 0;
        roundSymmetric(rest, 8);
        transform->apply(alone, segment);
        QCOMPARE(alone, rest);
    }

    // A scale of each token's own is no worse for it than one for all that clips nothing.
    void dynamicScalesAreNoWorse()
    {
        const auto x = inputs(true);
        const float most = statisticsOf(x).limit(100);
        double gained = 0;
        for (std::size_t t = 0; t < kTokens; ++t) {
            const std::vector<float> row(x.begin() + static_cast<std::ptrdiff_t>(t * kInputs), x.begin() + static_cast<std::ptrdiff_t>((t + 1) * kInputs));
            auto dynamic = row;
            auto fixed = row;
            tokenTransform(8, 0)->apply(dynamic, {});
            staticTransform(8, most)->apply(fixed, {});
            QVERIFY(relativeError(dynamic, row) <= 1.05 * relativeError(fixed, row));
            gained += relativeError(fixed, row) / relativeError(dynamic, row) / kTokens;
        }
        QVERIFY(gained > 2);
    }

    // Without columns that are kept and with exact inputs, Atom is plain 4 bits in groups of the ordered columns.
    void atomWithoutItsExceptions()
    {
        const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
        const auto x = inputs(true);
        const auto order = columnOrder(statisticsOf(x).meanSquares);
        auto changed = weight;
        for (std::size_t r = 0; r < kOutputs; ++r)
            for (std::size_t first = 0; first < kInputs; first += 128) {
                std::vector<float> group;
                for (std::size_t i = first; i < first + 128; ++i) group.push_back(weight[r * kInputs + order[i]]);
                roundSymmetric(group, 4, 0.85F);
                for (std::size_t i = first; i < first + 128; ++i) changed[r * kInputs + order[i]] = group[i - first];
            }
        QVERIFY(relativeError(output("atom:keep=0,activation-bits=16,activation-clip=1", weight, x), product(changed, x, {})) < 1e-12);
        QVERIFY(relativeError(product(changed, x, {}), product(weight, x, {})) > 1e-3);
    }

    // All columns kept: plain 8 bits in groups. An order of the columns is only that: rounding in it and rounding the columns as they
    // then stand are the same. With 16 bits nothing happens to those that are not kept.
    void atomIsAnOrderAndAKeeper()
    {
        const auto x = inputs(true);
        const std::vector<float> first(x.begin(), x.begin() + kInputs);
        std::vector<std::uint32_t> asIs(kInputs);
        std::iota(asIs.begin(), asIs.end(), 0U);
        auto kept = first;
        roundAtom(kept, {.order = asIs, .keep = kInputs, .group = 128});
        auto grouped = first;
        tokenTransform(8, 128)->apply(grouped, {});
        QCOMPARE(kept, grouped);

        const auto order = columnOrder(statisticsOf(x).meanSquares);
        auto ordered = first;
        roundAtom(ordered, {.order = order});
        std::vector<float> moved(kInputs);
        for (std::size_t i = 0; i < kInputs; ++i) moved[i] = first[order[i]];
        roundAtom(moved, {.order = asIs});
        for (std::size_t i = 0; i < kInputs; ++i) QCOMPARE(ordered[order[i]], moved[i]);

        auto exact = first;
        roundAtom(exact, {.order = order, .keep = 0, .bits = 16, .clip = 1});
        QCOMPARE(exact, first);
    }

    void llamaCppBlocksAreThoseOfQ8()
    {
        const auto x = normalValues(kInputs, 6, 1);
        std::vector<std::byte> blocks(*rowBytes(TensorType::Q8_0, kInputs));
        std::vector<float> expected(kInputs);
        const BlockFormat* format = findBlockFormat(TensorType::Q8_0);
        format->encodeRow(x.data(), blocks.data(), kInputs, nullptr);
        format->decodeRow(blocks.data(), expected.data(), kInputs);
        auto row = x;
        llamaCppTransform(TensorType::Q4_0)->apply(row, {});
        QVERIFY(relativeError(row, expected) < 1e-9);
        // Of 256 values, the one of largest magnitude is kept exactly but for the division.
        auto super = x;
        llamaCppTransform(TensorType::Q6_K)->apply(super, {});
        const auto largest = std::max_element(x.begin(), x.begin() + 256, [](float a, float b) { return std::fabs(a) < std::fabs(b); });
        QVERIFY(std::fabs(super[static_cast<std::size_t>(largest - x.begin())] / *largest - 1) < 1e-6F);
    }

    void resultsDoNotDependOnThreads()
    {
        const auto weight = normalValues(kOutputs * kInputs, 2, 0.02F);
        const auto x = inputs(true);
        for (const char* spec : {"w8a8-dynamic", "w8a8-dynamic:scale=tensor", "w8a8-static", "llm-int8", "atom", "fp8-e4m3:activations=tensor"})
            QCOMPARE(output(spec, weight, x, 3), output(spec, weight, x, 1));
        // Without statistics the methods still work.
        for (const char* spec : {"w8a8-static", "atom"}) QVERIFY(!output(spec, weight, x, 1, false).empty());
    }
};

QTEST_APPLESS_MAIN(TestInputTransforms)
#include "tst_input_transforms.moc"
