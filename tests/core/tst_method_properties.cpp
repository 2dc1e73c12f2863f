// SPDX-License-Identifier: MIT
// What the papers' equations imply for each method, whatever the numbers.
#include <QtTest>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "formats/block_format.h"
#include "methods/fp8.h"
#include "methods/gptq.h"
#include "methods/input_transforms.h"
#include "methods/nf4.h"
#include "methods/quantizer.h"
#include "tensor/float8.h"
#include "tensor/float_convert.h"
#include "tests/support/verify.h"

using namespace ww;

namespace {

std::vector<float> normalValues(std::size_t count, unsigned seed, float size = 0.02F, float shift = 0)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(shift, size);
    std::vector<float> values(count);
    for (float& v : values) v = normal(random);
    return values;
}

/// What the method makes of rows, decoded again; empty after an error.
std::vector<float> stored(const std::string& spec, TensorType format, const std::vector<float>& values, std::size_t columns,
                          const float* importance = nullptr)
{
    const auto method = parseMethod(spec);
    const auto bytes = rowBytes(format, columns);
    if (!method || !bytes) return {};
    const std::size_t rows = values.size() / columns;
    std::vector<std::byte> blocks(*bytes * rows);
    const RowBatch batch{.values = values.data(), .rowCount = rows, .columns = columns, .importance = importance, .options = &method->values};
    if (!method->quantizer->quantize(batch, format, blocks)) return {};
    std::vector<float> out(values.size());
    if (!decodeRows(format, blocks, 0, rows, columns, out.data())) return {};
    return out;
}
std::vector<float> simulated(const std::string& spec, const std::vector<float>& row) { return stored(spec, TensorType::F32, row, row.size()); }

double relativeError(const std::vector<float>& values, const std::vector<float>& changed)
{
    if (changed.size() != values.size()) return -1;
    double error = 0;
    double whole = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        error += std::pow(static_cast<double>(values[i]) - static_cast<double>(changed[i]), 2);
        whole += std::pow(static_cast<double>(values[i]), 2);
    }
    return error / whole;
}

double largestMagnitude(std::span<const float> values)
{
    double most = 0;
    for (const float v : values) most = std::max(most, std::fabs(static_cast<double>(v)));
    return most;
}

/// The point below which this share of a standard normal distribution lies.
double normalQuantile(double share)
{
    double low = -10;
    double high = 10;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::numbers::sqrt2) < share ? low : high) = middle;
    }
    return low;
}

/// All values of an 8-bit float by its definition, ascending from 0.
std::vector<double> positiveFloats(int exponentBits, int mantissaBits, int codes)
{
    std::vector<double> values;
    const int bias = (1 << (exponentBits - 1)) - 1;
    for (int code = 0; code < codes; ++code) {
        const int exponent = code >> mantissaBits;
        const double fraction = static_cast<double>(code & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
        values.push_back(exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias));
    }
    return values;
}

/// The slow way: nearest of the table, an even code in the middle.
double nearest(const std::vector<double>& table, double value)
{
    const double magnitude = std::fabs(value);
    std::size_t best = 0;
    for (std::size_t i = 1; i < table.size(); ++i) {
        const double before = magnitude - table[best];
        const double now = std::fabs(table[i] - magnitude);
        if (now < before || (now == before && i % 2 == 0)) best = i;
    }
    return std::copysign(table[best], value);
}

/// A small layer: weights, tokens that went into it with an outlier in one column, and what a calibration keeps of these.
struct Layer {
    static constexpr std::size_t kColumns = 256;
    static constexpr std::size_t kTokens = 4;  // few, so that not every column has a large input
    std::vector<float> weights = normalValues(4 * kColumns, 30, 4);
    std::vector<float> tokens = normalValues(kTokens * kColumns, 31, 2);
    std::vector<float> gram = std::vector<float>(kColumns * kColumns, 0.0F);
    LayerInputs inputs;

    Layer()
    {
        for (std::size_t t = 0; t < kTokens; ++t) tokens[t * kColumns + 33] *= 12;
        inputs.meanSquares.assign(kColumns, 0);
        inputs.absMax.assign(kColumns, 0);
        inputs.magnitudes.assign(kMagnitudeBins, 0);
        for (std::size_t t = 0; t < kTokens; ++t)
            for (std::size_t i = 0; i < kColumns; ++i) {
                const float x = tokens[t * kColumns + i];
                inputs.meanSquares[i] += x * x / kTokens;
                inputs.absMax[i] = std::max(inputs.absMax[i], std::fabs(x));
                ++inputs.magnitudes[magnitudeBin(x)];
                for (std::size_t j = 0; j < kColumns; ++j) gram[i * kColumns + j] += x * tokens[t * kColumns + j];
            }
        // The rest of a longer text, so that no damping is needed and a percentile leaves out something.
        for (std::size_t i = 0; i < kColumns; ++i) gram[i * kColumns + i] += 1;
        for (const float x : normalValues(std::size_t{1} << 15U, 32, 2)) ++inputs.magnitudes[magnitudeBin(x)];
    }

