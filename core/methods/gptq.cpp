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
#include "methods/lattice_descent.h"
#include "methods/reference.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

/// Rows that are worked on together, one per lane. Always as many, filled up with zeros, so that every product has the same
/// shape and a row the same result wherever it stands.
constexpr std::size_t kLanes = kGptqRows;
/// Columns between two matrix products.
constexpr std::size_t kStep = 128;
constexpr float kSnap = 12582912.0F;

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

/// Rounds one column of all lanes: targets in, values and codes out. Scales per lane.
void roundLanes(const GridTraits& grid, const float* target, const float* scale, const float* inverse, const float* offset,
                float* value, float* code)
{
    if (grid.levels) {
        for (std::size_t r = 0; r < kLanes; ++r) {
            const float x = target[r] * inverse[r];
            int index = 0;
            for (int i = 0; i < 15; ++i) index += x > 0.5F * static_cast<float>(grid.levels[i] + grid.levels[i + 1]) ? 1 : 0;
            code[r] = static_cast<float>(index);
            value[r] = scale[r] * static_cast<float>(grid.levels[index]);
        }
        return;
    }
    const float low = static_cast<float>(-grid.zero);
    const float high = static_cast<float>(grid.codeCount - 1 - grid.zero);
    for (std::size_t r = 0; r < kLanes; ++r) {
        const float x = (target[r] - offset[r]) * inverse[r];
        const float number = (std::min(std::max(x, low), high) + kSnap) - kSnap;
        code[r] = number - low;
        value[r] = number * scale[r] + offset[r];
    }
}

/// Up to kLanes rows, turned so that a column of all of them lies together.
class Slab {
public:
    Slab(const GridTraits& grid, const GptqFactor& factor)
        : m_grid(grid), m_factor(factor), m_n(factor.columns), m_groups(m_n / grid.group), m_w(m_n * kLanes), m_delta(m_n * kLanes),
          m_code(m_n * kLanes), m_scale(m_groups * kLanes), m_inverse(m_groups * kLanes), m_offset(m_groups * kLanes),
          m_work(kStep * kLanes), m_ordered(m_n * kLanes)
    {
    }

    void load(const float* rows, std::size_t count, const std::byte* blocks, std::size_t rowBytes)
    {
        m_count = count;
        std::fill_n(m_w.data(), m_n * kLanes, 0.0F);
        std::fill_n(m_scale.data(), m_groups * kLanes, 0.0F);
        std::fill_n(m_inverse.data(), m_groups * kLanes, 0.0F);
        std::fill_n(m_offset.data(), m_groups * kLanes, 0.0F);
        std::vector<GroupScale> scales(m_groups);
        for (std::size_t r = 0; r < count; ++r) {
            for (std::size_t j = 0; j < m_n; ++j) m_w[j * kLanes + r] = rows[r * m_n + j];
            readGroupScales(m_grid.type, blocks + r * rowBytes, m_n, scales);
            for (std::size_t g = 0; g < m_groups; ++g) {
                m_scale[g * kLanes + r] = scales[g].scale;
                m_inverse[g * kLanes + r] = gridInverse(scales[g].scale);
                m_offset[g * kLanes + r] = scales[g].offset;
            }
        }
    }

    /// Δ of rows that are given as floats.
    void setDecoded(const float* decoded)
    {
        std::fill_n(m_delta.data(), m_n * kLanes, 0.0F);
        for (std::size_t r = 0; r < m_count; ++r)
            for (std::size_t j = 0; j < m_n; ++j) m_delta[j * kLanes + r] = m_w[j * kLanes + r] - decoded[r * m_n + j];
    }

    void roundWithFeedback();
    /// One sweep of coordinate descent over scales (if asked) and codes; false if nothing changed.
    bool descend(bool refit);
    /// Per lane: trace(Δ(H+λ)Δᵀ) and, without the part of the damping, trace(ΔHΔᵀ).
    void errors(std::array<double, kLanes>& damped, std::array<double, kLanes>& plain);

    void store(std::size_t r, std::byte* row, bool scales, std::vector<std::uint8_t>& codes) const
    {
        for (std::size_t j = 0; j < m_n; ++j) codes[j] = static_cast<std::uint8_t>(m_code[j * kLanes + r]);
        writeCodes(m_grid.type, codes.data(), m_n, row);
        if (!scales) return;
        for (std::size_t g = 0; g < m_groups; ++g) writeFreeScale(m_grid.type, row, g, m_scale[g * kLanes + r]);
    }

private:
    bool refitGroup(std::size_t g, std::size_t first, std::size_t count);
    bool descendColumn(std::size_t j, std::size_t first, std::size_t count);

