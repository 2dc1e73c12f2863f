// SPDX-License-Identifier: MIT
// The step that everything quantized goes through: rows of a tensor in, blocks out.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "io/model_file.h"
#include "methods/quantizer.h"

namespace ww {

/// Elements that are converted and encoded at a time. Small enough to stay in the cache between the two steps, and for
/// the slowest encoder to look at the stop token every 50 ms; large enough for SIMD over rows.
inline constexpr std::size_t kBatchElements = std::size_t{1} << 16;

/// The rows of a tensor cut into pieces of about equal size that never cross from one expert (ne[2]) to the next.
class RowPieces {
public:
    struct Piece {
        std::size_t firstRow = 0;
        std::size_t rowCount = 0;
    };
    RowPieces() = default;
    RowPieces(const Shape& shape, std::size_t elementsPerPiece);
    [[nodiscard]] std::size_t count() const { return m_piecesPerSlice * m_slices; }
    [[nodiscard]] Piece at(std::size_t index) const;
    [[nodiscard]] std::size_t indexOfRow(std::size_t row) const;

private:
    std::size_t m_rowsPerSlice = 0;
    std::size_t m_slices = 0;
    std::size_t m_rowsPerPiece = 1;
    std::size_t m_piecesPerSlice = 0;
};

/// One tensor bound to a format and a method. Borrows the model. Thread-safe.
class RowQuantizer {
public:
    /// `method` empty: the default. `importance` null: plain. `grams` null: none, for methods that do not need them. Errors:
    /// InvalidArgument (unknown method, importance of another shape, no Gram matrix though the method needs one), Unsupported (the method has no such format, the rows are no whole number of blocks, the source has no codec).
    static Result<RowQuantizer> create(const ModelFile& model, const TensorInfo& tensor, TensorType format, std::string_view method,
                                       const ImportanceEntry* importance, std::shared_ptr<const GramFactors> grams = nullptr);

    [[nodiscard]] const TensorInfo& tensor() const { return *m_tensor; }
    /// The bytes of the file are taken as they are: same type, and no method that changes the values first.
    [[nodiscard]] bool copies() const { return m_copies; }
    [[nodiscard]] TensorType format() const { return m_format; }
    [[nodiscard]] std::size_t columns() const { return m_columns; }
    [[nodiscard]] std::size_t rows() const { return m_rows; }
    [[nodiscard]] std::size_t formatRowBytes() const { return m_formatRowBytes; }
    [[nodiscard]] std::size_t sourceRowBytes() const { return m_sourceRowBytes; }

    /// Each row by itself gives what it gives among others; false: rows of one call must follow each other in the tensor.
    [[nodiscard]] bool rowsAreIndependent() const { return m_scans == nullptr; }

    /// Elements that are best encoded at once: about kBatchElements, in whole batches of rows of the method.
    [[nodiscard]] std::size_t batchElements() const { return m_batchRows * m_columns; }

    /// Source rows as floats.
    Result<void> decodeSource(std::size_t firstRow, std::size_t rowCount, float* out) const;
    /// Blocks as floats; `blocks` holds rowCount rows.
    Result<void> decodeBlocks(std::span<const std::byte> blocks, std::size_t rowCount, float* out) const;
    /// Floats of rows firstRow … of one expert to blocks (rowCount × formatRowBytes). Errors name the tensor, and row and
    /// column of a value that is not finite.
    Result<void> quantizeValues(const float* values, std::size_t firstRow, std::size_t rowCount, std::span<std::byte> out) const;
    /// Both steps for rows of one expert, batch by batch with a look at the stop token in between; `scratch` grows to one
    /// batch. A tensor that has the format already is copied. Reports the source bytes as progress.
    Result<void> quantizeRows(std::size_t firstRow, std::size_t rowCount, std::span<std::byte> out, AlignedBuffer<float>& scratch,
                              const JobContext& context) const;

private:
    /// What the method's scans of each matrix found, made when it is first needed.
    struct Scans {
        std::mutex mutex;
        std::vector<std::shared_ptr<const std::vector<float>>> found;
    };
    RowQuantizer() = default;
    /// Null when the method does not scan. `context` null: not to be cancelled.
    Result<std::shared_ptr<const std::vector<float>>> scanned(std::size_t matrix, const JobContext* context) const;
    [[nodiscard]] Error named(Error error) const;
    [[nodiscard]] const float* sourceInPlace(std::size_t firstRow) const;

    const ModelFile* m_model = nullptr;
    const TensorInfo* m_tensor = nullptr;
    const Quantizer* m_quantizer = nullptr;
    std::shared_ptr<const MethodValues> m_options;
    bool m_copies = false;
    std::shared_ptr<const std::vector<float>> m_importance;  ///< ne[0] × ne[2] values; null: none
    std::shared_ptr<const GramFactors> m_grams;              ///< null unless the method needs them
    std::shared_ptr<const std::vector<LayerInputs>> m_inputs;  ///< by expert, empty where unknown; null unless the method needs them
    std::shared_ptr<Scans> m_scans;                            ///< null: no scale goes beyond a row
    std::size_t m_batchRows = 1;
    TensorView m_view;
    bool m_hasView = true;  ///< else the rows come from m_model->readRows()
    TensorType m_format = TensorType::F32;
    std::size_t m_columns = 0;
    std::size_t m_rows = 0;
    std::size_t m_sourceRowBytes = 0;
    std::size_t m_formatRowBytes = 0;
};

}  // namespace ww
