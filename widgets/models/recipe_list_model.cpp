// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/recipe_list_model.h"

#include <QRegularExpression>
#include <algorithm>

#include "widgets/theme/format_text.h"

namespace ww {

RecipeListModel::RecipeListModel(QObject* parent) : QAbstractListModel(parent) {}

void RecipeListModel::setItems(std::vector<RecipeItem> items)
{
    const auto sameId = [](const RecipeItem& a, const RecipeItem& b) { return a.id == b.id; };
    if (!std::equal(items.begin(), items.end(), m_items.begin(), m_items.end(), sameId)) {
        beginResetModel();
        m_items = std::move(items);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (m_items[i] == items[i]) continue;
        m_items[i] = std::move(items[i]);
        const QModelIndex changed = index(static_cast<int>(i));
        Q_EMIT dataChanged(changed, changed);
    }
}

int RecipeListModel::rowOfId(const QString& id) const
{
    const auto found = std::ranges::find(m_items, id, &RecipeItem::id);
    return found == m_items.end() ? -1 : static_cast<int>(found - m_items.begin());
}

int RecipeListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

QVariant RecipeListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const RecipeItem& item = m_items[static_cast<std::size_t>(index.row())];
    const QString size =
        item.sizeBytes == 0
            ? QString()
            : tr("%1, %2", "size, bits per weight").arg(sizeText(item.sizeBytes), bitsPerWeightText(item.bitsPerWeight));
    switch (role) {
    case Qt::DisplayRole: return item.unsaved ? tr("%1 *", "name of a recipe with unsaved changes").arg(item.name) : item.name;
    case Qt::EditRole: return item.name;
    case Qt::ToolTipRole:
        return QStringList({item.name, item.summary, size}).filter(QRegularExpression(QStringLiteral("."))).join(QLatin1Char('\n'));
    case Qt::AccessibleTextRole: return item.unsaved ? tr("%1, not saved").arg(item.name) : item.name;
    case Qt::AccessibleDescriptionRole:
    case SummaryRole: return item.summary;
    case SizeTextRole: return size;
    case IdRole: return item.id;
    default: return {};
    }
}

Qt::ItemFlags RecipeListModel::flags(const QModelIndex& index) const
{
    const auto flags = QAbstractListModel::flags(index);
    return index.isValid() ? flags | Qt::ItemIsEditable | Qt::ItemNeverHasChildren : flags;
}

bool RecipeListModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !checkIndex(index, CheckIndexOption::IndexIsValid)) return false;
    const RecipeItem& item = m_items[static_cast<std::size_t>(index.row())];
    const QString name = value.toString().trimmed();
    if (!name.isEmpty() && name != item.name) Q_EMIT renameRequested(item.id, name);
    return false;
}

}  // namespace ww
