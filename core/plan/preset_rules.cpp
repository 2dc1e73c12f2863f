// SPDX-License-Identifier: MIT
// The rules are data: kLines is read from top to bottom, and the first line whose presets, category and condition all hold
// gives the type; without one the preset's base type stays. Two corrections for attention values, the counters and the
// replacements for rows that do not fit are the only rules outside the table.
#include "plan/preset_rules.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "model/tensor_role.h"

namespace ww {
namespace {

using T = TensorType;
using C = RuleCategory;

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

// ---------------------------------------------------------------------------------------------------------------------
// Presets as sets of bits, one bit per file type id.

enum FileType : std::uint32_t {
    Q4_0 = 2,
    Q5_0 = 8,
    Q2_K = 10,
    Q3_K_S = 11,
    Q3_K_M = 12,
    Q3_K_L = 13,
    Q4_K_S = 14,
    Q4_K_M = 15,
    Q5_K_M = 17,
    IQ2_XXS = 19,
    IQ2_XS = 20,
    Q2_K_S = 21,
    IQ3_XS = 22,
    IQ3_XXS = 23,
    IQ1_S = 24,
    IQ4_NL = 25,
    IQ3_S = 26,
    IQ3_M = 27,
    IQ2_S = 28,
    IQ2_M = 29,
    IQ4_XS = 30,
    IQ1_M = 31,
    TQ1_0 = 36,
    TQ2_0 = 37,
    MXFP4_MOE = 38,
    Q2_0 = 41,
};

struct PresetSet {
    std::uint64_t bits = 0;
    constexpr PresetSet(std::initializer_list<FileType> types)
    {
        for (const FileType type : types) bits |= std::uint64_t{1} << type;
    }
    [[nodiscard]] constexpr bool has(std::uint32_t fileType) const { return fileType < 64 && ((bits >> fileType) & 1) != 0; }
    static constexpr PresetSet all()
    {
        PresetSet set{};
        set.bits = ~std::uint64_t{0};
        return set;
    }
    [[nodiscard]] constexpr PresetSet without(PresetSet other) const
    {
        PresetSet set{};
        set.bits = bits & ~other.bits;
        return set;
    }
};

constexpr PresetSet kAll = PresetSet::all();
/// These presets have shorter rules of their own.
constexpr PresetSet kLowBit = {IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M};
constexpr PresetSet kNotLowBit = kAll.without(kLowBit);
constexpr PresetSet kIq2Medium = {IQ2_S, IQ2_M};

// ---------------------------------------------------------------------------------------------------------------------
// Conditions.

/// One tensor as the conditions see it. `index` of `count`: the layer for feed-forward tensors, the number of the tensor
/// among its kind for attention values.
struct Situation {
    const ModelFacts& model;
    bool haveImportance;
    TensorType base;
    C category;
    std::uint64_t columns;
    bool manyMatrices;  ///< a third dimension: one matrix per expert
    std::int64_t index;
    std::int64_t count;

