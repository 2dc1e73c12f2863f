// SPDX-License-Identifier: MIT
// Which type llama.cpp v0.5.0 gives to each tensor under a preset: what is quantizable at all, the table of exceptions to
// the preset's base type with the counters it depends on, and the replacement types for rows that do not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/metadata.h"
#include "plan/preset.h"
#include "tensor/tensor_info.h"
#include "tensor/tensor_type.h"

namespace ww {

/// How the rules group tensors. Coarser than TensorRole and decided by parts of the name, as the reference does:
/// Value is attn_v, attn_qkv and attn_kv_b; Down is everything that contains ffn_down; and so on.
enum class RuleCategory : std::uint8_t { Output, Embedding, Value, Key, Query, AttnOutput, Up, Gate, Down, Other };
[[nodiscard]] RuleCategory ruleCategory(std::string_view tensorName);

/// Empty when the tensor may be quantized; otherwise one sentence that says why it keeps its type.
[[nodiscard]] std::string_view whyKept(const TensorInfo& tensor);

/// What the rules look at in a model. Missing metadata count as 0.
struct ModelFacts {
    std::string architecture;
    std::int64_t blockCount = 0;
    std::int64_t expertCount = 0;
    std::int64_t queriesPerKey = 0;  ///< query heads per key/value head in block 0
    std::int64_t valueTensors = 0;   ///< number of tensors of category Value
    bool tiedOutput = false;         ///< no output.weight: the token embedding is the output matrix too
    bool is70B = false;
};
[[nodiscard]] ModelFacts readModelFacts(const Metadata& metadata, std::span<const TensorInfo> tensors);

struct RuleDecision {
    TensorType type;
    /// Where a line of the table decided: the condition in words ("the model has eight experts"), or "" for a line without
    /// condition. Null: the base type of the preset.
    const char* because;
};

/// One run over a model. Call decide() in export order, only for tensors that are quantizable and that no option or recipe
/// rule has taken: the counters must not see the others.
class PresetRules {
public:
    PresetRules(const Preset& preset, const ModelFacts& facts, bool haveImportance);
    [[nodiscard]] RuleDecision decide(const TensorInfo& tensor, std::optional<std::uint32_t> block);

private:
    const Preset& m_preset;
    const ModelFacts& m_facts;
    bool m_haveImportance;
    std::int64_t m_valuesSeen = 0;
    std::int64_t m_downsSeen = 0;
    std::int64_t m_gatesSeen = 0;
    std::int64_t m_upsSeen = 0;
};

/// The type that is written when `wanted` was asked for: `wanted` itself when rows of `columns` fit, else its replacement.
/// Empty when there is none (Q1_0, NVFP4).
[[nodiscard]] std::optional<TensorType> fittingType(TensorType wanted, std::uint64_t columns);

/// True when llama.cpp refuses to make `type` for this tensor without an entry in an importance matrix, or the encoder of
/// the type cannot work without one.
[[nodiscard]] bool needsImportance(std::string_view tensorName, TensorType type, const Preset* preset);

}  // namespace ww
