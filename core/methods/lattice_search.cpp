// SPDX-License-Identifier: MIT
#include "methods/lattice_search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "formats/block_format.h"
#include "formats/iq_lattice_units.h"
#include "methods/lattice_book.h"
#include "methods/lattice_kernels.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr std::size_t kBlock = 256;

double errorOf(const float* values, const float* x, const float* weights, std::size_t count)
{
    double error = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double difference = static_cast<double>(x[i]) - static_cast<double>(values[i]);
        error += static_cast<double>(weights[i]) * difference * difference;
    }
    return error;
}

/// Best entries and signs of one unit; `values` is what is stored and becomes what is better.
bool improveUnit(const LatticeTraits& traits, const LatticeBook& book, const float* x, const float* weights, float scale, float* values, LatticeUnit& best)
{
    double least = errorOf(values, x, weights, kLatticeUnit);
    std::array<std::array<std::uint16_t, lattice::kFinalists>, 2> choices{};
    std::array<float, kLatticeUnit> a;
    std::array<float, kLatticeUnit> b;
    for (std::size_t k = 0; k < kLatticeUnit; ++k) {
        a[k] = weights[k] * scale * scale;
        b[k] = 2 * weights[k] * scale * std::fabs(x[k]);
    }
    for (std::size_t g = 0; g < kLatticeUnit / traits.group; ++g)
        choices[g] = lattice::finalists(book.table.data(), traits.group, book.count, a.data() + g * traits.group,
                                        b.data() + g * traits.group);
    bool changed = false;
    const auto offer = [&](LatticeUnit unit) {
        unit.signs = latticeSigns(traits, unit, x, weights, scale);
        std::array<float, kLatticeUnit> trial;
        decodeLatticeUnit(traits, unit, scale, trial.data());
        const double error = errorOf(trial.data(), x, weights, kLatticeUnit);
        if (!(error < least)) return;
        least = error;
        best = unit;
        std::copy(trial.begin(), trial.end(), values);
        changed = true;
    };
    // Without the rule for signs the groups do not look at each other, and the first of each is best.
    for (const std::uint16_t first : choices[0]) {
        if (traits.group == kLatticeUnit)
            offer({{first, 0}, 0});
        else
            for (const std::uint16_t second : choices[1]) offer({{first, second}, 0});
    }
    return changed;
}

/// The factor that fits the values best.
bool fitFactor(const float* x, const float* weights, float* values, std::byte* block)
{
    double square = 0;
    double product = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
        const double value = values[i];
        square += static_cast<double>(weights[i]) * value * value;
        product += static_cast<double>(weights[i]) * value * static_cast<double>(x[i]);
    }
    const float factor = latticeFactor(block);
    if (!(square > 0) || factor == 0) return false;
    const float wanted = fromHalf(toHalf(static_cast<float>(static_cast<double>(factor) * product / square)));
    if (!std::isfinite(wanted) || wanted == factor || wanted == 0) return false;
    std::array<float, kBlock> trial;
    for (std::size_t i = 0; i < kBlock; ++i) trial[i] = values[i] * (wanted / factor);
    if (!(errorOf(trial.data(), x, weights, kBlock) < errorOf(values, x, weights, kBlock))) return false;
    writeLatticeFactor(block, wanted);
    return true;
}

}  // namespace

void improveLatticeBlock(TensorType format, const float* x, const float* weights, int passes, std::byte* block)
{
    const LatticeTraits& traits = *latticeTraits(format);
    const LatticeBook& book = LatticeBook::of(traits);
    const BlockFormat& codec = *findBlockFormat(format);
    std::array<float, kBlock> values;
    codec.decodeRow(block, values.data(), kBlock);
    for (int pass = 0; pass < passes; ++pass) {
        bool changed = false;
        for (std::size_t unit = 0; unit < kBlock / kLatticeUnit; ++unit) {
            const float scale = latticeScale(format, block, unit);
            const std::size_t at = unit * kLatticeUnit;
            LatticeUnit best;
            if (!(scale > 0) || !improveUnit(traits, book, x + at, weights + at, scale, &values[at], best)) continue;
            writeLatticeUnit(format, block, unit, best);
            changed = true;
        }
        if (fitFactor(x, weights, values.data(), block)) {
            codec.decodeRow(block, values.data(), kBlock);
            changed = true;
        }
        if (!changed) return;
    }
}

}  // namespace ww
