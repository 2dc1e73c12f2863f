// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/progress.h"
#include "base/result.h"
#include "jobs/row_quantizer.h"

namespace ww {

/// A tensor as a format would store it, read row by row. Blocks are made when rows are first asked for and kept if the
/// object was told to. Thread-safe; the bytes do not depend on who asks for which rows first.
class QuantizedTensor {
public:
    QuantizedTensor(const RowQuantizer& quantizer, bool keepBlocks);

    [[nodiscard]] const RowQuantizer& quantizer() const { return m_quantizer; }
    /// Bytes that keeping all blocks takes.
    [[nodiscard]] static std::size_t blocksSizeBytes(const RowQuantizer& quantizer);

    /// Quantized and decoded rows; any range. Rows of one call are done on the calling thread. `context` is for the stop
    /// token; progress is not touched.
    Result<void> loadRows(std::size_t firstRow, std::size_t rowCount, float* out, const JobContext& context) const;
    /// The same, spread over the pool.
    Result<void> loadRowsParallel(std::size_t firstRow, std::size_t rowCount, float* out, const JobContext& context) const;

private:
    enum State : unsigned char { Empty, Busy, Ready };
    Result<void> loadPart(std::size_t piece, std::size_t firstRow, std::size_t rowCount, float* out,
                          const JobContext& context) const;
    Result<bool> makePiece(std::size_t piece, AlignedBuffer<float>& scratch, const JobContext& context) const;

    RowQuantizer m_quantizer;
    RowPieces m_pieces;
    mutable AlignedBuffer<std::byte> m_blocks;               ///< empty when blocks are not kept
    std::unique_ptr<std::atomic<unsigned char>[]> m_states;  ///< one State per piece
};

}  // namespace ww
