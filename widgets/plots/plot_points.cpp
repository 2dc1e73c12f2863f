// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/plot_points.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ww {
namespace {

constexpr double kRadius = 5;

/// Boxes for a label around a point, best first. Most curves here fall from left to right, so above on the right comes first.
std::array<QRectF, 8> candidates(const QPointF& c, const QSizeF& size, double distance)
{
    const double w = size.width();
    const double h = size.height();
    const double slanted = distance * 0.8;
    const auto at = [&](double x, double y) { return QRectF(QPointF(x, y), size); };
    return {at(c.x() + slanted, c.y() - slanted - h * 0.7), at(c.x() + distance, c.y() - h / 2),
            at(c.x() - w / 2, c.y() - distance - h),        at(c.x() - slanted - w, c.y() + slanted - h * 0.3),
            at(c.x() - distance - w, c.y() - h / 2),        at(c.x() - w / 2, c.y() + distance),
            at(c.x() + slanted, c.y() + slanted - h * 0.3), at(c.x() - slanted - w, c.y() - slanted - h * 0.7)};
}

bool meets(const QRectF& box, const QLineF& line)
{
    if (box.contains(line.p1()) || box.contains(line.p2())) return true;
    const std::array<QLineF, 4> edges = {QLineF(box.topLeft(), box.topRight()), QLineF(box.topRight(), box.bottomRight()),
                                         QLineF(box.bottomRight(), box.bottomLeft()), QLineF(box.bottomLeft(), box.topLeft())};
    return std::ranges::any_of(edges, [&](const QLineF& edge) { return edge.intersects(line, nullptr) == QLineF::BoundedIntersection; });
}

/// The first free box beside the point, then farther away, rather than on a line; a label without a marker only stands right of
/// its place.
std::optional<QRectF> freePlace(const QPointF& c, const QSizeF& size, double gap, const PlotPoints::Point& point, const QRectF& area,
                                const std::vector<QRectF>& taken, const std::vector<QLineF>& lines)
{
    if (!point.marker) return QRectF(c + QPointF(gap, -size.height() / 2), size);
    const bool quiet = point.quiet && !point.ringed;
    for (const bool avoid : {true, false})
        for (const double distance : {gap, gap + 14, gap + 28, gap + 42}) {
            if (distance > gap + (quiet ? 14 : 42)) break;
            for (const QRectF& box : candidates(c, size, distance))
                if (area.contains(box) && std::ranges::none_of(taken, [&](const QRectF& t) { return t.intersects(box); }) &&
                    !(avoid && std::ranges::any_of(lines, [&](const QLineF& line) { return meets(box, line); })))
                    return box;
        }
    return std::nullopt;
}

}  // namespace

PlotPoints::PlotPoints(QCustomPlot* plot) : QCPAbstractItem(plot)
{
    setSelectable(false);
    setClipToAxisRect(true);
    setClipAxisRect(plot->axisRect());
}

void PlotPoints::setColors(const QColor& text, const QColor& line, const QColor& accent, const QColor& background)
{
    m_text = text;
    m_line = line;
    m_accent = accent;
    m_background = background;
}

QPointF PlotPoints::pixelOf(int index) const
{
    const Point& p = m_points[static_cast<std::size_t>(index)];
    return {mParentPlot->xAxis->coordToPixel(p.x), mParentPlot->yAxis->coordToPixel(p.y)};
}

int PlotPoints::at(const QPointF& pixel) const
{
    int best = -1;
    double bestDistance = 12;
    for (int i = 0; i < static_cast<int>(m_points.size()); ++i) {
        if (!m_points[static_cast<std::size_t>(i)].marker) continue;
        const QPointF d = pixelOf(i) - pixel;
        const double distance = std::hypot(d.x(), d.y());
        if (distance < bestDistance) {
            bestDistance = distance;
            best = i;
        }
    }
    return best;
}

int PlotPoints::next(int direction)
{
    std::vector<int> order;
    for (int i = 0; i < static_cast<int>(m_points.size()); ++i)
        if (m_points[static_cast<std::size_t>(i)].marker) order.push_back(i);
    if (order.empty()) return -1;
    std::ranges::stable_sort(order, {}, [this](int i) { return m_points[static_cast<std::size_t>(i)].x; });
    const auto count = static_cast<std::ptrdiff_t>(order.size());
    const auto here = std::ranges::find(order, m_highlighted) - order.begin();
    const std::ptrdiff_t target = here == count ? (direction > 0 ? 0 : count - 1) : (here + direction + count) % count;
    m_highlighted = order[static_cast<std::size_t>(target)];
    return m_highlighted;
}

double PlotPoints::selectTest(const QPointF& pos, bool, QVariant*) const
{
    return at(pos) >= 0 ? 1 : -1;
}

void PlotPoints::draw(QCPPainter* painter)
{
    painter->setAntialiasing(true);
    for (int pass = 0; pass < 2; ++pass) {
        for (int i = 0; i < static_cast<int>(m_points.size()); ++i) {
            const Point& p = m_points[static_cast<std::size_t>(i)];
            if (!p.marker) continue;
            const QPointF center = pixelOf(i);
            if (pass == 1) {
                drawMarker(painter, p, center, i == m_highlighted);
                continue;
            }
            if (!p.error || *p.error <= 0) continue;
            const double top = mParentPlot->yAxis->coordToPixel(p.y + *p.error);
            const double bottom = mParentPlot->yAxis->coordToPixel(p.y - *p.error);
            painter->setPen(QPen(m_line, 1.4));
            painter->drawLine(QLineF(center.x(), top, center.x(), bottom));
            painter->drawLine(QLineF(center.x() - 4, top, center.x() + 4, top));
            painter->drawLine(QLineF(center.x() - 4, bottom, center.x() + 4, bottom));
        }
    }
    drawLabels(painter);
}

