// SPDX-License-Identifier: MIT
#include "methods/method_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "methods/quantizer.h"

namespace ww {
namespace {

std::string shortened(std::string_view text)
{
    constexpr std::size_t kShown = 60;
    return text.size() <= kShown ? std::string(text) : std::string(text.substr(0, kShown)) + "…";
}

template <class Items, class Name>
std::string listed(const Items& items, Name name)
{
    std::string text;
    for (const auto& item : items) text += fmt::format("{}{}", text.empty() ? "" : ", ", name(item));
    return text;
}

bool isDigits(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Calls each(part) for what stands between the separators.
template <class Each>
void split(std::string_view text, char separator, const Each& each)
{
    for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
        each(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    each(text);
}

}  // namespace

std::vector<std::vector<OptionCondition>> conditionsOf(const MethodOption& option)
{
    std::vector<std::vector<OptionCondition>> all;
    if (option.needs.empty()) return all;
    split(option.needs, ',', [&](std::string_view alternatives) {
        auto& any = all.emplace_back();
        split(alternatives, '|', [&](std::string_view text) {
            const std::size_t at = std::min(text.find_first_of("=<>"), text.size() - 1);
            any.push_back({text.substr(0, at), text[at], text.substr(at + 1)});
        });
    });
    return all;
}

MethodValues::MethodValues(std::span<const MethodOption> options)
{
    m_values.reserve(options.size());
    for (const MethodOption& option : options) {
        m_values.push_back({&option, 0, {}, false});
        [[maybe_unused]] const auto set = this->set(option.name, option.defaultValue);
        m_values.back().given = false;
    }
}

const MethodValues::Value* MethodValues::find(std::string_view option) const
{
    const auto found = std::ranges::find_if(m_values, [&](const Value& v) { return v.option->name == option; });
    return found == m_values.end() ? nullptr : &*found;
}

double MethodValues::number(std::string_view option) const
{
    const Value* value = find(option);
    return value ? value->number : 0;
}

std::string_view MethodValues::text(std::string_view option) const
{
    const Value* value = find(option);
    return value ? value->text : std::string_view();
}

bool MethodValues::holds(const OptionCondition& condition) const
{
    if (condition.relation == '=') return text(condition.option) == condition.value;
    double limit = 0;
    std::from_chars(condition.value.data(), condition.value.data() + condition.value.size(), limit);
    return condition.relation == '<' ? number(condition.option) < limit : number(condition.option) > limit;
}

bool MethodValues::takesEffect(const MethodOption& option) const
{
    return std::ranges::all_of(conditionsOf(option), [&](const std::vector<OptionCondition>& any) {
        return std::ranges::any_of(any, [&](const OptionCondition& condition) { return holds(condition); });
    });
}

Result<void> MethodValues::set(std::string_view name, std::string_view text)
{
    Value* value = const_cast<Value*>(find(name));
    if (!value) {
        if (m_values.empty())
            return fail(ErrorCode::InvalidArgument, fmt::format("There are no options, but \"{}\" is given.", shortened(name)));
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("There is no option \"{}\"; the options are {}.", shortened(name),
                                listed(m_values, [](const Value& v) { return v.option->name; })));
    }
    const MethodOption& option = *value->option;
    if (option.kind == MethodOption::Kind::Choice) {
        const auto choice = std::ranges::find(option.choices, text);
        if (choice == option.choices.end())
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("The option \"{}\" cannot be \"{}\"; it is one of {}.", option.name, shortened(text),
                                    listed(option.choices, [](std::string_view c) { return c; })));
        value->text = *choice;
        value->given = true;
        return {};
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
    const bool integer = option.kind == MethodOption::Kind::Integer;
    if (!whole || (integer && number != std::floor(number)) || number < option.minimum || number > option.maximum)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("The option \"{}\" cannot be \"{}\"; it is a {} from {:g} to {:g}.", option.name, shortened(text),
                                integer ? "whole number" : "number", option.minimum, option.maximum));
    value->number = number;
    value->given = true;
    return {};
}

std::string_view methodName(std::string_view spec)
{
    return spec.substr(0, spec.find(':'));
}

Result<Method> parseMethod(std::string_view spec)
{
    if (spec.empty()) spec = kDefaultMethod;
    const std::string_view name = methodName(spec);
    Method method;
    method.quantizer = findQuantizer(name);
    if (!method.quantizer)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("There is no quantization method \"{}\"; the methods are {}. \"weightwright-cli methods\" explains them.", shortened(name),
                                listed(quantizers(), [](const Quantizer* q) { return q->name(); })));
    method.values = MethodValues(method.quantizer->options());
    if (name.size() == spec.size()) return method;

    const auto refuse = [&](std::string_view what) {
        return fail(ErrorCode::InvalidArgument, fmt::format("Method \"{}\": {}", name, what));
    };
    std::string_view rest = spec.substr(name.size() + 1);
    std::vector<std::string_view> seen;
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        more = comma != std::string_view::npos;
        const std::string_view item = rest.substr(0, comma);
        rest = more ? rest.substr(comma + 1) : std::string_view();
        const auto equals = item.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return refuse(fmt::format("\"{}\" is not of the form OPTION=VALUE.{}", shortened(item), seen.empty() || !isDigits(item) ? "" :
                                      " Decimal numbers have a point, not a comma."));
        const std::string_view option = item.substr(0, equals);
        if (std::ranges::find(seen, option) != seen.end())
            return refuse(fmt::format("The option \"{}\" is given twice.", shortened(option)));
        seen.push_back(option);
        if (const auto set = method.values.set(option, item.substr(equals + 1)); !set) return refuse(set.error().message);
    }
    return method;
}

std::string methodSpec(const Method& method)
{
    std::string spec(method.quantizer->name());
    const MethodValues defaults(method.quantizer->options());
    char separator = ':';
    for (std::size_t i = 0; i < method.values.values().size(); ++i) {
        const auto& value = method.values.values()[i];
        const auto& standard = defaults.values()[i];
        if (value.number == standard.number && value.text == standard.text) continue;
        const bool choice = value.option->kind == MethodOption::Kind::Choice;
        spec += fmt::format("{}{}={}", separator, value.option->name,
                            choice ? std::string(value.text) : fmt::format("{}", value.number));
        separator = ',';
    }
    return spec;
}

}  // namespace ww
