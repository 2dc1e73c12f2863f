// SPDX-License-Identifier: MIT
// What quantizing does to one tensor: statistics, histograms, and the error in every format.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/parallel.h"
#include "eval/centered_histogram.h"
#include "formats/block_format.h"
#include "jobs/quantize.h"
#include "jobs/quantized_tensor.h"
#include "jobs/row_quantizer.h"

namespace ww {
namespace {

/// Up to this many parts per tensor are summed for themselves and then merged in order, whatever the number of threads.
constexpr std::size_t kMaximumParts = 256;
/// Blocks of a tensor are kept between two passes up to this size, else made twice.
constexpr std::size_t kReportBlocksBytes = std::size_t{192} << 20;

/// Runs body(part, first batch, end batch) for fixed parts of `batches` over the pool.
template <class Body>
Result<void> forParts(std::size_t batches, std::size_t parts, const JobContext& context, const Body& body)
{
    return parallelTry(context, parts,
                       [&](std::size_t part) { return body(part, batches * part / parts, batches * (part + 1) / parts); });
}

/// Original and quantized values of one batch of rows after the other.
class TensorComparison {
public:
    TensorComparison(const ModelFile& model, const RowQuantizer& quantizer, bool keep)
        : m_model(model), m_quantizer(quantizer), m_quantized(quantizer, keep), m_batches(quantizer.tensor().shape, kBatchElements),
          m_parts(std::min(kMaximumParts, m_batches.count()))
    {
    }

    [[nodiscard]] std::size_t parts() const { return m_parts; }

