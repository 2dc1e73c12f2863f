// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/labelled_value.h"

#include <QCoreApplication>
#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

#include "widgets/theme/colors.h"

namespace ww {

QString originText(Origin origin)
{
    switch (origin) {
    case Origin::Measured: return LabelledValue::tr("measured");
    case Origin::Predicted: return LabelledValue::tr("predicted");
    case Origin::Estimated: return LabelledValue::tr("estimated");
    case Origin::Exact: return LabelledValue::tr("exact");
    case Origin::None: break;
    }
    return {};
}

LabelledValue::LabelledValue(const QString& caption, QWidget* parent) : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_caption = new QLabel(caption);
    m_value = new QLabel;
    m_origin = new QLabel;
    m_value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    strong.setPointSizeF(strong.pointSizeF() * 1.1);
    m_value->setFont(strong);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.88);
    m_caption->setFont(small);
    m_origin->setFont(small);
    for (QLabel* label : {m_caption, m_value, m_origin}) layout->addWidget(label);
    clearValue();
}

void LabelledValue::setCaption(const QString& caption)
{
    m_caption->setText(caption);
    refresh();
}

void LabelledValue::setValue(const QString& value, Origin origin, const QString& source)
{
    m_value->setText(value);
    m_kind = origin;
    m_origin->setText(originText(origin));
    setToolTip(source);
    refresh();
}

void LabelledValue::clearValue()
{
    setValue(QStringLiteral("–"));
}

QString LabelledValue::value() const
{
    return m_value->text();
}

void LabelledValue::refresh()
{
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, themeColors(palette()).mutedText);
    m_caption->setPalette(muted);
    m_origin->setPalette(muted);
    m_origin->setVisible(m_kind != Origin::None);
    const QString origin = originText(m_kind);
    setAccessibleName(
        origin.isEmpty()
            ? tr("%1: %2", "caption: value").arg(m_caption->text(), m_value->text())
            : tr("%1: %2, %3", "caption: value, measured or predicted").arg(m_caption->text(), m_value->text(), origin));
}

void LabelledValue::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) refresh();
}

}  // namespace ww
