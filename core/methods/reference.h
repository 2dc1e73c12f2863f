// SPDX-License-Identifier: MIT
// The method "reference": for every format the search that llama.cpp v0.5.0 does, byte for byte.
#pragma once

#include "methods/quantizer.h"

namespace ww {

[[nodiscard]] const Quantizer& referenceQuantizer();

}  // namespace ww
