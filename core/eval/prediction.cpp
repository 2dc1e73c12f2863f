// SPDX-License-Identifier: MIT
#include "eval/prediction.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/tensor_role.h"

namespace ww {
namespace {

// Relative errors of a sum over tensors, one standard deviation: with figures of single tensors alone, where the text for judging
// may react more or less than that of the probes, and from one recipe to the other.
constexpr double kUncorrectedSpread = 0.16;
constexpr double kRecipeSpread = 0.1;
// The band reaches this many of them to both sides: nine of ten cases.
constexpr double kBand = 1.65;
constexpr double kLargestAdditive = 0.1;
constexpr double kFewestBits = 2.5;
constexpr double kSmallestKld = 1e-9;

struct Point {
    double error = 0;
    double coefficient = 0;
};

std::vector<Point> pointsOf(const TensorSensitivity& tensor)
{
    std::vector<Point> points;
    for (const SensitivityProbe& probe : tensor.probes)
        if (const FormatError* error = tensor.find(probe.format); error && error->best() > 0)
            points.push_back({error->best(), std::max(probe.kld, kSmallestKld) / error->best()});
    std::ranges::sort(points, {}, &Point::error);
    return points;
}

/// Between the probes straight in logarithms; outside as at the nearest.
double interpolate(const std::vector<Point>& points, double error)
{
    if (error <= points.front().error) return points.front().coefficient;
    for (std::size_t i = 1; i < points.size(); ++i) {
        const Point& a = points[i - 1];
        const Point& b = points[i];
        if (error > b.error) continue;
        if (b.error <= a.error) return b.coefficient;
        const double part = std::log(error / a.error) / std::log(b.error / a.error);
        return std::exp((1 - part) * std::log(a.coefficient) + part * std::log(b.coefficient));
    }
    return points.back().coefficient;
}

}  // namespace

DamageModel::DamageModel(const Sensitivity& sensitivity) : m_sensitivity(sensitivity)
{
    struct Mean {
        double sum = 0;
        double count = 0;
    };
    std::map<TensorRole, Mean> byRole;
    Mean all;
    for (const TensorSensitivity& tensor : sensitivity.tensors)
        for (const Point& point : pointsOf(tensor)) {
            for (Mean* mean : {&byRole[identify(tensor.tensor).role], &all}) {
                mean->sum += std::log(point.coefficient);
                mean->count += 1;
            }
        }
    for (const TensorSensitivity& tensor : sensitivity.tensors) {
        const Mean& role = byRole[identify(tensor.tensor).role];
        const Mean& mean = role.count > 0 ? role : all;
        m_substitutes.push_back(mean.count > 0 ? std::exp(mean.sum / mean.count) : 1.0);
    }
    double sum = 0;
    double squares = 0;
    double count = 0;
    m_judged = std::ranges::count(sensitivity.measured, false, &MeasuredRecipe::byProbes) != 0;
    for (const MeasuredRecipe& recipe : sensitivity.measured) {
        if (recipe.byProbes && m_judged) continue;
        count += 1;
        const double ratio = std::log(recipe.measured / recipe.predicted);
        sum += ratio;
        squares += ratio * ratio;
    }
    if (count == 0) return;
    m_recipes = count;
    m_scale = std::exp(sum / count);
    m_scaleSpread = std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

std::optional<double> DamageModel::coefficient(std::size_t tensor, double error) const
{
    const std::vector<Point> points = pointsOf(m_sensitivity.tensors[tensor]);
    return points.empty() ? m_substitutes[tensor] : interpolate(points, error);
}

std::optional<double> DamageModel::rawCost(std::size_t tensor, TensorType format) const
{
    const TensorSensitivity& figures = m_sensitivity.tensors[tensor];
    if (format == figures.source) return 0;
    if (const SensitivityProbe* probe = figures.probe(format)) return std::max(0.0, probe->kld);
    const FormatError* error = figures.find(format);
    if (!error) return std::nullopt;
    const auto a = coefficient(tensor, error->best());
    return a ? std::optional(*a * error->best()) : std::nullopt;
}

std::optional<double> DamageModel::cost(std::size_t tensor, TensorType format) const
{
    const auto raw = rawCost(tensor, format);
    return raw ? std::optional(m_scale * *raw) : std::nullopt;
}

std::optional<double> DamageModel::rawSum(std::span<const TensorType> formats) const
{
    if (formats.size() != m_sensitivity.tensors.size()) return std::nullopt;
    double sum = 0;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        const auto part = rawCost(i, formats[i]);
        if (!part) return std::nullopt;
        sum += *part;
    }
    return sum;
}

// The scale is a mean over n recipes, each off by its own spread, and so is the next one.
double DamageModel::spreadOfModel() const
{
    if (!m_judged) return std::max(kUncorrectedSpread, m_scaleSpread);
    return std::max(kRecipeSpread, m_scaleSpread) * std::sqrt(1 + 1 / m_recipes);
}

std::optional<KldPrediction> DamageModel::predict(std::span<const TensorType> formats, double bitsPerWeight) const
{
    const auto sum = rawSum(formats);
    if (!sum) return std::nullopt;
    KldPrediction prediction;
    prediction.kld = m_scale * *sum;
    double probed = 0;  // share of the damage whose text error is known, and that error
    double variance = 0;
    for (std::size_t i = 0; i < formats.size(); ++i)
        for (const SensitivityProbe& probe : m_sensitivity.tensors[i].probes)
            if (probe.kld > 0) {
                probed += 1;
                variance += probe.error / probe.kld * (probe.error / probe.kld);
            }
    const double text = probed > 0 ? variance / probed : 0;  // the same text for all: it does not average out
    const double model = spreadOfModel();
    const double spread = std::sqrt(text + model * model);
    prediction.rankingOnly = prediction.kld > kLargestAdditive || (bitsPerWeight > 0 && bitsPerWeight < kFewestBits);
    prediction.low = prediction.kld * std::exp(-kBand * spread * (prediction.rankingOnly ? 2 : 1));
    prediction.high = prediction.kld * std::exp(kBand * spread);
    prediction.logPerplexityRatio = prediction.kld;
    return prediction;
}

}  // namespace ww
