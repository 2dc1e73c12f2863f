// SPDX-License-Identifier: MIT
// The llama equations written down once more, token by token and in double precision, straight from their definition. Slow,
// and shares nothing with the forward pass that it is compared with.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/support/random_model.h"

namespace ww::test {

struct ReferenceRope {
    double base = 10000;
    double scale = 1;  ///< freq_scale
    bool yarn = false;
    double originalContext = 512;
    double magnitude = 1;  ///< attn_factor
    std::vector<float> factors{};
};

/// Logits of every position [tokens × vocabulary] of a model made by randomModel() with architecture "llama" and F32 weights.
std::vector<float> referenceLogits(const RandomModel& options, const ReferenceRope& rope, const GgufBuilder& file,
                                   const std::vector<std::int32_t>& tokens);

}  // namespace ww::test
