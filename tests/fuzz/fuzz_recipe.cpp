// SPDX-License-Identifier: MIT
// Reads arbitrary text as a recipe, as a tensor-type file and as a pattern. What is accepted must survive being written, and a
// pattern must come to an end on any name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "plan/name_pattern.h"
#include "plan/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto recipe = ww::recipeFromJson(text)) {
        const auto again = ww::recipeFromJson(ww::recipeToJson(*recipe));
        if (!again || !(*again == *recipe)) std::abort();
    } else if (recipe.error().message.empty()) {
        std::abort();
    }
    if (const auto rules = ww::rulesFromTensorTypeFile(text)) {
        if (!ww::rulesFromTensorTypeFile(ww::rulesToTensorTypeFile(*rules))) std::abort();
    }
    if (const auto pattern = ww::NamePattern::compile(text))
        for (const char* name : {"blk.12.ffn_down_exps.weight", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
            (void)pattern->foundIn(name);
    return 0;
}
