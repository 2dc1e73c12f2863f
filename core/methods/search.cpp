// SPDX-License-Identifier: MIT
#include "methods/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "formats/block_format.h"
#include "formats/iq_lattice_units.h"
#include "formats/searches.h"
#include "methods/block_code.h"
#include "methods/checks.h"
#include "methods/lattice_search.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr int kMaxBlock = 256;
constexpr int kLanes = 8;
constexpr double kMostStrength = 1.3;

constexpr std::array kOptions = {
    MethodOption{"passes", "Passes", "How often codes, scales and factors are improved by turns; fewer is faster.", "4",
                 MethodOption::Kind::Integer, 1, 50, {}},
};

/// A factor as 16 bits hold it; 0 if they cannot.
float stored(double value)
{
    const float half = fromHalf(toHalf(static_cast<float>(value)));
    return std::isfinite(half) ? half : 0.0F;
}

/// Improves the block of the given values.
class BlockSearch {
public:
    BlockSearch(const BlockLayout& layout, const float* x, const float* c) : m_layout(layout), m_x(x), m_c(c) {}

    /// Error of nearest codes for the factors and group scales; sets the codes.
    double recode(BlockCode& code) const
    {
        double error = 0;
        for (int g = 0; g < m_layout.groups; ++g) error += recodeGroup(code, g, code.scales[index(g)], code.offsets[index(g)]);
        return error;
    }

    /// Turns of group scales, factors and codes; none makes it worse. Returns the error.
    double refine(BlockCode& code, int passes) const
    {
        double error = recode(code);
        for (int pass = 0; pass < passes; ++pass) {
            const double before = error;
            if (m_layout.graded) {
                error = 0;
                for (int g = 0; g < m_layout.groups; ++g) error += improveGroup(code, g);
            }
            error = std::min(error, improveFactors(code, error));
            if (!(error < before * (1 - 1e-6))) break;
        }
        return error;
    }

    /// Factors of a format without group scales, from trials around the extremes.
    BlockCode fitPlain() const
    {
        const auto [lo, hi] = std::minmax_element(m_x, m_x + m_layout.length);
        BlockCode best;
        double bestError = -1;
        const float pivot = search::pivotOf(m_layout.length, m_x);
        for (int trial = -10; trial <= 10; ++trial) {
            BlockCode code;
            code.scales[0] = 1;
            const float levels = m_layout.affine ? static_cast<float>(m_layout.codeHigh) : static_cast<float>(-m_layout.codeLow);
            const float used = levels + 0.1F * std::max(1.0F, levels / 32) * static_cast<float>(trial);
            const float signedRange = m_layout.type == TensorType::Q8_0 ? std::fabs(pivot) : -pivot;
            code.d = stored((m_layout.affine ? *hi - *lo : signedRange) / used);
            if (m_layout.affine) {
                code.dm = stored(*lo);
                code.offsets[0] = -1;
            }
            double error = recode(code);
            error = std::min(error, improveFactors(code, error));
            if (bestError >= 0 && !(error < bestError)) continue;
            best = code;
            bestError = error;
        }
        return best;
    }

