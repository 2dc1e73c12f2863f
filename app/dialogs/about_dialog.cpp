// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/about_dialog.h"

#include <QAction>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "app/actions.h"
#include "app/dialogs/buttons.h"
#include "base/blas.h"
#include "widgets/theme/theme.h"

namespace ww {
namespace {

struct About {
    Q_DECLARE_TR_FUNCTIONS(AboutDialog)
};

QDialog* makeDialog(QWidget* parent, const QString& title)
{
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    return dialog;
}

void addClose(QDialog* dialog, QVBoxLayout* layout)
{
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    localizeButtons(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    layout->addWidget(buttons);
}

}  // namespace

QDialog* makeAboutDialog(QWidget* parent)
{
    QDialog* dialog = makeDialog(parent, About::tr("About Weightwright"));
    dialog->setObjectName(QStringLiteral("aboutDialog"));
    auto* layout = new QVBoxLayout(dialog);
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    auto* picture = new QLabel;
    picture->setPixmap(applicationIcon().pixmap(72, 72));
    row->addWidget(picture, 0, Qt::AlignTop);
    auto* text = new QLabel;
    text->setTextFormat(Qt::RichText);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text->setWordWrap(true);
    text->setMinimumWidth(380);
    text->setText(QStringLiteral("<h2>Weightwright %1</h2><p>%2</p><p>%3</p><p>%4</p>")
                      .arg(QStringLiteral(WW_VERSION), About::tr("A workbench for quantizing language models.").toHtmlEscaped(),
                           About::tr("This window is free software under the GNU General Public License, version 3 or later; the "
                                     "library and the command "
                                     "line tool are under the MIT license.")
                               .toHtmlEscaped(),
                           About::tr("Built with Qt %1, QCustomPlot and %2.")
                               .arg(QString::fromLatin1(qVersion()), QString::fromLatin1(blas::description()))
                               .toHtmlEscaped()));
    row->addWidget(text, 1);
    layout->addLayout(row);
    addClose(dialog, layout);
    return dialog;
}

QDialog* makeShortcutsDialog(const Actions& actions, QWidget* parent)
{
    QDialog* dialog = makeDialog(parent, About::tr("Keyboard Shortcuts"));
    dialog->setObjectName(QStringLiteral("shortcutsDialog"));
    auto* layout = new QVBoxLayout(dialog);
    auto* list = new QTreeWidget;
    list->setAccessibleName(About::tr("Keyboard Shortcuts"));
    list->setHeaderLabels({About::tr("What"), About::tr("Keys")});
    list->setRootIsDecorated(false);
    list->setAlternatingRowColors(true);
    list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    list->header()->setStretchLastSection(false);
    for (const QAction* action : actions.all()) {
        if (action->shortcut().isEmpty()) continue;
        QString text = action->data().toString();
        text.remove(QLatin1Char('&'));
        new QTreeWidgetItem(list, {text, action->shortcut().toString(QKeySequence::NativeText)});
    }
    const std::pair<QString, QString> more[] = {
        {About::tr("Layer map: move, extend the selection, select"), About::tr("Arrows, Shift+Arrows, Space")},
        {About::tr("Layer map and table: select all"), QKeySequence(QKeySequence::SelectAll).toString(QKeySequence::NativeText)},
        {About::tr("Table: edit format or method of the selection"), QStringLiteral("F2")},
        {About::tr("Plots: move, zoom, whole range"), About::tr("Arrows, + and −, Home")},
        {About::tr("Next and previous field"), About::tr("Tab, Shift+Tab")},
    };
    for (const auto& [what, keys] : more) new QTreeWidgetItem(list, {what, keys});
    list->resizeColumnToContents(1);
    layout->addWidget(list);
    addClose(dialog, layout);
    dialog->resize(560, 520);
    return dialog;
}

}  // namespace ww
