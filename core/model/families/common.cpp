// SPDX-License-Identifier: MIT
#include "model/families/families.h"

namespace ww::families {

void useExperts(Architecture& architecture, std::uint32_t feedForwardLength)
{
    if (architecture.facts.expertCount == 0) return;
    architecture.experts = {architecture.facts.expertCount, architecture.facts.expertUsedCount, feedForwardLength, 0};
}

void useWindows(Architecture& architecture, std::uint32_t window, std::uint32_t pattern, std::uint32_t rope)
{
    for (std::size_t i = 0; i < architecture.blocks.size(); ++i) {
        if (pattern != 0 && i % pattern == pattern - 1) continue;
        architecture.blocks[i].slidingWindow = window;
        architecture.blocks[i].rope = rope;
    }
}

}  // namespace ww::families
