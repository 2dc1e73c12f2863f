// SPDX-License-Identifier: MIT
// Phi 3 and 3.5, Phi 4: fused attn_qkv, gate and up fused in ffn_up, a part of each head rotated, and frequency factors for
// short and long contexts.
#include "model/families/families.h"

namespace ww::families {

Result<void> phi3(const KeyReader&, Architecture& architecture)
{
    architecture.pairing = RopePairing::Halves;
    architecture.ffn = FfnKind::FusedGated;
    architecture.ropeFactorsByLength = true;
    return {};
}

}  // namespace ww::families
