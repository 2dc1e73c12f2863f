// SPDX-License-Identifier: MIT
#include "model/weight_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/parallel.h"
#include "formats/block_format.h"

namespace ww {
namespace {

// Floats per piece: large enough to hide the cost of handing it out, small enough to be done within a few milliseconds.
constexpr std::size_t kPieceFloats = std::size_t{1} << 16;

class FileWeights final : public WeightSource {
public:
    explicit FileWeights(std::shared_ptr<const ModelFile> model) : m_model(std::move(model)) {}

    [[nodiscard]] const ModelFile& model() const override { return *m_model; }

    Result<void> loadRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                          const JobContext& context) const override
    {
        const TensorInfo* known = m_model->find(tensor.name);
        if (!known)
            return fail(Error{ErrorCode::NotFound, "The model has no tensor of this name.", m_model->path(), tensor.name, {}});
        const auto rows = static_cast<std::size_t>(known->shape.rows());
        const auto columns = static_cast<std::size_t>(known->shape.columns());
        if (firstRow > rows || rowCount > rows - firstRow)
            return fail(
                Error{ErrorCode::InvalidArgument,
                      fmt::format("Rows {} to {} were asked for, but the tensor has {} rows.", firstRow, firstRow + rowCount, rows),
                      m_model->path(),
                      tensor.name,
                      {}});
        if (rowCount == 0 || columns == 0) return {};
        const bool hasView = m_model->hasView(*known);
        const TensorView view = m_model->view(*known);
        const std::size_t pieceRows = std::max<std::size_t>(1, kPieceFloats / columns);
        const std::size_t pieces = (rowCount + pieceRows - 1) / pieceRows;
        Result<void> result = parallelTry(context, pieces, [&](std::size_t piece) -> Result<void> {
            const std::size_t begin = piece * pieceRows;
            const std::size_t count = std::min(pieceRows, rowCount - begin);
            if (!hasView) return decodeComputedRows(*known, firstRow + begin, count, out + begin * columns);
            return decodeRows(view.type, view.bytes, firstRow + begin, count, columns, out + begin * columns);
        });
        // Pages of the file that were decoded are not needed again before the next pass; the system's cache keeps them anyway.
        if (firstRow + rowCount == rows) m_model->release(*known);
        if (result || result.error().code != ErrorCode::Cancelled) WW_TRY_VOID(m_model->checkUnchanged());
        if (!result && result.error().tensor.empty() && result.error().code != ErrorCode::Cancelled)
            result.error().tensor = tensor.name;
        return result;
    }

private:
    Result<void> decodeComputedRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out) const
    {
        const auto columns = static_cast<std::size_t>(tensor.shape.columns());
        if (tensor.type == TensorType::F32) return m_model->readRows(tensor, firstRow, rowCount, reinterpret_cast<std::byte*>(out));
        std::vector<std::byte> rows(rowCount * rowBytes(tensor.type, columns).value_or(0));
        WW_TRY_VOID(m_model->readRows(tensor, firstRow, rowCount, rows.data()));
        return decodeRows(tensor.type, rows, 0, rowCount, columns, out);
    }

    std::shared_ptr<const ModelFile> m_model;
};

}  // namespace

std::shared_ptr<const WeightSource> fileWeights(std::shared_ptr<const ModelFile> model)
{
    return std::make_shared<const FileWeights>(std::move(model));
}

}  // namespace ww
