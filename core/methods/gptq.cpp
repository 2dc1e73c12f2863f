// SPDX-License-Identifier: MIT
#include "methods/gptq.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/blas.h"
#include "formats/block_format.h"
#include "formats/iq_lattice_units.h"
#include "methods/checks.h"
#include "methods/corrected.h"
#include "methods/gptq_slab.h"
#include "methods/lattice_descent.h"
#include "methods/reference.h"

namespace ww {
namespace {

Result<void> checkGram(std::span<const float> gram, std::size_t n)
{
    if (n == 0 || gram.size() / n != n || gram.size() % n != 0)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The Gram matrix has {} values, but an input of {} columns needs its square.", gram.size(), n));
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j)
            if (!std::isfinite(gram[i * n + j]))
                return fail(
                    ErrorCode::InvalidArgument,
                    fmt::format("The Gram matrix has a value that is not finite in row {}, column {}; calibrate again.", i, j));
        if (gram[i * n + i] < 0)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("The Gram matrix has a negative value on its diagonal in row {}; calibrate again.", i));
    }
    return {};
}

/// In place: lower factor C of the reversed matrix → rows R_jk / R_kk, and R_kk².
void feedbackFromFactor(float* c, std::size_t n, std::vector<float>& weights)
{
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i && i + j + 1 < n; ++j) std::swap(c[i * n + j], c[(n - 1 - j) * n + (n - 1 - i)]);
    weights.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
        float* row = c + k * n;
        const float diagonal = row[k];
        weights[k] = diagonal * diagonal;
        for (std::size_t j = 0; j < k; ++j) row[j] /= diagonal;
        std::fill(row + k, row + n, 0.0F);
    }
}

}  // namespace

double automaticDamping(std::size_t columns, std::size_t tokenCount)
{
    return tokenCount / 8 >= columns ? 0.02 : 0.1;
}

bool gptqSupports(TensorType format)
{
    return gridTraits(format) != nullptr || latticeTraits(format) != nullptr;
}

Result<GptqFactor> factorize(std::span<const float> gram, std::size_t columns, std::size_t tokenCount, const GptqOptions& options)
{
    WW_TRY_VOID(checkGram(gram, columns));
    const std::size_t n = columns;
    GptqFactor factor;
    factor.columns = n;
    factor.damping = options.damping.value_or(automaticDamping(n, tokenCount));
    if (!std::isfinite(factor.damping) || factor.damping < 0)
        return fail(ErrorCode::InvalidArgument, "The damping of GPTQ must be a number from 0 up.");
    if (tokenCount / 2 < n)
        factor.warning = fmt::format("GPTQ has only {} calibration tokens for {} columns; use at least {}.", tokenCount, n, 2 * n);

    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += gram[i * n + i];
    const double mean = sum > 0 ? sum / static_cast<double>(n) : 1.0;
    factor.added = sum > 0 ? static_cast<float>(factor.damping * mean) : 1.0F;
    factor.importance.resize(n);
    factor.damped.reset(n * n);
    std::copy(gram.begin(), gram.end(), factor.damped.data());
    for (std::size_t i = 0; i < n; ++i) {
        factor.importance[i] = gram[i * n + i];
        float& diagonal = factor.damped[i * n + i];
        diagonal += factor.added;
        // Without damping an input that never occurs would make the matrix singular; any positive number does.
        if (diagonal == 0) diagonal = static_cast<float>(mean);
    }

    factor.order.resize(n);
    std::iota(factor.order.begin(), factor.order.end(), std::size_t{0});
    if (!options.order.empty()) {
        std::vector<std::uint32_t> sorted = options.order;
        std::ranges::sort(sorted);
        if (!std::ranges::equal(sorted, factor.order))
            return fail(ErrorCode::InvalidArgument, fmt::format("The order of rounding does not name each of {} columns once.", n));
        std::ranges::copy(options.order, factor.order.begin());
    } else if (options.actOrder)
        std::stable_sort(factor.order.begin(), factor.order.end(),
                         [&](std::size_t a, std::size_t b) { return factor.importance[a] > factor.importance[b]; });
    giveDeadColumnsImportance(factor.importance);
    factor.feedback.reset(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        const float* row = factor.damped.data() + factor.order[n - 1 - i] * n;
        for (std::size_t j = 0; j < n; ++j) factor.feedback[i * n + j] = row[factor.order[n - 1 - j]];
    }
    if (!blas::cholesky(n, factor.feedback.data(), n))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The Gram matrix of {} columns is not positive definite with a damping of {}; use more "
                                "calibration tokens or a larger damping.",
                                n, factor.damping));
    feedbackFromFactor(factor.feedback.data(), n, factor.weights);
    return factor;
}

Result<GptqReport> gptqImprove(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                               std::span<std::byte> blocks)
{
    if (latticeTraits(format)) return latticeImprove(rows, format, factor, options, blocks);
    const GridTraits* grid = gridTraits(format);
    if (!grid) return fail(ErrorCode::Unsupported, fmt::format("GPTQ cannot choose the codes of {}.", name(format)));
    const std::size_t n = rows.columns;
    const auto bytes = rowBytes(format, n);
    if (n != factor.columns || !bytes)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("Rows of {} values do not fit a Gram matrix of {} columns and the format {}.", n, factor.columns,
                                name(format)));
    if (blocks.size() != *bytes * rows.rowCount)
        return fail(ErrorCode::Internal, "The number of bytes does not fit the number of rows.");

    GptqReport report;
    GptqSlab slab(*grid, factor);
    AlignedBuffer<float> decoded(kGptqRows * n);
    GptqSlab::Sums dampedBefore{};
    GptqSlab::Sums before{};
    GptqSlab::Sums dampedAfter{};
    GptqSlab::Sums after{};
    for (std::size_t first = 0; first < rows.rowCount; first += kGptqRows) {
        const std::size_t count = std::min(kGptqRows, rows.rowCount - first);
        std::byte* base = blocks.data() + first * *bytes;
        WW_TRY_VOID(decodeRows(format, {base, count * *bytes}, 0, count, n, decoded.data()));
        slab.load(rows.values + first * n, count, base, *bytes, decoded.data());
        slab.errors(dampedBefore, before);
        slab.roundWithFeedback();
        for (int pass = 0; pass < options.polishPasses; ++pass)
            if (!slab.descend(options.refit)) break;
        slab.errors(dampedAfter, after);
        for (std::size_t r = 0; r < count; ++r) {
            report.before += before[r];
            if (options.guard && !(dampedAfter[r] <= dampedBefore[r] && after[r] <= before[r])) {
                report.after += before[r];
                ++report.keptRows;
                continue;
            }
            report.after += after[r];
            slab.store(r, base + r * *bytes);
        }
    }
    return report;
}

Result<GptqReport> gptqRows(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                            std::span<std::byte> out)
{
    RowBatch weighted = rows;
    if (!weighted.importance && rows.columns == factor.columns) weighted.importance = factor.importance.data();
    const Quantizer& start = format == TensorType::IQ3_S ? correctedQuantizer() : referenceQuantizer();
    WW_TRY_VOID(start.quantize(weighted, format, out));
    return gptqImprove(rows, format, factor, options, out);
}

}  // namespace ww
