// SPDX-License-Identifier: GPL-3.0-or-later
// Model, geometry and painting of the layer map; mouse and keyboard are in layer_map_input.cpp.
#include "widgets/views/layer_map_canvas.h"

#include <QPaintEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <algorithm>
#include <utility>

#include "widgets/models/tensor_tree_model.h"
#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"
#include "widgets/views/layer_map_accessible.h"

namespace ww {
namespace {

constexpr int kGap = 2;  // between cells
constexpr int kMinCellWidth = 18;
constexpr int kMaxCellWidth = 60;
constexpr int kMinCellHeight = 18;
constexpr int kMaxCellHeight = 30;
constexpr int kSideGap = 14;

}  // namespace

LayerMapCanvas::LayerMapCanvas(QWidget* parent) : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    installLayerMapAccessibility();
    setAccessibleName(LayerMap::tr("Layer map"));
    connect(horizontalScrollBar(), &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
    connect(verticalScrollBar(), &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
}

LayerMapCanvas::~LayerMapCanvas() = default;

void LayerMapCanvas::setModel(TensorTreeModel* model)
{
    if (m_model) disconnect(m_model, nullptr, this, nullptr);
    m_model = model;
    if (model) {
        // A change of the tree's layout also resets; then the tensors are the same and the selection stays.
        connect(model, &QAbstractItemModel::modelReset, this, &LayerMapCanvas::rebuild);
        connect(model, &QAbstractItemModel::dataChanged, this, &LayerMapCanvas::scheduleLooks);
    }
    rebuild();
}

void LayerMapCanvas::setColorBy(LayerMap::ColorBy colorBy)
{
    m_colorBy = colorBy;
    updateLooks();
}

void LayerMapCanvas::rebuild()
{
    static const std::vector<TensorRow> kNone;
    const auto& rows = m_model ? m_model->rows() : kNone;
    LayerGrid grid(rows);
    const bool sameTensors = rows.size() == m_rowSelected.size() &&
                             std::ranges::equal(grid.cells(), m_grid.cells(),
                                                [](const auto& a, const auto& b) { return a.rows == b.rows && a.role == b.role; });
    m_grid = std::move(grid);
    if (!sameTensors) {
        m_rowSelected.assign(rows.size(), 0);
        m_current = m_grid.cells().empty() ? -1 : 0;
        m_anchor = m_current;
        m_hover = -1;
    }
    updateLooks();
    updateGeometryNow();
    updateGeometry();
}

// One edit of a plan may announce thousands of ranges; the colors are worked out once, when they have all come.
void LayerMapCanvas::scheduleLooks()
{
    if (std::exchange(m_looksPending, true)) return;
    QMetaObject::invokeMethod(this, &LayerMapCanvas::updateLooks, Qt::QueuedConnection);
}

void LayerMapCanvas::updateLooks()
{
    m_looksPending = false;
    m_looks.clear();
    if (m_model) {
        const auto& rows = m_model->rows();
        const ThemeColors& colors = themeColors(palette());
        m_coloring = LayerMapColoring(m_colorBy, rows, m_grid);
        m_looks.reserve(m_grid.cells().size());
        for (const auto& cell : m_grid.cells()) m_looks.push_back(m_coloring.look(cell, rows, colors));
    }
    viewport()->update();
    Q_EMIT coloringChanged();
}

void LayerMapCanvas::updateGeometryNow()
{
    const QFontMetrics metrics = fontMetrics();
    Geometry g;
    for (const TensorRole role : m_grid.lines()) g.headerWidth = std::max(g.headerWidth, metrics.horizontalAdvance(roleText(role)));
    if (m_grid.lineCount() > 0) g.headerWidth += 14;
    g.headerHeight = metrics.height() + 8;
    for (const auto& cell : m_grid.cells())
        if (!cell.block) g.sideLabelWidth = std::max(g.sideLabelWidth, metrics.horizontalAdvance(roleText(cell.role)));
    if (m_grid.sideCount() > 0) {
        g.sideLabelWidth += 10;
        g.sideCellWidth = 60;
    }
    const int sideWidth = m_grid.sideCount() > 0 ? kSideGap + g.sideLabelWidth + g.sideCellWidth + 4 : 0;
    const QSize area = viewport()->size();
    const int columns = m_grid.columnCount();
    const int lines = std::max({m_grid.lineCount(), m_grid.sideCount(), 1});
    // With very little room the side scrolls out rather than covering the blocks.
    const int room = std::max(4 * kMinCellWidth, area.width() - g.headerWidth - sideWidth);
    g.cellWidth = columns > 0 ? std::clamp(room / columns, kMinCellWidth, kMaxCellWidth) : 0;
    g.cellHeight = std::clamp((area.height() - g.headerHeight - 4) / lines, std::max(kMinCellHeight, metrics.height() + 2),
                              std::max(kMaxCellHeight, metrics.height() + 8));
    g.gridWidth = std::min(room, columns * g.cellWidth);
    g.sideLeft = g.headerWidth + g.gridWidth + kSideGap;
    m_geometry = g;
    horizontalScrollBar()->setRange(0, std::max(0, columns * g.cellWidth - g.gridWidth));
    horizontalScrollBar()->setPageStep(g.gridWidth);
    horizontalScrollBar()->setSingleStep(g.cellWidth);
    const int gridHeight = lines * g.cellHeight;
    const int shownHeight = std::max(g.cellHeight, area.height() - g.headerHeight - 4);
    verticalScrollBar()->setRange(0, std::max(0, gridHeight - shownHeight));
    verticalScrollBar()->setPageStep(shownHeight);
    verticalScrollBar()->setSingleStep(g.cellHeight);
    viewport()->update();
}

QRect LayerMapCanvas::cellRect(int cell) const
{
    if (cell < 0 || cell >= static_cast<int>(m_grid.cells().size())) return {};
    const auto& g = m_geometry;
    const auto& place = m_grid.cells()[static_cast<std::size_t>(cell)].place;
    const int top = g.headerHeight + place.line * g.cellHeight - verticalScrollBar()->value();
    if (place.column == m_grid.columnCount()) return {g.sideLeft + g.sideLabelWidth, top, g.sideCellWidth, g.cellHeight};
    return {g.headerWidth + place.column * g.cellWidth - horizontalScrollBar()->value(), top, g.cellWidth, g.cellHeight};
}

QRect LayerMapCanvas::lineHeaderRect(int line) const
{
    return {0, m_geometry.headerHeight + line * m_geometry.cellHeight - verticalScrollBar()->value(), m_geometry.headerWidth,
            m_geometry.cellHeight};
}

QRect LayerMapCanvas::columnHeaderRect(int column) const
{
    return {m_geometry.headerWidth + column * m_geometry.cellWidth - horizontalScrollBar()->value(), 0, m_geometry.cellWidth,
            m_geometry.headerHeight};
}

int LayerMapCanvas::lineAt(int y) const
{
    const int offset = y - m_geometry.headerHeight + verticalScrollBar()->value();
    return y < m_geometry.headerHeight || m_geometry.cellHeight == 0 ? -1 : offset / m_geometry.cellHeight;
}

int LayerMapCanvas::columnAt(int x) const
{
    const auto& g = m_geometry;
    if (x >= g.sideLeft && m_grid.sideCount() > 0)
        return x < g.sideLeft + g.sideLabelWidth + g.sideCellWidth ? m_grid.columnCount() : -1;
    if (x < g.headerWidth || x >= g.headerWidth + g.gridWidth || g.cellWidth == 0) return -1;
    return (x - g.headerWidth + horizontalScrollBar()->value()) / g.cellWidth;
}

int LayerMapCanvas::cellAtPoint(const QPoint& point) const
{
    return m_grid.cellAt({lineAt(point.y()), columnAt(point.x())});
}

QSize LayerMapCanvas::sizeHint() const
{
    const int lines = std::max({m_grid.lineCount(), m_grid.sideCount(), 6});
    return {640, (fontMetrics().height() + 8) * (lines + 1) + 8};
}

QSize LayerMapCanvas::minimumSizeHint() const
{
    return {280, (fontMetrics().height() + 4) * 5};
}

void LayerMapCanvas::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateGeometryNow();
}

void LayerMapCanvas::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) updateLooks();
    if (event->type() == QEvent::FontChange) {
        m_labels.clear();
        updateGeometryNow();
        updateGeometry();
    }
}

