// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/drop_area.h"

#include <QDragEnterEvent>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QUrl>
#include <QVBoxLayout>

#include "widgets/theme/colors.h"
#include "widgets/theme/theme.h"

namespace ww {

QStringList droppedPaths(const QMimeData* data)
{
    QStringList paths;
    if (!data || !data->hasUrls()) return paths;
    for (const QUrl& url : data->urls())
        if (url.isLocalFile()) paths << url.toLocalFile();
    return paths;
}

DropArea::DropArea(QWidget* parent) : QFrame(parent)
{
    setAcceptDrops(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(32, 28, 32, 28);
    layout->setSpacing(8);
    m_icon = new QLabel;
    m_title = new QLabel;
    m_hint = new QLabel;
    for (QLabel* label : {m_icon, m_title, m_hint}) {
        label->setAlignment(Qt::AlignCenter);
        layout->addWidget(label);
    }
    m_hint->setWordWrap(true);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.35);
    large.setWeight(QFont::DemiBold);
    m_title->setFont(large);
    layout->addSpacing(10);
    m_actions = new QVBoxLayout;
    m_actions->setAlignment(Qt::AlignHCenter);
    m_actions->setSpacing(8);
    layout->addLayout(m_actions);
    layout->insertStretch(0);
    layout->addStretch();
    refresh();
}

void DropArea::setTitle(const QString& title)
{
    m_title->setText(title);
    setAccessibleName(title);
}

void DropArea::setHint(const QString& hint)
{
    m_hint->setText(hint);
    setAccessibleDescription(hint);
}

void DropArea::addButton(QWidget* button)
{
    m_actions->addWidget(button, 0, Qt::AlignHCenter);
}

void DropArea::refresh()
{
    m_icon->setPixmap(icon("open").pixmap(QSize(40, 40), devicePixelRatioF()));
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, themeColors(palette()).mutedText);
    m_hint->setPalette(muted);
}

void DropArea::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) refresh();
}

void DropArea::dragEnterEvent(QDragEnterEvent* event)
{
    if (droppedPaths(event->mimeData()).isEmpty()) return;
    event->acceptProposedAction();
    m_hovering = true;
    update();
}

void DropArea::dragLeaveEvent(QDragLeaveEvent*)
{
    m_hovering = false;
    update();
}

void DropArea::dropEvent(QDropEvent* event)
{
    m_hovering = false;
    update();
    const QStringList paths = droppedPaths(event->mimeData());
    if (paths.isEmpty()) return;
    event->acceptProposedAction();
    Q_EMIT dropped(paths);
}

void DropArea::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors& colors = themeColors(palette());
    painter.setBrush(palette().color(QPalette::Base));
    QPen pen(m_hovering ? colors.accent : colors.plotAxis, m_hovering ? 2.5 : 1.5, Qt::DashLine);
    painter.setPen(pen);
    painter.drawRoundedRect(QRectF(rect()).adjusted(2, 2, -2, -2), 12, 12);
}

}  // namespace ww
