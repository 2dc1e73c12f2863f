// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QHash>
#include <vector>

#include "widgets/models/tensor_row.h"

namespace ww {

/// Tensors of one plan as a tree: tensors outside the blocks at the top level, then one node per block with its tensors below;
/// or flat. Blocks show sums and "mixed". Editing a cell never changes the model: it emits a request, and whoever owns the recipe
/// answers with updateRows(). GUI thread only.
class TensorTreeModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Name, Role, Shape, Source, Format, Method, BitsPerWeight, Size, Error, Gain, State, ColumnCount };
    enum ItemRole {
        SortRole = Qt::UserRole + 1,  ///< raw number or text
        RowRole,                      ///< int: the tensor's row, −1 for a block
        FractionRole,                 ///< double 0 … 1: share of the largest tensor, for bars
        TensorTypeRole,               ///< int: TensorType id in the columns Source and Format
    };
    enum class Layout { Tree, Flat };

    explicit TensorTreeModel(QObject* parent = nullptr);
    ~TensorTreeModel() override;

    /// Replaces everything (one reset).
    void setRows(std::vector<TensorRow> rows);
    /// The same tensors under another plan: compares and announces only ranges that differ. Resets if names differ.
    void updateRows(const std::vector<TensorRow>& rows);
    void updateRow(int row, const TensorRow& value);
    void setRelativeError(int row, std::optional<double> error);
    [[nodiscard]] const std::vector<TensorRow>& rows() const { return m_rows; }

    void setLayout(Layout layout);
    [[nodiscard]] Layout layout() const { return m_layout; }
    /// Titles of methods for display; ids that are missing show as they are.

    /// Row of a tensor index, −1 for blocks and invalid indexes.
    [[nodiscard]] int rowOf(const QModelIndex& index) const;
    /// All tensor rows at or below an index.
    [[nodiscard]] QList<int> rowsBelow(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOfRow(int row, int column = Name) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Format takes an int (TensorType id, −1: as is), Method a registry name. Always returns false: see the signals.
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

Q_SIGNALS:
    /// After setRows() gave other tensors; a mere change of layout resets the model without this.
    void tensorsReplaced();
    void formatRequested(const QList<int>& rows, std::optional<ww::TensorType> format);
    void methodRequested(const QList<int>& rows, const QString& method);

private:
    struct Node {
        int row = -1;  ///< tensor, or −1 for a block
        std::uint32_t block = 0;
        std::vector<int> children;
    };
    struct Sums;

    void rebuild();
    void announce(int firstRow, int lastRow);
    void announceAll(const std::vector<int>& changed);
    [[nodiscard]] const Node* blockAt(const QModelIndex& index) const;
    [[nodiscard]] Sums sumsOf(const Node& block) const;
    [[nodiscard]] QVariant tensorData(const TensorRow& row, int column, int role) const;
    [[nodiscard]] QVariant blockData(const Node& block, int column, int role) const;
    [[nodiscard]] QString toolTip(const TensorRow& row) const;

    std::vector<TensorRow> m_rows;
    std::vector<Node> m_top;
    std::vector<std::pair<int, int>> m_place;  ///< per row: top-level position, child position or −1
    std::uint64_t m_largestTensor = 0;
    std::uint64_t m_largestBlock = 0;
    Layout m_layout = Layout::Tree;
};

}  // namespace ww
