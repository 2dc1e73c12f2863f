// SPDX-License-Identifier: MIT
#include "transform/channel_scaling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "base/blas.h"
#include "base/parallel.h"
#include "formats/block_format.h"
#include "methods/reference.h"
#include "transform/rewritten_model.h"

namespace ww {
namespace {

/// Those whose branches are a norm, linear maps of its output, and gates that only multiply; what a block has none of stays.
constexpr std::array<std::string_view, 13> kArchitectures = {"llama",  "qwen2",  "qwen2moe", "qwen3",      "qwen3moe", "phi3", "gemma",
                                                             "gemma2", "gemma3", "granite",  "granitemoe", "smollm3",  "olmo2"};
constexpr std::size_t kCandidates = 20;
constexpr std::size_t kSampledRows = 128;
/// Shares that the search of SmoothQuant tries besides leaving an input alone.
constexpr double kFirstShare = 0.30;
constexpr double kShareStep = 0.05;
constexpr std::size_t kShares = 14;

using Scales = std::shared_ptr<const std::vector<float>>;

TensorChange timesColumns(Scales scales)
{
    return [scales](std::vector<float>& values, const Shape& shape) {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] *= (*scales)[i % shape.columns()];
    };
}

/// Rows (or the values of a vector) divided.
TensorChange dividedRows(Scales scales)
{
    return [scales](std::vector<float>& values, const Shape& shape) {
        const std::size_t columns = shape.dims < 2 ? 1 : shape.columns();
        for (std::size_t i = 0; i < values.size(); ++i) values[i] /= (*scales)[i / columns];
    };
}

/// One input of a block: who reads it.
struct Input {
    const InputStatistics* statistics = nullptr;
    std::vector<std::vector<float>> weights;  ///< of the readers, columns as the input
    std::size_t period = 0;                   ///< scales repeat: channel c has that of sharedOf(c)
    std::size_t headLength = 0;               ///< of v → output: channels of a head
    std::size_t repeats = 1;                  ///< query heads per value head

    [[nodiscard]] std::size_t sharedOf(std::size_t channel) const
    {
        if (headLength == 0) return channel;
        return channel / headLength / repeats * headLength + channel % headLength;
    }
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
        const std::uint64_t blocks = fact("block_count").value_or(0);
        m_context.begin("Scaling channels", blocks, ProgressUnit::Steps);
        for (std::uint64_t b = 0; b < blocks; ++b) {
            WW_TRY_VOID(fromNorm(b, "attn_norm", {"attn_q", "attn_k", "attn_v", "attn_qkv"}));
            WW_TRY_VOID(fromValues(b));
            if (!find(b, "ffn_gate_inp")) {
                WW_TRY_VOID(fromNorm(b, "ffn_norm", {"ffn_gate", "ffn_up"}));
                if (find(b, "ffn_gate")) WW_TRY_VOID(fromUp(b));
            }
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

    /// Statistics and weights of the readers; empty statistics when the text showed nothing.
    Result<Input> inputOf(std::uint64_t block, std::span<const std::string_view> readers) const
    {
        Input input;
        for (const std::string_view name : readers) {
            const TensorInfo* tensor = find(block, name);
            if (!tensor) continue;
            if (!input.statistics) input.statistics = m_calibration.find(tensor->name);
            if (!input.statistics || input.statistics->count == 0) return Input{};
            if (input.statistics->columns != tensor->shape.columns())
                return fail(Error{ErrorCode::InvalidArgument, "The calibration belongs to another model.", {}, tensor->name, {}});
            WW_TRY(std::vector<float> values, readTensor(*m_model, *tensor));
            input.weights.push_back(std::move(values));
        }
        input.period = input.statistics ? input.statistics->columns : 0;
        return input;
    }

    Result<void> fromNorm(std::uint64_t block, std::string_view norm, std::vector<std::string_view> readers)
    {
        const TensorInfo* producer = find(block, norm);
        WW_TRY(const Input input, inputOf(block, readers));
        if (!producer || !input.statistics || producer->shape.elements() != input.period) return {};
        WW_TRY(const Scales scales, choose(input));
        if (!scales) return {};
        m_rewriting.add(producer->name, dividedRows(scales));
        if (const TensorInfo* bias = find(block, norm, "bias")) m_rewriting.add(bias->name, dividedRows(scales));
        for (const std::string_view name : readers)
            if (const TensorInfo* tensor = find(block, name)) m_rewriting.add(tensor->name, timesColumns(scales));
        return {};
    }

    Result<void> fromUp(std::uint64_t block)
    {
        const std::array<std::string_view, 1> readers = {"ffn_down"};
        const TensorInfo* producer = find(block, "ffn_up");
        WW_TRY(const Input input, inputOf(block, readers));
        if (!producer || !input.statistics || producer->shape.rows() != input.period) return {};
        return moveRows(block, "ffn_up", "ffn_down", input);
    }

    Result<void> fromValues(std::uint64_t block)
    {
        const std::array<std::string_view, 1> readers = {"attn_output"};
        const TensorInfo* producer = find(block, "attn_v");
        const std::uint64_t heads = fact("attention.head_count").value_or(0);
        const std::uint64_t valueHeads = fact("attention.head_count_kv").value_or(heads);
        if (!producer || valueHeads == 0 || heads % valueHeads != 0 || producer->shape.rows() % valueHeads != 0) return {};
        WW_TRY(Input input, inputOf(block, readers));
        if (!input.statistics) return {};
        input.headLength = producer->shape.rows() / valueHeads;
        input.repeats = heads / valueHeads;
        if (input.headLength * heads != input.statistics->columns) return {};
        input.period = producer->shape.rows();
        return moveRows(block, "attn_v", "attn_output", input);
    }

    Result<void> moveRows(std::uint64_t block, std::string_view from, std::string_view to, const Input& input)
    {
        WW_TRY(const Scales scales, choose(input));
        if (!scales) return {};
        m_rewriting.add(find(block, from)->name, dividedRows(scales));
        if (const TensorInfo* bias = find(block, from, "bias")) m_rewriting.add(bias->name, dividedRows(scales));
        m_rewriting.add(find(block, to)->name, timesColumns(std::make_shared<const std::vector<float>>(spread(input, *scales))));
        return {};
    }

    /// Scales of all columns of the readers.
    static std::vector<float> spread(const Input& input, const std::vector<float>& scales)
    {
        std::vector<float> all(input.statistics->columns);
        for (std::size_t c = 0; c < all.size(); ++c) all[c] = scales[input.sharedOf(c)];
        return all;
    }

    /// Null when nothing is to change.
    Result<Scales> choose(const Input& input) const
    {
        if (m_options.rule == ScalingOptions::Rule::Smooth) return m_options.searchAlpha ? searched(input) : share(input, m_options.alpha);
        if (input.statistics->gram.empty())
            return fail(Error{ErrorCode::InvalidArgument, "AWQ needs a calibration with Gram matrices.", {}, input.statistics->tensors.front(), {}});
        if (m_options.awqAlpha)
            return *m_options.awqAlpha == 0 ? Scales() : std::make_shared<const std::vector<float>>(awq(input, *m_options.awqAlpha));
        std::array<double, kCandidates> losses{};
        auto tried = parallelTry(m_context, kCandidates, [&](std::size_t i) -> Result<void> {
            WW_TRY(losses[i], lossOf(input, spread(input, awq(input, alphaOf(i)))));
            return {};
        });
        WW_TRY_VOID(std::move(tried));
        const auto best = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());
        if (best == 0) return Scales();
        return std::make_shared<const std::vector<float>>(awq(input, alphaOf(best)));
    }