    const GridTraits& m_grid;
    const GptqFactor& m_factor;
    std::size_t m_n;
    std::size_t m_groups;
    std::size_t m_count = 0;
    AlignedBuffer<float> m_w;      // [column][lane]
    AlignedBuffer<float> m_delta;  // W − Ŵ
    AlignedBuffer<float> m_code;   // as floats
    AlignedBuffer<float> m_scale;  // [group][lane]
    AlignedBuffer<float> m_inverse;
    AlignedBuffer<float> m_offset;
    AlignedBuffer<float> m_work;     // targets or gradients of a step
    AlignedBuffer<float> m_ordered;  // Δ in rounding order
};

void Slab::roundWithFeedback()
{
    const float* feedback = m_factor.feedback.data();
    alignas(64) float value[kLanes];
    for (std::size_t first = 0; first < m_n; first += kStep) {
        const std::size_t count = std::min(kStep, m_n - first);
        if (first > 0)
            blas::gemmNN(count, kLanes, first, 1, feedback + first * m_n, m_n, m_ordered.data(), kLanes, 0, m_work.data(), kLanes);
        else
            std::fill_n(m_work.data(), count * kLanes, 0.0F);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t k = first + i;
            const std::size_t j = m_factor.order[k];
            const std::size_t g = j / m_grid.group * kLanes;
            float* target = m_work.data() + i * kLanes;
            const float* w = m_w.data() + j * kLanes;
            for (std::size_t r = 0; r < kLanes; ++r) target[r] += w[r];
            roundLanes(m_grid, target, &m_scale[g], &m_inverse[g], &m_offset[g], value, &m_code[j * kLanes]);
            float* delta = m_ordered.data() + k * kLanes;
            for (std::size_t r = 0; r < kLanes; ++r) delta[r] = w[r] - value[r];
            std::copy_n(delta, kLanes, m_delta.data() + j * kLanes);
            for (std::size_t later = i + 1; later < count; ++later) {
                const float factor = feedback[(first + later) * m_n + k];
                float* other = m_work.data() + later * kLanes;
                for (std::size_t r = 0; r < kLanes; ++r) other[r] += factor * delta[r];
            }
        }
    }
}

// The objective is a quadratic in the scale of one group: it falls by 2·δ·(z·G) − δ²·(z·H·z), z the numbers of the codes.
bool Slab::refitGroup(std::size_t g, std::size_t first, std::size_t count)
{
    alignas(64) float slope[kLanes] = {};
    alignas(64) float curvature[kLanes] = {};
    alignas(64) float step[kLanes];
    AlignedBuffer<float>& z = m_ordered;  // free after the rounding
    const std::size_t begin = g * m_grid.group;
    for (std::size_t i = 0; i < m_grid.group; ++i)
        for (std::size_t r = 0; r < kLanes; ++r) {
            const float code = m_code[(begin + i) * kLanes + r];
            z[i * kLanes + r] = m_grid.levels ? static_cast<float>(m_grid.levels[static_cast<std::size_t>(code)])
                                              : code - static_cast<float>(m_grid.zero);
        }
    for (std::size_t i = 0; i < m_grid.group; ++i) {
        const float* h = m_factor.damped.data() + (begin + i) * m_n + begin;
        alignas(64) float product[kLanes] = {};
        for (std::size_t l = 0; l < m_grid.group; ++l)
            for (std::size_t r = 0; r < kLanes; ++r) product[r] += h[l] * z[l * kLanes + r];
        const float* gradient = m_work.data() + (begin - first + i) * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r) {
            slope[r] += gradient[r] * z[i * kLanes + r];
            curvature[r] += product[r] * z[i * kLanes + r];
        }
    }
    bool changed = false;
    for (std::size_t r = 0; r < kLanes; ++r) {
        step[r] = 0;
        float& scale = m_scale[g * kLanes + r];
        if (!(curvature[r] > 0)) continue;
        const float wanted = fromHalf(toHalf(scale + slope[r] / curvature[r]));
        const float change = wanted - scale;
        // A gain that is lost in the digits of the sums is no gain.
        if (!std::isfinite(wanted) || !(2 * change * slope[r] > change * change * curvature[r] * 1.0001F)) continue;
        if (std::fabs(change) <= 1e-6F * std::fabs(scale)) continue;
        step[r] = change;
        scale = wanted;
        m_inverse[g * kLanes + r] = gridInverse(wanted);
        changed = true;
    }
    if (!changed) return false;
    for (std::size_t i = 0; i < m_grid.group; ++i) {
        alignas(64) float moved[kLanes];
        for (std::size_t r = 0; r < kLanes; ++r) moved[r] = step[r] * z[i * kLanes + r];
        float* delta = m_delta.data() + (begin + i) * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r)
            if (step[r] != 0) delta[r] = m_w[(begin + i) * kLanes + r] - z[i * kLanes + r] * m_scale[g * kLanes + r];
        const float* h = m_factor.damped.data() + (begin + i) * m_n + first;
        for (std::size_t l = 0; l < count; ++l)
            for (std::size_t r = 0; r < kLanes; ++r) m_work[l * kLanes + r] -= h[l] * moved[r];
    }
    return true;
}

