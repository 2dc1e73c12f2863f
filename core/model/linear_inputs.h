// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "model/linear.h"

namespace ww {

/// Sees the input of every linear map of a forward pass just before the map is applied. Maps that share an input (q, k and v;
/// gate and up) share one call, which names all their weight tensors. `matrix` is the expert, or 0. Row r of `x` has `columns`
/// values at x.data + r · x.stride, valid during the call. For one tensor and matrix the rows come in the order of the text,
/// but in calls of any length (it depends on the threads). Called from the thread of the pass; an error ends the pass.
class LinearInputObserver {
public:
    virtual ~LinearInputObserver() = default;
    virtual Result<void> onInput(std::span<const std::string_view> weightTensors, std::size_t matrix, RowsView x, std::size_t rows,
                                 std::size_t columns, const JobContext& context) = 0;
};

}  // namespace ww
