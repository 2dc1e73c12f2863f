// SPDX-License-Identifier: MIT
// Vector encoders of Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. As many blocks as a vector has lanes go together: scales are found with one
// block per lane, codes are made in the order in which they are stored.
#include "formats/legacy.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "formats/row_codec.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/legacy_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/lanes-inl.h"
#include "formats/searches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

constexpr std::size_t kN = 32;

struct Type4_0 {
    using Block = legacy::Q4_0;
    static constexpr int kLevels = 16;
    static constexpr bool kAffine = false;
};
struct Type4_1 {
    using Block = legacy::Q4_1;
    static constexpr int kLevels = 16;
    static constexpr bool kAffine = true;
};
struct Type5_0 {
    using Block = legacy::Q5_0;
    static constexpr int kLevels = 32;
    static constexpr bool kAffine = false;
};
struct Type5_1 {
    using Block = legacy::Q5_1;
    static constexpr int kLevels = 32;
    static constexpr bool kAffine = true;
};

// ---- writing codes --------------------------------------------------------------------------------------------------

/// Stores 32 codes of one block; code(v) gives the integer codes of elements v·kLanes ….
template <class Block, class Code>
HWY_INLINE void storeCodes(const Code& code, Block& block)
{
    constexpr std::size_t kVectors = kN / kLanes;
    VI codes[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) codes[v] = code(v);
    if constexpr (requires { block.fifthBits; }) {
        std::uint32_t fifth = 0;
        for (std::size_t v = 0; v < kVectors; ++v) {
            std::uint8_t bits[8] = {};
            hn::StoreMaskBits(DI(), hn::Gt(codes[v], hn::Set(DI(), 15)), bits);
            fifth |= static_cast<std::uint32_t>(bits[0] | bits[1] << 8) << (v * kLanes);
            codes[v] = hn::And(codes[v], hn::Set(DI(), 15));
        }
        std::memcpy(block.fifthBits, &fifth, sizeof fifth);
    }
    for (std::size_t v = 0; v < kVectors / 2; ++v) {
        const VI both = hn::Or(codes[v], hn::ShiftLeft<4>(codes[v + kVectors / 2]));
        hn::StoreU(hn::DemoteTo(DBytes(), both), DBytes(), block.nibbles + v * kLanes);
    }
}

// ---- scales from the extremes ----------------------------------------------------------------------------------------

/// Smallest and largest value of kLanes blocks that follow each other, one block per lane. The sign of a zero is open.
HWY_INLINE void extremes(const float* x, VF& lo, VF& hi)
{
    const DF d;
    HWY_ALIGN float lows[kLanes * kLanes];
    HWY_ALIGN float highs[kLanes * kLanes];
    for (std::size_t b = 0; b < kLanes; ++b) {
        VF low = hn::LoadU(d, x + b * kN);
        VF high = low;
        for (std::size_t i = kLanes; i < kN; i += kLanes) {
            const VF v = hn::LoadU(d, x + b * kN + i);
            low = hn::Min(low, v);
            high = hn::Max(high, v);
        }
        store(low, lows + b * kLanes);
        store(high, highs + b * kLanes);
    }
    HWY_ALIGN float turned[kLanes * kLanes];
    transpose(Strided{lows, kLanes}, kLanes, turned);
    lo = load(turned);
    for (std::size_t i = 1; i < kLanes; ++i) lo = hn::Min(lo, load(turned + i * kLanes));
    transpose(Strided{highs, kLanes}, kLanes, turned);
    hi = load(turned);
    for (std::size_t i = 1; i < kLanes; ++i) hi = hn::Max(hi, load(turned + i * kLanes));
}

/// Replaces the lanes of `mask` by scalar(block).
template <class Scalar>
HWY_INLINE VF repaired(VF v, MF mask, const Scalar& scalar)
{
    if (hn::AllFalse(DF(), mask)) return v;
    HWY_ALIGN float values[kLanes];
    HWY_ALIGN float flags[kLanes];
    store(v, values);
    store(select(mask, set(1.0F), zero()), flags);
    for (std::size_t b = 0; b < kLanes; ++b)
        if (flags[b] != 0) values[b] = scalar(b);
    return load(values);
}

/// 1/d, or 0 for d = 0.
HWY_INLINE VF reciprocals(VF d)
{
    return select(hn::Eq(d, zero()), zero(), hn::Div(set(1.0F), d));
}

/// A finite multiplier gives codes in range; an infinite one, of minute blocks, gives the codes 0 throughout.
HWY_INLINE bool isUsable(float inverse)
{
    return std::fabs(inverse) <= 3.402823466e38F;
}

