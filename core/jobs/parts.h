// SPDX-License-Identifier: MIT
// Sums over the batches of a tensor that do not depend on the number of threads.
#pragma once

#include <cstddef>

#include "base/parallel.h"
#include "base/result.h"

namespace ww {

/// Up to this many parts per tensor are summed for themselves and then merged in order, whatever the number of threads.
inline constexpr std::size_t kMaximumParts = 256;

/// Runs body(part, first batch, end batch) for fixed parts of `batches` over the pool.
template <class Body>
Result<void> forParts(std::size_t batches, std::size_t parts, const JobContext& context, const Body& body)
{
    return parallelTry(context, parts,
                       [&](std::size_t part) { return body(part, batches * part / parts, batches * (part + 1) / parts); });
}

}  // namespace ww
