// SPDX-License-Identifier: MIT
// Vector decoders of the K types: lanes are elements.
#include <cstddef>
#include <cstring>

#include "formats/k_quants.h"
#include "tensor/float_convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/k_quants_decode_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

using kquants::kBlock;

HWY_INLINE float halfAt(const std::uint8_t* p)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, p, sizeof bits);
    return fromHalf(bits);
}

/// out = scale·code
HWY_INLINE void storeScaled(VI code, float scale, float* out)
{
    hn::StoreU(hn::Mul(set(scale), hn::ConvertTo(DF(), code)), DF(), out);
}
/// out = scale·code − depth
HWY_INLINE void storeAffine(VI code, float scale, float depth, float* out)
{
    hn::StoreU(hn::Sub(hn::Mul(set(scale), hn::ConvertTo(DF(), code)), set(depth)), DF(), out);
}

/// Calls decode(bytes of a block, its 256 floats) for every block.
template <class Block, class Decode>
HWY_INLINE void forEachBlock(const std::byte* row, float* out, std::size_t columns, const Decode& decode)
{
    const auto* p = reinterpret_cast<const std::uint8_t*>(row);
    for (std::size_t first = 0; first < columns; first += Block::kLength, p += sizeof(Block)) decode(p, out + first);
}

void DecodeQ2_K(const std::byte* row, float* out, std::size_t columns)
{
    forEachBlock<kquants::Q2_K>(row, out, columns, [](const std::uint8_t* p, float* y) HWY_ATTR {
        const float d = halfAt(p + offsetof(kquants::Q2_K, d));
        const float dm = halfAt(p + offsetof(kquants::Q2_K, dm));
        const VI mask = hn::Set(DI(), 3);
        for (std::size_t half = 0; half < 2; ++half) {
            for (std::size_t j = 0; j < 32; j += kLanes) {
                VI codes = loadBytes(p + offsetof(kquants::Q2_K, codes) + 32 * half + j);
                for (std::size_t part = 0; part < 4; ++part) {
                    const std::size_t i = 128 * half + 32 * part + j;
                    const std::uint8_t pair = p[i / 16];
                    storeAffine(hn::And(codes, mask), d * static_cast<float>(pair & 15), dm * static_cast<float>(pair >> 4), y + i);
                    codes = hn::ShiftRight<2>(codes);
                }
            }
        }
    });
}

void DecodeQ3_K(const std::byte* row, float* out, std::size_t columns)
{
    forEachBlock<kquants::Q3_K>(row, out, columns, [](const std::uint8_t* p, float* y) HWY_ATTR {
        const float d = halfAt(p + offsetof(kquants::Q3_K, d));
        float scales[16];
        for (int b = 0; b < 16; ++b)
            scales[b] = d * static_cast<float>(kquants::unpackScale6(p + offsetof(kquants::Q3_K, scales), b) - 32);
        const VI mask = hn::Set(DI(), 3);
        const VI four = hn::Set(DI(), 4);
        for (std::size_t j = 0; j < 32; j += kLanes) {
            VI high = hn::ShiftLeft<2>(loadBytes(p + offsetof(kquants::Q3_K, highBits) + j));
            for (std::size_t half = 0; half < 2; ++half) {
                VI codes = loadBytes(p + offsetof(kquants::Q3_K, codes) + 32 * half + j);
                for (std::size_t part = 0; part < 4; ++part) {
                    const std::size_t i = 128 * half + 32 * part + j;
                    const VI code = hn::Or(hn::And(codes, mask), hn::And(high, four));
                    storeScaled(hn::Sub(code, four), scales[i / 16], y + i);
                    codes = hn::ShiftRight<2>(codes);
                    high = hn::ShiftRight<1>(high);
                }
            }
        }
    });
}

/// Scales and depths of the eight sub-blocks of Q4_K and Q5_K.
HWY_INLINE void subScales(const std::uint8_t* p, const std::uint8_t* pairs, float* scales, float* depths)
{
    const float d = halfAt(p);
    const float dm = halfAt(p + 2);
    for (int b = 0; b < 8; ++b) {
        std::uint8_t scale = 0;
        std::uint8_t offset = 0;
        kquants::unpackPair(pairs, b, scale, offset);
        scales[b] = d * static_cast<float>(scale);
        depths[b] = dm * static_cast<float>(offset);
    }
}

void DecodeQ4_K(const std::byte* row, float* out, std::size_t columns)
{
    forEachBlock<kquants::Q4_K>(row, out, columns, [](const std::uint8_t* p, float* y) HWY_ATTR {
        float scales[8];
        float depths[8];
        subScales(p, p + offsetof(kquants::Q4_K, pairs), scales, depths);
        const VI mask = hn::Set(DI(), 15);
        for (std::size_t c = 0; c < 4; ++c) {
            for (std::size_t j = 0; j < 32; j += kLanes) {
                const VI both = loadBytes(p + offsetof(kquants::Q4_K, nibbles) + 32 * c + j);
                storeAffine(hn::And(both, mask), scales[2 * c], depths[2 * c], y + 64 * c + j);
                storeAffine(hn::ShiftRight<4>(both), scales[2 * c + 1], depths[2 * c + 1], y + 64 * c + 32 + j);
            }
        }
    });
}