struct BlockScales {
    HWY_ALIGN float inverse[kLanes];
    HWY_ALIGN float lo[kLanes];
    HWY_ALIGN std::int32_t d[kLanes];  // as half
    HWY_ALIGN std::int32_t m[kLanes];
};

template <class Type>
HWY_INLINE void findScales(const float* x, BlockScales& scales)
{
    VF lo;
    VF hi;
    extremes(x, lo, hi);
    VF d;
    if constexpr (Type::kAffine) {
        // Among zeros of both signs the first one is the smallest; its sign is stored.
        const auto firstZero = [x](std::size_t b) HWY_ATTR {
            for (std::size_t i = 0; i < kN; ++i)
                if (x[b * kN + i] == 0) return x[b * kN + i];
            return 0.0F;
        };
        const MF zeroLow = hn::Eq(lo, zero());
        lo = repaired(lo, zeroLow, firstZero);
        hi = select(hn::Eq(hi, lo), lo, hi);
        d = hn::Div(hn::Sub(hi, lo), set(static_cast<float>(Type::kLevels - 1)));
        hn::Store(halfBits(lo), DI(), scales.m);
        store(lo, scales.lo);
    } else {
        // With equal magnitudes on both sides the first one decides the sign.
        const VF low = hn::Neg(lo);
        const VF pivot = select(hn::Gt(hi, low), hi, lo);
        const auto first = [x](std::size_t b) HWY_ATTR { return search::pivotOf(kN, x + b * kN); };
        d = hn::Div(repaired(pivot, hn::Eq(hi, low), first), set(static_cast<float>(-Type::kLevels / 2)));
    }
    store(reciprocals(d), scales.inverse);
    hn::Store(halfBits(d), DI(), scales.d);
}

template <class Type>
HWY_INLINE void encodePlainBlock(const float* x, const BlockScales& scales, std::size_t b, typename Type::Block& block)
{
    const DF d;
    const VI top = hn::Set(DI(), Type::kLevels - 1);
    block.d = static_cast<std::uint16_t>(scales.d[b]);
    if constexpr (Type::kAffine) block.m = static_cast<std::uint16_t>(scales.m[b]);
    // With offset, 0 stands for equal values or for a span that overflows: code 0 in both cases.
    if (!isUsable(scales.inverse[b]) || (Type::kAffine && scales.inverse[b] == 0)) {
        storeCodes([](std::size_t) HWY_ATTR { return hn::Zero(DI()); }, block);
        return;
    }
    const VF inverse = set(scales.inverse[b]);
    if constexpr (Type::kAffine) {
        const VF lo = set(scales.lo[b]);
        storeCodes(
            [&](std::size_t v) HWY_ATTR {
                const VF scaled = hn::Mul(hn::Sub(hn::LoadU(d, x + v * kLanes), lo), inverse);
                return hn::Min(hn::ConvertTo(DI(), hn::Add(scaled, set(0.5F))), top);
            },
            block);
    } else {
        const VF half = set(static_cast<float>(Type::kLevels / 2) + 0.5F);
        storeCodes(
            [&](std::size_t v) HWY_ATTR {
                const VF scaled = hn::Mul(hn::LoadU(d, x + v * kLanes), inverse);
                return hn::Min(hn::ConvertTo(DI(), hn::Add(scaled, half)), top);
            },
            block);
    }
}

// ---- searches -------------------------------------------------------------------------------------------------------

/// Mean square of each row, in order: one row per lane.
HWY_INLINE void meanSquares(const float* rows, std::size_t rowCount, std::size_t columns, float* sigma)
{
    const float* pointers[kLanes];
    for (std::size_t r = 0; r < kLanes; ++r) pointers[r] = rows + std::min(r, rowCount - 1) * columns;
    HWY_ALIGN float x[kN * kLanes];
    VF sum = zero();
    for (std::size_t first = 0; first < columns; first += kN) {
        transpose(Scattered{pointers}, kN, x);
        for (std::size_t i = 0; i < kN; ++i) {
            const VF v = load(x + i * kLanes);
            sum = hn::Add(sum, hn::Mul(v, v));
        }
        for (const float*& pointer : pointers) pointer += kN;
    }
    store(hn::Div(sum, set(static_cast<float>(columns))), sigma);
}

/// kV vectors of blocks with their places, one block per lane.
template <std::size_t kV>
struct BlockLanes {
    const float* x[kV * kLanes];
    const float* importance[kV * kLanes];
    HWY_ALIGN float sigma[kV * kLanes];
};

