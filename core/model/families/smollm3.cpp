// SPDX-License-Identifier: MIT
// SmolLM 3: as llama, but every fourth layer does not rotate.
#include "model/families/families.h"

namespace ww::families {

Result<void> smollm3(const KeyReader&, Architecture& architecture)
{
    constexpr std::size_t kPeriod = 4;
    for (std::size_t i = kPeriod - 1; i < architecture.blocks.size(); i += kPeriod) architecture.blocks[i].rope.reset();
    return {};
}

}  // namespace ww::families
