// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/gram_factors.h"
#include "calibration/importance.h"
#include "io/model_file.h"

namespace ww {

/// Scales and codes of some rows of a tensor as a format would store them. Lists are row-major. Plain value.
struct BlockView {
    std::uint64_t firstRow = 0;
    std::size_t rows = 0;
    std::size_t groupsPerRow = 0;
    std::size_t groupLength = 0;      ///< weights that share one scale
    std::vector<float> scales;        ///< rows × groupsPerRow
    std::vector<float> offsets;       ///< the same; zeros for formats without
    std::vector<std::int16_t> codes;  ///< rows × groupsPerRow × groupLength
};

/// Quantizes up to `rowCount` rows from `firstRow` on, all of the same expert (fewer at its end). A tensor that has the format
/// already is shown as it is stored. Errors: Unsupported for formats without scales, else as quantizeTensor().
Result<BlockView> viewBlocks(const ModelFile& model, const TensorInfo& tensor, TensorType format, std::string_view method,
                             std::uint64_t firstRow, std::size_t rowCount, const JobContext& context,
                             const ImportanceEntry* importance = nullptr, std::shared_ptr<const GramFactors> grams = nullptr);

}  // namespace ww
