// SPDX-License-Identifier: MIT
// The metadata of an exported file in two parts, so that its size can be known without copying vocabularies.
#pragma once

#include "io/metadata.h"
#include "plan/plan.h"

namespace ww {

/// False for pairs of the source that an export leaves out or writes anew.
[[nodiscard]] bool isCopiedToExport(const Metadata::Entry& entry);
/// The pairs that an export appends, in order.
[[nodiscard]] Metadata pairsOfPlan(const Plan& plan);
/// general.file_type of the source, or llama.cpp's guess from the most frequent tensor type.
[[nodiscard]] std::uint32_t sourceFileType(const ModelFile& model);
/// The guess for a file with these tensor types: the most frequent one decides; the guessed flag is set.
[[nodiscard]] std::uint32_t guessFileType(std::span<const TensorType> types);

}  // namespace ww
