// SPDX-License-Identifier: MIT
// The allocator against brute force and against its own promises, on random problems with fixed seeds.
#include <QtTest>

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "plan/allocation.h"
#include "plan/multiple_choice.h"
#include "tests/support/synthetic_model.h"

using ww::Allocation;
using ww::AllocationTensor;
using ww::Allocator;
using ww::ChoicePoint;
using ww::MultipleChoice;
using ww::TensorType;

namespace {

QByteArray bytes(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

/// Integer weights and values, so that every sum is exact.
std::vector<std::vector<ChoicePoint>> randomItems(std::mt19937& random, std::size_t items, std::size_t points, unsigned range)
{
    std::vector<std::vector<ChoicePoint>> all(items);
    for (auto& item : all)
        for (std::size_t p = 0; p < points; ++p)
            item.push_back({static_cast<double>(random() % range), static_cast<double>(random() % range)});
    return all;
}

/// Smallest value of any choice within the capacity.
std::optional<double> bruteForce(const std::vector<std::vector<ChoicePoint>>& items, double capacity)
{
    std::vector<std::size_t> chosen(items.size(), 0);
    std::optional<double> best;
    while (true) {
        double weight = 0;
        double value = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            weight += items[i][chosen[i]].weight;
            value += items[i][chosen[i]].value;
        }
        if (weight <= capacity && (!best || value < *best)) best = value;
        std::size_t i = 0;
        while (i < items.size() && ++chosen[i] == items[i].size()) chosen[i++] = 0;
        if (i == items.size()) return best;
    }
}

const std::vector<TensorType>& formats()
{
    static const std::vector<TensorType> kFormats = {TensorType::Q2_K, TensorType::Q3_K, TensorType::IQ4_XS,  TensorType::Q4_K,
                                                     TensorType::Q5_0, TensorType::Q5_K, TensorType::IQ3_XXS, TensorType::Q6_K,
                                                     TensorType::Q8_0, TensorType::F16};
    return kFormats;
}

/// Like the tensors of a model: shapes of an 8 B model, damage that falls by four per bit, with noise.
std::vector<AllocationTensor> modelTensors(std::size_t count, unsigned seed)
{
    static const std::pair<std::uint64_t, std::uint64_t> kShapes[] = {{4096, 4096},  {4096, 1024},  {4096, 1024}, {4096, 4096},
                                                                      {4096, 14336}, {4096, 14336}, {14336, 4096}};
    std::mt19937 random(seed);
    const auto uniform = [&random] { return static_cast<double>(random()) / static_cast<double>(std::mt19937::max()); };
    std::vector<AllocationTensor> tensors;
    for (std::size_t i = 0; i < count; ++i) {
        const auto [columns, rows] = kShapes[i % std::size(kShapes)];
        const double sensitivity = std::exp2(6 * uniform());
        AllocationTensor tensor;
        tensor.name = "tensor " + std::to_string(i);
        for (const TensorType format : formats()) {
            const double bits = ww::traits(format).bitsPerWeight();
            const double cost = sensitivity * std::exp2(-2 * bits) * (0.8 + 0.4 * uniform());
            tensor.candidates.push_back({format, *ww::rowBytes(format, columns) * rows, cost, 0});
        }
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

std::uint64_t between(const Allocator& allocator, double share)
{
    const auto low = static_cast<double>(allocator.curve().front().bytes);
    const auto high = static_cast<double>(allocator.curve().back().bytes);
    return static_cast<std::uint64_t>(low + share * (high - low));
}

/// Recomputes size and damage from the choice.
std::pair<std::uint64_t, double> sums(const std::vector<AllocationTensor>& tensors, const Allocation& allocation)
{
    std::uint64_t size = 0;
    double cost = 0;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
        size += tensors[t].candidates[allocation.choice[t]].bytes;
        cost += tensors[t].candidates[allocation.choice[t]].cost;
    }
    return {size, cost};
}

TensorType formatOf(const std::vector<AllocationTensor>& tensors, const Allocation& allocation, std::size_t tensor)
{
    return tensors[tensor].candidates[allocation.choice[tensor]].format;
}

}  // namespace

class TestAllocation : public QObject {
    Q_OBJECT

private slots:
    void theOptimumIsThatOfBruteForce()
    {
        std::mt19937 random(7);
        int improved = 0;
        for (int round = 0; round < 400; ++round) {
            const auto items = randomItems(random, 6, 4, round % 2 ? 20 : 1000);
            const MultipleChoice choice(items);
            for (int b = 0; b < 6; ++b) {
                const double capacity = static_cast<double>(random() % (round % 2 ? 80 : 4000));
                const auto expected = bruteForce(items, capacity);
                const auto best = choice.best(capacity);
                const auto quick = choice.quick(capacity);
                QCOMPARE(best.has_value(), expected.has_value());
                QCOMPARE(quick.has_value(), expected.has_value());
                if (!expected) {
                    QCOMPARE(choice.lowerBound(capacity), std::numeric_limits<double>::infinity());
                    continue;
                }
                QVERIFY(best->optimal);
                QVERIFY2(best->value <= *expected * (1 + 1e-5),
                         bytes(std::to_string(best->value) + " " + std::to_string(*expected)));
                QVERIFY(best->value >= *expected);
                QVERIFY(best->weight <= capacity);
                QVERIFY(quick->value >= best->value);
                QVERIFY(choice.lowerBound(capacity) <= *expected + 1e-9);
                if (quick->value > best->value) ++improved;
            }
        }
        QVERIFY(improved > 100);  // otherwise this would test the quick answer only
    }