    [[nodiscard]] bool falcon() const { return model.architecture == "falcon"; }
    [[nodiscard]] bool eightExperts() const { return model.expertCount == 8; }
    [[nodiscard]] bool firstEighth() const { return index < count / 8; }
    [[nodiscard]] bool firstSixteenth() const { return index < count / 16; }
    /// First and last eighth, and every third in between.
    [[nodiscard]] bool important() const { return firstEighth() || index >= 7 * count / 8 || (index - count / 8) % 3 == 2; }
};

struct Condition {
    bool (*holds)(const Situation&);
    const char* because;
};

constexpr Condition kAlways = {[](const Situation&) { return true; }, ""};
constexpr Condition kFalconOrMisfit = {[](const Situation& s) { return s.falcon() || s.columns % traits(s.base).blockLength != 0; },
                                       "the model is a Falcon or its rows do not fit"};
constexpr Condition kBaseIsNotQ8 = {[](const Situation& s) { return s.base != T::Q8_0; }, ""};
constexpr Condition kExpertMatrices = {[](const Situation& s) {
                                           return s.manyMatrices && (s.model.architecture != "bailingmoe3" || s.category == C::Up ||
                                                                     s.category == C::Gate || s.category == C::Down);
                                       },
                                       "it holds the matrices of several experts"};
constexpr Condition kShared4 = {[](const Situation& s) { return s.model.queriesPerKey >= 4; },
                                "four or more query heads share each value head"};
constexpr Condition kShared4OrExperts4 = {[](const Situation& s) { return s.model.queriesPerKey >= 4 || s.model.expertCount >= 4; },
                                          "four or more query heads or experts share it"};
constexpr Condition kEightExperts = {[](const Situation& s) { return s.eightExperts(); }, "the model has eight experts"};
constexpr Condition kImportance = {[](const Situation& s) { return s.haveImportance; }, "an importance matrix is given"};
constexpr Condition kFirstTwo = {[](const Situation& s) { return s.index < 2; }, "it is one of the first two of its kind"};
constexpr Condition kFirstFour = {[](const Situation& s) { return s.index < 4; }, "it is one of the first four of its kind"};
constexpr Condition kFirstEighth = {[](const Situation& s) { return s.firstEighth(); }, "it is in the first eighth of the layers"};
constexpr Condition kFirstSixteenth = {[](const Situation& s) { return s.firstSixteenth(); },
                                       "it is in the first sixteenth of the layers"};
constexpr Condition kImportantLayer = {[](const Situation& s) { return s.important(); },
                                       "it is in the first or last eighth of the layers or one of every third between"};
constexpr Condition kMiddleLayer = {[](const Situation& s) { return !s.firstEighth() && s.index < 7 * s.count / 8; },
                                    "it is in the middle three quarters of the layers"};
constexpr Condition kFirstEighthNoImportance = {[](const Situation& s) { return s.firstEighth() && !s.haveImportance; },
                                                "it is in the first eighth of the layers and there is no importance matrix"};
constexpr Condition kFirstEighthWithImportance = {[](const Situation& s) { return s.firstEighth() && s.haveImportance; },
                                                  "it is in the first eighth of the layers and there is an importance matrix"};
constexpr Condition kNoImportance = {[](const Situation& s) { return !s.haveImportance; }, "there is no importance matrix"};
constexpr Condition kFalcon = {[](const Situation& s) { return s.falcon(); }, "the model is a Falcon"};
constexpr Condition kFalconFirstSixteenth = {[](const Situation& s) { return s.falcon() && s.firstSixteenth(); },
                                             "it is in the first sixteenth of the layers"};
constexpr Condition kFalconImportantLayer = {[](const Situation& s) { return s.falcon() && s.important(); },
                                             kImportantLayer.because};
constexpr Condition kImportantLayerNotFalcon = {[](const Situation& s) { return !s.falcon() && s.important(); },
                                                kImportantLayer.because};
constexpr Condition kFirstEighthNotFalcon = {[](const Situation& s) { return !s.falcon() && s.firstEighth(); },
                                             kFirstEighth.because};
constexpr Condition kImportantLayerIfFalcon = {[](const Situation& s) { return !s.falcon() || s.important(); }, ""};
constexpr Condition kFirstEighthOrExperts8Important = {
    [](const Situation& s) { return s.firstEighth() || (s.eightExperts() && s.important()); }, "it is in an important layer"};
constexpr Condition kEightExpertsNotFalcon = {[](const Situation& s) { return !s.falcon() && s.eightExperts(); },
                                              kEightExperts.because};
constexpr Condition kOrdinaryModel = {[](const Situation& s) { return !s.falcon() && !s.eightExperts(); }, ""};

// ---------------------------------------------------------------------------------------------------------------------
// The table.

struct Line {
    PresetSet presets;
    std::optional<RuleCategory> category;  ///< empty: every one
    Condition when;
    TensorType type;
};

constexpr std::array kLines = {
    // Output matrix, or the token embedding that serves as one.
    Line{{MXFP4_MOE}, C::Output, kAlways, T::Q8_0},
    Line{kAll, C::Output, kFalconOrMisfit, T::Q8_0},
    Line{{IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M, IQ3_XXS}, C::Output, kAlways, T::Q5_K},
    Line{kAll, C::Output, kBaseIsNotQ8, T::Q6_K},
    Line{kAll, C::Output, kAlways, T::Q8_0},

    Line{{MXFP4_MOE}, {}, kExpertMatrices, T::MXFP4},
    Line{{MXFP4_MOE}, {}, kAlways, T::Q8_0},

    Line{{IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS}, C::Embedding, kAlways, T::Q2_K},
    Line{{IQ2_S, IQ2_M, IQ3_XXS}, C::Embedding, kAlways, T::IQ3_S},
    Line{{TQ1_0, TQ2_0, Q2_0}, C::Embedding, kAlways, T::Q4_K},

    Line{kLowBit, C::Value, kShared4OrExperts4, T::Q4_K},
    Line{kIq2Medium, C::Value, kAlways, T::IQ3_S},
    Line{kLowBit, C::Value, kAlways, T::Q2_K},
    Line{{Q2_K, Q2_K_S, IQ3_XXS, IQ3_XS, IQ3_S}, C::Value, kShared4, T::Q4_K},
    Line{{Q2_K}, C::Value, kAlways, T::Q3_K},
    Line{{IQ3_XXS}, C::Value, kImportance, T::IQ3_XXS},
    Line{{IQ3_XXS}, C::Value, kAlways, T::IQ3_S},
    Line{{IQ3_M}, C::Value, kAlways, T::Q4_K},
    Line{{Q3_K_M}, C::Value, kFirstTwo, T::Q5_K},
    Line{{Q3_K_M}, C::Value, kAlways, T::Q4_K},
    Line{{Q3_K_L}, C::Value, kAlways, T::Q5_K},
    Line{{IQ4_NL, IQ4_XS}, C::Value, kShared4, T::Q5_K},
    Line{{Q4_K_M, Q5_K_M}, C::Value, kImportantLayer, T::Q6_K},
    Line{{Q4_K_S}, C::Value, kFirstFour, T::Q5_K},

    Line{kLowBit, C::Key, kEightExperts, T::Q4_K},
    Line{kNotLowBit, C::Key, kEightExperts, T::Q8_0},
    Line{{IQ3_XS}, C::Key, kAlways, T::IQ3_XXS},
    Line{{IQ3_XXS}, C::Key, kAlways, T::IQ2_S},

    Line{{IQ3_XS}, C::Query, kAlways, T::IQ3_XXS},
    Line{{IQ3_XXS}, C::Query, kAlways, T::IQ2_S},

    Line{kLowBit, C::AttnOutput, kEightExperts, T::Q5_K},
    Line{{IQ1_S, IQ1_M}, C::AttnOutput, kAlways, T::IQ2_XXS},
    Line{kIq2Medium, C::AttnOutput, kAlways, T::IQ3_S},
    Line{{Q3_K_L}, C::AttnOutput, kFalcon, T::Q4_K},
    Line{{Q2_K, IQ3_XS, IQ3_XXS, Q3_K_S, Q3_K_M, IQ4_NL, Q4_K_S, Q4_K_M, IQ3_S, IQ3_M, IQ4_XS},
         C::AttnOutput,
         kEightExpertsNotFalcon,
         T::Q5_K},
    Line{{Q2_K}, C::AttnOutput, kOrdinaryModel, T::Q3_K},
    Line{{IQ3_XXS}, C::AttnOutput, kOrdinaryModel, T::IQ3_S},
    Line{{Q3_K_M, IQ3_M}, C::AttnOutput, kOrdinaryModel, T::Q4_K},
    Line{{Q3_K_L}, C::AttnOutput, kOrdinaryModel, T::Q5_K},

    Line{kIq2Medium, C::Down, kFirstEighth, T::IQ3_S},
    Line{kLowBit, C::Down, kFirstEighth, T::Q2_K},
    Line{{Q2_K}, C::Down, kAlways, T::Q3_K},
    Line{{Q2_K_S}, C::Down, kFirstEighth, T::Q4_K},
    Line{{IQ3_XXS}, C::Down, kFirstEighthNoImportance, T::Q4_K},
    Line{{IQ3_XXS}, C::Down, kNoImportance, T::Q3_K},
    Line{{Q3_K_M}, C::Down, kFirstSixteenth, T::Q5_K},
    Line{{Q3_K_M}, C::Down, kImportantLayerIfFalcon, T::Q4_K},
    Line{{IQ3_M}, C::Down, kFirstEighthOrExperts8Important, T::Q4_K},
    Line{{Q3_K_L}, C::Down, kFalcon, T::Q4_K},
    Line{{Q3_K_L}, C::Down, kAlways, T::Q5_K},
    Line{{Q4_K_M}, C::Down, kFalconFirstSixteenth, T::Q6_K},
    Line{{Q4_K_M}, C::Down, kFalconImportantLayer, T::Q5_K},
    Line{{Q4_K_M}, C::Down, kImportantLayerNotFalcon, T::Q6_K},
    Line{{Q5_K_M}, C::Down, kImportantLayer, T::Q6_K},
    Line{{Q4_K_S}, C::Down, kFirstEighthNotFalcon, T::Q5_K},
    Line{{IQ4_NL, IQ4_XS}, C::Down, kFirstEighthNoImportance, T::Q5_K},
    Line{{Q4_0}, C::Down, kFirstEighthWithImportance, T::Q4_1},
    Line{{Q5_0}, C::Down, kFirstEighthWithImportance, T::Q5_1},

    Line{{IQ3_XS}, C::Gate, kMiddleLayer, T::IQ3_XXS},
    Line{{IQ3_XS}, C::Up, kMiddleLayer, T::IQ3_XXS},
};

// ---------------------------------------------------------------------------------------------------------------------
// Names.

struct NamePart {
    std::string_view part;
    const char* sentence;
};

constexpr const char* kNormSentence = "Normalization weights are small and sensitive, so they stay as they are.";
constexpr const char* kRouterSentence = "The expert router is small and sensitive, so it stays as it is.";
constexpr const char* kSpecialSentence = "llama.cpp does not use this kind of tensor in quantized form, so it stays as it is.";

/// Tensors whose name contains one of these keep their type.
constexpr std::array kKeptParts = {
    NamePart{"_norm.weight", kNormSentence},
    NamePart{"ffn_gate_inp.weight", kRouterSentence},
    NamePart{"ffn_gate_tid2eid.weight", kRouterSentence},
    NamePart{"altup", kSpecialSentence},
    NamePart{"laurel", kSpecialSentence},
    NamePart{"per_layer_model_proj", kSpecialSentence},
    NamePart{"ssm_conv1d", kSpecialSentence},
    NamePart{"shortconv.conv.weight", kSpecialSentence},
    NamePart{"indexer.k_proj.weight", kSpecialSentence},
    NamePart{"indexer.q_proj.weight", kSpecialSentence},
    NamePart{"time_mix_first.weight", kSpecialSentence},
    NamePart{"time_mix_w0.weight", kSpecialSentence},
    NamePart{"time_mix_w1.weight", kSpecialSentence},
    NamePart{"time_mix_w2.weight", kSpecialSentence},
    NamePart{"time_mix_v0.weight", kSpecialSentence},
    NamePart{"time_mix_v1.weight", kSpecialSentence},
    NamePart{"time_mix_v2.weight", kSpecialSentence},
    NamePart{"time_mix_a0.weight", kSpecialSentence},
    NamePart{"time_mix_a1.weight", kSpecialSentence},
    NamePart{"time_mix_a2.weight", kSpecialSentence},
    NamePart{"time_mix_g1.weight", kSpecialSentence},
    NamePart{"time_mix_g2.weight", kSpecialSentence},
    NamePart{"time_mix_decay_w1.weight", kSpecialSentence},
    NamePart{"time_mix_decay_w2.weight", kSpecialSentence},
    NamePart{"time_mix_lerp_fused.weight", kSpecialSentence},
    NamePart{"attn_rel_b.weight", kSpecialSentence},
    NamePart{".position_embd", kSpecialSentence},
    NamePart{"sam.pos_embd", kSpecialSentence},
    NamePart{"sam.neck.", kSpecialSentence},
    NamePart{"sam.net_", kSpecialSentence},
    NamePart{".rel_pos", kSpecialSentence},
    NamePart{".patch_embd", kSpecialSentence},
    NamePart{".patch_merger", kSpecialSentence},
    NamePart{"a.rvq.codebook", kSpecialSentence},
    NamePart{"mm.a.code_embd", kSpecialSentence},
};

struct CategoryPart {
    std::string_view part;
    RuleCategory category;
};

/// First match wins.
constexpr std::array kCategoryParts = {
    CategoryPart{"attn_qkv.weight", C::Value},
    CategoryPart{"attn_kv_b.weight", C::Value},
    CategoryPart{"attn_v.weight", C::Value},
    CategoryPart{"attn_k.weight", C::Key},
    CategoryPart{"attn_q.weight", C::Query},
    CategoryPart{"attn_output.weight", C::AttnOutput},
    CategoryPart{"ffn_up", C::Up},
    CategoryPart{"ffn_gate", C::Gate},
    CategoryPart{"ffn_down", C::Down},
};

bool isEmbeddingName(std::string_view name)
{
    return name == "token_embd.weight" || name == "per_layer_token_embd.weight";
}

/// A number per model or per layer; of the latter the first counts.
std::int64_t scalarOrFirst(const Metadata& metadata, const std::string& key, std::int64_t fallback)
{
    constexpr std::int64_t kLimit = std::int64_t{1} << 31;
    std::optional<std::int64_t> value = metadata.integer(key);
    if (!value) {
        const auto* stored = metadata.find(key);
        const bool isArray = stored && std::holds_alternative<MetadataArray>(*stored);
        const auto list = isArray ? metadata.integerArray(key) : std::nullopt;
        if (list && !list->empty()) value = list->front();
    }
    return std::clamp<std::int64_t>(value.value_or(fallback), 0, kLimit);
}

}  // namespace

RuleCategory ruleCategory(std::string_view name)
{
    if (name == "output.weight") return C::Output;
    if (isEmbeddingName(name)) return C::Embedding;
    for (const auto& entry : kCategoryParts)
        if (contains(name, entry.part)) return entry.category;
    return C::Other;
}

std::string_view whyKept(const TensorInfo& tensor)
{
    const TensorTypeKind kind = traits(tensor.type).kind;
    if (kind == TensorTypeKind::Integer || kind == TensorTypeKind::ActivationOnly || tensor.type == T::F64)
        return "Only floating-point and quantized weights can be converted, so it stays as it is.";
    if (tensor.shape.significantDims() < 2) return "Vectors are small and sensitive, so they stay as they are.";
    if (tensor.shape.elements() == 0) return "It holds no values.";
    if (!tensor.name.ends_with("weight")) return "Only weights are quantized; everything else stays as it is.";
    const TensorIdentity identity = identify(tensor.name);
    const bool commonWeight = identity.isWeightMatrix && identity.role != TensorRole::Other;
    if (!commonWeight)
        for (const auto& kept : kKeptParts)
            if (contains(tensor.name, kept.part)) return kept.sentence;
    if (tensor.name == "position_embd.weight" || tensor.name == "token_types.weight") return kSpecialSentence;
    if (tensor.shape.significantDims() > 3) return "It has four dimensions; at most three can be quantized, so it stays as it is.";
    return {};
}

ModelFacts readModelFacts(const Metadata& metadata, std::span<const TensorInfo> tensors)
{
    ModelFacts facts;
    facts.architecture = metadata.string("general.architecture").value_or("");
    const auto key = [&facts](const char* name) { return facts.architecture + name; };
    facts.blockCount = scalarOrFirst(metadata, key(".block_count"), 0);
    facts.expertCount = scalarOrFirst(metadata, key(".expert_count"), 0);
    const std::int64_t heads = scalarOrFirst(metadata, key(".attention.head_count"), 0);
    const std::int64_t keyHeads = scalarOrFirst(metadata, key(".attention.head_count_kv"), heads);
    facts.queriesPerKey = keyHeads == 0 ? 0 : heads / keyHeads;

    const std::string& a = facts.architecture;
    const bool llama = (a == "llama" || a == "llama-embed") && heads != keyHeads;
    facts.is70B = facts.blockCount == 80 && (llama || a == "qwen2" || a == "deci" || a == "olmo");

    facts.tiedOutput = true;
    for (const auto& tensor : tensors) {
        const RuleCategory category = ruleCategory(tensor.name);
        if (category == C::Output) facts.tiedOutput = false;
        if (category == C::Value) ++facts.valueTensors;
    }
    return facts;
}

PresetRules::PresetRules(const Preset& preset, const ModelFacts& facts, bool haveImportance)
    : m_preset(preset), m_facts(facts), m_haveImportance(haveImportance)
{
}

RuleDecision PresetRules::decide(const TensorInfo& tensor, std::optional<std::uint32_t> block)
{
    const bool lowBit = kLowBit.has(m_preset.fileType);
    RuleCategory category = ruleCategory(tensor.name);
    if (category == C::Embedding && m_facts.tiedOutput) category = C::Output;

    // Experts are not stored in layer order, so with several of them the number in the name counts.
    const auto layer = [&](std::int64_t seen) {
        return m_facts.expertCount > 1 && block && !(lowBit && category == C::Down) ? static_cast<std::int64_t>(*block) : seen;
    };
    Situation s{m_facts, m_haveImportance,  m_preset.base, category, tensor.shape.columns(), tensor.shape.ne[2] > 1,
                0,       m_facts.blockCount};
    switch (category) {
    case C::Value:
        s.index = m_valuesSeen++;
        s.count = m_facts.valueTensors;
        break;
    case C::Down: s.index = layer(m_downsSeen++); break;
    case C::Gate: s.index = layer(m_gatesSeen++); break;
    case C::Up: s.index = layer(m_upsSeen++); break;
    default: break;
    }

    RuleDecision decision{m_preset.base, nullptr};
    for (const Line& line : kLines) {
        if (!line.presets.has(m_preset.fileType) || (line.category && *line.category != category) || !line.when.holds(s)) continue;
        decision = {line.type, line.when.because};
        break;
    }
    if (category == C::Value && !lowBit && m_preset.fileType != MXFP4_MOE) {
        if (m_facts.is70B && (decision.type == T::Q3_K || decision.type == T::Q4_K))
            decision = {T::Q5_K, "the model is of the 70B class"};
        if (s.eightExperts()) decision = {T::Q8_0, kEightExperts.because};
    }
    return decision;
}

std::optional<TensorType> fittingType(TensorType wanted, std::uint64_t columns)
{
    const auto fits = [columns](TensorType type) { return columns % traits(type).blockLength == 0; };
    if (fits(wanted)) return wanted;
    TensorType replacement = T::F16;
    switch (wanted) {
    case T::IQ1_S:
    case T::IQ1_M:
    case T::IQ2_XXS:
    case T::IQ2_XS:
    case T::IQ2_S:
    case T::IQ3_XXS:
    case T::IQ3_S:
    case T::IQ4_XS: replacement = T::IQ4_NL; break;
    case T::Q2_K:
    case T::Q3_K:
    case T::TQ1_0:
    case T::TQ2_0:
    case T::Q2_0: replacement = T::Q4_0; break;
    case T::Q4_K: replacement = T::Q5_0; break;
    case T::Q5_K: replacement = T::Q5_1; break;
    case T::Q6_K: replacement = T::Q8_0; break;
    case T::Q1_0:
    case T::NVFP4: return std::nullopt;
    default: break;
    }
    return fits(replacement) ? replacement : T::F16;
}

bool needsImportance(std::string_view tensorName, TensorType type, const Preset* preset)
{
    if (traits(type).importance == ImportanceUse::Required) return true;
    if (isEmbeddingName(tensorName) || tensorName == "output.weight") return false;
    switch (type) {
    case T::IQ1_M:
    case T::IQ2_S:
    case T::IQ3_XXS: return true;
    case T::Q2_K: return preset && preset->fileType == Q2_K_S;
    default: return false;
    }
}

}  // namespace ww
