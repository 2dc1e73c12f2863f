// SPDX-License-Identifier: MIT
// Checks of ww::Result inside Qt Test functions: print the error's sentence when they fail.
#pragma once

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

/// The result holds a value. The expression is evaluated once.
#define WW_VERIFY(result)                                                                                                          \
    do {                                                                                                                           \
        const auto wwProblem = ::ww::test::problemOf(result);                                                                      \
        QVERIFY2(wwProblem.empty(), wwProblem.c_str());                                                                            \
    } while (false)

/// The result holds an error of this code whose description contains this text.
#define WW_VERIFY_FAILS(result, expectedCode, text)                                                                                \
    do {                                                                                                                           \
        const auto wwProblem = ::ww::test::differenceFromFailure((result), (expectedCode), (text));                                \
        QVERIFY2(wwProblem.empty(), wwProblem.c_str());                                                                            \
    } while (false)

namespace ww::test {

/// Empty when `result` holds a value; otherwise the error's description.
template <class R>
std::string problemOf(const R& result)
{
    return result ? std::string() : "failed: " + result.error().describe();
}

/// Empty when `result` failed as expected; otherwise what was different.
template <class R>
std::string differenceFromFailure(const R& result, ErrorCode code, std::string_view text)
{
    if (result) return "succeeded, although an error was expected";
    const std::string sentence = result.error().describe();
    if (result.error().code != code)
        return "code is " + std::string(errorCodeName(result.error().code)) + " instead of " + std::string(errorCodeName(code)) +
               ": " + sentence;
    if (sentence.find(text) == std::string::npos) return "\"" + std::string(text) + "\" is missing in: " + sentence;
    const std::string& message = result.error().message;
    if (message.empty() || message.back() != '.') return "not a whole sentence: " + message;
    return {};
}

/// Path of a QTemporaryDir.
inline std::filesystem::path pathOf(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

}  // namespace ww::test
