// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRegularExpression>
#include <QSortFilterProxyModel>
#include <optional>

#include "model/tensor_role.h"

namespace ww {

class TensorTreeModel;

/// Shows tensors whose name contains the text (or matches it as a regular expression, if it is a valid one) and whose role is the
/// chosen one; blocks stay while one of their tensors does. Sorts by raw values. Source must be a TensorTreeModel.
class TensorFilterModel : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit TensorFilterModel(QObject* parent = nullptr);

    void setFilterText(const QString& text);
    [[nodiscard]] QString filterText() const { return m_text; }
    /// False while the text is not a valid regular expression and is therefore looked for as it is.
    [[nodiscard]] bool isPattern() const { return m_isPattern; }
    void setRoleFilter(std::optional<TensorRole> role);
    [[nodiscard]] std::optional<TensorRole> roleFilter() const { return m_role; }
    /// Tensors (not blocks) that pass.
    [[nodiscard]] int shownTensorCount() const;
    [[nodiscard]] QList<int> shownRows() const;

    void setSourceModel(QAbstractItemModel* model) override;

protected:
    bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    [[nodiscard]] bool accepts(int row) const;
    void refilter();

    TensorTreeModel* m_source = nullptr;
    QString m_text;
    QRegularExpression m_pattern;
    bool m_isPattern = true;
    std::optional<TensorRole> m_role;
};

}  // namespace ww
