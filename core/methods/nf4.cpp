// SPDX-License-Identifier: MIT
#include "methods/nf4.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "methods/simulated.h"

namespace ww {
namespace {

constexpr std::array<float, 16> kNf4 = {-1.0F,         -0.6961928010F, -0.5250730515F, -0.3949174881F,
                                        -0.2844413817F, -0.1847734302F, -0.0910500363F, 0.0F,
                                        0.0795802996F,  0.1609302014F,  0.2461123019F,  0.3379152417F,
                                        0.4407098293F,  0.5626170039F,  0.7229568362F,  1.0F};
constexpr std::array<float, 15> kFp4 = {-1.0F,       -2.0F / 3, -0.5F,    -1.0F / 3, -0.25F,   -1.0F / 6, -1.0F / 192, 0.0F,
                                        1.0F / 192,  1.0F / 6,  0.25F,    1.0F / 3,  0.5F,     2.0F / 3,  1.0F};

constexpr std::array<std::string_view, 2> kSwitch = {"off", "on"};
constexpr std::array kOptions = {
    MethodOption{"block", "Block size", "Values that share a scale. Blocks run through the matrix row by row; the last may be shorter.", "64",
                 MethodOption::Kind::Integer, 1, 65536, {}},
    MethodOption{"double", "Double quantization",
                 "The scales are stored with 8 bits, less their mean over the matrix, in blocks of 256 with a scale of their own.", "on",
                 MethodOption::Kind::Choice, 0, 0, kSwitch},
};

constexpr std::size_t kScaleBlock = 256;

/// Nearest of ascending levels; the lower one in the middle between two.
float nearestLevel(std::span<const float> levels, float value)
{
    std::size_t low = 0;
    std::size_t high = levels.size() - 1;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        const float between = (levels[middle] + levels[middle + 1]) / 2;
        if (value > between)
            low = middle + 1;
        else
            high = middle;
    }
    return levels[low];
}

/// Scales as double quantization stores them.
void quantizeScales(std::vector<float>& scales)
{
    double sum = 0;
    for (const float s : scales) sum += static_cast<double>(s);
    const auto mean = static_cast<float>(sum / static_cast<double>(scales.size()));
    for (std::size_t first = 0; first < scales.size(); first += kScaleBlock) {
        const std::size_t end = std::min(scales.size(), first + kScaleBlock);
        float most = 0;
        for (std::size_t i = first; i < end; ++i) most = std::max(most, std::fabs(scales[i] - mean));
        for (std::size_t i = first; i < end; ++i) {
            const float difference = scales[i] - mean;
            const float held = most > 0 ? most * nearestLevel(dynamicMap(), difference / most) : 0.0F;
            // A block of zeros stays one, and no scale changes its sign.
            scales[i] = scales[i] == 0 ? 0 : std::max(0.0F, held + mean);
        }
    }
}

/// The largest magnitudes of all blocks, then the same as they are stored.
class BlockScan final : public MatrixScan {
public:
    BlockScan(std::size_t length, bool twice) : m_length(length), m_twice(twice) {}
    void add(std::span<const float> rows) override
    {
        for (const float v : rows) {
            if (m_used == 0) m_scales.push_back(0);
            m_scales.back() = std::max(m_scales.back(), std::fabs(v));
            m_used = m_used + 1 == m_length ? 0 : m_used + 1;
        }
    }
    [[nodiscard]] std::vector<float> finish() override
    {
        std::vector<float> stored = m_scales;
        if (m_twice && !stored.empty()) quantizeScales(stored);
        m_scales.insert(m_scales.end(), stored.begin(), stored.end());
        return std::move(m_scales);
    }

private:
    std::size_t m_length;
    bool m_twice;
    std::vector<float> m_scales;
    std::size_t m_used = 0;  ///< values of the last block
};

class TableQuantizer final : public SimulatedQuantizer {
public:
    TableQuantizer(std::string_view name, std::string_view title, std::string_view description, std::span<const float> levels)
        : m_name(name), m_title(title), m_description(description), m_levels(levels)
    {
    }
    [[nodiscard]] std::string_view name() const override { return m_name; }
    [[nodiscard]] std::string_view title() const override { return m_title; }
    [[nodiscard]] std::string_view description() const override { return m_description; }
    [[nodiscard]] std::span<const MethodOption> options() const override { return kOptions; }

    [[nodiscard]] double analysisBitsPerWeight(const MethodValues& values, std::size_t columns) const override
    {
        // The mean, one number for a matrix, does not count; blocks do not end with the rows.
        if (columns == 0) return 4;
        return 4 + (values.flag("double") ? 8 + 32.0 / kScaleBlock : 32.0) / values.number("block");
    }

    [[nodiscard]] TensorType nearestFormat(const MethodValues& /*values*/) const override { return TensorType::IQ4_NL; }
    [[nodiscard]] std::unique_ptr<MatrixScan> scan(const MethodValues& values, std::size_t /*rows*/, std::size_t /*columns*/,
                                                   const float* /*importance*/) const override
    {
        return std::make_unique<BlockScan>(static_cast<std::size_t>(values.integer("block")), values.flag("double"));
    }

    void simulate(std::span<float> row, std::size_t matrixRow, const RowBatch& batch, const MethodValues& values) const override
    {
        const auto length = static_cast<std::size_t>(values.integer("block"));
        const auto scales = batch.shared.first(batch.shared.size() / 2);
        const auto stored = batch.shared.subspan(scales.size());
        std::size_t at = matrixRow * row.size();
        for (float& v : row) {
            const std::size_t b = at++ / length;
            v = scales[b] > 0 ? stored[b] * nearestLevel(m_levels, v / scales[b]) : 0.0F;
        }
    }

private:
    std::string_view m_name;
    std::string_view m_title;
    std::string_view m_description;
    std::span<const float> m_levels;
};

std::array<float, 256> makeDynamicMap()
{
    std::array<float, 256> map{};
    std::size_t count = 0;
    for (int decade = 0; decade < 7; ++decade) {
        const int steps = 1 << decade;
        for (int i = 0; i < steps; ++i) {
            // The middle of step i of those that cut 0.1 … 1 into equal parts.
            const double fraction = 0.1 + 0.9 * (i + 0.5) / steps;
            const auto value = static_cast<float>(fraction * std::pow(10.0, decade - 6));
            map[count++] = value;
            map[count++] = -value;
        }
    }
    map[count++] = 0;
    map[count] = 1;
    std::ranges::sort(map);
    return map;
}

}  // namespace

const std::array<float, 16>& nf4Levels()
{
    return kNf4;
}

const std::array<float, 256>& dynamicMap()
{
    static const std::array<float, 256> map = makeDynamicMap();
    return map;
}

const Quantizer& nf4Quantizer()
{
    static const TableQuantizer quantizer("nf4", "NF4",
                                          "The 16 levels of QLoRA, spaced like the values of a normal distribution, times the largest "
                                          "magnitude of 64 values.",
                                          kNf4);
    return quantizer;
}

const Quantizer& fp4Quantizer()
{
    static const TableQuantizer quantizer(
        "fp4", "FP4", "Signed 4-bit floats times the largest magnitude of 64 values, the alternative to NF4 in the same file format.",
        kFp4);
    return quantizer;
}

}  // namespace ww