bool Slab::descendColumn(std::size_t j, std::size_t first, std::size_t count)
{
    alignas(64) float target[kLanes];
    alignas(64) float value[kLanes];
    alignas(64) float code[kLanes];
    alignas(64) float step[kLanes];
    const float* h = m_factor.damped.data() + j * m_n;
    const float inverse = 1.0F / h[j];
    const std::size_t g = j / m_grid.group * kLanes;
    float* delta = m_delta.data() + j * kLanes;
    float* codes = m_code.data() + j * kLanes;
    const float* w = m_w.data() + j * kLanes;
    const float* gradient = m_work.data() + (j - first) * kLanes;
    for (std::size_t r = 0; r < kLanes; ++r) target[r] = (w[r] - delta[r]) + gradient[r] * inverse;
    roundLanes(m_grid, target, &m_scale[g], &m_inverse[g], &m_offset[g], value, code);
    bool changed = false;
    for (std::size_t r = 0; r < kLanes; ++r) {
        const float old = w[r] - delta[r];
        const bool better = code[r] != codes[r] && std::fabs(target[r] - value[r]) < std::fabs(target[r] - old) * 0.9999F;
        step[r] = better ? delta[r] - (w[r] - value[r]) : 0.0F;
        delta[r] = better ? w[r] - value[r] : delta[r];
        codes[r] = better ? code[r] : codes[r];
        changed |= better;
    }
    if (!changed) return false;
    for (std::size_t l = 0; l < count; ++l) {
        const float factor = h[first + l];
        float* other = m_work.data() + l * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r) other[r] -= factor * step[r];
    }
    return true;
}

bool Slab::descend(bool refit)
{
    bool changed = false;
    for (std::size_t first = 0; first < m_n; first += kStep) {
        const std::size_t count = std::min(kStep, m_n - first);
        blas::gemmNN(count, kLanes, m_n, 1, m_factor.damped.data() + first * m_n, m_n, m_delta.data(), kLanes, 0, m_work.data(),
                     kLanes);
        for (std::size_t j = first; j < first + count; ++j) {
            if (refit && m_grid.freeScale && j % m_grid.group == 0) changed |= refitGroup(j / m_grid.group, first, count);
            changed |= descendColumn(j, first, count);
        }
    }
    return changed;
}

void Slab::errors(std::array<double, kLanes>& damped, std::array<double, kLanes>& plain)
{
    damped.fill(0);
    plain.fill(0);
    for (std::size_t first = 0; first < m_n; first += kStep) {
        const std::size_t count = std::min(kStep, m_n - first);
        blas::gemmNN(count, kLanes, m_n, 1, m_factor.damped.data() + first * m_n, m_n, m_delta.data(), kLanes, 0, m_work.data(),
                     kLanes);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t r = 0; r < kLanes; ++r) {
                const double delta = m_delta[(first + i) * kLanes + r];
                const double product = m_work[i * kLanes + r];
                damped[r] += delta * product;
                plain[r] += delta * (product - static_cast<double>(m_factor.added) * delta);
            }
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
    if (options.actOrder)
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
    Slab slab(*grid, factor);
    AlignedBuffer<float> decoded(kLanes * n);
    std::vector<std::uint8_t> codes(n);
    std::array<double, kLanes> dampedBefore{};
    std::array<double, kLanes> before{};
    std::array<double, kLanes> dampedAfter{};
    std::array<double, kLanes> after{};
    for (std::size_t first = 0; first < rows.rowCount; first += kLanes) {
        const std::size_t count = std::min(kLanes, rows.rowCount - first);
        std::byte* base = blocks.data() + first * *bytes;
        slab.load(rows.values + first * n, count, base, *bytes);
        WW_TRY_VOID(decodeRows(format, {base, count * *bytes}, 0, count, n, decoded.data()));
        slab.setDecoded(decoded.data());
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
            slab.store(r, base + r * *bytes, options.refit && grid->freeScale, codes);
        }
    }
    return report;
}

Result<GptqReport> gptqRows(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                            std::span<std::byte> out)
{
    RowBatch weighted = rows;
    if (!weighted.importance && rows.columns == factor.columns) weighted.importance = factor.importance.data();
    if (latticeTraits(format)) {
        const Quantizer& start = format == TensorType::IQ3_S ? correctedQuantizer() : referenceQuantizer();
        WW_TRY_VOID(start.quantize(weighted, format, out));
        return latticeImprove(rows, format, factor, options, out);
    }
    WW_TRY_VOID(referenceQuantizer().quantize(weighted, format, out));
    return gptqImprove(rows, format, factor, options, out);
}

}  // namespace ww
