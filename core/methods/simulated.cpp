// SPDX-License-Identifier: MIT
#include "methods/simulated.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "formats/block_format.h"
#include "methods/checks.h"

namespace ww {

bool SimulatedQuantizer::supports(TensorType format) const
{
    return traits(format).target && findBlockFormat(format) != nullptr;
}

Result<void> SimulatedQuantizer::quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const
{
    if (!supports(format))
        return fail(ErrorCode::Unsupported, fmt::format("{} is not a format to quantize to.", ww::name(format)));
    WW_TRY_VOID(checkBatch(rows, format, out.size()));
    const MethodValues values = rows.options ? *rows.options : MethodValues(options());
    std::vector<float> simulated(rows.values, rows.values + rows.rowCount * rows.columns);
    RowBatch batch = rows;
    std::vector<float> shared;
    if (batch.shared.empty())
        if (const auto pass = scan(values, rows.rowCount, rows.columns, rows.importance)) {
            pass->add(simulated);
            shared = pass->finish();
            batch.shared = shared;
            batch.matrixRow = 0;
        }
    simulateRows(simulated, batch, values);
    findBlockFormat(format)->encodeRows(simulated.data(), out.data(), rows.rowCount, rows.columns, rows.importance);
    return checkEncoded(rows, format, out);
}

void SimulatedQuantizer::simulateRows(std::span<float> rows, const RowBatch& batch, const MethodValues& values) const
{
    for (std::size_t r = 0; r < batch.rowCount; ++r) simulate(rows.subspan(r * batch.columns, batch.columns), batch.matrixRow + r, batch, values);
}

std::size_t groupLength(double option, std::size_t columns)
{
    const auto wanted = static_cast<std::size_t>(option);
    return std::max<std::size_t>(1, wanted == 0 ? columns : std::min(wanted, columns));
}

}  // namespace ww
