// SPDX-License-Identifier: MIT
// Vector encoders of Q2_K, Q4_K and Q5_K. The sub-blocks of 16 blocks are searched with one sub-block per lane, the scales of the
// blocks then with one block per lane.
#include "formats/k_quants.h"
#include "formats/row_codec.h"
#include "tensor/float_convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/k_quants_affine_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/k_quants-inl.h"
#include "formats/searches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

using search::AffineRange;
using search::Metric;

struct Q2 {
    using Block = kquants::Q2_K;
    static constexpr std::size_t kGroups = 16;
    static constexpr int kTop = 3;
    static constexpr int kScaleTop = 15;
    static constexpr float kSigmaFactor = 1;
    static constexpr AffineRange kPlain{-0.5F, 0.1F, 15, Metric::Absolute};
};
struct Q4 {
    using Block = kquants::Q4_K;
    static constexpr std::size_t kGroups = 8;
    static constexpr int kTop = 15;
    static constexpr int kScaleTop = 63;
    static constexpr float kSigmaFactor = 2;
    static constexpr AffineRange kPlain{-1.0F, 0.1F, 20, Metric::Squared};
};
struct Q5 {
    using Block = kquants::Q5_K;
    static constexpr std::size_t kGroups = 8;
    static constexpr int kTop = 31;
    static constexpr int kScaleTop = 63;
    static constexpr float kSigmaFactor = 2;
    static constexpr AffineRange kPlain{-0.5F, 0.1F, 15, Metric::Squared};
};

/// Results of a batch, by group (block · kGroups + sub-block) or by block.
template <std::size_t kGroups>
struct Found {
    static constexpr std::size_t kBlocks = BlockBatch::kBlocks;
    HWY_ALIGN float scale[kBlocks * kGroups];
    HWY_ALIGN float depth[kBlocks * kGroups];
    HWY_ALIGN float mass[kBlocks * kGroups];
    HWY_ALIGN float multiplier[kBlocks * kGroups];  // codes of the search, see AffineLanes
    HWY_ALIGN float origin[kBlocks * kGroups];
    std::uint8_t scaleCodes[kBlocks][kGroups];
    std::uint8_t depthCodes[kBlocks][kGroups];
    HWY_ALIGN float d[kBlocks];
    HWY_ALIGN float dm[kBlocks];
};

/// Weights of kV vectors of groups that are in x. importance: transposed like x, or null.
template <class Type, std::size_t kV>
HWY_INLINE void makeWeights(const float* HWY_RESTRICT x, const float* sigma, std::size_t first, bool weighted,
                            float* HWY_RESTRICT w)
{
    constexpr std::size_t kLength = kquants::kBlock / Type::kGroups;
    for (std::size_t v = 0; v < kV; ++v, x += kLength * kLanes, w += kLength * kLanes) {
        if (weighted) {
            const VF s = perGroup<Type::kGroups>(sigma, first + v * kLanes);
            for (std::size_t i = 0; i < kLength; ++i) {
                const VF xi = load(x + i * kLanes);
                store(hn::Mul(load(w + i * kLanes), hn::Sqrt(hn::Add(s, hn::Mul(xi, xi)))), w + i * kLanes);
            }
        } else if constexpr (Type::kPlain.metric == Metric::Absolute) {
            for (std::size_t i = 0; i < kLength; ++i) store(hn::Abs(load(x + i * kLanes)), w + i * kLanes);
        } else {
            VF sum = zero();
            for (std::size_t i = 0; i < kLength; ++i) sum = hn::Add(sum, hn::Mul(load(x + i * kLanes), load(x + i * kLanes)));
            const VF rms = hn::Sqrt(hn::Mul(sum, set(1.0F / kLength)));
            for (std::size_t i = 0; i < kLength; ++i) store(hn::Add(rms, hn::Abs(load(x + i * kLanes))), w + i * kLanes);
        }
    }
}

