// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "base/progress.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace ww {

/// parallelFor over bodies that can fail: `body(index)` returns Result<void>. Looks at the stop token before each body; after
/// a failure the bodies with higher indices are skipped. Returns the error of the lowest index that fails, whatever the
/// number of threads. A failed allocation in a body becomes OutOfMemory.
template <class Body>
Result<void> parallelTry(const JobContext& context, std::size_t count, Body&& body)
{
    std::mutex mutex;
    std::optional<Error> error;
    std::atomic<std::size_t> errorIndex{count};
    const auto keep = [&](std::size_t index, Error&& reason) {
        const std::scoped_lock lock(mutex);
        if (index >= errorIndex.load(std::memory_order_relaxed)) return;
        error = std::move(reason);
        errorIndex.store(index, std::memory_order_relaxed);
    };
    context.pool.parallelFor(count, [&](std::size_t index) {
        // Indices are handed out in ascending order, so every lower one has been begun and will still run.
        if (index > errorIndex.load(std::memory_order_relaxed)) return;
        if (context.stopRequested()) return keep(index, std::move(cancelled().value()));
        try {
            if (Result<void> result = body(index); !result) keep(index, std::move(result.error()));
        } catch (const std::bad_alloc&) {
            keep(index, Error{ErrorCode::OutOfMemory, "There is not enough memory for this step.", {}, {}, {}});
        }
    });
    if (error) return fail(std::move(*error));
    if (context.stopRequested()) return cancelled();
    return {};
}

}  // namespace ww
