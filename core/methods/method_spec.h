// SPDX-License-Identifier: MIT
// A method with its options as text: "hqq" or "absmax:bits=4,group=64". The text is what recipes and plans store.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ww {

class Quantizer;

/// One setting of a method. Texts are English source texts for translation; all views have static lifetime.
struct MethodOption {
    enum class Kind : std::uint8_t { Integer, Number, Choice };
    std::string_view name;   ///< in specs: "group"
    std::string_view title;  ///< for people: "Group size"
    std::string_view description;
    std::string_view defaultValue;  ///< as written in a spec
    Kind kind = Kind::Number;
    double minimum = 0;  ///< of numbers, inclusive
    double maximum = 0;
    std::span<const std::string_view> choices{};
    std::span<const std::string_view> choiceTitles{};  ///< for people, one for each of choices; empty for "on" and "off"
    /// What other options must be for this one to change anything: "scale=group,activation-bits<16" (both), "scale=block|scale=tile"
    /// (either), also with '>'. Empty: it always does.
    std::string_view needs{};
    bool forOffsets = false;  ///< changes nothing in formats without offsets
};

/// One comparison of MethodOption::needs.
struct OptionCondition {
    std::string_view option;
    char relation = '=';  ///< '=' for choices, '<' and '>' for numbers
    std::string_view value;
};
/// MethodOption::needs in parts: of each inner list one must hold.
[[nodiscard]] std::vector<std::vector<OptionCondition>> conditionsOf(const MethodOption& option);

/// Values for all options of one method: those given, else the defaults. Plain value.
class MethodValues {
public:
    MethodValues() = default;
    explicit MethodValues(std::span<const MethodOption> options);

    /// The option must be one of the method's, of a kind that fits; anything else is a mistake of the programmer.
    [[nodiscard]] double number(std::string_view option) const;
    [[nodiscard]] int integer(std::string_view option) const { return static_cast<int>(number(option)); }
    [[nodiscard]] std::string_view text(std::string_view option) const;
    /// Choice options "on" and "off".
    [[nodiscard]] bool flag(std::string_view option) const { return text(option) == "on"; }

    struct Value {
        const MethodOption* option = nullptr;
        double number = 0;
        std::string_view text;  ///< of a choice: one of option->choices
        bool given = false;     ///< stands in the spec
    };
    [[nodiscard]] std::span<const Value> values() const { return m_values; }
    /// False while MethodOption::needs does not hold: whatever the option is, the result is the same.
    [[nodiscard]] bool takesEffect(const MethodOption& option) const;
    /// Error InvalidArgument says what is allowed.
    Result<void> set(std::string_view option, std::string_view value);

private:
    [[nodiscard]] const Value* find(std::string_view option) const;
    [[nodiscard]] bool holds(const OptionCondition& condition) const;
    std::vector<Value> m_values;
};

/// A method of the registry with values for its options.
struct Method {
    const Quantizer* quantizer = nullptr;
    MethodValues values;
};

/// "NAME" or "NAME:option=value,option=value"; empty means the default method. Errors are InvalidArgument and name the
/// part that is wrong and what is allowed there.
Result<Method> parseMethod(std::string_view spec);
/// The part before the colon.
[[nodiscard]] std::string_view methodName(std::string_view spec);
/// The spec that parseMethod() reads back: only values that differ from the defaults, in the order of the options.
[[nodiscard]] std::string methodSpec(const Method& method);

}  // namespace ww
