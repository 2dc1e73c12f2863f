// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/row_selection_model.h"

#include <QSignalBlocker>
#include <algorithm>

#include "widgets/models/tensor_filter_model.h"
#include "widgets/models/tensor_tree_model.h"

namespace ww {

RowSelectionModel::RowSelectionModel(TensorFilterModel* filter, QObject* parent)
    : QItemSelectionModel(filter, parent), m_filter(filter)
{
}

std::size_t RowSelectionModel::rowTotal() const
{
    const auto* source = qobject_cast<const TensorTreeModel*>(m_filter->sourceModel());
    return source ? source->rows().size() : 0;
}

QList<int> RowSelectionModel::rows() const
{
    QList<int> found;
    for (std::size_t i = 0; i < m_bits.size(); ++i)
        if (m_bits[i]) found << static_cast<int>(i);
    return found;
}

int RowSelectionModel::count() const
{
    return static_cast<int>(std::ranges::count(m_bits, char{1}));
}

bool RowSelectionModel::setRows(const QList<int>& rows)
{
    std::vector<char> bits(rowTotal(), 0);
    for (const int row : rows)
        if (row >= 0 && row < static_cast<int>(bits.size())) bits[static_cast<std::size_t>(row)] = 1;
    m_base = bits;
    if (bits == m_bits) return false;
    m_bits = std::move(bits);
    return true;
}

void RowSelectionModel::forget()
{
    m_bits.clear();
    m_base.clear();
}

QList<int> RowSelectionModel::rowsOf(const QModelIndex& index) const
{
    const auto* source = qobject_cast<const TensorTreeModel*>(m_filter->sourceModel());
    if (!source) return {};
    const QModelIndex first = index.siblingAtColumn(0);
    const int row = source->rowOf(m_filter->mapToSource(first));
    if (row >= 0) return {row};
    QList<int> shown;
    for (int child = 0; child < m_filter->rowCount(first); ++child)
        shown << source->rowOf(m_filter->mapToSource(m_filter->index(child, 0, first)));
    return shown;
}

bool RowSelectionModel::isChosen(const QModelIndex& index) const
{
    const QList<int> rows = rowsOf(index);
    return !rows.isEmpty() && std::ranges::all_of(rows, [this](int r) { return contains(r); });
}

void RowSelectionModel::select(const QItemSelection& selection, SelectionFlags command)
{
    if (command == NoUpdate) return;
    const std::vector<char> before = m_bits;
    m_bits.resize(rowTotal(), 0);
    m_base.resize(rowTotal(), 0);
    if (command.testFlag(Clear)) {
        std::ranges::fill(m_bits, char{0});
        std::ranges::fill(m_base, char{0});
    }
    if (command.testFlag(Current))
        m_bits = m_base;  // the gesture goes on: it replaces what it did before
    else
        m_base = m_bits;
    for (const auto& range : selection) {
        for (int r = range.top(); r <= range.bottom(); ++r) {
            const QModelIndex index = m_filter->index(r, 0, range.parent());
            const bool on = command.testFlag(Toggle) ? !isChosen(index) : command.testFlag(Select);
            if (!command.testFlag(Toggle) && !command.testFlag(Select) && !command.testFlag(Deselect)) continue;
            for (const int row : rowsOf(index)) m_bits[static_cast<std::size_t>(row)] = on ? 1 : 0;
        }
    }
    if (m_bits != before) Q_EMIT rowsChanged();
}

void RowSelectionModel::mirror(const QModelIndexList& shown)
{
    QItemSelection selection;
    for (const QModelIndex& index : shown)
        if (isChosen(index)) selection.append(QItemSelectionRange(index, index.siblingAtColumn(m_filter->columnCount() - 1)));
    const QSignalBlocker quiet(this);
    QItemSelectionModel::select(selection, ClearAndSelect);
}

}  // namespace ww
