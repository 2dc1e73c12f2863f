// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/cli/command_line.h"
#include "jobs/rewrite.h"

namespace ww::cli {

/// "2G", "500M", "1.5 GiB", "800000000": K, M and G are powers of 1000 as in llama.cpp's tool, with "i" powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> parseSize(std::string_view text);

/// "1 part", "3 parts"
[[nodiscard]] std::string partsText(std::size_t count);
/// Parts are called after `output`, so that it must end in a name; usageError() otherwise.
void checkPartName(const std::string& output);

/// Options that say when a part of a split model is full.
struct SplitOptions {
    std::string maximumSize;
    std::size_t maximumTensors = 0;
    [[nodiscard]] bool isSet() const { return !maximumSize.empty() || maximumTensors != 0; }
    [[nodiscard]] SplitLimits limits() const;
};
/// --split-max-size and --split-max-tensors.
void addSplitOptions(CLI::App& command, SplitOptions& options);

}  // namespace ww::cli
