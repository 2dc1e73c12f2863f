// SPDX-License-Identifier: MIT
// Building blocks of the vector kernels. A lane is a whole group (sub-block, block or row), so the order of arithmetic
// inside a group is that of the scalar code and the bytes are the same for every vector length.
// Included once per instruction set by files that use hwy/foreach_target.h.

// clang-format off
#if defined(WW_FORMATS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WW_FORMATS_LANES_INL_H
#undef WW_FORMATS_LANES_INL_H
#else
#define WW_FORMATS_LANES_INL_H
#endif
// clang-format on

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

// One lane is no gain over the scalar code, and vectors of unknown length cannot be kept in arrays: both use scalar code.
// (core/CMakeLists.txt leaves out the targets of unknown length, so that ARM processors take NEON.)
#undef WW_HAVE_LANES
#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE
#define WW_HAVE_LANES 0
#else
#define WW_HAVE_LANES 1
#endif

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {

#if WW_HAVE_LANES
namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;
using VU = hn::Vec<DU>;
using MF = hn::Mask<DF>;
using DBytes = hn::Rebind<std::uint8_t, DF>;  // as many bytes as there are lanes
inline constexpr std::size_t kLanes = hn::MaxLanes(DF());

HWY_INLINE VF set(float v)
{
    return hn::Set(DF(), v);
}
HWY_INLINE VF zero()
{
    return hn::Zero(DF());
}
HWY_INLINE VF load(const float* aligned)
{
    return hn::Load(DF(), aligned);
}
HWY_INLINE void store(VF v, float* aligned)
{
    hn::Store(v, DF(), aligned);
}
HWY_INLINE VF select(MF mask, VF yes, VF no)
{
    return hn::IfThenElse(mask, yes, no);
}
/// First value on equality, as in scalar comparisons: the sign of a zero stays that of the earlier element.
HWY_INLINE VF smaller(VF first, VF candidate)
{
    return select(hn::Lt(candidate, first), candidate, first);
}
HWY_INLINE VF larger(VF first, VF candidate)
{
    return select(hn::Gt(candidate, first), candidate, first);
}

/// The lowest byte of each lane.
HWY_INLINE hn::Vec<DBytes> lowBytes(VI v)
{
    return hn::DemoteTo(DBytes(), hn::And(v, hn::Set(DI(), 255)));
}

/// `snap` of rounding.h as a float, clamped to low … high; any argument. The sum with 1.5·2^23 has the integer in its low
/// bits, so clamping can be done on the sum.
class Snap {
public:
    Snap(int low, int high)
        : m_low(set(kMagic + static_cast<float>(low))), m_high(set(kMagic + static_cast<float>(high))), m_magic(set(kMagic))
    {
    }
    HWY_INLINE VF operator()(VF v) const { return hn::Sub(clampSum(masked(v)), m_magic); }
    /// For arguments that are known to be below 4194303 in magnitude.
    HWY_INLINE VF small(VF v) const { return hn::Sub(clampSum(hn::Add(v, m_magic)), m_magic); }
    /// The clamped integer.
    HWY_INLINE VI integer(VF v) const { return hn::Sub(hn::BitCast(DI(), clampSum(masked(v))), hn::BitCast(DI(), m_magic)); }
    /// Its lowest byte, one per lane.
    HWY_INLINE hn::Vec<DBytes> byte(VF v) const { return lowBytes(hn::BitCast(DI(), clampSum(masked(v)))); }

private:
    HWY_INLINE VF masked(VF v) const
    {
        const DU du;
        const VU bits = hn::BitCast(du, hn::Add(v, m_magic));
        return hn::BitCast(DF(), hn::OrAnd(hn::Set(du, 0x4B000000U), bits, hn::Set(du, 0x7FFFFFU)));
    }
    HWY_INLINE VF clampSum(VF sum) const { return hn::Min(hn::Max(sum, m_low), m_high); }
    static constexpr float kMagic = 12582912.0F;
    VF m_low;
    VF m_high;
    VF m_magic;
};

/// `snap` without limits.
HWY_INLINE VI snapToInt(VF v)
{
    const DI di;
    const VI bits = hn::BitCast(di, hn::Add(v, set(12582912.0F)));
    return hn::Sub(hn::And(bits, hn::Set(di, 0x7FFFFF)), hn::Set(di, 0x400000));
}

/// toHalf of float_convert.h, the 16 bits in each lane.
HWY_INLINE VI halfBits(VF v)
{
    const DI di;
    const VI bits = hn::BitCast(di, v);
    const VI sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(di, 0x8000));
    const VI magnitude = hn::And(bits, hn::Set(di, 0x7FFFFFFF));
    // Adding 0.5 rounds the subnormal ones; a carry out of the fraction rounds the others up.
    const VF shifted = hn::Add(hn::BitCast(DF(), magnitude), set(0.5F));
    const VI subnormal = hn::Sub(hn::BitCast(di, shifted), hn::Set(di, 0x3F000000));
    const VI odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(di, 1));
    const VI normal = hn::ShiftRight<13>(hn::Add(hn::Add(magnitude, odd), hn::Set(di, 0xFFF - (112 << 23))));
    VI half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(di, 0x38800000)), subnormal, normal);
    half = hn::IfThenElse(hn::Gt(magnitude, hn::Set(di, 0x477FEFFF)), hn::Set(di, 0x7C00), half);
    half = hn::IfThenElse(hn::Gt(magnitude, hn::Set(di, 0x7F800000)), hn::Set(di, 0x7E00), half);
    return hn::Or(half, sign);
}

