// SPDX-License-Identifier: MIT
#include "tests/support/random_rows.h"

#include <array>
#include <bit>
#include <cmath>

#include "tensor/float_convert.h"

namespace ww::test {
namespace {

float bellValue(SplitMix& random)
{
    return static_cast<float>(random.bell() * 0x1p-4);
}
float heavyValue(SplitMix& random)
{
    const double b = random.bell();
    return static_cast<float>(b / (random.uniform() + 0x1p-6) * 0x1p-6);
}
float signedUnit(SplitMix& random)
{
    return static_cast<float>(2 * random.uniform() - 1);
}
float scaled(double value, int exponent)
{
    return static_cast<float>(std::ldexp(value, exponent));
}
int pick(SplitMix& random, int count)
{
    return static_cast<int>(random.next() % static_cast<unsigned>(count));
}

constexpr std::array kRowKinds = {
    RowKind{"bell", false, [](SplitMix& r, std::size_t) { return bellValue(r); }},
    RowKind{"heavy tails", false, [](SplitMix& r, std::size_t) { return heavyValue(r); }},
    RowKind{"uniform", false, [](SplitMix& r, std::size_t) { return signedUnit(r); }},
    RowKind{"constant per 256", false, [](SplitMix&, std::size_t i) { return (i / 256 % 2 == 0 ? 0.3125F : -0.7F); }},
    RowKind{"zero", false, [](SplitMix&, std::size_t) { return 0.0F; }},
    RowKind{"signed zeros", false, [](SplitMix& r, std::size_t) { return pick(r, 2) == 0 ? 0.0F : -0.0F; }},
    RowKind{"one outlier", false,
            [](SplitMix& r, std::size_t i) {
                const float small = scaled(r.bell(), -10);
                return i % 256 == 77 ? 8.0F : small;
            }},
    RowKind{"subnormal", false, [](SplitMix& r, std::size_t) { return scaled(r.bell(), -130); }},
    RowKind{"least subnormal", false, [](SplitMix& r, std::size_t) { return scaled(pick(r, 9) - 4, -149); }},
    RowKind{"negative", false, [](SplitMix& r, std::size_t) { return -std::fabs(bellValue(r)); }},
    RowKind{"positive", false, [](SplitMix& r, std::size_t) { return std::fabs(bellValue(r)); }},
    RowKind{"mixed magnitudes", false,
            [](SplitMix& r, std::size_t) {
                const double b = r.bell();
                return scaled(b, pick(r, 41) - 30);
            }},
    RowKind{"zero groups", false,
            [](SplitMix& r, std::size_t i) {
                const float value = bellValue(r);
                return i / 16 % 3 == 0 ? (i % 2 == 0 ? 0.0F : -0.0F) : value;
            }},
    RowKind{"exact ties", false, [](SplitMix& r, std::size_t) { return static_cast<float>(pick(r, 65) - 32) * 0.5F; }},
    RowKind{"powers of two and neighbours", false,
            [](SplitMix& r, std::size_t) {
                const float power = scaled(1, pick(r, 12) - 8);
                const auto bits = std::bit_cast<std::uint32_t>(power) + static_cast<std::uint32_t>(pick(r, 5)) - 2U;
                const auto value = std::bit_cast<float>(bits);
                return pick(r, 2) == 0 ? value : -value;
            }},
    RowKind{"near the threshold of empty groups", false, [](SplitMix& r, std::size_t) { return signedUnit(r) * 2e-15F; }},
    RowKind{"two values", false, [](SplitMix& r, std::size_t) { return pick(r, 2) == 0 ? 0.37F : -0.11F; }},
    RowKind{"nearly constant", false, [](SplitMix& r, std::size_t) { return 0.5F + signedUnit(r) * 1e-6F; }},
    RowKind{"narrow band", false, [](SplitMix& r, std::size_t) { return -0.25F + signedUnit(r) * 0.01F; }},
    RowKind{"from bfloat16", false, [](SplitMix& r, std::size_t) { return fromBf16(toBf16(bellValue(r))); }},
    RowKind{"from binary16", false, [](SplitMix& r, std::size_t) { return fromHalf(toHalf(heavyValue(r))); }},
    RowKind{"ternary", false, [](SplitMix& r, std::size_t) { return static_cast<float>(pick(r, 3) - 1) * 0.0425F; }},
    RowKind{"large", false, [](SplitMix& r, std::size_t) { return signedUnit(r) * 3e4F; }},
    RowKind{"huge", true, [](SplitMix& r, std::size_t) { return signedUnit(r) * 1e20F; }},
    RowKind{"overflow", true, [](SplitMix& r, std::size_t) { return signedUnit(r) * 3.4e38F; }},
};

constexpr std::array kImportanceKinds = {
    ImportanceKind{"log-normal", [](SplitMix& r, std::size_t) { return static_cast<float>(std::exp2(r.bell() * 2)); }},
    ImportanceKind{"quarter zero",
                   [](SplitMix& r, std::size_t) {
                       const double u = r.uniform();
                       return pick(r, 4) == 0 ? 0.0F : static_cast<float>(u * u * 4);
                   }},
    ImportanceKind{"zero", [](SplitMix&, std::size_t) { return 0.0F; }},
    ImportanceKind{"ones", [](SplitMix&, std::size_t) { return 1.0F; }},
    ImportanceKind{"outliers",
                   [](SplitMix& r, std::size_t i) {
                       const auto u = static_cast<float>(r.uniform());
                       return i % 50 == 11 ? u * 1000 : u;
                   }},
    ImportanceKind{"zero groups",
                   [](SplitMix& r, std::size_t i) {
                       const auto u = static_cast<float>(r.uniform());
                       return i / 16 % 3 == 1 ? 0.0F : u;
                   }},
    ImportanceKind{"extreme range", [](SplitMix& r, std::size_t) { return scaled(1 + r.uniform(), pick(r, 61) - 30); }},
    ImportanceKind{"tiny", [](SplitMix& r, std::size_t) { return scaled(r.uniform(), -120); }},
    ImportanceKind{"one per group",
                   [](SplitMix& r, std::size_t i) {
                       const auto u = static_cast<float>(r.uniform());
                       return i % 16 == 5 ? u + 0.1F : 0.0F;
                   }},
};

}  // namespace

std::span<const RowKind> rowKinds()
{
    return kRowKinds;
}
std::span<const ImportanceKind> importanceKinds()
{
    return kImportanceKinds;
}

std::vector<float> randomRow(const RowKind& kind, std::size_t columns, SplitMix& random)
{
    std::vector<float> row(columns);
    for (std::size_t i = 0; i < columns; ++i) row[i] = kind.value(random, i);
    return row;
}
std::vector<float> randomImportance(const ImportanceKind& kind, std::size_t columns, SplitMix& random)
{
    std::vector<float> importance(columns);
    for (std::size_t i = 0; i < columns; ++i) importance[i] = kind.value(random, i);
    return importance;
}

}  // namespace ww::test