    void fewStatesStillGiveAGoodAnswer()
    {
        std::mt19937 random(3);
        const MultipleChoice choice(randomItems(random, 60, 8, 100000));
        for (const double capacity : {1.0e6, 1.5e6, 2.0e6, 2.5e6}) {
            const auto quick = choice.quick(capacity);
            const auto limited = choice.best(capacity, 3);
            QVERIFY(limited->weight <= capacity);
            QVERIFY(limited->value <= quick->value);
            QVERIFY(limited->value >= choice.lowerBound(capacity));
        }
    }

    void degenerateItems()
    {
        // One point; equal points; equal weights; equal values; zero weights.
        const MultipleChoice choice({{{5, 1}}, {{3, 3}, {3, 3}}, {{2, 9}, {2, 4}, {2, 7}}, {{1, 6}, {8, 6}}, {{0, 5}, {0, 0}}});
        QCOMPARE(choice.curve().size(), std::size_t{1});
        const auto best = choice.best(11);
        QVERIFY(best.has_value());
        QCOMPARE(best->value, 14.0);
        QCOMPARE(best->chosen[2], 1u);
        QVERIFY(!choice.best(10.5));
        QVERIFY(!choice.best(std::numeric_limits<double>::quiet_NaN()));
        QVERIFY(choice.best(std::numeric_limits<double>::infinity())->optimal);

        const MultipleChoice none({});
        QCOMPARE(none.best(0)->value, 0.0);
        QVERIFY(!none.best(-1));
    }

    void theCurveIsConvexAndTrue()
    {
        const auto tensors = modelTensors(226, 1);
        const auto allocator = Allocator::create(tensors).value();
        const auto& curve = allocator.curve();
        QVERIFY(curve.size() > 226 * 5);
        for (std::size_t k = 1; k < curve.size(); ++k) {
            QVERIFY(curve[k].bytes > curve[k - 1].bytes);
            QVERIFY(curve[k].cost < curve[k - 1].cost);
        }
        for (std::size_t k = 0; k < curve.size(); k += 97) {
            const auto allocation = allocator.quick(curve[k].bytes).value();
            const auto [size, cost] = sums(tensors, allocation);
            QCOMPARE(size, allocation.bytes);
            QCOMPARE(cost, allocation.cost);
            QCOMPARE(size, curve[k].bytes);
            QVERIFY(std::abs(cost - curve[k].cost) <= 1e-12 * cost);
            // At its own size a point of the curve is the optimum.
            QVERIFY(std::abs(cost - allocator.lowerBound(curve[k].bytes)) <= 1e-12 * cost);
        }
    }