    /// All that a method makes of the layer, as bytes.
    [[nodiscard]] std::vector<std::byte> outcome(const Method& method) const
    {
        const Quantizer& quantizer = *method.quantizer;
        std::optional<GptqFactor> factor;
        if (quantizer.dataNeededFor(method.values) == MethodData::Gram) {
            auto made = factorize(gram, kColumns, kTokens, quantizer.factorOptions(method.values, &inputs));
            if (!made) return {};
            factor = std::move(*made);
        }
        std::vector<std::byte> all;
        const auto add = [&](const auto& items) {
            const auto bytes = std::as_bytes(std::span(items));
            all.insert(all.end(), bytes.begin(), bytes.end());
        };
        for (const TensorType format : {TensorType::F32, TensorType::Q4_0, TensorType::Q4_K, TensorType::IQ2_XS}) {
            if (!quantizer.supports(format) || (format != TensorType::F32 && !quantizer.exportable())) continue;
            std::vector<std::byte> out(weights.size() / kColumns * *rowBytes(format, kColumns));
            const RowBatch batch{.values = weights.data(),
                                 .rowCount = weights.size() / kColumns,
                                 .columns = kColumns,
                                 .importance = inputs.meanSquares.data(),
                                 .options = &method.values,
                                 .factor = factor ? &*factor : nullptr,
                                 .inputs = &inputs};
            if (!quantizer.quantize(batch, format, out)) return {};
            add(out);
        }
        if (const auto transform = quantizer.cacheTransform(method.values)) {
            auto head = normalValues(64, 33);
            transform->apply(head, {});
            add(head);
        }
        if (const auto transform = quantizer.inputTransform(method.values, &inputs)) {
            auto rounded = tokens;
            const InputSegment segment = transform->inspect(tokens.data(), kColumns, kTokens, kColumns);
            for (std::size_t t = 0; t < kTokens; ++t) transform->apply(std::span(rounded).subspan(t * kColumns, kColumns), segment);
            add(rounded);
            add(segment.exactColumns);
            add(std::array{transform->needsExactWeights()});
        }
        add(std::array{quantizer.analysisBitsPerWeight(method.values, kColumns)});
        add(std::array{static_cast<int>(quantizer.dataNeededFor(method.values)), static_cast<int>(quantizer.nearestFormat(method.values)),
                       static_cast<int>(quantizer.changesInputs(method.values))});
        return all;
    }
};

/// Values that an option is tried with: all choices; numbers as they are and around the limits that others name, `widely` also at
/// their ends and in between, where not every method has anything left to do.
std::vector<std::string> trials(const Quantizer& method, const MethodOption& option, bool widely)
{
    std::vector<std::string> values;
    if (option.kind == MethodOption::Kind::Choice) {
        for (const std::string_view choice : option.choices) values.emplace_back(choice);
        return values;
    }
    const double standard = std::stod(std::string(option.defaultValue));
    std::vector<double> numbers{standard};
    if (widely) numbers.insert(numbers.end(), {option.minimum, std::min(option.maximum, 512.0), standard / 2 + option.minimum / 2});
    for (const MethodOption& other : method.options())
        for (const auto& any : conditionsOf(other))
            for (const OptionCondition& condition : any)
                if (condition.option == option.name)
                    for (const double step : {-1.0, 0.0, 1.0}) numbers.push_back(std::stod(std::string(condition.value)) + step);
    for (double number : numbers) {
        if (option.kind == MethodOption::Kind::Integer) number = std::floor(number);
        std::string text = QString::number(number, 'g', 6).toStdString();
        if (number >= option.minimum && number <= option.maximum && std::ranges::find(values, text) == values.end()) values.push_back(std::move(text));
    }
    return values;
}

/// The option changes something while the others are as given.
bool matters(const Layer& layer, Method method, const MethodOption& option)
{
    std::vector<std::byte> first;
    for (const std::string& value : trials(*method.quantizer, option, true)) {
        if (!method.values.set(option.name, value)) qFatal("%s", value.c_str());
        auto outcome = layer.outcome(method);
        if (outcome.empty()) qFatal("%s", methodSpec(method).c_str());
        if (first.empty())
            first = std::move(outcome);
        else if (outcome != first)
            return true;
    }
    return false;
}

}  // namespace

