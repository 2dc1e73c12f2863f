// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QDialog;
class QWidget;

namespace ww {

class Actions;

/// Version, licenses, libraries. Owned by the parent, deleted when closed.
[[nodiscard]] QDialog* makeAboutDialog(QWidget* parent);
/// What the keyboard can do: the actions' shortcuts and the keys of map, table and plots.
[[nodiscard]] QDialog* makeShortcutsDialog(const Actions& actions, QWidget* parent);

}  // namespace ww
