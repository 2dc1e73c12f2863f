// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "tensor/tensor_type.h"

namespace ww {

/// Improves one encoded super-block of a format with a code book (latticeTraits() is not null) in Σ weights·(w − ŵ)² by turns: the best
/// entries and signs of each unit of eight for the scales that are stored, then the factor that fits them best. None makes it worse.
/// `x` and `weights` hold 256 values. Scales of runs stay.
void improveLatticeBlock(TensorType format, const float* x, const float* weights, int passes, std::byte* block);

}  // namespace ww
