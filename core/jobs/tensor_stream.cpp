// SPDX-License-Identifier: MIT
#include "jobs/tensor_stream.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "jobs/ordered_pipeline.h"
#include "jobs/row_quantizer.h"

namespace ww {
namespace {

constexpr std::size_t kCopyPieceBytes = std::size_t{4} << 20;
constexpr std::size_t kPieceBudgetBytes = std::size_t{128} << 20;
constexpr std::size_t kHugeTensorBytes = std::size_t{256} << 20;
constexpr std::size_t kMaximumPieceElements = std::size_t{1} << 20;

/// Part of one tensor: rows when it is quantized, bytes when it is copied.
struct StreamPiece {
    std::uint32_t entry = 0;
    bool last = false;  ///< of its tensor
    std::size_t first = 0;
    std::size_t count = 0;
};

class TensorStream {
public:
    TensorStream(const ModelFile& model, std::span<const PlanEntry> entries, const TensorSink& sink, const JobContext& context)
        : m_model(model), m_entries(entries), m_sink(sink), m_context(context)
    {
    }

    Result<void> run()
    {
        // Every thread may hold one finished piece and work on another. Four bytes per element is the widest format.
        const std::size_t window = std::size_t{2} * m_context.pool.threadCount();
        m_pieceElements = std::clamp(kPieceBudgetBytes / 4 / window, kBatchElements, kMaximumPieceElements);
        for (std::size_t i = 0; i < m_entries.size(); ++i) WW_TRY_VOID(addPieces(i));
        return runOrdered(
            m_pieces.size(), window, [this](std::size_t i, PieceBuffers& buffers) { return make(m_pieces[i], buffers); },
            [this](std::size_t i, std::span<const std::byte> bytes) { return deliver(m_pieces[i], bytes); }, m_context);
    }

private:
    [[nodiscard]] const TensorInfo& tensorOf(const PlanEntry& entry) const { return m_model.tensors()[entry.tensorIndex]; }

    Result<void> addPieces(std::size_t index)
    {
        const PlanEntry& entry = m_entries[index];
        const TensorInfo& tensor = tensorOf(entry);
        const std::size_t before = m_pieces.size();
        m_quantizers.emplace_back();
        if (entry.quantized) {
            WW_TRY(auto quantizer, RowQuantizer::create(m_model, tensor, entry.target, entry.method, entry.importance.get(), entry.grams));
            m_quantizers.back() = std::make_unique<RowQuantizer>(quantizer);
            const std::size_t batch = std::max<std::size_t>(1, quantizer.batchElements());
            const RowPieces pieces(tensor.shape, std::max<std::size_t>(1, m_pieceElements / batch) * batch);
            for (std::size_t i = 0; i < pieces.count(); ++i) {
                const auto piece = pieces.at(i);
                m_pieces.push_back({static_cast<std::uint32_t>(index), false, piece.firstRow, piece.rowCount});
            }
        } else {
            const std::size_t step = copyPieceBytes(tensor);
            for (std::size_t first = 0; first < tensor.sizeBytes; first += step)
                m_pieces.push_back(
                    {static_cast<std::uint32_t>(index), false, first, std::min<std::size_t>(step, tensor.sizeBytes - first)});
        }
        if (m_pieces.size() > before) m_pieces.back().last = true;
        return {};
    }

    /// Tensors without a view are copied in whole rows.
    [[nodiscard]] std::size_t copyPieceBytes(const TensorInfo& tensor) const
    {
        const std::size_t row = rowBytes(tensor.type, tensor.shape.columns()).value_or(0);
        return m_model.hasView(tensor) || row == 0 ? kCopyPieceBytes : std::max<std::size_t>(1, kCopyPieceBytes / row) * row;
    }

    Result<std::span<const std::byte>> copy(const TensorInfo& tensor, const StreamPiece& piece, PieceBuffers& buffers) const
    {
        if (m_model.hasView(tensor)) return m_model.view(tensor).bytes.subspan(piece.first, piece.count);
        const std::size_t row = rowBytes(tensor.type, tensor.shape.columns()).value_or(1);
        buffers.bytes.ensure(piece.count);
        const auto out = buffers.bytes.span().first(piece.count);
        WW_TRY_VOID(m_model.readRows(tensor, piece.first / row, piece.count / row, out.data()));
        return std::span<const std::byte>(out);
    }

    Result<std::span<const std::byte>> make(const StreamPiece& piece, PieceBuffers& buffers) const
    {
        const PlanEntry& entry = m_entries[piece.entry];
        WW_TRY_VOID(m_model.checkUnchanged());
        if (piece.first == 0) {
            m_context.detail(tensorOf(entry).name);
            m_model.prefetch(tensorOf(entry));
        }
        if (!entry.quantized) return copy(tensorOf(entry), piece, buffers);
        const RowQuantizer& quantizer = *m_quantizers[piece.entry];
        const std::size_t bytes = piece.count * quantizer.formatRowBytes();
        buffers.bytes.ensure(bytes);
        const auto out = buffers.bytes.span().first(bytes);
        WW_TRY_VOID(quantizer.quantizeRows(piece.first, piece.count, out, buffers.values, m_context));
        return std::span<const std::byte>(out);
    }

    Result<void> deliver(const StreamPiece& piece, std::span<const std::byte> bytes) const
    {
        const PlanEntry& entry = m_entries[piece.entry];
        WW_TRY_VOID(m_sink(entry, bytes));
        if (!entry.quantized) m_context.advance(bytes.size());
        if (piece.last)
            m_model.release(tensorOf(entry));
        else
            releasePiece(tensorOf(entry), piece, entry.quantized);
        return {};
    }

    /// Gives the pages of a part of a large tensor back before its last part was read.
    void releasePiece(const TensorInfo& tensor, const StreamPiece& piece, bool isRows) const
    {
        if (tensor.sizeBytes < kHugeTensorBytes || !m_model.hasView(tensor)) return;
        const std::size_t unit = isRows ? rowBytes(tensor.type, tensor.shape.columns()).value_or(0) : 1;
        const std::uint64_t begin = tensor.offset + piece.first * unit;
        const std::uint64_t before = std::min<std::uint64_t>(begin, 2 << 20);  // the kernel may have mapped neighbours again
        m_model.files()[tensor.file]->release(begin - before, before + piece.count * unit);
    }

    const ModelFile& m_model;
    std::span<const PlanEntry> m_entries;
    const TensorSink& m_sink;
    const JobContext& m_context;
    std::size_t m_pieceElements = 0;
    std::vector<std::unique_ptr<RowQuantizer>> m_quantizers;  ///< one per entry; null for copies
    std::vector<StreamPiece> m_pieces;
};

}  // namespace

Result<void> streamTensors(const ModelFile& model, std::span<const PlanEntry> entries, const TensorSink& sink,
                           const JobContext& context)
{
    auto result = TensorStream(model, entries, sink, context).run();
    // What was read of a file that another program shortened meanwhile is worth nothing, and other errors follow from it.
    if (result || result.error().code != ErrorCode::Cancelled) WW_TRY_VOID(model.checkUnchanged());
    return result;
}

}  // namespace ww
