// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tensor/tensor_type.h"

namespace ww {

/// GGUF order: ne[0] is the contiguous row length (input columns), ne[1] the rows, ne[2] the experts. Missing
/// dimensions are 1. A PyTorch shape [out, in] is {in, out}. Element counts never overflow once a reader accepted it.
struct Shape {
    std::array<std::uint64_t, 4> ne{1, 1, 1, 1};
    std::uint32_t dims = 1;  ///< as stored in the file, 0..4

    [[nodiscard]] std::uint64_t columns() const { return ne[0]; }
    [[nodiscard]] std::uint64_t rows() const { return ne[1] * ne[2] * ne[3]; }
    [[nodiscard]] std::uint64_t elements() const { return ne[0] * rows(); }
    /// Dimensions after dropping trailing ones, at least 1.
    [[nodiscard]] std::uint32_t significantDims() const;
    /// "4096 × 11008"
    [[nodiscard]] std::string text() const;
    bool operator==(const Shape&) const = default;
};

/// One tensor of a model file, as listed in its header. Plain value.
struct TensorInfo {
    std::string name;
    TensorType type = TensorType::F32;
    Shape shape;
    std::uint64_t offset = 0;     ///< from the start of the file to the first byte
    std::uint64_t sizeBytes = 0;  ///< without padding
    std::uint32_t file = 0;       ///< which file of a split model
};

/// Borrowed bytes of a tensor: rows follow each other without padding.
struct TensorView {
    TensorType type = TensorType::F32;
    Shape shape;
    std::span<const std::byte> bytes;
};

}  // namespace ww
