// SPDX-License-Identifier: MIT
#include "methods/block_search.h"

#include <algorithm>
#include <cmath>

#include "methods/group_errors.h"
#include "methods/scale_fit.h"

namespace ww {
namespace {

constexpr int kMaxBlock = 256;
constexpr int kReach = 4;       ///< how far scales and offsets are looked for around the present ones
constexpr int kFinalists = 3;   ///< trials that are fitted to their codes
constexpr int kCuts = 11;       ///< shares of the range cut off at either end of a group
constexpr float kCut = 0.04F;
constexpr int kSteps = 60;      ///< steps of either sign for a group without offset
/// Levels that the largest value takes, as a share of those there are: less leaves the outermost unused, more cuts it.
constexpr float kFewestLevels = 0.75F;
constexpr float kMostLevels = 2.0F;
constexpr float kMostFineLevels = 1.2F;
constexpr int kFineCode = 100;  ///< formats with codes up to here and more have fine steps

std::size_t index(int i) { return static_cast<std::size_t>(i); }

/// The code nearest to `x`.
float codeOf(float x, float inverse, float low, int lowest, int highest)
{
    return std::nearbyint(std::clamp((x - low) * inverse, static_cast<float>(lowest), static_cast<float>(highest)));
}

}  // namespace

BlockSearch::Steps BlockSearch::fitGroup(int group, const float* c) const
{
    const int n = m_layout.groupLength();
    const float* x = values(group);
    const auto [least, greatest] = std::minmax_element(x, x + n);
    // Graded formats take offsets away only.
    const float lo = m_layout.graded ? std::min(*least, 0.0F) : *least;
    const float hi = m_layout.graded ? std::max(*greatest, 0.0F) : *greatest;
    const float peak = std::max(std::fabs(lo), std::fabs(hi));
    if (m_layout.affine ? !(hi > lo) : !(peak > 0)) return {0, m_layout.affine ? lo : 0};

    StepTrials trials;
    if (m_layout.affine) {
        for (int a = 0; a < kCuts; ++a)
            for (int b = 0; b < kCuts; ++b) {
                const float from = lo + kCut * static_cast<float>(a) * (hi - lo);
                const float to = hi - kCut * static_cast<float>(b) * (hi - lo);
                trials.add((to - from) / static_cast<float>(m_layout.codeHigh), from);
            }
    } else {
        const auto levels = static_cast<float>(-m_layout.codeLow);
        const float most = m_layout.codeHigh > kFineCode ? kMostFineLevels : kMostLevels;
        for (int t = 0; t < kSteps; ++t) {
            const float used = levels * (kFewestLevels + (most - kFewestLevels) * static_cast<float>(t) / (kSteps - 1));
            trials.add(peak / used, 0);
            trials.add(-peak / used, 0);
        }
    }
    std::array<float, StepTrials::kMost> errors;
    groupErrors({x, index(n)}, c, m_layout.codeLow, m_layout.codeHigh, trials, errors.data());

    Steps best;
    double bestError = -1;
    for (int place = 0; place < kFinalists; ++place) {
        const auto at = static_cast<std::size_t>(std::min_element(errors.data(), errors.data() + trials.count) - errors.data());
        errors[at] = INFINITY;
        Steps steps{trials.steps[at], trials.lows[at]};
        for (int turn = 0; turn < 3; ++turn) {
            const float inverse = inverseOf(steps.step);
            ScaleFit line;
            double error = 0;
            for (int i = 0; i < n; ++i) {
                const float q = codeOf(x[i], inverse, steps.low, m_layout.codeLow, m_layout.codeHigh);
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
            if (!line.solve(m_layout.affine, m_layout.graded, step, depth)) break;
            steps = {static_cast<float>(step), static_cast<float>(-depth)};
        }
    }
    return best;
}

BlockCode BlockSearch::fit() const
{
    std::array<float, 16> scales{};
    std::array<float, 16> depths{};
    std::array<float, 16> masses{};
    std::array<float, kMaxBlock> ones;
    ones.fill(1);
    const int n = m_layout.groupLength();
    for (int g = 0; g < m_layout.groups; ++g) {
        for (int i = 0; i < n; ++i) masses[index(g)] += weights(g)[i];
        const Steps steps = fitGroup(g, masses[index(g)] > 0 ? weights(g) : ones.data());
        scales[index(g)] = steps.step;
        depths[index(g)] = -steps.low;
    }
    return blockOfSteps(m_layout, scales.data(), depths.data(), masses.data());
}

void BlockSearch::searchGroups(BlockCode& code) const
{
    if (!m_layout.graded) return;
    for (int g = 0; g < m_layout.groups; ++g) improveGroup(code, g, m_layout.affine ? kReach : -m_layout.scaleLow);
}

double BlockSearch::refine(BlockCode& code, int passes) const
{
    double error = recode(code);
    for (int pass = 0; pass < passes; ++pass) {
        const double before = error;
        if (m_layout.graded) {
            for (int g = 0; g < m_layout.groups; ++g) improveGroup(code, g, 1);
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
    for (int g = 0; g < m_layout.groups; ++g) error += recodeGroup(code, g);
    return error;
}

/// Nearest codes of a group; returns its error.
double BlockSearch::recodeGroup(BlockCode& code, int group) const
{
    const int n = m_layout.groupLength();
    const float step = code.d * static_cast<float>(code.scales[index(group)]);
    const float low = -code.dm * static_cast<float>(code.offsets[index(group)]);
    const float inverse = inverseOf(step);
    double error = 0;
    for (int i = 0; i < n; ++i) {
        const float q = codeOf(values(group)[i], inverse, low, m_layout.codeLow, m_layout.codeHigh);
        const double difference = static_cast<double>(values(group)[i] - (step * q + low));
        error += static_cast<double>(weights(group)[i]) * difference * difference;
        code.codes[index(group * n + i)] = static_cast<std::int8_t>(q);
    }
    return error;
}

/// Best scale and offset of a group among those up to `reach` from the present ones; in formats without offsets of either sign. Codes stay.
void BlockSearch::improveGroup(BlockCode& code, int group, int reach) const
{
    const int scale = code.scales[index(group)];
    const int offset = code.offsets[index(group)];
    StepTrials trials;
    std::array<std::int16_t, StepTrials::kMost> scales{};
    std::array<std::int16_t, StepTrials::kMost> offsets{};
    const auto add = [&](int s, int o) {
        if (s < m_layout.scaleLow || s > m_layout.scaleHigh || o < 0 || o > m_layout.offsetHigh) return;
        scales[trials.count] = static_cast<std::int16_t>(s);
        offsets[trials.count] = static_cast<std::int16_t>(o);
        trials.add(code.d * static_cast<float>(s), -code.dm * static_cast<float>(o));
    };
    add(scale, offset);  // first, so that it stays where others are not better
    if (m_layout.affine) {
        for (int s = scale - reach; s <= scale + reach; ++s)
            for (int o = offset - reach; o <= offset + reach; ++o) add(s, o);
    } else {
        const int size = std::abs(scale);
        for (int s = std::max(1, size - reach); s <= size + reach && s <= -m_layout.scaleLow; ++s) {
            if (s != scale) add(s, 0);
            if (-s != scale) add(-s, 0);
        }
    }
    std::array<float, StepTrials::kMost> errors;
    groupErrors({values(group), index(m_layout.groupLength())}, weights(group), m_layout.codeLow, m_layout.codeHigh, trials, errors.data());
    const auto best = static_cast<std::size_t>(std::min_element(errors.data(), errors.data() + trials.count) - errors.data());
    code.scales[index(group)] = scales[best];
    code.offsets[index(group)] = offsets[best];
}

/// Factors that fit the present codes best, as they are stored, with codes nearest to them; kept if better than `error`.
double BlockSearch::improveFactors(BlockCode& code, double error) const
{
    ScaleFit line;
    const int n = m_layout.groupLength();
    for (int i = 0; i < m_layout.length; ++i)
        line.add(static_cast<double>(m_x[i]), code.scales[index(i / n)] * code.codes[index(i)], code.offsets[index(i / n)],
                 static_cast<double>(m_c[i]));
    double d = 0;
    double dm = 0;
    if (!line.solve(m_layout.affine, m_layout.graded, d, dm)) return error;
    BlockCode trial = code;
    trial.d = storedFactor(d);
    trial.dm = storedFactor(dm);
    if (trial.d == code.d && trial.dm == code.dm) return error;
    const double now = recode(trial);
    if (!(now < error)) return error;
    code = trial;
    return now;
}

}  // namespace ww
