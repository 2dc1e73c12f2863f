// SPDX-License-Identifier: MIT
// Vector code for the types of one, two and three levels: TQ1_0, TQ2_0, Q1_0, Q2_0.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "formats/few_bit.h"
#include "formats/row_codec.h"
#include "formats/ternary.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/low_bit_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/k_quants-inl.h"
#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

HWY_INLINE float peakOf(const float* x, std::size_t n)
{
    const DF d;
    VF peak = zero();
    for (std::size_t i = 0; i < n; i += kLanes) peak = hn::Max(peak, hn::Abs(hn::LoadU(d, x + i)));
    return hn::GetLane(hn::MaxOfLanes(d, peak));
}

HWY_INLINE float inverseOf(float peak)
{
    return peak != 0 ? 1 / peak : 0;
}

/// Codes 0, 1, 2 for values that round to −1, 0, +1. An infinite product of minute values rounds to none of them.
HWY_INLINE void levels(const float* x, std::size_t n, float inverse, std::uint8_t none, std::uint8_t* codes)
{
    const DF d;
    const DI di;
    if (!(inverse <= 3.402823466e38F)) {
        std::fill_n(codes, n, none);
        return;
    }
    for (std::size_t i = 0; i < n; i += kLanes) {
        const VF v = hn::Mul(hn::LoadU(d, x + i), set(inverse));
        const VI up = hn::VecFromMask(di, hn::RebindMask(di, hn::Ge(v, set(0.5F))));
        const VI down = hn::VecFromMask(di, hn::RebindMask(di, hn::Le(v, set(-0.5F))));
        const VI code = hn::Add(hn::Sub(hn::Set(di, 1), up), down);
        hn::StoreU(hn::DemoteTo(DBytes(), code), DBytes(), codes + i);
    }
}

/// Calls body(floats, bytes of the block) for every block.
template <class Block, class Floats, class Bytes, class Body>
HWY_INLINE void forEachBlockOf(Floats* x, Bytes* bytes, std::size_t count, const Body& body)
{
    for (std::size_t b = 0; b < count; ++b) body(x + b * Block::kLength, bytes + b * sizeof(Block));
}

HWY_INLINE float halfAt(const std::byte* p)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, p, sizeof bits);
    return fromHalf(bits);
}
HWY_INLINE const std::uint8_t* bytesAt(const std::byte* p, std::size_t offset)
{
    return reinterpret_cast<const std::uint8_t*>(p) + offset;
}
/// out = (code − 1)·d
HWY_INLINE void storeLevel(VI code, VF d, float* out)
{
    hn::StoreU(hn::Mul(hn::ConvertTo(DF(), hn::Sub(code, hn::Set(DI(), 1))), d), DF(), out);
}

// ---- ternary --------------------------------------------------------------------------------------------------------

/// ⌈256·n/243⌉
constexpr auto kTritBytes = [] {
    std::array<std::uint8_t, 243> bytes{};
    for (std::size_t n = 0; n < bytes.size(); ++n) bytes[n] = static_cast<std::uint8_t>((256 * n + 242) / 243);
    return bytes;
}();

void EncodeTQ1_0(const float* rows, std::byte* out, std::size_t count)
{
    forEachBlockOf<ternary::TQ1_0>(rows, out, count, [](const float* x, std::byte* bytes) HWY_ATTR {
        const float peak = peakOf(x, 256);
        std::uint8_t codes[256];
        levels(x, 256, inverseOf(peak), 1, codes);
        const DByte16 d;
        std::uint8_t numbers[48];
        const auto combine = [&](const std::uint8_t* first, std::size_t stride, std::uint8_t* number) HWY_ATTR {
            auto n = codes16(first);
            for (std::size_t k = 1; k < 5; ++k) n = hn::Add(hn::Add(n, hn::Add(n, n)), codes16(first + k * stride));
            hn::StoreU(n, d, number);
        };
        combine(codes, 32, numbers);
        combine(codes + 16, 32, numbers + 16);
        combine(codes + 160, 16, numbers + 32);
        ternary::TQ1_0 block;
        for (std::size_t b = 0; b < 48; ++b) block.fives[b] = kTritBytes[numbers[b]];
        for (std::size_t b = 0; b < 4; ++b) {
            const std::uint8_t* c = codes + 240 + b;
            block.fours[b] = kTritBytes[static_cast<std::size_t>(3 * (27 * c[0] + 9 * c[4] + 3 * c[8] + c[12]))];
        }
        block.d = toHalf(peak);
        std::memcpy(bytes, &block, sizeof block);
    });
}

