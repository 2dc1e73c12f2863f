// SPDX-License-Identifier: MIT
#include "jobs/method_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <new>
#include <utility>

#include "base/aligned_buffer.h"
#include "eval/tensor_error.h"
#include "jobs/quantize.h"
#include "methods/output_error.h"
#include "methods/quantizer.h"
#include "model/weight_source.h"
#include "plan/name_pattern.h"
#include "plan/preset_rules.h"
#include "text/tokenizer.h"

namespace ww {
namespace {

constexpr std::uint64_t kCacheBytes = std::uint64_t{4} << 30;

class MethodBench {
public:
    MethodBench(std::shared_ptr<const ModelFile> model, const MethodBenchOptions& options, const JobContext& context)
        : m_model(std::move(model)), m_options(options), m_context(context), m_stored(fileWeights(m_model))
    {
    }

    Result<std::vector<MethodBenchRow>> run(std::string_view text, const std::function<void(const MethodBenchRow&)>& onRow)
    {
        WW_TRY_VOID(prepare(text));
        std::vector<MethodBenchRow> rows;
        for (const TensorType format : m_options.formats)
            for (const std::string& method : m_options.methods) {
                MethodBenchRow row;
                row.method = method;
                row.format = format;
                WW_TRY_VOID(fill(row));
                rows.push_back(std::move(row));
                if (onRow) onRow(rows.back());
            }
        return rows;
    }

private:
    Result<void> prepare(std::string_view text)
    {
        WW_TRY_VOID(checkTensors());
        if (!m_options.measureModel) return {};
        WW_TRY(const auto tokenizer, Tokenizer::create(m_model->metadata()));
        PerplexityOptions cut;
        cut.contextLength = m_options.divergence.contextLength;
        cut.maxWindows = m_options.divergence.maxWindows;
        WW_TRY(m_windows, makeWindows(*tokenizer, text, cut));
        const auto& original = m_options.original ? m_options.original : m_model;
        WW_TRY(m_original, LanguageModel::create(withActivations(m_options.activations, fileWeights(original), *original, nullptr)));
        return {};
    }

    [[nodiscard]] Result<void> checkTensors() const
    {
        if (m_options.tensors.empty()) return {};
        WW_TRY(const NamePattern pattern, NamePattern::compile(m_options.tensors));
        for (const TensorInfo& tensor : m_model->tensors()) {
            if (!whyKept(tensor).empty()) continue;
            WW_TRY(const bool found, pattern.foundIn(tensor.name));
            if (found) return {};
        }
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The pattern \"{}\" matches no tensor that can be quantized; \"weightwright-cli info\" lists the names.",
                                m_options.tensors));
    }

    [[nodiscard]] Result<Plan> planOf(const MethodBenchRow& row) const
    {
        WW_TRY(const Method method, parseMethod(row.method));
        if (!method.quantizer->supports(row.format))
            return fail(ErrorCode::Unsupported, "The method cannot write this format.");
        Recipe recipe;
        recipe.preset.clear();
        recipe.base = row.format;
        recipe.method = row.method;
        if (!m_options.tensors.empty()) {
            recipe.rules.push_back({.pattern = m_options.tensors, .format = row.format, .method = row.method});
            recipe.rules.push_back({.pattern = ".", .format = std::nullopt, .method = {}});
        }
        return resolve(recipe, *m_model, {.importance = m_options.importance, .grams = m_options.grams});
    }

    /// Floats are how a file holds what an analysis method chose: what counts is the size of the format that it simulates.
    [[nodiscard]] double bitsOf(const PlanEntry& entry) const
    {
        const Shape& shape = tensorOf(entry).shape;
        const bool isFloat = entry.target == TensorType::F32 || entry.target == TensorType::F16 || entry.target == TensorType::BF16;
        const auto method = parseMethod(entry.method);
        const double simulated = method && isFloat ? method->quantizer->analysisBitsPerWeight(method->values, shape.columns()) : 0;
        return simulated > 0 ? simulated * static_cast<double>(shape.elements()) : 8.0 * static_cast<double>(entry.sizeBytes);
    }

    Result<void> fill(MethodBenchRow& row)
    {
        auto resolved = planOf(row);
        if (!resolved) {
            row.problem = resolved.error().message;
            return {};
        }
        const auto plan = std::make_shared<const Plan>(std::move(*resolved));
        for (const PlanWarning& warning : plan->warnings)  // unused rules are those of planOf(), which nobody gave
            if (warning.kind != WarningKind::PatternRuleUnused) row.warnings.push_back(warning);
        const auto weights = plannedWeights(m_model, plan, kCacheBytes);
        Sums sums;
        double bits = 0;
        std::uint64_t elements = 0;
        std::uint64_t sourceBytes = 0;
        for (const PlanEntry& entry : plan->entries)
            if (entry.quantized) sourceBytes += tensorOf(entry).sizeBytes;
        m_context.begin("Comparing", sourceBytes, ProgressUnit::Bytes);
        for (const PlanEntry& entry : plan->entries) {
            if (!entry.quantized) continue;
            ++row.tensors;
            bits += bitsOf(entry);
            elements += tensorOf(entry).shape.elements();
            m_context.detail(tensorOf(entry).name);
            WW_TRY_VOID(addTensor(tensorOf(entry), *weights, sums));
            m_context.advance(tensorOf(entry).sizeBytes);
        }
        row.bitsPerWeight = elements == 0 ? 0 : bits / static_cast<double>(elements);
        row.weightError = sums.weights.relativeError() * sums.weights.relativeError();
        row.outputError = sums.calibration.mean();
        row.heldOutOutputError = sums.heldOut.mean();
        row.seconds = sums.seconds;
        if (!m_options.measureModel) return {};
        WW_TRY(const auto changed, LanguageModel::create(withActivations(m_options.activations, weights, *m_model, plan.get())));
        WW_TRY(const DivergenceResult result, klDivergence(*m_original, *changed, m_windows, m_options.divergence, m_context));
        row.kld = result.meanKld;
        row.perplexity = result.perplexity;
        return {};
    }

