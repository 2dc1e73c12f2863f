// SPDX-License-Identifier: MIT
// Vector encoders of Q3_K and Q6_K: sub-blocks searched with one sub-block per lane, the scales with one block per lane.
#include "formats/k_quants.h"
#include "formats/row_codec.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/k_quants_symmetric_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "formats/k_quants-inl.h"
#include "formats/searches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {
namespace {

#if WW_HAVE_LANES

constexpr std::size_t kGroups = 16;
constexpr std::size_t kLength = 16;

/// Results of a batch, by group (block · 16 + sub-block) or by block.
struct FoundSymmetric {
    static constexpr std::size_t kBlocks = BlockBatch::kBlocks;
    HWY_ALIGN float scale[kBlocks * kGroups];
    HWY_ALIGN float mass[kBlocks * kGroups];
    HWY_ALIGN float multiplier[kBlocks * kGroups];  // codes of the search, see SymmetricLanes
    HWY_ALIGN float bias[kBlocks * kGroups];
    HWY_ALIGN float d[kBlocks];
    HWY_ALIGN float pivot[kBlocks];
    std::int8_t scaleCodes[kBlocks][kGroups];
};

/// Symmetric search over all groups of the batch; weights: importance blended with sigma, importance itself, or x².
template <int kHalf, bool kBlended>
HWY_INLINE void searchSymmetric(const BlockBatch& batch, const float* sigma, FoundSymmetric& found)
{
    HWY_ALIGN float x[kLength * kLanes];
    HWY_ALIGN float w[kLength * kLanes];
    HWY_ALIGN float wx[kLength * kLanes];
    for (std::size_t first = 0; first < batch.count * kGroups; first += kLanes) {
        loadGroups<kGroups, 1>(batch.x, first, x);
        if (batch.weighted) loadGroups<kGroups, 1>(batch.importance, first, w);
        if (kBlended || !batch.weighted) {
            const VF s = kBlended ? perGroup<kGroups>(sigma, first) : zero();
            VF mass = zero();
            for (std::size_t i = 0; i < kLength; ++i) {
                const VF xi = load(x + i * kLanes);
                VF wi = hn::Mul(xi, xi);
                if (kBlended) wi = hn::Mul(load(w + i * kLanes), hn::Sqrt(hn::Add(s, wi)));
                store(wi, w + i * kLanes);
                mass = hn::Add(mass, wi);
            }
            store(mass, found.mass + first);
        }
        const SymmetricLanes fit = symmetricLanes<false>(kLength, kHalf, x, w, wx);
        store(fit.scale, found.scale + first);
        store(fit.multiplier, found.multiplier + first);
        store(fit.bias, found.bias + first);
    }
}

/// Codes of one sub-block for the scale that is stored, biased by kHalf.
template <int kHalf>
HWY_INLINE void codesForScale(const float* x, float scale, std::uint8_t* codes)
{
    const Snap snapLevel(-kHalf, kHalf - 1);
    const DBytes bytes;
    for (std::size_t i = 0; i < kLength; i += kLanes) {
        const auto code = snapLevel.byte(hn::Div(hn::LoadU(DF(), x + i), set(scale)));
        hn::StoreU(hn::Add(code, hn::Set(bytes, kHalf)), bytes, codes + i);
    }
}

/// Codes of the search.
template <int kHalf>
HWY_INLINE void codesForMultiplier(const float* x, float multiplier, float bias, std::uint8_t* codes)
{
    const Snap snapLevel(-kHalf, kHalf - 1);
    const DBytes bytes;
    for (std::size_t i = 0; i < kLength; i += kLanes) {
        const auto code = snapLevel.byte(hn::Mul(hn::LoadU(DF(), x + i), set(multiplier)));
        hn::StoreU(hn::Add(code, hn::Set(bytes, static_cast<std::uint8_t>(bias))), bytes, codes + i);
    }
}

HWY_INLINE void storeCodes(const std::int32_t* codes, std::size_t first, FoundSymmetric& found)
{
    for (std::size_t l = 0; l < kLanes; ++l)
        for (std::size_t g = 0; g < kGroups; ++g) found.scaleCodes[first + l][g] = static_cast<std::int8_t>(codes[g * kLanes + l]);
}

// ---- Q6_K -----------------------------------------------------------------------------------------------------------

HWY_INLINE void chooseScalesQ6(const BlockBatch& batch, FoundSymmetric& found)
{
    const DI di;
    HWY_ALIGN float scales[kGroups * kLanes];
    HWY_ALIGN std::int32_t codes[kGroups * kLanes];
    for (std::size_t first = 0; first < batch.count; first += kLanes) {
        loadPerBlock<kGroups>(found.scale, first, scales);
        const VF pivot = pivotLanes(kGroups, scales);
        const VF multiplier = hn::Div(set(-128.0F), pivot);
        for (std::size_t g = 0; g < kGroups; ++g) {
            const VI code = snapToInt(hn::Mul(multiplier, load(scales + g * kLanes)));
            hn::Store(hn::Min(code, hn::Set(di, 127)), di, codes + g * kLanes);
        }
        storeCodes(codes, first, found);
        store(pivot, found.pivot + first);
        store(hn::Div(set(1.0F), multiplier), found.d + first);
    }
}

HWY_INLINE void finishQ6(const float* x, const FoundSymmetric& found, std::size_t b, kquants::Q6_K& block)
{
    if (std::fabs(found.pivot[b]) < 1e-15F) {
        block = {};
        return;
    }
    block.d = toHalf(found.d[b]);
    const float d = fromHalf(block.d);
    std::uint8_t codes[kquants::kBlock];
    for (std::size_t g = 0; g < kGroups; ++g) {
        block.scales[g] = found.scaleCodes[b][g];
        const float scale = d * static_cast<float>(block.scales[g]);
        const std::size_t group = b * kGroups + g;
        if (scale == 0)
            codesForMultiplier<32>(x + g * kLength, found.multiplier[group], found.bias[group], codes + g * kLength);
        else
            codesForScale<32>(x + g * kLength, scale, codes + g * kLength);
    }
    const DByte16 bytes;
    const auto mask = hn::Set(bytes, 15);
    for (std::size_t half = 0; half < 2; ++half) {
        for (std::size_t j = 0; j < 64; j += 16) {
            const auto low = hn::And(codes16(codes + 128 * half + j), mask);
            const auto high = hn::And(codes16(codes + 128 * half + 64 + j), mask);
            hn::StoreU(hn::Or(low, hn::ShiftLeft<4>(high)), bytes, block.nibbles + 64 * half + j);
        }
    }
    for (std::size_t i = 0; i < kquants::kBlock; i += 16) hn::StoreU(hn::ShiftRight<4>(codes16(codes + i)), bytes, codes + i);
    packPlane2Lanes(codes, block.highPairs);
}

void EncodeQ6_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    forEachBatch(rows, out, rowCount, columns, importance, sizeof(kquants::Q6_K), [](const BlockBatch& batch) HWY_ATTR {
        FoundSymmetric found{};
        searchSymmetric<32, false>(batch, nullptr, found);
        chooseScalesQ6(batch, found);
        for (std::size_t b = 0; b < batch.count; ++b) {
            kquants::Q6_K block;
            finishQ6(batch.x[b], found, b, block);
            std::memcpy(batch.out[b], &block, sizeof block);
        }
    });
}

