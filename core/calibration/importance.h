// SPDX-License-Identifier: MIT
// How much each input column of a weight matrix matters: sums of squared inputs over a text, diag(H) up to a factor.
// llama.cpp calls it the importance matrix (imatrix).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/tensor_info.h"

namespace ww {

/// Of one weight tensor. Matrix m of `counts.size()` matrices (one, or one per expert) has its `columns()` sums at
/// sums[m × columns()].
struct ImportanceEntry {
    std::string tensor;                 ///< name of the weight tensor
    std::vector<float> sums;            ///< Σ x² per input column; finite, not negative
    std::vector<std::uint64_t> counts;  ///< rows that were summed, per matrix; 0: an expert that no token reached

    [[nodiscard]] std::size_t columns() const { return counts.empty() ? 0 : sums.size() / counts.size(); }
    /// Mean squares as the quantizers use them, for the flat range [first, first + out.size()) of `sums`: sum / count in
    /// single precision, and 1 where the count is 0.
    void meanSquares(std::size_t first, std::span<float> out) const;
    bool operator==(const ImportanceEntry&) const = default;
};

/// Plain value. Entries ascend bytewise by name, and names are unique; add() keeps it so.
struct ImportanceMatrix {
    std::filesystem::path path;         ///< file it was read from; empty for one that was computed
    std::vector<std::string> datasets;  ///< names of the texts
    std::uint32_t chunkCount = 0;       ///< windows that went in
    std::uint32_t chunkSize = 512;      ///< tokens per window
    std::vector<ImportanceEntry> entries;

    [[nodiscard]] const ImportanceEntry* find(std::string_view tensorName) const;
    /// False, and nothing changed, when there is an entry of that name.
    bool add(ImportanceEntry entry);
};

/// True when the entry has a value for every column of every matrix of `shape`.
[[nodiscard]] bool fits(const ImportanceEntry& entry, const Shape& shape);

/// Adds sums, counts, chunks and data sets of `other`. A single count is taken for all matrices of the other file. Error
/// InvalidArgument names a tensor whose sizes differ (the files belong to different models); `into` is unchanged then.
Result<void> merge(ImportanceMatrix& into, const ImportanceMatrix& other);

/// What one looks at to judge an importance matrix. Over the mean squares of all matrices of a tensor.
struct ImportanceStatistics {
    std::string tensor;
    std::size_t values = 0;
    double sum = 0;
    double minimum = 0;
    double maximum = 0;
    double mean = 0;
    double standardDeviation = 0;
    double outlierShare = 0;         ///< share of values more than one standard deviation from the mean ("ZD")
    double entropyBits = 0;          ///< −Σ p·log2 p, p = value / sum
    double normalizedEntropy = 0;    ///< entropy / log2(values); 0 for fewer than two values
    double previousLayerCosine = 0;  ///< cosine with the same tensor one block earlier
    bool hasPreviousLayer = false;
    std::uint64_t minimumCount = 0;  ///< fewest rows of any matrix
    std::uint64_t maximumCount = 0;
    std::size_t unreachedMatrices = 0;  ///< experts with count 0
};
/// One per entry, in their order.
[[nodiscard]] std::vector<ImportanceStatistics> statistics(const ImportanceMatrix& matrix);

}  // namespace ww
