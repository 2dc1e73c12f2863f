// SPDX-License-Identifier: MIT
#include "import/hf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <optional>
#include <string_view>

#include "io/json_file.h"

namespace ww {
namespace {

using Json = nlohmann::json;

constexpr std::uint32_t kMaximumCount = 1U << 26;
constexpr std::uint32_t kMaximumLayers = 4096;

constexpr std::array kArchitectures = {
    HfArchitecture{.className = "LlamaForCausalLM", .name = "llama", .interleavesRotary = true},
    HfArchitecture{.className = "LLaMAForCausalLM", .name = "llama", .interleavesRotary = true},
    HfArchitecture{.className = "MistralForCausalLM", .name = "llama", .interleavesRotary = true},
    HfArchitecture{.className = "MixtralForCausalLM", .name = "llama", .interleavesRotary = true, .isMixture = true},
    HfArchitecture{.className = "Qwen2ForCausalLM", .name = "qwen2"},
    HfArchitecture{.className = "Qwen2MoeForCausalLM", .name = "qwen2moe", .needsOutput = true, .isMixture = true},
    HfArchitecture{.className = "Qwen3ForCausalLM", .name = "qwen3"},
    HfArchitecture{.className = "Qwen3MoeForCausalLM", .name = "qwen3moe", .isMixture = true},
    HfArchitecture{.className = "GemmaForCausalLM", .name = "gemma", .addsOneToNorms = true, .dropsOutput = true},
    HfArchitecture{.className = "Gemma2ForCausalLM", .name = "gemma2", .addsOneToNorms = true, .postNorms = true, .dropsOutput = true},
    HfArchitecture{.className = "Gemma3ForCausalLM", .name = "gemma3", .addsOneToNorms = true, .postNorms = true, .dropsOutput = true},
    HfArchitecture{.className = "Gemma3ForConditionalGeneration", .name = "gemma3", .addsOneToNorms = true, .postNorms = true, .dropsOutput = true},
    HfArchitecture{.className = "Phi3ForCausalLM", .name = "phi3"},
    HfArchitecture{.className = "GPT2LMHeadModel", .name = "gpt2", .transposes = true, .layerNorm = true},
    HfArchitecture{.className = "Starcoder2ForCausalLM", .name = "starcoder2", .layerNorm = true},
    HfArchitecture{.className = "StableLmForCausalLM", .name = "stablelm", .layerNorm = true, .needsOutput = true},
    HfArchitecture{.className = "StableLMEpochForCausalLM", .name = "stablelm", .layerNorm = true, .needsOutput = true},
    HfArchitecture{.className = "Olmo2ForCausalLM", .name = "olmo2", .postNorms = true, .needsOutput = true},
    HfArchitecture{.className = "Olmo3ForCausalLM", .name = "olmo2", .postNorms = true, .needsOutput = true},
    HfArchitecture{.className = "GraniteForCausalLM", .name = "granite", .interleavesRotary = true},
    HfArchitecture{.className = "GraniteMoeForCausalLM", .name = "granitemoe", .interleavesRotary = true, .isMixture = true},
    HfArchitecture{.className = "GraniteMoeSharedForCausalLM", .name = "granitemoe", .interleavesRotary = true, .isMixture = true},
    HfArchitecture{.className = "SmolLM3ForCausalLM", .name = "smollm3", .interleavesRotary = true},
};

using Names = std::initializer_list<std::string_view>;

/// Members under any of several names; the first that is there and not null counts.
class ConfigReader {
public:
    ConfigReader(const Json& json, std::filesystem::path path) : m_json(json), m_path(std::move(path)) {}

