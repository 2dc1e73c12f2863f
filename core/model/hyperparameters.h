// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "io/model_file.h"

namespace ww {

enum class RopeScaling : std::uint8_t { None, Linear, Yarn, LongRope };

/// Architecture facts of one model, from <arch>.* metadata with llama.cpp's defaults. Plain value.
struct Hyperparameters {
    std::string architecture;
    std::uint32_t blockCount = 0;
    std::uint32_t embeddingLength = 0;
    std::uint32_t feedForwardLength = 0;  ///< of the first block, as the head counts
    std::uint32_t headCount = 0;
    std::uint32_t headCountKv = 0;
    std::uint32_t keyLength = 0;    ///< per head
    std::uint32_t valueLength = 0;  ///< per head
    std::uint32_t contextLength = 0;
    std::uint32_t vocabularySize = 0;
    std::uint32_t expertCount = 0;
    std::uint32_t expertUsedCount = 0;
    float rmsEpsilon = 0;        ///< 0 in models with LayerNorm
    float layerNormEpsilon = 0;  ///< 0 in models with RMSNorm
    std::uint32_t ropeDimensions = 0;
    float ropeBase = 10000;
    RopeScaling ropeScaling = RopeScaling::None;
    float ropeScale = 1;       ///< freq_scale = 1 / factor
    float ropeAttnFactor = 1;
    std::uint32_t ropeOriginalContext = 0;
};

/// Errors: Unsupported for an architecture without a forward pass ("… can be quantized and exported; perplexity is
/// off"), Corrupt for missing or nonsensical values, naming the key.
Result<Hyperparameters> readHyperparameters(const ModelFile& model);

}  // namespace ww
