// SPDX-License-Identifier: MIT
// StableLM 2: LayerNorm, a part of each head rotated, optional biases on q, k and v, optional LayerNorms with weights of
// their own for every head. Without ffn_norm both branches start from the same normed input.
#include "model/families/families.h"

namespace ww::families {

Result<void> stablelm(const KeyReader&, Architecture& architecture)
{
    architecture.norm = NormKind::Layer;
    architecture.pairing = RopePairing::Halves;
    architecture.output = OutputMatrix::Required;
    architecture.qkvBias = Presence::Optional;
    architecture.headNorm = HeadNorm::PerHead;
    architecture.parallelWithoutFfnNorm = true;
    return {};
}

}  // namespace ww::families