void DecodeTQ1_0(const std::byte* row, float* out, std::size_t count)
{
    forEachBlockOf<ternary::TQ1_0>(out, row, count, [](float* y, const std::byte* bytes) HWY_ATTR {
        const VF d = set(halfAt(bytes + offsetof(ternary::TQ1_0, d)));
        const VI mask = hn::Set(DI(), 255);
        const auto decodeRun = [&](const std::uint8_t* p, std::size_t trits, std::size_t stride, float* to) HWY_ATTR {
            VI t = loadBytes(p);
            for (std::size_t k = 0; k < trits; ++k) {
                const VI tripled = hn::Add(t, hn::Add(t, t));
                storeLevel(hn::ShiftRight<8>(tripled), d, to + k * stride);
                t = hn::And(tripled, mask);
            }
        };
        for (std::size_t j = 0; j < 32; j += kLanes) decodeRun(bytesAt(bytes, j), 5, 32, y + j);
        for (std::size_t j = 0; j < 16; j += kLanes) decodeRun(bytesAt(bytes, 32 + j), 5, 16, y + 160 + j);
        for (std::size_t b = 0; b < 4; ++b) {
            unsigned t = *bytesAt(bytes, 48 + b);
            for (std::size_t k = 0; k < 4; ++k) {
                y[240 + 4 * k + b] = static_cast<float>(static_cast<int>((3 * t) >> 8) - 1) * hn::GetLane(d);
                t = 3 * t & 255;
            }
        }
    });
}

void EncodeTQ2_0(const float* rows, std::byte* out, std::size_t count)
{
    forEachBlockOf<ternary::TQ2_0>(rows, out, count, [](const float* x, std::byte* bytes) HWY_ATTR {
        const float peak = peakOf(x, 256);
        std::uint8_t codes[256];
        levels(x, 256, inverseOf(peak), 1, codes);
        ternary::TQ2_0 block;
        packPlane2Lanes(codes, block.codes);
        block.d = toHalf(peak);
        std::memcpy(bytes, &block, sizeof block);
    });
}

void DecodeTQ2_0(const std::byte* row, float* out, std::size_t count)
{
    forEachBlockOf<ternary::TQ2_0>(out, row, count, [](float* y, const std::byte* bytes) HWY_ATTR {
        const VF d = set(halfAt(bytes + offsetof(ternary::TQ2_0, d)));
        const VI mask = hn::Set(DI(), 3);
        for (std::size_t half = 0; half < 2; ++half) {
            for (std::size_t j = 0; j < 32; j += kLanes) {
                VI codes = loadBytes(bytesAt(bytes, 32 * half + j));
                for (std::size_t part = 0; part < 4; ++part) {
                    storeLevel(hn::And(codes, mask), d, y + 128 * half + 32 * part + j);
                    codes = hn::ShiftRight<2>(codes);
                }
            }
        }
    });
}

// ---- one and two bits -------------------------------------------------------------------------------------------------

/// Sums of the magnitudes of kLanes blocks of 128, each in order.
HWY_INLINE void sumsOfMagnitudes(const float* x, std::size_t blocks, float* sums)
{
    constexpr std::size_t kChunk = 32;
    const float* pointers[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) pointers[l] = x + std::min(l, blocks - 1) * 128;
    HWY_ALIGN float turned[kChunk * kLanes];
    VF sum = zero();
    for (std::size_t i = 0; i < 128; i += kChunk) {
        transpose(Scattered{pointers}, kChunk, turned);
        for (std::size_t k = 0; k < kChunk; ++k) sum = hn::Add(sum, hn::Abs(load(turned + k * kLanes)));
        for (const float*& pointer : pointers) pointer += kChunk;
    }
    store(sum, sums);
}

void EncodeQ1_0(const float* rows, std::byte* out, std::size_t count)
{
    for (std::size_t first = 0; first < count; first += kLanes) {
        const std::size_t blocks = std::min(kLanes, count - first);
        HWY_ALIGN float sums[kLanes];
        sumsOfMagnitudes(rows + first * 128, blocks, sums);
        for (std::size_t b = 0; b < blocks; ++b) {
            const float* x = rows + (first + b) * 128;
            fewbit::Q1_0 block{};
            block.d = toHalf(sums[b] / 128);
            for (std::size_t i = 0; i < 128; i += kLanes) {
                std::uint8_t bits[8] = {};
                hn::StoreMaskBits(DF(), hn::Ge(hn::LoadU(DF(), x + i), zero()), bits);
                if constexpr (kLanes < 8) {
                    block.signs[i / 8] = static_cast<std::uint8_t>(block.signs[i / 8] | bits[0] << (i % 8));
                } else {
                    std::memcpy(block.signs + i / 8, bits, kLanes / 8);
                }
            }
            std::memcpy(out + (first + b) * sizeof block, &block, sizeof block);
        }
    }
}

void DecodeQ1_0(const std::byte* row, float* out, std::size_t count)
{
    forEachBlockOf<fewbit::Q1_0>(out, row, count, [](float* y, const std::byte* bytes) HWY_ATTR {
        const DU du;
        const VF d = set(halfAt(bytes));
        const VF minus = hn::Neg(d);
        const VU lane = hn::Shl(hn::Set(du, 1), hn::Iota(du, 0));
        for (std::size_t i = 0; i < 128; i += kLanes) {
            std::uint16_t bits = 0;
            std::memcpy(&bits, bytes + 2 + i / 16 * 2, sizeof bits);
            const auto positive = hn::TestBit(hn::Set(du, static_cast<std::uint32_t>(bits >> (i % 16))), lane);
            hn::StoreU(select(hn::RebindMask(DF(), positive), d, minus), DF(), y + i);
        }
    });
}

