// SPDX-License-Identifier: MIT
#include "model/linear.h"

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
// Rows of W per piece of a product with one vector.
constexpr std::size_t kVectorPieceFloats = std::size_t{1} << 18;

struct Tiling {
    std::size_t rows;
    std::size_t columns;
};

std::size_t piecesOf(std::size_t total, std::size_t piece)
{
    return (total + piece - 1) / piece;
}

Tiling tilingFor(std::size_t windowRows, std::size_t inputs)
{
    // Equal pieces instead of full ones and a small rest.
    Tiling tiling{piecesOf(windowRows, piecesOf(windowRows, kTileRows)), kTileColumns};
    while (tiling.columns > kLeastColumns && tiling.rows * tiling.columns * inputs > kTileWork) tiling.columns /= 2;
    while (tiling.rows > 1 && tiling.rows * tiling.columns * inputs > kTileWork) tiling.rows = piecesOf(tiling.rows, 2);
    return tiling;
}

Result<void> projectVectors(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y, std::size_t count,
                            const JobContext& context)
{
    const std::size_t piece = std::max<std::size_t>(1, kVectorPieceFloats / map.inputs);
    const std::size_t pieces = piecesOf(map.outputs, piece);
    return parallelTry(context, count * pieces, [&](std::size_t task) -> Result<void> {
        const std::size_t row = task / pieces;
        const std::size_t begin = task % pieces * piece;
        const std::size_t length = std::min(piece, map.outputs - begin);
        float* out = y.data + row * y.stride + begin;
        blas::gemv(length, map.inputs, alpha, map.weight + begin * map.inputs, map.inputs, x.data + row * x.stride, beta, out);
        if (map.bias) kernels::addScaled(out, map.bias + begin, alpha, length);
        return {};
    });
}

}  // namespace

Result<void> project(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y, RowCount rows,
                     const JobContext& context)
{
    if (rows.windowRows == 1) return projectVectors(map, x, alpha, beta, y, rows.windows, context);
    const Tiling tile = tilingFor(rows.windowRows, map.inputs);
    const std::size_t rowTiles = piecesOf(rows.windowRows, tile.rows);
    const std::size_t columnTiles = piecesOf(map.outputs, tile.columns);
    return parallelTry(context, rows.windows * rowTiles * columnTiles, [&](std::size_t task) -> Result<void> {
        const std::size_t column = task % columnTiles * tile.columns;
        const std::size_t rowInWindow = task / columnTiles % rowTiles * tile.rows;
        const std::size_t row = task / columnTiles / rowTiles * rows.windowRows + rowInWindow;
        const std::size_t m = std::min(tile.rows, rows.windowRows - rowInWindow);
        const std::size_t n = std::min(tile.columns, map.outputs - column);
        float* out = y.data + row * y.stride + column;
        blas::gemmNT(m, n, map.inputs, alpha, x.data + row * x.stride, x.stride, map.weight + column * map.inputs, map.inputs, beta,
                     out, y.stride);
        if (map.bias)
            for (std::size_t i = 0; i < m; ++i) kernels::addScaled(out + i * y.stride, map.bias + column, alpha, n);
        return {};
    });
}

}  // namespace ww
