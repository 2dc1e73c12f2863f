// SPDX-License-Identifier: MIT
// The method "gptq": codes by their effect on the layer's output, see gptq.h.
#pragma once

#include "methods/gptq.h"
#include "methods/quantizer.h"

namespace ww {

/// Needs RowBatch::factor; without it quantize() fails with InvalidArgument.
[[nodiscard]] const Quantizer& gptqQuantizer();
/// The settings of a spec; null: the defaults.
[[nodiscard]] GptqOptions gptqOptions(const MethodValues* values);

}  // namespace ww
