// SPDX-License-Identifier: MIT
#include "methods/gptq_slab.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/blas.h"
#include "methods/gptq_rounding.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

constexpr std::size_t kLanes = GptqSlab::kLanes;
/// Columns between two matrix products while rounding, and in sweeps: there whole blocks, so that their numbers can be fitted.
constexpr std::size_t kStep = 128;
constexpr std::size_t kSweep = 256;
constexpr std::size_t kLongestGroup = 32;
constexpr float kSnap = 12582912.0F;
/// Share of a whole number by which fits change it, one at least: in a range of 6 or 8 bits steps of one gain too little to be taken.
constexpr float kFactorStep = 0.03F;
/// A gain that is lost in the digits of the sums is no gain.
constexpr float kDigits = 1e-4F;

/// Rounds one column of all lanes: targets in, values and codes out. Scales per lane.
void roundLanes(const GridTraits& grid, const float* target, const float* scale, const float* inverse, const float* offset,
                float* value, float* code)
{
    if (grid.levels) {
        for (std::size_t r = 0; r < kLanes; ++r) {
            const float x = target[r] * inverse[r];
            int index = 0;
            for (int i = 0; i < 15; ++i) index += x > 0.5F * static_cast<float>(grid.levels[i] + grid.levels[i + 1]) ? 1 : 0;
            code[r] = static_cast<float>(index);
            value[r] = scale[r] * static_cast<float>(grid.levels[index]);
        }
        return;
    }
    const float low = static_cast<float>(-grid.zero);
    const float high = static_cast<float>(grid.codeCount - 1 - grid.zero);
    for (std::size_t r = 0; r < kLanes; ++r) {
        const float x = (target[r] - offset[r]) * inverse[r];
        const float number = (std::min(std::max(x, low), high) + kSnap) - kSnap;
        code[r] = number - low;
        value[r] = number * scale[r] + offset[r];
    }
}

/// The 16-bit value next to x; not a number where there is none.
float stored(float x)
{
    const float value = fromHalf(toHalf(x));
    return std::isfinite(value) ? value : NAN;
}

}  // namespace

struct GptqSlab::Trial {
    alignas(64) std::array<float, kLanes> scale;
    alignas(64) std::array<float, kLanes> inverse;
    alignas(64) std::array<float, kLanes> offset;
    alignas(64) std::array<float, kLanes> gain;
    alignas(64) std::array<float, kLongestGroup * kLanes> value;
    alignas(64) std::array<float, kLongestGroup * kLanes> code;
    std::array<GroupFactors, kLanes> factors;

    void set(std::size_t lane, GroupScale block, GroupFactors numbers)
    {
        const GroupScale group = groupScale(block, numbers);
        factors[lane] = numbers;
        scale[lane] = group.scale;
        offset[lane] = group.offset;
        inverse[lane] = gridInverse(group.scale);
    }
};

GptqSlab::GptqSlab(const GridTraits& grid, const GptqFactor& factor)
    : m_grid(grid), m_factor(factor), m_n(factor.columns), m_groups(m_n / grid.group), m_blocks(m_n / grid.block), m_w(m_n * kLanes),
      m_delta(m_n * kLanes), m_code(m_n * kLanes), m_scale(m_groups * kLanes), m_inverse(m_groups * kLanes), m_offset(m_groups * kLanes),
      m_numbers(m_blocks * kLanes), m_factors(m_groups * kLanes), m_work(kSweep * kLanes),
      m_ordered(std::max(m_n, 2 * (grid.block + kSweep)) * kLanes)
{
}

