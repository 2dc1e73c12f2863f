// SPDX-License-Identifier: MIT
#include "methods/method_stages.h"

#include <initializer_list>
#include <utility>

#include "methods/method_spec.h"
#include "methods/quantizer.h"

namespace ww {

std::vector<std::string> methodStages(std::string_view spec)
{
    std::vector<std::string> stages;
    const auto add = [&stages](std::string stage) {
        if (stages.empty() || stages.back() != stage) stages.push_back(std::move(stage));
    };
    const auto with = [&](std::initializer_list<std::pair<std::string_view, std::string_view>> changes) {
        auto method = parseMethod(spec);
        if (!method) return;
        for (const auto& [option, value] : changes)
            if (!method->values.set(option, value)) return;
        add(methodSpec(*method));
    };
    const std::string_view name = methodName(spec);
    if (name == "gptq") {
        add(std::string(kDefaultMethod));  // the scales alone
        with({{"polish", "0"}, {"refit", "off"}});
        with({{"refit", "off"}});
    } else if (name == "hqq") {
        with({{"refit", "off"}});
    } else if (name == "search" || name == "clip") {
        add(std::string(kDefaultMethod));
    } else if (name == "absmax" || name == "affine") {
        with({{"clip", "none"}, {"codes", "nearest"}});
        with({{"codes", "nearest"}});
    } else if (name == "atom") {
        with({{"codes", "nearest"}});
    }
    with({});
    return stages;
}

}  // namespace ww