void LayerMapCanvas::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    const ThemeColors& colors = themeColors(palette());
    painter.fillRect(event->rect(), palette().color(QPalette::Base));
    painter.setRenderHint(QPainter::Antialiasing);
    const auto& g = m_geometry;
    const QRect gridClip(g.headerWidth, g.headerHeight, g.gridWidth, viewport()->height() - g.headerHeight);
    const QRect sideClip(g.sideLeft, g.headerHeight, viewport()->width() - g.sideLeft, viewport()->height() - g.headerHeight);
    const int count = static_cast<int>(m_grid.cells().size());
    for (const bool side : {false, true}) {
        const QRect clip = side ? sideClip : gridClip;
        if (!clip.intersects(event->rect())) continue;
        painter.save();
        painter.setClipRect(clip);
        for (int cell = 0; cell < count; ++cell) {
            if (m_grid.cells()[static_cast<std::size_t>(cell)].block.has_value() == side) continue;
            const QRect rect = cellRect(cell);
            if (rect.intersects(clip) && rect.adjusted(-2, -2, 2, 2).intersects(event->rect()))
                paintCell(painter, cell, rect, colors);
        }
        painter.restore();
    }
    paintHeaders(painter, colors);
    if (m_dragging) {
        painter.setClipRect(gridClip.united(sideClip));
        QColor fill = colors.accent;
        fill.setAlphaF(0.15F);
        painter.setPen(QPen(colors.accent, 1));
        painter.setBrush(fill);
        painter.drawRect(
            m_band.normalized().translated(-horizontalScrollBar()->value(), -verticalScrollBar()->value()).adjusted(0, 0, -1, -1));
    }
}

