// SPDX-License-Identifier: MIT
// What a change of weights does to the outputs of a layer, by the Gram matrix of its inputs.
#pragma once

#include <cstddef>

#include "base/aligned_buffer.h"
#include "base/progress.h"
#include "base/result.h"

namespace ww {

/// For each of the rows d (`columns` floats, one after the other) the value d·H·dᵀ. With H = XᵀX / N of N inputs and d = ŵ − w, that is
/// the mean square by which the output of w changes; with d = w, that of the output. H is columns × columns and symmetric. `errors` has
/// room for as many values as rows; `product` is scratch. One thread. The last digits of a row may depend on how many come with it.
void outputErrors(const float* rows, std::size_t count, const float* gram, std::size_t columns, AlignedBuffer<float>& product, double* errors);

/// Their sum, trace(Δ H Δᵀ).
[[nodiscard]] double outputError(const float* rows, std::size_t count, const float* gram, std::size_t columns, AlignedBuffer<float>& product);

/// The same by all threads, in pieces of 64 rows that are added in order: the result does not depend on the number of threads.
Result<double> outputError(const float* rows, std::size_t count, const float* gram, std::size_t columns, const JobContext& context);

}  // namespace ww
