// SPDX-License-Identifier: MIT
// GPT-2 and StarCoder 2: LayerNorm and biases everywhere, a plain GELU network. GPT-2 adds learned position rows instead of
// rotating; StarCoder 2 rotates halves.
#include "model/families/families.h"

namespace ww::families {

Result<void> gpt2(const KeyReader&, Architecture& architecture)
{
    architecture.norm = NormKind::Layer;
    architecture.pairing = RopePairing::None;
    architecture.positionRows = true;
    architecture.ffn = FfnKind::Plain;
    architecture.activation = Activation::Gelu;
    architecture.qkvBias = Presence::Required;
    architecture.attnOutputBias = Presence::Required;
    architecture.ffnBias = Presence::Required;
    return {};
}

Result<void> starcoder2(const KeyReader& keys, Architecture& architecture)
{
    WW_TRY_VOID(gpt2(keys, architecture));
    architecture.pairing = RopePairing::Halves;
    architecture.positionRows = false;
    architecture.qkvBias = Presence::Optional;
    return {};
}

}  // namespace ww::families