void GptqSlab::load(const float* rows, std::size_t count, const std::byte* blocks, std::size_t rowBytes, const float* decoded)
{
    m_count = count;
    std::fill_n(m_w.data(), m_n * kLanes, 0.0F);
    std::fill_n(m_delta.data(), m_n * kLanes, 0.0F);
    std::ranges::fill(m_numbers, GroupScale{});
    std::ranges::fill(m_factors, GroupFactors{});
    std::vector<GroupScale> numbers(m_blocks);
    std::vector<GroupFactors> factors(m_groups);
    for (std::size_t r = 0; r < count; ++r) {
        for (std::size_t j = 0; j < m_n; ++j) {
            m_w[j * kLanes + r] = rows[r * m_n + j];
            m_delta[j * kLanes + r] = rows[r * m_n + j] - decoded[r * m_n + j];
        }
        readScales(m_grid.type, blocks + r * rowBytes, m_n, numbers, factors);
        for (std::size_t b = 0; b < m_blocks; ++b) m_numbers[b * kLanes + r] = numbers[b];
        for (std::size_t g = 0; g < m_groups; ++g) m_factors[g * kLanes + r] = factors[g];
    }
    for (std::size_t g = 0; g < m_groups; ++g)
        for (std::size_t r = 0; r < kLanes; ++r) renewGroup(g, r);
}

void GptqSlab::renewGroup(std::size_t group, std::size_t lane)
{
    const GroupScale made = groupScale(m_numbers[group * m_grid.group / m_grid.block * kLanes + lane], m_factors[group * kLanes + lane]);
    m_scale[group * kLanes + lane] = made.scale;
    m_inverse[group * kLanes + lane] = gridInverse(made.scale);
    m_offset[group * kLanes + lane] = made.offset;
}

void GptqSlab::store(std::size_t lane, std::byte* row)
{
    std::vector<GroupScale> numbers(m_blocks);
    std::vector<GroupFactors> factors(m_groups);
    std::vector<std::uint8_t> codes(m_n);
    for (std::size_t b = 0; b < m_blocks; ++b) numbers[b] = m_numbers[b * kLanes + lane];
    for (std::size_t g = 0; g < m_groups; ++g) factors[g] = m_factors[g * kLanes + lane];
    for (std::size_t j = 0; j < m_n; ++j) codes[j] = static_cast<std::uint8_t>(m_code[j * kLanes + lane]);
    writeScales(m_grid.type, numbers, factors, m_n, row);
    writeCodes(m_grid.type, codes.data(), m_n, row);
}

void GptqSlab::roundWithFeedback()
{
    alignas(64) float value[kLanes];
    const auto round = [&](std::size_t position, float* target, float* delta) {
        const std::size_t j = m_factor.order[position];
        const std::size_t g = j / m_grid.group * kLanes;
        const float* w = m_w.data() + j * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r) target[r] += w[r];
        roundLanes(m_grid, target, &m_scale[g], &m_inverse[g], &m_offset[g], value, &m_code[j * kLanes]);
        for (std::size_t r = 0; r < kLanes; ++r) delta[r] = w[r] - value[r];
        std::copy_n(delta, kLanes, m_delta.data() + j * kLanes);
    };
    for (std::size_t first = 0; first < m_n; first += kStep)
        roundPositions(m_factor, first, std::min(kStep, m_n - first), m_ordered.data(), m_work.data(), round);
}

