// SPDX-License-Identifier: MIT
#include "methods/block_search.h"

#include <algorithm>
#include <cmath>

#include "methods/group_errors.h"
#include "methods/scale_fit.h"

namespace ww {
namespace {

constexpr int kReach = 4;       ///< how far scales and offsets are looked for around the present ones
constexpr int kFinalists = 3;   ///< trials that are fitted to their codes
constexpr int kCuts = 11;       ///< shares of the range cut off at either end of a group
constexpr float kCut = 0.04F;
constexpr int kSteps = 60;      ///< steps of either sign for a group without offset
/// Levels that the largest value takes, as a share of those there are: less leaves the outermost unused, more cuts it.
constexpr float kFewestLevels = 0.75F;
constexpr float kMostLevels = 2.0F;
constexpr float kMostFineLevels = 1.2F;
constexpr int kFineCodes = 100;  ///< formats with more codes have fine steps

}  // namespace

BlockSearch::Steps BlockSearch::fitGroup(std::size_t group, const float* c) const
{
    const std::size_t n = m_grid.group;
    const float* x = values(group);
    const auto [least, greatest] = std::minmax_element(x, x + n);
    // Graded formats take offsets away only.
    const float lo = m_grid.graded() ? std::min(*least, 0.0F) : *least;
    const float hi = m_grid.graded() ? std::max(*greatest, 0.0F) : *greatest;
    const float peak = std::max(std::fabs(lo), std::fabs(hi));
    if (m_grid.hasOffset ? !(hi > lo) : !(peak > 0)) return {0, m_grid.hasOffset ? lo : 0};

    StepTrials trials;
    if (m_grid.hasOffset) {
        for (int a = 0; a < kCuts; ++a)
            for (int b = 0; b < kCuts; ++b) {
                const float from = lo + kCut * static_cast<float>(a) * (hi - lo);
                const float to = hi - kCut * static_cast<float>(b) * (hi - lo);
                trials.add((to - from) / static_cast<float>(m_grid.highest()), from);
            }
    } else {
        const auto levels = static_cast<float>(-m_grid.lowest());
        const float most = m_grid.codeCount > kFineCodes ? kMostFineLevels : kMostLevels;
        for (int t = 0; t < kSteps; ++t) {
            const float used = levels * (kFewestLevels + (most - kFewestLevels) * static_cast<float>(t) / (kSteps - 1));
            trials.add(peak / used, 0);
            trials.add(-peak / used, 0);
        }
    }
    std::array<float, StepTrials::kMost> errors;
    groupErrors(m_grid, {x, n}, c, trials, errors.data());

    Steps best;
    double bestError = -1;
    for (int place = 0; place < kFinalists; ++place) {
        const auto at = static_cast<std::size_t>(std::min_element(errors.data(), errors.data() + trials.count) - errors.data());
        errors[at] = INFINITY;
        Steps steps{trials.steps[at], trials.lows[at]};
        for (int turn = 0; turn < 3; ++turn) {
            const float inverse = gridInverse(steps.step);
            ScaleFit line;
            double error = 0;
            for (std::size_t i = 0; i < n; ++i) {
                const float q = nearestNumber(m_grid, (x[i] - steps.low) * inverse);
                const double difference = static_cast<double>(x[i] - (steps.step * q + steps.low));
                error += static_cast<double>(c[i]) * difference * difference;
                line.add(static_cast<double>(x[i]), static_cast<double>(q), 1, static_cast<double>(c[i]));
            }
            if (bestError < 0 || error < bestError) {
                best = steps;
                bestError = error;
            }
            double step = 0;
            double depth = 0;
            if (!line.solve(m_grid.hasOffset, m_grid.graded(), step, depth)) break;
            steps = {static_cast<float>(step), static_cast<float>(-depth)};
        }
    }
    return best;
}

BlockCode BlockSearch::fit() const
{
    std::array<float, kMostGroups> scales{};
    std::array<float, kMostGroups> depths{};
    std::array<float, kMostGroups> masses{};
    std::array<float, kMostBlock> ones;
    ones.fill(1);
    const std::size_t n = m_grid.group;
    for (std::size_t g = 0; g < m_grid.groups(); ++g) {
        for (std::size_t i = 0; i < n; ++i) masses[g] += weights(g)[i];
        const Steps steps = fitGroup(g, masses[g] > 0 ? weights(g) : ones.data());
        scales[g] = steps.step;
        depths[g] = -steps.low;
    }
    return blockOfSteps(m_grid, scales.data(), depths.data(), masses.data());
}

void BlockSearch::searchGroups(BlockCode& code) const
{
    if (!m_grid.graded()) return;
    for (std::size_t g = 0; g < m_grid.groups(); ++g) improveGroup(code, g, m_grid.hasOffset ? kReach : -m_grid.factors.scaleLow);
}

double BlockSearch::refine(BlockCode& code, int passes) const
{
    double error = recode(code);
    for (int pass = 0; pass < passes; ++pass) {
        const double before = error;
        if (m_grid.graded()) {
            for (std::size_t g = 0; g < m_grid.groups(); ++g) improveGroup(code, g, 1);
            error = recode(code);
        }
        error = std::min(error, improveFactors(code, error));
        if (!(error < before * (1 - 1e-6))) break;
    }
    return error;
}

double BlockSearch::recode(BlockCode& code) const
{
    double error = 0;
    for (std::size_t g = 0; g < m_grid.groups(); ++g) error += recodeGroup(code, g);
    return error;
}

/// Nearest codes of a group; returns its error.
double BlockSearch::recodeGroup(BlockCode& code, std::size_t group) const
{
    const std::size_t n = m_grid.group;
    const auto [step, offset] = code.scaleOf(group);
    const float inverse = gridInverse(step);
    double error = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const float q = nearestNumber(m_grid, (values(group)[i] - offset) * inverse);
        const double difference = static_cast<double>(values(group)[i] - (step * q + offset));
        error += static_cast<double>(weights(group)[i]) * difference * difference;
        code.numbers[group * n + i] = static_cast<std::int8_t>(q);
    }
    return error;
}

