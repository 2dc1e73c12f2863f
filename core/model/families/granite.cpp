// SPDX-License-Identifier: MIT
// Granite 3: as llama, with factors on embeddings, attention scores, branches and logits. The metadata can switch rotation
// off. The MoE variant may have an expert that every token passes.
#include "model/families/families.h"

namespace ww::families {

Result<void> granite(const KeyReader& keys, Architecture& architecture)
{
    architecture.qkvBias = Presence::Optional;
    architecture.attnOutputBias = Presence::Optional;
    architecture.ffnBias = Presence::Optional;
    const auto factorOr1 = [&](std::string_view key) -> Result<float> {
        WW_TRY(const float value, keys.notNegative(key, 1));
        return value == 0 ? 1.0F : value;
    };
    WW_TRY(architecture.embeddingScale, factorOr1("embedding_scale"));
    WW_TRY(architecture.residualScale, factorOr1("residual_scale"));
    WW_TRY(architecture.attentionScale, keys.notNegative("attention.scale", 0));
    WW_TRY(const float logitScale, keys.requiredReal("logit_scale"));
    if (logitScale <= 0) return keys.wrong("logit_scale", "is not positive");
    architecture.logitScale = 1 / logitScale;
    WW_TRY(const bool rotates, keys.flag("rope.scaling.finetuned", true));
    if (!rotates) architecture.pairing = RopePairing::None;
    return {};
}

Result<void> granitemoe(const KeyReader& keys, Architecture& architecture)
{
    WW_TRY_VOID(granite(keys, architecture));
    if (architecture.facts.expertCount == 0) return keys.wrong("expert_count", "is missing or 0");
    useExperts(architecture, architecture.facts.feedForwardLength);
    WW_TRY(architecture.experts.sharedFeedForwardLength, keys.count("expert_shared_feed_forward_length", 0));
    return {};
}

}  // namespace ww::families
