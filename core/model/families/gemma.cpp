// SPDX-License-Identifier: MIT
// Gemma 1 to 3: embeddings times the square root of their length, gated GELU, halves rotated. Gemma 2 adds norms on the
// output of both branches, soft caps, and a sliding window on every other layer; Gemma 3 replaces the attention's soft cap by
// head norms and has five windowed layers, with a rotary base of their own, to one full layer.
#include "model/families/families.h"

#include <cmath>

namespace ww::families {
namespace {

void common(Architecture& architecture)
{
    architecture.pairing = RopePairing::Halves;
    architecture.activation = Activation::Gelu;
    architecture.embeddingScale = std::sqrt(static_cast<float>(architecture.facts.embeddingLength));
}

// The 27B models scale by the embedding's share of a head, not by the head's length. llama.cpp knows them by the layers.
void scaleOfLargest(Architecture& architecture, std::uint32_t layersOfLargest)
{
    const Hyperparameters& facts = architecture.facts;
    if (facts.blockCount == layersOfLargest)
        architecture.attentionScale = 1 / std::sqrt(static_cast<float>(facts.embeddingLength / facts.headCount));
}

}  // namespace

Result<void> gemma(const KeyReader&, Architecture& architecture)
{
    common(architecture);
    architecture.output = OutputMatrix::AlwaysTied;
    return {};
}

Result<void> gemma2(const KeyReader& keys, Architecture& architecture)
{
    common(architecture);
    architecture.output = OutputMatrix::AlwaysTied;
    architecture.postNorms = true;
    WW_TRY(architecture.attentionSoftcap, keys.notNegative("attn_logit_softcapping", 50));
    WW_TRY(architecture.finalSoftcap, keys.notNegative("final_logit_softcapping", 30));
    WW_TRY(const std::uint32_t window, keys.count("attention.sliding_window", 4096));
    for (std::size_t i = 0; i < architecture.blocks.size(); i += 2) architecture.blocks[i].slidingWindow = window;
    scaleOfLargest(architecture, 46);
    return {};
}

Result<void> gemma3(const KeyReader& keys, Architecture& architecture)
{
    common(architecture);
    architecture.postNorms = true;
    architecture.headNorm = HeadNorm::SharedByHeads;
    WW_TRY(architecture.finalSoftcap, keys.notNegative("final_logit_softcapping", 0));
    WW_TRY(const std::uint32_t window, keys.count("attention.sliding_window", 0));
    if (window != 0) {
        WW_TRY(const std::uint32_t pattern, keys.count("attention.sliding_window_pattern", 6));
        RopeSettings local = architecture.ropes.front();
        local.scaling = RopeScaling::None;
        local.scale = 1;
        WW_TRY(local.base, keys.real("rope.freq_base_swa", 10000));
        if (local.base <= 0) return keys.wrong("rope.freq_base_swa", "is not positive");
        architecture.ropes.push_back(local);
        useWindows(architecture, window, pattern, 1);
    }
    scaleOfLargest(architecture, 62);
    return {};
}

}  // namespace ww::families
