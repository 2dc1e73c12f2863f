// SPDX-License-Identifier: MIT
// Rows of a GGUF tensor made from safetensors tensors while they are asked for: reordered, stacked, converted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "import/hf_quantized.h"
#include "io/model_file.h"
#include "io/safetensors_reader.h"
#include "tensor/tensor_info.h"

namespace ww {

/// Consecutive rows inside one safetensors tensor.
struct HfSlice {
    const SafetensorsTensor* tensor = nullptr;  ///< of HfRecipe::model
    std::uint64_t offset = 0;                   ///< bytes from the start of the tensor
    std::uint64_t rows = 0;
    std::shared_ptr<const HfDecoder> decoder{};  ///< null: the values stand there as they are
};

/// How a tensor is made. All slices have the same number of rows and one element type.
struct HfRecipe {
    std::shared_ptr<const SafetensorsModel> model;
    TensorType type = TensorType::F32;  ///< F32, F16 or BF16
    Shape shape;
    std::vector<HfSlice> slices;  ///< one after the other
    /// Not 0: within every `headRows` rows (values, when the tensor has one dimension) the two halves are interleaved, which
    /// turns the rotary order of Hugging Face into that of llama.cpp.
    std::uint64_t headRows = 0;
    bool transposed = false;  ///< the one slice is stored {in, out}
    float added = 0;          ///< to every value
};

/// Thread-safe; no memory beyond the rows that are asked for.
[[nodiscard]] std::shared_ptr<const RowSource> hfRows(HfRecipe recipe);
/// One row of numbers that were computed on opening.
[[nodiscard]] std::shared_ptr<const RowSource> constantRow(std::vector<float> values);

}  // namespace ww
