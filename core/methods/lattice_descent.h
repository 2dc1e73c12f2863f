// SPDX-License-Identifier: MIT
// Output-aware choice of entries and signs for the formats with code books (IQ2, IQ3): block coordinate descent on the objective of
// GPTQ, trace(Δ (H + λ) Δᵀ), eight columns at a time. What GPTQ does column by column has no meaning where eight columns are one entry.
#pragma once

#include <span>

#include "base/result.h"
#include "methods/gptq.h"

namespace ww {

/// Improves rows in place that the search of the format encoded; scales of runs stay, the factor of a super-block is fitted if
/// `options.refit`. options.polishPasses sweeps and one more, since there is no rounding before. Rows that do not become better keep
/// what they had. The result of a row depends on neither the other rows nor threads. Errors as gptqImprove().
Result<GptqReport> latticeImprove(const RowBatch& rows, TensorType format, const GptqFactor& factor, const GptqOptions& options,
                                  std::span<std::byte> blocks);

}  // namespace ww
