// SPDX-License-Identifier: MIT
#include "transform/channel_scales.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "base/blas.h"
#include "base/parallel.h"
#include "formats/block_format.h"
#include "methods/input_transforms.h"
#include "methods/output_error.h"
#include "methods/quantizer.h"
#include "methods/reference.h"

namespace ww {
namespace {

constexpr std::size_t kCandidates = 20;
constexpr std::size_t kSampledRows = 128;
/// Shares that the search of SmoothQuant tries besides leaving an input alone.
constexpr double kFirstShare = 0.30;
constexpr double kShareStep = 0.05;
constexpr std::size_t kShares = 14;
constexpr int kSmoothBits = 8;
/// Rows of a matrix whose outputs one task compares.
constexpr std::size_t kPieceRows = 64;
/// Scales must lose less than this share of what none lose: smaller differences are luck of rounding.
constexpr double kClearGain = 0.97;
/// Channels with less than this share of the median input count as having it: those that hardly occur would push the scales of
/// all others away from 1.
constexpr double kLeastInput = 1e-4;

double shareOf(std::size_t candidate)
{
    return kFirstShare + kShareStep * static_cast<double>(candidate);
}

double alphaOf(std::size_t candidate)
{
    return static_cast<double>(candidate) / static_cast<double>(kCandidates);
}

Scales shared(std::vector<float> scales)
{
    return std::make_shared<const std::vector<float>>(std::move(scales));
}

/// The sample with its channels divided by the scales and each token rounded with a step of its own. One step for all would be fitted to
/// the largest values of this text: the losses would fall on and on with the share that is moved, and tokens of other texts be clipped.
AlignedBuffer<float> roundedInputs(const InputStatistics& statistics, const std::vector<float>& scales)
{
    const std::size_t n = statistics.columns;
    AlignedBuffer<float> rounded(statistics.sample.size());
    for (std::size_t first = 0; first < rounded.size(); first += n) {
        for (std::size_t c = 0; c < n; ++c) rounded[first + c] = statistics.sample[first + c] / scales[c];
        roundSymmetric({rounded.data() + first, n}, kSmoothBits);
    }
    return rounded;
}

/// For each of the candidates, scales of all channels: Σ (X̂·Ŵᵀ − X·Wᵀ)² over the sample X and the outputs of all readers, with the
/// weights of each row and the inputs of each token rounded to 8 bits, after the scales have gone from one to the other.
Result<std::vector<double>> roundingLosses(const ScaledInput& input, const std::vector<std::vector<float>>& candidates, const JobContext& context)
{
    const std::vector<float>& sample = input.statistics->sample;
    const std::size_t n = input.statistics->columns;
    const std::size_t tokens = sample.size() / n;
    std::vector<AlignedBuffer<float>> inputs(candidates.size());
    auto rounded = parallelTry(context, candidates.size(), [&](std::size_t i) -> Result<void> {
        inputs[i] = roundedInputs(*input.statistics, candidates[i]);
        return {};
    });
    WW_TRY_VOID(std::move(rounded));

    struct Piece {
        const ScaledReader* reader;
        std::size_t first;  ///< row
        std::size_t count;
    };
    std::vector<Piece> pieces;
    for (const ScaledReader& reader : input.readers)
        for (std::size_t first = 0; first < reader.rows.size() / n; first += kPieceRows)
            pieces.push_back({&reader, first, std::min(kPieceRows, reader.rows.size() / n - first)});
    std::vector<double> losses(pieces.size() * candidates.size());
    auto tried = parallelTry(context, pieces.size(), [&](std::size_t p) -> Result<void> {
        const auto& [reader, first, count] = pieces[p];
        const float* const weights = reader->rows.data() + first * n;
        // Each row stands for as many of the matrix.
        const double share = reader->share * static_cast<double>(reader->allRows) / static_cast<double>(reader->rows.size() / n);
        AlignedBuffer<float> exact(tokens * count);
        blas::gemmNT(tokens, count, n, 1, sample.data(), n, weights, n, 0, exact.data(), count);
        AlignedBuffer<float> scaled(count * n);
        AlignedBuffer<float> difference(tokens * count);
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (context.stopRequested()) return cancelled();
            for (std::size_t row = 0; row < scaled.size(); row += n) {
                for (std::size_t c = 0; c < n; ++c) scaled[row + c] = weights[row + c] * candidates[i][c];
                roundSymmetric({scaled.data() + row, n}, kSmoothBits);
            }
            std::copy_n(exact.data(), exact.size(), difference.data());
            blas::gemmNT(tokens, count, n, 1, inputs[i].data(), n, scaled.data(), n, -1, difference.data(), count);
            losses[p * candidates.size() + i] = share * blas::dot(difference.size(), difference.data(), difference.data());
        }
        return {};
    });
    WW_TRY_VOID(std::move(tried));
    std::vector<double> sums(candidates.size());
    for (std::size_t i = 0; i < losses.size(); ++i) sums[i % candidates.size()] += losses[i];
    return sums;
}

std::vector<float> smooth(const ScaledInput& input, double alpha)
{
    std::vector<double> inputs(input.period);
    std::vector<double> weights(input.period);
    for (std::size_t c = 0; c < input.statistics->columns; ++c) {
        const std::size_t at = input.sharedOf(c);
        inputs[at] = std::max(inputs[at], static_cast<double>(input.statistics->absMax[c]));
        for (const ScaledReader& reader : input.readers) weights[at] = std::max(weights[at], static_cast<double>(reader.largest[c]));
    }
    std::vector<float> scales(input.period);
    for (std::size_t i = 0; i < scales.size(); ++i) {
        const double scale = std::pow(std::max(inputs[i], 1e-5), alpha) / std::pow(std::max(weights[i], 1e-5), 1 - alpha);
        scales[i] = static_cast<float>(std::clamp(scale, 1e-5, 1e5));
    }
    return scales;
}

Result<Scales> searchedSmooth(const ScaledInput& input, const JobContext& context)
{
    if (input.statistics->sample.empty())
        return fail(Error{ErrorCode::InvalidArgument, "The search of SmoothQuant needs a calibration with a sample of the inputs.", {},
                          input.statistics->tensors.front(), {}});
    std::vector<std::vector<float>> candidates{std::vector<float>(input.statistics->columns, 1.0F)};
    for (std::size_t i = 0; i < kShares; ++i) candidates.push_back(input.spread(smooth(input, shareOf(i))));
    WW_TRY(const std::vector<double> losses, roundingLosses(input, candidates, context));
    const auto best = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());  // the first: no scales, if equal
    return best == 0 ? Scales() : shared(smooth(input, shareOf(best - 1)));
}

