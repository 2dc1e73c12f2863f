// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/tensor_filter_model.h"

#include "widgets/models/tensor_tree_model.h"

namespace ww {

TensorFilterModel::TensorFilterModel(QObject* parent) : QSortFilterProxyModel(parent)
{
    setRecursiveFilteringEnabled(true);
    // Rows stay where they are while a plan is edited; sorting again is a click on the title. Names never change in place.
    setDynamicSortFilter(false);
    setSortRole(TensorTreeModel::SortRole);
}

void TensorFilterModel::setSourceModel(QAbstractItemModel* model)
{
    m_source = qobject_cast<TensorTreeModel*>(model);
    QSortFilterProxyModel::setSourceModel(m_source);
}

void TensorFilterModel::setFilterText(const QString& text)
{
    if (text == m_text) return;
    m_text = text;
    m_pattern = QRegularExpression(text, QRegularExpression::CaseInsensitiveOption);
    m_isPattern = m_pattern.isValid();
    if (m_isPattern) m_pattern.optimize();
    refilter();
}

void TensorFilterModel::setRoleFilter(std::optional<TensorRole> role)
{
    if (role == m_role) return;
    m_role = role;
    refilter();
}

void TensorFilterModel::refilter()
{
    // Not invalidateFilter(): that removes and inserts run by run, which takes long when thousands of scattered rows change.
    invalidate();
}

bool TensorFilterModel::accepts(int row) const
{
    const TensorRow& tensor = m_source->rows()[static_cast<std::size_t>(row)];
    if (m_role && tensor.identity.role != *m_role) return false;
    if (m_text.isEmpty()) return true;
    return m_isPattern ? m_pattern.match(tensor.name).hasMatch() : tensor.name.contains(m_text, Qt::CaseInsensitive);
}

bool TensorFilterModel::filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const
{
    if (!m_source) return false;
    const int row = m_source->rowOf(m_source->index(sourceRow, 0, sourceParent));
    // A block is accepted through its tensors (recursive filtering).
    return row >= 0 && accepts(row);
}

bool TensorFilterModel::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const int l = m_source->rowOf(left);
    const int r = m_source->rowOf(right);
    // Tensors outside the blocks stay before the blocks, in both directions.
    if ((l < 0) != (r < 0)) return (sortOrder() == Qt::AscendingOrder) == (l >= 0);
    if (l < 0) return QSortFilterProxyModel::lessThan(left, right);
    const TensorRow& a = m_source->rows()[static_cast<std::size_t>(l)];
    const TensorRow& b = m_source->rows()[static_cast<std::size_t>(r)];
    switch (left.column()) {
    case TensorTreeModel::Name: return l < r;
    case TensorTreeModel::Role: return a.identity.role < b.identity.role;
    case TensorTreeModel::Shape: return a.parameters < b.parameters;
    case TensorTreeModel::Source: return traits(a.source).bitsPerWeight() < traits(b.source).bitsPerWeight();
    case TensorTreeModel::Format: return traits(a.target).bitsPerWeight() < traits(b.target).bitsPerWeight();
    case TensorTreeModel::Method: return a.method < b.method;
    case TensorTreeModel::BitsPerWeight: return a.bitsPerWeight < b.bitsPerWeight;
    case TensorTreeModel::Size: return a.sizeBytes < b.sizeBytes;
    case TensorTreeModel::Error: return a.relativeError.value_or(-1) < b.relativeError.value_or(-1);
    case TensorTreeModel::Gain: return a.gain.value_or(-1) < b.gain.value_or(-1);
    default: return QSortFilterProxyModel::lessThan(left, right);
    }
}

int TensorFilterModel::shownTensorCount() const
{
    if (!m_source) return 0;
    int shown = 0;
    for (int top = 0; top < rowCount(); ++top) {
        const QModelIndex index = this->index(top, 0);
        shown += m_source->rowOf(mapToSource(index)) >= 0 ? 1 : rowCount(index);
    }
    return shown;
}

QList<int> TensorFilterModel::shownRows() const
{
    QList<int> rows;
    if (!m_source) return rows;
    for (int i = 0; i < static_cast<int>(m_source->rows().size()); ++i)
        if (accepts(i)) rows << i;
    return rows;
}

}  // namespace ww
