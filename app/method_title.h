// SPDX-License-Identifier: GPL-3.0-or-later
// What people read in place of a method's spec.
#pragma once

#include <QString>

#include <string>

namespace ww {

/// "HQQ" for hqq, and with options "HQQ (group=64)" for hqq:group=64: translated title, options as they are written. A spec whose
/// method is unknown comes back as it is.
[[nodiscard]] QString methodTitle(const std::string& spec);

}  // namespace ww
