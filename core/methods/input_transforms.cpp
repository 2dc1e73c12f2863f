// SPDX-License-Identifier: MIT
#include "methods/input_transforms.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr int kFloatBits = 16;  // with as many bits or more, inputs stay as they are

float largestMagnitude(std::span<const float> values)
{
    float most = 0;
    for (const float v : values) most = std::max(most, std::fabs(v));
    return most;
}

template <class Change>
void forEachGroup(std::span<float> row, std::size_t group, const Change& change)
{
    const std::size_t length = group == 0 ? row.size() : group;
    for (std::size_t first = 0; first < row.size(); first += length)
        change(row.subspan(first, std::min(length, row.size() - first)));
}

class TokenTransform final : public InputTransform {
public:
    TokenTransform(int bits, std::size_t group) : m_bits(bits), m_group(group) {}
    void apply(std::span<float> row, const InputSegment&) const override
    {
        forEachGroup(row, m_group, [this](std::span<float> part) { roundSymmetric(part, m_bits); });
    }

private:
    int m_bits;
    std::size_t m_group;
};

class WindowTransform final : public InputTransform {
public:
    explicit WindowTransform(int bits) : m_bits(bits) {}
    [[nodiscard]] InputSegment inspect(const float* rows, std::size_t stride, std::size_t count, std::size_t columns) const override
    {
        InputSegment segment;
        for (std::size_t r = 0; r < count; ++r)
            segment.absMax = std::max(segment.absMax, largestMagnitude({rows + r * stride, columns}));
        return segment;
    }
    void apply(std::span<float> row, const InputSegment& segment) const override { roundToLimit(row, m_bits, segment.absMax); }

private:
    int m_bits;
};

class StaticTransform final : public InputTransform {
public:
    StaticTransform(int bits, float limit) : m_bits(bits), m_limit(limit) {}
    void apply(std::span<float> row, const InputSegment&) const override { roundToLimit(row, m_bits, m_limit); }

private:
    int m_bits;
    float m_limit;
};

class OutlierTransform final : public InputTransform {
public:
    explicit OutlierTransform(const OutlierSettings& settings) : m_settings(settings) {}

    [[nodiscard]] InputSegment inspect(const float* rows, std::size_t stride, std::size_t count, std::size_t columns) const override
    {
        std::vector<float> most(columns, 0.0F);
        double squares = 0;
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t c = 0; c < columns; ++c) {
                const float value = std::fabs(rows[r * stride + c]);
                most[c] = std::max(most[c], value);
                squares += static_cast<double>(value) * static_cast<double>(value);
            }
        const auto values = static_cast<double>(std::max<std::size_t>(1, count * columns));
        const float unit = m_settings.relative ? static_cast<float>(std::sqrt(squares / values)) : 1;
        InputSegment segment;
        for (std::size_t c = 0; c < columns; ++c)
            if (most[c] >= m_settings.threshold * unit) segment.exactColumns.push_back(static_cast<std::uint32_t>(c));
        return segment;
    }

    void apply(std::span<float> row, const InputSegment& segment) const override
    {
        std::vector<float> kept;
        for (const std::uint32_t c : segment.exactColumns) kept.push_back(std::exchange(row[c], 0.0F));
        roundSymmetric(row, 8);
        if (m_settings.exactWeights) return;
        for (std::size_t i = 0; i < kept.size(); ++i) row[segment.exactColumns[i]] = kept[i];
    }

    [[nodiscard]] bool needsExactWeights() const override { return m_settings.exactWeights; }

private:
    OutlierSettings m_settings;
};

class AtomTransform final : public InputTransform {
public:
    explicit AtomTransform(AtomSettings settings) : m_settings(std::move(settings)) {}
    void apply(std::span<float> row, const InputSegment&) const override { roundAtom(row, m_settings); }

private:
    AtomSettings m_settings;
};

class CacheTransform final : public InputTransform {
public:
    explicit CacheTransform(int bits) : m_steps(static_cast<float>((1 << bits) - 1)) {}
    void apply(std::span<float> row, const InputSegment&) const override
    {
        const auto [least, most] = std::ranges::minmax(row);
        const float scale = (most - least) / m_steps;
        if (!std::isnormal(scale)) return;
        for (float& v : row) v = least + scale * std::clamp(std::nearbyint((v - least) / scale), 0.0F, m_steps);
    }

private:
    float m_steps;
};

class FloatTransform final : public InputTransform {
public:
    explicit FloatTransform(const FloatSettings& settings) : m_settings(settings) {}
    void apply(std::span<float> row, const InputSegment&) const override
    {
        forEachGroup(row, m_settings.group, [this](std::span<float> part) {
            const float most = m_settings.limit > 0 ? m_settings.limit : largestMagnitude(part);
            float scale = most / m_settings.largest;
            if (!std::isnormal(scale)) scale = 1;
            for (float& v : part) v = scale * m_settings.round(v / scale);
        });
    }

private:
    FloatSettings m_settings;
};

/// Q8_0: the scale is stored with 16 bits, and the codes are chosen with the one before.
void roundQ8Block(std::span<float> block)
{
    const float most = largestMagnitude(block);
    const float inverse = most == 0 ? 0 : 127 / most;
    const float scale = fromHalf(toHalf(most / 127));
    for (float& v : block) v = scale * std::nearbyint(v * inverse);
}