// With the codes as they are, values are linear in the two numbers of the block: v = scale·a − offset·b, a the codes times the factors
// of their groups. The objective falls by 2·δᵀ·slope − δᵀ·curvature·δ, slope = (a·G, −b·G), curvature from H in the same way.
bool GptqSlab::fitBlock(std::size_t block, std::size_t first, std::size_t count)
{
    const std::size_t begin = block * m_grid.block;
    float* const a = m_ordered.data();  // free after the rounding
    float* const b = a + m_grid.block * kLanes;
    float* const ha = b + m_grid.block * kLanes;  // H·a for all columns of the sweep's step
    float* const hb = ha + kSweep * kLanes;
    for (std::size_t i = 0; i < m_grid.block; ++i) {
        const GroupFactors* factors = &m_factors[(begin + i) / m_grid.group * kLanes];
        for (std::size_t r = 0; r < kLanes; ++r) {
            a[i * kLanes + r] = numberOf(m_code[(begin + i) * kLanes + r]) * static_cast<float>(factors[r].scale);
            b[i * kLanes + r] = -static_cast<float>(factors[r].offset);
        }
    }
    const float* h = damped(first) + begin;
    blas::gemmNN(count, kLanes, m_grid.block, 1, h, m_n, a, kLanes, 0, ha, kLanes);
    if (m_grid.hasOffset) blas::gemmNN(count, kLanes, m_grid.block, 1, h, m_n, b, kLanes, 0, hb, kLanes);

    alignas(64) float slopeA[kLanes] = {};
    alignas(64) float slopeB[kLanes] = {};
    alignas(64) float aa[kLanes] = {};
    alignas(64) float ab[kLanes] = {};
    alignas(64) float bb[kLanes] = {};
    for (std::size_t i = 0; i < m_grid.block; ++i) {
        const float* gradient = m_work.data() + (begin - first + i) * kLanes;
        const float* productA = ha + (begin - first + i) * kLanes;
        const float* productB = hb + (begin - first + i) * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r) {
            slopeA[r] += gradient[r] * a[i * kLanes + r];
            aa[r] += productA[r] * a[i * kLanes + r];
        }
        if (!m_grid.hasOffset) continue;
        for (std::size_t r = 0; r < kLanes; ++r) {
            slopeB[r] += gradient[r] * b[i * kLanes + r];
            ab[r] += productA[r] * b[i * kLanes + r];
            bb[r] += productB[r] * b[i * kLanes + r];
        }
    }

    bool changed = false;
    alignas(64) float stepA[kLanes] = {};
    alignas(64) float stepB[kLanes] = {};
    for (std::size_t r = 0; r < kLanes; ++r) {
        GroupScale& numbers = m_numbers[block * kLanes + r];
        if (!(aa[r] > 0)) continue;
        float moveA = slopeA[r] / aa[r];
        float moveB = 0;
        const float determinant = aa[r] * bb[r] - ab[r] * ab[r];
        if (m_grid.hasOffset && determinant > 1e-3F * aa[r] * bb[r]) {
            moveA = (slopeA[r] * bb[r] - slopeB[r] * ab[r]) / determinant;
            moveB = (slopeB[r] * aa[r] - slopeA[r] * ab[r]) / determinant;
        }
        const GroupScale wanted{stored(numbers.scale + moveA), moveB == 0 ? numbers.offset : stored(numbers.offset + moveB)};
        moveA = wanted.scale - numbers.scale;
        moveB = wanted.offset - numbers.offset;
        const float linear = 2 * (moveA * slopeA[r] + moveB * slopeB[r]);
        const float square = moveA * moveA * aa[r] + 2 * moveA * moveB * ab[r] + moveB * moveB * bb[r];
        // Written so that what is not a number is no gain either.
        if (wanted.scale == 0 || !(linear > square * (1 + kDigits)) || !(linear - square > 1e-12F * numbers.scale * numbers.scale * aa[r]))
            continue;
        stepA[r] = moveA;
        stepB[r] = moveB;
        numbers = wanted;
        changed = true;
    }
    if (!changed) return false;

    for (std::size_t g = begin / m_grid.group; g < (begin + m_grid.block) / m_grid.group; ++g)
        for (std::size_t r = 0; r < kLanes; ++r)
            if (stepA[r] != 0 || stepB[r] != 0) renewGroup(g, r);
    for (std::size_t i = 0; i < m_grid.block; ++i) {
        const std::size_t at = (begin + i) * kLanes;
        const std::size_t g = (begin + i) / m_grid.group * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r)
            if (stepA[r] != 0 || stepB[r] != 0) m_delta[at + r] = m_w[at + r] - (numberOf(m_code[at + r]) * m_scale[g + r] + m_offset[g + r]);
    }
    for (std::size_t l = 0; l < count; ++l) {
        float* gradient = m_work.data() + l * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r) gradient[r] -= stepA[r] * ha[l * kLanes + r];
        if (!m_grid.hasOffset) continue;
        for (std::size_t r = 0; r < kLanes; ++r) gradient[r] -= stepB[r] * hb[l * kLanes + r];
    }
    return true;
}

