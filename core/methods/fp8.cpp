// SPDX-License-Identifier: MIT
#include "methods/fp8.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "methods/input_transforms.h"
#include "methods/simulated.h"
#include "tensor/float8.h"

namespace ww {
namespace {

constexpr std::array<std::string_view, 5> kScales = {"row", "tensor", "block", "tile", "none"};
constexpr std::array<std::string_view, 5> kScaleTitles = {"a row", "the whole matrix", "a block of a row", "a tile of rows and columns",
                                                          "no scale"};
constexpr std::array<std::string_view, 2> kSwitch = {"off", "on"};
constexpr std::array<std::string_view, 4> kActivations = {"none", "token", "block", "tensor"};
constexpr std::array<std::string_view, 4> kActivationTitles = {"as they are", "8 bits, a scale per token", "8 bits, a scale per block of a token",
                                                               "8 bits, one scale from a calibration"};
constexpr std::array kOptions = {
    MethodOption{"scale", "Shared scale",
                 "Which values share a scale. Without one they are rounded as they are, so that small ones are lost.", "row",
                 MethodOption::Kind::Choice, 0, 0, kScales, kScaleTitles},
    MethodOption{"block", "Block size", "Columns of a block, or rows and columns of a tile, if these share a scale.", "128", MethodOption::Kind::Integer, 1, 65536, {}, {},
                 "scale=block|scale=tile|activations=block"},
    MethodOption{"activations", "Inputs of the layer",
                 "Inputs can become 8-bit floats, too. A scale per token or block is that of the largest magnitude at hand.", "none",
                 MethodOption::Kind::Choice, 0, 0, kActivations, kActivationTitles},
    MethodOption{"power", "Power of two", "Scales are powers of two, so that F16 can hold the result without loss.", "off",
                 MethodOption::Kind::Choice, 0, 0, kSwitch, {}, "scale=row|scale=tensor|scale=block|scale=tile"},
};

/// The largest magnitude of each tile, from left to right, then downwards.
class TileScan final : public MatrixScan {
public:
    TileScan(std::size_t tileRows, std::size_t tileColumns, std::size_t columns)
        : m_tileRows(std::max<std::size_t>(1, tileRows)), m_tileColumns(std::max<std::size_t>(1, tileColumns)), m_columns(columns),
          m_across((columns + m_tileColumns - 1) / m_tileColumns)
    {
    }
    void add(std::span<const float> rows) override
    {
        for (; !rows.empty(); rows = rows.subspan(m_columns), ++m_row) {
            const std::size_t first = m_row / m_tileRows * m_across;
            m_largest.resize(first + m_across, 0.0F);
            for (std::size_t c = 0; c < m_columns; ++c) {
                float& most = m_largest[first + c / m_tileColumns];
                most = std::max(most, std::fabs(rows[c]));
            }
        }
    }
    [[nodiscard]] std::vector<float> finish() override { return std::move(m_largest); }

private:
    std::size_t m_tileRows;
    std::size_t m_tileColumns;
    std::size_t m_columns;
    std::size_t m_across;
    std::size_t m_row = 0;
    std::vector<float> m_largest;
};

class Fp8Quantizer final : public SimulatedQuantizer {
public:
    Fp8Quantizer(std::string_view name, std::string_view title, std::string_view description, float (*round)(float), float largest)
        : m_name(name), m_title(title), m_description(description), m_round(round), m_largest(largest)
    {
    }
    [[nodiscard]] std::string_view name() const override { return m_name; }
    [[nodiscard]] std::string_view title() const override { return m_title; }
    [[nodiscard]] std::string_view description() const override { return m_description; }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }
    [[nodiscard]] MethodData dataNeededFor(const MethodValues& values) const override
    {
        return values.text("activations") == "tensor" ? MethodData::Inputs : MethodData::None;
    }
    [[nodiscard]] bool changesInputs(const MethodValues& values) const override { return values.text("activations") != "none"; }
    [[nodiscard]] std::shared_ptr<const InputTransform> inputTransform(const MethodValues& values, const LayerInputs* inputs) const override
    {
        if (!changesInputs(values)) return nullptr;
        FloatSettings settings{.round = m_round, .largest = m_largest};
        if (values.text("activations") == "block") settings.group = static_cast<std::size_t>(values.integer("block"));
        if (values.text("activations") == "tensor" && inputs) settings.limit = inputs->limit(100);
        return floatTransform(settings);
    }
    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        if (values.text("scale") == "none" || values.text("scale") == "tensor") return 8;
        if (values.text("scale") == "tile") return 8 + (values.flag("power") ? 8.0 : 32.0) / std::pow(values.number("block"), 2);
        return 8 + (values.flag("power") ? 8.0 : 32.0) / static_cast<double>(shared(values, columns));
    }

