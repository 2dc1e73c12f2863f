// SPDX-License-Identifier: MIT
// A new method is one pair of files and one line here.
#include <array>

#include "methods/clip.h"
#include "methods/corrected.h"
#include "methods/fp8.h"
#include "methods/gptq_quantizer.h"
#include "methods/hqq.h"
#include "methods/nf4.h"
#include "methods/quantizer.h"
#include "methods/reference.h"
#include "methods/search.h"
#include "methods/uniform.h"
#include "methods/weight_activation.h"

namespace ww {

std::span<const Quantizer* const> quantizers()
{
    static const std::array kQuantizers = {
        &referenceQuantizer(), &searchQuantizer(), &gptqQuantizer(),    &hqqQuantizer(),
        &clipQuantizer(),      &absmaxQuantizer(), &affineQuantizer(),  &int8Quantizer(),
        &nf4Quantizer(),       &fp4Quantizer(),    &fp8E4M3Quantizer(), &fp8E5M2Quantizer(),
        &w8a8DynamicQuantizer(), &w8a8StaticQuantizer(), &llmInt8Quantizer(), &atomQuantizer(),
        &correctedQuantizer(), &hqqAnalysisQuantizer(),
    };
    return kQuantizers;
}

GptqOptions Quantizer::factorOptions(const MethodValues& /*values*/, const LayerInputs* /*inputs*/) const
{
    return {};
}

const Quantizer* findQuantizer(std::string_view spec)
{
    for (const Quantizer* quantizer : quantizers())
        if (quantizer->name() == methodName(spec)) return quantizer;
    return nullptr;
}

MethodData dataNeededBy(std::string_view spec)
{
    const auto method = parseMethod(spec);
    return method ? method->quantizer->dataNeededFor(method->values) : MethodData::None;
}

}  // namespace ww
