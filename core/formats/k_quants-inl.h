// SPDX-License-Identifier: MIT
// What the vector encoders of the K types share: batches of blocks, sums of squares with one block per lane, planes.
// Included once per instruction set.

// clang-format off
#if defined(WW_FORMATS_K_QUANTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WW_FORMATS_K_QUANTS_INL_H
#undef WW_FORMATS_K_QUANTS_INL_H
#else
#define WW_FORMATS_K_QUANTS_INL_H
#endif
// clang-format on

#include <algorithm>
#include <cmath>
#include <cstring>

#include "formats/k_quants.h"
#include "formats/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ww::HWY_NAMESPACE {

#if WW_HAVE_LANES

/// Blocks that are encoded together: as many as the longest vector has lanes. What is missing at the end is replaced by
/// zeros, whose results are dropped.
struct BlockBatch {
    static constexpr std::size_t kBlocks = 16;
    const float* x[kBlocks];
    const float* importance[kBlocks];  // only with importance
    std::byte* out[kBlocks];
    std::size_t count;
    bool weighted;
};

/// Calls encode(batch) for all blocks of the rows.
template <class Encode>
HWY_INLINE void forEachBatch(const float* rows, std::byte* out, std::size_t rowCount, std::size_t columns, const float* importance,
                             std::size_t blockBytes, Encode encode)
{
    alignas(64) static constexpr float kZeros[kquants::kBlock] = {};
    const std::size_t perRow = columns / kquants::kBlock;
    const std::size_t total = rowCount * perRow;
    for (std::size_t first = 0; first < total; first += BlockBatch::kBlocks) {
        BlockBatch batch;
        batch.count = std::min(BlockBatch::kBlocks, total - first);
        batch.weighted = importance != nullptr;
        for (std::size_t b = 0; b < BlockBatch::kBlocks; ++b) {
            const bool real = b < batch.count;
            batch.x[b] = real ? rows + (first + b) * kquants::kBlock : kZeros;
            batch.importance[b] = real && importance ? importance + (first + b) % perRow * kquants::kBlock : kZeros;
            batch.out[b] = real ? out + (first + b) * blockBytes : nullptr;
        }
        encode(batch);
    }
}

/// Sequential sum of the squares of each block; sums holds BlockBatch::kBlocks values.
HWY_INLINE void sumsOfSquares(const BlockBatch& batch, float* HWY_RESTRICT sums)
{
    constexpr std::size_t kChunk = 32;
    HWY_ALIGN float x[kChunk * kLanes];
    for (std::size_t first = 0; first < batch.count; first += kLanes) {
        const float* pointers[kLanes];
        VF sum = zero();
        for (std::size_t i = 0; i < kquants::kBlock; i += kChunk) {
            for (std::size_t l = 0; l < kLanes; ++l) pointers[l] = batch.x[first + l] + i;
            transpose(Scattered{pointers}, kChunk, x);
            for (std::size_t k = 0; k < kChunk; ++k) {
                const VF v = load(x + k * kLanes);
                sum = hn::Add(sum, hn::Mul(v, v));
            }
        }
        store(sum, sums + first);
    }
}

/// Lanes that neighbouring groups of one block take; a vector spans 1 or 2 blocks.
template <std::size_t kGroups>
inline constexpr std::size_t kLanesPerBlock = kLanes < kGroups ? kLanes : kGroups;

