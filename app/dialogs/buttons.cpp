// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/buttons.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QPushButton>

namespace ww {

void localizeButtons(QDialogButtonBox* buttons)
{
    const std::pair<QDialogButtonBox::StandardButton, QString> words[] = {
        {QDialogButtonBox::Ok, QCoreApplication::translate("Buttons", "OK")},
        {QDialogButtonBox::Cancel, QCoreApplication::translate("Buttons", "Cancel")},
        {QDialogButtonBox::Close, QCoreApplication::translate("Buttons", "Close")},
    };
    for (const auto& [which, text] : words)
        if (QPushButton* button = buttons->button(which)) button->setText(text);
}

}  // namespace ww
