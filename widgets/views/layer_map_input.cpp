// SPDX-License-Identifier: GPL-3.0-or-later
// Selection on the layer map by mouse and keyboard.
#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTimerEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <utility>

#include "widgets/models/tensor_tree_model.h"
#include "widgets/views/layer_map_canvas.h"

namespace ww {

QList<int> LayerMapCanvas::selectedRows() const
{
    QList<int> rows;
    for (std::size_t i = 0; i < m_rowSelected.size(); ++i)
        if (m_rowSelected[i]) rows << static_cast<int>(i);
    return rows;
}

void LayerMapCanvas::setSelectedRows(const QList<int>& rows)
{
    std::vector<char> chosenRows(m_rowSelected.size(), 0);
    for (const int row : rows)
        if (row >= 0 && row < static_cast<int>(chosenRows.size())) chosenRows[static_cast<std::size_t>(row)] = 1;
    if (chosenRows == m_rowSelected) return;
    m_rowSelected = std::move(chosenRows);
    viewport()->update();
}

void LayerMapCanvas::takeSelection(std::vector<char> rowSelected)
{
    if (rowSelected == m_rowSelected) return;
    m_rowSelected = std::move(rowSelected);
    viewport()->update();
    Q_EMIT selectionChanged(selectedRows());
}

void LayerMapCanvas::selectAll()
{
    takeSelection(std::vector<char>(m_rowSelected.size(), 1));
}

void LayerMapCanvas::clearSelection()
{
    takeSelection(std::vector<char>(m_rowSelected.size(), 0));
}

LayerMapCanvas::Chosen LayerMapCanvas::chosen(int cell) const
{
    if (cell < 0 || cell >= static_cast<int>(m_grid.cells().size())) return Chosen::No;
    const auto& rows = m_grid.cells()[static_cast<std::size_t>(cell)].rows;
    const auto count = std::ranges::count_if(rows, [this](int r) { return m_rowSelected[static_cast<std::size_t>(r)] != 0; });
    return count == 0 ? Chosen::No : count == static_cast<std::ptrdiff_t>(rows.size()) ? Chosen::Yes : Chosen::Partly;
}

// Without modifiers the cells become the selection; with Ctrl they are added, or taken away if `toggle` and all are in already.
void LayerMapCanvas::selectCells(const std::vector<int>& cells, Qt::KeyboardModifiers modifiers, bool toggle)
{
    const bool adding = modifiers.testFlag(Qt::ControlModifier);
    const bool allIn = !cells.empty() && std::ranges::all_of(cells, [this](int c) { return chosen(c) == Chosen::Yes; });
    std::vector<char> rows = adding ? m_rowSelected : std::vector<char>(m_rowSelected.size(), 0);
    for (const int cell : cells)
        for (const int row : m_grid.cells()[static_cast<std::size_t>(cell)].rows)
            rows[static_cast<std::size_t>(row)] = adding && toggle && allIn ? 0 : 1;
    takeSelection(std::move(rows));
}

void LayerMapCanvas::toggleCell(int cell)
{
    if (cell < 0 || cell >= static_cast<int>(m_grid.cells().size())) return;
    m_anchor = cell;
    selectCells({cell}, Qt::ControlModifier, true);
    announceCurrent();
}

void LayerMapCanvas::setCurrentCell(int cell)
{
    if (cell == m_current || cell < 0 || cell >= static_cast<int>(m_grid.cells().size())) return;
    m_current = cell;
    ensureVisible(cell);
    viewport()->update();
    announceCurrent();
    Q_EMIT currentCellChanged(cell);
}

void LayerMapCanvas::announceCurrent()
{
    setAccessibleDescription(cellName(m_current));
    if (!hasFocus() || !QAccessible::isActive()) return;
    QAccessibleEvent event(this, QAccessible::Focus);
    event.setChild(m_current);
    QAccessible::updateAccessibility(&event);
}

void LayerMapCanvas::ensureVisible(int cell)
{
    const QRect rect = cellRect(cell);
    const auto& place = m_grid.cells()[static_cast<std::size_t>(cell)].place;
    if (place.column < m_grid.columnCount()) {
        const int left = m_geometry.headerWidth;
        const int right = left + m_geometry.gridWidth;
        if (rect.left() < left) horizontalScrollBar()->setValue(horizontalScrollBar()->value() - (left - rect.left()));
        if (rect.right() >= right) horizontalScrollBar()->setValue(horizontalScrollBar()->value() + rect.right() - right + 1);
    }
    if (rect.top() < m_geometry.headerHeight)
        verticalScrollBar()->setValue(verticalScrollBar()->value() - (m_geometry.headerHeight - rect.top()));
    const int bottom = viewport()->height();
    if (rect.bottom() >= bottom) verticalScrollBar()->setValue(verticalScrollBar()->value() + rect.bottom() - bottom + 1);
}

void LayerMapCanvas::pressCell(int cell, Qt::KeyboardModifiers modifiers)
{
    setCurrentCell(cell);
    if (modifiers.testFlag(Qt::ShiftModifier) && m_anchor >= 0) {
        const auto& cells = m_grid.cells();
        selectCells(
            m_grid.cellsBetween(cells[static_cast<std::size_t>(m_anchor)].place, cells[static_cast<std::size_t>(cell)].place),
            modifiers, false);
        return;
    }
    m_anchor = cell;
    selectCells({cell}, modifiers, true);
}

void LayerMapCanvas::pressHeader(const QPoint& point, Qt::KeyboardModifiers modifiers)
{
    const int columns = m_grid.columnCount();
    const int lastLine = std::max(m_grid.lineCount(), m_grid.sideCount()) - 1;
    const bool above = point.y() < m_geometry.headerHeight;
    const bool before = point.x() < m_geometry.headerWidth;
    if (above && before) {
        selectAll();
        return;
    }
    const LayerGrid::Place anchor = m_anchor >= 0 ? m_grid.cells()[static_cast<std::size_t>(m_anchor)].place : LayerGrid::Place{};
    std::vector<int> cells;
    if (above) {
        const int column = columnAt(point.x());
        if (column < 0) return;
        const int from = modifiers.testFlag(Qt::ShiftModifier) ? anchor.column : column;
        cells = m_grid.cellsBetween({0, from}, {lastLine, column});
    } else if (before) {
        const int line = lineAt(point.y());
        if (line < 0 || line >= m_grid.lineCount()) return;
        const int from = modifiers.testFlag(Qt::ShiftModifier) ? anchor.line : line;
        cells = m_grid.cellsBetween({from, 0}, {line, columns - 1});
    }
    if (cells.empty()) return;
    if (!modifiers.testFlag(Qt::ShiftModifier)) m_anchor = cells.front();
    setCurrentCell(cells.front());
    selectCells(cells, modifiers, true);
}

QPoint LayerMapCanvas::contentPoint(const QPoint& p) const
{
    return {p.x() + horizontalScrollBar()->value(), p.y() + verticalScrollBar()->value()};
}

std::vector<int> LayerMapCanvas::cellsIn(const QRect& contentRect) const
{
    std::vector<int> found;
    const QRect rect = contentRect.translated(-horizontalScrollBar()->value(), -verticalScrollBar()->value());
    for (int cell = 0; cell < static_cast<int>(m_grid.cells().size()); ++cell)
        if (rect.intersects(cellRect(cell).adjusted(2, 2, -2, -2))) found.push_back(cell);
    return found;
}

void LayerMapCanvas::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) return;
    const QPoint point = event->position().toPoint();
    const bool header = point.y() < m_geometry.headerHeight || point.x() < m_geometry.headerWidth;
    if (header) {
        pressHeader(point, event->modifiers());
        return;
    }
    m_pressPoint = contentPoint(point);
    m_lastMouse = point;
    m_dragging = false;
    m_dragBase = event->modifiers().testFlag(Qt::ControlModifier) ? m_rowSelected : std::vector<char>(m_rowSelected.size(), 0);
    const int cell = cellAtPoint(point);
    if (cell >= 0)
        pressCell(cell, event->modifiers());
    else if (!(event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier)))
        clearSelection();
}

