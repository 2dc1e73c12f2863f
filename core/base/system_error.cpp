// SPDX-License-Identifier: MIT
#include "base/system_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace ww {

std::string systemErrorText(int number)
{
#ifdef __GLIBC__
    if (const char* text = ::strerrordesc_np(number)) return text;
#endif
    return std::generic_category().message(number);
}

tl::unexpected<Error> readError(int number, const std::filesystem::path& path)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR: return fail(ErrorCode::NotFound, "There is no such file.", path);
    case EACCES:
    case EPERM:
        return fail(ErrorCode::Unreadable,
                    "The file cannot be read because you do not have the permission; change its permissions or copy it.", path);
    case ELOOP: return fail(ErrorCode::Unreadable, "The symbolic links on the way to this file form a circle.", path);
    case ENAMETOOLONG: return fail(ErrorCode::NotFound, "The file name is longer than the file system allows.", path);
    case EMFILE:
    case ENFILE: return fail(ErrorCode::Unreadable, "Too many files are open at once; close other models and try again.", path);
    case EISDIR: return fail(ErrorCode::Unsupported, "This is a folder, not a file.", path);
    default:
        return fail(ErrorCode::Unreadable,
                    fmt::format("The operating system could not read the file ({}).", systemErrorText(number)), path);
    }
}

}  // namespace ww
