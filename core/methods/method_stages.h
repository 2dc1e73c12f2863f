// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ww {

/// The specs that stop after each step of a method – scales, codes, polish – and the whole method last, so that measuring them one after
/// the other shows which step helped. A method of one step is alone. The spec must be one that parseMethod() takes.
[[nodiscard]] std::vector<std::string> methodStages(std::string_view spec);

}  // namespace ww
