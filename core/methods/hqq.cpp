// SPDX-License-Identifier: MIT
#include "methods/hqq.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "formats/block_format.h"
#include "methods/block_code.h"
#include "methods/checks.h"
#include "methods/scale_fit.h"
#include "methods/simulated.h"
#include "methods/uniform.h"

namespace ww {
namespace {

constexpr std::array<std::string_view, 2> kForms = {"normalised", "published"};
constexpr std::array<std::string_view, 2> kFormTitles = {"steps of the group", "absolute, as published"};
constexpr std::array<std::string_view, 2> kSwitch = {"off", "on"};
constexpr MethodOption kPower{"p", "Exponent", "Of the error that is minimised; the smaller, the less a few large errors count.", "0.7",
                              MethodOption::Kind::Number, 0.1, 1, {}};
constexpr MethodOption kBeta{"beta", "Beta", "Weight of the quadratic term in the first iteration.", "10", MethodOption::Kind::Number, 0.01, 1e6, {}, {}, {},
                             true};
constexpr MethodOption kKappa{"kappa", "Kappa", "Growth of that weight per iteration.", "1.01", MethodOption::Kind::Number, 1, 10, {}, {},
                              "iterations>1", true};
constexpr MethodOption kIterations{"iterations", "Iterations", "At most; they end when the offset stands still.", "20",
                                   MethodOption::Kind::Integer, 1, 1000, {}, {}, {}, true};
constexpr MethodOption kForm{"form", "Units of errors", "In steps of the group, or absolute as in the published code.", "normalised",
                             MethodOption::Kind::Choice, 0, 0, kForms, kFormTitles, {}, true};
constexpr MethodOption kRefit{"refit", "Fit the scales too",
                              "Fit scales and offsets together in the end, and start from llama.cpp's search as well; off: offsets alone, as "
                              "published.",
                              "on", MethodOption::Kind::Choice, 0, 0, kSwitch, {}, {}, true};
constexpr std::array kOptions = {kPower, kBeta, kKappa, kIterations, kForm, kRefit};
constexpr std::array kAnalysisOptions = {
    MethodOption{"bits", "Bits", "Bits of a code.", "4", MethodOption::Kind::Integer, 1, 8, {}},
    MethodOption{"group", "Group size", "Values that share a scale; 0: the whole row.", "64", MethodOption::Kind::Integer, 0, 65536, {}},
    kPower, kBeta, kKappa, kIterations, kForm, kRefit};

HqqOptions optionsOf(const MethodValues& values)
{
    HqqOptions options;
    options.p = values.number("p");
    options.beta = values.number("beta");
    options.kappa = values.number("kappa");
    options.iterations = values.integer("iterations");
    options.normalised = values.text("form") == "normalised";
    options.refit = values.flag("refit");
    return options;
}

/// u^p for the errors in steps that occur all the time: a table, straight between its points, and the function itself from 2 on.
class Power {
public:
    explicit Power(double p) : m_p(p)
    {
        for (std::size_t i = 0; i < m_table.size(); ++i) m_table[i] = std::pow(static_cast<double>(i) / kPerStep, p);
    }
    [[nodiscard]] double exponent() const { return m_p; }
    [[nodiscard]] double operator()(double u) const
    {
        if (!(u < kRange)) return std::pow(u, m_p);
        const double at = u * kPerStep;
        const auto i = static_cast<std::size_t>(at);
        return m_table[i] + (at - static_cast<double>(i)) * (m_table[i + 1] - m_table[i]);
    }

private:
    static constexpr int kPerStep = 1024;
    static constexpr int kRange = 2;
    double m_p;
    std::array<double, kPerStep * kRange + 1> m_table{};
};

const Power& powerOf(double p)
{
    thread_local Power power(0.7);
    if (power.exponent() != p) power = Power(p);
    return power;
}

float weightAt(std::span<const float> weights, std::size_t i)
{
    return weights.empty() ? 1.0F : weights[i];
}

/// Values of one group as scale·code − depth.
struct GroupCode {
    std::span<const float> x;
    std::span<const float> weights;
    int low = 0;
    int high = 0;

