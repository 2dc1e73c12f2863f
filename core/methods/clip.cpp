// SPDX-License-Identifier: MIT
#include "methods/clip.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "base/blas.h"
#include "formats/block_format.h"
#include "methods/checks.h"
#include "methods/gptq_slab.h"
#include "methods/grid.h"
#include "methods/reference.h"

namespace ww {
namespace {

/// Rows whose outputs are compared together.
constexpr std::size_t kLanes = kGptqRows;
/// Rows whose candidates are in memory at a time.
constexpr std::size_t kChosenRows = 16;
/// Of the damping on the diagonal nearly all is taken off again. The rest lets differences in columns that never occur count a
/// little, instead of the last digits of the sums.
constexpr double kTakenOff = 0.99999;
/// A gain that is lost in the digits of the sums is no gain.
constexpr double kGain = 1 - 1e-5;

class Clipper {
public:
    Clipper(const GridTraits& grid, const RowBatch& rows, const GptqFactor& factor)
        : m_grid(grid), m_rows(rows), m_factor(factor), m_n(rows.columns), m_codec(*findBlockFormat(grid.type)),
          m_rowBytes(*rowBytes(grid.type, rows.columns)), m_slab(grid, factor)
    {
    }

    /// `out` holds what llama.cpp's search makes of the rows.
    Result<void> run(std::span<std::byte> out)
    {
        m_clipped.reset(kLanes * m_n);
        m_decoded.reset(kLanes * m_n);
        std::vector<std::byte> bytes(kLanes * m_rowBytes);
        for (std::size_t first = 0; first < m_rows.rowCount; first += kLanes) {
            const std::size_t count = std::min(kLanes, m_rows.rowCount - first);
            std::byte* const kept = out.data() + first * m_rowBytes;
            for (std::size_t r = 0; r < count; r += kChosenRows)
                WW_TRY_VOID(clip(first + r, std::min(kChosenRows, count - r), m_clipped.data() + r * m_n));
            m_codec.encodeRows(m_clipped.data(), bytes.data(), count, m_n, m_rows.importance);
            WW_TRY(const auto before, errors(kept, first, count));
            WW_TRY(const auto after, errors(bytes.data(), first, count));
            for (std::size_t r = 0; r < count; ++r)
                if (after[r] < before[r] * kGain) std::copy_n(bytes.data() + r * m_rowBytes, m_rowBytes, kept + r * m_rowBytes);
        }
        return {};
    }

private:
    void clamp(const float* from, float share, float* to) const
    {
        const auto [lowest, highest] = std::minmax_element(from, from + m_grid.group);
        const float most = std::max(std::fabs(*lowest), std::fabs(*highest));
        const float low = share * (m_grid.hasOffset ? *lowest : -most);
        const float high = share * (m_grid.hasOffset ? *highest : most);
        for (std::size_t i = 0; i < m_grid.group; ++i) to[i] = std::clamp(from[i], low, high);
    }

    /// Values of some rows, each group within the range that suits its output.
    Result<void> clip(std::size_t firstRow, std::size_t count, float* out)
    {
        const float* const values = m_rows.values + firstRow * m_n;
        const std::size_t size = count * m_n;
        m_candidates.ensure(kClipCandidates * kChosenRows * m_n);
        std::vector<std::byte> bytes(count * m_rowBytes);
        for (std::size_t c = 0; c < kClipCandidates; ++c) {
            for (std::size_t at = 0; at < size; at += m_grid.group) clamp(values + at, clipShare(c), out + at);
            m_codec.encodeRows(out, bytes.data(), count, m_n, m_rows.importance);
            float* const candidate = m_candidates.data() + c * size;
            WW_TRY_VOID(decodeRows(m_grid.type, bytes, 0, count, m_n, candidate));
            for (std::size_t i = 0; i < size; ++i) candidate[i] = values[i] - candidate[i];
        }
        std::vector<float> deltas(kClipCandidates * m_grid.group);
        for (std::size_t at = 0; at < size; at += m_grid.group) {
            for (std::size_t c = 0; c < kClipCandidates; ++c)
                std::copy_n(m_candidates.data() + c * size + at, m_grid.group, deltas.data() + c * m_grid.group);
            clamp(values + at, clipShare(chooseClip(m_factor, at % m_n, m_grid.group, deltas)), out + at);
        }
        return {};
    }