// ---- Q3_K -----------------------------------------------------------------------------------------------------------

/// The descent over all groups of a batch. Four groups of five are done after one pass, so the few that changed are
/// gathered into full vectors for the next one.
class Descent {
public:
    /// Leaves the scales of the groups in `scales` and their codes behind code().
    HWY_INLINE void run(const BlockBatch& batch, float* scales)
    {
        firstPass(batch);
        for (int pass = 1; pass < 5 && m_activeCount > 0; ++pass) nextPass(batch);
        for (std::size_t g = 0; g < batch.count * kGroups; g += kLanes) {
            const VF ll = load(m_ll + g);
            store(select(hn::Gt(ll, zero()), hn::Div(load(m_xl + g), ll), zero()), scales + g);
        }
    }
    [[nodiscard]] HWY_INLINE std::uint8_t code(std::size_t group, std::size_t i) const
    {
        return static_cast<std::uint8_t>(m_empty[group] != 0 ? 0 : m_levels[place(group, i)] + kHalf);
    }

private:
    static constexpr std::size_t kMaxGroups = BlockBatch::kBlocks * kGroups;
    static constexpr std::size_t kVector = kLength * kLanes;
    static constexpr int kHalf = 4;

    static HWY_INLINE std::size_t place(std::size_t group, std::size_t i)
    {
        return group / kLanes * kVector + i * kLanes + group % kLanes;
    }
    static HWY_INLINE void storeFlags(MF mask, std::int32_t* flags)
    {
        hn::Store(hn::VecFromMask(DI(), hn::RebindMask(DI(), mask)), DI(), flags);
    }

