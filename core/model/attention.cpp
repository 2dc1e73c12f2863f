// SPDX-License-Identifier: MIT
#include "model/attention.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/blas.h"
#include "model/kernels.h"

namespace ww {
namespace {

constexpr std::size_t kMostRows = 128;
constexpr std::size_t kLeastRows = 16;
constexpr std::size_t kScores = std::size_t{1} << 20;  ///< of one piece of query rows, when there are many keys

struct Piece {
    const float* queries;
    const float* keys;
    const float* values;
    float* out;
    std::size_t firstPosition;  ///< of the first query row
    std::size_t rows;
};

void attendPiece(const AttentionSettings& settings, const AttentionRows& input, std::size_t outStride, const Piece& piece)
{
    const auto firstVisible = [&](std::size_t position) {
        return settings.slidingWindow != 0 && position + 1 > settings.slidingWindow ? position + 1 - settings.slidingWindow : 0;
    };
    const std::size_t begin = firstVisible(piece.firstPosition);
    const std::size_t keyCount = piece.firstPosition + piece.rows - begin;
    AlignedBuffer<float> scores(piece.rows * keyCount);
    blas::gemmNT(piece.rows, keyCount, settings.keyLength, settings.scale, piece.queries, input.queries.stride,
                 piece.keys + begin * input.keys.stride, input.keys.stride, 0.0F, scores.data(), keyCount);
    AlignedBuffer<float> inverseSums(piece.rows);
    for (std::size_t r = 0; r < piece.rows; ++r) {
        float* row = scores.data() + r * keyCount;
        const std::size_t position = piece.firstPosition + r;
        const std::size_t from = firstVisible(position) - begin;
        const std::size_t to = position + 1 - begin;
        if (settings.softcap != 0.0F) kernels::softcap(row + from, settings.softcap, to - from);
        inverseSums[r] = static_cast<float>(1.0 / kernels::softmaxNumerators(row + from, to - from));
        std::fill(row, row + from, 0.0F);
        std::fill(row + to, row + keyCount, 0.0F);
    }
    blas::gemmNN(piece.rows, settings.valueLength, keyCount, 1.0F, scores.data(), keyCount,
                 piece.values + begin * input.values.stride, input.values.stride, 0.0F, piece.out, outStride);
    for (std::size_t r = 0; r < piece.rows; ++r) kernels::scale(piece.out + r * outStride, inverseSums[r], settings.valueLength);
}

}  // namespace

Result<void> attend(const AttentionSettings& settings, const AttentionRows& input, RowsTarget out, RowCount rows,
                    const JobContext& context)
{
    const std::size_t keyCount = input.firstPosition + rows.windowRows;
    const std::size_t pieceRows = std::min(rows.windowRows, std::clamp(kScores / keyCount, kLeastRows, kMostRows));
    const std::size_t pieces = (rows.windowRows + pieceRows - 1) / pieceRows;
    const std::size_t headsPerKv = settings.heads / settings.headsKv;
    return parallelTry(context, rows.windows * settings.heads * pieces, [&](std::size_t task) -> Result<void> {
        // The later pieces see more keys; they come first, so that no thread is left with a long one at the end.
        const std::size_t rowInWindow = (pieces - 1 - task % pieces) * pieceRows;
        const std::size_t head = task / pieces % settings.heads;
        const std::size_t window = task / pieces / settings.heads;
        const std::size_t headKv = head / headsPerKv;
        const std::size_t row = window * rows.windowRows + rowInWindow;
        const Piece piece{input.queries.data + row * input.queries.stride + head * settings.keyLength,
                          input.keys.data + window * keyCount * input.keys.stride + headKv * settings.keyLength,
                          input.values.data + window * keyCount * input.values.stride + headKv * settings.valueLength,
                          out.data + row * out.stride + head * settings.valueLength,
                          input.firstPosition + rowInWindow,
                          std::min(pieceRows, rows.windowRows - rowInWindow)};
        attendPiece(settings, input, out.stride, piece);
        return {};
    });
}

}  // namespace ww