    /// trace(Δ H Δᵀ) of each row, with what is not taken off of the damping.
    Result<GptqSlab::Sums> errors(const std::byte* blocks, std::size_t firstRow, std::size_t count)
    {
        WW_TRY_VOID(decodeRows(m_grid.type, {blocks, count * m_rowBytes}, 0, count, m_n, m_decoded.data()));
        m_slab.load(m_rows.values + firstRow * m_n, count, blocks, m_rowBytes, m_decoded.data());
        GptqSlab::Sums damped{};
        GptqSlab::Sums sums{};
        m_slab.errors(damped, sums);
        for (std::size_t r = 0; r < sums.size(); ++r) sums[r] += (1 - kTakenOff) * (damped[r] - sums[r]);
        return sums;
    }

    const GridTraits& m_grid;
    const RowBatch& m_rows;
    const GptqFactor& m_factor;
    std::size_t m_n;
    const BlockFormat& m_codec;
    std::size_t m_rowBytes;
    GptqSlab m_slab;
    AlignedBuffer<float> m_clipped;
    AlignedBuffer<float> m_decoded;
    AlignedBuffer<float> m_candidates;  // Δ, [candidate][row][column]
};

class ClipQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "clip"; }
    [[nodiscard]] std::string_view title() const override { return "AWQ clipping"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "llama.cpp's search within ranges that shrink, group by group, where the output of the layer on calibration text becomes "
               "more exact. Queries and keys keep their ranges, and rows that do not gain keep llama.cpp's codes. Meant to follow the step awq.";
    }
    [[nodiscard]] bool supports(TensorType format) const override { return gridTraits(format) != nullptr; }
    [[nodiscard]] MethodData dataNeeded() const override { return MethodData::Gram; }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        const GridTraits* grid = gridTraits(format);
        if (!grid) return fail(ErrorCode::Unsupported, fmt::format("The method \"clip\" cannot write the format {}.", ww::name(format)));
        if (!rows.factor)
            return fail(ErrorCode::InvalidArgument,
                        "Clipping needs the Gram matrix of this tensor's inputs; calibrate the model with a text first.");
        if (rows.columns != rows.factor->columns)
            return fail(ErrorCode::InvalidArgument, fmt::format("Rows of {} values do not fit a Gram matrix of {} columns.", rows.columns,
                                                                rows.factor->columns));
        RowBatch weighted = rows;
        if (!weighted.importance) weighted.importance = rows.factor->importance.data();
        WW_TRY_VOID(referenceQuantizer().quantize(weighted, format, out));
        if (keepsRange(rows.tensor)) return {};
        return Clipper(*grid, weighted, *rows.factor).run(out);
    }
};

}  // namespace

bool keepsRange(std::string_view tensor)
{
    // attn_q, attn_k, attn_qkv, cross_attn_q, attn_q_b, attn_kv_b …
    return tensor.find("attn_q") != std::string_view::npos || tensor.find("attn_k") != std::string_view::npos;
}

std::size_t chooseClip(const GptqFactor& factor, std::size_t first, std::size_t length, std::span<const float> deltas)
{
    thread_local AlignedBuffer<float> product;
    product.ensure(kClipCandidates * length);
    const std::size_t n = factor.columns;
    blas::gemmNN(kClipCandidates, length, length, 1, deltas.data(), length, factor.damped.data() + first * n + first, n, 0, product.data(), length);
    std::size_t best = 0;
    double least = 0;
    for (std::size_t c = 0; c < kClipCandidates; ++c) {
        double sum = 0;
        for (std::size_t i = 0; i < length; ++i) {
            const auto delta = static_cast<double>(deltas[c * length + i]);
            sum += delta * (static_cast<double>(product[c * length + i]) - kTakenOff * static_cast<double>(factor.added) * delta);
        }
        if (c > 0 && !(sum < least * kGain)) continue;
        best = c;
        least = sum;
    }
    return best;
}

const Quantizer& clipQuantizer()
{
    static const ClipQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
