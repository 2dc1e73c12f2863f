// SPDX-License-Identifier: MIT
#include "jobs/export_together.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <new>

#include "base/thread_pool.h"
#include "io/gguf_writer.h"
#include "jobs/ordered_pipeline.h"
#include "jobs/row_quantizer.h"

namespace ww {
namespace {

constexpr std::size_t kCopyPieceBytes = std::size_t{4} << 20;
constexpr std::size_t kPieceBudgetBytes = std::size_t{128} << 20;
constexpr std::size_t kHugeTensorBytes = std::size_t{256} << 20;
constexpr std::size_t kMaximumPieceElements = std::size_t{1} << 20;

/// Part of one tensor: rows when any order quantizes it, bytes when all copy it.
struct Piece {
    std::uint32_t tensor = 0;
    bool rows = false;
    bool last = false;  ///< of its tensor
    std::size_t first = 0;
    std::size_t count = 0;
};

class TogetherStream {
public:
    TogetherStream(const ModelFile& model, std::span<const ExportOrder> orders, std::vector<GgufWriter>& writers,
                   const JobContext& context)
        : m_model(model), m_orders(orders), m_writers(writers), m_context(context)
    {
    }

    Result<void> run()
    {
        const std::size_t window = std::size_t{2} * m_context.pool.threadCount();
        const std::size_t share = kPieceBudgetBytes / 4 / window / m_orders.size();
        m_pieceElements = std::clamp(share, kBatchElements, kMaximumPieceElements);
        for (std::size_t i = 0; i < entryCount(); ++i) WW_TRY_VOID(addPieces(i));
        return runOrdered(
            m_pieces.size(), window, [this](std::size_t i, PieceBuffers& buffers) { return make(m_pieces[i], buffers); },
            [this](std::size_t i, std::span<const std::byte> bytes) { return deliver(m_pieces[i], bytes); }, m_context);
    }

private:
    /// What one order does to one tensor; empty: it copies.
    using Encoder = std::unique_ptr<RowQuantizer>;

    [[nodiscard]] std::size_t entryCount() const { return m_orders.front().plan->entries.size(); }
    [[nodiscard]] const PlanEntry& entry(std::size_t order, std::size_t tensor) const
    {
        return m_orders[order].plan->entries[tensor];
    }
    [[nodiscard]] const TensorInfo& tensorOf(std::size_t index) const { return m_model.tensors()[entry(0, index).tensorIndex]; }
    [[nodiscard]] const Encoder& encoder(std::size_t order, std::size_t tensor) const
    {
        return m_encoders[tensor * m_orders.size() + order];
    }
    [[nodiscard]] std::size_t sourceRow(const TensorInfo& tensor) const
    {
        return rowBytes(tensor.type, tensor.shape.columns()).value_or(0);
    }
    [[nodiscard]] std::size_t rowBytesOf(std::size_t order, const Piece& piece) const
    {
        const Encoder& e = encoder(order, piece.tensor);
        return e ? e->formatRowBytes() : sourceRow(tensorOf(piece.tensor));
    }

    Result<void> addPieces(std::size_t index)
    {
        const TensorInfo& tensor = tensorOf(index);
        const std::size_t before = m_pieces.size();
        std::size_t batch = 0;
        for (std::size_t order = 0; order < m_orders.size(); ++order) {
            const PlanEntry& e = entry(order, index);
            m_encoders.emplace_back();
            if (!e.quantized) continue;
            WW_TRY(auto made, RowQuantizer::create(m_model, tensor, e.target, e.method, e.importance.get(), e.grams));
            batch = std::max(batch, made.batchElements());
            m_encoders.back() = std::make_unique<RowQuantizer>(std::move(made));
        }
        const auto number = static_cast<std::uint32_t>(index);
        if (batch > 0) {
            const RowPieces pieces(tensor.shape, std::max<std::size_t>(1, m_pieceElements / batch) * batch);
            for (std::size_t i = 0; i < pieces.count(); ++i)
                m_pieces.push_back({number, true, false, pieces.at(i).firstRow, pieces.at(i).rowCount});
        } else {
            const std::size_t row = sourceRow(tensor);
            const std::size_t step =
                m_model.hasView(tensor) || row == 0 ? kCopyPieceBytes : std::max<std::size_t>(1, kCopyPieceBytes / row) * row;
            for (std::size_t first = 0; first < tensor.sizeBytes; first += step)
                m_pieces.push_back({number, false, false, first, std::min<std::size_t>(step, tensor.sizeBytes - first)});
        }
        if (m_pieces.size() > before) m_pieces.back().last = true;
        return {};
    }

