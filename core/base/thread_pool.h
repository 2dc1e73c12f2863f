// SPDX-License-Identifier: MIT
// One small pool for data-parallel loops. Why not oneTBB: loops over rows and tensors are all that is needed, the
// uninstrumented library hides races from ThreadSanitizer, and a pool that is handed in has no hidden global size.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ww {

/// Fixed number of threads, the calling thread included. parallelFor may be called from several threads at once
/// (loops then share the workers) and from inside a loop body (the inner loop then runs on the caller alone when no
/// worker is free). Results must not depend on which thread runs an index: give every index its own output.
class ThreadPool {
public:
    /// threads = 0: one per hardware thread.
    explicit ThreadPool(unsigned threads = 0);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] unsigned threadCount() const { return m_threadCount; }

    /// Calls body(i) for every i in [0, count), each exactly once, in unspecified order; returns when all are done.
    /// body must not throw. There is no early exit: bodies look at the stop token themselves and return at once.
    void parallelFor(std::size_t count, const std::function<void(std::size_t)>& body);

private:
    struct Loop;
    void workerMain();
    Loop* findWork();

    unsigned m_threadCount;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::vector<Loop*> m_loops;
    bool m_stopping = false;
    std::vector<std::thread> m_workers;
};

}  // namespace ww
