// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/style.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QPainter>
#include <QPainterPath>
#include <QStyleFactory>
#include <QStyleOption>

#include "widgets/theme/colors.h"

namespace ww {
namespace {

constexpr double kRadius = 5;

QColor borderColor(const QPalette& palette)
{
    return palette.color(QPalette::Active, QPalette::Mid);
}

QColor shaded(const QColor& color, const QPalette& palette, int percent)
{
    return isDark(palette) ? color.lighter(100 + percent) : color.darker(100 + percent / 2);
}

/// The panel of buttons and boxes: filled by state, with the focus ring where the keyboard is.
void drawButtonPanel(const QStyleOption* option, QPainter* painter, bool primary, bool focused)
{
    const QPalette& p = option->palette;
    const bool enabled = option->state.testFlag(QStyle::State_Enabled);
    const bool down = option->state.testFlag(QStyle::State_Sunken) || option->state.testFlag(QStyle::State_On);
    const bool hovered = enabled && option->state.testFlag(QStyle::State_MouseOver);
    QColor fill =
        p.color(enabled ? QPalette::Active : QPalette::Disabled, primary && enabled ? QPalette::Highlight : QPalette::Button);
    if (down)
        fill = shaded(fill, p, 24);
    else if (hovered)
        fill = shaded(fill, p, 12);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
    painter->setBrush(fill);
    painter->setPen(QPen(primary && enabled ? fill.darker(120) : borderColor(p), 1));
    painter->drawRoundedRect(box, kRadius, kRadius);
    if (focused && option->state.testFlag(QStyle::State_HasFocus)) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(primary ? p.color(QPalette::HighlightedText) : themeColors(p).accent, primary ? 1.5 : 2));
        const double inset = primary ? 2 : 0.5;
        painter->drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), kRadius - inset / 2, kRadius - inset / 2);
    }
    painter->restore();
}

void drawChevron(QPainter* painter, const QPointF& center, const QColor& color)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(color, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter->drawPolyline(QPolygonF({center + QPointF(-3.5, -1.75), center + QPointF(0, 1.75), center + QPointF(3.5, -1.75)}));
    painter->restore();
}

void drawComboBox(const QStyle* style, const QStyleOptionComboBox* option, QPainter* painter, const QWidget* widget)
{
    drawButtonPanel(option, painter, false, true);
    const QRect arrow = style->subControlRect(QStyle::CC_ComboBox, option, QStyle::SC_ComboBoxArrow, widget);
    drawChevron(painter, QRectF(arrow).center(), option->palette.color(QPalette::ButtonText));
}

void drawHeaderSection(const QStyleOption* option, QPainter* painter)
{
    const QPalette& p = option->palette;
    QColor fill = p.color(QPalette::Window);
    if (option->state.testFlag(QStyle::State_MouseOver)) fill = shaded(fill, p, 8);
    painter->fillRect(option->rect, fill);
    painter->setPen(borderColor(p));
    painter->drawLine(option->rect.bottomLeft(), option->rect.bottomRight());
    painter->drawLine(option->rect.topRight() + QPoint(0, 4), option->rect.bottomRight() - QPoint(0, 4));
}

void drawTab(const QStyleOptionTab* option, QPainter* painter)
{
    const QPalette& p = option->palette;
    const bool selected = option->state.testFlag(QStyle::State_Selected);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF box(option->rect);
    if (option->state.testFlag(QStyle::State_MouseOver) && !selected) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(shaded(p.color(QPalette::Window), p, 10));
        painter->drawRoundedRect(box.adjusted(2, 3, -2, -4), 4, 4);
    }
    if (option->state.testFlag(QStyle::State_HasFocus)) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(themeColors(p).accent, 1.5));
        painter->drawRoundedRect(box.adjusted(2, 3, -2, -5), 4, 4);
    }
    if (selected) {
        const bool below = option->shape == QTabBar::RoundedSouth || option->shape == QTabBar::TriangularSouth;
        painter->fillRect(QRectF(box.left() + 6, below ? box.top() : box.bottom() - 2, box.width() - 12, 2.5),
                          themeColors(p).accent);
    }
    painter->restore();
}

void drawProgress(const QStyleOptionProgressBar* option, QPainter* painter, bool groove)
{
    const QPalette& p = option->palette;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
    if (groove) {
        painter->setPen(QPen(borderColor(p), 1));
        painter->setBrush(p.color(QPalette::Base));
        painter->drawRoundedRect(box, kRadius, kRadius);
    } else {
        const double span = std::max(1, option->maximum - option->minimum);
        const double share = (option->progress - option->minimum) / span;
        QPainterPath clip;
        clip.addRoundedRect(box, kRadius, kRadius);
        painter->setClipPath(clip);
        painter->fillRect(QRectF(box.left(), box.top(), box.width() * share, box.height()), p.color(QPalette::Highlight));
    }
    painter->restore();
}

