// SPDX-License-Identifier: MIT
// The scales inside blocks, for people who want to see them. Decoding does not go through here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/tensor_type.h"

namespace ww {

/// A weight of the group is scale × code + offset, where the code is a whole number (IQ1 types: a whole number ± 1/8).
struct BlockScale {
    float scale = 0;
    float offset = 0;
};

/// Weights that share one scale: a divisor of the block length. 0 for types without scales and types without a codec.
[[nodiscard]] std::size_t scaleGroupLength(TensorType type);

/// The scales of one row of blocks, rowBytes(type, columns) bytes: columns / scaleGroupLength(type) of them. Any bytes may
/// come in; scales are then whatever the bytes say. Thread-safe.
void readBlockScales(TensorType type, const std::byte* row, std::size_t columns, std::span<BlockScale> out);

/// The code of a weight that was decoded from a group with this scale; 0 when the scale is zero or not finite.
[[nodiscard]] std::int16_t blockCode(const BlockScale& group, float decoded);

}  // namespace ww