    /// visit(part, original, quantized, n)
    template <class Visit>
    Result<void> run(const JobContext& context, const Visit& visit) const
    {
        return forParts(m_batches.count(), m_parts, context,
                        [&](std::size_t part, std::size_t first, std::size_t end) -> Result<void> {
                            AlignedBuffer<float> original;
                            AlignedBuffer<float> quantized;
                            for (std::size_t i = first; i < end; ++i) {
                                if (context.stopRequested()) return cancelled();
                                WW_TRY_VOID(m_model.checkUnchanged());
                                const auto [row, count] = m_batches.at(i);
                                const std::size_t n = count * m_quantizer.columns();
                                original.ensure(n);
                                quantized.ensure(n);
                                WW_TRY_VOID(m_quantizer.decodeSource(row, count, original.data()));
                                WW_TRY_VOID(m_quantized.loadRows(row, count, quantized.data(), context));
                                visit(part, original.data(), quantized.data(), n);
                                context.advance(count * m_quantizer.sourceRowBytes());
                            }
                            return {};
                        });
    }

private:
    const ModelFile& m_model;
    const RowQuantizer& m_quantizer;
    QuantizedTensor m_quantized;
    RowPieces m_batches;
    std::size_t m_parts;
};

}  // namespace

Result<TensorReport> reportTensor(const ModelFile& model, const TensorInfo& tensor, TensorType format, std::string_view method,
                                  std::size_t bins, const JobContext& context, const ImportanceEntry* importance,
                                  std::shared_ptr<const GramFactors> grams)
{
    WW_TRY_VOID(model.checkUnchanged());
    WW_TRY(const RowQuantizer quantizer, RowQuantizer::create(model, tensor, format, method, importance, std::move(grams)));
    context.begin("Comparing", 2 * tensor.sizeBytes, ProgressUnit::Bytes);
    context.detail(tensor.name);
    const TensorComparison comparison(model, quantizer, QuantizedTensor::blocksSizeBytes(quantizer) <= kReportBlocksBytes);

    struct Sums {
        TensorError error;
        ValueStatistics original;
        ValueStatistics quantized;
    };
    std::vector<Sums> sums(comparison.parts());
    auto summed = comparison.run(context, [&](std::size_t part, const float* original, const float* quantized, std::size_t n) {
        sums[part].error.add(original, quantized, n);
        sums[part].original.add(original, n);
        sums[part].quantized.add(quantized, n);
    });
    WW_TRY_VOID(std::move(summed));
    TensorReport report;
    for (const Sums& s : sums) {
        report.error.merge(s.error);
        report.original.merge(s.original);
        report.quantized.merge(s.quantized);
    }

    bins = std::max<std::size_t>(bins, 1);
    report.originalHistogram = centeredHistogram(std::min(report.original.minimum, report.quantized.minimum),
                                             std::max(report.original.maximum, report.quantized.maximum), bins);
    report.quantizedHistogram = report.originalHistogram;
    report.errorHistogram = centeredHistogram(-report.error.maxError(), report.error.maxError(), bins);
    struct Counts {
        Histogram original, quantized, error;
    };
    std::vector<Counts> counts(comparison.parts(), {report.originalHistogram, report.quantizedHistogram, report.errorHistogram});
    auto counted = comparison.run(context, [&](std::size_t part, const float* original, float* quantized, std::size_t n) {
        counts[part].original.add(original, n);
        counts[part].quantized.add(quantized, n);
        for (std::size_t i = 0; i < n; ++i) quantized[i] -= original[i];
        counts[part].error.add(quantized, n);
    });
    WW_TRY_VOID(std::move(counted));
    for (const Counts& c : counts) {
        report.originalHistogram.merge(c.original);
        report.quantizedHistogram.merge(c.quantized);
        report.errorHistogram.merge(c.error);
    }
    model.release(tensor);
    WW_TRY_VOID(model.checkUnchanged());
    return report;
}

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

/// Error of the given rows in one format. Batches are fixed, so the sums do not depend on the number of threads.
Result<TensorError> sampledError(const RowQuantizer& quantizer, std::span<const std::size_t> rows, const JobContext& context)
{
    const std::size_t columns = quantizer.columns();
    const auto batches = batchesOf(rows, quantizer.tensor().shape);
    const std::size_t parts = std::min(kMaximumParts, batches.size());
    std::vector<TensorError> errors(parts);
    auto done = forParts(batches.size(), parts, context, [&](std::size_t part, std::size_t first, std::size_t end) -> Result<void> {
        AlignedBuffer<float> original;
        AlignedBuffer<float> decoded;
        AlignedBuffer<std::byte> blocks;
        for (const auto chosen : std::span(batches).subspan(first, end - first)) {
            if (context.stopRequested()) return cancelled();
            const std::size_t n = chosen.size() * columns;
            original.ensure(n);
            for (std::size_t i = 0; i < chosen.size(); ++i)
                WW_TRY_VOID(quantizer.decodeSource(chosen[i], 1, original.data() + i * columns));
            if (quantizer.copies()) {
                errors[part].add(original.data(), original.data(), n);
            } else {
                decoded.ensure(n);
                blocks.ensure(chosen.size() * quantizer.formatRowBytes());
                const auto out = blocks.span().first(chosen.size() * quantizer.formatRowBytes());
                WW_TRY_VOID(quantizeChosen(quantizer, original.data(), chosen, out));
                WW_TRY_VOID(quantizer.decodeBlocks(out, chosen.size(), decoded.data()));
                errors[part].add(original.data(), decoded.data(), n);
            }
            context.advance(chosen.size() * quantizer.sourceRowBytes());
        }
        return {};
    });
    WW_TRY_VOID(std::move(done));
    TensorError total;
    for (const TensorError& e : errors) total.merge(e);
    return total;
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

}  // namespace

Result<std::vector<RateDistortionPoint>> rateDistortion(const ModelFile& model, const TensorInfo& tensor, std::string_view method,
                                                        std::size_t sampleRows, const JobContext& context,
                                                        const std::function<void(const RateDistortionPoint&)>& onPoint,
                                                        const ImportanceEntry* importance,
                                                        std::shared_ptr<const GramFactors> grams)
{
    WW_TRY_VOID(model.checkUnchanged());
    WW_TRY(const Method parsed, parseMethod(method));
    const Quantizer* quantizer = parsed.quantizer;
    const std::size_t available = tensor.shape.columns() == 0 ? 0 : tensor.shape.rows();
    const std::size_t count = sampleRows == 0 ? available : std::min(sampleRows, available);
    std::vector<std::size_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = i * (available / count) + i * (available % count) / count;

    const auto formats = comparableFormats(tensor, *quantizer);
    context.begin("Comparing formats", formats.size() * count * rowBytes(tensor.type, tensor.shape.columns()).value_or(0),
                  ProgressUnit::Bytes);
    std::vector<RateDistortionPoint> points;
    ImportanceEntry equal;
    for (const TensorType format : formats) {
        const bool lacking = !importance && traits(format).importance == ImportanceUse::Required;
        if (lacking && equal.counts.empty()) equal = equalImportance(tensor);
        context.detail(std::string(name(format)));
        WW_TRY(const RowQuantizer rowQuantizer, RowQuantizer::create(model, tensor, format, method, lacking ? &equal : importance, grams));
        WW_TRY(const TensorError error, sampledError(rowQuantizer, rows, context));
        points.push_back({format, traits(format).bitsPerWeight(), error.relativeError()});
        if (onPoint) onPoint(points.back());
    }
    model.release(tensor);
    WW_TRY_VOID(model.checkUnchanged());
    return points;
}

}  // namespace ww
