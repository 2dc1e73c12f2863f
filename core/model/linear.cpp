// SPDX-License-Identifier: MIT
#include "model/linear.h"

#include <vector>

#include "base/blas.h"
#include "model/kernels.h"

namespace ww {
namespace {

// Multiply-adds of one tile: about 10 ms on one core with 512-bit vectors, 40 ms on an old one.
constexpr std::size_t kTileWork = std::size_t{1} << 29;
// Sizes at which OpenBLAS is near its best speed; a tile of fewer rows repacks the weights more often.
constexpr std::size_t kTileRows = 512;
constexpr std::size_t kTileColumns = 512;
constexpr std::size_t kLeastColumns = 128;
// Weights per tile of a product with a single row, which is bound by memory.
constexpr std::size_t kVectorTileFloats = std::size_t{1} << 18;

struct Tile {
    std::size_t row;
    std::size_t rows;
    std::size_t column;  ///< of y: a row of W
    std::size_t columns;
};

std::size_t piecesOf(std::size_t total, std::size_t piece)
{
    return (total + piece - 1) / piece;
}

/// Largest tile for a segment of `rowCount` rows.
Tile tileFor(std::size_t rowCount, const LinearWeights& map)
{
    if (rowCount == 1) return {0, 1, 0, std::clamp<std::size_t>(kVectorTileFloats / map.inputs, 1, map.outputs)};
    // Equal pieces instead of full ones and a small rest.
    Tile tile{0, piecesOf(rowCount, piecesOf(rowCount, kTileRows)), 0, std::min(kTileColumns, map.outputs)};
    while (tile.columns > kLeastColumns && tile.rows * tile.columns * map.inputs > kTileWork)
        tile.columns = piecesOf(tile.columns, 2);
    while (tile.rows > 1 && tile.rows * tile.columns * map.inputs > kTileWork) tile.rows = piecesOf(tile.rows, 2);
    return tile;
}

std::vector<Tile> tilesOf(const LinearWeights& map, std::span<const RowSegment> segments)
{
    std::vector<Tile> tiles;
    for (const RowSegment& segment : segments) {
        if (segment.count == 0) continue;
        const Tile size = tileFor(segment.count, map);
        for (std::size_t row = 0; row < segment.count; row += size.rows)
            for (std::size_t column = 0; column < map.outputs; column += size.columns)
                tiles.push_back({segment.first + row, std::min(size.rows, segment.count - row), column,
                                 std::min(size.columns, map.outputs - column)});
    }
    return tiles;
}

}  // namespace

Result<void> project(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y,
                     std::span<const RowSegment> segments, const JobContext& context)
{
    const std::vector<Tile> tiles = tilesOf(map, segments);
    return parallelTry(context, tiles.size(), [&](std::size_t i) -> Result<void> {
        const Tile& tile = tiles[i];
        const float* in = x.data + tile.row * x.stride;
        const float* weight = map.weight + tile.column * map.inputs;
        float* out = y.data + tile.row * y.stride + tile.column;
        if (tile.rows == 1)
            blas::gemv(tile.columns, map.inputs, alpha, weight, map.inputs, in, beta, out);
        else
            blas::gemmNT(tile.rows, tile.columns, map.inputs, alpha, in, x.stride, weight, map.inputs, beta, out, y.stride);
        if (map.bias)
            for (std::size_t r = 0; r < tile.rows; ++r)
                kernels::addScaled(out + r * y.stride, map.bias + tile.column, alpha, tile.columns);
        return {};
    });
}

Result<void> project(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y, RowCount rows,
                     const JobContext& context)
{
    std::vector<RowSegment> segments(rows.windows);
    for (std::size_t w = 0; w < rows.windows; ++w) segments[w] = {w * rows.windowRows, rows.windowRows};
    return project(map, x, alpha, beta, y, segments, context);
}

}  // namespace ww
