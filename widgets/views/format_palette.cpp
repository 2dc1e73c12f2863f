// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/views/format_palette.h"

#include <QEvent>
#include <QPainter>
#include <QResizeEvent>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <algorithm>

#include "widgets/delegates/format_delegate.h"
#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

constexpr int kMarkedRole = Qt::UserRole + 1;

/// One chip: swatch, name, bits per weight, underlined when the selection has this format.
class ChipDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        const QFontMetrics metrics(option.font);
        return {metrics.horizontalAdvance(QStringLiteral("IQ2_XXS 16.00")) + 34, metrics.height() + 12};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        if (!index.data(Qt::UserRole).isValid()) return;  // the place of the trailing widget
        const ThemeColors& colors = themeColors(option.palette);
        const bool enabled = option.state.testFlag(QStyle::State_Enabled) && index.flags().testFlag(Qt::ItemIsEnabled);
        const bool hovered = enabled && option.state.testFlag(QStyle::State_MouseOver);
        const bool focused = option.state.testFlag(QStyle::State_HasFocus);
        const bool marked = index.data(kMarkedRole).toBool();
        const auto group = enabled ? QPalette::Active : QPalette::Disabled;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRectF chip = QRectF(option.rect).adjusted(2.5, 2.5, -2.5, -2.5);
        QColor fill = option.palette.color(QPalette::Active, QPalette::Button);
        if (hovered) fill = colors.dark ? fill.lighter(125) : fill.darker(106);
        painter->setBrush(fill);
        painter->setPen(QPen(focused || marked ? colors.accent : option.palette.color(QPalette::Mid), focused  ? 2
                                                                                                      : marked ? 1.5
                                                                                                               : 1));
        painter->drawRoundedRect(chip, 5, 5);
        const QVariant type = index.data(Qt::UserRole);
        const auto format = formatFromData(type.toInt());
        QRectF text = chip.adjusted(8, 0, -7, 0);
        if (format) {
            const QRectF swatch(chip.left() + 7, chip.center().y() - 6, 12, 12);
            const QColor color = colors.formatColor(*format);
            painter->setOpacity(enabled ? 1.0 : 0.4);
            painter->setBrush(color);
            painter->setPen(QPen(colors.dark ? color.lighter(130) : color.darker(140), 1));
            painter->drawRoundedRect(swatch, 2.5, 2.5);
            painter->setOpacity(1.0);
            text.setLeft(swatch.right() + 6);
        }
        QFont font = option.font;
        if (marked) font.setWeight(QFont::DemiBold);
        painter->setFont(font);
        painter->setPen(option.palette.color(group, QPalette::ButtonText));
        painter->drawText(text, Qt::AlignLeft | Qt::AlignVCenter, index.data().toString());
        if (format) {
            painter->setFont(option.font);
            painter->setPen(enabled ? colors.mutedText : option.palette.color(group, QPalette::ButtonText));
            painter->drawText(text, Qt::AlignRight | Qt::AlignVCenter, bitsPerWeightText(traits(*format).bitsPerWeight(), false));
        }
        painter->restore();
    }
};

}  // namespace

FormatPalette::FormatPalette(QWidget* parent) : QListView(parent), m_items(new QStandardItemModel(this))
{
    setModel(m_items);
    setItemDelegate(new ChipDelegate(this));
    setFlow(LeftToRight);
    setWrapping(true);
    setResizeMode(Adjust);
    setUniformItemSizes(true);
    setSelectionMode(NoSelection);
    setEditTriggers(NoEditTriggers);
    setMouseTracking(true);
    setFrameShape(NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);  // the strip is always as high as its lines
    setAccessibleName(tr("Formats"));
    viewport()->setAutoFillBackground(false);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(this, &QListView::clicked, this, &FormatPalette::choose);
    // Enter; a click also activates where the style says so, so only the keyboard comes through here.
    connect(this, &QListView::activated, this, [this](const QModelIndex& index) {
        if (!style()->styleHint(QStyle::SH_ItemView_ActivateItemOnSingleClick, nullptr, this)) choose(index);
    });
}

