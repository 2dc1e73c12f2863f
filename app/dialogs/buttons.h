// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QDialogButtonBox;

namespace ww {

/// Gives the standard buttons (OK, Cancel, Close) the program's own words: Qt's are only translated where Qt's catalogs are
/// installed.
void localizeButtons(QDialogButtonBox* buttons);

}  // namespace ww
