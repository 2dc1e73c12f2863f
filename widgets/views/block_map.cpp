// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/block_map.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace ww {
namespace {

/// Cells shrink down to this before the map scrolls sideways, and grow up to that when there is room.
constexpr int kSmallestCell = 7;
constexpr int kLargestCell = 16;

bool fits(const BlockMapData& d)
{
    if (d.rows <= 0 || d.blocksPerRow <= 0 || d.blockLength <= 0) return false;
    const auto blocks = static_cast<std::size_t>(d.rows) * static_cast<std::size_t>(d.blocksPerRow);
    return d.scales.size() == blocks && (d.codes.empty() || d.codes.size() == blocks * static_cast<std::size_t>(d.blockLength)) &&
           (d.offsets.empty() || d.offsets.size() == blocks);
}

}  // namespace

BlockMap::BlockMap(QWidget* parent) : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Blocks"));
    for (QScrollBar* bar : {horizontalScrollBar(), verticalScrollBar()})
        connect(bar, &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
}

void BlockMap::setData(BlockMapData blocks)
{
    m_data = fits(blocks) ? std::move(blocks) : BlockMapData{};
    m_largestScale = 0;
    for (const float s : m_data.scales)
        if (std::isfinite(s)) m_largestScale = std::max(m_largestScale, static_cast<double>(std::abs(s)));
    m_lowestCode = m_highestCode = 0;
    if (!m_data.codes.empty()) {
        const auto [low, high] = std::ranges::minmax(m_data.codes);
        m_lowestCode = std::min<int>(0, low);
        m_highestCode = std::max<int>(0, high);
    }
    m_current = isEmpty() ? -1 : 0;
    setAccessibleDescription(blockText(m_current));
    updateScrollBars();
    viewport()->update();
}

void BlockMap::setEmptyText(const QString& text)
{
    m_emptyText = text;
    if (isEmpty()) setAccessibleDescription(text);
    viewport()->update();
}

void BlockMap::setCurrentBlock(int block)
{
    if (block < 0 || block >= m_data.rows * m_data.blocksPerRow || block == m_current) return;
    m_current = block;
    const QRect rect = blockRect(block);
    const int bottom = viewport()->height() - codesHeight();
    if (rect.left() < 0) horizontalScrollBar()->setValue(horizontalScrollBar()->value() + rect.left());
    if (rect.right() >= viewport()->width())
        horizontalScrollBar()->setValue(horizontalScrollBar()->value() + rect.right() - viewport()->width() + 1);
    if (rect.top() < 0) verticalScrollBar()->setValue(verticalScrollBar()->value() + rect.top());
    if (rect.bottom() >= bottom) verticalScrollBar()->setValue(verticalScrollBar()->value() + rect.bottom() - bottom + 1);
    setAccessibleDescription(blockText(block));
    viewport()->update();
    Q_EMIT currentBlockChanged(block);
}

QString BlockMap::blockText(int block) const
{
    if (block < 0 || block >= m_data.rows * m_data.blocksPerRow) return {};
    const QLocale locale;
    const auto index = static_cast<std::size_t>(block);
    const QString place =
        tr("row %1, block %2")
            .arg(
                locale.toString(static_cast<qulonglong>(m_data.firstRow + static_cast<std::uint64_t>(block / m_data.blocksPerRow))),
                locale.toString(
                    static_cast<qulonglong>(m_data.firstBlock + static_cast<std::uint64_t>(block % m_data.blocksPerRow))));
    const auto number = [&](double value, char form, int digits) {
        const QString text = locale.toString(std::abs(value), form, digits);
        return value < 0 ? QChar(0x2212) + text : text;
    };
    const QString scale = number(static_cast<double>(m_data.scales[index]), 'g', 4);
    const float shift = m_data.offsets.empty() ? 0.0F : m_data.offsets[index];
    if (m_data.codes.empty()) return tr("%1: scale %2", "place of a block: its scale").arg(place, scale);
    const auto length = static_cast<std::ptrdiff_t>(m_data.blockLength);
    const auto first = m_data.codes.begin() + static_cast<std::ptrdiff_t>(index) * length;
    const auto [low, high] = std::minmax_element(first, first + length);
    if (shift != 0)
        return tr("%1: scale %2, offset %3, codes %4 … %5", "place of a block: its scale, its offset, smallest and largest code")
            .arg(place, scale, number(static_cast<double>(shift), 'g', 4), number(*low, 'f', 0), number(*high, 'f', 0));
    return tr("%1: scale %2, codes %3 … %4", "place of a block: its scale, smallest and largest code")
        .arg(place, scale, number(*low, 'f', 0), number(*high, 'f', 0));
}

int BlockMap::cell() const
{
    return m_data.blocksPerRow > 0 ? std::clamp(viewport()->width() / m_data.blocksPerRow, kSmallestCell, kLargestCell) : kLargestCell;
}

int BlockMap::codesHeight() const
{
    return m_data.codes.empty() ? 0 : std::clamp(viewport()->height() / 3, 40, 110);
}

void BlockMap::updateScrollBars()
{
    const QSize shown(viewport()->width(), std::max(cell(), viewport()->height() - codesHeight()));
    horizontalScrollBar()->setRange(0, std::max(0, m_data.blocksPerRow * cell() - shown.width()));
    horizontalScrollBar()->setPageStep(shown.width());
    horizontalScrollBar()->setSingleStep(cell());
    verticalScrollBar()->setRange(0, std::max(0, m_data.rows * cell() - shown.height()));
    verticalScrollBar()->setPageStep(shown.height());
    verticalScrollBar()->setSingleStep(cell());
}

