// SPDX-License-Identifier: MIT
#include "jobs/quantized_tensor.h"

#include <algorithm>

#include "base/parallel.h"

namespace ww {

QuantizedTensor::QuantizedTensor(const RowQuantizer& quantizer, bool keepBlocks)
    : m_quantizer(quantizer), m_pieces(quantizer.tensor().shape, quantizer.batchElements())
{
    if (!keepBlocks) return;
    m_blocks.reset(blocksSizeBytes(quantizer));
    m_states = std::make_unique<std::atomic<unsigned char>[]>(m_pieces.count());
}

std::size_t QuantizedTensor::blocksSizeBytes(const RowQuantizer& quantizer)
{
    return quantizer.rows() * quantizer.formatRowBytes();
}

// True when the kept blocks of this piece can be used. A second thread that wants a piece being made does not wait; it
// makes its rows for itself.
Result<bool> QuantizedTensor::makePiece(std::size_t piece, AlignedBuffer<float>& scratch, const JobContext& context) const
{
    if (m_blocks.size() == 0) return false;
    auto& state = m_states[piece];
    unsigned char seen = state.load(std::memory_order_acquire);
    if (seen == Ready) return true;
    if (seen == Busy || !state.compare_exchange_strong(seen, Busy, std::memory_order_acquire)) return false;
    const auto [first, count] = m_pieces.at(piece);
    const std::size_t rowBytes = m_quantizer.formatRowBytes();
    const JobContext quiet{context.pool, context.stop, nullptr};
    auto result =
        m_quantizer.quantizeRows(first, count, m_blocks.span().subspan(first * rowBytes, count * rowBytes), scratch, quiet);
    state.store(result ? Ready : Empty, std::memory_order_release);
    if (!result) return fail(std::move(result.error()));
    return true;
}

Result<void> QuantizedTensor::loadPart(std::size_t piece, std::size_t firstRow, std::size_t rowCount, float* out,
                                       const JobContext& context) const
{
    AlignedBuffer<float> scratch;
    const std::size_t rowBytes = m_quantizer.formatRowBytes();
    WW_TRY(const bool kept, makePiece(piece, scratch, context));
    if (kept) return m_quantizer.decodeBlocks(m_blocks.span().subspan(firstRow * rowBytes, rowCount * rowBytes), rowCount, out);
    AlignedBuffer<std::byte> blocks(rowCount * rowBytes);
    const JobContext quiet{context.pool, context.stop, nullptr};
    WW_TRY_VOID(m_quantizer.quantizeRows(firstRow, rowCount, blocks.span().first(rowCount * rowBytes), scratch, quiet));
    return m_quantizer.decodeBlocks(blocks.span(), rowCount, out);
}

Result<void> QuantizedTensor::loadRows(std::size_t firstRow, std::size_t rowCount, float* out, const JobContext& context) const
{
    const std::size_t end = firstRow + rowCount;
    while (firstRow < end) {
        const std::size_t piece = m_pieces.indexOfRow(firstRow);
        const auto [pieceFirst, pieceRows] = m_pieces.at(piece);
        const std::size_t count = std::min(end, pieceFirst + pieceRows) - firstRow;
        WW_TRY_VOID(loadPart(piece, firstRow, count, out, context));
        firstRow += count;
        out += count * m_quantizer.columns();
    }
    return {};
}

Result<void> QuantizedTensor::loadRowsParallel(std::size_t firstRow, std::size_t rowCount, float* out,
                                               const JobContext& context) const
{
    if (rowCount == 0 || m_quantizer.columns() == 0) return {};
    const std::size_t end = firstRow + rowCount;
    const std::size_t firstPiece = m_pieces.indexOfRow(firstRow);
    const std::size_t pieceCount = m_pieces.indexOfRow(end - 1) + 1 - firstPiece;
    return parallelTry(context, pieceCount, [&](std::size_t i) -> Result<void> {
        const auto piece = m_pieces.at(firstPiece + i);
        const std::size_t from = std::max(firstRow, piece.firstRow);
        const std::size_t to = std::min(end, piece.firstRow + piece.rowCount);
        return loadPart(firstPiece + i, from, to - from, out + (from - firstRow) * m_quantizer.columns(), context);
    });
}

}  // namespace ww