/// Best scale and offset of a group among those up to `reach` from the present ones; in formats without offsets of either sign. Codes stay.
void BlockSearch::improveGroup(BlockCode& code, std::size_t group, int reach) const
{
    const int scale = code.groups[group].scale;
    const int offset = code.groups[group].offset;
    const FactorRange range = m_grid.factors;
    StepTrials trials;
    std::array<GroupFactors, StepTrials::kMost> tried;
    const auto add = [&](int s, int o) {
        if (s < range.scaleLow || s > range.scaleHigh || o < 0 || o > range.offsetHigh) return;
        const GroupFactors factors{static_cast<std::int16_t>(s), static_cast<std::int16_t>(o)};
        const GroupScale steps = groupScale(code.block, factors);
        tried[trials.count] = factors;
        trials.add(steps.scale, steps.offset);
    };
    add(scale, offset);  // first, so that it stays where others are not better
    if (m_grid.hasOffset) {
        for (int s = scale - reach; s <= scale + reach; ++s)
            for (int o = offset - reach; o <= offset + reach; ++o) add(s, o);
    } else {
        const int size = std::abs(scale);
        for (int s = std::max(1, size - reach); s <= size + reach && s <= -range.scaleLow; ++s) {
            if (s != scale) add(s, 0);
            if (-s != scale) add(-s, 0);
        }
    }
    std::array<float, StepTrials::kMost> errors;
    groupErrors(m_grid, {values(group), m_grid.group}, weights(group), trials, errors.data());
    const auto best = static_cast<std::size_t>(std::min_element(errors.data(), errors.data() + trials.count) - errors.data());
    code.groups[group] = tried[best];
}

/// Factors that fit the present codes best, as they are stored, with codes nearest to them; kept if better than `error`.
double BlockSearch::improveFactors(BlockCode& code, double error) const
{
    ScaleFit line;
    const std::size_t n = m_grid.group;
    for (std::size_t i = 0; i < m_grid.block; ++i)
        line.add(static_cast<double>(m_x[i]), code.groups[i / n].scale * code.numbers[i], code.groups[i / n].offset, static_cast<double>(m_c[i]));
    double d = 0;
    double dm = 0;
    if (!line.solve(m_grid.hasOffset, m_grid.graded(), d, dm)) return error;
    BlockCode trial = code;
    trial.block = {storedFactor(d), storedFactor(dm)};
    if (trial.block.scale == code.block.scale && trial.block.offset == code.block.offset) return error;
    const double now = recode(trial);
    if (!(now < error)) return error;
    code = trial;
    return now;
}

}  // namespace ww
