// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>
#include <QHash>
#include <QPointer>
#include <QStaticText>
#include <optional>
#include <vector>

#include "widgets/models/tensor_tree_model.h"
#include "widgets/theme/colors.h"
#include "widgets/views/layer_grid.h"
#include "widgets/views/layer_map.h"

namespace ww {

/// Colors and words of cells for one way of coloring. Pure; shared by the canvas and the legend.
class LayerMapColoring {
public:
    LayerMapColoring() = default;
    LayerMapColoring(LayerMap::ColorBy colorBy, const std::vector<TensorRow>& rows, const LayerGrid& grid);

    struct Look {
        QColor fill;        ///< invalid: no value, drawn hatched
        QString text;       ///< full label
        QString shortText;  ///< for narrow cells
        bool mixed = false;
        bool fixed = false;  ///< nothing in it can be changed: drawn faint
    };
    [[nodiscard]] Look look(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows, const ThemeColors& colors) const;
    [[nodiscard]] LayerMap::ColorBy colorBy() const { return m_colorBy; }
    /// Ends of the magnitude scale as people read them; low and high of the legend.
    [[nodiscard]] QString lowText() const;
    [[nodiscard]] QString highText() const;
    /// Whether some cell has no value yet.
    [[nodiscard]] bool hasUnknown() const { return m_hasUnknown; }
    [[nodiscard]] const std::vector<TensorType>& formats() const { return m_formats; }
    [[nodiscard]] bool hasMixed() const { return m_hasMixed; }

private:
    [[nodiscard]] std::optional<double> fraction(const LayerGrid::Cell& cell, const std::vector<TensorRow>& rows) const;

    LayerMap::ColorBy m_colorBy = LayerMap::ColorBy::Format;
    double m_low = 0;
    double m_high = 1;
    bool m_hasUnknown = false;
    bool m_hasMixed = false;
    std::vector<TensorType> m_formats;
};

/// The painted and interactive part of LayerMap. GUI thread only.
class LayerMapCanvas : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit LayerMapCanvas(QWidget* parent = nullptr);
    ~LayerMapCanvas() override;

    void setModel(TensorTreeModel* model);
    [[nodiscard]] TensorTreeModel* model() const { return m_model; }
    void setColorBy(LayerMap::ColorBy colorBy);
    [[nodiscard]] const LayerMapColoring& coloring() const { return m_coloring; }
    [[nodiscard]] const LayerGrid& grid() const { return m_grid; }

    [[nodiscard]] QList<int> selectedRows() const;
    void setSelectedRows(const QList<int>& rows);
    void selectAll();
    void clearSelection();
    /// Adds (or, replacing, selects only) all tensors that a condition holds for, and emits.
    template <typename Condition>
    void selectWhere(Condition condition)
    {
        std::vector<char> chosen(m_rowSelected.size(), 0);
        for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = condition(static_cast<int>(i)) ? 1 : 0;
        takeSelection(std::move(chosen));
    }
    [[nodiscard]] int currentCell() const { return m_current; }
    void setCurrentCell(int cell);
    /// Selects the tensors of a cell in addition, or takes them out if all are in.
    void toggleCell(int cell);
    enum class Chosen { No, Partly, Yes };
    [[nodiscard]] Chosen chosen(int cell) const;

    /// Rectangle of a cell in viewport coordinates; for tests, tooltips and assistive technology.
    [[nodiscard]] QRect cellRect(int cell) const;
    [[nodiscard]] QRect lineHeaderRect(int line) const;
    [[nodiscard]] QRect columnHeaderRect(int column) const;
    [[nodiscard]] int cellAtPoint(const QPoint& point) const;
    /// "blk.3.attn_q.weight, 4096 × 4096, Q4_K, 9.0 MiB, selected"
    [[nodiscard]] QString cellName(int cell) const;
    [[nodiscard]] QString cellToolTip(int cell) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void selectionChanged(const QList<int>& rows);
    void currentCellChanged(int cell);
    void coloringChanged();
    void menuRequested(const QPoint& globalPosition);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void timerEvent(QTimerEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Geometry {
        int headerWidth = 0, headerHeight = 0, cellWidth = 0, cellHeight = 0;
        int sideLeft = 0, sideLabelWidth = 0, sideCellWidth = 0;
        int gridWidth = 0;  ///< visible part of the blocks
    };
    void rebuild();
    void scheduleLooks();
    void updateLooks();
    void updateGeometryNow();
    void takeSelection(std::vector<char> rowSelected);
    void selectCells(const std::vector<int>& cells, Qt::KeyboardModifiers modifiers, bool toggle);
    void pressCell(int cell, Qt::KeyboardModifiers modifiers);
    void pressHeader(const QPoint& point, Qt::KeyboardModifiers modifiers);
    void dragTo(const QPoint& viewportPoint);
    void moveTo(int cell, Qt::KeyboardModifiers modifiers);
    void ensureVisible(int cell);
    void announceCurrent();
    [[nodiscard]] QPoint contentPoint(const QPoint& viewportPoint) const;
    [[nodiscard]] std::vector<int> cellsIn(const QRect& contentRect) const;
    [[nodiscard]] int lineAt(int y) const;
    [[nodiscard]] int columnAt(int x) const;
    void paintHeaders(QPainter& painter, const ThemeColors& colors);
    void paintCell(QPainter& painter, int cell, const QRect& rect, const ThemeColors& colors);
    void paintMarks(QPainter& painter, int cell, const QRect& rect, const ThemeColors& colors);
    void drawLabel(QPainter& painter, const QRect& rect, const LayerMapColoring::Look& look);

    QPointer<TensorTreeModel> m_model;
    LayerGrid m_grid;
    LayerMapColoring m_coloring;
    LayerMap::ColorBy m_colorBy = LayerMap::ColorBy::Format;
    std::vector<LayerMapColoring::Look> m_looks;
    std::vector<char> m_rowSelected;
    Geometry m_geometry;
    bool m_looksPending = false;
    int m_current = -1;
    int m_anchor = -1;
    int m_hover = -1;
    std::optional<QPoint> m_pressPoint;  ///< content coordinates
    bool m_dragging = false;
    std::vector<char> m_dragBase;
    QPoint m_lastMouse;
    int m_scrollTimer = 0;
    QRect m_band;  ///< content coordinates
    QHash<QString, QStaticText> m_labels;
};

}  // namespace ww