    [[nodiscard]] float codeAt(std::size_t i, float scale, float depth) const
    {
        const float inverse = gridInverse(scale);
        return std::clamp(std::nearbyint((x[i] + depth) * inverse), static_cast<float>(low), static_cast<float>(high));
    }
    /// Nearest codes; returns the sum of weight·|x − x̂|^p.
    double code(GroupScale steps, const Power& power, std::int8_t* codes) const
    {
        const auto [scale, offset] = steps;
        const float inverse = gridInverse(scale);
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float q = std::clamp(std::nearbyint((x[i] - offset) * inverse), static_cast<float>(low), static_cast<float>(high));
            codes[i] = static_cast<std::int8_t>(static_cast<int>(q));
            const auto rest = static_cast<double>(std::fabs(x[i] - (scale * q + offset)));
            sum += static_cast<double>(weightAt(weights, i)) *
                   (inverse != 0 ? power(rest * static_cast<double>(std::fabs(inverse))) : std::pow(rest, power.exponent()));
        }
        return inverse != 0 ? sum * std::pow(static_cast<double>(std::fabs(scale)), power.exponent()) : sum;
    }
};

/// weight·|rest|^(p − 2); the smallest errors count as a twentieth of a step.
double squareWeight(double rest, double step, double weight, const Power& power)
{
    const double u = std::max(rest / step, 0.05);
    return weight * power(u) / (u * u) * std::pow(step, power.exponent() - 2);
}

/// One block of a format.
class Block {
public:
    Block(const GridTraits& grid, std::span<const float> x, std::span<const float> weights, const HqqOptions& options)
        : m_grid(grid), m_x(x), m_weights(weights), m_options(options), m_power(powerOf(options.p)),
          m_length(grid.group)
    {
    }

    [[nodiscard]] BlockCode best() const
    {
        if (!m_options.refit) return fitted();
        BlockCode best = searched();
        double error = refine(best);
        if (!m_grid.hasOffset) return best;
        BlockCode other = fitted();
        if (refine(other) < error) best = other;
        return best;
    }

private:
    [[nodiscard]] GroupCode group(std::size_t g) const
    {
        return {m_x.subspan(g * m_length, m_length), m_weights.empty() ? m_weights : m_weights.subspan(g * m_length, m_length), m_grid.lowest(),
                m_grid.highest()};
    }

    /// What llama.cpp's search makes of the block.
    [[nodiscard]] BlockCode searched() const
    {
        std::array<std::byte, 512> bytes{};
        findBlockFormat(m_grid.type)->encodeRows(m_x.data(), bytes.data(), 1, m_x.size(), m_weights.empty() ? nullptr : m_weights.data());
        return readBlockScales(m_grid, bytes.data());
    }

    /// The offsets of half-quadratic splitting, group by group.
    [[nodiscard]] BlockCode fitted() const
    {
        std::array<float, kMostGroups> scales{};
        std::array<float, kMostGroups> depths{};
        for (std::size_t g = 0; g < m_grid.groups(); ++g) {
            const GroupCode part = group(g);
            const HqqFit fit = hqqFit(part.x, m_grid.highest(), m_grid.graded(), m_options, part.weights);
            scales[g] = fit.scale;
            depths[g] = fit.depth;
        }
        std::array<float, kMostGroups> ones{};
        ones.fill(1);
        BlockCode code = blockOfSteps(m_grid, scales.data(), depths.data(), ones.data());
        if (!m_grid.graded()) {
            (void)recode(code);
            return code;
        }
        // The stored scale differs from the fitted one: look around for the pair that is best as it is stored.
        (void)lookAround(code);
        return code;
    }