void PlotPoints::drawMarker(QCPPainter* painter, const Point& p, const QPointF& center, bool highlighted) const
{
    const double radius = highlighted ? kRadius + 2 : kRadius;
    if (p.ringed) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(m_accent, 2));
        painter->drawEllipse(center, radius + 4, radius + 4);
    }
    painter->setPen(QPen(p.hollow ? p.fill : m_line, p.hollow ? 2 : 1));
    painter->setBrush(p.hollow ? m_background : p.fill);
    painter->drawEllipse(center, radius, radius);
}

// At the end of the line where it covers no point.
void PlotPoints::drawNote(QCPPainter* painter, const QRectF& area, std::vector<QRectF>& taken) const
{
    if (m_note.isEmpty()) return;
    const QFontMetricsF metrics(m_font);
    const QSizeF size(metrics.horizontalAdvance(m_note) + 8, metrics.height() + 2);
    const double y = mParentPlot->yAxis->coordToPixel(m_noteY);
    const double right = area.right() - size.width() - 4;
    const std::array<QPointF, 4> corners = {QPointF(right, y + 2), QPointF(area.left() + 4, y + 2),
                                            QPointF(right, y - size.height() - 2), QPointF(area.left() + 4, y - size.height() - 2)};
    QRectF box(corners[0], size);
    for (const QPointF& corner : corners) {
        const QRectF candidate(corner, size);
        if (!area.contains(candidate) || std::ranges::any_of(taken, [&](const QRectF& t) { return t.intersects(candidate); }))
            continue;
        box = candidate;
        break;
    }
    if (!area.contains(box)) return;
    QColor veil = m_background;
    veil.setAlphaF(0.8F);
    painter->fillRect(box, veil);
    painter->setPen(m_line);
    painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, m_note);
    taken.push_back(box);
}

void PlotPoints::drawLabels(QCPPainter* painter) const
{
    painter->setFont(m_font);
    const QFontMetricsF metrics(m_font);
    const QRectF area = mParentPlot->axisRect()->rect();
    std::vector<QRectF> taken;
    for (int i = 0; i < static_cast<int>(m_points.size()); ++i) {
        const Point& p = m_points[static_cast<std::size_t>(i)];
        if (!p.marker) continue;
        const double r = kRadius + (p.ringed ? 5 : 1);
        taken.emplace_back(pixelOf(i) - QPointF(r, r), QSizeF(2 * r, 2 * r));
        if (!p.error || *p.error <= 0) continue;
        const double top = mParentPlot->yAxis->coordToPixel(p.y + *p.error);
        const double bottom = mParentPlot->yAxis->coordToPixel(p.y - *p.error);
        taken.emplace_back(pixelOf(i).x() - 3, top, 6, bottom - top);
    }
    drawNote(painter, area, taken);
    std::vector<QLineF> lines;
    const auto pixel = [this](const QPointF& p) { return QPointF(mParentPlot->xAxis->coordToPixel(p.x()), mParentPlot->yAxis->coordToPixel(p.y())); };
    for (std::size_t i = 1; i < m_corners.size(); ++i) lines.emplace_back(pixel(m_corners[i - 1]), pixel(m_corners[i]));
    if (!m_note.isEmpty()) {
        const double y = mParentPlot->yAxis->coordToPixel(m_noteY);
        lines.emplace_back(area.left(), y, area.right(), y);
    }
    // The chosen points get their labels first, then the others in order, the quiet ones last.
    std::vector<int> order;
    for (int turn = 0; turn < 3; ++turn)
        for (int i = 0; i < static_cast<int>(m_points.size()); ++i) {
            const Point& p = m_points[static_cast<std::size_t>(i)];
            if ((p.ringed ? 0 : p.quiet ? 2 : 1) == turn) order.push_back(i);
        }
    for (const int i : order) {
        const Point& p = m_points[static_cast<std::size_t>(i)];
        const QPointF c = pixelOf(i);
        if (p.label.isEmpty() || !area.contains(c)) continue;
        const QSizeF size(metrics.horizontalAdvance(p.label) + 2, metrics.height());
        const double gap = p.marker ? kRadius + (p.ringed ? 7 : 3) : 5;
        const auto box = freePlace(c, size, gap, p, area, taken, lines);
        if (!box) continue;
        const QPointF end(std::clamp(c.x(), box->left(), box->right()), std::clamp(c.y(), box->top(), box->bottom()));
        const double distance = std::hypot(end.x() - c.x(), end.y() - c.y());
        if (distance > gap + 2) {
            painter->setPen(QPen(m_line, 0.8));
            painter->drawLine(QLineF(c + (end - c) * (kRadius / distance), end));
        }
        painter->setPen(m_text);
        painter->drawText(*box, Qt::AlignCenter | Qt::TextDontClip, p.label);
        taken.push_back(*box);
    }
}

}  // namespace ww
