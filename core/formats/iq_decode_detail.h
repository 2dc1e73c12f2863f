// SPDX-License-Identifier: MIT
// First half of decoding an IQ block quickly: code book entries and signs become 256 small signed integers. What is left
// is one conversion and one product per value, the same for all types (iq_decode_simd.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "formats/iq1.h"
#include "formats/iq_codebooks.h"
#include "formats/iq_common.h"
#include "formats/iq_lattice.h"
#include "tensor/float_convert.h"

namespace ww::iq {

/// A block before its scales are applied: value i is scales[i / run]·values[i], run as the type has it.
struct UnpackedBlock {
    alignas(64) std::array<std::int8_t, kSuperBlock> values;
    std::array<float, 16> scales;
};

/// Entries of a code book as N bytes in one word, in the order of memory.
template <class Word>
class EntryTable {
public:
    template <class Magnitude>
    EntryTable(IqCodebook book, Magnitude magnitude)
    {
        const IqGrid& grid = IqGrid::get(book);
        for (std::size_t e = 0; e < grid.entryCount(); ++e) {
            std::array<std::uint8_t, sizeof(Word)> bytes{};
            for (std::size_t k = 0; k < sizeof(Word); ++k) bytes[k] = static_cast<std::uint8_t>(magnitude(grid.levels(e)[k]));
            std::memcpy(&m_words[e], bytes.data(), sizeof(Word));
        }
    }
    /// `entry` below 2048; those beyond the code book are 0.
    [[nodiscard]] Word operator[](std::size_t entry) const { return m_words[entry]; }

private:
    std::array<Word, 2048> m_words{};
};

/// 0xFF in every byte whose bit of the mask is set, for all masks of sizeof(Word) bits.
template <class Word>
struct SignTable {
    std::array<Word, std::size_t{1} << sizeof(Word)> words{};
    SignTable()
    {
        for (std::size_t mask = 0; mask < words.size(); ++mask) {
            std::array<std::uint8_t, sizeof(Word)> bytes{};
            for (std::size_t k = 0; k < sizeof(Word); ++k) bytes[k] = (mask >> k) & 1U ? 0xFF : 0;
            std::memcpy(&words[mask], bytes.data(), sizeof(Word));
        }
    }
};

/// Bytes negated where `signs` has 0xFF. No byte of `word` is 0, so no carry leaves its byte.
template <class Word>
[[nodiscard]] inline Word negate(Word word, Word signs)
{
    constexpr Word kOnes = static_cast<Word>(0x0101010101010101U);
    return (word ^ signs) + (signs & kOnes);
}

/// Groups of eight magnitudes, for the three IQ2 types.
struct Eights {
    EntryTable<std::uint64_t> entries;
    SignTable<std::uint64_t> signs;
    std::array<std::uint64_t, 128> signs7{};  ///< for codes of seven bits
    explicit Eights(IqCodebook book) : entries(book, [](unsigned level) { return std::array{8, 25, 43}[level]; })
    {
        for (std::uint32_t code = 0; code < 128; ++code) signs7[code] = signs.words[iqSignMask(code)];
    }
    static void put(std::uint64_t word, UnpackedBlock& out, std::size_t group) { std::memcpy(&out.values[8 * group], &word, 8); }
};

/// Groups of four magnitudes, for the two IQ3 types.
struct Fours {
    EntryTable<std::uint32_t> entries;
    SignTable<std::uint32_t> signs;
    Fours(IqCodebook book, const std::array<int, 8>& magnitudes) : entries(book, [&](unsigned level) { return magnitudes[level]; })
    {
    }
    /// Two groups with their eight signs.
    void put(std::size_t first, std::size_t second, unsigned mask, UnpackedBlock& out, std::size_t pair) const
    {
        const std::uint32_t low = negate(entries[first], signs.words[mask & 15U]);
        const std::uint32_t high = negate(entries[second], signs.words[mask >> 4]);
        std::memcpy(&out.values[8 * pair], &low, 4);
        std::memcpy(&out.values[8 * pair + 4], &high, 4);
    }
};

struct Iq2Xxs {
    static constexpr std::size_t kBytes = kIq2XxsBytes, kRun = 32;
    static constexpr int kBias = 0;
    Eights table{IqCodebook::Iq2Xxs};
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        const float d = fromHalf(readU16(block));
        for (std::size_t b = 0; b < 8; ++b) {
            const std::byte* p = block + 2 + 8 * b;
            const std::uint32_t word = readU32(p + 4);
            out.scales[b] = (d * (0.5F + static_cast<float>(word >> 28))) * 0.25F;
            for (std::size_t g = 0; g < 4; ++g)
                Eights::put(negate(table.entries[u8(p + g)], table.signs7[(word >> (7 * g)) & 127U]), out, 4 * b + g);
        }
    }
};

/// Two scale codes of sixteen values each per byte.
inline void quarterScales(const std::byte* codes, float d, UnpackedBlock& out)
{
    for (std::size_t k = 0; k < 8; ++k) {
        const unsigned pair = u8(codes + k);
        out.scales[2 * k] = (d * (0.5F + static_cast<float>(pair & 15U))) * 0.25F;
        out.scales[2 * k + 1] = (d * (0.5F + static_cast<float>(pair >> 4))) * 0.25F;
    }
}

