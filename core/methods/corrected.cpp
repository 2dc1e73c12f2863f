// SPDX-License-Identifier: MIT
#include "methods/corrected.h"

#include <fmt/format.h>

#include "formats/block_format.h"
#include "formats/iq_lattice.h"
#include "methods/checks.h"

namespace ww {
namespace {

class CorrectedQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "corrected"; }
    [[nodiscard]] std::string_view title() const override { return "llama.cpp search, defect corrected"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "As llama.cpp's search, but without its defect in IQ3_S: there, 32 zeros in a row damage the weights that follow "
               "them in their block of 256. The bytes differ from llama.cpp's only in such blocks, and every program reads them.";
    }
    [[nodiscard]] bool supports(TensorType format) const override { return format == TensorType::IQ3_S; }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        if (!supports(format))
            return fail(ErrorCode::Unsupported,
                        fmt::format("The method \"corrected\" is for IQ3_S; {} has nothing to correct.", ww::name(format)));
        WW_TRY_VOID(checkBatch(rows, format, out.size()));
        const auto bytes = static_cast<std::size_t>(rowBytes(format, rows.columns).value_or(0));
        encodeRowsIq3S(rows.values, out.data(), rows.rowCount, rows.columns, rows.importance);
        // Damaged rows are rare: only they are encoded again, by the scalar code.
        for (std::size_t r = 0; r < rows.rowCount; ++r) {
            const float* row = rows.values + r * rows.columns;
            if (iq3SDefectApplies(row, rows.columns))
                encodeRowIq3SCorrected(row, out.data() + r * bytes, rows.columns, rows.importance);
        }
        return checkEncoded(rows, format, out);
    }
};

}  // namespace

const Quantizer& correctedQuantizer()
{
    static const CorrectedQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
