// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/plan_warnings.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <limits>

#include "app/choices.h"
#include "app/method_title.h"
#include "plan/plan_warning.h"
#include "widgets/theme/format_text.h"

namespace ww {
namespace {

struct ValueText {
    QString operator()(std::uint64_t number) const { return countText(number); }
    QString operator()(const ByteCount& size) const { return sizeText(size.bytes); }
    QString operator()(TensorType type) const { return formatName(type); }
    QString operator()(TensorRole role) const { return roleText(role); }
    QString operator()(const NamedMethod& method) const { return methodTitle(method.name); }
    QString operator()(const std::string& text) const { return QString::fromStdString(text); }
};

}  // namespace

QString planWarningText(const PlanWarning& warning)
{
    const WarningText texts = warningText(warning.kind);
    const int count = texts.one.empty() ? -1 : static_cast<int>(std::min<std::uint64_t>(warning.count, std::numeric_limits<int>::max()));
    const QString pattern = QCoreApplication::translate("Core", texts.text.data(), nullptr, count);
    // In one pass: a value may hold what looks like a place.
    QString sentence;
    for (qsizetype i = 0; i < pattern.size(); ++i) {
        const int place = pattern[i] == QLatin1Char('%') && i + 1 < pattern.size() ? pattern[i + 1].unicode() - u'1' : -1;
        if (place < 0 || place >= static_cast<int>(warning.values.size())) {
            sentence += pattern[i];
            continue;
        }
        sentence += std::visit(ValueText(), warning.values[static_cast<std::size_t>(place)]);
        ++i;
    }
    return sentence;
}

QString planWarningsText(std::span<const PlanWarning> warnings)
{
    QStringList all;
    for (const PlanWarning& warning : warnings) all << planWarningText(warning);
    return all.join(QLatin1Char(' '));
}

}  // namespace ww
