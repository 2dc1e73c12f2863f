// SPDX-License-Identifier: MIT
#include "jobs/rate_distortion.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/aligned_buffer.h"
#include "eval/tensor_error.h"
#include "formats/block_format.h"
#include "jobs/parts.h"
#include "jobs/row_quantizer.h"
#include "methods/output_error.h"
#include "methods/quantizer.h"

namespace ww {
namespace {

/// Rows that do not follow each other, in one call for speed; one by one when that fails, so that the error names the row.
Result<void> quantizeChosen(const RowQuantizer& quantizer, const float* values, std::span<const std::size_t> rows,
                            std::span<std::byte> out)
{
    const std::size_t rowBytes = quantizer.formatRowBytes();
    Result<void> result;
    if (quantizer.rowsAreIndependent()) {
        result = quantizer.quantizeValues(values, rows.front(), rows.size(), out);
        if (result) return result;
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
        WW_TRY_VOID(quantizer.quantizeValues(values + i * quantizer.columns(), rows[i], 1, out.subspan(i * rowBytes, rowBytes)));
    return result;
}

/// The rows in groups of about kBatchElements, none with rows of two experts.
std::vector<std::span<const std::size_t>> batchesOf(std::span<const std::size_t> rows, const Shape& shape)
{
    const std::size_t batchRows = std::max<std::size_t>(1, kBatchElements / shape.columns());
    std::vector<std::span<const std::size_t>> batches;
    for (std::size_t first = 0, i = 1; first < rows.size(); ++i) {
        if (i < rows.size() && i - first < batchRows && rows[i] / shape.ne[1] == rows[first] / shape.ne[1]) continue;
        batches.push_back(rows.subspan(first, i - first));
        first = i;
    }
    return batches;
}

std::vector<TensorType> comparableFormats(const TensorInfo& tensor, const Quantizer& quantizer)
{
    std::vector<TensorType> formats;
    for (const TensorTypeTraits& t : allTensorTypes())
        if (t.target && rowBytes(t.type, tensor.shape.columns()) &&
            findBlockFormat(t.type) && (t.type == tensor.type || quantizer.supports(t.type)))
            formats.push_back(t.type);
    std::ranges::stable_sort(formats, {}, [](TensorType type) { return traits(type).bitsPerWeight(); });
    return formats;
}

/// Every column of every expert weighs one.
ImportanceEntry equalImportance(const TensorInfo& tensor)
{
    const std::size_t matrices = tensor.shape.ne[2];
    return {tensor.name, std::vector<float>(tensor.shape.ne[0] * matrices, 1.0F), std::vector<std::uint64_t>(matrices, 1)};
}

/// Sums over some rows of a tensor.
struct RowErrors {
    TensorError weights;
    double output = 0;  ///< Σ Δ H Δᵀ
    double signal = 0;  ///< Σ w H wᵀ
    bool seen = true;   ///< there is a Gram matrix for every row

    void merge(const RowErrors& other)
    {
        weights.merge(other.weights);
        output += other.output;
        signal += other.signal;
        seen &= other.seen;
    }
};

/// The tensor, and which of its rows are looked at.
class SampledTensor {
public:
    SampledTensor(const ModelFile& model, const TensorInfo& tensor, std::size_t sampleRows, const ImportanceEntry* importance,
                  std::shared_ptr<const GramFactors> grams)
        : m_model(model), m_tensor(tensor), m_importance(importance), m_grams(std::move(grams))
    {
        const std::size_t available = tensor.shape.columns() == 0 ? 0 : tensor.shape.rows();
        const std::size_t count = sampleRows == 0 ? available : std::min(sampleRows, available);
        m_rows.resize(count);
        for (std::size_t i = 0; i < count; ++i) m_rows[i] = i * (available / count) + i * (available % count) / count;
        m_batches = batchesOf(m_rows, tensor.shape);
    }
    [[nodiscard]] std::uint64_t sourceBytes() const { return m_rows.size() * rowBytes(m_tensor.type, m_tensor.shape.columns()).value_or(0); }

    /// With output errors, when there are Gram matrices and `outputs`.
    Result<RateDistortionPoint> tryOut(TensorType format, std::string_view method, bool outputs, const JobContext& context)
    {
        const bool lacking = !m_importance && traits(format).importance == ImportanceUse::Required;
        if (lacking && m_equal.counts.empty()) m_equal = equalImportance(m_tensor);
        WW_TRY(const RowQuantizer quantizer,
               RowQuantizer::create(m_model, m_tensor, format, method, lacking ? &m_equal : m_importance, m_grams));
        WW_TRY(const RowErrors errors, errorsOf(quantizer, outputs && m_grams, context));
        RateDistortionPoint point{format, traits(format).bitsPerWeight(), errors.weights.relativeError(), {}, std::string(method)};
        if (outputs && m_grams && errors.seen && errors.signal > 0) point.outputError = std::sqrt(errors.output / errors.signal);
        return point;
    }

private:
    /// Batches are fixed, so the sums do not depend on the number of threads.
    Result<RowErrors> errorsOf(const RowQuantizer& quantizer, bool outputs, const JobContext& context) const
    {
        const std::size_t parts = std::min(kMaximumParts, m_batches.size());
        std::vector<RowErrors> errors(parts);
        auto done = forParts(m_batches.size(), parts, context, [&](std::size_t part, std::size_t first, std::size_t end) -> Result<void> {
            Scratch scratch;
            for (const auto rows : std::span(m_batches).subspan(first, end - first)) {
                if (context.stopRequested()) return cancelled();
                WW_TRY_VOID(addBatch(quantizer, rows, outputs, scratch, errors[part]));
                context.advance(rows.size() * quantizer.sourceRowBytes());
            }
            return {};
        });
        WW_TRY_VOID(std::move(done));
        RowErrors total;
        for (const RowErrors& e : errors) total.merge(e);
        return total;
    }

    struct Scratch {
        AlignedBuffer<float> original, decoded, product;
        AlignedBuffer<std::byte> blocks;
    };
    Result<void> addBatch(const RowQuantizer& quantizer, std::span<const std::size_t> rows, bool outputs, Scratch& scratch, RowErrors& to) const
    {
        const std::size_t columns = quantizer.columns();
        const std::size_t n = rows.size() * columns;
        scratch.original.ensure(n);
        float* original = scratch.original.data();
        for (std::size_t i = 0; i < rows.size(); ++i) WW_TRY_VOID(quantizer.decodeSource(rows[i], 1, original + i * columns));
        const InputStatistics* input = outputs ? m_grams->input(m_tensor.name, rows.front() / m_tensor.shape.ne[1]) : nullptr;
        to.seen &= input != nullptr;
        if (input) to.signal += outputError(original, rows.size(), input->gram.data(), columns, scratch.product);
        if (quantizer.copies()) {
            to.weights.add(original, original, n);
            return {};
        }
        scratch.decoded.ensure(n);
        scratch.blocks.ensure(rows.size() * quantizer.formatRowBytes());
        const auto out = scratch.blocks.span().first(rows.size() * quantizer.formatRowBytes());
        WW_TRY_VOID(quantizeChosen(quantizer, original, rows, out));
        float* decoded = scratch.decoded.data();
        WW_TRY_VOID(quantizer.decodeBlocks(out, rows.size(), decoded));
        to.weights.add(original, decoded, n);
        if (!input) return {};
        for (std::size_t i = 0; i < n; ++i) decoded[i] -= original[i];
        to.output += outputError(decoded, rows.size(), input->gram.data(), columns, scratch.product);
        return {};
    }

    const ModelFile& m_model;
    const TensorInfo& m_tensor;
    const ImportanceEntry* m_importance;
    std::shared_ptr<const GramFactors> m_grams;
    std::vector<std::size_t> m_rows;
    std::vector<std::span<const std::size_t>> m_batches;
    ImportanceEntry m_equal;  ///< for formats that need importance, when there is none
};

/// What a method is tried with: every format of a file, or what an analysis method simulates.
std::vector<TensorType> formatsOf(const TensorInfo& tensor, const Quantizer& quantizer)
{
    if (!quantizer.exportable()) return {TensorType::F32};
    auto formats = comparableFormats(tensor, quantizer);
    // The tensor as it is belongs to the first curve alone.
    if (quantizer.name() != kDefaultMethod) std::erase_if(formats, [&](TensorType type) { return !quantizer.supports(type); });
    return formats;
}

}  // namespace

Result<std::vector<RateDistortionPoint>> rateDistortion(const ModelFile& model, const TensorInfo& tensor, std::string_view method,
                                                        std::size_t sampleRows, const JobContext& context, const PointSink& onPoint,
                                                        const ImportanceEntry* importance, std::shared_ptr<const GramFactors> grams)
{
    WW_TRY_VOID(model.checkUnchanged());
    WW_TRY(const Method parsed, parseMethod(method));
    SampledTensor sampled(model, tensor, sampleRows, importance, std::move(grams));
    const auto formats = comparableFormats(tensor, *parsed.quantizer);
    context.begin("Comparing formats", formats.size() * sampled.sourceBytes(), ProgressUnit::Bytes);
    std::vector<RateDistortionPoint> points;
    for (const TensorType format : formats) {
        context.detail(std::string(name(format)));
        WW_TRY(RateDistortionPoint point, sampled.tryOut(format, method, false, context));
        points.push_back(std::move(point));
        if (onPoint) onPoint(points.back());
    }
    model.release(tensor);
    WW_TRY_VOID(model.checkUnchanged());
    return points;
}

Result<std::vector<RateDistortionPoint>> methodCurves(const ModelFile& model, const TensorInfo& tensor, std::span<const std::string> methods,
                                                      std::size_t sampleRows, const JobContext& context, const PointSink& onPoint,
                                                      const ImportanceEntry* importance, std::shared_ptr<const GramFactors> grams)
{
    WW_TRY_VOID(model.checkUnchanged());
    SampledTensor sampled(model, tensor, sampleRows, importance, std::move(grams));
    std::size_t tries = 0;
    for (const std::string& spec : methods) {
        WW_TRY(const Method method, parseMethod(spec));
        tries += formatsOf(tensor, *method.quantizer).size();
    }
    context.begin("Comparing formats", tries * sampled.sourceBytes(), ProgressUnit::Bytes);
    std::vector<RateDistortionPoint> points;
    std::optional<Error> refused;
    for (const std::string& spec : methods) {
        WW_TRY(const Method method, parseMethod(spec));
        for (const TensorType format : formatsOf(tensor, *method.quantizer)) {
            context.detail(spec + ", " + std::string(name(format)));
            auto point = sampled.tryOut(format, spec, true, context);
            if (!point) {
                if (point.error().code == ErrorCode::Cancelled || point.error().code == ErrorCode::Unreadable) return fail(std::move(point.error()));
                if (!refused) refused = std::move(point.error());
                continue;
            }
            if (!method.quantizer->exportable()) {
                point->analysis = true;
                point->bitsPerWeight = method.quantizer->analysisBitsPerWeight(method.values, tensor.shape.columns());
            }
            points.push_back(std::move(*point));
            if (onPoint) onPoint(points.back());
        }
    }
    model.release(tensor);
    WW_TRY_VOID(model.checkUnchanged());
    if (points.empty() && refused) return fail(std::move(*refused));
    return points;
}

}  // namespace ww
