// SPDX-License-Identifier: GPL-3.0-or-later
// A page for other people: what the model is, what was tried, what came out.
#pragma once

#include <QImage>
#include <QString>

#include <utility>
#include <vector>

#include "widgets/models/tensor_row.h"
#include "widgets/models/variants_model.h"

namespace ww {

struct Workbench;

/// One HTML file without links to others: pictures are inside. `rows` and `variants` as the window shows them. GUI thread only.
[[nodiscard]] QString reportHtml(const Workbench& workbench, const std::vector<TensorRow>& rows, const VariantsModel& variants,
                                 const std::vector<std::pair<QString, QImage>>& pictures);

}  // namespace ww
