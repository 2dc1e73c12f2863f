// SPDX-License-Identifier: MIT
#include "app/cli/memory_option.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "app/cli/command_line.h"

namespace ww::cli {

std::optional<std::uint64_t> parseSize(std::string text)
{
    std::erase(text, ' ');
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || !(value > 0)) return std::nullopt;
    std::string unit = text.substr(static_cast<std::size_t>(end - text.data()));
    std::ranges::transform(unit, unit.begin(), [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); });
    double factor = 0;
    if (unit.empty() || unit == "b") factor = 1;
    if (unit == "kib" || unit == "k") factor = 0x1p10;
    if (unit == "mib" || unit == "m") factor = 0x1p20;
    if (unit == "gib" || unit == "g") factor = 0x1p30;
    const double bytes = value * factor;
    if (!(bytes >= 1) || bytes > 0x1p60) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

void addMemory(CLI::App& command, std::optional<std::uint64_t>& memory, const std::string& effect)
{
    command
        .add_option_function<std::string>(
            "--memory",
            [&memory](const std::string& text) {
                memory = parseSize(text);
                if (!memory) usageError("--memory", fmt::format("\"{}\" is no size; write for example 256MiB or 4GiB.", text));
            },
            "Memory to work in, mapped files apart: fewer windows go through the model together, and less is kept for later. It holds "
            "the largest block of the model as 32-bit numbers at least. " +
                effect)
        ->type_name("SIZE");
}

}  // namespace ww::cli