    void budgetsAreKeptAndUsed()
    {
        const auto tensors = modelTensors(226, 2);
        const auto allocator = Allocator::create(tensors).value();
        double previous = std::numeric_limits<double>::infinity();
        for (int i = 0; i <= 40; ++i) {
            const std::uint64_t budget = between(allocator, i / 40.0) + 1000;
            const auto quick = allocator.quick(budget).value();
            const auto best = allocator.best(budget).value();
            const double bound = allocator.lowerBound(budget);
            QVERIFY(quick.bytes <= budget && best.bytes <= budget);
            QCOMPARE(sums(tensors, best), (std::pair(best.bytes, best.cost)));
            QVERIFY(best.optimal);
            QVERIFY(best.cost <= quick.cost);
            QVERIFY(best.cost >= bound * (1 - 1e-12));
            // Near the top, with half of the weights in F16, the whole damage is as small as a single step.
            if (i < 20) QVERIFY(best.cost <= bound * 1.002 && quick.cost <= best.cost * 1.01);
            QVERIFY2(best.cost <= previous * (1 + 1e-5), "a larger budget must not cost more");
            previous = best.cost;
        }
    }

    void theInverseProblem()
    {
        const auto tensors = modelTensors(80, 3);
        const auto allocator = Allocator::create(tensors).value();
        for (const double share : {0.01, 0.1, 0.3, 0.6, 0.95}) {
            const auto there = allocator.best(between(allocator, share)).value();
            const auto back = allocator.bestForCost(there.cost).value();
            const auto quick = allocator.quickForCost(there.cost).value();
            QVERIFY(back.cost <= there.cost * (1 + 1e-9));
            QVERIFY(quick.cost <= there.cost * (1 + 1e-9));
            QVERIFY(back.bytes <= quick.bytes);
            QVERIFY(static_cast<double>(back.bytes) <= static_cast<double>(there.bytes) * (1 + 1e-5));
            QVERIFY(back.optimal);
            QCOMPARE(sums(tensors, back), (std::pair(back.bytes, back.cost)));
        }
        const auto refused = allocator.bestForCost(allocator.curve().back().cost * 0.9);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ww::ErrorCode::InvalidArgument);
        QCOMPARE(allocator.bestForCost(1e9)->bytes, allocator.curve().front().bytes);
        const auto small = allocator.best(allocator.curve().front().bytes - 1);
        QVERIFY(!small);
        QCOMPARE(small.error().code, ww::ErrorCode::TooShort);
    }

    void dominatedFormatsChangeNothing()
    {
        auto tensors = modelTensors(40, 4);
        const auto before = Allocator::create(tensors).value();
        for (auto& tensor : tensors) {
            const auto& q4 = tensor.candidates[3];
            tensor.candidates.push_back({TensorType::Q4_1, q4.bytes + 32, q4.cost * 1.001, 0});
        }
        const auto after = Allocator::create(tensors).value();
        for (const double share : {0.05, 0.2, 0.4, 0.8}) {
            const auto budget = between(before, share);
            QCOMPARE(after.best(budget)->choice, before.best(budget)->choice);
        }
    }

    void pinsMinimumsAndAllowedFormats()
    {
        auto tensors = modelTensors(30, 5);
        tensors[3].pin = TensorType::F16;
        tensors[4].pin = TensorType::Q2_K;
        tensors[5].minimum = TensorType::Q6_K;
        const std::vector<TensorType> allowed = {TensorType::Q3_K, TensorType::Q4_K, TensorType::Q6_K, TensorType::Q8_0};
        const auto allocator = Allocator::create(tensors, allowed).value();
        std::set<TensorType> seen;
        for (const double share : {0.0, 0.1, 0.3, 0.7, 1.0}) {
            const auto allocation = allocator.best(between(allocator, share)).value();
            QCOMPARE(formatOf(tensors, allocation, 3), TensorType::F16);
            QCOMPARE(formatOf(tensors, allocation, 4), TensorType::Q2_K);
            QVERIFY(ww::traits(formatOf(tensors, allocation, 5)).bitsPerWeight() >= ww::traits(TensorType::Q6_K).bitsPerWeight());
            for (std::size_t t = 6; t < tensors.size(); ++t) {
                QVERIFY(std::ranges::find(allowed, formatOf(tensors, allocation, t)) != allowed.end());
                seen.insert(formatOf(tensors, allocation, t));
            }
        }
        QCOMPARE(seen.size(), allowed.size());
    }

