// SPDX-License-Identifier: MIT
#include "model/model_tensors.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

#include <fmt/format.h>

namespace ww {
namespace {

class Binder {
public:
    Binder(const ModelFile& model, const Architecture& architecture) : m_model(model), m_architecture(architecture) {}

    Result<ModelTensors> bind()
    {
        ModelTensors tensors;
        WW_TRY_VOID(bindOutside(tensors));
        tensors.blocks.reserve(m_architecture.blocks.size());
        for (std::size_t i = 0; i < m_architecture.blocks.size(); ++i) {
            m_prefix = fmt::format("blk.{}.", i);
            WW_TRY(BlockTensors block, bindBlock(m_architecture.blocks[i]));
            tensors.blocks.push_back(std::move(block));
        }
        for (const TensorInfo& tensor : m_model.tensors())
            if (!m_used.contains(&tensor))
                return wrong(tensor.name,
                             fmt::format("Models of the architecture “{}” have no tensor of this name, so results without it "
                                         "would be wrong. Perplexity and text generation are not available for this file.",
                                         m_architecture.facts.architecture));
        return tensors;
    }

private:
    using Size = std::uint64_t;

    tl::unexpected<Error> wrong(const std::string& tensor, std::string message) const
    {
        return fail(Error{ErrorCode::Corrupt, std::move(message), m_model.path(), tensor, {}});
    }

    /// Null when the tensor is absent. `experts` is the third dimension.
    Result<const TensorInfo*> optional(const std::string& name, Size columns, Size rows, Size experts = 1)
    {
        const TensorInfo* tensor = m_model.find(name);
        if (!tensor) return nullptr;
        const auto& ne = tensor->shape.ne;
        if (ne[0] != columns || ne[1] != rows || ne[2] != experts || ne[3] != 1) {
            Shape expected;
            expected.ne = {columns, rows, experts, 1};
            expected.dims = experts != 1 ? 3 : rows != 1 ? 2 : 1;
            return wrong(name,
                         fmt::format("The tensor is {}, but by the metadata it must be {}. The file is damaged or was not written "
                                     "by a correct converter.",
                                     tensor->shape.text(), expected.text()));
        }
        m_used.insert(tensor);
        return tensor;
    }

    Result<const TensorInfo*> required(const std::string& name, Size columns, Size rows, Size experts = 1)
    {
        WW_TRY(const TensorInfo* tensor, optional(name, columns, rows, experts));
        if (!tensor)
            return wrong(
                name, "The model has no tensor of this name, which its architecture needs. The file is incomplete, or it is only a "
                      "part of a model.");
        return tensor;
    }

    Result<const TensorInfo*> bias(Presence presence, const std::string& name, Size size)
    {
        if (presence == Presence::Absent) return nullptr;
        return presence == Presence::Required ? required(name, size, 1) : optional(name, size, 1);
    }

    Result<NormTensors> norm(const std::string& stem, Size size, Presence presence)
    {
        NormTensors tensors;
        if (presence == Presence::Absent) return tensors;
        WW_TRY(tensors.weight,
               presence == Presence::Required ? required(stem + ".weight", size, 1) : optional(stem + ".weight", size, 1));
        if (tensors.weight && m_architecture.norm == NormKind::Layer) {
            WW_TRY(tensors.bias, required(stem + ".bias", size, 1));
        }
        return tensors;
    }

    /// Head norms have no bias in any architecture; `rows` is 1 or the number of heads.
    Result<NormTensors> headNorm(const std::string& stem, Size columns, Size rows, Presence presence)
    {
        NormTensors tensors;
        WW_TRY(tensors.weight, presence == Presence::Required ? required(stem + ".weight", columns, rows)
                                                              : optional(stem + ".weight", columns, rows));
        return tensors;
    }

    struct Row {
        const char* name;
        Size rows;
        Presence bias;
    };
    /// Stacks tensors "<prefix><name>.weight" {inputs, rows}.
    template <std::size_t N>
    Result<LinearTensors> linear(Size inputs, const std::array<Row, N>& rows)
    {
        LinearTensors map;
        map.inputs = static_cast<std::size_t>(inputs);
        for (const Row& row : rows) {
            LinearTensors::Part part{nullptr, nullptr, static_cast<std::size_t>(row.rows)};
            WW_TRY(part.weight, required(m_prefix + row.name + ".weight", inputs, row.rows));
            WW_TRY(part.bias, bias(row.bias, m_prefix + row.name + ".bias", row.rows));
            map.outputs += part.rows;
            map.parts.push_back(part);
        }
        return map;
    }

