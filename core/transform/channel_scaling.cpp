// SPDX-License-Identifier: MIT
#include "transform/channel_scaling.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "transform/rewritten_model.h"

namespace ww {
namespace {

/// Those whose branches are a norm, linear maps of its output, and gates that only multiply; what a block has none of stays.
constexpr std::array<std::string_view, 13> kArchitectures = {"llama",  "qwen2",  "qwen2moe", "qwen3",      "qwen3moe", "phi3", "gemma",
                                                             "gemma2", "gemma3", "granite",  "granitemoe", "smollm3",  "olmo2"};
/// Rows that all experts of a block together have in memory, and an expert at least.
constexpr std::size_t kExpertRows = 512;
constexpr std::size_t kLeastExpertRows = 8;

/// Scales of the columns, or of those of one expert after the other.
TensorChange timesColumns(Scales scales)
{
    return [scales](std::vector<float>& values, const Shape& shape) {
        const std::size_t columns = shape.columns();
        const std::size_t matrix = columns * shape.ne[1];
        const bool each = scales->size() != columns;
        for (std::size_t i = 0; i < values.size(); ++i) values[i] *= (*scales)[(each ? i / matrix * columns : 0) + i % columns];
    };
}

/// The last rows, or values of a norm or bias, as many as there are scales, divided.
TensorChange dividedRows(Scales scales, bool isMatrix)
{
    return [scales, isMatrix](std::vector<float>& values, const Shape& shape) {
        const std::size_t columns = isMatrix ? shape.columns() : 1;
        const std::size_t first = values.size() - scales->size() * columns;
        for (std::size_t i = first; i < values.size(); ++i) values[i] /= (*scales)[(i - first) / columns];
    };
}

/// Of the output of a norm.
struct Reader {
    std::string_view name;
    bool quantized = true;  ///< routers stay as they are: they take the scales, and have no say in them
};

class Scaler {
public:
    Scaler(std::shared_ptr<const ModelFile> model, const Calibration& calibration, const ScalingOptions& options, const JobContext& context)
        : m_model(std::move(model)), m_calibration(calibration), m_options(options), m_context(context)
    {
    }

    Result<std::shared_ptr<const ModelFile>> run()
    {
        if (std::ranges::find(kArchitectures, m_model->architecture()) == kArchitectures.end())
            return fail(ErrorCode::Unsupported,
                        fmt::format("The channels of models of the architecture \"{}\" cannot be scaled.", m_model->architecture()));
        WW_TRY(m_target, parseScalingTarget(m_options.target));
        const std::uint64_t blocks = fact("block_count").value_or(0);
        m_context.begin("Scaling channels", blocks, ProgressUnit::Steps);
        for (std::uint64_t b = 0; b < blocks; ++b) {
            WW_TRY_VOID(fromNorm(b, "attn_norm", {{"attn_q"}, {"attn_k"}, {"attn_v"}, {"attn_qkv"}}));
            WW_TRY_VOID(fromValues(b));
            if (find(b, "ffn_gate_inp"))
                WW_TRY_VOID(withExperts(b));
            else
                WW_TRY_VOID(withoutExperts(b));
            m_context.advance(1);
        }
        return rewrite(m_model, std::move(m_rewriting));
    }

private:
    [[nodiscard]] std::optional<std::uint64_t> fact(std::string_view key) const
    {
        return m_model->metadata().unsignedInteger(fmt::format("{}.{}", m_model->architecture(), key));
    }
    [[nodiscard]] const TensorInfo* find(std::uint64_t block, std::string_view name, std::string_view kind = "weight") const
    {
        return m_model->find(fmt::format("blk.{}.{}.{}", block, name, kind));
    }

    Result<void> withoutExperts(std::uint64_t block)
    {
        WW_TRY_VOID(fromNorm(block, "ffn_norm", {{"ffn_gate"}, {"ffn_up"}}));
        return fromUp(block, "ffn_gate", "ffn_up", "ffn_down");
    }