    void groupsShareAFormat()
    {
        auto tensors = modelTensors(21, 6);
        tensors[0].group = tensors[1].group = tensors[2].group = 1;
        tensors[7].group = tensors[10].group = 9;
        std::ranges::reverse(tensors[1].candidates);
        std::erase_if(tensors[2].candidates, [](const auto& c) { return c.format == TensorType::Q4_K; });
        // A second method for the same format: the better one is used.
        tensors[10].candidates.push_back(tensors[10].candidates[3]);
        tensors[10].candidates.back().cost /= 2;
        tensors[10].candidates.back().method = 1;
        const auto allocator = Allocator::create(tensors).value();
        for (int i = 0; i <= 20; ++i) {
            const auto allocation = allocator.best(between(allocator, i / 20.0)).value();
            const auto [size, cost] = sums(tensors, allocation);
            QCOMPARE(size, allocation.bytes);
            QVERIFY(std::abs(cost - allocation.cost) <= 1e-12 * cost);  // groups are summed first
            QCOMPARE(formatOf(tensors, allocation, 1), formatOf(tensors, allocation, 0));
            QCOMPARE(formatOf(tensors, allocation, 2), formatOf(tensors, allocation, 0));
            QVERIFY(formatOf(tensors, allocation, 0) != TensorType::Q4_K);
            QCOMPARE(formatOf(tensors, allocation, 7), formatOf(tensors, allocation, 10));
            if (formatOf(tensors, allocation, 10) == TensorType::Q4_K)
                QCOMPARE(tensors[10].candidates[allocation.choice[10]].method, 1u);
        }
        tensors[0].pin = TensorType::Q6_K;
        const auto pinned = Allocator::create(tensors).value();
        QCOMPARE(formatOf(tensors, pinned.best(between(pinned, 0)).value(), 2), TensorType::Q6_K);
    }

