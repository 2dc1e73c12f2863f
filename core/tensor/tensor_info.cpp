// SPDX-License-Identifier: MIT
#include "tensor/tensor_info.h"

#include <fmt/format.h>

namespace ww {

std::uint32_t Shape::significantDims() const
{
    std::uint32_t n = 4;
    while (n > 1 && ne[n - 1] == 1) --n;
    return n;
}

std::string Shape::text() const
{
    std::string text = fmt::format("{}", ne[0]);
    for (std::uint32_t i = 1; i < significantDims(); ++i) text += fmt::format(" × {}", ne[i]);
    return text;
}

}  // namespace ww