/// A descent over the columns of one group with the trial's scales, as descendColumn() does it one by one.
void GptqSlab::tryFactors(std::size_t group, std::size_t first, Trial& trial) const
{
    const std::size_t begin = group * m_grid.group;
    const std::size_t length = m_grid.group;
    alignas(64) float gradient[kLongestGroup * kLanes];
    alignas(64) float target[kLanes];
    alignas(64) float step[kLanes];
    std::copy_n(m_work.data() + (begin - first) * kLanes, length * kLanes, gradient);
    trial.gain.fill(0);
    for (std::size_t i = 0; i < length; ++i) {
        const float* h = damped(begin + i) + begin;
        const float inverse = 1.0F / h[i];
        const float* w = m_w.data() + (begin + i) * kLanes;
        const float* delta = m_delta.data() + (begin + i) * kLanes;
        const float* g = gradient + i * kLanes;
        float* value = &trial.value[i * kLanes];
        for (std::size_t r = 0; r < kLanes; ++r) target[r] = (w[r] - delta[r]) + g[r] * inverse;
        roundLanes(m_grid, target, trial.scale.data(), trial.inverse.data(), trial.offset.data(), value, &trial.code[i * kLanes]);
        for (std::size_t r = 0; r < kLanes; ++r) {
            step[r] = value[r] - (w[r] - delta[r]);
            trial.gain[r] += step[r] * (2 * g[r] - step[r] * h[i]);
        }
        for (std::size_t l = i + 1; l < length; ++l) {
            float* other = gradient + l * kLanes;
            for (std::size_t r = 0; r < kLanes; ++r) other[r] -= h[l] * step[r];
        }
    }
}

bool GptqSlab::fitFactors(std::size_t group, std::size_t first, std::size_t count)
{
    const FactorRange& range = m_grid.factors;
    Trial best;
    Trial trial;
    const GroupFactors* factors = &m_factors[group * kLanes];
    const GroupScale* numbers = &m_numbers[group * m_grid.group / m_grid.block * kLanes];
    for (std::size_t r = 0; r < kLanes; ++r) best.set(r, numbers[r], factors[r]);
    tryFactors(group, first, best);
    // What codes alone would gain is left to the sweep over the columns.
    std::array<bool, kLanes> better{};
    const auto stepOf = [](int value) { return std::max(1, static_cast<int>(kFactorStep * static_cast<float>(std::abs(value)))); };
    for (int way = 0; way < (m_grid.hasOffset ? 4 : 2); ++way) {
        const int sign = way % 2 == 0 ? 1 : -1;
        for (std::size_t r = 0; r < kLanes; ++r) {
            GroupFactors wanted = factors[r];
            if (way < 2)
                wanted.scale = static_cast<std::int16_t>(
                    std::clamp(wanted.scale + sign * stepOf(wanted.scale), range.scaleLow, range.scaleHigh));
            else
                wanted.offset = static_cast<std::int16_t>(std::clamp(wanted.offset + sign * stepOf(wanted.offset), 0, range.offsetHigh));
            trial.set(r, numbers[r], wanted);
        }
        tryFactors(group, first, trial);
        for (std::size_t r = 0; r < kLanes; ++r) {
            if (!(trial.gain[r] > 0) || !(trial.gain[r] * (1 - kDigits) > best.gain[r])) continue;
            better[r] = true;
            best.gain[r] = trial.gain[r];
            best.factors[r] = trial.factors[r];
            for (std::size_t i = 0; i < m_grid.group; ++i) {
                best.value[i * kLanes + r] = trial.value[i * kLanes + r];
                best.code[i * kLanes + r] = trial.code[i * kLanes + r];
            }
        }
    }
    if (std::ranges::find(better, true) == better.end()) return false;

    const std::size_t begin = group * m_grid.group;
    for (std::size_t r = 0; r < kLanes; ++r) {
        if (!better[r]) continue;
        m_factors[group * kLanes + r] = best.factors[r];
        renewGroup(group, r);
    }
    for (std::size_t i = 0; i < m_grid.group; ++i) {
        const std::size_t at = (begin + i) * kLanes;
        alignas(64) float step[kLanes] = {};
        for (std::size_t r = 0; r < kLanes; ++r) {
            if (!better[r]) continue;
            const float delta = m_w[at + r] - best.value[i * kLanes + r];
            step[r] = m_delta[at + r] - delta;
            m_delta[at + r] = delta;
            m_code[at + r] = best.code[i * kLanes + r];
        }
        const float* h = damped(begin + i) + first;
        for (std::size_t l = 0; l < count; ++l)
            for (std::size_t r = 0; r < kLanes; ++r) m_work[l * kLanes + r] -= h[l] * step[r];
    }
    return true;
}