void EncodeQ2_0(const float* rows, std::byte* out, std::size_t count)
{
    forEachBlockOf<fewbit::Q2_0>(rows, out, count, [](const float* x, std::byte* bytes) HWY_ATTR {
        const float peak = peakOf(x, 64);
        HWY_ALIGN std::uint8_t codes[64];
        levels(x, 64, inverseOf(peak), 0, codes);
        fewbit::Q2_0 block;
        block.d = toHalf(peak);
        // Four codes in the four bytes of a lane move together into the lowest.
        const hn::Repartition<std::uint8_t, DI> d8;
        for (std::size_t j = 0; j < 16; j += kLanes) {
            const VI v = hn::BitCast(DI(), hn::Load(d8, codes + 4 * j));
            const VI pairs = hn::Or(v, hn::ShiftRight<6>(v));
            hn::StoreU(lowBytes(hn::Or(pairs, hn::ShiftRight<12>(pairs))), DBytes(), block.codes + j);
        }
        std::memcpy(bytes, &block, sizeof block);
    });
}

void DecodeQ2_0(const std::byte* row, float* out, std::size_t count)
{
    forEachBlockOf<fewbit::Q2_0>(out, row, count, [](float* y, const std::byte* bytes) HWY_ATTR {
        const DU du;
        const VF d = set(halfAt(bytes));
        const VU shift = hn::Iota(du, 0);
        const VU twice = hn::Add(shift, shift);
        for (std::size_t i = 0; i < 64; i += kLanes) {
            std::uint32_t word = 0;
            std::memcpy(&word, bytes + 2 + i / 16 * 4, sizeof word);
            const VU codes = hn::Shr(hn::Set(du, word >> (2 * (i % 16))), twice);
            storeLevel(hn::BitCast(DI(), hn::And(codes, hn::Set(du, 3))), d, y + i);
        }
    });
}

#else

void EncodeTQ1_0(const float* rows, std::byte* out, std::size_t count)
{
    ternary::encodeTQ1_0(rows, out, count * ternary::TQ1_0::kLength, nullptr);
}
void EncodeTQ2_0(const float* rows, std::byte* out, std::size_t count)
{
    ternary::encodeTQ2_0(rows, out, count * ternary::TQ2_0::kLength, nullptr);
}
void EncodeQ1_0(const float* rows, std::byte* out, std::size_t count)
{
    fewbit::encodeQ1_0(rows, out, count * fewbit::Q1_0::kLength, nullptr);
}
void EncodeQ2_0(const float* rows, std::byte* out, std::size_t count)
{
    fewbit::encodeQ2_0(rows, out, count * fewbit::Q2_0::kLength, nullptr);
}
void DecodeTQ1_0(const std::byte* row, float* out, std::size_t count)
{
    ternary::decodeTQ1_0(row, out, count * ternary::TQ1_0::kLength);
}
void DecodeTQ2_0(const std::byte* row, float* out, std::size_t count)
{
    ternary::decodeTQ2_0(row, out, count * ternary::TQ2_0::kLength);
}
void DecodeQ1_0(const std::byte* row, float* out, std::size_t count)
{
    fewbit::decodeQ1_0(row, out, count * fewbit::Q1_0::kLength);
}
void DecodeQ2_0(const std::byte* row, float* out, std::size_t count)
{
    fewbit::decodeQ2_0(row, out, count * fewbit::Q2_0::kLength);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {

HWY_EXPORT(EncodeTQ1_0);
HWY_EXPORT(EncodeTQ2_0);
HWY_EXPORT(EncodeQ1_0);
HWY_EXPORT(EncodeQ2_0);
HWY_EXPORT(DecodeTQ1_0);
HWY_EXPORT(DecodeTQ2_0);
HWY_EXPORT(DecodeQ1_0);
HWY_EXPORT(DecodeQ2_0);

void ternary::encodeRowsTQ1_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float*)
{
    HWY_DYNAMIC_DISPATCH(EncodeTQ1_0)(rows, out, rowCount * columns / TQ1_0::kLength);
}
void ternary::encodeRowsTQ2_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float*)
{
    HWY_DYNAMIC_DISPATCH(EncodeTQ2_0)(rows, out, rowCount * columns / TQ2_0::kLength);
}
void ternary::decodeFastTQ1_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeTQ1_0)(row, out, columns / TQ1_0::kLength);
}
void ternary::decodeFastTQ2_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeTQ2_0)(row, out, columns / TQ2_0::kLength);
}
void fewbit::encodeRowsQ1_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float*)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ1_0)(rows, out, rowCount * columns / Q1_0::kLength);
}
void fewbit::encodeRowsQ2_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float*)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ2_0)(rows, out, rowCount * columns / Q2_0::kLength);
}
void fewbit::decodeFastQ1_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ1_0)(row, out, columns / Q1_0::kLength);
}
void fewbit::decodeFastQ2_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ2_0)(row, out, columns / Q2_0::kLength);
}

}  // namespace ww
#endif  // HWY_ONCE