    HWY_INLINE void firstPass(const BlockBatch& batch)
    {
        constexpr std::size_t kV = 4;
        HWY_ALIGN float x[kV * kVector];
        m_activeCount = 0;
        for (std::size_t first = 0; first < batch.count * kGroups; first += kV * kLanes) {
            loadGroups<kGroups, kV>(batch.x, first, x);
            float* levels = m_levels + first * kLength;
            DescentLanes<kV> state;
            startDescent<kV>(kLength, kHalf, x, levels, state);
            descentPass<kV>(kLength, kHalf, x, levels, state);
            for (std::size_t v = 0; v < kV; ++v) {
                const std::size_t group = first + v * kLanes;
                store(select(state.empty[v], zero(), state.xl[v]), m_xl + group);
                store(select(state.empty[v], zero(), state.ll[v]), m_ll + group);
                storeFlags(state.empty[v], m_empty + group);
                HWY_ALIGN std::int32_t changed[kLanes];
                storeFlags(hn::AndNot(state.empty[v], state.changed[v]), changed);
                for (std::size_t l = 0; l < kLanes; ++l) {
                    m_active[m_activeCount] = static_cast<std::uint16_t>(group + l);
                    m_activeCount += changed[l] != 0 ? 1 : 0;
                }
            }
        }
    }

    HWY_INLINE void nextPass(const BlockBatch& batch)
    {
        constexpr std::size_t kV = 2;
        HWY_ALIGN float x[kV * kVector];
        HWY_ALIGN float levels[kV * kVector];
        HWY_ALIGN float xl[kV * kLanes];
        HWY_ALIGN float ll[kV * kLanes];
        HWY_ALIGN std::int32_t changed[kV * kLanes];
        const std::size_t count = m_activeCount;
        m_activeCount = 0;
        for (std::size_t first = 0; first < count; first += kV * kLanes) {
            const float* pointers[kV * kLanes];
            std::size_t groups[kV * kLanes];
            for (std::size_t k = 0; k < kV * kLanes; ++k) {
                const std::size_t group = m_active[std::min(first + k, count - 1)];  // repeats the last to fill the vectors
                groups[k] = group;
                pointers[k] = batch.x[group / kGroups] + group % kGroups * kLength;
                xl[k] = m_xl[group];
                ll[k] = m_ll[group];
                for (std::size_t i = 0; i < kLength; ++i) levels[place(k, i)] = m_levels[place(group, i)];
            }
            DescentLanes<kV> state;
            for (std::size_t v = 0; v < kV; ++v) {
                transpose(Scattered{pointers + v * kLanes}, kLength, x + v * kVector);
                state.xl[v] = load(xl + v * kLanes);
                state.ll[v] = load(ll + v * kLanes);
            }
            descentPass<kV>(kLength, kHalf, x, levels, state);
            for (std::size_t v = 0; v < kV; ++v) {
                store(state.xl[v], xl + v * kLanes);
                store(state.ll[v], ll + v * kLanes);
                storeFlags(state.changed[v], changed + v * kLanes);
            }
            for (std::size_t k = 0; k < std::min(kV * kLanes, count - first); ++k) {
                if (changed[k] == 0) continue;
                const std::size_t group = groups[k];
                m_active[m_activeCount++] = static_cast<std::uint16_t>(group);  // never ahead of what is still to be read
                m_xl[group] = xl[k];
                m_ll[group] = ll[k];
                for (std::size_t i = 0; i < kLength; ++i) m_levels[place(group, i)] = levels[place(k, i)];
            }
        }
    }

    HWY_ALIGN float m_xl[kMaxGroups];
    HWY_ALIGN float m_ll[kMaxGroups];
    HWY_ALIGN std::int32_t m_empty[kMaxGroups];
    HWY_ALIGN float m_levels[kMaxGroups * kLength];
    std::uint16_t m_active[kMaxGroups + 1];
    std::size_t m_activeCount = 0;
};