QRect BlockMap::blockRect(int block) const
{
    if (block < 0 || isEmpty()) return {};
    return {block % m_data.blocksPerRow * cell() - horizontalScrollBar()->value(),
            block / m_data.blocksPerRow * cell() - verticalScrollBar()->value(), cell(), cell()};
}

int BlockMap::blockAt(const QPoint& point) const
{
    if (isEmpty() || point.x() < 0 || point.y() < 0 || point.y() >= viewport()->height() - codesHeight()) return -1;
    const int column = (point.x() + horizontalScrollBar()->value()) / cell();
    const int row = (point.y() + verticalScrollBar()->value()) / cell();
    return column < m_data.blocksPerRow && row < m_data.rows ? row * m_data.blocksPerRow + column : -1;
}

void BlockMap::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    const ThemeColors& colors = themeColors(palette());
    painter.fillRect(viewport()->rect(), colors.plotBackground);
    if (isEmpty()) {
        painter.setPen(colors.mutedText);
        painter.drawText(viewport()->rect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText.isEmpty() ? tr("No blocks to show.") : m_emptyText);
        return;
    }
    const QRect area(0, 0, viewport()->width(), viewport()->height() - codesHeight());
    painter.setClipRect(area);
    const int firstRow = verticalScrollBar()->value() / cell();
    const int lastRow = std::min(m_data.rows - 1, (verticalScrollBar()->value() + area.height()) / cell());
    const int firstColumn = horizontalScrollBar()->value() / cell();
    const int lastColumn = std::min(m_data.blocksPerRow - 1, (horizontalScrollBar()->value() + area.width()) / cell());
    for (int row = firstRow; row <= lastRow; ++row) {
        for (int column = firstColumn; column <= lastColumn; ++column) {
            const int block = row * m_data.blocksPerRow + column;
            const double share =
                m_largestScale > 0 ? std::abs(static_cast<double>(m_data.scales[static_cast<std::size_t>(block)])) / m_largestScale
                                   : 0;
            painter.fillRect(blockRect(block).adjusted(0, 0, -1, -1), viridis(share));
        }
    }
    painter.setPen(QPen(hasFocus() ? colors.accent : palette().color(QPalette::Text), 2));
    painter.drawRect(blockRect(m_current).adjusted(0, 0, -1, -1));
    painter.setClipping(false);
    if (codesHeight() > 0) paintCodes(painter, QRect(0, area.bottom() + 1, viewport()->width(), codesHeight()), colors);
}

void BlockMap::paintCodes(QPainter& painter, const QRect& area, const ThemeColors& colors) const
{
    const QFontMetrics metrics = fontMetrics();
    painter.setPen(colors.plotGrid);
    painter.drawLine(area.topLeft(), area.topRight());
    painter.setPen(colors.plotText);
    painter.drawText(area.adjusted(4, 2, -4, 0), Qt::AlignLeft | Qt::AlignTop,
                     metrics.elidedText(blockText(m_current), Qt::ElideRight, area.width() - 8));
    const QRectF bars = QRectF(area).adjusted(4, metrics.height() + 4, -4, -3);
    const double span = std::max(1, m_highestCode - m_lowestCode);
    const double zero = bars.bottom() + bars.height() * m_lowestCode / span;
    const double width = bars.width() / m_data.blockLength;
    const auto first = static_cast<std::size_t>(m_current) * static_cast<std::size_t>(m_data.blockLength);
    for (int i = 0; i < m_data.blockLength; ++i) {
        const double height = bars.height() * m_data.codes[first + static_cast<std::size_t>(i)] / span;
        const QRectF bar(bars.left() + i * width, zero - std::max(height, 0.0), std::max(1.0, width - 1),
                         std::max(1.0, std::abs(height)));
        painter.fillRect(bar, colors.okabeIto(0));
    }
    painter.setPen(colors.plotAxis);
    painter.drawLine(QLineF(bars.left(), zero, bars.right(), zero));
}

void BlockMap::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateScrollBars();
}

void BlockMap::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton) setCurrentBlock(blockAt(event->position().toPoint()));
}

void BlockMap::keyPressEvent(QKeyEvent* event)
{
    if (isEmpty()) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const int column = m_current % m_data.blocksPerRow;
    switch (event->key()) {
    case Qt::Key_Left: setCurrentBlock(column > 0 ? m_current - 1 : m_current); return;
    case Qt::Key_Right: setCurrentBlock(column + 1 < m_data.blocksPerRow ? m_current + 1 : m_current); return;
    case Qt::Key_Up: setCurrentBlock(m_current - m_data.blocksPerRow); return;
    case Qt::Key_Down: setCurrentBlock(m_current + m_data.blocksPerRow); return;
    case Qt::Key_Home: setCurrentBlock(m_current - column); return;
    case Qt::Key_End: setCurrentBlock(m_current - column + m_data.blocksPerRow - 1); return;
    default: QAbstractScrollArea::keyPressEvent(event);
    }
}

void BlockMap::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void BlockMap::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

bool BlockMap::viewportEvent(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QAbstractScrollArea::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), blockText(blockAt(help->pos())), viewport());
    return true;
}

}  // namespace ww
