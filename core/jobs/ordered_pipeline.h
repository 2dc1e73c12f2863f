// SPDX-License-Identifier: MIT
// Work that may be done in any order but must be handed on in order: encoding overlaps with writing.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/aligned_buffer.h"
#include "base/progress.h"
#include "base/result.h"

namespace ww {

/// Memory that one piece may use; reused by later pieces.
struct PieceBuffers {
    AlignedBuffer<std::byte> bytes;
    AlignedBuffer<float> values;
};

/// Makes the bytes of piece `index`, in `buffers` or elsewhere (a mapped file). Called from any thread.
using MakePiece = std::function<Result<std::span<const std::byte>>(std::size_t index, PieceBuffers& buffers)>;
/// Takes the bytes of the pieces in ascending order, one call at a time, from any thread.
using DeliverPiece = std::function<Result<void>(std::size_t index, std::span<const std::byte> bytes)>;

/// Runs make for 0 … count−1 over the pool and deliver for each in order. At most `window` pieces are between the start of
/// make and the end of deliver. On failure no further piece is begun, and the error of the first failing piece is returned,
/// whichever thread was faster. Allocation failures become ErrorCode::OutOfMemory.
Result<void> runOrdered(std::size_t count, std::size_t window, const MakePiece& make, const DeliverPiece& deliver,
                        const JobContext& context);

}  // namespace ww
