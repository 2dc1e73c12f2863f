// SPDX-License-Identifier: MIT
#include "methods/uniform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "methods/clip.h"
#include "methods/gptq.h"
#include "methods/gptq_groups.h"
#include "methods/simulated.h"

namespace ww {
namespace {

constexpr std::array<std::string_view, 4> kClips = {"none", "mse", "percentile", "output"};
constexpr std::array<std::string_view, 4> kClipTitles = {"all values", "least squared error", "without the largest values", "least error of the output"};
constexpr std::array<std::string_view, 2> kScales = {"group", "tensor"};
constexpr std::array<std::string_view, 2> kScaleTitles = {"a group", "the whole matrix"};
constexpr std::array<std::string_view, 2> kInt8Scales = {"row", "tensor"};
constexpr std::array<std::string_view, 2> kInt8ScaleTitles = {"a row", "the whole matrix"};
constexpr std::array kInt8Options = {
    MethodOption{"scale", "Shared scale", "Which values share a scale.", "row", MethodOption::Kind::Choice, 0, 0, kInt8Scales, kInt8ScaleTitles},
};
constexpr std::array<std::string_view, 2> kCodes = {"nearest", "gptq"};
constexpr std::array<std::string_view, 2> kCodeTitles = {"nearest values", "GPTQ"};
constexpr std::array kOptions = {
    MethodOption{"bits", "Bits", "Bits of a code.", "4", MethodOption::Kind::Integer, 2, 8, {}},
    MethodOption{"group", "Group size", "Values that share a scale; 0: the whole row.", "32", MethodOption::Kind::Integer, 0, 65536,
                 {}, {}, "scale=group"},
    MethodOption{"scale", "Shared scale", "Which values share a scale. The clipping of a whole matrix is found on a million of its values at most.",
                 "group", MethodOption::Kind::Choice, 0, 0, kScales, kScaleTitles},
    MethodOption{"clip", "Clipping",
                 "Which range the steps cover: that of all values, the one with the least squared error, one that leaves out the largest "
                 "values, or the one with the least error of the layer's output. The last needs a calibration, leaves queries and keys "
                 "alone, and is the least squared error for a whole matrix.",
                 "none", MethodOption::Kind::Choice, 0, 0, kClips, kClipTitles},
    MethodOption{"percentile", "Percentile", "Share of the values inside the range if the largest are left out, in percent.", "99.5",
                 MethodOption::Kind::Number, 50, 100, {}, {}, "clip=percentile"},
    MethodOption{"codes", "Codes",
                 "The nearest values, or GPTQ, which lets columns make up for the errors of those before them and needs a calibration with "
                 "Gram matrices.",
                 "nearest", MethodOption::Kind::Choice, 0, 0, kCodes, kCodeTitles},
};

struct Range {
    float low = 0;
    float high = 0;
};

/// Replaces the values by their levels, and says what that costs.
class UniformGroup {
public:
    UniformGroup(std::span<const float> values, const float* weights, int bits, bool affine)
        : m_values(values), m_weights(weights), m_bits(bits), m_affine(affine)
    {
    }

    [[nodiscard]] Range whole() const
    {
        const auto [lo, hi] = std::minmax_element(m_values.begin(), m_values.end());
        return bounded(*lo, *hi);
    }

    [[nodiscard]] Range percentile(double percent) const
    {
        std::vector<float> sorted(m_values.begin(), m_values.end());
        if (!m_affine)
            for (float& v : sorted) v = std::fabs(v);
        std::ranges::sort(sorted);
        const auto at = [&](double share) {
            const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
            return sorted[static_cast<std::size_t>(std::lround(place))];
        };
        return bounded(m_affine ? at(1 - percent / 100) : -at(percent / 100), at(percent / 100));
    }

