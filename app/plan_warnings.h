// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <span>

namespace ww {

struct PlanWarning;

/// What a plan warns of, translated, with numbers and sizes as the language writes them.
[[nodiscard]] QString planWarningText(const PlanWarning& warning);
/// All of them, with spaces between.
[[nodiscard]] QString planWarningsText(std::span<const PlanWarning> warnings);

}  // namespace ww
