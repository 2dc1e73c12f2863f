// SPDX-License-Identifier: MIT
// Whether a text for judging also stands in the text that a model was calibrated with: figures would flatter then.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ww {

/// Share (0 to 1) of the places of `evaluation` whose next 48 characters also stand in `calibration`; runs of white space count as
/// one space. Linear in both lengths; 0 for texts that are shorter.
[[nodiscard]] double textOverlap(std::string_view evaluation, std::string_view calibration);

/// A sentence for the person when at least 2 % of the evaluation text were also calibrated on; empty otherwise. `datasets`: names of
/// the calibration texts as files carry them; those that can still be read are compared, and equal names count as equal texts
/// only when they cannot.
[[nodiscard]] std::string overlapWarning(std::string_view evaluation, const std::string& evaluationName,
                                         std::span<const std::string> datasets);

}  // namespace ww
