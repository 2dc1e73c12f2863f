// SPDX-License-Identifier: MIT
// Vector conversion of F16 and BF16, in integer arithmetic so that every processor gives the same bits, also for NaN.
#include "formats/plain.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/plain_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

HWY_INLINE VI bf16Bits(VF v)
{
    const DI di;
    const VI bits = hn::BitCast(di, v);
    const VI odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(di, 1));
    const VI rounded = hn::Add(bits, hn::Add(odd, hn::Set(di, 0x7FFF)));
    const VI nan = hn::Or(bits, hn::Set(di, 64 << 16));
    const auto isNan = hn::Gt(hn::And(bits, hn::Set(di, 0x7FFFFFFF)), hn::Set(di, 0x7F800000));
    return hn::And(hn::ShiftRight<16>(hn::IfThenElse(isNan, nan, rounded)), hn::Set(di, 0xFFFF));
}

// The scalar functions take the values after the last full vector.

void EncodeF16(const float* x, std::byte* out, std::size_t count)
{
    auto* p = reinterpret_cast<std::uint8_t*>(out);
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) storeHalves(halfBits(hn::LoadU(DF(), x + i)), p + 2 * i);
    plain::encodeF16(x + i, out + 2 * i, count - i, nullptr);
}
void EncodeBF16(const float* x, std::byte* out, std::size_t count)
{
    auto* p = reinterpret_cast<std::uint8_t*>(out);
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) storeHalves(bf16Bits(hn::LoadU(DF(), x + i)), p + 2 * i);
    plain::encodeBF16(x + i, out + 2 * i, count - i, nullptr);
}
void DecodeF16(const std::byte* row, float* out, std::size_t count)
{
    const auto* p = reinterpret_cast<const std::uint8_t*>(row);
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) hn::StoreU(floatsFromHalves(loadHalves(p + 2 * i)), DF(), out + i);
    plain::decodeF16(row + 2 * i, out + i, count - i);
}
void DecodeBF16(const std::byte* row, float* out, std::size_t count)
{
    const auto* p = reinterpret_cast<const std::uint8_t*>(row);
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) hn::StoreU(hn::BitCast(DF(), hn::ShiftLeft<16>(loadHalves(p + 2 * i))), DF(), out + i);
    plain::decodeBF16(row + 2 * i, out + i, count - i);
}

#else

void EncodeF16(const float* x, std::byte* out, std::size_t count)
{
    plain::encodeF16(x, out, count, nullptr);
}
void EncodeBF16(const float* x, std::byte* out, std::size_t count)
{
    plain::encodeBF16(x, out, count, nullptr);
}
void DecodeF16(const std::byte* row, float* out, std::size_t count)
{
    plain::decodeF16(row, out, count);
}
void DecodeBF16(const std::byte* row, float* out, std::size_t count)
{
    plain::decodeBF16(row, out, count);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::plain {

HWY_EXPORT(EncodeF16);
HWY_EXPORT(EncodeBF16);
HWY_EXPORT(DecodeF16);
HWY_EXPORT(DecodeBF16);

void encodeRowsF16(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* /*importance*/)
{
    HWY_DYNAMIC_DISPATCH(EncodeF16)(rows, out, rowCount * columns);
}
void encodeRowsBF16(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* /*importance*/)
{
    HWY_DYNAMIC_DISPATCH(EncodeBF16)(rows, out, rowCount * columns);
}
void decodeFastF16(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeF16)(row, out, columns);
}
void decodeFastBF16(const std::byte* row, float* out, std::size_t columns)
{
    HWY_DYNAMIC_DISPATCH(DecodeBF16)(row, out, columns);
}

}  // namespace ww::plain
#endif  // HWY_ONCE
