// SPDX-License-Identifier: MIT
#include "methods/checks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "formats/block_format.h"

namespace ww {
namespace {

constexpr std::uint32_t kExponent = 0x7F800000U;

/// Index of the first value that is not finite (or is below zero, if that is refused too).
std::optional<std::size_t> firstRefused(const float* values, std::size_t count, bool refuseNegative)
{
    constexpr std::size_t kChunk = 4096;
    for (std::size_t first = 0; first < count; first += kChunk) {
        const std::size_t end = std::min(count, first + kChunk);
        // Without branches, so that the compiler can use vector registers: this runs over every weight of a model.
        std::uint32_t refused = 0;
        for (std::size_t i = first; i < end; ++i) {
            const auto bits = std::bit_cast<std::uint32_t>(values[i]);
            refused |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
        }
        if (refuseNegative)
            for (std::size_t i = first; i < end; ++i) refused |= static_cast<std::uint32_t>(values[i] < 0);
        if (!refused) continue;
        for (std::size_t i = first; i < end; ++i)
            if (!std::isfinite(values[i]) || (refuseNegative && values[i] < 0)) return i;
    }
    return std::nullopt;
}

std::string_view kindOf(float value)
{
    if (std::isnan(value)) return "not a number (NaN)";
    return std::isinf(value) ? "infinite" : "negative";
}

}  // namespace

Result<void> checkBatch(const RowBatch& rows, TensorType format, std::size_t outBytes)
{
    const auto bytes = rowBytes(format, rows.columns);
    if (!bytes)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("Rows of {} values cannot be stored as {}, which needs a multiple of {}; choose another format.",
                                rows.columns, name(format), traits(format).blockLength));
    if (outBytes != *bytes * rows.rowCount)
        return fail(ErrorCode::Internal, fmt::format("{} rows of {} need {} bytes, but {} were provided.", rows.rowCount,
                                                     name(format), *bytes * rows.rowCount, outBytes));
    if (!rows.importance && traits(format).importance == ImportanceUse::Required)
        return fail(
            ErrorCode::InvalidArgument,
            fmt::format("{} needs importance; load or compute an importance matrix, or choose a larger format.", name(format)));
    if (rows.importance) {
        if (const auto column = firstRefused(rows.importance, rows.columns, true))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("The importance of column {} is {}; compute the importance matrix again.", *column,
                                    kindOf(rows.importance[*column])));
    }
    if (const auto i = firstRefused(rows.values, rows.rowCount * rows.columns, false))
        return fail(ErrorCode::Corrupt, fmt::format("The value in row {}, column {} is {}, so the tensor cannot be quantized; the "
                                                    "model file is damaged or was badly converted.",
                                                    rows.firstRow + *i / rows.columns, *i % rows.columns, kindOf(rows.values[*i])));
    return {};
}

Result<void> checkEncoded(const RowBatch& rows, TensorType format, std::span<const std::byte> encoded)
{
    const BlockFormat* codec = findBlockFormat(format);
    const auto bytes = rowBytes(format, rows.columns);
    if (!codec || !bytes) return {};
    for (std::size_t r = 0; r < rows.rowCount; ++r) {
        const auto column = codec->findInvalid(encoded.data() + r * *bytes, rows.columns);
        if (!column) continue;
        const std::size_t last = *column + traits(format).blockLength - 1;
        const std::string place = last == *column
                                      ? fmt::format("The value in row {}, column {} is", rows.firstRow + r, *column)
                                      : fmt::format("The values in row {}, columns {} to {} are", rows.firstRow + r, *column, last);
        return fail(
            ErrorCode::Unsupported,
            fmt::format("{} too large for {}, so llama.cpp would refuse the tensor; keep it in BF16 or F32.", place, name(format)));
    }
    return {};
}

void giveDeadColumnsImportance(std::span<float> importance)
{
    if (std::ranges::find(importance, 0.0F) == importance.end()) return;
    double sum = 0;
    for (const float v : importance) sum += static_cast<double>(v);
    constexpr double kShare = 1e-6;
    const auto little = static_cast<float>(kShare * sum / static_cast<double>(importance.size()));
    std::ranges::replace(importance, 0.0F, little > 0 ? little : 1.0F);
}

}  // namespace ww