    /// A fit of every group by its own, then factors for the group scales. Empty when weights are missing.
    std::optional<BlockCode> fitGraded() const
    {
        std::array<float, 16> scales{};
        std::array<float, 16> depths{};
        std::array<float, 16> masses{};
        std::array<std::uint8_t, kMaxBlock> codes{};
        const int n = m_layout.groupLength();
        for (int g = 0; g < m_layout.groups; ++g) {
            const float* x = m_x + g * n;
            const float* c = m_c + g * n;
            for (int i = 0; i < n; ++i) masses[index(g)] += c[i];
            if (!(masses[index(g)] > 0)) return std::nullopt;
            if (m_layout.affine) {
                const auto fit = search::affine(n, m_layout.codeHigh, x, c, search::kFineRange, codes.data());
                scales[index(g)] = fit.scale;
                depths[index(g)] = fit.depth;
            } else {
                scales[index(g)] = search::symmetric(n, -m_layout.codeLow, x, c, codes.data());
            }
        }
        BlockCode code;
        if (m_layout.affine) {
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

private:
    static std::size_t index(int i) { return static_cast<std::size_t>(i); }

    static std::int16_t nearest(double value, double unit, int low, int high)
    {
        if (unit == 0) return static_cast<std::int16_t>(std::clamp(0, low, high));
        return static_cast<std::int16_t>(std::lround(std::clamp<double>(value / unit, low, high)));
    }

    /// Error of a group with this scale and offset, codes nearest; lanes keep the order of additions fixed.
    double groupError(const BlockCode& code, int g, int scale, int offset, float* codes) const
    {
        const int n = m_layout.groupLength();
        const float* x = m_x + g * n;
        const float* c = m_c + g * n;
        const float s = code.d * static_cast<float>(scale);
        const float o = code.dm * static_cast<float>(offset);
        const float inverse = s != 0 ? 1 / s : 0;
        const float usable = std::isfinite(inverse) ? inverse : 0;
        const auto low = static_cast<float>(m_layout.codeLow);
        const auto high = static_cast<float>(m_layout.codeHigh);
        constexpr float kMagic = 12582912.0F;  // adding it rounds to a whole number
        float sums[kLanes] = {};
        for (int i = 0; i < n; i += kLanes)
            for (int l = 0; l < kLanes; ++l) {
                const float wanted = (x[i + l] + o) * usable;
                const float inRange = std::min(std::max(wanted, low), high);
                const float q = (inRange + kMagic) - kMagic;
                const float difference = x[i + l] - (s * q - o);
                codes[i + l] = q;
                sums[l] += c[i + l] * difference * difference;
            }
        double error = 0;
        for (const float sum : sums) error += static_cast<double>(sum);
        return error;
    }

    double recodeGroup(BlockCode& code, int g, int scale, int offset) const
    {
        float codes[kMaxBlock];
        const double error = groupError(code, g, scale, offset, codes);
        code.scales[index(g)] = static_cast<std::int16_t>(scale);
        code.offsets[index(g)] = static_cast<std::int16_t>(offset);
        const int n = m_layout.groupLength();
        for (int i = 0; i < n; ++i) code.codes[index(g * n + i)] = static_cast<std::int8_t>(codes[i]);
        return error;
    }

    /// Best scale and offset of a group among the neighbours of the present ones.
    double improveGroup(BlockCode& code, int g) const
    {
        float codes[kMaxBlock];
        const int scale = code.scales[index(g)];
        const int offset = code.offsets[index(g)];
        int bestScale = scale;
        int bestOffset = offset;
        double best = groupError(code, g, scale, offset, codes);
        const int reach = m_layout.affine ? 1 : 0;
        for (int s = std::max(m_layout.scaleLow, scale - 1); s <= std::min(m_layout.scaleHigh, scale + 1); ++s)
            for (int o = std::max(0, offset - reach); o <= std::min(m_layout.offsetHigh, offset + reach); ++o) {
                const double error = groupError(code, g, s, o, codes);
                if (!(error < best)) continue;
                best = error;
                bestScale = s;
                bestOffset = o;
            }
        return recodeGroup(code, g, bestScale, bestOffset);
    }

    /// Factors that fit the present codes best, as they are stored, with codes nearest to them; kept if better than `error`.
    double improveFactors(BlockCode& code, double error) const
    {
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double ax = 0;
        double bx = 0;
        const int n = m_layout.groupLength();
        for (int i = 0; i < m_layout.length; ++i) {
            const double c = m_c[i];
            const double a = code.scales[index(i / n)] * code.codes[index(i)];
            const double b = -code.offsets[index(i / n)];
            aa += c * a * a;
            ab += c * a * b;
            bb += c * b * b;
            ax += c * a * m_x[i];
            bx += c * b * m_x[i];
        }
        BlockCode trial = code;
        const double determinant = aa * bb - ab * ab;
        if (m_layout.affine && determinant > 1e-12 * aa * bb) {
            trial.d = stored((bb * ax - ab * bx) / determinant);
            trial.dm = stored((aa * bx - ab * ax) / determinant);
            if (m_layout.graded && trial.dm < 0) trial.dm = 0;
        } else if (aa > 0) {
            trial.d = stored((ax - ab * static_cast<double>(code.dm)) / aa);
        }
        if (trial.d == code.d && trial.dm == code.dm) return error;
        const double now = recode(trial);
        if (!(now < error)) return error;
        code = trial;
        return now;
    }

    const BlockLayout& m_layout;
    const float* m_x;
    const float* m_c;
};

class SearchQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "search"; }
    [[nodiscard]] std::string_view title() const override { return "Weightwright search"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "Chooses better scales and codes than llama.cpp's search for the same format: the squared error of a block, weighted "
               "with importance when there is any, is never larger and mostly smaller.";
    }
    [[nodiscard]] bool supports(TensorType format) const override { return findBlockLayout(format) || latticeTraits(format); }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        if (!supports(format))
            return fail(ErrorCode::Unsupported, fmt::format("The method \"search\" cannot write the format {}.", ww::name(format)));
        WW_TRY_VOID(checkBatch(rows, format, out.size()));
        const Target target{format, findBlockLayout(format), findBlockFormat(format), traits(format).blockLength, traits(format).blockBytes};
        target.codec->encodeRows(rows.values, out.data(), rows.rowCount, rows.columns, rows.importance);
        const int passes = rows.options ? rows.options->integer("passes") : 4;
        const std::size_t blocks = rows.columns / target.length;
        std::vector<double> limits(blocks);
        for (std::size_t r = 0; r < rows.rowCount; ++r) {
            const float* row = rows.values + r * rows.columns;
            std::byte* const first = out.data() + r * blocks * target.bytes;
            for (std::size_t b = 0; b < blocks; ++b) {
                const std::size_t column = b * target.length;
                limits[b] = improve(target, row + column, rows.importance ? rows.importance + column : nullptr, passes, first + b * target.bytes);
            }
            restoreStrength(target, row, rows.importance, limits, first);
        }
        return checkEncoded(rows, format, out);
    }