class TestMethodProperties : public QObject {
    Q_OBJECT
private slots:
    void uniformStaysWithinHalfAStep()
    {
        const auto values = normalValues(1000, 1);  // the last group is shorter
        for (const int bits : {2, 3, 4, 8})
            for (const std::size_t group : {std::size_t{32}, std::size_t{128}}) {
                const std::string options = ":bits=" + std::to_string(bits) + ",group=" + std::to_string(group);
                const auto symmetric = simulated("absmax" + options, values);
                const auto affine = simulated("affine" + options, values);
                QCOMPARE(symmetric.size(), values.size());
                for (std::size_t first = 0; first < values.size(); first += group) {
                    const auto part = std::span(values).subspan(first, std::min(group, values.size() - first));
                    const auto [low, high] = std::ranges::minmax(part);
                    const double step = largestMagnitude(part) / ((1 << (bits - 1)) - 1);
                    const double range = std::max(0.0F, high) - std::min(0.0F, low);
                    for (std::size_t i = 0; i < part.size(); ++i) {
                        QVERIFY(std::fabs(static_cast<double>(part[i] - symmetric[first + i])) <= step / 2 * 1.0001);
                        // The zero-point is whole, so the ends may lie up to a step outside.
                        QVERIFY(std::fabs(static_cast<double>(part[i] - affine[first + i])) <= range / ((1 << bits) - 1) * 1.0001);
                    }
                }
                const auto again = simulated("absmax" + options, symmetric);
                for (std::size_t i = 0; i < again.size(); ++i) QVERIFY(std::fabs(again[i] - symmetric[i]) <= 1e-6F * std::fabs(symmetric[i]));
            }
    }

    void bitsAndShift()
    {
        const auto values = normalValues(4096, 2);
        double before = 0;
        for (int bits = 3; bits <= 8; ++bits) {
            const double error = relativeError(values, simulated("affine:group=0,bits=" + std::to_string(bits), values));
            if (before > 0) QVERIFY2(before / error > 3.2 && before / error < 5.5, qPrintable(QString::number(before / error)));
            before = error;
        }
        const auto shifted = normalValues(4096, 3, 0.02F, 0.05F);
        QVERIFY(relativeError(shifted, simulated("affine", shifted)) <= relativeError(shifted, simulated("absmax", shifted)));
        auto even = values;
        for (std::size_t i = 0; i < even.size(); i += 2) even[i + 1] = -even[i];
        const double ratio = relativeError(even, simulated("affine:bits=8,group=0", even)) / relativeError(even, simulated("absmax:bits=8,group=0", even));
        QVERIFY2(ratio > 0.9 && ratio < 1.1, qPrintable(QString::number(ratio)));
        for (const char* method : {"absmax", "affine"}) {
            const std::string name = method;
            QVERIFY(relativeError(shifted, simulated(name + ":clip=mse,bits=3", shifted)) <= relativeError(shifted, simulated(name + ":bits=3", shifted)));
            QVERIFY(simulated(name + ":clip=percentile,percentile=100", shifted) == simulated(name, shifted));
        }
    }

