// SPDX-License-Identifier: MIT
// How an evaluation shares the memory that a person allows it.
#pragma once

#include <cstdint>

#include "io/model_file.h"

namespace ww {

/// Budgets for the parts of one evaluation.
struct WorkingMemory {
    std::uint64_t activations = 0;  ///< hidden states of the windows that go through the model together
    std::uint64_t predictions = 0;  ///< of the original, where a divergence is measured
    std::uint64_t cache = 0;        ///< hidden states of other variants, Gram matrices
    std::uint64_t quantized = 0;    ///< quantized tensors
};
enum class WorkingMemoryUse : std::uint8_t { Perplexity, Divergence, Calibration, Sensitivity };

/// Shares `totalBytes` of memory (mapped files do not count). What cannot be divided comes first: the largest block as floats, a
/// piece of the output matrix with its logits, and scratch space for each thread. A total that is smaller than that gives the least
/// that works, one window at a time.
[[nodiscard]] WorkingMemory workingMemory(const ModelFile& model, std::uint64_t totalBytes, unsigned threads, WorkingMemoryUse use);

}  // namespace ww
