// SPDX-License-Identifier: MIT
// JSON of other programs, read with distrust: limited size and depth, no exceptions, no member taken for granted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace ww {

/// Unreadable or NotFound as for any file; Corrupt when the text is not JSON or nested deeper than 64 levels; every error
/// carries the path. Where a member occurs twice the last one counts.
Result<nlohmann::json> readJsonFile(const std::filesystem::path& path, std::uint64_t maxBytes = std::uint64_t{128} << 20);

/// Member of an object; null if `json` is no object or has no such member.
[[nodiscard]] const nlohmann::json* jsonMember(const nlohmann::json& json, std::string_view name);
/// Members of a certain kind; empty if absent or of another kind. The text borrows from `json`.
[[nodiscard]] std::optional<std::string_view> jsonText(const nlohmann::json& json, std::string_view name);
[[nodiscard]] std::optional<bool> jsonFlag(const nlohmann::json& json, std::string_view name);
[[nodiscard]] std::optional<std::uint64_t> jsonUnsigned(const nlohmann::json& json, std::string_view name);

}  // namespace ww