    /// The least squared error among shares of the whole range, itself included.
    [[nodiscard]] Range leastError() const
    {
        const Range all = whole();
        Range best = all;
        double least = error(all);
        for (int step = 1; step < 40; ++step) {
            const float share = 1 - static_cast<float>(step) / 50;
            const Range range{all.low * share, all.high * share};
            const double now = error(range);
            if (now < least) {
                least = now;
                best = range;
            }
        }
        return best;
    }

    /// The range with which the group's share of the output changes least.
    [[nodiscard]] Range leastOutputError(const GptqFactor& factor, std::size_t firstColumn) const
    {
        const Range all = whole();
        const auto candidate = [&](std::size_t c) { return Range{all.low * clipShare(c), all.high * clipShare(c)}; };
        std::vector<float> deltas(kClipCandidates * m_values.size());
        for (std::size_t c = 0; c < kClipCandidates; ++c) {
            const auto part = std::span(deltas).subspan(c * m_values.size(), m_values.size());
            apply(candidate(c), part);
            for (std::size_t i = 0; i < part.size(); ++i) part[i] = m_values[i] - part[i];
        }
        return candidate(chooseClip(factor, firstColumn, m_values.size(), deltas));
    }

    void apply(const Range& range, std::span<float> out) const
    {
        const UniformLevels levels = levelsOf(range);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = levels.nearest(m_values[i]);
    }

    [[nodiscard]] UniformLevels levelsOf(const Range& range) const
    {
        if (!m_affine) {
            const auto top = static_cast<float>((1 << (m_bits - 1)) - 1);
            return {usable(range.high / top), 0, -top, top};
        }
        const auto top = static_cast<float>((1 << m_bits) - 1);
        const float scale = usable(range.high / top - range.low / top);
        return {scale, scale == 0 ? 0 : std::nearbyint(-range.low / scale), 0, top};
    }

private:
    [[nodiscard]] Range bounded(float low, float high) const
    {
        if (m_affine) return {std::min(low, 0.0F), std::max(high, 0.0F)};
        const float most = std::max(std::fabs(low), std::fabs(high));
        return {-most, most};
    }

    /// Steps so small that a division by them overflows count as none.
    static float usable(float scale) { return std::isnormal(scale) ? scale : 0; }

    [[nodiscard]] double error(const Range& range) const
    {
        const UniformLevels levels = levelsOf(range);
        double sum = 0;
        for (std::size_t i = 0; i < m_values.size(); ++i) {
            const double difference = static_cast<double>(m_values[i]) - static_cast<double>(levels.nearest(m_values[i]));
            sum += (m_weights ? static_cast<double>(m_weights[i]) : 1.0) * difference * difference;
        }
        return sum;
    }

