// SPDX-License-Identifier: MIT
#include "model/linear.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
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

struct Product {
    RowsView x;
    float alpha;
    float beta;
    RowsTarget y;
    std::span<const RowSegment> segments;
};

/// The rows of the segments as the transform leaves them, with the numbers that they have in x.
class ChangedInputs {
public:
    Result<void> make(const InputTransform& transform, RowsView x, std::size_t columns, std::span<const RowSegment> segments,
                      const JobContext& context)
    {
        m_states.resize(segments.size());
        std::vector<std::pair<std::size_t, std::size_t>> rows;  // segment, row
        std::size_t end = 0;
        for (std::size_t s = 0; s < segments.size(); ++s) {
            end = std::max(end, segments[s].first + segments[s].count);
            for (std::size_t r = 0; r < segments[s].count; ++r) rows.emplace_back(s, segments[s].first + r);
        }
        m_rows.ensure(end * columns);
        WW_TRY_VOID(parallelTry(context, segments.size(), [&](std::size_t s) -> Result<void> {
            m_states[s] = transform.inspect(x.data + segments[s].first * x.stride, x.stride, segments[s].count, columns);
            return {};
        }));
        return forEachRows(rows.size(), columns, context, [&](std::size_t first, std::size_t count) -> Result<void> {
            for (std::size_t i = first; i < first + count; ++i) {
                const auto [segment, number] = rows[i];
                float* const row = m_rows.data() + number * columns;
                std::copy_n(x.data + number * x.stride, columns, row);
                transform.apply({row, columns}, m_states[segment]);
            }
            return {};
        });
    }
    [[nodiscard]] const float* rows() const { return m_rows.data(); }
    [[nodiscard]] const InputSegment& state(std::size_t segment) const { return m_states[segment]; }

private:
    AlignedBuffer<float> m_rows;
    std::vector<InputSegment> m_states;
};

/// y += alpha · W_exact[:, columns] · x[columns] for one segment.
Result<void> addExactColumns(const LinearWeights& exact, std::span<const std::uint32_t> columns, const Product& product,
                             const RowSegment& segment, const JobContext& context)
{
    const std::size_t width = columns.size();
    AlignedBuffer<float> weight(exact.outputs * width);
    AlignedBuffer<float> x(segment.count * width);
    const auto gather = [&](const float* from, std::size_t stride, std::size_t rows, float* to) {
        return forEachRows(rows, width, context, [&, from, stride, to](std::size_t first, std::size_t count) -> Result<void> {
            for (std::size_t r = first; r < first + count; ++r)
                for (std::size_t c = 0; c < width; ++c) to[r * width + c] = from[r * stride + columns[c]];
            return {};
        });
    };
    WW_TRY_VOID(gather(exact.weight, exact.inputs, exact.outputs, weight.data()));
    WW_TRY_VOID(gather(product.x.data + segment.first * product.x.stride, product.x.stride, segment.count, x.data()));
    const RowSegment all{0, segment.count};
    return project({weight.data(), nullptr, width, exact.outputs}, {x.data(), width}, product.alpha, 1,
                   {product.y.data + segment.first * product.y.stride, product.y.stride}, std::span(&all, 1), context);
}

Result<void> projectChanged(const LinearWeights& map, const LinearPart& part, const Product& product, const JobContext& context)
{
    const auto& segments = product.segments;
    ChangedInputs changed;
    WW_TRY_VOID(changed.make(*part.transform, product.x, map.inputs, segments, context));
    const LinearWeights exact{part.exact, map.bias, map.inputs, map.outputs};
    std::vector<RowSegment> rounded;
    std::vector<RowSegment> unchanged;  // all columns are exact
    for (std::size_t s = 0; s < segments.size(); ++s)
        (part.exact && changed.state(s).exactColumns.size() == map.inputs ? unchanged : rounded).push_back(segments[s]);
    WW_TRY_VOID(project(exact, product.x, product.alpha, product.beta, product.y, unchanged, context));
    WW_TRY_VOID(project(map, {changed.rows(), map.inputs}, product.alpha, product.beta, product.y, rounded, context));
    for (std::size_t s = 0; s < segments.size(); ++s) {
        const auto& columns = changed.state(s).exactColumns;
        if (part.exact && segments[s].count > 0 && !columns.empty() && columns.size() < map.inputs)
            WW_TRY_VOID(addExactColumns(exact, columns, product, segments[s], context));
    }
    return {};
}

Result<void> projectParts(const LinearWeights& map, const Product& product, const JobContext& context)
{
    std::size_t first = 0;
    for (const LinearPart& part : map.parts) {
        const LinearWeights rows{map.weight + first * map.inputs, map.bias ? map.bias + first : nullptr, map.inputs, part.outputs};
        Product own = product;
        own.y.data += first;
        first += part.outputs;
        if (part.transform)
            WW_TRY_VOID(projectChanged(rows, part, own, context));
        else
            WW_TRY_VOID(project(rows, own.x, own.alpha, own.beta, own.y, own.segments, context));
    }
    return {};
}

}  // namespace

Result<void> project(const LinearWeights& map, RowsView x, float alpha, float beta, RowsTarget y,
                     std::span<const RowSegment> segments, const JobContext& context)
{
    if (!map.parts.empty()) return projectParts(map, {x, alpha, beta, y, segments}, context);
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
