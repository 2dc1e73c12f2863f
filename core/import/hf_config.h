// SPDX-License-Identifier: MIT
// config.json of a Hugging Face folder: which architecture, which hyperparameters under which GGUF keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "import/hf_quantized.h"
#include "io/metadata.h"

namespace ww {

/// What the tensors of an architecture need on their way into a GGUF file; one line of a table in hf_config.cpp.
struct HfArchitecture {
    std::string_view className;  ///< config.json "architectures", "LlamaForCausalLM"
    std::string_view name;       ///< general.architecture
    bool interleavesRotary = false;  ///< rows of q and k change their order
    bool addsOneToNorms = false;     ///< Gemma
    bool postNorms = false;          ///< post_attention_layernorm is applied to the branch, not before the FFN
    bool transposes = false;         ///< Conv1D weights of GPT-2
    bool layerNorm = false;          ///< layer_norm_epsilon instead of layer_norm_rms_epsilon
    bool dropsOutput = false;        ///< the output is always the embedding
    bool needsOutput = false;        ///< the embedding is written again as output when the two are tied
    bool isMixture = false;
};

/// Plain value.
struct HfConfig {
    const HfArchitecture* architecture = nullptr;  ///< null: not known; tensors keep their names
    std::string className;                         ///< "LlamaForCausalLM"
    std::string name;                              ///< general.architecture
    std::uint32_t layers = 0;
    std::uint32_t width = 0;
    std::optional<std::uint32_t> vocabularySize;  ///< rows that the embedding is said to have
    std::uint32_t heads = 0;
    std::uint32_t headsKv = 0;
    std::uint32_t headSize = 0;
    std::uint32_t experts = 0;
    bool tiedEmbeddings = false;
    std::vector<std::string> notFollowed;  ///< "member = value": what llama.cpp does not do for this architecture
    std::optional<HfQuantization> quantization;
    SafetensorsType unpacked = SafetensorsType::F16;  ///< how decoded values are kept: F16 or BF16, as the model was trained
    Metadata keys;  ///< "<architecture>.*" without vocab_size
    /// Tensors that exist in GGUF only, computed from the config: name and values.
    std::vector<std::pair<std::string, std::vector<float>>> tensors;
};

/// Reads config.json of `folder`. Of an architecture that is not known only the usual sizes are taken, as far as they are
/// there. Errors: NotFound, Corrupt (a member is missing or makes no sense: which), Unsupported (a scaling of RoPE or a way of
/// quantizing that is not known).
Result<HfConfig> readHfConfig(const std::filesystem::path& folder);

}  // namespace ww
