// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ww::cli {

/// Keys in the order in which they are set, so that the output is the same every time.
using Json = nlohmann::ordered_json;

/// Standard output. Text is collected and written by flush(), in large pieces. Not thread-safe.
class Output {
public:
    void write(std::string_view text) { m_text += text; }
    template <class... Args>
    void print(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::format_to(std::back_inserter(m_text), format, std::forward<Args>(args)...);
    }
    /// Bytes of files that are not UTF-8 are replaced.
    void writeJson(const Json& json);
    /// Error: Unwritable. A reader that went away (a closed pipe) is an error without a message: nobody wants to hear it.
    Result<void> flush();

private:
    std::string m_text;
};

/// JSON has no infinity and no NaN: these become null.
[[nodiscard]] Json number(double value);

}  // namespace ww::cli