    std::span<const float> m_values;
    const float* m_weights;
    int m_bits;
    bool m_affine;
};

struct RangeSettings {
    int bits = 8;
    bool affine = false;
    std::string_view clip = "none";
    double percentile = 100;
};

Range chosen(const UniformGroup& group, const RangeSettings& settings)
{
    if (settings.clip == "mse" || settings.clip == "output") return group.leastError();
    return settings.clip == "percentile" ? group.percentile(settings.percentile) : group.whole();
}

/// The range of a whole matrix: its extremes, or what clipping makes of rows spread over it.
class RangeScan final : public MatrixScan {
public:
    RangeScan(const RangeSettings& settings, std::size_t rows, std::size_t columns, const float* importance)
        : m_settings(settings), m_columns(columns), m_importance(importance),
          m_every(settings.clip == "none" ? 0 : std::max<std::size_t>(1, (rows * columns + kSampled - 1) / kSampled))
    {
    }
    void add(std::span<const float> rows) override
    {
        for (; !rows.empty(); rows = rows.subspan(m_columns), ++m_row) {
            const auto row = rows.first(m_columns);
            const auto [low, high] = std::ranges::minmax(row);
            m_extremes = m_row == 0 ? Range{low, high} : Range{std::min(m_extremes.low, low), std::max(m_extremes.high, high)};
            if (m_every == 0 || m_row % m_every != 0) continue;
            m_sample.insert(m_sample.end(), row.begin(), row.end());
            if (m_importance) m_weights.insert(m_weights.end(), m_importance, m_importance + m_columns);
        }
    }
    [[nodiscard]] std::vector<float> finish() override
    {
        if (m_every == 0) m_sample = {m_extremes.low, m_extremes.high};
        const UniformGroup group(m_sample, m_weights.empty() ? nullptr : m_weights.data(), m_settings.bits, m_settings.affine);
        const Range range = chosen(group, m_settings);
        return {range.low, range.high};
    }

private:
    static constexpr std::size_t kSampled = std::size_t{1} << 20;
    RangeSettings m_settings;
    std::size_t m_columns;
    const float* m_importance;
    std::size_t m_every;  ///< this row of so many is looked at; 0: the extremes alone
    std::size_t m_row = 0;
    Range m_extremes;
    std::vector<float> m_sample;
    std::vector<float> m_weights;
};

class UniformQuantizer final : public SimulatedQuantizer {
public:
    UniformQuantizer(std::string_view name, std::string_view title, std::string_view description, bool affine)
        : m_name(name), m_title(title), m_description(description), m_affine(affine)
    {
    }
    [[nodiscard]] std::string_view name() const override { return m_name; }
    [[nodiscard]] std::string_view title() const override { return m_title; }
    [[nodiscard]] std::string_view description() const override { return m_description; }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }
    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        if (values.text("scale") == "tensor") return values.number("bits");
        const double perGroup = m_affine ? 16 + values.number("bits") : 16;
        return values.number("bits") + perGroup / static_cast<double>(groupLength(values.number("group"), columns));
    }

    [[nodiscard]] MethodData dataNeededFor(const MethodValues& values) const override
    {
        return clipsByOutput(values) || values.text("codes") == "gptq" ? MethodData::Gram : MethodData::None;
    }
    [[nodiscard]] TensorType nearestFormat(const MethodValues& values) const override { return nearestUniform(values.integer("bits"), m_affine); }
    [[nodiscard]] std::unique_ptr<MatrixScan> scan(const MethodValues& values, std::size_t rows, std::size_t columns,
                                                   const float* importance) const override
    {
        if (values.text("scale") != "tensor") return nullptr;
        return std::make_unique<RangeScan>(settings(values), rows, columns, importance);
    }

    void simulate(std::span<float> row, std::size_t /*matrixRow*/, const RowBatch& batch, const MethodValues& values) const override
    {
        const std::size_t length = groupColumns(values, row.size());
        std::vector<UniformLevels> levels;
        chooseLevels(row, batch, values, levels);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = levels[i / length].nearest(row[i]);
    }

    /// Without a Gram matrix, of an expert that no token reached, GPTQ has nothing to go by.
    void simulateRows(std::span<float> rows, const RowBatch& batch, const MethodValues& values) const override
    {
        if (values.text("codes") != "gptq" || !batch.factor) return SimulatedQuantizer::simulateRows(rows, batch, values);
        std::vector<UniformLevels> levels;
        for (std::size_t r = 0; r < batch.rowCount; ++r) chooseLevels(rows.subspan(r * batch.columns, batch.columns), batch, values, levels);
        gptqRoundToLevels(rows, *batch.factor, groupColumns(values, batch.columns), levels);
    }

private:
    [[nodiscard]] static std::size_t groupColumns(const MethodValues& values, std::size_t columns)
    {
        return values.text("scale") == "tensor" ? std::max<std::size_t>(1, columns) : groupLength(values.number("group"), columns);
    }