template <class Type>
HWY_INLINE void searchGroups(const BlockBatch& batch, Found<Type::kGroups>& found)
{
    constexpr std::size_t kGroups = Type::kGroups;
    constexpr std::size_t kLength = kquants::kBlock / kGroups;
    constexpr std::size_t kV = 2;
    HWY_ALIGN float x[kV * kLength * kLanes];
    HWY_ALIGN float w[kV * kLength * kLanes];
    HWY_ALIGN float codes[kV * kLength * kLanes];
    HWY_ALIGN float sigma[BlockBatch::kBlocks];
    if (batch.weighted) {
        sumsOfSquares(batch, sigma);
        for (float& s : sigma) s = (Type::kSigmaFactor * s) / kquants::kBlock;
    }
    for (std::size_t first = 0; first < batch.count * kGroups; first += kV * kLanes) {
        loadGroups<kGroups, kV>(batch.x, first, x);
        if (batch.weighted) loadGroups<kGroups, kV>(batch.importance, first, w);
        makeWeights<Type, kV>(x, sigma, first, batch.weighted, w);
        AffineLanes fit[kV];
        if (batch.weighted)
            affineLanes<kV, false>(kLength, Type::kTop, x, w, codes, search::kFineRange, fit);
        else
            affineLanes<kV, Type::kPlain.metric == Metric::Absolute>(kLength, Type::kTop, x, w, codes, Type::kPlain, fit);
        for (std::size_t v = 0; v < kV; ++v) {
            const std::size_t at = first + v * kLanes;
            store(fit[v].scale, found.scale + at);
            store(fit[v].depth, found.depth + at);
            store(fit[v].mass, found.mass + at);
            store(fit[v].multiplier, found.multiplier + at);
            store(fit[v].origin, found.origin + at);
        }
    }
}

/// Codes of one kind (scales or depths) for the blocks in the lanes, and their common factor.
template <std::size_t kGroups>
HWY_INLINE VF chooseCodes(int top, bool weighted, const float* HWY_RESTRICT values, const float* HWY_RESTRICT mass,
                          std::int32_t* HWY_RESTRICT codes)
{
    if (weighted) return positiveLanes<kGroups>(top, values, mass, codes);
    const DI di;
    VF most = zero();
    for (std::size_t g = 0; g < kGroups; ++g) most = larger(most, load(values + g * kLanes));
    const MF some = hn::Gt(most, zero());
    const VF factor = select(some, hn::Div(set(static_cast<float>(top)), most), zero());
    for (std::size_t g = 0; g < kGroups; ++g) {
        VI code = hn::And(snapToInt(hn::Mul(factor, load(values + g * kLanes))), hn::Set(di, 255));
        if (top == 63) code = hn::Min(code, hn::Set(di, 63));
        hn::Store(code, di, codes + g * kLanes);
    }
    return select(some, hn::Div(most, set(static_cast<float>(top))), zero());
}

template <class Type>
HWY_INLINE void chooseScales(const BlockBatch& batch, Found<Type::kGroups>& found)
{
    constexpr std::size_t kGroups = Type::kGroups;
    HWY_ALIGN float values[kGroups * kLanes];
    HWY_ALIGN float mass[kGroups * kLanes];
    HWY_ALIGN std::int32_t codes[kGroups * kLanes];
    for (std::size_t first = 0; first < batch.count; first += kLanes) {
        if (batch.weighted) loadPerBlock<kGroups>(found.mass, first, mass);
        loadPerBlock<kGroups>(found.scale, first, values);
        store(chooseCodes<kGroups>(Type::kScaleTop, batch.weighted, values, mass, codes), found.d + first);
        for (std::size_t l = 0; l < kLanes; ++l)
            for (std::size_t g = 0; g < kGroups; ++g)
                found.scaleCodes[first + l][g] = static_cast<std::uint8_t>(codes[g * kLanes + l]);
        loadPerBlock<kGroups>(found.depth, first, values);
        store(chooseCodes<kGroups>(Type::kScaleTop, batch.weighted, values, mass, codes), found.dm + first);
        for (std::size_t l = 0; l < kLanes; ++l)
            for (std::size_t g = 0; g < kGroups; ++g)
                found.depthCodes[first + l][g] = static_cast<std::uint8_t>(codes[g * kLanes + l]);
    }
}