/// Box of a check box or of a checkable item: its edge is a line that is seen on light and dark ground alike.
void drawCheck(const QStyleOption* option, QPainter* painter)
{
    const QPalette& p = option->palette;
    const bool enabled = option->state.testFlag(QStyle::State_Enabled);
    const bool on = option->state.testFlag(QStyle::State_On);
    const bool partly = option->state.testFlag(QStyle::State_NoChange);
    const int side = std::min({option->rect.width(), option->rect.height(), 16});
    QRectF box(0, 0, side, side);
    box.moveCenter(QRectF(option->rect).center());
    box.adjust(1, 1, -1, -1);
    const QPalette::ColorGroup group = enabled ? QPalette::Active : QPalette::Disabled;
    const bool filled = (on || partly) && enabled;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(filled ? p.color(QPalette::Active, QPalette::Highlight) : themeColors(p).plotAxis, 1.2));
    painter->setBrush(filled ? p.color(QPalette::Active, QPalette::Highlight) : p.color(group, QPalette::Base));
    painter->drawRoundedRect(box, 3, 3);
    if (on || partly) {
        const QColor mark = p.color(group, filled ? QPalette::HighlightedText : QPalette::Text);
        painter->setPen(QPen(mark, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter->setBrush(Qt::NoBrush);
        const auto at = [&box](double x, double y) { return QPointF(box.left() + x * box.width(), box.top() + y * box.height()); };
        if (partly)
            painter->drawLine(at(0.25, 0.5), at(0.75, 0.5));
        else
            painter->drawPolyline(QPolygonF({at(0.22, 0.53), at(0.42, 0.72), at(0.78, 0.3)}));
    }
    painter->restore();
}

}  // namespace

Style::Style() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    switch (element) {
    case PE_PanelButtonCommand: {
        const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
        const bool flat = button && button->features.testFlag(QStyleOptionButton::Flat);
        if (flat && !(option->state & (State_MouseOver | State_Sunken | State_On | State_HasFocus))) return;
        drawButtonPanel(option, painter, button && button->features.testFlag(QStyleOptionButton::DefaultButton) && !flat, true);
        return;
    }
    case PE_PanelButtonTool: {
        const bool active = option->state & (State_MouseOver | State_Sunken | State_On);
        const bool raised = option->state.testFlag(State_Raised) && !option->state.testFlag(State_AutoRaise);
        if (!active && !raised) return;
        drawButtonPanel(option, painter, false, false);
        return;
    }
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck: drawCheck(option, painter); return;
    case PE_FrameFocusRect:
        // Buttons, tabs and rows show the focus themselves; the rest gets one clear ring.
        if (qobject_cast<const QAbstractItemView*>(widget)) break;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(themeColors(option->palette).accent, 1.5));
        painter->drawRoundedRect(QRectF(option->rect).adjusted(0.75, 0.75, -0.75, -0.75), 3, 3);
        painter->restore();
        return;
    default: break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void Style::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    switch (element) {
    case CE_HeaderSection: drawHeaderSection(option, painter); return;
    case CE_HeaderEmptyArea:
        painter->fillRect(option->rect, option->palette.color(QPalette::Window));
        painter->setPen(borderColor(option->palette));
        painter->drawLine(option->rect.bottomLeft(), option->rect.bottomRight());
        return;
    case CE_PushButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            QStyleOptionButton copy = *button;
            const bool primary = button->features.testFlag(QStyleOptionButton::DefaultButton) &&
                                 !button->features.testFlag(QStyleOptionButton::Flat) && button->state.testFlag(State_Enabled);
            if (primary) copy.palette.setColor(QPalette::ButtonText, copy.palette.color(QPalette::HighlightedText));
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_TabBarTabShape:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) {
            drawTab(tab, painter);
            return;
        }
        break;
    case CE_ToolBar: painter->fillRect(option->rect, option->palette.color(QPalette::Window)); return;
    case CE_ProgressBarGroove:
    case CE_ProgressBarContents:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
            // A bar that only says "busy" keeps Fusion's moving stripes.
            const bool busy = bar->minimum == 0 && bar->maximum == 0;
            if (element == CE_ProgressBarContents && busy) break;
            drawProgress(bar, painter, element == CE_ProgressBarGroove);
            return;
        }
        break;
    default: break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void Style::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                               const QWidget* widget) const
{
    if (control == CC_ComboBox) {
        const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option);
        if (combo && !combo->editable) {
            drawComboBox(this, combo, painter, widget);
            return;
        }
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QSize Style::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size, const QWidget* widget) const
{
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_PushButton: return result + QSize(12, 6);
    case CT_ComboBox:
    case CT_LineEdit:
    case CT_SpinBox: return result + QSize(0, 4);
    case CT_ItemViewItem: return result + QSize(0, 5);
    case CT_HeaderSection: return result + QSize(4, 2);
    case CT_TabBarTab: return result + QSize(8, 6);
    case CT_MenuItem: return result + QSize(0, 4);
    default: return result;
    }
}

int Style::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_ToolBarFrameWidth: return 0;
    case PM_ToolBarItemSpacing: return 2;
    case PM_SplitterWidth: return 6;
    case PM_TabBarTabShiftVertical:
    case PM_TabBarTabShiftHorizontal: return 0;
    case PM_HeaderMargin: return 4;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int Style::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* returnData) const
{
    if (hint == SH_EtchDisabledText) return 0;
    return QProxyStyle::styleHint(hint, option, widget, returnData);
}

}  // namespace ww