struct Iq2Xs {
    static constexpr std::size_t kBytes = kIq2XsBytes, kRun = 16;
    static constexpr int kBias = 0;
    Eights table{IqCodebook::Iq2Xs};
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        quarterScales(block + 66, fromHalf(readU16(block)), out);
        for (std::size_t p = 0; p < 32; ++p) {
            const unsigned word = readU16(block + 2 + 2 * p);
            Eights::put(negate(table.entries[word & 511U], table.signs7[word >> 9]), out, p);
        }
    }
};

struct Iq2S {
    static constexpr std::size_t kBytes = kIq2SBytes, kRun = 16;
    static constexpr int kBias = 0;
    Eights table{IqCodebook::Iq2S};
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        quarterScales(block + 74, fromHalf(readU16(block)), out);
        for (std::size_t b = 0; b < 8; ++b) {
            const unsigned high = u8(block + 66 + b);
            for (std::size_t g = 0; g < 4; ++g) {
                const std::size_t p = 4 * b + g;
                const unsigned index = u8(block + 2 + p) | (((high >> (2 * g)) & 3U) << 8);
                Eights::put(negate(table.entries[index], table.signs.words[u8(block + 34 + p)]), out, p);
            }
        }
    }
};

struct Iq3Xxs {
    static constexpr std::size_t kBytes = kIq3XxsBytes, kRun = 32;
    static constexpr int kBias = 0;
    Fours table{IqCodebook::Iq3Xxs, {4, 12, 20, 28, 36, 44, 52, 62}};
    std::array<std::uint8_t, 128> masks{};
    Iq3Xxs()
    {
        for (std::uint32_t code = 0; code < 128; ++code) masks[code] = iqSignMask(code);
    }
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        const float d = fromHalf(readU16(block));
        for (std::size_t b = 0; b < 8; ++b) {
            const std::uint32_t word = readU32(block + 66 + 4 * b);
            const std::byte* p = block + 2 + 8 * b;
            out.scales[b] = (d * (0.5F + static_cast<float>(word >> 28))) * 0.5F;
            for (std::size_t g = 0; g < 4; ++g)
                table.put(u8(p + 2 * g), u8(p + 2 * g + 1), masks[(word >> (7 * g)) & 127U], out, 4 * b + g);
        }
    }
};

struct Iq3S {
    static constexpr std::size_t kBytes = kIq3SBytes, kRun = 32;
    static constexpr int kBias = 0;
    Fours table{IqCodebook::Iq3S, {1, 3, 5, 7, 9, 11, 13, 15}};
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        const float d = fromHalf(readU16(block));
        for (std::size_t b = 0; b < 8; ++b) {
            const unsigned s = (u8(block + 106 + b / 2) >> (4 * (b % 2))) & 15U;
            out.scales[b] = d * static_cast<float>(1 + 2 * s);
            const std::byte* p = block + 2 + 8 * b;
            const unsigned high = u8(block + 66 + b);
            for (std::size_t g = 0; g < 4; ++g) {
                const unsigned bits = (high >> (2 * g)) << 8;
                table.put(u8(p + 2 * g) | (bits & 256U), u8(p + 2 * g + 1) | ((bits >> 1) & 256U), u8(block + 74 + 4 * b + g), out,
                          4 * b + g);
            }
        }
    }
};

/// IQ1: the bytes are 8·level, plus 2 where the shift is positive; less 9 that is 8·(m + e), e = ±1/8. The factor 1/8, a
/// power of two, moves into the scale without another rounding.
struct Ones {
    EntryTable<std::uint64_t> entries{IqCodebook::Iq1, [](unsigned level) { return 8 * level; }};
    void put(std::size_t index, bool minus, UnpackedBlock& out, std::size_t group) const
    {
        const std::uint64_t word = entries[index] + (minus ? 0 : 0x0202020202020202U);
        std::memcpy(&out.values[8 * group], &word, 8);
    }
};

struct Iq1S {
    static constexpr std::size_t kBytes = kIq1SBytes, kRun = 32;
    static constexpr int kBias = 9;
    Ones table;
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        const float d = fromHalf(readU16(block));
        for (std::size_t b = 0; b < 8; ++b) {
            const unsigned word = readU16(block + 34 + 2 * b);
            out.scales[b] = (d * static_cast<float>(2 * ((word >> 12) & 7U) + 1)) * 0.125F;
            for (std::size_t g = 0; g < 4; ++g)
                table.put(u8(block + 2 + 4 * b + g) | (((word >> (3 * g)) & 7U) << 8), (word >> 15) != 0, out, 4 * b + g);
        }
    }
};

struct Iq1M {
    static constexpr std::size_t kBytes = kIq1MBytes, kRun = 16;
    static constexpr int kBias = 9;
    Ones table;
    void unpack(const std::byte* block, UnpackedBlock& out) const
    {
        std::array<unsigned, 4> words{};
        unsigned half = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            words[k] = readU16(block + 48 + 2 * k);
            half |= (words[k] >> 12) << (4 * k);
        }
        const float d = fromHalf(static_cast<std::uint16_t>(half));
        for (std::size_t b = 0; b < 16; ++b) {
            out.scales[b] = (d * static_cast<float>(2 * ((words[b / 4] >> (3 * (b % 4))) & 7U) + 1)) * 0.125F;
            const unsigned high = u8(block + 32 + b);
            table.put(u8(block + 2 * b) | ((high & 7U) << 8), (high & 8U) != 0, out, 2 * b);
            table.put(u8(block + 2 * b + 1) | (((high >> 4) & 7U) << 8), (high & 128U) != 0, out, 2 * b + 1);
        }
    }
};

}  // namespace ww::iq