template <class Type, std::size_t kV>
HWY_INLINE void encodeWeightedBlocks(const BlockLanes<kV>& lanes, std::byte* out, std::size_t count)
{
    HWY_ALIGN float x[kV * kN * kLanes];
    HWY_ALIGN float w[kV * kN * kLanes];
    HWY_ALIGN float scratch[kV * kN * kLanes];
    for (std::size_t v = 0; v < kV; ++v) {
        float* xv = x + v * kN * kLanes;
        float* wv = w + v * kN * kLanes;
        transpose(Scattered{lanes.x + v * kLanes}, kN, xv);
        transpose(Scattered{lanes.importance + v * kLanes}, kN, wv);
        const VF sigma = load(lanes.sigma + v * kLanes);
        for (std::size_t i = 0; i < kN * kLanes; i += kLanes) {
            const VF xi = load(xv + i);
            store(hn::Mul(load(wv + i), hn::Sqrt(hn::Add(sigma, hn::Mul(xi, xi)))), wv + i);
        }
    }
    HWY_ALIGN float multiplier[kV * kLanes];
    HWY_ALIGN float shift[kV * kLanes];  // origin or bias
    HWY_ALIGN std::int32_t d[kV * kLanes];
    HWY_ALIGN std::int32_t m[kV * kLanes];
    if constexpr (Type::kAffine) {
        AffineLanes fit[kV];
        affineLanes<kV, false>(kN, Type::kLevels - 1, x, w, scratch, search::kFineRange, fit);
        for (std::size_t v = 0; v < kV; ++v) {
            store(fit[v].multiplier, multiplier + v * kLanes);
            store(fit[v].origin, shift + v * kLanes);
            hn::Store(halfBits(fit[v].scale), DI(), d + v * kLanes);
            hn::Store(halfBits(hn::Neg(fit[v].depth)), DI(), m + v * kLanes);
        }
    } else {
        for (std::size_t v = 0; v < kV; ++v) {
            const SymmetricLanes fit =
                symmetricLanes<false>(kN, Type::kLevels / 2, x + v * kN * kLanes, w + v * kN * kLanes, scratch);
            store(fit.multiplier, multiplier + v * kLanes);
            store(fit.bias, shift + v * kLanes);
            hn::Store(halfBits(fit.scale), DI(), d + v * kLanes);
        }
    }
    const Snap snapCode(Type::kAffine ? 0 : -Type::kLevels / 2, Type::kAffine ? Type::kLevels - 1 : Type::kLevels / 2 - 1);
    for (std::size_t b = 0; b < count; ++b) {
        typename Type::Block block;
        block.d = static_cast<std::uint16_t>(d[b]);
        if constexpr (Type::kAffine) block.m = static_cast<std::uint16_t>(m[b]);
        const VF r = set(multiplier[b]);
        storeCodes(
            [&](std::size_t v) HWY_ATTR {
                const VF xi = hn::LoadU(DF(), lanes.x[b] + v * kLanes);
                if constexpr (Type::kAffine) return snapCode.integer(hn::Mul(r, hn::Sub(xi, set(shift[b]))));
                const VI bias = hn::Set(DI(), static_cast<std::int32_t>(shift[b]));
                return hn::Add(snapCode.integer(hn::Mul(r, xi)), bias);
            },
            block);
        std::memcpy(out + b * sizeof block, &block, sizeof block);
    }
}

// ---- rows -----------------------------------------------------------------------------------------------------------

template <class Type>
void encodeWeighted(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    using Block = typename Type::Block;
    constexpr std::size_t kV = Type::kAffine ? 2 : 1;
    constexpr std::size_t kBatch = kV * kLanes;
    const std::size_t perRow = columns / kN;
    for (std::size_t firstRow = 0; firstRow < rowCount; firstRow += kLanes) {
        const std::size_t rowsNow = std::min(kLanes, rowCount - firstRow);
        HWY_ALIGN float sigma[kLanes];
        meanSquares(rows + firstRow * columns, rowsNow, columns, sigma);
        const std::size_t blocks = rowsNow * perRow;
        for (std::size_t first = 0; first < blocks; first += kBatch) {
            BlockLanes<kV> lanes;
            for (std::size_t l = 0; l < kBatch; ++l) {
                const std::size_t block = std::min(first + l, blocks - 1);  // the last one again where there are no more
                lanes.x[l] = rows + firstRow * columns + block * kN;
                lanes.importance[l] = importance + block % perRow * kN;
                lanes.sigma[l] = sigma[block / perRow];
            }
            encodeWeightedBlocks<Type, kV>(lanes, out + (firstRow * perRow + first) * sizeof(Block),
                                           std::min(kBatch, blocks - first));
        }
    }
}