    double recode(BlockCode& code) const
    {
        double error = 0;
        for (std::size_t g = 0; g < m_grid.groups(); ++g)
            error += group(g).code(code.scaleOf(g), m_power, code.numbers.data() + g * m_length);
        return error;
    }

    /// The best of the neighbouring scales and offsets of each group.
    double lookAround(BlockCode& code) const
    {
        if (!m_grid.graded()) return recode(code);
        double sum = 0;
        std::array<std::int8_t, kMostBlock> numbers{};
        const FactorRange range = m_grid.factors;
        for (std::size_t g = 0; g < m_grid.groups(); ++g) {
            const GroupCode part = group(g);
            const GroupFactors now = code.groups[g];
            const int reach = m_grid.hasOffset ? 1 : 0;
            double best = part.code(code.scaleOf(g), m_power, code.numbers.data() + g * m_length);
            for (int s = std::max(range.scaleLow, now.scale - 1); s <= std::min(range.scaleHigh, now.scale + 1); ++s)
                for (int o = std::max(0, now.offset - reach); o <= std::min(range.offsetHigh, now.offset + reach); ++o) {
                    if (s == now.scale && o == now.offset) continue;
                    const GroupFactors factors{static_cast<std::int16_t>(s), static_cast<std::int16_t>(o)};
                    const double error = part.code(groupScale(code.block, factors), m_power, numbers.data());
                    if (!(error < best)) continue;
                    best = error;
                    code.groups[g] = factors;
                    std::copy_n(numbers.data(), m_length, code.numbers.data() + g * m_length);
                }
            sum += best;
        }
        return sum;
    }

    /// Descends from a code, by turns in the numbers of the groups and in those of the block; returns the error.
    double refine(BlockCode& code) const
    {
        double error = lookAround(code);
        for (int round = 0; round < 4; ++round) {
            ScaleFit fit;
            for (std::size_t g = 0; g < m_grid.groups(); ++g) {
                const GroupCode part = group(g);
                const auto [scale, offset] = code.scaleOf(g);
                const auto step = static_cast<double>(std::fabs(scale));
                if (!(step > 0)) continue;
                for (std::size_t i = 0; i < m_length; ++i) {
                    const auto q = static_cast<float>(code.numbers[g * m_length + i]);
                    const auto rest = static_cast<double>(std::fabs(part.x[i] - (scale * q + offset)));
                    fit.add(static_cast<double>(part.x[i]), static_cast<double>(code.groups[g].scale) * static_cast<double>(q),
                            static_cast<double>(code.groups[g].offset), squareWeight(rest, step, static_cast<double>(weightAt(part.weights, i)), m_power));
                }
            }
            double d = 0;
            double dm = 0;
            if (!fit.solve(m_grid.hasOffset, m_grid.graded(), d, dm)) return error;
            BlockCode next = code;
            next.block = {storedFactor(d), storedFactor(dm)};
            const double now = lookAround(next);
            if (!(now < error)) return error;
            code = next;
            error = now;
        }
        return error;
    }

    const GridTraits& m_grid;
    std::span<const float> m_x;
    std::span<const float> m_weights;
    const HqqOptions& m_options;
    const Power& m_power;
    std::size_t m_length;
};

/// Null for formats that HQQ does not write: those without a grid, or with uneven levels.
const GridTraits* evenGrid(TensorType format)
{
    const GridTraits* grid = gridTraits(format);
    return grid && !grid->levels ? grid : nullptr;
}

class HqqQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "hqq"; }
    [[nodiscard]] std::string_view title() const override { return "HQQ"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "Fits offsets and scales so that most errors are small and a few may be large. Needs no data; importance is used when there "
               "is any. Formats without offsets get robust scales.";
    }
    [[nodiscard]] bool supports(TensorType format) const override { return evenGrid(format) != nullptr; }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        const GridTraits* grid = evenGrid(format);
        if (!grid)
            return fail(ErrorCode::Unsupported, fmt::format("The method \"hqq\" cannot write the format {}.", ww::name(format)));
        WW_TRY_VOID(checkBatch(rows, format, out.size()));
        HqqOptions options = optionsOf(rows.options ? *rows.options : MethodValues(kOptions));
        options.refit |= !grid->hasOffset;  // nothing else is to be fitted there
        const std::size_t length = grid->block;
        const std::size_t bytes = traits(format).blockBytes;
        const std::size_t blocks = rows.rowCount * rows.columns / length;
        for (std::size_t b = 0; b < blocks; ++b) {
            const std::span<const float> weights =
                rows.importance ? std::span(rows.importance + b * length % rows.columns, length) : std::span<const float>();
            writeBlock(*grid, Block(*grid, {rows.values + b * length, length}, weights, options).best(), out.data() + b * bytes);
        }
        return checkEncoded(rows, format, out);
    }
};