/// Codes of one sub-block for the scale and offset that are stored; those of the search if the scale is zero.
template <std::size_t kLength>
HWY_INLINE void requantize(int top, const float* x, float scale, float offset, float multiplier, float origin, std::uint8_t* codes)
{
    const DF d;
    const Snap snapTop(0, top);
    if (scale == 0) {
        for (std::size_t i = 0; i < kLength; i += kLanes)
            hn::StoreU(snapTop.byte(hn::Mul(set(multiplier), hn::Sub(hn::LoadU(d, x + i), set(origin)))), DBytes(), codes + i);
        return;
    }
    for (std::size_t i = 0; i < kLength; i += kLanes)
        hn::StoreU(snapTop.byte(hn::Div(hn::Add(hn::LoadU(d, x + i), set(offset)), set(scale))), DBytes(), codes + i);
}

template <class Type>
HWY_INLINE void finishBlock(const float* x, const Found<Type::kGroups>& found, std::size_t b, typename Type::Block& block)
{
    constexpr std::size_t kGroups = Type::kGroups;
    constexpr std::size_t kLength = kquants::kBlock / kGroups;
    std::uint8_t scaleCodes[kGroups];
    std::uint8_t depthCodes[kGroups];
    std::copy_n(found.scaleCodes[b], kGroups, scaleCodes);
    std::copy_n(found.depthCodes[b], kGroups, depthCodes);
    block.d = toHalf(found.d[b]);
    block.dm = toHalf(found.dm[b]);
    if constexpr (kGroups == 16) {
        for (std::size_t g = 0; g < kGroups; ++g) {
            block.scales[g] = static_cast<std::uint8_t>(scaleCodes[g] | depthCodes[g] << 4);
            scaleCodes[g] = block.scales[g] & 15;
            depthCodes[g] = block.scales[g] >> 4;
        }
    } else {
        if constexpr (Type::kTop == 31) {
            for (std::size_t g = 0; g < kGroups; ++g) {
                scaleCodes[g] = std::min<std::uint8_t>(63, scaleCodes[g]);
                depthCodes[g] = std::min<std::uint8_t>(63, depthCodes[g]);
            }
        }
        kquants::packPairs(scaleCodes, depthCodes, block.pairs);
        for (int g = 0; g < 8; ++g) kquants::unpackPair(block.pairs, g, scaleCodes[g], depthCodes[g]);
    }
    const float d = fromHalf(block.d);
    const float dm = fromHalf(block.dm);
    std::uint8_t codes[kquants::kBlock];
    for (std::size_t g = 0; g < kGroups; ++g)
        requantize<kLength>(Type::kTop, x + g * kLength, d * static_cast<float>(scaleCodes[g]),
                            dm * static_cast<float>(depthCodes[g]), found.multiplier[b * kGroups + g],
                            found.origin[b * kGroups + g], codes + g * kLength);
    if constexpr (kGroups == 16) {
        packPlane2Lanes(codes, block.codes);
    } else {
        packNibbles(codes, block.nibbles);
        if constexpr (Type::kTop == 31) packHighBits<4>(codes, block.highBits);
    }
}

template <class Type>
void encodeRows(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    forEachBatch(rows, out, rowCount, columns, importance, sizeof(typename Type::Block), [](const BlockBatch& batch) HWY_ATTR {
        Found<Type::kGroups> found{};
        searchGroups<Type>(batch, found);
        chooseScales<Type>(batch, found);
        for (std::size_t b = 0; b < batch.count; ++b) {
            typename Type::Block block;
            finishBlock<Type>(batch.x[b], found, b, block);
            std::memcpy(batch.out[b], &block, sizeof block);
        }
    });
}

void EncodeQ2_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<Q2>(rows, out, rowCount, columns, importance);
}
void EncodeQ4_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<Q4>(rows, out, rowCount, columns, importance);
}
void EncodeQ5_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRows<Q5>(rows, out, rowCount, columns, importance);
}

#else

void EncodeQ2_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<kquants::Q2_K, kquants::encodeQ2_K>(rows, out, rowCount, columns, importance);
}
void EncodeQ4_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<kquants::Q4_K, kquants::encodeQ4_K>(rows, out, rowCount, columns, importance);
}
void EncodeQ5_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<kquants::Q5_K, kquants::encodeQ5_K>(rows, out, rowCount, columns, importance);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::kquants {

HWY_EXPORT(EncodeQ2_K);
HWY_EXPORT(EncodeQ4_K);
HWY_EXPORT(EncodeQ5_K);

void encodeRowsQ2_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ2_K)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ4_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ4_K)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ5_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ5_K)(rows, out, rowCount, columns, importance);
}

}  // namespace ww::kquants
#endif  // HWY_ONCE
