// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "model/weight_source.h"

namespace ww {

/// The same weights, and the inputs of every linear map rounded as llama.cpp's processor code rounds them for weights of the type
/// that `storedType` names (see llamaCppTransform()); maps whose inputs a method changes already stay as they are.
[[nodiscard]] std::shared_ptr<const WeightSource> withLlamaCppActivations(std::shared_ptr<const WeightSource> weights,
                                                                          std::function<TensorType(const TensorInfo&)> storedType);

}  // namespace ww
