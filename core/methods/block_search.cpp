// SPDX-License-Identifier: MIT
#include "methods/block_search.h"

#include <algorithm>
#include <cmath>

#include "formats/searches.h"
#include "methods/group_errors.h"
#include "tensor/float_convert.h"

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

/// A factor as 16 bits hold it; 0 if they cannot.
float stored(double value)
{
    const float half = fromHalf(toHalf(static_cast<float>(value)));
    return std::isfinite(half) ? half : 0.0F;
}

std::int16_t nearest(double value, double unit, int low, int high)
{
    if (unit == 0) return static_cast<std::int16_t>(std::clamp(0, low, high));
    return static_cast<std::int16_t>(std::lround(std::clamp<double>(value / unit, low, high)));
}

/// The code nearest to `x`.
float codeOf(float x, float inverse, float low, int lowest, int highest)
{
    return std::nearbyint(std::clamp((x - low) * inverse, static_cast<float>(lowest), static_cast<float>(highest)));
}

float inverseOf(float step)
{
    const float inverse = step != 0 ? 1 / step : 0;
    return std::isfinite(inverse) ? inverse : 0;
}

/// Step (and lowest value, if there is one to choose) that fit the present codes best.
struct LineFit {
    double aa = 0;  ///< Σ c·a², a what stands beside the step
    double ab = 0;
    double bb = 0;
    double ax = 0;
    double bx = 0;

    void add(double c, double a, double b, double x)
    {
        aa += c * a * a;
        ab += c * a * b;
        bb += c * b * b;
        ax += c * a * x;
        bx += c * b * x;
    }
    [[nodiscard]] double determinant() const { return aa * bb - ab * ab; }
    [[nodiscard]] bool regular() const { return determinant() > 1e-12 * aa * bb; }
    [[nodiscard]] double first() const { return (bb * ax - ab * bx) / determinant(); }
    [[nodiscard]] double second() const { return (aa * bx - ab * ax) / determinant(); }
};

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
            LineFit line;
            double error = 0;
            for (int i = 0; i < n; ++i) {
                const float q = codeOf(x[i], inverse, steps.low, m_layout.codeLow, m_layout.codeHigh);
                const double difference = static_cast<double>(x[i] - (steps.step * q + steps.low));
                error += static_cast<double>(c[i]) * difference * difference;
                line.add(static_cast<double>(c[i]), static_cast<double>(q), m_layout.affine ? 1 : 0, static_cast<double>(x[i]));
            }
            if (bestError < 0 || error < bestError) {
                best = steps;
                bestError = error;
            }
            if (m_layout.affine && line.regular()) {
                steps = {static_cast<float>(line.first()), static_cast<float>(line.second())};
                if (m_layout.graded) steps.low = std::min(steps.low, 0.0F);
            } else if (line.aa > 0) {
                steps.step = static_cast<float>((line.ax - line.ab * static_cast<double>(steps.low)) / line.aa);
            }
        }
    }
    return best;
}

BlockCode BlockSearch::fit() const
{
    std::array<float, 16> scales{};
    std::array<float, 16> depths{};
    std::array<float, 16> masses{};
    const int n = m_layout.groupLength();
    for (int g = 0; g < m_layout.groups; ++g) {
        for (int i = 0; i < n; ++i) masses[index(g)] += weights(g)[i];
        std::array<float, kMaxBlock> ones;
        ones.fill(1);
        const Steps steps = fitGroup(g, masses[index(g)] > 0 ? weights(g) : ones.data());
        scales[index(g)] = steps.step;
        depths[index(g)] = -steps.low;
    }
    BlockCode code;
    if (!m_layout.graded) {
        code.d = stored(scales[0]);
        code.scales[0] = 1;
        if (m_layout.affine) {
            code.dm = stored(-depths[0]);
            code.offsets[0] = -1;
        }
        return code;
    }
    if (m_layout.affine) {
        std::array<std::uint8_t, 16> codes{};
        code.d = stored(search::positive(m_layout.groups, m_layout.scaleHigh, scales.data(), masses.data(), codes.data()));
        code.dm = stored(search::positive(m_layout.groups, m_layout.offsetHigh, depths.data(), masses.data(), codes.data()));
    } else {
        code.d = stored(search::pivotOf(m_layout.groups, scales.data()) / static_cast<float>(m_layout.scaleLow));
    }
    for (int g = 0; g < m_layout.groups; ++g) {
        code.scales[index(g)] = nearest(scales[index(g)], code.d, m_layout.scaleLow, m_layout.scaleHigh);
        code.offsets[index(g)] = nearest(depths[index(g)], code.dm, 0, m_layout.offsetHigh);
    }
    return code;
}

void BlockSearch::searchGroups(BlockCode& code) const
{
    if (!m_layout.graded) return;
    for (int g = 0; g < m_layout.groups; ++g) improveGroup(code, g, m_layout.affine ? kReach : m_layout.scaleHigh);
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
    LineFit line;
    const int n = m_layout.groupLength();
    for (int i = 0; i < m_layout.length; ++i)
        line.add(static_cast<double>(m_c[i]), code.scales[index(i / n)] * code.codes[index(i)], -code.offsets[index(i / n)],
                 static_cast<double>(m_x[i]));
    BlockCode trial = code;
    if (m_layout.affine && line.regular()) {
        trial.d = stored(line.first());
        trial.dm = stored(line.second());
        if (m_layout.graded && trial.dm < 0) trial.dm = 0;
    } else if (line.aa > 0) {
        trial.d = stored((line.ax - line.ab * static_cast<double>(code.dm)) / line.aa);
    }
    if (trial.d == code.d && trial.dm == code.dm) return error;
    const double now = recode(trial);
    if (!(now < error)) return error;
    code = trial;
    return now;
}

}  // namespace ww
