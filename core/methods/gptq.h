// SPDX-License-Identifier: MIT
// GPTQ (Frantar et al. 2022) on the grids of block formats: codes are chosen so that the error of the layer's output on
// calibration data, trace(Δ H Δᵀ) with Δ = W − Ŵ and H = XᵀX/N, becomes small. The scales come first, from a search of the
// format. Then columns are rounded one after another; the error of each moves the targets of those that follow ("pull"
// form with H + λ = R·Rᵀ, R upper triangular: the same codes as the published form, without an inverse). In the end sweeps of
// coordinate descent improve codes and scales together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/result.h"
#include "methods/grid.h"
#include "methods/quantizer.h"

namespace ww {

struct GptqOptions {
    std::optional<double> damping;  ///< share of mean(diag H) added to the diagonal; empty: by the number of tokens
    bool actOrder = true;           ///< columns by decreasing diag(H) instead of from left to right
    std::vector<std::uint32_t> order{};  ///< all columns in the order of rounding, whatever actOrder; empty: by actOrder
    int polishPasses = 4;           ///< sweeps of coordinate descent after the rounding
    bool refit = true;              ///< sweeps also fit the scales: the numbers of blocks and the whole numbers of their groups
    bool guard = true;              ///< rows that do not become better keep the codes they came with
};

/// Rows that gptqImprove works on together; batches of a multiple of it lose no time.
inline constexpr std::size_t kGptqRows = 64;

/// 0.1, or 0.02 from eight tokens per column on: with few tokens the off-diagonal entries are mostly noise.
[[nodiscard]] double automaticDamping(std::size_t columns, std::size_t tokenCount);

/// What the rows of all matrices with the same input share. Immutable after factorize, hence thread-safe.
struct GptqFactor {
    std::size_t columns = 0;
    double damping = 0;              ///< the share that was used
    float added = 0;                 ///< what was added to each diagonal entry
    std::vector<std::size_t> order;  ///< column that is rounded k-th
    std::vector<float> weights;      ///< R_kk² in rounding order
    AlignedBuffer<float> feedback;   ///< columns², row k: R_jk / R_kk for j < k, in rounding order
    AlignedBuffer<float> damped;     ///< columns², H + λ in natural order
    std::vector<float> importance;   ///< diag(H), for the search of the scales; a little where it is 0
    std::string warning;             ///< a sentence for people, e.g. too few tokens; empty: none
};

/// gram: columns² floats, symmetric, XᵀX/N. Inputs that never occur (diagonal 0) take no part. Needs 2·columns² floats.
/// Errors: InvalidArgument for a size that does not fit, values that are not finite, a negative diagonal, or a matrix that is
/// not positive definite with the damping asked for, an order that is not one of all columns.
Result<GptqFactor> factorize(std::span<const float> gram, std::size_t columns, std::size_t tokenCount, const GptqOptions& options);

/// True for the formats with a grid and for those with code books, whose codes block descent chooses (lattice_descent.h).
[[nodiscard]] bool gptqSupports(TensorType format);

/// Output error of each row before and after, trace(Δ H Δᵀ) without damping; sums over the rows of a call.
struct GptqReport {
    double before = 0;
    double after = 0;
    std::size_t keptRows = 0;  ///< rows that the guard left as they were
};

/// Improves encoded rows in place: `blocks` holds the rows as some search encoded them, whose scales are kept (or refitted).
/// The result of a row depends on neither the other rows nor threads. Errors: Unsupported format, InvalidArgument for columns
/// that do not fit the factor.
Result<GptqReport> gptqImprove(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                               std::span<std::byte> blocks);

/// The search of the format as llama.cpp does it (with the batch's importance, or else diag(H)), then gptqImprove.
Result<GptqReport> gptqRows(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                            std::span<std::byte> out);

}  // namespace ww
