// SPDX-License-Identifier: GPL-3.0-or-later
// What people read in place of a method's spec.
#pragma once

#include <QString>

#include <string>
#include <string_view>

namespace ww {

class Quantizer;
struct MethodOption;

/// "HQQ" for hqq, and with options that differ from the defaults "HQQ (Group size 64)" for hqq:group=64, translated. A spec that
/// parseMethod() does not take comes back as it is.
[[nodiscard]] QString methodTitle(const std::string& spec);
/// The words for a choice of the option: "all values" for none of clip, translated.
[[nodiscard]] QString choiceTitle(const MethodOption& option, std::string_view choice);
/// What the option needs to take effect: "Scale of the inputs: a group within a token and Bits of the inputs below 16", translated.
[[nodiscard]] QString needsTitle(const Quantizer& method, const MethodOption& option);

}  // namespace ww
