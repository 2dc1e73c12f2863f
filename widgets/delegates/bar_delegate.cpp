// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/delegates/bar_delegate.h"

#include <QApplication>
#include <QPainter>
#include <algorithm>

#include "widgets/theme/colors.h"

namespace ww {

BarDelegate::BarDelegate(int fractionRole, QObject* parent) : QStyledItemDelegate(parent), m_fractionRole(fractionRole) {}

void BarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    const double fraction = std::clamp(index.data(m_fractionRole).toDouble(), 0.0, 1.0);
    if (fraction <= 0 || (option.state & QStyle::State_Selected)) return;
    // Over the background and under nothing that matters: the bar is nearly transparent, the number stays readable.
    const QRectF cell = QRectF(option.rect).adjusted(3, 3, -3, -3);
    QRectF bar = cell;
    bar.setWidth(std::max(2.0, cell.width() * fraction));
    if (option.direction == Qt::RightToLeft) bar.moveRight(cell.right());
    QColor color = themeColors(option.palette).accent;
    color.setAlphaF(0.16F);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(color);
    painter->drawRoundedRect(bar, 2, 2);
    painter->restore();
}

}  // namespace ww