/// fromHalf of 16-bit values in 32-bit lanes.
HWY_INLINE VF floatsFromHalves(VI half)
{
    const DI di;
    const VI magnitude = hn::And(half, hn::Set(di, 0x7FFF));
    const VI sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(di, 0x8000)));
    const VI shifted = hn::ShiftLeft<13>(magnitude);
    const VI subnormal = hn::BitCast(di, hn::Mul(hn::ConvertTo(DF(), magnitude), set(0x1p-24F)));
    VI bits = hn::Add(shifted, hn::Set(di, 112 << 23));
    bits = hn::IfThenElse(hn::Lt(magnitude, hn::Set(di, 0x0400)), subnormal, bits);
    bits = hn::IfThenElse(hn::Gt(magnitude, hn::Set(di, 0x7BFF)), hn::Or(shifted, hn::Set(di, 0x7F800000)), bits);
    bits = hn::IfThenElse(hn::Gt(magnitude, hn::Set(di, 0x7C00)), hn::Or(bits, hn::Set(di, 0x400000)), bits);
    return hn::BitCast(DF(), hn::Or(bits, sign));
}

/// kLanes bytes, each in the low byte of its lane.
HWY_INLINE VI loadBytes(const std::uint8_t* p)
{
    return hn::PromoteTo(DI(), hn::LoadU(DBytes(), p));
}

using DHalves = hn::Rebind<std::uint16_t, DF>;              // as many 16-bit values as there are lanes
using DHalfBytes = hn::Repartition<std::uint8_t, DHalves>;  // their bytes, for any address

/// kLanes 16-bit values, each in the low half of its lane.
HWY_INLINE VI loadHalves(const std::uint8_t* p)
{
    return hn::PromoteTo(DI(), hn::BitCast(DHalves(), hn::LoadU(DHalfBytes(), p)));
}
/// The low halves of the lanes, which must be 0 … 65535.
HWY_INLINE void storeHalves(VI v, std::uint8_t* p)
{
    hn::StoreU(hn::BitCast(DHalfBytes(), hn::DemoteTo(DHalves(), v)), DHalfBytes(), p);
}

/// Four floats from each of the addresses of lanes row, row + 4, row + 8 …
template <class Address>
HWY_INLINE VF loadPieces(const Address& address, std::size_t row, std::size_t offset)
{
    const hn::Full128<float> d4;
#if HWY_MAX_BYTES == 64
    const hn::Full256<float> d8;
    const auto low = hn::Combine(d8, hn::LoadU(d4, address(row + 4) + offset), hn::LoadU(d4, address(row) + offset));
    const auto high = hn::Combine(d8, hn::LoadU(d4, address(row + 12) + offset), hn::LoadU(d4, address(row + 8) + offset));
    return hn::Combine(DF(), high, low);
#elif HWY_MAX_BYTES == 32
    return hn::Combine(DF(), hn::LoadU(d4, address(row + 4) + offset), hn::LoadU(d4, address(row) + offset));
#else
    return hn::LoadU(d4, address(row) + offset);
#endif
}

/// Transposes: lane l of out[i·kLanes …] is address(l)[i], for i < count. count is a multiple of 4; out is aligned.
template <class Address>
HWY_INLINE void transpose(const Address& address, std::size_t count, float* HWY_RESTRICT out)
{
    const DF d;
    for (std::size_t i = 0; i < count; i += 4) {
        const VF r0 = loadPieces(address, 0, i);
        const VF r1 = loadPieces(address, 1, i);
        const VF r2 = loadPieces(address, 2, i);
        const VF r3 = loadPieces(address, 3, i);
        const VF low02 = hn::InterleaveLower(d, r0, r2);
        const VF low13 = hn::InterleaveLower(d, r1, r3);
        const VF high02 = hn::InterleaveUpper(d, r0, r2);
        const VF high13 = hn::InterleaveUpper(d, r1, r3);
        store(hn::InterleaveLower(d, low02, low13), out + (i + 0) * kLanes);
        store(hn::InterleaveUpper(d, low02, low13), out + (i + 1) * kLanes);
        store(hn::InterleaveLower(d, high02, high13), out + (i + 2) * kLanes);
        store(hn::InterleaveUpper(d, high02, high13), out + (i + 3) * kLanes);
    }
}

/// Lane l at its own address.
struct Scattered {
    const float* const* pointers;
    HWY_INLINE const float* operator()(std::size_t lane) const { return pointers[lane]; }
};
/// Lane l at base + l·stride.
struct Strided {
    const float* base;
    std::size_t stride;
    HWY_INLINE const float* operator()(std::size_t lane) const { return base + lane * stride; }
};
#endif  // WW_HAVE_LANES

}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
