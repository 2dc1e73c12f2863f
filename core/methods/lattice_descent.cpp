// SPDX-License-Identifier: MIT
#include "methods/lattice_descent.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/blas.h"
#include "formats/block_format.h"
#include "formats/iq_lattice_units.h"
#include "methods/lattice_book.h"
#include "methods/lattice_kernels.h"
#include "methods/output_error.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

/// Rows of one product with H; always as many, so that a row has the same result wherever it stands.
constexpr std::size_t kRows = kGptqRows;
constexpr std::size_t kBlock = 256;
constexpr std::size_t kUnits = kBlock / kLatticeUnit;

/// A target that moved by less than this share of a step between levels is not looked at again.
constexpr float kNear = 0.2F;

using Unit = std::array<float, kLatticeUnit>;
using UnitMatrix = std::array<Unit, kLatticeUnit>;

/// Inverse of a small symmetric positive definite matrix, by Gauss and Jordan in double; zeros when it has none in these digits.
UnitMatrix inverseOf(const UnitMatrix& h)
{
    constexpr std::size_t n = kLatticeUnit;
    std::array<std::array<double, 2 * n>, n> a{};
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) a[i][j] = static_cast<double>(h[i][j]);
        a[i][n + i] = 1;
    }
    for (std::size_t k = 0; k < n; ++k) {
        if (!(a[k][k] > 0)) return {};
        const double pivot = 1 / a[k][k];
        for (double& v : a[k]) v *= pivot;
        for (std::size_t i = 0; i < n; ++i) {
            if (i == k) continue;
            const double factor = a[i][k];
            for (std::size_t j = 0; j < 2 * n; ++j) a[i][j] -= factor * a[k][j];
        }
    }
    UnitMatrix inverse{};
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) inverse[i][j] = static_cast<float>(a[i][n + j]);
    return inverse;
}

class Descent {
public:
    Descent(const LatticeTraits& traits, const GptqFactor& factor)
        : m_traits(traits), m_factor(factor), m_n(factor.columns), m_book(LatticeBook::of(traits)), m_w(kRows * m_n), m_delta(kRows * m_n), m_seen(kRows * m_n), m_gradient(kRows * kBlock)
    {
        for (std::size_t u = 0; u < m_n / kLatticeUnit; ++u) {
            UnitMatrix h;
            for (std::size_t i = 0; i < kLatticeUnit; ++i)
                for (std::size_t j = 0; j < kLatticeUnit; ++j) h[i][j] = damped(u * kLatticeUnit + i, u * kLatticeUnit + j);
            m_inverse.push_back(inverseOf(h));
        }
    }

    void load(const float* rows, const float* decoded, std::size_t count)
    {
        m_count = count;
        std::fill_n(m_w.data(), kRows * m_n, 0.0F);
        std::fill_n(m_delta.data(), kRows * m_n, 0.0F);
        std::fill_n(m_seen.data(), kRows * m_n, NAN);
        for (std::size_t i = 0; i < count * m_n; ++i) {
            m_w[i] = rows[i];
            m_delta[i] = rows[i] - decoded[i];
        }
    }

    /// One sweep over all rows; false if nothing changed.
    bool sweep(std::byte* blocks, std::size_t rowBytes, bool refit)
    {
        bool changed = false;
        const std::size_t blockBytes = traits(m_traits.type).blockBytes;
        for (std::size_t first = 0; first < m_n; first += kBlock) {
            makeGradients(first);
            for (std::size_t r = 0; r < m_count; ++r) {
                std::byte* block = blocks + r * rowBytes + first / kBlock * blockBytes;
                if (refit) changed |= fitFactor(r, first, block);
                for (std::size_t u = 0; u < kUnits; ++u) changed |= improveUnit(r, first, u, block);
            }
        }
        return changed;
    }

    /// Per row: trace(Δ(H+λ)Δᵀ), and without the part of the damping.
    void errors(std::array<double, kRows>& damped, std::array<double, kRows>& plain)
    {
        outputErrors(m_delta.data(), kRows, m_factor.damped.data(), m_n, m_product, damped.data());
        for (std::size_t r = 0; r < kRows; ++r) {
            const float* delta = m_delta.data() + r * m_n;
            plain[r] = damped[r] - static_cast<double>(m_factor.added) * blas::dot(m_n, delta, delta);
        }
    }

private:
    [[nodiscard]] float damped(std::size_t i, std::size_t j) const { return m_factor.damped[i * m_n + j]; }

