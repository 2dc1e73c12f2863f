// SPDX-License-Identifier: MIT
// What analysis methods have in common: values are replaced by those of a format that GGUF does not have, then stored in
// the format chosen.
#pragma once

#include "methods/quantizer.h"

namespace ww {

class SimulatedQuantizer : public Quantizer {
public:
    /// Formats with a codec; F16 and BF16 keep what the method chose almost exactly, others add a loss of their own.
    [[nodiscard]] bool supports(TensorType format) const final;
    [[nodiscard]] MethodOutcome outcome() const final { return MethodOutcome::Analysis; }
    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const final;

    /// The values of one row become those that the simulated format holds. `matrixRow` is its number in the matrix; `batch` tells
    /// importance, inputs and what the scan found.
    virtual void simulate(std::span<float> row, std::size_t matrixRow, const RowBatch& batch, const MethodValues& values) const = 0;
    /// All rows of the batch; for methods that work on rows side by side. Each row gets what it would get alone.
    virtual void simulateRows(std::span<float> rows, const RowBatch& batch, const MethodValues& values) const;
};

/// A group size option of 0 means the whole row.
[[nodiscard]] std::size_t groupLength(double option, std::size_t columns);

}  // namespace ww
