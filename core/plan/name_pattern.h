// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ww {

/// An ECMAScript regular expression searched for in tensor names, as llama.cpp's --tensor-type does. Matching has a limit
/// of steps, so that no pattern, however nested, makes the program hang or run out of stack. Bytes, not characters;
/// case matters. One object is used by one thread at a time.
class NamePattern {
public:
    /// InvalidArgument names the pattern, what is wrong with it, and where (counted from 1).
    static Result<NamePattern> compile(std::string_view pattern);
    NamePattern(NamePattern&&) noexcept;
    NamePattern& operator=(NamePattern&&) noexcept;
    ~NamePattern();

    /// True when the pattern is found anywhere in `name`. InvalidArgument when it takes too many steps.
    [[nodiscard]] Result<bool> foundIn(std::string_view name) const;

private:
    struct Code;
    NamePattern(std::string pattern, std::unique_ptr<Code> code);
    std::string m_pattern;
    std::unique_ptr<Code> m_code;
};

}  // namespace ww
