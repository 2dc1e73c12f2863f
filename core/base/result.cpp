// SPDX-License-Identifier: MIT
#include "base/result.h"

#include <fmt/format.h>

namespace ww {

std::string Error::describe() const
{
    std::string where;
    const auto add = [&where](std::string part) {
        if (!where.empty()) where += ", ";
        where += part;
    };
    if (!path.empty()) add(path.string());
    constexpr std::size_t kLongestName = 200;  // what a damaged file says may have megabytes
    if (!tensor.empty()) add(fmt::format("tensor {}{}", tensor.substr(0, kLongestName), tensor.size() > kLongestName ? "…" : ""));
    if (offset) add(fmt::format("byte {}", *offset));
    return where.empty() ? message : fmt::format("{}: {}", where, message);
}

std::string_view errorCodeName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument: return "invalid-argument";
    case ErrorCode::NotFound: return "not-found";
    case ErrorCode::Unreadable: return "unreadable";
    case ErrorCode::Unwritable: return "unwritable";
    case ErrorCode::NoSpace: return "no-space";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::MissingImportance: return "missing-importance";
    case ErrorCode::MissingCalibration: return "missing-calibration";
    case ErrorCode::TooShort: return "too-short";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::OutOfMemory: return "out-of-memory";
    case ErrorCode::Internal: return "internal";
    }
    return "internal";
}

}  // namespace ww
