// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/method_title.h"

#include <QCoreApplication>

#include "app/choices.h"
#include "methods/quantizer.h"

namespace ww {

QString methodTitle(const std::string& spec)
{
    const Quantizer* method = findQuantizer(spec);
    if (!method) return QString::fromStdString(spec);
    const QString title = translatedCoreText(std::string(method->title()).c_str());
    const auto colon = spec.find(':');
    if (colon == std::string::npos) return title;
    return QCoreApplication::translate("ww::MethodTitle", "%1 (%2)", "method, options").arg(title, QString::fromStdString(spec.substr(colon + 1)));
}

}  // namespace ww
