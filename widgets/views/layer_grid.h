// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "widgets/models/tensor_row.h"

namespace ww {

/// Where the tensors of a model stand on the layer map. Lines are roles, columns are blocks; tensors outside the blocks form one
/// more column at the side, with lines of its own. Pure; built once per model.
class LayerGrid {
public:
    struct Place {
        int line = 0;
        int column = 0;  ///< columnCount() for the side
        bool operator==(const Place&) const = default;
    };
    struct Cell {
        Place place;
        TensorRole role = TensorRole::Other;
        std::optional<std::uint32_t> block;
        std::vector<int> rows;  ///< one tensor, or several that share role and block
    };

    LayerGrid() = default;
    explicit LayerGrid(const std::vector<TensorRow>& rows);

    [[nodiscard]] const std::vector<Cell>& cells() const { return m_cells; }
    [[nodiscard]] const std::vector<TensorRole>& lines() const { return m_lines; }
    [[nodiscard]] int lineCount() const { return static_cast<int>(m_lines.size()); }
    [[nodiscard]] int columnCount() const { return static_cast<int>(m_blocks.size()); }
    [[nodiscard]] int sideCount() const { return m_sideCount; }
    [[nodiscard]] std::uint32_t blockOf(int column) const { return m_blocks[static_cast<std::size_t>(column)]; }
    /// Index of the cell at a place, −1 if there is none.
    [[nodiscard]] int cellAt(Place place) const;
    /// Index of the cell that holds a tensor row, −1 if unknown.
    [[nodiscard]] int cellOfRow(int row) const;
    /// Cells of a rectangle of places, both corners included.
    [[nodiscard]] std::vector<int> cellsBetween(Place a, Place b) const;
    /// The cell reached by a step from a place, jumping over holes; the same cell at an edge. −1 only for an empty grid.
    [[nodiscard]] int neighbor(int cell, int lineStep, int columnStep) const;

private:
    std::vector<TensorRole> m_lines;
    std::vector<std::uint32_t> m_blocks;
    std::vector<Cell> m_cells;
    std::vector<int> m_at;      ///< lines × columns, cell or −1
    std::vector<int> m_sideAt;  ///< cells of the side, top to bottom
    std::vector<int> m_ofRow;
    int m_sideCount = 0;
};

}  // namespace ww
