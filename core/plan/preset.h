// SPDX-License-Identifier: MIT
// llama.cpp's file types ("presets") and their per-tensor rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tensor/tensor_type.h"

namespace ww {

struct Preset {
    std::uint32_t fileType;  ///< general.file_type
    std::string_view name;   ///< "Q4_K_M"
    TensorType base;
    bool needsImportance;     ///< fails on an ordinary model without an importance matrix
    const char* description;  ///< one sentence: what it is good for. English source text for translation
};

/// All presets, from largest to smallest file of an ordinary (dense) model.
[[nodiscard]] std::span<const Preset> presets();
/// Case-insensitive, knows the aliases Q3_K, Q4_K, Q5_K and the numbers of general.file_type ("15"), as llama.cpp's tool does.
/// Null if unknown.
[[nodiscard]] const Preset* findPreset(std::string_view name);

/// Name that a recipe uses (instead of a preset's) to keep every tensor as it is and change only what rules say.
inline constexpr std::string_view kCopyPreset = "COPY";
[[nodiscard]] bool isCopyPreset(std::string_view name);  ///< case-insensitive

/// File type that llama.cpp takes for a file whose most frequent tensor type is `type`. 0 (F32) for types that no file type
/// stands for.
[[nodiscard]] std::uint32_t fileTypeForTensorType(TensorType type);
/// Added to a file type that was guessed from the tensors, as llama.cpp does.
inline constexpr std::uint32_t kGuessedFileType = 1024;
/// "Q4_K_M", also with the guessed flag; empty for ids that mean nothing.
[[nodiscard]] std::string_view fileTypeName(std::uint32_t fileType);

}  // namespace ww
