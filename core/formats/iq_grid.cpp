// SPDX-License-Identifier: MIT
#include <cstddef>

#include "formats/iq_codebooks.h"

namespace ww {

IqGrid::IqGrid(IqCodebook book, unsigned dims, unsigned base, unsigned rings) : m_dims(dims), m_base(base)
{
    const auto entries = iqCodebook(book);
    std::size_t codes = 1;
    for (unsigned k = 0; k < dims; ++k) codes *= base;

    const auto unpack = [&](std::size_t code) {
        std::array<std::uint8_t, 8> levels{};
        for (unsigned k = 0; k < dims; ++k, code /= base) levels[k] = static_cast<std::uint8_t>(code % base);
        return levels;
    };
    m_index.assign(codes, -1);
    m_listOf.assign(codes, 0);
    m_levels.reserve(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        m_levels.push_back(unpack(entries[i]));
        m_index[entries[i]] = static_cast<std::int16_t>(i);
    }

    // Distances are small integers, so entries are bucketed by distance in index order instead of sorted.
    const std::size_t maxDistance = std::size_t{dims} * (base - 1) * (base - 1);
    std::vector<std::uint8_t> distance(entries.size());
    std::vector<std::uint32_t> countAt(maxDistance + 1);
    for (std::size_t code = 0; code < codes; ++code) {
        if (m_index[code] >= 0) continue;
        const auto levels = unpack(code);
        countAt.assign(maxDistance + 1, 0);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            unsigned d = 0;
            for (unsigned k = 0; k < dims; ++k) {
                const int difference = int{levels[k]} - int{m_levels[i][k]};
                d += static_cast<unsigned>(difference * difference);
            }
            distance[i] = static_cast<std::uint8_t>(d);
            ++countAt[d];
        }
        const auto begin = static_cast<std::uint32_t>(m_neighbours.size());
        unsigned found = 0;
        for (std::size_t d = 0; d <= maxDistance && found < rings; ++d) {
            if (countAt[d] == 0) continue;
            ++found;
            for (std::size_t i = 0; i < entries.size(); ++i)
                if (distance[i] == d) m_neighbours.push_back(static_cast<std::uint16_t>(i));
        }
        m_lists.push_back({begin, static_cast<std::uint32_t>(m_neighbours.size()) - begin});
        const auto packedBegin = static_cast<std::uint32_t>(m_packed.size());
        for (std::size_t i = begin; i < m_neighbours.size(); ++i) {
            std::uint32_t packed = 0;
            for (unsigned k = dims; k-- > 0;) packed = (packed << bitsPerLevel()) | m_levels[m_neighbours[i]][k];
            m_packed.push_back(static_cast<std::uint16_t>(packed));
        }
        while ((m_packed.size() - packedBegin) % kListPadding != 0) m_packed.push_back(m_packed[packedBegin]);
        m_packedLists.push_back({packedBegin, static_cast<std::uint32_t>(m_packed.size()) - packedBegin});
        m_listOf[code] = static_cast<std::int16_t>(-static_cast<int>(m_lists.size()));
    }
}

const IqGrid& IqGrid::get(IqCodebook book)
{
    switch (book) {
    case IqCodebook::Iq2Xxs: {
        static const IqGrid grid(book, 8, 3, 2);
        return grid;
    }
    case IqCodebook::Iq2Xs: {
        static const IqGrid grid(book, 8, 3, 2);
        return grid;
    }
    case IqCodebook::Iq2S: {
        static const IqGrid grid(book, 8, 3, 1);
        return grid;
    }
    case IqCodebook::Iq1: {
        static const IqGrid grid(book, 8, 3, 3);
        return grid;
    }
    case IqCodebook::Iq3Xxs: {
        static const IqGrid grid(book, 4, 8, 2);
        return grid;
    }
    case IqCodebook::Iq3S: break;
    }
    static const IqGrid grid(IqCodebook::Iq3S, 4, 8, 3);
    return grid;
}

}  // namespace ww
