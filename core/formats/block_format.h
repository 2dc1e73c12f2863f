// SPDX-License-Identifier: MIT
// Every storage type as one small table entry: how a row is decoded and encoded. A new format is one pair of files and
// one line in block_format.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "tensor/tensor_type.h"

namespace ww {

/// Functions are pure and thread-safe. `columns` is a multiple of the block length. Rows may start at any address.
struct BlockFormat {
    TensorType type;
    /// One row of blocks to floats. Never reads outside rowBytes(type, columns), whatever the bytes are.
    void (*decodeRow)(const std::byte* row, float* out, std::size_t columns);
    /// The plain scalar definition of decodeRow, which may be a vector kernel with the same results.
    void (*decodeRowScalar)(const std::byte* row, float* out, std::size_t columns);
    /// One row of finite floats to blocks, byte for byte what llama.cpp v0.5.0 writes. `importance` holds one finite
    /// non-negative value per column, or is null ("plain"). Types whose traits say Required need it.
    /// This is the plain scalar definition; encodeRows gives the same bytes faster.
    void (*encodeRow)(const float* row, std::byte* out, std::size_t columns, const float* importance);
    /// Several rows that follow each other, with the same importance. The more blocks in one call, the better the
    /// vector units are used; some tens of blocks are enough.
    void (*encodeRows)(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance);
    /// First column of the first block of a row that llama.cpp refuses to load: a scale (or value) that is infinite or
    /// NaN because the floats were too large for 16 bits. Empty if all is well.
    std::optional<std::size_t> (*findInvalid)(const std::byte* row, std::size_t columns);
};

/// Null when the type has no codec (integers, F64 …).
[[nodiscard]] const BlockFormat* findBlockFormat(TensorType type);

/// Decodes `rowCount` rows starting at row `firstRow`. `out` holds rowCount × columns floats.
/// Error: Unsupported if there is no codec.
Result<void> decodeRows(TensorType type, std::span<const std::byte> tensorBytes, std::size_t firstRow, std::size_t rowCount,
                        std::size_t columns, float* out);

/// A sentence for people: what the type is good for. English source text for translation.
[[nodiscard]] const char* describe(TensorType type);

}  // namespace ww