    static Scales share(const Input& input, double alpha) { return std::make_shared<const std::vector<float>>(smooth(input, alpha)); }

    Result<Scales> searched(const Input& input) const
    {
        std::array<double, kShares> losses{};
        auto tried = parallelTry(m_context, kShares, [&](std::size_t i) -> Result<void> {
            losses[i] = expectedLoss(input, spread(input, smooth(input, shareOf(i))));
            return {};
        });
        WW_TRY_VOID(std::move(tried));
        const auto best = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());
        if (!(losses[best] < expectedLoss(input, std::vector<float>(input.statistics->columns, 1.0F)))) return Scales();
        return share(input, shareOf(best));
    }
    static double shareOf(std::size_t candidate) { return kFirstShare + kShareStep * static_cast<double>(candidate); }

    /// Mean square that outputs are off by, summed over all outputs, with weights of 8 bits per row and inputs of 8 bits with one scale
    /// fixed beforehand. Rounding to steps of d is taken as noise of d²/12, of inputs that a step hides as their own mean square;
    /// a sample of tokens would say the same, but statistics are what a calibration keeps.
    static double expectedLoss(const Input& input, const std::vector<float>& scales)
    {
        const InputStatistics& statistics = *input.statistics;
        const std::size_t n = statistics.columns;
        std::vector<double> squares(n);
        double largest = 0;
        double energy = 0;
        for (std::size_t c = 0; c < n; ++c) {
            const double scale = static_cast<double>(scales[c]);
            squares[c] = statistics.sumSquares[c] / static_cast<double>(statistics.count) / (scale * scale);
            largest = std::max(largest, static_cast<double>(statistics.absMax[c]) / scale);
            energy += squares[c];
        }
        constexpr double kSteps = 127;
        const double step = largest / kSteps;
        std::vector<double> noise(n);
        for (std::size_t c = 0; c < n; ++c) noise[c] = std::min(step * step / 12, squares[c]);
        double loss = 0;
        for (const auto& matrix : input.weights)
            for (std::size_t first = 0; first < matrix.size(); first += n) {
                double top = 0;
                for (std::size_t c = 0; c < n; ++c) {
                    const double weight = static_cast<double>(matrix[first + c]) * static_cast<double>(scales[c]);
                    top = std::max(top, std::fabs(weight));
                    loss += weight * weight * noise[c];
                }
                loss += top / kSteps * (top / kSteps) / 12 * energy;
            }
        return loss;
    }

