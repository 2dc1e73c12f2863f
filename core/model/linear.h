// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/parallel.h"
#include "base/progress.h"
#include "base/result.h"
#include "model/block_weights.h"

namespace ww {

/// Rows of activations: row r at data + r · stride.
struct RowsView {
    const float* data = nullptr;
    std::size_t stride = 0;
};
struct RowsTarget {
    float* data = nullptr;
    std::size_t stride = 0;
};
/// `windows` × `windowRows` rows, window after window.
struct RowCount {
    std::size_t windows = 1;
    std::size_t windowRows = 1;
    [[nodiscard]] std::size_t total() const { return windows * windowRows; }
};
/// Rows that belong together, e.g. those of one window.
struct RowSegment {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// y = alpha · (W·x + b) + beta · y for every row of the segments; beta is 0 or 1. Cut into tiles that depend on the row count
/// of a segment and on the shape of W only, so the bits of a row depend neither on the threads nor on the other segments. A
/// tile takes a few milliseconds; the stop token is looked at before each. Where the map changes its inputs, x is copied and a
/// segment is what is rounded together.
Result<void> project(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y,
                     std::span<const RowSegment> segments, const JobContext& context);
/// The same; every window is a segment.
Result<void> project(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y, RowCount rows,
                     const JobContext& context);

/// Calls body(first row, row count) → Result<void> for pieces of all rows, spread over the pool.
template <class Body>
Result<void> forEachRows(std::size_t rowCount, std::size_t floatsPerRow, const JobContext& context, Body&& body)
{
    constexpr std::size_t kPieceFloats = std::size_t{1} << 15;
    const std::size_t piece = std::max<std::size_t>(1, kPieceFloats / std::max<std::size_t>(1, floatsPerRow));
    return parallelTry(context, (rowCount + piece - 1) / piece,
                       [&](std::size_t i) { return body(i * piece, std::min(piece, rowCount - i * piece)); });
}

}  // namespace ww