class HqqAnalysisQuantizer final : public SimulatedQuantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "hqq-analysis"; }
    [[nodiscard]] std::string_view title() const override { return "HQQ, any bits and groups"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "HQQ as published: codes of 1 to 8 bits, a scale and an offset of 16 bits for each group of any size.";
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kAnalysisOptions; }
    [[nodiscard]] TensorType nearestFormat(const MethodValues& values) const override
    {
        return values.integer("bits") == 1 ? TensorType::Q1_0 : nearestUniform(values.integer("bits"), true);
    }
    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        return values.number("bits") + 32 / static_cast<double>(groupLength(values.number("group"), columns));
    }
    void simulate(std::span<float> row, std::size_t /*matrixRow*/, const RowBatch& batch, const MethodValues& values) const override
    {
        const HqqOptions options = optionsOf(values);
        const std::size_t length = groupLength(values.number("group"), row.size());
        const int top = (1 << values.integer("bits")) - 1;
        for (std::size_t first = 0; first < row.size(); first += length) {
            const auto part = row.subspan(first, std::min(length, row.size() - first));
            const std::span<const float> weights =
                batch.importance ? std::span(batch.importance + first, part.size()) : std::span<const float>();
            const HqqFit fit = hqqFit(part, top, false, options, weights);
            const float scale = storedFactor(static_cast<double>(fit.scale));
            const float depth = storedFactor(static_cast<double>(fit.depth));
            const GroupCode code{part, weights, 0, top};
            for (std::size_t i = 0; i < part.size(); ++i) part[i] = scale * code.codeAt(i, scale, depth) - depth;
        }
    }
};

/// Σ weight·|error|^p of the codes at an offset, and the weighted sum of the offsets that each value would like.
struct IterationSums {
    double error = 0;
    double offsets = 0;
};
/// Calls each(i, code, part of the error that shrinking leaves).
template <class Each>
IterationSums iterate(std::span<const float> x, std::span<const float> weights, int top, float scale, float zero, double beta,
                      const HqqOptions& options, const Power& power, const Each& each)
{
    const float inverse = 1 / scale;
    IterationSums sums;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float q = std::clamp(std::nearbyint(x[i] * inverse + zero), 0.0F, static_cast<float>(top));
        const float rest = x[i] - (q - zero) * scale;
        const double size = static_cast<double>(std::fabs(rest)) * (options.normalised ? static_cast<double>(inverse) : 1.0);
        const double raised = options.normalised ? power(size) : std::pow(size, options.p);
        const auto weight = static_cast<double>(weightAt(weights, i));
        sums.error += weight * raised;
        const double kept = std::copysign(size > 0 ? std::max(0.0, size - raised / size / beta) : 0.0, static_cast<double>(rest));
        const double shrunk = options.normalised ? kept : kept * static_cast<double>(inverse);
        sums.offsets += weight * (static_cast<double>(q) - (static_cast<double>(x[i]) * static_cast<double>(inverse) - shrunk));
        each(i, q, kept);
    }
    return sums;
}

