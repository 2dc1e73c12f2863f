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

/// Part of one tensor: rows when an order quantizes it, bytes when all copy it.
struct StreamPiece {
    std::uint32_t entry = 0;
    bool rows = false;
    bool last = false;  ///< of its tensor
    std::size_t first = 0;
    std::size_t count = 0;
};

class TensorStream {
public:
    TensorStream(const ModelFile& model, std::span<const TensorOrder> orders, const JobContext& context)
        : m_model(model), m_orders(orders), m_context(context)
    {
    }

    Result<void> run()
    {
        // Every thread may hold one finished piece and work on another. Four bytes per element is the widest format.
        const std::size_t window = std::size_t{2} * m_context.pool.threadCount();
        m_pieceElements = std::clamp(kPieceBudgetBytes / 4 / window / m_orders.size(), kBatchElements, kMaximumPieceElements);
        for (std::size_t i = 0; i < m_orders.front().entries.size(); ++i) WW_TRY_VOID(addPieces(i));
        return runOrdered(
            m_pieces.size(), window, [this](std::size_t i, PieceBuffers& buffers) { return make(m_pieces[i], buffers); },
            [this](std::size_t i, std::span<const std::byte> bytes) { return deliver(m_pieces[i], bytes); }, m_context);
    }

private:
    /// What one order does to one tensor; null: it copies.
    using Encoder = std::unique_ptr<RowQuantizer>;

    [[nodiscard]] const TensorInfo& tensorOf(std::size_t index) const
    {
        return m_model.tensors()[m_orders.front().entries[index].tensorIndex];
    }
    [[nodiscard]] static std::size_t sourceRowBytes(const TensorInfo& tensor)
    {
        return rowBytes(tensor.type, tensor.shape.columns()).value_or(0);
    }
    /// Of all orders, for the tensor of a piece.
    [[nodiscard]] std::span<const Encoder> encodersOf(const StreamPiece& piece) const
    {
        return std::span(m_encoders).subspan(piece.entry * m_orders.size(), m_orders.size());
    }
    [[nodiscard]] std::size_t storedRowBytes(const Encoder& encoder, const StreamPiece& piece) const
    {
        return encoder ? encoder->formatRowBytes() : sourceRowBytes(tensorOf(piece.entry));
    }

    Result<void> addPieces(std::size_t index)
    {
        const TensorInfo& tensor = tensorOf(index);
        const std::size_t before = m_pieces.size();
        std::size_t batch = 0;
        for (const TensorOrder& order : m_orders) {
            const PlanEntry& entry = order.entries[index];
            m_encoders.emplace_back();
            if (!entry.quantized) continue;
            WW_TRY(auto encoder, RowQuantizer::create(m_model, tensor, entry.target, entry.method, entry.importance.get(), entry.grams));
            batch = std::max({batch, encoder.batchElements(), std::size_t{1}});
            m_encoders.back() = std::make_unique<RowQuantizer>(std::move(encoder));
        }
        const auto number = static_cast<std::uint32_t>(index);
        if (batch > 0) {
            const RowPieces pieces(tensor.shape, std::max<std::size_t>(1, m_pieceElements / batch) * batch);
            for (std::size_t i = 0; i < pieces.count(); ++i) {
                const auto piece = pieces.at(i);
                m_pieces.push_back({number, true, false, piece.firstRow, piece.rowCount});
            }
        } else {
            const std::size_t step = copyPieceBytes(tensor);
            for (std::size_t first = 0; first < tensor.sizeBytes; first += step)
                m_pieces.push_back({number, false, false, first, std::min<std::size_t>(step, tensor.sizeBytes - first)});
        }
        if (m_pieces.size() > before) m_pieces.back().last = true;
        return {};
    }

    /// Tensors without a view are copied in whole rows.
    [[nodiscard]] std::size_t copyPieceBytes(const TensorInfo& tensor) const
    {
        const std::size_t row = sourceRowBytes(tensor);
        return m_model.hasView(tensor) || row == 0 ? kCopyPieceBytes : std::max<std::size_t>(1, kCopyPieceBytes / row) * row;
    }

    Result<std::span<const std::byte>> copy(const TensorInfo& tensor, const StreamPiece& piece, PieceBuffers& buffers) const
    {
        if (m_model.hasView(tensor)) return m_model.view(tensor).bytes.subspan(piece.first, piece.count);
        const std::size_t row = std::max<std::size_t>(1, sourceRowBytes(tensor));
        buffers.bytes.ensure(piece.count);
        const auto out = buffers.bytes.span().first(piece.count);
        WW_TRY_VOID(m_model.readRows(tensor, piece.first / row, piece.count / row, out.data()));
        return std::span<const std::byte>(out);
    }