bool GptqSlab::descendColumn(std::size_t column, std::size_t first, std::size_t count)
{
    alignas(64) float target[kLanes];
    alignas(64) float value[kLanes];
    alignas(64) float code[kLanes];
    alignas(64) float step[kLanes];
    const float* h = damped(column);
    const float inverse = 1.0F / h[column];
    const std::size_t g = column / m_grid.group * kLanes;
    float* delta = m_delta.data() + column * kLanes;
    float* codes = m_code.data() + column * kLanes;
    const float* w = m_w.data() + column * kLanes;
    const float* gradient = m_work.data() + (column - first) * kLanes;
    for (std::size_t r = 0; r < kLanes; ++r) target[r] = (w[r] - delta[r]) + gradient[r] * inverse;
    roundLanes(m_grid, target, &m_scale[g], &m_inverse[g], &m_offset[g], value, code);
    bool changed = false;
    for (std::size_t r = 0; r < kLanes; ++r) {
        const float old = w[r] - delta[r];
        const bool better = code[r] != codes[r] && std::fabs(target[r] - value[r]) < std::fabs(target[r] - old) * 0.9999F;
        step[r] = better ? delta[r] - (w[r] - value[r]) : 0.0F;
        delta[r] = better ? w[r] - value[r] : delta[r];
        codes[r] = better ? code[r] : codes[r];
        changed |= better;
    }
    if (!changed) return false;
    for (std::size_t l = 0; l < count; ++l) {
        const float factor = h[first + l];
        float* other = m_work.data() + l * kLanes;
        for (std::size_t r = 0; r < kLanes; ++r) other[r] -= factor * step[r];
    }
    return true;
}

bool GptqSlab::descend(bool fit)
{
    bool changed = false;
    for (std::size_t first = 0; first < m_n; first += kSweep) {
        const std::size_t count = std::min(kSweep, m_n - first);
        blas::gemmNN(count, kLanes, m_n, 1, damped(first), m_n, m_delta.data(), kLanes, 0, m_work.data(), kLanes);
        for (std::size_t j = first; j < first + count; ++j) {
            if (fit && j % m_grid.block == 0) changed |= fitBlock(j / m_grid.block, first, count);
            if (fit && m_grid.graded() && j % m_grid.group == 0) changed |= fitFactors(j / m_grid.group, first, count);
            changed |= descendColumn(j, first, count);
        }
    }
    return changed;
}

void GptqSlab::errors(Sums& damped, Sums& plain)
{
    damped.fill(0);
    plain.fill(0);
    for (std::size_t first = 0; first < m_n; first += kStep) {
        const std::size_t count = std::min(kStep, m_n - first);
        blas::gemmNN(count, kLanes, m_n, 1, m_factor.damped.data() + first * m_n, m_n, m_delta.data(), kLanes, 0, m_work.data(),
                     kLanes);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t r = 0; r < kLanes; ++r) {
                const double delta = m_delta[(first + i) * kLanes + r];
                const double product = m_work[i * kLanes + r];
                damped[r] += delta * product;
                plain[r] += delta * (product - static_cast<double>(m_factor.added) * delta);
            }
    }
}

}  // namespace ww