/// Mean |x|^alpha, the largest and smallest scale at the same distance from 1.
std::vector<float> awq(const ScaledInput& input, double alpha)
{
    std::vector<double> means(input.period);
    for (std::size_t c = 0; c < input.statistics->columns; ++c) {
        double& mean = means[input.sharedOf(c)];
        mean = std::max(mean, input.statistics->sumAbs[c] / static_cast<double>(input.statistics->count));
    }
    std::vector<double> sorted = means;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    const double least = std::max(1e-9, kLeastInput * *middle);
    std::vector<double> raised;
    for (const double mean : means) raised.push_back(std::pow(std::max(mean, least), alpha));
    const auto [low, high] = std::ranges::minmax(raised);
    std::vector<float> scales;
    for (const double value : raised) scales.push_back(static_cast<float>(std::max(1e-4, value / std::sqrt(low * high))));
    return scales;
}

/// trace(Δ H Δᵀ) / trace(W H Wᵀ) over some rows of the readers, quantized with these scales.
Result<double> lossOf(const ScaledInput& input, const ScalingTarget& target, const std::vector<float>& scales)
{
    const std::size_t n = input.statistics->columns;
    const auto& gram = input.statistics->gram;
    const auto bytes = rowBytes(target.format, n);
    if (!bytes) return 0.0;  // this input keeps its scales
    std::vector<float> importance(n);
    for (std::size_t c = 0; c < n; ++c) importance[c] = gram[c * n + c] / (scales[c] * scales[c]);
    AlignedBuffer<float> product;
    double lost = 0;
    double whole = 0;
    for (const ScaledReader& reader : input.readers) {
        const std::size_t rows = reader.rows.size() / n;
        const std::size_t count = std::min(rows, kSampledRows);
        if (count == 0 || reader.share == 0) continue;
        std::vector<float> original(count * n);
        std::vector<float> scaled(count * n);
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t c = 0; c < n; ++c) {
                original[r * n + c] = reader.rows[r * rows / count * n + c];
                scaled[r * n + c] = original[r * n + c] * scales[c];
            }
        std::vector<std::byte> blocks(count * *bytes);
        const RowBatch batch{.values = scaled.data(),
                             .rowCount = count,
                             .columns = n,
                             .importance = importance.data(),
                             .options = &target.method.values};
        WW_TRY_VOID(target.method.quantizer->quantize(batch, target.format, blocks));
        WW_TRY_VOID(decodeRows(target.format, blocks, 0, count, n, scaled.data()));
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t c = 0; c < n; ++c) scaled[r * n + c] = scaled[r * n + c] / scales[c] - original[r * n + c];
        // Each row stands for as many of the matrix.
        const double weight = reader.share * static_cast<double>(reader.allRows) / static_cast<double>(count);
        lost += weight * outputError(scaled.data(), count, gram.data(), n, product);
        whole += weight * outputError(original.data(), count, gram.data(), n, product);
    }
    return whole > 0 ? lost / whole : 0.0;
}

