// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/layer_map_accessible.h"

#include <QAccessibleWidget>
#include <unordered_map>

#include "widgets/views/layer_map_canvas.h"

namespace ww {
namespace {

/// One cell. Knows its canvas and index only; after the model changed it stands for the cell that has the index then.
class CellAccessible : public QAccessibleInterface, public QAccessibleActionInterface {
public:
    CellAccessible(LayerMapCanvas* canvas, int cell) : m_canvas(canvas), m_cell(cell) {}

    bool isValid() const override { return m_canvas && m_cell < static_cast<int>(m_canvas->grid().cells().size()); }
    QObject* object() const override { return nullptr; }
    QWindow* window() const override { return isValid() ? m_canvas->window()->windowHandle() : nullptr; }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_canvas); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QRect rect() const override
    {
        if (!isValid()) return {};
        const QRect cell = m_canvas->cellRect(m_cell);
        return {m_canvas->viewport()->mapToGlobal(cell.topLeft()), cell.size()};
    }
    QString text(QAccessible::Text kind) const override
    {
        if (!isValid()) return {};
        if (kind == QAccessible::Name) return m_canvas->cellName(m_cell);
        return kind == QAccessible::Description ? m_canvas->cellToolTip(m_cell) : QString();
    }
    void setText(QAccessible::Text, const QString&) override {}
    QAccessible::State state() const override
    {
        QAccessible::State s;
        if (!isValid()) {
            s.invalid = true;
            return s;
        }
        s.selectable = s.multiSelectable = s.focusable = true;
        s.selected = m_canvas->chosen(m_cell) == LayerMapCanvas::Chosen::Yes;
        s.focused = m_canvas->hasFocus() && m_canvas->currentCell() == m_cell;
        s.offscreen = !m_canvas->viewport()->rect().intersects(m_canvas->cellRect(m_cell));
        return s;
    }
    void* interface_cast(QAccessible::InterfaceType type) override
    {
        return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
    }
    QStringList actionNames() const override { return {toggleAction(), setFocusAction()}; }
    void doAction(const QString& name) override
    {
        if (!isValid()) return;
        if (name == toggleAction()) m_canvas->toggleCell(m_cell);
        if (name == setFocusAction()) m_canvas->setCurrentCell(m_cell);
    }
    QStringList keyBindingsForAction(const QString& name) const override
    {
        return name == toggleAction() ? QStringList{QKeySequence(Qt::Key_Space).toString()} : QStringList();
    }
    [[nodiscard]] int cell() const { return m_cell; }

private:
    QPointer<LayerMapCanvas> m_canvas;
    int m_cell;
};

class CanvasAccessible : public QAccessibleWidget {
public:
    explicit CanvasAccessible(LayerMapCanvas* canvas) : QAccessibleWidget(canvas, QAccessible::List) {}
    ~CanvasAccessible() override
    {
        for (const auto& [cell, id] : m_cells) QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override { return static_cast<int>(canvas()->grid().cells().size()); }
    QAccessibleInterface* child(int index) const override
    {
        if (index < 0 || index >= childCount()) return nullptr;
        if (const auto known = m_cells.find(index); known != m_cells.end()) return QAccessible::accessibleInterface(known->second);
        auto* made = new CellAccessible(canvas(), index);
        m_cells.emplace(index, QAccessible::registerAccessibleInterface(made));
        return made;
    }
    QAccessibleInterface* childAt(int x, int y) const override
    {
        return child(canvas()->cellAtPoint(canvas()->viewport()->mapFromGlobal(QPoint(x, y))));
    }
    int indexOfChild(const QAccessibleInterface* child) const override
    {
        const auto* cell = dynamic_cast<const CellAccessible*>(child);
        return cell ? cell->cell() : -1;
    }
    QAccessibleInterface* focusChild() const override { return canvas()->hasFocus() ? child(canvas()->currentCell()) : nullptr; }
    QAccessible::State state() const override
    {
        QAccessible::State s = QAccessibleWidget::state();
        s.multiSelectable = true;
        return s;
    }

private:
    [[nodiscard]] LayerMapCanvas* canvas() const { return static_cast<LayerMapCanvas*>(widget()); }

    mutable std::unordered_map<int, QAccessible::Id> m_cells;
};

QAccessibleInterface* makeInterface(const QString&, QObject* object)
{
    auto* canvas = qobject_cast<LayerMapCanvas*>(object);
    return canvas ? new CanvasAccessible(canvas) : nullptr;
}

}  // namespace

void installLayerMapAccessibility()
{
    static const bool kInstalled = [] {
        QAccessible::installFactory(makeInterface);
        return true;
    }();
    Q_UNUSED(kInstalled)
}

}  // namespace ww