    [[nodiscard]] const Json* member(Names names) const
    {
        for (const std::string_view name : names)
            if (const Json* value = jsonMember(m_json, name); value && !value->is_null()) return value;
        return nullptr;
    }
    [[nodiscard]] bool isNull(std::string_view name) const
    {
        const Json* value = jsonMember(m_json, name);
        return value && value->is_null();
    }
    [[nodiscard]] tl::unexpected<Error> wrong(std::string_view name, std::string_view what) const
    {
        return fail(ErrorCode::Corrupt, fmt::format("\"{}\" of the model's configuration {}.", name, what), m_path);
    }
    [[nodiscard]] tl::unexpected<Error> unsupported(std::string message) const
    {
        return fail(ErrorCode::Unsupported, std::move(message), m_path);
    }
    /// Empty when absent; a number from 1 to `maximum` otherwise.
    [[nodiscard]] Result<std::optional<std::uint32_t>> count(Names names, std::uint32_t maximum = kMaximumCount) const
    {
        const Json* value = member(names);
        if (!value) return std::nullopt;
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() == 0 || value->get<std::uint64_t>() > maximum)
            return wrong(*names.begin(), fmt::format("is no whole number from 1 to {}", maximum));
        return static_cast<std::uint32_t>(value->get<std::uint64_t>());
    }
    [[nodiscard]] Result<std::uint32_t> required(Names names, std::uint32_t fallback = 0, std::uint32_t maximum = kMaximumCount) const
    {
        WW_TRY(const auto value, count(names, maximum));
        if (!value && fallback == 0) return wrong(*names.begin(), "is missing");
        return value.value_or(fallback);
    }
    [[nodiscard]] Result<std::optional<double>> real(Names names) const
    {
        const Json* value = member(names);
        if (!value) return std::nullopt;
        const double number = value->is_number() ? value->get<double>() : 0;
        if (!value->is_number() || !std::isfinite(number) || std::abs(number) > 1e30) return wrong(*names.begin(), "is no sensible number");
        return number;
    }
    /// Empty when absent or null.
    [[nodiscard]] Result<std::optional<bool>> flag(std::string_view name) const
    {
        const Json* value = member({name});
        if (!value) return std::nullopt;
        if (!value->is_boolean()) return wrong(name, "is neither true nor false");
        return value->get<bool>();
    }
    /// A positive number, `fallback` when absent.
    [[nodiscard]] Result<double> positive(Names names, double fallback) const
    {
        WW_TRY(const auto value, real(names));
        if (value && *value <= 0) return wrong(*names.begin(), "is not positive");
        return value.value_or(fallback);
    }
    [[nodiscard]] ConfigReader inner(const Json& json) const { return {json, m_path}; }

private:
    const Json& m_json;
    std::filesystem::path m_path;
};

/// Fills an HfConfig step by step.
class ConfigImport {
public:
    ConfigImport(const ConfigReader& reader, HfConfig& config)
        : m_reader(reader), m_config(config), m_name(config.name)
    {
    }

    Result<void> run()
    {
        WW_TRY_VOID(sizes());
        WW_TRY_VOID(heads());
        if (m_name != "gpt2") WW_TRY_VOID(rope());
        WW_TRY_VOID(norms());
        WW_TRY_VOID(activation());
        if (m_config.architecture->isMixture) WW_TRY_VOID(experts());
        return extras();
    }

