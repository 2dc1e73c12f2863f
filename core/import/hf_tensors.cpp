// SPDX-License-Identifier: MIT
#include "import/hf_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "import/hf_rows.h"

namespace ww {
namespace {

struct NamePair {
    std::string_view hf;
    std::string_view gguf;
};

constexpr std::array kOutsideBlocks = {
    NamePair{"embed_tokens", "token_embd"}, NamePair{"wte", "token_embd"},   NamePair{"wpe", "position_embd"},
    NamePair{"norm", "output_norm"},        NamePair{"ln_f", "output_norm"}, NamePair{"lm_head", "output"},
};

/// "#" stands for a number: the slices of one tensor. post_attention_layernorm depends on the architecture.
constexpr std::array kInBlocks = {
    NamePair{"input_layernorm", "attn_norm"},
    NamePair{"ln_1", "attn_norm"},
    NamePair{"self_attn.q_proj", "attn_q"},
    NamePair{"self_attn.k_proj", "attn_k"},
    NamePair{"self_attn.v_proj", "attn_v"},
    NamePair{"self_attn.qkv_proj", "attn_qkv"},
    NamePair{"attn.c_attn", "attn_qkv"},
    NamePair{"self_attn.o_proj", "attn_output"},
    NamePair{"attn.c_proj", "attn_output"},
    NamePair{"self_attn.q_norm", "attn_q_norm"},
    NamePair{"self_attn.k_norm", "attn_k_norm"},
    NamePair{"self_attn.q_layernorm.norms.#", "attn_q_norm"},
    NamePair{"self_attn.k_layernorm.norms.#", "attn_k_norm"},
    NamePair{"ln_2", "ffn_norm"},
    NamePair{"pre_feedforward_layernorm", "ffn_norm"},
    NamePair{"post_feedforward_layernorm", "post_ffw_norm"},
    NamePair{"mlp.gate_proj", "ffn_gate"},
    NamePair{"mlp.up_proj", "ffn_up"},
    NamePair{"mlp.down_proj", "ffn_down"},
    NamePair{"mlp.gate_up_proj", "ffn_up"},
    NamePair{"mlp.c_fc", "ffn_up"},
    NamePair{"mlp.c_proj", "ffn_down"},
    NamePair{"mlp.gate", "ffn_gate_inp"},
    NamePair{"block_sparse_moe.gate", "ffn_gate_inp"},
    NamePair{"block_sparse_moe.router.layer", "ffn_gate_inp"},
    NamePair{"mlp.experts.#.gate_proj", "ffn_gate_exps"},
    NamePair{"mlp.experts.#.up_proj", "ffn_up_exps"},
    NamePair{"mlp.experts.#.down_proj", "ffn_down_exps"},
    NamePair{"block_sparse_moe.experts.#.w1", "ffn_gate_exps"},
    NamePair{"block_sparse_moe.experts.#.w3", "ffn_up_exps"},
    NamePair{"block_sparse_moe.experts.#.w2", "ffn_down_exps"},
    NamePair{"block_sparse_moe.output_linear", "ffn_down_exps"},
    NamePair{"shared_mlp.output_linear", "ffn_down_shexp"},
    NamePair{"mlp.shared_expert.gate_proj", "ffn_gate_shexp"},
    NamePair{"mlp.shared_expert.up_proj", "ffn_up_shexp"},
    NamePair{"mlp.shared_expert.down_proj", "ffn_down_shexp"},
    NamePair{"mlp.shared_expert_gate", "ffn_gate_inp_shexp"},
};

/// One tensor of two: the first half of the rows is the gate, the second goes up.
struct SplitName {
    std::string_view hf, gate, up;
};
constexpr std::array kSplit = {
    SplitName{"block_sparse_moe.input_linear", "ffn_gate_exps", "ffn_up_exps"},
    SplitName{"shared_mlp.input_linear", "ffn_gate_shexp", "ffn_up_shexp"},
};

constexpr std::array<std::string_view, 4> kTransposed = {"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"};

/// What a tensor of the GGUF file is made from.
struct Draft {
    std::map<std::uint32_t, HfSlice> slices;
    std::uint64_t columns = 0;
    bool isMatrix = false;
    bool transposed = false;
};

bool consume(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// A number at the beginning, up to the next point or the end.
std::optional<std::uint32_t> consumeNumber(std::string_view& text)
{
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// "mlp.experts.12.up_proj" becomes "mlp.experts.#.up_proj" and 12.
std::pair<std::string, std::uint32_t> withoutNumber(std::string_view stem)
{
    for (std::size_t at = stem.find('.'); at != std::string_view::npos; at = stem.find('.', at + 1)) {
        std::string_view rest = stem.substr(at + 1);
        const auto number = consumeNumber(rest);
        if (number && (rest.empty() || rest.front() == '.')) return {fmt::format("{}.#{}", stem.substr(0, at), rest), *number};
    }
    return {std::string(stem), 0};
}

std::string_view withoutPrefixes(std::string_view name)
{
    while (consume(name, "model.") || consume(name, "language_model.") || consume(name, "transformer.")) {
    }
    return name;
}

bool isLeftOut(std::string_view name)
{
    return name.ends_with("rotary_emb.inv_freq") || name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
           name.starts_with("vision_tower.") || name.starts_with("multi_modal_projector.");
}

std::optional<TensorType> storedType(SafetensorsType type)
{
    switch (type) {
        case SafetensorsType::F64:
        case SafetensorsType::F32: return TensorType::F32;
        case SafetensorsType::F16: return TensorType::F16;
        case SafetensorsType::BF16: return TensorType::BF16;
        default: return std::nullopt;
    }
}

bool staysFloat(std::string_view name)
{
    return !name.ends_with(".weight") || name.ends_with("_norm.weight") || name.ends_with("ffn_gate_inp.weight") ||
           name == "position_embd.weight";
}

TensorInfo info(std::string name, TensorType type, const Shape& shape)
{
    return {std::move(name), type, shape, 0, rowBytes(type, shape.columns()).value_or(0) * shape.rows(), 0};
}

std::shared_ptr<const HfDecoder> decoderOf(const HfWeights& weights, std::string_view name)
{
    const auto found = weights.decoders.find(name);
    return found == weights.decoders.end() ? nullptr : found->second;
}

class TensorMapping {
public:
    TensorMapping(const HfWeights& weights, const HfConfig& config, const std::filesystem::path& folder)
        : m_weights(weights), m_config(config), m_folder(folder)
    {
    }

    Result<HfTensors> run()
    {
        for (const SafetensorsTensor& tensor : m_weights.model->tensors) WW_TRY_VOID(add(tensor));
        if (m_layers.size() != m_config.layers) {
            std::uint32_t missing = 0;
            while (m_layers.contains(missing)) ++missing;
            return fail(ErrorCode::Corrupt,
                        fmt::format("The configuration promises {} layers, but the tensors of layer {} are not in this folder.",
                                    m_config.layers, missing),
                        m_folder);
        }
        const auto embedding = m_drafts.find("token_embd.weight");
        if (embedding == m_drafts.end() || embedding->second.columns != m_config.width)
            return fail(ErrorCode::Corrupt,
                        fmt::format("The embedding is missing, or its rows do not have the {} values that the configuration promises.",
                                    m_config.width),
                        m_folder);
        const std::uint64_t rows = embedding->second.slices.begin()->second.rows;
        if (m_config.vocabularySize && *m_config.vocabularySize != rows)
            return fail(ErrorCode::Corrupt,
                        fmt::format("\"vocab_size\" of the model's configuration is {}, but its embedding has {} rows; the files do not belong "
                                    "together.",
                                    *m_config.vocabularySize, rows),
                        m_folder);
        if (m_config.architecture->needsOutput && !m_drafts.contains("output.weight")) {
            m_drafts["output.weight"] = embedding->second;
            m_order.emplace_back("output.weight");
        }
        HfTensors result;
        result.vocabularyRows = rows;
        for (const std::string& name : m_order) WW_TRY_VOID(finish(name, m_drafts.at(name), result));
        for (const auto& [name, values] : m_config.tensors) {
            result.tensors.push_back(info(name, TensorType::F32, {{values.size(), 1, 1, 1}, 1}));
            result.sources.push_back(constantRow(values));
        }
        return result;
    }

private:
    [[nodiscard]] tl::unexpected<Error> wrong(ErrorCode code, std::string message, std::string_view tensor) const
    {
        return fail(Error{code, std::move(message), m_folder, std::string(tensor), {}});
    }
    [[nodiscard]] tl::unexpected<Error> unknown(const SafetensorsTensor& tensor) const
    {
        return wrong(ErrorCode::Unsupported,
                     fmt::format("A model of the kind {} has no place for this tensor.", m_config.architecture->className), tensor.name);
    }

    Result<void> add(const SafetensorsTensor& tensor)
    {
        std::string_view rest = withoutPrefixes(tensor.name);
        if (isLeftOut(rest)) return {};
        const std::size_t point = rest.rfind('.');
        if (point == std::string_view::npos || (rest.substr(point) != ".weight" && rest.substr(point) != ".bias")) return unknown(tensor);
        const std::string_view suffix = rest.substr(point);
        std::string_view stem = rest.substr(0, point);
        if (consume(stem, "layers.") || consume(stem, "h.")) return addToBlock(tensor, stem, suffix);
        const auto found = std::ranges::find(kOutsideBlocks, stem, &NamePair::hf);
        if (found == kOutsideBlocks.end()) return unknown(tensor);
        if (found->gguf == "output" && (m_config.architecture->dropsOutput || m_config.tiedEmbeddings)) return {};
        return put(tensor, fmt::format("{}{}", found->gguf, suffix), 0);
    }

    Result<void> addToBlock(const SafetensorsTensor& tensor, std::string_view stem, std::string_view suffix)
    {
        const auto layer = consumeNumber(stem);
        if (!layer || !consume(stem, ".")) return unknown(tensor);
        if (*layer >= m_config.layers)
            return wrong(ErrorCode::Corrupt,
                         fmt::format("The configuration promises {} layers; this tensor belongs to a further one.", m_config.layers),
                         tensor.name);
        m_layers.insert(*layer);
        for (const SplitName& split : kSplit)
            if (stem == split.hf) return putHalves(tensor, *layer, split, suffix);
        if (stem == "post_attention_layernorm")
            return put(tensor, fmt::format("blk.{}.{}{}", *layer, m_config.architecture->postNorms ? "post_attention_norm" : "ffn_norm", suffix), 0);
        const auto [pattern, number] = withoutNumber(stem);
        const auto found = std::ranges::find(kInBlocks, std::string_view(pattern), &NamePair::hf);
        if (found == kInBlocks.end()) return unknown(tensor);
        if (found->gguf.ends_with("_exps") && number >= std::max(m_config.experts, 1U))
            return wrong(ErrorCode::Corrupt, fmt::format("The configuration promises {} experts.", m_config.experts), tensor.name);
        const bool isConv = std::ranges::find(kTransposed, stem) != kTransposed.end();
        return put(tensor, fmt::format("blk.{}.{}{}", *layer, found->gguf, suffix), number,
                   isConv && suffix == ".weight" && m_config.architecture->transposes && !decoderOf(m_weights, tensor.name));
    }

    Result<Draft*> draft(const SafetensorsTensor& tensor, const std::string& name, std::uint64_t columns)
    {
        auto [it, isNew] = m_drafts.try_emplace(name);
        Draft& entry = it->second;
        if (isNew) {
            m_order.push_back(name);
            entry.columns = columns;
        } else if (entry.columns != columns || entry.slices.begin()->second.tensor->type != tensor.type) {
            return wrong(ErrorCode::Corrupt, "This tensor has another shape or type than those it belongs together with.", tensor.name);
        }
        return &entry;
    }

    Result<void> addSlice(Draft& entry, std::uint32_t number, HfSlice slice)
    {
        slice.decoder = decoderOf(m_weights, slice.tensor->name);
        if (!entry.slices.empty() && entry.slices.begin()->second.rows != slice.rows)
            return wrong(ErrorCode::Corrupt, "This tensor has another number of rows than those it belongs together with.", slice.tensor->name);
        if (!entry.slices.emplace(number, slice).second)
            return wrong(ErrorCode::Corrupt, "Two tensors of the folder are the same part of the model.", slice.tensor->name);
        return {};
    }

    Result<void> put(const SafetensorsTensor& tensor, const std::string& name, std::uint32_t number, bool transposed = false)
    {
        const auto& shape = tensor.shape;
        if (shape.empty() || shape.size() > 3 || std::ranges::find(shape, 0U) != shape.end() || (transposed && shape.size() != 2))
            return wrong(ErrorCode::Corrupt, "This tensor does not have the number of dimensions that belongs to it.", tensor.name);
        const std::uint64_t columns = transposed ? shape.front() : shape.back();
        WW_TRY(Draft* entry, draft(tensor, name, columns));
        entry->isMatrix = entry->isMatrix || shape.size() > 1;
        entry->transposed = transposed;
        if (shape.size() < 3) return addSlice(*entry, number, {&tensor, 0, transposed ? shape[1] : shape.size() == 2 ? shape[0] : 1, {}});
        const std::uint64_t bytes = tensor.sizeBytes / shape[0];
        if (shape[0] > std::max(m_config.experts, 1U)) return wrong(ErrorCode::Corrupt, "This tensor has too many experts.", tensor.name);
        for (std::uint32_t e = 0; e < shape[0]; ++e) WW_TRY_VOID(addSlice(*entry, e, {&tensor, e * bytes, shape[1], {}}));
        return {};
    }

    Result<void> putHalves(const SafetensorsTensor& tensor, std::uint32_t layer, const SplitName& split, std::string_view suffix)
    {
        const auto& shape = tensor.shape;
        if (shape.size() < 2 || shape.size() > 3 || shape[shape.size() - 2] % 2 != 0 || std::ranges::find(shape, 0U) != shape.end())
            return wrong(ErrorCode::Corrupt, "This tensor cannot be divided into gate and up.", tensor.name);
        const std::uint64_t count = shape.size() == 3 ? shape[0] : 1;
        if (count > std::max(m_config.experts, 1U)) return wrong(ErrorCode::Corrupt, "This tensor has too many experts.", tensor.name);
        const std::uint64_t half = tensor.sizeBytes / count / 2;
        for (std::uint32_t part = 0; part < 2; ++part) {
            const std::string name = fmt::format("blk.{}.{}{}", layer, part == 0 ? split.gate : split.up, suffix);
            WW_TRY(Draft* entry, draft(tensor, name, shape.back()));
            entry->isMatrix = true;
            for (std::uint32_t e = 0; e < count; ++e)
                WW_TRY_VOID(addSlice(*entry, e, {&tensor, (2 * e + part) * half, shape[shape.size() - 2] / 2, {}}));
        }
        return {};
    }

    Result<void> finish(const std::string& name, const Draft& entry, HfTensors& result) const
    {
        const bool isExperts = name.find("_exps.") != std::string::npos;
        const HfSlice& first = entry.slices.begin()->second;
        const std::string& sourceName = first.tensor->name;
        const auto count = static_cast<std::uint32_t>(entry.slices.size());
        if (entry.slices.rbegin()->first + 1 != count || (isExperts && count != m_config.experts))
            return wrong(ErrorCode::Corrupt, fmt::format("Some of the parts of {} are missing in this folder.", name), sourceName);
        const auto type = storedType(first.tensor->type);
        if (!type)
            return wrong(ErrorCode::Unsupported,
                         fmt::format("Values of the type {} cannot be read as weights.", ww::name(first.tensor->type)), sourceName);
        HfRecipe recipe;
        recipe.model = m_weights.model;
        recipe.shape.ne[0] = entry.columns;
        if (isExperts) {
            recipe.shape = {{entry.columns, first.rows, count, 1}, 3};
        } else if ((entry.isMatrix && !name.ends_with(".ffn_gate_inp_shexp.weight")) || count > 1) {
            recipe.shape = {{entry.columns, first.rows * count, 1, 1}, 2};
        }
        recipe.type = recipe.shape.dims == 1 || staysFloat(name) ? TensorType::F32 : *type;
        for (const auto& [number, slice] : entry.slices) recipe.slices.push_back(slice);
        recipe.transposed = entry.transposed;
        if (m_config.architecture->addsOneToNorms && name.ends_with("norm.weight")) recipe.added = 1;
        WW_TRY(recipe.headRows, headRows(name, sourceName, recipe.shape));
        result.tensors.push_back(info(name, recipe.type, recipe.shape));
        result.sources.push_back(hfRows(std::move(recipe)));
        return {};
    }

    Result<std::uint64_t> headRows(std::string_view name, std::string_view sourceName, const Shape& shape) const
    {
        if (!m_config.architecture->interleavesRotary) return 0;
        const bool isQuery = name.find(".attn_q.") != std::string_view::npos;
        if (!isQuery && name.find(".attn_k.") == std::string_view::npos) return 0;
        const std::uint64_t rows = shape.dims == 1 ? shape.columns() : shape.rows();
        const std::uint64_t heads = isQuery ? m_config.heads : m_config.headsKv;
        if (rows != heads * m_config.headSize || m_config.headSize % 2 != 0)
            return wrong(ErrorCode::Corrupt,
                         fmt::format("This tensor has {} rows, which do not fit {} heads of {}.", rows, heads, m_config.headSize), sourceName);
        return m_config.headSize;
    }

    const HfWeights& m_weights;
    const HfConfig& m_config;
    const std::filesystem::path& m_folder;
    std::map<std::string, Draft, std::less<>> m_drafts;
    std::vector<std::string> m_order;
    std::set<std::uint32_t> m_layers;
};

/// Tensors of an architecture that is not known.
class TensorKeeping {
public:
    TensorKeeping(const HfWeights& weights, const std::filesystem::path& folder) : m_weights(weights), m_folder(folder) {}

    Result<HfTensors> run()
    {
        HfTensors result;
        for (const SafetensorsTensor& tensor : m_weights.model->tensors) {
            const auto type = storedType(tensor.type);
            if (!type || isLeftOut(withoutPrefixes(tensor.name))) continue;
            if (std::ranges::find(tensor.shape, 0U) != tensor.shape.end())
                return fail(Error{ErrorCode::Corrupt, "This tensor has no elements.", m_folder, tensor.name, {}});
            HfRecipe recipe;
            recipe.model = m_weights.model;
            recipe.shape = shapeOf(tensor);
            const std::string name = freeName(tensor.name);
            recipe.type = recipe.shape.dims == 1 || staysFloat(name) ? TensorType::F32 : *type;
            recipe.slices = {{&tensor, 0, recipe.shape.rows(), decoderOf(m_weights, tensor.name)}};
            if (name == "token_embd.weight") result.vocabularyRows = recipe.shape.rows();
            result.tensors.push_back(info(name, recipe.type, recipe.shape));
            result.sources.push_back(hfRows(std::move(recipe)));
        }
        if (result.tensors.empty()) return fail(ErrorCode::Corrupt, "The files of this folder hold no weights.", m_folder);
        return result;
    }

private:
    /// Innermost dimension first; what goes beyond four is multiplied together.
    static Shape shapeOf(const SafetensorsTensor& tensor)
    {
        Shape shape{{1, 1, 1, 1}, 1};
        std::size_t dims = 0;
        for (auto it = tensor.shape.rbegin(); it != tensor.shape.rend(); ++it, ++dims) shape.ne[std::min<std::size_t>(dims, 3)] *= *it;
        shape.dims = static_cast<std::uint32_t>(std::clamp<std::size_t>(dims, 1, 4));
        return shape;
    }

    static std::string usualName(std::string_view name)
    {
        std::string_view rest = withoutPrefixes(name);
        const std::size_t point = rest.rfind('.');
        if (point == std::string_view::npos) return std::string(rest);
        const std::string_view suffix = rest.substr(point);
        const std::string_view stem = rest.substr(0, point);
        if (const auto found = std::ranges::find(kOutsideBlocks, stem, &NamePair::hf); found != kOutsideBlocks.end())
            return fmt::format("{}{}", found->gguf, suffix);
        std::string_view inBlock = rest;
        if (!consume(inBlock, "layers.") && !consume(inBlock, "h.") && !consume(inBlock, "blocks.")) return std::string(rest);
        const auto layer = consumeNumber(inBlock);
        if (!layer || !consume(inBlock, ".")) return std::string(rest);
        const auto found = inBlock.size() < suffix.size()
                               ? kInBlocks.end()
                               : std::ranges::find(kInBlocks, inBlock.substr(0, inBlock.size() - suffix.size()), &NamePair::hf);
        if (found == kInBlocks.end()) return fmt::format("blk.{}.{}", *layer, inBlock);
        return fmt::format("blk.{}.{}{}", *layer, found->gguf, suffix);
    }

    /// A name that nothing else has, with at most 63 bytes.
    std::string freeName(const std::string& original)
    {
        constexpr std::size_t kMaximum = 63;
        std::string name = usualName(original);
        if (m_names.contains(name)) name = original;
        for (std::uint32_t number = 0; name.size() > kMaximum || m_names.contains(name); ++number) {
            const std::string ending = original.size() > 40 ? original.substr(original.size() - 40) : original;
            name = fmt::format("tensor.{}.{}", m_names.size() + number, ending);
        }
        m_names.insert(name);
        return name;
    }

    const HfWeights& m_weights;
    const std::filesystem::path& m_folder;
    std::set<std::string, std::less<>> m_names;
};

}  // namespace

Result<HfTensors> mapHfTensors(const HfWeights& weights, const HfConfig& config, const std::filesystem::path& folder)
{
    return TensorMapping(weights, config, folder).run();
}

Result<HfTensors> keepHfTensors(const HfWeights& weights, const std::filesystem::path& folder)
{
    return TensorKeeping(weights, folder).run();
}

}  // namespace ww
