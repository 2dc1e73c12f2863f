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
    std::uint32_t fileType;        ///< general.file_type
    std::string_view name;         ///< "Q4_K_M"
    TensorType base;
    bool needsImportance;          ///< fails on an ordinary model without an importance matrix
    const char* description;       ///< one sentence: what it is good for. English source text for translation
};

/// All presets, from largest to smallest file.
[[nodiscard]] std::span<const Preset> presets();
/// Case-insensitive, knows the aliases Q3_K, Q4_K, Q5_K. Null if unknown.
[[nodiscard]] const Preset* findPreset(std::string_view name);

}  // namespace ww
