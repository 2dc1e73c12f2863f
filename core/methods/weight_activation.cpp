// SPDX-License-Identifier: MIT
#include "methods/weight_activation.h"

#include <algorithm>
#include <array>
#include <vector>

#include "methods/gptq_groups.h"
#include "methods/input_transforms.h"
#include "methods/simulated.h"
#include "methods/uniform.h"

namespace ww {
namespace {

using Kind = MethodOption::Kind;

constexpr std::array<std::string_view, 3> kScales = {"token", "tensor", "group"};
constexpr std::array<std::string_view, 3> kScaleTitles = {"a token", "all tokens of a window", "a group within a token"};
constexpr MethodOption kWeightBits{"bits", "Bits of the weights", "Bits of a weight; each row has one scale.", "8", Kind::Integer, 2, 8, {}};
constexpr MethodOption kActivationBits{"activation-bits", "Bits of the inputs", "Bits of a rounded input; 16 leaves the inputs as they are.",
                                       "8", Kind::Integer, 2, 16, {}};
constexpr std::string_view kRounded = "activation-bits<16";
constexpr std::array kDynamicOptions = {
    MethodOption{"scale", "Scale of the inputs",
                 "Which inputs share a scale.", "token", Kind::Choice, 0, 0, kScales, kScaleTitles, kRounded},
    MethodOption{"group", "Group size", "Inputs of a group, if groups share a scale.", "128", Kind::Integer, 1, 65536, {}, {},
                 "scale=group,activation-bits<16"},
    kActivationBits,
    kWeightBits,
};

constexpr std::array<std::string_view, 2> kObservers = {"absmax", "percentile"};
constexpr std::array<std::string_view, 2> kObserverTitles = {"largest magnitude", "without the largest values"};
constexpr std::array kStaticOptions = {
    MethodOption{"range", "Range of the inputs",
                 "What the calibration text fixes as the largest input: the largest magnitude, or one that a share of the values does not "
                 "exceed.",
                 "absmax", Kind::Choice, 0, 0, kObservers, kObserverTitles, kRounded},
    MethodOption{"percentile", "Percentile", "Share of the values inside the range if the largest are left out, in percent.", "99.99",
                 Kind::Number, 50, 100, {}, {}, "range=percentile,activation-bits<16"},
    kActivationBits,
    kWeightBits,
};

constexpr std::array<std::string_view, 2> kOutlierWeights = {"float", "int8"};
constexpr std::array<std::string_view, 2> kOutlierWeightTitles = {"those of the source", "8-bit"};
constexpr std::array<std::string_view, 2> kUnits = {"absolute", "rms"};
constexpr std::array<std::string_view, 2> kUnitTitles = {"absolute", "root mean squares of the inputs"};
constexpr std::array kOutlierOptions = {
    MethodOption{"threshold", "Threshold",
                 "Columns with an input of at least this magnitude in the window are multiplied as floats; 0: all columns.", "6",
                 Kind::Number, 0, 1e30, {}},
    MethodOption{"unit", "Unit of the threshold",
                 "Multiples of the root mean square are for models whose inputs are not of size 1.", "absolute", Kind::Choice, 0, 0, kUnits,
                 kUnitTitles, "threshold>0"},
    MethodOption{"outliers", "Weights of outliers",
                 "What columns with outliers are multiplied with: the weights of the source, as in the paper, or the 8-bit weights, as "
                 "bitsandbytes stores them.",
                 "float", Kind::Choice, 0, 0, kOutlierWeights, kOutlierWeightTitles},
};

constexpr std::array<std::string_view, 2> kOrders = {"squares", "absmax"};
constexpr std::array<std::string_view, 2> kOrderTitles = {"mean square", "largest magnitude"};
constexpr std::array<std::string_view, 2> kCodes = {"gptq", "nearest"};
constexpr std::array<std::string_view, 2> kCodeTitles = {"GPTQ", "nearest values"};
constexpr std::array kAtomOptions = {
    MethodOption{"keep", "Columns with 8 bits", "So many columns, those with the largest inputs, have 8 bits.", "128", Kind::Integer, 0,
                 1048576, {}},
    MethodOption{"group", "Group size", "Columns that share a scale, after sorting.", "128", Kind::Integer, 1, 65536, {}},
    MethodOption{"bits", "Bits of the weights", "Bits of a weight of the other columns.", "4", Kind::Integer, 2, 8, {}},
    MethodOption{"activation-bits", "Bits of the inputs", "Bits of an input of the other columns; 16 leaves all inputs as they are.", "4",
                 Kind::Integer, 2, 16, {}},
    MethodOption{"order", "Sorted by", "Columns are sorted by the mean square of their inputs or by the largest magnitude.", "squares",
                 Kind::Choice, 0, 0, kOrders, kOrderTitles},
    MethodOption{"clip", "Clipping of the weights", "Share of the largest magnitude of a group that stays in range.", "0.85", Kind::Number,
                 0.1, 1, {}},
    MethodOption{"activation-clip", "Clipping of the inputs", "The same for inputs.", "0.9", Kind::Number, 0.1, 1, {}, {}, kRounded},
    MethodOption{"codes", "Codes",
                 "GPTQ lets columns make up for the errors of those before them, the ones with 8 bits last; it needs Gram matrices.", "gptq",
                 Kind::Choice, 0, 0, kCodes, kCodeTitles},
    MethodOption{"damping", "Damping", "Of GPTQ: share of the mean of the diagonal that is added to it.", "0.01", Kind::Number, 0, 10, {}, {},
                 "codes=gptq"},
    MethodOption{"kv-bits", "Bits of keys and values",
                 "Bits of a number in the cache of keys and values, with a range for each head and token; 16 leaves them as they are.", "4",
                 Kind::Integer, 2, 16, {}},
};

/// Weights as whole numbers with one scale per row, inputs rounded too.
class RowScaledQuantizer : public SimulatedQuantizer {
public:
    [[nodiscard]] bool changesInputs(const MethodValues& /*values*/) const override { return true; }
    [[nodiscard]] TensorType nearestFormat(const MethodValues& values) const override { return nearestUniform(weightBits(values), false); }
    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        return weightBits(values) + 16 / static_cast<double>(std::max<std::size_t>(1, columns));
    }
    void simulate(std::span<float> row, std::size_t /*matrixRow*/, const RowBatch& /*batch*/, const MethodValues& values) const override
    {
        roundSymmetric(row, weightBits(values));
    }

protected:
    [[nodiscard]] virtual int weightBits(const MethodValues& values) const { return values.integer("bits"); }
};

class W8A8DynamicQuantizer final : public RowScaledQuantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "w8a8-dynamic"; }
    [[nodiscard]] std::string_view title() const override { return "W8A8, dynamic"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "8-bit weights with one scale per row, and inputs of each layer rounded to 8 bits with a scale from the values at hand, as "
               "integer engines compute.";
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kDynamicOptions; }
    [[nodiscard]] std::shared_ptr<const InputTransform> inputTransform(const MethodValues& values, const LayerInputs* /*inputs*/) const override
    {
        const int bits = values.integer("activation-bits");
        if (values.text("scale") == "tensor") return windowTransform(bits);
        return tokenTransform(bits, values.text("scale") == "group" ? static_cast<std::size_t>(values.integer("group")) : 0);
    }
};

