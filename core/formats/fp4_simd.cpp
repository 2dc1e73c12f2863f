// SPDX-License-Identifier: MIT
// Vector code of MXFP4 and NVFP4. The nearest of the eight magnitudes is the number of midpoints that are exceeded: grid values,
// midpoints and the differences that decide are all exact as long as a value is not millions of times the unit.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "formats/fp4.h"
#include "formats/row_codec.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/fp4_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

constexpr float kMidpoints[7] = {0.5F, 1.5F, 2.5F, 3.5F, 5, 7, 10};
HWY_ALIGN constexpr float kGrid[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Codes of n values, one byte each.
HWY_INLINE void nearestCodes(const float* x, std::size_t n, float unit, std::uint8_t* codes)
{
    const DF d;
    const DI di;
    VF midpoints[7];
    for (std::size_t k = 0; k < 7; ++k) midpoints[k] = set(kMidpoints[k] * unit);
    for (std::size_t i = 0; i < n; i += kLanes) {
        const VF v = hn::LoadU(d, x + i);
        const VF magnitude = hn::Abs(v);
        VI code = hn::Zero(di);
        for (const VF& midpoint : midpoints)
            code = hn::Sub(code, hn::VecFromMask(di, hn::RebindMask(di, hn::Gt(magnitude, midpoint))));
        const auto negative = hn::And(hn::RebindMask(di, hn::Lt(v, zero())), hn::Gt(code, hn::Zero(di)));
        code = hn::Or(code, hn::IfThenElseZero(negative, hn::Set(di, 8)));
        hn::StoreU(hn::DemoteTo(DBytes(), code), DBytes(), codes + i);
    }
}

HWY_INLINE float peakOf(const float* x, std::size_t n)
{
    const DF d;
    VF peak = zero();
    for (std::size_t i = 0; i < n; i += kLanes) peak = hn::Max(peak, hn::Abs(hn::LoadU(d, x + i)));
    return hn::GetLane(hn::MaxOfLanes(d, peak));
}

void EncodeMXFP4(const float* x, std::byte* out, std::size_t count)
{
    const hn::Full128<std::uint8_t> d8;
    for (std::size_t b = 0; b < count; ++b, x += 32, out += sizeof(fp4::MXFP4)) {
        fp4::MXFP4 block;
        block.exponent = fp4::exponentFor(peakOf(x, 32));
        std::uint8_t codes[32];
        nearestCodes(x, 32, fp4::unitOfExponent(block.exponent), codes);
        const auto high = hn::ShiftLeft<4>(hn::LoadU(d8, codes + 16));
        hn::StoreU(hn::Or(hn::LoadU(d8, codes), high), d8, block.nibbles);
        std::memcpy(out, &block, sizeof block);
    }
}

void EncodeNVFP4(const float* x, std::byte* out, std::size_t count)
{
    const hn::Full64<std::uint8_t> d8;
    for (std::size_t b = 0; b < count; ++b, x += 64, out += sizeof(fp4::NVFP4)) {
        fp4::NVFP4 block;
        bool isHuge = false;
        for (std::size_t g = 0; g < 4; ++g) {
            const float peak = peakOf(x + 16 * g, 16);
            block.scales[g] = fp4::scaleFor(peak);
            isHuge = isHuge || peak > 1e6F;  // the largest unit is 224
            std::uint8_t codes[16] = {};
            const float unit = fp4::unitOfScale(block.scales[g]);
            if (unit != 0) nearestCodes(x + 16 * g, 16, unit, codes);
            const auto high = hn::ShiftLeft<4>(hn::LoadU(d8, codes + 8));
            hn::StoreU(hn::Or(hn::LoadU(d8, codes), high), d8, block.nibbles[g]);
        }
        if (isHuge)
            fp4::encodeNVFP4(x, out, 64, nullptr);
        else
            std::memcpy(out, &block, sizeof block);
    }
}

/// n bytes of nibbles: low ones to y, high ones to y + n.
HWY_INLINE void decodeNibbles(const std::byte* bytes, std::size_t n, float unit, float* y)
{
    const auto* p = reinterpret_cast<const std::uint8_t*>(bytes);
    const DF d;
    const VI mask = hn::Set(DI(), 15);
    HWY_ALIGN float table[16];
    for (std::size_t k = 0; k < 16; k += kLanes) store(hn::Mul(load(kGrid + k), set(unit)), table + k);
    const auto lookUp = [&](VI code) HWY_ATTR {
#if HWY_MAX_BYTES == 64
        return hn::TableLookupLanes(load(table), hn::IndicesFromVec(d, code));
#elif HWY_MAX_BYTES == 32
        const VI eight = hn::Set(DI(), 8);
        const auto index = hn::IndicesFromVec(d, hn::And(code, hn::Set(DI(), 7)));
        const auto isUpper = hn::RebindMask(d, hn::TestBit(code, eight));
        return select(isUpper, hn::TableLookupLanes(load(table + 8), index), hn::TableLookupLanes(load(table), index));
#else
        return hn::GatherIndex(d, table, code);
#endif
    };
    for (std::size_t j = 0; j < n; j += kLanes) {
        const VI both = loadBytes(p + j);
        hn::StoreU(lookUp(hn::And(both, mask)), d, y + j);
        hn::StoreU(lookUp(hn::ShiftRight<4>(both)), d, y + n + j);
    }
}

void DecodeMXFP4(const std::byte* row, float* out, std::size_t count)
{
    for (std::size_t b = 0; b < count; ++b, out += 32, row += sizeof(fp4::MXFP4))
        decodeNibbles(row + 1, 16, fp4::unitOfExponent(static_cast<std::uint8_t>(row[0])), out);
}

void DecodeNVFP4(const std::byte* row, float* out, std::size_t count)
{
#if HWY_MAX_BYTES == 64
    // The eight bytes of a group are half a vector: the lower lanes take the low nibbles, the upper lanes the high ones.
    const DF d;
    const hn::Full64<std::uint8_t> d8;
    const hn::Full128<std::uint8_t> d16;
    for (std::size_t b = 0; b < count; ++b, row += sizeof(fp4::NVFP4)) {
        const auto* p = reinterpret_cast<const std::uint8_t*>(row);
        for (std::size_t g = 0; g < 4; ++g, out += 16) {
            const auto both = hn::LoadU(d8, p + 4 + 8 * g);
            const auto codes = hn::Combine(d16, hn::ShiftRight<4>(both), hn::And(both, hn::Set(d8, 15)));
            const VF table = hn::Mul(load(kGrid), set(fp4::unitOfScale(p[g])));
            hn::StoreU(hn::TableLookupLanes(table, hn::IndicesFromVec(d, hn::PromoteTo(DI(), codes))), d, out);
        }
    }
#else
    for (std::size_t b = 0; b < count; ++b, row += sizeof(fp4::NVFP4))
        for (std::size_t g = 0; g < 4; ++g, out += 16)
            decodeNibbles(row + 4 + 8 * g, 8, fp4::unitOfScale(static_cast<std::uint8_t>(row[g])), out);
#endif
}

#else

void EncodeMXFP4(const float* x, std::byte* out, std::size_t count)
{
    fp4::encodeMXFP4(x, out, count * fp4::MXFP4::kLength, nullptr);
}
void EncodeNVFP4(const float* x, std::byte* out, std::size_t count)
{
    fp4::encodeNVFP4(x, out, count * fp4::NVFP4::kLength, nullptr);
}
void DecodeMXFP4(const std::byte* row, float* out, std::size_t count)
{
    fp4::decodeMXFP4(row, out, count * fp4::MXFP4::kLength);
}
void DecodeNVFP4(const std::byte* row, float* out, std::size_t count)
{
    fp4::decodeNVFP4(row, out, count * fp4::NVFP4::kLength);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::fp4 {

HWY_EXPORT(EncodeMXFP4);
HWY_EXPORT(EncodeNVFP4);
HWY_EXPORT(DecodeMXFP4);
HWY_EXPORT(DecodeNVFP4);

void encodeRowsMXFP4(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* /*importance*/)
{
    HWY_DYNAMIC_DISPATCH(EncodeMXFP4)(rows, out, rowCount * columns / MXFP4::kLength);
}
void encodeRowsNVFP4(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* /*importance*/)
{
    HWY_DYNAMIC_DISPATCH(EncodeNVFP4)(rows, out, rowCount * columns / NVFP4::kLength);
}
void decodeFastMXFP4(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeMXFP4)(row, out, columns / MXFP4::kLength);
}
void decodeFastNVFP4(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeNVFP4)(row, out, columns / NVFP4::kLength);
}

}  // namespace ww::fp4
#endif  // HWY_ONCE