    Result<void> bindOutside(ModelTensors& tensors)
    {
        const Hyperparameters& facts = m_architecture.facts;
        const Size d = facts.embeddingLength;
        const Size vocabulary = facts.vocabularySize;
        WW_TRY(tensors.tokenEmbedding, required("token_embd.weight", d, vocabulary));
        if (m_architecture.positionRows) {
            WW_TRY(tensors.positionEmbedding, required("position_embd.weight", d, facts.contextLength));
        }
        WW_TRY(tensors.outputNorm, norm("output_norm", d, Presence::Required));
        const TensorInfo* output = nullptr;
        if (m_architecture.output == OutputMatrix::Required) {
            WW_TRY(output, required("output.weight", d, vocabulary));
        } else if (m_architecture.output == OutputMatrix::TiedIfAbsent) {
            WW_TRY(output, optional("output.weight", d, vocabulary));
        }
        WW_TRY(const TensorInfo* outputBias, bias(m_architecture.outputBias, "output.bias", vocabulary));
        const auto rows = static_cast<std::size_t>(vocabulary);
        tensors.output = {{{output ? output : tensors.tokenEmbedding, outputBias, rows}}, static_cast<std::size_t>(d), rows};
        return bindRopeFactors(tensors);
    }

    Result<void> bindRopeFactors(ModelTensors& tensors)
    {
        if (m_architecture.pairing == RopePairing::None) return {};
        const Size half = m_architecture.facts.ropeDimensions / 2;
        WW_TRY(tensors.ropeFactors, optional("rope_freqs.weight", half, 1));
        if (!m_architecture.ropeFactorsByLength) return {};
        WW_TRY(tensors.ropeFactorsShort, optional("rope_factors_short.weight", half, 1));
        WW_TRY(tensors.ropeFactorsLong, optional("rope_factors_long.weight", half, 1));
        return {};
    }

    Result<BlockTensors> bindBlock(const BlockShape& shape)
    {
        const Hyperparameters& facts = m_architecture.facts;
        const Size d = facts.embeddingLength;
        const Size queries = Size{shape.headCount} * facts.keyLength;
        const Size keys = Size{shape.headCountKv} * facts.keyLength;
        const Size values = Size{shape.headCountKv} * facts.valueLength;
        const Size mixed = Size{shape.headCount} * facts.valueLength;
        const Presence pre = m_architecture.preNorms ? Presence::Required : Presence::Absent;
        const Presence post = m_architecture.postNorms ? Presence::Required : Presence::Absent;
        BlockTensors block;
        WW_TRY(block.attnNorm, norm(m_prefix + "attn_norm", d, pre));
        WW_TRY(block.ffnNorm, norm(m_prefix + "ffn_norm", d, m_architecture.parallelWithoutFfnNorm ? Presence::Optional : pre));
        WW_TRY(block.postAttentionNorm, norm(m_prefix + "post_attention_norm", d, post));
        WW_TRY(block.postFfwNorm, norm(m_prefix + "post_ffw_norm", d, post));

        const Presence qkvBias = m_architecture.qkvBias;
        if (m_model.find(m_prefix + "attn_qkv.weight")) {
            WW_TRY(block.qkv, linear(d, std::array{Row{"attn_qkv", queries + keys + values, qkvBias}}));
        } else {
            WW_TRY(block.qkv, linear(d, std::array{Row{"attn_q", queries, qkvBias}, Row{"attn_k", keys, qkvBias},
                                                   Row{"attn_v", values, qkvBias}}));
        }
        WW_TRY(block.attnOutput, linear(mixed, std::array{Row{"attn_output", d, m_architecture.attnOutputBias}}));
        WW_TRY_VOID(bindHeadNorms(shape, block));
        if (m_architecture.experts.count != 0) {
            WW_TRY(block.experts, bindExperts());
        } else {
            WW_TRY_VOID(bindFfn(shape.feedForwardLength, block));
        }
        return block;
    }

