// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "io/model_file.h"
#include "methods/input_transform.h"

namespace ww {

/// Where a forward pass gets float weights from: the file as it is, or the file as a recipe would store it.
/// Implementations are thread-safe.
class WeightSource {
public:
    virtual ~WeightSource() = default;
    [[nodiscard]] virtual const ModelFile& model() const = 0;
    /// Rows [firstRow, firstRow + rowCount) of a tensor as floats into `out` (rowCount × columns). Rows are spread over
    /// context.pool. Errors: NotFound, Unsupported (no codec), Cancelled.
    virtual Result<void> loadRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                                  const JobContext& context) const = 0;
    /// How the inputs of this matrix (of expert `matrix`, else 0) are changed before the product; null: not at all.
    [[nodiscard]] virtual Result<std::shared_ptr<const InputTransform>> inputTransform(const TensorInfo& /*tensor*/,
                                                                                       std::size_t /*matrix*/) const
    {
        return std::shared_ptr<const InputTransform>();
    }
    /// How keys or values that this matrix computes are rounded, one head at a time, before they are cached; null: not at all.
    [[nodiscard]] virtual Result<std::shared_ptr<const InputTransform>> cacheTransform(const TensorInfo& /*tensor*/) const
    {
        return std::shared_ptr<const InputTransform>();
    }
    /// As loadRows(), before any method changed the values: for transforms that multiply some columns exactly.
    virtual Result<void> loadExactRows(const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount, float* out,
                                       const JobContext& context) const
    {
        return loadRows(tensor, firstRow, rowCount, out, context);
    }
};

/// The weights as stored in the file.
[[nodiscard]] std::shared_ptr<const WeightSource> fileWeights(std::shared_ptr<const ModelFile> model);

}  // namespace ww
