// SPDX-License-Identifier: MIT
#include "model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ww {
namespace {

// YaRN: pairs that turn more than betaFast times within the original context keep their speed, pairs that turn less than
// betaSlow times are slowed down by the scale, with a ramp between.
constexpr double kBetaFast = 32;
constexpr double kBetaSlow = 1;

struct Ramp {
    double low;
    double high;
    /// Share of the original speed that pair i keeps.
    [[nodiscard]] double keep(double pair) const { return 1.0 - std::clamp((pair - low) / std::max(0.001, high - low), 0.0, 1.0); }
};

Ramp yarnRamp(const RopeSettings& settings)
{
    const double dimensions = settings.dimensions;
    const auto pairThatTurns = [&](double turns) {
        return dimensions * std::log(settings.originalContext / (turns * 2 * std::numbers::pi)) /
               (2 * std::log(double{settings.base}));
    };
    return {std::max(0.0, std::floor(pairThatTurns(kBetaFast))), std::min(dimensions - 1, std::ceil(pairThatTurns(kBetaSlow)))};
}

}  // namespace

RopeTable::RopeTable(const RopeSettings& settings, std::span<const float> factors, std::size_t positions)
    : m_pairs(settings.dimensions / 2), m_cosines(positions * m_pairs), m_sines(positions * m_pairs)
{
    const double scale = settings.scale;
    double magnitude = settings.attnFactor;
    std::vector<double> speeds(m_pairs);
    const bool yarn = settings.scaling == RopeScaling::Yarn;
    const Ramp ramp = yarn ? yarnRamp(settings) : Ramp{0, 0};
    for (std::size_t i = 0; i < m_pairs; ++i) {
        const auto pair = static_cast<double>(i);
        const double plain =
            std::pow(double{settings.base}, -2 * pair / settings.dimensions) / (factors.empty() ? 1.0 : double{factors[i]});
        const double keep = yarn ? ramp.keep(pair) : 0.0;
        speeds[i] = scale * plain * (1 - keep) + plain * keep;
    }
    if (yarn) magnitude *= 1 + 0.1 * std::log(1 / scale);
    for (std::size_t t = 0; t < positions; ++t)
        for (std::size_t i = 0; i < m_pairs; ++i) {
            const double angle = static_cast<double>(t) * speeds[i];
            m_cosines[t * m_pairs + i] = static_cast<float>(std::cos(angle) * magnitude);
            m_sines[t * m_pairs + i] = static_cast<float>(std::sin(angle) * magnitude);
        }
}

}  // namespace ww
