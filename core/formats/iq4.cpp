// SPDX-License-Identifier: MIT
#include "formats/iq4.h"

#include <array>

#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "tensor/float_convert.h"

namespace ww {
namespace {

using namespace iq;

constexpr std::size_t kRun = 32;
// Midpoints between neighbouring values of the table; a value on a midpoint takes the upper code.
constexpr std::array<float, 15> kThresholds = {-115.5F, -93.5F, -74,   -57,   -42, -28.5F, -16, -4.5F,
                                               7,       19,     31.5F, 45.5F, 61,  79,     101};

/// Code of the nearest table value; NaN gives 15 because every comparison is written as "not less".
unsigned nearest(float v)
{
    unsigned code = 0;
    for (const float t : kThresholds) code += !(v < t) ? 1U : 0U;
    return code;
}

/// Best scale of 32 values for weights w: the one of sixteen trial multipliers with the largest explained sum.
float searchScale(const float* x, const float* w)
{
    float peak = 0;
    float extreme = 0;
    for (std::size_t i = 0; i < kRun; ++i) {
        const float a = std::fabs(x[i]);
        if (a > peak) {
            peak = a;
            extreme = x[i];
        }
    }
    if (peak < 1e-15F) return 0;
    const auto trial = [&](float g, float& sx, float& s2) {
        sx = 0;
        s2 = 0;
        for (std::size_t i = 0; i < kRun; ++i) {
            const auto p = static_cast<float>(kIq4Values[nearest(g * x[i])]);
            sx += (w[i] * p) * x[i];
            s2 += (w[i] * p) * p;
        }
    };
    float sx = 0;
    float s2 = 0;
    trial(1.0F / ((-extreme) / static_cast<float>(kIq4Values[0])), sx, s2);
    float scale = s2 > 0 ? sx / s2 : 0;
    float best = scale * sx;
    for (int t = -7; t <= 7; ++t) {
        trial(static_cast<float>(t + kIq4Values[0]) / extreme, sx, s2);
        if (s2 > 0 && sx * sx > best * s2) {
            scale = sx / s2;
            best = scale * sx;
        }
    }
    return scale;
}

void fillWeights(const float* x, const float* importance, float variance, float* w)
{
    for (std::size_t i = 0; i < kRun; ++i) w[i] = importance ? importance[i] * std::sqrt(variance + x[i] * x[i]) : x[i] * x[i];
}

void writeCodes(const float* x, float g, std::byte* out)
{
    for (std::size_t j = 0; j < 16; ++j) writeU8(out + j, nearest(g * x[j]) | (nearest(g * x[j + 16]) << 4));
}

void decodeRun(const std::byte* codes, float scale, float* out)
{
    for (std::size_t j = 0; j < 16; ++j) {
        const unsigned byte = u8(codes + j);
        out[j] = scale * static_cast<float>(kIq4Values[byte & 15U]);
        out[j + 16] = scale * static_cast<float>(kIq4Values[byte >> 4]);
    }
}

void encodeSuperBlockXs(const float* x, const float* importance, std::byte* out)
{
    const float variance = sumOfSquares(x, kSuperBlock) * (2.0F / 256.0F);
    std::array<float, 8> scales{};
    for (std::size_t b = 0; b < 8; ++b) {
        std::array<float, kRun> w{};
        fillWeights(x + kRun * b, importance ? importance + kRun * b : nullptr, variance, w.data());
        scales[b] = searchScale(x + kRun * b, w.data());
    }
    const Iq4XsScales super = fitIq4XsScales(scales);
    writeIq4XsScales(super, out);
    for (std::size_t b = 0; b < 8; ++b) writeCodes(x + kRun * b, super.inverse[b], out + 8 + 16 * b);
}

}  // namespace

Iq4XsScales fitIq4XsScales(const std::array<float, 8>& subBlockScales)
{
    float top = 0;
    for (const float s : subBlockScales)
        if (std::fabs(s) > std::fabs(top)) top = s;
    Iq4XsScales super;
    super.d = (-top) / 32.0F;
    const float g = super.d != 0 ? 1.0F / super.d : 0;
    for (std::size_t b = 0; b < 8; ++b) {
        const int l = std::clamp(snap(g * subBlockScales[b]), -32, 31);
        const float f = super.d * static_cast<float>(l);
        super.inverse[b] = f != 0 ? 1.0F / f : 0;
        super.code[b] = static_cast<unsigned>(l + 32);
    }
    return super;
}

void writeIq4XsScales(const Iq4XsScales& scales, std::byte* block)
{
    unsigned high = 0;
    std::array<unsigned, 4> low{};
    for (std::size_t b = 0; b < 8; ++b) {
        low[b / 2] |= (scales.code[b] & 15U) << (4 * (b % 2));
        high |= (scales.code[b] >> 4) << (2 * b);
    }
    writeU16(block, toHalf(scales.d));
    writeU16(block + 2, high);
    for (std::size_t i = 0; i < 4; ++i) writeU8(block + 4 + i, low[i]);
}

void decodeRowIq4Nl(const std::byte* row, float* out, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; i += kRun, row += kIq4NlBytes, out += kRun)
        decodeRun(row + 2, fromHalf(readU16(row)), out);
}

void decodeRowIq4Xs(const std::byte* row, float* out, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; i += kSuperBlock, row += kIq4XsBytes) {
        const float d = fromHalf(readU16(row));
        const unsigned high = readU16(row + 2);
        for (unsigned b = 0; b < 8; ++b, out += kRun) {
            const unsigned code = ((u8(row + 4 + b / 2) >> (4 * (b % 2))) & 15U) | (((high >> (2 * b)) & 3U) << 4);
            decodeRun(row + 8 + std::size_t{16} * b, d * static_cast<float>(static_cast<int>(code) - 32), out);
        }
    }
}

void encodeRowIq4Nl(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    for (std::size_t i = 0; i < columns; i += kRun, row += kRun, out += kIq4NlBytes) {
        std::array<float, kRun> w{};
        fillWeights(row, importance ? importance + i : nullptr, sumOfSquares(row, kRun) * (2.0F / 32.0F), w.data());
        const float d = searchScale(row, w.data());
        writeU16(out, toHalf(d));
        writeCodes(row, d != 0 ? 1.0F / d : 0, out + 2);
    }
}

void encodeRowIq4Xs(const float* row, std::byte* out, std::size_t columns, const float* importance)
{
    for (std::size_t i = 0; i < columns; i += kSuperBlock, out += kIq4XsBytes)
        encodeSuperBlockXs(row + i, importance ? importance + i : nullptr, out);
}

}  // namespace ww
