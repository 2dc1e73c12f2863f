// SPDX-License-Identifier: MIT
// Qwen 2, 2.5 and 3: as llama, but rotary positions pair the halves of a head. Qwen 2 has biases on q, k and v; Qwen 3 has
// RMS norms on every head of q and k instead. Qwen 2 MoE does not normalize the weights of its experts and adds a shared one by a
// gate of its own.
#include "model/families/families.h"

namespace ww::families {

Result<void> qwen2(const KeyReader&, Architecture& architecture)
{
    architecture.pairing = RopePairing::Halves;
    architecture.qkvBias = Presence::Optional;
    return {};
}

Result<void> qwen2moe(const KeyReader& keys, Architecture& architecture)
{
    WW_TRY_VOID(qwen2(keys, architecture));
    const Hyperparameters& facts = architecture.facts;
    if (facts.expertCount == 0) return keys.wrong("expert_count", "is missing or 0");
    WW_TRY(const std::uint32_t width, keys.count("expert_feed_forward_length", facts.feedForwardLength / facts.expertUsedCount));
    useExperts(architecture, width);
    architecture.experts.normalizesWeights = false;
    architecture.experts.gatesShared = true;
    WW_TRY(architecture.experts.sharedFeedForwardLength, keys.count("expert_shared_feed_forward_length", facts.feedForwardLength));
    return {};
}

Result<void> qwen3(const KeyReader&, Architecture& architecture)
{
    architecture.pairing = RopePairing::Halves;
    architecture.headNorm = HeadNorm::SharedByHeads;
    return {};
}

Result<void> qwen3moe(const KeyReader& keys, Architecture& architecture)
{
    WW_TRY_VOID(qwen3(keys, architecture));
    if (architecture.facts.expertCount == 0) return keys.wrong("expert_count", "is missing or 0");
    WW_TRY(const std::uint32_t width, keys.required("expert_feed_forward_length"));
    useExperts(architecture, width);
    return {};
}

}  // namespace ww::families
