// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>
#include <QStyledItemDelegate>
#include <vector>

#include "widgets/models/tensor_row.h"

namespace ww {

/// Fills a combo box with formats in groups (float, K, legacy …), each with its color, bits per weight and description.
/// Item data is the TensorType id, −1 for "as is".
void fillFormatCombo(QComboBox* combo, const std::vector<FormatChoice>& choices);
/// Fills a combo box with methods: item data is the registry name; those that are not available are disabled and say why.
void fillMethodCombo(QComboBox* combo, const std::vector<MethodChoice>& choices);
/// Item data of a choice and back.
[[nodiscard]] int formatToData(const std::optional<TensorType>& type);
[[nodiscard]] std::optional<TensorType> formatFromData(int data);
/// Small square in a format's color, for combos and menus.
[[nodiscard]] QIcon formatSwatch(TensorType type, const QPalette& palette);

/// Shows a format with a swatch of its color and edits it with a combo box.
class FormatDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit FormatDelegate(QObject* parent = nullptr);
    void setChoices(std::vector<FormatChoice> choices) { m_choices = std::move(choices); }

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    std::vector<FormatChoice> m_choices;
};

/// Edits a method with a combo box of the given choices.
class MethodDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit MethodDelegate(QObject* parent = nullptr);
    void setChoices(std::vector<MethodChoice> choices) { m_choices = std::move(choices); }

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;

private:
    std::vector<MethodChoice> m_choices;
};

}  // namespace ww