/// Codes 0 … 63 for −32 … 31.
HWY_INLINE void chooseScalesQ3(const BlockBatch& batch, FoundSymmetric& found)
{
    const DI di;
    HWY_ALIGN float scales[kGroups * kLanes];
    HWY_ALIGN float mass[kGroups * kLanes];
    HWY_ALIGN float scratch[kGroups * kLanes];
    HWY_ALIGN std::int32_t codes[kGroups * kLanes];
    for (std::size_t first = 0; first < batch.count; first += kLanes) {
        loadPerBlock<kGroups>(found.scale, first, scales);
        if (batch.weighted) {
            loadPerBlock<kGroups>(found.mass, first, mass);
            // Scales of huge weights can be infinite or NaN, unlike the weights themselves.
            const SymmetricLanes fit = symmetricLanes<true>(kGroups, 32, scales, mass, scratch);
            const Snap snapLevel(-32, 31);
            for (std::size_t g = 0; g < kGroups; ++g) {
                const VF code = hn::Add(snapLevel(hn::Mul(fit.multiplier, load(scales + g * kLanes))), fit.bias);
                hn::Store(hn::ConvertTo(di, code), di, codes + g * kLanes);
            }
            store(fit.scale, found.d + first);
        } else {
            const VF pivot = pivotLanes(kGroups, scales);
            const MF none = hn::Eq(pivot, zero());
            const VF multiplier = hn::Div(set(-32.0F), pivot);
            for (std::size_t g = 0; g < kGroups; ++g) {
                // As a signed byte, then clamped.
                const VI snapped = snapToInt(hn::Mul(multiplier, load(scales + g * kLanes)));
                const VI byte = hn::ShiftRight<24>(hn::ShiftLeft<24>(snapped));
                const VI code = hn::Add(hn::Min(hn::Max(byte, hn::Set(di, -32)), hn::Set(di, 31)), hn::Set(di, 32));
                hn::Store(hn::IfThenElse(hn::RebindMask(di, none), hn::Zero(di), code), di, codes + g * kLanes);
            }
            store(select(none, zero(), hn::Div(set(1.0F), multiplier)), found.d + first);
        }
        storeCodes(codes, first, found);
    }
}

HWY_INLINE void finishQ3(const float* x, const FoundSymmetric& found, std::size_t b, bool weighted, const Descent& descent,
                         kquants::Q3_K& block)
{
    block.d = toHalf(found.d[b]);
    const float d = fromHalf(block.d);
    std::uint8_t scaleCodes[kGroups];
    std::uint8_t codes[kquants::kBlock];
    for (std::size_t g = 0; g < kGroups; ++g) {
        scaleCodes[g] = static_cast<std::uint8_t>(found.scaleCodes[b][g]);
        const float scale = d * static_cast<float>(scaleCodes[g] - 32);
        const std::size_t group = b * kGroups + g;
        if (scale != 0)
            codesForScale<4>(x + g * kLength, scale, codes + g * kLength);
        else if (weighted)
            codesForMultiplier<4>(x + g * kLength, found.multiplier[group], found.bias[group], codes + g * kLength);
        else
            for (std::size_t i = 0; i < kLength; ++i) codes[g * kLength + i] = descent.code(group, i);
    }
    kquants::packScales6(scaleCodes, block.scales);
    packPlane2Lanes(codes, block.codes);
    packHighBits<2>(codes, block.highBits);
}

void EncodeQ3_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    forEachBatch(rows, out, rowCount, columns, importance, sizeof(kquants::Q3_K), [](const BlockBatch& batch) HWY_ATTR {
        FoundSymmetric found{};
        Descent descent;
        if (batch.weighted) {
            HWY_ALIGN float sigma[BlockBatch::kBlocks];
            sumsOfSquares(batch, sigma);
            for (float& s : sigma) s = (2 * s) / kquants::kBlock;
            searchSymmetric<4, true>(batch, sigma, found);
        } else {
            descent.run(batch, found.scale);
        }
        chooseScalesQ3(batch, found);
        for (std::size_t b = 0; b < batch.count; ++b) {
            kquants::Q3_K block;
            finishQ3(batch.x[b], found, b, batch.weighted, descent, block);
            std::memcpy(batch.out[b], &block, sizeof block);
        }
    });
}

#else

void EncodeQ3_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<kquants::Q3_K, kquants::encodeQ3_K>(rows, out, rowCount, columns, importance);
}
void EncodeQ6_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    encodeRowByRow<kquants::Q6_K, kquants::encodeQ6_K>(rows, out, rowCount, columns, importance);
}

#endif

}  // namespace
}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ww::kquants {

HWY_EXPORT(EncodeQ3_K);
HWY_EXPORT(EncodeQ6_K);

void encodeRowsQ3_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ3_K)(rows, out, rowCount, columns, importance);
}
void encodeRowsQ6_K(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance)
{
    HWY_DYNAMIC_DISPATCH(EncodeQ6_K)(rows, out, rowCount, columns, importance);
}

}  // namespace ww::kquants
#endif  // HWY_ONCE
