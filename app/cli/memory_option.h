// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace ww::cli {

/// "6GiB", "700 MiB", "4449280"
[[nodiscard]] std::optional<std::uint64_t> parseSize(std::string text);

/// --memory SIZE: what an evaluation may take (see WorkingMemory); empty: the usual budgets.
void addMemory(CLI::App& command, std::optional<std::uint64_t>& memory, const std::string& effect = "Results do not depend on it.");

}  // namespace ww::cli
