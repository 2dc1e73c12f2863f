// SPDX-License-Identifier: MIT
// Methods that store weights with few bits and round the inputs of the layer while the model runs. GGUF has no place for how inputs
// are rounded (that is up to the program that runs the file), so these are for analysis.
#pragma once

#include "methods/quantizer.h"

namespace ww {

/// "w8a8-dynamic": 8-bit weights per row; inputs rounded with a scale from the values at hand.
[[nodiscard]] const Quantizer& w8a8DynamicQuantizer();
/// "w8a8-static": 8-bit weights per row; inputs rounded with a scale that a calibration fixed.
[[nodiscard]] const Quantizer& w8a8StaticQuantizer();
/// "llm-int8": LLM.int8() of Dettmers et al. (2022): columns with outliers are multiplied as floats.
[[nodiscard]] const Quantizer& llmInt8Quantizer();
/// "atom": W4A4 of Zhao et al. (2023): groups of 128 with 4 bits, the largest columns with 8, weights by GPTQ, keys and values in the
/// cache rounded too. Each row has its own scales; the authors let two rows share one, which saves 0.06 bits per weight.
[[nodiscard]] const Quantizer& atomQuantizer();

}  // namespace ww
