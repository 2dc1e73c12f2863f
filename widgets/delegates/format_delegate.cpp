// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/delegates/format_delegate.h"

#include <QAbstractItemView>
#include <QCoreApplication>
#include <QPainter>
#include <QStandardItemModel>
#include <algorithm>
#include <array>

#include "widgets/models/tensor_tree_model.h"
#include "widgets/theme/colors.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

constexpr int kAsIs = -1;

struct FormatGroups {
    Q_DECLARE_TR_FUNCTIONS(ww::FormatGroups)
public:
    static QString title(TensorTypeKind kind)
    {
        switch (kind) {
        case TensorTypeKind::Float: return tr("Float");
        case TensorTypeKind::K: return tr("K formats");
        case TensorTypeKind::Legacy: return tr("Plain blocks");
        case TensorTypeKind::IQ: return tr("IQ formats (codebooks)");
        case TensorTypeKind::Ternary: return tr("Ternary");
        case TensorTypeKind::Fp4: return tr("4-bit float");
        case TensorTypeKind::FewBit: return tr("One and two bits");
        default: return tr("Other");
        }
    }
};

}  // namespace

int formatToData(const std::optional<TensorType>& type)
{
    return type ? static_cast<int>(*type) : kAsIs;
}

std::optional<TensorType> formatFromData(int data)
{
    const auto* known = data < 0 ? nullptr : traitsForId(static_cast<std::uint32_t>(data));
    return known ? std::optional(known->type) : std::nullopt;
}

QIcon formatSwatch(TensorType type, const QPalette& palette)
{
    QIcon icon;
    const ThemeColors& colors = themeColors(palette);
    for (const int scale : {1, 2, 3}) {
        QPixmap pixmap(14 * scale, 14 * scale);
        pixmap.setDevicePixelRatio(scale);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor fill = colors.formatColor(type);
        painter.setBrush(fill);
        painter.setPen(QPen(colors.dark ? fill.lighter(130) : fill.darker(140), 1));
        painter.drawRoundedRect(QRectF(1.5, 1.5, 11, 11), 2.5, 2.5);
        painter.end();
        icon.addPixmap(pixmap);
        icon.addPixmap(pixmap, QIcon::Selected);
    }
    return icon;
}

void fillFormatCombo(QComboBox* combo, const std::vector<FormatChoice>& choices)
{
    combo->clear();
    auto* model = qobject_cast<QStandardItemModel*>(combo->model());
    const auto add = [&](const FormatChoice& choice) {
        QString label = choice.type
                                  ? FormatGroups::tr("%1 — %2", "format, bits per weight")
                                        .arg(formatName(*choice.type), bitsPerWeightText(traits(*choice.type).bitsPerWeight()))
                                  : formatChoiceName(choice.type);
        if (choice.needsImportance) label = FormatGroups::tr("%1, needs importance", "format with its bits per weight").arg(label);
        const QIcon swatch = choice.type ? formatSwatch(*choice.type, combo->palette()) : QIcon();
        combo->addItem(swatch, label, formatToData(choice.type));
        const int row = combo->count() - 1;
        const QString tip = choice.enabled ? choice.description : choice.disabledReason;
        combo->setItemData(row, tip, Qt::ToolTipRole);
        combo->setItemData(row, tip, Qt::AccessibleDescriptionRole);
        if (model && !choice.enabled) model->item(row)->setEnabled(false);
    };
    for (const auto& choice : choices)
        if (!choice.type) add(choice);
    using enum TensorTypeKind;
    for (const auto kind : {K, IQ, Legacy, Fp4, Ternary, FewBit, Float, Integer, ActivationOnly}) {
        std::vector<const FormatChoice*> group;
        for (const auto& choice : choices)
            if (choice.type && traits(*choice.type).kind == kind) group.push_back(&choice);
        if (group.empty()) continue;
        std::ranges::stable_sort(group, [](const auto* a, const auto* b) {
            return traits(*a->type).bitsPerWeight() < traits(*b->type).bitsPerWeight();
        });
        if (combo->count() > 0) combo->insertSeparator(combo->count());
        combo->addItem(FormatGroups::title(kind));
        QFont font = combo->font();
        font.setWeight(QFont::DemiBold);
        combo->setItemData(combo->count() - 1, font, Qt::FontRole);
        if (model) model->item(combo->count() - 1)->setFlags(Qt::NoItemFlags);
        for (const auto* choice : group) add(*choice);
    }
}

FormatDelegate::FormatDelegate(QObject* parent) : QStyledItemDelegate(parent) {}

void FormatDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const QVariant type = index.data(TensorTreeModel::TensorTypeRole);
    if (!type.isValid()) return;
    const auto known = formatFromData(type.toInt());
    if (!known) return;
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->icon = formatSwatch(*known, option->palette);
    option->decorationSize = QSize(14, 14);
}

QWidget* FormatDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const
{
    auto* combo = new QComboBox(parent);
    combo->setAccessibleName(tr("Format"));
    combo->setMaxVisibleItems(24);
    fillFormatCombo(combo, m_choices);
    combo->view()->setMinimumWidth(combo->sizeHint().width());
    // Choosing is the whole edit: no second key press is needed.
    connect(combo, &QComboBox::activated, this, [this, combo] {
        auto* self = const_cast<FormatDelegate*>(this);
        Q_EMIT self->commitData(combo);
        Q_EMIT self->closeEditor(combo);
    });
    return combo;
}

void FormatDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    auto* combo = qobject_cast<QComboBox*>(editor);
    if (combo) combo->setCurrentIndex(combo->findData(index.data(Qt::EditRole)));
}

void FormatDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const
{
    const auto* combo = qobject_cast<QComboBox*>(editor);
    // Leaving the editor without a new choice asks for nothing.
    if (!combo || !combo->currentData().isValid() || combo->currentData() == index.data(Qt::EditRole)) return;
    model->setData(index, combo->currentData(), Qt::EditRole);
}

void fillMethodCombo(QComboBox* combo, const std::vector<MethodChoice>& choices)
{
    auto* items = qobject_cast<QStandardItemModel*>(combo->model());
    for (const MethodChoice& choice : choices) {
        combo->addItem(choice.analysis ? MethodDelegate::tr("%1 (analysis)", "method that simulates a format").arg(choice.title)
                                       : choice.title,
                       choice.id);
        const int row = combo->count() - 1;
        combo->setItemData(row, choice.enabled ? choice.description : choice.description + QLatin1Char('\n') + choice.disabledReason,
                           Qt::ToolTipRole);
        if (items) items->item(row)->setEnabled(choice.enabled);
    }
}

MethodDelegate::MethodDelegate(QObject* parent) : QStyledItemDelegate(parent) {}

QWidget* MethodDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const
{
    auto* combo = new QComboBox(parent);
    combo->setAccessibleName(tr("Method"));
    fillMethodCombo(combo, m_choices);
    connect(combo, &QComboBox::activated, this, [this, combo] {
        auto* self = const_cast<MethodDelegate*>(this);
        Q_EMIT self->commitData(combo);
        Q_EMIT self->closeEditor(combo);
    });
    return combo;
}

void MethodDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    auto* combo = qobject_cast<QComboBox*>(editor);
    if (combo) combo->setCurrentIndex(combo->findData(index.data(Qt::EditRole).toString().section(QLatin1Char(':'), 0, 0)));
}

void MethodDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const
{
    const auto* combo = qobject_cast<QComboBox*>(editor);
    if (!combo || !combo->currentData().isValid() || combo->currentData() == index.data(Qt::EditRole)) return;
    model->setData(index, combo->currentData(), Qt::EditRole);
}

}  // namespace ww