/// One value per block for the lanes of the groups first, first + 1, …, when each block has kGroups.
template <std::size_t kGroups>
HWY_INLINE VF perGroup(const float* perBlock, std::size_t first)
{
    HWY_ALIGN float lanes[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = perBlock[(first + l) / kGroups];
    return load(lanes);
}

/// Groups of kLength values in a row, some of one block and some of the next.
template <std::size_t kGroups>
struct GroupsOfBlocks {
    static constexpr std::size_t kLength = kquants::kBlock / kGroups;
    const float* base[kLanes / kLanesPerBlock<kGroups>];
    HWY_INLINE GroupsOfBlocks(const float* const* blocks, std::size_t first)
    {
        for (std::size_t k = 0; k < kLanes / kLanesPerBlock<kGroups>; ++k) {
            const std::size_t group = first + k * kLanesPerBlock<kGroups>;
            base[k] = blocks[group / kGroups] + group % kGroups * kLength;
        }
    }
    HWY_INLINE const float* operator()(std::size_t lane) const
    {
        return base[lane / kLanesPerBlock<kGroups>] + lane % kLanesPerBlock<kGroups> * kLength;
    }
};

/// Transposes kV vectors of groups; group `first` + l is lane l of the first vector. `first` is a multiple of kLanes.
template <std::size_t kGroups, std::size_t kV>
HWY_INLINE void loadGroups(const float* const* blocks, std::size_t first, float* HWY_RESTRICT out)
{
    constexpr std::size_t kLength = kquants::kBlock / kGroups;
    for (std::size_t v = 0; v < kV; ++v)
        transpose(GroupsOfBlocks<kGroups>(blocks, first + v * kLanes), kLength, out + v * kLength * kLanes);
}

/// Values per group of each block, transposed: lane = block, value g of the lanes at out + g·kLanes.
template <std::size_t kGroups>
HWY_INLINE void loadPerBlock(const float* values, std::size_t firstBlock, float* HWY_RESTRICT out)
{
    transpose(Strided{values + firstBlock * kGroups, kGroups}, kGroups, out);
}

using DByte16 = hn::Full128<std::uint8_t>;

HWY_INLINE hn::Vec<DByte16> codes16(const std::uint8_t* codes)
{
    return hn::LoadU(DByte16(), codes);
}

/// plane[j] = codes[j] | codes[j + 32] << 4 in each run of 64 codes.
HWY_INLINE void packNibbles(const std::uint8_t* codes, std::uint8_t* nibbles)
{
    const DByte16 d;
    const auto mask = hn::Set(d, 15);
    for (std::size_t c = 0; c < 4; ++c) {
        for (std::size_t j = 0; j < 32; j += 16) {
            const auto low = hn::And(codes16(codes + 64 * c + j), mask);
            const auto high = hn::And(codes16(codes + 64 * c + 32 + j), mask);
            hn::StoreU(hn::Or(low, hn::ShiftLeft<4>(high)), d, nibbles + 32 * c + j);
        }
    }
}

/// kquants::packPlane2.
HWY_INLINE void packPlane2Lanes(const std::uint8_t* codes, std::uint8_t* plane)
{
    const DByte16 d;
    const auto mask = hn::Set(d, 3);
    for (std::size_t h = 0; h < 2; ++h) {
        for (std::size_t j = 0; j < 32; j += 16) {
            const std::uint8_t* c = codes + 128 * h + j;
            const auto q0 = hn::And(codes16(c), mask);
            const auto q1 = hn::And(codes16(c + 32), mask);
            const auto q2 = hn::And(codes16(c + 64), mask);
            const auto q3 = hn::And(codes16(c + 96), mask);
            const auto low = hn::Or(q0, hn::ShiftLeft<2>(q1));
            const auto high = hn::Or(hn::ShiftLeft<4>(q2), hn::ShiftLeft<6>(q3));
            hn::StoreU(hn::Or(low, high), d, plane + 32 * h + j);
        }
    }
}

/// bits[j], bit g = bit kBit of codes[32·g + j].
template <int kBit>
HWY_INLINE void packHighBits(const std::uint8_t* codes, std::uint8_t* bits)
{
    const DByte16 d;
    for (std::size_t j = 0; j < 32; j += 16) {
        auto sum = hn::Zero(d);
        for (std::size_t g = 8; g-- > 0;) {
            const auto bit = hn::And(hn::ShiftRight<kBit>(codes16(codes + 32 * g + j)), hn::Set(d, 1));
            sum = hn::Or(hn::Add(sum, sum), bit);
        }
        hn::StoreU(sum, d, bits + j);
    }
}

#endif  // WW_HAVE_LANES

}  // namespace ww::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
