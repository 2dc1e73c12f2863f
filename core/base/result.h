// SPDX-License-Identifier: MIT
// Errors as values: every fallible function of core returns Result<T>; no exception leaves core.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace ww {

/// What kind of thing went wrong. Callers branch on this, people read Error::describe().
enum class ErrorCode {
    InvalidArgument,  ///< a value given by the caller makes no sense (unknown preset, bad number, bad pattern)
    NotFound,         ///< a file, tensor or key that was asked for does not exist
    Unreadable,       ///< the operating system refused to read
    Unwritable,       ///< the operating system refused to write
    NoSpace,          ///< the target has too little free space
    Corrupt,          ///< the file breaks the rules of its format
    Unsupported,      ///< valid, but outside what this program can do (says what instead)
    MissingImportance,   ///< a format needs an importance matrix that was not given
    MissingCalibration,  ///< a method needs a calibration that was not given
    TooShort,         ///< a text or tensor is too small for the request
    Cancelled,        ///< the stop token was set; nothing was left behind
    OutOfMemory,      ///< an allocation that depends on input size failed
    Internal,         ///< a bug in Weightwright
};

/// One failure. `message` is a whole sentence that a person understands: what happened and what to do.
/// The optional fields say where; describe() puts them in front of the message.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;
    std::filesystem::path path{};
    std::string tensor{};
    std::optional<std::uint64_t> offset{};

    /// "model.gguf, tensor blk.0.attn_q.weight, byte 1234: <message>"; parts that are unset are left out.
    [[nodiscard]] std::string describe() const;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Shorthand for `return fail(ErrorCode::Corrupt, "…");` in functions that return Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message)
{
    return tl::make_unexpected(Error{code, std::move(message), {}, {}, {}});
}
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::filesystem::path path)
{
    return tl::make_unexpected(Error{code, std::move(message), std::move(path), {}, {}});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error)
{
    return tl::make_unexpected(std::move(error));
}
/// Cancelled, with the standard sentence.
[[nodiscard]] inline tl::unexpected<Error> cancelled()
{
    return fail(ErrorCode::Cancelled, "Cancelled.");
}

/// Short lower-case word for a code ("corrupt", "no-space"), used in --json output.
[[nodiscard]] std::string_view errorCodeName(ErrorCode code);

}  // namespace ww

/// Evaluates a Result expression; on failure returns its error from the enclosing function.
#define WW_TRY_CONCAT2(a, b) a##b
#define WW_TRY_CONCAT(a, b) WW_TRY_CONCAT2(a, b)
#define WW_TRY_VOID(expr)                                                  \
    do {                                                                   \
        if (auto wwTryResult = (expr); !wwTryResult)                       \
            return ::tl::make_unexpected(std::move(wwTryResult.error()));  \
    } while (false)
#define WW_TRY(decl, expr) WW_TRY_IMPL(WW_TRY_CONCAT(wwTry, __LINE__), decl, expr)
#define WW_TRY_IMPL(tmp, decl, expr)                              \
    auto tmp = (expr);                                            \
    if (!tmp)                                                     \
        return ::tl::make_unexpected(std::move(tmp.error()));     \
    decl = std::move(*tmp)
