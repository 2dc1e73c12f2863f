// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/tensor_row.h"

#include <QCoreApplication>

#include "widgets/theme/format_text.h"

namespace ww {

bool TensorRow::operator==(const TensorRow& o) const
{
    return target == o.target && sizeBytes == o.sizeBytes && relativeError == o.relativeError && damage == o.damage && gain == o.gain && source == o.source &&
           bitsPerWeight == o.bitsPerWeight && parameters == o.parameters && editable == o.editable &&
           identity.role == o.identity.role && identity.block == o.identity.block &&
           identity.isWeightMatrix == o.identity.isWeightMatrix && method == o.method && methodText == o.methodText && name == o.name &&
           shapeText == o.shapeText && warning == o.warning && reason == o.reason;
}

QString formatChoiceName(const std::optional<TensorType>& type)
{
    return type ? formatName(*type) : QCoreApplication::translate("ww::FormatText", "as is");
}

}  // namespace ww
