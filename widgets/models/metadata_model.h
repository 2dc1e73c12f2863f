// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <vector>

#include "io/metadata.h"

namespace ww {

/// A model file's metadata as a table: key, type, value (long values cut). For filtering put a QSortFilterProxyModel on top
/// (filterKeyColumn −1). GUI thread only.
class MetadataModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Key, Type, Value, ColumnCount };
    explicit MetadataModel(QObject* parent = nullptr);
    /// Copies what is shown; the metadata need not live on.
    void setMetadata(const Metadata& metadata);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Line {
        QString key;
        QString type;
        QString value;
    };
    std::vector<Line> m_lines;
};

}  // namespace ww
