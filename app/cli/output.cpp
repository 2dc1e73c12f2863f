// SPDX-License-Identifier: MIT
#include "app/cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>

namespace ww::cli {

void Output::writeJson(const Json& json)
{
    m_text += json.dump(2, ' ', false, Json::error_handler_t::replace);
    m_text += '\n';
}

Result<void> Output::flush()
{
    const std::string text = std::exchange(m_text, {});
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EPIPE) return fail(ErrorCode::Unwritable, "");
        if (count < 0)
            return fail(ErrorCode::Unwritable, fmt::format("The output could not be written ({}); check where it is sent to.",
                                                           std::generic_category().message(errno)));
        done += static_cast<std::size_t>(count);
    }
    return {};
}

Json number(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace ww::cli
