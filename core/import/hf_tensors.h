// SPDX-License-Identifier: MIT
// From the tensors of a Hugging Face folder to those of a GGUF file: names, shapes, and how the rows are made.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "import/hf_config.h"
#include "io/model_file.h"
#include "io/safetensors_reader.h"

namespace ww {

struct HfTensors {
    std::vector<TensorInfo> tensors;
    std::vector<std::shared_ptr<const RowSource>> sources;  ///< one per tensor
    std::uint64_t vocabularyRows = 0;                       ///< rows of the embedding
};

/// Maps every tensor of a known architecture; nothing is read but headers. Errors name the tensor: Unsupported (a name or an element type that has no
/// place), Corrupt (a shape that contradicts config.json, an expert or a layer that is missing).
Result<HfTensors> mapHfTensors(const HfWeights& weights, const HfConfig& config, const std::filesystem::path& folder);

/// Takes every tensor of numbers as it is, under the name of a GGUF file where it is the usual one and else under its own
/// (shortened where a GGUF file has no room for it). Errors: Corrupt (a shape without elements).
Result<HfTensors> keepHfTensors(const HfWeights& weights, const std::filesystem::path& folder);

}  // namespace ww
