// SPDX-License-Identifier: MIT
// Llama 1 to 3, Mistral, Mixtral and many relatives: RMSNorm, rotary positions on neighbouring pairs, grouped-query
// attention, gated SiLU, optionally experts. Biases of the projections are optional. A sliding window in the metadata is
// ignored, as in llama.cpp.
#include "model/families/families.h"

namespace ww::families {

Result<void> llama(const KeyReader&, Architecture& architecture)
{
    architecture.qkvBias = Presence::Optional;
    architecture.attnOutputBias = Presence::Optional;
    architecture.ffnBias = Presence::Optional;
    useExperts(architecture, architecture.facts.feedForwardLength);
    return {};
}

}  // namespace ww::families
