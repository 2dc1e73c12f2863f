// SPDX-License-Identifier: MIT
#include "jobs/row_quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "formats/block_format.h"
#include "methods/checks.h"
#include "methods/gptq.h"

namespace ww {

RowPieces::RowPieces(const Shape& shape, std::size_t elementsPerPiece)
    : m_rowsPerSlice(shape.ne[1]), m_slices(shape.ne[2] * shape.ne[3]),
      m_rowsPerPiece(std::max<std::size_t>(1, elementsPerPiece / std::max<std::size_t>(1, shape.columns()))),
      m_piecesPerSlice(shape.columns() == 0 ? 0 : (m_rowsPerSlice + m_rowsPerPiece - 1) / m_rowsPerPiece)
{
}

RowPieces::Piece RowPieces::at(std::size_t index) const
{
    const std::size_t slice = index / m_piecesPerSlice;
    const std::size_t inSlice = index % m_piecesPerSlice * m_rowsPerPiece;
    return {slice * m_rowsPerSlice + inSlice, std::min(m_rowsPerPiece, m_rowsPerSlice - inSlice)};
}

std::size_t RowPieces::indexOfRow(std::size_t row) const
{
    return row / m_rowsPerSlice * m_piecesPerSlice + row % m_rowsPerSlice / m_rowsPerPiece;
}

Result<RowQuantizer> RowQuantizer::create(const ModelFile& model, const TensorInfo& tensor, TensorType format,
                                          std::string_view method, const ImportanceEntry* importance, std::shared_ptr<const GramFactors> grams)
{
    RowQuantizer q;
    q.m_model = &model;
    q.m_tensor = &tensor;
    q.m_format = format;
    q.m_view = model.view(tensor);
    q.m_hasView = model.hasView(tensor);
    q.m_columns = tensor.shape.columns();
    q.m_rows = tensor.shape.rows();
    const auto refuse = [&](ErrorCode code, std::string message) { return fail(q.named({code, std::move(message), {}, {}, {}})); };

    auto parsed = parseMethod(method);
    if (!parsed) return refuse(parsed.error().code, parsed.error().message);
    q.m_quantizer = parsed->quantizer;
    q.m_options = std::make_shared<const MethodValues>(std::move(parsed->values));
    q.m_copies = format == tensor.type && (q.m_quantizer->exportable() || !q.m_quantizer->supports(format));
    if (!q.m_copies && !q.m_quantizer->supports(format))
        return refuse(ErrorCode::Unsupported,
                      fmt::format("The method \"{}\" cannot write the format {}.", q.m_quantizer->name(), name(format)));
    if (!findBlockFormat(tensor.type))
        return refuse(
            ErrorCode::Unsupported,
            fmt::format("The format {} of this tensor cannot be converted; the tensor can only be copied.", name(tensor.type)));
    const auto formatRow = rowBytes(format, q.m_columns);
    const auto sourceRow = rowBytes(tensor.type, q.m_columns);
    if (!formatRow || !sourceRow)
        return refuse(ErrorCode::Unsupported, fmt::format("Rows of {} values cannot be stored as {}, whose blocks hold {} values.",
                                                          q.m_columns, name(format), traits(format).blockLength));
    q.m_formatRowBytes = *formatRow;
    q.m_sourceRowBytes = *sourceRow;
    if (importance) {
        if (!fits(*importance, tensor.shape))
            return refuse(ErrorCode::InvalidArgument,
                          "The importance matrix has another number of columns than this tensor; it belongs "
                          "to another model.");
        std::vector<float> values(importance->sums.size());
        importance->meanSquares(0, values);
        // llama.cpp gives up blocks of columns that were always zero, and so does what writes its bytes.
        if (q.m_quantizer->name() != kDefaultMethod)
            for (std::size_t at = 0; q.m_columns > 0 && at < values.size(); at += q.m_columns)
                giveDeadColumnsImportance(std::span(values).subspan(at, std::min(q.m_columns, values.size() - at)));
        q.m_importance = std::make_shared<const std::vector<float>>(std::move(values));
    }
    q.m_batchRows = std::max<std::size_t>(1, kBatchElements / std::max<std::size_t>(1, q.m_columns));
    if (!q.m_copies && q.m_quantizer->scan(*q.m_options, tensor.shape.ne[1], q.m_columns, nullptr)) {
        q.m_scans = std::make_shared<Scans>();
        q.m_scans->found.resize(tensor.shape.ne[2] * tensor.shape.ne[3]);
    }
    const MethodData needed = q.m_copies ? MethodData::None : q.m_quantizer->dataNeededFor(*q.m_options);
    if (!needsCalibration(needed)) return q;
    if (!grams)
        return refuse(ErrorCode::MissingCalibration,
                      fmt::format("The method \"{}\" needs a calibration of this model{}, and there is none; give a calibration text or "
                                  "choose another method.",
                                  q.m_quantizer->name(), needed == MethodData::Gram ? " with Gram matrices" : ""));
    if (needed == MethodData::Inputs || q.m_quantizer->changesInputs(*q.m_options)) {
        std::vector<LayerInputs> inputs(tensor.shape.ne[2]);
        for (std::size_t m = 0; m < inputs.size(); ++m) {
            if (const InputStatistics* found = grams->calibration().find(tensor.name, m); found && found->columns != q.m_columns)
                return refuse(ErrorCode::InvalidArgument,
                              "The calibration has another number of columns than this tensor; it belongs to another model.");
            inputs[m] = grams->statistics(tensor.name, m, q.m_columns);
        }
        q.m_inputs = std::make_shared<const std::vector<LayerInputs>>(std::move(inputs));
    }
    if (needed == MethodData::Inputs) return q;
    q.m_grams = std::move(grams);
    q.m_batchRows = (q.m_batchRows + kGptqRows - 1) / kGptqRows * kGptqRows;
    return q;
}

Error RowQuantizer::named(Error error) const
{
    if (error.tensor.empty()) error.tensor = m_tensor->name;
    return error;
}

Result<void> RowQuantizer::decodeSource(std::size_t firstRow, std::size_t rowCount, float* out) const
{
    const auto decode = [&]() -> Result<void> {
        if (m_hasView) return decodeRows(m_view.type, m_view.bytes, firstRow, rowCount, m_columns, out);
        if (m_view.type == TensorType::F32) return m_model->readRows(*m_tensor, firstRow, rowCount, reinterpret_cast<std::byte*>(out));
        std::vector<std::byte> rows(rowCount * m_sourceRowBytes);
        WW_TRY_VOID(m_model->readRows(*m_tensor, firstRow, rowCount, rows.data()));
        return decodeRows(m_view.type, rows, 0, rowCount, m_columns, out);
    };
    auto result = decode();
    if (!result) return fail(named(std::move(result.error())));
    return {};
}

Result<void> RowQuantizer::decodeBlocks(std::span<const std::byte> blocks, std::size_t rowCount, float* out) const
{
    auto result = decodeRows(m_format, blocks, 0, rowCount, m_columns, out);
    if (!result) return fail(named(std::move(result.error())));
    return {};
}

Result<void> RowQuantizer::quantizeValues(const float* values, std::size_t firstRow, std::size_t rowCount,
                                          std::span<std::byte> out) const
{
    const std::size_t matrix = firstRow / m_tensor->shape.ne[1];
    RowBatch batch{.values = values,
                   .rowCount = rowCount,
                   .columns = m_columns,
                   .importance = m_importance ? m_importance->data() + matrix * m_columns : nullptr,
                   .firstRow = firstRow,
                   .matrixRow = firstRow % m_tensor->shape.ne[1],
                   .options = m_options.get(),
                   .tensor = m_tensor->name};
    WW_TRY(const auto shared, scanned(matrix, nullptr));
    if (shared) batch.shared = *shared;
    if (m_inputs && matrix < m_inputs->size() && !(*m_inputs)[matrix].empty()) batch.inputs = &(*m_inputs)[matrix];
    const Quantizer* quantizer = m_quantizer;
    std::shared_ptr<const GptqFactor> factor;
    if (m_grams) {
        auto found = m_grams->find(m_tensor->name, matrix, quantizer->factorOptions(*m_options, batch.inputs));
        if (!found) return fail(named(std::move(found.error())));
        factor = std::move(*found);
        batch.factor = factor.get();
        if (!factor && quantizer->exportable()) {  // an expert that no token reached; analysis methods do without
            quantizer = findQuantizer(kDefaultMethod);
            batch.options = nullptr;
        }
    }
    auto result = quantizer->quantize(batch, m_format, out);
    if (!result) return fail(named(std::move(result.error())));
    return {};
}

Result<std::shared_ptr<const std::vector<float>>> RowQuantizer::scanned(std::size_t matrix, const JobContext* context) const
{
    if (!m_scans) return std::shared_ptr<const std::vector<float>>();
    const std::lock_guard lock(m_scans->mutex);
    auto& found = m_scans->found[matrix];
    if (found) return found;
    const std::size_t rows = m_tensor->shape.ne[1];
    const auto scan = m_quantizer->scan(*m_options, rows, m_columns, m_importance ? m_importance->data() + matrix * m_columns : nullptr);
    std::vector<float> values;
    for (std::size_t done = 0; done < rows;) {
        if (context && context->stopRequested()) return cancelled();
        const std::size_t count = std::min(m_batchRows, rows - done);
        values.resize(count * m_columns);
        WW_TRY_VOID(decodeSource(matrix * rows + done, count, values.data()));
        scan->add(values);
        done += count;
    }
    found = std::make_shared<const std::vector<float>>(scan->finish());
    return found;
}

// F32 rows need no conversion when the file keeps them where a float may lie.
const float* RowQuantizer::sourceInPlace(std::size_t firstRow) const
{
    if (!m_hasView || m_view.type != TensorType::F32) return nullptr;
    const std::byte* row = m_view.bytes.data() + firstRow * m_sourceRowBytes;
    return reinterpret_cast<std::uintptr_t>(row) % alignof(float) == 0 ? reinterpret_cast<const float*>(row) : nullptr;
}

Result<void> RowQuantizer::quantizeRows(std::size_t firstRow, std::size_t rowCount, std::span<std::byte> out,
                                        AlignedBuffer<float>& scratch, const JobContext& context) const
{
    if (rowCount > 0) WW_TRY_VOID(scanned(firstRow / m_tensor->shape.ne[1], &context));
    for (std::size_t done = 0; done < rowCount;) {
        if (context.stopRequested()) return cancelled();
        const std::size_t first = firstRow + done;
        const std::size_t count = std::min(m_batchRows, rowCount - done);
        const auto target = out.subspan(done * m_formatRowBytes, count * m_formatRowBytes);
        if (m_copies) {
            auto copied = m_model->readRows(*m_tensor, first, count, target.data());
            if (!copied) return fail(named(std::move(copied.error())));
        } else if (const float* values = sourceInPlace(first)) {
            WW_TRY_VOID(quantizeValues(values, first, count, target));
        } else {
            scratch.ensure(count * m_columns);
            WW_TRY_VOID(decodeSource(first, count, scratch.data()));
            WW_TRY_VOID(quantizeValues(scratch.data(), first, count, target));
        }
        context.advance(count * m_sourceRowBytes);
        done += count;
    }
    return {};
}

}  // namespace ww