    Result<void> withExperts(std::uint64_t block)
    {
        // Experts under other names would read the norm without the scales.
        if (!find(block, "ffn_gate_exps") || !find(block, "ffn_up_exps")) return {};
        WW_TRY_VOID(fromNorm(block, "ffn_norm",
                             {{"ffn_gate_inp", false},
                              {"ffn_gate_exps"},
                              {"ffn_up_exps"},
                              {"ffn_gate_inp_shexp", false},
                              {"ffn_gate_shexp"},
                              {"ffn_up_shexp"}}));
        WW_TRY_VOID(fromUpOfExperts(block));
        return fromUp(block, "ffn_gate_shexp", "ffn_up_shexp", "ffn_down_shexp");
    }

    /// Empty statistics when the text showed nothing.
    Result<ScaledInput> inputOf(std::uint64_t block, std::span<const Reader> readers) const
    {
        ScaledInput input;
        for (const Reader& reader : readers) {
            const TensorInfo* tensor = find(block, reader.name);
            if (!tensor) continue;
            if (!input.statistics) input.statistics = m_calibration.find(tensor->name);
            if (!input.statistics || input.statistics->count == 0) return ScaledInput{};
            WW_TRY_VOID(checkColumns(*input.statistics, *tensor));
            if (reader.quantized) WW_TRY_VOID(addMatrices(input, *tensor));
        }
        input.period = input.statistics ? input.statistics->columns : 0;
        return input;
    }

    static Result<void> checkColumns(const InputStatistics& statistics, const TensorInfo& tensor)
    {
        if (statistics.columns == tensor.shape.columns()) return {};
        return fail(Error{ErrorCode::InvalidArgument, "The calibration belongs to another model.", {}, tensor.name, {}});
    }

    Result<void> addMatrices(ScaledInput& input, const TensorInfo& tensor) const
    {
        const std::size_t experts = tensor.shape.ne[2];
        const std::size_t rows = tensor.shape.ne[1];
        const std::size_t kept = experts == 1 ? std::numeric_limits<std::size_t>::max() : std::max(kLeastExpertRows, kExpertRows / experts);
        for (std::size_t e = 0; e < experts; ++e) {
            if (m_context.stopRequested()) return cancelled();
            WW_TRY(std::vector<float> values, readTensorRows(*m_model, tensor, e * rows, rows));
            ScaledReader reader = scaledReader(std::move(values), tensor.shape.columns(), kept);
            if (const InputStatistics* seen = experts > 1 ? m_calibration.find(tensor.name, e) : nullptr)
                reader.share = static_cast<double>(seen->count) / static_cast<double>(input.statistics->count);
            input.readers.push_back(std::move(reader));
        }
        return {};
    }

    Result<void> fromNorm(std::uint64_t block, std::string_view norm, const std::vector<Reader>& readers)
    {
        const TensorInfo* producer = find(block, norm);
        if (!producer) return {};
        WW_TRY(const ScaledInput input, inputOf(block, readers));
        if (!input.statistics || producer->shape.elements() != input.period) return {};
        WW_TRY(const Scales scales, choose(input));
        if (!scales) return {};
        divide(block, norm, scales);
        for (const Reader& reader : readers)
            if (const TensorInfo* tensor = find(block, reader.name)) m_rewriting.add(tensor->name, timesColumns(scales));
        return {};
    }

    /// Without a gate, up may hold both: the gate first.
    Result<void> fromUp(std::uint64_t block, std::string_view gate, std::string_view up, std::string_view down)
    {
        const TensorInfo* producer = find(block, up);
        if (!producer) return {};
        const Reader reader{down};
        WW_TRY(const ScaledInput input, inputOf(block, {&reader, 1}));
        if (!input.statistics || producer->shape.rows() != input.period * (find(block, gate) ? 1 : 2)) return {};
        return moveRows(block, up, down, input);
    }