template <class Type>
void encodePlain(const float* x, std::byte* out, std::size_t blocks)
{
    using Block = typename Type::Block;
    for (std::size_t first = 0; first < blocks; first += kLanes) {
        const std::size_t count = std::min(kLanes, blocks - first);
        const float* source = x + first * kN;
        HWY_ALIGN float padded[kLanes * kN];
        if (count < kLanes) {
            std::fill_n(padded, kLanes * kN, 0.0F);
            std::copy_n(source, count * kN, padded);
            source = padded;
        }
        BlockScales scales;
        findScales<Type>(source, scales);
        for (std::size_t b = 0; b < count; ++b) {
            Block block;
            encodePlainBlock<Type>(source + b * kN, scales, b, block);
            std::memcpy(out + (first + b) * sizeof block, &block, sizeof block);
        }
    }
}

template <class Type>
void encode(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    if (importance)
        encodeWeighted<Type>(rows, out, rowCount, columns, importance);
    else
        encodePlain<Type>(rows, out, rowCount * columns / kN);
}

void EncodeQ4_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encode<Type4_0>(rows, out, rowCount, columns, importance);
}
void EncodeQ4_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encode<Type4_1>(rows, out, rowCount, columns, importance);
}
void EncodeQ5_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encode<Type5_0>(rows, out, rowCount, columns, importance);
}
void EncodeQ5_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encode<Type5_1>(rows, out, rowCount, columns, importance);
}

void EncodeQ8_0(const float* x, std::byte* out, std::size_t rowCount, std::size_t columns, const float* /*importance*/)
{
    const DF d;
    const hn::Rebind<std::int8_t, DF> signedBytes;
    const std::size_t blocks = rowCount * columns / kN;
    for (std::size_t first = 0; first < blocks; first += kLanes) {
        const std::size_t count = std::min(kLanes, blocks - first);
        HWY_ALIGN float peaks[kLanes * kLanes];
        HWY_ALIGN float turned[kLanes * kLanes];
        for (std::size_t b = 0; b < count; ++b) {
            VF peak = zero();
            for (std::size_t i = 0; i < kN; i += kLanes) peak = hn::Max(peak, hn::Abs(hn::LoadU(d, x + (first + b) * kN + i)));
            store(peak, peaks + b * kLanes);
        }
        for (std::size_t b = count; b < kLanes; ++b) store(zero(), peaks + b * kLanes);
        transpose(Strided{peaks, kLanes}, kLanes, turned);
        VF peak = load(turned);
        for (std::size_t i = 1; i < kLanes; ++i) peak = hn::Max(peak, load(turned + i * kLanes));
        const VF scale = hn::Div(peak, set(127.0F));
        HWY_ALIGN float inverse[kLanes];
        HWY_ALIGN std::int32_t halves[kLanes];
        store(reciprocals(scale), inverse);
        hn::Store(halfBits(scale), DI(), halves);
        for (std::size_t b = 0; b < count; ++b) {
            legacy::Q8_0 block{};
            block.d = static_cast<std::uint16_t>(halves[b]);
            if (isUsable(inverse[b])) {
                for (std::size_t i = 0; i < kN; i += kLanes) {
                    // The float below 0.5 makes truncation round halves away from zero and nothing else.
                    const VF v = hn::Mul(hn::LoadU(d, x + (first + b) * kN + i), set(inverse[b]));
                    const VI code = hn::ConvertTo(DI(), hn::Add(v, hn::CopySignToAbs(set(0.49999997F), v)));
                    hn::StoreU(hn::DemoteTo(signedBytes, code), signedBytes, block.codes + i);
                }
            }
            std::memcpy(out + (first + b) * sizeof block, &block, sizeof block);
        }
    }
}

#else

void EncodeQ4_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<legacy::Q4_0, legacy::encodeQ4_0>(rows, out, rowCount, columns, importance);
}
void EncodeQ4_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<legacy::Q4_1, legacy::encodeQ4_1>(rows, out, rowCount, columns, importance);
}
void EncodeQ5_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<legacy::Q5_0, legacy::encodeQ5_0>(rows, out, rowCount, columns, importance);
}
void EncodeQ5_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<legacy::Q5_1, legacy::encodeQ5_1>(rows, out, rowCount, columns, importance);
}
void EncodeQ8_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<legacy::Q8_0, legacy::encodeQ8_0>(rows, out, rowCount, columns, importance);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::legacy {

HWY_EXPORT(EncodeQ4_0);
HWY_EXPORT(EncodeQ4_1);
HWY_EXPORT(EncodeQ5_0);
HWY_EXPORT(EncodeQ5_1);
HWY_EXPORT(EncodeQ8_0);

void encodeRowsQ4_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ4_0)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ4_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ4_1)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ5_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ5_0)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ5_1(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ5_1)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ8_0(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ8_0)(rows, out, rowCount, columns, importance);
}

}  // namespace ww::legacy
#endif  // HWY_ONCE