Result<Scales> searchedAwq(const ScaledInput& input, const ScalingTarget& target, const JobContext& context)
{
    std::array<double, kCandidates> losses{};
    auto tried = parallelTry(context, kCandidates, [&](std::size_t i) -> Result<void> {
        WW_TRY(losses[i], lossOf(input, target, input.spread(awq(input, alphaOf(i)))));
        return {};
    });
    WW_TRY_VOID(std::move(tried));
    const auto best = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());
    if (!(losses[best] < kClearGain * losses[0])) return Scales();
    return shared(awq(input, alphaOf(best)));
}

}  // namespace

Result<ScalingTarget> parseScalingTarget(std::string_view text)
{
    if (text.empty()) text = "Q4_0";
    if (const auto format = tensorTypeFromName(text); format && referenceQuantizer().supports(*format)) {
        WW_TRY(Method method, parseMethod(kDefaultMethod));
        return ScalingTarget{std::string(name(*format)), *format, std::move(method)};
    }
    if (!findQuantizer(text))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is no format and no method for awq to aim at; \"weightwright-cli formats\" and \"weightwright-cli "
                                "methods\" list them.",
                                text));
    WW_TRY(Method method, parseMethod(text));
    if (method.quantizer->exportable())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("awq aims at a format or at an analysis method, and \"{}\" is a method of formats; name the format.",
                                method.quantizer->name()));
    if (method.quantizer->dataNeededFor(method.values) != MethodData::None)
        return fail(ErrorCode::InvalidArgument, fmt::format("awq cannot aim at \"{}\", which needs a calibration itself.", text));
    return ScalingTarget{methodSpec(method), TensorType::F32, std::move(method)};
}

ScaledReader scaledReader(std::vector<float> values, std::size_t columns, std::size_t keptRows)
{
    ScaledReader reader;
    reader.largest.assign(columns, 0.0F);
    for (std::size_t i = 0; i < values.size(); ++i) {
        float& largest = reader.largest[i % columns];
        largest = std::max(largest, std::fabs(values[i]));
    }
    reader.allRows = values.size() / columns;
    if (reader.allRows <= keptRows) {
        reader.rows = std::move(values);
        return reader;
    }
    for (std::size_t r = 0; r < keptRows; ++r) {
        const auto row = values.begin() + static_cast<std::ptrdiff_t>(r * reader.allRows / keptRows * columns);
        reader.rows.insert(reader.rows.end(), row, row + static_cast<std::ptrdiff_t>(columns));
    }
    return reader;
}

std::vector<float> ScaledInput::spread(const std::vector<float>& scales) const
{
    std::vector<float> all(statistics->columns);
    for (std::size_t c = 0; c < all.size(); ++c) all[c] = scales[sharedOf(c)];
    return all;
}

Result<Scales> chooseScales(const ScaledInput& input, const ScalingOptions& options, const ScalingTarget& target, const JobContext& context)
{
    if (options.rule == ScalingOptions::Rule::Smooth)
        return options.searchAlpha ? searchedSmooth(input, context) : Result<Scales>(shared(smooth(input, options.alpha)));
    if (input.statistics->gram.empty())
        return fail(Error{ErrorCode::InvalidArgument, "AWQ needs a calibration with Gram matrices.", {}, input.statistics->tensors.front(), {}});
    if (!options.awqAlpha) return searchedAwq(input, target, context);
    return *options.awqAlpha == 0 ? Scales() : shared(awq(input, *options.awqAlpha));
}

}  // namespace ww