void FormatPalette::setFormats(const std::vector<FormatChoice>& choices)
{
    m_items->clear();
    std::vector<const FormatChoice*> sorted;
    for (const auto& c : choices) sorted.push_back(&c);
    std::ranges::stable_sort(sorted, [](const auto* a, const auto* b) {
        const auto bits = [](const auto* c) { return c->type ? traits(*c->type).bitsPerWeight() : 1e9; };
        return bits(a) < bits(b);
    });
    for (const auto* c : sorted) {
        auto* item = new QStandardItem(formatChoiceName(c->type));
        item->setData(formatToData(c->type), Qt::UserRole);
        QString description = c->enabled ? c->description : c->disabledReason;
        if (c->enabled && c->needsImportance) description += QLatin1Char('\n') + tr("Needs an importance matrix.");
        item->setToolTip(description);
        item->setData(c->type ? tr("%1, %2", "format, bits per weight")
                                    .arg(formatName(*c->type), bitsPerWeightText(traits(*c->type).bitsPerWeight()))
                              : formatChoiceName(c->type),
                      Qt::AccessibleTextRole);
        item->setData(description, Qt::AccessibleDescriptionRole);
        item->setEnabled(c->enabled);
        m_items->appendRow(item);
    }
    appendPlace();
    if (m_items->rowCount() > 0) setCurrentIndex(m_items->index(0, 0));
    updateGeometry();
}

void FormatPalette::setTrailingWidget(QWidget* widget)
{
    m_trailing = widget;
    widget->setParent(viewport());
    widget->show();
    appendPlace();
}

void FormatPalette::appendPlace()
{
    if (!m_trailing) return;
    auto* place = new QStandardItem;
    place->setFlags(Qt::NoItemFlags);
    m_items->appendRow(place);
    updateGeometry();
}

void FormatPalette::doItemsLayout()
{
    QListView::doItemsLayout();
    placeTrailing();
}

void FormatPalette::placeTrailing()
{
    if (!m_trailing || m_items->rowCount() == 0) return;
    m_trailing->setGeometry(visualRect(m_items->index(m_items->rowCount() - 1, 0)).adjusted(2, 2, -2, -2));
}

void FormatPalette::setCurrentFormats(const QSet<TensorType>& formats)
{
    for (int i = 0; i < m_items->rowCount(); ++i) {
        auto* item = m_items->item(i);
        if (!item->data(Qt::UserRole).isValid()) continue;
        const auto format = formatFromData(item->data(Qt::UserRole).toInt());
        item->setData(format && formats.contains(*format), kMarkedRole);
    }
}

void FormatPalette::setTargetCount(int tensors)
{
    if (tensors == m_targets) return;
    m_targets = tensors;
    setEnabled(tensors != 0);
    setToolTip(tensors == 0 ? tr("Select tensors first; then a format chosen here applies to them.")
                            : tr("Applies to %n selected tensor(s).", nullptr, tensors));
    setAccessibleDescription(toolTip());
}

void FormatPalette::choose(const QModelIndex& index)
{
    if (index.isValid() && index.flags().testFlag(Qt::ItemIsEnabled))
        Q_EMIT formatChosen(formatFromData(index.data(Qt::UserRole).toInt()));
}

int FormatPalette::heightForWidth(int width) const
{
    const int count = m_items->rowCount();
    if (count == 0) return 0;
    const QSize chip(sizeHintForColumn(0), sizeHintForRow(0));
    const int perLine = std::max(1, width / std::max(1, chip.width()));
    return ((count + perLine - 1) / perLine) * chip.height() + 2 * frameWidth();
}

QSize FormatPalette::sizeHint() const
{
    const int width = std::max(260, this->width());
    return {width, heightForWidth(width)};
}

QSize FormatPalette::minimumSizeHint() const
{
    return {160, m_items->rowCount() == 0 ? 0 : heightForWidth(std::max(160, width()))};
}

void FormatPalette::resizeEvent(QResizeEvent* event)
{
    QListView::resizeEvent(event);
    if (event->size().width() != event->oldSize().width()) updateGeometry();
}

void FormatPalette::changeEvent(QEvent* event)
{
    QListView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) updateGeometry();
}

}  // namespace ww