    /// The bytes of all orders one after another, or the source's own when all copy.
    Result<std::span<const std::byte>> make(const StreamPiece& piece, PieceBuffers& buffers) const
    {
        const TensorInfo& tensor = tensorOf(piece.entry);
        WW_TRY_VOID(m_model.checkUnchanged());
        if (piece.first == 0) {
            m_context.detail(tensor.name);
            m_model.prefetch(tensor);
        }
        if (!piece.rows) return copy(tensor, piece, buffers);
        std::size_t total = 0;
        for (const Encoder& encoder : encodersOf(piece)) total += piece.count * storedRowBytes(encoder, piece);
        buffers.bytes.ensure(total);
        const auto out = buffers.bytes.span().first(total);
        if (m_orders.size() == 1 && isKnown(0, piece)) {
            m_orders.front().journal->load(piece.entry, piece.first * storedRowBytes(encodersOf(piece).front(), piece), out);
            m_context.advance(piece.count * sourceRowBytes(tensor));
        } else if (m_orders.size() == 1)
            WW_TRY_VOID(encodersOf(piece).front()->quantizeRows(piece.first, piece.count, out, buffers.values, m_context));
        else
            WW_TRY_VOID(makeForAll(piece, out, buffers.values));
        return std::span<const std::byte>(out);
    }

    [[nodiscard]] bool isKnown(std::size_t order, const StreamPiece& piece) const
    {
        return m_orders[order].journal && m_orders[order].journal->finished(piece.entry);
    }

    /// Batch by batch: to float once, then every order's blocks of it.
    Result<void> makeForAll(const StreamPiece& piece, std::span<std::byte> out, AlignedBuffer<float>& values) const
    {
        const TensorInfo& tensor = tensorOf(piece.entry);
        std::size_t batchRows = 1;
        const RowQuantizer* reader = nullptr;
        for (const Encoder& encoder : encodersOf(piece))
            if (encoder) {
                batchRows = std::max(batchRows, encoder->batchElements() / std::max<std::size_t>(1, encoder->columns()));
                reader = encoder.get();
            }
        for (std::size_t done = 0; done < piece.count;) {
            const std::size_t first = piece.first + done;
            const std::size_t count = std::min(batchRows, piece.count - done);
            values.ensure(count * reader->columns());
            WW_TRY_VOID(reader->decodeSource(first, count, values.data()));
            std::size_t at = 0;
            const auto encoders = encodersOf(piece);
            for (std::size_t order = 0; order < encoders.size(); ++order) {
                if (m_context.stopRequested()) return cancelled();
                const Encoder& encoder = encoders[order];
                const std::size_t row = storedRowBytes(encoder, piece);
                const auto target = out.subspan(at + done * row, count * row);
                if (isKnown(order, piece))
                    m_orders[order].journal->load(piece.entry, first * row, target);
                else if (encoder && !encoder->copies())
                    WW_TRY_VOID(encoder->quantizeValues(values.data(), first, count, target));
                else
                    WW_TRY_VOID(m_model.readRows(tensor, first, count, target.data()));
                at += piece.count * row;
            }
            m_context.advance(count * sourceRowBytes(tensor));
            done += count;
        }
        return {};
    }

    Result<void> deliver(const StreamPiece& piece, std::span<const std::byte> bytes) const
    {
        const TensorInfo& tensor = tensorOf(piece.entry);
        std::size_t at = 0;
        for (std::size_t order = 0; order < m_orders.size(); ++order) {
            const std::size_t size = piece.rows ? piece.count * storedRowBytes(encodersOf(piece)[order], piece) : bytes.size();
            WW_TRY_VOID(m_orders[order].sink(m_orders[order].entries[piece.entry], bytes.subspan(at, size)));
            if (piece.rows && m_orders[order].journal) m_orders[order].journal->append(piece.entry, bytes.subspan(at, size));
            if (piece.rows) at += size;
        }
        if (!piece.rows) m_context.advance(bytes.size());
        if (piece.last)
            m_model.release(tensor);
        else
            releasePiece(tensor, piece);
        return {};
    }

    /// Gives the pages of a part of a large tensor back before its last part was read.
    void releasePiece(const TensorInfo& tensor, const StreamPiece& piece) const
    {
        if (tensor.sizeBytes < kHugeTensorBytes || !m_model.hasView(tensor)) return;
        const std::size_t unit = piece.rows ? sourceRowBytes(tensor) : 1;
        const std::uint64_t begin = tensor.offset + piece.first * unit;
        const std::uint64_t before = std::min<std::uint64_t>(begin, 2 << 20);  // the kernel may have mapped neighbours again
        m_model.files()[tensor.file]->release(begin - before, before + piece.count * unit);
    }

    const ModelFile& m_model;
    std::span<const TensorOrder> m_orders;
    const JobContext& m_context;
    std::size_t m_pieceElements = 0;
    std::vector<Encoder> m_encoders;  ///< of every order for the first tensor, then for the second …
    std::vector<StreamPiece> m_pieces;
};

}  // namespace

Result<void> streamTensors(const ModelFile& model, std::span<const TensorOrder> orders, const JobContext& context)
{
    if (orders.empty()) return {};
    auto result = TensorStream(model, orders, context).run();
    // What was read of a file that another program shortened meanwhile is worth nothing, and other errors follow from it.
    if (result || result.error().code != ErrorCode::Cancelled) WW_TRY_VOID(model.checkUnchanged());
    return result;
}

Result<void> streamTensors(const ModelFile& model, std::span<const PlanEntry> entries, const TensorSink& sink,
                           const JobContext& context)
{
    const TensorOrder order{entries, sink, nullptr};
    return streamTensors(model, std::span(&order, 1), context);
}

}  // namespace ww