    void refusesWhatCannotBe_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("pin") << 0 << QByteArray("pinned to IQ1_S");
        QTest::newRow("minimum") << 1 << QByteArray("at least the bits of F32");
        QTest::newRow("no candidates") << 2 << QByteArray("None of the allowed formats");
        QTest::newRow("group") << 3 << QByteArray("no format in common");
        QTest::newRow("NaN") << 4 << QByteArray("is not a number");
        QTest::newRow("negative") << 5 << QByteArray("is not a number");
        QTest::newRow("huge") << 6 << QByteArray("too large");
    }
    void refusesWhatCannotBe()
    {
        QFETCH(int, which);
        QFETCH(QByteArray, message);
        auto tensors = modelTensors(3, 1);
        switch (which) {
        case 0: tensors[1].pin = TensorType::IQ1_S; break;
        case 1: tensors[1].minimum = TensorType::F32; break;
        case 2: tensors[1].candidates.clear(); break;
        case 3:
            tensors[0].group = tensors[1].group = 4;
            tensors[0].pin = TensorType::Q8_0;
            tensors[1].pin = TensorType::Q6_K;
            break;
        case 4: tensors[1].candidates[2].cost = std::numeric_limits<double>::quiet_NaN(); break;
        case 5: tensors[1].candidates[2].cost = -1; break;
        default: tensors[1].candidates[2].bytes = ~std::uint64_t{0}; break;
        }
        const auto allocator = Allocator::create(tensors);
        QVERIFY(!allocator);
        QCOMPARE(allocator.error().code, ww::ErrorCode::InvalidArgument);
        QCOMPARE(bytes(allocator.error().tensor), QByteArray("tensor 1"));
        QVERIFY2(bytes(allocator.error().message).contains(message), bytes(allocator.error().message));
        QVERIFY(Allocator::create({}).has_value());
        QCOMPARE(Allocator::create({})->best(0)->bytes, quint64{0});
    }

    void pricesAreWhatTheStepsChange()
    {
        auto tensors = modelTensors(20, 8);
        tensors[0].group = tensors[4].group = 2;
        const auto allocator = Allocator::create(tensors).value();
        const auto allocation = allocator.best(between(allocator, 0.3)).value();
        const auto prices = allocator.prices(allocation);
        int checked = 0;
        for (std::size_t t = 0; t < tensors.size(); ++t) {
            for (const auto& step : {prices[t].up, prices[t].down}) {
                if (!step) continue;
                Allocation changed = allocation;
                changed.choice[t] = step->candidate;
                if (t == 0) changed.choice[4] = (&step == &prices[t].up ? prices[4].up : prices[4].down).value_or(*step).candidate;
                if (t == 0 || t == 4) continue;  // checked as a group below
                const auto [size, cost] = sums(tensors, changed);
                QCOMPARE(static_cast<std::int64_t>(size) - static_cast<std::int64_t>(allocation.bytes), step->bytes);
                QVERIFY(std::abs(cost - allocation.cost - step->cost) < 1e-12);
                ++checked;
            }
            if (prices[t].up) QVERIFY(prices[t].up->bytes > 0 && prices[t].up->cost < 0);
            if (prices[t].down) QVERIFY(prices[t].down->bytes < 0 && prices[t].down->cost > 0);
        }
        QVERIFY(checked > 18);
        Allocation group = allocation;
        group.choice[0] = prices[0].up->candidate;
        group.choice[4] = prices[4].up->candidate;
        QCOMPARE(static_cast<std::int64_t>(sums(tensors, group).first - allocation.bytes), prices[0].up->bytes);
        QCOMPARE(prices[0].up->bytes, prices[4].up->bytes);

        const auto top = allocator.prices(allocator.best(between(allocator, 1)).value());
        QVERIFY(std::ranges::none_of(top, [](const auto& p) { return p.up.has_value(); }));
        const auto bottom = allocator.prices(allocator.best(between(allocator, 0)).value());
        QVERIFY(std::ranges::none_of(bottom, [](const auto& p) { return p.down.has_value(); }));
    }

    void candidateFormatsFitTheRows()
    {
        const std::vector<TensorType> allowed = {TensorType::IQ2_XXS, TensorType::Q4_K, TensorType::IQ4_XS, TensorType::IQ3_XXS,
                                                 TensorType::Q6_K,    TensorType::Q8_0, TensorType::Q1_0};
        using Types = std::vector<TensorType>;
        const auto wide = ww::test::tensorInfo("blk.0.attn_q.weight", {256, 8});
        QCOMPARE(ww::candidateFormats(wide, allowed, true),
                 (Types{TensorType::Q8_0, TensorType::Q6_K, TensorType::Q4_K, TensorType::IQ4_XS, TensorType::IQ3_XXS,
                        TensorType::IQ2_XXS, TensorType::Q1_0}));
        QCOMPARE(ww::candidateFormats(wide, allowed, false),
                 (Types{TensorType::Q8_0, TensorType::Q6_K, TensorType::Q4_K, TensorType::IQ4_XS, TensorType::Q1_0}));
        const auto narrow = ww::test::tensorInfo("blk.0.attn_q.weight", {64, 8});
        QCOMPARE(ww::candidateFormats(narrow, allowed, true), (Types{TensorType::Q8_0, TensorType::Q5_0, TensorType::IQ4_NL}));
        QCOMPARE(ww::candidateFormats(ww::test::tensorInfo("x", {7, 8}), allowed, true), Types{TensorType::F16});
        QVERIFY(ww::candidateFormats(wide, {}, true).empty());
    }

    void answersAreInstant()
    {
        // The bounds leave room for slow and instrumented builds; the figures are printed.
        for (const auto& [count, limitMs] : {std::pair(std::size_t{300}, 100), std::pair(std::size_t{20000}, 500)}) {
            QElapsedTimer timer;
            timer.start();
            const auto allocator = Allocator::create(modelTensors(count, 1)).value();
            const auto createUs = timer.nsecsElapsed() / 1000;
            timer.restart();
            const auto quick = allocator.quick(between(allocator, 0.2));
            const auto quickUs = timer.nsecsElapsed() / 1000;
            timer.restart();
            const auto best = allocator.best(between(allocator, 0.2));
            const auto bestUs = timer.nsecsElapsed() / 1000;
            qInfo("%zu tensors: prepare %lld us, slider %lld us, optimum %lld us", count, createUs, quickUs, bestUs);
            QVERIFY(quick.has_value() && best.has_value());
            QVERIFY(quickUs < limitMs * 1000);
        }
    }
};

QTEST_APPLESS_MAIN(TestAllocation)
#include "tst_allocation.moc"
