// SPDX-License-Identifier: MIT
// What quantizing does to one tensor: statistics and histograms.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/parallel.h"
#include "eval/centered_histogram.h"
#include "formats/block_format.h"
#include "jobs/parts.h"
#include "jobs/quantize.h"
#include "jobs/quantized_tensor.h"
#include "jobs/row_quantizer.h"

namespace ww {
namespace {

/// Blocks of a tensor are kept between two passes up to this size, else made twice.
constexpr std::size_t kReportBlocksBytes = std::size_t{192} << 20;

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

}  // namespace ww
