// SPDX-License-Identifier: MIT
#include "jobs/block_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/block_scales.h"
#include "jobs/row_quantizer.h"

namespace ww {

Result<BlockView> viewBlocks(const ModelFile& model, const TensorInfo& tensor, TensorType format, std::string_view method,
                             std::uint64_t firstRow, std::size_t rowCount, const JobContext& context,
                             const ImportanceEntry* importance, std::shared_ptr<const GramFactors> grams)
{
    const std::size_t group = scaleGroupLength(format);
    if (group == 0) return fail(ErrorCode::Unsupported, fmt::format("{} stores every weight by itself, without blocks.", name(format)));
    WW_TRY_VOID(model.checkUnchanged());
    WW_TRY(const RowQuantizer quantizer, RowQuantizer::create(model, tensor, format, method, importance, std::move(grams)));
    if (firstRow >= quantizer.rows()) return fail(ErrorCode::InvalidArgument, fmt::format("{} has no row {}.", tensor.name, firstRow));
    const auto perExpert = static_cast<std::size_t>(tensor.shape.ne[1]);
    const auto first = static_cast<std::size_t>(firstRow);
    const std::size_t columns = quantizer.columns();
    rowCount = std::min(rowCount, perExpert - first % perExpert);
    context.begin("Quantizing", rowCount * quantizer.sourceRowBytes(), ProgressUnit::Bytes);
    context.detail(tensor.name);

    AlignedBuffer<float> scratch;
    std::vector<std::byte> blocks(rowCount * quantizer.formatRowBytes());
    WW_TRY_VOID(quantizer.quantizeRows(first, rowCount, blocks, scratch, context));
    std::vector<float> decoded(rowCount * columns);
    WW_TRY_VOID(quantizer.decodeBlocks(blocks, rowCount, decoded.data()));

    BlockView view;
    view.firstRow = firstRow;
    view.rows = rowCount;
    view.groupLength = group;
    view.groupsPerRow = columns / group;
    view.codes.reserve(decoded.size());
    std::vector<BlockScale> scales(view.groupsPerRow);
    for (std::size_t row = 0; row < rowCount; ++row) {
        if (context.stopRequested()) return cancelled();
        readBlockScales(format, blocks.data() + row * quantizer.formatRowBytes(), columns, scales);
        for (const BlockScale& scale : scales) {
            view.scales.push_back(scale.scale);
            view.offsets.push_back(scale.offset);
        }
        for (std::size_t i = 0; i < columns; ++i) view.codes.push_back(blockCode(scales[i / group], decoded[row * columns + i]));
    }
    return view;
}

}  // namespace ww
