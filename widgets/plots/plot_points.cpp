// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/plot_points.h"

#include <algorithm>
#include <cmath>

namespace ww {
namespace {

constexpr double kRadius = 5;

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

void PlotPoints::drawLabels(QCPPainter* painter) const
{
    painter->setFont(m_font);
    const QFontMetricsF metrics(m_font);
    const QRectF area = mParentPlot->axisRect()->rect();
    std::vector<QRectF> taken;
    for (int i = 0; i < static_cast<int>(m_points.size()); ++i) {
        const double r = kRadius + (m_points[static_cast<std::size_t>(i)].ringed ? 5 : 1);
        if (m_points[static_cast<std::size_t>(i)].marker) taken.emplace_back(pixelOf(i) - QPointF(r, r), QSizeF(2 * r, 2 * r));
    }
    // The chosen points get their labels first, then the others in order.
    std::vector<int> order;
    for (const bool ringed : {true, false})
        for (int i = 0; i < static_cast<int>(m_points.size()); ++i)
            if (m_points[static_cast<std::size_t>(i)].ringed == ringed) order.push_back(i);
    for (const int i : order) {
        const Point& p = m_points[static_cast<std::size_t>(i)];
        if (p.label.isEmpty()) continue;
        const QPointF c = pixelOf(i);
        const QSizeF size(metrics.horizontalAdvance(p.label) + 2, metrics.height());
        const double gap = p.marker ? kRadius + (p.ringed ? 7 : 3) : 5;
        const QPointF candidates[] = {{c.x() + gap, c.y() - size.height() / 2},
                                      {c.x() - gap - size.width(), c.y() - size.height() / 2},
                                      {c.x() - size.width() / 2, c.y() - gap - size.height()},
                                      {c.x() - size.width() / 2, c.y() + gap},
                                      {c.x() + gap * 0.7, c.y() - gap * 0.7 - size.height()},
                                      {c.x() - gap * 0.7 - size.width(), c.y() + gap * 0.7},
                                      {c.x() + gap * 0.7, c.y() + gap * 0.7},
                                      {c.x() - gap * 0.7 - size.width(), c.y() - gap * 0.7 - size.height()}};
        for (const QPointF& corner : candidates) {
            const QRectF box(corner, size);
            const bool free = area.contains(box) && std::ranges::none_of(taken, [&](const QRectF& t) { return t.intersects(box); });
            if (free) {
                painter->setPen(m_text);
                painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, p.label);
                taken.push_back(box);
                break;
            }
            if (!p.marker) break;
        }
    }
}

}  // namespace ww