    /// The sizes that most models have, under the usual names.
    Result<void> runUnknown()
    {
        const auto copy = [&](Names names, std::string_view key) -> Result<std::uint32_t> {
            WW_TRY(const auto value, m_reader.count(names));
            if (value) put(key, *value);
            return value.value_or(0);
        };
        WW_TRY(m_config.layers, copy({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, "block_count"));
        WW_TRY(m_context, copy({"max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length"}, "context_length"));
        WW_TRY(m_config.width, copy({"hidden_size", "n_embd", "d_model"}, "embedding_length"));
        WW_TRY_VOID(copy({"intermediate_size", "n_inner", "ffn_hidden_size"}, "feed_forward_length"));
        WW_TRY(m_config.heads, copy({"num_attention_heads", "n_head", "n_heads"}, "attention.head_count"));
        WW_TRY(m_config.headsKv, copy({"num_key_value_heads"}, "attention.head_count_kv"));
        WW_TRY(m_config.experts, copy({"num_local_experts", "num_experts", "n_routed_experts"}, "expert_count"));
        WW_TRY_VOID(copy({"num_experts_per_tok"}, "expert_used_count"));
        return {};
    }

private:
    void put(std::string_view key, MetadataValue value) { m_config.keys.set(fmt::format("{}.{}", m_name, key), std::move(value)); }
    void putReal(std::string_view key, double value) { put(key, static_cast<float>(value)); }
    [[nodiscard]] bool isGemma() const { return m_name.starts_with("gemma"); }
    void notFollowed(std::string_view member, std::string_view value) { m_config.notFollowed.push_back(fmt::format("{} = {}", member, value)); }

    /// SiLU or GELU belongs to the architecture; a GGUF file cannot say otherwise.
    Result<void> activation()
    {
        const Json* value = m_reader.member({"hidden_activation", "hidden_act", "activation_function"});
        if (!value) return {};
        if (!value->is_string()) return m_reader.wrong("hidden_act", "is no name of an activation");
        const auto& given = value->get_ref<const std::string&>();
        const bool isGelu = isGemma() || m_name == "gpt2" || m_name == "starcoder2";
        if (isGelu ? given.starts_with("gelu") : given == "silu" || given == "swish") return {};
        return m_reader.unsupported(fmt::format("The model uses the activation \"{}\", but {} models in GGUF files always use {}.", given.substr(0, 40),
                                                m_name, isGelu ? "GELU" : "SiLU"));
    }

    Result<void> sizes()
    {
        WW_TRY(m_config.layers, m_reader.required({"num_hidden_layers", "n_layer"}, 0, kMaximumLayers));
        WW_TRY(m_context, m_reader.required({"max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length"},
                                            m_name == "gemma3" ? 131072 : isGemma() ? 8192 : 0));
        WW_TRY(m_config.width, m_reader.required({"hidden_size", "n_embd"}));
        WW_TRY(m_config.vocabularySize, m_reader.count({"vocab_size"}));
        WW_TRY(const std::uint32_t feedForward,
               m_reader.required({"intermediate_size", "n_inner"}, m_name == "gpt2" ? 4 * m_config.width : 0));
        put("block_count", m_config.layers);
        put("context_length", m_context);
        put("embedding_length", m_config.width);
        put("feed_forward_length", feedForward);
        return {};
    }

    Result<void> heads()
    {
        WW_TRY(m_config.heads, m_reader.required({"num_attention_heads", "n_head"}, m_name == "gemma3" ? 8 : 0));
        WW_TRY(m_config.headsKv, m_reader.required({"num_key_value_heads"}, m_name == "gemma3" ? 4 : m_config.heads));
        WW_TRY(const auto headSize, m_reader.count({"head_dim"}));
        if (m_config.heads % m_config.headsKv != 0) return m_reader.wrong("num_key_value_heads", "does not divide the number of heads");
        if (headSize) {
            m_config.headSize = *headSize;
        } else if (isGemma()) {
            m_config.headSize = 256;
        } else {
            if (m_config.width % m_config.heads != 0) return m_reader.wrong("num_attention_heads", "does not divide the width of the model");
            m_config.headSize = m_config.width / m_config.heads;
        }
        put("attention.head_count", m_config.heads);
        if (m_name != "gpt2") put("attention.head_count_kv", m_config.headsKv);
        if (headSize || isGemma()) {
            put("attention.key_length", m_config.headSize);
            put("attention.value_length", m_config.headSize);
        }
        return {};
    }

    Result<void> rope()
    {
        const bool isLong = m_name == "gemma3" || m_config.className == "MixtralForCausalLM";
        WW_TRY(double base, m_reader.positive({"rope_theta", "rotary_emb_base"}, isLong ? 1e6 : m_name == "smollm3" ? 2e6 : 10000));
        const Json* scaling = m_reader.member({"rope_scaling", "rope_parameters"});
        if (scaling && !scaling->is_object()) return m_reader.wrong("rope_scaling", "is no JSON object");
        if (scaling) {
            // One entry per kind of layer in newer exports.
            if (const Json* full = jsonMember(*scaling, "full_attention")) {
                if (const Json* local = jsonMember(*scaling, "sliding_attention"); local && m_name == "gemma3") {
                    WW_TRY(const double localBase, m_reader.inner(*local).positive({"rope_theta"}, 10000));
                    putReal("rope.freq_base_swa", localBase);
                }
                scaling = full;
            }
            WW_TRY(base, m_reader.inner(*scaling).positive({"rope_theta"}, base));
        }
        putReal("rope.freq_base", base);
        WW_TRY(const std::uint32_t rotated, rotatedValues(scaling));
        put("rope.dimension_count", rotated);
        return scaling ? ropeScaling(*scaling, base, rotated) : Result<void>{};
    }

    Result<std::uint32_t> rotatedValues(const Json* scaling)
    {
        WW_TRY(double part, m_reader.positive({"partial_rotary_factor", "rope_pct"}, m_name == "stablelm" ? 0.25 : 1.0));
        if (scaling) {
            WW_TRY(part, m_reader.inner(*scaling).positive({"partial_rotary_factor"}, part));
        }
        if (m_name != "stablelm" && m_name != "phi3") {
            if (part == 1) return m_config.headSize;
            return m_reader.unsupported(fmt::format("The model rotates only a part of each head, which {} models in GGUF files never do.", m_name));
        }
        const auto rotated = static_cast<std::uint32_t>(std::min(part, 1.0) * m_config.headSize);
        if (rotated == 0) return m_reader.wrong("partial_rotary_factor", "leaves nothing to rotate");
        return rotated;
    }

    Result<void> ropeScaling(const Json& scaling, double base, std::uint32_t rotated)
    {
        const ConfigReader reader = m_reader.inner(scaling);
        const Json* kind = reader.member({"rope_type", "type"});
        const std::string type = kind && kind->is_string() ? kind->get<std::string>() : "default";
        if (kind && !kind->is_string()) return m_reader.wrong("rope_type", "is no name of a way to scale");
        if (type == "dynamic") notFollowed("rope_scaling", type);
        if (type == "default" || type == "none" || type == "dynamic") return originalContext(reader);
        const bool isLongRope = type == "longrope" || type == "su";
        const bool known = isLongRope || type == "llama3" || type == "linear" || type == "yarn";
        // llama.cpp has places for tensors of frequency factors in these architectures only.
        const bool hasPlace = m_name == "llama" || m_name.starts_with("granite") || (isLongRope && m_name == "phi3");
        if (!known || ((isLongRope || type == "llama3") && !hasPlace))
            return m_reader.unsupported(
                fmt::format("The model scales RoPE by \"{}\", which is not known here for {} models.", type.substr(0, 40), m_name));
        if (type == "llama3") return llama3Factors(reader, base, rotated);
        if (isLongRope) return longRope(reader, rotated);
        if (!reader.member({"factor"})) return m_reader.wrong("factor", "of its rope_scaling is missing");
        WW_TRY(const double factor, reader.positive({"factor"}, 1));
        put("rope.scaling.type", type);
        putReal("rope.scaling.factor", factor);
        if (type == "yarn") {
            WW_TRY(const std::uint32_t original, reader.required({"original_max_position_embeddings"}, m_context));
            put("rope.scaling.original_context_length", original);
        }
        return {};
    }

    Result<void> originalContext(const ConfigReader& reader)
    {
        if (m_name != "phi3") return {};
        WW_TRY(const auto inside, reader.count({"original_max_position_embeddings"}));
        WW_TRY(const std::uint32_t original, m_reader.required({"original_max_position_embeddings"}, inside.value_or(m_context)));
        put("rope.scaling.original_context_length", original);
        return {};
    }

    Result<void> llama3Factors(const ConfigReader& reader, double base, std::uint32_t rotated)
    {
        WW_TRY(const double factor, reader.positive({"factor"}, 8));
        WW_TRY(const double low, reader.positive({"low_freq_factor"}, 1));
        WW_TRY(const double high, reader.positive({"high_freq_factor"}, 4));
        WW_TRY(const std::uint32_t context, reader.required({"original_max_position_embeddings"}, 8192));
        if (high <= low) return m_reader.wrong("high_freq_factor", "is not above low_freq_factor");
        std::vector<float> factors;
        for (std::uint32_t i = 0; i < rotated; i += 2) {
            const double wave = 2 * std::numbers::pi * std::pow(base, static_cast<double>(i) / rotated);
            const double smooth = (context / wave - low) / (high - low);
            const double value = wave < context / high ? 1 : wave > context / low ? factor : 1 / ((1 - smooth) / factor + smooth);
            factors.push_back(static_cast<float>(value));
        }
        m_config.tensors.emplace_back("rope_freqs.weight", std::move(factors));
        return {};
    }

    Result<void> longRope(const ConfigReader& reader, std::uint32_t rotated)
    {
        WW_TRY(const auto inside, reader.count({"original_max_position_embeddings"}));
        WW_TRY(const std::uint32_t original, m_reader.required({"original_max_position_embeddings"}, inside.value_or(m_context)));
        const double scale = static_cast<double>(m_context) / original;
        put("rope.scaling.original_context_length", original);
        if (m_name != "phi3") put("rope.scaling.type", std::string("longrope"));
        putReal("rope.scaling.attn_factor", scale <= 1 ? 1.0 : std::sqrt(1 + std::log(scale) / std::log(static_cast<double>(original))));
        for (const auto& [member, tensor] : {std::pair{"long_factor", "rope_factors_long.weight"},
                                             std::pair{"short_factor", "rope_factors_short.weight"}}) {
            const Json* list = reader.member({member});
            if (!list || !list->is_array() || list->size() != rotated / 2)
                return m_reader.wrong(member, fmt::format("is no list of {} numbers", rotated / 2));
            std::vector<float> factors;
            for (const Json& value : *list) {
                if (!value.is_number() || value.get<double>() <= 0) return m_reader.wrong(member, "holds something that is no positive number");
                factors.push_back(value.get<float>());
            }
            m_config.tensors.emplace_back(tensor, std::move(factors));
        }
        return {};
    }

    Result<void> norms()
    {
        if (m_config.architecture->layerNorm) {
            WW_TRY(const double epsilon, m_reader.positive({"layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"}, 1e-5));
            putReal("attention.layer_norm_epsilon", epsilon);
        } else {
            const bool isLarger = m_name == "phi3" || m_name == "olmo2" || m_config.className == "MixtralForCausalLM";
            WW_TRY(const double epsilon, m_reader.positive({"rms_norm_eps"}, isLarger ? 1e-5 : 1e-6));
            putReal("attention.layer_norm_rms_epsilon", epsilon);
        }
        return {};
    }

    Result<void> experts()
    {
        WW_TRY(m_config.experts, m_reader.required({"num_local_experts", "num_experts"}, 0, 4096));
        WW_TRY(const std::uint32_t used, m_reader.required({"num_experts_per_tok"}, 0, m_config.experts));
        put("expert_count", m_config.experts);
        put("expert_used_count", used);
        if (m_name == "qwen3moe" || m_name == "qwen2moe") {
            WW_TRY(const std::uint32_t width, m_reader.required({"moe_intermediate_size"}));
            put("expert_feed_forward_length", width);
        }
        WW_TRY_VOID(everyBlockHasExperts());
        WW_TRY(const auto normalized, m_reader.flag("norm_topk_prob"));
        if (normalized && *normalized != (m_name != "qwen2moe")) notFollowed("norm_topk_prob", *normalized ? "true" : "false");
        if (const Json* shared = m_reader.member({"shared_intermediate_size", "shared_expert_intermediate_size"}); shared && *shared != 0) {
            WW_TRY(const std::uint32_t width, m_reader.required({"shared_intermediate_size", "shared_expert_intermediate_size"}));
            put("expert_shared_feed_forward_length", width);
        }
        return {};
    }

    Result<void> everyBlockHasExperts()
    {
        if (!m_name.starts_with("qwen")) return {};
        WW_TRY(const auto step, m_reader.count({"decoder_sparse_step"}));
        const Json* plain = m_reader.member({"mlp_only_layers"});
        if (plain && !plain->is_array()) return m_reader.wrong("mlp_only_layers", "is no list");
        if (step.value_or(1) == 1 && (!plain || plain->empty())) return {};
        return m_reader.unsupported(fmt::format("Some blocks of this model have no experts ({}), but {} models in GGUF files have them in every block.",
                                                step.value_or(1) == 1 ? "mlp_only_layers" : "decoder_sparse_step", m_name));
    }

    /// A soft cap of the scores or the logits. null switches it off where the key has a default.
    Result<void> softcap(std::string_view member, bool hasDefault)
    {
        constexpr float kNoCap = 1e6F;  // tanh(x / 1e6) · 1e6 is x in single precision, and llama.cpp divides by the cap
        WW_TRY(const auto value, m_reader.real({member}));
        if (value && *value <= 0) return m_reader.wrong(member, "is not positive");
        if (value)
            putReal(member, *value);
        else if (hasDefault && m_reader.isNull(member))
            put(member, kNoCap);
        return {};
    }

    Result<void> windows()
    {
        WW_TRY(auto window, m_reader.count({"sliding_window"}));
        WW_TRY(const auto used, m_reader.flag("use_sliding_window"));
        const bool follows = m_name == "gemma2" || m_name == "gemma3" || m_name == "olmo2";
        if (m_name == "gemma3" && !window && !m_reader.isNull("sliding_window")) window = 4096;
        if (window && (follows || m_name == "phi3")) put("attention.sliding_window", *window);
        if (window && !follows && used.value_or(true) && *window < m_context) notFollowed("sliding_window", fmt::format("{}", *window));
        std::uint32_t period = m_name == "gemma2" ? 2 : m_name == "olmo2" ? 4 : 6;
        if (m_name == "gemma3") {
            WW_TRY(const auto pattern, m_reader.count({"sliding_window_pattern", "_sliding_window_pattern"}));
            if (pattern) put("attention.sliding_window_pattern", *pattern);
            period = pattern.value_or(period);
        }
        return follows && window ? layerTypes(period) : Result<void>{};
    }

    /// Newer exports say of every layer whether it is windowed; in GGUF files every `period`-th one is not.
    Result<void> layerTypes(std::uint32_t period)
    {
        const Json* types = m_reader.member({"layer_types"});
        if (!types) return {};
        if (!types->is_array() || types->size() != m_config.layers) return m_reader.wrong("layer_types", "does not name the kind of every layer");
        for (std::uint32_t i = 0; i < m_config.layers; ++i)
            if ((*types)[i] != (i % period == period - 1 ? "full_attention" : "sliding_attention"))
                return m_reader.unsupported(
                    fmt::format("Layer {} of this model attends in another way (\"layer_types\") than {} models in GGUF files can.", i, m_name));
        return {};
    }

    /// SmolLM 3 lists 1 for layers that rotate; in GGUF files every fourth one does not.
    Result<void> layersWithoutRope()
    {
        const Json* rotating = m_reader.member({"no_rope_layers"});
        WW_TRY(const auto interval, m_reader.count({"no_rope_layer_interval"}));
        if (!rotating && interval.value_or(4) != 4)
            return m_reader.unsupported(fmt::format("Every layer number {} of this model does not rotate; in GGUF files of smollm3 models it is every fourth.", *interval));
        if (!rotating) return {};
        if (!rotating->is_array() || rotating->size() != m_config.layers) return m_reader.wrong("no_rope_layers", "has not one entry for every layer");
        for (std::uint32_t i = 0; i < m_config.layers; ++i)
            if ((*rotating)[i] != ((i + 1) % 4 != 0 ? 1 : 0))
                return m_reader.unsupported(
                    fmt::format("\"no_rope_layers\" of the model's configuration differs at layer {} from what smollm3 models in GGUF files do.", i));
        return {};
    }

    /// Attention scores of Gemma are divided by the root of a number that GGUF files do not hold: it is the length of a head, and in
    /// the largest models the share of a head in the embedding.
    Result<void> queryScale(std::uint32_t layersOfLargest)
    {
        WW_TRY(const double scale, m_reader.positive({"query_pre_attn_scalar"}, 0));
        const std::uint32_t usual = m_config.layers == layersOfLargest ? m_config.width / m_config.heads : m_config.headSize;
        if (scale > 0 && scale != usual) notFollowed("query_pre_attn_scalar", fmt::format("{:g}", scale));
        return {};
    }

    Result<void> extras()
    {
        WW_TRY_VOID(windows());
        if (m_name == "gemma2" || m_name == "gemma3") WW_TRY_VOID(queryScale(m_name == "gemma2" ? 46 : 62));
        if (m_name == "gemma3") {
            if (m_reader.member({"rope_local_base_freq"})) {
                WW_TRY(const double base, m_reader.positive({"rope_local_base_freq"}, 10000));
                putReal("rope.freq_base_swa", base);
            }
            WW_TRY_VOID(softcap("final_logit_softcapping", false));
        }
        if (m_name == "gemma2") {
            WW_TRY_VOID(softcap("attn_logit_softcapping", true));
            WW_TRY_VOID(softcap("final_logit_softcapping", true));
        }
        if (m_name.starts_with("granite"))
            for (const auto& [member, key] : {std::pair{"attention_multiplier", "attention.scale"}, std::pair{"embedding_multiplier", "embedding_scale"},
                                              std::pair{"residual_multiplier", "residual_scale"}, std::pair{"logits_scaling", "logit_scale"}}) {
                WW_TRY(const double value, m_reader.positive({member}, 1));
                putReal(key, value);
            }
        if (m_name == "smollm3") WW_TRY_VOID(layersWithoutRope());
        if (m_name == "stablelm") {
            WW_TRY(const auto parallel, m_reader.flag("use_parallel_residual"));
            put("use_parallel_residual", parallel.value_or(false));
        }
        WW_TRY(const auto tied, m_reader.flag("tie_word_embeddings"));
        m_config.tiedEmbeddings = tied.value_or(m_config.architecture->dropsOutput);
        return {};
    }

    const ConfigReader& m_reader;
    HfConfig& m_config;
    std::string_view m_name;
    std::uint32_t m_context = 0;
};

/// The name that a GGUF file gives to an architecture that is not in the table: the model_type of the configuration.
std::string unknownName(const Json& json)
{
    std::string name;
    for (const char c : jsonText(json, "model_type").value_or("")) {
        const bool isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (isLetter && name.size() < 32) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    // Such a model may still differ from what this name means to llama.cpp.
    return name.empty() ? std::string("unknown") : name;
}

Result<void> findArchitecture(const Json& json, const ConfigReader& reader, HfConfig& config)
{
    const Json* classes = jsonMember(json, "architectures");
    if (!classes || !classes->is_array() || classes->empty() || !classes->front().is_string())
        return reader.wrong("architectures", "does not name a model");
    const auto& wanted = classes->front().get_ref<const std::string&>();
    const auto found = std::ranges::find(kArchitectures, wanted, &HfArchitecture::className);
    if (found != kArchitectures.end()) config.architecture = &*found;
    config.className = wanted;
    config.name = config.architecture ? std::string(found->name) : unknownName(json);
    return {};
}

}  // namespace

Result<HfConfig> readHfConfig(const std::filesystem::path& folder)
{
    const auto path = folder / "config.json";
    WW_TRY(const Json json, readJsonFile(path));
    const ConfigReader outer(json, path);
    if (!json.is_object()) return fail(ErrorCode::Corrupt, "The configuration of the model is no JSON object.", path);
    HfConfig config;
    WW_TRY(config.quantization, readHfQuantization(json, path));
    if (!config.quantization) {
        WW_TRY(config.quantization, readOldHfQuantization(folder));
    }
    WW_TRY_VOID(findArchitecture(json, outer, config));
    const Json* text = outer.member({"text_config"});
    const ConfigReader reader = text ? outer.inner(*text) : outer;
    for (const Json* part : {static_cast<const Json*>(&json), text})
        if (part && (jsonText(*part, "torch_dtype") == "bfloat16" || jsonText(*part, "dtype") == "bfloat16")) config.unpacked = SafetensorsType::BF16;
    ConfigImport import(reader, config);
    WW_TRY_VOID(config.architecture ? import.run() : import.runUnknown());
    return config;
}

}  // namespace ww
