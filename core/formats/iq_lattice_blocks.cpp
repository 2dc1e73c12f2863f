// SPDX-License-Identifier: MIT
#include <algorithm>

#include "formats/iq_common.h"
#include "formats/iq_lattice_detail.h"
#include "tensor/float_convert.h"

namespace ww::lattice {

using namespace iq;

void prepareRun(const LatticeSpec& spec, const float* x, const float* importance, float variance, float* w, float* root, float* v,
                EncodedRun& out)
{
    for (std::size_t i = 0; i < spec.run; ++i) {
        if (importance)
            w[i] = importance[i] * std::sqrt(variance + x[i] * x[i]);
        else if (spec.bare == Bare::SquarePlusQuarterVariance)
            w[i] = 0.25F * variance + x[i] * x[i];
        else
            w[i] = x[i] * x[i];
        root[i] = std::sqrt(w[i]);
    }
    for (std::size_t eight = 0; eight < spec.run / 8; ++eight) {
        unsigned mask = 0;
        unsigned count = 0;
        for (std::size_t k = 0; k < 8; ++k) {
            const std::size_t i = 8 * eight + k;
            if (x[i] >= 0) {
                v[i] = x[i];
            } else {
                v[i] = -x[i];
                mask |= 1U << k;
                ++count;
            }
        }
        if (spec.signParity && count % 2 == 1) {
            std::size_t cheapest = 0;
            float least = (w[8 * eight] * x[8 * eight]) * x[8 * eight];
            for (std::size_t k = 1; k < 8; ++k) {
                const std::size_t i = 8 * eight + k;
                const float cost = (w[i] * x[i]) * x[i];
                if (cost < least) {
                    least = cost;
                    cheapest = k;
                }
            }
            v[8 * eight + cheapest] = -v[8 * eight + cheapest];
            mask ^= 1U << cheapest;
        }
        out.signs[eight] = static_cast<std::uint8_t>(spec.signParity ? mask & 127U : mask);
    }
}

void finishBlock(const LatticeSpec& spec, EncodedBlock& block)
{
    const std::size_t runs = kSuperBlock / spec.run;
    float mx = 0;
    for (std::size_t r = 0; r < runs; ++r) mx = mx > block.runs[r].scale ? mx : block.runs[r].scale;
    block.scaleCode.fill(0);
    block.d = 0;
    block.zero = mx == 0;
    if (block.zero) return;
    const float d = mx / 31.0F;
    block.d = toHalf(spec.storedFactor == 1.0F ? d : d * spec.storedFactor);
    const float g = 1.0F / d;
    for (std::size_t r = 0; r < runs; ++r)
        block.scaleCode[r] = static_cast<unsigned>(std::clamp(snap(0.5F * (g * block.runs[r].scale - 1)), 0, 15));
}

void writeIq2Xxs(const EncodedBlock& block, std::byte* out)
{
    if (block.zero) return;
    writeU16(out, block.d);
    for (std::size_t b = 0; b < 8; ++b) {
        const auto& run = block.runs[b];
        std::uint32_t word = static_cast<std::uint32_t>(block.scaleCode[b]) << 28;
        for (std::size_t g = 0; g < 4; ++g) {
            writeU8(out + 2 + 8 * b + g, run.index[g]);
            word |= static_cast<std::uint32_t>(run.signs[g]) << (7 * g);
        }
        writeU32(out + 2 + 8 * b + 4, word);
    }
}

void writeIq2Xs(const EncodedBlock& block, std::byte* out)
{
    if (block.zero) return;
    writeU16(out, block.d);
    for (std::size_t p = 0; p < 32; ++p) {
        const auto& run = block.runs[p / 2];
        writeU16(out + 2 + 2 * p, run.index[p % 2] | (static_cast<unsigned>(run.signs[p % 2]) << 9));
    }
    for (std::size_t k = 0; k < 8; ++k) writeU8(out + 66 + k, block.scaleCode[2 * k] | (block.scaleCode[2 * k + 1] << 4));
}

void writeIq2S(const EncodedBlock& block, std::byte* out)
{
    writeU16(out, block.d);
    for (std::size_t p = 0; p < 32; ++p) {
        const auto& run = block.runs[p / 2];
        writeU8(out + 2 + p, run.index[p % 2]);
        writeU8(out + 34 + p, run.signs[p % 2]);
        writeU8(out + 66 + p / 4, u8(out + 66 + p / 4) | ((run.index[p % 2] >> 8) << (2 * (p % 4))));
    }
    for (std::size_t k = 0; k < 8; ++k) writeU8(out + 74 + k, block.scaleCode[2 * k] | (block.scaleCode[2 * k + 1] << 4));
}

void writeIq3Xxs(const EncodedBlock& block, std::byte* out)
{
    if (block.zero) return;
    writeU16(out, block.d);
    for (std::size_t b = 0; b < 8; ++b) {
        const auto& run = block.runs[b];
        for (std::size_t g = 0; g < 8; ++g) writeU8(out + 2 + 8 * b + g, run.index[g]);
        std::uint32_t word = static_cast<std::uint32_t>(block.scaleCode[b]) << 28;
        for (std::size_t h = 0; h < 4; ++h) word |= static_cast<std::uint32_t>(run.signs[h]) << (7 * h);
        writeU32(out + 66 + 4 * b, word);
    }
}

void writeIq3S(const EncodedBlock& block, std::byte* out, bool ownPlaces)
{
    writeU16(out, block.d);
    std::size_t place = 0;
    for (std::size_t b = 0; b < 8; ++b) {
        const auto& run = block.runs[b];
        if (ownPlaces) place = b;
        if (run.empty) continue;
        unsigned high = 0;
        for (std::size_t g = 0; g < 8; ++g) {
            writeU8(out + 2 + 8 * place + g, run.index[g]);
            high |= (static_cast<unsigned>(run.index[g]) >> 8) << g;
        }
        writeU8(out + 66 + b, high);
        for (std::size_t h = 0; h < 4; ++h) writeU8(out + 74 + 4 * place + h, run.signs[h]);
        ++place;
    }
    for (std::size_t k = 0; k < 4; ++k) writeU8(out + 106 + k, block.scaleCode[2 * k] | (block.scaleCode[2 * k + 1] << 4));
}

}  // namespace ww::lattice