    static std::vector<float> smooth(const Input& input, double alpha)
    {
        const std::size_t columns = input.statistics->columns;
        std::vector<double> inputs(input.period);
        std::vector<double> weights(input.period);
        for (std::size_t c = 0; c < columns; ++c) {
            double& x = inputs[input.sharedOf(c)];
            x = std::max(x, static_cast<double>(input.statistics->absMax[c]));
        }
        for (const auto& matrix : input.weights)
            for (std::size_t i = 0; i < matrix.size(); ++i) {
                double& w = weights[input.sharedOf(i % columns)];
                w = std::max(w, static_cast<double>(std::fabs(matrix[i])));
            }
        std::vector<float> scales(input.period);
        for (std::size_t i = 0; i < scales.size(); ++i) {
            const double scale = std::pow(std::max(inputs[i], 1e-5), alpha) / std::pow(std::max(weights[i], 1e-5), 1 - alpha);
            scales[i] = static_cast<float>(std::clamp(scale, 1e-5, 1e5));
        }
        return scales;
    }

    static double alphaOf(std::size_t candidate) { return static_cast<double>(candidate) / static_cast<double>(kCandidates); }

    /// Mean |x|^alpha, the largest and smallest scale at the same distance from 1.
    static std::vector<float> awq(const Input& input, double alpha)
    {
        std::vector<double> means(input.period);
        for (std::size_t c = 0; c < input.statistics->columns; ++c) {
            double& mean = means[input.sharedOf(c)];
            mean = std::max(mean, input.statistics->sumAbs[c] / static_cast<double>(input.statistics->count));
        }
        std::vector<double> raised;
        for (const double mean : means) raised.push_back(std::pow(std::max(mean, 1e-9), alpha));
        const auto [low, high] = std::ranges::minmax(raised);
        std::vector<float> scales;
        for (const double value : raised) scales.push_back(static_cast<float>(std::max(1e-4, value / std::sqrt(low * high))));
        return scales;
    }

    /// trace(Δ H Δᵀ) / trace(W H Wᵀ) over some rows of the readers, quantized with these scales.
    [[nodiscard]] Result<double> lossOf(const Input& input, const std::vector<float>& scales) const
    {
        const std::size_t n = input.statistics->columns;
        const auto& gram = input.statistics->gram;
        if (!rowBytes(m_options.format, n)) return 0.0;  // this input keeps its scales
        std::vector<float> importance(n);
        for (std::size_t c = 0; c < n; ++c) importance[c] = gram[c * n + c] / (scales[c] * scales[c]);
        double lost = 0;
        double whole = 0;
        for (const auto& matrix : input.weights) {
            const std::size_t rows = matrix.size() / n;
            const std::size_t count = std::min(rows, kSampledRows);
            std::vector<float> original(count * n);
            std::vector<float> scaled(count * n);
            for (std::size_t r = 0; r < count; ++r)
                for (std::size_t c = 0; c < n; ++c) {
                    original[r * n + c] = matrix[r * rows / count * n + c];
                    scaled[r * n + c] = original[r * n + c] * scales[c];
                }
            std::vector<std::byte> blocks(count * *rowBytes(m_options.format, n));
            const RowBatch batch{.values = scaled.data(), .rowCount = count, .columns = n, .importance = importance.data()};
            WW_TRY_VOID(referenceQuantizer().quantize(batch, m_options.format, blocks));
            WW_TRY_VOID(decodeRows(m_options.format, blocks, 0, count, n, scaled.data()));
            for (std::size_t r = 0; r < count; ++r)
                for (std::size_t c = 0; c < n; ++c) scaled[r * n + c] = scaled[r * n + c] / scales[c] - original[r * n + c];
            lost += energy(scaled, gram, count, n);
            whole += energy(original, gram, count, n);
        }
        return whole > 0 ? lost / whole : 0.0;
    }

    static double energy(const std::vector<float>& x, const std::vector<float>& gram, std::size_t rows, std::size_t n)
    {
        AlignedBuffer<float> product(rows * n);
        blas::gemmNN(rows, n, n, 1, x.data(), n, gram.data(), n, 0, product.data(), n);
        return blas::dot(rows * n, x.data(), product.data());
    }

    std::shared_ptr<const ModelFile> m_model;
    const Calibration& m_calibration;
    const ScalingOptions& m_options;
    const JobContext& m_context;
    Rewriting m_rewriting;
};

}  // namespace

Result<std::shared_ptr<const ModelFile>> scaleChannels(std::shared_ptr<const ModelFile> model, const Calibration& calibration,
                                                       const ScalingOptions& options, const JobContext& context)
{
    return Scaler(std::move(model), calibration, options, context).run();
}

}  // namespace ww
