// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/layer_grid.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace ww {

LayerGrid::LayerGrid(const std::vector<TensorRow>& rows)
{
    std::set<TensorRole> lines;
    std::set<std::uint32_t> blocks;
    std::map<TensorRole, std::vector<int>> side;
    std::map<std::pair<TensorRole, std::uint32_t>, std::vector<int>> inside;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const TensorIdentity& id = rows[i].identity;
        if (!id.block) {
            side[id.role].push_back(static_cast<int>(i));
            continue;
        }
        lines.insert(id.role);
        blocks.insert(*id.block);
        inside[{id.role, *id.block}].push_back(static_cast<int>(i));
    }
    // TensorRole is declared in the order of the layer map.
    m_lines.assign(lines.begin(), lines.end());
    m_blocks.assign(blocks.begin(), blocks.end());
    m_at.assign(m_lines.size() * m_blocks.size(), -1);
    m_ofRow.assign(rows.size(), -1);
    const auto add = [this](Cell cell) {
        for (const int row : cell.rows) m_ofRow[static_cast<std::size_t>(row)] = static_cast<int>(m_cells.size());
        m_cells.push_back(std::move(cell));
    };
    for (auto& [key, members] : inside) {
        const auto line = std::ranges::lower_bound(m_lines, key.first) - m_lines.begin();
        const auto column = std::ranges::lower_bound(m_blocks, key.second) - m_blocks.begin();
        m_at[static_cast<std::size_t>(line) * m_blocks.size() + static_cast<std::size_t>(column)] =
            static_cast<int>(m_cells.size());
        add({{static_cast<int>(line), static_cast<int>(column)}, key.first, key.second, std::move(members)});
    }
    for (auto& [role, members] : side) {
        m_sideAt.push_back(static_cast<int>(m_cells.size()));
        add({{m_sideCount++, columnCount()}, role, std::nullopt, std::move(members)});
    }
}

int LayerGrid::cellAt(Place place) const
{
    if (place.line < 0 || place.column < 0) return -1;
    if (place.column == columnCount()) return place.line < m_sideCount ? m_sideAt[static_cast<std::size_t>(place.line)] : -1;
    if (place.line >= lineCount() || place.column > columnCount()) return -1;
    return m_at[static_cast<std::size_t>(place.line) * m_blocks.size() + static_cast<std::size_t>(place.column)];
}

int LayerGrid::cellOfRow(int row) const
{
    return row < 0 || row >= static_cast<int>(m_ofRow.size()) ? -1 : m_ofRow[static_cast<std::size_t>(row)];
}

std::vector<int> LayerGrid::cellsBetween(Place a, Place b) const
{
    std::vector<int> found;
    for (int line = std::min(a.line, b.line); line <= std::max(a.line, b.line); ++line)
        for (int column = std::min(a.column, b.column); column <= std::max(a.column, b.column); ++column)
            if (const int cell = cellAt({line, column}); cell >= 0) found.push_back(cell);
    return found;
}

int LayerGrid::neighbor(int cell, int lineStep, int columnStep) const
{
    if (m_cells.empty()) return -1;
    if (cell < 0 || cell >= static_cast<int>(m_cells.size())) return 0;
    Place place = m_cells[static_cast<std::size_t>(cell)].place;
    const int lastLine = std::max(lineCount(), m_sideCount) - 1;
    for (;;) {
        place.line += lineStep;
        place.column += columnStep;
        if (place.line < 0 || place.line > lastLine || place.column < 0 || place.column > columnCount()) return cell;
        // Between the blocks and the side the lines do not correspond: take the nearest.
        if (columnStep != 0 && place.column == columnCount() && m_sideCount > 0) place.line = std::min(place.line, m_sideCount - 1);
        if (columnStep < 0 && place.column < columnCount()) place.line = std::min(place.line, lineCount() - 1);
        if (const int found = cellAt(place); found >= 0) return found;
        if (lineStep == 0 && columnStep == 0) return cell;
    }
}

}  // namespace ww
