// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QString>
#include <cstdint>
#include <vector>

namespace ww {

/// One named recipe as lists and combo boxes show it. Plain value.
struct RecipeItem {
    QString id;  ///< the caller's key
    QString name;
    QString summary;              ///< "Q4_K_M, 3 rules"; translated
    std::uint64_t sizeBytes = 0;  ///< 0: not known
    double bitsPerWeight = 0;
    bool unsaved = false;  ///< marked in the display
    bool operator==(const RecipeItem&) const = default;
};

/// The recipes of a document. Renaming in place emits a request and changes nothing itself. GUI thread only.
class RecipeListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum ItemRole { IdRole = Qt::UserRole + 1, SummaryRole, SizeTextRole };
    explicit RecipeListModel(QObject* parent = nullptr);
    /// Same ids in the same order: announces changes only. Otherwise one reset.
    void setItems(std::vector<RecipeItem> items);
    [[nodiscard]] const std::vector<RecipeItem>& items() const { return m_items; }
    [[nodiscard]] int rowOfId(const QString& id) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

Q_SIGNALS:
    void renameRequested(const QString& id, const QString& name);

private:
    std::vector<RecipeItem> m_items;
};

}  // namespace ww