    void makeGradients(std::size_t first)
    {
        blas::gemmNN(kRows, kBlock, m_n, 1, m_delta.data(), m_n, m_factor.damped.data() + first, m_n, 0, m_gradient.data(), kBlock);
    }

    /// ŵ grows by `step` in `count` columns from `column` of the block on.
    void move(std::size_t r, std::size_t first, std::size_t column, std::size_t count, const float* step)
    {
        for (std::size_t k = 0; k < count; ++k) m_delta[r * m_n + first + column + k] -= step[k];
        lattice::subtractProducts(m_gradient.data() + r * kBlock, kBlock, m_factor.damped.data() + (first + column) * m_n + first, m_n, step, count);
    }

    // The objective is a quadratic in the factor of the super-block.
    bool fitFactor(std::size_t r, std::size_t first, std::byte* block)
    {
        const float factor = latticeFactor(block);
        if (factor == 0) return false;
        std::array<float, kBlock> value;
        double slope = 0;
        for (std::size_t i = 0; i < kBlock; ++i) {
            value[i] = m_w[r * m_n + first + i] - m_delta[r * m_n + first + i];
            slope += static_cast<double>(value[i]) * static_cast<double>(m_gradient[r * kBlock + i]);
        }
        std::array<float, kBlock> product;
        blas::gemv(kBlock, kBlock, 1, m_factor.damped.data() + first * m_n + first, m_n, value.data(), 0, product.data());
        const double curvature = blas::dot(kBlock, value.data(), product.data());
        if (!(curvature > 0)) return false;
        const float wanted = fromHalf(toHalf(static_cast<float>(static_cast<double>(factor) * (1 + slope / curvature))));
        if (!std::isfinite(wanted) || wanted == 0 || wanted == factor) return false;
        const double share = static_cast<double>(wanted) / static_cast<double>(factor) - 1;
        if (!(2 * share * slope > share * share * curvature * 1.0001)) return false;
        writeLatticeFactor(block, wanted);
        std::array<float, kBlock> step;
        for (std::size_t i = 0; i < kBlock; ++i) step[i] = static_cast<float>(share * static_cast<double>(value[i]));
        move(r, first, 0, kBlock, step.data());
        return true;
    }

    /// The entries of one group with the least error by the diagonal, best first.
    std::array<std::uint16_t, lattice::kFinalists> finalists(const float* target, const float* diagonal, float scale) const
    {
        Unit a;
        Unit b;
        for (std::size_t k = 0; k < m_traits.group; ++k) {
            a[k] = diagonal[k] * scale * scale;
            b[k] = 2 * diagonal[k] * scale * std::fabs(target[k]);
        }
        return lattice::finalists(m_book.table.data(), m_traits.group, m_book.count, a.data(), b.data());
    }

    /// Whether the target has moved since the unit was last looked at, far enough that another entry may be the nearest.
    bool hasMoved(std::size_t start, const Unit& target, float scale)
    {
        const float near = kNear * scale * (m_traits.magnitudes[1] - m_traits.magnitudes[0]);
        bool moved = false;
        for (std::size_t i = 0; i < kLatticeUnit; ++i) moved |= !(std::fabs(target[i] - m_seen[start + i]) < near);
        if (moved) std::copy(target.begin(), target.end(), m_seen.data() + start);
        return moved;
    }

