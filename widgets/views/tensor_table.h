// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QWidget>
#include <optional>
#include <vector>

#include "widgets/models/tensor_row.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QToolButton;
class QTreeView;

namespace ww {

class FormatDelegate;
class MethodDelegate;
class RowSelectionModel;
class TensorFilterModel;
class TensorTreeModel;

/// The tensor table: filter field, role box, count, and a sortable tree whose format and method cells edit the whole selection.
/// Selecting a block means its tensors. Does not own the model. GUI thread only.
class TensorTable : public QWidget {
    Q_OBJECT
public:
    explicit TensorTable(QWidget* parent = nullptr);
    ~TensorTable() override;

    void setModel(TensorTreeModel* model);
    void setFormats(std::vector<FormatChoice> choices);
    /// Also hands the titles to the model.
    void setMethods(std::vector<MethodChoice> choices);

    /// Sorted tensor rows; hidden by the filter or not.
    [[nodiscard]] QList<int> selectedRows() const;
    /// Does not emit selectionChanged. Keeps what is selected if it already means the same tensors.
    void setSelectedRows(const QList<int>& rows);
    /// Makes a tensor current and scrolls to it, opening its block.
    void showRow(int row);

    [[nodiscard]] QTreeView* view() const { return m_view; }
    [[nodiscard]] TensorFilterModel* filter() const { return m_filter; }
    void setFilterText(const QString& text);
    void focusFilter();
    /// Selected rows (or all shown ones if none is) as tab-separated text with a header line.
    [[nodiscard]] QString selectionAsText() const;
    void copySelection() const;

    /// Widths, order and sorting of the columns, for settings.
    [[nodiscard]] QByteArray saveState() const;
    bool restoreState(const QByteArray& state);

Q_SIGNALS:
    void selectionChanged(const QList<int>& rows);
    /// The tensor with the keyboard focus; −1 for a block or none.
    void currentRowChanged(int row);
    /// An edit, already widened to the selection if the edited tensor is part of it; only editable tensors.
    void formatRequested(const QList<int>& rows, std::optional<ww::TensorType> format);
    void methodRequested(const QList<int>& rows, const QString& method);
    /// The menu is filled with the table's own entries and shown afterwards; add to it.
    void contextMenuRequested(QMenu* menu, const QList<int>& rows);

private:
    void buildFilterBar();
    void buildView();
    void setColumnWidths();
    void updateRoles();
    void updateCount();
    void onReset();
    void showContextMenu(const QPoint& position);
    void expandIfFew();
    [[nodiscard]] QList<int> widened(const QList<int>& rows) const;

    QPointer<TensorTreeModel> m_model;
    TensorFilterModel* m_filter = nullptr;
    RowSelectionModel* m_selection = nullptr;
    QTreeView* m_view = nullptr;
    QLineEdit* m_filterEdit = nullptr;
    QComboBox* m_roleBox = nullptr;
    QToolButton* m_flatButton = nullptr;
    QLabel* m_count = nullptr;
    FormatDelegate* m_formatDelegate = nullptr;
    MethodDelegate* m_methodDelegate = nullptr;
    std::vector<FormatChoice> m_formats;
};

}  // namespace ww