    [[nodiscard]] TensorType nearestFormat(const MethodValues& /*values*/) const override { return TensorType::Q8_0; }
    [[nodiscard]] std::unique_ptr<MatrixScan> scan(const MethodValues& values, std::size_t rows, std::size_t columns,
                                                   const float* /*importance*/) const override
    {
        if (values.text("scale") == "tensor") return std::make_unique<TileScan>(rows, columns, columns);
        if (values.text("scale") != "tile") return nullptr;
        const auto side = static_cast<std::size_t>(values.integer("block"));
        return std::make_unique<TileScan>(side, side, columns);
    }

    void simulate(std::span<float> row, std::size_t matrixRow, const RowBatch& batch, const MethodValues& values) const override
    {
        const std::string_view kind = values.text("scale");
        const bool scanned = kind == "tensor" || kind == "tile";
        const std::size_t length = shared(values, row.size());
        const std::size_t across = (row.size() + length - 1) / length;
        const std::size_t tileRow = kind == "tile" ? matrixRow / static_cast<std::size_t>(values.integer("block")) : 0;
        for (std::size_t first = 0; first < row.size(); first += length) {
            const auto part = row.subspan(first, std::min(length, row.size() - first));
            float most = scanned ? batch.shared[tileRow * across + first / length] : 0;
            if (!scanned)
                for (const float v : part) most = std::max(most, std::fabs(v));
            float scale = values.text("scale") == "none" ? 1 : most / m_largest;
            if (values.flag("power") && scale > 0 && values.text("scale") != "none") scale = powerAbove(scale);
            if (!std::isnormal(scale)) scale = 1;  // nothing, or too little for a scale
            for (float& v : part) v = scale * m_round(v / scale);
        }
    }

private:
    static float powerAbove(float scale)
    {
        int exponent = 0;
        const float fraction = std::frexp(scale, &exponent);
        return std::ldexp(1.0F, fraction == 0.5F ? exponent - 1 : exponent);
    }
    static std::size_t shared(const MethodValues& values, std::size_t columns)
    {
        return groupLength(values.text("scale") == "block" || values.text("scale") == "tile" ? values.number("block") : 0, columns);
    }

    std::string_view m_name;
    std::string_view m_title;
    std::string_view m_description;
    float (*m_round)(float);
    float m_largest;
};

}  // namespace

float roundToE4M3(float value)
{
    return fromE4M3(toE4M3(value));
}
float roundToE5M2(float value)
{
    return fromE5M2(toE5M2(value));
}

const Quantizer& fp8E4M3Quantizer()
{
    static const Fp8Quantizer quantizer("fp8-e4m3", "FP8 E4M3",
                                        "8-bit floats with 4 exponent and 3 mantissa bits: steps grow with the value, by up to 6 %.",
                                        roundToE4M3, 448);
    return quantizer;
}
const Quantizer& fp8E5M2Quantizer()
{
    static const Fp8Quantizer quantizer("fp8-e5m2", "FP8 E5M2",
                                        "8-bit floats with 5 exponent and 2 mantissa bits: a wider range than E4M3 and coarser steps.",
                                        roundToE5M2, 57344);
    return quantizer;
}

}  // namespace ww
