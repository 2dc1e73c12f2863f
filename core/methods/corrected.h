// SPDX-License-Identifier: MIT
// The method "corrected": llama.cpp's search, stored without its known defect in IQ3_S.
#pragma once

#include "methods/quantizer.h"

namespace ww {

[[nodiscard]] const Quantizer& correctedQuantizer();

}  // namespace ww
