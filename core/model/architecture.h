// SPDX-License-Identifier: MIT
// What distinguishes one architecture from another, as plain values. All supported models are the same skeleton
//   x = embed(tokens);  per block: x += attention(norm(x)), x += ffn(norm(x));  logits = output · norm(x)
// and a family file (families/*.cpp) says which of the options below it takes. The forward pass knows only these options,
// never a family's name, so that the next architecture is one short file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/model_file.h"
#include "model/hyperparameters.h"
#include "model/key_reader.h"

namespace ww {

enum class NormKind : std::uint8_t { Rms, Layer };
enum class RopePairing : std::uint8_t { None, Neighbours, Halves };  ///< llama.cpp's NORM and NEOX
enum class HeadNorm : std::uint8_t {
    None,
    SharedByHeads,   ///< one weight row of the head's length for all heads
    PerHead,         ///< one weight row per head; applied when the tensors are there
    WholeProjection  ///< over all heads together, before the split
};
enum class FfnKind : std::uint8_t {
    Gated,       ///< down(act(gate·x) ⊙ up·x)
    FusedGated,  ///< the same; ffn_up has the gate's rows first, then its own
    Plain        ///< down(act(up·x))
};
enum class Activation : std::uint8_t { Silu, Gelu };
enum class OutputMatrix : std::uint8_t { TiedIfAbsent, AlwaysTied, Required };
enum class Presence : std::uint8_t { Absent, Optional, Required };

/// One rotary table; a model has one, or two when windowed and full layers differ.
struct RopeSettings {
    std::uint32_t dimensions = 0;  ///< rotated values per head; the rest passes through
    float base = 10000;
    RopeScaling scaling = RopeScaling::None;
    float scale = 1;  ///< freq_scale = 1 / factor
    float attnFactor = 1;
    std::uint32_t originalContext = 0;
    bool usesFactors = true;  ///< multiplies in the model's frequency factors when there are any
};

struct BlockShape {
    std::uint32_t headCount = 0;
    std::uint32_t headCountKv = 0;
    std::uint32_t feedForwardLength = 0;
    std::uint32_t slidingWindow = 0;        ///< 0: full attention
    std::optional<std::uint32_t> rope = 0;  ///< index into Architecture::ropes; empty: no rotation
};

/// Mixture of experts: the k best of `count` experts, chosen by a softmax router.
struct ExpertSettings {
    std::uint32_t count = 0;  ///< 0: the model is dense
    std::uint32_t used = 0;
    std::uint32_t feedForwardLength = 0;
    std::uint32_t sharedFeedForwardLength = 0;  ///< 0: no shared expert
    bool normalizesWeights = true;              ///< of the chosen ones, to sum 1; false: as the softmax over all experts gave them
    bool gatesShared = false;                   ///< the shared expert counts by the sigmoid of a linear map
};

struct Architecture {
    Hyperparameters facts;
    std::vector<BlockShape> blocks;

    NormKind norm = NormKind::Rms;
    float normEpsilon = 0;
    bool preNorms = true;                 ///< attn_norm, ffn_norm before the branches
    bool postNorms = false;               ///< post_attention_norm, post_ffw_norm on the branches' output
    bool parallelWithoutFfnNorm = false;  ///< a block without ffn_norm feeds both branches from attn_norm
    bool positionRows = false;            ///< position_embd added to the embeddings

    RopePairing pairing = RopePairing::Neighbours;
    std::vector<RopeSettings> ropes;
    bool ropeFactorsByLength = false;  ///< rope_factors_short / rope_factors_long are looked for
    HeadNorm headNorm = HeadNorm::None;
    FfnKind ffn = FfnKind::Gated;
    Activation activation = Activation::Silu;
    ExpertSettings experts;
    OutputMatrix output = OutputMatrix::TiedIfAbsent;
    Presence qkvBias = Presence::Absent;
    Presence attnOutputBias = Presence::Absent;
    Presence ffnBias = Presence::Absent;
    Presence outputBias = Presence::Absent;

    float embeddingScale = 1;
    float attentionScale = 0;  ///< 0: 1 / sqrt(key length)
    float residualScale = 1;   ///< of both branches before they are added
    float logitScale = 1;      ///< logits are multiplied by it
    float attentionSoftcap = 0;
    float finalSoftcap = 0;
};

/// One entry of the table of architectures.
struct ArchitectureFamily {
    std::string_view name;  ///< general.architecture
    /// Completes an Architecture whose facts and blocks hold the common keys: sets what differs, reads its own keys.
    Result<void> (*describe)(const KeyReader& keys, Architecture& architecture);
};

/// Null for architectures without a forward pass.
[[nodiscard]] const ArchitectureFamily* findFamily(std::string_view name);
/// All of them, by name.
[[nodiscard]] std::span<const ArchitectureFamily> allFamilies();

/// Reads the keys of a model. Errors as readHyperparameters().
Result<Architecture> readArchitecture(const ModelFile& model);

}  // namespace ww
