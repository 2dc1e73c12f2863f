// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/dialogs/save_table.h"

#include <QFileDialog>
#include <QFileInfo>

#include <utility>

#include "app/paths.h"
#include "app/workbench.h"
#include "base/atomic_file.h"

namespace ww {

void SaveTable::ask(QWidget* owner, Workbench& workbench, const QString& fileName, std::function<QString()> csv)
{
    auto* dialog = new QFileDialog(owner, tr("Save Table"), fileName, tr("Tables (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    connect(dialog, &QFileDialog::fileSelected, owner, [owner, &workbench, csv = std::move(csv)](const QString& path) {
        workbench.jobs.start<void>(
            {QFileInfo(path).fileName(), JobQueue::Lane::Foreground, true},
            [path, text = csv().toStdString()](const JobContext&) { return writeTextFile(toPath(path), text); }, owner,
            [&workbench](Result<void> written) {
                if (!written) workbench.messages.error(tr("The table was not saved."), written.error());
            });
    });
    dialog->open();
}

}  // namespace ww
