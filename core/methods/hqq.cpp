// SPDX-License-Identifier: MIT
#include "methods/hqq.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "formats/block_format.h"
#include "formats/searches.h"
#include "methods/block_code.h"
#include "methods/checks.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr std::array<std::string_view, 2> kForms = {"normalised", "published"};
constexpr std::array kOptions = {
    MethodOption{"p", "Exponent", "Of the error that is minimised; the smaller, the less a few large errors count.", "0.7",
                 MethodOption::Kind::Number, 0.1, 1, {}},
    MethodOption{"beta", "Beta", "Weight of the quadratic term in the first iteration.", "10", MethodOption::Kind::Number, 0.01, 1e6, {}},
    MethodOption{"kappa", "Kappa", "Growth of that weight per iteration.", "1.01", MethodOption::Kind::Number, 1, 10, {}},
    MethodOption{"iterations", "Iterations", "At most; they end when the offset stands still.", "20", MethodOption::Kind::Integer, 1, 1000,
                 {}},
    MethodOption{"form", "Units of errors", "In steps of the group, or absolute as in the published code.", "normalised",
                 MethodOption::Kind::Choice, 0, 0, kForms},
};

HqqOptions optionsOf(const MethodValues* values)
{
    HqqOptions options;
    if (!values) return options;
    options.p = values->number("p");
    options.beta = values->number("beta");
    options.kappa = values->number("kappa");
    options.iterations = values->integer("iterations");
    options.normalised = values->text("form") == "normalised";
    return options;
}

float stored(float value)
{
    const float half = fromHalf(toHalf(value));
    return std::isfinite(half) ? half : 0.0F;
}

float codeOf(float x, float inverse, float zero, int top)
{
    return std::clamp(std::nearbyint(x * inverse + zero), 0.0F, static_cast<float>(top));
}

/// Nearest codes of one group for stored numbers; returns Σ|x − x̂|^p.
double recode(std::span<const float> x, float scale, float depth, int top, double p, std::int8_t* codes)
{
    const float inverse = scale != 0 && std::isfinite(1 / scale) ? 1 / scale : 0;
    double error = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float q = codeOf(x[i] + depth, inverse, 0, top);
        codes[i] = static_cast<std::int8_t>(q);
        error += std::pow(static_cast<double>(std::fabs(x[i] - (scale * q - depth))), p);
    }
    return error;
}

/// One block of the values.
BlockCode fitBlock(const BlockLayout& layout, std::span<const float> x, const HqqOptions& options)
{
    BlockCode code;
    const auto n = static_cast<std::size_t>(layout.groupLength());
    const auto group = [&](std::size_t g) { return x.subspan(g * n, n); };
    if (!layout.graded) {
        const HqqFit fit = hqqFit(x, layout.codeHigh, false, options);
        code.d = stored(fit.scale);
        code.dm = stored(-fit.depth);
        code.scales[0] = 1;
        code.offsets[0] = -1;
        recode(x, code.d, -code.dm, layout.codeHigh, options.p, code.codes.data());
        return code;
    }
    std::array<float, 16> scales{};
    std::array<float, 16> depths{};
    std::array<float, 16> ones{};
    std::array<std::uint8_t, 16> numbers{};
    ones.fill(1);
    const auto groups = static_cast<std::size_t>(layout.groups);
    for (std::size_t g = 0; g < groups; ++g) {
        const HqqFit fit = hqqFit(group(g), layout.codeHigh, true, options);
        scales[g] = fit.scale;
        depths[g] = fit.depth;
    }
    code.d = stored(search::positive(layout.groups, layout.scaleHigh, scales.data(), ones.data(), numbers.data()));
    code.dm = stored(search::positive(layout.groups, layout.offsetHigh, depths.data(), ones.data(), numbers.data()));
    for (std::size_t g = 0; g < groups; ++g) {
        // The stored scale differs from the fitted one: look around for the pair that is best as it is stored.
        const auto near = [](float value, float unit, int high) {
            return unit > 0 ? static_cast<int>(std::clamp(std::nearbyint(value / unit), 0.0F, static_cast<float>(high))) : 0;
        };
        const int scale = near(scales[g], code.d, layout.scaleHigh);
        const int offset = near(depths[g], code.dm, layout.offsetHigh);
        double best = -1;
        std::array<std::int8_t, 256> codes{};
        for (int s = std::max(0, scale - 1); s <= std::min(layout.scaleHigh, scale + 1); ++s)
            for (int o = std::max(0, offset - 1); o <= std::min(layout.offsetHigh, offset + 1); ++o) {
                const double error = recode(group(g), code.d * static_cast<float>(s), code.dm * static_cast<float>(o), layout.codeHigh,
                                            options.p, codes.data());
                if (best >= 0 && !(error < best)) continue;
                best = error;
                code.scales[g] = static_cast<std::int16_t>(s);
                code.offsets[g] = static_cast<std::int16_t>(o);
                for (std::size_t i = 0; i < n; ++i) code.codes[g * n + i] = codes[i];
            }
    }
    return code;
}

class HqqQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "hqq"; }
    [[nodiscard]] std::string_view title() const override { return "HQQ"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "Fits the offset of each group so that most errors are small and a few may be large. Needs no data, for formats with "
               "offsets.";
    }
    [[nodiscard]] bool supports(TensorType format) const override
    {
        const BlockLayout* layout = findBlockLayout(format);
        return layout && layout->affine;
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        if (!supports(format))
            return fail(ErrorCode::Unsupported, fmt::format("The method \"hqq\" cannot write the format {}, which has no offsets.",
                                                            ww::name(format)));
        WW_TRY_VOID(checkBatch(rows, format, out.size()));
        const BlockLayout& layout = *findBlockLayout(format);
        const HqqOptions options = optionsOf(rows.options);
        const auto length = static_cast<std::size_t>(layout.length);
        const std::size_t bytes = traits(format).blockBytes;
        const std::size_t blocks = rows.rowCount * rows.columns / length;
        for (std::size_t b = 0; b < blocks; ++b)
            packBlock(layout, fitBlock(layout, {rows.values + b * length, length}, options), out.data() + b * bytes);
        return checkEncoded(rows, format, out);
    }
};

}  // namespace

HqqFit hqqFit(std::span<const float> x, int top, bool positive, const HqqOptions& options)
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
    float zero = -low * inverse;
    double beta = options.beta;
    best.error = -1;
    // The error of an offset is known after the codes of the next iteration, hence one more.
    for (int iteration = 0; iteration <= options.iterations; ++iteration) {
        double error = 0;
        double sum = 0;
        for (const float v : x) {
            const float q = codeOf(v, inverse, zero, top);
            const float rest = v - (q - zero) * best.scale;
            const double size = static_cast<double>(std::fabs(rest)) * (options.normalised ? static_cast<double>(inverse) : 1.0);
            const double power = size > 0 ? std::pow(size, options.p - 1) : 0.0;
            error += size * power;
            const double kept = std::max(0.0, size - power / beta);
            const double shrunk = std::copysign(options.normalised ? kept : kept * static_cast<double>(inverse), static_cast<double>(rest));
            sum += static_cast<double>(q) - (static_cast<double>(v) * static_cast<double>(inverse) - shrunk);
        }
        if (best.error < 0 || error < best.error) {
            best.error = error;
            best.depth = zero * best.scale;
        }
        float next = static_cast<float>(sum / static_cast<double>(x.size()));
        if (positive) next = std::max(next, 0.0F);
        if (std::fabs(next - zero) < 1e-5F) break;
        zero = next;
        beta *= options.kappa;
    }
    if (options.normalised) best.error *= std::pow(static_cast<double>(best.scale), options.p);
    return best;
}

const Quantizer& hqqQuantizer()
{
    static const HqqQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
