// SPDX-License-Identifier: MIT
#include "jobs/method_loss.h"

#include "base/aligned_buffer.h"
#include "base/parallel.h"
#include "jobs/row_quantizer.h"

namespace ww {
namespace {

struct Sums {
    double method = 0;
    double stored = 0;
    double whole = 0;
};

Result<Sums> sumsOf(const ModelFile& model, const PlanEntry& entry, const JobContext& context)
{
    const TensorInfo& tensor = model.tensors()[entry.tensorIndex];
    WW_TRY(const RowQuantizer method,
           RowQuantizer::create(model, tensor, TensorType::F32, entry.analysis, entry.importance.get(), entry.grams));
    WW_TRY(const RowQuantizer stored,
           RowQuantizer::create(model, tensor, entry.target, entry.method, entry.importance.get(), entry.grams));
    const RowPieces pieces(tensor.shape, std::size_t{1} << 18);
    // Added up in the order of the pieces, so that the sums do not depend on who was faster.
    std::vector<Sums> parts(pieces.count());
    const std::size_t columns = tensor.shape.columns();
    auto done = parallelTry(context, pieces.count(), [&](std::size_t i) -> Result<void> {
        const RowPieces::Piece piece = pieces.at(i);
        const std::size_t first = piece.firstRow;
        const std::size_t rows = piece.rowCount;
        AlignedBuffer<float> original(rows * columns);
        AlignedBuffer<float> scratch;
        AlignedBuffer<float> changed(rows * columns);
        AlignedBuffer<std::byte> blocks;
        WW_TRY_VOID(method.decodeSource(first, rows, original.data()));
        const JobContext quiet{context.pool, context.stop};
        const auto error = [&](const RowQuantizer& quantizer, double& sum) -> Result<void> {
            const std::size_t bytes = rows * quantizer.formatRowBytes();
            blocks.ensure(bytes);
            WW_TRY_VOID(quantizer.quantizeRows(first, rows, blocks.span().first(bytes), scratch, quiet));
            WW_TRY_VOID(quantizer.decodeBlocks(blocks.span().first(bytes), rows, changed.data()));
            for (std::size_t j = 0; j < rows * columns; ++j) {
                const double difference = static_cast<double>(changed.data()[j]) - static_cast<double>(original.data()[j]);
                sum += difference * difference;
            }
            return {};
        };
        WW_TRY_VOID(error(method, parts[i].method));
        WW_TRY_VOID(error(stored, parts[i].stored));
        for (std::size_t j = 0; j < rows * columns; ++j)
            parts[i].whole += static_cast<double>(original.data()[j]) * static_cast<double>(original.data()[j]);
        context.advance(rows * method.sourceRowBytes());
        return {};
    });
    WW_TRY_VOID(std::move(done));
    Sums sums;
    for (const Sums& part : parts) {
        sums.method += part.method;
        sums.stored += part.stored;
        sums.whole += part.whole;
    }
    return sums;
}

}  // namespace

Result<MethodLoss> methodLoss(const ModelFile& model, const Plan& plan, const JobContext& context)
{
    std::uint64_t bytes = 0;
    for (const PlanEntry& entry : plan.entries)
        if (!entry.analysis.empty()) bytes += model.tensors()[entry.tensorIndex].sizeBytes;
    MethodLoss loss;
    if (bytes == 0) return loss;
    context.begin("Comparing with the method", bytes, ProgressUnit::Bytes);
    Sums all;
    for (const PlanEntry& entry : plan.entries) {
        if (entry.analysis.empty()) continue;
        WW_TRY(const Sums sums, sumsOf(model, entry, context));
        model.release(model.tensors()[entry.tensorIndex]);
        all.method += sums.method;
        all.stored += sums.stored;
        all.whole += sums.whole;
        ++loss.tensors;
    }
    if (all.whole > 0) {
        loss.method = all.method / all.whole;
        loss.stored = all.stored / all.whole;
    }
    return loss;
}

}  // namespace ww