    /// Adds those of the groups of a row.
    void chooseLevels(std::span<const float> row, const RowBatch& batch, const MethodValues& values, std::vector<UniformLevels>& levels) const
    {
        const int bits = values.integer("bits");
        if (values.text("scale") == "tensor") {
            levels.push_back(UniformGroup(row, nullptr, bits, m_affine).levelsOf({batch.shared[0], batch.shared[1]}));
            return;
        }
        const float* const importance = batch.importance;
        // Without a Gram matrix, of an expert that no token reached, nothing says what a range does to the output.
        const bool byOutput = clipsByOutput(values) && batch.factor && batch.factor->columns == row.size() && !keepsRange(batch.tensor);
        const bool keepsAllValues = clipsByOutput(values) && !byOutput;
        const std::size_t length = groupColumns(values, row.size());
        for (std::size_t first = 0; first < row.size(); first += length) {
            const UniformGroup group(row.subspan(first, std::min(length, row.size() - first)), importance ? importance + first : nullptr, bits,
                                     m_affine);
            levels.push_back(group.levelsOf(byOutput         ? group.leastOutputError(*batch.factor, first)
                                            : keepsAllValues ? group.whole()
                                                             : chosen(group, settings(values))));
        }
    }

    /// Ranges of groups chosen by outputs; a range of the whole matrix is not.
    [[nodiscard]] static bool clipsByOutput(const MethodValues& values) { return values.text("clip") == "output" && values.text("scale") != "tensor"; }
    [[nodiscard]] RangeSettings settings(const MethodValues& values) const
    {
        return {values.integer("bits"), m_affine, values.text("clip"), values.number("percentile")};
    }

    std::string_view m_name;
    std::string_view m_title;
    std::string_view m_description;
    bool m_affine;
};

}  // namespace

TensorType nearestUniform(int bits, bool affine)
{
    switch (bits) {
    case 2: return TensorType::Q2_K;
    case 3: return TensorType::Q3_K;
    case 4: return affine ? TensorType::Q4_1 : TensorType::Q4_0;
    case 5: return affine ? TensorType::Q5_1 : TensorType::Q5_0;
    case 6: return TensorType::Q6_K;
    default: return TensorType::Q8_0;
    }
}

namespace {

class Int8Quantizer final : public SimulatedQuantizer {
public:
    [[nodiscard]] std::string_view name() const override { return "int8"; }
    [[nodiscard]] std::string_view title() const override { return "INT8 per row"; }
    [[nodiscard]] std::string_view description() const override
    {
        return "Whole numbers from -127 to 127 with one scale per row, as engines for 8-bit weights and activations store them.";
    }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kInt8Options; }
    [[nodiscard]] TensorType nearestFormat(const MethodValues& /*values*/) const override { return TensorType::Q8_0; }
    [[nodiscard]] std::unique_ptr<MatrixScan> scan(const MethodValues& values, std::size_t rows, std::size_t columns,
                                                   const float* importance) const override
    {
        if (values.text("scale") != "tensor") return nullptr;
        return std::make_unique<RangeScan>(RangeSettings{}, rows, columns, importance);
    }
    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        if (values.text("scale") == "tensor") return 8;
        return 8 + 16 / static_cast<double>(std::max<std::size_t>(1, columns));
    }
    void simulate(std::span<float> row, std::size_t /*matrixRow*/, const RowBatch& batch, const MethodValues& values) const override
    {
        const std::vector<float> original(row.begin(), row.end());
        const UniformGroup group(original, nullptr, 8, false);
        group.apply(values.text("scale") == "tensor" ? Range{batch.shared[0], batch.shared[1]} : group.whole(), row);
    }
};

}  // namespace

const Quantizer& absmaxQuantizer()
{
    static const UniformQuantizer quantizer(
        "absmax", "Uniform, symmetric",
        "Equal steps around zero, the largest magnitude of a group on the last step; bits, group size and clipping as you like.", false);
    return quantizer;
}

const Quantizer& affineQuantizer()
{
    static const UniformQuantizer quantizer(
        "affine", "Uniform with zero-point",
        "Equal steps between the smallest and the largest value of a group, with a whole zero-point so that zero stays exact.", true);
    return quantizer;
}

const Quantizer& int8Quantizer()
{
    static const Int8Quantizer quantizer;
    return quantizer;
}

}  // namespace ww