private:
    /// What is written.
    struct Target {
        TensorType type;
        const BlockLayout* layout;  ///< null for formats with a code book
        const BlockFormat* codec;
        std::size_t length;  ///< values of a block
        std::size_t bytes;
    };

    /// Σ c (w − ŵ)²; `c` null: all 1.
    static double storedError(const Target& target, const std::byte* block, const float* x,
                              const float* c)
    {
        float decoded[kMaxBlock];
        target.codec->decodeRow(block, decoded, target.length);
        double error = 0;
        for (std::size_t i = 0; i < target.length; ++i) {
            const double difference = static_cast<double>(x[i]) - static_cast<double>(decoded[i]);
            error += (c ? static_cast<double>(c[i]) : 1.0) * difference * difference;
        }
        return error;
    }

    /// What one block of a row answers for.
    struct Strength {
        double answer = 0;   ///< Σ c w ŵ
        double whole = 0;    ///< Σ c w²
        double most = 0;     ///< share by which its factors may grow while its error stays below that of the reference
    };

    static Strength strengthOf(const Target& target, const std::byte* block, const float* x, const float* c, double limit)
    {
        float decoded[kMaxBlock];
        target.codec->decodeRow(block, decoded, target.length);
        Strength strength;
        double stored = 0;
        double error = 0;
        for (std::size_t i = 0; i < target.length; ++i) {
            const double weight = c ? static_cast<double>(c[i]) : 1.0;
            const double value = x[i];
            const double rounded = decoded[i];
            strength.answer += weight * value * rounded;
            strength.whole += weight * value * value;
            stored += weight * rounded * rounded;
            error += weight * (value - rounded) * (value - rounded);
        }
        // The error with factors 1 + t times theirs is error + 2 t (stored − answer) + t² stored.
        const double slope = stored - strength.answer;
        if (stored > 0 && limit > error) strength.most = (std::sqrt(std::max(0.0, slope * slope + stored * (limit - error))) - slope) / stored;
        strength.most = std::clamp(strength.most, 0.0, kMostStrength - 1);
        return strength;
    }

    /// Factors 1 + share times theirs, if that keeps the error below `limit`.
    static void strengthen(const Target& target, const float* x, const float* c, double limit, double share, std::byte* block)
    {
        for (const double part : {1.0, 0.75, 0.5, 0.25}) {
            std::byte bytes[sizeof(float) * kMaxBlock];
            std::copy_n(block, target.bytes, bytes);
            if (target.layout) {
                BlockCode code = unpackBlock(*target.layout, block);
                code.d = stored(static_cast<double>(code.d) * (1 + part * share));
                code.dm = stored(static_cast<double>(code.dm) * (1 + part * share));
                packBlock(*target.layout, code, bytes);
            } else {
                writeLatticeFactor(bytes, stored(static_cast<double>(latticeFactor(block)) * (1 + part * share)));
            }
            if (target.codec->findInvalid(bytes, target.length)) continue;
            if (!(storedError(target, bytes, x, c) <= limit)) continue;
            std::copy_n(bytes, target.bytes, block);
            return;
        }
    }

    /// Replaces the reference's block if a better one is found; returns the error that it must not exceed, by `importance` (or plain).
    static double improve(const Target& target, const float* x, const float* importance, int passes,
                          std::byte* block)
    {
        float weights[kMaxBlock];
        searchWeights(target.type, {x, target.length}, importance, weights);
        const double limit = storedError(target, block, x, importance);
        double best = storedError(target, block, x, weights);
        if (!(best > 0)) return limit;
        const auto offer = [&](const std::byte* bytes) {
            if (target.codec->findInvalid(bytes, target.length)) return;
            const double error = storedError(target, bytes, x, weights);
            if (!(error < best) || !(storedError(target, bytes, x, importance) <= limit)) return;
            best = error;
            std::copy_n(bytes, target.bytes, block);
        };
        std::byte bytes[sizeof(float) * kMaxBlock];
        if (!target.layout) {
            std::copy_n(block, target.bytes, bytes);
            improveLatticeBlock(target.type, x, weights, passes, bytes);
            offer(bytes);
            return limit;
        }
        const BlockSearch search(*target.layout, x, weights);
        const auto refined = [&](BlockCode code) {
            search.refine(code, passes);
            packBlock(*target.layout, code, bytes);
            offer(bytes);
        };
        refined(unpackBlock(*target.layout, block));
        if (!target.layout->graded) {
            refined(search.fitPlain());
        } else if (const auto fitted = search.fitGraded()) {
            refined(*fitted);
        }
        return limit;
    }

    /// Codes of least squared error are smaller than the weights in the mean, which adds up from layer to layer. Factors a little
    /// larger, so that the row answers its own direction with full strength, cost next to nothing of the error: all blocks of
    /// the row take the same share, as far as their errors stay below those of the reference.
    static void restoreStrength(const Target& target, const float* row, const float* importance,
                                std::span<const double> limits, std::byte* blocks)
    {
        const std::size_t length = target.length;
        const std::size_t bytes = target.bytes;
        std::vector<Strength> strengths;
        double missing = 0;
        double most = 0;
        for (std::size_t b = 0; b < limits.size(); ++b) {
            strengths.push_back(strengthOf(target, blocks + b * bytes, row + b * length, importance ? importance + b * length : nullptr, limits[b]));
            missing += strengths.back().whole - strengths.back().answer;
            most = std::max(most, strengths.back().most);
        }
        if (!(missing > 0) || !(most > 0)) return;
        // The share that makes good what is missing, by halving; all there is when that is not enough.
        const auto gained = [&](double share) {
            double sum = 0;
            for (const Strength& s : strengths) sum += std::min(share, s.most) * std::max(0.0, s.answer);
            return sum;
        };
        double low = 0;
        double high = most;
        for (int i = 0; i < 40 && gained(most) > missing; ++i) {
            const double middle = (low + high) / 2;
            (gained(middle) < missing ? low : high) = middle;
        }
        for (std::size_t b = 0; b < limits.size(); ++b)
            if (const double share = std::min(high, strengths[b].most); share > 0)
                strengthen(target, row + b * length, importance ? importance + b * length : nullptr, limits[b], share, blocks + b * bytes);
    }
};

/// How much the mean square of a block counts beside the square of a weight; chosen by the divergence of two trained models.
double shareOfMean(TensorType format)
{
    switch (format) {
    case TensorType::Q8_0: return 6;
    case TensorType::Q4_K:
    case TensorType::Q5_K: return 1;
    default: return 0.5;
    }
}

}  // namespace

void searchWeights(TensorType format, std::span<const float> x, const float* importance, float* out)
{
    // With importance, a factor for large weights beside it makes the outputs worse; where steps are so fine that hardly anything is
    // lost, it keeps the errors of columns small that matter more in another text.
    const bool fine = format == TensorType::Q6_K || format == TensorType::Q8_0;
    if (importance && !fine) {
        std::copy_n(importance, x.size(), out);
        return;
    }
    const bool squares = format == TensorType::Q3_K;
    double sum = 0;
    for (const float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
    const double mean = shareOfMean(format) * sum / static_cast<double>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double square = static_cast<double>(x[i]) * static_cast<double>(x[i]);
        out[i] = static_cast<float>((importance ? static_cast<double>(importance[i]) : 1.0) * (squares ? square : std::sqrt(mean + square)));
    }
}

const Quantizer& searchQuantizer()
{
    static const SearchQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
