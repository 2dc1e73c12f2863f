// SPDX-License-Identifier: MIT
#include "methods/gptq_quantizer.h"

#include <array>

#include <fmt/format.h>

namespace ww {
namespace {

constexpr std::array<std::string_view, 2> kOnOff = {"on", "off"};
constexpr std::array<MethodOption, 4> kOptions = {{
    {"damping", "Damping",
     "Share of the mean of the diagonal that is added to it. 0 chooses 0.1, or 0.02 from eight calibration tokens per column on.", "0",
     MethodOption::Kind::Number, 0, 10, {}},
    {"actorder", "Important columns first",
     "Round the columns with the largest inputs first, while all the others can still make up for their errors.", "on",
     MethodOption::Kind::Choice, 0, 0, kOnOff},
    {"polish", "Descent passes", "Sweeps over all codes afterwards; each change lowers the error of the output.", "4",
     MethodOption::Kind::Integer, 0, 100, {}},
    {"refit", "Fit scales", "Let the sweeps also fit scales and offsets, for the output instead of for the weights.", "on",
     MethodOption::Kind::Choice, 0, 0, kOnOff},
}};

class GptqQuantizer final : public Quantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "gptq"; }
    [[nodiscard]] std::string_view title() const override { return "GPTQ"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "Chooses codes so that the output of the layer on calibration text changes least: each column makes up for the errors "
               "of those before it, and in IQ2 and IQ3 eight columns at a time for those of all others. Rows that do not gain keep "
               "llama.cpp's codes.";
    }
    [[nodiscard]] bool supports(TensorType format) const override { return gptqSupports(format); }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }
    [[nodiscard]] MethodData dataNeeded() const override { return MethodData::Gram; }
    [[nodiscard]] GptqOptions factorOptions(const MethodValues& values, const LayerInputs* /*inputs*/) const override
    {
        return gptqOptions(&values);
    }

    Result<void> quantize(const RowBatch& rows, TensorType format, std::span<std::byte> out) const override
    {
        if (!supports(format)) return fail(ErrorCode::Unsupported, fmt::format("GPTQ cannot choose the codes of {}.", ww::name(format)));
        if (!rows.factor)
            return fail(ErrorCode::InvalidArgument,
                        "GPTQ needs the Gram matrix of this tensor's inputs; calibrate the model with a text first.");
        WW_TRY_VOID(gptqRows(rows, format, *rows.factor, gptqOptions(rows.options), out));
        return {};
    }
};

}  // namespace

const Quantizer& gptqQuantizer()
{
    static const GptqQuantizer quantizer;
    return quantizer;
}

GptqOptions gptqOptions(const MethodValues* values)
{
    const MethodValues defaults{std::span<const MethodOption>(kOptions)};
    if (!values) values = &defaults;
    GptqOptions options;
    if (const double damping = values->number("damping"); damping > 0) options.damping = damping;
    options.actOrder = values->flag("actorder");
    options.polishPasses = values->integer("polish");
    options.refit = values->flag("refit");
    return options;
}

}  // namespace ww