/// Q8_K: the value of largest magnitude gets the code −127, whatever its sign.
void roundQ8SuperBlock(std::span<float> block)
{
    float extreme = 0;
    for (const float v : block)
        if (std::fabs(v) > std::fabs(extreme)) extreme = v;
    if (extreme == 0) return;
    const float inverse = -127 / extreme;
    const float scale = 1 / inverse;
    for (float& v : block) v = scale * std::min(127.0F, std::nearbyint(inverse * v));
}

class LlamaCppTransform final : public InputTransform {
public:
    explicit LlamaCppTransform(TensorType partner) : m_partner(partner) {}
    void apply(std::span<float> row, const InputSegment&) const override
    {
        if (m_partner == TensorType::F16)
            for (float& v : row) v = fromHalf(toHalf(v));
        else if (m_partner == TensorType::BF16)
            for (float& v : row) v = fromBf16(toBf16(v));
        else
            forEachGroup(row, traits(m_partner).blockLength, m_partner == TensorType::Q8_K ? roundQ8SuperBlock : roundQ8Block);
    }

private:
    TensorType m_partner;
};

}  // namespace

float LayerInputs::limit(double percent) const
{
    const float most = largestMagnitude(absMax);
    const std::uint64_t total = std::accumulate(magnitudes.begin(), magnitudes.end(), std::uint64_t{0});
    if (percent >= 100 || total == 0) return most;
    const double wanted = percent / 100 * static_cast<double>(total);
    std::uint64_t below = 0;
    for (std::size_t bin = 0; bin < magnitudes.size(); ++bin) {
        below += magnitudes[bin];
        if (static_cast<double>(below) >= wanted) return std::min(most, magnitudeBinEnd(bin));
    }
    return most;
}

float magnitudeBinEnd(std::size_t bin)
{
    const auto number = static_cast<double>(bin + 1);
    const double power = std::floor(number / 32);
    return static_cast<float>(std::ldexp(1 + (number - 32 * power) / 32, static_cast<int>(power) - 32));
}

void roundToLimit(std::span<float> values, int bits, float limit)
{
    if (bits >= kFloatBits) return;
    const auto top = static_cast<float>((1 << (bits - 1)) - 1);
    const float scale = limit / top;
    if (!std::isnormal(scale)) {  // nothing, or too little for a scale
        std::ranges::fill(values, 0.0F);
        return;
    }
    for (float& v : values) v = scale * std::clamp(std::nearbyint(v / scale), -top, top);
}

void roundSymmetric(std::span<float> values, int bits, float clip)
{
    roundToLimit(values, bits, clip * largestMagnitude(values));
}

std::vector<std::uint32_t> columnOrder(std::span<const float> keys)
{
    std::vector<std::uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
    return order;
}

void roundAtom(std::span<float> row, const AtomSettings& settings)
{
    const std::size_t keep = std::min(settings.keep, row.size());
    const std::size_t group = std::max<std::size_t>(1, settings.group);
    std::vector<float> part;
    const auto round = [&](std::size_t begin, std::size_t end, int bits, float clip) {
        for (std::size_t first = begin; first < end; first += group) {
            const std::size_t count = std::min(group, end - first);
            part.clear();
            for (std::size_t i = 0; i < count; ++i) part.push_back(row[settings.order[first + i]]);
            roundSymmetric(part, bits, clip);
            for (std::size_t i = 0; i < count; ++i) row[settings.order[first + i]] = part[i];
        }
    };
    round(0, row.size() - keep, settings.bits, settings.clip);
    round(row.size() - keep, row.size(), settings.bits >= kFloatBits ? settings.bits : 8, 1);
}

std::shared_ptr<const InputTransform> tokenTransform(int bits, std::size_t group)
{
    return std::make_shared<TokenTransform>(bits, group);
}
std::shared_ptr<const InputTransform> windowTransform(int bits)
{
    return std::make_shared<WindowTransform>(bits);
}
std::shared_ptr<const InputTransform> staticTransform(int bits, float limit)
{
    return std::make_shared<StaticTransform>(bits, limit);
}
std::shared_ptr<const InputTransform> outlierTransform(const OutlierSettings& settings)
{
    return std::make_shared<OutlierTransform>(settings);
}
std::shared_ptr<const InputTransform> atomTransform(AtomSettings settings)
{
    return std::make_shared<AtomTransform>(std::move(settings));
}
std::shared_ptr<const InputTransform> cacheTransform(int bits)
{
    if (bits >= kFloatBits) return nullptr;
    return std::make_shared<CacheTransform>(bits);
}
std::shared_ptr<const InputTransform> floatTransform(const FloatSettings& settings)
{
    return std::make_shared<FloatTransform>(settings);
}

std::shared_ptr<const InputTransform> llamaCppTransform(TensorType weights)
{
    if (weights == TensorType::F16 || weights == TensorType::BF16) return std::make_shared<LlamaCppTransform>(weights);
    if (traits(weights).kind == TensorTypeKind::Float) return nullptr;
    const bool super = traits(weights).blockLength == 256;
    return std::make_shared<LlamaCppTransform>(super ? TensorType::Q8_K : TensorType::Q8_0);
}

}  // namespace ww
