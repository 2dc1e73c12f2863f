// SPDX-License-Identifier: MIT
// Checks that every method makes before it looks at the numbers.
#pragma once

#include <span>

#include "base/result.h"
#include "methods/quantizer.h"

namespace ww {

/// The batch is one that `format` can hold: whole blocks, `out` of the right size, finite values, importance finite,
/// non-negative and present where the format requires it. Errors say which row and column, counted from 0.
Result<void> checkBatch(const RowBatch& rows, TensorType format, std::size_t outBytes);

/// The encoded rows can be loaded (no infinite scale). Errors say which row and columns.
Result<void> checkEncoded(const RowBatch& rows, TensorType format, std::span<const std::byte> encoded);

/// Columns that were always zero get a little importance, a millionth of the mean (1 where all were zero), so that blocks of such
/// columns are rounded to what they are instead of being given up. Other values stay. `importance` is of one matrix.
void giveDeadColumnsImportance(std::span<float> importance);

}  // namespace ww