    // Σ x·s·(q − z) = s·(Σ x·q − z·Σ x), with whole q and z.
    void zeroPointExpansion()
    {
        auto row = normalValues(256, 4, 0.02F, 0.01F);
        row[17] = 0;
        const auto x = normalValues(256, 5, 1);
        const auto changed = simulated("affine:bits=4,group=0", row);
        QCOMPARE(changed[17], 0.0F);
        const auto [low, high] = std::ranges::minmax(row);
        const double step = (static_cast<double>(high) - static_cast<double>(low)) / 15;
        const double zero = std::nearbyint(-static_cast<double>(low) / step);
        double whole = 0;
        double codes = 0;
        double sum = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const double q = static_cast<double>(changed[i]) / step + zero;
            QVERIFY(std::fabs(q - std::nearbyint(q)) < 1e-4);
            QVERIFY(q > -0.001 && q < 15.001);
            whole += static_cast<double>(x[i]) * static_cast<double>(changed[i]);
            codes += static_cast<double>(x[i]) * std::nearbyint(q);
            sum += static_cast<double>(x[i]);
        }
        QVERIFY(std::fabs(whole - step * (codes - zero * sum)) < 1e-5 * std::fabs(whole) + 1e-7);
    }

    void nf4Construction()
    {
        constexpr double kLast = 0.9677083;
        std::vector<double> levels{0};
        for (int i = 0; i < 7; ++i) levels.push_back(-normalQuantile(kLast + (0.5 - kLast) * i / 7));
        for (int i = 0; i < 8; ++i) levels.push_back(normalQuantile(kLast + (0.5 - kLast) * i / 8));
        std::ranges::sort(levels);
        QCOMPARE(levels.size(), nf4Levels().size());
        for (std::size_t i = 0; i < levels.size(); ++i) QVERIFY(std::fabs(levels[i] / levels.back() - static_cast<double>(nf4Levels()[i])) < 3e-7);
        QCOMPARE(std::ranges::count(nf4Levels(), 0.0F), 1);
        // As bitsandbytes publishes them.
        constexpr std::array kPublished = {-1.0F, -0.6961928009986877F, -0.5250730514526367F, -0.39491748809814453F,
                                           -0.28444138169288635F, -0.18477343022823334F, -0.09105003625154495F, 0.0F,
                                           0.07958029955625534F, 0.16093020141124725F, 0.24611230194568634F, 0.33791524171829224F,
                                           0.44070982933044434F, 0.5626170039176941F, 0.7229568362236023F, 1.0F};
        QVERIFY(kPublished == nf4Levels());
        const auto& map = dynamicMap();
        for (std::size_t i = 1; i < map.size(); ++i) QVERIFY(map[i] > map[i - 1]);
        QCOMPARE(std::ranges::count(map, 0.0F), 1);
        QCOMPARE(std::ranges::count(map, -1.0F), 0);
        QCOMPARE(map.back(), 1.0F);
    }

    void nf4Blocks()
    {
        auto values = normalValues(100, 6);  // 64 and a shorter block
        for (std::size_t i = 0; i < 64; ++i) values[i] = i < 16 ? 0.25F * nf4Levels()[i] : 0.0F;
        const auto changed = simulated("nf4:double=off", values);
        for (std::size_t i = 0; i < 64; ++i) QCOMPARE(changed[i], values[i]);
        std::size_t largest = 64;
        for (std::size_t i = 64; i < 100; ++i)
            if (std::fabs(values[i]) > std::fabs(values[largest])) largest = i;
        QCOMPARE(std::fabs(changed[largest]), std::fabs(values[largest]));
        // A value in the middle of two levels takes the lower one.
        std::vector<float> middle(64, 0.0F);
        middle[0] = 1;
        middle[1] = (nf4Levels()[9] + nf4Levels()[8]) / 2;
        QCOMPARE(simulated("nf4:double=off", middle)[1], nf4Levels()[8]);
    }

    // The scales by the definition, bit for bit: mean taken off, blocks of 256, the nearest of the map.
    void nf4DoubleQuantization()
    {
        const auto values = normalValues(std::size_t{64} * 300, 7);
        const auto once = simulated("nf4:double=off", values);
        const auto twice = simulated("nf4", values);
        std::vector<float> scales;
        for (std::size_t b = 0; b < 300; ++b) scales.push_back(static_cast<float>(largestMagnitude(std::span(values).subspan(b * 64, 64))));
        double sum = 0;
        for (const float s : scales) sum += static_cast<double>(s);
        const auto mean = static_cast<float>(sum / 300);
        for (std::size_t b = 0; b < 300; ++b) {
            const std::size_t first = b / 256 * 256;
            float most = 0;
            for (std::size_t i = first; i < std::min<std::size_t>(300, first + 256); ++i) most = std::max(most, std::fabs(scales[i] - mean));
            const float wanted = (scales[b] - mean) / most;
            float held = dynamicMap()[0];
            for (const float level : dynamicMap())
                if (std::fabs(level - wanted) < std::fabs(held - wanted)) held = level;
            const float scale = most * held + mean;
            QVERIFY(std::fabs(scale - scales[b]) < 0.02F * scales[b]);
            for (std::size_t i = b * 64; i < b * 64 + 64; ++i) QCOMPARE(twice[i], once[i] == 0 ? 0.0F : scale * (once[i] / scales[b]));
        }
        const double plain = relativeError(values, once);
        QVERIFY(std::fabs(plain - 8.43e-3) < 0.04 * 8.43e-3);
        QVERIFY(std::fabs(relativeError(values, twice) - plain) < 0.005 * plain);
    }

    // Flattened, as QLoRA stores a matrix: neither the blocks nor the mean of the scales end with a row.
    void nf4RunsThroughTheMatrix()
    {
        const auto values = normalValues(std::size_t{96} * 40, 17);
        for (const char* spec : {"nf4", "nf4:double=off", "nf4:block=100"}) QVERIFY(stored(spec, TensorType::F32, values, 96) == simulated(spec, values));
        QVERIFY(stored("nf4", TensorType::F32, values, 96) != stored("nf4:double=off", TensorType::F32, values, 96));
        const auto method = parseMethod("nf4");
        WW_VERIFY(method);
        QVERIFY(std::fabs(method->quantizer->analysisBitsPerWeight(method->values, 4096) - 4.127) < 5e-4);
    }

    // 4096 × 4096: half a byte for each code, a byte for each block of 64, four for each 256 blocks (and four for the mean). The scales
    // are, block by block and bit for bit, what their 8 bits say.
    void nf4BytesOfALargeMatrix()
    {
        constexpr std::size_t kSide = 4096;
        constexpr std::size_t kBlocks = kSide * kSide / 64;
        const auto method = parseMethod("nf4");
        const auto plain = parseMethod("nf4:double=off");
        WW_VERIFY(method);
        WW_VERIFY(plain);
        constexpr double kValues = double{kSide} * kSide;
        QCOMPARE(method->quantizer->analysisBitsPerWeight(method->values, kSide) * kValues / 8, 8388608.0 + 262144 + 1024 * 4);
        QCOMPARE(plain->quantizer->analysisBitsPerWeight(plain->values, kSide) * kValues / 8, 8388608.0 + 4 * 262144);

        const auto scan = method->quantizer->scan(method->values, kSide, kSide, nullptr);
        auto row = normalValues(kSide, 21);
        std::vector<float> largest;
        for (std::size_t r = 0; r < kSide; ++r) {
            // The sizes of blocks wander from row to row.
            for (std::size_t b = 0; b < kSide / 64; ++b) {
                row[b * 64 + r % 64] = 0.05F + 0.001F * static_cast<float>((r * 31 + b * 17) % 97);
                largest.push_back(static_cast<float>(largestMagnitude(std::span(row).subspan(b * 64, 64))));
            }
            scan->add(row);
        }
        const auto found = scan->finish();
        QCOMPARE(found.size(), 2 * kBlocks);
        QVERIFY(std::ranges::equal(largest, std::span(found).first(kBlocks)));
        double sum = 0;
        for (const float v : largest) sum += static_cast<double>(v);
        const auto mean = static_cast<float>(sum / double{kBlocks});
        std::size_t secondScales = 0;
        for (std::size_t first = 0; first < kBlocks; first += 256, ++secondScales) {
            float most = 0;
            for (std::size_t i = first; i < first + 256; ++i) most = std::max(most, std::fabs(largest[i] - mean));
            for (std::size_t i = first; i < first + 256; ++i) {
                const float wanted = (largest[i] - mean) / most;
                const auto above = std::ranges::lower_bound(dynamicMap(), wanted);
                float held = above == dynamicMap().end() ? dynamicMap().back() : *above;
                if (above != dynamicMap().begin() && wanted - *(above - 1) <= held - wanted) held = *(above - 1);
                QVERIFY(found[kBlocks + i] == most * held + mean);
            }
        }
        QCOMPARE(secondScales, std::size_t{1024});
    }

    void scalesOfAMatrixAndOfTiles()
    {
        constexpr std::size_t kColumns = 300;
        const auto values = normalValues(kColumns * 200, 18);
        const auto whole = static_cast<float>(largestMagnitude(values));
        // Everything over one scale is what a single row of all values gives.
        for (const char* spec : {"absmax", "affine", "int8"}) {
            const bool int8 = std::string(spec) == "int8";
            const auto one = simulated(std::string(spec) + (int8 ? "" : ":group=0,bits=6"), values);
            const auto matrix = stored(std::string(spec) + (int8 ? ":scale=tensor" : ":scale=tensor,bits=6"), TensorType::F32, values, kColumns);
            QVERIFY2(one == matrix, spec);
        }
        const auto tensor = stored("fp8-e4m3:scale=tensor", TensorType::F32, values, kColumns);
        const auto tiles = stored("fp8-e4m3:scale=tile", TensorType::F32, values, kColumns);
        for (std::size_t r = 0; r < 200; ++r)
            for (std::size_t c = 0; c < kColumns; ++c) {
                float most = 0;
                for (std::size_t y = r / 128 * 128; y < std::min<std::size_t>(200, r / 128 * 128 + 128); ++y)
                    for (std::size_t x = c / 128 * 128; x < std::min(kColumns, c / 128 * 128 + 128); ++x)
                        most = std::max(most, std::fabs(values[y * kColumns + x]));
                const float v = values[r * kColumns + c];
                QCOMPARE(tiles[r * kColumns + c], most / 448 * roundToE4M3(v / (most / 448)));
                QCOMPARE(tensor[r * kColumns + c], whole / 448 * roundToE4M3(v / (whole / 448)));
            }
        // Clipping a whole matrix is never worse than not, and one scale never better than many.
        const double plain = relativeError(values, stored("affine:scale=tensor,bits=3", TensorType::F32, values, kColumns));
        const double clipped = relativeError(values, stored("affine:scale=tensor,bits=3,clip=mse", TensorType::F32, values, kColumns));
        QVERIFY(clipped <= plain);
        QVERIFY(relativeError(values, stored("affine:bits=3,clip=mse", TensorType::F32, values, kColumns)) < clipped);
    }

    // Every code by the definition of the formats; the way back, with what lies between two numbers and beyond the last.
    void fp8Codes()
    {
        constexpr float kInfinity = std::numeric_limits<float>::infinity();
        const auto check = [&](const std::vector<double>& numbers, float (*decode)(std::uint8_t), std::uint8_t (*encode)(float), unsigned infinities) {
            for (unsigned code = 0; code < 256; ++code) {
                const float value = decode(static_cast<std::uint8_t>(code));
                const unsigned magnitude = code & 0x7FU;
                const bool negative = code >= 0x80;
                if (magnitude < numbers.size()) {
                    QCOMPARE(static_cast<double>(value), negative ? -numbers[magnitude] : numbers[magnitude]);
                    QCOMPARE(unsigned{encode(value)}, code == 0x80 ? 0U : code);
                } else if (magnitude < numbers.size() + infinities) {
                    QCOMPARE(value, negative ? -kInfinity : kInfinity);
                    QCOMPARE(std::size_t{encode(value)}, numbers.size() - 1 + (negative ? 0x80U : 0U));
                } else {
                    QVERIFY(std::isnan(value));
                    QCOMPARE(unsigned{encode(value)}, 0x7FU);
                }
            }
            for (std::size_t code = 0; code + 1 < numbers.size(); ++code) {
                const auto middle = static_cast<float>((numbers[code] + numbers[code + 1]) / 2);
                QCOMPARE(std::size_t{encode(std::nextafter(middle, 0.0F))}, code);
                QCOMPARE(std::size_t{encode(middle)}, code % 2 == 0 ? code : code + 1);
                QCOMPARE(std::size_t{encode(std::nextafter(middle, kInfinity))}, code + 1);
                QCOMPARE(std::size_t{encode(-std::nextafter(middle, kInfinity))}, code + 1 + 0x80);
            }
            const auto last = static_cast<float>(numbers.back());
            for (const float beyond : {std::nextafter(last, kInfinity), last * 1.04F, last * 1.1F, 1e30F, kInfinity}) {
                QCOMPARE(std::size_t{encode(beyond)}, numbers.size() - 1);
                QCOMPARE(std::size_t{encode(-beyond)}, numbers.size() - 1 + 0x80);
            }
        };
        check(positiveFloats(4, 3, 127), fromE4M3, toE4M3, 0);
        check(positiveFloats(5, 2, 124), fromE5M2, toE5M2, 1);
        QCOMPARE(unsigned{toE4M3(464.0F)}, 0x7EU);  // half-way to what would be 480
        QVERIFY(!std::signbit(fromE4M3(toE4M3(-1e-9F))));
        QVERIFY(std::isnan(roundToE4M3(std::numeric_limits<float>::quiet_NaN())) && std::isnan(roundToE5M2(std::numeric_limits<float>::quiet_NaN())));
    }

    void fp8OfEveryHalfFloat()
    {
        const auto e4m3 = positiveFloats(4, 3, 127);
        const auto e5m2 = positiveFloats(5, 2, 124);
        QCOMPARE(e4m3.back(), 448.0);
        QCOMPARE(e5m2.back(), 57344.0);
        for (const double v : e4m3) QCOMPARE(static_cast<double>(roundToE4M3(static_cast<float>(v))), v);
        for (const double v : e5m2) QCOMPARE(static_cast<double>(roundToE5M2(static_cast<float>(-v))), -v);
        for (unsigned bits = 0; bits < 0x7C00; bits += 1) {
            const float value = fromHalf(static_cast<std::uint16_t>(bits));
            QCOMPARE(static_cast<double>(roundToE4M3(value)), nearest(e4m3, static_cast<double>(value)));
            QCOMPARE(static_cast<double>(roundToE5M2(-value)), nearest(e5m2, static_cast<double>(-value)));
        }
        const auto values = normalValues(65536, 8);
        QVERIFY(std::fabs(relativeError(values, simulated("fp8-e4m3", values)) - 7.0e-4) < 0.05 * 7.0e-4);
        QVERIFY(std::fabs(relativeError(values, simulated("fp8-e5m2", values)) - 2.8e-3) < 0.05 * 2.8e-3);
    }

    // Nothing depends on the unit in which weights are measured, as long as it is a power of two.
    void powersOfTwoChangeNoCode()
    {
        const auto values = normalValues(1024, 9);
        auto larger = values;
        for (float& v : larger) v *= 64;
        for (const char* spec : {"absmax", "affine", "absmax:clip=mse", "int8", "nf4", "fp4", "fp8-e4m3", "fp8-e5m2"}) {
            auto expected = simulated(spec, values);
            for (float& v : expected) v *= 64;
            QVERIFY2(simulated(spec, larger) == expected, spec);
        }
        auto row = values;
        auto scaled = larger;
        roundSymmetric(row, 8);
        roundSymmetric(scaled, 8);
        for (std::size_t i = 0; i < row.size(); ++i) QCOMPARE(scaled[i], 64 * row[i]);
    }

    void activations()
    {
        const auto values = normalValues(512, 10, 1);
        auto row = values;
        roundSymmetric(row, 16);
        QVERIFY(row == values);
        // Of one token: by token, by window, and with a limit that is its largest value.
        const auto through = [&](const InputTransform& transform) {
            auto out = values;
            transform.apply(out, transform.inspect(values.data(), values.size(), 1, values.size()));
            return out;
        };
        const auto limit = static_cast<float>(largestMagnitude(values));
        const auto dynamic = through(*tokenTransform(8, 0));
        QVERIFY(through(*windowTransform(8)) == dynamic);
        QVERIFY(through(*staticTransform(8, limit)) == dynamic);
        for (std::size_t i = 0; i < values.size(); ++i) QVERIFY(std::fabs(values[i] - dynamic[i]) <= limit / 127 / 2 * 1.0001F);
        QVERIFY(relativeError(values, dynamic) <= relativeError(values, through(*staticTransform(8, 2 * limit))));
        LayerInputs inputs;
        inputs.absMax = values;
        for (float& v : inputs.absMax) v = std::fabs(v);
        inputs.magnitudes.assign(kMagnitudeBins, 0);
        for (const float v : values) ++inputs.magnitudes[magnitudeBin(v)];
        QCOMPARE(inputs.limit(100), limit);
        QVERIFY(inputs.limit(99) <= limit);
    }

    void fewerOutliersWithAHigherThreshold()
    {
        constexpr std::size_t kTokens = 16;
        constexpr std::size_t kColumns = 256;
        auto x = normalValues(kTokens * kColumns, 11, 1);
        for (std::size_t t = 0; t < kTokens; ++t) x[t * kColumns + 33] = 40;
        std::size_t before = kColumns + 1;
        for (const float threshold : {0.0F, 1.0F, 2.0F, 3.0F, 6.0F, 100.0F}) {
            const auto transform = outlierTransform({.threshold = threshold});
            const auto segment = transform->inspect(x.data(), kColumns, kTokens, kColumns);
            QVERIFY(segment.exactColumns.size() <= before);
            before = segment.exactColumns.size();
            if (threshold == 0.0F) QCOMPARE(before, kColumns);
            if (threshold == 6.0F) QVERIFY(segment.exactColumns == std::vector<std::uint32_t>{33});
        }
        QCOMPARE(before, std::size_t{0});
    }

    // What plain rounding has stored is on its grid: storing it again gives the same bytes.
    void storedValuesStayAsTheyAre()
    {
        const auto values = normalValues(512 * 20, 22);
        for (const TensorType format : {TensorType::Q8_0, TensorType::Q4_0, TensorType::Q5_0, TensorType::Q4_1, TensorType::Q5_1}) {
            const auto once = stored("reference", format, values, 512);
            QVERIFY(once.size() == values.size() && once != values);
            QVERIFY2(stored("reference", format, once, 512) == once, name(format).data());
        }
        for (const char* spec : {"int8", "nf4:double=off", "fp4:double=off", "fp8-e4m3", "fp8-e5m2", "fp8-e4m3:power=on", "absmax:group=0,bits=3"}) {
            const auto once = simulated(spec, values);
            const auto twice = simulated(spec, once);
            QVERIFY2(once.size() == values.size() && once != values && relativeError(once, twice) < 1e-12, spec);
        }
        // A search may find better scales for what is on a grid already, but nothing worse than it.
        for (const TensorType format : {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q4_K}) {
            const auto once = stored("search", format, values, 512);
            QVERIFY2(relativeError(once, stored("search", format, once, 512)) < 0.02 * relativeError(values, once), name(format).data());
        }
    }

    // Scales that are powers of two leave values that F16 holds.
    void halfFloatsHoldFp8()
    {
        const auto values = normalValues(4096, 23);
        for (const char* spec : {"fp8-e4m3:power=on", "fp8-e5m2:power=on", "fp8-e4m3:power=on,scale=block"}) {
            const auto exact = stored(spec, TensorType::F32, values, 512);
            QVERIFY2(exact.size() == values.size() && stored(spec, TensorType::F16, values, 512) == exact, spec);
        }
        QVERIFY(stored("fp8-e4m3", TensorType::F16, values, 512) != stored("fp8-e4m3", TensorType::F32, values, 512));
    }

    // A column that matters more gets less error, on average over the columns.
    void importantColumnsLoseLess()
    {
        constexpr std::size_t kColumns = 256;
        constexpr std::size_t kRows = 24;
        const auto values = normalValues(kRows * kColumns, 24);
        const auto columnError = [&](const std::vector<float>& changed, std::size_t c) {
            double sum = 0;
            for (std::size_t r = 0; r < kRows; ++r) sum += std::pow(static_cast<double>(values[r * kColumns + c]) - static_cast<double>(changed[r * kColumns + c]), 2);
            return sum;
        };
        for (const char* method : {"reference", "search", "hqq"})
            for (const TensorType format : {TensorType::Q4_0, TensorType::Q5_1, TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K,
                                            TensorType::Q6_K, TensorType::IQ4_NL, TensorType::IQ3_S, TensorType::IQ2_XXS}) {
                if (!findQuantizer(method)->supports(format)) continue;
                const std::vector<float> even(kColumns, 1.0F);
                const auto before = stored(method, format, values, kColumns, even.data());
                QVERIFY(before.size() == values.size());
                double plain = 0;
                double favoured = 0;
                for (std::size_t c = 5; c < kColumns; c += 31) {
                    auto importance = even;
                    importance[c] = 30;
                    plain += columnError(before, c);
                    favoured += columnError(stored(method, format, values, kColumns, importance.data()), c);
                }
                QVERIFY2(favoured < 0.8 * plain, qPrintable(QStringLiteral("%1 %2: %3 of %4").arg(QString::fromUtf8(method), QString::fromUtf8(name(format).data())).arg(favoured).arg(plain)));
            }
    }

    // Formats with 7 bits for 8 signs: an even number of each 8 values is negative.
    void signsOfEightValuesAreEven()
    {
        const auto values = normalValues(256 * 16, 25);
        const std::vector<float> importance(256, 1.0F);
        const auto oddEights = [&](const char* method, TensorType format) {
            const auto changed = stored(method, format, values, 256, importance.data());
            if (changed.size() != values.size()) return -1;
            int odd = 0;
            for (auto eight = changed.begin(); eight != changed.end(); eight += 8) odd += std::count_if(eight, eight + 8, [](float v) { return v < 0; }) % 2 != 0 ? 1 : 0;
            return odd;
        };
        for (const char* method : {"reference", "search"})
            for (const TensorType format : {TensorType::IQ2_XXS, TensorType::IQ2_XS, TensorType::IQ3_XXS})
                if (findQuantizer(method)->supports(format)) QCOMPARE(oddEights(method, format), 0);
        for (const TensorType format : {TensorType::IQ2_S, TensorType::IQ3_S}) QVERIFY(oddEights("reference", format) > 0);  // these have all 8
    }

    // Importance says how columns compare, not how much they are; none at all is no reason to divide by zero.
    void importanceIsRelative()
    {
        constexpr std::size_t kColumns = 512;
        const auto values = normalValues(2 * kColumns, 12);
        const std::vector<float> one(kColumns, 1.0F);
        const std::vector<float> four(kColumns, 4.0F);
        const std::vector<float> none(kColumns, 0.0F);
        for (const char* method : {"reference", "search", "hqq"})
            for (const TensorType format : {TensorType::Q4_0, TensorType::Q5_1, TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K,
                                            TensorType::Q6_K, TensorType::IQ4_XS, TensorType::IQ3_S, TensorType::IQ2_XS}) {
                if (!findQuantizer(method)->supports(format)) continue;
                const auto expected = stored(method, format, values, kColumns, one.data());
                QVERIFY2(expected.size() == values.size(), method);
                QVERIFY2(stored(method, format, values, kColumns, four.data()) == expected, qPrintable(QString("%1 %2").arg(method, name(format).data())));
                for (const float v : stored(method, format, values, kColumns, none.data())) QVERIFY(std::isfinite(v));
            }
    }

    // An option changes the result exactly while what it needs holds, with each value of every other option.
    void optionsTakeEffectWhenTheySaySo()
    {
        const Layer layer;
        for (const Quantizer* quantizer : quantizers())
            for (const MethodOption& option : quantizer->options()) {
                const auto check = [&](const Method& method) {
                    const bool expected = method.values.takesEffect(option);
                    QVERIFY2(matters(layer, method, option) == expected,
                             qPrintable(QStringLiteral("%1: %2 should %3change the result").arg(QString::fromStdString(methodSpec(method)), QString::fromUtf8(option.name.data()), expected ? QString() : QStringLiteral("not "))));
                };
                const auto plain = parseMethod(quantizer->name());
                QVERIFY(plain.has_value());
                bool ever = plain->values.takesEffect(option);
                check(*plain);
                for (const MethodOption& other : quantizer->options())
                    for (const std::string& value : trials(*quantizer, other, false)) {
                        if (&other == &option) continue;
                        Method method = *plain;
                        QVERIFY(method.values.set(other.name, value).has_value());
                        ever |= method.values.takesEffect(option);
                        check(method);
                    }
                QVERIFY2(ever, option.name.data());
            }
    }

    // What one option needs of another must be there.
    void needsNameOptionsAndValues()
    {
        for (const Quantizer* quantizer : quantizers())
            for (const MethodOption& option : quantizer->options())
                for (const auto& any : conditionsOf(option))
                    for (const OptionCondition& condition : any) {
                        MethodValues values(quantizer->options());
                        QVERIFY2(condition.option != option.name && values.set(condition.option, condition.value), option.needs.data());
                        QCOMPARE(condition.relation == '=', !values.text(condition.option).empty());
                    }
    }

    // Zeros stay zeros, one column is enough where a format allows it, and what does not fit is refused.
    void edges()
    {
        const std::vector<float> column{0.5F, -0.25F, 0.0F};
        for (const Quantizer* method : quantizers()) {
            const std::string spec(method->name());
            if (method->dataNeeded() == MethodData::Gram || !method->supports(TensorType::F32)) continue;
            const auto out = stored(spec, TensorType::F32, column, 1);
            QVERIFY2(out.size() == column.size(), spec.c_str());
            QVERIFY2(out[2] == 0, spec.c_str());
            for (const float v : out) QVERIFY(std::isfinite(v));
        }
        const std::vector<float> zeros(512, 0.0F);
        for (const Quantizer* method : quantizers())
            for (const TensorType format : {TensorType::Q4_0, TensorType::Q8_0, TensorType::Q2_K, TensorType::Q4_K}) {
                if (!method->supports(format) || method->dataNeeded() == MethodData::Gram) continue;
                QVERIFY2(stored(std::string(method->name()), format, zeros, 512) == zeros, method->name().data());
            }
        std::vector<std::byte> out(1024);
        const std::vector<float> odd(33, 1.0F);
        const RowBatch batch{.values = odd.data(), .rowCount = 1, .columns = odd.size()};
        QVERIFY(!findQuantizer("reference")->quantize(batch, TensorType::Q4_0, out));
    }
};

QTEST_GUILESS_MAIN(TestMethodProperties)
#include "tst_method_properties.moc"