    Result<void> fromUpOfExperts(std::uint64_t block)
    {
        const TensorInfo& up = *find(block, "ffn_up_exps");
        const TensorInfo* down = find(block, "ffn_down_exps");
        if (!down || down->shape.ne[2] != up.shape.ne[2] || down->shape.columns() != up.shape.ne[1]) return {};
        const std::size_t columns = down->shape.columns();
        std::vector<float> all(columns * down->shape.ne[2], 1.0F);
        bool any = false;
        for (std::size_t e = 0; e < down->shape.ne[2]; ++e) {
            ScaledInput input;
            input.statistics = m_calibration.find(down->name, e);
            if (!input.statistics || input.statistics->count == 0) continue;
            WW_TRY_VOID(checkColumns(*input.statistics, *down));
            input.period = columns;
            WW_TRY(std::vector<float> values, readTensorRows(*m_model, *down, e * down->shape.ne[1], down->shape.ne[1]));
            input.readers.push_back(scaledReader(std::move(values), columns, down->shape.ne[1]));
            WW_TRY(const Scales scales, choose(input));
            if (!scales) continue;
            std::ranges::copy(*scales, all.begin() + static_cast<std::ptrdiff_t>(e * columns));
            any = true;
        }
        if (!any) return {};
        const auto scales = std::make_shared<const std::vector<float>>(std::move(all));
        divide(block, "ffn_up_exps", scales);
        m_rewriting.add(down->name, timesColumns(scales));
        return {};
    }

    /// The values are the last rows where q, k and v are fused.
    Result<void> fromValues(std::uint64_t block)
    {
        const bool fused = find(block, "attn_v") == nullptr;
        const std::string_view from = fused ? "attn_qkv" : "attn_v";
        const TensorInfo* producer = find(block, from);
        const std::uint64_t heads = fact("attention.head_count").value_or(0);
        const std::uint64_t valueHeads = fact("attention.head_count_kv").value_or(heads);
        if (!producer || heads == 0 || valueHeads == 0 || heads % valueHeads != 0) return {};
        const Reader reader{"attn_output"};
        WW_TRY(ScaledInput input, inputOf(block, {&reader, 1}));
        if (!input.statistics || input.statistics->columns % heads != 0) return {};
        input.headLength = input.statistics->columns / heads;
        input.repeats = heads / valueHeads;
        input.period = input.headLength * valueHeads;
        if (fused ? producer->shape.rows() <= input.period : producer->shape.rows() != input.period) return {};
        return moveRows(block, from, "attn_output", input);
    }

    Result<void> moveRows(std::uint64_t block, std::string_view from, std::string_view to, const ScaledInput& input)
    {
        WW_TRY(const Scales scales, choose(input));
        if (!scales) return {};
        divide(block, from, scales);
        m_rewriting.add(find(block, to)->name, timesColumns(std::make_shared<const std::vector<float>>(input.spread(*scales))));
        return {};
    }

    void divide(std::uint64_t block, std::string_view name, const Scales& scales)
    {
        const TensorInfo& producer = *find(block, name);
        m_rewriting.add(producer.name, dividedRows(scales, producer.shape.dims > 1));
        if (const TensorInfo* bias = find(block, name, "bias")) m_rewriting.add(bias->name, dividedRows(scales, false));
    }

    Result<Scales> choose(const ScaledInput& input) const { return chooseScales(input, m_options, m_target, m_context); }

    std::shared_ptr<const ModelFile> m_model;
    const Calibration& m_calibration;
    const ScalingOptions& m_options;
    const JobContext& m_context;
    ScalingTarget m_target;
    Rewriting m_rewriting;
};

}  // namespace

Result<std::shared_ptr<const ModelFile>> scaleChannels(std::shared_ptr<const ModelFile> model, const Calibration& calibration,
                                                       const ScalingOptions& options, const JobContext& context)
{
    return Scaler(std::move(model), calibration, options, context).run();
}

bool scalingReadsInputs(std::string_view tensor)
{
    constexpr std::array<std::string_view, 3> kUnread = {".ffn_gate_exps.", ".ffn_up_exps.", ".ffn_gate_inp_shexp."};
    return tensor.starts_with("blk.") && std::ranges::none_of(kUnread, [&](std::string_view part) { return tensor.find(part) != std::string_view::npos; });
}

}  // namespace ww
