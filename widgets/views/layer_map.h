// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QWidget>
#include <optional>
#include <vector>

#include "widgets/models/tensor_row.h"

class QComboBox;
class QMenu;

namespace ww {

class LayerMapCanvas;
class LayerMapLegend;
class TensorTreeModel;

/// The signature view: one cell per block tensor, rows are roles, columns are blocks, other tensors at the side; tensors that share
/// role and block (experts) are one cell with a count. Colors show format, bits per weight, size or error; a legend explains
/// them. Select by click, Shift, Ctrl, dragging, the headers, arrow keys and Space, Ctrl+A. Does not own the model. GUI thread
/// only.
class LayerMap : public QWidget {
    Q_OBJECT
public:
    enum class ColorBy { Format, BitsPerWeight, Size, Error, Damage };
    Q_ENUM(ColorBy)

    explicit LayerMap(QWidget* parent = nullptr);
    ~LayerMap() override;

    void setModel(TensorTreeModel* model);
    /// Formats of the menu; without any the menu has no format entries.
    void setFormats(std::vector<FormatChoice> choices);

    void setColorBy(ColorBy colorBy);
    [[nodiscard]] ColorBy colorBy() const;

    /// Sorted tensor rows.
    [[nodiscard]] QList<int> selectedRows() const;
    /// Does not emit selectionChanged.
    void setSelectedRows(const QList<int>& rows);
    /// First tensor of the focused cell; −1 without cells.
    [[nodiscard]] int currentRow() const;
    void setCurrentRow(int row);
    /// The painted part, which has the keyboard focus.
    [[nodiscard]] LayerMapCanvas* canvas() const { return m_canvas; }

Q_SIGNALS:
    void selectionChanged(const QList<int>& rows);
    void currentRowChanged(int row);
    void colorByChanged(ww::LayerMap::ColorBy colorBy);
    /// From the menu; only editable tensors of the selection.
    void formatRequested(const QList<int>& rows, std::optional<ww::TensorType> format);
    /// The menu is filled with the map's own entries and shown afterwards; add to it.
    void contextMenuRequested(QMenu* menu, const QList<int>& rows);

private:
    void showContextMenu(const QPoint& globalPosition);

    LayerMapCanvas* m_canvas = nullptr;
    LayerMapLegend* m_legend = nullptr;
    QComboBox* m_colorBox = nullptr;
    std::vector<FormatChoice> m_formats;
};

}  // namespace ww