class W8A8StaticQuantizer final : public RowScaledQuantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "w8a8-static"; }
    [[nodiscard]] std::string_view title() const override { return "W8A8, static"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "8-bit weights with one scale per row, and inputs of each layer rounded to 8 bits with one scale that a calibration text "
               "fixed. Outliers make it coarse; scaling channels before (SmoothQuant) helps.";
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kStaticOptions; }
    [[nodiscard]] MethodData dataNeeded() const override { return MethodData::Inputs; }
    /// A matrix that calibration did not reach gets a scale per token.
    [[nodiscard]] std::shared_ptr<const InputTransform> inputTransform(const MethodValues& values, const LayerInputs* inputs) const override
    {
        const int bits = values.integer("activation-bits");
        if (!inputs) return tokenTransform(bits, 0);
        return staticTransform(bits, inputs->limit(values.text("range") == "percentile" ? values.number("percentile") : 100));
    }
};

class LlmInt8Quantizer final : public RowScaledQuantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "llm-int8"; }
    [[nodiscard]] std::string_view title() const override { return "LLM.int8()"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "8-bit weights per row and 8-bit inputs per token, but columns of inputs with outliers are multiplied as floats. Q8_0 is at "
               "least as accurate and needs no such exception.";
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOutlierOptions; }
    [[nodiscard]] std::shared_ptr<const InputTransform> inputTransform(const MethodValues& values, const LayerInputs* /*inputs*/) const override
    {
        return outlierTransform({.threshold = static_cast<float>(values.number("threshold")),
                                 .relative = values.text("unit") == "rms",
                                 .exactWeights = values.text("outliers") == "float"});
    }

protected:
    [[nodiscard]] int weightBits(const MethodValues& /*values*/) const override { return 8; }
};

