// SPDX-License-Identifier: MIT
#include "methods/output_error.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/blas.h"
#include "base/parallel.h"

namespace ww {

void outputErrors(const float* rows, std::size_t count, const float* gram, std::size_t columns, AlignedBuffer<float>& product, double* errors)
{
    product.ensure(count * columns);
    blas::gemmNN(count, columns, columns, 1, rows, columns, gram, columns, 0, product.data(), columns);
    for (std::size_t r = 0; r < count; ++r) errors[r] = blas::dot(columns, rows + r * columns, product.data() + r * columns);
}

double outputError(const float* rows, std::size_t count, const float* gram, std::size_t columns, AlignedBuffer<float>& product)
{
    std::vector<double> errors(count);
    outputErrors(rows, count, gram, columns, product, errors.data());
    double sum = 0;
    for (const double error : errors) sum += error;
    return sum;
}

Result<double> outputError(const float* rows, std::size_t count, const float* gram, std::size_t columns, const JobContext& context)
{
    constexpr std::size_t kPieceRows = 64;
    std::vector<double> sums((count + kPieceRows - 1) / kPieceRows);
    auto done = parallelTry(context, sums.size(), [&](std::size_t piece) -> Result<void> {
        const std::size_t first = piece * kPieceRows;
        AlignedBuffer<float> product;
        sums[piece] = outputError(rows + first * columns, std::min(kPieceRows, count - first), gram, columns, product);
        return {};
    });
    WW_TRY_VOID(std::move(done));
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
}

}  // namespace ww