    /// The bytes of all orders one after another, or the source's own when all copy.
    Result<std::span<const std::byte>> make(const Piece& piece, PieceBuffers& buffers) const
    {
        const TensorInfo& tensor = tensorOf(piece.tensor);
        WW_TRY_VOID(m_model.checkUnchanged());
        if (piece.first == 0) {
            m_context.detail(tensor.name);
            m_model.prefetch(tensor);
        }
        if (!piece.rows) {
            if (m_model.hasView(tensor)) return m_model.view(tensor).bytes.subspan(piece.first, piece.count);
            buffers.bytes.ensure(piece.count);
            const std::size_t row = std::max<std::size_t>(1, sourceRow(tensor));
            WW_TRY_VOID(m_model.readRows(tensor, piece.first / row, piece.count / row, buffers.bytes.data()));
            return std::span<const std::byte>(buffers.bytes.span().first(piece.count));
        }
        std::size_t total = 0;
        for (std::size_t order = 0; order < m_orders.size(); ++order) total += piece.count * rowBytesOf(order, piece);
        buffers.bytes.ensure(total);
        const auto out = buffers.bytes.span().first(total);
        WW_TRY_VOID(makeRows(piece, out, buffers.values));
        return std::span<const std::byte>(out);
    }

    /// Batch by batch: to float once, then every order's blocks of it.
    Result<void> makeRows(const Piece& piece, std::span<std::byte> out, AlignedBuffer<float>& values) const
    {
        const TensorInfo& tensor = tensorOf(piece.tensor);
        std::size_t batchRows = 1;
        const RowQuantizer* reader = nullptr;
        for (std::size_t order = 0; order < m_orders.size(); ++order)
            if (const Encoder& e = encoder(order, piece.tensor)) {
                batchRows = std::max(batchRows, e->batchElements() / std::max<std::size_t>(1, e->columns()));
                reader = e.get();
            }
        for (std::size_t done = 0; done < piece.count;) {
            const std::size_t first = piece.first + done;
            const std::size_t count = std::min(batchRows, piece.count - done);
            values.ensure(count * reader->columns());
            WW_TRY_VOID(reader->decodeSource(first, count, values.data()));
            std::size_t at = 0;
            for (std::size_t order = 0; order < m_orders.size(); ++order) {
                if (m_context.stopRequested()) return cancelled();
                const std::size_t row = rowBytesOf(order, piece);
                const auto target = out.subspan(at + done * row, count * row);
                if (const Encoder& e = encoder(order, piece.tensor); e && !e->copies())
                    WW_TRY_VOID(e->quantizeValues(values.data(), first, count, target));
                else
                    WW_TRY_VOID(m_model.readRows(tensor, first, count, target.data()));
                at += piece.count * row;
            }
            m_context.advance(count * sourceRow(tensor));
            done += count;
        }
        return {};
    }

    Result<void> deliver(const Piece& piece, std::span<const std::byte> bytes) const
    {
        const TensorInfo& tensor = tensorOf(piece.tensor);
        std::size_t at = 0;
        for (std::size_t order = 0; order < m_orders.size(); ++order) {
            const std::size_t size = piece.rows ? piece.count * rowBytesOf(order, piece) : bytes.size();
            WW_TRY_VOID(m_writers[order].write(bytes.subspan(at, size)));
            if (piece.rows) at += size;
        }
        if (!piece.rows) m_context.advance(bytes.size());
        const std::size_t unit = piece.rows ? sourceRow(tensor) : 1;
        if (piece.last)
            m_model.release(tensor);
        else if (tensor.sizeBytes >= kHugeTensorBytes && m_model.hasView(tensor))
            m_model.files()[tensor.file]->release(tensor.offset + piece.first * unit, piece.count * unit);
        return {};
    }

