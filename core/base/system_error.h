// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace ww {

/// The system's own words for an errno value, in English whatever the locale: "Input/output error".
[[nodiscard]] std::string systemErrorText(int number);
/// The failed attempt to open or read `path` as an error, from errno: NotFound, Unreadable or Unsupported (a folder).
[[nodiscard]] tl::unexpected<Error> readError(int number, const std::filesystem::path& path);

}  // namespace ww
