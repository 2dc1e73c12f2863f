// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/layer_map_legend.h"

#include <QLinearGradient>
#include <QPainter>
#include <algorithm>

#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

constexpr int kSwatch = 12;
constexpr int kScaleWidth = 150;

}  // namespace

LayerMapLegend::LayerMapLegend(QWidget* parent) : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void LayerMapLegend::setColoring(const LayerMapColoring& coloring)
{
    m_coloring = coloring;
    QStringList names;
    for (const TensorType t : coloring.formats()) names << formatName(t);
    setAccessibleName(coloring.colorBy() == LayerMap::ColorBy::Format
                          ? LayerMap::tr("Legend: %1").arg(names.join(QStringLiteral(", ")))
                          : LayerMap::tr("Legend: dark is %1, bright is %2").arg(coloring.lowText(), coloring.highText()));
    updateGeometry();
    update();
}

QSize LayerMapLegend::sizeHint() const
{
    return {300, heightForWidth(std::max(300, width()))};
}

int LayerMapLegend::layOut(int width, QPainter* painter) const
{
    const QFontMetrics metrics = fontMetrics();
    const int lineHeight = metrics.height() + 4;
    const ThemeColors& colors = themeColors(palette());
    int x = 0;
    int y = 0;
    const auto place = [&](int itemWidth) {
        if (x > 0 && x + itemWidth > width) {
            x = 0;
            y += lineHeight;
        }
        const QRect rect(x, y, itemWidth, lineHeight);
        x += itemWidth + 14;
        return rect;
    };
    const auto swatch = [&](const QBrush& brush, const QColor& edge, const QString& text) {
        const QRect rect = place(kSwatch + 6 + metrics.horizontalAdvance(text));
        if (!painter) return;
        painter->setBrush(brush);
        painter->setPen(QPen(edge, 1));
        painter->drawRoundedRect(QRectF(rect.x() + 0.5, rect.center().y() - kSwatch / 2 + 0.5, kSwatch - 1, kSwatch - 1), 2.5, 2.5);
        painter->setPen(palette().color(QPalette::WindowText));
        painter->drawText(rect.adjusted(kSwatch + 6, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    };
    if (m_coloring.colorBy() == LayerMap::ColorBy::Format) {
        for (const TensorType type : m_coloring.formats()) {
            const QColor fill = colors.formatColor(type);
            swatch(fill, colors.dark ? fill.lighter(130) : fill.darker(140), formatName(type));
        }
        return y + lineHeight;
    }
    const QString low = m_coloring.lowText();
    const QString high = m_coloring.highText();
    const int lowWidth = metrics.horizontalAdvance(low);
    const QRect rect = place(lowWidth + metrics.horizontalAdvance(high) + kScaleWidth + 12);
    if (painter) {
        QLinearGradient gradient(rect.x() + lowWidth + 6, 0, rect.x() + lowWidth + 6 + kScaleWidth, 0);
        for (int i = 0; i <= 16; ++i) gradient.setColorAt(i / 16.0, viridis(i / 16.0));
        painter->setPen(palette().color(QPalette::WindowText));
        painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, low);
        painter->drawText(rect, Qt::AlignRight | Qt::AlignVCenter, high);
        painter->setPen(Qt::NoPen);
        painter->setBrush(gradient);
        painter->drawRoundedRect(QRectF(rect.x() + lowWidth + 6, rect.center().y() - 5, kScaleWidth, 11), 3, 3);
    }
    if (m_coloring.hasUnknown())
        swatch(QBrush(colors.plotAxis, Qt::BDiagPattern), colors.plotAxis, LayerMap::tr("not measured yet"));
    return y + lineHeight;
}

void LayerMapLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(0, std::max(0, (height() - layOut(width(), nullptr)) / 2));
    layOut(width(), &painter);
}

}  // namespace ww