    struct Mean {
        double sum = 0;
        std::size_t count = 0;
        [[nodiscard]] std::optional<double> mean() const
        {
            return count == 0 ? std::optional<double>() : sum / static_cast<double>(count);
        }
    };
    struct Sums {
        TensorError weights;
        Mean calibration;
        Mean heldOut;
        double seconds = 0;
    };

    [[nodiscard]] const TensorInfo& tensorOf(const PlanEntry& entry) const { return m_model->tensors()[entry.tensorIndex]; }

    /// One matrix (expert) after the other.
    Result<void> addTensor(const TensorInfo& tensor, const WeightSource& weights, Sums& sums)
    {
        const std::size_t columns = tensor.shape.columns();
        const std::size_t rows = tensor.shape.ne[1];
        const std::size_t matrices = columns == 0 || rows == 0 ? 0 : tensor.shape.rows() / rows;
        AlignedBuffer<float> original(rows * columns);
        AlignedBuffer<float> changed(rows * columns);
        for (std::size_t m = 0; m < matrices; ++m) {
            WW_TRY_VOID(m_stored->loadRows(tensor, m * rows, rows, original.data(), quiet()));
            const auto start = std::chrono::steady_clock::now();
            WW_TRY_VOID(weights.loadRows(tensor, m * rows, rows, changed.data(), quiet()));
            sums.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            sums.weights.add(original.data(), changed.data(), rows * columns);
            for (std::size_t i = 0; i < rows * columns; ++i) changed[i] -= original[i];
            WW_TRY_VOID(addOutput(tensor, m, m_options.grams.get(), original.data(), changed.data(), sums.calibration));
            WW_TRY_VOID(addOutput(tensor, m, m_options.heldOut.get(), original.data(), changed.data(), sums.heldOut));
        }
        return {};
    }

    Result<void> addOutput(const TensorInfo& tensor, std::size_t matrix, const GramFactors* grams, const float* original,
                           const float* difference, Mean& mean)
    {
        const InputStatistics* input = grams ? grams->input(tensor.name, matrix) : nullptr;
        if (!input || input->columns != tensor.shape.columns()) return {};
        auto& whole = m_energies[{input, tensor.name}];
        if (!whole) {
            WW_TRY(whole, outputError(original, tensor.shape.ne[1], input->gram.data(), input->columns, quiet()));
        }
        WW_TRY(const double lost, outputError(difference, tensor.shape.ne[1], input->gram.data(), input->columns, quiet()));
        if (!(*whole > 0)) return {};
        mean.sum += lost / *whole;
        ++mean.count;
        return {};
    }

    [[nodiscard]] JobContext quiet() const { return {m_context.pool, m_context.stop, nullptr}; }

    std::shared_ptr<const ModelFile> m_model;
    const MethodBenchOptions& m_options;
    const JobContext& m_context;
    std::shared_ptr<const WeightSource> m_stored;
    std::shared_ptr<const LanguageModel> m_original;
    EvaluationWindows m_windows;
    std::map<std::pair<const InputStatistics*, std::string>, std::optional<double>> m_energies;  ///< of the original outputs
};

}  // namespace

Result<std::shared_ptr<const GramFactors>> gramsOnText(std::shared_ptr<const ModelFile> model, std::string_view text,
                                                       std::uint32_t contextLength, std::uint32_t maxWindows, const JobContext& context)
{
    WW_TRY(const auto tokenizer, Tokenizer::create(model->metadata()));
    WW_TRY(const auto language, LanguageModel::create(fileWeights(std::move(model))));
    CalibrationOptions settings;
    settings.contextLength = contextLength;
    settings.maxWindows = maxWindows;
    settings.collectGram = true;
    WW_TRY(Calibration calibration, calibrate(*language, *tokenizer, text, settings, context));
    return std::make_shared<const GramFactors>(std::make_shared<const Calibration>(std::move(calibration)));
}

Result<std::vector<MethodBenchRow>> benchMethods(std::shared_ptr<const ModelFile> model, const MethodBenchOptions& options,
                                                 std::string_view text, const JobContext& context,
                                                 const std::function<void(const MethodBenchRow&)>& onRow)
{
    try {
        return MethodBench(std::move(model), options, context).run(text, onRow);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to compare methods. Choose fewer tensors or a shorter context.");
    }
}

}  // namespace ww