class AtomQuantizer final : public SimulatedQuantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "atom"; }
    [[nodiscard]] std::string_view title() const override { return "Atom (W4A4)"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "4-bit weights and 4-bit inputs in groups of 128 columns sorted by the size of their inputs; the largest columns have 8 "
               "bits. GPTQ chooses the weights, and keys and values are cached with 4 bits.";
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kAtomOptions; }
    [[nodiscard]] MethodData dataNeeded() const override { return MethodData::Gram; }
    [[nodiscard]] MethodData dataNeededFor(const MethodValues& values) const override
    {
        return values.text("codes") == "gptq" ? MethodData::Gram : MethodData::Inputs;
    }
    [[nodiscard]] GptqOptions factorOptions(const MethodValues& values, const LayerInputs* inputs) const override
    {
        GptqOptions options;
        options.damping = values.number("damping");
        if (inputs) options.order = settings(values, inputs, inputs->absMax.size(), 4, 1).order;
        return options;
    }
    [[nodiscard]] bool changesInputs(const MethodValues& /*values*/) const override { return true; }

    [[nodiscard]] TensorType nearestFormat(const MethodValues& values) const override { return nearestUniform(values.integer("bits"), false); }
    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        if (columns == 0) return values.number("bits");
        const std::size_t keep = std::min(columns, static_cast<std::size_t>(values.integer("keep")));
        const auto group = static_cast<std::size_t>(values.integer("group"));
        const std::size_t groups = (columns - keep + group - 1) / group + (keep + group - 1) / group;
        const double bits = values.number("bits") * static_cast<double>(columns - keep) + 8 * static_cast<double>(keep);
        return (bits + 16 * static_cast<double>(groups)) / static_cast<double>(columns);
    }

    void simulate(std::span<float> row, std::size_t /*matrixRow*/, const RowBatch& batch, const MethodValues& values) const override
    {
        roundAtom(row, settings(values, batch.inputs, row.size(), values.integer("bits"), values.number("clip")));
    }

    /// A matrix that calibration did not reach is rounded to the nearest values.
    void simulateRows(std::span<float> rows, const RowBatch& batch, const MethodValues& values) const override
    {
        if (values.text("codes") != "gptq" || !batch.factor) return SimulatedQuantizer::simulateRows(rows, batch, values);
        const std::size_t keep = batch.inputs ? std::min(batch.columns, static_cast<std::size_t>(values.integer("keep"))) : 0;
        const auto length = static_cast<std::size_t>(values.integer("group"));
        std::vector<RoundingGroup> groups;
        const auto cut = [&](std::size_t columns, int bits, float clip) {
            for (; columns > 0; columns -= groups.back().columns) groups.push_back({std::min(length, columns), bits, clip});
        };
        cut(batch.columns - keep, values.integer("bits"), static_cast<float>(values.number("clip")));
        cut(keep, 8, 1);
        gptqRoundGroups(rows, *batch.factor, groups);
    }

    [[nodiscard]] std::shared_ptr<const InputTransform> cacheTransform(const MethodValues& values) const override
    {
        return ww::cacheTransform(values.integer("kv-bits"));
    }

    [[nodiscard]] std::shared_ptr<const InputTransform> inputTransform(const MethodValues& values, const LayerInputs* inputs) const override
    {
        const int bits = values.integer("activation-bits");
        if (!inputs) return tokenTransform(bits, static_cast<std::size_t>(values.integer("group")));
        return atomTransform(settings(values, inputs, inputs->absMax.size(), bits, values.number("activation-clip")));
    }

private:
    /// Without statistics the columns keep their order, and none is known to be large.
    static AtomSettings settings(const MethodValues& values, const LayerInputs* inputs, std::size_t columns, int bits, double clip)
    {
        AtomSettings settings;
        settings.group = static_cast<std::size_t>(values.integer("group"));
        settings.keep = inputs ? static_cast<std::size_t>(values.integer("keep")) : 0;
        settings.bits = bits;
        settings.clip = static_cast<float>(clip);
        const std::vector<float> nothing(inputs ? 0 : columns, 0.0F);
        settings.order = columnOrder(!inputs ? nothing : values.text("order") == "absmax" ? inputs->absMax : inputs->meanSquares);
        return settings;
    }
};

}  // namespace

const Quantizer& w8a8DynamicQuantizer()
{
    static const W8A8DynamicQuantizer quantizer;
    return quantizer;
}
const Quantizer& w8a8StaticQuantizer()
{
    static const W8A8StaticQuantizer quantizer;
    return quantizer;
}
const Quantizer& llmInt8Quantizer()
{
    static const LlmInt8Quantizer quantizer;
    return quantizer;
}
const Quantizer& atomQuantizer()
{
    static const AtomQuantizer quantizer;
    return quantizer;
}

}  // namespace ww
