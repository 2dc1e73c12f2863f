// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ww {

/// What a tensor does, read off its GGUF name. The order is the row order of the layer map.
enum class TensorRole : std::uint8_t {
    TokenEmbedding, Output, OutputNorm, PositionEmbedding,
    AttnNorm, AttnQkv, AttnQ, AttnK, AttnV, AttnOutput, AttnQNorm, AttnKNorm, PostAttentionNorm,
    FfnNorm, FfnGateInp, FfnGate, FfnUp, FfnDown, FfnGateExps, FfnUpExps, FfnDownExps, FfnGateShexp, FfnUpShexp, FfnDownShexp, PostFfwNorm,
    Bias, Other,
};

struct TensorIdentity {
    TensorRole role = TensorRole::Other;
    std::optional<std::uint32_t> block;  ///< N of "blk.N."; empty for tensors outside the blocks
    bool isWeightMatrix = false;         ///< ".weight" of a linear map or embedding: worth quantizing
};

/// Any name gives an answer; unknown ones are Other.
[[nodiscard]] TensorIdentity identify(std::string_view tensorName);
/// The field's short name: "attn_q", "ffn_down", "token_embd"; also used in recipes.
[[nodiscard]] std::string_view roleName(TensorRole role);
[[nodiscard]] std::optional<TensorRole> roleFromName(std::string_view name);
[[nodiscard]] std::span<const TensorRole> allRoles();

}  // namespace ww
