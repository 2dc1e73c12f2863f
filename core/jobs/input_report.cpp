// SPDX-License-Identifier: MIT
#include "jobs/input_report.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "calibration/calibration.h"
#include "eval/centered_histogram.h"
#include "methods/method_spec.h"
#include "methods/quantizer.h"
#include "model/language_model.h"
#include "model/linear_inputs.h"
#include "model/tensor_role.h"
#include "model/weight_source.h"
#include "text/tokenizer.h"

namespace ww {
namespace {

/// Keeps the rows that come into one tensor: those of the first expert that gets any.
class RowKeeper final : public LinearInputObserver {
public:
    explicit RowKeeper(std::string_view tensor) : m_tensor(tensor) {}

    Result<void> onInput(std::span<const std::string_view> weightTensors, std::size_t matrix, RowsView x, std::size_t rows,
                         std::size_t columns, const JobContext& /*context*/) override
    {
        if (rows == 0 || std::ranges::find(weightTensors, m_tensor) == weightTensors.end()) return {};
        if (m_values.empty()) {
            m_matrix = matrix;
            m_columns = columns;
        } else if (matrix != m_matrix || columns != m_columns) {
            return {};
        }
        for (std::size_t r = 0; r < rows; ++r) m_values.insert(m_values.end(), x.data + r * x.stride, x.data + r * x.stride + columns);
        return {};
    }
    [[nodiscard]] std::vector<float>& values() { return m_values; }
    [[nodiscard]] std::size_t columns() const { return m_columns; }
    [[nodiscard]] std::size_t matrix() const { return m_matrix; }

private:
    std::string_view m_tensor;
    std::size_t m_matrix = 0;
    std::size_t m_columns = 0;
    std::vector<float> m_values;
};

/// The tokens of the first window, cut as calibration does.
Result<std::vector<TokenId>> firstWindow(const ModelFile& model, std::string_view text, std::uint32_t contextLength)
{
    WW_TRY(const auto tokenizer, Tokenizer::create(model.metadata()));
    // No more of a long text than a window can be made of.
    constexpr std::size_t kBytesPerToken = 64;
    std::vector<TokenId> tokens = tokenizer->encode(text.substr(0, std::size_t{contextLength} * kBytesPerToken));
    if (tokens.size() < 2) return fail(ErrorCode::TooShort, "The text is too short: its first window has less than two tokens.");
    tokens.resize(std::min<std::size_t>(tokens.size(), contextLength));
    if (const auto bos = tokenizer->bos(); tokenizer->addsBos() && bos) tokens.front() = *bos;
    return tokens;
}

Result<std::shared_ptr<const InputTransform>> transformOf(const TensorInfo& tensor, std::string_view spec, const GramFactors* grams,
                                                          std::size_t matrix)
{
    WW_TRY(const Method method, parseMethod(spec));
    LayerInputs inputs;
    if (grams && needsCalibration(method.quantizer->dataNeededFor(method.values)))
        inputs = grams->statistics(tensor.name, matrix, tensor.shape.columns());
    return method.quantizer->inputTransform(method.values, inputs.empty() ? nullptr : &inputs);
}

/// The rows as the method hands them to the matrix, exact columns put back.
std::vector<float> transformed(const InputTransform& transform, const std::vector<float>& values, std::size_t columns)
{
    std::vector<float> result = values;
    const InputSegment segment = transform.inspect(values.data(), columns, values.size() / columns, columns);
    for (std::size_t at = 0; at < values.size(); at += columns) {
        transform.apply(std::span(result).subspan(at, columns), segment);
        for (const std::uint32_t column : segment.exactColumns) result[at + column] = values[at + column];
    }
    return result;
}

}  // namespace

Result<InputReport> reportInputs(std::shared_ptr<const ModelFile> model, const TensorInfo& tensor, std::string_view method,
                                 std::shared_ptr<const GramFactors> grams, std::string_view text, std::uint32_t contextLength,
                                 std::size_t bins, const JobContext& context)
{
    const TensorIdentity identity = identify(tensor.name);
    if (!identity.isWeightMatrix || identity.role == TensorRole::TokenEmbedding)
        return fail(Error{ErrorCode::Unsupported, "Nothing is multiplied with this tensor, so it has no inputs.", model->path(), tensor.name, {}});
    WW_TRY(const std::vector<TokenId> tokens, firstWindow(*model, text, contextLength));
    WW_TRY(const auto runnable, LanguageModel::create(fileWeights(model)));
    const std::size_t end = identity.block ? std::min<std::size_t>(*identity.block + 2, runnable->stepCount()) : runnable->stepCount();
    context.begin("Reading the text", std::uint64_t{tokens.size()} * runnable->hyperparameters().blockCount, ProgressUnit::Steps);
    std::vector<float> hidden(tokens.size() * runnable->hyperparameters().embeddingLength);
    RowKeeper keeper(tensor.name);
    WW_TRY_VOID(runnable->forwardSteps(0, end, tokens, tokens.size(), hidden, &keeper, context));
    std::vector<float>& values = keeper.values();
    const std::size_t columns = keeper.columns();
    if (values.empty() || columns == 0)
        return fail(Error{ErrorCode::Unsupported, "No position of the text reached this tensor.", model->path(), tensor.name, {}});
    InputReport report;
    report.rows = values.size() / columns;
    report.original.add(values.data(), values.size());
    if (report.original.notFinite > 0)
        return fail(Error{ErrorCode::Corrupt, "The inputs of this tensor are not finite.", model->path(), tensor.name, {}});
    WW_TRY(const auto transform, transformOf(tensor, method, grams.get(), keeper.matrix()));
    ValueStatistics both = report.original;
    std::vector<float> after;
    if (transform) {
        after = transformed(*transform, values, columns);
        both.add(after.data(), after.size());
        report.changed = true;
    }
    report.originalHistogram = centeredHistogram(both.minimum, both.maximum, bins);
    report.originalHistogram.add(values.data(), values.size());
    if (!transform) return report;
    report.changedHistogram = Histogram(report.originalHistogram.lower, report.originalHistogram.upper, report.originalHistogram.counts.size());
    report.changedHistogram.add(after.data(), after.size());
    double error = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double d = static_cast<double>(values[i]) - static_cast<double>(after[i]);
        error += d * d;
    }
    report.relativeError = report.original.sum2 > 0 ? std::sqrt(error / report.original.sum2) : 0;
    return report;
}

}  // namespace ww
