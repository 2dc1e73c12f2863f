// SPDX-License-Identifier: MIT
// Vector decoders of the legacy types: lanes are elements, every value is one product and at most one sum.
#include <cstddef>
#include <cstring>

#include "formats/legacy.h"
#include "tensor/float_convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/legacy_decode_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

HWY_INLINE float halfAt(const std::uint8_t* p)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, p, sizeof bits);
    return fromHalf(bits);
}

/// Bit 4 of the codes of elements first, first + 1, … from the 32 bits of a block.
HWY_INLINE VI fifthBits(std::uint32_t bits, std::size_t first)
{
    const DU du;
    const VU one = hn::Shl(hn::Set(du, 1), hn::Iota(du, static_cast<std::uint32_t>(first)));
    const auto isSet = hn::RebindMask(DI(), hn::TestBit(hn::Set(du, bits), one));
    return hn::IfThenElseZero(isSet, hn::Set(DI(), 16));
}

/// Any type with nibbles: scale·(code − bias) or scale·code + offset.
template <class Block, int kBias>
void decodeNibbles(const std::byte* row, float* out, std::size_t columns)
{
    constexpr bool kAffine = kBias == 0;
    const VI mask = hn::Set(DI(), 15);
    for (std::size_t first = 0; first < columns; first += Block::kLength) {
        const auto* p = reinterpret_cast<const std::uint8_t*>(row) + first / Block::kLength * sizeof(Block);
        const VF d = set(halfAt(p));
        std::uint32_t fifth = 0;
        if constexpr (requires(Block b) { b.fifthBits; }) std::memcpy(&fifth, p + offsetof(Block, fifthBits), sizeof fifth);
        VF m = zero();
        if constexpr (kAffine) m = set(halfAt(p + 2));
        const auto value = [&](VI code, std::size_t i) HWY_ATTR {
            if constexpr (requires(Block b) { b.fifthBits; }) code = hn::Or(code, fifthBits(fifth, i));
            VF v = hn::ConvertTo(DF(), hn::Sub(code, hn::Set(DI(), kBias)));
            v = hn::Mul(v, d);
            if constexpr (kAffine) v = hn::Add(v, m);
            hn::StoreU(v, DF(), out + first + i);
        };
        for (std::size_t j = 0; j < 16; j += kLanes) {
            const VI both = loadBytes(p + offsetof(Block, nibbles) + j);
            value(hn::And(both, mask), j);
            value(hn::ShiftRight<4>(both), j + 16);
        }
    }
}

void DecodeQ4_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeNibbles<legacy::Q4_0, 8>(row, out, columns);
}
void DecodeQ4_1(const std::byte* row, float* out, std::size_t columns)
{
    decodeNibbles<legacy::Q4_1, 0>(row, out, columns);
}
void DecodeQ5_0(const std::byte* row, float* out, std::size_t columns)
{
    decodeNibbles<legacy::Q5_0, 16>(row, out, columns);
}
void DecodeQ5_1(const std::byte* row, float* out, std::size_t columns)
{
    decodeNibbles<legacy::Q5_1, 0>(row, out, columns);
}
void DecodeQ8_0(const std::byte* row, float* out, std::size_t columns)
{
    const hn::Rebind<std::int8_t, DF> signedBytes;
    const auto* p = reinterpret_cast<const std::uint8_t*>(row);
    for (std::size_t first = 0; first < columns; first += 32, p += sizeof(legacy::Q8_0)) {
        const VF d = set(halfAt(p));
        for (std::size_t i = 0; i < 32; i += kLanes) {
            const auto codes = hn::BitCast(signedBytes, hn::LoadU(DBytes(), p + 2 + i));
            hn::StoreU(hn::Mul(hn::ConvertTo(DF(), hn::PromoteTo(DI(), codes)), d), DF(), out + first + i);
        }
    }
}

#else

void DecodeQ4_0(const std::byte* row, float* out, std::size_t columns)
{
    legacy::decodeQ4_0(row, out, columns);
}
void DecodeQ4_1(const std::byte* row, float* out, std::size_t columns)
{
    legacy::decodeQ4_1(row, out, columns);
}
void DecodeQ5_0(const std::byte* row, float* out, std::size_t columns)
{
    legacy::decodeQ5_0(row, out, columns);
}
void DecodeQ5_1(const std::byte* row, float* out, std::size_t columns)
{
    legacy::decodeQ5_1(row, out, columns);
}
void DecodeQ8_0(const std::byte* row, float* out, std::size_t columns)
{
    legacy::decodeQ8_0(row, out, columns);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::legacy {

HWY_EXPORT(DecodeQ4_0);
HWY_EXPORT(DecodeQ4_1);
HWY_EXPORT(DecodeQ5_0);
HWY_EXPORT(DecodeQ5_1);
HWY_EXPORT(DecodeQ8_0);

void decodeFastQ4_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ4_0)(row, out, columns);
}
void decodeFastQ4_1(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ4_1)(row, out, columns);
}
void decodeFastQ5_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ5_0)(row, out, columns);
}
void decodeFastQ5_1(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ5_1)(row, out, columns);
}
void decodeFastQ8_0(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeQ8_0)(row, out, columns);
}

}  // namespace ww::legacy
#endif  // HWY_ONCE
