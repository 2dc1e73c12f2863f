// SPDX-License-Identifier: MIT
#include "methods/reference.h"

#include <fmt/format.h>

#include "formats/block_format.h"
#include "methods/checks.h"

namespace ww {
namespace {

class ReferenceQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return kDefaultMethod; }
    [[nodiscard]] std::string_view title() const override { return "llama.cpp search"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "Chooses scales and codes exactly as llama.cpp's own quantizer does: the same bytes, faster. Uses importance when "
               "there is any.";
    }
    [[nodiscard]] bool supports(TensorType format) const override
    {
        return traits(format).target && findBlockFormat(format) != nullptr;
    }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        if (!supports(format))
            return fail(ErrorCode::Unsupported, fmt::format("{} is not a format to quantize to.", ww::name(format)));
        WW_TRY_VOID(checkBatch(rows, format, out.size()));
        findBlockFormat(format)->encodeRows(rows.values, out.data(), rows.rowCount, rows.columns, rows.importance);
        return checkEncoded(rows, format, out);
    }
};

}  // namespace

const Quantizer& referenceQuantizer()
{
    static const ReferenceQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
