// SPDX-License-Identifier: MIT
#include "model/architecture.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "model/families/families.h"

namespace ww {
namespace {

constexpr std::array kFamilies = {
    ArchitectureFamily{"gemma", families::gemma},
    ArchitectureFamily{"gemma2", families::gemma2},
    ArchitectureFamily{"gemma3", families::gemma3},
    ArchitectureFamily{"gpt2", families::gpt2},
    ArchitectureFamily{"granite", families::granite},
    ArchitectureFamily{"granitemoe", families::granitemoe},
    ArchitectureFamily{"llama", families::llama},
    ArchitectureFamily{"olmo2", families::olmo2},
    ArchitectureFamily{"phi3", families::phi3},
    ArchitectureFamily{"qwen2", families::qwen2},
    ArchitectureFamily{"qwen2moe", families::qwen2moe},
    ArchitectureFamily{"qwen3", families::qwen3},
    ArchitectureFamily{"qwen3moe", families::qwen3moe},
    ArchitectureFamily{"smollm3", families::smollm3},
    ArchitectureFamily{"stablelm", families::stablelm},
    ArchitectureFamily{"starcoder2", families::starcoder2},
};

Result<RopeScaling> readScalingType(const KeyReader& keys)
{
    WW_TRY(const std::string type, keys.text("rope.scaling.type", "linear"));
    if (type == "none") return RopeScaling::None;
    if (type == "linear") return RopeScaling::Linear;
    if (type == "yarn") return RopeScaling::Yarn;
    if (type == "longrope") return RopeScaling::LongRope;
    return fail(
        ErrorCode::Unsupported,
        fmt::format("This model extends its context by the rotary scaling “{}”, which is unknown here. It can be quantized and "
                    "exported, but perplexity and text generation are not available for it.",
                    type),
        keys.model().path());
}

Result<void> readRope(const KeyReader& keys, Hyperparameters& facts)
{
    WW_TRY(facts.ropeDimensions, keys.count("rope.dimension_count", facts.keyLength));
    WW_TRY(facts.ropeBase, keys.real("rope.freq_base", 10000));
    if (facts.ropeBase <= 0) return keys.wrong("rope.freq_base", "is not positive");
    WW_TRY(facts.ropeScaling, readScalingType(keys));
    WW_TRY(const float older, keys.real("rope.scale_linear", 0));
    WW_TRY(const float factor, keys.real("rope.scaling.factor", older));
    if (factor < 0) return keys.wrong("rope.scaling.factor", "is negative");
    facts.ropeScale = factor == 0 || facts.ropeScaling == RopeScaling::None ? 1.0F : 1.0F / factor;
    if (!std::isfinite(facts.ropeScale)) return keys.wrong("rope.scaling.factor", "is too small");
    WW_TRY(facts.ropeAttnFactor, keys.real("rope.scaling.attn_factor", 1));
    WW_TRY(facts.ropeOriginalContext, keys.count("rope.scaling.original_context_length", facts.contextLength));
    return {};
}

Result<std::vector<BlockShape>> readBlocks(const KeyReader& keys, std::uint32_t blockCount)
{
    WW_TRY(const auto heads, keys.perBlock("attention.head_count", blockCount));
    if (heads.empty()) return keys.wrong("attention.head_count", "is missing from the metadata");
    WW_TRY(auto headsKv, keys.perBlock("attention.head_count_kv", blockCount));
    if (headsKv.empty()) headsKv = heads;
    WW_TRY(auto feedForward, keys.perBlock("feed_forward_length", blockCount));
    if (feedForward.empty()) return keys.wrong("feed_forward_length", "is missing from the metadata");
    std::vector<BlockShape> blocks(blockCount);
    for (std::uint32_t i = 0; i < blockCount; ++i) {
        if (heads[i] == 0) return keys.wrong("attention.head_count", fmt::format("is 0 in block {}", i));
        if (headsKv[i] == 0 || heads[i] % headsKv[i] != 0)
            return keys.wrong("attention.head_count_kv",
                              fmt::format("is {} in block {}, which does not divide the {} heads", headsKv[i], i, heads[i]));
        blocks[i].headCount = heads[i];
        blocks[i].headCountKv = headsKv[i];
        blocks[i].feedForwardLength = feedForward[i];
    }
    return blocks;
}

Result<std::uint32_t> readVocabularySize(const KeyReader& keys)
{
    if (const auto* tokens = keys.model().metadata().stringArray("tokenizer.ggml.tokens"); tokens && !tokens->empty()) {
        if (tokens->size() > 0x7FFFFFFFU) return keys.wrong("vocab_size", "is too large");
        return static_cast<std::uint32_t>(tokens->size());
    }
    return keys.required("vocab_size");
}

Result<void> readExperts(const KeyReader& keys, Hyperparameters& facts)
{
    WW_TRY(facts.expertCount, keys.count("expert_count", 0));
    WW_TRY(facts.expertUsedCount, keys.count("expert_used_count", 0));
    if (facts.expertCount != 0 && (facts.expertUsedCount == 0 || facts.expertUsedCount > facts.expertCount))
        return keys.wrong("expert_used_count",
                          fmt::format("is {}, but there are {} experts", facts.expertUsedCount, facts.expertCount));
    return {};
}

Result<void> readFacts(const KeyReader& keys, Architecture& architecture)
{
    Hyperparameters& facts = architecture.facts;
    facts.architecture = keys.model().architecture();
    WW_TRY(facts.blockCount, keys.required("block_count"));
    // Every block has tensors; this also bounds what is allocated for the blocks.
    if (facts.blockCount > keys.model().tensors().size())
        return keys.wrong("block_count",
                          fmt::format("is {}, but the file has only {} tensors", facts.blockCount, keys.model().tensors().size()));
    WW_TRY(facts.embeddingLength, keys.required("embedding_length"));
    WW_TRY(facts.contextLength, keys.required("context_length"));
    WW_TRY(architecture.blocks, readBlocks(keys, facts.blockCount));
    facts.headCount = architecture.blocks.front().headCount;
    facts.headCountKv = architecture.blocks.front().headCountKv;
    facts.feedForwardLength = architecture.blocks.front().feedForwardLength;
    const std::uint32_t headLength = facts.embeddingLength / facts.headCount;
    WW_TRY(facts.keyLength, keys.count("attention.key_length", headLength));
    WW_TRY(facts.valueLength, keys.count("attention.value_length", headLength));
    if (facts.keyLength == 0) return keys.wrong("attention.key_length", "is 0: there are more heads than values per token");
    if (facts.valueLength == 0) return keys.wrong("attention.value_length", "is 0: there are more heads than values per token");
    WW_TRY(facts.vocabularySize, readVocabularySize(keys));
    WW_TRY_VOID(readExperts(keys, facts));
    return readRope(keys, facts);
}

}  // namespace

const ArchitectureFamily* findFamily(std::string_view name)
{
    const auto found = std::ranges::find(kFamilies, name, &ArchitectureFamily::name);
    return found == kFamilies.end() ? nullptr : &*found;
}

std::span<const ArchitectureFamily> allFamilies()
{
    return kFamilies;
}

Result<Architecture> readArchitecture(const ModelFile& model)
{
    if (model.architecture().empty())
        return fail(ErrorCode::Corrupt, "The file does not name its architecture (the key general.architecture is missing).",
                    model.path());
    const ArchitectureFamily* family = findFamily(model.architecture());
    if (!family)
        return fail(
            ErrorCode::Unsupported,
            fmt::format("Models of the architecture “{}” can be quantized and exported, but perplexity and text generation are not "
                        "available for them.",
                        model.architecture()),
            model.path());
    const KeyReader keys(model);
    Architecture architecture;
    WW_TRY_VOID(readFacts(keys, architecture));
    Hyperparameters& facts = architecture.facts;
    architecture.ropes = {RopeSettings{facts.ropeDimensions, facts.ropeBase, facts.ropeScaling, facts.ropeScale,
                                       facts.ropeAttnFactor, facts.ropeOriginalContext, true}};
    architecture.ropeFactorsByLength = facts.ropeScaling == RopeScaling::LongRope;
    WW_TRY_VOID(family->describe(keys, architecture));
    if (architecture.pairing != RopePairing::None &&
        (facts.ropeDimensions == 0 || facts.ropeDimensions % 2 != 0 || facts.ropeDimensions > facts.keyLength))
        return keys.wrong("rope.dimension_count",
                          fmt::format("is {}, but heads have {} values", facts.ropeDimensions, facts.keyLength));
    const bool rms = architecture.norm == NormKind::Rms;
    const char* epsilonKey = rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
    WW_TRY(architecture.normEpsilon, keys.requiredReal(epsilonKey));
    if (architecture.normEpsilon < 0) return keys.wrong(epsilonKey, "is negative");
    (rms ? facts.rmsEpsilon : facts.layerNormEpsilon) = architecture.normEpsilon;
    if (architecture.experts.count != 0 && architecture.experts.feedForwardLength == 0)
        return keys.wrong("feed_forward_length", "is 0");
    if (architecture.experts.count == 0)
        for (const BlockShape& block : architecture.blocks)
            if (block.feedForwardLength == 0) return keys.wrong("feed_forward_length", "is 0");
    return architecture;
}

Result<Hyperparameters> readHyperparameters(const ModelFile& model)
{
    WW_TRY(Architecture architecture, readArchitecture(model));
    return std::move(architecture.facts);
}

}  // namespace ww