void DecodeQ5_K(const std::byte* row, float* out, std::size_t columns)
{
    forEachBlock<kquants::Q5_K>(row, out, columns, [](const std::uint8_t* p, float* y) HWY_ATTR {
        float scales[8];
        float depths[8];
        subScales(p, p + offsetof(kquants::Q5_K, pairs), scales, depths);
        const VI mask = hn::Set(DI(), 15);
        const VI sixteen = hn::Set(DI(), 16);
        for (std::size_t j = 0; j < 32; j += kLanes) {
            VI high = hn::ShiftLeft<4>(loadBytes(p + offsetof(kquants::Q5_K, highBits) + j));
            for (std::size_t c = 0; c < 4; ++c) {
                const VI both = loadBytes(p + offsetof(kquants::Q5_K, nibbles) + 32 * c + j);
                const VI first = hn::Or(hn::And(both, mask), hn::And(high, sixteen));
                high = hn::ShiftRight<1>(high);
                const VI second = hn::Or(hn::ShiftRight<4>(both), hn::And(high, sixteen));
                high = hn::ShiftRight<1>(high);
                storeAffine(first, scales[2 * c], depths[2 * c], y + 64 * c + j);
                storeAffine(second, scales[2 * c + 1], depths[2 * c + 1], y + 64 * c + 32 + j);
            }
        }
    });
}

void DecodeQ6_K(const std::byte* row, float* out, std::size_t columns)
{
    forEachBlock<kquants::Q6_K>(row, out, columns, [](const std::uint8_t* p, float* y) HWY_ATTR {
        const float d = halfAt(p + offsetof(kquants::Q6_K, d));
        float scales[16];
        for (std::size_t b = 0; b < 16; ++b)
            scales[b] = d * static_cast<float>(static_cast<std::int8_t>(p[offsetof(kquants::Q6_K, scales) + b]));
        const VI mask = hn::Set(DI(), 15);
        const VI pair = hn::Set(DI(), 0x30);
        const VI bias = hn::Set(DI(), 32);
        for (std::size_t half = 0; half < 2; ++half) {
            for (std::size_t j = 0; j < 32; j += kLanes) {
                const std::size_t i = 128 * half + j;
                const VI low = loadBytes(p + 64 * half + j);
                const VI high = loadBytes(p + 64 * half + 32 + j);
                const VI pairs = loadBytes(p + offsetof(kquants::Q6_K, highPairs) + 32 * half + j);
                const auto code = [&](VI nibble, VI shiftedPairs)
                                      HWY_ATTR { return hn::Sub(hn::Or(nibble, hn::And(shiftedPairs, pair)), bias); };
                storeScaled(code(hn::And(low, mask), hn::ShiftLeft<4>(pairs)), scales[i / 16], y + i);
                storeScaled(code(hn::And(high, mask), hn::ShiftLeft<2>(pairs)), scales[i / 16 + 2], y + i + 32);
                storeScaled(code(hn::ShiftRight<4>(low), pairs), scales[i / 16 + 4], y + i + 64);
                storeScaled(code(hn::ShiftRight<4>(high), hn::ShiftRight<2>(pairs)), scales[i / 16 + 6], y + i + 96);
            }
        }
    });
}

#else

void DecodeQ2_K(const std::byte* row, float* out, std::size_t columns)
{
    kquants::decodeQ2_K(row, out, columns);
}
void DecodeQ3_K(const std::byte* row, float* out, std::size_t columns)
{
    kquants::decodeQ3_K(row, out, columns);
}
void DecodeQ4_K(const std::byte* row, float* out, std::size_t columns)
{
    kquants::decodeQ4_K(row, out, columns);
}
void DecodeQ5_K(const std::byte* row, float* out, std::size_t columns)
{
    kquants::decodeQ5_K(row, out, columns);
}
void DecodeQ6_K(const std::byte* row, float* out, std::size_t columns)
{
    kquants::decodeQ6_K(row, out, columns);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::kquants {

HWY_EXPORT(DecodeQ2_K);
HWY_EXPORT(DecodeQ3_K);
HWY_EXPORT(DecodeQ4_K);
HWY_EXPORT(DecodeQ5_K);
HWY_EXPORT(DecodeQ6_K);

void decodeFastQ2_K(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ2_K)(row, out, columns);
}
void decodeFastQ3_K(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ3_K)(row, out, columns);
}
void decodeFastQ4_K(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ4_K)(row, out, columns);
}
void decodeFastQ5_K(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ5_K)(row, out, columns);
}
void decodeFastQ6_K(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ6_K)(row, out, columns);
}

}  // namespace ww::kquants
#endif  // HWY_ONCE
