// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <functional>

class QWidget;

namespace ww {

struct Workbench;

/// Asks where to save a table and writes it there in the background; a failure becomes a message of the window.
class SaveTable : public QObject {
    Q_OBJECT
public:
    /// Does not wait. `csv` is asked for the text when a name was chosen; it must live as long as `owner`, the parent of the dialog.
    static void ask(QWidget* owner, Workbench& workbench, const QString& fileName, std::function<QString()> csv);
};

}  // namespace ww