    Result<void> bindHeadNorms(const BlockShape& shape, BlockTensors& block)
    {
        const Size length = m_architecture.facts.keyLength;
        const Size q = shape.headCount;
        const Size k = shape.headCountKv;
        switch (m_architecture.headNorm) {
        case HeadNorm::None: break;
        case HeadNorm::SharedByHeads: {
            WW_TRY(block.qNorm, headNorm(m_prefix + "attn_q_norm", length, 1, Presence::Required));
            WW_TRY(block.kNorm, headNorm(m_prefix + "attn_k_norm", length, 1, Presence::Required));
            break;
        }
        case HeadNorm::PerHead: {
            WW_TRY(block.qNorm, headNorm(m_prefix + "attn_q_norm", length, q, Presence::Optional));
            WW_TRY(block.kNorm, headNorm(m_prefix + "attn_k_norm", length, k, Presence::Optional));
            break;
        }
        case HeadNorm::WholeProjection: {
            WW_TRY(block.qNorm, headNorm(m_prefix + "attn_q_norm", length * q, 1, Presence::Required));
            WW_TRY(block.kNorm, headNorm(m_prefix + "attn_k_norm", length * k, 1, Presence::Required));
            break;
        }
        }
        return {};
    }

    Result<void> bindFfn(Size width, BlockTensors& block)
    {
        const Size d = m_architecture.facts.embeddingLength;
        const Presence ffnBias = m_architecture.ffnBias;
        switch (m_architecture.ffn) {
        case FfnKind::Gated: {
            WW_TRY(block.gateUp, linear(d, std::array{Row{"ffn_gate", width, ffnBias}, Row{"ffn_up", width, ffnBias}}));
            break;
        }
        case FfnKind::FusedGated: {
            WW_TRY(block.gateUp, linear(d, std::array{Row{"ffn_up", 2 * width, ffnBias}}));
            break;
        }
        case FfnKind::Plain: {
            WW_TRY(block.gateUp, linear(d, std::array{Row{"ffn_up", width, ffnBias}}));
            break;
        }
        }
        WW_TRY(block.down, linear(width, std::array{Row{"ffn_down", d, ffnBias}}));
        return {};
    }

    Result<ExpertTensors> bindExperts()
    {
        const Size d = m_architecture.facts.embeddingLength;
        const ExpertSettings& settings = m_architecture.experts;
        ExpertTensors experts;
        WW_TRY(experts.router, linear(d, std::array{Row{"ffn_gate_inp", settings.count, Presence::Absent}}));
        WW_TRY(experts.gate, required(m_prefix + "ffn_gate_exps.weight", d, settings.feedForwardLength, settings.count));
        WW_TRY(experts.up, required(m_prefix + "ffn_up_exps.weight", d, settings.feedForwardLength, settings.count));
        WW_TRY(experts.down, required(m_prefix + "ffn_down_exps.weight", settings.feedForwardLength, d, settings.count));
        if (const Size shared = settings.sharedFeedForwardLength; shared != 0) {
            WW_TRY(experts.sharedGateUp, linear(d, std::array{Row{"ffn_gate_shexp", shared, Presence::Absent},
                                                              Row{"ffn_up_shexp", shared, Presence::Absent}}));
            WW_TRY(experts.sharedDown, linear(shared, std::array{Row{"ffn_down_shexp", d, Presence::Absent}}));
            if (settings.gatesShared) {
                WW_TRY(experts.sharedRouter, linear(d, std::array{Row{"ffn_gate_inp_shexp", 1, Presence::Absent}}));
            }
        }
        return experts;
    }

    const ModelFile& m_model;
    const Architecture& m_architecture;
    std::string m_prefix;
    std::unordered_set<const TensorInfo*> m_used;
};

}  // namespace

bool LinearTensors::hasBias() const
{
    return std::ranges::any_of(parts, [](const Part& part) { return part.bias != nullptr; });
}

Result<ModelTensors> bindTensors(const ModelFile& model, const Architecture& architecture)
{
    return Binder(model, architecture).bind();
}

}  // namespace ww