void LayerMapCanvas::paintHeaders(QPainter& painter, const ThemeColors& colors)
{
    const auto& g = m_geometry;
    painter.setFont(font());
    const auto& current = m_current >= 0 ? m_grid.cells()[static_cast<std::size_t>(m_current)].place : LayerGrid::Place{-1, -1};
    const auto penFor = [&](bool emphasized) { return emphasized ? palette().color(QPalette::Text) : colors.mutedText; };
    const QRect below(0, g.headerHeight, viewport()->width(), viewport()->height() - g.headerHeight);
    painter.save();
    painter.setClipRect(below);
    for (int line = 0; line < m_grid.lineCount(); ++line) {
        const bool here = hasFocus() && current.line == line && current.column < m_grid.columnCount();
        painter.setPen(penFor(here));
        painter.drawText(lineHeaderRect(line).adjusted(4, 0, -8, 0), Qt::AlignRight | Qt::AlignVCenter,
                         roleText(m_grid.lines()[static_cast<std::size_t>(line)]));
    }
    for (const auto& cell : m_grid.cells()) {
        if (cell.block) continue;
        const QRect rect(g.sideLeft, g.headerHeight + cell.place.line * g.cellHeight - verticalScrollBar()->value(),
                         g.sideLabelWidth - 8, g.cellHeight);
        painter.setPen(penFor(hasFocus() && current == cell.place));
        painter.drawText(rect, Qt::AlignRight | Qt::AlignVCenter, roleText(cell.role));
    }
    painter.restore();
    if (m_grid.columnCount() == 0) return;
    painter.save();
    painter.setClipRect(QRect(0, 0, g.headerWidth + g.gridWidth, g.headerHeight));
    painter.setPen(colors.mutedText);
    painter.drawText(QRect(0, 0, g.headerWidth - 8, g.headerHeight), Qt::AlignRight | Qt::AlignVCenter, LayerMap::tr("block"));
    painter.setClipRect(QRect(g.headerWidth, 0, g.gridWidth, g.headerHeight));
    // As many numbers as fit: every one, or every 2nd, 5th, 10th …
    const int widest = painter.fontMetrics().horizontalAdvance(QString::number(m_grid.blockOf(m_grid.columnCount() - 1))) + 6;
    int every = 1;
    for (const int candidate : {1, 2, 5, 10, 20, 50, 100}) {
        every = candidate;
        if (candidate * g.cellWidth >= widest) break;
    }
    for (int column = 0; column < m_grid.columnCount(); ++column) {
        const bool here = hasFocus() && current.column == column;
        if (m_grid.blockOf(column) % static_cast<std::uint32_t>(every) != 0 && !here) continue;
        const QRect rect = columnHeaderRect(column);
        if (rect.right() < g.headerWidth || rect.left() > g.headerWidth + g.gridWidth) continue;
        painter.setPen(penFor(here));
        painter.drawText(rect.adjusted(-12, 0, 12, 0), Qt::AlignCenter, QString::number(m_grid.blockOf(column)));
    }
    painter.restore();
}

