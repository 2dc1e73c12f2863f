// SPDX-License-Identifier: MIT
// Vector decoders of the IQ types. Code book entries and signs are looked up as whole words into a block of bytes
// (iq_decode_detail.h); lanes are elements, every value is one product.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "formats/iq1.h"
#include "formats/iq4.h"
#include "formats/iq_codebooks.h"
#include "formats/iq_decode_detail.h"
#include "formats/iq_lattice.h"
#include "tensor/float_convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/iq_decode_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

/// kLanes signed bytes as floats.
HWY_INLINE VF floatsFromBytes(const std::int8_t* p)
{
    const hn::Rebind<std::int8_t, DF> bytes;
    return hn::ConvertTo(DF(), hn::PromoteTo(DI(), hn::LoadU(bytes, p)));
}

template <class Type>
HWY_INLINE void decodeBlocks(const std::byte* row, float* out, std::size_t columns)
{
    static const Type type;
    iq::UnpackedBlock block;
    const VF bias = set(static_cast<float>(Type::kBias));
    for (std::size_t first = 0; first < columns; first += iq::kSuperBlock, row += Type::kBytes, out += iq::kSuperBlock) {
        type.unpack(row, block);
        for (std::size_t i = 0; i < iq::kSuperBlock; i += kLanes) {
            VF value = floatsFromBytes(&block.values[i]);
            if constexpr (Type::kBias != 0) value = hn::Sub(value, bias);
            hn::StoreU(hn::Mul(value, set(block.scales[i / Type::kRun])), DF(), out + i);
        }
    }
}

/// 32 values of the uneven grid of four-bit codes.
HWY_INLINE void decodeRun4(const std::byte* codes, float scale, float* out)
{
    const hn::Full128<std::uint8_t> d;
    alignas(16) std::int8_t values[32];
    const auto table = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(kIq4Values.data()));
    const auto both = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(codes));
    hn::Store(hn::TableLookupBytes(table, hn::And(both, hn::Set(d, 15))), d, reinterpret_cast<std::uint8_t*>(values));
    hn::Store(hn::TableLookupBytes(table, hn::ShiftRight<4>(both)), d, reinterpret_cast<std::uint8_t*>(values + 16));
    for (std::size_t i = 0; i < 32; i += kLanes) hn::StoreU(hn::Mul(set(scale), floatsFromBytes(values + i)), DF(), out + i);
}

void DecodeIq2Xxs(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq2Xxs>(row, out, columns);
}
void DecodeIq2Xs(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq2Xs>(row, out, columns);
}
void DecodeIq2S(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq2S>(row, out, columns);
}
void DecodeIq3Xxs(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq3Xxs>(row, out, columns);
}
void DecodeIq3S(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq3S>(row, out, columns);
}
void DecodeIq1S(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq1S>(row, out, columns);
}
void DecodeIq1M(const std::byte* row, float* out, std::size_t columns)
{
    decodeBlocks<iq::Iq1M>(row, out, columns);
}
void DecodeIq4Nl(const std::byte* row, float* out, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; i += 32, row += kIq4NlBytes) decodeRun4(row + 2, fromHalf(iq::readU16(row)), out + i);
}
void DecodeIq4Xs(const std::byte* row, float* out, std::size_t columns)
{
    for (std::size_t i = 0; i < columns; i += iq::kSuperBlock, row += kIq4XsBytes) {
        const float d = fromHalf(iq::readU16(row));
        const unsigned high = iq::readU16(row + 2);
        for (unsigned b = 0; b < 8; ++b, out += 32) {
            const unsigned code = ((iq::u8(row + 4 + b / 2) >> (4 * (b % 2))) & 15U) | (((high >> (2 * b)) & 3U) << 4);
            decodeRun4(row + 8 + std::size_t{16} * b, d * static_cast<float>(static_cast<int>(code) - 32), out);
        }
    }
}

#else

void DecodeIq2Xxs(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq2Xxs(row, out, columns);
}
void DecodeIq2Xs(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq2Xs(row, out, columns);
}
void DecodeIq2S(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq2S(row, out, columns);
}
void DecodeIq3Xxs(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq3Xxs(row, out, columns);
}
void DecodeIq3S(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq3S(row, out, columns);
}
void DecodeIq1S(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq1S(row, out, columns);
}
void DecodeIq1M(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq1M(row, out, columns);
}
void DecodeIq4Nl(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq4Nl(row, out, columns);
}
void DecodeIq4Xs(const std::byte* row, float* out, std::size_t columns)
{
    decodeRowIq4Xs(row, out, columns);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww {

HWY_EXPORT(DecodeIq2Xxs);
HWY_EXPORT(DecodeIq2Xs);
HWY_EXPORT(DecodeIq2S);
HWY_EXPORT(DecodeIq3Xxs);
HWY_EXPORT(DecodeIq3S);
HWY_EXPORT(DecodeIq1S);
HWY_EXPORT(DecodeIq1M);
HWY_EXPORT(DecodeIq4Nl);
HWY_EXPORT(DecodeIq4Xs);

void decodeFastIq2Xxs(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq2Xxs)(row, out, columns);
}
void decodeFastIq2Xs(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq2Xs)(row, out, columns);
}
void decodeFastIq2S(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq2S)(row, out, columns);
}
void decodeFastIq3Xxs(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq3Xxs)(row, out, columns);
}
void decodeFastIq3S(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq3S)(row, out, columns);
}
void decodeFastIq1S(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq1S)(row, out, columns);
}
void decodeFastIq1M(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq1M)(row, out, columns);
}
void decodeFastIq4Nl(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq4Nl)(row, out, columns);
}
void decodeFastIq4Xs(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeIq4Xs)(row, out, columns);
}

}  // namespace ww
#endif  // HWY_ONCE