void LayerMapCanvas::dragTo(const QPoint& point)
{
    m_band = QRect(*m_pressPoint, contentPoint(point)).normalized();
    std::vector<char> rows = m_dragBase;
    for (const int cell : cellsIn(m_band))
        for (const int row : m_grid.cells()[static_cast<std::size_t>(cell)].rows) rows[static_cast<std::size_t>(row)] = 1;
    takeSelection(std::move(rows));
    viewport()->update();
}

void LayerMapCanvas::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint point = event->position().toPoint();
    if (!m_pressPoint) {
        const int cell = cellAtPoint(point);
        if (std::exchange(m_hover, cell) != cell) viewport()->update();
        return;
    }
    if (!m_dragging && (contentPoint(point) - *m_pressPoint).manhattanLength() < QApplication::startDragDistance()) return;
    m_dragging = true;
    m_lastMouse = point;
    dragTo(point);
    const QRect inside(m_geometry.headerWidth, m_geometry.headerHeight, m_geometry.gridWidth,
                       viewport()->height() - m_geometry.headerHeight);
    const bool outside =
        point.x() < inside.left() || point.y() < inside.top() || point.y() > inside.bottom() || point.x() > viewport()->width();
    if (outside && m_scrollTimer == 0) m_scrollTimer = startTimer(40);
    if (!outside && m_scrollTimer != 0) killTimer(std::exchange(m_scrollTimer, 0));
}

void LayerMapCanvas::timerEvent(QTimerEvent* event)
{
    if (event->timerId() != m_scrollTimer) {
        QAbstractScrollArea::timerEvent(event);
        return;
    }
    auto* h = horizontalScrollBar();
    auto* v = verticalScrollBar();
    if (m_lastMouse.x() < m_geometry.headerWidth) h->setValue(h->value() - m_geometry.cellWidth);
    if (m_lastMouse.x() > viewport()->width()) h->setValue(h->value() + m_geometry.cellWidth);
    if (m_lastMouse.y() < m_geometry.headerHeight) v->setValue(v->value() - m_geometry.cellHeight);
    if (m_lastMouse.y() > viewport()->height()) v->setValue(v->value() + m_geometry.cellHeight);
    dragTo(m_lastMouse);
}

void LayerMapCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_pressPoint) return;
    if (m_scrollTimer != 0) killTimer(std::exchange(m_scrollTimer, 0));
    m_pressPoint.reset();
    if (std::exchange(m_dragging, false)) viewport()->update();
}

void LayerMapCanvas::leaveEvent(QEvent* event)
{
    QAbstractScrollArea::leaveEvent(event);
    if (std::exchange(m_hover, -1) >= 0) viewport()->update();
}

void LayerMapCanvas::moveTo(int cell, Qt::KeyboardModifiers modifiers)
{
    if (cell < 0) return;
    setCurrentCell(cell);
    if (!modifiers.testFlag(Qt::ShiftModifier)) return;
    if (m_anchor < 0) m_anchor = cell;
    const auto& cells = m_grid.cells();
    selectCells(m_grid.cellsBetween(cells[static_cast<std::size_t>(m_anchor)].place, cells[static_cast<std::size_t>(cell)].place),
                modifiers & Qt::ControlModifier, false);
}

void LayerMapCanvas::keyPressEvent(QKeyEvent* event)
{
    if (m_current < 0) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const auto modifiers = event->modifiers();
    if (event->matches(QKeySequence::SelectAll)) {
        selectAll();
        return;
    }
    const auto step = [&](int lines, int columns) {
        // A new rectangle begins where the focus was.
        if (!modifiers.testFlag(Qt::ShiftModifier))
            m_anchor = -1;
        else if (m_anchor < 0)
            m_anchor = m_current;
        moveTo(m_grid.neighbor(m_current, lines, columns), modifiers);
    };
    const auto far = [&](int lines, int columns) {
        int target = m_current;
        for (int next = m_grid.neighbor(target, lines, columns); next != target; next = m_grid.neighbor(target, lines, columns))
            target = next;
        return target;
    };
    switch (event->key()) {
    case Qt::Key_Left: step(0, -1); return;
    case Qt::Key_Right: step(0, 1); return;
    case Qt::Key_Up: step(-1, 0); return;
    case Qt::Key_Down: step(1, 0); return;
    case Qt::Key_Home:
        moveTo(far(modifiers.testFlag(Qt::ControlModifier) ? -1 : 0, modifiers.testFlag(Qt::ControlModifier) ? 0 : -1),
               modifiers & Qt::ShiftModifier);
        return;
    case Qt::Key_End:
        moveTo(far(modifiers.testFlag(Qt::ControlModifier) ? 1 : 0, modifiers.testFlag(Qt::ControlModifier) ? 0 : 1),
               modifiers & Qt::ShiftModifier);
        return;
    case Qt::Key_Space: toggleCell(m_current); return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        m_anchor = m_current;
        selectCells({m_current}, Qt::NoModifier, false);
        return;
    case Qt::Key_Escape:
        // Only the key's first meaning is ours: with nothing selected it belongs to the window.
        if (std::ranges::find(m_rowSelected, char{1}) != m_rowSelected.end()) {
            clearSelection();
            return;
        }
        break;
    default: break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void LayerMapCanvas::contextMenuEvent(QContextMenuEvent* event)
{
    QPoint position = event->globalPos();
    if (event->reason() == QContextMenuEvent::Keyboard) {
        if (m_current >= 0 && selectedRows().isEmpty()) selectCells({m_current}, Qt::NoModifier, false);
        position = viewport()->mapToGlobal(cellRect(m_current).center());
    } else if (const int cell = cellAtPoint(viewport()->mapFromGlobal(event->globalPos()));
               cell >= 0 && chosen(cell) == Chosen::No) {
        pressCell(cell, Qt::NoModifier);
    }
    Q_EMIT menuRequested(position);
}

void LayerMapCanvas::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
    announceCurrent();
}

void LayerMapCanvas::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void LayerMapCanvas::wheelEvent(QWheelEvent* event)
{
    // Blocks run sideways: a plain wheel moves along them when there is nothing to scroll up or down.
    const bool vertical = verticalScrollBar()->maximum() > 0 && !event->modifiers().testFlag(Qt::ShiftModifier);
    QScrollBar* bar = vertical && event->angleDelta().x() == 0 ? verticalScrollBar() : horizontalScrollBar();
    const int delta = event->angleDelta().x() != 0 ? event->angleDelta().x() : event->angleDelta().y();
    bar->setValue(bar->value() - delta * bar->singleStep() * 2 / 120);
    event->accept();
}

bool LayerMapCanvas::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int cell = cellAtPoint(help->pos());
        if (cell >= 0)
            QToolTip::showText(help->globalPos(), cellToolTip(cell), viewport(), cellRect(cell));
        else
            QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace ww