    bool improveUnit(std::size_t r, std::size_t first, std::size_t u, std::byte* block)
    {
        const float scale = latticeScale(m_traits.type, block, u);
        if (!(scale > 0) || !std::isfinite(scale)) return false;
        const std::size_t column = u * kLatticeUnit;
        const std::size_t start = r * m_n + first + column;
        const float* gradient = m_gradient.data() + r * kBlock + column;
        const UnitMatrix& inverse = m_inverse[(first + column) / kLatticeUnit];
        Unit present;
        Unit target;
        Unit diagonal;
        for (std::size_t i = 0; i < kLatticeUnit; ++i) {
            present[i] = m_w[start + i] - m_delta[start + i];
            target[i] = present[i];
            for (std::size_t j = 0; j < kLatticeUnit; ++j) target[i] += inverse[i][j] * gradient[j];
            diagonal[i] = damped(first + column + i, first + column + i);
        }
        if (!hasMoved(start, target, scale)) return false;
        float gain = 0;
        LatticeUnit best;
        Unit bestStep{};
        const auto offer = [&](LatticeUnit unit) {
            unit.signs = latticeSigns(m_traits, unit, target.data(), diagonal.data(), scale);
            Unit step;
            decodeLatticeUnit(m_traits, unit, scale, step.data());
            float linear = 0;
            float quadratic = 0;
            for (std::size_t i = 0; i < kLatticeUnit; ++i) {
                step[i] -= present[i];
                linear += step[i] * gradient[i];
            }
            for (std::size_t i = 0; i < kLatticeUnit; ++i)
                for (std::size_t j = 0; j < kLatticeUnit; ++j) quadratic += step[i] * step[j] * damped(first + column + i, first + column + j);
            // A gain that is lost in the digits of the sums is no gain.
            const float now = 2 * linear - quadratic * 1.0001F;
            if (!(now > gain)) return;
            gain = now;
            best = unit;
            bestStep = step;
        };
        const auto left = finalists(target.data(), diagonal.data(), scale);
        if (m_traits.group == kLatticeUnit) {
            for (const std::uint16_t entry : left) offer({{entry, 0}, 0});
        } else {
            const auto right = finalists(target.data() + m_traits.group, diagonal.data() + m_traits.group, scale);
            for (const std::uint16_t a : left)
                for (const std::uint16_t b : right) offer({{a, b}, 0});
        }
        if (!(gain > 0)) return false;
        writeLatticeUnit(m_traits.type, block, u, best);
        move(r, first, column, kLatticeUnit, bestStep.data());
        return true;
    }

    const LatticeTraits& m_traits;
    const GptqFactor& m_factor;
    std::size_t m_n;
    const LatticeBook& m_book;
    std::size_t m_count = 0;
    AlignedBuffer<float> m_w;         // [row][column]
    AlignedBuffer<float> m_delta;     // W − Ŵ
    AlignedBuffer<float> m_seen;      // targets when the units were last looked at
    AlignedBuffer<float> m_gradient;  // Δ(H+λ) of one super-block of columns
    AlignedBuffer<float> m_product;   // of all columns
    std::vector<UnitMatrix> m_inverse;
};

}  // namespace

Result<GptqReport> latticeImprove(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                                  std::span<std::byte> blocks)
{
    const LatticeTraits* lattice = latticeTraits(format);
    const std::size_t n = rows.columns;
    const auto bytes = rowBytes(format, n);
    if (!lattice || n != factor.columns || !bytes)
        return fail(ErrorCode::InvalidArgument, fmt::format("Rows of {} values do not fit a Gram matrix of {} columns and the format {}.", n,
                                                            factor.columns, name(format)));
    if (blocks.size() != *bytes * rows.rowCount)
        return fail(ErrorCode::Internal, "The number of bytes does not fit the number of rows.");
    GptqReport report;
    Descent descent(*lattice, factor);
    AlignedBuffer<float> decoded(kRows * n);
    std::array<double, kRows> dampedBefore{}, before{}, dampedAfter{}, after{};
    std::vector<std::byte> kept;
    for (std::size_t first = 0; first < rows.rowCount; first += kRows) {
        const std::size_t count = std::min(kRows, rows.rowCount - first);
        std::byte* const base = blocks.data() + first * *bytes;
        kept.assign(base, base + count * *bytes);
        const auto load = [&]() -> Result<void> {
            WW_TRY_VOID(decodeRows(format, {base, count * *bytes}, 0, count, n, decoded.data()));
            descent.load(rows.values + first * n, decoded.data(), count);
            return {};
        };
        WW_TRY_VOID(load());
        descent.errors(dampedBefore, before);
        for (int pass = 0; pass <= options.polishPasses; ++pass)
            if (!descent.sweep(base, *bytes, options.refit)) break;
        // From the bytes, so that what was added up on the way does not count.
        WW_TRY_VOID(load());
        descent.errors(dampedAfter, after);
        for (std::size_t r = 0; r < count; ++r) {
            report.before += before[r];
            const bool better = dampedAfter[r] <= dampedBefore[r] && after[r] <= before[r];
            report.after += options.guard && !better ? before[r] : after[r];
            if (!options.guard || better) continue;
            ++report.keptRows;
            std::copy_n(kept.data() + r * *bytes, *bytes, base + r * *bytes);
        }
    }
    return report;
}

}  // namespace ww
