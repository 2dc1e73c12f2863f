// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QItemSelectionModel>
#include <vector>

namespace ww {

class TensorFilterModel;

/// Selection of tensors by row, one bit each, over a TensorFilterModel. Qt's own selection is a list of ranges that every painted
/// cell walks through; with thousands of scattered tensors that takes seconds. Here the bits are the truth and the ranges hold
/// only what the view shows (see mirror()). A block counts as its shown tensors; tensors hidden by the filter stay selected.
class RowSelectionModel : public QItemSelectionModel {
    Q_OBJECT
public:
    explicit RowSelectionModel(TensorFilterModel* filter, QObject* parent = nullptr);

    [[nodiscard]] QList<int> rows() const;
    [[nodiscard]] int count() const;
    [[nodiscard]] bool contains(int row) const
    {
        return row >= 0 && row < static_cast<int>(m_bits.size()) && m_bits[static_cast<std::size_t>(row)];
    }
    /// Replaces the selection without rowsChanged(). False if it was the same already.
    bool setRows(const QList<int>& rows);
    /// Forgets everything; for another model.
    void forget();
    /// Gives the ranges of Qt's selection what the bits say about these indexes (column 0); quiet.
    void mirror(const QModelIndexList& shown);

    void select(const QItemSelection& selection, SelectionFlags command) override;
    using QItemSelectionModel::select;

Q_SIGNALS:
    void rowsChanged();

private:
    [[nodiscard]] std::size_t rowTotal() const;
    [[nodiscard]] QList<int> rowsOf(const QModelIndex& index) const;
    [[nodiscard]] bool isChosen(const QModelIndex& index) const;

    TensorFilterModel* m_filter;
    std::vector<char> m_bits;
    std::vector<char> m_base;  ///< before the gesture that is going on (Qt's "current" selection)
};

}  // namespace ww
