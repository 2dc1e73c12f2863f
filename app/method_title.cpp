// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/method_title.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cstdlib>

#include "app/choices.h"
#include "methods/method_spec.h"
#include "methods/quantizer.h"

namespace ww {
namespace {

struct MethodTitle {
    Q_DECLARE_TR_FUNCTIONS(ww::MethodTitle)
};

QString coreText(std::string_view text)
{
    return translatedCoreText(std::string(text).c_str());
}

}  // namespace

QString choiceTitle(const MethodOption& option, std::string_view choice)
{
    if (choice == "on") return MethodTitle::tr("on");
    if (choice == "off") return MethodTitle::tr("off");
    const auto place = static_cast<std::size_t>(std::ranges::find(option.choices, choice) - option.choices.begin());
    return place < option.choiceTitles.size() ? coreText(option.choiceTitles[place])
                                              : QString::fromUtf8(choice.data(), static_cast<qsizetype>(choice.size()));
}

QString needsTitle(const Quantizer& method, const MethodOption& option)
{
    QStringList all;
    for (const auto& alternatives : conditionsOf(option)) {
        QStringList texts;
        std::string_view named;
        for (const OptionCondition& condition : alternatives) {
            const MethodOption& other = *std::ranges::find(method.options(), condition.option, &MethodOption::name);
            const QString name = coreText(other.title);
            const QString limit = QLocale().toString(std::atof(std::string(condition.value).c_str()), 'g', 10);
            if (condition.relation == '<')
                texts << MethodTitle::tr("%1 below %2", "option of a method, a number").arg(name, limit);
            else if (condition.relation == '>')
                texts << MethodTitle::tr("%1 above %2", "option of a method, a number").arg(name, limit);
            else if (condition.option == named)  // choices of one option follow each other
                texts << choiceTitle(other, condition.value);
            else
                texts << MethodTitle::tr("%1: %2", "option of a method: its choice").arg(name, choiceTitle(other, condition.value));
            named = condition.option;
        }
        all << texts.join(MethodTitle::tr(" or ", "between choices of options, one of which must hold"));
    }
    return all.join(MethodTitle::tr(" and ", "between choices of options that must all hold"));
}

QString methodTitle(const std::string& spec)
{
    const auto method = parseMethod(spec);
    if (!method) return QString::fromStdString(spec);
    const QString title = coreText(method->quantizer->title());
    const MethodValues defaults(method->quantizer->options());
    QStringList options;
    for (std::size_t i = 0; i < method->values.values().size(); ++i) {
        const auto& value = method->values.values()[i];
        const auto& standard = defaults.values()[i];
        if (value.number == standard.number && value.text == standard.text) continue;
        const QString name = coreText(value.option->title);
        options << (value.option->kind == MethodOption::Kind::Choice
                        ? MethodTitle::tr("%1: %2", "option of a method: its choice").arg(name, choiceTitle(*value.option, value.text))
                        : MethodTitle::tr("%1 %2", "option of a method, its number").arg(name, QLocale().toString(value.number, 'g', 10)));
    }
    if (options.isEmpty()) return title;
    return MethodTitle::tr("%1 (%2)", "method, options").arg(title, options.join(QStringLiteral(", ")));
}

}  // namespace ww