void LayerMapCanvas::paintCell(QPainter& painter, int cell, const QRect& rect, const ThemeColors& colors)
{
    const auto& look = m_looks[static_cast<std::size_t>(cell)];
    const QRectF box = QRectF(rect).adjusted(kGap, kGap, -kGap, -kGap);
    painter.setPen(Qt::NoPen);
    if (!look.fill.isValid()) {
        // No value: an outline and hatching, not a color that could be read as one.
        painter.setBrush(QBrush(colors.plotGrid, Qt::BDiagPattern));
        painter.setPen(QPen(colors.plotGrid, 1));
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2.5, 2.5);
    } else {
        if (look.fixed) painter.setOpacity(0.3);
        painter.setBrush(look.fill);
        painter.drawRoundedRect(box, 2.5, 2.5);
        painter.setOpacity(1.0);
        if (look.mixed) {
            painter.setBrush(QBrush(readableOn(look.fill), Qt::Dense6Pattern));
            painter.drawRoundedRect(box, 2.5, 2.5);
        }
        drawLabel(painter, rect, look);
    }
    paintMarks(painter, cell, rect, colors);
}

void LayerMapCanvas::drawLabel(QPainter& painter, const QRect& rect, const LayerMapColoring::Look& look)
{
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.82);
    painter.setFont(small);
    for (const QString& text : {look.text, look.shortText}) {
        if (text.isEmpty()) continue;
        auto found = m_labels.find(text);
        if (found == m_labels.end()) {
            QStaticText prepared(text);
            prepared.setTextFormat(Qt::PlainText);
            prepared.prepare({}, small);
            found = m_labels.insert(text, prepared);
        }
        const QSizeF size = found->size();
        if (size.width() > rect.width() - 2 * kGap - 4) continue;
        painter.setPen(look.fixed ? themeColors(palette()).mutedText : readableOn(look.fill));
        painter.drawStaticText(
            QPointF(rect.x() + (rect.width() - size.width()) / 2, rect.y() + (rect.height() - size.height()) / 2), *found);
        return;
    }
}

