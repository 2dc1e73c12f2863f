// SPDX-License-Identifier: MIT
#include "methods/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "formats/block_format.h"
#include "formats/iq_lattice_units.h"
#include "methods/block_code.h"
#include "methods/block_search.h"
#include "methods/checks.h"
#include "methods/lattice_search.h"

namespace ww {
namespace {

constexpr double kMostStrength = 1.3;

constexpr std::array kOptions = {
    MethodOption{"passes", "Passes", "How often codes, scales and factors are improved by turns; fewer is faster.", "4",
                 MethodOption::Kind::Integer, 1, 50, {}},
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
    [[nodiscard]] bool supports(TensorType format) const override { return gridTraits(format) || latticeTraits(format); }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        if (!supports(format))
            return fail(ErrorCode::Unsupported, fmt::format("The method \"search\" cannot write the format {}.", ww::name(format)));
        WW_TRY_VOID(checkBatch(rows, format, out.size()));
        const Target target{format, gridTraits(format), findBlockFormat(format), traits(format).blockLength, traits(format).blockBytes};
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
        const GridTraits* grid;  ///< null for formats with a code book
        const BlockFormat* codec;
        std::size_t length;  ///< values of a block
        std::size_t bytes;
    };

    /// Σ c (w − ŵ)²; `c` null: all 1.
    static double storedError(const Target& target, const std::byte* block, const float* x,
                              const float* c)
    {
        float decoded[kMostBlock];
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
        float decoded[kMostBlock];
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
            std::byte bytes[sizeof(float) * kMostBlock];
            std::copy_n(block, target.bytes, bytes);
            if (target.grid) {
                BlockCode code = readBlockScales(*target.grid, block);
                code.block = {storedFactor(static_cast<double>(code.block.scale) * (1 + part * share)),
                              storedFactor(static_cast<double>(code.block.offset) * (1 + part * share))};
                writeBlockScales(*target.grid, code, bytes);
            } else {
                writeLatticeFactor(bytes, storedFactor(static_cast<double>(latticeFactor(block)) * (1 + part * share)));
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
        float weights[kMostBlock];
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
        std::byte bytes[sizeof(float) * kMostBlock];
        if (!target.grid) {
            std::copy_n(block, target.bytes, bytes);
            improveLatticeBlock(target.type, x, weights, passes, bytes);
            offer(bytes);
            return limit;
        }
        const BlockSearch search(*target.grid, x, weights);
        for (BlockCode code : {readBlockScales(*target.grid, block), search.fit()}) {
            search.searchGroups(code);
            search.refine(code, passes);
            writeBlock(*target.grid, code, bytes);
            offer(bytes);
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
    case TensorType::Q3_K: return 0.05;
    case TensorType::Q4_K:
    case TensorType::Q5_K: return 1;
    default: return 0.5;
    }
}

/// How much a mean of the block counts beside the importance of a column; chosen by the divergence of two trained models, calibrated on one
/// book and on varied text. Columns that the calibration text hardly used are used by others; formats that cannot afford it keep to the text.
double shareOfBlock(TensorType format)
{
    switch (format) {
    case TensorType::Q3_K:
    case TensorType::Q5_0: return 0;
    default: return 0.3;
    }
}

/// (mean √c)², which a few columns with outliers do not rule as they rule the mean.
double middleOf(std::span<const float> c)
{
    double sum = 0;
    for (const float v : c) sum += std::sqrt(static_cast<double>(v));
    const double root = sum / static_cast<double>(c.size());
    return root * root;
}

}  // namespace

void searchWeights(TensorType format, std::span<const float> x, const float* importance, float* out)
{
    // With importance, a factor for large weights beside it makes the outputs worse; where steps are so fine that hardly anything is
    // lost, it keeps the errors of columns small that matter more in another text.
    const bool fine = format == TensorType::Q6_K || format == TensorType::Q8_0;
    if (importance && !fine) {
        const double more = shareOfBlock(format) * middleOf({importance, x.size()});
        for (std::size_t i = 0; i < x.size(); ++i) out[i] = static_cast<float>(static_cast<double>(importance[i]) + more);
        return;
    }
    double sum = 0;
    for (const float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
    const double mean = shareOfMean(format) * sum / static_cast<double>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double square = static_cast<double>(x[i]) * static_cast<double>(x[i]);
        out[i] = static_cast<float>((importance ? static_cast<double>(importance[i]) : 1.0) * std::sqrt(mean + square));
    }
}

const Quantizer& searchQuantizer()
{
    static const SearchQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
