// SPDX-License-Identifier: MIT
// What llama.cpp needs beside the weights to run a model, for "fits 6 GiB with 8k context".
#pragma once

#include <cstdint>

#include "base/result.h"
#include "io/model_file.h"
#include "tensor/tensor_type.h"

namespace ww {

struct RuntimeMemory {
    std::uint64_t keyValueCache = 0;
    std::uint64_t computeBuffers = 0;
    [[nodiscard]] std::uint64_t total() const { return keyValueCache + computeBuffers; }
};

/// For one sequence of `contextLength` tokens, cache in `cacheType` (F16, Q8_0, Q4_0 …), batches of 512 as llama.cpp's default.
/// Layers with a sliding window keep only the window and a batch. The buffers are those with flash attention, which llama.cpp
/// turns on by itself; for dense models what it reports. Errors: those of
/// readArchitecture; InvalidArgument when the type does not fit the rows of the cache.
Result<RuntimeMemory> runtimeMemory(const ModelFile& model, std::uint32_t contextLength, TensorType cacheType);

}  // namespace ww