void LayerMapCanvas::paintMarks(QPainter& painter, int cell, const QRect& rect, const ThemeColors& colors)
{
    const QRectF box = QRectF(rect).adjusted(kGap, kGap, -kGap, -kGap);
    const auto& rows = m_model->rows();
    const auto& members = m_grid.cells()[static_cast<std::size_t>(cell)].rows;
    const bool warning = std::ranges::any_of(members, [&](int r) { return !rows[static_cast<std::size_t>(r)].warning.isEmpty(); });
    if (warning) {
        QPainterPath corner;
        corner.moveTo(box.topRight() - QPointF(8, 0));
        corner.lineTo(box.topRight());
        corner.lineTo(box.topRight() + QPointF(0, 8));
        corner.closeSubpath();
        painter.setPen(QPen(Qt::white, 1));
        painter.setBrush(QColor(0xB4, 0x23, 0x18));
        painter.drawPath(corner);
    }
    painter.setBrush(Qt::NoBrush);
    const Chosen state = chosen(cell);
    if (state != Chosen::No) {
        // A light gap between the fill and the ring keeps the ring visible on every fill.
        painter.setPen(QPen(palette().color(QPalette::Base), 1.5));
        painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), 2, 2);
        painter.setPen(QPen(palette().color(QPalette::Text), 2, state == Chosen::Partly ? Qt::DotLine : Qt::SolidLine));
        painter.drawRoundedRect(box, 2.5, 2.5);
    } else if (cell == m_hover) {
        painter.setPen(QPen(colors.plotAxis, 1.5));
        painter.drawRoundedRect(box, 2.5, 2.5);
    }
    if (cell == m_current && hasFocus()) {
        painter.setPen(QPen(colors.accent, 2.5));
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

QString LayerMapCanvas::cellName(int cell) const
{
    if (!m_model || cell < 0 || cell >= static_cast<int>(m_grid.cells().size())) return {};
    const auto& c = m_grid.cells()[static_cast<std::size_t>(cell)];
    const auto& first = m_model->rows()[static_cast<std::size_t>(c.rows.front())];
    QStringList parts;
    if (c.rows.size() == 1) {
        parts << first.name << first.shapeText << formatName(first.target) << sizeText(first.sizeBytes);
        if (first.relativeError) parts << LayerMap::tr("relative error %1").arg(errorText(*first.relativeError));
        if (!first.warning.isEmpty()) parts << first.warning;
    } else {
        parts << (c.block ? LayerMap::tr("%1 of block %2").arg(roleText(c.role)).arg(*c.block) : roleText(c.role));
        parts << LayerMap::tr("%n tensor(s)", nullptr, static_cast<int>(c.rows.size()))
              << m_looks[static_cast<std::size_t>(cell)].text;
    }
    const Chosen state = chosen(cell);
    if (state == Chosen::Yes) parts << LayerMap::tr("selected");
    if (state == Chosen::Partly) parts << LayerMap::tr("partly selected");
    return parts.join(QStringLiteral(", "));
}

QString LayerMapCanvas::cellToolTip(int cell) const
{
    if (!m_model || cell < 0 || cell >= static_cast<int>(m_grid.cells().size())) return {};
    const auto& c = m_grid.cells()[static_cast<std::size_t>(cell)];
    const auto& r = m_model->rows()[static_cast<std::size_t>(c.rows.front())];
    QStringList lines;
    if (c.rows.size() > 1) {
        lines << cellName(cell);
        for (std::size_t i = 0; i < std::min<std::size_t>(8, c.rows.size()); ++i) {
            const auto& member = m_model->rows()[static_cast<std::size_t>(c.rows[i])];
            lines << LayerMap::tr("%1: %2, %3", "tensor: format, size")
                         .arg(member.name, formatName(member.target), sizeText(member.sizeBytes));
        }
        if (c.rows.size() > 8) lines << LayerMap::tr("and %n more", nullptr, static_cast<int>(c.rows.size()) - 8);
        return lines.join(QLatin1Char('\n'));
    }
    lines << r.name << r.shapeText;
    lines << (r.source == r.target ? LayerMap::tr("%1, unchanged", "format").arg(formatName(r.target))
                                   : LayerMap::tr("%1 → %2", "formats").arg(formatName(r.source), formatName(r.target)));
    lines << LayerMap::tr("%1, %2", "bits per weight, size").arg(bitsPerWeightText(r.bitsPerWeight), sizeText(r.sizeBytes));
    if (r.relativeError) lines << LayerMap::tr("Relative error %1 (measured)").arg(errorText(*r.relativeError));
    if (r.damage) lines << LayerMap::tr("Damage %1 (estimated)").arg(errorText(*r.damage));
    if (!r.reason.isEmpty()) lines << r.reason;
    if (!r.warning.isEmpty()) lines << r.warning;
    return lines.join(QLatin1Char('\n'));
}

}  // namespace ww
