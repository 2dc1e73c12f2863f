// SPDX-License-Identifier: MIT
// A new method is one pair of files and one line here.
#include <array>

#include "methods/quantizer.h"
#include "methods/reference.h"

namespace ww {

std::span<const Quantizer* const> quantizers()
{
    static const std::array kQuantizers = {&referenceQuantizer()};
    return kQuantizers;
}

const Quantizer* findQuantizer(std::string_view spec)
{
    for (const Quantizer* quantizer : quantizers())
        if (quantizer->name() == methodName(spec)) return quantizer;
    return nullptr;
}

}  // namespace ww
