// SPDX-License-Identifier: MIT
#include "app/cli/text_warnings.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/command_line.h"
#include "eval/text_overlap.h"

namespace ww::cli {

std::vector<std::string> calibrationTexts(const Plan* plan, const CalibrationSource& source, const ModelFile* file)
{
    std::vector<std::string> names;
    if (plan && plan->importance) names = plan->importance->datasets;
    if (plan) {
        const auto withGrams = std::ranges::find_if(plan->entries, [](const PlanEntry& entry) { return entry.grams != nullptr; });
        if (withGrams != plan->entries.end()) names.push_back(withGrams->grams->calibration().textName);
    }
    if (!source.text.empty()) names.push_back(source.text);
    if (file)
        if (const auto dataset = file->metadata().string("quantize.imatrix.dataset")) names.emplace_back(*dataset);
    return names;
}

void warnAboutOverlap(const std::string& text, const std::string& textName, const std::vector<std::string>& datasets)
{
    if (const std::string warning = overlapWarning(text, textName, datasets); !warning.empty()) Session::warn(warning);
}

void warnAboutContext(const ModelFile& model, std::uint32_t contextLength)
{
    const auto architecture = model.metadata().string("general.architecture");
    const auto longest = architecture ? model.metadata().unsignedInteger(std::string(*architecture) + ".context_length") : std::nullopt;
    if (longest && contextLength > *longest)
        Session::warn(fmt::format("Windows of {} tokens are longer than the {} that this model was made for, so that its figures become worse; "
                                  "give --ctx {} or less.",
                                  contextLength, *longest, *longest));
}

}  // namespace ww::cli
