// SPDX-License-Identifier: MIT
// Code books ("grids") of the IQ formats: the group patterns that an index can name.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace ww {

enum class IqCodebook : std::uint8_t { Iq2Xxs, Iq2Xs, Iq2S, Iq1, Iq3Xxs, Iq3S };

/// Entries in index order, strictly ascending; an entry is Σ level(k)·base^k with k = 0 the first element of the group.
[[nodiscard]] std::span<const std::uint16_t> iqCodebook(IqCodebook book);

/// Values of the sixteen codes of IQ4_NL and IQ4_XS.
inline constexpr std::array<std::int8_t, 16> kIq4Values = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                           1,    13,   25,  38,  53,  69,  89,  113};

/// Sign mask of eight elements (bit set: negative) for a 7-bit sign code: the eighth sign makes the number of minus signs even.
[[nodiscard]] constexpr std::uint8_t iqSignMask(std::uint32_t code7)
{
    std::uint32_t parity = code7 & 127U;
    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return static_cast<std::uint8_t>((code7 & 127U) | ((parity & 1U) << 7));
}

/// A code book prepared for use: levels of every entry, and for every possible group pattern either its index or the
/// entries nearest to it. Built once on first use, then immutable; thread-safe.
class IqGrid {
public:
    [[nodiscard]] static const IqGrid& get(IqCodebook book);

    [[nodiscard]] unsigned dims() const { return m_dims; }  ///< elements of a group: 8 or 4
    [[nodiscard]] unsigned base() const { return m_base; }  ///< levels: 3 or 8
    [[nodiscard]] const std::array<std::uint8_t, 8>& levels(std::size_t entry) const { return m_levels[entry]; }
    [[nodiscard]] std::size_t entryCount() const { return m_levels.size(); }
    /// Index of the entry with exactly this pattern, or -1.
    [[nodiscard]] int indexOf(std::uint32_t code) const { return m_index[code]; }
    /// For a pattern that is no entry: the entries at the few smallest distinct distances Σ(l−m)², by distance, then index.
    [[nodiscard]] std::span<const std::uint16_t> neighbours(std::uint32_t code) const
    {
        const auto& list = m_lists[static_cast<std::size_t>(-1 - m_listOf[code])];
        return {m_neighbours.data() + list.begin, list.count};
    }
    /// The same list as packed patterns (2 bits a level for base 3, 3 bits for base 8, first element lowest), padded with
    /// copies of its first entry to a multiple of kListPadding: what a vector search reads.
    [[nodiscard]] std::span<const std::uint16_t> packedNeighbours(std::uint32_t code) const
    {
        const auto& list = m_packedLists[static_cast<std::size_t>(-1 - m_listOf[code])];
        return {m_packed.data() + list.begin, list.count};
    }
    static constexpr std::size_t kListPadding = 16;
    [[nodiscard]] unsigned bitsPerLevel() const { return m_base == 3 ? 2 : 3; }
    [[nodiscard]] std::uint32_t codeOfPacked(std::uint32_t packed) const
    {
        if (m_base == 8) return packed;
        std::uint32_t code = 0;
        for (unsigned k = m_dims; k-- > 0;) code = code * 3 + ((packed >> (2 * k)) & 3U);
        return code;
    }
    [[nodiscard]] std::uint32_t codeOf(const std::uint8_t* groupLevels) const
    {
        std::uint32_t code = 0;
        for (unsigned k = m_dims; k-- > 0;) code = code * m_base + groupLevels[k];
        return code;
    }

private:
    IqGrid(IqCodebook book, unsigned dims, unsigned base, unsigned rings);
    struct List {
        std::uint32_t begin;
        std::uint32_t count;
    };
    unsigned m_dims;
    unsigned m_base;
    std::vector<std::array<std::uint8_t, 8>> m_levels;
    std::vector<std::int16_t> m_index;
    std::vector<std::int16_t> m_listOf;  // 0 for entries, -1 − list number otherwise
    std::vector<List> m_lists;
    std::vector<std::uint16_t> m_neighbours;
    std::vector<List> m_packedLists;
    std::vector<std::uint16_t> m_packed;
};

}  // namespace ww