    const ModelFile& m_model;
    std::span<const ExportOrder> m_orders;
    std::vector<GgufWriter>& m_writers;
    const JobContext& m_context;
    std::size_t m_pieceElements = 0;
    std::vector<Encoder> m_encoders;  ///< of every order for the first tensor, then for the second …
    std::vector<Piece> m_pieces;
};

bool sameTensors(const Plan& a, const Plan& b)
{
    return std::ranges::equal(a.entries, b.entries, [](const PlanEntry& x, const PlanEntry& y) {
        return x.tensorIndex == y.tensorIndex && x.newName == y.newName;
    });
}

Result<GgufWriter> createWriter(const ModelFile& model, const ExportOrder& order, ExportSummary& summary)
{
    if (model.isSameFile(order.target))
        return fail(ErrorCode::Unwritable, "The output would overwrite the model that is being read; choose another name.",
                    order.target);
    std::vector<TensorInfo> tensors;
    for (const PlanEntry& entry : order.plan->entries) {
        tensors.push_back(model.tensors()[entry.tensorIndex]);
        tensors.back().name = entry.nameIn(model);
        tensors.back().type = entry.target;
        ++(entry.quantized ? summary.quantizedTensors : summary.copiedTensors);
    }
    const Metadata metadata = exportMetadata(model, *order.plan);
    summary.path = order.target;
    summary.sizeBytes = GgufWriter::fileSizeBytes(metadata, tensors);
    const std::array sources{model.path()};
    return GgufWriter::create(order.target, metadata, tensors, sources);
}

Result<std::vector<ExportSummary>> writeAll(const ModelFile& model, std::span<const ExportOrder> orders, const JobContext& context)
{
    const auto start = std::chrono::steady_clock::now();
    if (orders.empty()) return std::vector<ExportSummary>{};
    WW_TRY_VOID(model.checkUnchanged());
    std::vector<ExportSummary> summaries(orders.size());
    std::vector<GgufWriter> writers;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (!sameTensors(*orders[0].plan, *orders[i].plan))
            return fail(ErrorCode::InvalidArgument, "Only plans of the same tensors can be exported together.", orders[i].target);
        for (std::size_t j = 0; j < i; ++j)
            if (orders[j].target.lexically_normal() == orders[i].target.lexically_normal())
                return fail(ErrorCode::InvalidArgument, "Two exports have the same name; give each a name of its own.",
                            orders[i].target);
        WW_TRY(GgufWriter writer, createWriter(model, orders[i], summaries[i]));
        writers.push_back(std::move(writer));
    }
    std::uint64_t sourceBytes = 0;
    for (const PlanEntry& entry : orders[0].plan->entries) sourceBytes += model.tensors()[entry.tensorIndex].sizeBytes;
    context.begin("Exporting", sourceBytes, ProgressUnit::Bytes);
    auto streamed = TogetherStream(model, orders, writers, context).run();
    if (streamed || streamed.error().code != ErrorCode::Cancelled) WW_TRY_VOID(model.checkUnchanged());
    WW_TRY_VOID(std::move(streamed));
    if (context.stopRequested()) return cancelled();
    for (GgufWriter& writer : writers) WW_TRY_VOID(writer.finish());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (ExportSummary& summary : summaries) summary.seconds = seconds;
    return summaries;
}

}  // namespace

Result<std::vector<ExportSummary>> exportTogether(const ModelFile& model, std::span<const ExportOrder> orders,
                                                  const JobContext& context)
{
    try {
        return writeAll(model, orders, context);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to export the model. Close other programs and try again.");
    }
}

}  // namespace ww