/// Scale and depth together, as long as that helps.
void refitGroup(std::span<const float> x, std::span<const float> weights, int top, bool positive, const Power& power, HqqFit& best)
{
    std::vector<std::int8_t> ignored(x.size());
    const GroupCode group{x, weights, 0, top};
    best.error = group.code({best.scale, -best.depth}, power, ignored.data());
    for (int round = 0; round < 4; ++round) {
        ScaleFit fit;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float q = group.codeAt(i, best.scale, best.depth);
            const auto rest = static_cast<double>(std::fabs(x[i] - (best.scale * q - best.depth)));
            fit.add(static_cast<double>(x[i]), static_cast<double>(q), 1,
                    squareWeight(rest, static_cast<double>(best.scale), static_cast<double>(weightAt(weights, i)), power));
        }
        double scale = 0;
        double depth = 0;
        if (!fit.solve(true, positive, scale, depth) || !(scale > 0)) return;
        const HqqFit next{static_cast<float>(scale), static_cast<float>(depth),
                          group.code({static_cast<float>(scale), static_cast<float>(-depth)}, power, ignored.data())};
        if (!(next.error < best.error)) return;
        best = next;
    }
}

}  // namespace

HqqFit hqqFit(std::span<const float> x, int top, bool positive, const HqqOptions& options, std::span<const float> weights)
{
    auto [low, high] = std::ranges::minmax(x);
    if (positive) {
        low = std::min(low, 0.0F);
        high = std::max(high, 0.0F);
    }
    HqqFit best;
    best.scale = (high - low) / static_cast<float>(top);
    const float inverse = 1 / best.scale;
    best.depth = -low;
    if (!std::isfinite(inverse) || !std::isfinite(best.scale)) {
        best.scale = 0;  // all values are equal, or almost
        for (const float v : x) best.error += std::pow(static_cast<double>(std::fabs(v - low)), options.p);
        return best;
    }
    double allWeights = 0;
    for (std::size_t i = 0; i < x.size(); ++i) allWeights += static_cast<double>(weightAt(weights, i));
    if (!(allWeights > 0)) {
        weights = {};
        allWeights = static_cast<double>(x.size());
    }
    const Power& power = powerOf(options.p);
    float zero = -low * inverse;
    double beta = options.beta;
    best.error = -1;
    // The error of an offset is known after the codes of the next iteration, hence one more.
    for (int iteration = 0; iteration <= options.iterations; ++iteration) {
        const auto [error, sum] = iterate(x, weights, top, best.scale, zero, beta, options, power, [](std::size_t, float, double) {});
        if (best.error < 0 || error < best.error) {
            best.error = error;
            best.depth = zero * best.scale;
        }
        float next = static_cast<float>(sum / allWeights);
        if (positive) next = std::max(next, 0.0F);
        if (std::fabs(next - zero) < 1e-5F) break;
        zero = next;
        beta *= options.kappa;
    }
    if (options.normalised) best.error *= std::pow(static_cast<double>(best.scale), options.p);
    if (options.refit) refitGroup(x, weights, top, positive, power, best);
    return best;
}

HqqIteration hqqIteration(std::span<const float> x, int top, float scale, float zero, double beta, const HqqOptions& options,
                          std::span<const float> weights)
{
    HqqIteration result;
    result.codes.resize(x.size());
    result.kept.resize(x.size());
    double allWeights = 0;
    const IterationSums sums = iterate(x, weights, top, scale, zero, beta, options, powerOf(options.p), [&](std::size_t i, float q, double kept) {
        result.codes[i] = q;
        result.kept[i] = kept;
        allWeights += static_cast<double>(weightAt(weights, i));
    });
    result.error = sums.error;
    result.zero = static_cast<float>(sums.offsets / allWeights);
    return result;
}

const Quantizer& hqqQuantizer()
{
    static const HqqQuantizer quantizer;
    return quantizer;
}

const Quantizer& hqqAnalysisQuantizer()
{
    static const HqqAnalysisQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
